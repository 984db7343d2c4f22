// How the broker writes things down: which numbers are texts and which are not, what is null, and both
// kinds of envelope. The shapes follow the published samples and rows seen live; nothing here decides.
import {
  formatDecimal,
  type Money,
  magnitude,
  NO_MONEY,
  type NO_QUANTITY,
} from '../domain/numbers.ts'
import { formatInstant, formatTime, type Instant } from '../domain/time.ts'
import {
  type Account,
  averageOf,
  type Funds,
  type Holding,
  netQuantity,
  type Position,
  realised,
} from './account.ts'
import { formatExpiry, type Listing } from './listing.ts'
import type { Board, Market } from './market.ts'
import { remaining, type SimulatedFill, type SimulatedOrder } from './order.ts'

export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json }

// --- envelopes -------------------------------------------------------------------------------------

export const success = (data: Json): Json => ({
  status: true,
  message: 'SUCCESS',
  errorcode: '',
  data,
})

export const failure = (errorcode: string, message: string): Json => ({
  status: false,
  message,
  errorcode,
  data: null,
})

/** What stands before the broker's own services speaks another dialect. */
export const gatewayFailure = (errorCode: string, message: string): Json => ({
  success: false,
  message,
  errorCode,
  data: '',
})

export const RATE_LIMIT_TEXT = 'Access denied because of exceeding access rate'

export const BLOCK_PAGE =
  '<html><head><title>Request Rejected</title></head><body>The requested URL was rejected. Please consult with your administrator.<br><br>Your support ID is: 10714553241839640214<br><br><a href="javascript:history.back();">[Go Back]</a></body></html>'

// --- rows ------------------------------------------------------------------------------------------

/** A row of the order book, of the details and of the stream. Averages and prices are numbers here. */
export function orderRow(order: SimulatedOrder): Json {
  const { listing } = order
  const isFinalUnfilled =
    order.state === 'cancelled' || order.state === 'cancelled after market order'
  return {
    variety: order.variety,
    ordertype: order.type,
    producttype: order.product,
    duration: order.duration,
    price: number(order.price),
    triggerprice: number(order.trigger),
    quantity: text(order.quantity),
    disclosedquantity: '0',
    squareoff: 0,
    stoploss: 0,
    trailingstoploss: 0,
    tradingsymbol: listing.symbol,
    transactiontype: order.side,
    exchange: listing.exchange,
    symboltoken: listing.token,
    ordertag: order.tag,
    instrumenttype: listing.instrumentType,
    strikeprice: listing.strike === null ? -1 : number(listing.strike),
    optiontype: listing.optionType,
    expirydate: listing.expiry === null ? '' : formatExpiry(listing.expiry),
    lotsize: text(listing.lotSize),
    cancelsize: isFinalUnfilled ? text(remaining(order)) : '0',
    averageprice: number(averageOf(order.amount, order.filled)),
    filledshares: text(order.filled),
    unfilledshares: text(remaining(order)),
    orderid: order.orderId,
    text: order.text,
    status: order.state,
    orderstatus: order.state,
    updatetime: formatStamp(order.updatedAt),
    exchtime: order.exchangeAt === null ? '' : formatStamp(order.exchangeAt),
    exchorderupdatetime: order.exchangeAt === null ? '' : formatStamp(order.exchangeAt),
    fillid: '',
    filltime: '',
    parentorderid: '',
    uniqueorderid: order.uniqueOrderId,
    exchangeorderid: order.exchangeAt === null ? '' : order.exchangeOrderId,
  }
}

/** Everything is text here, and the time has no day. */
export function tradeRow(fill: SimulatedFill): Json {
  const { order } = fill
  const { listing } = order
  return {
    exchange: listing.exchange,
    producttype: order.product,
    tradingsymbol: listing.symbol,
    instrumenttype: listing.instrumentType,
    symbolgroup: seriesOf(listing),
    strikeprice: listing.strike === null ? '-1' : text(listing.strike),
    optiontype: listing.optionType,
    expirydate: listing.expiry === null ? '' : formatExpiry(listing.expiry),
    marketlot: text(listing.lotSize),
    precision: '2',
    multiplier: '-1',
    tradevalue: amount((fill.price * fill.quantity) as Money, 2),
    transactiontype: order.side,
    fillprice: formatDecimal(fill.price, 2),
    fillsize: text(fill.quantity),
    orderid: order.orderId,
    fillid: fill.fillId,
    filltime: formatTime(fill.at),
  }
}

