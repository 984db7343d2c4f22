import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type AbsenceQuestion,
  type BookReading,
  judgeAbsence,
  reconcile,
  rowOf,
  type Sent,
  showsAllHeld,
  showsAllKnown,
  showsTags,
} from '../../src/decide/reconcile.ts'
import { type AttemptState, SENDING, transition } from '../../src/domain/attempt.ts'
import { attemptId, engineId, orderId, uniqueOrderId } from '../../src/domain/ids.ts'
import type { Role } from '../../src/domain/lane.ts'
import { parsePrice, units } from '../../src/domain/numbers.ts'
import type { OrderReport, OrderStatus } from '../../src/domain/order.ts'
import { makeTag, type Tag } from '../../src/domain/tag.ts'
import { type Instant, after as later } from '../../src/domain/time.ts'
import { at, FOLLOWER, order } from './builders.ts'

const ENGINE = engineId('ABCDE')
const SENT_AT = at('10:00:00')
const tagOf = (number: number): Tag => makeTag(ENGINE, Array(11).fill(number))

const sent = (number: number, state: AttemptState = SENDING, role: Role = 'entry'): Sent => ({
  attempt: {
    id: attemptId(number),
    tag: tagOf(number),
    at: SENT_AT,
    quantity: units(130),
    intent: { role, side: 'BUY', lane: { instrument: LIKE.instrument, product: LIKE.product } },
  },
  state,
})

const { report: LIKE } = order({ id: '1', side: 'BUY', filled: 0, quantity: 130 })

interface ReportSketch {
  readonly number: number
  readonly filled?: number
  readonly status?: OrderStatus
  readonly tag?: string
  readonly id?: string
}

function report({ number, filled = 0, status = 'open', ...rest }: ReportSketch): OrderReport {
  const { report: plain } = order({
    id: rest.id ?? `9${number}`,
    side: 'BUY',
    filled,
    quantity: 130,
    status,
  })
  return {
    ...plain,
    account: FOLLOWER,
    tag: rest.tag ?? tagOf(number),
    averagePrice: filled > 0 ? parsePrice('101.20') : null,
  }
}

const unknown: AttemptState = { kind: 'unknown', likely: null, evidence: 'no reply in 7 s' }

describe('finding our orders again', () => {
  test('an order whose reply was lost is found by its tag', () => {
    const findings = reconcile(
      [sent(1, unknown)],
      [report({ number: 1, filled: 130, status: 'complete' })],
    )
    expect(findings).toMatchObject([{ kind: 'event', attempt: 1, verdict: 'changed' }])
  })

  test('by its id where the broker lost the tag', () => {
    const working: AttemptState = {
      kind: 'working',
      orderId: orderId('91'),
      uniqueOrderId: null,
      filled: units(0),
      averagePrice: null,
    }
    const findings = reconcile([sent(1, working)], [report({ number: 1, tag: '', filled: 65 })])
    expect(findings).toMatchObject([{ kind: 'event', attempt: 1 }])
  })

  test('by its lasting id after a modification gave it another number', () => {
    const working: AttemptState = {
      kind: 'working',
      orderId: orderId('77'),
      uniqueOrderId: uniqueOrderId('u-91'),
      filled: units(0),
      averagePrice: null,
    }
    expect(
      reconcile([sent(1, working)], [report({ number: 1, tag: '', filled: 65 })]),
    ).toHaveLength(1)
  })

  test('by its tag where two answers named the same order, or each the other one', () => {
    const named = (id: string): AttemptState => ({
      kind: 'working',
      orderId: orderId(id),
      uniqueOrderId: null,
      filled: units(0),
      averagePrice: null,
    })
    const reports = [report({ number: 1, filled: 65 }), report({ number: 2, filled: 130 })]
    for (const [first, second] of [
      ['91', '91'],
      ['92', '91'],
    ] as const)
      expect(reconcile([sent(1, named(first)), sent(2, named(second))], reports)).toMatchObject([
        { attempt: 1, event: { report: { filled: units(65) } } },
        { attempt: 2, event: { report: { filled: units(130) } } },
      ])
  })

  test("the follower's own orders are nobody's business", () => {
    expect(
      reconcile([sent(1)], [report({ number: 2, tag: 'mine' }), report({ number: 3, tag: '' })]),
    ).toEqual([])
  })

  test('a Lockstep tag that the ledger does not know is told', () => {
    expect(reconcile([sent(1)], [report({ number: 2 })])).toMatchObject([
      { kind: 'strangeTag', tag: tagOf(2), engine: ENGINE },
    ])
  })

  test.each<[string, AttemptState]>([
    ['notSent', { kind: 'notSent', cause: 'provenAbsent', evidence: '' }],
    ['rejected', { kind: 'rejected', cause: 'other', text: '' }],
  ])('an order that turns up after it was called %s raises an alarm', (_, state) => {
    expect(reconcile([sent(1, state)], [report({ number: 1, filled: 65 })])).toMatchObject([
      { verdict: 'turnedUp' },
    ])
  })

  test('the same report twice changes nothing the second time', () => {
    const seen = report({ number: 1, filled: 65 })
    const [finding] = reconcile([sent(1)], [seen])
    const state = finding?.kind === 'event' ? transition(SENDING, finding.event).state : SENDING
    expect(reconcile([sent(1, state)], [seen])).toEqual([])
  })
})

