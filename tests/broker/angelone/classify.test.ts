import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Phase } from '../../../src/broker/angelone/carrier.ts'
import {
  classifyChange,
  classifyLogin,
  classifyRead,
  classifyWrite,
  type Evidence,
  evidenceOf,
  rowFor,
  TABLE,
} from '../../../src/broker/angelone/classify.ts'
import type { Answer } from '../../../src/broker/angelone/client.ts'
import { instant } from '../../../src/domain/time.ts'

const request = 'POST /placeOrder'
const sentAt = instant(1_000)

const lost = (phase: Phase, code = 'ECONNRESET', isReused = false): Answer => ({
  kind: 'unanswered',
  request,
  phase,
  code,
  isReused,
  sentAt,
})
const answered = (status: number, text: string): Answer => ({
  kind: 'answered',
  request,
  status,
  text,
  sentAt,
})
const json = (value: unknown, status = 200) => answered(status, JSON.stringify(value))
const no = (errorcode: string, message = 'no', status = 200) =>
  json({ status: false, message, errorcode, data: null }, status)
const noAtGate = (errorCode: string, message = 'no', status = 200) =>
  json({ success: false, message, errorCode, data: '' }, status)
const yes = (data: unknown) => json({ status: true, message: 'SUCCESS', errorcode: '', data })
const placed = { script: 'SBIN-EQ', orderid: '200910000000111', uniqueorderid: 'abc-1' }

type Told = readonly [what: string, answer: Answer, write: string, read: string]

