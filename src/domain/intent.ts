// An intent is one order to be placed on one follower. It is written down before it is sent, and only
// what the ledger returned from `record` can be given to a lane: skipping that step does not compile.
import type { IntentId, SignalId } from './ids.ts'
import type { Lane, Role } from './lane.ts'
import type { Quantity } from './numbers.ts'
import type { Pricing, Side } from './order.ts'
import type { SignalKey } from './signal.ts'
import type { Tag } from './tag.ts'

export interface Intent {
  readonly lane: Lane
  readonly role: Role
  /** null only for `flatten`, which no signal asked for. */
  readonly signal: SignalKey | null
  readonly side: Side
  readonly quantity: Quantity
  /** Lot size of the day, kept with the lane so that what is owed can be told in whole lots. */
  readonly lot: Quantity
  readonly pricing: Pricing
  /** 1 of 1, or 2 of 4 where a copy is above the freeze quantity. */
  readonly slice: number
  readonly slices: number
  /** Of the first attempt. A later attempt has a tag of its own. */
  readonly tag: Tag
}

declare const recorded: unique symbol
export type RecordedIntent = Intent & {
  readonly id: IntentId
  readonly signalId: SignalId | null
  readonly [recorded]: true
}

export const closes = (role: Role): boolean => role !== 'entry'
