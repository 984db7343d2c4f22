// What one follower does about one signal. Exactly one per signal and follower.
import type { Intent } from './intent.ts'
import type { Lane } from './lane.ts'
import type { Quantity } from './numbers.ts'
import type { Reason } from './reason.ts'
import type { Signal } from './signal.ts'

interface AnyDecision {
  readonly lane: Lane
  /**
   * The part of the master's position that this decision adds (entry) or takes away (exit), signed as
   * a position. Summed per lane it is the master's *copied* position; a skip adds nothing, unless the
   * order is copied as a whole and only this part of it was too small for another lot.
   */
  readonly covers: Quantity
}

/** Copied: these orders, already sliced. */
export interface EntryDecision extends AnyDecision {
  readonly kind: 'entry'
  readonly quantity: Quantity
  readonly intents: readonly Intent[]
}

/** Copied: the rule only. The quantity is known when its turn in the lane comes. */
export interface ExitDecision extends AnyDecision {
  readonly kind: 'exit'
  /** The master's copied position before and after: the share that remains of it. */
  readonly copiedBefore: Quantity
  readonly copiedAfter: Quantity
}

export interface SkipDecision extends AnyDecision {
  readonly kind: 'skip'
  readonly reason: Reason
}

export type Decision = EntryDecision | ExitDecision | SkipDecision

/** What `record` takes: a signal and what each of some followers does about it. */
export interface Plan {
  readonly signal: Signal
  readonly decisions: readonly Decision[]
}