/** What the broker was seen to answer, and what it comes to: for a new order, and for a reading. */
const EXAMPLES: readonly Told[] = [
  ['no connection', lost('neverConnected', 'ECONNREFUSED'), 'notSent neverConnected', 'network'],
  [
    'no connection in time',
    lost('neverConnected', 'ETIMEDOUT'),
    'notSent neverConnected',
    'network',
  ],
  ['reset half way', lost('partlyWritten'), 'unknown', 'network'],
  ['reset after writing', lost('written'), 'unknown', 'network'],
  ['reset on a kept connection', lost('written', 'ECONNRESET', true), 'unknown', 'network'],
  ['reply cut', lost('replyBegun', 'ERR_BAD_RESPONSE'), 'unknown', 'network'],
  ['no reply in time', lost('written', 'ETIMEDOUT'), 'unknown', 'timeout'],
  ['429', answered(429, ''), 'unknown rateLimited', 'rateLimited'],
  ['429 as JSON', no('AB1021', 'slow down', 429), 'unknown rateLimited', 'rateLimited'],
  [
    '403 rate limit as text',
    answered(403, 'Access denied because of exceeding access rate'),
    'unknown rateLimited',
    'rateLimited',
  ],
  ['AB1021', no('AB1021', 'Too many requests'), 'unknown rateLimited', 'rateLimited'],
  ['too many requests', no('', 'Too many requests'), 'unknown rateLimited', 'rateLimited'],
  [
    'a no with an order',
    json({ status: false, message: 'no', errorcode: 'AB1008', data: placed }),
    'unknown',
    'refused',
  ],
  ['AG8001', noAtGate('AG8001', 'Invalid Token'), 'notSent sessionLost', 'sessionLost'],
  ['AG8001 as 401', noAtGate('AG8001', 'Invalid Token', 401), 'notSent sessionLost', 'sessionLost'],
  ['AG8002', no('AG8002', 'Token Expired'), 'notSent sessionLost', 'sessionLost'],
  ['AG8003 at the gate', noAtGate('AG8003'), 'notSent sessionLost', 'sessionLost'],
  [
    'AG8001 with "false" as text',
    json({ status: 'false', message: 'Invalid Token', errorcode: 'AG8001', data: 'null' }),
    'notSent sessionLost',
    'sessionLost',
  ],
  ['AB1010', no('AB1010', 'AMX session expired'), 'notSent sessionLost', 'sessionLost'],
  ['AB1011', no('AB1011', 'client not login'), 'notSent sessionLost', 'sessionLost'],
  ['401 empty', answered(401, ''), 'notSent sessionLost', 'sessionLost'],
  ['403 token text', answered(403, 'Invalid token'), 'notSent sessionLost', 'sessionLost'],
  ['AG7002', noAtGate('AG7002', 'Access denied'), 'rejected address', 'refused'],
  ['AG8004', no('AG8004', 'Invalid API Key'), 'rejected account', 'refused'],
  ['AB1004', no('AB1004', 'Something Went Wrong'), 'unknown', 'refused'],
  ['AB2000', no('AB2000'), 'unknown', 'refused'],
  ['AB2001', no('AB2001', 'Internal Error, please try after sometime'), 'unknown', 'refused'],
  ['AB1006', no('AB1006', 'Client is block for trading'), 'rejected account', 'refused'],
  ['AB1008', no('AB1008', 'Invalid Order Variety'), 'rejected validation', 'refused'],
  ['AB1009', no('AB1009', 'Symbol Not Found'), 'rejected validation', 'refused'],
  ['AB1012', no('AB1012', 'Invalid Product Type'), 'rejected validation', 'refused'],
  ['AB4008', no('AB4008', 'ordertag length', 400), 'rejected validation', 'refused'],
  ['AB4036', no('AB4036', 'cautionary listing'), 'rejected validation', 'refused'],
  ['AB1013', no('AB1013', 'Order not found'), 'unknown', 'notFound'],
  ['AB1007 variety', no('AB1007', 'Invalid order variety'), 'rejected validation', 'refused'],
  [
    'AB1007 market',
    no('AB1007', 'Market orders are not allowed for API orders'),
    'rejected validation',
    'refused',
  ],
  [
    'AB1007 lot',
    no('AB1007', 'Quantity should be a multiple of 65'),
    'rejected validation',
    'refused',
  ],
  ['AB1007 token', no('AB1007', 'Invalid Token'), 'unknown', 'refused'],
  ['AB1007 bare', no('AB1007', 'AMX error'), 'unknown', 'refused'],
  [
    'price band',
    no('AB5000', 'Order price is outside Limit Price Protection range, use 103.20'),
    'rejected validation',
    'refused',
  ],
  ['no money', no('AB5001', 'Insufficient funds'), 'rejected funds', 'refused'],
  ['lot', no('AB5002', 'Quantity should be multiple of 65'), 'rejected validation', 'refused'],
  ['taken', yes(placed), 'accepted', 'read'],
  [
    'taken, number as number',
    answered(200, '{"status":true,"errorcode":"","data":{"orderid":200910000000111}}'),
    'accepted',
    'read',
  ],
  ['taken at the gate', json({ success: true, errorCode: '', data: placed }), 'accepted', 'read'],
  ['success without data', yes(null), 'unknown', 'read'],
  ['success without a number', yes({ script: 'SBIN-EQ' }), 'unknown', 'read'],
  ['success with an empty number', yes({ orderid: '' }), 'unknown', 'read'],
  ['500', answered(500, ''), 'unknown', 'network'],
  ['502 page', answered(502, '<html>Bad Gateway</html>'), 'unknown', 'network'],
  ['503 with a validation code', no('AB1008', 'no', 503), 'unknown', 'network'],
  ['unheard-of code', no('ZZ1234'), 'unknown', 'refused'],
  // No row: nothing is known.
  ['400 empty', answered(400, ''), 'unknown', 'unreadable'],
  ['200 empty', answered(200, ''), 'unknown', 'unreadable'],
  ['WAF page', answered(200, '<html><title>Request Rejected</title>'), 'unknown', 'unreadable'],
  ['403 WAF page', answered(403, '<html>Request Rejected</html>'), 'unknown', 'unreadable'],
  ['403 empty', answered(403, ''), 'unknown', 'unreadable'],
  ['403 other text', answered(403, 'Forbidden'), 'unknown', 'unreadable'],
  ['cut JSON', answered(200, '{"status":true,"data":{"orderid":"2009'), 'unknown', 'unreadable'],
  [
    'other JSON',
    answered(400, '{"timestamp":1,"status":400,"error":"Bad Request"}'),
    'unknown',
    'unreadable',
  ],
  [
    'two flags that disagree',
    json({ status: true, success: false, data: placed }),
    'unknown',
    'unreadable',
  ],
  [
    'success with a code',
    json({ status: true, errorcode: 'AB1008', data: placed }),
    'unknown',
    'unreadable',
  ],
  [
    'success as a 4xx',
    json({ status: true, errorcode: '', data: placed }, 400),
    'unknown',
    'unreadable',
  ],
  ['a redirect', answered(302, ''), 'unknown', 'unreadable'],
]

