// Everything that can go wrong between a client and its broker, on demand: for one account or all, one
// route or all, the nth time, every nth, by chance, or during a span of time. `before` and `after` are
// about the request taking effect, which is the difference that money depends on.
import type { Instant } from '../domain/time.ts'
import { draw } from './chance.ts'
import type { RouteName } from './routes.ts'
import { BLOCK_PAGE, failure, gatewayFailure, RATE_LIMIT_TEXT } from './wire.ts'

export type When = 'before' | 'after'

export type Fault =
  /** No answer, ever; the connection stays. */
  | { readonly kind: 'silence'; readonly when: When }
  /** The connection is torn down without an answer. */
  | { readonly kind: 'reset'; readonly when: When }
  | { readonly kind: 'delay'; readonly when: When; readonly ms: number }
  /** An answer in place of the real one. */
  | {
      readonly kind: 'answer'
      readonly when: When
      readonly status: number
      readonly contentType: string
      readonly body: string
    }
  /** The real answer, ended early: the length promised is the whole one. */
  | { readonly kind: 'cutBody'; readonly bytes: number }
  /** The real answer, but the JSON stops in the middle and nothing says so. */
  | { readonly kind: 'cutJson' }
  | { readonly kind: 'nullData' }
  | { readonly kind: 'slowBody'; readonly bytes: number; readonly everyMs: number }
  | { readonly kind: 'clockSkew'; readonly ms: number }
  /** A modification or cancellation is acknowledged, and nothing comes of it. */
  | { readonly kind: 'ignored' }
  /** The book as it was that long ago. */
  | { readonly kind: 'staleBook'; readonly ageMs: number }
  /** The newest row is not there. */
  | { readonly kind: 'missingRow' }
  | { readonly kind: 'reorderedRows' }
  /** The newest row's quantity is no number. */
  | { readonly kind: 'unreadableRow' }
  /** Rows as the published sample has them: prices as texts, the order number as a number, no token. */
  | { readonly kind: 'sampleRows' }
  // Of the stream, for each frame:
  | { readonly kind: 'duplicatedFrame' }
  /** The frame is followed by the one before it of the same order. */
  | { readonly kind: 'staleFrame' }
  /** The frame says `AB00`, as a greeting does, with the real order in it. */
  | { readonly kind: 'greetingFrame' }
  /** The frame tells of an order wholly filled, whatever has become of it. */
  | { readonly kind: 'lyingFrame' }
  | { readonly kind: 'droppedFrame' }
  | { readonly kind: 'unreadableFrame' }
  | { readonly kind: 'lateFrame'; readonly ms: number }
  /** From here on neither frames nor pongs, and no close either. */
  | { readonly kind: 'deadStream' }
  | { readonly kind: 'closedStream' }

/** Whom, where and when a fault strikes. What is left out is any. */
export interface FaultRule {
  readonly fault: Fault
  readonly clientCode?: string
  readonly route?: RouteName | 'frame' | readonly (RouteName | 'frame')[]
  /** The nth matching request only, from 1. */
  readonly nth?: number
  readonly every?: number
  /** 0 to 1, drawn from the seed. */
  readonly probability?: number
  readonly from?: Instant
  readonly until?: Instant
  /** How often at most. */
  readonly times?: number
}

const answer = (when: When, status: number, body: string, contentType = 'application/json') =>
  ({ kind: 'answer', when, status, contentType, body }) as const

const json = (when: When, status: number, value: unknown) =>
  answer(when, status, JSON.stringify(value))

