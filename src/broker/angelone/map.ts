// From Angel One's rows to our nouns. A row that cannot be understood is named and left out, never
// guessed and never a reason to lose the others. Unknown words keep an order alive: an unknown status
// is never final, an unknown variety or order type is seen and skipped.
import { type AccountName, instrumentId, orderId, uniqueOrderId } from '../../domain/ids.ts'
import { EXCHANGES, type Exchange, type Instrument } from '../../domain/instrument.ts'
import {
  add,
  formatDecimal,
  NO_MONEY,
  NO_QUANTITY,
  type Price,
  parseAverage,
  parseMoney,
  parsePrice,
  parseQuantity,
  type Quantity,
  subtract,
} from '../../domain/numbers.ts'
import {
  type OrderReport,
  type OrderStatus,
  PRODUCTS,
  type Pricing,
  type Product,
  type Side,
  type Variety,
} from '../../domain/order.ts'
import {
  atTimeOfDay,
  DAY,
  dayOf,
  type Instant,
  instant,
  MINUTE,
  tradingDay,
} from '../../domain/time.ts'
import type { BrokerPosition, Fill, Funds, Holding, Profile, Quote } from '../../ports.ts'
import type { Mapped } from './rows.ts'
import {
  type OrderRow,
  type PositionRow,
  readFunds,
  readHoldingRow,
  readOrderRow,
  readPositionRow,
  readProfile,
  readQuoteRow,
  readTradeRow,
  type Shaped,
} from './wire.ts'

// --- orders ------------------------------------------------------------------------------------

export interface Seen {
  readonly account: AccountName
  readonly source: OrderReport['source']
  /** For the day of a row without any time of its own. */
  readonly now: Instant
}

export const mapOrder = (raw: unknown, seen: Seen): Mapped<OrderReport> =>
  understand('order', raw, readOrderRow, (row) => toReport(row, seen))

function toReport(row: OrderRow, seen: Seen): OrderReport {
  const exchange = exchangeOf(row.exchange)
  const status = statusOf(row.orderstatus || row.status)
  const quantity = positive(parseQuantity(row.quantity), 'quantity')
  const filled = filledOf(row, quantity, status)
  const changedAt = timeOf(row.exchorderupdatetime) ?? timeOf(row.exchtime)
  const updatedAt = timeOf(row.updatetime)
  const pricing = pricingOf(row)
  return {
    account: seen.account,
    // The exchange's own time first: it stays when the broker touches the row again after midnight.
    day: dayOf(timeOf(row.exchtime) ?? changedAt ?? updatedAt ?? seen.now),
    orderId: orderId(row.orderid),
    uniqueOrderId:
      row.uniqueorderid && seen.source !== 'stream' ? uniqueOrderId(row.uniqueorderid) : null,
    tag: row.ordertag,
    instrument: instrumentId(exchange, row.tradingsymbol),
    exchange,
    symbol: row.tradingsymbol,
    token: row.symboltoken,
    side: sideOf(row.transactiontype),
    product: productOf(row.producttype),
    variety: pricing ? varietyOf(row) : 'unknown',
    pricing: pricing ?? { kind: 'market' },
    quantity,
    filled,
    averagePrice: filled > 0n ? averageOf(row.averageprice) : null,
    status,
    text: row.text,
    exchangeTime: changedAt ?? (filled > 0n ? updatedAt : null),
    fillTime: null,
    source: seen.source,
  }
}

const STATUSES = new Map<string, OrderStatus>(
  Object.entries({
    open: 'open',
    modified: 'open',
    'not modified': 'open',
    'not cancelled': 'open',
    'partially executed': 'open',
    'open pending': 'pending',
    'trigger pending': 'pending',
    'modify pending': 'pending',
    'cancel pending': 'pending',
    'validation pending': 'pending',
    'modify validation pending': 'pending',
    'put order req received': 'pending',
    'after market order req received': 'pending',
    'modify after market order req received': 'pending',
    pending: 'pending',
    complete: 'complete',
    executed: 'complete',
    cancelled: 'cancelled',
    canceled: 'cancelled',
    'cancelled after market order': 'cancelled',
    rejected: 'rejected',
  }),
)

/** A word that is not in the vocabulary is never final. */
export const statusOf = (word: string): OrderStatus =>
  STATUSES.get(word.toLowerCase().trim()) ?? 'pending'

const VARIETIES = new Map<string, Variety>(
  Object.entries({
    NORMAL: 'regular',
    STOPLOSS: 'regular',
    AMO: 'afterMarket',
    ROBO: 'bracket',
  }),
)

