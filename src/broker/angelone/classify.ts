// What an answer of Angel One means. One table from wire evidence to outcome, read from the top, with
// the source of each row; what no row names is `unknown` (a write) or `unreadable` (a read). Nothing
// here may turn a doubt into a no: a row that says `rejected` or `notSent` needs evidence that the
// broker did not take the order.
import { type OrderId, orderId, type UniqueOrderId, uniqueOrderId } from '../../domain/ids.ts'
import type { Outcome, RejectionCause } from '../../domain/outcome.ts'
import type { ReadFailure } from '../../domain/pulse.ts'
import type { LoginResult } from '../../ports.ts'
import type { Phase } from './carrier.ts'
import type { Answer } from './client.ts'
import { type Body, readBody, readPlaced } from './wire.ts'

/** All that is known of one exchange, flat, so that the table can be read. */
export interface Evidence {
  /** `answered`: the whole reply arrived. */
  readonly connection: Phase | 'answered'
  readonly isTimeout: boolean
  readonly status: number
  readonly body: Body['kind']
  readonly isSuccess: boolean | null
  readonly code: string
  /** The broker's words: the envelope's message, or a line of plain text. */
  readonly message: string
  readonly order: { readonly id: OrderId; readonly uniqueId: UniqueOrderId | null } | null
  /** For people and the ledger: no header, no token, no body beyond its first words. */
  readonly summary: string
}

type WriteVerdict =
  | 'accepted'
  | 'unknown'
  | 'rateLimited'
  | 'neverConnected'
  | 'sessionLost'
  | RejectionCause
type ReadVerdict = 'read' | ReadFailure | 'notFound'

interface Row {
  readonly evidence: string
  readonly source: string
  readonly when: (evidence: Evidence) => boolean
  readonly write: WriteVerdict
  readonly read: ReadVerdict
}

const SESSION_CODES = /^(AG800[123]|AB1010|AB1011|AB805[01])$/
const RATE_WORDS = /exceed\w*\s+(the\s+)?(access\s+)?rate|rate\s+limit|too\s+many\s+requests/i
const SESSION_WORDS =
  /(invalid|expired|missing)\s+(auth\s*)?(token|session)|unauthori[sz]ed|session\s+expired/i

const ORDER_WORDS =
  /invalid\s+(order|variety|product|symbol|quantity|price|parameter|duration|transaction)|(quantity|price|orders?|ioc)\b.*\b(should|must|not\s+allowed)/i

const isRefusal = (e: Evidence): boolean =>
  e.connection === 'answered' && e.status < 500 && e.body === 'envelope' && e.isSuccess === false
const refusedWith = (codes: RegExp) => (e: Evidence) => isRefusal(e) && codes.test(e.code)
const refusedSaying = (words: RegExp) => (e: Evidence) => isRefusal(e) && words.test(e.message)

