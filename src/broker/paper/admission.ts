// What a paper account refuses, and when, as the real broker does: `refuse` at once, in the answer, and
// the order is in no book; `reject` after it was accepted, as risk management and the exchange do.
import { freezeOf } from '../../domain/freeze.ts'
import type { Instrument } from '../../domain/instrument.ts'
import { formatDecimal, type Quantity } from '../../domain/numbers.ts'
import type { Pricing, Product } from '../../domain/order.ts'
import type { TradingDay } from '../../domain/time.ts'
import type { Quote } from '../../ports.ts'
import type { PaperOrder } from './book.ts'
import { isDue } from './match.ts'

/** The longest text that an order can carry. */
const LONGEST_TAG = 19

export interface Terms {
  readonly instrument: Instrument
  readonly product: Product
  readonly pricing: Pricing
  readonly quantity: Quantity
  readonly tag: string
}

/** The words of the refusal; null takes the order. */
export function refuse(terms: Terms, day: TradingDay): string | null {
  const { instrument, product, pricing, quantity, tag } = terms
  const { lotSize, tick, expiry } = instrument
  if (tag.length > LONGEST_TAG) return `ordertag is longer than ${LONGEST_TAG}`
  if (product === 'UNKNOWN') return 'unknown product'
  if (instrument.kind === 'index') return 'an index is not traded'
  if (expiry !== null && expiry < day) return `expired on ${expiry}`
  if (quantity <= 0n) return 'quantity is not above zero'
  if (quantity % lotSize !== 0n)
    return `quantity is no multiple of the lot size ${formatDecimal(lotSize)}`
  for (const price of pricesOf(pricing)) {
    if (price <= 0n) return 'price is not above zero'
    if (price % tick !== 0n) return `price is no multiple of the tick ${formatDecimal(tick, 2)}`
  }
  return null
}

export interface Risk {
  readonly freeze: ReadonlyMap<string, Quantity>
  /** What is left to deliver with this order and all others on sale taken off. */
  readonly deliverable: Quantity
  /** Position in the order's instrument and product, signed. */
  readonly position: Quantity
  /** The broker has begun to close what is intraday. */
  readonly isIntradayOver: boolean
}

export function reject(order: PaperOrder, quote: Quote, risk: Risk): string | null {
  const { instrument, product, side, quantity, pricing } = order
  const freeze = freezeOf(instrument, risk.freeze)
  if (freeze !== null && quantity > freeze)
    return `quantity exceeds the freeze quantity of ${formatDecimal(freeze)}`
  if (product === 'INTRADAY' && risk.isIntradayOver && opens(order, risk.position))
    return 'intraday orders are not allowed after the square-off time'
  const { circuit } = quote
  if (circuit && 'price' in pricing) {
    if (pricing.price > circuit.upper || pricing.price < circuit.lower)
      return `price is outside the circuit limits ${formatDecimal(circuit.lower, 2)} to ${formatDecimal(circuit.upper, 2)}`
  }
  if (isDue(order, quote.last)) return 'the trigger is behind the market already'
  if (product === 'DELIVERY' && side === 'SELL' && instrument.kind === 'cash')
    if (risk.deliverable < 0n) return 'not enough holdings to deliver'
  return null
}

function opens({ side, quantity }: PaperOrder, position: Quantity): boolean {
  const room = side === 'SELL' ? position : -(position as bigint)
  return quantity > (room > 0n ? room : 0n)
}

const pricesOf = (pricing: Pricing) => [
  ...('price' in pricing ? [pricing.price] : []),
  ...('trigger' in pricing ? [pricing.trigger] : []),
]
