// The state machine in the middle: accounts, orders and the market, moved on by `advance` alone. It asks
// no clock and draws no chance of its own, so the same calls at the same times give the same world.
// Everything that changes an order is told to `onOrder`, in the order in which it happened.
import { assert, assertNever } from '../domain/assert.ts'
import { larger, type Money, type Price, type Quantity, worth } from '../domain/numbers.ts'
import type { Instant } from '../domain/time.ts'
import {
  type Account,
  type AccountSetting,
  convertPosition,
  createAccount,
  netQuantity,
  positionOf,
  trade,
  turnAccountDay,
} from './account.ts'
import {
  type MarketOrders,
  protectedPrice,
  type Refusal,
  refuse,
  reject,
  rejectOutOfBounds,
} from './admission.ts'
import { createTradingHours, type DayEvent, type Hours, squaresOff } from './hours.ts'
import type { Listing } from './listing.ts'
import { createMarket, isExpired, type Market, nextStep, type Walk } from './market.ts'
import { crosses, isDue, matchable } from './matching.ts'
import {
  isStop,
  isWorking,
  type OrderRequest,
  type OrderState,
  type OrderWord,
  type PlacedBy,
  type ProductWord,
  remaining,
  type SimulatedFill,
  type SimulatedOrder,
} from './order.ts'
import { orderIdOf, uniqueOrderIdOf } from './order-names.ts'

