// One simulated client: what was ordered today, what it came to, and the money. Positions are the sum of
// the fills, and the money is what came in, less what the fills cost, less what is blocked; nothing here
// may round one of them away from the others.
import {
  divideRounded,
  type Money,
  magnitude,
  NO_MONEY,
  NO_QUANTITY,
  negate,
  type Price,
  type Quantity,
  smaller,
  subtract,
  worth,
} from '../domain/numbers.ts'
import { type Side, signed } from '../domain/order.ts'
import type { Listing } from './listing.ts'
import {
  isWorking,
  type ProductWord,
  remaining,
  type SimulatedFill,
  type SimulatedOrder,
} from './order.ts'

/** Who an account is, as its owner and the broker know it. */
export interface AccountSetting {
  readonly clientCode: string
  readonly name: string
  readonly pin: string
  readonly totpSecret: string
  readonly apiKey: string
  readonly cash: Money
  /** Source addresses from which orders are taken; empty: any. */
  readonly addresses: readonly string[]
  readonly holdings: readonly {
    readonly exchange: string
    readonly symbol: string
    readonly quantity: Quantity
    readonly price: Price
  }[]
}

export interface Position {
  readonly listing: Listing
  readonly product: ProductWord
  buyQuantity: Quantity
  buyAmount: Money
  sellQuantity: Quantity
  sellAmount: Money
  carriedBuyQuantity: Quantity
  carriedBuyAmount: Money
  carriedSellQuantity: Quantity
  carriedSellAmount: Money
  /** What the open quantity cost; negative when short. */
  cost: Money
}

export interface Holding {
  readonly listing: Listing
  /** Bought yesterday, not delivered yet. */
  unsettled: Quantity
  settled: Quantity
  averagePrice: Price
}

export interface Account {
  readonly setting: AccountSetting
  cash: Money
  orders: SimulatedOrder[]
  fills: SimulatedFill[]
  positions: Position[]
  holdings: Holding[]
  isBlocked: boolean
}

export function createAccount(
  setting: AccountSetting,
  find: (exchange: string, symbol: string) => Listing | null,
): Account {
  const holdings = setting.holdings.map((held) => {
    const listing = find(held.exchange, held.symbol)
    if (!listing) throw new Error(`${held.exchange}:${held.symbol} is not listed`)
    return {
      listing,
      unsettled: NO_QUANTITY,
      settled: held.quantity,
      averagePrice: held.price,
    }
  })
  return {
    setting,
    cash: setting.cash,
    orders: [],
    fills: [],
    positions: [],
    holdings,
    isBlocked: false,
  }
}

export const netQuantity = (position: Position): Quantity =>
  (position.carriedBuyQuantity +
    position.buyQuantity -
    position.carriedSellQuantity -
    position.sellQuantity) as Quantity

export const findPosition = (account: Account, listing: Listing, product: ProductWord) =>
  account.positions.find((each) => each.listing === listing && each.product === product)

export function positionOf(account: Account, listing: Listing, product: ProductWord): Position {
  const found = findPosition(account, listing, product)
  if (found) return found
  const position: Position = {
    listing,
    product,
    buyQuantity: NO_QUANTITY,
    buyAmount: NO_MONEY,
    sellQuantity: NO_QUANTITY,
    sellAmount: NO_MONEY,
    carriedBuyQuantity: NO_QUANTITY,
    carriedBuyAmount: NO_MONEY,
    carriedSellQuantity: NO_QUANTITY,
    carriedSellAmount: NO_MONEY,
    cost: NO_MONEY,
  }
  account.positions.push(position)
  return position
}

/** Adds a trade to a position: what closes takes its share of the cost away, what opens adds its own. */
export function trade(position: Position, side: Side, quantity: Quantity, amount: Money): void {
  const before = netQuantity(position)
  const change = signed(side, quantity)
  const closing = before !== 0n && before < 0n !== change < 0n
  const closed = closing ? smaller(quantity, magnitude(before)) : NO_QUANTITY
  const opened = subtract(quantity, closed)
  const costOfClosed = closed === 0n ? 0n : share(position.cost, closed, magnitude(before))
  const costOfOpened = share(amount, opened, quantity)
  position.cost = (position.cost -
    costOfClosed +
    (side === 'BUY' ? costOfOpened : -costOfOpened)) as Money
  if (side === 'BUY') {
    position.buyQuantity = (position.buyQuantity + quantity) as Quantity
    position.buyAmount = (position.buyAmount + amount) as Money
  } else {
    position.sellQuantity = (position.sellQuantity + quantity) as Quantity
    position.sellAmount = (position.sellAmount + amount) as Money
  }
}

/** Moves a position to another product at what it cost, so that nothing is gained or lost by it. */
export function convertPosition(
  account: Account,
  listing: Listing,
  from: ProductWord,
  to: ProductWord,
  quantity: Quantity,
): boolean {
  const source = findPosition(account, listing, from)
  const held = source ? netQuantity(source) : NO_QUANTITY
  if (!source || quantity <= 0n || quantity > magnitude(held)) return false
  const amount = share(magnitude(source.cost), quantity, magnitude(held)) as Money
  trade(source, held > 0n ? 'SELL' : 'BUY', quantity, amount)
  trade(positionOf(account, listing, to), held > 0n ? 'BUY' : 'SELL', quantity, amount)
  return true
}

