// Whose ledger this is: made once with the file, the same ever after.
import type Database from 'better-sqlite3'
import { type EngineId, engineId } from '../domain/ids.ts'
import type { Mode } from '../domain/lane.ts'
import type { Chance } from '../ports.ts'
import type { Row } from './columns.ts'
import { LedgerUnusable } from './unusable.ts'

export interface Identity {
  readonly engine: EngineId
  readonly mode: Mode
}

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
const ENGINE_LENGTH = 5

export function makeIdentity(db: Database.Database, mode: Mode, chance: Chance): void {
  const engine = chance
    .bytes(ENGINE_LENGTH)
    .map((byte) => LETTERS[byte & 31])
    .join('')
  db.prepare('INSERT OR IGNORE INTO identity (only, engine, mode) VALUES (1, ?, ?)').run(
    engineId(engine),
    mode,
  )
}

export function readIdentity(db: Database.Database, mode: Mode, path: string): Identity {
  const row = db.prepare('SELECT engine, mode FROM identity').get() as Row | undefined
  if (row === undefined)
    throw new LedgerUnusable('older', `${path} is being made by an engine that starts`)
  if (row.mode !== mode)
    throw new LedgerUnusable('wrongMode', `${path} is a ${row.mode} ledger, not a ${mode} one`)
  return { engine: engineId(String(row.engine)), mode }
}