export interface ExchangeSettings {
  readonly seed: number
  readonly listings: readonly Listing[]
  readonly accounts: readonly AccountSetting[]
  readonly hours: Hours
  readonly walk: Walk
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

export type Exchange = ReturnType<typeof createExchange>

export function createExchange(settings: ExchangeSettings, startsAt: Instant) {
  const { seed } = settings
  const hours = createTradingHours(settings.hours)
  const market: Market = createMarket(settings.listings, {
    seed,
    walk: settings.walk,
    hours,
    at: startsAt,
  })
  const accounts = new Map(
    settings.accounts.map((setting) => [
      setting.clientCode,
      createAccount(setting, market.bySymbol),
    ]),
  )
  /** Every order there ever was, with its owner: the truth that promises are checked against. */
  const journal: { account: Account; order: SimulatedOrder }[] = []
  const fills: SimulatedFill[] = []
  const renamed = new Map<string, string>()
  const forced = new Map<string, string[]>()
  const waiting: { at: Instant; account: Account; order: SimulatedOrder }[] = []
  const listeners: OrderListener[] = []
  /** In the order in which they came: who rests longer is matched first. */
  const resting = new Map<SimulatedOrder, Account>()
  let now = startsAt

  function tell(account: Account, order: SimulatedOrder, change: OrderChange): void {
    for (const listener of listeners) listener(account, order, change)
  }

  function enterState(account: Account, order: SimulatedOrder, state: OrderState, text = ''): void {
    order.state = state
    if (text !== '') order.text = text
    order.updatedAt = now
    if (state === 'open' || state === 'trigger pending') order.exchangeAt = now
    else if (state !== 'rejected' && order.exchangeAt !== null) order.exchangeAt = now
    if (isResting(order)) resting.set(order, account)
    else resting.delete(order)
    tell(account, order, state)
  }

  // --- placing -----------------------------------------------------------------------------------

  function place(account: Account, request: OrderRequest, placedBy: PlacedBy): SimulatedOrder {
    market.walkTo(request.listing, now)
    const { last } = market.board(request.listing)
    const number = journal.length + 1
    const isLimitByProtection = placedBy === 'api' && settings.marketOrders === 'convert'
    const converts = request.type === 'MARKET' && isLimitByProtection
    const order: SimulatedOrder = {
      ...request,
      number,
      orderId: orderIdOf(number, now),
      uniqueOrderId: uniqueOrderIdOf(seed, number),
      exchangeOrderId: String(1_100_000_000_000_000 + number),
      placedBy,
      placedAt: now,
      reference: last,
      type: converts ? 'LIMIT' : request.type,
      price: converts
        ? protectedPrice(request.listing, request.side, market.board(request.listing))
        : request.price,
      state: 'open pending',
      text: '',
      isTriggered: false,
      isTaking: false,
      filled: 0n as Quantity,
      amount: 0n as Money,
      updatedAt: now,
      exchangeAt: null,
    }
    journal.push({ account, order })
    account.orders.push(order)
    if (!hours.isOpen(order.listing.exchange, now)) {
      order.variety = 'AMO'
      enterState(account, order, 'after market order req received')
    } else {
      submit(account, order)
    }
    return order
  }

  /** Towards the exchange, by way of risk management. */
  function submit(account: Account, order: SimulatedOrder): void {
    enterState(account, order, 'open pending')
    if (settings.processingMs > 0) {
      waiting.push({ at: (now + settings.processingMs) as Instant, account, order })
    } else {
      admit(account, order)
    }
  }

  function admit(account: Account, order: SimulatedOrder): void {
    const { listing } = order
    const wanted = forced.get(account.setting.clientCode)?.shift()
    const reason = wanted ?? reject(account, order, market.board(listing), hours, now)
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
    const done: SimulatedFill = { order, fillId, quantity, price, at: now }
    fills.push(done)
    account.fills.push(done)
    trade(positionOf(account, order.listing, order.product), order.side, quantity, amount)
    enterState(account, order, remaining(order) === 0n ? 'complete' : 'open')
  }

  function matchResting(listing: Listing): void {
    for (const [order, account] of [...resting])
      if (order.listing === listing && isResting(order)) match(account, order, 'resting')
  }

  // --- the passing of time -------------------------------------------------------------------------

  function advance(to: Instant): void {
    while (now < to) {
      const day = hours.nextEvent(now)
      const due = waiting[0]?.at ?? Number.POSITIVE_INFINITY
      const step = isStepping() ? nextStep(now) : Number.POSITIVE_INFINITY
      const next = Math.min(day.at, due, step) as Instant
      if (next > to) break
      now = next
      if (next === day.at) turn(day.kind)
      while (waiting[0] && waiting[0].at <= now) {
        const { account, order } = waiting.shift() as (typeof waiting)[number]
        if (order.state === 'open pending') admit(account, order)
      }
      if (next === step) stepPrices()
    }
    now = to > now ? to : now
  }

  /** Prices need no step by step while nobody waits for them. */
  const isStepping = (): boolean =>
    resting.size > 0 && (settings.walk.kind === 'walk' || settings.liquidity !== null)

  function stepPrices(): void {
    const watched = new Set([...resting.keys()].map(({ listing }) => listing))
    for (const listing of watched) market.walkTo(listing, now)
    for (const listing of watched) if (hours.isOpen(listing.exchange, now)) matchResting(listing)
  }

  function turn(kind: DayEvent['kind']): void {
    switch (kind) {
      case 'midnight':
        turnDay()
        break
      case 'turn':
        turnHours()
        break
      case 'squareOff':
        for (const account of accounts.values()) squareOff(account)
        break
      default:
        assertNever(kind)
    }
  }

  /** An exchange opens or closes: what waited goes in, what rests is over. */
  function turnHours(): void {
    for (const account of accounts.values()) {
      for (const order of [...account.orders]) {
        const open = hours.isOpen(order.listing.exchange, now)
        if (open && order.state === 'after market order req received') submit(account, order)
        else if (!open && (order.state === 'open' || order.state === 'trigger pending'))
          enterState(account, order, 'cancelled')
      }
    }
  }

  /** The broker cancels and closes what is intraday, with orders of its own. */
  function squareOff(account: Account): void {
    for (const order of account.orders)
      if (isWorking(order) && order.product === 'INTRADAY' && squaresOff(order.listing.exchange))
        enterState(account, order, 'cancelled')
    for (const position of [...account.positions]) {
      const quantity = netQuantity(position)
      if (position.product !== 'INTRADAY' || quantity === 0n) continue
      if (!squaresOff(position.listing.exchange)) continue
      closeByBroker(account, position.listing, position.product, quantity)
    }
  }

  function closeByBroker(
    account: Account,
    listing: Listing,
    product: ProductWord,
    quantity: Quantity,
  ): void {
    const request: OrderRequest = {
      listing,
      side: quantity > 0n ? 'SELL' : 'BUY',
      variety: 'NORMAL',
      type: 'MARKET',
      product,
      duration: 'DAY',
      price: 0n as Price,
      trigger: 0n as Price,
      quantity: (quantity > 0n ? quantity : -quantity) as Quantity,
      tag: '',
      hasConsent: true,
    }
    const order = place(account, request, 'broker')
    if (order.state === 'open') fill(account, order, remaining(order), market.board(listing).last)
  }

  function turnDay(): void {
    market.turnDay(now)
    waiting.length = 0
    for (const account of accounts.values()) {
      // Whatever waits for the next opening outlives the night; everything else is of its day.
      for (const order of account.orders)
        if (isWorking(order) && order.state !== 'after market order req received')
          enterState(account, order, 'cancelled')
      const waitingForOpening = account.orders.filter(
        (order) => order.state === 'after market order req received',
      )
      turnAccountDay(account, (listing) =>
        isExpired(listing.expiry, now) ? market.board(listing).last : null,
      )
      account.orders = waitingForOpening
    }
    renamed.clear()
  }

  // --- changing what is there ----------------------------------------------------------------------

  function findOrder(account: Account, orderId: string): SimulatedOrder | null {
    const current = renamed.get(orderId) ?? orderId
    return account.orders.find((order) => order.orderId === current) ?? null
  }

  /** Nothing happens to an order that is final: that is for the caller to say, or not to say. */
  function cancel(account: Account, order: SimulatedOrder): void {
    if (!isWorking(order)) return
    const wasAfterMarket = order.state === 'after market order req received'
    enterState(account, order, wasAfterMarket ? 'cancelled after market order' : 'cancelled')
  }

  function modify(
    account: Account,
    order: SimulatedOrder,
    to: { type: OrderWord; price: Price; trigger: Price; quantity: Quantity },
  ): void {
    if (!isWorking(order)) return
    const isAfterMarket = order.state === 'after market order req received'
    market.walkTo(order.listing, now)
    const reason = rejectOutOfBounds({ ...to, listing: order.listing }, market.board(order.listing))
    if (reason !== null) {
      // The order stays what it was, although the answer said that the request was taken.
      enterState(account, order, order.state, reason)
      return
    }
    order.type = to.type
    order.price = to.price
    order.trigger = to.trigger
    order.quantity = larger(to.quantity, order.filled)
    order.updatedAt = now
    if (settings.renamesOnModify) rename(order)
    tell(account, order, isAfterMarket ? 'after market order modified' : 'modified')
    if (isAfterMarket || order.state === 'open pending') return
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
    order.orderId = orderIdOf(500_000_000 + journal.length + renamed.size, now)
    renamed.set(before, order.orderId)
    for (const [old, current] of renamed) if (current === before) renamed.set(old, order.orderId)
  }

  return {
    settings,
    market,
    accounts,
    journal,
    fills,
    now: () => now,
    advance,
    onOrder: (listener: OrderListener) => listeners.push(listener),
    refuse: (request: OrderRequest): Refusal | null => {
      market.walkTo(request.listing, now)
      return refuse(request, market.board(request.listing), settings)
    },
    place,
    cancel,
    modify,
    convert: convertPosition,
    findOrder,
    squareOff,
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
    movePrice(listing: Listing, price: Price): void {
      market.walkTo(listing, now)
      market.move(listing, price)
      if (hours.isOpen(listing.exchange, now)) matchResting(listing)
    },
  }
}

const isResting = (order: SimulatedOrder): boolean =>
  order.state === 'open' || order.state === 'trigger pending'
