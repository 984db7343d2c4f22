// One account's requests to Angel One, over its own connections and from its own address. Gives back
// what arrived, or how far the request got, as the socket knows it: whether an order can have left is
// never guessed. Never throws, never sends anything twice, follows no redirect, falls back to no other
// address; what it says of a failure is built from method, path, status and code alone.

import http, { type ClientRequest, type IncomingMessage, type RequestOptions } from 'node:http'
import https from 'node:https'
import { isIPv6, type Socket } from 'node:net'
import { networkInterfaces } from 'node:os'
import type { TLSSocket } from 'node:tls'
import axios from 'axios'
import { HttpsProxyAgent } from 'https-proxy-agent'
import type { Egress } from '../../domain/account.ts'
import type { Secret } from '../../domain/secret.ts'
import type { Instant } from '../../domain/time.ts'
import type { Clock } from '../../ports.ts'

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

/**
 * How far a request got before its connection failed. Only at `neverConnected` is it certain that
 * nothing left: a connection that was there may have carried bytes that we never saw acknowledged.
 */
export type Phase = 'neverConnected' | 'partlyWritten' | 'written' | 'replyBegun'

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
// A book of 5,000 rows is 5 MB. More than this is no answer to anything we ask.
const LARGEST_ANSWER = 32 * 1024 * 1024
// Shorter than the idle time of common gateways, so that we rarely write into a closing connection.
const IDLE_MS = 30_000

/** A request as it goes out: everything that the broker sees of it. */
export interface Outgoing {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | undefined
}

export interface Reply {
  readonly status: number
  /** As the `Date` header says it. */
  readonly date: string
  readonly text: string
}

/** Brings a request to the broker and its answer back. Keeps `wire` true, whatever it throws for. */
export interface Carrier {
  carry(request: Outgoing, wire: Wire, overdue: AbortSignal): Promise<Reply>
  close(): void
}

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

  async function send(route: Route, sending: Sending): Promise<Answer> {
    const { method, path } = ROUTES[route]
    const request = `${method} ${path}`
    const sentAt = clock.now()
    const begun = machineNow()
    const wire = createWire()
    const overdue = new AbortController()
    const done = new AbortController()
    void clock.sleep(deadlineMs, done.signal).then(() => {
      if (!done.signal.aborted) overdue.abort()
    })
    try {
      const outgoing: Outgoing = {
        method,
        path: sending.name === undefined ? path : `${path}/${encodeURIComponent(sending.name)}`,
        headers: sending.token
          ? { ...headers, Authorization: `Bearer ${sending.token.reveal()}` }
          : headers,
        body: sending.body === undefined ? undefined : JSON.stringify(sending.body),
      }
      const { status, date, text } = await carrier.carry(outgoing, wire, overdue.signal)
      if (wire.proxyStatus !== null) return unanswered(request, wire, '', sentAt)
      skew.learn(date, begun, machineNow())
      const secrets = [config.apiKey, sending.token]
      return { kind: 'answered', request, status, text: strike(text, secrets), sentAt }
    } catch (error) {
      // Whatever it is, it stays here: it carries the headers and the body of the request.
      const code = overdue.signal.aborted ? 'ETIMEDOUT' : codeOf(error)
      return unanswered(request, wire, code, sentAt)
    } finally {
      done.abort()
    }
  }

  return { send, skewMs: skew.read, close: carrier.close }
}

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

function createCarrier(config: ClientConfig): Carrier {
  const agent = createAgent(config.url, config.egress)
  const requester = axios.create({
    baseURL: config.url,
    adapter: 'http',
    httpAgent: agent,
    httpsAgent: agent,
    // No proxy out of the environment: an account goes out where it is registered or not at all.
    proxy: false,
    maxRedirects: 0,
    maxContentLength: LARGEST_ANSWER,
    responseType: 'text',
    validateStatus: () => true,
    transformRequest: [(data: unknown) => data],
    transformResponse: [(data: unknown) => data],
  })
  return {
    async carry({ method, path, headers, body }, wire, overdue) {
      const reply = await requester.request<unknown>({
        method,
        url: path,
        headers: { ...headers },
        data: body,
        signal: overdue,
        transport: { request: watchedBy(wire) },
      })
      const text = typeof reply.data === 'string' ? reply.data : ''
      return { status: reply.status, date: String(reply.headers.date ?? ''), text }
    },
    close: () => agent.destroy(),
  }
}

