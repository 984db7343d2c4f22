// One paper account at work. Every change is one entry: it goes to the journal first, then into the book,
// and only then is it answered or told. Prices come from the real market by `quotes` and from nowhere else:
// a quote that can't be read leaves an order resting.
//
// `turn` does what is due: days and closes that have passed, the broker's own square-off, one quote for
// every working order. `run` turns until it is stopped, at once after each write. A broker's own deadlines
// apply: DAY orders end at the close, intraday positions are closed some minutes after the last entries.
import { assert } from '../../domain/assert.ts'
import {
  type Calendar,
  marketState,
  nextSession,
  type Session,
  sessionsOf,
} from '../../domain/calendar.ts'
import type { InstrumentId } from '../../domain/ids.ts'
import type { Exchange, Instrument } from '../../domain/instrument.ts'
import { magnitude, type Price, type Quantity } from '../../domain/numbers.ts'
import type { Pricing } from '../../domain/order.ts'
import { opposite, sideOf } from '../../domain/order.ts'
import type { Outcome } from '../../domain/outcome.ts'
import type { Hours } from '../../domain/settings.ts'
import { after, atTimeOfDay, DAY, dayOf, type Instant, MINUTE, SECOND } from '../../domain/time.ts'
import type {
  BrokerReader,
  BrokerWriter,
  Clock,
  FeedEvent,
  Fill,
  OrderName,
  OrderStream,
  Placement,
  Quote,
  Reading,
} from '../../ports.ts'
import { refuse, reject } from './admission.ts'
import { type Book, createBook, isWorking, openNextDay, type PaperOrder } from './book.ts'
import type { DayOpened, Entry, Move, Placed } from './entry.ts'
import { type Journal, JournalUnwritable } from './journal.ts'
import { createTurnstile } from './limits.ts'
import { match } from './match.ts'
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
  readonly turnIntervalMs: number
}

export interface PaperAccount {
  readonly reader: BrokerReader
  readonly writer: BrokerWriter
  readonly stream: OrderStream
  turn(): Promise<void>
  run(signal: AbortSignal): Promise<void>
}

/** Some minutes after the last intraday entries (15:10 at NSE) brokers begin to close what is intraday. */
const SQUARE_OFF_DELAY_MS = 5 * MINUTE

/** Of the price beside a position. Asked for seldom: an exit asks for its quote on the same allowance. */
const PRICE_AGE_MS = 5 * SECOND

type Entries = readonly Exclude<Entry, DayOpened>[]

export function createPaperAccount(
  deps: PaperDeps & { readonly journal: Journal },
  settings: PaperSettings & { readonly book: Book },
): PaperAccount {
  const { clock, real, depthOf, journal } = deps
  const { calendar, hours } = settings
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

  const isOpen = (exchange: Exchange, at: Instant): boolean =>
    hours === 'ignore' || marketState(exchange, at, calendar).kind === 'open'

  /** The close of the session that runs, or else of the next one. */
  function closeFor(exchange: Exchange, at: Instant): Instant {
    if (hours === 'ignore') return atTimeOfDay(dayOf(at), DAY)
    const running = sessionAt(exchange, at)
    return (running ?? nextSession(exchange, at, calendar))?.until ?? atTimeOfDay(dayOf(at), DAY)
  }

  const sessionAt = (exchange: Exchange, at: Instant): Session | null =>
    sessionsOf(exchange, dayOf(at), calendar).find(({ from, until }) => from <= at && at < until) ??
    null

  function isIntradayOver(exchange: Exchange, at: Instant): boolean {
    const session = hours === 'ignore' ? null : sessionAt(exchange, at)
    return session !== null && at >= after(session.intradayUntil, SQUARE_OFF_DELAY_MS)
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
    const reading = await real.quotes([...instruments.values()])
    if (reading.kind === 'failed') return
    const now = clock.now()
    const quoteOf = (instrument: Instrument): Quote | null => {
      const quote = reading.value.get(instrument.id)
      return quote && quote.last > 0n && isOpen(instrument.exchange, now) ? quote : null
    }
    for (const [id, { last }] of reading.value) prices.set(id, { last, at: asked })
    for (const { instrument } of overdue) squareOff(instrument, quoteOf(instrument), now)
    // An order that changed while the quote was on its way waits for one that was asked for after it.
    for (const order of orders)
      if (book.order(order.number) === order) meet(order, quoteOf(order.instrument), now)
  }

  function meet(order: PaperOrder, quote: Quote | null, now: Instant): void {
    if (quote === null || order.goodUntil <= now) return
    const { instrument, product } = order
    const risk = {
      freeze: settings.freeze,
      deliverable: book.deliverable(instrument.id),
      position: book.position(instrument.id, product),
      isIntradayOver: isIntradayOver(instrument.exchange, now),
    }
    const market = { quote, depth: depthOf(instrument) }
    moveOn(
      order,
      match(order, market, () => reject(order, quote, risk)),
      now,
    )
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

  const read = <T>(value: T): Promise<Reading<T>> =>
    Promise.resolve({ kind: 'read', value, unreadable: [], at: clock.now() })

  const reader: BrokerReader = {
    account,
    orders: () => read(book.orders().map((order) => reportOf(account, order, 'book'))),
    order(id) {
      const order = book.orders().find((each) => uniqueIdOf(account, each) === id)
      return read(order ? reportOf(account, order, 'details') : null)
    },
    fills: () => read(fillsOf(book)),
    positions: () =>
      read(
        book.positions().map(({ instrument, product, quantity }) => ({
          instrument: instrument.id,
          product,
          quantity,
          lastPrice: prices.get(instrument.id)?.last ?? null,
        })),
      ),
    holdings: () =>
      read(
        book
          .holdings()
          .map(({ instrument, quantity }) => ({ instrument: instrument.id, quantity })),
      ),
    funds: real.funds,
    profile: real.profile,
    quotes: real.quotes,
  }

  const stream: OrderStream = {
    async run(onEvent, signal) {
      if (signal.aborted) return
      listeners.add(onEvent)
      onEvent({ kind: 'connected', at: clock.now() })
      await new Promise((stopped) => signal.addEventListener('abort', stopped, { once: true }))
      listeners.delete(onEvent)
    },
  }

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

function fillsOf(book: Book): readonly Fill[] {
  return book.fills().flatMap(({ number, quantity, price, at }) => {
    const order = book.order(number)
    return order ? [{ orderId: orderIdOf(order), quantity, price, at }] : []
  })
}
