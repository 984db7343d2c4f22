// Brings a file to the schema that this program knows: one numbered step after the other, each in a
// transaction of its own, with a backup before the first. A file from a newer program is left alone.
import type Database from 'better-sqlite3'
import { numberOf } from './columns.ts'
import { APPLICATION_ID, MIGRATIONS, type Migration } from './schema.ts'
import { LedgerUnusable } from './unusable.ts'

export const SCHEMA_VERSION = versionAfter(MIGRATIONS)

/** Refuses what is no ledger, or one of a newer program; gives the schema's number, 0 for a new file. */
export function readVersion(
  db: Database.Database,
  path: string,
  newest: number = SCHEMA_VERSION,
): number {
  const id = pragma(db, 'application_id')
  const version = pragma(db, 'user_version')
  const tables = numberOf(db.prepare('SELECT count(*) FROM sqlite_schema').pluck().get() as bigint)
  if (id === 0 && version === 0 && tables === 0) return 0
  if (id !== APPLICATION_ID)
    throw new LedgerUnusable('notALedger', `${path} is a database of another program`)
  if (version > newest)
    throw new LedgerUnusable('newer', `${path} has schema ${version}, this program knows ${newest}`)
  return version
}

/** `backup` is called once, before anything changes, unless the file is new. */
export function migrate(
  db: Database.Database,
  path: string,
  backup: (version: number) => void,
  migrations: readonly Migration[] = MIGRATIONS,
): void {
  const version = readVersion(db, path, versionAfter(migrations))
  const missing = migrations.filter(({ number }) => number > version)
  if (version > 0 && missing.length > 0) backup(version)
  for (const { number, sql } of missing) {
    db.transaction(() => {
      db.exec(sql)
      db.pragma(`application_id = ${APPLICATION_ID}`)
      db.pragma(`user_version = ${number}`)
    }).immediate()
  }
}

function versionAfter(migrations: readonly Migration[]): number {
  return Math.max(0, ...migrations.map(({ number }) => number))
}

const pragma = (db: Database.Database, name: string): number =>
  numberOf(db.pragma(name, { simple: true }) as bigint)