/** Gained by what was closed: everything that came in and went out, but for what is still open. */
export const realised = (position: Position): Money =>
  (position.carriedSellAmount +
    position.sellAmount -
    position.carriedBuyAmount -
    position.buyAmount +
    position.cost) as Money

export interface Funds {
  readonly net: Money
  readonly used: Money
  readonly realised: Money
}

export function fundsOf(account: Account): Funds {
  let gained = 0n
  let used = 0n
  for (const position of account.positions) {
    gained += realised(position)
    used += marginOfPosition(position)
  }
  for (const order of account.orders) if (isWorking(order)) used += marginOfOrder(account, order)
  return {
    net: (account.cash + gained - used) as Money,
    used: used as Money,
    realised: gained as Money,
  }
}

/** What the part of an order that opens something blocks. */
export function marginOfOrder(account: Account, order: SimulatedOrder): Money {
  const position = findPosition(account, order.listing, order.product)
  const held = position ? netQuantity(position) : NO_QUANTITY
  const closes = held !== 0n && held > 0n === (order.side === 'SELL')
  const left = remaining(order)
  const opens = closes ? subtract(left, smaller(left, magnitude(held))) : left
  const price = order.price || order.trigger || order.reference
  return marginOf(order.listing, order.product, order.side, worth(price, opens))
}

const marginOfPosition = (position: Position): Money =>
  marginOf(
    position.listing,
    position.product,
    position.cost < 0n ? 'SELL' : 'BUY',
    magnitude(position.cost),
  )

/** Roughly as a broker does: the whole price where it is paid, a part of the value where it is pledged. */
export function marginOf(listing: Listing, product: ProductWord, side: Side, amount: Money): Money {
  if (listing.optionType !== '') {
    return side === 'BUY' ? amount : percent(amount, 400n)
  }
  if (listing.instrumentType !== '') return percent(amount, 15n)
  if (product === 'DELIVERY') return side === 'BUY' ? amount : NO_MONEY
  return percent(amount, 20n)
}

/** What may still be sold for delivery: held, and bought today, less sells that are resting. */
export function deliverable(account: Account, listing: Listing): Quantity {
  const holding = account.holdings.find((each) => each.listing === listing)
  const position = findPosition(account, listing, 'DELIVERY')
  let quantity = (holding ? holding.settled + holding.unsettled : 0n) as bigint
  if (position) quantity += netQuantity(position)
  for (const order of account.orders) {
    if (isWorking(order) && order.listing === listing && order.side === 'SELL')
      if (order.product === 'DELIVERY') quantity -= remaining(order)
  }
  return quantity as Quantity
}

/**
 * Overnight: delivery becomes holdings, what has expired is settled at the price that `settledAt` says,
 * the rest is carried at its cost, and today's gains become cash.
 */
export function turnAccountDay(
  account: Account,
  settledAt: (listing: Listing) => Price | null,
): void {
  for (const holding of account.holdings) {
    holding.settled = (holding.settled + holding.unsettled) as Quantity
    holding.unsettled = NO_QUANTITY
  }
  const carried: Position[] = []
  for (const position of account.positions) {
    account.cash = (account.cash + realised(position)) as Money
    const quantity = netQuantity(position)
    if (quantity === 0n) continue
    const price = settledAt(position.listing)
    if (position.product === 'DELIVERY') deliver(account, position, quantity)
    else if (price === null) carried.push(carry(position, quantity))
    else account.cash = (account.cash + worth(price, quantity) - position.cost) as Money
  }
  account.positions = carried
  account.orders = []
  account.fills = []
}

function deliver(account: Account, position: Position, quantity: Quantity): void {
  account.cash = (account.cash - position.cost) as Money
  const known = account.holdings.find((each) => each.listing === position.listing)
  if (quantity > 0n) {
    if (known) {
      const before = worth(known.averagePrice, known.settled)
      known.averagePrice = averageOf(
        (before + position.cost) as Money,
        (known.settled + quantity) as Quantity,
      )
      known.unsettled = quantity
    } else {
      account.holdings.push({
        listing: position.listing,
        unsettled: quantity,
        settled: NO_QUANTITY,
        averagePrice: averageOf(position.cost, quantity),
      })
    }
  } else if (known) {
    known.settled = (known.settled + quantity) as Quantity
  }
  account.holdings = account.holdings.filter((each) => each.settled + each.unsettled > 0n)
}

function carry(position: Position, quantity: Quantity): Position {
  const isLong = quantity > 0n
  return {
    ...position,
    buyQuantity: NO_QUANTITY,
    buyAmount: NO_MONEY,
    sellQuantity: NO_QUANTITY,
    sellAmount: NO_MONEY,
    carriedBuyQuantity: isLong ? quantity : NO_QUANTITY,
    carriedBuyAmount: isLong ? position.cost : NO_MONEY,
    carriedSellQuantity: isLong ? NO_QUANTITY : negate(quantity),
    carriedSellAmount: isLong ? NO_MONEY : negate(position.cost),
  }
}

/** To four decimals, as the broker shows averages. */
export function averageOf(amount: Money, quantity: Quantity): Price {
  if (quantity === 0n) return 0n as Price
  return (divideRounded(amount * 10_000n, quantity, 'nearest') * 10_000n) as Price
}

const share = (amount: Money, part: Quantity, whole: Quantity): bigint =>
  divideRounded(amount * part, whole, 'nearest')

const percent = (amount: Money, rate: bigint): Money =>
  divideRounded(amount * rate, 100n, 'nearest') as Money
