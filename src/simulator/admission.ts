// What the simulated broker refuses, and when: `refuse` is said in the answer to the request, `reject`
// only after it was accepted, as risk management and the exchange do. Codes are the documented ones;
// where the documents name none for a bad parameter it is AB1007, the code seen live for most of them.
import {
  divideRounded,
  formatDecimal,
  larger,
  type Price,
  roundTo,
  smaller,
  subtract,
} from '../domain/numbers.ts'
import { bandOf } from '../domain/protection-band.ts'
import type { Instant } from '../domain/time.ts'
import {
  type Account,
  deliverable,
  findPosition,
  fundsOf,
  marginOfOrder,
  netQuantity,
} from './account.ts'
import type { TradingHours } from './hours.ts'
import { instrumentOf, type Listing } from './listing.ts'
import type { Board } from './market.ts'
import { isStop, type OrderRequest, type SimulatedOrder, takesAnyPrice } from './order.ts'

/** What becomes of a market order that comes by API. Both of the first two are announced by the broker. */
export type MarketOrders = 'refuse' | 'convert' | 'fill'

export interface Refusal {
  readonly code: string
  readonly message: string
}

const refused = (code: string, message: string): Refusal => ({ code, message })

/** Of an order by API: said at once, and the order is in no book. */
export function refuse(
  request: OrderRequest,
  board: Board,
  settings: { marketOrders: MarketOrders; priceProtectionPercent: number | null },
): Refusal | null {
  const { listing, type, variety } = request
  if (request.tag.length >= 20) return refused('AB4008', 'ordertag length should be less than 20')
  if (isStop(type) !== (variety === 'STOPLOSS')) return refused('AB1007', 'Invalid order variety')
  if (settings.marketOrders === 'refuse' && takesAnyPrice(type))
    return refused('AB1007', 'Market orders are not allowed for API orders')
  if (request.duration === 'IOC' && listing.exchange === 'MCX')
    return refused('AB1007', 'IOC is not allowed for commodities')
  if (request.quantity <= 0n) return refused('AB1007', 'Quantity should be greater than zero')
  if (request.quantity % listing.lotSize !== 0n)
    return refused('AB1007', `Quantity should be a multiple of ${formatDecimal(listing.lotSize)}`)
  if (!takesAnyPrice(type) && request.price <= 0n)
    return refused('AB1007', 'Price should be greater than zero')
  if (isStop(type) && request.trigger <= 0n)
    return refused('AB1007', 'Trigger price should be greater than zero')
  if (request.price % listing.tick !== 0n || request.trigger % listing.tick !== 0n)
    return refused('AB1007', `Price should be a multiple of ${formatDecimal(listing.tick, 2)}`)
  if (listing.isCautioned && !request.hasConsent && request.side === 'BUY')
    return refused('AB4036', 'Scrip is under cautionary listing, consent is required')
  return refuseUnprotected(request, board, settings.priceProtectionPercent)
}

/** Limit price protection: a limit too far through the market is refused, with the bound in the text. */
function refuseUnprotected(
  request: OrderRequest,
  board: Board,
  percent: number | null,
): Refusal | null {
  if (percent === null || takesAnyPrice(request.type)) return null
  const room = divideRounded(board.last * BigInt(Math.round(percent * 100)), 10_000n, 'nearest')
  const { tick } = request.listing
  if (request.side === 'BUY') {
    const bound = roundTo((board.last + room) as Price, tick, 'down')
    if (request.price > bound)
      return refused('AB1007', `Price should be at most ${formatDecimal(bound, 2)} (LPP)`)
  } else {
    const bound = roundTo((board.last - room) as Price, tick, 'up')
    if (request.price < bound)
      return refused('AB1007', `Price should be at least ${formatDecimal(bound, 2)} (LPP)`)
  }
  return null
}

/** After acceptance: the text that the order book will show, or null when the order may go on. */
export function reject(
  account: Account,
  order: SimulatedOrder,
  board: Board,
  hours: TradingHours,
  at: Instant,
): string | null {
  const { listing } = order
  if (account.isBlocked) return 'RMS:Blocked for trading'
  const outOfBounds = rejectOutOfBounds(order, board)
  if (outOfBounds !== null) return outOfBounds
  if (order.product === 'INTRADAY' && listing.symbol.endsWith('-BE'))
    return 'RMS:Rule: Intraday is not allowed for trade to trade scrips'
  const isLate = order.product === 'INTRADAY' && hours.isSquaredOff(listing.exchange, at)
  if (isLate && order.placedBy !== 'broker' && opensSomething(account, order))
    return 'RMS:Rule: Intraday orders are not allowed after square off time'
  if (isStop(order.type)) {
    const isBehind =
      order.side === 'BUY' ? order.trigger <= board.last : order.trigger >= board.last
    if (isBehind) return '17070 : The Price is out of the current execution range'
  }
  return rejectUncovered(account, order)
}

/** What a modification is held to as well: the exchange's freeze quantity and the circuit. */
export function rejectOutOfBounds(
  order: Pick<SimulatedOrder, 'listing' | 'price' | 'quantity'>,
  board: Board,
): string | null {
  const { listing } = order
  if (listing.freeze > 0n && order.quantity > listing.freeze)
    return `16283 : Order quantity exceeds the freeze quantity of ${formatDecimal(listing.freeze)}`
  if (order.price > board.upperCircuit || (order.price > 0n && order.price < board.lowerCircuit))
    return `RMS:Rule: Check circuit limit including square off order exceeds : Circuit breach, Order Price :${formatDecimal(order.price, 2)}, Low Price Range:${formatDecimal(board.lowerCircuit, 2)} High Price Range:${formatDecimal(board.upperCircuit, 2)}`
  return null
}

function rejectUncovered(account: Account, order: SimulatedOrder): string | null {
  const isDeliverySell =
    order.product === 'DELIVERY' && order.side === 'SELL' && order.listing.instrumentType === ''
  // The order itself is among the resting ones already, so less than nothing is left when it is too much.
  if (isDeliverySell && deliverable(account, order.listing) < 0n)
    return 'RMS:Rule: Check holdings including BTST for entity account-holdings'
  const required = marginOfOrder(account, order)
  const { net } = fundsOf(account)
  if (required > 0n && net < 0n) {
    const available = net + required
    return `RMS:Margin Exceeds,Required:${formatDecimal(required, 2)}, Available:${formatDecimal(available, 2)} for entity account-${account.setting.clientCode} across exchange across segment across product`
  }
  return null
}

function opensSomething(account: Account, order: SimulatedOrder): boolean {
  const position = findPosition(account, order.listing, order.product)
  const held = position ? netQuantity(position) : 0n
  const room = order.side === 'SELL' ? held : -held
  return order.quantity > (room > 0n ? room : 0n)
}

/** Market price protection: how far from the last price a market order may go, as the broker publishes. */
export function protectedPrice(listing: Listing, side: 'BUY' | 'SELL', board: Board): Price {
  const { over, under } = bandOf(instrumentOf(listing), board.last)
  const room = divideRounded(board.last * over, under, 'nearest')
  const price =
    side === 'BUY'
      ? roundTo((board.last + room) as Price, listing.tick, 'down')
      : roundTo(larger(subtract(board.last, room as Price), listing.tick), listing.tick, 'up')
  return smaller(larger(price, board.lowerCircuit), board.upperCircuit)
}
