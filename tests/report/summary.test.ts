// What records add up to, in numbers and as the trader reads it.
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { SignalId } from '../../src/domain/ids.ts'
import { parsePrice, parseQuantity, units } from '../../src/domain/numbers.ts'
import { NOTHING } from '../../src/domain/ratio.ts'
import { MINUTE, SECOND } from '../../src/domain/time.ts'
import type { Instruments, RecordedAttempt } from '../../src/ports.ts'
import { type OwnFill, profitOf } from '../../src/report/profit.ts'
import { createSessionRecorder, type SessionRecorder } from '../../src/report/session-record.ts'
import { NotARecord, parseRecord, summarize } from '../../src/report/summary.ts'
import { reviewCsv, reviewText } from '../../src/report/summary-text.ts'
import { AT, entry, exit, LOT, laneOf, MASTER, skip } from '../ledger/scene.ts'
import { createDay, type Day, intentsIn, told } from './day.ts'

let recorders: SessionRecorder[]
let day: Day
beforeEach(() => {
  recorders = []
  day = createDay((event) => {
    for (const each of recorders) each.note(event, day.clock.now())
  })
})
afterEach(() => day.close())

const instruments = { byId: () => ({ tick: parsePrice('0.05') }) } as unknown as Instruments

function record(): SessionRecorder {
  const made = createSessionRecorder({
    path: join(day.folder, 'record.json'),
    session: `S${recorders.length + 1}`,
    mode: 'live',
    isDemo: () => false,
    startedAt: day.clock.now(),
    ledger: day.ledger,
    instruments: () => instruments,
    master: { name: MASTER, label: null },
    followers: [told(1, 'Papa'), told(2)],
    onTrouble: () => undefined,
  })
  recorders.push(made)
  return made
}

function enter(name: string): RecordedAttempt {
  day.signal(name, (signal) => [entry(laneOf(1), signal, LOT, [day.nextTag()]), skip(laneOf(2))])
  const intent = intentsIn(day.events).at(-1)
  if (!intent) throw new Error('an entry has an intent')
  return day.send(intent)
}

function leave(name: string): RecordedAttempt {
  const signal = day.signal(name, () => [exit(laneOf(1), units(130), units(0), NOTHING)], {
    effect: 'exit',
    side: 'SELL',
  })
  return day.send(day.closing(1, signal, 'SELL', 65))
}

const refused = {
  kind: 'answered',
  outcome: { kind: 'rejected', cause: 'funds', text: 'Insufficient funds', evidence: '' },
} as const

/** Bought at 101.45 and sold at 101.05, one entry refused in between. */
function trade(between: () => void = () => undefined): void {
  const bought = enter('a')
  day.pass(400)
  day.accept(bought)
  day.pass(200)
  day.fill(bought, 65, '101.45')
  between()
  day.hear(enter('b'), refused)
  const sold = leave('c')
  day.pass(1000)
  day.accept(sold)
  day.pass(SECOND)
  day.fill(sold, 65, '101.05')
}

