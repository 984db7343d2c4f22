// One paper account at work. Every change is one entry: it goes to the journal first, then into the book,
// and only then is it answered or told. Prices come from the real market by `quotes` and from nowhere else:
// a quote that can't be read leaves an order resting.
//
// `turn` does what is due: days and closes that have passed, the broker's own square-off, one quote for
// every working order. `run` turns until it is stopped, at once after each write. A broker's own deadlines
// apply: DAY orders end at the close, intraday positions are closed some minutes after the last entries.
import { assert } from '../../domain/assert.ts'
import type { Calendar } from '../../domain/calendar.ts'
import type { InstrumentId } from '../../domain/ids.ts'
import type { Instrument } from '../../domain/instrument.ts'
import { type Money, magnitude, type Price, type Quantity } from '../../domain/numbers.ts'
import type { Pricing } from '../../domain/order.ts'
import { opposite, sideOf } from '../../domain/order.ts'
import type { Outcome } from '../../domain/outcome.ts'
import type { Hours } from '../../domain/settings.ts'
import { after, dayOf, type Instant, SECOND } from '../../domain/time.ts'
import type {
  BrokerReader,
  BrokerWriter,
  Clock,
  FeedEvent,
  OrderName,
  OrderStream,
  Placement,
  Quote,
} from '../../ports.ts'
import { refuse, reject } from './admission.ts'
import { type Book, createBook, isWorking, openNextDay, type PaperOrder } from './book.ts'
import type { DayOpened, Entry, Move, Placed } from './entry.ts'
import { findUnpaid, isToBePaid } from './funds.ts'
import { hoursOf } from './hours.ts'
import { type Journal, JournalUnwritable } from './journal.ts'
import { createTurnstile } from './limits.ts'
import { match } from './match.ts'
import { createReader } from './read.ts'
import { orderIdOf, reportOf, uniqueIdOf } from './report.ts'
import { writeEntry } from './wire.ts'

export interface PaperDeps {
  readonly clock: Clock
  /** The real account, as far as a paper one asks of it. Nothing of it can write. */
  readonly real: Pick<BrokerReader, 'quotes' | 'funds' | 'profile'>
  /** What one quote can fill of one order; null is all, since a last price says nothing of depth. */
  readonly depthOf: (instrument: Instrument) => Quantity | null
}

export interface PaperSettings {
  readonly calendar: Calendar
  readonly hours: Hours
  readonly freeze: ReadonlyMap<string, Quantity>
  /** Whether orders that the real account's money would not pay for are rejected. */
  readonly funds: 'check' | 'ignore'
  readonly turnIntervalMs: number
}

export interface PaperAccount {
  readonly reader: BrokerReader
  readonly writer: BrokerWriter
  readonly stream: OrderStream
  turn(): Promise<void>
  run(signal: AbortSignal): Promise<void>
}

/** Of the price beside a position. Asked for seldom: an exit asks for its quote on the same allowance. */
const PRICE_AGE_MS = 5 * SECOND

type Entries = readonly Exclude<Entry, DayOpened>[]