function varietyOf(row: OrderRow): Variety {
  if (/after market/i.test(row.orderstatus || row.status)) return 'afterMarket'
  return VARIETIES.get(row.variety.toUpperCase()) ?? 'unknown'
}

/** null for a word that we have no rule for. */
function pricingOf(row: OrderRow): Pricing | null {
  switch (row.ordertype.toUpperCase()) {
    case 'MARKET':
      return { kind: 'market' }
    case 'LIMIT':
      return { kind: 'limit', price: parsePrice(row.price) }
    case 'STOPLOSS_LIMIT':
      return {
        kind: 'stopLimit',
        trigger: parsePrice(row.triggerprice),
        price: parsePrice(row.price),
      }
    case 'STOPLOSS_MARKET':
      return { kind: 'stopMarket', trigger: parsePrice(row.triggerprice) }
    default:
      return null
  }
}

function filledOf(row: OrderRow, quantity: Quantity, status: OrderStatus): Quantity {
  const filled = row.filledshares
    ? parseQuantity(row.filledshares)
    : row.unfilledshares
      ? subtract(quantity, parseQuantity(row.unfilledshares))
      : null
  // An order that the exchange never saw has no fill; of any other, silence is not nothing.
  if (filled === null && status === 'rejected') return NO_QUANTITY
  if (filled === null || filled < 0n || filled > quantity)
    throw new NotUnderstood('filledshares is missing or out of range')
  return filled
}

/** Brokers fill in the average a moment after the fill: nothing rather than a price of zero. */
function averageOf(text: string): Price | null {
  const average = text ? parseAverage(text) : 0n
  return average > 0n ? (average as Price) : null
}

// --- the other readings ------------------------------------------------------------------------

export const mapTrade = (raw: unknown, now: Instant): Mapped<Fill> =>
  understand('trade', raw, readTradeRow, (row) => ({
    orderId: orderId(row.orderid),
    quantity: positive(parseQuantity(row.fillsize), 'fillsize'),
    price: positive(parseAverage(row.fillprice), 'fillprice'),
    at: timeOfDay(row.filltime, now),
  }))

export const mapPosition = (raw: unknown): Mapped<BrokerPosition> =>
  understand('position', raw, readPositionRow, (row) => ({
    instrument: instrumentId(exchangeOf(row.exchange), row.tradingsymbol),
    product: productOf(row.producttype),
    quantity: parseQuantity(row.netqty),
    today: todayOf(row),
    lastPrice: averageOf(row.ltp),
  }))

/** The net quantity less what was carried into the day; null where that is not told as whole numbers. */
function todayOf({ netqty, cfbuyqty, cfsellqty }: PositionRow): Quantity | null {
  if (!/^\d+$/.test(cfbuyqty) || !/^\d+$/.test(cfsellqty)) return null
  const carried = subtract(parseQuantity(cfbuyqty), parseQuantity(cfsellqty))
  return subtract(parseQuantity(netqty), carried)
}

export const mapHolding = (raw: unknown): Mapped<Holding> =>
  understand('holding', raw, readHoldingRow, (row) => ({
    instrument: instrumentId(exchangeOf(row.exchange), row.tradingsymbol),
    quantity: parseQuantity(row.quantity),
  }))

export const mapFunds = (raw: unknown): Mapped<Funds> =>
  understand('funds', raw, readFunds, (data) => {
    const money = (text: string) => (text ? parseMoney(text) : NO_MONEY)
    const parts = [
      data.utilisedspan,
      data.utilisedoptionpremium,
      data.utilisedholdingsales,
      data.utilisedexposure,
      data.utilisedturnover,
      data.utilisedpayout,
    ]
    return {
      net: parseMoney(data.net),
      used: data.utiliseddebits
        ? money(data.utiliseddebits)
        : parts.map(money).reduce(add, NO_MONEY),
    }
  })

export const mapProfile = (raw: unknown): Mapped<Profile> =>
  understand('profile', raw, readProfile, (data) => ({
    clientCode: data.clientcode,
    name: data.name,
    exchanges: data.exchanges,
    products: data.products,
  }))

/** A quote, of whichever of the asked instruments has that exchange and token. */
export const mapQuote = (
  raw: unknown,
  asked: readonly Instrument[],
): Mapped<{ readonly instrument: Instrument; readonly quote: Quote }> =>
  understand('quote', raw, readQuoteRow, (row) => {
    const instrument = asked.find(
      (one) => one.exchange === row.exchange.toUpperCase() && one.token === row.symbolToken,
    )
    if (!instrument) throw new NotUnderstood('symbolToken was not asked for')
    const lower = row.lowerCircuit ? parsePrice(row.lowerCircuit) : null
    const upper = row.upperCircuit ? parsePrice(row.upperCircuit) : null
    const hasCircuit = lower !== null && upper !== null && upper > 0n && upper >= lower
    return {
      instrument,
      quote: {
        last: positive(parsePrice(row.ltp), 'ltp'),
        circuit: hasCircuit ? { lower, upper } : null,
      },
    }
  })

