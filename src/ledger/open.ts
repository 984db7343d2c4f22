// Opens a ledger, in one of three ways: as the engine (one per file), as a command that steers it from
// another process, or only to look. Whatever is wrong with the file or the disk is said here, before
// anything is traded, as a LedgerUnusable.
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync } from 'node:fs'
import { hostname } from 'node:os'
import { basename, dirname, join } from 'node:path'
import Database from 'better-sqlite3'
import type { Mode } from '../domain/lane.ts'
import { formatStamp } from '../domain/time.ts'
import type { Chance, Clock, Ledger, LedgerView, SteeringDesk } from '../ports.ts'
import { createAccounts } from './accounts.ts'
import { createAttempts } from './attempts.ts'
import { numberOf } from './columns.ts'
import { createDays } from './days.ts'
import { createDerive } from './derive.ts'
import { makeIdentity, readIdentity } from './identity.ts'
import { createKept } from './kept.ts'
import { createLanes } from './lanes.ts'
import { type Holder, takeLock } from './lock.ts'
import { createMaster } from './master.ts'
import { migrate, readVersion, SCHEMA_VERSION } from './migrate.ts'
import { createNews } from './news.ts'
import { createPlans } from './plans.ts'
import { makePrivate } from './private-file.ts'
import { createPulseBook } from './pulse.ts'
import { createQuestions } from './questions.ts'
import { createRebuild } from './rebuild.ts'
import { createRecorded } from './recorded.ts'
import { createReserve, DISK, RESERVE_BYTES, type Room } from './reserve.ts'
import { planOnce } from './steady.ts'
import { createSteering } from './steering.ts'
import { createStore, type Store } from './store.ts'
import { createSync, type Sync } from './sync.ts'
import { explain, LedgerUnusable } from './unusable.ts'
import { createWords } from './words.ts'

export interface OpenLedger {
  readonly path: string
  readonly mode: Mode
  readonly clock: Clock
  readonly chance: Chance
  /** What the user started, for the one who is refused: `lockstep run`. */
  readonly command: string
  /** Set aside for a full disk. */
  readonly reserveBytes?: number
  readonly room?: Room
  /** What brings to the disk what nobody waited for; another one where there is no disk. */
  readonly sync?: Sync
}

/** A write waits this long for another process: those write single facts, so it never takes it. */
const BUSY_TIMEOUT_MS = 5000

/** The shared-memory index, the first pages of the log, a line in the journal: some 100 kB. */
const ROOM_TO_OPEN_BYTES = 256 * 1024

/** The engine's. Makes the file when there is none; refused while another engine has it. */
export function openLedger(options: OpenLedger): Ledger {
  const { path, mode, clock, chance, command } = options
  return explained(path, (onFailure) => {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    makePrivate(path)
    const holder = { process: process.pid, host: hostname(), since: clock.now(), command }
    const lock = takeLock(path, holder)
    onFailure(() => lock.release())
    const room = options.room ?? DISK
    const reserve = createReserve(`${path}.reserve`, options.reserveBytes ?? RESERVE_BYTES, room)
    // On a full disk not even the opening would succeed, and exits would wait for somebody to clean up.
    if (room.freeBytes(dirname(path)) < ROOM_TO_OPEN_BYTES) reserve.release()
    const db = connect(path, false)
    onFailure(() => db.close())
    // Whoever looks, looks at one moment and never makes the engine wait. The engine alone says so: two that
    // say it to a new file at one moment are both refused at once.
    db.pragma('journal_mode = WAL')

    readVersion(db, path)
    examine(db, path)
    migrate(db, path, (version) => {
      const folder = join(dirname(path), 'backup')
      const name = `${basename(path, '.db')}-${formatStamp(clock.now())}-schema-${version}.db`
      backUp(db, join(folder, name))
    })
    makeIdentity(db, mode, chance)
    const store = createStore(db, path, reserve, options.sync ?? createSync(`${path}-wal`), room)
    const ledger = assemble(store, mode)
    reserve.keep()
    takeTenure(store, holder)
    return {
      ...ledger,
      close() {
        if (!db.open) return
        store.close()
        lock.release()
      },
    }
  })
}

/** For commands, while an engine runs or not: looks, and writes the trader's words. */
export function openDesk(options: { readonly path: string; readonly mode: Mode }): SteeringDesk {
  return openBeside(options, false)
}

/** For commands that only look: writes nothing at all. */
export function openView(options: { readonly path: string; readonly mode: Mode }): LedgerView {
  return openBeside(options, true)
}

/** Throws if the file is damaged. For commands that look at one which no engine opened before them. */
export function examineLedger(path: string): void {
  explained(path, (onFailure) => {
    if (!existsSync(path)) throw new LedgerUnusable('missing', `there is no ledger ${path}`)
    const db = connect(path, true)
    onFailure(() => db.close())
    examine(db, path)
    db.close()
  })
}

