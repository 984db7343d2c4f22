// Where the master stands, out of what its broker shows and its orders of the day, and whether the two
// agree. What was traded today is compared for each instrument over all products together, since a
// position that was converted to another product is still the same trade; what was carried into the day
// and what is held in store is left out of the comparison.
import type { InstrumentId } from '../domain/ids.ts'
import { isShortOf, type Lane, type LanePosition } from '../domain/lane.ts'
import {
  add,
  formatDecimal,
  larger,
  NO_QUANTITY,
  type Quantity,
  subtract,
} from '../domain/numbers.ts'
import { type OrderReport, type Product, signed } from '../domain/order.ts'
import type { MasterOrder } from '../domain/signal.ts'
import { after, atTimeOfDay, DAY, dayOf, type TradingDay } from '../domain/time.ts'
import { type PositionKey, positionKey } from './order-of-signals.ts'

/** As the broker shows it. */
export interface ShownPosition {
  readonly instrument: InstrumentId
  readonly product: Product
  readonly quantity: Quantity
  /** Of it bought less sold today; null: the broker doesn't say. */
  readonly today: Quantity | null
}

export interface Stored {
  readonly instrument: InstrumentId
  readonly quantity: Quantity
}

export interface Standing {
  /** After everything that was told, as if nothing had been converted. */
  readonly positions: ReadonlyMap<PositionKey, Quantity>
  /** What conversions of today added and took, which sums up to nothing in each instrument. */
  readonly converted: ReadonlyMap<PositionKey, Quantity>
  /** Where the orders do not add up to what is shown, in words; empty when they do. */
  readonly differing: string
}

type Totals = Map<PositionKey, Quantity>

/**
 * `book`: the orders that the book shows; of what only the stream told of, `ofDay` has it too, and it may be
 * another's old name.
 */
export function placeMaster(
  shown: readonly ShownPosition[],
  stored: readonly Stored[],
  book: readonly MasterOrder[],
  ofDay: readonly MasterOrder[],
): Standing {
  const { converted, differing } = compare(shown, ofDay)
  const positions: Totals = new Map()
  for (const { instrument, product, quantity } of shown)
    grow(positions, positionKey(instrument, product), quantity)
  for (const { instrument, quantity } of stored)
    grow(positions, positionKey(instrument, 'DELIVERY'), quantity)
  for (const [key, quantity] of converted) grow(positions, key, quantity, -1n)
  return { positions: withoutUntold(positions, book), converted, differing }
}

/** As it stood before what these orders filled and nobody was told. */
export function withoutUntold(
  positions: ReadonlyMap<PositionKey, Quantity>,
  orders: readonly MasterOrder[],
): Totals {
  const earlier: Totals = new Map(positions)
  for (const order of orders) {
    const { report } = order
    const untold = subtract(report.filled, toldOf(order))
    if (untold > 0n) grow(earlier, keyOf(report), signed(report.side, untold), -1n)
  }
  return earlier
}

/** What was told of the orders of one day comes to: where that day had brought what ended with it. */
export function positionsTold(orders: readonly MasterOrder[]): Totals {
  const told: Totals = new Map()
  for (const order of orders)
    grow(told, keyOf(order.report), signed(order.report.side, toldOf(order)))
  return told
}

const toldOf = ({ signalled: { baseline, entry, exit } }: MasterOrder): Quantity =>
  add(add(baseline, entry), exit)

export function withConversions(
  positions: ReadonlyMap<PositionKey, Quantity>,
  converted: ReadonlyMap<PositionKey, Quantity>,
): Totals {
  const after: Totals = new Map(positions)
  for (const [key, quantity] of converted) grow(after, key, quantity)
  return after
}

export type MovedLane = Pick<Lane, 'instrument' | 'product'> &
  Pick<LanePosition, 'copied' | 'held'> & { readonly movedOn: TradingDay | null }

/**
 * What is not told yet is no part of what was copied; but a list of delivered shares that is late does not show it
 * either, and taken off it would hide as many of those that are there.
 */
