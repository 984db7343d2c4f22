// A lane is what one follower does in one instrument and product. Its three numbers decide every exit.
import type { AccountName, InstrumentId, IntentId } from './ids.ts'
import { NO_QUANTITY, type Quantity } from './numbers.ts'
import type { Product } from './order.ts'
import { NOTHING, type Ratio } from './ratio.ts'

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

declare const brand: unique symbol
export type LaneKey = string & { readonly [brand]: 'LaneKey' }

export const FLAT: LanePosition = { copied: NO_QUANTITY, held: NO_QUANTITY, entitlement: NOTHING }

export const laneKey = (lane: Lane): LaneKey =>
  `${lane.follower}|${lane.mode}|${lane.instrument}|${lane.product}` as LaneKey
