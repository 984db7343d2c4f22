// An order as the simulated broker keeps it.
//
//   open pending ─ risk check ─┬─ rejected
//                              ├─ trigger pending ─ trigger met ─┐
//                              └─ open ──────────────────────────┴─ complete | cancelled
//   after market order req received ─ market opens ─ open pending | cancelled after market order

import { type Money, type Price, type Quantity, subtract } from '../domain/numbers.ts'
import type { Side } from '../domain/order.ts'
import type { Instant } from '../domain/time.ts'
import type { Listing } from './listing.ts'

export const ORDER_WORDS = ['MARKET', 'LIMIT', 'STOPLOSS_LIMIT', 'STOPLOSS_MARKET'] as const
export type OrderWord = (typeof ORDER_WORDS)[number]

export const PRODUCT_WORDS = ['DELIVERY', 'CARRYFORWARD', 'MARGIN', 'INTRADAY'] as const
export type ProductWord = (typeof PRODUCT_WORDS)[number]

export type OrderState =
  | 'open pending'
  | 'open'
  | 'trigger pending'
  | 'after market order req received'
  | 'complete'
  | 'cancelled'
  | 'cancelled after market order'
  | 'rejected'

/** What somebody asks for. Nothing in it is checked yet but that it can be read. */
export interface OrderRequest {
  readonly listing: Listing
  readonly side: Side
  readonly variety: 'NORMAL' | 'STOPLOSS'
  readonly type: OrderWord
  readonly product: ProductWord
  readonly duration: 'DAY' | 'IOC'
  /** Zero where the type has none. */
  readonly price: Price
  readonly trigger: Price
  readonly quantity: Quantity
  readonly tag: string
  readonly hasConsent: boolean
}

/** By API, in the broker's own app, or by the broker itself (square-off). */
export type PlacedBy = 'api' | 'app' | 'broker'

export interface SimulatedOrder {
  /** Counts over all accounts and days. */
  readonly number: number
  readonly uniqueOrderId: string
  readonly exchangeOrderId: string
  readonly placedBy: PlacedBy
  readonly placedAt: Instant
  readonly listing: Listing
  readonly side: Side
  readonly product: ProductWord
  readonly duration: 'DAY' | 'IOC'
  readonly tag: string
  /** Last price when it came: what a market order is charged for until it fills. */
  readonly reference: Price
  orderId: string
  variety: 'NORMAL' | 'STOPLOSS' | 'AMO'
  type: OrderWord
  price: Price
  trigger: Price
  quantity: Quantity
  state: OrderState
  text: string
  isTriggered: boolean
  /** It crossed the market when it came, so it trades at the market's price and not at its own. */
  isTaking: boolean
  filled: Quantity
  /** What the fills cost together. */
  amount: Money
  updatedAt: Instant
  /** null until the exchange has seen it. */
  exchangeAt: Instant | null
}

export interface SimulatedFill {
  readonly order: SimulatedOrder
  readonly fillId: string
  readonly quantity: Quantity
  readonly price: Price
  readonly at: Instant
}

export const remaining = (order: SimulatedOrder): Quantity => subtract(order.quantity, order.filled)

export const isWorking = (order: SimulatedOrder): boolean =>
  order.state === 'open' ||
  order.state === 'trigger pending' ||
  order.state === 'open pending' ||
  order.state === 'after market order req received'

export const isStop = (type: OrderWord): boolean =>
  type === 'STOPLOSS_LIMIT' || type === 'STOPLOSS_MARKET'

/** Whether it asks for any price there is: a market order, or a market stop that has fired. */
export const takesAnyPrice = (type: OrderWord): boolean =>
  type === 'MARKET' || type === 'STOPLOSS_MARKET'