function wordsOfWrite(answer: Answer): string {
  const outcome = classifyWrite(evidenceOf(answer))
  switch (outcome.kind) {
    case 'accepted':
      return 'accepted'
    case 'unknown':
      return outcome.likely ? `unknown ${outcome.likely}` : 'unknown'
    default:
      return `${outcome.kind} ${outcome.cause}`
  }
}

describe('what an answer means', () => {
  it.each(EXAMPLES)('%s', (_what, answer, write, read) => {
    expect(wordsOfWrite(answer)).toBe(write)
    expect(classifyRead(evidenceOf(answer))).toBe(read)
  })

  it('every row of the table has an example that it decides', () => {
    const decided = new Set(EXAMPLES.map(([, answer]) => rowFor(evidenceOf(answer))?.evidence))
    expect(TABLE.map((row) => row.evidence).filter((evidence) => !decided.has(evidence))).toEqual(
      [],
    )
  })

  it('every row names its source', () => {
    expect(TABLE.filter((row) => row.source.length < 10)).toEqual([])
  })

  it('keeps the numbers of the order', () => {
    expect(classifyWrite(evidenceOf(yes(placed)))).toMatchObject({
      kind: 'accepted',
      orderId: '200910000000111',
      uniqueOrderId: 'abc-1',
    })
    const long = answered(200, '{"status":true,"data":{"orderid":9007199254740993}}')
    expect(classifyWrite(evidenceOf(long))).toMatchObject({ orderId: '9007199254740993' })
  })

  it('a cancel or modify of an order that is not there is refused', () => {
    expect(classifyChange(evidenceOf(no('AB1013', 'Order not found')))).toMatchObject({
      kind: 'rejected',
      cause: 'other',
    })
    expect(classifyChange(evidenceOf(yes(placed)))).toMatchObject({ kind: 'accepted' })
    expect(classifyChange(evidenceOf(yes(null)))).toMatchObject({ kind: 'unknown' })
    expect(classifyChange(evidenceOf(lost('written')))).toMatchObject({ kind: 'unknown' })
  })
})

describe('what a login came to', () => {
  it.each([
    ['tokens', yes({ jwtToken: 'x' }), 'accepted'],
    ['AB1050', no('AB1050', 'Invalid totp'), 'codeRefused'],
    ['AB1007 about the code', no('AB1007', 'Invalid TOTP'), 'codeRefused'],
    ['AB1007 about the PIN', no('AB1007', 'Invalid password'), 'pinRefused'],
    ['AB1000', no('AB1000', 'Invalid Email Or Password'), 'pinRefused'],
    ['AB1006', no('AB1006', 'Client is block for trading'), 'refused'],
    ['AG8004', no('AG8004', 'Invalid API Key'), 'refused'],
    ['rate limit', answered(403, 'exceeding access rate'), 'network'],
    ['AB1021', no('AB1021', 'Too many requests'), 'network'],
    ['AB1004', no('AB1004', 'Something Went Wrong'), 'network'],
    ['5xx', answered(500, ''), 'network'],
    ['a 403 that counts too many', answered(403, 'Too many requests'), 'network'],
    ['page', answered(200, '<html>'), 'unserved'],
    ['page with a 403', answered(403, '<html>'), 'unserved'],
    ['page of a gateway that is down', answered(502, '<html>'), 'network'],
    ['401 in plain words', answered(401, 'Unauthorized'), 'unserved'],
    ['401 without any', answered(401, ''), 'unserved'],
    ['403 in plain words', answered(403, 'Forbidden'), 'unserved'],
    ['AG8001 by the gateway', noAtGate('AG8001', 'Invalid Token'), 'unserved'],
    ['AG8001 with a 401', noAtGate('AG8001', 'Invalid Token', 401), 'unserved'],
    ['AG8001 with a 403', noAtGate('AG8001', 'Invalid Token', 403), 'unserved'],
    ['AG8003 by a service', no('AG8003', 'Token missing'), 'unserved'],
    ['AB1010', no('AB1010', 'AMX Session Expired'), 'unserved'],
    ['AB1011', no('AB1011', 'Client not login'), 'unserved'],
    // A 401 is also how HTTP says that a password is wrong: then the words count.
    ['401 about the PIN', answered(401, 'Invalid password'), 'pinRefused'],
    ['401 about the code', no('AB1050', 'Invalid totp', 401), 'codeRefused'],
    ['401 about the client', no('AB1006', 'Client is block for trading', 401), 'refused'],
    ['empty', answered(400, ''), 'network'],
    ['lost', lost('written'), 'network'],
    ['never there', lost('neverConnected'), 'network'],
  ] as const)('%s', (_what, answer, result) => {
    expect(classifyLogin(evidenceOf(answer))).toBe(result)
  })
})

