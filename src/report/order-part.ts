// One signal with what each follower did about it, as it stands in the session record and on the page: amounts
// as exact texts, instants IST. Made of the ledger's facts alone but for what no fact holds, which whoever was
// there hands in. Pure.
import type { AttemptId, SignalId } from '../domain/ids.ts'
import { formatDecimal, type Price } from '../domain/numbers.ts'
import type { RecordedSignal } from '../domain/signal.ts'
import { formatInstant, type Instant } from '../domain/time.ts'
import type { Why } from '../ports.ts'
import { type Attempted, copyOf, type Order } from './copy.ts'
import { cleanText } from './free-text.ts'
import type { AttemptPart, DecisionPart, IntentPart, OrderPart, ReasonPart } from './record.ts'
import { pricingFields, reasonFields } from './session-log.ts'

/** What no fact tells. */
export interface Known {
  readonly sentAt: (attempt: AttemptId) => Instant | null
  readonly toldFilledAt: (attempt: AttemptId) => Instant | null
  readonly tickOf: (signal: RecordedSignal) => Price | null
  /** Left open by an earlier session. */
  readonly isCarriedOver: (signal: SignalId) => boolean
}

/** null: there is no such signal. */
export function orderPart(whys: readonly Why[], known: Known): OrderPart | null {
  const signal = whys[0]?.signal
  if (signal === undefined) return null
  const tick = known.tickOf(signal)
  return {
    signal: signal.id,
    carriedOver: known.isCarriedOver(signal.id),
    effect: signal.effect,
    side: signal.side,
    quantity: formatDecimal(signal.quantity),
    exchange: signal.exchange,
    symbol: signal.symbol,
    product: signal.product,
    price: priceText(signal.price),
    tick: tick === null ? null : formatDecimal(tick),
    orderId: signal.orderId,
    source: signal.source,
    masterBefore: formatDecimal(signal.masterBefore),
    masterAfter: formatDecimal(signal.masterAfter),
    filledAt: formatInstant(signal.filledAt),
    seenAt: formatInstant(signal.seenAt),
    decisions: whys.map((why) => decisionPart(why, known)),
  }
}

export function decisionPart(why: Why, known: Known): DecisionPart {
  const { decision, filled, averagePrice, orders, decidedAt } = copyOf(why)
  return {
    follower: why.follower,
    mode: decision?.lane.mode ?? null,
    decision: decision?.kind ?? 'asked',
    quantity: decision?.kind === 'entry' ? formatDecimal(decision.quantity) : null,
    reason: decision?.kind === 'skip' ? reasonPart(decision.reason) : null,
    decidedAt: decidedAt === null ? null : formatInstant(decidedAt),
    filled: formatDecimal(filled),
    averagePrice: priceText(averagePrice),
    intents: orders.map((order) => intentPart(order, known)),
  }
}

export function intentPart(order: Order, known: Known): IntentPart {
  const { intent, standing, wasAccepted, filled, averagePrice, denied, text, attempts } = order
  return {
    intent: intent.id,
    follower: intent.lane.follower,
    mode: intent.lane.mode,
    instrument: intent.lane.instrument,
    product: intent.lane.product,
    role: intent.role,
    side: intent.side,
    quantity: formatDecimal(intent.quantity),
    slice: intent.slice,
    slices: intent.slices,
    pricing: pricingFields(intent.pricing),
    outcome: standing,
    wasAccepted,
    filled: formatDecimal(filled),
    averagePrice: priceText(averagePrice),
    text: cleanText(text),
    denied: denied === null ? null : reasonPart(denied),
    attempts: attempts.map((attempt) => attemptPart(attempt, known)),
  }
}

function attemptPart(
  { facts, recordedAt, answeredAt, filledAt }: Attempted,
  { sentAt, toldFilledAt }: Known,
): AttemptPart {
  const { attempt, state } = facts
  return {
    attempt: attempt.id,
    tag: attempt.tag,
    quantity: formatDecimal(attempt.quantity),
    orderId: 'orderId' in state ? state.orderId : null,
    state: state.kind,
    recordedAt: formatInstant(recordedAt),
    sentAt: timeText(sentAt(attempt.id)),
    answeredAt: timeText(answeredAt),
    filledAt: timeText(filledAt ?? toldFilledAt(attempt.id)),
  }
}

const reasonPart = (reason: Parameters<typeof reasonFields>[0]): ReasonPart => ({
  kind: reason.kind,
  text: String(reasonFields(reason).text),
})

const timeText = (at: Instant | null): string | null => (at === null ? null : formatInstant(at))

const priceText = (price: bigint | null): string | null =>
  price === null ? null : formatDecimal(price, 2)
