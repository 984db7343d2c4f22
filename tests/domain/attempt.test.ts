import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type AttemptEvent,
  type AttemptKind,
  type AttemptState,
  filledOf,
  isSettled,
  SENDING,
  transition,
} from '../../src/domain/attempt.ts'
import { accountName, instrumentId, orderId, uniqueOrderId } from '../../src/domain/ids.ts'
import { parsePrice, units } from '../../src/domain/numbers.ts'
import type { OrderReport, OrderStatus } from '../../src/domain/order.ts'
import type { Outcome } from '../../src/domain/outcome.ts'
import { tradingDay } from '../../src/domain/time.ts'

const ORDER = orderId('260511000368479')
const LASTING = uniqueOrderId('5f0c')

function reported(
  status: OrderStatus,
  filled: number,
  some: Partial<OrderReport> = {},
): AttemptEvent {
  const report: OrderReport = {
    account: accountName('FOLLOWER_1'),
    day: tradingDay('2026-11-20'),
    orderId: ORDER,
    uniqueOrderId: LASTING,
    tag: '',
    instrument: instrumentId('NFO', 'NIFTY29DEC2625000CE'),
    exchange: 'NFO',
    symbol: 'NIFTY29DEC2625000CE',
    token: '40001',
    side: 'BUY',
    product: 'INTRADAY',
    variety: 'regular',
    pricing: { kind: 'limit', price: parsePrice('101.20') },
    quantity: units(130),
    filled: units(filled),
    averagePrice: filled > 0 ? parsePrice('101') : null,
    status,
    text: '',
    exchangeTime: null,
    fillTime: null,
    source: 'book',
    ...some,
  }
  return { kind: 'reported', report }
}

const answered = (outcome: Outcome): AttemptEvent => ({ kind: 'answered', outcome })
const ACCEPTED = answered({
  kind: 'accepted',
  orderId: ORDER,
  uniqueOrderId: LASTING,
  evidence: 'status true',
})
const REJECTED = answered({
  kind: 'rejected',
  cause: 'funds',
  text: 'no funds',
  evidence: 'AB4036',
})
const LOST = answered({ kind: 'unknown', likely: null, evidence: 'timeout' })
const LIMITED = answered({ kind: 'unknown', likely: 'rateLimited', evidence: '403' })
const NOT_TAKEN = answered({ kind: 'notSent', cause: 'neverConnected', evidence: 'ECONNREFUSED' })
const ABSENT: AttemptEvent = { kind: 'absenceProven', evidence: 'two readings' }

const DAY_OVER: AttemptEvent = { kind: 'dayEnded', evidence: 'the day is over' }

const EVENTS = {
  accepted: ACCEPTED,
  rejected: REJECTED,
  lost: LOST,
  limited: LIMITED,
  'not taken': NOT_TAKEN,
  'seen resting': reported('open', 0),
  'seen half filled': reported('open', 65),
  'seen complete': reported('complete', 130),
  'seen cancelled': reported('cancelled', 0),
  'seen rejected': reported('rejected', 0),
  absent: ABSENT,
  'day over': DAY_OVER,
} satisfies Record<string, AttemptEvent>

const run = (...events: AttemptEvent[]): AttemptState =>
  events.reduce((state, event) => transition(state, event).state, SENDING)

const STATES = {
  sending: SENDING,
  unknown: run(LOST),
  notSent: run(NOT_TAKEN),
  rejected: run(REJECTED),
  working: run(ACCEPTED),
  done: run(reported('complete', 130)),
  lapsed: run(LOST, DAY_OVER),
} satisfies Record<AttemptKind, AttemptState>

