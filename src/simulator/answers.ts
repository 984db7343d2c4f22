// What each route answers when nothing goes wrong. One function per route; none of them knows of faults,
// limits or connections.
import { assertNever } from '../domain/assert.ts'
import { formatDecimal, type Money, type Quantity, worth } from '../domain/numbers.ts'
import type { Side } from '../domain/order.ts'
import type { Instant } from '../domain/time.ts'
import { type Account, fundsOf, marginOf } from './account.ts'
import type { Exchange } from './exchange.ts'
import { type Body, numberOf, productOf, readOrder, readTerms, textOf } from './requests.ts'
import type { RouteName } from './routes.ts'
import {
  failure,
  fundsRow,
  holdingRow,
  type Json,
  lastPriceRow,
  orderRow,
  positionRow,
  profileRow,
  type QuoteMode,
  quoteRow,
  success,
  tradeRow,
} from './wire.ts'

/** JSON, or the empty 400 that some bad requests get. */
export type RouteAnswer =
  | { readonly kind: 'json'; readonly value: Json }
  | { readonly kind: 'emptyBadRequest' }

export interface Call {
  readonly exchange: Exchange
  readonly account: Account
  readonly body: Body
  /** What followed the route's path. */
  readonly rest: string
  readonly at: Instant
  /** What a cancel or modify of a final order is told. Seen live: that it succeeded. */
  readonly finalOrders: 'acknowledge' | 'refuse'
  /** A modification or cancellation is acknowledged only. */
  readonly isIgnored: boolean
}

const json = (value: Json): RouteAnswer => ({ kind: 'json', value })
const fail = (code: string, message: string): RouteAnswer => json(failure(code, message))

export type AccountRoute = Exclude<
  RouteName,
  'login' | 'generateTokens' | 'logout' | 'instruments' | 'stream'
>

export function answer(route: AccountRoute, call: Call): RouteAnswer {
  const { account, exchange, at } = call
  const boardOf = exchange.market.board
  switch (route) {
    case 'profile':
      return json(success(profileRow(account)))
    case 'funds':
      return json(success(fundsRow(fundsOf(account))))
    case 'place':
      return place(call)
    case 'modify':
      return modify(call)
    case 'cancel':
      return cancel(call)
    case 'book':
      return rows(account.orders.map(orderRow))
    case 'details':
      return details(call)
    case 'trades':
      return rows(account.fills.map(tradeRow))
    case 'positions':
      for (const { listing } of account.positions) exchange.market.walkTo(listing, at)
      return rows(account.positions.map((each) => positionRow(each, boardOf(each.listing))))
    case 'holdings':
      for (const { listing } of account.holdings) exchange.market.walkTo(listing, at)
      return rows(account.holdings.map((each) => holdingRow(each, boardOf(each.listing))))
    case 'allHoldings':
      return allHoldings(call)
    case 'convert':
      return convert(call)
    case 'lastPrice':
      return lastPrice(call)
    case 'quote':
      return quote(call)
    case 'margin':
      return margin(call)
    case 'search':
      return search(call)
    default:
      return assertNever(route)
  }
}

/** An empty day is null, not an empty list. */
const rows = (list: readonly Json[]): RouteAnswer => json(success(list.length === 0 ? null : list))

function place({ exchange, account, body }: Call): RouteAnswer {
  const request = readOrder(body, exchange.market)
  if (request.kind === 'emptyBadRequest') return request
  if (request.kind === 'refused') return fail(request.refusal.code, request.refusal.message)
  const refusal = exchange.desk.refuse(request.value)
  if (refusal) return fail(refusal.code, refusal.message)
  const order = exchange.desk.place(account, request.value, 'api')
  return json(
    success({
      script: order.listing.symbol,
      orderid: order.orderId,
      uniqueorderid: order.uniqueOrderId,
    }),
  )
}

function modify(call: Call): RouteAnswer {
  const { exchange, account, body } = call
  const order = exchange.desk.findOrder(account, textOf(body, 'orderid'))
  if (!order) return fail('AB1013', 'Order not found')
  const terms = readTerms(body)
  if (terms.kind === 'emptyBadRequest') return terms
  if (terms.kind === 'refused') return fail(terms.refusal.code, terms.refusal.message)
  const { type, price, trigger, quantity } = terms.value
  const { listing } = order
  if (listing.token !== textOf(body, 'symboltoken')) return fail('AB1009', 'Symbol Not Found')
  if (isFinalHere(order.state) && call.finalOrders === 'refuse')
    return fail('AB1013', 'Order is already final')
  const refusal = exchange.desk.refuse({
    ...order,
    variety: type.startsWith('STOPLOSS') ? 'STOPLOSS' : 'NORMAL',
    type,
    price,
    trigger,
    quantity,
    hasConsent: true,
  })
  if (refusal) return fail(refusal.code, refusal.message)
  if (!call.isIgnored) exchange.desk.modify(account, order, { type, price, trigger, quantity })
  return json(success({ orderid: order.orderId, uniqueorderid: order.uniqueOrderId }))
}

function cancel(call: Call): RouteAnswer {
  const { exchange, account, body } = call
  const order = exchange.desk.findOrder(account, textOf(body, 'orderid'))
  if (!order) return fail('AB1013', 'Order not found')
  const variety = textOf(body, 'variety')
  // An order that waits for the opening is AMO in the book; it answers to the word it was placed with too.
  if (variety !== order.variety && order.variety !== 'AMO')
    return fail('AB1007', 'Invalid order variety')
  if (isFinalHere(order.state) && call.finalOrders === 'refuse')
    return fail('AB1013', 'Order is already final')
  if (!call.isIgnored) exchange.desk.cancel(account, order)
  return json(success({ orderid: order.orderId, uniqueorderid: order.uniqueOrderId }))
}

