// What the trader told the engine, each a fact with its time. `null` as follower is everybody.
import type { AccountName, OrderId, SignalId } from './ids.ts'
import type { Lane } from './lane.ts'
import type { Quantity } from './numbers.ts'
import type { Effect } from './signal.ts'
import type { Tag } from './tag.ts'
import { after, type Instant } from './time.ts'

/** A question that is not answered by then is answered with no; an exit is owed then. */
export const ANSWER_WITHIN_MS = 30_000

/** Nobody has decided on it: it goes on asking, and is told as owed until somebody does. */
export const isUnansweredExit = (
  { effect, seenAt }: { readonly effect: Effect; readonly seenAt: Instant },
  now: Instant,
): boolean => effect === 'exit' && after(seenAt, ANSWER_WITHIN_MS) <= now

export type Command =
  /** No entries; exits run. */
  | { readonly kind: 'pause'; readonly follower: AccountName | null }
  /** Nothing is sent, exits included. */
  | { readonly kind: 'halt' }
  | { readonly kind: 'resume'; readonly follower: AccountName | null }
  /** Cancel own open orders and close what is held; leaves the follower paused. */
  | { readonly kind: 'flatten'; readonly follower: AccountName | null }
  | {
      readonly kind: 'approve'
      readonly signal: SignalId
      readonly followers: readonly AccountName[] | null
    }
  | { readonly kind: 'reject'; readonly signal: SignalId }
  /** An owed exit is left to the trader: what is owed is no longer held by Lockstep. */
  | { readonly kind: 'dismiss'; readonly lane: Lane }
  /** The trader's word that this much of the follower's position is Lockstep's. */
  | { readonly kind: 'adopt'; readonly lane: Lane; readonly quantity: Quantity }
  /**
   * What became of an order of which nobody heard, by the broker's own app: it is not there (`order` is
   * null), or it is this one. Settles what nothing proves; it never overrides what the broker shows.
   */
  | { readonly kind: 'resolve'; readonly tag: Tag; readonly order: OrderId | null }

export interface Steering {
  readonly command: Command
  readonly at: Instant
  /** `terminal`, `command`, `page`, `file`, `engine` (a pause after rejections). */
  readonly by: string
}

/** What the engine says to a command that it has finished. */
export interface Answer {
  readonly kind: 'done' | 'refused'
  readonly text: string
}

/** What all of it adds up to now. */
export interface SteeringState {
  readonly halted: boolean
  readonly everybodyPaused: boolean
  readonly paused: ReadonlySet<AccountName>
  /** Flattened since the last halt: what they hold is closed also while everything else stands still. */
  readonly flattened: ReadonlySet<AccountName>
  readonly everybodyFlattened: boolean
}
