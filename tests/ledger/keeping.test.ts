// What is kept is read again as soon as anything of it moved or was taken back, and kept by the engine alone.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, onTestFinished, test } from 'vitest'
import { keeping } from '../../src/ledger/keeping.ts'
import { createReserve } from '../../src/ledger/reserve.ts'
import { createStore } from '../../src/ledger/store.ts'
import { AT } from './scene.ts'

function open(of: { readonly isEngine: boolean }) {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-keeping-'))
  const path = join(folder, 'lockstep.db')
  const db = new Database(path)
  onTestFinished(() => {
    db.close()
    rmSync(folder, { recursive: true })
  })
  db.defaultSafeIntegers(true)
  db.exec('CREATE TABLE journal (number INTEGER PRIMARY KEY, at INTEGER, kind TEXT)')
  db.exec('CREATE TABLE tenure (number INTEGER PRIMARY KEY)')
  db.exec('INSERT INTO tenure VALUES (1)')
  const store = createStore(db, path, createReserve(`${path}.reserve`, 0))
  if (of.isEngine) store.holdTenure(1)
  let reads = 0
  const moves = new Map<string, number>()
  const kept = keeping(
    store,
    (key: string) => moves.get(key) ?? 0,
    (key) => `${key} ${++reads}`,
  )
  return { store, kept, move: (key: string) => moves.set(key, (moves.get(key) ?? 0) + 1) }
}

test('the engine reads by a key once, until something of that key moves', () => {
  const { kept, move } = open({ isEngine: true })
  expect([kept('a'), kept('a'), kept('b'), kept('b')]).toEqual(['a 1', 'a 1', 'b 2', 'b 2'])
  move('a')
  expect([kept('a'), kept('b')]).toEqual(['a 3', 'b 2'])
})

test('nothing outlasts a transaction that was taken back', () => {
  const { store, kept } = open({ isEngine: true })
  kept('a')
  store.rehearse(() => undefined)
  expect(kept('a')).toBe('a 2')
  const bug = () => {
    throw new Error('a bug')
  }
  expect(() => store.write('fact', AT, bug)).toThrow('a bug')
  expect(kept('a')).toBe('a 3')
})

test('what is read within a transaction is not kept', () => {
  const { store, kept } = open({ isEngine: true })
  expect(store.write('fact', AT, () => kept('a'))).toBe('a 1')
  expect(kept('a')).toBe('a 2')
})

test('who is told nothing of what moves keeps nothing', () => {
  const { kept } = open({ isEngine: false })
  expect([kept('a'), kept('a')]).toEqual(['a 1', 'a 2'])
})
