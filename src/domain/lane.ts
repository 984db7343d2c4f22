// A lane is what one follower does in one instrument and product. Its three numbers decide every exit,
// and the functions here are the only ways in which they move: the ledger's derived state, its rebuild
// from the facts and the simulations all go through them.
import type { AccountName, InstrumentId, IntentId } from './ids.ts'
import { add, larger, NO_QUANTITY, type Quantity, smaller, subtract } from './numbers.ts'
import { type Product, type Side, signed } from './order.ts'
import { minus, NOTHING, plus, type Ratio, roundRatioTo, whole } from './ratio.ts'
import type { SignalKey } from './signal.ts'

/** Paper and live facts never meet: a paper holding is never sold for real. */
export type Mode = 'live' | 'paper'

export interface Lane {
  readonly follower: AccountName
  readonly mode: Mode
  readonly instrument: InstrumentId
  readonly product: Product
}

/** All three carry the sign of the position: above nothing is long. */
export interface LanePosition {
  /** The part of the master's position that this follower was to copy. */
  readonly copied: Quantity
  /** What the follower holds because Lockstep traded it. Its own trades are never counted. */
  readonly held: Quantity
  /** What it should hold, exactly: grown by the fills of entries, multiplied by each exit's share. */
  readonly entitlement: Ratio
}

/** An entry of the lane that can still fill: unsent, on its way, unknown or resting. */
export interface LiveEntry {
  readonly intent: IntentId
  readonly filled: Quantity
  /** Magnitude: what it may fill in all. Its quantity, until an exit cut it down. */
  readonly allowance: Quantity
}

/**
 * Why an order of ours exists. Only an `entry` opens; all others close what is held: an `exit` follows
 * the master, a `lateFill` closes an entry that filled after the master had left, an `overshoot` closes
 * a first attempt that turned up after its second, `flatten` is the trader's word.
 */
export type Role = 'entry' | 'exit' | 'lateFill' | 'overshoot' | 'flatten'

/** What has made a lane hold more than it should, since the last exit there. */
export interface ClosingCauses {
  /** The last signal that was copied there. */
  readonly last: SignalKey | null
  readonly exit: SignalKey | null
  /** After the last signal. */
  readonly isFlattened: boolean
  /** What entries filled after that exit beyond what it left them, and no order has closed as such. */
  readonly late: Quantity
  /** What two attempts of one entry filled beyond its quantity, and no order has closed as such. */
  readonly overshoot: Quantity
  /** The entry of it. */
  readonly overshot: SignalKey | null
}

/** How far an order of ours has filled, before and now. */
export interface FillStep {
  readonly role: Role
  readonly side: Side
  readonly before: Quantity
  readonly filled: Quantity
  /** Only entries have one that matters. */
  readonly allowance: Quantity
}

declare const brand: unique symbol
export type LaneKey = string & { readonly [brand]: 'LaneKey' }

export const FLAT: LanePosition = { copied: NO_QUANTITY, held: NO_QUANTITY, entitlement: NOTHING }

export const laneKey = (lane: Lane): LaneKey =>
  `${lane.follower}|${lane.mode}|${lane.instrument}|${lane.product}` as LaneKey

/** A decision moves the copied position; an exit also says what should be held from here on. */
export function afterDecision(
  lane: LanePosition,
  covers: Quantity,
  entitlement: Ratio | null,
): LanePosition {
  return {
    copied: add(lane.copied, covers),
    held: lane.held,
    entitlement: entitlement ?? lane.entitlement,
  }
}

/** A fill moves what is held; an entry's also the entitlement, as far as its allowance goes. */
export function afterFill(lane: LanePosition, step: FillStep): LanePosition {
  const grown = subtract(step.filled, step.before)
  const entitled =
    step.role === 'entry'
      ? subtract(smaller(step.filled, step.allowance), smaller(step.before, step.allowance))
      : NO_QUANTITY
  return {
    copied: lane.copied,
    held: add(lane.held, signed(step.side, grown)),
    entitlement: plus(lane.entitlement, whole(signed(step.side, entitled))),
  }
}

/**
 * The entitlement in whole lots, ties to less; nothing when the master's copied position is nothing. What is
 * held may be no whole lot (the exchange changed the lot): then it is what whole lots can leave of it.
 */
export function wantedOf({ copied, held, entitlement }: LanePosition, lot: Quantity): Quantity {
  if (copied === 0n || entitlement.over === 0n) return NO_QUANTITY
  const odd = (held % lot) as Quantity
  return add(roundRatioTo(minus(entitlement, whole(odd)), lot, 'nearest'), odd)
}

/** What is held beyond the entitlement, signed as the position: an exit that is due. */
export function excessOf(lane: LanePosition, lot: Quantity): Quantity {
  const wanted = wantedOf(lane, lot)
  if (lane.held > 0n) return larger(subtract(lane.held, larger(wanted, NO_QUANTITY)), NO_QUANTITY)
  if (lane.held < 0n) return smaller(subtract(lane.held, smaller(wanted, NO_QUANTITY)), NO_QUANTITY)
  return NO_QUANTITY
}

/** Whether less is shown than is held, in the direction of what is held: the rest is somebody else's. */
export const isShortOf = (held: Quantity, shown: Quantity): boolean =>
  held > 0n ? shown < held : held < 0n && shown > held
