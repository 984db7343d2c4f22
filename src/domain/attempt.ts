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

export type AttemptEvent =
  | { readonly kind: 'answered'; readonly outcome: Outcome }
  | { readonly kind: 'reported'; readonly report: OrderReport }
  | { readonly kind: 'absenceProven'; readonly evidence: string }

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
    default:
      return assertNever(event)
  }
}

/** Whether nothing more can happen to it, as far as anybody knows. */
export const isSettled = (state: AttemptState): boolean =>
  state.kind === 'done' || state.kind === 'rejected' || state.kind === 'notSent'

export const filledOf = (state: AttemptState): Quantity =>
  state.kind === 'working' || state.kind === 'done' ? state.filled : NO_QUANTITY

function answer(state: AttemptState, outcome: Outcome): Transition {
  switch (state.kind) {
    case 'sending':
      return { state: fromOutcome(outcome), verdict: 'changed' }
    case 'unknown':
      // The answer came after the deadline at which we called it unknown: it is still the answer.
      return outcome.kind === 'unknown'
        ? { state, verdict: 'same' }
        : { state: fromOutcome(outcome), verdict: 'changed' }
    case 'notSent':
    case 'rejected':
      return outcome.kind === 'accepted'
        ? { state: fromOutcome(outcome), verdict: 'turnedUp' }
        : { state, verdict: outcome.kind === 'unknown' ? 'same' : 'impossible' }
    case 'working':
    case 'done':
      // The stream or the book was faster than the reply.
      if (outcome.kind === 'accepted')
        return { state, verdict: outcome.orderId === state.orderId ? 'same' : 'impossible' }
      return { state, verdict: outcome.kind === 'unknown' ? 'same' : 'impossible' }
    default:
      return assertNever(state)
  }
}

function report(state: AttemptState, seen: OrderReport): Transition {
  const next = fromReport(state, seen)
  switch (state.kind) {
    case 'sending':
    case 'unknown':
      return { state: next, verdict: 'changed' }
    case 'notSent':
    case 'rejected':
      return state.kind === 'rejected' && next.kind === 'done' && next.filled === 0n
        ? { state, verdict: 'same' }
        : { state: next, verdict: 'turnedUp' }
    case 'working':
      // A stale book or an old frame shows less than we know: fills never fall.
      if (seen.filled < state.filled) return { state, verdict: 'same' }
      return next.kind === 'working' &&
        next.filled === state.filled &&
        next.uniqueOrderId === state.uniqueOrderId &&
        next.orderId === state.orderId
        ? { state, verdict: 'same' }
        : { state: next, verdict: 'changed' }
    case 'done':
      // More filled than at the end we were told of: fills are money, so they count, with an alarm.
      if (seen.filled <= state.filled) return { state, verdict: 'same' }
      return { state: next, verdict: 'turnedUp' }
    default:
      return assertNever(state)
  }
}

function absence(state: AttemptState, evidence: string): Transition {
  switch (state.kind) {
    case 'sending':
    case 'unknown':
      return { state: { kind: 'notSent', cause: 'provenAbsent', evidence }, verdict: 'changed' }
    case 'notSent':
      return { state, verdict: 'same' }
    case 'rejected':
    case 'working':
    case 'done':
      return { state, verdict: 'impossible' }
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

function fromReport(state: AttemptState, seen: OrderReport): AttemptState {
  const known = state.kind === 'working' || state.kind === 'done' ? state : null
  const order: AtBroker = {
    orderId: seen.orderId,
    uniqueOrderId: seen.uniqueOrderId ?? known?.uniqueOrderId ?? null,
    filled: seen.filled,
    averagePrice: seen.averagePrice,
  }
  if (!isFinal(seen.status)) return { kind: 'working', ...order }
  return { kind: 'done', end: endOf(seen), text: seen.text, ...order }
}

function endOf(seen: OrderReport): End {
  if (seen.filled > 0n && seen.filled < seen.quantity) return 'partlyFilled'
  if (seen.filled > 0n) return 'filled'
  return seen.status === 'rejected' ? 'rejected' : 'cancelled'
}