describe('every state meets every event', () => {
  const table: Record<keyof typeof EVENTS, Record<AttemptKind, string>> = {
    accepted: {
      sending: 'changed working',
      unknown: 'changed working',
      notSent: 'turnedUp working',
      lapsed: 'turnedUp working',
      rejected: 'turnedUp working',
      working: 'same working',
      done: 'same done',
    },
    rejected: {
      sending: 'changed rejected',
      unknown: 'changed rejected',
      notSent: 'same notSent',
      lapsed: 'same lapsed',
      rejected: 'same rejected',
      working: 'impossible working',
      done: 'impossible done',
    },
    lost: {
      sending: 'changed unknown',
      unknown: 'same unknown',
      notSent: 'same notSent',
      lapsed: 'same lapsed',
      rejected: 'same rejected',
      working: 'same working',
      done: 'same done',
    },
    limited: {
      sending: 'changed unknown',
      unknown: 'changed unknown',
      notSent: 'same notSent',
      lapsed: 'same lapsed',
      rejected: 'same rejected',
      working: 'same working',
      done: 'same done',
    },
    'not taken': {
      sending: 'changed notSent',
      unknown: 'changed notSent',
      notSent: 'same notSent',
      lapsed: 'same lapsed',
      rejected: 'same rejected',
      working: 'impossible working',
      done: 'impossible done',
    },
    'seen resting': {
      sending: 'changed working',
      unknown: 'changed working',
      notSent: 'turnedUp working',
      lapsed: 'turnedUp working',
      rejected: 'turnedUp working',
      working: 'same working',
      done: 'same done',
    },
    'seen half filled': {
      sending: 'changed working',
      unknown: 'changed working',
      notSent: 'turnedUp working',
      lapsed: 'turnedUp working',
      rejected: 'turnedUp working',
      working: 'changed working',
      done: 'same done',
    },
    'seen complete': {
      sending: 'changed done',
      unknown: 'changed done',
      notSent: 'turnedUp done',
      lapsed: 'turnedUp done',
      rejected: 'turnedUp done',
      working: 'changed done',
      done: 'same done',
    },
    'seen cancelled': {
      sending: 'changed done',
      unknown: 'changed done',
      notSent: 'turnedUp done',
      lapsed: 'turnedUp done',
      rejected: 'same rejected',
      working: 'changed done',
      done: 'same done',
    },
    'seen rejected': {
      sending: 'changed done',
      unknown: 'changed done',
      notSent: 'turnedUp done',
      lapsed: 'turnedUp done',
      rejected: 'same rejected',
      working: 'changed done',
      done: 'same done',
    },
    absent: {
      sending: 'changed notSent',
      unknown: 'changed notSent',
      notSent: 'same notSent',
      lapsed: 'same lapsed',
      rejected: 'same rejected',
      working: 'impossible working',
      done: 'impossible done',
    },
    'day over': {
      sending: 'changed lapsed',
      unknown: 'changed lapsed',
      notSent: 'same notSent',
      rejected: 'same rejected',
      working: 'changed done',
      done: 'same done',
      lapsed: 'same lapsed',
    },
  }
  const rows = Object.entries(table).flatMap(([event, verdicts]) =>
    Object.entries(verdicts).map(([state, expected]) => [state, event, expected] as const),
  )
  test.each(rows)('%s, %s: %s', (state, event, expected) => {
    const next = transition(
      STATES[state as AttemptKind],
      EVENTS[event as keyof typeof EVENTS] as AttemptEvent,
    )
    expect(`${next.verdict} ${next.state.kind}`).toBe(expected)
  })
})

/** `done partlyFilled 65`, `working 0`. */
const read = (state: AttemptState): string =>
  [state.kind, state.kind === 'done' ? state.end : '', filledOf(state) / units(1)]
    .filter((part) => part !== '')
    .join(' ')

describe('how an order ends', () => {
  test.each<[string, AttemptEvent[], string]>([
    ['wholly filled', [ACCEPTED, reported('complete', 130)], 'done filled 130'],
    ['cancelled with a part', [ACCEPTED, reported('cancelled', 65)], 'done partlyFilled 65'],
    [
      'cancelled in the moment of its last fill',
      [ACCEPTED, reported('cancelled', 130)],
      'done filled 130',
    ],
    ['rejected after it was accepted', [ACCEPTED, reported('rejected', 0)], 'done rejected 0'],
    ['cancelled unfilled', [ACCEPTED, reported('cancelled', 0)], 'done cancelled 0'],
    [
      'complete with fills still missing is looked at again',
      [ACCEPTED, reported('complete', 0)],
      'working 0',
    ],
    [
      'an end that shows less than was seen takes nothing back',
      [reported('open', 65), reported('cancelled', 0)],
      'done partlyFilled 65',
    ],
    [
      'more than at the end it was told of',
      [reported('cancelled', 65), reported('complete', 130)],
      'done filled 130',
    ],
    [
      'an old page after the end',
      [reported('complete', 130), reported('open', 65)],
      'done filled 130',
    ],
  ])('%s', (_, events, expected) => {
    expect(read(run(...events))).toBe(expected)
  })

  test('what turns up after the end is told as such', () => {
    const end = run(reported('cancelled', 65))
    expect(transition(end, reported('complete', 130)).verdict).toBe('turnedUp')
  })

  test('a rejection that the book showed first is no contradiction', () => {
    expect(transition(run(reported('rejected', 0)), REJECTED).verdict).toBe('same')
    expect(transition(run(reported('rejected', 65)), REJECTED).verdict).toBe('impossible')
  })
})

