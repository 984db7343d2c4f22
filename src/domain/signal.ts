// A signal is one thing to be copied: a filled part of a master order that either opens or closes.
// An order that closes and reverses gives two, so that each has one effect and one decision per follower.

import type { AccountName, InstrumentId, OrderId, SignalId, UniqueOrderId } from './ids.ts'
import type { Exchange } from './instrument.ts'
import type { Price, Quantity } from './numbers.ts'
import type { OrderReport, Pricing, Product, Side, Variety } from './order.ts'
import type { Instant, TradingDay } from './time.ts'

declare const brand: unique symbol
/** Account, day and the broker's lasting name of the order: `MASTER/2026-11-21/5f0c…`. */
export type MasterOrderKey = string & { readonly [brand]: 'MasterOrderKey' }
/** The order, the effect and what of the order was signalled before: unique, and the same when planned again. */
export type SignalKey = string & { readonly [brand]: 'SignalKey' }

export type Effect = 'entry' | 'exit'

/** What of a master order has been told so far. Never more than its filled quantity, never falling. */
export interface Signalled {
  /** Filled before the first reading of the first start: never copied. */
  readonly baseline: Quantity
  readonly entry: Quantity
  readonly exit: Quantity
}

/**
 * When a master order became known, in lines of the journal: they tell which of two things was seen first,
 * whatever the clocks say. What had ended by a line was there before an order that is first heard of later.
 */
export interface Heard {
  /** Nothing where it has had two names: nobody knows by which it was heard of first. */
  readonly first: bigint
  /** Of the last news of it: once it has ended, no later than this. */
  readonly last: bigint
}

/** A master order as last seen, with what has become of it. */
export interface MasterOrder {
  readonly key: MasterOrderKey
  readonly report: OrderReport
  readonly signalled: Signalled
  readonly heard: Heard
}

/** Why a signal is copied by nobody, whatever their rules. */
export type Obstacle =
  | 'roundTrip'
  | 'nettedOverGap'
  | 'endedWithItsDay'
  | 'lockstepOrder'
  | 'unsupportedVariety'
  | 'unknownProduct'

export interface Signal {
  readonly key: SignalKey
  readonly order: MasterOrderKey
  readonly orderId: OrderId
  readonly account: AccountName
  readonly day: TradingDay
  readonly effect: Effect
  readonly instrument: InstrumentId
  readonly exchange: Exchange
  readonly symbol: string
  readonly side: Side
  readonly product: Product
  readonly variety: Variety
  /** How the master's order asked for its price. */
  readonly pricing: Pricing
  /** Of this part, always above nothing. */
  readonly quantity: Quantity
  /** What of the same order and effect was signalled before this part: sizes are cumulative per order. */
  readonly before: Quantity
  /** The master's average price; null when the broker showed none. */
  readonly price: Price | null
  readonly filledAt: Instant
  readonly seenAt: Instant
  readonly source: OrderReport['source']
  /** The master's whole position in this instrument and product, before and after. */
  readonly masterBefore: Quantity
  readonly masterAfter: Quantity
  readonly obstacle: Obstacle | null
}

/** A signal that the ledger holds. */
export type RecordedSignal = Signal & { readonly id: SignalId }

export const masterOrderKey = (
  account: AccountName,
  day: TradingDay,
  id: UniqueOrderId | OrderId,
): MasterOrderKey => `${account}/${day}/${id}` as MasterOrderKey

export const signalKey = (order: MasterOrderKey, effect: Effect, before: Quantity): SignalKey =>
  `${order}/${effect}/${before}` as SignalKey
