// One open file: questions and transactions, and what to do when the disk says no. Nothing above this
// begins or ends a transaction, and no transaction is left open when a method returns.
//
//   write ─┬─ committed and synced ──► returns
//          ├─ refused ──► rolled back, nothing added, throws
//          └─ disk full ──► rolled back; room is made (the log begins anew, then the reserve is released)
//                           and it is tried again, unless the facts are entries: a full disk takes no
//                           new ones and lets exits finish
import type Database from 'better-sqlite3'
import type { Instant } from '../domain/time.ts'
import { numberOf } from './columns.ts'
import { DISK, type Reserve, type Room } from './reserve.ts'
import { createSync, type Sync } from './sync.ts'
import { explain, LedgerUnusable } from './unusable.ts'

/** Gives the number of this transaction's line in the journal; the line is made when first asked for. */
export type Line = () => bigint

export type Spare = 'mayUseReserve' | 'mustLeaveReserve'

export interface Store {
  readonly path: string
  readonly db: Database.Database
  readonly reserve: Reserve
  readonly room: Room
  /**
   * All of it sees one moment. For the engine that needs no transaction: what is traded nobody else changes,
   * and the words of other programs are only ever added.
   */
  read<T>(question: () => T): T
  /** Which moment that is: what other programs have added since is of a later one. */
  moment(): number
  /** All of it or nothing; on disk when it returns. */
  write<T>(kind: string, at: Instant, facts: (line: Line) => T, spare?: Spare): T
  /**
   * The same for what a broker has told and would tell again: on disk a moment later, and before whatever
   * is written after it. A process that is killed loses nothing of it, a power cut at most that moment.
   */
  writeTold<T>(kind: string, at: Instant, facts: (line: Line) => T): T
  /**
   * All of it or nothing, and not waited for: the next write that is synced takes it along, a power cut
   * before it takes it away. It leaves the reserve alone; false when there was no room.
   */
  note(at: Instant, change: () => void): boolean
  /**
   * Something that was promised and is not there yet: done before anything else is read or written here. The
   * engine's alone, since nobody else may write it.
   */
  owe(work: () => void): void
  /** Runs and takes everything back: to compare what is with what would be. */
  rehearse<T>(changes: () => T): T
  /** How often something was taken back: what was read meanwhile may never have been. */
  takenBack(): number
  /** From now on only as long as no later engine has taken over. */
  holdTenure(number: number): void
  /** Whether what is read now may be kept: by the engine, outside of what may be taken back. */
  isKeepable(): boolean
  /** The engine's: nobody else changes what is traded while it lasts. */
  isOnlyWriter(): boolean
  close(): void
}

/** As much as is gathered until the next note: 4 MB. */
const LOG_PAGES = 1000
/** Where no note comes for long, whatever commit makes it so long clears it: 64 MB. */
const MOST_LOG_PAGES = 16_000

