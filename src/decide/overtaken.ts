// An entry that waits for the trader's yes, or for the end of a halt, can be overtaken: the master leaves
// before anybody has answered. The exit then finds nothing copied and is over; a yes after that would open
// a position whose exit has already been, and nobody would ever close it.
import { sideOf } from '../domain/order.ts'
import type { Signal } from '../domain/signal.ts'

type Moved = Pick<Signal, 'effect' | 'instrument' | 'product' | 'side' | 'quantity' | 'masterAfter'>

/**
 * Whether the master has left what `entry` opened, by `later`: it stands there no more, or has sold at
 * least as much again (what it sells counts against what is newest; it may have held more all along). The
 * question is answered with `masterFlat` when `later` is recorded, before `later` is decided. A smaller
 * part left is no such thing: what is copied after all is closed with the rest.
 */
export function isOvertaken(entry: Moved, later: Moved): boolean {
  if (entry.effect !== 'entry') return false
  if (entry.instrument !== later.instrument || entry.product !== later.product) return false
  const isAsMuch = later.effect === 'exit' && later.quantity >= entry.quantity
  return sideOf(later.masterAfter) !== entry.side || (isAsMuch && later.side !== entry.side)
}
