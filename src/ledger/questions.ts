// The long questions: why a follower got what it got, and what its day adds up to.
import type { AccountName } from '../domain/ids.ts'
import type { Price, Quantity } from '../domain/numbers.ts'
import type { Side } from '../domain/order.ts'
import type { Reason } from '../domain/reason.ts'
import type { RecordedSignal } from '../domain/signal.ts'
import { atTimeOfDay, type Instant, nextDay } from '../domain/time.ts'
import type { FollowerDay, Ledger, OpenAttempt, Why } from '../ports.ts'
import { eventOf } from './attempt-rows.ts'
import { fromJson, numberOf, type Row } from './columns.ts'
import type { Plans } from './plans.ts'
import { laneOf, type Recorded } from './recorded.ts'
import type { Store } from './store.ts'

export type Questions = Pick<Ledger, 'why' | 'followerDay'>

export function createQuestions(store: Store, plans: Plans, recorded: Recorded): Questions {
  const sql = prepare(store.db)

  function whyOf(signal: RecordedSignal, follower: AccountName): Why {
    const number = BigInt(signal.id)
    const decided = plans.decisionOf(number, follower)
    return {
      signal,
      follower,
      decision: decided?.decision ?? null,
      decidedAt: decided?.at ?? null,
      intents: recorded.intentsOfSignal(number, follower).map((intent) => ({
        intent,
        denied: denialOf(BigInt(intent.id)),
        attempts: recorded.attemptsOfIntent(BigInt(intent.id)).map(withHistory),
      })),
    }
  }

  function denialOf(intent: bigint): Reason | null {
    const reason = sql.denial.get(intent) as string | undefined
    return reason === undefined ? null : fromJson<Reason>(reason)
  }

  const withHistory = (open: OpenAttempt) => ({
    ...open,
    history: (sql.events.all(open.attempt.id) as Row[]).map((row) => ({
      at: numberOf(row.at) as Instant,
      event: eventOf(row, row.report === null ? undefined : (sql.report.get(row.report) as Row)),
    })),
  })

  return {
    why: (id, follower) =>
      store.read(() => {
        const signal = plans.signal(id)
        if (signal === null) return []
        const followers = follower === null ? plans.followersOf(BigInt(id)) : [follower]
        return followers.map((each) => whyOf(signal, each))
      }),
    followerDay: (follower, day) =>
      store.read(() => {
        const from = atTimeOfDay(day, 0)
        const to = atTimeOfDay(nextDay(day), 0)
        return dayFrom(sql.day.all({ follower, from, to }) as Row[])
      }),
  }
}

/** Newest first, with those after the last resume marked: the trader's resume starts a new count. */
function dayFrom(rows: readonly Row[]): FollowerDay {
  const counted = rows.filter(({ kind }) => kind !== 'notSent' && kind !== 'rejected')
  const known = rows.filter(({ kind }) => ANSWERED.has(String(kind)))
  const broken = known.findIndex((row) => !isRejection(row) || row.is_after_resume !== 1n)
  return {
    orders: counted.length,
    rejectionsInARow: broken === -1 ? known.length : broken,
    fills: counted
      .filter((row) => (row.filled as bigint) > 0n)
      .map((row) => ({
        lane: laneOf(row),
        side: row.side as Side,
        quantity: row.filled as Quantity,
        // A broker that shows no average yet: the limit is the worst that it can be.
        price: (row.average_price ?? row.limit_price) as Price | null,
      })),
  }
}

const ANSWERED: ReadonlySet<string> = new Set(['rejected', 'working', 'done'])

const isRejection = (row: Row): boolean => row.kind === 'rejected' || row.ending === 'rejected'

function prepare(db: Store['db']) {
  return {
    denial: db.prepare('SELECT reason FROM denial WHERE intent = ?').pluck(),
    events: db.prepare(`
      SELECT attempt_event.*, attempt_event.kind AS event, journal.at
      FROM attempt_event JOIN journal ON journal.number = attempt_event.journal
      WHERE attempt = ? ORDER BY attempt_event.number`),
    report: db.prepare('SELECT * FROM report WHERE number = ?'),
    day: db.prepare(`
      SELECT attempt_state.*, intent.side, intent.limit_price, lane.follower, lane.mode,
        lane.instrument, lane.product,
        attempt.journal > coalesce((
          SELECT max(journal) FROM steering
          WHERE kind = 'resume' AND (follower IS NULL OR follower = @follower)), 0)
          AS is_after_resume
      FROM attempt
        JOIN attempt_state ON attempt_state.attempt = attempt.number
        JOIN intent ON intent.number = attempt.intent
        JOIN lane ON lane.number = intent.lane
      WHERE attempt.account = @follower AND attempt.at >= @from AND attempt.at < @to
      ORDER BY attempt.number DESC`),
  }
}
