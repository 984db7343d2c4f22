// Signals with what each follower did about them, as rows and as the whole story of one.
import type { Amount, Day, Mode, OfDay, Site, Time } from './said.ts'

/** Newest first. `next`: what to give as `until` for the page after this one; null: that was the last. */
export interface SignalPage {
  readonly site: Site
  readonly day: Day
  readonly signals: readonly SignalRow[]
  readonly next: number | null
  /** Of the day, whatever the filters. */
  readonly total: number
}

/** The filters of GET /api/signals; each may be left out. `limit` is 50 unless told, 200 at most. */
export interface SignalFilter extends OfDay {
  readonly follower?: string
  readonly outcome?: CopyOutcome
  /** Part of the symbol, whatever the capitals. */
  readonly symbol?: string
  readonly side?: 'BUY' | 'SELL'
  readonly until?: string
  readonly limit?: string
}

/** What a copy came to as a whole: its worst order decides. */
export type CopyOutcome =
  | 'asked'
  | 'skipped'
  | 'waiting'
  | 'working'
  | 'unknown'
  | 'filled'
  | 'partlyFilled'
  | 'cancelled'
  | 'rejected'
  | 'denied'
  | 'lapsed'
  /** An exit after which nothing is due, without an order. */
  | 'nothingDue'

export interface SignalRow {
  readonly signal: number
  readonly effect: 'entry' | 'exit'
  readonly side: 'BUY' | 'SELL'
  readonly quantity: Amount
  readonly symbol: string
  readonly exchange: string
  readonly product: string
  readonly price: Amount | null
  readonly source: 'book' | 'stream' | 'details'
  readonly filledAt: Time
  readonly seenAt: Time
  readonly copies: readonly CopyRow[]
}

export interface CopyRow {
  readonly follower: string
  readonly label: string | null
  readonly mode: Mode | null
  readonly decision: 'entry' | 'exit' | 'skip' | 'asked'
  readonly outcome: CopyOutcome
  /** Of an entry; an exit's is that of its orders. */
  readonly quantity: Amount | null
  /** Why it was skipped or denied, or what the broker said, in words with the numbers. */
  readonly reason: { readonly kind: string; readonly text: string } | null
  readonly filled: Amount
  readonly averagePrice: Amount | null
  /** Own price less the master's for a buy, the other way round for a sell: above 0 is worse. */
  readonly slippage: Amount | null
  readonly orders: number
  readonly steps: Steps
}

/**
 * The waterfall, each in milliseconds since the one before; null: not come to that. `seen` counts from the
 * master's fill. `answered` from the durable record, since the moment of sending is no fact.
 */
export interface Steps {
  readonly seenMs: number
  readonly decidedMs: number | null
  readonly recordedMs: number | null
  readonly answeredMs: number | null
  readonly filledMs: number | null
  /** From the master's fill to the last own one. */
  readonly inAllMs: number | null
}

export interface SignalStory {
  readonly site: Site
  readonly signal: SignalRow & {
    readonly orderId: string
    readonly masterBefore: Amount
    readonly masterAfter: Amount
  }
  readonly followers: readonly {
    readonly follower: string
    readonly label: string | null
    /** In order, oldest first. */
    readonly lines: readonly StoryLine[]
    readonly orders: readonly OrderStory[]
  }[]
}

export interface StoryLine {
  readonly at: Time | null
  readonly text: string
  readonly tone: 'plain' | 'good' | 'warning' | 'alarm'
}

export interface OrderStory {
  readonly intent: number
  readonly role: 'entry' | 'exit' | 'lateFill' | 'overshoot' | 'flatten'
  readonly side: 'BUY' | 'SELL'
  readonly quantity: Amount
  /** `limit 101.25` */
  readonly pricing: string
  readonly slice: number
  readonly slices: number
  readonly outcome: CopyOutcome
  readonly filled: Amount
  readonly averagePrice: Amount | null
  readonly text: string
  readonly attempts: readonly {
    readonly number: number
    readonly tag: string
    readonly state: string
    readonly orderId: string | null
    readonly quantity: Amount
    readonly recordedAt: Time
    readonly answeredAt: Time | null
    readonly filledAt: Time | null
  }[]
}

/** Days of which the ledger has signals, newest first. */
export interface DayList {
  readonly site: Site
  readonly days: readonly { readonly day: Day; readonly signals: number }[]
}
