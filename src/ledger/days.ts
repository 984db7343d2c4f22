// What each follower's day adds up to: orders, rejections in a row, fills. It is asked before every entry,
// so the rows of the day are kept here, and only attempts that have moved since are read again. What is
// kept is never believed beyond that: it is read from the tables, and thrown away with the day. Only the
// engine keeps anything: whoever else looks is told nothing of what moves, and reads the whole day.
import type { AccountName } from '../domain/ids.ts'
import type { Price, Quantity } from '../domain/numbers.ts'
import type { Side } from '../domain/order.ts'
import { atTimeOfDay, dayOf, type Instant, nextDay, type TradingDay } from '../domain/time.ts'
import type { FollowerDay, Ledger } from '../ports.ts'
import { numberOf, type Row } from './columns.ts'
import type { Derive } from './derive.ts'
import { laneOf } from './recorded.ts'
import type { Store } from './store.ts'

export type Days = Pick<Ledger, 'followerDay'>

interface KeptDay {
  readonly day: TradingDay
  /** By attempt, oldest first. */
  readonly rows: Map<bigint, Row>
  resumedAt: bigint
  /** null: something has moved since it was added up. */
  sum: FollowerDay | null
}

export function createDays(store: Store, derive: Derive): Days {
  const sql = prepare(store.db)
  const kept = new Map<string, KeptDay>()

  function readDay(follower: AccountName, day: TradingDay): KeptDay {
    const [from, to] = [atTimeOfDay(day, 0), atTimeOfDay(nextDay(day), 0)]
    const rows = sql.day.all({ follower, from, to }) as Row[]
    return {
      day,
      rows: new Map(rows.map((row) => [row.attempt as bigint, row])),
      resumedAt: -1n,
      sum: null,
    }
  }

  /** Reads again what has moved since it was last asked for. */
  function follow(): void {
    const moved = derive.takeMoved()
    if (moved === 'many') kept.clear()
    else
      for (const attempt of moved) {
        const row = sql.attempt.get(attempt) as Row | undefined
        const own = row && kept.get(String(row.account))
        if (!own || dayOf(numberOf(row.at) as Instant) !== own.day) continue
        own.rows.set(attempt, row)
        own.sum = null
      }
  }

  function keptDay(follower: AccountName, day: TradingDay): KeptDay {
    follow()
    const known = kept.get(follower)
    if (known?.day === day) return known
    const fresh = readDay(follower, day)
    kept.set(follower, fresh)
    return fresh
  }

  return {
    followerDay: (follower, day) =>
      store.read(() => {
        const own = store.isOnlyWriter() ? keptDay(follower, day) : readDay(follower, day)
        const resumedAt = sql.resumedAt.get({ follower }) as bigint
        if (own.sum === null || own.resumedAt !== resumedAt)
          own.sum = addUp([...own.rows.values()], resumedAt)
        own.resumedAt = resumedAt
        return own.sum
      }),
  }
}

/** Oldest first. Rejections before the last resume do not count: the trader's resume starts anew. */
function addUp(rows: readonly Row[], resumedAt: bigint): FollowerDay {
  const counted = rows.filter(({ kind }) => kind !== 'notSent' && kind !== 'rejected')
  const known = rows.filter(({ kind }) => ANSWERED.has(String(kind)))
  const broken = known.findLastIndex(
    (row) => !isRejection(row) || (row.recorded_in as bigint) <= resumedAt,
  )
  return {
    orders: counted.length,
    rejectionsInARow: known.length - 1 - broken,
    // Newest first.
    fills: counted
      .filter((row) => (row.filled as bigint) > 0n)
      .map((row) => ({
        lane: laneOf(row),
        side: row.side as Side,
        quantity: row.filled as Quantity,
        // A broker that shows no average yet: the limit is the worst that it can be.
        price: (row.average_price ?? row.limit_price) as Price | null,
      }))
      .reverse(),
  }
}

const ANSWERED: ReadonlySet<string> = new Set(['rejected', 'working', 'done'])

const isRejection = (row: Row): boolean => row.kind === 'rejected' || row.ending === 'rejected'

const DAY_ROW = `
  SELECT attempt.number AS attempt, attempt.journal AS recorded_in, attempt.account, attempt.at,
    attempt_state.kind, attempt_state.ending, attempt_state.filled, attempt_state.average_price,
    intent.side, intent.limit_price, lane.follower, lane.mode, lane.instrument, lane.product
  FROM attempt
    JOIN attempt_state ON attempt_state.attempt = attempt.number
    JOIN intent ON intent.number = attempt.intent
    JOIN lane ON lane.number = intent.lane`

function prepare(db: Store['db']) {
  return {
    day: db.prepare(`
      ${DAY_ROW}
      WHERE attempt.account = @follower AND attempt.at >= @from AND attempt.at < @to
      ORDER BY attempt.number`),
    attempt: db.prepare(`${DAY_ROW} WHERE attempt.number = ?`),
    resumedAt: db
      .prepare(`
        SELECT coalesce(max(journal), 0) FROM steering
        WHERE kind = 'resume' AND (follower IS NULL OR follower = @follower)`)
      .pluck(),
  }
}
