// What a send came to. `unknown` is a state, not a failure: it is looked up, never guessed.
import type { OrderId, UniqueOrderId } from './ids.ts'

export type Outcome =
  /** The broker took it and named it. It may still be rejected later. */
  | {
      readonly kind: 'accepted'
      readonly orderId: OrderId
      readonly uniqueOrderId: UniqueOrderId | null
      readonly evidence: string
    }
  /** The broker said no, and sending it again would be no better. */
  | {
      readonly kind: 'rejected'
      readonly cause: RejectionCause
      readonly text: string
      readonly evidence: string
    }
  /** Nobody can say yet. `likely` is a refusal that still wants one reading of the book to be sure. */
  | { readonly kind: 'unknown'; readonly likely: LikelyRefusal | null; readonly evidence: string }
  /** Provably never taken. */
  | { readonly kind: 'notSent'; readonly cause: NotSentCause; readonly evidence: string }

export type RejectionCause = 'validation' | 'funds' | 'address' | 'risk' | 'account' | 'other'
export type LikelyRefusal = 'rateLimited'
export type NotSentCause =
  | 'neverConnected'
  | 'sessionLost'
  | 'rateLimited'
  | 'provenAbsent'
  /** Nothing proves it: the trader has looked and says so. */
  | 'toldAbsent'
