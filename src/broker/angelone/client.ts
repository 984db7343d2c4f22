// One account's requests to Angel One, over its own connections and from its own address. Gives back
// what arrived, or how far the request got, as the socket knows it: whether an order can have left is
// never guessed. Never throws, never sends anything twice, follows no redirect, falls back to no other
// address; what it says of a failure is built from method, path, status and code alone.

import { networkInterfaces } from 'node:os'
import type { Egress } from '../../domain/account.ts'
import type { Secret } from '../../domain/secret.ts'
import type { Instant } from '../../domain/time.ts'
import type { Clock } from '../../ports.ts'
import {
  type Carrier,
  createCarrier,
  createWire,
  type Outgoing,
  type Phase,
  type Wire,
} from './carrier.ts'

export const ROUTES = {
  login: { method: 'POST', path: '/rest/auth/angelbroking/user/v1/loginByPassword' },
  profile: { method: 'GET', path: '/rest/secure/angelbroking/user/v1/getProfile' },
  funds: { method: 'GET', path: '/rest/secure/angelbroking/user/v1/getRMS' },
  orderBook: { method: 'GET', path: '/rest/secure/angelbroking/order/v1/getOrderBook' },
  orderDetails: { method: 'GET', path: '/rest/secure/angelbroking/order/v1/details' },
  tradeBook: { method: 'GET', path: '/rest/secure/angelbroking/order/v1/getTradeBook' },
  positions: { method: 'GET', path: '/rest/secure/angelbroking/order/v1/getPosition' },
  holdings: { method: 'GET', path: '/rest/secure/angelbroking/portfolio/v1/getHolding' },
  quote: { method: 'POST', path: '/rest/secure/angelbroking/market/v1/quote/' },
  place: { method: 'POST', path: '/rest/secure/angelbroking/order/v1/placeOrder' },
  modify: { method: 'POST', path: '/rest/secure/angelbroking/order/v1/modifyOrder' },
  cancel: { method: 'POST', path: '/rest/secure/angelbroking/order/v1/cancelOrder' },
} as const

export type Route = keyof typeof ROUTES
export type WriteRoute = 'place' | 'modify' | 'cancel'
export type ReadRoute = Exclude<Route, WriteRoute | 'login'>

export type Answer =
  | {
      readonly kind: 'answered'
      /** `POST /rest/…/placeOrder`: never a query. */
      readonly request: string
      readonly status: number
      readonly text: string
      readonly sentAt: Instant
    }
  | {
      readonly kind: 'unanswered'
      readonly request: string
      readonly phase: Phase
      readonly code: string
      readonly isReused: boolean
      readonly sentAt: Instant
    }

export interface Sending {
  /** null only for the login. */
  readonly token: Secret | null
  readonly body?: Readonly<Record<string, unknown>>
  /** The last part of a path that names something. */
  readonly name?: string
}

export interface Client {
  send(route: Route, sending: Sending): Promise<Answer>
  /** The broker's clock less the machine's own, as its answers tell it; null before the first. */
  skewMs(): number | null
  close(): void
}

export interface ClientConfig {
  readonly url: string
  readonly apiKey: Secret
  readonly egress: Egress
  readonly deadlineMs?: number
}

const DEADLINE_MS = 7_000
export function createClient(
  deps: {
    readonly clock: Clock
    readonly machineNow?: () => number
    /** Over sockets unless told otherwise. */
    readonly carrier?: Carrier
  },
  config: ClientConfig,
): Client {
  const { clock } = deps
  const machineNow = deps.machineNow ?? Date.now
  const carrier = deps.carrier ?? createCarrier(config)
  const headers = headersOf(config)
  const skew = createSkew()
  const deadlineMs = config.deadlineMs ?? DEADLINE_MS
  let ofSession = headers

  /** The same ones for every request of a session: the carrier then knows them again. */
  function headersWith(token: Secret): Readonly<Record<string, string>> {
    const Authorization = `Bearer ${token.reveal()}`
    if (ofSession.Authorization !== Authorization) ofSession = { ...headers, Authorization }
    return ofSession
  }

  async function send(route: Route, sending: Sending): Promise<Answer> {
    const { method, path } = ROUTES[route]
    const request = `${method} ${path}`
    const sentAt = clock.now()
    const begun = machineNow()
    const wire = createWire()
    const overdue = new AbortController()
    const done = new AbortController()
    async function giveUpInTime(): Promise<void> {
      await clock.sleep(deadlineMs, done.signal)
      if (!done.signal.aborted) overdue.abort()
    }
    try {
      const outgoing: Outgoing = {
        method,
        path: sending.name === undefined ? path : `${path}/${encodeURIComponent(sending.name)}`,
        headers: sending.token ? headersWith(sending.token) : headers,
        body: sending.body === undefined ? undefined : JSON.stringify(sending.body),
      }
      const carried = carrier.carry(outgoing, wire, overdue.signal)
      // The time runs from when it is on its way: the other followers' orders go before the clocks are set.
      queueMicrotask(() => void giveUpInTime())
      const { status, date, text } = await carried
      if (wire.proxyStatus !== null) return unanswered(request, wire, '', sentAt)
      skew.learn(date, begun, machineNow())
      const struck = strike(text, [headers['X-PrivateKey'], sending.token?.reveal()])
      return { kind: 'answered', request, status, text: struck, sentAt }
    } catch (error) {
      // Whatever it is, it stays here: it carries the headers and the body of the request.
      const code = overdue.signal.aborted ? 'ETIMEDOUT' : codeOf(error)
      return unanswered(request, wire, code, sentAt)
    } finally {
      done.abort(DONE)
    }
  }

  return { send, skewMs: skew.read, close: carrier.close }
}