export function positionRow(position: Position, board: Board): Json {
  const { listing } = position
  const bought = position.buyAmount + position.carriedBuyAmount
  const sold = position.sellAmount + position.carriedSellAmount
  const boughtQuantity = position.buyQuantity + position.carriedBuyQuantity
  const soldQuantity = position.sellQuantity + position.carriedSellQuantity
  const quantity = netQuantity(position)
  const average = quantity === 0n ? 0n : averageOf(magnitude(position.cost), magnitude(quantity))
  const value = (board.last * quantity) / 100_000_000n - position.cost
  return {
    exchange: listing.exchange,
    symboltoken: listing.token,
    producttype: position.product,
    tradingsymbol: listing.symbol,
    symbolname: listing.name,
    instrumenttype: listing.instrumentType,
    priceden: '1',
    pricenum: '1',
    genden: '1',
    gennum: '1',
    precision: '2',
    multiplier: '-1',
    boardlotsize: text(listing.lotSize),
    buyqty: text(position.buyQuantity),
    sellqty: text(position.sellQuantity),
    buyamount: formatDecimal(position.buyAmount, 2),
    sellamount: formatDecimal(position.sellAmount, 2),
    symbolgroup: seriesOf(listing),
    strikeprice: listing.strike === null ? '-1' : text(listing.strike),
    optiontype: listing.optionType,
    expirydate: listing.expiry === null ? '' : formatExpiry(listing.expiry),
    lotsize: text(listing.lotSize),
    cfbuyqty: text(position.carriedBuyQuantity),
    cfsellqty: text(position.carriedSellQuantity),
    cfbuyamount: formatDecimal(position.carriedBuyAmount, 2),
    cfsellamount: formatDecimal(position.carriedSellAmount, 2),
    buyavgprice: average2(position.buyAmount, position.buyQuantity),
    sellavgprice: average2(position.sellAmount, position.sellQuantity),
    avgnetprice: formatDecimal(average, 2),
    netvalue: spacedSign(sold - bought),
    netqty: text(quantity),
    totalbuyvalue: formatDecimal(bought, 2),
    totalsellvalue: formatDecimal(sold, 2),
    cfbuyavgprice: average2(position.carriedBuyAmount, position.carriedBuyQuantity),
    cfsellavgprice: average2(position.carriedSellAmount, position.carriedSellQuantity),
    totalbuyavgprice: average2(bought, boughtQuantity),
    totalsellavgprice: average2(sold, soldQuantity),
    netprice: formatDecimal(average, 2),
    ltp: formatDecimal(board.last, 2),
    close: formatDecimal(board.previousClose, 2),
    realised: formatDecimal(realised(position), 2),
    unrealised: formatDecimal(value, 2),
    pnl: formatDecimal(realised(position) + value, 2),
  }
}

/** Numbers here are numbers, and what is nothing is null. */
export function holdingRow(holding: Holding, board: Board): Json {
  const quantity = holding.settled + holding.unsettled
  const gain = ((board.last - holding.averagePrice) * quantity) / 100_000_000n
  return {
    tradingsymbol: holding.listing.symbol,
    exchange: holding.listing.exchange,
    isin: `INE${holding.listing.token.padStart(6, '0').slice(-6)}01`,
    t1quantity: number(holding.unsettled),
    realisedquantity: number(holding.settled),
    quantity: number(quantity),
    authorisedquantity: 0,
    product: 'DELIVERY',
    collateralquantity: null,
    collateraltype: null,
    haircut: 0,
    averageprice: number(holding.averagePrice),
    ltp: number(board.last),
    symboltoken: holding.listing.token,
    close: number(board.previousClose),
    profitandloss: Math.round(number(gain)),
    pnlpercentage: percentOf(board.last - holding.averagePrice, holding.averagePrice),
  }
}

/** What is called available cash is the net too, and realised gains are not told, as seen live. */
export function fundsRow({ net, used }: Funds): Json {
  return {
    net: formatDecimal(net, 4),
    availablecash: formatDecimal(net, 4),
    availableintradaypayin: '0.0000',
    availablelimitmargin: '0.0000',
    collateral: '0.0000',
    m2munrealized: '0.0000',
    m2mrealized: '0.0000',
    utiliseddebits: formatDecimal(used, 4),
    utilisedspan: null,
    utilisedoptionpremium: null,
    utilisedholdingsales: null,
    utilisedexposure: null,
    utilisedturnover: null,
    utilisedpayout: '0.0000',
  }
}

