// Where the master stands, and whether its orders of the day add up to it. `NIFTY` is carried or intraday,
// `SBIN` is cash.
import { describe, expect, test } from 'vitest'
import {
  describeTotals,
  leftUnseen,
  type MovedLane,
  placeMaster,
  type ShownPosition,
  type Stored,
  withConversions,
  withLateHoldings,
} from '../../src/decide/master-position.ts'
import { positionKey } from '../../src/decide/order-of-signals.ts'
import { instrumentId } from '../../src/domain/ids.ts'
import { NO_QUANTITY, units } from '../../src/domain/numbers.ts'
import type { Product } from '../../src/domain/order.ts'
import { type MasterOrder, masterOrderKey } from '../../src/domain/signal.ts'
import { type TradingDay, tradingDay } from '../../src/domain/time.ts'
import { CALL, DAY, MASTER, reportOf } from '../ledger/scene.ts'

const SBIN = instrumentId('NSE', 'SBIN-EQ')
let orders = 0

/** Filled by that much, above nothing bought; told of it is that much. */
function order(product: Product, filled: number, told = filled, instrument = CALL): MasterOrder {
  const report = reportOf(`${++orders}`, {
    instrument,
    product,
    side: filled < 0 ? 'SELL' : 'BUY',
    filled: units(Math.abs(filled)),
  })
  const signalled = { baseline: units(Math.abs(told)), entry: NO_QUANTITY, exit: NO_QUANTITY }
  const heard = { first: 1n, last: 1n }
  return { key: masterOrderKey(MASTER, DAY, report.orderId), report, signalled, heard }
}

const shown = (
  product: Product,
  quantity: number,
  today: number | null = quantity,
  instrument = CALL,
): ShownPosition => ({
  instrument,
  product,
  quantity: units(quantity),
  today: today === null ? null : units(today),
})

interface Case {
  readonly rows: readonly ShownPosition[]
  readonly stored?: readonly Stored[]
  readonly orders: readonly MasterOrder[]
  readonly positions: string
  readonly converted?: string
  readonly differing?: string
}

const at = (product: Product, quantity: number) => `NFO:NIFTY24NOV26C25000|${product} ${quantity}`
const cash = (product: Product, quantity: number) => `NSE:SBIN-EQ|${product} ${quantity}`

describe('placing the master', () => {
  test.each<[string, Case]>([
    ['nothing', { rows: [], orders: [], positions: '' }],
    [
      'what was bought today',
      {
        rows: [shown('INTRADAY', 130)],
        orders: [order('INTRADAY', 130)],
        positions: at('INTRADAY', 130),
      },
    ],
    [
      'what is not told yet is not there yet',
      {
        rows: [shown('CARRYFORWARD', 195, 65)],
        orders: [order('CARRYFORWARD', 65, 0)],
        positions: at('CARRYFORWARD', 130),
      },
    ],
    [
      'what was carried into the day needs no order of today',
      { rows: [shown('CARRYFORWARD', 130, 0)], orders: [], positions: at('CARRYFORWARD', 130) },
    ],
    [
      'shares in store, and some of them sold',
      {
        rows: [shown('DELIVERY', -3, -3, SBIN)],
        stored: [{ instrument: SBIN, quantity: units(10) }],
        orders: [order('DELIVERY', -3, -3, SBIN)],
        positions: cash('DELIVERY', 7),
      },
    ],
    [
      'a book that lags, intraday',
      {
        rows: [shown('INTRADAY', 130)],
        orders: [],
        positions: at('INTRADAY', 130),
        differing: at('INTRADAY', 130),
      },
    ],
    [
      'a book that lags, of what is carried',
      {
        rows: [shown('CARRYFORWARD', 195, 65)],
        orders: [],
        positions: at('CARRYFORWARD', 195),
        differing: at('CARRYFORWARD', 65),
      },
    ],
    [
      'a book that lags, of shares',
      {
        rows: [shown('DELIVERY', 5, 5, SBIN)],
        orders: [],
        positions: cash('DELIVERY', 5),
        differing: cash('DELIVERY', 5),
      },
    ],
    [
      'positions that lag behind the book',
      {
        rows: [],
        orders: [order('CARRYFORWARD', 65)],
        positions: '',
        differing: at('CARRYFORWARD', -65),
      },
    ],
    [
      'a conversion, told as a sale and a purchase',
      {
        rows: [shown('INTRADAY', 0), shown('CARRYFORWARD', 130)],
        orders: [order('INTRADAY', 130)],
        positions: `${at('CARRYFORWARD', 0)}, ${at('INTRADAY', 130)}`,
        converted: `${at('CARRYFORWARD', 130)}, ${at('INTRADAY', -130)}`,
      },
    ],
    [
      'a conversion, of which only the new product is shown',
      {
        rows: [shown('CARRYFORWARD', 130)],
        orders: [order('INTRADAY', 130)],
        positions: `${at('CARRYFORWARD', 0)}, ${at('INTRADAY', 130)}`,
        converted: `${at('CARRYFORWARD', 130)}, ${at('INTRADAY', -130)}`,
      },
    ],
    [
      'a conversion of what was carried',
      {
        rows: [shown('CARRYFORWARD', 0, -65), shown('INTRADAY', 65)],
        orders: [],
        positions: `${at('CARRYFORWARD', 65)}, ${at('INTRADAY', 0)}`,
        converted: `${at('CARRYFORWARD', -65)}, ${at('INTRADAY', 65)}`,
      },
    ],
    [
      'one of two instruments lags: the other is not doubted',
      {
        rows: [shown('CARRYFORWARD', 130), shown('INTRADAY', 5, 5, SBIN)],
        orders: [order('INTRADAY', 130)],
        positions: `${at('CARRYFORWARD', 0)}, ${at('INTRADAY', 130)}, ${cash('INTRADAY', 5)}`,
        converted: `${at('CARRYFORWARD', 130)}, ${at('INTRADAY', -130)}`,
        differing: cash('INTRADAY', 5),
      },
    ],
    [
      'a broker that does not say what is of today is not doubted but for what is intraday',
      {
        rows: [shown('CARRYFORWARD', 130, null), shown('INTRADAY', 65)],
        orders: [],
        positions: `${at('CARRYFORWARD', 130)}, ${at('INTRADAY', 65)}`,
        differing: at('INTRADAY', 65),
      },
    ],
  ])('%s', (_, { rows, stored = [], orders: book, positions, converted = '', differing = '' }) => {
    const standing = placeMaster(rows, stored, book, book)
    const present = new Map(
      [...standing.positions].filter(
        ([key, quantity]) => quantity !== 0n || positions.includes(key),
      ),
    )
    expect(describeTotals(present)).toBe(positions)
    expect(describeTotals(standing.converted)).toBe(converted)
    expect(standing.differing).toBe(differing)
    // With its conversions the master stands where its broker shows it, but for what is untold.
    const all = withConversions(standing.positions, standing.converted)
    for (const { instrument, product, quantity } of rows) {
      const untold = book
        .filter(({ report }) => report.instrument === instrument && report.product === product)
        .reduce((sum, { report, signalled }) => sum + report.filled - signalled.baseline, 0n)
      const inStore = product === 'DELIVERY' ? (stored[0]?.quantity ?? 0n) : 0n
      expect(all.get(`${instrument}|${product}`)).toBe(quantity + inStore - untold)
    }
  })
})

