// What the tests of the paper broker share: a market whose quotes are set by hand, a clock that is moved
// by hand, a book in a folder of its own.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createBook } from '../../../src/broker/paper/book.ts'
import {
  createPaperAccount,
  type PaperAccount,
  type PaperSettings,
} from '../../../src/broker/paper/client.ts'
import { openPaperAccount } from '../../../src/broker/paper/index.ts'
import type { Journal } from '../../../src/broker/paper/journal.ts'
import { NO_OVERRIDES } from '../../../src/domain/calendar.ts'
import { CALENDAR_TABLE } from '../../../src/domain/calendar-data.ts'
import { accountName, type InstrumentId, instrumentId } from '../../../src/domain/ids.ts'
import type { Instrument } from '../../../src/domain/instrument.ts'
import {
  type Money,
  type Price,
  parseMoney,
  parsePrice,
  type Quantity,
  units,
} from '../../../src/domain/numbers.ts'
import type { Pricing, Product, Side } from '../../../src/domain/order.ts'
import type { Circuit, Hours } from '../../../src/domain/settings.ts'
import {
  atTimeOfDay,
  dayOf,
  HOUR,
  type Instant,
  MINUTE,
  SECOND,
  tradingDay,
} from '../../../src/domain/time.ts'
import type { Clock, Quote, Reading, RecordedAttempt } from '../../../src/ports.ts'

export const FOLLOWER = accountName('FOLLOWER_1')

export const NIFTY_CALL: Instrument = {
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
  ...NIFTY_CALL,
  id: instrumentId('NSE', 'SBIN-EQ'),
  exchange: 'NSE',
  symbol: 'SBIN-EQ',
  token: '3045',
  underlying: 'SBIN',
  kind: 'cash',
  lotSize: units(1),
  expiry: null,
  series: 'EQ',
}

/** `2026-12-01 10:30:45`, or the time alone for that day: a Tuesday. */
export function at(text: string): Instant {
  const [time = '', day = '2026-12-01'] = text.split(' ').toReversed()
  const [hours = 0, minutes = 0, seconds = 0] = time.split(':').map(Number)
  return atTimeOfDay(tradingDay(day), hours * HOUR + minutes * MINUTE + seconds * SECOND)
}

export interface HandClock extends Clock {
  set(at: Instant): void
}

/** Stands still until it is set. Sleepers sleep until their signal. */
export function createHandClock(start: Instant): HandClock {
  let now = start
  return {
    now: () => now,
    monotonicMs: () => now - start,
    sleep: (_, signal) =>
      new Promise((wake) => {
        if (signal?.aborted) wake()
        else signal?.addEventListener('abort', () => wake(), { once: true })
      }),
    set: (at) => {
      now = at
    },
  }
}

export interface HandMarket {
  readonly last: Map<InstrumentId, Price>
  circuit: Circuit | null
  depth: Quantity | null
  isReadable: boolean
  /** Free in the real account; null can't be read. */
  net: Money | null
  /** Runs while quotes are on their way. */
  meanwhile: () => Promise<void>
  asked: number
}

export const createHandMarket = (): HandMarket => ({
  last: new Map([
    [NIFTY_CALL.id, parsePrice('100')],
    [SBIN.id, parsePrice('800')],
  ]),
  circuit: null,
  depth: null,
  isReadable: true,
  net: parseMoney('1000000'),
  meanwhile: async () => undefined,
  asked: 0,
})

export function quoteFrom(market: HandMarket, clock: Clock) {
  return async (
    instruments: readonly Instrument[],
  ): Promise<Reading<ReadonlyMap<InstrumentId, Quote>>> => {
    market.asked++
    const at = clock.now()
    if (!market.isReadable) return { kind: 'failed', why: 'network', evidence: 'no line', at }
    const quotes = new Map<InstrumentId, Quote>()
    for (const { id } of instruments) {
      const last = market.last.get(id)
      if (last !== undefined) quotes.set(id, { last, circuit: market.circuit })
    }
    await market.meanwhile()
    return { kind: 'read', value: quotes, unreadable: [], at }
  }
}

