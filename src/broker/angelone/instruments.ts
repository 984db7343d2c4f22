// The instruments of the day: fetched once a day, kept in the data folder, and yesterday's used with a
// warning when today's can't be had. Contracts change too fast for an old list: after three days it knows
// shares only. A name or token that is in doubt is unknown, and what is unknown is not traded.
import { once } from 'node:events'
import axios from 'axios'
import pRetry from 'p-retry'
import type { Egress } from '../../domain/account.ts'
import type { Exchange } from '../../domain/instrument.ts'
import type { Quantity } from '../../domain/numbers.ts'
import { atTimeOfDay, DAY, dayOf, SECOND, type TradingDay } from '../../domain/time.ts'
import type { Clock, Instruments } from '../../ports.ts'
import { createAgent } from './egress.ts'
import { readRows, toInstrument, UnreadableFile } from './instrument-file.ts'
import {
  createInstrumentList,
  type InstrumentList,
  type InstrumentStore,
  openStore,
  writeStore,
} from './instrument-store.ts'

export type InstrumentsLoaded =
  | {
      readonly kind: 'ready'
      readonly instruments: Instruments
      /** Of today's contracts on an underlying; null when there is none. */
      readonly lotOf: (exchange: Exchange, underlying: string) => Quantity | null
      readonly warning: string | null
    }
  /** None at all: nothing can be copied. */
  | { readonly kind: 'missing'; readonly why: string }

interface Config {
  readonly url: string
  readonly folder: string
  readonly egress: Egress
  /** How often a download is tried. */
  readonly tries?: number
}

const DERIVATIVES_DAYS = 3
// The file has been slow to come; this is the whole of it.
const DEADLINE_MS = 120 * SECOND
const LARGEST_FILE = 256 * 1024 * 1024
// A file with half of yesterday's rows is not a day with half the market.
const LEAST_SHARE = 0.5
const LONGEST_WAIT_MS = 5 * SECOND

/** The pieces of the file as they come; throws NotFetched for an answer that is none. */
export type FetchPieces = (
  from: { readonly url: string; readonly egress: Egress },
  overdue: AbortSignal,
) => AsyncIterable<Buffer>

interface Deps {
  readonly clock: Clock
  /** Over a connection of its own unless told otherwise. */
  readonly fetchPieces?: FetchPieces
}

export async function loadInstruments(deps: Deps, config: Config): Promise<InstrumentsLoaded> {
  const { clock } = deps
  const today = dayOf(clock.now())
  const stored = openStore(config.folder)
  if (stored?.day === today) return ready(stored, clock, null)
  const failure = await refresh(deps, config, today, stored)
  const store = failure === null ? openStore(config.folder) : stored
  if (store) return ready(store, clock, failure && olderList(failure, store.day))
  return { kind: 'missing', why: failure ?? 'the list that was just written cannot be read' }
}

/** What was fetched last, without fetching anything. */
export function storedInstruments(
  { clock }: { readonly clock: Clock },
  folder: string,
): InstrumentsLoaded {
  const stored = openStore(folder)
  return stored ? ready(stored, clock, null) : { kind: 'missing', why: 'none was fetched yet' }
}

const olderList = (failure: string, day: TradingDay) =>
  `${failure}; the instruments of ${day} are used, and no derivatives after ${DERIVATIVES_DAYS} days`

