// One copy, cut into orders that the exchange takes: whole lots, none above the freeze quantity.
import { NO_QUANTITY, type Quantity, roundTo, smaller, subtract } from '../domain/numbers.ts'

/**
 * Full slices first, the rest last: 5,850 in lots of 65 under a freeze of 1,800 is 1755 1755 1755 585.
 * Equal slices would take as many orders and tell everybody in the market what stands behind them.
 *
 * What is no whole lot (a holding from before a change of the lot size) stays in the last slice. A freeze
 * below one lot cannot be: then the table is out of date, and one lot is the least that can be sent.
 */
export function slice(
  quantity: Quantity,
  lot: Quantity,
  freeze: Quantity | null,
): readonly Quantity[] {
  if (quantity <= 0n) return []
  if (freeze === null || quantity <= freeze) return [quantity]

  const most = roundTo(freeze, lot, 'down')
  const full = most > 0n ? most : lot
  const odd = (quantity % lot) as Quantity
  const slices: Quantity[] = []
  for (
    let left = subtract(quantity, odd);
    left > 0n;
    left = subtract(left, slices.at(-1) as Quantity)
  )
    slices.push(smaller(full, left))
  return odd === 0n ? slices : withOdd(slices, odd, lot, freeze)
}

// The odd part joins the last slice; where that would be too much, it takes one lot of it along.
function withOdd(
  slices: readonly Quantity[],
  odd: Quantity,
  lot: Quantity,
  freeze: Quantity,
): readonly Quantity[] {
  const last = slices.at(-1) ?? NO_QUANTITY
  const others = slices.slice(0, -1)
  const joined = (last + odd) as Quantity
  if (joined <= freeze) return [...others, joined]
  const taken = (lot + odd) as Quantity
  return taken <= freeze && last > lot ? [...others, subtract(last, lot), taken] : [...slices, odd]
}
