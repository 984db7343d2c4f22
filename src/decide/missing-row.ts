// A list of positions that comes back empty, or without a row, looks like a position that was sold. What the
// broker closes keeps its row for the day, with nothing in it; so a row that is missing says nothing, unless
// the book shows who closed it. Without that an exit would be forgotten for a glitch.
import { magnitude, type Quantity, subtract } from '../domain/numbers.ts'
import { type Product, sideOf } from '../domain/order.ts'

export interface Listed {
  readonly product: Product
  readonly held: Quantity
  /** Positions and, of what is delivered, holdings together. */
  readonly shown: Quantity
  readonly isInPositions: boolean
  readonly isInHoldings: boolean
  /** By orders of ours, of today. */
  readonly filledToday: Quantity
  /** Whether the book shows an order of somebody else's that closed here today. */
  readonly closedByOthers: boolean
}

/** Whether less is shown than is held for want of a row that would have to be there. */
export function isRowMissing(listed: Listed): boolean {
  const { held, shown, product } = listed
  const side = sideOf(held)
  if (side === null || listed.closedByOthers) return false
  if (sideOf(shown) === side && magnitude(shown) >= magnitude(held)) return false
  if (product !== 'DELIVERY') return !listed.isInPositions
  const { filledToday } = listed
  // What was delivered stands in the holdings, what is traded today in the positions.
  const isCarried = subtract(held, filledToday) !== 0n
  return (isCarried && !listed.isInHoldings) || (filledToday !== 0n && !listed.isInPositions)
}