export const TABLE: readonly Row[] = [
  // --- no answer
  {
    evidence: 'the connection never opened, so no byte of the request left',
    source: 'the state of the socket',
    when: (e) => e.connection === 'neverConnected',
    write: 'neverConnected',
    read: 'network',
  },
  {
    evidence: 'no answer in time after the request may have left',
    source: 'forum 4230: placeOrder without a reply for 15 s',
    when: (e) => e.connection !== 'answered' && e.isTimeout,
    write: 'unknown',
    read: 'timeout',
  },
  {
    evidence: 'the connection broke after the request may have left',
    source: 'the state of the socket; a reused connection may die while it is written to',
    when: (e) => e.connection !== 'answered',
    write: 'unknown',
    read: 'network',
  },
  // --- too fast
  {
    evidence: 'status 429',
    source: 'seen now and then in place of the 403 (openalgo 488071977)',
    when: (e) => e.status === 429,
    write: 'rateLimited',
    read: 'rateLimited',
  },
  {
    evidence: '403 with the rate limit in plain text',
    source: 'the rate-limit page; forum 3396, 5319',
    when: (e) => e.status === 403 && e.body === 'text' && RATE_WORDS.test(e.message),
    write: 'rateLimited',
    read: 'rateLimited',
  },
  {
    evidence: 'an answer that says too many requests, AB1021 or in words',
    source: 'openalgo issue 1181',
    when: (e) => isRefusal(e) && (e.code === 'AB1021' || RATE_WORDS.test(e.message)),
    write: 'rateLimited',
    read: 'rateLimited',
  },
  // --- contradictions first: a no that names an order may be a yes
  {
    evidence: 'a refusal that names an order',
    source: 'contradicts itself; no report of it',
    when: (e) => isRefusal(e) && e.order !== null,
    write: 'unknown',
    read: 'refused',
  },
  // --- the session
  {
    evidence: 'the session is gone: AG8001, AG8002, AG8003, AB1010, AB1011 in either dialect',
    source: 'the table of error codes; forum 18194, 4243',
    when: refusedWith(SESSION_CODES),
    write: 'sessionLost',
    read: 'sessionLost',
  },
  {
    evidence: '401, refused before any order was looked at',
    source: 'HTTP itself; handshakes of the order stream answer so',
    when: (e) => e.status === 401 && e.body !== 'html' && e.body !== 'cutJson' && !e.isSuccess,
    write: 'sessionLost',
    read: 'sessionLost',
  },
  {
    evidence: '403 that speaks of the token or session',
    source: 'a 403 can be either limit or login: told apart by its text (openalgo 488071977)',
    when: (e) =>
      e.status === 403 && (e.body === 'text' || isRefusal(e)) && SESSION_WORDS.test(e.message),
    write: 'sessionLost',
    read: 'sessionLost',
  },
  // --- refusals
  {
    evidence: 'AG7002: not the registered address',
    source: 'forum, user algo_trader; checked at the gateway',
    when: refusedWith(/^AG7002$/),
    write: 'address',
    read: 'refused',
  },
  {
    evidence: 'AG8004: the API key is not valid',
    source: 'forum 1705',
    when: refusedWith(/^AG8004$/),
    write: 'account',
    read: 'refused',
  },
  {
    evidence: 'AB1004, AB2000, AB2001: something went wrong, try later',
    source: 'the table of error codes; says nothing of the order',
    when: refusedWith(/^(AB1004|AB2000|AB2001)$/),
    write: 'unknown',
    read: 'refused',
  },
  {
    evidence: 'AB1006, AB2002: the client or the product is blocked',
    source: 'the table of error codes',
    when: refusedWith(/^(AB1006|AB2002)$/),
    write: 'account',
    read: 'refused',
  },
  {
    evidence: 'the request itself is wrong: variety, symbol, product, tag, token, user type',
    source: 'the table of error codes; AB4008 and AB4018 in the samples, AB4036 in a public client',
    when: refusedWith(/^(AB1005|AB1008|AB1009|AB1012|AB1018|AB4008|AB4018|AB4036)$/),
    write: 'validation',
    read: 'refused',
  },
  {
    evidence: 'AB1013, AB1014, AB1015, AB1016: no such order, trade, holding or position',
    source: 'the table of error codes; an answer about what was named, not about a new order',
    when: refusedWith(/^AB101[3456]$/),
    write: 'unknown',
    read: 'notFound',
  },
  {
    evidence: 'refused outside the price band, with the bound in words',
    source: 'the notice on limit-price protection (topic 4703)',
    when: refusedSaying(
      /limit\s+price\s+protection|\bLPP\b|circuit\s+limit|price\s+(is\s+)?(out\s+of|outside|beyond)/i,
    ),
    write: 'validation',
    read: 'refused',
  },
  {
    evidence: 'refused for want of money, in words',
    source: 'risk checks answer in words, without a code of their own',
    when: refusedSaying(/insufficient\s+(funds|margin|balance)|margin\s+(shortfall|exceeds)/i),
    write: 'funds',
    read: 'refused',
  },
  {
    evidence: 'refused for lot, tick or freeze quantity, in words',
    source: 'staff answers on quantities (forum 4534)',
    when: refusedSaying(/multiple\s+of|lot\s+size|freeze\s+quantity|tick\s+size/i),
    write: 'validation',
    read: 'refused',
  },
  {
    evidence: 'AB1007 with words about the order',
    source: 'live 11 May 2026: AB1007 for an order variety; forum 12790',
    when: (e) => refusedWith(/^AB1007$/)(e) && ORDER_WORDS.test(e.message),
    write: 'validation',
    read: 'refused',
  },
  {
    evidence: 'AB1007 without: one code, many meanings',
    source: 'forum 12790',
    when: refusedWith(/^AB1007$/),
    write: 'unknown',
    read: 'refused',
  },
  // --- success
  {
    evidence: 'taken, with the number of the order',
    source: 'the order pages; it may still be rejected later',
    when: (e) => isTaken(e) && e.order !== null,
    write: 'accepted',
    read: 'read',
  },
  {
    evidence: 'success that names no order',
    source: 'forum 5600: success with data:null',
    when: isTaken,
    write: 'unknown',
    read: 'read',
  },
  // --- what says nothing of the order
  {
    evidence: 'the broker failed in itself',
    source: 'HTTP 5xx says nothing of what was done before',
    when: (e) => e.status >= 500,
    write: 'unknown',
    read: 'network',
  },
  {
    evidence: 'any other refusal',
    source: 'a code that is in no table',
    when: isRefusal,
    write: 'unknown',
    read: 'refused',
  },
]

function isTaken(e: Evidence): boolean {
  const isWhole = e.connection === 'answered' && e.status >= 200 && e.status < 300
  return isWhole && e.body === 'envelope' && e.isSuccess === true && e.code === ''
}

/** The row that decided, or null: then nothing is known. */
export const rowFor = (evidence: Evidence): Row | null =>
  TABLE.find((row) => row.when(evidence)) ?? null

