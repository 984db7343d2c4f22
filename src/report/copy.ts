// What has become of one follower's copy of one signal, read off the ledger's facts. Console, session
// record and summary all judge by this one page, so that they can never tell different stories. Pure.
import type { AccountName } from '../domain/ids.ts'
import type { RecordedIntent } from '../domain/intent.ts'
import {
  add,
  divideRounded,
  larger,
  magnitude,
  NO_QUANTITY,
  type Price,
  type Quantity,
  sum,
} from '../domain/numbers.ts'
import type { Reason } from '../domain/reason.ts'
import type { Instant } from '../domain/time.ts'
import type { Why } from '../ports.ts'

type IntentFacts = Why['intents'][number]
type AttemptFacts = IntentFacts['attempts'][number]

/**
 * Where an intent stands, its attempts together. `notSent`: every attempt is known not to have been taken,
 * so it is sent again or denied. `lapsed`: its day ended before anybody said what became of it. From
 * `filled` on they are final.
 */
export type Standing =
  | 'unsent'
  | 'sending'
  | 'unknown'
  | 'notSent'
  | 'working'
  | 'filled'
  | 'partlyFilled'
  | 'cancelled'
  | 'rejected'
  | 'denied'
  | 'lapsed'

export interface Order {
  readonly intent: RecordedIntent
  readonly standing: Standing
  readonly filled: Quantity
  /** Of all its fills; null while a fill has no price. */
  readonly averagePrice: Price | null
  /** The broker had it at some moment, whatever came of it. */
  readonly wasAccepted: boolean
  readonly denied: Reason | null
  /** The broker's words, or what is known of a doubt. */
  readonly text: string
  readonly attempts: readonly Attempted[]
}

/** One attempt with the times of its steps; null: not come to that. */
export interface Attempted {
  readonly facts: AttemptFacts
  readonly recordedAt: Instant
  /** The broker's word on it, by reply or by its book. A timeout is no answer. */
  readonly answeredAt: Instant | null
  /** When its last fill was learned of. */
  readonly filledAt: Instant | null
}

export interface Copy {
  readonly follower: AccountName
  readonly decision: Why['decision']
  readonly decidedAt: Instant | null
  readonly orders: readonly Order[]
  readonly filled: Quantity
  readonly averagePrice: Price | null
  /** When the broker had the last of its orders. */
  readonly acceptedAt: Instant | null
}

export const isFinal = (standing: Standing): boolean =>
  standing === 'filled' ||
  standing === 'partlyFilled' ||
  standing === 'cancelled' ||
  standing === 'rejected' ||
  standing === 'denied' ||
  standing === 'lapsed'

/** Accepted, and not rejected afterwards. */
export const isPlaced = (standing: Standing): boolean =>
  standing === 'working' ||
  standing === 'filled' ||
  standing === 'partlyFilled' ||
  standing === 'cancelled'

/**
 * The ledger tells what a flatten closed with every entry before it. Here each order counts once, with its own
 * signal; and what the trader had closed is no answer to the master, so that it is in no sum.
 */
export function copyOf(why: Why): Copy {
  const orders = why.intents.filter(({ intent }) => intent.signalId === why.signal.id).map(orderOf)
  const answers = orders.filter(({ intent }) => intent.role !== 'flatten')
  const accepted = answers
    .filter(({ wasAccepted }) => wasAccepted)
    .flatMap(({ attempts }) => attempts.flatMap(({ answeredAt }) => answeredAt ?? []))
  return {
    follower: why.follower,
    decision: why.decision,
    decidedAt: why.decidedAt,
    orders,
    filled: sum(answers.map(({ filled }) => filled)),
    averagePrice: averageOf(answers),
    acceptedAt: accepted.length === 0 ? null : (Math.max(...accepted) as Instant),
  }
}

/** How much of the entry the master still had when the yes came; null: all of it, or nobody was asked. */
export const leftAtYes = (
  { quantity }: { readonly quantity: Quantity },
  decision: Copy['decision'],
): Quantity | null =>
  decision?.kind === 'entry' && magnitude(decision.covers) < quantity
    ? magnitude(decision.covers)
    : null

export function orderOf({ intent, denied, attempts }: IntentFacts): Order {
  const fills = attempts.flatMap(({ state }) =>
    'filled' in state ? [{ filled: state.filled, averagePrice: state.averagePrice }] : [],
  )
  const filled = sum(fills.map((fill) => fill.filled))
  return {
    intent,
    standing: standingOf(intent, attempts, filled, denied),
    filled,
    averagePrice: averageOf(fills),
    wasAccepted: fills.length > 0,
    denied,
    text: wordsOf(attempts),
    attempts: attempts.map(stepsOf),
  }
}

// What may still change comes first: one attempt that rests or is in doubt keeps the whole intent open.
function standingOf(
  intent: RecordedIntent,
  attempts: readonly AttemptFacts[],
  filled: Quantity,
  denied: Reason | null,
): Standing {
  const kinds = new Set(attempts.map(({ state }) => state.kind))
  if (kinds.has('sending')) return 'sending'
  if (kinds.has('unknown')) return 'unknown'
  if (kinds.has('working')) return 'working'
  if (filled > 0n) return filled < smallestAsked(intent, attempts) ? 'partlyFilled' : 'filled'
  const ends = attempts.flatMap(({ state }) => (state.kind === 'done' ? [state.end] : []))
  if (ends.some((end) => end !== 'rejected')) return 'cancelled'
  if (ends.length > 0 || kinds.has('rejected')) return 'rejected'
  if (kinds.has('lapsed')) return 'lapsed'
  if (denied !== null) return 'denied'
  return attempts.length === 0 ? 'unsent' : 'notSent'
}

/** An exit may ask for less than its intent: then less is all of it. */
const smallestAsked = (intent: RecordedIntent, attempts: readonly AttemptFacts[]): Quantity =>
  attempts
    .filter(({ state }) => 'filled' in state)
    .reduce((most, { attempt }) => larger(most, attempt.quantity), NO_QUANTITY) || intent.quantity

function wordsOf(attempts: readonly AttemptFacts[]): string {
  const state = attempts.at(-1)?.state
  if (state === undefined) return ''
  if ('text' in state) return state.text
  return 'evidence' in state ? state.evidence : ''
}

function stepsOf(facts: AttemptFacts): Attempted {
  const answer = facts.history.find(
    ({ event }) => event.kind === 'reported' || isWordOfBroker(event),
  )
  const { state } = facts
  const filled = 'filled' in state ? state.filled : NO_QUANTITY
  const fill = facts.history.find(
    ({ event }) => event.kind === 'reported' && filled > 0n && event.report.filled >= filled,
  )
  return {
    facts,
    recordedAt: facts.attempt.at,
    answeredAt: answer?.at ?? null,
    filledAt: fill?.at ?? null,
  }
}

const isWordOfBroker = (event: AttemptFacts['history'][number]['event']): boolean =>
  event.kind === 'answered' &&
  (event.outcome.kind === 'accepted' || event.outcome.kind === 'rejected')

function averageOf(
  fills: readonly { readonly filled: Quantity; readonly averagePrice: Price | null }[],
): Price | null {
  let filled = NO_QUANTITY
  let value = 0n
  for (const fill of fills) {
    if (fill.filled === 0n) continue
    if (fill.averagePrice === null) return null
    filled = add(filled, fill.filled)
    value += fill.averagePrice * fill.filled
  }
  return filled === 0n ? null : (divideRounded(value, filled, 'nearest') as Price)
}
