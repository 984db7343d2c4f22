// Everything that Angel One tells of one account. Nothing here can change anything there, so this is
// what a dry run has for real. A reading waits for its turn under the broker's limits, and is dated from
// the moment it was asked for, because the answer may be that old.
import pRetry from 'p-retry'
import type { AccountName, InstrumentId } from '../../domain/ids.ts'
import type { Instrument } from '../../domain/instrument.ts'
import type { OrderReport } from '../../domain/order.ts'
import { dayOf, type TradingDay } from '../../domain/time.ts'
import type { BrokerReader, Clock, Quote, Reading } from '../../ports.ts'
import { classifyRead, evidenceOf } from './classify.ts'
import type { Answer, Client, ReadRoute, Sending } from './client.ts'
import type { Pacer } from './limits.ts'
import {
  mapFunds,
  mapHolding,
  mapOrder,
  mapPosition,
  mapProfile,
  mapQuote,
  mapTrade,
} from './map.ts'
import { createRowReader, type Mapped, type RowReader, readRows } from './rows.ts'
import type { Session } from './session.ts'
import { type Body, readBody } from './wire.ts'

interface Deps {
  readonly client: Client
  readonly session: Session
  readonly pacer: Pacer
  readonly clock: Clock
}

type Failed = Extract<Reading<never>, { kind: 'failed' }>
type Asked<T> =
  | { readonly kind: 'told'; readonly told: T; readonly at: Reading<never>['at'] }
  | Failed
  | { readonly kind: 'notFound'; readonly at: Reading<never>['at'] }

const SESSION_WAIT_MS = 7_000
const QUOTES_A_CALL = 50
const AGAIN_AFTER_MS = [250, 500]

export function createReader(deps: Deps, account: AccountName): BrokerReader {
  const { client, session, pacer, clock } = deps
  let book: { readonly day: TradingDay; readonly rows: RowReader<OrderReport> } | null = null

  /** One request, and what `digest` finds in an answer that is one. */
  async function ask<T>(
    route: ReadRoute,
    sending: Omit<Sending, 'token'>,
    digest: (text: string) => { readonly body: Body; readonly told: T },
  ): Promise<Asked<T>> {
    const admission = await session.enter(SESSION_WAIT_MS)
    if (admission.kind === 'closed') return failed('sessionLost', admission.why)
    const answer = await sendPaced(route, { ...sending, token: admission.token })
    const digested = answer.kind === 'answered' ? digest(answer.text) : null
    const evidence = evidenceOf(answer, digested?.body)
    const verdict = classifyRead(evidence)
    if (verdict === 'sessionLost') session.lost(admission.token)
    if (verdict === 'notFound') return { kind: 'notFound', at: answer.sentAt }
    if (verdict === 'read' && digested)
      return { kind: 'told', told: digested.told, at: answer.sentAt }
    return failed(verdict === 'read' ? 'unreadable' : verdict, evidence.summary)
  }

  /** The turn comes last before sending, so that turns that were spaced are sent spaced. */
  async function sendPaced(route: ReadRoute, sending: Sending): Promise<Answer> {
    const send = () => client.send(route, sending)
    const answer = await pacer.ask(route, send)
    const wasKept = answer.kind === 'unanswered' && answer.isReused && answer.code !== 'ETIMEDOUT'
    if (!wasKept) return answer
    // A kept connection that the broker closed as we wrote: nothing is wrong but the connection.
    return pacer.ask(route, send)
  }

  const failed = (why: Failed['why'], evidence: string): Failed => ({
    kind: 'failed',
    why,
    evidence,
    at: clock.now(),
  })

  /** A list of rows; `data:null` is an empty one. */
  async function list<T>(
    route: ReadRoute,
    map: (raw: unknown) => Mapped<T>,
  ): Promise<Reading<readonly T[]>> {
    const asked = await ask(route, {}, (text) => {
      const body = readBody(text)
      return { body, told: dataOf(body) }
    })
    if (asked.kind === 'failed') return asked
    if (asked.kind === 'notFound') return read([], [], asked.at)
    const data = asked.told
    if (data !== null && !Array.isArray(data))
      return failed('unreadable', `${route}: the data is no list`)
    const { rows, unreadable } = readRows(data, map)
    return read(rows, unreadable, asked.at)
  }

  async function one<T>(route: ReadRoute, map: (raw: unknown) => Mapped<T>): Promise<Reading<T>> {
    const asked = await ask(route, {}, (text) => {
      const body = readBody(text)
      return { body, told: dataOf(body) }
    })
    if (asked.kind === 'failed') return asked
    const mapped = map(asked.kind === 'told' ? asked.told : null)
    return mapped.kind === 'row'
      ? read(mapped.value, [], asked.at)
      : failed('unreadable', mapped.why)
  }

  return {
    account,
    async orders() {
      const now = clock.now()
      // A new day is a new book: rows without a time of their own must not keep yesterday's.
      if (book?.day !== dayOf(now))
        book = {
          day: dayOf(now),
          rows: createRowReader((raw) => mapOrder(raw, { account, source: 'book', now })),
        }
      const { rows } = book
      const asked = await ask('orderBook', {}, (text) => {
        const told = rows.read(text)
        return { body: told.body, told }
      })
      if (asked.kind === 'failed') return asked
      if (asked.kind === 'notFound') return read([], [], asked.at)
      const { told } = asked
      if (told.rows === null && dataOf(told.body) !== null)
        return failed('unreadable', 'orderBook: the data is no list')
      return read(told.rows ?? [], told.unreadable, asked.at)
    },
    async order(id) {
      const asked = await ask('orderDetails', { name: id }, (text) => {
        const body = readBody(text)
        return { body, told: dataOf(body) }
      })
      if (asked.kind === 'failed') return asked
      const data = asked.kind === 'told' ? asked.told : null
      if (data === null) return read(null, [], asked.at)
      const row = Array.isArray(data) ? data[0] : data
      const mapped = mapOrder(row, { account, source: 'details', now: clock.now() })
      return mapped.kind === 'row'
        ? read(mapped.value, [], asked.at)
        : failed('unreadable', mapped.why)
    },
    fills: () => list('tradeBook', (raw) => mapTrade(raw, clock.now())),
    positions: () => list('positions', mapPosition),
    holdings: () => again(clock, () => list('holdings', mapHolding)),
    funds: () => again(clock, () => one('funds', mapFunds)),
    profile: () => again(clock, () => one('profile', mapProfile)),
    async quotes(instruments) {
      const quotes = new Map<InstrumentId, Quote>()
      const unreadable: string[] = []
      let at = clock.now()
      for (let from = 0; from < instruments.length; from += QUOTES_A_CALL) {
        const some = instruments.slice(from, from + QUOTES_A_CALL)
        const asked = await ask('quote', { body: quoteBody(some) }, (text) => {
          const body = readBody(text)
          return { body, told: dataOf(body) }
        })
        if (asked.kind === 'failed') return asked
        if (from === 0) at = asked.at
        const fetched = asked.kind === 'told' ? fetchedOf(asked.told) : null
        const { rows, unreadable: bad } = readRows(fetched, (raw) => mapQuote(raw, some))
        for (const { instrument, quote } of rows) quotes.set(instrument.id, quote)
        unreadable.push(...bad)
      }
      return read(quotes, unreadable, at)
    },
  }
}

