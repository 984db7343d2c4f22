// What one quote does to one order. Pure. An order that crosses the market when it comes trades at the
// last price; one that rested has the price come to it, and trades at its own limit. So nobody gets a
// better price here than the market had, and never a worse one than the limit.
import { assertNever } from '../../domain/assert.ts'
import { type Price, type Quantity, smaller } from '../../domain/numbers.ts'
import type { Pricing } from '../../domain/order.ts'
import type { Quote } from '../../ports.ts'
import { type PaperOrder, remaining } from './book.ts'
import type { Move } from './entry.ts'

export interface Market {
  readonly quote: Quote
  /** What one quote can fill of one order; null is all, since a last price says nothing of depth. */
  readonly depth: Quantity | null
}

/** `refusal` is what risk management says of an order that comes new; null lets it through. */
export function match(
  order: PaperOrder,
  market: Market,
  refusal: () => string | null,
): readonly Move[] {
  switch (order.phase) {
    case 'arriving': {
      const text = refusal()
      if (text !== null) return [{ kind: 'rejected', text }]
      return triggerOf(order) === null ? take(order, market) : [{ kind: 'armed' }]
    }
    case 'waiting':
      return isDue(order, market.quote.last) ? [{ kind: 'triggered' }, ...take(order, market)] : []
    case 'changed':
      return take(order, market)
    case 'resting':
      return trade(order, market, limitOf(order.pricing) ?? market.quote.last)
    case 'complete':
    case 'cancelled':
    case 'rejected':
      return []
    default:
      return assertNever(order.phase)
  }
}

/** null where it waits for none, or not any more. */
export const triggerOf = ({ pricing, isTriggered }: PaperOrder): Price | null =>
  !isTriggered && 'trigger' in pricing ? pricing.trigger : null

/** Whether a stop's trigger has been met. */
export function isDue(order: PaperOrder, last: Price): boolean {
  const trigger = triggerOf(order)
  if (trigger === null) return false
  return order.side === 'BUY' ? last >= trigger : last <= trigger
}

/** What is left of it rests. */
function take(order: PaperOrder, market: Market): readonly Move[] {
  const moves = trade(order, market, market.quote.last)
  const isWhole = moves.some((move) => move.kind === 'filled' && move.quantity === remaining(order))
  return isWhole ? moves : [...moves, { kind: 'rested' }]
}

function trade(order: PaperOrder, { quote, depth }: Market, price: Price): readonly Move[] {
  if (!crosses(order, quote.last)) return []
  const quantity = depth === null ? remaining(order) : smaller(remaining(order), depth)
  return quantity > 0n ? [{ kind: 'filled', quantity, price }] : []
}

function crosses({ side, pricing }: PaperOrder, last: Price): boolean {
  const limit = limitOf(pricing)
  if (limit === null) return true
  return side === 'BUY' ? last <= limit : last >= limit
}

const limitOf = (pricing: Pricing): Price | null => ('price' in pricing ? pricing.price : null)
