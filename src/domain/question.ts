// What a yes is about by now. While the trader is asked the master goes on, and each share that it sells is counted
// once. An exit that runs at once takes from what this follower was to copy, as always, then from the entries that
// wait, the newest first, then from whatever else the master holds. An exit that waits itself takes from what waits
// first. So a late yes comes to what an early one would have come to, and what is left of an order is its first
// part, from which sizes are made. Asked anew each time of what is written down: a restart has nothing to lose.
import type { SignalId } from './ids.ts'
import { larger, magnitude, NO_QUANTITY, type Quantity, smaller, subtract } from './numbers.ts'
import { type Product, type Side, sideOf, signed } from './order.ts'
import type { Effect, Obstacle } from './signal.ts'

/** A signal of the instrument and product of a question, and what this one follower did about it. */
export interface Told {
  readonly id: SignalId
  readonly effect: Effect
  readonly side: Side
  readonly product: Product
  readonly quantity: Quantity
  readonly masterAfter: Quantity
  readonly obstacle: Obstacle | null
  /** Lines of the journal, which is the order of truth. */
  readonly toldAt: number
  readonly isAsked: boolean
  /** null: still asked. */
  readonly decided: { readonly at: number; readonly covers: Quantity } | null
}

/** What a question is about by now, for one follower. */
export interface AskedNow {
  /** Of an entry: how much of it the master still has. Of an exit: what it leaves of what was copied. */
  readonly left: Quantity
  /** What the master holds by now, but for other exits that wait for a word of their own. */
  readonly masterAfter: Quantity
}

/**
 * `told`: every signal there, in their order, from the oldest on that asks, or asked when what asks now was told.
 */
export function askedNow(id: SignalId, told: readonly Told[]): AskedNow {
  const left = leftOfEach(told)
  const own = left.get(id)
  const last = told.at(-1)
  if (own === undefined || last === undefined)
    throw new RangeError(`signal #${id} is not among those that asked there`)
  const otherExits = told.filter(
    (each) => each.id !== id && each.effect === 'exit' && each.isAsked && each.decided === null,
  )
  const masterAfter = otherExits.reduce(
    (master, each) => subtract(master, signed(each.side, left.get(each.id) ?? NO_QUANTITY)),
    last.masterAfter,
  )
  return { left: own, masterAfter }
}

/** Of each that asks or asked. */
function leftOfEach(told: readonly Told[]): ReadonlyMap<SignalId, Quantity> {
  const left = new Map<SignalId, Quantity>()
  const entries: Told[] = []
  for (const each of told) {
    // What ends where it began takes nothing from anybody, nor does what is over anyhow.
    if (NOTHING_TAKEN.has(each.obstacle)) continue
    if (each.effect === 'exit') {
      const waiting = entries.filter((entry) => entry.side !== each.side && waitsAt(each, entry))
      const rest = sell(each, waiting.reverse(), left)
      if (each.isAsked) left.set(each.id, rest)
    } else if (each.isAsked) {
      entries.push(each)
      left.set(each.id, each.quantity)
    }
  }
  return left
}

/** Gives what nothing that waits took. */
function sell(exit: Told, newestFirst: readonly Told[], left: Map<SignalId, Quantity>): Quantity {
  let sold = exit.isAsked ? exit.quantity : soldUncopied(exit)
  for (const entry of newestFirst) {
    const had = left.get(entry.id) ?? NO_QUANTITY
    const taken = smaller(had, sold)
    left.set(entry.id, isGone(entry, exit) ? NO_QUANTITY : subtract(had, taken))
    sold = subtract(sold, taken)
  }
  return sold
}

/** A part of a position may leave all that was copied of it, where the rest of it was skipped. */
const soldUncopied = ({ quantity, decided }: Told): Quantity =>
  larger(subtract(quantity, magnitude(decided?.covers ?? NO_QUANTITY)), NO_QUANTITY)

const waitsAt = (exit: Told, { decided }: Told): boolean =>
  decided === null || decided.at > exit.toldAt

/** A master that holds nothing more there has left all of it. Of delivered shares a list may be late. */
const isGone = (entry: Told, { product, masterAfter }: Told): boolean =>
  product !== 'DELIVERY' && sideOf(masterAfter) !== entry.side

const NOTHING_TAKEN: ReadonlySet<Told['obstacle']> = new Set([
  'roundTrip',
  'nettedOverGap',
  'endedWithItsDay',
] as const)
