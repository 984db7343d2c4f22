// Watches the master: readings of its book and messages of its stream become signals, each signal a
// decision per follower, all of it recorded before any lane hears of it. One at a time: a turn never
// overlaps another, and what a turn has not seen the next one finds.
import { notShown } from '../decide/earlier-day.ts'
import {
  describeTotals,
  leftUnseen,
  placeMaster,
  positionsTold,
  type Standing,
  withConversions,
  withLateHoldings,
  withoutUntold,
} from '../decide/master-position.ts'
import {
  findSignals,
  type MasterPositions,
  mayTellAtOnce,
  type PositionKey,
  positionKey,
} from '../decide/order-of-signals.ts'
import type { OrderId } from '../domain/ids.ts'
import { add, formatDecimal, NO_QUANTITY, type Quantity, subtract } from '../domain/numbers.ts'
import { endedWithItsDay, isFinal, type OrderReport } from '../domain/order.ts'
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
  let comparedAt: Instant | null = null
  /** Filled on days that are over, and told to nobody: a halt, or a stop, came before. No book shows it any more. */
  let leftOver: readonly MasterOrder[] = []
  const conversions = createConversions()
  let disagreement: { readonly differing: string; readonly since: Instant } | null = null
  /** Told by the stream, not yet seen in the book. */
  const unconfirmed = new Map<OrderId, Heard>()
  /** Filled by the stream's word and not told: until the book shows it, nothing in its position is told at once. */
  const awaited = new Map<OrderId, Heard>()

  async function turn(): Promise<void> {
    const reading = await master.reader.orders()
    pulse.noteReading(master.account, 'orders', reading)
    if (reading.kind === 'failed') return
    for (const row of reading.unreadable)
      tell({ kind: 'alarm', account: master.account, text: `an order cannot be read: ${row}` })
    if (!ledger.hasBaseline(master.account))
      ledger.setBaseline(master.account, reading.value, clock.now())
    const orders = ledger.seeMasterOrders(reading.value, clock.now())
    stopAwaiting(reading.value)
    alarmAboutLies(reading.value, orders)
    if (!(await havePositions(reading.value, orders))) return
    const waiting = positionsToWaitFor(reading.value)
    const all = leftOver.length === 0 ? orders : [...notShown(leftOver, orders), ...orders]
    const isTold = tellSignals(all.filter(({ report }) => !waiting.has(keyOf(report))))
    // Also where a halt has come in the middle: what is told is told of no order twice.
    if (isTold && leftOver.length > 0) leftOver = readLeftOver()
    await lookForConversions(orders)
  }

  function hear(event: FeedEvent): 'told' | 'readTheBook' | 'nothing' {
    if (event.kind === 'disconnected') return 'nothing'
    // Without a baseline or the master's positions nobody can say what it is: the book first.
    if (event.kind !== 'order' || !ledger.hasBaseline(master.account)) return 'readTheBook'
    const { report } = event
    if (!mayBelieve(report)) {
      noteThatItIsThere(report)
      if (report.filled > 0n) awaited.set(report.orderId, heardOf(report))
      return 'readTheBook'
    }
    tellNow(ledger.seeMasterOrders([report], clock.now()))
    unconfirmed.set(report.orderId, heardOf(report))
    return 'told'
  }

  function mayBelieve(report: OrderReport): boolean {
    const today = dayOf(clock.now())
    if (settings.orderFeed !== 'on' || positions === null || sink.isHalted()) return false
    if (positionsOf !== today || leftOver.length > 0 || isBehind(report)) return false
    return mayTellAtOnce(report, ledger.masterOrders(today))
  }

  const isBehind = ({ orderId, ...report }: OrderReport): boolean =>
    [...awaited].some(([other, { position }]) => other !== orderId && position === keyOf(report))

  const heardOf = (report: OrderReport): Heard => ({
    at: clock.now(),
    position: keyOf(report),
    filled: report.filled,
  })

  /** What no book shows within the time that it may lag was never true. */
  function stopAwaiting(book: readonly OrderReport[]): void {
    for (const { orderId, filled } of book)
      if (filled >= (awaited.get(orderId)?.filled ?? filled)) awaited.delete(orderId)
    for (const [orderId, { at }] of awaited)
      if (clock.now() - at >= CONFIRMED_WITHIN_MS) awaited.delete(orderId)
  }

  /**
   * Of what is not told at once only the book may say what it filled and how it ended: written down, a lie
   * would be told by the next reading. But an open order keeps others in its position from being told at once.
   */
  function noteThatItIsThere(report: OrderReport): void {
    if (isFinal(report.status)) return
    const known = ledger
      .masterOrders(dayOf(clock.now()))
      .find((each) => each.report.orderId === report.orderId)
    if (known === undefined)
      ledger.seeMasterOrders(
        [{ ...report, filled: NO_QUANTITY, averagePrice: null, fillTime: null }],
        clock.now(),
      )
  }

  /** Whether they were. In a halt signals wait: they are told, with their true age, by the first reading after. */
  function tellSignals(orders: readonly MasterOrder[]): boolean {
    if (sink.isHalted()) return false
    tellNow(orders)
    return true
  }

  /** It was looked a moment ago that nothing is halted. */
  function tellNow(orders: readonly MasterOrder[]): void {
    if (positions === null) return
    const today = dayOf(clock.now())
    tellEnded(orders.filter(({ report }) => endedWithItsDay(report, today)))
    for (const signal of find(standing(orders), positions)) {
      sink.take(signal)
      positions.set(positionKey(signal.instrument, signal.product), signal.masterAfter)
    }
    // Of the time before the start, where they came after the fills that have just been told.
    settleConversions()
  }

  /** Each day for itself: it moves nothing of what stands today. */
  function tellEnded(orders: readonly MasterOrder[]): void {
    for (const [day, ended] of Map.groupBy(orders, ({ report }) => report.day))
      for (const signal of find(ended, positionsTold(ledger.masterOrders(day)))) sink.take(signal)
  }

  function find(orders: readonly MasterOrder[], there: MasterPositions): readonly Signal[] {
    const now = clock.now()
    return findSignals(orders, there, settings.copyOn, now, after(now, -master.entriesUpToMs))
  }

  function standing(orders: readonly MasterOrder[]): readonly MasterOrder[] {
    const today = dayOf(clock.now())
    return orders.filter(({ report }) => !endedWithItsDay(report, today))
  }

  /**
   * What the master holds after all that was told: what the broker shows, less what is filled and not
   * told yet, on days that are over too. Once at start and once a day; between two equal readings of the book,
   * so that no fill falls between the book and the positions.
   */
  async function havePositions(
    book: readonly OrderReport[],
    orders: readonly MasterOrder[],
  ): Promise<boolean> {
    const today = dayOf(clock.now())
    if (positions !== null && positionsOf === today) return true
    const shown = await readStanding(orders)
    if (shown === null) return false
    const again = await master.reader.orders()
    if (again.kind === 'failed' || filledOf(again.value) !== filledOf(book)) return false
    if (!agree(shown)) return false
    leftOver = readLeftOver()
    positions = withoutUntold(shown.positions, standing(notShown(leftOver, orders)))
    positionsOf = today
    comparedAt = clock.now()
    conversions.begin(shown.converted)
    const holds = [...shown.positions.values()].filter((quantity) => quantity !== 0n).length
    tell({ kind: 'watching', account: master.account, holds })
    alarmAboutExits(withLateHoldings(positions, shown.positions))
    return true
  }

  const readLeftOver = (): readonly MasterOrder[] => ledger.masterOrdersUntold(dayOf(clock.now()))

  /** At each start and each morning, for as long as it is so: no signal will ever close what is held there. */
  function alarmAboutExits(there: ReadonlyMap<PositionKey, Quantity>): void {
    const lanes = ledger.lanes().map((lane) => {
      const move = ledger.lastMove(lane)
      return { ...lane, movedOn: move && (ledger.signal(move.signalId)?.day ?? null) }
    })
    for (const [key, copied] of leftUnseen(there, lanes, dayOf(clock.now()))) {
      const holds = formatDecimal(there.get(key) ?? NO_QUANTITY)
      const text = `${key}: it holds ${holds}, and ${formatDecimal(copied)} was copied: what it left while Lockstep was stopped is in no book any more, and followers still hold it; see lockstep positions, then lockstep flatten FOLLOWER`
      tell({ kind: 'alarm', account: master.account, text })
    }
  }

  async function readStanding(orders: readonly MasterOrder[]): Promise<Standing | null> {
    const [shown, stored] = await Promise.all([master.reader.positions(), master.reader.holdings()])
    pulse.noteReading(master.account, 'positions', shown.kind === 'failed' ? shown : stored)
    if (shown.kind === 'failed' || stored.kind === 'failed') return null
    const ofDay = ledger.masterOrders(dayOf(clock.now()))
    return placeMaster(shown.value, stored.value, standing(orders), ofDay)
  }

  /**
   * A position that the master has converted to another product is not traded, so no order tells of it; and
   * the order that leaves it later would look like one that opens the opposite. Two looks must agree.
   */
  async function lookForConversions(orders: readonly MasterOrder[]): Promise<void> {
    const now = clock.now()
    if (positions === null || comparedAt === null || now - comparedAt < COMPARED_EVERY_MS) return
    // What waits in a halt was traded before what is converted now.
    if (sink.isHalted() || [...positions.values()].every((quantity) => quantity === 0n)) return
    comparedAt = now
    const shown = await readStanding(orders)
    if (shown === null || shown.differing !== '') return
    conversions.see(shown.converted)
    settleConversions()
  }

  function settleConversions(): void {
    const due = conversions.take()
    if (due.size === 0 || positions === null) return
    positions = withConversions(positions, due)
    const isCopied = ledger
      .lanes()
      .some(({ instrument, product }) => due.has(positionKey(instrument, product)))
    if (!isCopied) return
    const text = `it converted ${describeTotals(due)}: followers keep what they hold; convert or close it there by hand`
    tell({ kind: 'alarm', account: master.account, text })
  }

  /**
   * What was traded today is the sum of the day's fills. Where it is not, the book is behind what is
   * shown, and what it shows later would look like the opposite of what it is. What stays so for longer
   * than any book lags is how it is.
   */
  function agree({ differing }: Standing): boolean {
    const now = clock.now()
    if (differing === '') disagreement = null
    else if (disagreement?.differing !== differing) {
      const text = `its orders do not add up to its positions (${differing}): nothing is copied until they agree, for ${BOOK_LAGS_AT_MOST_MS / SECOND} s at most`
      tell({ kind: 'alarm', account: master.account, text })
      disagreement = { differing, since: now }
    }
    return disagreement === null || now - disagreement.since > BOOK_LAGS_AT_MOST_MS
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

/** Whether the master has converted something is looked at this often, while it holds anything. */
const COMPARED_EVERY_MS = 30 * SECOND
/** The book shows an order within a second or so; this long it is believed to be late. */
const CONFIRMED_WITHIN_MS = 10 * SECOND
/** The same as for our own orders, of which a book is believed to know nothing after this. */
const BOOK_LAGS_AT_MOST_MS = 30 * SECOND

/** What the stream told of an order. */
interface Heard {
  readonly at: Instant
  readonly position: PositionKey
  readonly filled: Quantity
}

const keyOf = ({ instrument, product }: Pick<OrderReport, 'instrument' | 'product'>): PositionKey =>
  positionKey(instrument, product)

/** What conversions of the day were counted, and which are still to be. */
function createConversions() {
  let counted: Standing['converted'] = new Map()
  let seen = ''
  let due = new Map<PositionKey, Quantity>()
  return {
    /** At the start of a day or of the engine. */
    begin(converted: Standing['converted']): void {
      counted = converted
      due = new Map(converted)
      seen = describeTotals(converted)
    },
    see(converted: Standing['converted']): void {
      const isAgreed = describeTotals(converted) === seen
      seen = describeTotals(converted)
      if (!isAgreed) return
      for (const key of new Set([...counted.keys(), ...converted.keys()])) {
        const change = subtract(converted.get(key) ?? NO_QUANTITY, counted.get(key) ?? NO_QUANTITY)
        if (change !== 0n) due.set(key, add(due.get(key) ?? NO_QUANTITY, change))
      }
      counted = converted
    },
    take(): ReadonlyMap<PositionKey, Quantity> {
      const taken = due
      due = new Map()
      return taken
    },
  }
}

const filledOf = (book: readonly OrderReport[]): string =>
  book
    .map((report) => `${report.orderId}:${report.filled}`)
    .sort()
    .join()
