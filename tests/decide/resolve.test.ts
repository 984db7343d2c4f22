import { expect, test } from 'vitest'
import type { BookReading, Sent } from '../../src/decide/reconcile.ts'
import { judgeWord, type Word } from '../../src/decide/resolve.ts'
import type { AttemptState } from '../../src/domain/attempt.ts'
import { attemptId, engineId, orderId } from '../../src/domain/ids.ts'
import type { Role } from '../../src/domain/lane.ts'
import { units } from '../../src/domain/numbers.ts'
import type { OrderReport } from '../../src/domain/order.ts'
import { makeTag, type Tag } from '../../src/domain/tag.ts'
import { after } from '../../src/domain/time.ts'
import { at, FOLLOWER, order } from './builders.ts'

const SENT_AT = at('10:00:00')
const tagOf = (number: number): Tag => makeTag(engineId('ABCDE'), Array(11).fill(number))
const { report: PLAIN } = order({ id: '77', side: 'BUY', filled: 65, quantity: 130 })
const row = (change: Partial<OrderReport> = {}): OrderReport => ({
  ...PLAIN,
  account: FOLLOWER,
  tag: '',
  exchangeTime: after(SENT_AT, 1000),
  ...change,
})

const unknown: AttemptState = { kind: 'unknown', likely: null, evidence: 'no reply in 7 s' }
const done: AttemptState = {
  kind: 'done',
  end: 'filled',
  text: '',
  orderId: orderId('78'),
  uniqueOrderId: null,
  filled: units(130),
  averagePrice: null,
}
const sent = (number: number, state: AttemptState = unknown, role: Role = 'entry'): Sent => ({
  attempt: {
    id: attemptId(number),
    tag: tagOf(number),
    at: SENT_AT,
    quantity: units(130),
    intent: { role, side: 'BUY', lane: { instrument: PLAIN.instrument, product: PLAIN.product } },
  },
  state,
})
const page = (...reports: OrderReport[]): BookReading => ({
  account: FOLLOWER,
  askedAt: after(SENT_AT, 60_000),
  reports,
  isWhole: true,
})
const word = (change: Partial<Word> = {}): Word => ({
  attempt: sent(1),
  order: null,
  reading: page(),
  attempts: [sent(1), sent(2, done)],
  position: null,
  now: after(SENT_AT, 61_000),
  ...change,
})
const exit = sent(1, unknown, 'exit')
const is = (change: Partial<Word>, ...reports: OrderReport[]): Word =>
  word({ order: orderId('77'), reading: page(...reports), ...change })

const absent = { kind: 'answered', outcome: { kind: 'notSent', cause: 'toldAbsent' } }

test.each<[string, Word, object]>([
  ['not there: taken as never placed', word(), { kind: 'resolved', event: absent }],
  ['it waits for a page younger than the word', word({ reading: null }), { kind: 'wait' }],
  [
    'the page shows its tag',
    word({ reading: page(row({ tag: tagOf(1) })) }),
    { kind: 'refused', text: 'the book shows it' },
  ],
  [
    'too soon to say',
    word({ now: after(SENT_AT, 29_000) }),
    { kind: 'refused', text: expect.stringContaining('10:00:30') },
  ],
  ['it is being sent', word({ attempt: sent(1, { kind: 'sending' }) }), { kind: 'wait' }],
  ['it was found meanwhile', word({ attempt: sent(1, done) }), { kind: 'refused' }],
  ['an exit waits for its position', word({ attempt: exit }), { kind: 'wait' }],
  [
    'an exit whose position stands',
    word({ attempt: exit, position: 'agrees' }),
    { kind: 'resolved', event: absent, text: expect.stringContaining('closed anew') },
  ],
  [
    'an exit whose position contradicts, beside shares of its own',
    word({ attempt: exit, position: 'differs' }),
    { kind: 'refused', text: expect.stringContaining('the position has changed') },
  ],
  [
    'an exit of which nothing is left',
    word({ attempt: exit, position: 'gone' }),
    { kind: 'resolved', event: absent, text: expect.stringContaining('NOTHING IS LEFT') },
  ],
  [
    'an exit whose position nobody can read',
    word({ attempt: exit, position: 'unreadable' }),
    { kind: 'refused', text: expect.stringContaining('cannot be read') },
  ],
  [
    'it is this one',
    is({}, row()),
    { kind: 'resolved', event: { kind: 'reported', report: { orderId: '77' } } },
  ],
  ['no such order', is({}), { kind: 'refused', text: 'the book shows no order 77' }],
  [
    'another one of ours',
    is({ order: orderId('78') }, row({ orderId: orderId('78') })),
    { kind: 'refused', text: expect.stringContaining("another one of Lockstep's") },
  ],
  ['one with the tag of some Lockstep', is({}, row({ tag: tagOf(9) })), { kind: 'refused' }],
  ['the other side', is({}, row({ side: 'SELL' })), { kind: 'refused' }],
  ['another product', is({}, row({ product: 'DELIVERY' })), { kind: 'refused' }],
  ['another quantity', is({}, row({ quantity: units(65) })), { kind: 'refused' }],
  ['older than the send', is({}, row({ exchangeTime: at('09:59:50') })), { kind: 'refused' }],
])('%s', (_, asked, expected) => {
  expect(judgeWord(asked)).toMatchObject(expected)
})
