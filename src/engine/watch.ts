// Watches the master: readings of its book and messages of its stream become signals, each signal a
// decision per follower, all of it recorded before any lane hears of it. One at a time: a turn never
// overlaps another, and what a turn has not seen the next one finds.
import {
  findSignals,
  mayTellAtOnce,
  type PositionKey,
  positionKey,
} from '../decide/order-of-signals.ts'
import type { OrderId } from '../domain/ids.ts'
import { add, formatDecimal, NO_QUANTITY, type Quantity, subtract } from '../domain/numbers.ts'
import { type OrderReport, signed } from '../domain/order.ts'
import type { MasterOrder, Signal } from '../domain/signal.ts'
import { after, dayOf, type Instant, SECOND, type TradingDay } from '../domain/time.ts'
import type { FeedEvent } from '../ports.ts'
import type { Context, MasterAccess } from './context.ts'
import type { Pulse } from './pulse.ts'

export interface Watch {
  /** Reads the book once and tells what is new. */
  turn(): Promise<void>
  /** A message of the stream: a wholly filled order is told at once, anything else wants a reading. */
  hear(event: FeedEvent): 'told' | 'readTheBook' | 'nothing'
}

export interface WatchSink {
  isHalted(): boolean
  /** Decides, records and wakes the lanes, for one signal after the other. */
  take(signal: Signal): void
}

