// Orders as a broker shows them, whoever placed them.
import { assertNever } from './assert.ts'
import type { AccountName, InstrumentId, OrderId, UniqueOrderId } from './ids.ts'
import { type Exchange, expiryInName } from './instrument.ts'
import type { Price, Quantity } from './numbers.ts'
import type { Instant, TradingDay } from './time.ts'

export type Side = 'BUY' | 'SELL'
export const SIDES = ['BUY', 'SELL'] as const satisfies readonly Side[]

export const PRODUCTS = ['DELIVERY', 'CARRYFORWARD', 'MARGIN', 'INTRADAY'] as const
/** `UNKNOWN` is any word that we have no rule for: such an order is seen, and skipped. */
export type Product = (typeof PRODUCTS)[number] | 'UNKNOWN'

/** What the rules call an order: how it waits for its price. */
export const ORDER_TYPES = ['MARKET', 'LIMIT', 'STOPLOSS'] as const
export type OrderType = (typeof ORDER_TYPES)[number]

/** How an order asks for its price. A stop waits behind its trigger, then is a limit or market order. */
export type Pricing =
  | { readonly kind: 'market' }
  | { readonly kind: 'limit'; readonly price: Price }
  | { readonly kind: 'stopLimit'; readonly trigger: Price; readonly price: Price }
  | { readonly kind: 'stopMarket'; readonly trigger: Price }

/**
 * `pending`: on its way (validation, trigger, put request, modification); `open`: resting, perhaps
 * partly filled. The other three are final. A word that we don't know is `pending`: never final.
 */
export type OrderStatus = 'pending' | 'open' | 'complete' | 'cancelled' | 'rejected'

/** `regular` is copied; the others are seen and skipped with their name. */
export type Variety = 'regular' | 'afterMarket' | 'bracket' | 'unknown'

/** One account's order as one source showed it at one moment. */
export interface OrderReport {
  readonly account: AccountName
  readonly day: TradingDay
  readonly orderId: OrderId
  /** null where the source doesn't say (the order stream). */
  readonly uniqueOrderId: UniqueOrderId | null
  /** As shown, ours or anybody's; empty when there is none. */
  readonly tag: string
  readonly instrument: InstrumentId
  readonly exchange: Exchange
  readonly symbol: string
  readonly token: string
  readonly side: Side
  readonly product: Product
  readonly variety: Variety
  readonly pricing: Pricing
  readonly quantity: Quantity
  readonly filled: Quantity
  /** Of what is filled; null while nothing is. */
  readonly averagePrice: Price | null
  readonly status: OrderStatus
  /** The broker's own words, such as why it was rejected. */
  readonly text: string
  /** The exchange's time of the last change; null when the exchange never saw it. */
  readonly exchangeTime: Instant | null
  /** Time of the last fill from the trade book; null while unknown. */
  readonly fillTime: Instant | null
  readonly source: 'book' | 'stream' | 'details'
}

export const isFinal = (status: OrderStatus): boolean =>
  status === 'complete' || status === 'cancelled' || status === 'rejected'

/**
 * Whether nothing stands of it any more, neither at the master nor at a follower: the broker squares off what is
 * intraday, and a contract is settled when it expires.
 */
export function endedWithItsDay(
  { day, product, instrument }: Pick<OrderReport, 'day' | 'product' | 'instrument'>,
  today: TradingDay,
): boolean {
  if (day >= today) return false
  const expiry = expiryInName(instrument)
  return product === 'INTRADAY' || (expiry !== null && expiry < today)
}

export const opposite = (side: Side): Side => (side === 'BUY' ? 'SELL' : 'BUY')

/** A quantity with the sign of the position that its side builds. */
export const signed = (side: Side, quantity: Quantity): Quantity =>
  (side === 'BUY' ? quantity : -(quantity as bigint)) as Quantity

/** The side that adds to a position, or null when there is none. */
export const sideOf = (position: Quantity): Side | null =>
  position > 0n ? 'BUY' : position < 0n ? 'SELL' : null

export function orderTypeOf(pricing: Pricing): OrderType {
  switch (pricing.kind) {
    case 'market':
      return 'MARKET'
    case 'limit':
      return 'LIMIT'
    case 'stopLimit':
    case 'stopMarket':
      return 'STOPLOSS'
    default:
      return assertNever(pricing)
  }
}
