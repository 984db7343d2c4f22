// One attempt is one request to place one order, under one tag: at most one order at the broker.
//
//   sending ─┬─ accepted ──► working ──► done
//            ├─ rejected ──► rejected
//            ├─ lost ──────► unknown ─┬─ found ──► working | done
//            │                        └─ proven absent ──► notSent
//            └─ not taken ─► notSent
//
// An order that shows up in a reading settles every doubt, wherever the attempt stood: also `rejected`
// and `notSent` become `working` or `done` then, and that is marked as turned up after all.
import { assertNever } from './assert.ts'
import type { OrderId, UniqueOrderId } from './ids.ts'
import { NO_QUANTITY, type Price, type Quantity } from './numbers.ts'
import { isFinal, type OrderReport } from './order.ts'
import type { LikelyRefusal, NotSentCause, Outcome, RejectionCause } from './outcome.ts'

interface AtBroker {
  readonly orderId: OrderId
  readonly uniqueOrderId: UniqueOrderId | null
  readonly filled: Quantity
  readonly averagePrice: Price | null
}

/** How an order ended: a part may have filled before it was cancelled or rejected. */
export type End = 'filled' | 'partlyFilled' | 'cancelled' | 'rejected'

export type AttemptState =
  | { readonly kind: 'sending' }
  | { readonly kind: 'unknown'; readonly likely: LikelyRefusal | null; readonly evidence: string }
  | { readonly kind: 'notSent'; readonly cause: NotSentCause; readonly evidence: string }
  | { readonly kind: 'rejected'; readonly cause: RejectionCause; readonly text: string }
  | ({ readonly kind: 'working' } & AtBroker)
  | ({ readonly kind: 'done'; readonly end: End; readonly text: string } & AtBroker)
  /** Its day is over and nobody ever said what became of it: the trader was told, the position shows. */
  | { readonly kind: 'lapsed'; readonly evidence: string }

/** An order that the broker has, or had. */
type Known = Extract<AttemptState, AtBroker>

export type AttemptEvent =
  | { readonly kind: 'answered'; readonly outcome: Outcome }
  | { readonly kind: 'reported'; readonly report: OrderReport }
  | { readonly kind: 'absenceProven'; readonly evidence: string }
  /** Orders last for the day: what still rested is no more, and the book of that day is gone. */
  | { readonly kind: 'dayEnded'; readonly evidence: string }

export type AttemptKind = AttemptState['kind']

export interface Transition {
  readonly state: AttemptState
  /**
   * `changed`: write it down. `same`: nothing new. `turnedUp`: an order that was thought not to exist
   * does. `impossible`: contradicts what is known; the state stays and an alarm says so.
   */
  readonly verdict: 'changed' | 'same' | 'turnedUp' | 'impossible'
}

export const SENDING: AttemptState = { kind: 'sending' }

/** Total: every state meets every event. */
export function transition(state: AttemptState, event: AttemptEvent): Transition {
  switch (event.kind) {
    case 'answered':
      return answer(state, event.outcome)
    case 'reported':
      return report(state, event.report)
    case 'absenceProven':
      return absence(state, event.evidence)
    case 'dayEnded':
      return dayEnd(state, event.evidence)
    default:
      return assertNever(event)
  }
}

/** Whether nothing more can happen to it, as far as anybody knows. */
export const isSettled = (state: AttemptState): boolean =>
  state.kind === 'done' ||
  state.kind === 'rejected' ||
  state.kind === 'notSent' ||
  state.kind === 'lapsed'

export const filledOf = (state: AttemptState): Quantity =>
  state.kind === 'working' || state.kind === 'done' ? state.filled : NO_QUANTITY

function answer(state: AttemptState, outcome: Outcome): Transition {
  switch (state.kind) {
    case 'sending':
      return { state: fromOutcome(outcome), verdict: 'changed' }
    case 'unknown': {
      // The answer came after the deadline at which we called it unknown: it is still the answer.
      const isNews = outcome.kind !== 'unknown' || (!state.likely && outcome.likely !== null)
      return isNews
        ? { state: fromOutcome(outcome), verdict: 'changed' }
        : { state, verdict: 'same' }
    }
    case 'notSent':
    case 'lapsed':
    case 'rejected':
      // Whatever else is said by now, both ways no order is there.
      return outcome.kind === 'accepted'
        ? { state: fromOutcome(outcome), verdict: 'turnedUp' }
        : { state, verdict: 'same' }
    case 'working':
    case 'done':
      return answerToKnown(state, outcome)
    default:
      return assertNever(state)
  }
}

// The stream or the book was faster than the reply.
function answerToKnown(state: Known, outcome: Outcome): Transition {
  switch (outcome.kind) {
    case 'accepted': {
      // The stream doesn't say the lasting name, the reply does.
      const uniqueOrderId = state.uniqueOrderId ?? outcome.uniqueOrderId
      const isSameOrder =
        outcome.orderId === state.orderId ||
        (uniqueOrderId !== null && uniqueOrderId === outcome.uniqueOrderId)
      if (!isSameOrder) return { state, verdict: 'impossible' }
      return uniqueOrderId === state.uniqueOrderId
        ? { state, verdict: 'same' }
        : { state: { ...state, uniqueOrderId }, verdict: 'changed' }
    }
    case 'rejected': {
      const agrees = state.kind === 'done' && state.filled === NO_QUANTITY
      return { state, verdict: agrees ? 'same' : 'impossible' }
    }
    case 'notSent':
      return { state, verdict: 'impossible' }
    case 'unknown':
      return { state, verdict: 'same' }
    default:
      return assertNever(outcome)
  }
}