export function profileRow(account: Account): Json {
  return {
    clientcode: account.setting.clientCode,
    name: account.setting.name,
    email: '',
    mobileno: '',
    // A text that looks like a list, as in the published sample.
    exchanges: '["NSE","BSE","NFO","BFO","MCX"]',
    products: '["MARGIN","MIS","NRML","CNC","CO","BO"]',
    lastlogintime: '',
    brokerid: 'B2C',
  }
}

export type QuoteMode = 'LTP' | 'OHLC' | 'FULL'

export function quoteRow(listing: Listing, market: Market, mode: QuoteMode, at: Instant): Json {
  const board = market.board(listing)
  const name = {
    exchange: listing.exchange,
    tradingSymbol: listing.symbol,
    symbolToken: listing.token,
    ltp: number(board.last),
  }
  if (mode === 'LTP') return name
  const day = {
    ...name,
    open: number(board.open),
    high: number(board.high),
    low: number(board.low),
    close: number(board.previousClose),
  }
  if (mode === 'OHLC') return day
  return {
    ...day,
    lastTradeQty: number(listing.lotSize),
    exchFeedTime: formatStamp(at),
    exchTradeTime: formatStamp(at),
    netChange: number(board.last - board.previousClose),
    percentChange: percentOf(board.last - board.previousClose, board.previousClose),
    avgPrice: number(board.last),
    tradeVolume: 0,
    opnInterest: 0,
    lowerCircuit: number(board.lowerCircuit),
    upperCircuit: number(board.upperCircuit),
    totBuyQuan: 0,
    totSellQuan: 0,
    '52WeekLow': number(board.lowerCircuit),
    '52WeekHigh': number(board.upperCircuit),
    depth: { buy: depth(listing, board, -1n), sell: depth(listing, board, 1n) },
  }
}

function depth(listing: Listing, board: Board, direction: -1n | 1n): readonly Json[] {
  return [1n, 2n, 3n, 4n, 5n]
    .map((level) => board.last + direction * level * listing.tick)
    .filter((price) => price >= board.lowerCircuit && price <= board.upperCircuit)
    .map((price, level) => ({
      price: number(price),
      quantity: number(listing.lotSize) * (level + 3),
      orders: level + 1,
    }))
}

export function lastPriceRow(listing: Listing, board: Board): Json {
  return {
    exchange: listing.exchange,
    tradingsymbol: listing.symbol,
    symboltoken: listing.token,
    open: text(board.open),
    high: text(board.high),
    low: text(board.low),
    close: text(board.previousClose),
    ltp: text(board.last),
  }
}

// --- numbers and times -----------------------------------------------------------------------------

/** `24-Oct-2025 13:21:19`, IST without saying so. */
export function formatStamp(at: Instant): string {
  const text = formatInstant(at)
  const month = MONTHS[Number(text.slice(5, 7)) - 1]
  return `${text.slice(8, 10)}-${month}-${text.slice(0, 4)} ${text.slice(11, 19)}`
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** The one place where an exact number becomes a JSON number, because the broker writes one there. */
const number = (value: bigint): number => Number(formatDecimal(value))

const text = (value: bigint): string => formatDecimal(value)

const amount = (product: Money, decimals: number): string =>
  formatDecimal(product / 100_000_000n, decimals)

const average2 = (total: bigint, quantity: bigint): string =>
  quantity === 0n
    ? '0'
    : formatDecimal(averageOf(total as Money, quantity as typeof NO_QUANTITY), 2)

/** The published sample has a space between the sign and the number. */
const spacedSign = (value: bigint): string =>
  value < NO_MONEY ? `- ${formatDecimal(-value, 2)}` : formatDecimal(value, 2)

const percentOf = (part: bigint, whole: bigint): number =>
  whole === 0n ? 0 : Number((part * 10_000n) / whole) / 100

const seriesOf = (listing: Listing): string => {
  if (listing.instrumentType !== '') return ''
  return listing.symbol.split('-')[1] ?? ''
}
