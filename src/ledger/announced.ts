// Plans whose orders leave at once. Each is written down as one row, whole: decisions, orders and tags, so
// that what is waited for before the first byte is one small write, however many followers there are. It is
// laid out in the tables before anything else is asked or written here, and by the next engine when this
// one is gone by then. The row goes in the transaction that lays it out: it is no fact, it becomes some.
//
//   record ── one row, synced ──► announced ── first use of the ledger, or its opening ──► laid out
import { assert } from '../domain/assert.ts'
import { SENDING } from '../domain/attempt.ts'
import type { Decision } from '../domain/decision.ts'
import type { AccountName, SignalId } from '../domain/ids.ts'
import type { RecordedIntent } from '../domain/intent.ts'
import type { Signal } from '../domain/signal.ts'
import type { Tag } from '../domain/tag.ts'
import type { Instant } from '../domain/time.ts'
import type { OpenAttempt, RecordedPlan, Send } from '../ports.ts'
import type { Attempts } from './attempts.ts'
import { fromJson, numberOf, type Row, toJson } from './columns.ts'
import { asAttempt, asRecorded } from './recorded.ts'
import type { Line, Store } from './store.ts'

interface Announcement {
  readonly signal: Signal
  readonly decisions: readonly Decision[]
  readonly sendNow: readonly Tag[]
}

/** What its first order and the first attempt of one are called: no row gets another number meanwhile. */
interface FirstNumbers {
  readonly intent: bigint
  readonly attempt: bigint
}

export interface Announced {
  /** Within a transaction that is under way. The signal is recorded, its decisions have been looked at. */
  add(plan: Announcement, signal: bigint, at: Instant, line: Line): RecordedPlan
  /**
   * For whoever only looks, who can't lay anything out: what an engine was sending when it was killed is not
   * in the tables before the next one opens them.
   */
  sending(account: AccountName | null): readonly OpenAttempt[]
}

export function createAnnounced(parts: {
  readonly store: Store
  readonly attempts: Pick<Attempts, 'add'>
  addDecision(signal: bigint, of: Signal, decision: Decision, line: Line): Decision
}): Announced {
  const { store, attempts, addDecision } = parts
  const sql = prepare(store.db)
  // What the engine before this one had sent when it ended.
  store.owe(layOut)

  function layOut(): void {
    const rows = sql.all.all() as Row[]
    const [first] = rows
    if (first === undefined) return
    store.writeTold('laidOut', numberOf(first.at) as Instant, () => {
      for (const row of rows) layOutOne(row)
    })
  }

  function layOutOne(row: Row): void {
    const plan = fromJson<Announcement>(String(row.plan))
    const at = numberOf(row.at) as Instant
    const signal = row.signal as bigint
    const journal = row.journal as bigint
    const promised = named(plan, signal, at, firstOf(row))
    const line: Line = () => journal
    const decisions = plan.decisions.map((each) => addDecision(signal, plan.signal, each, line))
    const intents = intentsOf(decisions)
    const made = sendsOf(intents, plan.sendNow).map((send) => attempts.add(send, at, line))
    const isAsPromised =
      isNumberedAs(promised.intents, intents) && isNumberedAs(promised.attempts, made)
    assert(isAsPromised, `plan ${journal} was sent under other numbers than it is laid out with`)
    sql.forget.run(journal)
  }

  return {
    add(plan, signal, at, line) {
      const first: FirstNumbers = {
        intent: (sql.lastIntent.get() as bigint) + 1n,
        attempt: (sql.lastAttempt.get() as bigint) + 1n,
      }
      sql.add.run(line(), signal, at, first.intent, first.attempt, toJson(plan))
      store.owe(layOut)
      return named(plan, signal, at, first)
    },
    sending: (account) =>
      (sql.all.all() as Row[])
        .map((row) => {
          const plan = fromJson<Announcement>(String(row.plan))
          return named(plan, row.signal as bigint, numberOf(row.at) as Instant, firstOf(row))
        })
        .flatMap(({ attempts }) => attempts)
        .filter(({ intent }) => account === null || intent.lane.follower === account)
        .map((attempt) => ({ attempt, state: SENDING, number: 1 })),
  }
}

const firstOf = (row: Row): FirstNumbers => ({
  intent: row.first_intent as bigint,
  attempt: row.first_attempt as bigint,
})

/** As the tables will have it: rows are numbered in the order in which they are added. */
function named(
  { signal: of, decisions: planned, sendNow }: Announcement,
  signal: bigint,
  at: Instant,
  first: FirstNumbers,
): RecordedPlan {
  let { intent, attempt } = first
  const decisions = planned.map((decision): Decision => {
    if (decision.kind !== 'entry') return decision
    return {
      ...decision,
      intents: decision.intents.map((one) => asRecorded(one, intent++, signal)),
    }
  })
  const intents = intentsOf(decisions)
  const attempts = sendsOf(intents, sendNow).map((send) => asAttempt(send, attempt++, at))
  return { signal: { ...of, id: numberOf(signal) as SignalId }, decisions, intents, attempts }
}

export const intentsOf = (decisions: readonly Decision[]): readonly RecordedIntent[] =>
  decisions.flatMap((decision) =>
    decision.kind === 'entry' ? (decision.intents as readonly RecordedIntent[]) : [],
  )

/** First attempts of those that leave at once. */
export function sendsOf(
  intents: readonly RecordedIntent[],
  sendNow: readonly Tag[],
): readonly Send[] {
  const now = new Set<string>(sendNow)
  return intents
    .filter(({ tag }) => now.has(tag))
    .map((intent) => ({ intent, tag: intent.tag, quantity: intent.quantity, others: null }))
}

const isNumberedAs = (
  these: readonly { readonly id: number }[],
  those: readonly { readonly id: number }[],
): boolean =>
  these.length === those.length && these.every(({ id }, index) => id === those[index]?.id)

function prepare(db: Store['db']) {
  return {
    add: db.prepare(`
      INSERT INTO announced (journal, signal, at, first_intent, first_attempt, plan)
      VALUES (?, ?, ?, ?, ?, ?)`),
    all: db.prepare('SELECT * FROM announced ORDER BY journal'),
    forget: db.prepare('DELETE FROM announced WHERE journal = ?'),
    lastIntent: db.prepare('SELECT coalesce(max(number), 0) FROM intent').pluck(),
    lastAttempt: db.prepare('SELECT coalesce(max(number), 0) FROM attempt').pluck(),
  }
}
