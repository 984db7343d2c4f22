// A request becomes an answer here: faults, limits, session, source address, then the route itself. In two
// steps, because time may pass between them: `receive` when it arrives, `run` when it takes effect.
// No sockets: the server carries what this says, and a simulation calls it directly.
import type { Instant } from '../domain/time.ts'
import type { Account } from './account.ts'
import { type AccountRoute, answer, type RouteAnswer } from './answers.ts'
import { createBookHistory, distortBook } from './book-history.ts'
import type { Exchange } from './exchange.ts'
import type { Fault, Faults, When } from './faults.ts'
import { instrumentsFile } from './instruments-file.ts'
import type { Limits } from './limits.ts'
import { parseBody, textOf } from './requests.ts'
import { findRoute, isWrite, type Route, type RouteName } from './routes.ts'
import type { LoginAnswer, Sessions } from './sessions.ts'
import { failure, gatewayFailure, type Json, RATE_LIMIT_TEXT, success } from './wire.ts'

export interface Request {
  readonly method: string
  readonly url: string
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** The address it came from. */
  readonly from: string
}

/** What goes back over the connection. */
export type Answer =
  | { readonly kind: 'silence' }
  | { readonly kind: 'reset' }
  | {
      readonly kind: 'reply'
      readonly status: number
      readonly contentType: string
      readonly body: string | Iterable<string>
      /** What the `Date` header says. */
      readonly date: Instant
      /** Sent in pieces of that size, so far apart. */
      readonly pace: { readonly bytes: number; readonly everyMs: number } | null
      /** The connection ends after that many bytes. */
      readonly cutAfterBytes: number | null
    }

export interface Plan {
  /** Until the request takes effect. */
  readonly waitMs: number
  run(at: Instant): { readonly waitMs: number; readonly answer: Answer }
}

export interface LoggedRequest {
  readonly at: Instant
  readonly route: RouteName | null
  readonly clientCode: string | null
  readonly request: Request
}

export interface Gateway {
  receive(request: Request, at: Instant): Plan
  /** The latest requests as they came, secrets and all. */
  readonly requests: readonly LoggedRequest[]
  onRequest(listener: (request: LoggedRequest) => void): void
}

export interface GatewaySettings {
  readonly finalOrders: 'acknowledge' | 'refuse'
  /** Every request takes this long to take effect. */
  readonly latencyMs: number
  /** Rows of the instrument master; null: only what is listed. */
  readonly instrumentRows: number | null
}

const LOGGED_MAX = 20_000

interface Reply {
  status: number
  contentType: string
  body: string | Iterable<string>
}

const reply = (value: Json, status = 200): Reply => ({
  status,
  contentType: 'application/json',
  body: JSON.stringify(value),
})

const plain = (status: number, body: string): Reply => ({ status, contentType: 'text/plain', body })

export function createGateway(
  parts: { exchange: Exchange; sessions: Sessions; limits: Limits; faults: Faults },
  settings: GatewaySettings,
): Gateway {
  const { exchange, sessions, limits, faults } = parts
  const requests: LoggedRequest[] = []
  const listeners: ((request: LoggedRequest) => void)[] = []
  const history = createBookHistory(exchange)

  function receive(request: Request, at: Instant): Plan {
    exchange.advance(at)
    const found = findRoute(request.method, request.url)
    const caller = found ? callerOf(found.route, request, at) : null
    const clientCode = caller?.setting.clientCode ?? null
    const logged = { at, route: found?.route.name ?? null, clientCode, request }
    requests.push(logged)
    for (const listener of listeners) listener(logged)
    if (requests.length > LOGGED_MAX) requests.splice(0, LOGGED_MAX / 2)
    if (!found) return runOnce(0, () => plain(404, 'Not Found'), [])
    const struck = faults.strike(clientCode, found.route.name, at)
    // Counted when it arrives, however long it then takes; what is lost on the way never arrives.
    const admitted =
      clientCode === null || isLost(struck) || limits.admits(clientCode, found.route.name, at)
    return runOnce(
      settings.latencyMs + delayOf(struck, 'before'),
      (now) => {
        exchange.advance(now)
        if (!admitted) return plain(403, RATE_LIMIT_TEXT)
        return dispatch(found.route, found.rest, request, struck, now)
      },
      struck,
    )
  }

  /** Whom the limits and the faults are counted for, before anything is believed. */
  function callerOf(route: Route, request: Request, at: Instant): Account | null {
    const body = parseBody(request.body)
    switch (route.name) {
      case 'login':
        return exchange.accounts.get(body ? textOf(body, 'clientcode') : '') ?? null
      case 'generateTokens':
        return sessions.ownerOf(body ? textOf(body, 'refreshToken') : '')
      default:
        return sessions.admit(request.headers.authorization ?? '', null, at).account
    }
  }

  function dispatch(
    route: Route,
    rest: string,
    request: Request,
    struck: readonly Fault[],
    at: Instant,
  ): Reply {
    if (route.name === 'instruments') {
      const file = instrumentsFile(exchange.market.listings, settings.instrumentRows)
      return { status: 200, contentType: 'application/json', body: file }
    }
    // The official client sends `{}` or `null` with a GET; nobody looks at it.
    const body = route.method === 'GET' ? {} : parseBody(request.body)
    if (body === null) return plain(400, '')
    if (request.headers['x-usertype'] !== 'USER')
      return reply(failure('AB1005', 'User Type Must Be USER'))
    const apiKey = request.headers['x-privatekey'] ?? ''
    switch (route.name) {
      case 'login':
        return loginReply(
          sessions.login(
            {
              clientCode: textOf(body, 'clientcode'),
              pin: textOf(body, 'password'),
              code: textOf(body, 'totp'),
              apiKey,
            },
            at,
          ),
          textOf(body, 'state'),
        )
      case 'generateTokens':
        return loginReply(sessions.refresh(textOf(body, 'refreshToken'), at), '')
      case 'stream':
        return plain(426, 'Upgrade Required')
      default: {
        const admission = sessions.admit(request.headers.authorization ?? '', apiKey, at)
        if (admission.kind === 'lost')
          return reply(gatewayFailure(admission.code, LOST_WORDS[admission.code]))
        const { account } = admission
        if (isWrite(route.name) && !isKnownAddress(account, request.from))
          return reply(gatewayFailure('AG7002', 'Access denied, unregistered IP address'))
        if (route.name === 'logout') {
          sessions.logout(account)
          return reply(success(''))
        }
        return answerRoute(route.name, account, body, rest, struck, at)
      }
    }
  }

  function answerRoute(
    route: Exclude<AccountRoute, 'logout'>,
    account: Account,
    body: Record<string, unknown>,
    rest: string,
    struck: readonly Fault[],
    at: Instant,
  ): Reply {
    const isIgnored = struck.some((fault) => fault.kind === 'ignored')
    const { finalOrders } = settings
    const call = { exchange, account, body, rest, at, finalOrders, isIgnored }
    const given: RouteAnswer = answer(route, call)
    if (given.kind === 'emptyBadRequest') return plain(400, '')
    if (route !== 'book') return reply(given.value)
    return reply(distortBook(given.value, struck, (ageMs) => history.rowsAt(account, at, ageMs)))
  }

  return { receive, requests, onRequest: (listener) => listeners.push(listener) }
}

