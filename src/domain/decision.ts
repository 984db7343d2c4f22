// What one follower does about one signal. Exactly one per signal and follower.
import type { IntentId } from './ids.ts'
import type { Intent } from './intent.ts'
import type { Lane } from './lane.ts'
import type { Quantity } from './numbers.ts'
import type { Ratio } from './ratio.ts'
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

/**
 * Copied: the rule only, as what the lane should hold from here on. The quantity of the closing order
 * is known when its turn in the lane comes: what is held then beyond the entitlement.
 */
export interface ExitDecision extends AnyDecision {
  readonly kind: 'exit'
  /** The master's copied position before and after: the share that remains of it. */
  readonly copiedBefore: Quantity
  readonly copiedAfter: Quantity
  /** The lane's entitlement after this exit, signed. Later fills of entries within their allowance add to it. */
  readonly entitlement: Ratio
  /** How much each entry still alive in the lane may fill in all. A fill beyond counts as held, not as entitled. */
  readonly allowances: readonly Allowance[]
}

export interface Allowance {
  readonly intent: IntentId
  /** Magnitude, filled part included. */
  readonly upTo: Quantity
}

export interface SkipDecision extends AnyDecision {
  readonly kind: 'skip'
  readonly reason: Reason
}

/**
 * An exit that the trader said no to. The master has left all the same, so the lane is measured as if the exit
 * had been; what it would have closed is `kept`: the trader's own from here on, and owed by nobody.
 */
export interface KeepDecision extends SkipDecision {
  readonly keeps: Pick<ExitDecision, 'entitlement' | 'allowances'> & {
    /** Of what is held, signed as the position. */
    readonly kept: Quantity
  }
}

export type Decision = EntryDecision | ExitDecision | SkipDecision | KeepDecision

/** What `record` takes: a signal and what each of some followers does about it. */
export interface Plan {
  readonly signal: Signal
  readonly decisions: readonly Decision[]
}