/** The faults by their names, as the tests speak of them. */
export const fault = {
  lostRequest: (): Fault => ({ kind: 'silence', when: 'before' }),
  lostReply: (): Fault => ({ kind: 'silence', when: 'after' }),
  reset: (when: When): Fault => ({ kind: 'reset', when }),
  delay: (ms: number, when: When = 'before'): Fault => ({ kind: 'delay', when, ms }),
  serverError: (when: When, status = 502): Fault =>
    answer(when, status, '<html><body>Bad Gateway</body></html>', 'text/html'),
  rateLimitText: (): Fault => answer('before', 403, RATE_LIMIT_TEXT, 'text/plain'),
  tooMany: (): Fault => answer('before', 429, 'Too Many Requests', 'text/plain'),
  softLimit: (): Fault => json('before', 200, failure('AB1021', 'Too many requests')),
  blockPage: (status = 200, when: When = 'before'): Fault =>
    answer(when, status, BLOCK_PAGE, 'text/html'),
  emptyBody: (status: number, when: When): Fault => answer(when, status, ''),
  cutJson: (): Fault => ({ kind: 'cutJson' }),
  cutBody: (bytes: number): Fault => ({ kind: 'cutBody', bytes }),
  nullData: (): Fault => ({ kind: 'nullData' }),
  slowBody: (bytes: number, everyMs: number): Fault => ({ kind: 'slowBody', bytes, everyMs }),
  /** A session that the gateway does not know any more. */
  invalidToken: (): Fault => json('before', 200, gatewayFailure('AG8001', 'Invalid Token')),
  expiredToken: (): Fault => json('before', 200, gatewayFailure('AG8002', 'Token Expired')),
  missingToken: (): Fault => json('before', 200, gatewayFailure('AG8003', 'Token missing')),
  /** The same in the dialect of the services behind the gateway. */
  invalidTokenByService: (): Fault => json('before', 200, failure('AG8001', 'Invalid Token')),
  sessionExpired: (): Fault => json('before', 200, failure('AB1010', 'AMX Session Expired')),
  notLoggedIn: (): Fault => json('before', 200, failure('AB1011', 'Client not login')),
  unauthorized: (): Fault => answer('before', 401, 'Unauthorized', 'text/plain'),
  forbidden: (): Fault => json('before', 403, gatewayFailure('AG8001', 'Invalid Token')),
  /** A failure as the documents show one, with texts for its flag and its nothing. */
  textualFailure: (code: string, message: string): Fault =>
    json('before', 200, { status: 'false', message, errorcode: code, data: 'null' }),
  addressRefused: (): Fault =>
    json('before', 200, gatewayFailure('AG7002', 'Access denied, unregistered IP address')),
  internalError: (when: When): Fault =>
    json(when, 200, failure('AB2001', 'Internal Error, Please Try After Sometime')),
  ignored: (): Fault => ({ kind: 'ignored' }),
  clockSkew: (ms: number): Fault => ({ kind: 'clockSkew', ms }),
  staleBook: (ageMs: number): Fault => ({ kind: 'staleBook', ageMs }),
  missingRow: (): Fault => ({ kind: 'missingRow' }),
  reorderedRows: (): Fault => ({ kind: 'reorderedRows' }),
  unreadableRow: (): Fault => ({ kind: 'unreadableRow' }),
  sampleRows: (): Fault => ({ kind: 'sampleRows' }),
  duplicatedFrame: (): Fault => ({ kind: 'duplicatedFrame' }),
  staleFrame: (): Fault => ({ kind: 'staleFrame' }),
  greetingFrame: (): Fault => ({ kind: 'greetingFrame' }),
  lyingFrame: (): Fault => ({ kind: 'lyingFrame' }),
  droppedFrame: (): Fault => ({ kind: 'droppedFrame' }),
  unreadableFrame: (): Fault => ({ kind: 'unreadableFrame' }),
  lateFrame: (ms: number): Fault => ({ kind: 'lateFrame', ms }),
  deadStream: (): Fault => ({ kind: 'deadStream' }),
  closedStream: (): Fault => ({ kind: 'closedStream' }),
  /** At the handshake: 401 invalid, 403 expired, 429 too many connections. */
  refusedStream: (status: 401 | 403 | 429): Fault => answer('before', status, '', 'text/plain'),
} as const

export interface Struck {
  readonly rule: FaultRule
  readonly clientCode: string | null
  readonly route: RouteName | 'frame'
  readonly at: Instant
}

export interface Faults {
  add(rule: FaultRule): void
  clear(): void
  /** What strikes this request or frame, in the order in which the rules were added. */
  strike(clientCode: string | null, route: RouteName | 'frame', at: Instant): readonly Fault[]
  /** What struck so far: a test of a fault first shows that it happened. */
  readonly struck: readonly Struck[]
}

export function createFaults(seed: number): Faults {
  let rules: { rule: FaultRule; number: number; seen: number; struck: number }[] = []
  let added = 0
  const struck: Struck[] = []

  return {
    struck,
    add(rule) {
      rules.push({ rule, number: added++, seen: 0, struck: 0 })
    },
    clear() {
      rules = []
    },
    strike(clientCode, route, at) {
      const faults: Fault[] = []
      for (const entry of rules) {
        if (!concerns(entry.rule, clientCode, route, at)) continue
        entry.seen++
        if (!isTurn(entry.rule, seed, entry.number, entry.seen)) continue
        if (entry.rule.times !== undefined && entry.struck >= entry.rule.times) continue
        entry.struck++
        struck.push({ rule: entry.rule, clientCode, route, at })
        faults.push(entry.rule.fault)
      }
      return faults
    },
  }
}

function concerns(
  rule: FaultRule,
  clientCode: string | null,
  route: RouteName | 'frame',
  at: Instant,
): boolean {
  if (rule.clientCode !== undefined && rule.clientCode !== clientCode) return false
  if (rule.from !== undefined && at < rule.from) return false
  if (rule.until !== undefined && at >= rule.until) return false
  if (rule.route === undefined) return isCall(route)
  return typeof rule.route === 'string' ? rule.route === route : rule.route.includes(route)
}

/** A rule for any route means requests: the stream has faults of its own kind. */
const isCall = (route: RouteName | 'frame'): boolean => route !== 'frame' && route !== 'stream'

function isTurn(rule: FaultRule, seed: number, number: number, seen: number): boolean {
  if (rule.nth !== undefined) return seen === rule.nth
  if (rule.every !== undefined) return seen % rule.every === 0
  if (rule.probability !== undefined) return draw(seed, 'fault', number, seen) < rule.probability
  return true
}
