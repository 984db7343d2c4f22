// The last question before an entry leaves: asked at the moment of sending, whatever caused the delay
// (a queue, a pace, a question to the trader, a restart), and again before it is sent a second time.
import type { LiveEntry } from '../domain/lane.ts'
import { NO_QUANTITY, type Quantity, roundTo, smaller, subtract } from '../domain/numbers.ts'
import { sideOf } from '../domain/order.ts'
import type { Reason } from '../domain/reason.ts'
import {
  type EntryToGuard,
  type FollowerNow,
  type GuardSettings,
  guardEntry,
  type Market,
} from './guard.ts'

export type Sendable =
  /** This much of it: less than was recorded where the master has left a part meanwhile. */
  | { readonly kind: 'send'; readonly quantity: Quantity }
  | { readonly kind: 'denied'; readonly reason: Reason }

export interface EntryToSend extends EntryToGuard {
  readonly live: LiveEntry
  /** Held in the lane, signed. */
  readonly held: Quantity
}

export function judgeEntry(
  entry: EntryToSend,
  follower: FollowerNow,
  settings: GuardSettings,
  market: Market,
): Sendable {
  const { live, held, instrument } = entry
  const allowed = subtract(smaller(entry.quantity, live.allowance), live.filled)
  const quantity =
    allowed > NO_QUANTITY ? roundTo(allowed, instrument.lotSize, 'down') : NO_QUANTITY
  if (quantity === NO_QUANTITY) return { kind: 'denied', reason: { kind: 'masterFlat' } }
  // A reversal whose first half is still owed: opening against it would close it unseen.
  const standing = sideOf(held)
  if (standing !== null && standing !== entry.side)
    return { kind: 'denied', reason: { kind: 'opposesHeld', held } }
  const reason = guardEntry({ ...entry, quantity }, follower, settings, market)
  return reason === null ? { kind: 'send', quantity } : { kind: 'denied', reason }
}
