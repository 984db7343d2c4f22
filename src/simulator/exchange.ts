// The exchange: accounts, the market and the desk, moved on by `advance` alone. It asks no clock and draws
// no chance of its own, so the same calls at the same times give the same world.
import { assertNever } from '../domain/assert.ts'
import { magnitude, type Price, type Quantity, smaller } from '../domain/numbers.ts'
import type { Instant } from '../domain/time.ts'
import {
  type Account,
  type AccountSetting,
  convertPosition,
  createAccount,
  netQuantity,
  turnAccountDay,
} from './account.ts'
import { createDesk, type DeskSettings, isAfterMarket } from './desk.ts'
import { createTradingHours, type DayEvent, type Hours, squaresOff } from './hours.ts'
import type { Listing } from './listing.ts'
import { createMarket, isExpired, type Market, nextStep, type Walk } from './market.ts'
import { type OrderRequest, type ProductWord, remaining } from './order.ts'

export interface ExchangeSettings extends DeskSettings {
  readonly listings: readonly Listing[]
  readonly accounts: readonly AccountSetting[]
  readonly hours: Hours
  readonly walk: Walk
}

export type Exchange = ReturnType<typeof createExchange>

export function createExchange(settings: ExchangeSettings, startsAt: Instant) {
  const { seed, walk } = settings
  let now = startsAt
  const hours = createTradingHours(settings.hours)
  const market: Market = createMarket(settings.listings, { seed, walk, hours, at: startsAt })
  const desk = createDesk({ market, hours, now: () => now }, settings)
  const accounts = new Map(
    settings.accounts.map((setting) => [
      setting.clientCode,
      createAccount(setting, market.bySymbol),
    ]),
  )

  function advance(to: Instant): void {
    while (now < to) {
      const day = hours.nextEvent(now)
      const due = desk.nextArrival() ?? Number.POSITIVE_INFINITY
      const step = isStepping() ? nextStep(now) : Number.POSITIVE_INFINITY
      const next = Math.min(day.at, due, step) as Instant
      if (next > to) break
      now = next
      if (next === day.at) turn(day.kind)
      desk.admitArrived()
      if (next === step) stepPrices()
    }
    now = to > now ? to : now
  }

  /** Prices need no step by step while nobody waits for them. */
  const isStepping = (): boolean =>
    (walk.kind === 'walk' || settings.liquidity !== null) && desk.restingListings().size > 0

  function stepPrices(): void {
    const watched = desk.restingListings()
    for (const listing of watched) market.walkTo(listing, now)
    for (const listing of watched)
      if (hours.isOpen(listing.exchange, now)) desk.matchResting(listing)
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
        const isOpen = hours.isOpen(order.listing.exchange, now)
        if (isOpen && isAfterMarket(order)) desk.submit(account, order)
        else if (!isOpen && !isAfterMarket(order)) desk.cancel(account, order)
      }
    }
  }

  /** The broker cancels and closes what is intraday, with orders of its own. */
  function squareOff(account: Account): void {
    const isIntraday = (each: { product: ProductWord; listing: Listing }): boolean =>
      each.product === 'INTRADAY' && squaresOff(each.listing.exchange)
    for (const order of account.orders.filter(isIntraday)) desk.cancel(account, order)
    for (const position of account.positions.filter(isIntraday))
      if (netQuantity(position) !== 0n)
        closeByBroker(account, position.listing, position.product, netQuantity(position))
  }

  function closeByBroker(
    account: Account,
    listing: Listing,
    product: ProductWord,
    quantity: Quantity,
  ): void {
    const { lotSize } = listing
    const freeze = (listing.freeze - (listing.freeze % lotSize)) as Quantity
    const whole = magnitude(quantity)
    // As many orders as the exchange's freeze quantity makes of it, in whole lots.
    for (let left: bigint = whole; left > 0n; left -= freeze === 0n ? left : freeze)
      closePart(account, listing, product, quantity, smaller(left as Quantity, freeze || whole))
  }

  function closePart(
    account: Account,
    listing: Listing,
    product: ProductWord,
    held: Quantity,
    quantity: Quantity,
  ): void {
    const request: OrderRequest = {
      listing,
      side: held > 0n ? 'SELL' : 'BUY',
      variety: 'NORMAL',
      type: 'MARKET',
      product,
      duration: 'DAY',
      price: 0n as Price,
      trigger: 0n as Price,
      quantity,
      tag: '',
      hasConsent: true,
    }
    const order = desk.place(account, request, 'broker')
    if (order.state === 'open') desk.fill(account, order, remaining(order), null)
  }

  function turnDay(): void {
    market.turnDay(now)
    for (const account of accounts.values()) {
      desk.endDay(account)
      const waitingForOpening = account.orders.filter(isAfterMarket)
      turnAccountDay(account, (listing) =>
        isExpired(listing.expiry, now) ? market.board(listing).last : null,
      )
      account.orders = waitingForOpening
    }
    desk.forgetNames()
  }

  return {
    settings,
    market,
    accounts,
    desk,
    now: () => now,
    advance,
    squareOff,
    convert: convertPosition,
    movePrice(listing: Listing, price: Price): void {
      market.walkTo(listing, now)
      market.move(listing, price)
      if (hours.isOpen(listing.exchange, now)) desk.matchResting(listing)
    },
  }
}