/** Null, or why there is no new list. */
async function refresh(
  deps: Deps,
  config: Config,
  today: TradingDay,
  stored: InstrumentStore | null,
): Promise<string | null> {
  const { clock } = deps
  const retries = (config.tries ?? 3) - 1
  try {
    const list = await pRetry(() => download(deps, config, today), {
      retries,
      // Waits by our clock, not by a timer of its own.
      minTimeout: 0,
      onFailedAttempt: ({ attemptNumber }) =>
        attemptNumber > retries
          ? undefined
          : clock.sleep(Math.min(LONGEST_WAIT_MS, SECOND * 2 ** (attemptNumber - 1))),
    })
    if (list.count === 0) return 'the instrument master is empty'
    const isRecent = stored !== null && !isOld(stored.day, clock)
    if (isRecent && list.count < stored.count * LEAST_SHARE)
      return `the instrument master has ${list.count} rows where it had ${stored.count}`
    writeStore(config.folder, today, list)
    return null
  } catch (error) {
    if (error instanceof UnreadableFile || error instanceof NotFetched) return error.message
    throw error
  }
}

async function download(
  { clock, fetchPieces = fetchByHttp }: Deps,
  config: Config,
  today: TradingDay,
): Promise<InstrumentList> {
  const overdue = new AbortController()
  const done = new AbortController()
  void clock.sleep(DEADLINE_MS, done.signal).then(() => {
    if (!done.signal.aborted) overdue.abort()
  })
  try {
    const list = createInstrumentList()
    for await (const raw of readRows(bounded(fetchPieces(config, overdue.signal)))) {
      const instrument = toInstrument(raw, today)
      if (instrument) list.add(instrument)
    }
    return list
  } catch (error) {
    if (error instanceof UnreadableFile || error instanceof NotFetched) throw error
    throw lossOf(error, overdue.signal.aborted)
  } finally {
    done.abort()
  }
}

async function* fetchByHttp(
  { url, egress }: Parameters<FetchPieces>[0],
  overdue: AbortSignal,
): AsyncGenerator<Buffer> {
  const agent = createAgent(url, egress)
  try {
    const answer = await axios.get<NodeJS.ReadableStream>(url, {
      adapter: 'http',
      httpAgent: agent,
      httpsAgent: agent,
      proxy: false,
      maxRedirects: 0,
      responseType: 'stream',
      validateStatus: () => true,
      signal: overdue,
    })
    const stream = answer.data
    if (answer.status !== 200) {
      stream.resume()
      await once(stream, 'end')
      throw new NotFetched(`status ${answer.status}`)
    }
    yield* stream as unknown as AsyncIterable<Buffer>
  } finally {
    agent.destroy()
  }
}

async function* bounded(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let bytes = 0
  for await (const piece of pieces) {
    bytes += piece.length
    if (bytes > LARGEST_FILE) throw new UnreadableFile('it does not end')
    yield piece
  }
}

/** Without its cause, which holds the way out and so perhaps a proxy's password. */
function lossOf(error: unknown, isOverdue: boolean): NotFetched {
  if (isOverdue) return new NotFetched('it did not come in time')
  return new NotFetched(error instanceof Error && 'code' in error ? String(error.code) : 'lost')
}

class NotFetched extends Error {
  constructor(why: string) {
    super(`the instrument master could not be fetched: ${why}`)
    this.name = 'NotFetched'
  }
}

const isOld = (day: TradingDay, clock: Clock): boolean =>
  clock.now() >= atTimeOfDay(day, 0) + (DERIVATIVES_DAYS + 1) * DAY

function ready(
  store: InstrumentStore,
  clock: Clock,
  warning: string | null,
): Extract<InstrumentsLoaded, { kind: 'ready' }> {
  const instruments: Instruments = {
    day: store.day,
    byId: (id) => current(store.byId(id)),
    byToken: (exchange, token) => current(store.byToken(exchange, token)),
  }
  /** Unknown once it has expired, and, if it is a contract, once the list is old. */
  function current(one: ReturnType<InstrumentStore['byId']>) {
    if (one === null || one.expiry === null) return one
    return isOld(store.day, clock) || one.expiry < dayOf(clock.now()) ? null : one
  }
  return {
    kind: 'ready',
    instruments,
    lotOf: (exchange, underlying) =>
      isOld(store.day, clock) ? null : store.lotOf(exchange, underlying, dayOf(clock.now())),
    warning,
  }
}
