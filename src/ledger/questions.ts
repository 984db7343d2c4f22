// The long question: why a follower got what it got.
import type { AccountName } from '../domain/ids.ts'
import type { Reason } from '../domain/reason.ts'
import type { RecordedSignal } from '../domain/signal.ts'
import type { Instant } from '../domain/time.ts'
import type { Ledger, OpenAttempt, Why } from '../ports.ts'
import { eventOf } from './attempt-rows.ts'
import { fromJson, numberOf, type Row } from './columns.ts'
import type { Plans } from './plans.ts'
import type { Recorded } from './recorded.ts'
import type { Store } from './store.ts'

export type Questions = Pick<Ledger, 'why'>

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
  }
}

function prepare(db: Store['db']) {
  return {
    denial: db.prepare('SELECT reason FROM denial WHERE intent = ?').pluck(),
    events: db.prepare(`
      SELECT attempt_event.*, attempt_event.kind AS event, journal.at
      FROM attempt_event JOIN journal ON journal.number = attempt_event.journal
      WHERE attempt = ? ORDER BY attempt_event.number`),
    report: db.prepare('SELECT * FROM report WHERE number = ?'),
  }
}