describe('a review', () => {
  test('in numbers', () => {
    const recorder = record()
    trade()
    const [review] = summarize([recorder.record()])
    expect(review?.counts).toMatchObject({
      signals: 3,
      copied: 2,
      placed: 2,
      failed: 1,
      skipped: 2,
    })
    expect(review?.followers[0]).toEqual({
      name: 'FOLLOWER_1',
      label: 'Papa',
      counts: {
        signals: 3,
        copied: 2,
        placed: 2,
        failed: 1,
        skipped: 0,
        unknown: 0,
        owed: 0,
        successRate: 0.6667,
      },
      failures: [{ why: 'rejected', example: 'Insufficient funds', count: 1 }],
      skips: [],
      // 0.25 worse when bought, 0.15 worse when sold, of 65 each: 8 ticks over two fills.
      slippage: { fills: 2, ticks: '4.00', rupees: '26.00' },
      latency: {
        seen: { count: 3, p50Ms: 1400, p95Ms: 1400 },
        decided: { count: 3, p50Ms: 0, p95Ms: 0 },
        recorded: { count: 3, p50Ms: 0, p95Ms: 0 },
        sent: { count: 3, p50Ms: 0, p95Ms: 0 },
        answered: { count: 3, p50Ms: 400, p95Ms: 1000 },
        filled: { count: 2, p50Ms: 200, p95Ms: 1000 },
        inAll: { count: 2, p50Ms: 1400, p95Ms: 3400 },
      },
      profit: '-26.00',
      held: [],
      owed: [],
    })
    expect(review?.waterfalls.map(({ signal, stepsMs }) => [signal, stepsMs.inAll])).toEqual([
      [3, 3400],
      [1, 1400],
      [2, null],
    ])
    expect(review?.waterfalls[0]).toMatchObject({
      follower: 'FOLLOWER_1',
      side: 'SELL',
      quantity: '65',
      stepsMs: { seen: 1400, decided: 0, recorded: 0, sent: 0, answered: 1000, filled: 1000 },
    })
    expect(review?.followers[1]?.skips).toEqual([
      { why: 'lessThanOneLot', example: '130 × 0.3 = 39 < 65', count: 2 },
    ])
  })

  test('as text, within 100 columns', () => {
    const recorder = record()
    trade()
    const text = reviewText(summarize([recorder.record()]))
    expect(text.split('\n')).toEqual([
      'LIVE  2026-11-20  one session, from 10:30:45 not ended',
      '3 signals, 2 copied, success 66.7%',
      '',
      'follower             placed failed skipped unknown owed success   ticks    slippage          P&L',
      'FOLLOWER_1 Papa           2      1       0       0    0   66.7%    4.00       26.00       -26.00',
      'FOLLOWER_2                0      0       2       0    0       -       -        0.00         0.00',
      'slippage in rupees and ticks a unit, above 0 is worse than the master; P&L of own fills, no charges',
      '',
      'p50/p95                seen     decided    recorded        sent    answered      filled      in all',
      'FOLLOWER_1        1.4s/1.4s     0ms/0ms     0ms/0ms     0ms/0ms  400ms/1.0s  200ms/1.0s   1.4s/3.4s',
      'FOLLOWER_2                -           -           -           -           -           -           -',
      '',
      'the slowest orders (s until seen, d decided, r recorded, t sent, a answered, f filled)',
      '  #3 FOLLOWER_1 SELL 65 NIFTY24NOV26C25000    3.4s  ssssssssssssssssssssaaaaaaaaaaaaaaffffffffffffff',
      '  #1 FOLLOWER_1 BUY 65 NIFTY24NOV26C25000     1.4s  sssssssssssssssssssssssssssaaaaaaaaaaaaaafffffff',
      '',
      'FOLLOWER_1 Papa',
      '  failed      1  rejected: Insufficient funds',
      '',
      'FOLLOWER_2',
      '  skipped     2  lessThanOneLot: 130 × 0.3 = 39 < 65',
    ])
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100)
  })

  test('as rows, with every cell in its column and no formula among them', () => {
    const recorder = record()
    trade()
    const reviews = summarize([recorder.record()])
    const [review] = reviews
    if (!review) throw new Error('there is a review')
    const [papa, ...rest] = review.followers
    if (!papa) throw new Error('there is a follower')
    const tricky = { ...papa, label: '=HYPERLINK("x")' }
    const [header = '', first = ''] = reviewCsv([
      { ...review, followers: [tricky, ...rest] },
    ]).split('\r\n')
    expect(header.split(',')).toHaveLength(33)
    expect(first).toContain(
      ',FOLLOWER_1,"\'=HYPERLINK(""x"")",3,2,2,1,0,0,0,0.6667,4.00,26.00,-26.00,',
    )
    expect(first).toContain(',1 rejected (Insufficient funds),,')
  })

  test('of a day with a restart is the same as of one session', () => {
    const whole = record()
    const morning = record()
    let early = morning.record()
    trade(() => {
      early = morning.record()
      recorders = recorders.filter((each) => each !== morning)
      day.pass(MINUTE)
      record()
    })
    const later = recorders.at(-1)?.record()
    if (!later) throw new Error('there is a later record')
    const [one] = summarize([whole.record()])
    const [two] = summarize([later, early])
    expect(two?.followers).toEqual(one?.followers)
    expect(two?.counts).toEqual(one?.counts)
    // The control: the later record alone knows less.
    expect(summarize([later])[0]?.counts).not.toEqual(one?.counts)
  })

  test('counts what was flattened once, as no answer to any of the entries before it', () => {
    const unread = record()
    const own = record()
    const entries = ['a', 'b'].map((name) => {
      const bought = enter(name)
      day.pass(SECOND)
      day.accept(bought)
      day.fill(bought, 65, '101.45')
      return bought
    })
    const answered = summarize([own.record()])[0]?.followers[0]
    day.pass(15 * MINUTE)
    const evidence = 'the trader'
    day.ledger.adjust({ lane: laneOf(1), kind: 'flattened', change: units(0), evidence }, AT)
    const [, last] = day.events.flatMap((each) => (each.kind === 'signal' ? [each.signal] : []))
    if (last === undefined) throw new Error('two signals were told')
    const sold = day.send(day.closing(1, last, 'SELL', 130, 'flatten'))
    day.accept(sold)
    day.fill(sold, 130, '100.45')

    // The ledger tells it with each of them.
    const told = unread
      .record()
      .orders.map(({ signal }) => day.ledger.why(signal as SignalId, null))
    const closedBy = told.map(([why]) => why?.intents.map(({ intent }) => intent.id))
    expect(closedBy).toEqual(entries.map(({ intent }) => [intent.id, sold.intent.id]))
    const [review] = summarize([unread.record()])
    const one = review?.followers[0]
    expect(one?.counts).toMatchObject({ placed: 3, copied: 2 })
    expect(one?.profit).toBe('-130.00')
    expect(one?.slippage).toEqual(answered?.slippage)
    expect(one?.latency).toEqual(answered?.latency)
    expect(one?.latency.inAll?.count).toBe(2)
    expect(review?.waterfalls.map(({ side }) => side)).toEqual(['BUY', 'BUY'])
    const filled = unread.record().orders.map(({ decisions }) => decisions[0]?.filled)
    expect(filled).toEqual(['65', '65'])
  })

  test('never adds paper or a demo to live', () => {
    const recorder = record()
    trade()
    const live = recorder.record()
    const paper = { ...live, session: { ...live.session, mode: 'paper' as const } }
    const demo = { ...live, session: { ...live.session, isDemo: true } }
    const reviews = summarize([demo, paper, live])
    expect(reviews.map(({ mode, isDemo, counts }) => [mode, isDemo, counts.signals])).toEqual([
      ['live', false, 3],
      ['paper', false, 3],
      ['live', true, 3],
    ])
    expect(reviewText(reviews).match(/^(LIVE|DRY RUN|DEMO) /gm)).toEqual([
      'LIVE ',
      'DRY RUN ',
      'DEMO ',
    ])
  })

  test('puts what is owed at the top', () => {
    const recorder = record()
    const bought = enter('a')
    day.accept(bought)
    day.fill(bought, 65, '101.45')
    day.hear(leave('b'), refused)
    const lines = reviewText(summarize([recorder.record()])).split('\n')
    expect(lines.slice(2, 5)).toEqual([
      '',
      'OWED EXITS',
      '  FOLLOWER_1  65 NIFTY24NOV26C25000 INTRADAY',
    ])
  })
})

