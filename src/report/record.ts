// What the session record looks like, as others read it. Amounts are exact texts, instants IST: a number of
// JSON is a binary float, and these are money. How it is counted is said in `counts.ts`.
import type { Mode } from '../domain/lane.ts'
import type { Order } from './copy.ts'

export interface SessionRecord {
  readonly session: SessionPart
  readonly summary: Summary
  readonly orders: readonly OrderPart[]
  /** Orders that no signal asked for: the trader's flatten. */
  readonly flattened: readonly IntentPart[]
}

export interface SessionPart {
  readonly id: string
  readonly mode: Mode
  /** Against a simulated broker: never added to what is real. */
  readonly isDemo: boolean
  readonly startedAt: string
  /** null while it runs, or when it was killed. */
  readonly endedAt: string | null
  readonly master: { readonly name: string; readonly label: string | null }
  readonly followers: readonly FollowerPart[]
}

export interface FollowerPart {
  readonly name: string
  readonly label: string | null
  readonly mode: Mode
  /** What it held when the session began, of what Lockstep traded. */
  readonly heldBefore: readonly HeldPart[]
  /** What it holds now. */
  readonly held: readonly HeldPart[]
  /** Exits that are owed now. */
  readonly owed: readonly HeldPart[]
}

export interface HeldPart {
  readonly instrument: string
  readonly product: string
  readonly quantity: string
}

/** One signal. Amounts are exact texts, instants IST. */
export interface OrderPart {
  readonly signal: number
  readonly carriedOver: boolean
  readonly effect: 'entry' | 'exit'
  readonly side: string
  readonly quantity: string
  readonly exchange: string
  readonly symbol: string
  readonly product: string
  /** The master's average; null when the broker showed none. */
  readonly price: string | null
  /** null where the instrument master of the day doesn't know it. */
  readonly tick: string | null
  readonly orderId: string
  readonly source: string
  readonly masterBefore: string
  readonly masterAfter: string
  readonly filledAt: string
  readonly seenAt: string
  readonly decisions: readonly DecisionPart[]
}

export interface DecisionPart {
  readonly follower: string
  readonly mode: Mode | null
  /** `asked`: it waits for the trader. */
  readonly decision: 'entry' | 'exit' | 'skip' | 'asked'
  /** Of an entry; an exit's is known when its turn in the lane comes. */
  readonly quantity: string | null
  readonly reason: ReasonPart | null
  readonly decidedAt: string | null
  readonly filled: string
  readonly averagePrice: string | null
  readonly intents: readonly IntentPart[]
}

export interface ReasonPart {
  readonly kind: string
  readonly text: string
}

export interface IntentPart {
  readonly intent: number
  readonly follower: string
  readonly mode: Mode
  readonly instrument: string
  readonly product: string
  readonly role: string
  readonly side: string
  readonly quantity: string
  readonly slice: number
  readonly slices: number
  readonly pricing: object
  /** Where it stands; `filled`, `partlyFilled` and `cancelled` were accepted. */
  readonly outcome: Order['standing']
  readonly wasAccepted: boolean
  readonly filled: string
  readonly averagePrice: string | null
  readonly text: string
  /** Our own no; null when there was none. */
  readonly denied: ReasonPart | null
  readonly attempts: readonly AttemptPart[]
}

export interface AttemptPart {
  readonly attempt: number
  readonly tag: string
  readonly quantity: string
  readonly orderId: string | null
  readonly state: string
  readonly recordedAt: string
  readonly sentAt: string | null
  readonly answeredAt: string | null
  readonly filledAt: string | null
}

export interface Counts {
  readonly signals: number
  readonly copied: number
  readonly placed: number
  readonly failed: number
  readonly skipped: number
  readonly unknown: number
  readonly owed: number
  readonly successRate: number | null
}

export interface Summary extends Counts {
  readonly followers: Readonly<Record<string, Counts>>
}