export function createStore(
  db: Database.Database,
  path: string,
  reserve: Reserve,
  sync: Sync = createSync(`${path}-wal`),
  room: Room = DISK,
): Store {
  const begin = db.prepare('BEGIN')
  const beginWriting = db.prepare('BEGIN IMMEDIATE')
  const commit = db.prepare('COMMIT')
  const rollback = db.prepare('ROLLBACK')
  const addLine = db.prepare('INSERT INTO journal (at, kind) VALUES (?, ?)')
  const latestTenure = db.prepare('SELECT max(number) FROM tenure').pluck()
  let tenure: number | null = null
  let takenBack = 0
  let moment = 0
  let isReading = false
  let owed: (() => void) | null = null

  function between<T>(opening: Database.Statement, closing: Database.Statement, work: () => T): T {
    opening.run()
    try {
      const result = work()
      closing.run()
      return result
    } catch (error) {
      if (db.inTransaction) rollback.run()
      takenBack += 1
      throw error
    } finally {
      moment += 1
      if (closing === rollback) takenBack += 1
    }
  }

  function settleOwed(): void {
    if (owed === null || tenure === null || db.inTransaction) return
    const work = owed
    owed = null
    try {
      work()
    } catch (error) {
      // Whoever asks next hears of it too: nothing may be decided without it.
      owed = work
      throw error
    }
  }

  function attempt<T>(kind: string, at: Instant, facts: (line: Line) => T): T {
    return between(beginWriting, commit, () => {
      if (tenure !== null && numberOf(latestTenure.get() as bigint) !== tenure)
        throw new LedgerUnusable('takenOver', `${path} has a newer engine`)
      let number: bigint | null = null
      const result = facts(() => {
        number ??= addLine.run(at, kind).lastInsertRowid as bigint
        return number
      })
      if (number !== null) room.take()
      return result
    })
  }

  function explained<T>(work: () => T): T {
    try {
      return work()
    } catch (error) {
      throw explain(error, path)
    }
  }

  function write<T>(
    kind: string,
    at: Instant,
    facts: (line: Line) => T,
    spare: Spare = 'mayUseReserve',
  ): T {
    settleOwed()
    const failure = sync.failure()
    if (failure !== null)
      throw new LedgerUnusable('failing', `${path} could not be synced`, { cause: failure })
    if (spare === 'mustLeaveReserve' && reserve.state() === 'released')
      throw new LedgerUnusable('diskFull', `${path} lives on its reserve`)
    for (const makeRoom of [beginLogAnew, () => reserve.release(), null]) {
      try {
        return explained(() => attempt(kind, at, facts))
      } catch (error) {
        const isFull = error instanceof LedgerUnusable && error.kind === 'diskFull'
        if (!isFull || spare === 'mustLeaveReserve' || makeRoom === null) throw error
        makeRoom()
      }
    }
    throw new Error('the last try returns or throws')
  }

  /** What stands in the log goes into the file, and its room is used again. That may need room itself. */
  function beginLogAnew(): void {
    try {
      db.pragma('wal_checkpoint(RESTART)')
    } catch {
      // Then only the reserve is left.
    }
  }

  /**
   * What has gathered in the log goes into the file with the notes, for which nobody waits. By itself it would
   * go with any commit, that of an order too, which then takes many times as long.
   */
  function clearingLog(work: () => void): void {
    if (tenure === null) {
      work()
      return
    }
    db.exec(`PRAGMA wal_autocheckpoint = ${LOG_PAGES}`)
    try {
      work()
    } finally {
      db.exec(`PRAGMA wal_autocheckpoint = ${MOST_LOG_PAGES}`)
    }
  }

  function unsynced<T>(work: () => T): T {
    db.exec('PRAGMA synchronous = NORMAL')
    try {
      return work()
    } finally {
      db.exec('PRAGMA synchronous = FULL')
    }
  }

  return {
    path,
    db,
    reserve,
    room,
    read(question) {
      settleOwed()
      if (isReading) return question()
      moment += 1
      isReading = true
      try {
        return db.inTransaction || tenure !== null ? question() : between(begin, commit, question)
      } catch (error) {
        throw explain(error, path)
      } finally {
        isReading = false
      }
    },
    moment: () => moment,
    write,
    writeTold(kind, at, facts) {
      settleOwed()
      const made = unsynced(() => write(kind, at, facts))
      sync.soon()
      return made
    },
    note(at, change) {
      settleOwed()
      if (reserve.state() === 'released') return false
      try {
        clearingLog(() => unsynced(() => explained(() => attempt('note', at, change))))
        return true
      } catch (error) {
        if (error instanceof LedgerUnusable && error.kind === 'diskFull') return false
        throw error
      }
    },
    owe(work) {
      owed = work
    },
    rehearse(changes) {
      settleOwed()
      return explained(() => between(beginWriting, rollback, changes))
    },
    takenBack: () => takenBack,
    holdTenure(number) {
      tenure = number
      db.exec(`PRAGMA wal_autocheckpoint = ${MOST_LOG_PAGES}`)
    },
    isKeepable() {
      settleOwed()
      return tenure !== null && !db.inTransaction
    },
    isOnlyWriter: () => tenure !== null,
    close() {
      try {
        settleOwed()
      } finally {
        sync.close()
        db.close()
      }
    },
  }
}