function report(state: AttemptState, seen: OrderReport): Transition {
  switch (state.kind) {
    case 'sending':
    case 'unknown':
      return { state: fromReport(null, seen), verdict: 'changed' }
    case 'notSent':
    case 'lapsed':
      return { state: fromReport(null, seen), verdict: 'turnedUp' }
    case 'rejected': {
      const next = fromReport(null, seen)
      const agrees = next.kind === 'done' && next.filled === NO_QUANTITY
      return agrees ? { state, verdict: 'same' } : { state: next, verdict: 'turnedUp' }
    }
    case 'working':
      return judged(state, fromReport(state, seen), 'changed')
    case 'done':
      // An old page may still show it open. More filled than at the end we were told of is money, so it
      // counts, with an alarm.
      return seen.filled > state.filled
        ? { state: fromReport(state, seen), verdict: 'turnedUp' }
        : judged(state, { ...state, ...known(state, seen), orderId: state.orderId }, 'changed')
    default:
      return assertNever(state)
  }
}

function judged(state: Known, next: AttemptState, verdict: 'changed'): Transition {
  return isEqual(state, next) ? { state, verdict: 'same' } : { state: next, verdict }
}

function absence(state: AttemptState, evidence: string): Transition {
  switch (state.kind) {
    case 'sending':
    case 'unknown':
      return { state: { kind: 'notSent', cause: 'provenAbsent', evidence }, verdict: 'changed' }
    case 'notSent':
    case 'rejected':
    case 'lapsed':
      return { state, verdict: 'same' }
    case 'working':
    case 'done':
      return { state, verdict: 'impossible' }
    default:
      return assertNever(state)
  }
}

function dayEnd(state: AttemptState, evidence: string): Transition {
  switch (state.kind) {
    case 'sending':
    case 'unknown':
      return { state: { kind: 'lapsed', evidence }, verdict: 'changed' }
    case 'working': {
      const end: End = state.filled > NO_QUANTITY ? 'partlyFilled' : 'cancelled'
      return { state: { ...state, kind: 'done', end, text: evidence }, verdict: 'changed' }
    }
    case 'notSent':
    case 'rejected':
    case 'done':
    case 'lapsed':
      return { state, verdict: 'same' }
    default:
      return assertNever(state)
  }
}

function fromOutcome(outcome: Outcome): AttemptState {
  switch (outcome.kind) {
    case 'accepted':
      return {
        kind: 'working',
        orderId: outcome.orderId,
        uniqueOrderId: outcome.uniqueOrderId,
        filled: NO_QUANTITY,
        averagePrice: null,
      }
    case 'rejected':
      return { kind: 'rejected', cause: outcome.cause, text: outcome.text }
    case 'unknown':
      return { kind: 'unknown', likely: outcome.likely, evidence: outcome.evidence }
    case 'notSent':
      return { kind: 'notSent', cause: outcome.cause, evidence: outcome.evidence }
    default:
      return assertNever(outcome)
  }
}

function fromReport(before: Known | null, seen: OrderReport): AttemptState {
  const order = known(before, seen)
  if (!isOver(seen)) return { kind: 'working', ...order }
  return { kind: 'done', end: endOf(order.filled, seen), text: seen.text, ...order }
}

// `complete` says wholly filled. A row that says so and shows less is a row in the making: looked at
// again, since an end with too few fills would be believed for ever.
const isOver = (seen: OrderReport): boolean =>
  isFinal(seen.status) && (seen.status !== 'complete' || seen.filled >= seen.quantity)

// Fills never fall: an old frame, or an end that shows fewer than were seen, takes none back. A name or
// a price that one source doesn't say is kept from the other.
function known(before: Known | null, seen: OrderReport): AtBroker {
  const { orderId, filled, averagePrice } = seen
  const uniqueOrderId = before?.uniqueOrderId ?? seen.uniqueOrderId
  if (before === null || filled > before.filled)
    return { orderId, uniqueOrderId, filled, averagePrice }
  const isOlder = filled < before.filled
  return {
    orderId: isOlder ? before.orderId : orderId,
    uniqueOrderId,
    filled: before.filled,
    averagePrice: isOlder ? before.averagePrice : (before.averagePrice ?? averagePrice),
  }
}

function endOf(filled: Quantity, seen: OrderReport): End {
  if (filled === NO_QUANTITY) return seen.status === 'rejected' ? 'rejected' : 'cancelled'
  return filled < seen.quantity ? 'partlyFilled' : 'filled'
}

function isEqual(state: Known, next: AttemptState): boolean {
  return (
    next.kind === state.kind &&
    next.orderId === state.orderId &&
    next.uniqueOrderId === state.uniqueOrderId &&
    next.filled === state.filled &&
    next.averagePrice === state.averagePrice
  )
}