export function withLateHoldings(
  withoutUntold: ReadonlyMap<PositionKey, Quantity>,
  shown: ReadonlyMap<PositionKey, Quantity>,
): ReadonlyMap<PositionKey, Quantity> {
  const there = new Map(withoutUntold)
  for (const [key, quantity] of shown)
    if (key.endsWith('|DELIVERY')) there.set(key, larger(quantity, there.get(key) ?? quantity))
  return there
}

/**
 * What followers copied, and hold, of positions that the master has left since, in part at least: while
 * nobody watched, on a day whose book is gone. What is intraday ends with its day anyhow. Of delivered shares a
 * list may be late, by a day and what weekends and holidays make of it: until then it says nothing.
 */
export function leftUnseen(
  positions: ReadonlyMap<PositionKey, Quantity>,
  lanes: readonly MovedLane[],
  today: TradingDay,
): ReadonlyMap<PositionKey, Quantity> {
  const left: Totals = new Map()
  for (const { instrument, product, copied, held, movedOn } of lanes) {
    if (product === 'INTRADAY' || product === 'UNKNOWN') continue
    const key = positionKey(instrument, product)
    const there = positions.get(key) ?? NO_QUANTITY
    const isListed = product !== 'DELIVERY' || (movedOn !== null && isDelivered(movedOn, today))
    if (isListed && held !== 0n && isShortOf(copied, there)) left.set(key, copied)
  }
  return left
}

const DELIVERED_AFTER_MS = 5 * DAY
const isDelivered = (movedOn: TradingDay, today: TradingDay): boolean =>
  dayOf(after(atTimeOfDay(movedOn, 0), DELIVERED_AFTER_MS)) <= today

/** For people: `NFO:NIFTY…|INTRADAY -130, NFO:NIFTY…|CARRYFORWARD 130`. */
export const describeTotals = (totals: ReadonlyMap<PositionKey, Quantity>): string =>
  [...totals]
    .map(([key, quantity]) => `${key} ${formatDecimal(quantity)}`)
    .sort()
    .join(', ')

/** What is shown as traded today less what the orders filled: nothing, a conversion, or a book that lags. */
function compare(
  shown: readonly ShownPosition[],
  orders: readonly MasterOrder[],
): { converted: Totals; differing: string } {
  const left: Totals = new Map()
  const unsaid = new Set<InstrumentId>()
  for (const { instrument, product, quantity, today } of shown) {
    // Nothing intraday is carried, whatever the broker says of it.
    const traded = product === 'INTRADAY' ? quantity : today
    if (traded === null) unsaid.add(instrument)
    else grow(left, positionKey(instrument, product), traded)
  }
  for (const { report } of orders)
    grow(left, keyOf(report), signed(report.side, report.filled), -1n)

  const differing: Totals = new Map()
  const converted: Totals = new Map()
  for (const [instrument, parts] of byInstrument(left)) {
    const sum = parts.reduce((total, [, quantity]) => add(total, quantity), NO_QUANTITY)
    // Where the broker doesn't say what is of today, only what is intraday can be compared.
    const isKnown = !unsaid.has(instrument)
    const isConverted = isKnown && sum === 0n
    for (const [key, quantity] of parts) {
      if (quantity === 0n || (!isKnown && !key.endsWith('|INTRADAY'))) continue
      const where = isConverted ? converted : differing
      where.set(key, quantity)
    }
  }
  return { converted, differing: describeTotals(differing) }
}

function byInstrument(totals: Totals): Map<InstrumentId, (readonly [PositionKey, Quantity])[]> {
  const groups = new Map<InstrumentId, (readonly [PositionKey, Quantity])[]>()
  for (const part of totals) {
    const instrument = part[0].slice(0, part[0].lastIndexOf('|')) as InstrumentId
    groups.set(instrument, [...(groups.get(instrument) ?? []), part])
  }
  return groups
}

function grow(totals: Totals, key: PositionKey, by: Quantity, sign: 1n | -1n = 1n): void {
  totals.set(key, ((totals.get(key) ?? NO_QUANTITY) + sign * by) as Quantity)
}

const keyOf = ({ instrument, product }: OrderReport): PositionKey =>
  positionKey(instrument, product)