describe('reports shuffled, duplicated and dropped converge', () => {
  // An order's life as the broker truly has it: fills grow, then it ends.
  const anyLife = fc
    .tuple(
      fc.array(fc.integer({ min: 0, max: 130 }), { maxLength: 5 }),
      fc.constantFrom<OrderStatus>('complete', 'cancelled', 'rejected'),
    )
    .map(([fills, end]): ReportSketch[] => {
      const grown = [...fills].sort((a, b) => a - b)
      const last = end === 'complete' ? 130 : (grown.at(-1) ?? 0)
      return [
        ...grown.map((filled) => ({ number: 1, filled })),
        { number: 1, filled: last, status: end },
      ]
    })
  const anyMess = anyLife.chain((life) =>
    fc.record({
      life: fc.constant(life),
      heard: fc.array(fc.constantFrom(...life), { maxLength: 10 }),
      start: fc.constantFrom<AttemptState>(SENDING, unknown),
    }),
  )

  const listen = (
    state: AttemptState,
    heard: readonly ReportSketch[],
    follow: typeof transition,
  ): AttemptState =>
    heard.map(report).reduce((now, seen) => {
      const [finding] = reconcile([sent(1, now)], [seen])
      return finding?.kind === 'event' ? follow(now, finding.event).state : now
    }, state)

  const converges = (
    follow: typeof transition,
  ): fc.IProperty<[{ life: ReportSketch[]; heard: ReportSketch[]; start: AttemptState }]> =>
    fc.property(anyMess, ({ life, heard, start }) => {
      const last = life.slice(-1)
      const messy = listen(listen(start, heard, follow), last, follow)
      const plain = listen(start, last, follow)
      expect(messy).toEqual(plain)
    })

  test('the last true report decides, whatever was heard before', () => {
    fc.assert(converges(transition), { numRuns: 1000 })
  })

  test('fills never fall', () => {
    fc.assert(
      fc.property(anyMess, ({ heard, start }) => {
        let state = start
        let filled = 0n
        for (const sketch of heard) {
          state = listen(state, [sketch], transition)
          const now = state.kind === 'working' || state.kind === 'done' ? state.filled : 0n
          expect(now >= filled).toBe(true)
          filled = now
        }
      }),
    )
  })

  test('control: keeping to what was heard first does not converge', () => {
    const stubborn: typeof transition = (state, event) =>
      state.kind === 'working' ? { state, verdict: 'same' } : transition(state, event)
    expect(fc.check(converges(stubborn), { numRuns: 1000 }).failed).toBe(true)
  })

  test('control: believing whatever came last, they fall', () => {
    const gullible: typeof transition = (state, event) =>
      event.kind === 'reported' ? transition(SENDING, event) : transition(state, event)
    const fooled = fc.check(
      fc.property(anyMess, ({ heard, start }) => {
        let filled = 0n
        let state = start
        for (const sketch of heard.map(report)) {
          const next = gullible(state, { kind: 'reported', report: sketch }).state
          const now = next.kind === 'working' || next.kind === 'done' ? next.filled : 0n
          if (now < filled) return false
          filled = now
          state = next
        }
        return true
      }),
    )
    expect(fooled.failed).toBe(true)
  })
})