export interface Scene {
  readonly path: string
  readonly clock: HandClock
  readonly market: HandMarket
  /** Opens the account; again after `close`, as a restart does. */
  open(): ReturnType<typeof openPaperAccount>
  /** An empty one on a journal of the test's own. */
  openOn(journal: Journal): PaperAccount
  dispose(): void
}

export function createScene(some: { start?: Instant; hours?: Hours } = {}): Scene {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-paper-'))
  const path = join(folder, 'paper', 'FOLLOWER_1.jsonl')
  const clock = createHandClock(some.start ?? at('10:00:00'))
  const market = createHandMarket()
  const open = () => openAt(path, clock, market, some.hours ?? 'enforce')
  return {
    path,
    clock,
    market,
    open,
    openOn: (journal) =>
      createPaperAccount(
        { ...depsOf(clock, market), journal },
        {
          ...settingsFor(some.hours ?? 'enforce'),
          book: createBook({
            kind: 'dayOpened',
            account: FOLLOWER,
            day: dayOf(clock.now()),
            nextNumber: 1,
            carried: [],
          }),
        },
      ),
    dispose: () => rmSync(folder, { recursive: true, force: true }),
  }
}

function depsOf(clock: Clock, market: HandMarket) {
  const read = <T>(value: T): Promise<Reading<T>> =>
    Promise.resolve({ kind: 'read', value, unreadable: [], at: clock.now() })
  const failed = (): Promise<Reading<never>> =>
    Promise.resolve({ kind: 'failed', why: 'network', evidence: 'no line', at: clock.now() })
  return {
    clock,
    real: {
      quotes: quoteFrom(market, clock),
      funds: () =>
        market.net === null ? failed() : read({ net: market.net, used: parseMoney('0') }),
      profile: () => read({ clientCode: 'C123', name: 'Papa', exchanges: [], products: [] }),
    },
    depthOf: () => market.depth,
  }
}

const settingsFor = (hours: Hours): PaperSettings => ({
  calendar: { table: CALENDAR_TABLE, overrides: NO_OVERRIDES },
  hours,
  freeze: new Map(),
  funds: 'check',
  turnIntervalMs: 1_000,
})

export const openAt = (path: string, clock: Clock, market: HandMarket, hours: Hours) =>
  openPaperAccount(depsOf(clock, market), { ...settingsFor(hours), account: FOLLOWER, path })

let placed = 0
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** Of the right length and letters, another one each time. */
export function nextTag(): string {
  let rest = ++placed
  let text = ''
  for (let letter = 0; letter < 12; letter++, rest = Math.floor(rest / 32))
    text += LETTERS[rest % 32]
  return `LSPAPER${text}`
}

export interface AttemptSketch {
  readonly instrument?: Instrument
  readonly side?: Side
  readonly quantity?: Quantity
  readonly pricing?: Pricing
  readonly product?: Product
  readonly tag?: string
  readonly mode?: 'paper' | 'live'
}

/** As if the ledger had recorded it. */
export function attemptOf(sketch: AttemptSketch = {}): RecordedAttempt {
  const instrument = sketch.instrument ?? NIFTY_CALL
  return {
    tag: sketch.tag ?? nextTag(),
    quantity: sketch.quantity ?? units(65),
    intent: {
      lane: {
        follower: FOLLOWER,
        mode: sketch.mode ?? 'paper',
        instrument: instrument.id,
        product: sketch.product ?? 'INTRADAY',
      },
      side: sketch.side ?? 'BUY',
      quantity: sketch.quantity ?? units(65),
      pricing: sketch.pricing ?? { kind: 'limit', price: parsePrice('99') },
    },
  } as unknown as RecordedAttempt
}

export const limitAt = (price: string): Pricing => ({ kind: 'limit', price: parsePrice(price) })