describe('reading a file', () => {
  test('gives back what was written', () => {
    const recorder = record()
    trade()
    const written = recorder.record()
    expect(parseRecord(JSON.stringify(written))).toEqual(written)
  })

  test.each([
    ['', 'it is not JSON'],
    ['{"a":1', 'it is not JSON'],
    ['null', 'it has no session'],
    ['{}', 'it has no session'],
    ['{"session":{"startedAt":"x","followers":[]}}', 'it has no orders'],
  ])('%j is no record', (text, why) => {
    expect(() => parseRecord(text)).toThrow(new NotARecord(why))
  })
})

describe('profit', () => {
  const fill = (side: 'BUY' | 'SELL', quantity: number, price: string, lane = 'a'): OwnFill => ({
    lane,
    side,
    quantity: units(quantity),
    price: parsePrice(price),
  })
  const rupees = (fills: readonly OwnFill[], carried: Record<string, string> = {}): string =>
    String(
      profitOf(
        fills,
        new Map(Object.entries(carried).map(([lane, held]) => [lane, parseQuantity(held)])),
      ) / 100_000_000n,
    )

  test.each<[string, readonly OwnFill[], Record<string, string>, string]>([
    ['nothing', [], {}, '0'],
    ['bought and sold', [fill('BUY', 10, '100'), fill('SELL', 10, '103')], {}, '30'],
    ['sold short and bought back', [fill('SELL', 10, '100'), fill('BUY', 10, '103')], {}, '-30'],
    ['still open at its own price', [fill('BUY', 10, '100')], {}, '0'],
    [
      'half of it sold, the rest at the last price',
      [fill('BUY', 10, '100'), fill('SELL', 5, '103')],
      {},
      '30',
    ],
    ['what was held before', [fill('SELL', 10, '103')], { a: '10' }, '0'],
    [
      'what was held before, and more',
      [fill('SELL', 15, '103'), fill('BUY', 5, '100')],
      { a: '10' },
      '15',
    ],
    ['two lanes are two', [fill('BUY', 10, '100'), fill('SELL', 10, '103', 'b')], {}, '0'],
  ])('of %s', (_, fills, carried, profit) => {
    expect(rupees(fills, carried)).toBe(profit)
  })

  const trips = fc.array(
    fc.record({
      quantity: fc.integer({ min: 1, max: 500 }),
      buy: fc.integer({ min: 1, max: 5000 }),
      sell: fc.integer({ min: 1, max: 5000 }),
    }),
    { maxLength: 10 },
  )
  type Trips = readonly { quantity: number; buy: number; sell: number }[]
  const fillsOf = (of: Trips) =>
    of.flatMap(({ quantity, buy, sell }) => [
      fill('BUY', quantity, String(buy)),
      fill('SELL', quantity, String(sell)),
    ])
  const wonIn = (of: Trips) =>
    String(of.reduce((total, { quantity, buy, sell }) => total + quantity * (sell - buy), 0))

  test('of closed round trips is what each of them won, in any order of them', () => {
    fc.assert(
      fc.property(trips, (of) => {
        expect(rupees(fillsOf(of))).toBe(wonIn(of))
        expect(rupees(fillsOf(of.toReversed()))).toBe(wonIn(of))
      }),
    )
  })

  test('(control) a fill told twice is found by it', () => {
    const once = [{ quantity: 10, buy: 100, sell: 103 }]
    const [first, ...rest] = fillsOf(once)
    if (!first) throw new Error('there is a fill')
    expect(rupees([first, first, ...rest])).not.toBe(wonIn(once))
  })
})