/** One for each account, so that neither connections nor addresses are ever shared. */
export function createAgent(url: string, egress: Egress): http.Agent {
  const options = {
    keepAlive: true,
    maxSockets: 32,
    timeout: IDLE_MS,
    // Angel One registers IPv4 addresses only.
    family: egress.localAddress !== null && isIPv6(egress.localAddress) ? 6 : 4,
    ...(egress.localAddress === null ? {} : { localAddress: egress.localAddress }),
  }
  if (egress.proxyUrl) return new HttpsProxyAgent(egress.proxyUrl.reveal(), options)
  return /^(https|wss):/.test(url) ? new https.Agent(options) : new http.Agent(options)
}

// --- how far the request got -------------------------------------------------------------------

export interface Wire {
  phase: Phase
  isReused: boolean
  /** What a proxy answered in place of opening the way. */
  proxyStatus: number | null
}

const createWire = (): Wire => ({ phase: 'neverConnected', isReused: false, proxyStatus: null })

/** The transport given to axios: the plain one, watched. */
function watchedBy(wire: Wire) {
  return (options: RequestOptions, onReply: (reply: IncomingMessage) => void): ClientRequest => {
    const open = options.protocol === 'https:' ? https.request : http.request
    const request = open(options, onReply)
    request.once('socket', (socket: Socket | TLSSocket) => {
      if (wire.proxyStatus !== null) return
      wire.isReused = request.reusedSocket
      const connected = () => {
        if (wire.phase === 'neverConnected') wire.phase = 'partlyWritten'
      }
      const isSecure = 'secureConnecting' in socket
      const isOpen = !socket.pending && !socket.destroyed && !(isSecure && socket.secureConnecting)
      // A socket that could not even be bound to its address is neither opening nor open.
      if (request.reusedSocket || isOpen) connected()
      else socket.once(isSecure ? 'secureConnect' : 'connect', connected)
    })
    request.once('finish', () => {
      if (wire.phase === 'partlyWritten') wire.phase = 'written'
    })
    request.once('response', () => {
      if (wire.proxyStatus === null) wire.phase = 'replyBegun'
    })
    // A proxy that refuses answers in the broker's place: nothing went further than the proxy.
    request.once('proxyConnect', (answer: { statusCode: number }) => {
      if (answer.statusCode === 200) return
      wire.proxyStatus = answer.statusCode
      request.destroy()
    })
    return request
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
function strike(text: string, secrets: readonly (Secret | null)[]): string {
  let struck = text
  for (const secret of secrets) {
    const value = secret?.reveal() ?? ''
    if (value.length >= 4 && struck.includes(value)) struck = struck.replaceAll(value, '***')
  }
  return struck
}

// --- the broker's clock ------------------------------------------------------------------------

/**
 * A `Date` header is cut to the second and was written somewhere between sending and receiving. Each
 * answer so gives a range for the difference of the clocks; ranges that agree narrow each other.
 */
export function createSkew() {
  let low = Number.NEGATIVE_INFINITY
  let high = Number.POSITIVE_INFINITY
  return {
    learn(header: string, sentMs: number, receivedMs: number): void {
      const written = Date.parse(header)
      if (Number.isNaN(written)) return
      const from = written - receivedMs
      const to = written + 999 - sentMs
      const agrees = from <= high && to >= low
      low = agrees ? Math.max(low, from) : from
      high = agrees ? Math.min(high, to) : to
    },
    read: (): number | null => (Number.isFinite(low) ? Math.round((low + high) / 2) : null),
  }
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