test('a list of delivered shares that is late hides nothing that is there', () => {
  const totals = (entries: readonly (readonly [Product, number])[]) =>
    new Map(entries.map(([product, quantity]) => [positionKey(CALL, product), units(quantity)]))
  const shown = totals([
    ['DELIVERY', 50],
    ['CARRYFORWARD', 130],
  ])
  // 100 bought and not told: taken off a list that has them, or that has them not yet.
  const early = totals([
    ['DELIVERY', -50],
    ['CARRYFORWARD', 65],
  ])
  expect(describeTotals(withLateHoldings(early, shown))).toBe(
    describeTotals(
      totals([
        ['DELIVERY', 50],
        ['CARRYFORWARD', 65],
      ]),
    ),
  )
  const sold = totals([['DELIVERY', 80]])
  expect(withLateHoldings(sold, shown).get(positionKey(CALL, 'DELIVERY'))).toBe(units(80))
})

describe('what the master left while nobody watched', () => {
  const FRIDAY = DAY
  const copied = (
    product: Product,
    quantity: number,
    change: Partial<MovedLane> = {},
  ): MovedLane => ({
    instrument: CALL,
    product,
    copied: units(quantity),
    held: units(quantity),
    movedOn: FRIDAY,
    ...change,
  })
  const left = (lane: MovedLane, there: number, today: TradingDay): string =>
    describeTotals(
      leftUnseen(
        new Map([[positionKey(lane.instrument, lane.product), units(there)]]),
        [lane],
        today,
      ),
    )
  const [MONDAY, TUESDAY, WEDNESDAY] = ['23', '24', '25'].map((day) =>
    tradingDay(`2026-11-${day}`),
  ) as [TradingDay, TradingDay, TradingDay]

  test.each([
    ['all of what is carried', copied('CARRYFORWARD', 130), 0, MONDAY, true],
    ['a part of it', copied('CARRYFORWARD', 130), 65, MONDAY, true],
    ['a short of it', copied('MARGIN', -130), 0, MONDAY, true],
    ['nothing: it holds as much', copied('CARRYFORWARD', 130), 130, MONDAY, false],
    ['nothing: it holds more', copied('CARRYFORWARD', 130), 195, MONDAY, false],
    ['what nobody holds', copied('CARRYFORWARD', 130, { held: NO_QUANTITY }), 0, MONDAY, false],
    ['intraday ends with its day', copied('INTRADAY', 130), 0, MONDAY, false],
    // Shares of Friday are in the list of holdings by Monday, or with a holiday by Tuesday.
    [
      'delivered shares of yesterday may not be listed yet',
      copied('DELIVERY', 10),
      0,
      MONDAY,
      false,
    ],
    ['nor those before a holiday', copied('DELIVERY', 10), 0, TUESDAY, false],
    ['later they would be', copied('DELIVERY', 10), 0, WEDNESDAY, true],
    ['delivered shares that are there', copied('DELIVERY', 10), 10, WEDNESDAY, false],
    ['adopted, and never moved', copied('DELIVERY', 10, { movedOn: null }), 0, WEDNESDAY, false],
  ])('%s', (_, lane, there, today, isTold) => {
    expect(left(lane, there, today) !== '').toBe(isTold)
  })
})