// --- for all evidence ---------------------------------------------------------------------------

const words = fc.oneof(
  fc.constantFrom(
    'Invalid order variety',
    'Insufficient funds',
    'Too many requests',
    'multiple of 65',
    'Invalid token',
    'AMX error',
    'SUCCESS',
    '',
  ),
  fc.string({ maxLength: 40 }),
)
const codes = fc.oneof(
  fc.constantFrom(
    '',
    'AG8001',
    'AG7002',
    'AB1007',
    'AB1008',
    'AB1010',
    'AB1013',
    'AB1021',
    'AB2001',
  ),
  fc.string({ maxLength: 8 }),
)
const envelopes = fc.record(
  {
    status: fc.constantFrom<unknown>(true, false, 'true', 'false', 400, null),
    success: fc.constantFrom<unknown>(true, false),
    message: words,
    errorcode: codes,
    errorCode: codes,
    data: fc.oneof(
      fc.constantFrom<unknown>(null, '', 'null', [], {}),
      fc.record({ orderid: fc.oneof(fc.string(), fc.integer()), uniqueorderid: fc.string() }),
      fc.anything(),
    ),
  },
  { requiredKeys: [] },
)
const statuses = fc.oneof(
  fc.constantFrom(200, 201, 302, 400, 401, 403, 404, 429, 500, 502, 503),
  fc.integer({ min: 100, max: 599 }),
)
const texts = fc.oneof(
  envelopes.map((envelope) => JSON.stringify(envelope)),
  fc.tuple(envelopes, fc.nat()).map(([envelope, cut]) => JSON.stringify(envelope).slice(0, cut)),
  words,
  words.map((word) => `<html>${word}</html>`),
  fc.json(),
)
const answers: fc.Arbitrary<Answer> = fc.oneof(
  fc.record({ status: statuses, text: texts }).map(({ status, text }) => answered(status, text)),
  fc
    .record({
      phase: fc.constantFrom<Phase>('neverConnected', 'partlyWritten', 'written', 'replyBegun'),
      code: fc.constantFrom('ECONNRESET', 'ETIMEDOUT', 'EPIPE', 'FAILED'),
      isReused: fc.boolean(),
    })
    .map(({ phase, code, isReused }) => lost(phase, code, isReused)),
)

/** What a certain outcome must have in its favour, said apart from the table. */
function isJustified(evidence: Evidence, outcome: ReturnType<typeof classifyWrite>): boolean {
  const isWhole = evidence.connection === 'answered' && evidence.status < 500
  switch (outcome.kind) {
    case 'accepted':
      return isWhole && evidence.isSuccess === true && evidence.order !== null
    case 'rejected':
      return isWhole && evidence.isSuccess === false && evidence.order === null
    case 'notSent':
      return (
        evidence.connection === 'neverConnected' ||
        (isWhole && evidence.isSuccess !== true && evidence.order === null)
      )
    case 'unknown':
      return true
  }
}

describe('for every evidence', () => {
  it('there is an outcome, and it is certain only with reason', () => {
    fc.assert(
      fc.property(answers, (answer) => {
        const evidence = evidenceOf(answer)
        const outcome = classifyWrite(evidence)
        if (outcome.kind !== 'unknown') expect(rowFor(evidence)).not.toBeNull()
        expect(isJustified(evidence, outcome)).toBe(true)
      }),
      { numRuns: 3_000 },
    )
  })

  it('control: a table that takes every lost connection as not sent is found out', () => {
    const hopeful = (evidence: Evidence): ReturnType<typeof classifyWrite> =>
      evidence.connection === 'answered'
        ? classifyWrite(evidence)
        : { kind: 'notSent', cause: 'neverConnected', evidence: '' }
    const run = fc.check(
      fc.property(answers, (answer) => {
        const evidence = evidenceOf(answer)
        return isJustified(evidence, hopeful(evidence))
      }),
      { numRuns: 500 },
    )
    expect(run.failed).toBe(true)
  })
})
