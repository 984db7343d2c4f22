// The desk: orders as they are taken, checked, matched and changed. It keeps what every account ordered
// and tells `onOrder` of each change in the order in which it happens; when things happen is for the
// exchange to say.
import { assert } from '../domain/assert.ts'
import { larger, type Money, type Price, type Quantity, worth } from '../domain/numbers.ts'
import type { Instant } from '../domain/time.ts'
import { type Account, positionOf, trade } from './account.ts'
import {
  type MarketOrders,
  protectedPrice,
  type Refusal,
  refuse,
  reject,
  rejectOutOfBounds,
} from './admission.ts'
import type { TradingHours } from './hours.ts'
import type { Listing } from './listing.ts'
import type { Market } from './market.ts'
import { crosses, isDue, matchable } from './matching.ts'
import {
  isStop,
  isWorking,
  type OrderRequest,
  type OrderState,
  type OrderWord,
  type PlacedBy,
  remaining,
  type SimulatedFill,
  type SimulatedOrder,
} from './order.ts'
import { orderIdOf, uniqueOrderIdOf } from './order-names.ts'

export interface DeskSettings {
  readonly seed: number
  readonly marketOrders: MarketOrders
  /** `manual`: nothing fills but by `fill`. */
  readonly fills: 'automatic' | 'manual'
  /** Most that one order gets in one second; null: all of it at once. */
  readonly liquidity: Quantity | null
  /** How long an order stays `open pending` before risk management and the exchange have seen it. */
  readonly processingMs: number
  readonly priceProtectionPercent: number | null
  /** Whether a modified order gets a new order number. */
  readonly renamesOnModify: boolean
}

/** What the stream would call the change. */
export type OrderChange = OrderState | 'modified' | 'after market order modified'

export type OrderListener = (account: Account, order: SimulatedOrder, change: OrderChange) => void

/** What a modification asks for. */
export interface OrderTerms {
  readonly type: OrderWord
  readonly price: Price
  readonly trigger: Price
  readonly quantity: Quantity
}

