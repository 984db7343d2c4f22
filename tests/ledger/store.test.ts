// What is waited for and what is not, at the database itself: 2 is FULL (a commit is on disk when it
// returns), 1 is NORMAL (the next one that is waited for takes it along).
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, onTestFinished, test } from 'vitest'
import { createReserve } from '../../src/ledger/reserve.ts'
import { createStore } from '../../src/ledger/store.ts'
import { createSync } from '../../src/ledger/sync.ts'
import { LedgerUnusable } from '../../src/ledger/unusable.ts'
import { AT } from './scene.ts'

function open() {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-store-'))
  const path = join(folder, 'lockstep.db')
  const db = new Database(path)
  onTestFinished(() => {
    db.close()
    rmSync(folder, { recursive: true })
  })
  db.defaultSafeIntegers(true)
  db.pragma('journal_mode = WAL')
  db.pragma('synchronous = FULL')
  db.exec('CREATE TABLE journal (number INTEGER PRIMARY KEY, at INTEGER, kind TEXT)')
  db.exec('CREATE TABLE tenure (number INTEGER PRIMARY KEY)')
  db.exec('CREATE TABLE seen (what TEXT)')
  const reserve = createReserve(`${path}.reserve`, 0)
  reserve.keep()
  const waits = () => Number(db.pragma('synchronous', { simple: true }))
  // A folder can't be written to, as a disk that fails can't.
  const onFailingDisk = () => createStore(db, path, reserve, createSync(folder))
  return { db, store: createStore(db, path, reserve), waits, reserve, onFailingDisk }
}

test('a note is not waited for, and everything after it is again', () => {
  const { db, store, waits } = open()
  const kept = store.note(AT, () => {
    expect(waits()).toBe(1)
    db.exec("INSERT INTO seen VALUES ('noted')")
  })
  expect(kept).toBe(true)
  expect(waits()).toBe(2)
  store.write('fact', AT, () => expect(waits()).toBe(2))
  expect(db.prepare('SELECT what FROM seen').pluck().all()).toEqual(['noted'])
  expect(db.prepare('SELECT count(*) FROM journal').pluck().get()).toBe(0n)
})

test('a note that fails leaves nothing behind, and the next write is waited for', () => {
  const { db, store, waits } = open()
  const change = () => {
    db.exec("INSERT INTO seen VALUES ('half')")
    throw new Error('a bug')
  }
  expect(() => store.note(AT, change)).toThrow('a bug')
  expect(waits()).toBe(2)
  expect(db.prepare('SELECT what FROM seen').pluck().all()).toEqual([])
})

test('nothing is noted on a disk that lives on its reserve', () => {
  const { db, store, reserve } = open()
  reserve.release()
  expect(store.note(AT, () => db.exec("INSERT INTO seen VALUES ('noted')"))).toBe(false)
  expect(db.prepare('SELECT what FROM seen').pluck().all()).toEqual([])
})

test('what a broker told is not waited for, is on disk at the end, and everything after it is waited for', () => {
  const { db, store, waits } = open()
  const answer = store.writeTold('told', AT, (line) => {
    expect(waits()).toBe(1)
    db.prepare('INSERT INTO seen VALUES (?)').run(`told in ${line()}`)
    return 'what came of it'
  })
  expect(answer).toBe('what came of it')
  expect(waits()).toBe(2)
  store.write('fact', AT, () => expect(waits()).toBe(2))
  expect(db.prepare('SELECT what FROM seen').pluck().all()).toEqual(['told in 1'])
})

test('what a broker told may use the reserve, as every fact but an entry may', () => {
  const { db, store, reserve } = open()
  reserve.release()
  store.writeTold('told', AT, () => db.exec("INSERT INTO seen VALUES ('told')"))
  expect(db.prepare('SELECT what FROM seen').pluck().all()).toEqual(['told'])
})

test('once a disk has failed to take what was told, nothing more is written', () => {
  const store = open().onFailingDisk()
  store.writeTold('told', AT, (line) => line())
  expect(failureOf(() => store.write('fact', AT, (line) => line()))).toBe('failing')
})

function failureOf(work: () => unknown): string | null {
  try {
    work()
    return null
  } catch (error) {
    return error instanceof LedgerUnusable ? error.kind : String(error)
  }
}

test('the log is cleared with a note, and without notes before it is too long', () => {
  const { db, store } = open()
  store.write('tenure', AT, () => db.exec('INSERT INTO tenure VALUES (1)'))
  store.holdTenure(1)
  const limit = () => Number(db.pragma('wal_autocheckpoint', { simple: true }))
  let limitOfNote = 0
  expect(limit()).toBe(16_000)
  store.note(AT, () => {
    limitOfNote = limit()
  })
  expect([limitOfNote, limit()]).toEqual([1000, 16_000])
  store.write('fact', AT, (line) => {
    line()
    expect(limit()).toBe(16_000)
  })
})