const LOST_WORDS = {
  AG8001: 'Invalid Token',
  AG8002: 'Token Expired',
  AG8003: 'Token missing',
  AG8004: 'Invalid API Key',
}

function loginReply(given: LoginAnswer, state: string): Reply {
  switch (given.kind) {
    case 'wrongKey':
      return reply(gatewayFailure('AG8004', LOST_WORDS.AG8004))
    case 'refused':
      return reply(failure(given.code, given.message))
    case 'welcome': {
      const { jwt, refresh, feed } = given.tokens
      const data = { jwtToken: jwt, refreshToken: refresh, feedToken: feed }
      return reply(success(state === '' ? data : { ...data, state }))
    }
  }
}

const isKnownAddress = (account: Account, from: string): boolean =>
  account.setting.addresses.length === 0 || account.setting.addresses.includes(from)

// --- what faults make of it --------------------------------------------------------------------------

function runOnce(waitMs: number, effect: (at: Instant) => Reply, struck: readonly Fault[]): Plan {
  return {
    waitMs,
    run(at) {
      const instead = decisive(struck, 'before')
      // Whatever strikes before the effect is instead of it.
      const made = instead ?? effect(at)
      const given = instead ? instead : (decisive(struck, 'after') ?? made)
      return {
        waitMs: delayOf(struck, 'after'),
        answer: 'kind' in given ? given : carry(given, struck, at),
      }
    },
  }
}

const isLost = (struck: readonly Fault[]): boolean =>
  struck.some(
    (fault) => (fault.kind === 'silence' || fault.kind === 'reset') && fault.when === 'before',
  )

/** The first fault that decides the answer by itself. */
function decisive(struck: readonly Fault[], when: When): Answer | Reply | null {
  for (const fault of struck) {
    if (fault.kind === 'silence' && fault.when === when) return { kind: 'silence' }
    if (fault.kind === 'reset' && fault.when === when) return { kind: 'reset' }
    if (fault.kind === 'answer' && fault.when === when) {
      const { status, contentType, body } = fault
      return { status, contentType, body }
    }
  }
  return null
}

function delayOf(struck: readonly Fault[], when: When): number {
  let ms = 0
  for (const fault of struck) if (fault.kind === 'delay' && fault.when === when) ms += fault.ms
  return ms
}

function carry(made: Reply, struck: readonly Fault[], at: Instant): Answer {
  let { body } = made
  let date = at
  let pace: { bytes: number; everyMs: number } | null = null
  let cutAfterBytes: number | null = null
  for (const fault of struck) {
    if (fault.kind === 'cutJson' && typeof body === 'string')
      body = body.slice(0, Math.ceil(body.length / 2))
    if (fault.kind === 'nullData' && typeof body === 'string') body = withoutData(body)
    if (fault.kind === 'clockSkew') date = (date + fault.ms) as Instant
    if (fault.kind === 'slowBody') pace = { bytes: fault.bytes, everyMs: fault.everyMs }
    if (fault.kind === 'cutBody') cutAfterBytes = fault.bytes
  }
  const { status, contentType } = made
  return { kind: 'reply', status, contentType, body, date, pace, cutAfterBytes }
}

/** A refusal in plain words has none. */
const withoutData = (body: string): string =>
  body.startsWith('{') ? JSON.stringify({ ...(JSON.parse(body) as object), data: null }) : body