export function createWatch(
  context: Context,
  master: Pick<MasterAccess, 'account' | 'reader' | 'entriesUpToMs'>,
  pulse: Pick<Pulse, 'noteReading'>,
  sink: WatchSink,
): Watch {
  const { clock, ledger, settings, tell } = context
  let positions: Map<PositionKey, Quantity> | null = null
  let positionsOf: TradingDay | null = null
  let disagreement: { readonly differing: string; readonly since: Instant } | null = null
  /** Told by the stream, not yet seen in the book. */
  const unconfirmed = new Map<OrderId, { readonly at: Instant; readonly position: PositionKey }>()

  async function turn(): Promise<void> {
    const reading = await master.reader.orders()
    pulse.noteReading(master.account, 'orders', reading)
    if (reading.kind === 'failed') return
    for (const row of reading.unreadable)
      tell({ kind: 'alarm', account: master.account, text: `an order cannot be read: ${row}` })
    if (!ledger.hasBaseline(master.account))
      ledger.setBaseline(master.account, reading.value, clock.now())
    const orders = ledger.seeMasterOrders(reading.value, clock.now())
    alarmAboutLies(reading.value, orders)
    if (!(await havePositions(reading.value, orders))) return
    const waiting = positionsToWaitFor(reading.value)
    tellSignals(orders.filter(({ report }) => !waiting.has(keyOf(report))))
  }

  function hear(event: FeedEvent): 'told' | 'readTheBook' | 'nothing' {
    if (event.kind === 'disconnected') return 'nothing'
    // Without a baseline or the master's positions nobody can say what it is: the book first.
    if (event.kind !== 'order' || !ledger.hasBaseline(master.account)) return 'readTheBook'
    const { report } = event
    const seen = ledger.seeMasterOrders([report], clock.now())
    if (settings.orderFeed !== 'on' || positions === null) return 'readTheBook'
    const today = dayOf(clock.now())
    if (positionsOf !== today || !mayTellAtOnce(report, ledger.masterOrders(today)))
      return 'readTheBook'
    tellSignals(seen)
    unconfirmed.set(report.orderId, { at: clock.now(), position: keyOf(report) })
    return 'told'
  }

  function tellSignals(orders: readonly MasterOrder[]): void {
    // In a halt signals wait: what is not told now is told, with its true age, by the first reading after.
    if (positions === null || sink.isHalted()) return
    const now = clock.now()
    const lateBefore = after(now, -master.entriesUpToMs)
    for (const signal of findSignals(orders, positions, settings.copyOn, now, lateBefore)) {
      sink.take(signal)
      positions.set(positionKey(signal.instrument, signal.product), signal.masterAfter)
    }
  }

  /**
   * What the master holds after all that was told: what the broker shows, less what is filled and not
   * told yet. Once at start and once a day; between two equal readings of the book, so that no fill
   * falls between the book and the positions.
   */
  async function havePositions(
    book: readonly OrderReport[],
    orders: readonly MasterOrder[],
  ): Promise<boolean> {
    const today = dayOf(clock.now())
    if (positions !== null && positionsOf === today) return true
    const shown = await readShown()
    if (shown === null) return false
    const again = await master.reader.orders()
    if (again.kind === 'failed' || filledOf(again.value) !== filledOf(book)) return false
    if (!agree(shown, ledger.masterOrders(today))) return false
    // Of the orders that the book shows: one that only the stream told of may be another's old name.
    for (const { report, signalled } of orders) {
      const told = add(add(signalled.baseline, signalled.entry), signalled.exit)
      const untold = subtract(report.filled, told)
      if (untold <= 0n) continue
      const key = positionKey(report.instrument, report.product)
      shown.set(key, subtract(shown.get(key) ?? NO_QUANTITY, signed(report.side, untold)))
    }
    positions = shown
    positionsOf = today
    return true
  }

  /**
   * Nothing intraday is carried, so its positions are the sum of the day's fills. Where they are not, the
   * book is behind them, and what it shows later would look like the opposite of what it is. What
   * stays so for longer than any book lags (a converted position) is how it is.
   */
  function agree(
    shown: ReadonlyMap<PositionKey, Quantity>,
    orders: readonly MasterOrder[],
  ): boolean {
    const differing = differencesOf(shown, orders)
    const now = clock.now()
    if (differing === '') disagreement = null
    else if (disagreement?.differing !== differing) {
      const text = `its orders do not add up to its positions (${differing}): nothing is copied until they agree, for ${BOOK_LAGS_AT_MOST_MS / SECOND} s at most`
      tell({ kind: 'alarm', account: master.account, text })
      disagreement = { differing, since: now }
    }
    return disagreement === null || now - disagreement.since > BOOK_LAGS_AT_MOST_MS
  }

  async function readShown(): Promise<Map<PositionKey, Quantity> | null> {
    const [read, held] = await Promise.all([master.reader.positions(), master.reader.holdings()])
    pulse.noteReading(master.account, 'positions', read.kind === 'failed' ? read : held)
    if (read.kind === 'failed' || held.kind === 'failed') return null
    const shown = new Map<PositionKey, Quantity>()
    const grow = (key: PositionKey, quantity: Quantity): void => {
      shown.set(key, add(shown.get(key) ?? NO_QUANTITY, quantity))
    }
    for (const position of read.value)
      grow(positionKey(position.instrument, position.product), position.quantity)
    for (const holding of held.value)
      grow(positionKey(holding.instrument, 'DELIVERY'), holding.quantity)
    return shown
  }

  /**
   * A book from before what the stream told may show the same order by an older number: in its position
   * nothing is told until the book has it too. One that never shows it is not waited for for ever.
   */
  function positionsToWaitFor(book: readonly OrderReport[]): ReadonlySet<PositionKey> {
    for (const { orderId } of book) unconfirmed.delete(orderId)
    for (const [orderId, { at }] of unconfirmed) {
      if (clock.now() - at < CONFIRMED_WITHIN_MS) continue
      unconfirmed.delete(orderId)
      const text = `order ${orderId} was told by the stream and copied; the book does not show it`
      tell({ kind: 'alarm', account: master.account, text })
    }
    return new Set([...unconfirmed.values()].map(({ position }) => position))
  }

  /** The book must agree with what a stream message made us tell. */
  function alarmAboutLies(book: readonly OrderReport[], orders: readonly MasterOrder[]): void {
    const shown = new Map(book.map((report) => [report.orderId, report]))
    for (const { report, signalled } of orders) {
      const told = add(add(signalled.baseline, signalled.entry), signalled.exit)
      const inBook = shown.get(report.orderId)
      if (inBook !== undefined && inBook.filled < told)
        tell({
          kind: 'alarm',
          account: master.account,
          text: `order ${report.orderId} was told as filled ${formatDecimal(told)}, the book shows ${formatDecimal(inBook.filled)}`,
        })
    }
  }

  return { turn, hear }
}

/** The book shows an order within a second or so; this long it is believed to be late. */
const CONFIRMED_WITHIN_MS = 10 * SECOND
/** The same as for our own orders, of which a book is believed to know nothing after this. */
const BOOK_LAGS_AT_MOST_MS = 30 * SECOND

/** Intraday positions beyond what the day's orders filled, in words; empty when there are none. */
function differencesOf(
  shown: ReadonlyMap<PositionKey, Quantity>,
  orders: readonly MasterOrder[],
): string {
  const left = new Map(shown)
  for (const { report } of orders) {
    const key = keyOf(report)
    const filled = signed(report.side, report.filled)
    left.set(key, subtract(left.get(key) ?? NO_QUANTITY, filled))
  }
  return [...left]
    .filter(([key, quantity]) => key.endsWith('|INTRADAY') && quantity !== NO_QUANTITY)
    .map(([key, quantity]) => `${key} ${formatDecimal(quantity)}`)
    .sort()
    .join(', ')
}

const keyOf = ({ instrument, product }: OrderReport): PositionKey =>
  positionKey(instrument, product)

const filledOf = (book: readonly OrderReport[]): string =>
  book
    .map((report) => `${report.orderId}:${report.filled}`)
    .sort()
    .join()