const isFinalHere = (state: string): boolean =>
  state === 'complete' || state === 'rejected' || state.startsWith('cancelled')

function details({ account, rest }: Call): RouteAnswer {
  const order = account.orders.find((each) => each.uniqueOrderId === rest)
  return order ? json(success(orderRow(order))) : fail('AB1013', 'Order not found')
}

function allHoldings({ account, exchange }: Call): RouteAnswer {
  const list = account.holdings.map((each) => holdingRow(each, exchange.market.board(each.listing)))
  let value = 0n
  let cost = 0n
  for (const { listing, settled, unsettled, averagePrice } of account.holdings) {
    const quantity = (settled + unsettled) as Quantity
    value += worth(exchange.market.board(listing).last, quantity)
    cost += worth(averagePrice, quantity)
  }
  return json(
    success({
      holdings: list.length === 0 ? null : list,
      totalholding: {
        totalholdingvalue: Number(formatDecimal(value)),
        totalinvvalue: Number(formatDecimal(cost)),
        totalprofitandloss: Number(formatDecimal(value - cost)),
        totalpnlpercentage: cost === 0n ? 0 : Number(((value - cost) * 10_000n) / cost) / 100,
      },
    }),
  )
}

function convert({ exchange, account, body }: Call): RouteAnswer {
  const listing = exchange.market.byToken(textOf(body, 'exchange'), textOf(body, 'symboltoken'))
  const from = productOf(body, 'oldproducttype') ?? productOf(body, 'producttype')
  const to = productOf(body, 'newproducttype')
  const quantity = numberOf(body, 'quantity')
  if (!listing) return fail('AB1009', 'Symbol Not Found')
  if (!from || !to || quantity === null) return fail('AB1012', 'Invalid Product Type')
  const done = exchange.convert(account, listing, from, to, quantity as bigint as Quantity)
  return done ? json(success(null)) : fail('AB1017', 'Position conversion failed')
}

function lastPrice({ exchange, body, at }: Call): RouteAnswer {
  const listing = exchange.market.byToken(textOf(body, 'exchange'), textOf(body, 'symboltoken'))
  if (!listing) return fail('AB1018', 'Failed to get symbol details')
  exchange.market.walkTo(listing, at)
  return json(success(lastPriceRow(listing, exchange.market.board(listing))))
}

const QUOTE_TOKENS_MAX = 50

function quote({ exchange, body, at }: Call): RouteAnswer {
  const mode = (['LTP', 'OHLC', 'FULL'] as const).find((word) => word === body.mode)
  const wanted = Object.entries((body.exchangeTokens ?? {}) as Record<string, unknown>).flatMap(
    ([exchangeName, tokens]) =>
      Array.isArray(tokens) ? tokens.map((token) => [exchangeName, String(token)] as const) : [],
  )
  if (mode === undefined || wanted.length === 0 || wanted.length > QUOTE_TOKENS_MAX)
    return fail('AB1007', 'Invalid request')
  const fetched: Json[] = []
  const unfetched: Json[] = []
  for (const [exchangeName, token] of wanted) {
    const row = quoted(exchange, exchangeName, token, mode, at)
    if (row) fetched.push(row)
    else
      unfetched.push({
        exchange: exchangeName,
        symbolToken: token,
        message: 'Symbol token not found',
        errorCode: 'AB4018',
      })
  }
  return json(success({ fetched, unfetched }))
}

function quoted(
  exchange: Exchange,
  exchangeName: string,
  token: string,
  mode: QuoteMode,
  at: Instant,
): Json {
  const listing = exchange.market.byToken(exchangeName, token)
  if (!listing) return null
  exchange.market.walkTo(listing, at)
  return quoteRow(listing, exchange.market, mode, at)
}

const MARGIN_POSITIONS_MAX = 50

function margin({ exchange, body }: Call): RouteAnswer {
  const positions = Array.isArray(body.positions) ? (body.positions as Body[]) : []
  if (positions.length === 0 || positions.length > MARGIN_POSITIONS_MAX)
    return fail('AB1007', 'Invalid request')
  let total = 0n
  for (const position of positions) {
    const listing = exchange.market.byToken(textOf(position, 'exchange'), textOf(position, 'token'))
    const product = productOf(position, 'productType')
    const quantity = numberOf(position, 'qty')
    if (!listing) return fail('AB1009', 'Symbol Not Found')
    if (!product || quantity === null) return fail('AB1007', 'Invalid request')
    const price = numberOf(position, 'price') || exchange.market.board(listing).last
    const side: Side = textOf(position, 'tradeType') === 'SELL' ? 'SELL' : 'BUY'
    const amount = worth(price as never, quantity as bigint as Quantity)
    total += marginOf(listing, product, side, amount as Money)
  }
  const required = Number(formatDecimal(total))
  return json(
    success({
      totalMarginRequired: required,
      marginComponents: {
        netPremium: 0,
        spanMargin: required,
        marginBenefit: 0,
        deliveryMargin: 0,
        nonNFOMargin: 0,
        totOptionsPremium: 0,
      },
      marginBreakup: null,
      optionsBuy: null,
    }),
  )
}

function search({ exchange, body }: Call): RouteAnswer {
  const wanted = textOf(body, 'searchscrip').toUpperCase()
  const found = exchange.market.listings.filter(
    (listing) => listing.exchange === textOf(body, 'exchange') && listing.symbol.startsWith(wanted),
  )
  return json(
    success(
      found.map((listing) => ({
        exchange: listing.exchange,
        tradingsymbol: listing.symbol,
        symboltoken: listing.token,
      })),
    ),
  )
}