function openBeside(
  { path, mode }: { readonly path: string; readonly mode: Mode },
  isReadonly: boolean,
): SteeringDesk {
  return explained(path, (onFailure) => {
    if (!existsSync(path)) throw new LedgerUnusable('missing', `there is no ledger ${path}`)
    const db = connect(path, isReadonly)
    onFailure(() => db.close())
    const version = readVersion(db, path)
    if (version < SCHEMA_VERSION)
      throw new LedgerUnusable('older', `${path} has schema ${version} of ${SCHEMA_VERSION}`)
    const reserve = createReserve(`${path}.reserve`, RESERVE_BYTES)
    return assemble(createStore(db, path, reserve), mode)
  })
}

function assemble(store: Store, mode: Mode): Ledger {
  const identity = readIdentity(store.db, mode, store.path)
  const derive = createDerive(store)
  const recorded = createRecorded(store)
  const words = createWords(store)
  const lanes = createLanes({ store, identity, derive, recorded })
  const attempts = createAttempts({ store, identity, derive, recorded })
  const plans = createPlans({ store, identity, derive, lanes, recorded, attempts })
  return {
    ...identity,
    ...createMaster(store, derive),
    ...pick(plans, ['record', 'recordClosing', 'undecided', 'signal', 'signals']),
    ...pick(attempts, [
      'recordAttempts',
      'recordWrite',
      'recordEvent',
      'recordDenial',
      'unsentIntents',
      'writes',
    ]),
    ...pick(lanes, [
      'adjust',
      'recordPositions',
      'lanePosition',
      'lanes',
      'liveEntries',
      'liveClosings',
      'liveOrders',
      'isIdle',
      'lastMove',
      'adoptedAt',
      'closingCauses',
      'owed',
      'compared',
      'drift',
    ]),
    openAttempts: (account) =>
      store.isOnlyWriter()
        ? attempts.openAttempts(account)
        : store.read(() => [...attempts.openAttempts(account), ...plans.sending(account)]),
    attemptByTag: (tag) =>
      attempts.attemptByTag(tag) ??
      (store.isOnlyWriter()
        ? null
        : (plans.sending(null).find(({ attempt }) => attempt.tag === tag) ?? null)),
    ...createKept(store),
    ...createSteering(store, lanes, words),
    ...createAccounts(store),
    ...createPulseBook(store),
    ...createNews(store),
    ...createQuestions(store, plans, recorded),
    ...createDays({ store, derive, recorded, words }),
    ...createRebuild(store, derive),
    atOneMoment: (questions) => store.read(questions),
    health: () => ({
      freeBytes: store.room.freeBytes(dirname(store.path)),
      reserve: store.reserve.state(),
    }),
    keepReserve: () => store.reserve.keep(),
    backup: (path) => explained(path, () => backUp(store.db, path)),
    close: () => store.close(),
  }
}

function connect(path: string, isReadonly: boolean): Database.Database {
  const db = new Database(path, {
    readonly: isReadonly,
    fileMustExist: true,
    timeout: BUSY_TIMEOUT_MS,
  })
  db.defaultSafeIntegers(true)
  planOnce(db)
  db.pragma('foreign_keys = ON')
  // A commit is on disk when it returns, a power cut included. The second is the same word for macOS.
  db.pragma('synchronous = FULL')
  db.pragma('fullfsync = ON')
  return db
}

function examine(db: Database.Database, path: string): void {
  const found = db.prepare('PRAGMA quick_check(3)').pluck().all() as string[]
  if (found.length === 1 && found[0] === 'ok') return
  throw new LedgerUnusable('damaged', `${path} is damaged: ${found.join('; ')}`)
}

/** Under another name until it is whole, synced and examined, so that a half one is never taken for one. */
function backUp(db: Database.Database, path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const unfinished = `${path}.unfinished`
  rmSync(unfinished, { force: true })
  try {
    makePrivate(unfinished)
    db.prepare('VACUUM INTO ?').run(unfinished)
    const copy = new Database(unfinished, { readonly: true })
    try {
      examine(copy, unfinished)
    } finally {
      copy.close()
    }
    const file = openSync(unfinished, 'r+')
    fsyncSync(file)
    closeSync(file)
    renameSync(unfinished, path)
  } catch (error) {
    rmSync(unfinished, { force: true })
    throw error
  }
}

function takeTenure(store: Store, holder: Holder): void {
  const add = store.db.prepare(
    'INSERT INTO tenure (journal, process, host, command) VALUES (?, ?, ?, ?)',
  )
  const number = store.write(
    'tenure',
    holder.since,
    (line) => add.run(line(), holder.process, holder.host, holder.command).lastInsertRowid,
  )
  store.holdTenure(numberOf(number as bigint))
}

/** Runs; on failure undoes what was begun, last first, and says what is wrong. */
function explained<T>(path: string, work: (onFailure: (undo: () => void) => void) => T): T {
  const undo: (() => void)[] = []
  try {
    return work((step) => undo.push(step))
  } catch (error) {
    for (const step of undo.reverse()) step()
    throw explain(error, path)
  }
}

function pick<T extends object, K extends keyof T>(from: T, names: readonly K[]): Pick<T, K> {
  return Object.fromEntries(names.map((name) => [name, from[name]])) as Pick<T, K>
}
