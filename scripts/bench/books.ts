// The accounts of the receiving broker: each has a book of orders that fill at once, in one share, and what
// it holds by them. Rows are the simulator's own, so that both brokers write alike.
import {
  NO_MONEY,
  NO_QUANTITY,
  parseQuantity,
  type Quantity,
  worth,
} from '../../src/domain/numbers.ts'
import { dayOf, type Instant, instant } from '../../src/domain/time.ts'
import { type Position, trade } from '../../src/simulator/account.ts'
import { createTradingHours } from '../../src/simulator/hours.ts'
import { defaultListings, type Listing } from '../../src/simulator/listing.ts'
import { createMarket } from '../../src/simulator/market.ts'
import type { SimulatedOrder } from '../../src/simulator/order.ts'
import { orderIdOf, uniqueOrderIdOf } from '../../src/simulator/order-names.ts'
import { orderRow, positionRow, quoteRow } from '../../src/simulator/wire.ts'

export const TODAY = dayOf(instant(Date.now()))
export const LISTINGS = defaultListings(TODAY)
export const SHARE: Listing = find('SBIN-EQ')

function find(symbol: string): Listing {
  const found = LISTINGS.find((each) => each.symbol === symbol)
  if (!found) throw new Error(`${symbol} is not listed`)
  return found
}

const market = createMarket(LISTINGS, {
  seed: 1,
  walk: { kind: 'still' },
  hours: createTradingHours({ mode: 'ignore' }),
  at: instant(Date.now()),
})
let orders = 0

export interface Filled {
  readonly orderId: string
  readonly uniqueOrderId: string
  /** What the stream says of it. */
  readonly frame: string
}

export interface Book {
  /** An order that is filled at once. */
  fill(order: { side: 'BUY' | 'SELL'; quantity: Quantity; tag: string }): Filled
  /** All orders, as the broker answers for them. */
  text(): string
  positionsText(): string
}

export function createBook(clientCode: string): Book {
  const rows: string[] = []
  const position = emptyPosition()

  return {
    fill({ side, quantity, tag }) {
      const order = filledOrder(++orders, side, quantity, tag, instant(Date.now()))
      const row = orderRow(order) as Record<string, unknown>
      rows.push(JSON.stringify(row))
      trade(position, side, quantity, order.amount)
      const { uniqueorderid, exchangeorderid, ...told } = row
      return {
        orderId: order.orderId,
        uniqueOrderId: order.uniqueOrderId,
        frame: JSON.stringify({
          'user-id': clientCode,
          'status-code': '200',
          'order-status': 'AB05',
          'error-message': '',
          orderData: told,
        }),
      }
    },
    text: () => envelope(`[${rows.join()}]`),
    positionsText() {
      if (rows.length === 0) return envelope('null')
      return envelope(JSON.stringify([positionRow(position, market.board(SHARE))]))
    },
  }
}

/** Whose the session is. */
export const profileText = (clientCode: string): string =>
  envelope(
    JSON.stringify({
      clientcode: clientCode,
      name: 'Simulated',
      email: '',
      mobileno: '',
      exchanges: '["NSE","BSE","NFO","BFO","MCX"]',
      products: '["MARGIN","MIS","NRML","CNC","CO","BO"]',
      lastlogintime: '',
      brokerid: 'B2C',
    }),
  )

/** What the share costs, to whoever asks. */
export const quoteText = (): string =>
  envelope(
    JSON.stringify({
      fetched: [quoteRow(SHARE, market, 'FULL', instant(Date.now()))],
      unfetched: [],
    }),
  )

/** Around data that is text already. */
export const envelope = (data: string): string =>
  `{"status":true,"message":"SUCCESS","errorcode":"","data":${data}}`

export const quantityOf = (text: string): Quantity => parseQuantity(text)

function filledOrder(
  number: number,
  side: 'BUY' | 'SELL',
  quantity: Quantity,
  tag: string,
  at: Instant,
): SimulatedOrder {
  return {
    number,
    uniqueOrderId: uniqueOrderIdOf(1, number),
    exchangeOrderId: String(1_100_000_000_000_000 + number),
    placedBy: 'api',
    placedAt: at,
    listing: SHARE,
    side,
    product: 'INTRADAY',
    duration: 'DAY',
    tag,
    reference: SHARE.price,
    orderId: orderIdOf(number, at),
    variety: 'NORMAL',
    type: 'LIMIT',
    price: SHARE.price,
    trigger: 0n as typeof SHARE.price,
    quantity,
    state: 'complete',
    text: '',
    isTriggered: false,
    isTaking: false,
    filled: quantity,
    amount: worth(SHARE.price, quantity),
    updatedAt: at,
    exchangeAt: at,
  }
}

function emptyPosition(): Position {
  return {
    listing: SHARE,
    product: 'INTRADAY',
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
}