/** A word: without one an error is made for every request, with its stack, and nobody looks at it. */
const DONE = 'done'

function headersOf(config: ClientConfig): Readonly<Record<string, string>> {
  const own = ownAddress(config.egress.localAddress)
  return {
    'Content-Type': 'application/json',
    Accept: 'application/json',
    'User-Agent': 'lockstep',
    'X-UserType': 'USER',
    'X-SourceID': 'WEB',
    'X-PrivateKey': config.apiKey.reveal(),
    'X-ClientLocalIP': own.address,
    'X-ClientPublicIP': own.address,
    'X-MACAddress': own.mac,
  }
}

function unanswered(request: string, wire: Wire, code: string, sentAt: Instant): Answer {
  return {
    kind: 'unanswered',
    request,
    phase: wire.proxyStatus === null ? wire.phase : 'neverConnected',
    code: wire.proxyStatus === null ? code : `PROXY_${wire.proxyStatus}`,
    isReused: wire.isReused,
    sentAt,
  }
}

function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return /^[A-Z][A-Z0-9_]{1,40}$/.test(code) ? code : 'FAILED'
}

/** A broker that repeats what it was sent must not make us repeat it. */
function strike(text: string, secrets: readonly (string | undefined)[]): string {
  let struck = text
  for (const value of secrets)
    if (value !== undefined && value.length >= 4 && struck.includes(value))
      struck = struck.replaceAll(value, '***')
  return struck
}

// --- the broker's clock ------------------------------------------------------------------------

/**
 * A `Date` header is cut to the second and was written somewhere between sending and receiving. Each
 * answer so gives a range for the difference of the clocks; ranges that agree narrow each other. One that
 * contradicts what many have said is believed when the next one says the same: an answer out of some cache
 * would otherwise move the time by hours, and with it the age of every entry and the turn of the day.
 */
export function createSkew() {
  let known: Range | null = null
  let doubted: Range | null = null
  return {
    learn(header: string, sentMs: number, receivedMs: number): void {
      const written = Date.parse(header)
      if (Number.isNaN(written)) return
      const told = { from: written - receivedMs, to: written + 999 - sentMs }
      const narrowed = known === null ? told : both(known, told)
      const confirmed = narrowed === null && doubted !== null ? both(doubted, told) : null
      doubted = narrowed === null && confirmed === null ? told : null
      known = narrowed ?? confirmed ?? known
    },
    read: (): number | null => known && Math.round((known.from + known.to) / 2),
  }
}

interface Range {
  readonly from: number
  readonly to: number
}

/** Where two ranges agree; null: nowhere. */
function both(a: Range, b: Range): Range | null {
  const from = Math.max(a.from, b.from)
  const to = Math.min(a.to, b.to)
  return from <= to ? { from, to } : null
}

/** Declared in headers that the broker asks for; what it checks is the address of the connection. */
function ownAddress(localAddress: string | null): { address: string; mac: string } {
  const all = Object.values(networkInterfaces()).flatMap((one) => one ?? [])
  const mine =
    all.find((one) => one.address === localAddress) ??
    all.find((one) => !one.internal && one.family === 'IPv4') ??
    all[0]
  return {
    address: localAddress ?? mine?.address ?? '127.0.0.1',
    mac: mine?.mac ?? '00:00:00:00:00:00',
  }
}