// --- words and times ---------------------------------------------------------------------------

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC']
const STAMP = /^(\d{1,2})-([A-Za-z]{3})-(\d{4}) (\d{2}):(\d{2}):(\d{2})$/

/** `24-Oct-2025 13:21:19`, IST. null for anything else: a time is never worth losing a row for. */
export function timeOf(text: string): Instant | null {
  const [, day, month, year, ...clock] = STAMP.exec(text) ?? []
  const number = MONTHS.indexOf(month?.toUpperCase() ?? '') + 1
  if (!day || !year || number === 0) return null
  const date = `${year}-${String(number).padStart(2, '0')}-${day.padStart(2, '0')}`
  const ms = clockMs(clock)
  try {
    return ms === null ? null : atTimeOfDay(tradingDay(date), ms)
  } catch {
    return null // the 31st of February
  }
}

/** The trade book says the time of day only: today's, or yesterday's if that is still to come. */
function timeOfDay(text: string, now: Instant): Instant {
  const whole = timeOf(text)
  if (whole !== null) return whole
  const ms = clockMs(/^(\d{2}):(\d{2}):(\d{2})$/.exec(text)?.slice(1) ?? [])
  if (ms === null) throw new NotUnderstood('filltime')
  const today = atTimeOfDay(dayOf(now), ms)
  return today > now + MINUTE ? instant(today - DAY) : today
}

function clockMs(parts: readonly string[]): number | null {
  const [hours = 99, minutes = 99, seconds = 99] = parts.map(Number)
  return hours < 24 && minutes < 60 && seconds < 60
    ? ((hours * 60 + minutes) * 60 + seconds) * 1000
    : null
}

/** `06OCT2026` of the instrument file. */
export function expiryOf(text: string) {
  const [, day, month, year] = /^(\d{2})([A-Z]{3})(\d{4})$/.exec(text.toUpperCase()) ?? []
  const number = MONTHS.indexOf(month ?? '') + 1
  if (!day || !year || number === 0) return null
  return tradingDay(`${year}-${String(number).padStart(2, '0')}-${day}`)
}

export function exchangeOf(text: string): Exchange {
  const word = text.toUpperCase()
  const exchange = EXCHANGES.find((one) => one === word)
  if (!exchange) throw new NotUnderstood('exchange')
  return exchange
}

function sideOf(text: string): Side {
  const word = text.toUpperCase()
  if (word !== 'BUY' && word !== 'SELL') throw new NotUnderstood('transactiontype')
  return word
}

const productOf = (text: string): Product =>
  PRODUCTS.find((product) => product === text.toUpperCase()) ?? 'UNKNOWN'

function positive<T extends Quantity | Price>(value: T, field: string): T {
  if (value <= 0n) throw new NotUnderstood(`${field} is ${formatDecimal(value)}`)
  return value
}

// --- understanding a row or naming it ----------------------------------------------------------

class NotUnderstood extends Error {}

/** Everything that is wrong with a row becomes its name and a reason; only bugs are thrown further. */
function understand<Row, T>(
  what: string,
  raw: unknown,
  read: (raw: unknown) => Shaped<Row>,
  map: (row: Row) => T,
): Mapped<T> {
  const shaped = read(raw)
  if (shaped.kind === 'misshapen')
    return { kind: 'unreadable', why: `${what} ${nameOf(raw)}: ${shaped.why}` }
  try {
    return { kind: 'row', value: map(shaped.value) }
  } catch (error) {
    const isOfTheRow =
      error instanceof NotUnderstood ||
      (error instanceof Error && /^(InexactNumber|MalformedId|MalformedTime)$/.test(error.name))
    if (!isOfTheRow) throw error
    return { kind: 'unreadable', why: `${what} ${nameOf(raw)}: ${error.message}` }
  }
}

function nameOf(raw: unknown): string {
  const row = typeof raw === 'object' && raw !== null ? (raw as Record<string, unknown>) : {}
  const name = row.orderid ?? row.tradingsymbol ?? row.tradingSymbol ?? row.symbolToken
  return typeof name === 'string' ? name.slice(0, 64) : '(no name)'
}
