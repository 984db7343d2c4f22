// The long question: why a follower got what it got.
import type { AccountName, AttemptId, IntentId } from '../domain/ids.ts'
import type { RecordedIntent } from '../domain/intent.ts'
import type { Reason } from '../domain/reason.ts'
import type { RecordedSignal } from '../domain/signal.ts'
import type { Instant } from '../domain/time.ts'
import type { Ledger, OpenAttempt, Why } from '../ports.ts'
import { eventOf } from './attempt-rows.ts'
import { fromJson, numberOf, type Row } from './columns.ts'
import type { Decided, Plans } from './plans.ts'
import type { Recorded } from './recorded.ts'
import type { Store } from './store.ts'

export type Questions = Pick<Ledger, 'why'>

/** What a story is put together from: asked for one by one, or for a whole signal at once. */
interface Source {
  decided(follower: AccountName): Decided | null
  intents(follower: AccountName): readonly RecordedIntent[]
  denial(intent: IntentId): Reason | null
  attempts(intent: IntentId): readonly OpenAttempt[]
  history(attempt: AttemptId): History
}
type History = Why['intents'][number]['attempts'][number]['history']

export function createQuestions(store: Store, plans: Plans, recorded: Recorded): Questions {
  const sql = prepare(store.db)

  const oneByOne = (signal: bigint): Source => ({
    decided: (follower) => plans.decisionOf(signal, follower),
    intents: (follower) => recorded.intentsOfSignal(signal, follower),
    denial(intent) {
      const reason = sql.denial.get(intent) as string | undefined
      return reason === undefined ? null : fromJson<Reason>(reason)
    },
    attempts: (intent) => recorded.attemptsOfIntent(BigInt(intent)),
    history: (attempt) => (sql.events.all(attempt) as Row[]).map(happened),
  })

  /** A few questions, however many followers there are. What closed for another signal is asked by itself. */
  function allAtOnce(signal: bigint): Source {
    const single = oneByOne(signal)
    const all = recorded.intentsOfSignal(signal, null)
    const own = new Set(all.filter(({ signalId }) => BigInt(signalId ?? 0) === signal).map(idOf))
    const intents = Map.groupBy(all, ({ lane }) => lane.follower)
    const decided = plans.decisionsOf(signal, all)
    const made = recorded.attemptsOfSignal(signal)
    const attempts = Map.groupBy(made, ({ attempt }) => attempt.intent.id)
    const known = new Set(made.map(({ attempt }) => attempt.id))
    const denials = new Map(
      (sql.denials.all(signal) as Row[]).map((row) => [
        numberOf(row.intent),
        fromJson<Reason>(String(row.reason)),
      ]),
    )
    const events = Map.groupBy(sql.eventsOfSignal.all(signal) as Row[], (row) =>
      numberOf(row.attempt),
    )
    return {
      decided: (follower) => decided.get(follower) ?? null,
      intents: (follower) => intents.get(follower) ?? [],
      denial: (intent) => (own.has(intent) ? (denials.get(intent) ?? null) : single.denial(intent)),
      attempts: (intent) =>
        own.has(intent) ? (attempts.get(intent) ?? []) : single.attempts(intent),
      history: (attempt) =>
        known.has(attempt) ? (events.get(attempt) ?? []).map(happened) : single.history(attempt),
    }
  }

  const happened = (row: Row): History[number] => ({
    at: numberOf(row.at) as Instant,
    event: eventOf(row, row.report === null ? undefined : (sql.report.get(row.report) as Row)),
  })

  return {
    why: (id, follower) =>
      store.read(() => {
        const signal = plans.signal(id)
        if (signal === null) return []
        const number = BigInt(id)
        if (follower !== null) return [whyOf(signal, follower, oneByOne(number))]
        const source = allAtOnce(number)
        return plans.followersOf(number).map((each) => whyOf(signal, each, source))
      }),
  }
}

function whyOf(signal: RecordedSignal, follower: AccountName, from: Source): Why {
  const decided = from.decided(follower)
  return {
    signal,
    follower,
    decision: decided?.decision ?? null,
    decidedAt: decided?.at ?? null,
    intents: from.intents(follower).map((intent) => ({
      intent,
      denied: from.denial(intent.id),
      attempts: from
        .attempts(intent.id)
        .map((open) => ({ ...open, history: from.history(open.attempt.id) })),
    })),
  }
}

const idOf = ({ id }: RecordedIntent): IntentId => id

const EVENT = `
  SELECT attempt_event.*, attempt_event.kind AS event, journal.at
  FROM attempt_event JOIN journal ON journal.number = attempt_event.journal`
/** From the signal on, by its index: what is older or newer is not looked at. */
const ATTEMPTS_OF = `
  SELECT attempt.number FROM intent JOIN attempt ON attempt.intent = intent.number
  WHERE intent.signal = ?`

function prepare(db: Store['db']) {
  return {
    denial: db.prepare('SELECT reason FROM denial WHERE intent = ?').pluck(),
    denials: db.prepare(`
      SELECT denial.intent, denial.reason
      FROM intent JOIN denial ON denial.intent = intent.number WHERE intent.signal = ?`),
    events: db.prepare(`${EVENT} WHERE attempt = ? ORDER BY attempt_event.number`),
    eventsOfSignal: db.prepare(
      `${EVENT} WHERE attempt IN (${ATTEMPTS_OF}) ORDER BY attempt_event.number`,
    ),
    report: db.prepare('SELECT * FROM report WHERE number = ?'),
  }
}