describe('proof of absence', () => {
  const reading = (
    secondsAfter: number,
    reports: OrderReport[] = [],
    isWhole = true,
  ): BookReading => ({
    account: FOLLOWER,
    askedAt: later(SENT_AT, secondsAfter * 1000),
    reports,
    isWhole,
  })
  const question = (partial: Partial<AbsenceQuestion>): AbsenceQuestion => ({
    attempt: sent(1, unknown),
    readings: [reading(31), reading(33)],
    tagsShown: 'today',
    doubtedSince: SENT_AT,
    position: null,
    now: later(SENT_AT, 34_000),
    ...partial,
  })
  const until = (secondsAfter: number): Instant => later(SENT_AT, secondsAfter * 1000)
  const exit = sent(1, unknown, 'exit')
  const refused = sent(1, { kind: 'unknown', likely: 'rateLimited', evidence: 'HTTP 403 text' })

  const cases: [string, Partial<AbsenceQuestion>, object][] = [
    [
      '30 s after the send, two readings more than a second apart',
      {},
      { kind: 'proven', event: { kind: 'absenceProven' } },
    ],
    [
      'one reading is not enough',
      { readings: [reading(33)] },
      { kind: 'wait', until: until(34.001) },
    ],
    [
      'two readings of one second are one',
      { readings: [reading(33), reading(34)], now: until(34) },
      { kind: 'wait', until: until(34.001) },
    ],
    [
      'readings of the first 30 s say nothing',
      { readings: [reading(5), reading(20)], now: until(21) },
      { kind: 'wait', until: until(30) },
    ],
    [
      'a reading that is not whole says nothing',
      { readings: [reading(31, [], false), reading(33)], now: until(33) },
      { kind: 'unprovable', why: 'bookNotWhole' },
    ],
    [
      'a book that never showed a tag of ours proves nothing',
      { tagsShown: 'never', readings: [reading(121), reading(123)] },
      { kind: 'unprovable', why: 'bookHidesTags' },
    ],
    [
      'it is there',
      { readings: [reading(31), reading(33, [report({ number: 1 })])] },
      { kind: 'unprovable', why: 'seen' },
    ],
    ['an exit also asks for the position', { attempt: exit }, { kind: 'wait' }],
    ['an exit whose position agrees', { attempt: exit, position: 'agrees' }, { kind: 'proven' }],
    [
      'an exit whose position has shrunk',
      { attempt: exit, position: 'differs' },
      { kind: 'unprovable', why: 'positionDiffers' },
    ],
    [
      'an exit whose position nobody can read',
      { attempt: exit, position: 'unreadable' },
      { kind: 'unprovable', why: 'positionUnreadable' },
    ],
    [
      'an exit whose position is gone',
      { attempt: exit, position: 'gone' },
      { kind: 'unprovable', why: 'positionDiffers' },
    ],
    [
      'the first order of a day waits longer',
      { tagsShown: 'before', position: 'agrees' },
      { kind: 'wait', until: until(120) },
    ],
    [
      'then it also asks for the position',
      { tagsShown: 'before', readings: [reading(121), reading(123)] },
      { kind: 'wait' },
    ],
    [
      'and is proven absent when nothing is there',
      { tagsShown: 'before', position: 'agrees', readings: [reading(121), reading(123)] },
      { kind: 'proven' },
    ],
    [
      'not beside a row without a tag that could be it',
      {
        tagsShown: 'before',
        position: 'agrees',
        readings: [reading(121), reading(123, [report({ number: 5, tag: '' })])],
      },
      { kind: 'unprovable', why: 'looksAlike' },
    ],
    [
      'nor where more is held than by us',
      { tagsShown: 'before', position: 'differs', readings: [reading(121), reading(123)] },
      { kind: 'unprovable', why: 'positionDiffers' },
    ],
    [
      'the first exit of a day as well: it may rest in a book that shows nothing',
      { attempt: exit, tagsShown: 'before', position: 'agrees' },
      { kind: 'wait', until: until(120) },
    ],
    [
      'a refusal for the rate wants one reading after the send',
      { attempt: refused, readings: [] },
      { kind: 'wait' },
    ],
    [
      'and is then believed at once',
      { attempt: refused, readings: [reading(1)], now: until(1.5) },
      {
        kind: 'proven',
        event: { kind: 'answered', outcome: { kind: 'notSent', cause: 'rateLimited' } },
      },
    ],
    [
      'but not by a page that was asked for before it was heard: the order was on its way',
      { attempt: refused, readings: [reading(1)], doubtedSince: until(2), now: until(2.5) },
      { kind: 'wait' },
    ],
    [
      'unless that reading is not whole',
      { attempt: refused, readings: [reading(1, [], false), reading(3, [], false)] },
      { kind: 'unprovable', why: 'bookNotWhole' },
    ],
    [
      'or the order is there',
      { attempt: refused, readings: [reading(1, [report({ number: 1 })])] },
      { kind: 'unprovable', why: 'seen' },
    ],
  ]
  test.each(cases)('%s', (_, partial, expected) => {
    expect(judgeAbsence(question(partial))).toMatchObject(expected)
  })

  test('an order that exists is never called absent, whatever the readings', () => {
    const anyReading = fc.record({
      second: fc.nat(60),
      shows: fc.boolean(),
      isWhole: fc.boolean(),
    })
    const neverDenied = (judge: typeof judgeAbsence) =>
      fc.property(fc.array(anyReading, { minLength: 1, maxLength: 6 }), (sketches) => {
        const readings = [...sketches]
          .sort((a, b) => a.second - b.second)
          .map(({ second, shows, isWhole }) =>
            reading(second, shows ? [report({ number: 1 })] : [], isWhole),
          )
        const answer = judge(question({ readings, now: until(61) }))
        return !(answer.kind === 'proven' && sketches.some((sketch) => sketch.shows))
      })
    fc.assert(neverDenied(judgeAbsence))

    // Control: who looks only at the readings without it finds it absent.
    const blind: typeof judgeAbsence = (asked) =>
      judgeAbsence({
        ...asked,
        readings: asked.readings.filter(({ reports }) => reports.length === 0),
      })
    expect(fc.check(neverDenied(blind), { numRuns: 2000 }).failed).toBe(true)
  })

  const done: AttemptState = {
    kind: 'done',
    end: 'filled',
    text: '',
    orderId: orderId('92'),
    uniqueOrderId: null,
    filled: units(130),
    averagePrice: null,
  }
  const answered: AttemptState = {
    kind: 'working',
    orderId: orderId('92'),
    uniqueOrderId: null,
    filled: units(0),
    averagePrice: null,
  }
  test.each<[string, AttemptState, OrderReport[], boolean]>([
    ['what it has shown before', done, [report({ number: 2, filled: 130 })], true],
    ['it under its id, without the tag', done, [report({ number: 2, tag: '', id: '92' })], true],
    ['other rows, and not that one', done, [report({ number: 3 })], false],
    ['nothing at all', done, [], false],
    ['nothing, while only an answer has told of an order', answered, [], true],
    ['nothing, and nothing was there', unknown, [], true],
  ])('a page that shows %s', (_, state, reports, isWhole) => {
    expect(showsAllKnown([sent(1, unknown), sent(2, state)], reports)).toBe(isWhole)
  })

  test.each<[string, OrderReport[], boolean | null]>([
    ['no row of ours', [report({ number: 5, tag: 'mine' })], null],
    ['a row of ours with its tag', [report({ number: 1 }), report({ number: 5, tag: '' })], true],
    [
      'a row of ours without',
      [report({ number: 1 }), report({ number: 2, tag: '', id: '92' })],
      false,
    ],
  ])('tags of %s', (_, reports, expected) => {
    expect(showsTags([sent(1, unknown), sent(2, done)], reports)).toBe(expected)
  })

  test.each<[number, number | null, number, boolean]>([
    [65, 0, 65, true],
    [65, 0, 130, true],
    [65, 0, 0, false],
    [65, 0, -65, false],
    [65, 100, 165, true],
    // The follower has 100 of its own, and ours are gone.
    [65, 100, 100, false],
    // It is short by 100 itself.
    [65, -100, -35, true],
    [65, -100, -100, false],
    [65, null, 65, true],
    [65, null, 100, false],
    [65, null, 0, false],
    [-65, 0, -65, true],
    [-65, 0, 65, false],
    [-65, -100, -165, true],
    [-65, -100, -100, false],
    [0, null, 0, true],
    // An entry: whatever it would have bought is not there.
    [0, null, 65, false],
    [130, null, 130, true],
    [0, 100, 0, true],
  ])(
    'held %d beside %j, now shown %d: nothing was closed is %s',
    (held, beside, shown, expected) => {
      const others = beside === null ? null : units(beside)
      expect(showsAllHeld(units(held), others, units(shown))).toBe(expected)
    },
  )
})

describe('the row of an order', () => {
  const working: AttemptState = {
    kind: 'working',
    orderId: orderId('91'),
    uniqueOrderId: null,
    filled: units(0),
    averagePrice: null,
  }
  const rows = (...sketches: readonly ReportSketch[]) => sketches.map(report)

  test.each([
    ['by its tag', SENDING, rows({ number: 2 }, { number: 1, id: '77' }), '77'],
    [
      'by its tag, where the number is of another',
      working,
      rows({ number: 2, id: '91' }, { number: 1, id: '77' }),
      '77',
    ],
    [
      'by its number, where the book hides tags',
      working,
      rows({ number: 2, tag: '' }, { number: 1, tag: '' }),
      '91',
    ],
    ['an order of the trader has no tag of ours', working, rows({ number: 1, tag: 'mine' }), '91'],
    ['another one of ours is never it', working, rows({ number: 2, id: '91' }), undefined],
    ['nothing is known of it', SENDING, rows({ number: 1, tag: '' }), undefined],
  ] as const)('%s', (_, state, reports, expected) => {
    expect(rowOf(sent(1, state), reports)?.orderId).toBe(expected)
  })
})
