// One engine per ledger. The lock is an open exclusive transaction on a file of its own: the operating
// system drops it when the process is gone, however it went, so nobody ever has to clean up after a
// `kill -9`. Who holds it stands in a second file, for people only.
//
// Nothing in this process may open the lock file otherwise: POSIX drops every lock that a process has on
// a file as soon as it closes any handle of it. Hence the second file.
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import Database from 'better-sqlite3'
import { formatInstant, type Instant } from '../domain/time.ts'
import { makePrivate } from './private-file.ts'
import { explain, LedgerUnusable } from './unusable.ts'

export interface Holder {
  readonly process: number
  readonly host: string
  readonly since: Instant
  readonly command: string
}

export interface Lock {
  release(): void
}

export function takeLock(ledgerPath: string, holder: Holder): Lock {
  const path = `${ledgerPath}.lock`
  const note = `${ledgerPath}.holder`
  let db: Database.Database | null = null
  try {
    makePrivate(path)
    db = new Database(path, { timeout: 0 })
    db.pragma('locking_mode = EXCLUSIVE')
    // Nothing is ever written to it, so nothing has to be rolled back after a kill.
    db.pragma('journal_mode = MEMORY')
    db.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    db?.close()
    throw refusal(explain(error, path), ledgerPath, note)
  }
  writeHolder(note, holder)
  return {
    release() {
      rmSync(note, { force: true })
      db.close()
    },
  }
}

/** Who runs on this ledger, for one who only looks; null when nobody does. */
export function findHolder(ledgerPath: string): Holder | null {
  const holder = readHolder(`${ledgerPath}.holder`)
  // Of a note that a killed engine left, mostly: asking the lock itself would for a moment be in the way
  // of an engine that starts just then.
  if (holder === null || (holder.host === hostname() && !isAlive(holder.process))) return null
  return isLocked(`${ledgerPath}.lock`) ? holder : null
}

function isLocked(path: string): boolean {
  if (!existsSync(path)) return false
  const db = new Database(path, { readonly: true, timeout: 0 })
  try {
    db.prepare('SELECT count(*) FROM sqlite_master').get()
    return false
  } catch (error) {
    const fault = explain(error, path)
    if (fault instanceof LedgerUnusable && fault.kind === 'busy') return true
    throw fault
  } finally {
    db.close()
  }
}

function isAlive(id: number): boolean {
  try {
    process.kill(id, 0)
    return true
  } catch (error) {
    // It is there, and another user's.
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

function refusal(fault: unknown, ledgerPath: string, note: string): unknown {
  if (!(fault instanceof LedgerUnusable) || fault.kind !== 'busy') return fault
  const holds = describe(readHolder(note))
  return new LedgerUnusable('held', `${ledgerPath} is in use by ${holds}`, { cause: fault })
}

function writeHolder(note: string, holder: Holder): void {
  try {
    writeFileSync(`${note}.new`, JSON.stringify(holder), { mode: 0o600 })
    renameSync(`${note}.new`, note)
  } catch {
    // A full disk must not keep an engine from finishing exits; the lock holds without the note.
    rmSync(`${note}.new`, { force: true })
  }
}

/** Who says to hold the lock; null when nobody wrote it down (yet). Only the lock itself is proof. */
function readHolder(note: string): Holder | null {
  try {
    return JSON.parse(readFileSync(note, 'utf8')) as Holder
  } catch {
    // Between taking the lock and writing the note, or a file that somebody edited: refused anyway.
    return null
  }
}

const describe = (holder: Holder | null): string =>
  holder === null
    ? 'another engine'
    : `process ${holder.process} on ${holder.host} (${holder.command}) since ${formatInstant(holder.since)}`
