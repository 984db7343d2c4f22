// One copy, cut into orders that the exchange takes: whole lots, none above the freeze quantity.
import { assert } from '../domain/assert.ts'
import { NO_QUANTITY, type Quantity, roundTo, smaller, subtract } from '../domain/numbers.ts'

/**
 * Full slices first, the rest last: 5,850 in lots of 65 under a freeze of 1,800 is 1755 1755 1755 585.
 * Equal slices would take as many orders and tell everybody in the market what stands behind them.
 * A freeze below one lot cannot be: then the table is out of date, and one lot is the least that can be sent.
 */
export function slice(
  quantity: Quantity,
  lot: Quantity,
  freeze: Quantity | null,
): readonly Quantity[] {
  assert(quantity % lot === 0n, `${quantity} is whole lots of ${lot}`)
  if (quantity <= 0n) return []
  if (freeze === null || quantity <= freeze) return [quantity]

  const most = roundTo(freeze, lot, 'down')
  const full = most > 0n ? most : lot
  const slices: Quantity[] = []
  for (let left = quantity; left > 0n; left = subtract(left, slices.at(-1) ?? NO_QUANTITY))
    slices.push(smaller(full, left))
  return slices
}
