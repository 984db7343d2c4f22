// Reads intents and attempts back. This is the only place that calls something recorded, so nothing that
// is not in the ledger can be sent: it would not compile.
import { assert } from '../domain/assert.ts'
import type { AttemptState } from '../domain/attempt.ts'
import type { AccountName, AttemptId, IntentId, SignalId } from '../domain/ids.ts'
import type { Intent, RecordedIntent } from '../domain/intent.ts'
import type { Lane } from '../domain/lane.ts'
import type { Quantity } from '../domain/numbers.ts'
import type { Tag } from '../domain/tag.ts'
import type { Instant } from '../domain/time.ts'
import type { LiveOrder, OpenAttempt, RecordedAttempt, Send } from '../ports.ts'
import { stateOf } from './attempt-rows.ts'
import { numberOf, pricingOf, type Row } from './columns.ts'
import type { Store } from './store.ts'

export interface Recorded {
  intent(number: bigint): RecordedIntent
  intentsOfDecision(decision: bigint): readonly RecordedIntent[]
  /** Of one signal and follower (null: of all), also what closed for it. */
  intentsOfSignal(signal: bigint, follower: AccountName | null): readonly RecordedIntent[]
  /** What is alive there: entries first, each kind in the order in which it was recorded. */
  liveOfLane(lane: bigint): readonly LiveOrder[]
  unsent(account: AccountName | null): readonly RecordedIntent[]
  /** What is known of an attempt by now. */
  stateOf(attempt: bigint): AttemptState
  attemptsOfIntent(intent: bigint): readonly OpenAttempt[]
  /** Of the intents that were made for it, in the order of each. */
  attemptsOfSignal(signal: bigint): readonly OpenAttempt[]
  openAttempts(account: AccountName | null): readonly OpenAttempt[]
  attemptByTag(tag: Tag): OpenAttempt | null
  /** null: what made it was taken back. */
  sent(number: bigint): Sent | null
  sentBetween(account: AccountName, from: Instant, to: Instant): readonly Sent[]
}

/** An attempt with its line in the journal. */
export interface Sent {
  readonly open: OpenAttempt
  readonly recordedIn: bigint
}

/** Of a day with many orders; beyond that they are read again. */
const MOST_INTENTS = 10_000

export function createRecorded({ db }: Store): Recorded {
  const sql = prepare(db)
  /** An intent never changes once it is committed. */
  const intents = new Map<bigint, RecordedIntent>()

  function intent(number: bigint): RecordedIntent {
    const known = intents.get(number)
    if (known !== undefined) return known
    const row = sql.intent.get(number) as Row | undefined
    assert(row, `there is no intent ${number}`)
    return keep(row)
  }

  function keep(row: Row): RecordedIntent {
    const number = row.number as bigint
    const known = intents.get(number)
    if (known !== undefined) return known
    const read = intentOf(row)
    if (intents.size >= MOST_INTENTS) intents.clear()
    // Who only reads sees nothing that could still be taken back.
    if (db.readonly || !db.inTransaction) intents.set(number, read)
    return read
  }

  const attempt = (row: Row): OpenAttempt => ({
    attempt: {
      id: numberOf(row.number) as AttemptId,
      intent: intent(row.intent as bigint),
      tag: row.tag,
      quantity: row.quantity,
      others: row.others,
      at: numberOf(row.at),
    } as unknown as RecordedAttempt,
    state: stateOf(row),
    number: numberOf(row.ordinal),
  })
  const sent = (row: Row): Sent => ({ open: attempt(row), recordedIn: row.journal as bigint })
  const attemptsOfIntent = (intent: bigint): readonly OpenAttempt[] =>
    (sql.attemptsOfIntent.all(intent) as Row[]).map(attempt)

  return {
    intent,
    intentsOfDecision: (decision) => (sql.intentsOfDecision.all(decision) as Row[]).map(keep),
    intentsOfSignal: (signal, follower) =>
      (sql.intentsOfSignal.all({ signal, follower }) as Row[]).map(keep),
    liveOfLane: (lane) =>
      (sql.liveOfLane.all(lane) as Row[]).map((row) => ({
        intent: intent(row.intent as bigint),
        attempts: attemptsOfIntent(row.intent as bigint),
        filled: row.filled as Quantity,
        allowance: row.allowance as Quantity,
      })),
    unsent: (account) => (sql.unsent.all({ account }) as Row[]).map(keep),
    stateOf(attempt) {
      const row = sql.state.get(attempt) as Row | undefined
      assert(row, `there is no attempt ${attempt}`)
      return stateOf(row)
    },
    attemptsOfIntent,
    attemptsOfSignal: (signal) => (sql.attemptsOfSignal.all(signal) as Row[]).map(attempt),
    openAttempts: (account) => (sql.openAttempts.all({ account }) as Row[]).map(attempt),
    sent(number) {
      const row = sql.attempt.get(number) as Row | undefined
      return row ? sent(row) : null
    },
    sentBetween: (account, from, to) =>
      (sql.attemptsBetween.all(account, from, to) as Row[]).map(sent),
    attemptByTag(tag) {
      const row = sql.attemptByTag.get(tag) as Row | undefined
      return row ? attempt(row) : null
    },
  }
}

export const laneOf = (row: Row): Lane =>
  ({
    follower: row.follower,
    mode: row.mode,
    instrument: row.instrument,
    product: row.product,
  }) as Lane

