// Small makers for what the decisions read, with everything unsaid filled in plainly.
import {
  accountName,
  type InstrumentId,
  instrumentId,
  MASTER,
  orderId,
  uniqueOrderId,
} from '../../src/domain/ids.ts'
import type { Instrument } from '../../src/domain/instrument.ts'
import {
  NO_QUANTITY,
  type Price,
  parsePrice,
  type Quantity,
  units,
} from '../../src/domain/numbers.ts'
import type {
  OrderReport,
  OrderStatus,
  Pricing,
  Product,
  Side,
  Variety,
} from '../../src/domain/order.ts'
import { type MasterOrder, masterOrderKey, type Signalled } from '../../src/domain/signal.ts'
import {
  atTimeOfDay,
  HOUR,
  type Instant,
  MINUTE,
  SECOND,
  type TradingDay,
  tradingDay,
} from '../../src/domain/time.ts'

export const DAY = tradingDay('2026-12-01')

/** `10:30:45` of the day. */
export function at(time: string, day: TradingDay = DAY): Instant {
  const [hours = '0', minutes = '0', seconds = '0'] = time.split(':')
  return atTimeOfDay(
    day,
    Number(hours) * HOUR + Number(minutes) * MINUTE + Number(seconds) * SECOND,
  )
}

export const NIFTY: Instrument = {
  id: instrumentId('NFO', 'NIFTY29DEC2625000CE'),
  exchange: 'NFO',
  symbol: 'NIFTY29DEC2625000CE',
  token: '35040',
  underlying: 'NIFTY',
  kind: 'indexOption',
  lotSize: units(65),
  tick: parsePrice('0.05'),
  expiry: tradingDay('2026-12-29'),
  series: '',
}

export const SBIN: Instrument = {
  id: instrumentId('NSE', 'SBIN-EQ'),
  exchange: 'NSE',
  symbol: 'SBIN-EQ',
  token: '3045',
  underlying: 'SBIN',
  kind: 'cash',
  lotSize: units(1),
  tick: parsePrice('0.05'),
  expiry: null,
  series: 'EQ',
}

export interface OrderSketch {
  readonly id: string
  readonly day?: TradingDay
  readonly side: Side
  readonly filled: number
  readonly quantity?: number
  readonly status?: OrderStatus
  /** null: the broker shows none. */
  readonly time?: string | null
  readonly fillTime?: string
  readonly instrument?: Instrument
  readonly product?: Product
  readonly variety?: Variety
  readonly pricing?: Pricing
  readonly price?: Price | null
  readonly tag?: string
  readonly signalled?: Partial<Record<keyof Signalled, number>>
  /** Lines of the journal in which it was heard of first and last. */
  readonly heard?: readonly [first: number, last: number]
}

export function order(sketch: OrderSketch): MasterOrder {
  const { signalled = {}, heard: [first, last] = [1, 1] } = sketch
  const report = reportOf(sketch)
  return {
    key: masterOrderKey(MASTER, report.day, report.uniqueOrderId ?? report.orderId),
    report,
    signalled: {
      baseline: units(signalled.baseline ?? 0),
      entry: units(signalled.entry ?? 0),
      exit: units(signalled.exit ?? 0),
    },
    heard: { first: BigInt(first), last: BigInt(last) },
  }
}

function reportOf(sketch: OrderSketch): OrderReport {
  const { instrument = NIFTY, day = DAY, time = '10:00:00' } = sketch
  return {
    account: MASTER,
    day,
    orderId: orderId(sketch.id),
    uniqueOrderId: uniqueOrderId(`u-${sketch.id}`),
    tag: sketch.tag ?? '',
    instrument: instrument.id,
    exchange: instrument.exchange,
    symbol: instrument.symbol,
    token: instrument.token,
    side: sketch.side,
    product: sketch.product ?? 'INTRADAY',
    variety: sketch.variety ?? 'regular',
    pricing: sketch.pricing ?? { kind: 'market' },
    quantity: units(sketch.quantity ?? sketch.filled),
    filled: units(sketch.filled),
    averagePrice: sketch.price === undefined ? parsePrice('101.20') : sketch.price,
    status: sketch.status ?? 'complete',
    text: '',
    exchangeTime: time === null ? null : at(time, day),
    fillTime: sketch.fillTime === undefined ? null : at(sketch.fillTime, day),
    source: 'book',
  }
}

export const position = (
  instrument: InstrumentId,
  product: Product,
  quantity: number,
): [`${InstrumentId}|${Product}`, Quantity] => [`${instrument}|${product}`, units(quantity)]

export const FOLLOWER = accountName('FOLLOWER_1')
export const none = NO_QUANTITY
