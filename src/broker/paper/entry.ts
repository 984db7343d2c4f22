// What can happen to a paper account, one entry a happening. The book is the fold of its entries, the
// journal their file: an entry that is not in the file has not happened.
import type { AccountName } from '../../domain/ids.ts'
import type { Instrument } from '../../domain/instrument.ts'
import type { Price, Quantity } from '../../domain/numbers.ts'
import type { Pricing, Product, Side } from '../../domain/order.ts'
import type { Instant, TradingDay } from '../../domain/time.ts'

/** What an account holds when a day begins. Signed. */
export interface Carried {
  readonly instrument: Instrument
  readonly product: Product
  readonly quantity: Quantity
}

/** The first entry of every file, and no other one: a day begins. */
export interface DayOpened {
  readonly kind: 'dayOpened'
  readonly account: AccountName
  readonly day: TradingDay
  /** Numbers go on over the days, so that no order is ever named twice. */
  readonly nextNumber: number
  readonly carried: readonly Carried[]
}

export interface Placed {
  readonly kind: 'placed'
  readonly number: number
  readonly at: Instant
  /** The close of the session in which it can trade: a DAY order ends there. */
  readonly goodUntil: Instant
  /** Placed with the market closed: it waits for the opening. */
  readonly isAfterMarket: boolean
  readonly tag: string
  readonly instrument: Instrument
  readonly side: Side
  readonly product: Product
  readonly pricing: Pricing
  readonly quantity: Quantity
}

/** What becomes of an order that was placed. */
export type Move =
  /** A stop: it waits for its trigger. */
  | { readonly kind: 'armed' }
  | { readonly kind: 'triggered' }
  | { readonly kind: 'rested' }
  | { readonly kind: 'filled'; readonly quantity: Quantity; readonly price: Price }
  | { readonly kind: 'modified'; readonly quantity: Quantity; readonly pricing: Pricing }
  | { readonly kind: 'cancelled'; readonly text: string }
  | { readonly kind: 'rejected'; readonly text: string }

/** The broker closes what is intraday, with an order of its own. One entry: half of it must never be. */
export interface SquaredOff {
  readonly kind: 'squaredOff'
  readonly number: number
  readonly at: Instant
  readonly instrument: Instrument
  readonly side: Side
  readonly quantity: Quantity
  readonly price: Price
}

export type Moved = Move & { readonly number: number; readonly at: Instant }
export type Entry = DayOpened | Placed | Moved | SquaredOff