/** What was just added, in the transaction that added it. */
export const asRecorded = (intent: Intent, number: bigint, signal: bigint | null): RecordedIntent =>
  ({
    ...intent,
    id: numberOf(number) as IntentId,
    signalId: signal === null ? null : (numberOf(signal) as SignalId),
  }) as RecordedIntent

export const asAttempt = (send: Send, number: bigint, at: Instant): RecordedAttempt =>
  ({ ...send, id: numberOf(number) as AttemptId, at }) as unknown as RecordedAttempt

const intentOf = (row: Row): RecordedIntent =>
  ({
    id: numberOf(row.number) as IntentId,
    signalId: row.signal === null ? null : (numberOf(row.signal) as SignalId),
    lane: laneOf(row),
    role: row.role,
    signal: row.signal_key,
    side: row.side,
    quantity: row.quantity,
    lot: row.lot,
    pricing: pricingOf(row),
    slice: numberOf(row.slice),
    slices: numberOf(row.slices),
    tag: row.tag,
  }) as unknown as RecordedIntent

const INTENT = `
  SELECT intent.*, lane.follower, lane.mode, lane.instrument, lane.product, signal.key AS signal_key`
const FROM_INTENT = `
  FROM intent
    JOIN lane ON lane.number = intent.lane
    LEFT JOIN signal ON signal.number = intent.signal`
const ATTEMPT = `
  SELECT attempt.*, attempt_state.kind, attempt_state.cause, attempt_state.text,
    attempt_state.evidence, attempt_state.order_id, attempt_state.unique_order_id,
    attempt_state.filled, attempt_state.average_price, attempt_state.ending
  FROM attempt JOIN attempt_state ON attempt_state.attempt = attempt.number`

// The inner selections repeat the condition of a partial index word for word: only then is it used, and
// what is alive is found without reading what is finished.
function prepare(db: Store['db']) {
  return {
    intent: db.prepare(`${INTENT} ${FROM_INTENT} WHERE intent.number = ?`),
    intentsOfDecision: db.prepare(
      `${INTENT} ${FROM_INTENT} WHERE intent.decision = ? ORDER BY intent.number`,
    ),
    intentsOfSignal: db.prepare(
      `${INTENT} ${FROM_INTENT}
       WHERE intent.number IN (
           -- Of all followers' together there may be hundreds: only those that are asked for are looked at.
           SELECT own.number FROM decision
             JOIN intent AS own ON own.signal = decision.signal AND own.lane = decision.lane
           WHERE decision.signal = @signal
             AND (@follower IS NULL OR decision.follower = @follower)
           UNION ALL
           -- What the first flatten after this entry closed, by whatever signal that is told; not of
           -- entries that an exit of the whole position had closed before.
           SELECT closing.number
           FROM decision
             JOIN adjustment ON adjustment.lane = decision.lane AND adjustment.kind = 'flattened'
               AND adjustment.journal > decision.journal
             JOIN intent AS closing ON closing.lane = decision.lane AND closing.role = 'flatten'
               AND closing.journal > adjustment.journal
           WHERE decision.signal = @signal
             AND (@follower IS NULL OR decision.follower = @follower)
             AND decision.kind = 'entry'
             AND NOT EXISTS (
               SELECT 1 FROM adjustment AS other
               WHERE other.lane = decision.lane AND other.kind = 'flattened'
                 AND other.journal > decision.journal AND other.journal < closing.journal
                 AND other.journal <> adjustment.journal)
             AND NOT EXISTS (
               SELECT 1 FROM decision AS leaving
                 JOIN intent AS exiting ON exiting.signal = leaving.signal AND exiting.lane = leaving.lane
                   AND exiting.role = 'exit'
                 JOIN intent_state ON intent_state.intent = exiting.number
                   AND intent_state.filled >= exiting.quantity
               WHERE leaving.lane = decision.lane AND leaving.kind <> 'skip'
                 AND leaving.kind = 'exit' AND leaving.copied_after = 0
                 AND leaving.number > decision.number AND leaving.journal < adjustment.journal))
       ORDER BY intent.number`,
    ),
    liveOfLane: db.prepare(`
      SELECT intent, filled, allowance FROM intent_state
      WHERE lane = ? AND stage <> 'finished' ORDER BY closes, intent`),
    unsent: db.prepare(`
      ${INTENT} ${FROM_INTENT}
      WHERE intent.number IN (
        SELECT intent FROM intent_state
        WHERE stage <> 'finished' AND stage = 'unsent'
          AND (@account IS NULL OR account = @account))
      ORDER BY intent.number`),
    state: db.prepare('SELECT * FROM attempt_state WHERE attempt = ?'),
    attempt: db.prepare(`${ATTEMPT} WHERE attempt.number = ?`),
    attemptsOfIntent: db.prepare(`${ATTEMPT} WHERE attempt.intent = ? ORDER BY attempt.ordinal`),
    attemptsOfSignal: db.prepare(
      `${ATTEMPT} WHERE attempt.intent IN (SELECT number FROM intent WHERE signal = ?)
        ORDER BY attempt.intent, attempt.ordinal`,
    ),
    openAttempts: db.prepare(`
      ${ATTEMPT}
      WHERE attempt.number IN (
        SELECT attempt FROM attempt_state
        WHERE kind IN ('sending', 'unknown', 'working')
          AND (@account IS NULL OR account = @account))
      ORDER BY attempt.number`),
    attemptsBetween: db.prepare(`
      ${ATTEMPT}
      WHERE attempt.account = ? AND attempt.at >= ? AND attempt.at < ? ORDER BY attempt.number`),
    attemptByTag: db.prepare(`${ATTEMPT} WHERE attempt.tag = ?`),
  }
}