export function createDesk(
  parts: { market: Market; hours: TradingHours; now: () => Instant },
  settings: DeskSettings,
) {
  const { market, hours, now } = parts
  /** Every order there ever was, with its owner: the truth that promises are checked against. */
  const journal: { account: Account; order: SimulatedOrder }[] = []
  const fills: SimulatedFill[] = []
  const renamed = new Map<string, string>()
  const forced = new Map<string, string[]>()
  const waiting: { at: Instant; account: Account; order: SimulatedOrder }[] = []
  const listeners: OrderListener[] = []
  /** In the order in which they came: who rests longer is matched first. */
  const resting = new Map<SimulatedOrder, Account>()

  function tell(account: Account, order: SimulatedOrder, change: OrderChange): void {
    for (const listener of listeners) listener(account, order, change)
  }

  function enterState(account: Account, order: SimulatedOrder, state: OrderState, text = ''): void {
    order.state = state
    if (text !== '') order.text = text
    order.updatedAt = now()
    if (state === 'open' || state === 'trigger pending') order.exchangeAt = now()
    else if (state !== 'rejected' && order.exchangeAt !== null) order.exchangeAt = now()
    if (isResting(order)) resting.set(order, account)
    else resting.delete(order)
    tell(account, order, state)
  }

  // --- taking ------------------------------------------------------------------------------------

  function place(account: Account, request: OrderRequest, placedBy: PlacedBy): SimulatedOrder {
    market.walkTo(request.listing, now())
    const { last } = market.board(request.listing)
    const number = journal.length + 1
    const order: SimulatedOrder = {
      ...request,
      number,
      orderId: orderIdOf(number, now()),
      uniqueOrderId: uniqueOrderIdOf(settings.seed, number),
      exchangeOrderId: String(1_100_000_000_000_000 + number),
      placedBy,
      placedAt: now(),
      reference: last,
      ...pricedAs(request, request, placedBy),
      state: 'open pending',
      text: '',
      isTriggered: false,
      isTaking: false,
      filled: 0n as Quantity,
      amount: 0n as Money,
      updatedAt: now(),
      exchangeAt: null,
    }
    journal.push({ account, order })
    account.orders.push(order)
    if (!hours.isOpen(order.listing.exchange, now())) {
      order.variety = 'AMO'
      enterState(account, order, 'after market order req received')
    } else {
      submit(account, order)
    }
    return order
  }

  /** A market order by API becomes a limit at the edge of the band, where the broker converts them. */
  function pricedAs(
    terms: Pick<OrderTerms, 'type' | 'price'>,
    { listing, side }: Pick<OrderRequest, 'listing' | 'side'>,
    placedBy: PlacedBy,
  ): Pick<OrderTerms, 'type' | 'price'> {
    const { type, price } = terms
    const converts = placedBy === 'api' && settings.marketOrders === 'convert'
    if (type !== 'MARKET' || !converts) return { type, price }
    return { type: 'LIMIT', price: protectedPrice(listing, side, market.board(listing)) }
  }

  /** Towards the exchange, by way of risk management. */
  function submit(account: Account, order: SimulatedOrder): void {
    enterState(account, order, 'open pending')
    if (settings.processingMs > 0) {
      waiting.push({ at: (now() + settings.processingMs) as Instant, account, order })
    } else {
      admit(account, order)
    }
  }

  function admit(account: Account, order: SimulatedOrder): void {
    const { listing } = order
    market.walkTo(listing, now())
    // The broker's own risk management does not stand in its own way.
    const wanted =
      order.placedBy === 'broker' ? undefined : forced.get(account.setting.clientCode)?.shift()
    const reason = wanted ?? reject(account, order, market.board(listing), hours, now())
    if (reason !== null) {
      enterState(account, order, 'rejected', reason)
    } else if (isStop(order.type)) {
      enterState(account, order, 'trigger pending')
    } else {
      enterState(account, order, 'open')
      match(account, order, 'arriving')
    }
  }

  // --- matching ----------------------------------------------------------------------------------

  function match(account: Account, order: SimulatedOrder, how: 'arriving' | 'resting'): void {
    const { last } = market.board(order.listing)
    const fires = order.state === 'trigger pending' && isDue(order, last)
    if (fires) {
      order.isTriggered = true
      if (order.type === 'STOPLOSS_MARKET' && settings.marketOrders === 'convert')
        order.price = protectedPrice(order.listing, order.side, market.board(order.listing))
      enterState(account, order, 'open')
    }
    if (how === 'arriving' || fires) order.isTaking = crosses(order, last)
    if (settings.fills === 'automatic') {
      const trade = matchable(order, last, settings.liquidity)
      if (trade) fill(account, order, trade.quantity, trade.price)
    }
    if (order.duration === 'IOC' && order.state === 'open' && (how === 'arriving' || fires))
      enterState(account, order, 'cancelled')
  }

  function fill(account: Account, order: SimulatedOrder, quantity: Quantity, price: Price): void {
    assert(quantity > 0n && quantity <= remaining(order), 'a fill beyond what the order wants')
    const amount = worth(price, quantity)
    order.filled = (order.filled + quantity) as Quantity
    order.amount = (order.amount + amount) as Money
    const fillId = String(50_000_000 + fills.length + 1)
    const done: SimulatedFill = { order, fillId, quantity, price, at: now() }
    fills.push(done)
    account.fills.push(done)
    trade(positionOf(account, order.listing, order.product), order.side, quantity, amount)
    enterState(account, order, remaining(order) === 0n ? 'complete' : 'open')
  }

  function matchResting(listing: Listing): void {
    for (const [order, account] of [...resting])
      if (order.listing === listing && isResting(order)) match(account, order, 'resting')
  }

  // --- changing ----------------------------------------------------------------------------------

  function findOrder(account: Account, orderId: string): SimulatedOrder | null {
    const current = renamed.get(orderId) ?? orderId
    return account.orders.find((order) => order.orderId === current) ?? null
  }

  /** Nothing happens to an order that is final: that is for the caller to say, or not to say. */
  function cancel(account: Account, order: SimulatedOrder): void {
    if (!isWorking(order)) return
    enterState(account, order, isAfterMarket(order) ? 'cancelled after market order' : 'cancelled')
  }

  function modify(account: Account, order: SimulatedOrder, to: OrderTerms): void {
    if (!isWorking(order)) return
    market.walkTo(order.listing, now())
    const reason = rejectOutOfBounds({ ...to, listing: order.listing }, market.board(order.listing))
    if (reason !== null) {
      // The order stays what it was, although the answer said that the request was taken.
      enterState(account, order, order.state, reason)
      return
    }
    const { type, price } = pricedAs(to, order, order.placedBy)
    order.type = type
    order.price = price
    order.trigger = to.trigger
    order.quantity = larger(to.quantity, order.filled)
    order.updatedAt = now()
    if (settings.renamesOnModify) rename(order)
    tell(account, order, isAfterMarket(order) ? 'after market order modified' : 'modified')
    if (isAfterMarket(order) || order.state === 'open pending') return
    if (remaining(order) === 0n) {
      enterState(account, order, 'complete')
      return
    }
    const waits = isStop(order.type) && !order.isTriggered
    enterState(account, order, waits ? 'trigger pending' : 'open')
    match(account, order, 'arriving')
  }

  function rename(order: SimulatedOrder): void {
    const before = order.orderId
    order.orderId = orderIdOf(500_000_000 + journal.length + renamed.size, now())
    renamed.set(before, order.orderId)
    for (const [old, current] of renamed) if (current === before) renamed.set(old, order.orderId)
  }

  return {
    journal,
    fills,
    onOrder: (listener: OrderListener) => listeners.push(listener),
    /** What an order would be refused for in the answer to it. */
    refuse: (request: OrderRequest): Refusal | null => {
      market.walkTo(request.listing, now())
      return refuse(request, market.board(request.listing), settings)
    },
    place,
    submit,
    cancel,
    modify,
    findOrder,
    /** A trade of that order at the exchange, whatever the price there is. */
    fill(account: Account, order: SimulatedOrder, quantity: Quantity, price: Price | null): void {
      if (order.state === 'trigger pending') order.isTriggered = true
      fill(account, order, quantity, price ?? (order.price || market.board(order.listing).last))
    },
    /** Risk management changes its mind about an order that was accepted. */
    rejectOrder(account: Account, order: SimulatedOrder, text: string): void {
      if (isWorking(order)) enterState(account, order, 'rejected', text)
    },
    /** The next orders of the account are rejected after acceptance, with these texts. */
    rejectNext(clientCode: string, texts: readonly string[]): void {
      forced.set(clientCode, [...(forced.get(clientCode) ?? []), ...texts])
    },
    matchResting,
    restingListings: (): ReadonlySet<Listing> =>
      new Set([...resting.keys()].map(({ listing }) => listing)),
    /** When the next order that is on its way reaches the exchange. */
    nextArrival: (): Instant | null => waiting[0]?.at ?? null,
    admitArrived(): void {
      while (waiting[0] && waiting[0].at <= now()) {
        const { account, order } = waiting.shift() as (typeof waiting)[number]
        if (order.state === 'open pending') admit(account, order)
      }
    },
    /** The day is over: its orders end, but for those that wait for the next opening. */
    endDay(account: Account): void {
      for (const order of account.orders) if (!isAfterMarket(order)) cancel(account, order)
    },
    /** Numbers of orders of days gone by are forgotten. */
    forgetNames(): void {
      waiting.length = 0
      renamed.clear()
    },
  }
}

const isResting = (order: SimulatedOrder): boolean =>
  order.state === 'open' || order.state === 'trigger pending'

export const isAfterMarket = (order: SimulatedOrder): boolean =>
  order.state === 'after market order req received'