describe('what one source does not say is kept from another', () => {
  const stream = reported('open', 65, { uniqueOrderId: null, averagePrice: null })

  test('the lasting name comes with the reply', () => {
    const next = transition(run(stream), ACCEPTED)
    expect(next).toMatchObject({ verdict: 'changed', state: { uniqueOrderId: LASTING } })
    expect(transition(next.state, stream).verdict).toBe('same')
  })

  test('the price comes with the book, also after the end', () => {
    const price = parsePrice('101')
    expect(run(stream, reported('open', 65))).toMatchObject({ averagePrice: price })
    const end = run(reported('complete', 130, { averagePrice: null }), reported('complete', 130))
    expect(end).toMatchObject({ kind: 'done', end: 'filled', averagePrice: price })
  })

  test('another number for the same lasting name is the same order', () => {
    const other = orderId('260511000999999')
    const reply = answered({
      kind: 'accepted',
      orderId: other,
      uniqueOrderId: LASTING,
      evidence: '',
    })
    expect(transition(run(reported('open', 0)), reply).verdict).toBe('same')
    const foreign = answered({
      kind: 'accepted',
      orderId: other,
      uniqueOrderId: uniqueOrderId('6a1d'),
      evidence: '',
    })
    expect(transition(run(reported('open', 0)), foreign).verdict).toBe('impossible')
  })
})

const events = fc.constantFrom<AttemptEvent>(
  ...Object.values(EVENTS),
  reported('cancelled', 65),
  reported('rejected', 65),
  reported('complete', 0),
  reported('open', 65, { uniqueOrderId: null, averagePrice: null }),
)
const histories = fc.array(events, { maxLength: 12 })

// What really happened to one order, as its book would show it step by step.
const STEPS = [
  reported('pending', 0),
  reported('open', 0),
  reported('open', 65),
  reported('complete', 130),
] as const

type Step = typeof transition

const converges = (step: Step) =>
  fc.property(
    fc.shuffledSubarray([...STEPS, ...STEPS], { minLength: 1 }),
    fc.constantFrom(ACCEPTED, LOST, LIMITED),
    (seen, reply) => {
      const all = [reply, ...seen, STEPS[3]]
      const end = all.reduce((state, event) => step(state, event).state, SENDING)
      expect(read(end)).toBe('done filled 130')
    },
  )

describe('what always holds', () => {
  /** Believes whatever it is told last. */
  const gullible: Step = (state, event) =>
    event.kind === 'reported' ? transition(SENDING, event) : transition(state, event)

  const isNoNewsTwice = (step: Step) =>
    fc.property(histories, events, (history, event) => {
      const once = step(run(...history), event)
      const twice = step(once.state, event)
      expect(['same', 'impossible']).toContain(twice.verdict)
      expect(twice.state).toEqual(once.state)
    })

  test('told twice, an event changes nothing the second time', () =>
    fc.assert(isNoNewsTwice(transition)))

  const neverFalls = (step: Step) =>
    fc.property(histories, events, (history, event) => {
      const before = run(...history)
      const next = step(before, event)
      expect(filledOf(next.state) >= filledOf(before)).toBe(true)
      const isKept = next.verdict === 'same' || next.verdict === 'impossible'
      expect(isKept).toBe(next.state === before)
    })

  test('fills never fall, and only what changed says so', () => fc.assert(neverFalls(transition)))

  const staysSettled = (step: Step) =>
    fc.property(histories, events, (history, event) => {
      const before = run(...history)
      fc.pre(isSettled(before))
      const next = step(before, event)
      expect(isSettled(next.state) || next.verdict === 'turnedUp').toBe(true)
    })

  test('what is settled stays so, unless an order turned up', () =>
    fc.assert(staysSettled(transition)))

  test.each([
    ['tells news twice', isNoNewsTwice],
    ['lets fills fall', neverFalls],
    ['unsettles what is settled', staysSettled],
  ])('control: to believe the latest report %s', (_, property) => {
    expect(() => fc.assert(property(gullible), { numRuns: 2000 })).toThrow()
  })

  test('reports shuffled, doubled and dropped end in the same', () =>
    fc.assert(converges(transition)))

  test('control: to believe the latest report does not', () => {
    const believing = fc.property(fc.shuffledSubarray([...STEPS], { minLength: 4 }), (seen) => {
      const end = seen.reduce((state, event) => gullible(state, event).state, SENDING)
      expect(read(end)).toBe('done filled 130')
    })
    expect(() => fc.assert(believing)).toThrow()
  })
})