export function classifyWrite(evidence: Evidence): Outcome {
  const row = rowFor(evidence)
  const said = row ? `${evidence.summary} (${row.evidence})` : evidence.summary
  const verdict = row?.write ?? 'unknown'
  switch (verdict) {
    case 'accepted':
      // The row asks for an order; without one nothing is known.
      return evidence.order
        ? {
            kind: 'accepted',
            orderId: evidence.order.id,
            uniqueOrderId: evidence.order.uniqueId,
            evidence: said,
          }
        : { kind: 'unknown', likely: null, evidence: said }
    case 'unknown':
      return { kind: 'unknown', likely: null, evidence: said }
    case 'rateLimited':
      return { kind: 'unknown', likely: 'rateLimited', evidence: said }
    case 'neverConnected':
    case 'sessionLost':
      return { kind: 'notSent', cause: verdict, evidence: said }
    default:
      return { kind: 'rejected', cause: verdict, text: wordsOf(evidence), evidence: said }
  }
}

/**
 * A cancel or modify names an order that exists: not finding it is an answer, where for a new order it
 * would be nonsense.
 */
export function classifyChange(evidence: Evidence): Outcome {
  if (rowFor(evidence)?.read === 'notFound')
    return {
      kind: 'rejected',
      cause: 'other',
      text: wordsOf(evidence),
      evidence: `${evidence.summary} (the broker knows no such order)`,
    }
  return classifyWrite(evidence)
}

export const classifyRead = (evidence: Evidence): ReadVerdict =>
  rowFor(evidence)?.read ?? 'unreadable'

/**
 * The words count for more than the codes here: AB1007 is seen for a wrong code and a wrong PIN alike. Words
 * about a session, where one is asked for, come from a gateway or a page before it that looked at neither.
 */
export function classifyLogin(evidence: Evidence): LoginResult {
  if (isTaken(evidence)) return 'accepted'
  const verdict = classifyRead(evidence)
  if (verdict === 'rateLimited') return 'network'
  const isNo = isRefusal(evidence) || (isTurnedAway(evidence) && evidence.body === 'text')
  if (isNo) {
    if (evidence.code === 'AB1050' || /totp|otp/i.test(evidence.message)) return 'codeRefused'
    if (/^(AB1000|AB1002|AB1031)$/.test(evidence.code)) return 'pinRefused'
    if (/password|\bm?pin\b|credential/i.test(evidence.message)) return 'pinRefused'
  }
  if (isTurnedAway(evidence)) return 'unserved'
  if (isRefusal(evidence)) {
    if (/^(AB1004|AB2000|AB2001)$/.test(evidence.code)) return 'network'
    // Another code is about the account, whatever the status.
    const isCoded = evidence.code !== '' && !SESSION_CODES.test(evidence.code)
    return verdict === 'sessionLost' && !isCoded ? 'unserved' : 'refused'
  }
  // Limits, empty bodies, 5xx: nobody looked at the PIN or the code.
  return 'network'
}

/** 401 or 403 without an answer to the login itself, or a page in its place. */
const isTurnedAway = (e: Evidence): boolean =>
  e.connection === 'answered' &&
  e.status < 500 &&
  (e.body === 'html' || ((e.status === 401 || e.status === 403) && e.body !== 'envelope'))

const wordsOf = (evidence: Evidence): string =>
  [evidence.code, evidence.message].filter(Boolean).join(' ').slice(0, 300)

export function evidenceOf(answer: Answer, body?: Body): Evidence {
  if (answer.kind === 'unanswered')
    return {
      connection: answer.phase,
      isTimeout: answer.code === 'ETIMEDOUT',
      status: 0,
      body: 'empty',
      isSuccess: null,
      code: '',
      message: '',
      order: null,
      summary: `${answer.request}: ${answer.code}, ${answer.phase}${answer.isReused ? ' on a reused connection' : ''}`,
    }
  const read = body ?? readBody(answer.text)
  const envelope = read.kind === 'envelope' ? read.envelope : null
  const message = envelope?.message ?? (read.kind === 'text' ? read.text.slice(0, 300) : '')
  const code = /^[A-Za-z0-9_-]{0,20}$/.test(envelope?.code ?? '') ? (envelope?.code ?? '') : 'other'
  return {
    connection: 'answered',
    isTimeout: false,
    status: answer.status,
    body: read.kind,
    isSuccess: envelope?.isSuccess ?? null,
    code,
    message,
    order: orderOf(envelope?.data),
    summary: [`${answer.request}: ${answer.status}`, read.kind, code, message.slice(0, 120)]
      .filter(Boolean)
      .join(' '),
  }
}

function orderOf(data: unknown): Evidence['order'] {
  const placed = readPlaced(data)
  if (placed.kind === 'misshapen') return null
  const { orderid, uniqueorderid } = placed.value
  const id = lookedUp(() => orderId(orderid))
  return id ? { id, uniqueId: lookedUp(() => uniqueOrderId(uniqueorderid)) } : null
}

function lookedUp<Id>(make: () => Id): Id | null {
  try {
    return make()
  } catch {
    return null // empty, or nothing that we could look up by
  }
}