export function createPaperAccount(
  deps: PaperDeps & { readonly journal: Journal },
  settings: PaperSettings & { readonly book: Book },
): PaperAccount {
  const { clock, real, depthOf, journal } = deps
  const { isOpen, closeFor, isIntradayOver } = hoursOf(settings.hours, settings.calendar)
  const { account } = settings.book
  const turnstile = createTurnstile(settings.book.writes())
  const listeners = new Set<(event: FeedEvent) => void>()
  const prices = new Map<InstrumentId, { readonly last: Price; readonly at: Instant }>()
  let book = settings.book
  let wake = new AbortController()

  // --- one change ------------------------------------------------------------------------------------

  function commit(entries: Entries): void {
    if (entries.length === 0) return
    journal.append(entries.map(writeEntry))
    for (const entry of entries) book.apply(entry)
    const at = clock.now()
    for (const number of new Set(entries.map((entry) => entry.number))) {
      const order = book.order(number)
      if (order) tell({ kind: 'order', report: reportOf(account, order, 'stream'), at })
    }
  }

  const moveOn = (order: PaperOrder, moves: readonly Move[], at: Instant): void =>
    commit(moves.map((move) => ({ ...move, number: order.number, at })))

  function tell(event: FeedEvent): void {
    for (const listener of listeners) listener(event)
  }

  // --- what time has done ----------------------------------------------------------------------------

  function catchUp(now: Instant): void {
    const isNewDay = dayOf(now) > book.day
    for (const order of book.working())
      if (order.goodUntil <= now || (isNewDay && order.filled > 0n))
        moveOn(order, [{ kind: 'cancelled', text: 'the market has closed' }], now)
    if (!isNewDay) return
    const [opened, ...placed] = openNextDay(book, dayOf(now))
    journal.replace([opened, ...placed].map(writeEntry))
    book = createBook(opened)
    for (const entry of placed) book.apply(entry)
  }

  // --- what the market does --------------------------------------------------------------------------

  async function turn(): Promise<void> {
    try {
      catchUp(clock.now())
      await meetTheMarket()
    } catch (error) {
      // Nothing of it has happened, and the next turn tries again. Anything else is a bug, and crashes.
      if (!(error instanceof JournalUnwritable)) throw error
      tell({ kind: 'unreadable', evidence: error.message, at: clock.now() })
    }
  }

  async function meetTheMarket(): Promise<void> {
    const asked = clock.now()
    const orders = book.working().filter(({ instrument }) => isOpen(instrument.exchange, asked))
    const overdue = intradayOverdue(asked)
    const instruments = new Map(
      [...orders, ...overdue, ...unpriced(asked)].map(({ instrument }) => [
        instrument.id,
        instrument,
      ]),
    )
    if (instruments.size === 0) return
    const net = await readNet(orders)
    const reading = await real.quotes([...instruments.values()])
    if (reading.kind === 'failed') return
    const now = clock.now()
    const quoteOf = (instrument: Instrument): Quote | null => {
      const quote = reading.value.get(instrument.id)
      return quote && quote.last > 0n && isOpen(instrument.exchange, now) ? quote : null
    }
    for (const [id, { last }] of reading.value) if (last > 0n) prices.set(id, { last, at: asked })
    for (const { instrument } of overdue) squareOff(instrument, quoteOf(instrument), now)
    // An order that changed while the quote was on its way waits for one that was asked for after it.
    for (const order of orders)
      if (book.order(order.number) === order)
        meet(order, { quote: quoteOf(order.instrument), net }, now)
  }

  /** null: nobody asks, or nobody can say. Then nothing is refused for want of money. */
  async function readNet(orders: readonly PaperOrder[]): Promise<Money | null> {
    const isAsked = orders.some((order) => order.phase === 'arriving' && isToBePaid(order))
    if (settings.funds === 'ignore' || !isAsked) return null
    const reading = await real.funds()
    return reading.kind === 'read' ? reading.value.net : null
  }

  function meet(
    order: PaperOrder,
    { quote, net }: { readonly quote: Quote | null; readonly net: Money | null },
    now: Instant,
  ): void {
    if (quote === null || order.goodUntil <= now) return
    const { instrument, product } = order
    const risk = {
      freeze: settings.freeze,
      deliverable: book.deliverable(instrument.id),
      position: book.position(instrument.id, product),
      isIntradayOver: isIntradayOver(instrument.exchange, now),
    }
    const market = { quote, depth: depthOf(instrument) }
    const refusal = () =>
      reject(order, quote, risk) ??
      (net === null ? null : findUnpaid(order, { last: quote.last, net }, book))
    moveOn(order, match(order, market, refusal), now)
  }

  const intradayOverdue = (at: Instant) =>
    book
      .positions()
      .filter(({ product, quantity }) => product === 'INTRADAY' && quantity !== 0n)
      .filter(({ instrument }) => isIntradayOver(instrument.exchange, at))

  /** Held, with a last price that is too old to be shown beside it. */
  const unpriced = (at: Instant) =>
    book
      .positions()
      .filter(({ instrument, quantity }) => quantity !== 0n && isOpen(instrument.exchange, at))
      .filter(({ instrument }) => at - (prices.get(instrument.id)?.at ?? 0) >= PRICE_AGE_MS)

  /** What rests there is cancelled first, so that nothing fills after it. */
  function squareOff(instrument: Instrument, quote: Quote | null, at: Instant): void {
    const quantity = book.position(instrument.id, 'INTRADAY')
    const side = sideOf(quantity)
    if (quote === null || side === null) return
    for (const order of book.working())
      if (order.instrument.id === instrument.id && order.product === 'INTRADAY')
        moveOn(order, [{ kind: 'cancelled', text: 'squared off by the broker' }], at)
    commit([
      {
        kind: 'squaredOff',
        number: book.nextNumber,
        at,
        instrument,
        side: opposite(side),
        quantity: magnitude(quantity),
        price: quote.last,
      },
    ])
  }

  // --- the writer ------------------------------------------------------------------------------------

  /** A write answers with an outcome, whatever happens to it. */
  function write(what: string, act: (at: Instant) => Outcome): Promise<Outcome> {
    const at = clock.now()
    if (!turnstile.enter(at)) {
      const evidence = `paper: ${what}: more writes than the broker allows`
      return Promise.resolve({ kind: 'unknown', likely: 'rateLimited', evidence })
    }
    try {
      catchUp(at)
      const outcome = act(at)
      wake.abort()
      return Promise.resolve(outcome)
    } catch (error) {
      if (!(error instanceof JournalUnwritable)) throw error
      return Promise.resolve({ kind: 'unknown', likely: null, evidence: error.message })
    }
  }

  function place({ attempt, instrument }: Placement, at: Instant): Outcome {
    const { lane, side, pricing } = attempt.intent
    assert(lane.follower === account, 'an order of another account')
    assert(lane.mode === 'paper', 'a live order given to the paper broker')
    assert(lane.instrument === instrument.id, 'an order of another instrument')
    const { product } = lane
    const { tag, quantity } = attempt
    const goodUntil = closeFor(instrument.exchange, at)
    const day = dayOf(after(goodUntil, -1))
    const refusal = refuse({ instrument, product, pricing, quantity, tag }, day)
    if (refusal !== null) return refused('validation', refusal)
    const placed: Placed = {
      kind: 'placed',
      number: book.nextNumber,
      at,
      goodUntil,
      isAfterMarket: !isOpen(instrument.exchange, at),
      tag,
      instrument,
      side,
      product,
      pricing,
      quantity,
    }
    commit([placed])
    return accepted(placed)
  }

  function change(name: OrderName, how: (order: PaperOrder) => Move | Outcome, at: Instant) {
    const order = book.orders().find((each) => orderIdOf(each) === name.orderId)
    if (!order) return refused('other', 'order not found')
    if (!isWorking(order)) return refused('other', 'order is already final')
    const change = how(order)
    if (isOutcome(change)) return change
    moveOn(order, [change], at)
    return accepted(order)
  }

  function modify(
    order: PaperOrder,
    to: { readonly quantity: Quantity; readonly to: Pricing },
    at: Instant,
  ): Move | Outcome {
    const { quantity, to: pricing } = to
    const refusal = refuse({ ...order, quantity, pricing }, dayOf(at))
    return refusal === null
      ? { kind: 'modified', quantity, pricing }
      : refused('validation', refusal)
  }

  const accepted = (order: Placed): Outcome => ({
    kind: 'accepted',
    orderId: orderIdOf(order),
    uniqueOrderId: uniqueIdOf(account, order),
    evidence: 'paper: written to its book',
  })

  const writer: BrokerWriter = {
    account,
    place: (placement) => write('place', (at) => place(placement, at)),
    cancel: (name) =>
      write('cancel', (at) => change(name, () => ({ kind: 'cancelled', text: '' }), at)),
    modify: (request) =>
      write('modify', (at) => change(request, (order) => modify(order, request, at), at)),
  }

  // --- the reader and the stream ---------------------------------------------------------------------

  const lastPriceOf = (id: InstrumentId): Price | null => prices.get(id)?.last ?? null
  const reader = createReader({ clock, real, book: () => book, lastPriceOf })

  const stream: OrderStream = {
    async run(onEvent, signal) {
      if (signal.aborted) return
      listeners.add(onEvent)
      onEvent({ kind: 'connected', at: clock.now() })
      await new Promise((stopped) => signal.addEventListener('abort', stopped, { once: true }))
      listeners.delete(onEvent)
    },
  }

  // A book of yesterday is shown to nobody: whoever asks first, asks about today.
  catchUp(clock.now())

  return {
    reader,
    writer,
    stream,
    turn,
    async run(signal) {
      while (!signal.aborted) {
        // Before the turn, so that what is written during it causes another one.
        wake = new AbortController()
        await turn()
        await clock.sleep(settings.turnIntervalMs, AbortSignal.any([signal, wake.signal]))
      }
    },
  }
}

const refused = (cause: 'validation' | 'other', text: string): Outcome => ({
  kind: 'rejected',
  cause,
  text,
  evidence: `paper: ${text}`,
})

const isOutcome = (change: Move | Outcome): change is Outcome => 'evidence' in change