const read = <T>(
  value: T,
  unreadable: readonly string[],
  at: Reading<T>['at'],
): Extract<Reading<T>, { kind: 'read' }> => ({ kind: 'read', value, unreadable, at })

const dataOf = (body: Body): unknown => (body.kind === 'envelope' ? body.envelope.data : null)

const fetchedOf = (data: unknown): unknown =>
  typeof data === 'object' && data !== null && 'fetched' in data ? data.fetched : null

function quoteBody(instruments: readonly Instrument[]) {
  const exchangeTokens: Record<string, string[]> = {}
  for (const { exchange, token } of instruments) {
    exchangeTokens[exchange] ??= []
    exchangeTokens[exchange].push(token)
  }
  return { mode: 'FULL', exchangeTokens }
}

/**
 * For what is read once, at a start: a network that stumbles should not fail it. What the engine reads
 * in a rhythm is read again by the rhythm.
 */
async function again<T>(clock: Clock, reading: () => Promise<Reading<T>>): Promise<Reading<T>> {
  let last: Reading<T> | null = null
  const tryOnce = async () => {
    last = await reading()
    if (last.kind === 'failed' && (last.why === 'network' || last.why === 'timeout'))
      throw new Stumbled(last.evidence)
    return last
  }
  try {
    return await pRetry(tryOnce, {
      retries: AGAIN_AFTER_MS.length,
      // Waits by our clock, not by a timer of its own.
      minTimeout: 0,
      onFailedAttempt: ({ attemptNumber }) => clock.sleep(AGAIN_AFTER_MS[attemptNumber - 1] ?? 0),
    })
  } catch (error) {
    if (error instanceof Stumbled && last) return last
    throw error
  }
}

class Stumbled extends Error {}
