// Whether an order trades at a price, and for how much. Pure: the exchange applies what it says.
import type { Price, Quantity } from '../domain/numbers.ts'
import { smaller } from '../domain/numbers.ts'
import { remaining, type SimulatedOrder, takesAnyPrice } from './order.ts'

export interface Trade {
  readonly quantity: Quantity
  readonly price: Price
}

/**
 * An order that crossed the market when it came trades at the market's price; one that rested has the
 * price come to it, and trades at its own. `liquidity` bounds what one order gets at a time.
 */
export function matchable(
  order: SimulatedOrder,
  last: Price,
  liquidity: Quantity | null,
): Trade | null {
  if (order.state !== 'open' || !crosses(order, last)) return null
  const left = remaining(order)
  const quantity = liquidity === null ? left : smaller(left, liquidity)
  if (quantity <= 0n) return null
  return { quantity, price: order.isTaking ? last : order.price }
}

export function crosses(order: SimulatedOrder, last: Price): boolean {
  if (takesAnyPrice(order.type) && order.price === 0n) return true
  return order.side === 'BUY' ? last <= order.price : last >= order.price
}

/** Whether a stop's trigger has been met. */
export const isDue = (order: SimulatedOrder, last: Price): boolean =>
  order.side === 'BUY' ? last >= order.trigger : last <= order.trigger
