// What every ledger must do, whatever it is kept in: a second one runs the same suite. No word of
// storage here; each case opens a fresh, empty, live ledger.
import { describe, expect, expectTypeOf, test } from 'vitest'
import type { KeepDecision } from '../../src/domain/decision.ts'
import {
  attemptId,
  type InstrumentId,
  instrumentId,
  intentId,
  orderId,
  signalId,
} from '../../src/domain/ids.ts'
import type { Intent, RecordedIntent } from '../../src/domain/intent.ts'
import { FLAT, type Mode } from '../../src/domain/lane.ts'
import {
  formatDecimal,
  ONE,
  parseMoney,
  parsePrice,
  type Quantity,
  units,
} from '../../src/domain/numbers.ts'
import type { AccountPulse, SeenPrice } from '../../src/domain/pulse.ts'
import { ratio, whole } from '../../src/domain/ratio.ts'
import type { MasterOrder, Signal } from '../../src/domain/signal.ts'
import { makeTag, type Tag } from '../../src/domain/tag.ts'
import { DAY as DAY_MS, type Instant, nextDay } from '../../src/domain/time.ts'
import type { Ledger, RecordedAttempt, RecordedPlan } from '../../src/ports.ts'
import {
  AT,
  accepted,
  CALL,
  DAY,
  entry,
  exit,
  follower,
  intentOf,
  LOT,
  laneOf,
  later,
  MASTER,
  ownReport,
  reportOf,
  seededChance,
  signalOf,
  skip,
  tagMaker,
} from './scene.ts'

export interface LedgerUnderTest {
  /** A new one with nothing in it. */
  open(mode: Mode): Ledger
  /** The same again, as after a restart. */
  reopen(ledger: Ledger): Ledger
}

interface Bench {
  readonly ledger: Ledger
  readonly tag: () => Tag
  /** Sees one master order and gives it back. */
  see(name: string, change?: Parameters<typeof reportOf>[1]): MasterOrder
  /** One follower buys 65 of the master's 130; gives its recorded attempt. */
  copy(
    name: string,
    number?: number,
  ): { plan: RecordedPlan; attempt: RecordedAttempt; signal: Signal }
}

export function exerciseLedger(name: string, makeLedger: () => LedgerUnderTest): void {
  const setUp = (mode: Mode = 'live'): Bench & LedgerUnderTest => {
    const maker = makeLedger()
    return { ...maker, ...benchOn(maker.open(mode)) }
  }

  describe(`${name}: the master's orders`, () => {
    test('come back as seen, with nothing signalled', () => {
      const { ledger } = setUp()
      const report = reportOf('1')
      const [order] = ledger.seeMasterOrders([report], AT)
      expect(order?.report).toEqual(report)
      expect(order?.signalled).toEqual({ baseline: 0n, entry: 0n, exit: 0n })
      expect(ledger.masterOrders(DAY)).toEqual([order])
      expect(ledger.masterOrders(nextDay(DAY))).toEqual([])
    })

    test('keep what a later, poorer source does not say', () => {
      const { ledger, see } = setUp()
      see('1', { tag: 'theirs' })
      const poorer = reportOf('1', {
        uniqueOrderId: null,
        tag: '',
        fillTime: null,
        source: 'stream',
      })
      const [order] = ledger.seeMasterOrders([poorer], AT)
      expect(order?.report).toEqual(reportOf('1', { tag: 'theirs' }))
    })

    test.each([
      ['less filled', { filled: units(65), status: 'open' as const }],
      ['open after complete', { status: 'open' as const }],
    ])('never go back: a stale reading with %s changes nothing', (_, stale) => {
      const { see } = setUp()
      const before = see('1')
      expect(see('1', stale)).toEqual(before)
    })

    test('tell which was known first: what one reading shows came at the same time', () => {
      const { ledger, see } = setUp()
      const [ended, resting] = ledger.seeMasterOrders(
        [reportOf('1'), reportOf('2', { filled: units(0), status: 'open', averagePrice: null })],
        AT,
      ) as [MasterOrder, MasterOrder]
      expect(ended.heard.last).toBe(resting.heard.first)
      const later = see('3')
      expect(later.heard.first).toBeGreaterThan(ended.heard.last)
      const filled = see('2')
      expect(filled.heard.first).toBe(resting.heard.first)
      expect(filled.heard.last).toBeGreaterThan(later.heard.last)
      expect(see('2').heard).toEqual(filled.heard)
    })

    test('had by two names, nobody knows since when', () => {
      const { ledger, see } = setUp()
      see('1', { uniqueOrderId: null, source: 'stream' })
      const booked = see('1', { orderId: orderId('O-1b') })
      expect(booked.heard.first).toBeGreaterThan(0n)
      expect(see('1').heard.first).toBe(0n)
      expect(ledger.masterOrders(DAY)).toHaveLength(1)
    })

    test('told by the stream first are the same order when the book names them', () => {
      const { ledger, see } = setUp()
      const streamed = see('1', { uniqueOrderId: null, source: 'stream' })
      record(ledger, streamed)
      const booked = see('1')
      expect(booked.key).toBe(streamed.key)
      expect(booked.signalled.entry).toBe(units(130))
      expect(ledger.masterOrderKeyOf(MASTER, orderId('O-1'), DAY)).toBe(streamed.key)
    })

    test('keep their name when a modification changes the order id', () => {
      const { ledger, see } = setUp()
      const first = see('1', { filled: units(0), status: 'open', averagePrice: null })
      const modified = see('1', { orderId: orderId('O-1b') })
      expect(modified.key).toBe(first.key)
      expect(ledger.masterOrders(DAY)).toHaveLength(1)
      expect(ledger.masterOrderKeyOf(MASTER, orderId('O-1b'), DAY)).toBe(first.key)
    })

    test('that turn out to be one count what either had signalled', () => {
      const { ledger, see } = setUp()
      const booked = see('1', { filled: units(65), status: 'open' })
      record(ledger, booked)
      // The stream tells of it under an order id that only the modified order has.
      const streamed = see('1', { orderId: orderId('O-1b'), uniqueOrderId: null })
      expect(streamed.key).not.toBe(booked.key)
      record(ledger, streamed)
      const joined = see('1', { orderId: orderId('O-1b') })
      expect(joined.key).toBe(booked.key)
      expect(joined.report.filled).toBe(units(130))
      // More than was filled: nothing of it may ever be signalled again.
      expect(joined.signalled.entry).toBe(units(195))
      expect(ledger.masterOrders(DAY)).toEqual([joined])
      expect(ledger.masterOrderKeyOf(MASTER, orderId('O-1b'), DAY)).toBe(booked.key)
      expect(ledger.verify()).toEqual([])
    })

    test('of two days with the same ids are two orders', () => {
      const { ledger, see } = setUp()
      see('1')
      see('1', { day: nextDay(DAY) })
      expect(ledger.masterOrders(DAY)).toHaveLength(1)
      expect(ledger.masterOrders(nextDay(DAY))).toHaveLength(1)
    })

    test('of earlier days come back as long as something of them is not told', () => {
      const { ledger, see } = setUp()
      const tomorrow = nextDay(DAY)
      see('0', { filled: units(0), status: 'cancelled', averagePrice: null })
      const open = see('1', { filled: units(65), status: 'open' })
      const sold = see('2', { side: 'SELL' })
      see('3', { day: tomorrow })
      expect(ledger.masterOrdersUntold(DAY)).toEqual([])
      expect(ledger.masterOrdersUntold(tomorrow)).toEqual([open, sold])
      record(ledger, open)
      expect(ledger.masterOrdersUntold(tomorrow)).toEqual([sold])
      record(ledger, sold)
      expect(ledger.masterOrdersUntold(tomorrow)).toEqual([])
      expect(ledger.masterOrdersUntold(nextDay(tomorrow))).toHaveLength(1)
    })

    test('of earlier days do not come back where a later day of their position is told', () => {
      const { ledger, see } = setUp()
      const tomorrow = nextDay(DAY)
      see('1')
      const other = see('2', { product: 'CARRYFORWARD' })
      record(ledger, see('3', { day: tomorrow }))
      expect(ledger.masterOrdersUntold(tomorrow)).toEqual([other])
    })

    test('of earlier days that were filled at the baseline, or are another by now, do not come back', () => {
      const { ledger, see } = setUp()
      ledger.setBaseline(MASTER, [reportOf('1')], AT)
      const booked = see('2', { filled: units(65), status: 'open' })
      record(ledger, booked)
      record(ledger, see('2', { orderId: orderId('O-2b'), uniqueOrderId: null }))
      see('2', { orderId: orderId('O-2b') })
      expect(ledger.masterOrdersUntold(nextDay(DAY))).toEqual([])
    })

    test('have a baseline once, which is what was filled then', () => {
      const { ledger, see } = setUp()
      expect(ledger.hasBaseline(MASTER)).toBe(false)
      const open = { filled: units(65), status: 'open' as const }
      ledger.setBaseline(MASTER, [reportOf('1', open), reportOf('2')], AT)
      expect(ledger.hasBaseline(MASTER)).toBe(true)
      expect(see('1').signalled).toEqual({ baseline: units(65), entry: 0n, exit: 0n })
      expect(() => ledger.setBaseline(MASTER, [], AT)).toThrow('baseline already')
    })

    test('may have an empty baseline', () => {
      const { ledger } = setUp()
      ledger.setBaseline(MASTER, [], AT)
      expect(ledger.hasBaseline(MASTER)).toBe(true)
    })
  })

  describe(`${name}: record`, () => {
    test('keeps a signal with every decision, intent and tag, over a restart', () => {
      const bench = setUp()
      const signal = signalOf(bench.see('1'))
      const decisions = [
        entry(laneOf(1), signal, units(65), [bench.tag(), bench.tag()]),
        skip(laneOf(2)),
        exit(laneOf(3), units(130), units(0), ratio(1n, 3n)),
      ]
      const [recorded] = bench.ledger.record([{ signal, decisions }], AT)
      expect(recorded?.signal).toEqual({ ...signal, id: signalId(1) })
      expect(recorded?.decisions).toMatchObject(decisions)
      expect(recorded?.intents.map(({ id }) => id)).toEqual([intentId(1), intentId(2)])
      const ledger = bench.reopen(bench.ledger)
      const [again] = ledger.record([{ signal, decisions }], later(1000))
      expect(again).toEqual(recorded)
      expect(ledger.signal(signalId(1))).toEqual(recorded?.signal)
      expect(ledger.signal(signalId(2))).toBeNull()
      expect(ledger.signals(DAY)).toEqual([recorded?.signal])
      expect(ledger.signals(nextDay(DAY))).toEqual([])
      ledger.close()
    })

    test('moves what is signalled of the order, and refuses more than was filled', () => {
      const { ledger, see } = setUp()
      const order = see('1', { filled: units(65), status: 'open' })
      record(ledger, order)
      expect(see('1').signalled.entry).toBe(units(65))
      const tooMuch = signalOf(see('1'), { quantity: units(66) })
      expect(() => ledger.record([{ signal: tooMuch, decisions: [] }], AT)).toThrow()
      expect(see('1').signalled.entry).toBe(units(65))
    })

    test('refuses a signal planned from what has moved since', () => {
      const { ledger, see } = setUp()
      const order = see('1')
      const half = signalOf(order, { quantity: units(65) })
      ledger.record([{ signal: half, decisions: [] }], AT)
      const stale = signalOf(order, { quantity: units(130) })
      expect(() => ledger.record([{ signal: stale, decisions: [] }], AT)).toThrow('another content')
    })

    test('is all or nothing over all its plans', () => {
      const { ledger, see, tag } = setUp()
      const good = signalOf(see('1'))
      const bad = signalOf(see('2'), { quantity: units(131) })
      const decisions = [entry(laneOf(1), good, units(65), [tag()])]
      expect(() =>
        ledger.record(
          [
            { signal: good, decisions },
            { signal: bad, decisions: [] },
          ],
          AT,
        ),
      ).toThrow()
      expect(ledger.unsentIntents(null)).toEqual([])
      expect(ledger.lanePosition(laneOf(1))).toEqual({ ...FLAT, lot: null })
      expect(see('1').signalled.entry).toBe(0n)
    })

    test('never changes a decision: the second call gets the first answer', () => {
      const { ledger, see, tag } = setUp()
      const signal = signalOf(see('1'))
      const first = entry(laneOf(1), signal, units(65), [tag()])
      ledger.record([{ signal, decisions: [first] }], AT)
      const [again] = ledger.record([{ signal, decisions: [skip(laneOf(1))] }], AT)
      expect(again?.decisions).toMatchObject([first])
    })

    test('keeps a question open until its decision comes', () => {
      const bench = setUp()
      const signal = signalOf(bench.see('1'))
      const asked = [follower(1), follower(2)]
      bench.ledger.record([{ signal, decisions: [skip(laneOf(3))], asked }], AT)
      const ledger = bench.reopen(bench.ledger)
      const whole = { left: signal.quantity, masterAfter: signal.masterAfter }
      expect(ledger.undecided()).toEqual([
        {
          signal: { ...signal, id: signalId(1) },
          followers: asked,
          now: new Map(asked.map((each) => [each, whole])),
        },
      ])
      ledger.record([{ signal, decisions: [skip(laneOf(1))] }], AT)
      expect(ledger.undecided()[0]?.followers).toEqual([follower(2)])
      ledger.record([{ signal, decisions: [skip(laneOf(2))], asked }], AT)
      expect(ledger.undecided()).toEqual([])
      ledger.close()
    })

    test('tells what is left of what asks, of each follower by what it did itself', () => {
      const bench = setUp()
      const { see, tag } = bench
      const ask = (name: string, master: number, numbers: readonly number[]) =>
        bench.ledger.record(
          [
            {
              signal: signalOf(see(name), { masterAfter: units(master) }),
              decisions: [],
              asked: numbers.map(follower),
            },
          ],
          AT,
        )
      const first = signalOf(see('1'), { masterAfter: units(130) })
      const copied = entry(laneOf(1), first, units(130), [tag()])
      bench.ledger.record([{ signal: first, decisions: [copied], asked: [follower(2)] }], AT)
      ask('2', 260, [1, 2])
      ask('3', 390, [2])
      const sale = signalOf(see('4', { side: 'SELL' }), { effect: 'exit', masterAfter: units(260) })
      const all = exit(laneOf(1), units(130), units(0), ratio(0n, 1n))
      bench.ledger.record([{ signal: sale, decisions: [all, skip(laneOf(2))] }], AT)
      const left = (ledger: Ledger) =>
        ledger
          .undecided()
          .map(({ now }) => [...now].map(([name, each]) => `${name} ${formatDecimal(each.left)}`))
      const all3 = [['FOLLOWER_2 130'], ['FOLLOWER_1 130', 'FOLLOWER_2 130'], ['FOLLOWER_2 0']]
      expect(left(bench.ledger)).toEqual(all3)
      const ledger = bench.reopen(bench.ledger)
      expect(left(ledger)).toEqual(all3)
      // What the newest took before it had its answer stays taken.
      const [, , third] = ledger.undecided()
      if (third) ledger.record([{ signal: third.signal, decisions: [skip(laneOf(2))] }], AT)
      expect(left(ledger)).toEqual(all3.slice(0, 2))
      ledger.close()
    })

    test('can record the first attempts in the same breath, once', () => {
      const { ledger, see, tag } = setUp()
      const signal = signalOf(see('1'))
      const [now, later] = [tag(), tag()]
      const decisions = [entry(laneOf(1), signal, units(65), [now, later])]
      const plan = { signal, decisions, sendNow: [now] }
      const [recorded] = ledger.record([plan], AT)
      expect(recorded?.attempts.map((attempt) => attempt.tag)).toEqual([now])
      expect(ledger.unsentIntents(null).map((intent) => intent.tag)).toEqual([later])
      expect(ledger.record([plan], AT)[0]?.attempts).toEqual([])
    })

    test('refuses a tag of another engine and a tag that is taken', () => {
      const { ledger, see, tag } = setUp()
      const signal = signalOf(see('1'))
      const foreign = makeTag('ZZZZZ' as Ledger['engine'], seededChance(9).bytes(11))
      const plan = (used: Tag, number: number) => ({
        signal,
        decisions: [entry(laneOf(number), signal, units(65), [used])],
      })
      expect(() => ledger.record([plan(foreign, 1)], AT)).toThrow('another engine')
      const taken = tag()
      ledger.record([plan(taken, 1)], AT)
      expect(() => ledger.record([plan(taken, 2)], AT)).toThrow()
      expect(ledger.lanePosition(laneOf(2))).toEqual({ ...FLAT, lot: null })
    })

    test('refuses a signal of an order that was never seen', () => {
      const { ledger, see } = setUp()
      const order = see('1')
      const signal = { ...signalOf(order), order: `${order.key}x` as MasterOrder['key'] }
      expect(() => ledger.record([{ signal, decisions: [] }], AT)).toThrow('never seen')
    })

    test('refuses numbers that it cannot hold', () => {
      const { ledger, see } = setUp()
      const signal = signalOf(see('1'))
      const huge = { ...signal, masterAfter: (2n ** 63n) as Quantity }
      expect(() => ledger.record([{ signal: huge, decisions: [] }], AT)).toThrow(
        'beyond what the ledger',
      )
    })

    test('of an exit cuts what live entries may still entitle to', () => {
      const { ledger, see, copy } = setUp()
      const { plan } = copy('1')
      const [intent] = plan.intents
      const sell = signalOf(see('2', { side: 'SELL' }), { effect: 'exit' })
      const allowances = [{ intent: intent?.id ?? intentId(9), upTo: units(0) }]
      const decisions = [exit(laneOf(1), units(130), units(0), whole(0n), allowances)]
      const [recorded] = ledger.record([{ signal: sell, decisions }], AT)
      expect(recorded?.decisions).toEqual(decisions)
      expect(ledger.liveEntries(laneOf(1))).toEqual([
        { intent: intent?.id, filled: 0n, allowance: 0n },
      ])
      expect([ledger.isIdle(laneOf(1)), ledger.isIdle(laneOf(2))]).toEqual([false, true])
    })
  })

  describe(`${name}: attempts`, () => {
    test('of unrecorded intents do not compile', () => {
      expectTypeOf<Intent>().not.toExtend<RecordedIntent>()
      expectTypeOf<
        Parameters<Ledger['recordAttempts']>[0][number]['intent']
      >().toEqualTypeOf<RecordedIntent>()
      const { ledger, see, tag } = setUp()
      const planned = intentOf(laneOf(1), 'entry', signalOf(see('1')), 'BUY', units(65), tag())
      // @ts-expect-error what was only planned is not recorded
      const unrecorded: RecordedIntent = planned
      const send = { intent: unrecorded, tag: planned.tag, quantity: LOT, others: null }
      expect(() => ledger.recordAttempts([send], AT)).toThrow()
    })

    test('start as sending and are found by their tag, over a restart', () => {
      const bench = setUp()
      const { attempt } = bench.copy('1')
      const ledger = bench.reopen(bench.ledger)
      const open = { attempt, state: { kind: 'sending' }, number: 1 }
      expect(ledger.openAttempts(null)).toEqual([open])
      expect(ledger.openAttempts(follower(2))).toEqual([])
      expect(ledger.attemptByTag(attempt.tag)).toEqual(open)
      expect(ledger.attemptByTag(bench.tag())).toBeNull()
      ledger.close()
    })

    test('that close keep what stood beside what was held, over a restart', () => {
      const bench = setUp()
      const { attempt, signal } = bench.copy('1')
      fill(bench.ledger, attempt, 65)
      const order = intentOf(laneOf(1), 'exit', signal, 'SELL', units(65), bench.tag())
      const [intent] = bench.ledger.recordClosing([order], AT) as [RecordedIntent]
      const send = { intent, tag: intent.tag, quantity: LOT, others: units(-100) }
      const [sent] = bench.ledger.recordAttempts([send], AT)
      expect(sent?.others).toBe(units(-100))
      const ledger = bench.reopen(bench.ledger)
      expect(ledger.attemptByTag(intent.tag)?.attempt.others).toBe(units(-100))
      expect(ledger.attemptByTag(attempt.tag)?.attempt.others).toBeNull()
      ledger.close()
    })

    test('bear the tag of their intent first', () => {
      const { ledger, see, tag } = setUp()
      const signal = signalOf(see('1'))
      const decisions = [entry(laneOf(1), signal, units(65), [tag()])]
      const intent = ledger.record([{ signal, decisions }], AT)[0]?.intents[0] as RecordedIntent
      expect(() =>
        ledger.recordAttempts([{ intent, tag: tag(), quantity: LOT, others: null }], AT),
      ).toThrow('bears its tag')
    })

    test('end with their day, known or not', () => {
      const { ledger, copy } = setUp()
      const over = { kind: 'dayEnded', evidence: 'the day is over' } as const
      const resting = copy('1').attempt
      fill(ledger, resting, 30)
      const lost = copy('2').attempt
      expect(ledger.recordEvent(resting.id, over, AT).state).toMatchObject({
        kind: 'done',
        end: 'partlyFilled',
      })
      expect(ledger.recordEvent(lost.id, over, AT).state).toEqual({
        kind: 'lapsed',
        evidence: over.evidence,
      })
      expect(ledger.openAttempts(null)).toEqual([])
      expect(ledger.unsentIntents(null)).toEqual([])
      expect(ledger.verify()).toEqual([])
    })

    test('are refused while an earlier one may be at the broker', () => {
      const { ledger, copy, tag } = setUp()
      const { attempt } = copy('1')
      const again = () =>
        ledger.recordAttempts(
          [{ intent: attempt.intent, tag: tag(), quantity: LOT, others: null }],
          AT,
        )
      expect(again).toThrow('is sent')
      const lost = { kind: 'unknown', likely: null, evidence: 'no answer in 7 s' } as const
      ledger.recordEvent(attempt.id, { kind: 'answered', outcome: lost }, AT)
      expect(again).toThrow('is sent')
      ledger.recordEvent(attempt.id, { kind: 'absenceProven', evidence: 'two readings' }, AT)
      expect(ledger.unsentIntents(null)).toHaveLength(1)
      const [second] = again()
      expect(ledger.attemptByTag(second?.tag as Tag)?.number).toBe(2)
      // The first turns up after all: nothing further may be sent.
      const turnedUp = ledger.recordEvent(
        attempt.id,
        { kind: 'reported', report: ownReport(attempt.tag) },
        AT,
      )
      expect(turnedUp.verdict).toBe('turnedUp')
      expect(again).toThrow('is sent')
    })

    test('may ask for less than the intent, never for more or nothing', () => {
      const { ledger, see, tag } = setUp()
      const signal = signalOf(see('1'))
      const decisions = [entry(laneOf(1), signal, units(130), [tag()])]
      const intent = ledger.record([{ signal, decisions }], AT)[0]?.intents[0] as RecordedIntent
      const send = (quantity: Quantity) =>
        ledger.recordAttempts([{ intent, tag: intent.tag, quantity, others: null }], AT)
      expect(() => send(units(131))).toThrow('no part')
      expect(() => send(units(0))).toThrow('no part')
      expect(send(LOT)[0]?.quantity).toBe(LOT)
    })

    test('of a day are all there, settled ones too', () => {
      const { ledger, copy } = setUp()
      const { attempt } = copy('1')
      fill(ledger, attempt, 65)
      const settled = ledger.attemptByTag(attempt.tag)
      expect(ledger.attemptsOfDay(follower(1), DAY)).toEqual([settled])
      expect(ledger.attemptsOfDay(follower(2), DAY)).toEqual([])
      expect(ledger.attemptsOfDay(follower(1), nextDay(DAY))).toEqual([])
    })

    test('with the tag of another intent are refused', () => {
      const { ledger, copy } = setUp()
      const { attempt } = copy('1')
      const other = copy('2')
      ledger.recordEvent(attempt.id, { kind: 'absenceProven', evidence: 'two readings' }, AT)
      const borrowed = [
        { intent: attempt.intent, tag: other.attempt.tag, quantity: LOT, others: null },
      ]
      expect(() => ledger.recordAttempts(borrowed, AT)).toThrow('tag of intent')
    })

    test('move by events, keep their history, and write nothing for no news', () => {
      const { ledger, copy } = setUp()
      const { attempt, plan } = copy('1')
      const at = later(412)
      expect(ledger.recordEvent(attempt.id, accepted(attempt.tag), at).verdict).toBe('changed')
      expect(ledger.recordEvent(attempt.id, accepted(attempt.tag), at).verdict).toBe('same')
      const report = ownReport(attempt.tag)
      expect(ledger.recordEvent(attempt.id, { kind: 'reported', report }, at).state).toMatchObject({
        kind: 'done',
        end: 'filled',
        filled: units(65),
      })
      expect(ledger.openAttempts(null)).toEqual([])
      const [why] = ledger.why(plan.signal.id, null)
      expect(why?.intents[0]?.attempts[0]?.history).toEqual([
        { at, event: accepted(attempt.tag) },
        { at, event: { kind: 'reported', report } },
      ])
    })

    test.each([
      ['rejected', { kind: 'rejected', cause: 'funds', text: 'no margin', evidence: 'AB1013' }],
      ['notSent', { kind: 'notSent', cause: 'neverConnected', evidence: 'ECONNREFUSED' }],
      ['unknown', { kind: 'unknown', likely: 'rateLimited', evidence: '403' }],
    ] as const)('come back as they were left: %s', (kind, outcome) => {
      const bench = setUp()
      const { attempt } = bench.copy('1')
      const { state } = bench.ledger.recordEvent(attempt.id, { kind: 'answered', outcome }, AT)
      const ledger = bench.reopen(bench.ledger)
      expect(state.kind).toBe(kind)
      expect(ledger.attemptByTag(attempt.tag)?.state).toEqual(state)
      ledger.close()
    })

    test('that were never made leave the intent unsent, until it is denied', () => {
      const { ledger, see, tag } = setUp()
      const signal = signalOf(see('1'))
      const decisions = [entry(laneOf(1), signal, units(65), [tag()])]
      const [plan] = ledger.record([{ signal, decisions }], AT)
      const intent = plan?.intents[0] as RecordedIntent
      expect(ledger.unsentIntents(follower(1))).toEqual([intent])
      expect(ledger.unsentIntents(follower(2))).toEqual([])
      const reason = { kind: 'tooOld', ageMs: 61_000, maxAgeMs: 60_000 } as const
      ledger.recordDenial(intent.id, reason, AT)
      expect(ledger.unsentIntents(null)).toEqual([])
      expect(ledger.liveEntries(laneOf(1))).toEqual([])
      expect(ledger.isIdle(laneOf(1))).toBe(true)
      expect(() =>
        ledger.recordAttempts([{ intent, tag: intent.tag, quantity: LOT, others: null }], AT),
      ).toThrow('finished')
      expect(ledger.why(signalId(1), follower(1))[0]?.intents[0]?.denied).toEqual(reason)
      expect(storiesOf(ledger)).toEqual(storiesOneByOne(ledger))
    })

    test('cannot be denied any more', () => {
      const { ledger, copy } = setUp()
      const { attempt } = copy('1')
      expect(() => ledger.recordDenial(attempt.intent.id, { kind: 'paused' }, AT)).toThrow(
        'too late',
      )
    })

    test('count, with modifies and cancels, as writes of their account', () => {
      const { ledger, copy } = setUp()
      const { attempt } = copy('1')
      ledger.recordWrite(follower(1), 'modify', attempt.id, later(5000))
      ledger.recordWrite(follower(1), 'cancel', attempt.id, later(9000))
      expect(ledger.writes(follower(1), AT)).toEqual([AT, later(5000), later(9000)])
      expect(ledger.writes(follower(1), later(5000))).toHaveLength(2)
      expect(ledger.writes(follower(2), AT)).toEqual([])
    })

    test('that do not exist are a bug', () => {
      const { ledger } = setUp()
      const proven = { kind: 'absenceProven', evidence: '' } as const
      expect(() => ledger.recordEvent(attemptId(7), proven, AT)).toThrow('no attempt 7')
    })
  })

  describe(`${name}: lanes`, () => {
    test('hold and are entitled to what entries fill', () => {
      const { ledger, copy } = setUp()
      fill(ledger, copy('1').attempt, 65)
      expect(ledger.lanePosition(laneOf(1))).toEqual({
        copied: units(130),
        held: units(65),
        entitlement: whole(units(65)),
        lot: LOT,
      })
      expect(ledger.lanes()).toEqual([{ ...laneOf(1), ...ledger.lanePosition(laneOf(1)) }])
      expect(ledger.owed()).toEqual([])
      expect(ledger.drift()).toEqual([])
    })

    test('hold what is filled beyond the allowance, without being entitled to it', () => {
      const { ledger, see, copy } = setUp()
      const { attempt, plan } = copy('1')
      const allowances = [{ intent: plan.intents[0]?.id ?? intentId(9), upTo: units(0) }]
      leave(ledger, see('2', { side: 'SELL' }), allowances)
      fill(ledger, attempt, 65)
      expect(ledger.lanePosition(laneOf(1))).toEqual({
        copied: 0n,
        held: units(65),
        entitlement: whole(0n),
        lot: LOT,
      })
      expect(ledger.owed()).toEqual([
        { number: 1, lane: laneOf(1), held: units(65), wanted: 0n, owed: units(65) },
      ])
    })

    test('owe nothing that a closing order at the broker may still fill', () => {
      const { ledger, see, copy, tag } = setUp()
      fill(ledger, copy('1').attempt, 65)
      const sell = leave(ledger, see('2', { side: 'SELL' }))
      const order = intentOf(laneOf(1), 'exit', sell, 'SELL', units(65), tag())
      const [closing] = ledger.recordClosing([order], AT)
      expect(ledger.recordClosing([order], AT)).toEqual([closing])
      expect(ledger.liveClosings(laneOf(1))).toEqual([{ intent: closing, attempts: [] }])
      expect(ledger.owed()[0]?.owed).toBe(units(65))
      const [attempt] = ledger.recordAttempts(
        [{ intent: closing as RecordedIntent, tag: order.tag, quantity: LOT, others: null }],
        AT,
      )
      expect(ledger.owed()).toEqual([])
      const no = { kind: 'rejected', cause: 'risk', text: 'blocked', evidence: 'AB4008' } as const
      ledger.recordEvent((attempt as RecordedAttempt).id, { kind: 'answered', outcome: no }, AT)
      expect(ledger.owed()[0]?.owed).toBe(units(65))
      expect(ledger.why(signalId(2), follower(1))[0]?.intents[0]?.intent).toEqual(closing)
      expect(storiesOf(ledger)).toEqual(storiesOneByOne(ledger))
    })

    test.each([
      ['reducedElsewhere', -65, 0, 65],
      ['dismissed', -65, 0, 65],
      ['adopted', 65, 130, 130],
      ['expired', -65, 0, 0],
      ['flattened', 0, 65, 0],
    ] as const)('are adjusted: %s', (kind, change, held, entitlement) => {
      const { ledger, copy } = setUp()
      fill(ledger, copy('1').attempt, 65)
      ledger.adjust({ lane: laneOf(1), kind, change: units(change), evidence: 'seen twice' }, AT)
      const position = ledger.lanePosition(laneOf(1))
      expect(position.held).toBe(units(held))
      expect(position.entitlement).toEqual(whole(units(entitlement)))
      expect(ledger.verify()).toEqual([])
    })

    test('that are flattened between a refusal and our own no come out the same when made again', () => {
      const { ledger, copy } = setUp()
      const { attempt } = copy('1')
      const outcome = { kind: 'notSent', cause: 'rateLimited', evidence: '' } as const
      ledger.recordEvent(attempt.id, { kind: 'answered', outcome }, AT)
      const flat = { lane: laneOf(1), kind: 'flattened', change: units(0), evidence: '' } as const
      ledger.adjust(flat, later(1))
      ledger.recordDenial(attempt.intent.id, { kind: 'masterFlat' }, later(2))
      expect(ledger.verify()).toEqual([])
    })

    test('that are flattened let no entry fill further, and a fill that comes is owed', () => {
      const { ledger, copy } = setUp()
      const { attempt } = copy('1')
      fill(ledger, attempt, 30)
      const flat = { lane: laneOf(1), kind: 'flattened', change: units(0), evidence: '' } as const
      ledger.adjust(flat, AT)
      expect(ledger.liveEntries(laneOf(1))[0]?.allowance).toBe(units(30))
      fill(ledger, attempt, 65)
      expect(ledger.owed()[0]?.owed).toBe(units(65))
      expect(ledger.verify()).toEqual([])
    })

    test('tell what came late of what they hold too much, until it is closed', () => {
      const { ledger, copy, see, tag } = setUp()
      const { attempt, signal: entered } = copy('1')
      fill(ledger, attempt, 30)
      expect(ledger.closingCauses(laneOf(1), AT)).toMatchObject({ last: entered.key, exit: null })
      const signal = signalOf(see('2', { side: 'SELL' }), { effect: 'exit' })
      const allowances = [{ intent: attempt.intent.id, upTo: units(30) }]
      const decisions = [exit(laneOf(1), units(130), units(0), whole(0n), allowances)]
      ledger.record([{ signal, decisions }], AT)
      const left = { last: signal.key, exit: signal.key, isFlattened: false, late: units(0) }
      expect(ledger.closingCauses(laneOf(1), AT)).toMatchObject(left)
      fill(ledger, attempt, 65)
      expect(ledger.closingCauses(laneOf(1), AT)).toMatchObject({ ...left, late: units(35) })
      const order = intentOf(laneOf(1), 'lateFill', signal, 'SELL', units(35), tag())
      const [intent] = ledger.recordClosing([order], AT) as [RecordedIntent]
      const send = { intent, tag: intent.tag, quantity: units(35), others: units(0) }
      const [sent] = ledger.recordAttempts([send], AT) as [RecordedAttempt]
      expect(ledger.closingCauses(laneOf(1), AT)).toMatchObject(left)
      ledger.recordEvent(sent.id, { kind: 'absenceProven', evidence: '' }, AT)
      expect(ledger.closingCauses(laneOf(1), AT)).toMatchObject({ ...left, late: units(35) })
    })

    test('tell what an order that turned up has filled too much', () => {
      const { ledger, copy, tag } = setUp()
      const { attempt, signal } = copy('1')
      ledger.recordEvent(attempt.id, { kind: 'absenceProven', evidence: '' }, AT)
      const send = { intent: attempt.intent, tag: tag(), quantity: LOT, others: null }
      const [second] = ledger.recordAttempts([send], AT) as [RecordedAttempt]
      fill(ledger, second, 65)
      expect(ledger.closingCauses(laneOf(1), AT).overshoot).toBe(0n)
      fill(ledger, attempt, 65)
      expect(ledger.closingCauses(laneOf(1), AT)).toMatchObject({
        overshoot: units(65),
        overshot: signal.key,
      })
    })

    test('that were flattened say so until the next signal, and why tells it of each entry', () => {
      const { ledger, copy, tag } = setUp()
      const first = copy('1')
      fill(ledger, first.attempt, 65)
      const second = copy('2')
      const flat = { lane: laneOf(1), kind: 'flattened', change: units(0), evidence: '' } as const
      ledger.adjust(flat, AT)
      expect(ledger.closingCauses(laneOf(1), AT)).toMatchObject({ isFlattened: true })
      const order = intentOf(laneOf(1), 'flatten', second.signal, 'SELL', units(65), tag())
      const [closing] = ledger.recordClosing([order], AT) as [RecordedIntent]
      const third = copy('3')
      expect(ledger.closingCauses(laneOf(1), AT)).toMatchObject({ isFlattened: false })
      const closedBy = ({ plan }: { plan: RecordedPlan }) =>
        ledger
          .why(plan.signal.id, follower(1))
          .flatMap(({ intents }) => intents.map(({ intent }) => intent.id))
          .filter((id) => id === closing.id)
      expect([first, second, third].map(closedBy)).toEqual([[closing.id], [closing.id], []])
      expect(storiesOf(ledger)).toEqual(storiesOneByOne(ledger))
    })

    test.each([
      ['closed by an exit before are not told of a flatten', 65, [false, true]],
      ['owed an exit that did not fill are told of the flatten that closed them', 0, [true, true]],
    ])('%s', (_, filled, expected) => {
      const { ledger, copy, see, tag } = setUp()
      const left = copy('1')
      fill(ledger, left.attempt, 65)
      const sell = leave(ledger, see('2', { side: 'SELL' }))
      const exiting = intentOf(laneOf(1), 'exit', sell, 'SELL', units(65), tag())
      const [intent] = ledger.recordClosing([exiting], AT) as [RecordedIntent]
      const send = { intent, tag: exiting.tag, quantity: units(65), others: null }
      const [attempt] = ledger.recordAttempts([send], AT) as [RecordedAttempt]
      fill(ledger, attempt, filled)
      const standing = copy('3')
      fill(ledger, standing.attempt, 65)
      const flat = { lane: laneOf(1), kind: 'flattened', change: units(0), evidence: '' } as const
      ledger.adjust(flat, AT)
      const { signal } = standing.plan
      const order = intentOf(laneOf(1), 'flatten', signal, 'SELL', units(65), tag())
      const [closing] = ledger.recordClosing([order], AT) as [RecordedIntent]
      const isTold = ({ plan }: { plan: RecordedPlan }) =>
        ledger
          .why(plan.signal.id, follower(1))
          .some(({ intents }) => intents.some((each) => each.intent.id === closing.id))
      expect([left, standing].map(isTold)).toEqual(expected)
      expect(storiesOf(ledger)).toEqual(storiesOneByOne(ledger))
    })

    test('are never adjusted through zero', () => {
      const { ledger, copy } = setUp()
      fill(ledger, copy('1').attempt, 65)
      const change = units(-66)
      const lane = laneOf(1)
      expect(() =>
        ledger.adjust({ lane, kind: 'reducedElsewhere', change, evidence: '' }, AT),
      ).toThrow()
      expect(() => ledger.adjust({ lane, kind: 'expired', change, evidence: '' }, AT)).toThrow()
      expect(ledger.lanePosition(lane).held).toBe(units(65))
    })

    test('say when something was last taken over there', () => {
      const { ledger } = setUp()
      expect(ledger.adoptedAt(laneOf(1))).toBe(null)
      const adopted = { lane: laneOf(1), kind: 'adopted', change: units(65), evidence: '' } as const
      ledger.adjust(adopted, AT)
      ledger.adjust({ ...adopted, lane: laneOf(2) }, later(1000))
      ledger.adjust(adopted, later(2000))
      const gone = { ...adopted, kind: 'dismissed', change: units(-65) } as const
      ledger.adjust(gone, later(3000))
      expect([1, 2, 3].map((number) => ledger.adoptedAt(laneOf(number)))).toEqual([
        later(2000),
        later(1000),
        null,
      ])
    })

    test('adopted with nothing copied are owed, and entitle to nothing later', () => {
      const { ledger } = setUp()
      const adopted = { lane: laneOf(1), kind: 'adopted', change: units(65), evidence: '' } as const
      ledger.adjust(adopted, AT)
      expect(ledger.lanePosition(laneOf(1)).entitlement).toEqual(whole(0n))
      expect(ledger.owed()[0]?.owed).toBe(units(65))
    })

    /** An entry of 65 that filled, and the trader's no to the exit of all of it. */
    function keeps({ ledger, copy, see }: Bench): KeepDecision {
      const { attempt } = copy('1')
      fill(ledger, attempt, 65)
      const decision: KeepDecision = {
        kind: 'skip',
        lane: laneOf(1),
        covers: units(-130),
        reason: { kind: 'kept', quantity: units(65), follower: follower(1) },
        keeps: {
          entitlement: whole(0n),
          kept: units(65),
          allowances: [{ intent: attempt.intent.id, upTo: units(65) }],
        },
      }
      const signal = signalOf(see('2', { side: 'SELL' }), { effect: 'exit' })
      ledger.record([{ signal, decisions: [decision] }], later(100))
      return decision
    }

    test('keep by a no to an exit what it would have closed: neither held nor owed', () => {
      const bench = setUp()
      const decision = keeps(bench)
      const ledger = bench.reopen(bench.ledger)
      expect(ledger.lanePosition(laneOf(1))).toEqual({ ...FLAT, lot: LOT })
      expect(ledger.owed()).toEqual([])
      expect(ledger.drift()).toEqual([])
      const kept = { lane: laneOf(1), quantity: units(65), signal: signalId(2), at: later(100) }
      expect(ledger.kept(DAY)).toEqual([kept])
      // What is intraday ends with its day.
      expect(ledger.kept(nextDay(DAY))).toEqual([])
      expect(ledger.why(signalId(2), follower(1))[0]?.decision).toEqual(decision)
      expect(ledger.verify()).toEqual([])
      ledger.close()
    })

    test('keep no more than the account shows besides what is held, and nothing once adopted', () => {
      const bench = setUp()
      const { ledger } = bench
      keeps(bench)
      const show = (quantity: number, at: Instant) =>
        ledger.recordPositions(
          follower(1),
          'live',
          [{ instrument: CALL, product: 'INTRADAY', quantity: units(quantity) }],
          at,
        )
      const quantities = () => ledger.kept(DAY).map(({ quantity }) => quantity)
      show(130, later(200))
      expect(quantities()).toEqual([units(65)])
      show(20, later(300))
      expect(quantities()).toEqual([units(20)])
      show(65, later(400))
      const lane = laneOf(1)
      ledger.adjust({ lane, kind: 'adopted', change: units(65), evidence: '' }, later(500))
      expect(quantities()).toEqual([])
      expect(ledger.owed()[0]?.owed).toBe(units(65))
      expect(ledger.verify()).toEqual([])
    })

    test('keep what is left of both sides, as the account shows it', () => {
      const bench = setUp()
      const { ledger, see } = bench
      const { keeps: long } = keeps(bench)
      const no = (number: string, kept: number, at: Instant): void => {
        const lane = laneOf(1)
        ledger.adjust({ lane, kind: 'adopted', change: units(kept), evidence: '' }, at)
        const decision: KeepDecision = {
          kind: 'skip',
          lane: laneOf(1),
          covers: units(0),
          reason: { kind: 'kept', quantity: units(Math.abs(kept)), follower: follower(1) },
          keeps: { ...long, kept: units(kept), allowances: [] },
        }
        const signal = signalOf(see(number, { side: 'BUY' }), { effect: 'exit' })
        ledger.record([{ signal, decisions: [decision] }], at)
      }
      const quantities = () => ledger.kept(DAY).map(({ quantity }) => quantity)
      no('3', -195, later(200))
      expect(quantities()).toEqual([units(-130)])
      no('4', 130, later(300))
      expect(quantities()).toEqual([])
      no('5', 65, later(400))
      expect(quantities()).toEqual([units(65)])
    })

    test('drift where the broker shows less than is held, not where it shows more', () => {
      const { ledger, copy } = setUp()
      fill(ledger, copy('1').attempt, 65)
      const show = (quantity: number, at = AT) =>
        ledger.recordPositions(
          follower(1),
          'live',
          quantity === 0
            ? []
            : [{ instrument: CALL, product: 'INTRADAY', quantity: units(quantity) }],
          at,
        )
      show(195)
      expect(ledger.drift()).toEqual([])
      expect(ledger.compared()).toMatchObject([{ held: units(65), shown: units(195) }])
      show(0, later(3000))
      show(0, later(6000))
      expect(ledger.drift()).toEqual([
        {
          lane: laneOf(1),
          copied: units(130),
          wanted: units(65),
          held: units(65),
          shown: 0n,
          shownAt: later(3000),
        },
      ])
    })

    test('of a live follower are refused in a paper ledger', () => {
      const { ledger, see } = setUp('paper')
      const signal = signalOf(see('1'))
      expect(() => ledger.record([{ signal, decisions: [skip(laneOf(1))] }], AT)).toThrow(
        'paper ledger',
      )
      const paper = { ...laneOf(1), mode: 'paper' } as const
      expect(ledger.record([{ signal, decisions: [skip(paper)] }], AT)).toHaveLength(1)
    })
  })

  describe(`${name}: a follower's day`, () => {
    test('counts orders and keeps fills with their prices', () => {
      const { ledger, copy } = setUp()
      fill(ledger, copy('1').attempt, 65)
      const { attempt } = copy('2')
      const never = { kind: 'notSent', cause: 'neverConnected', evidence: '' } as const
      ledger.recordEvent(attempt.id, { kind: 'answered', outcome: never }, AT)
      expect(ledger.followerDay(follower(1), DAY)).toEqual({
        orders: 1,
        rejectionsInARow: 0,
        fills: [{ lane: laneOf(1), side: 'BUY', quantity: units(65), price: parsePrice('101.20') }],
      })
      expect(ledger.followerDay(follower(1), nextDay(DAY)).orders).toBe(0)
    })

    test('counts rejections in a row, anew after a success and after a resume', () => {
      const { ledger, copy } = setUp()
      const reject = (order: string) => {
        const no = { kind: 'rejected', cause: 'funds', text: '', evidence: '' } as const
        ledger.recordEvent(copy(order).attempt.id, { kind: 'answered', outcome: no }, AT)
        return ledger.followerDay(follower(1), DAY).rejectionsInARow
      }
      expect([reject('1'), reject('2')]).toEqual([1, 2])
      fill(ledger, copy('3').attempt, 65)
      expect(reject('4')).toBe(1)
      ledger.steer({ kind: 'resume', follower: follower(1) }, 'command', AT)
      expect(ledger.followerDay(follower(1), DAY).rejectionsInARow).toBe(0)
      expect(reject('5')).toBe(1)
    })
  })

  describe(`${name}: steering`, () => {
    test.each([
      ['nothing', [], false, false, []],
      ['pause of one', [['pause', 1]], false, false, [1]],
      ['pause of all', [['pause', null]], false, true, []],
      ['halt', [['halt']], true, false, []],
      ['flatten pauses', [['flatten', 2]], false, false, [2]],
      ['flatten of all pauses all', [['flatten', null]], false, true, []],
      [
        'resume of one',
        [
          ['pause', 1],
          ['pause', 2],
          ['resume', 1],
        ],
        false,
        false,
        [2],
      ],
      ['resume of one lifts no halt', [['halt'], ['resume', 1]], true, false, []],
      [
        'resume of all lifts everything',
        [['halt'], ['pause', 1], ['resume', null]],
        false,
        false,
        [],
      ],
      [
        'what comes after a resume of all',
        [
          ['resume', null],
          ['pause', 3],
        ],
        false,
        false,
        [3],
      ],
    ] as const)('adds up: %s', (_, words, halted, everybodyPaused, paused) => {
      const bench = setUp()
      for (const [kind, number] of words) {
        const name = typeof number === 'number' ? follower(number) : null
        bench.ledger.steer(kind === 'halt' ? { kind } : { kind, follower: name }, 'command', AT)
      }
      const ledger = bench.reopen(bench.ledger)
      expect(ledger.steering()).toMatchObject({
        halted,
        everybodyPaused,
        paused: new Set(paused.map(follower)),
      })
      ledger.close()
    })

    test('remembers who was flattened since the last halt', () => {
      const { ledger } = setUp()
      const one = follower(1)
      ledger.steer({ kind: 'flatten', follower: one }, 'command', AT)
      expect(ledger.steering().flattened).toEqual(new Set([one]))
      ledger.steer({ kind: 'halt' }, 'command', AT)
      expect(ledger.steering().flattened).toEqual(new Set())
      ledger.steer({ kind: 'flatten', follower: null }, 'command', AT)
      expect(ledger.steering()).toMatchObject({ halted: true, everybodyFlattened: true })
      ledger.steer({ kind: 'resume', follower: null }, 'command', AT)
      expect(ledger.steering()).toMatchObject({ halted: false, everybodyFlattened: false })
    })

    test('forgets that one was flattened when it is resumed: the next halt by the file holds it too', () => {
      const { ledger } = setUp()
      const [one, two] = [follower(1), follower(2)]
      for (const name of [one, two])
        ledger.steer({ kind: 'flatten', follower: name }, 'command', AT)
      ledger.steer({ kind: 'resume', follower: one }, 'command', AT)
      expect(ledger.steering()).toMatchObject({ flattened: new Set([two]), paused: new Set([two]) })
    })

    test('waits until the engine has acted, which happens once', () => {
      const { ledger } = setUp()
      const command = { kind: 'adopt', lane: laneOf(1), quantity: units(65) } as const
      const number = ledger.steer(command, 'page', AT)
      expect(ledger.answerTo(number)).toBeNull()
      expect(ledger.openSteering()).toEqual([{ number, command, at: AT, by: 'page' }])
      const adopted = { lane: laneOf(1), kind: 'adopted', change: units(65), evidence: '' } as const
      ledger.finishSteering(number, [adopted], { kind: 'done', text: 'it is ours' }, AT)
      expect(ledger.openSteering()).toEqual([])
      expect(ledger.answerTo(number)).toEqual({ kind: 'done', text: 'it is ours' })
      expect(() => ledger.finishSteering(number, [adopted], null, AT)).toThrow('done already')
      expect(ledger.lanePosition(laneOf(1)).held).toBe(units(65))
    })
  })

  describe(`${name}: accounts`, () => {
    test('remember logins over a restart, also the unanswered', () => {
      const bench = setUp()
      const first = bench.ledger.recordLogin(MASTER, 58_816_200, 'mark', AT)
      bench.ledger.recordLoginResult(first, 'codeRefused', AT)
      bench.ledger.recordLogin(MASTER, 58_816_201, 'other', later(30_000))
      const ledger = bench.reopen(bench.ledger)
      expect(ledger.logins(MASTER, AT)).toEqual([
        { account: MASTER, at: AT, window: 58_816_200, secrets: 'mark', result: 'codeRefused' },
        { account: MASTER, at: later(30_000), window: 58_816_201, secrets: 'other', result: null },
      ])
      expect(ledger.logins(MASTER, later(1))).toHaveLength(1)
      expect(ledger.logins(follower(1), AT)).toEqual([])
      expect([ledger.recordSession('{}', AT), ledger.recordSession('{}', AT)]).toEqual([1, 2])
      ledger.close()
    })

    test('remember when one was verified last, and each use of a secret by its name', () => {
      const bench = setUp()
      expect(bench.ledger.verifiedAt(MASTER)).toBe(null)
      bench.ledger.recordVerified(MASTER, AT)
      bench.ledger.recordVerified(MASTER, later(60_000))
      bench.ledger.recordSecretUse(MASTER, 'PASSWORD', AT)
      bench.ledger.recordSecretUse(MASTER, 'TOTP_SECRET', later(1))
      bench.ledger.recordSecretUse(follower(1), 'API_KEY', AT)
      const ledger = bench.reopen(bench.ledger)
      expect(ledger.verifiedAt(MASTER)).toBe(later(60_000))
      expect(ledger.verifiedAt(follower(1))).toBe(null)
      expect(ledger.secretUses(MASTER, AT)).toEqual([
        { account: MASTER, secret: 'PASSWORD', at: AT },
        { account: MASTER, secret: 'TOTP_SECRET', at: later(1) },
      ])
      expect(ledger.secretUses(MASTER, later(1))).toHaveLength(1)
      ledger.close()
    })

    test('keep whether their book showed our tags when it last could', () => {
      const bench = setUp()
      const one = follower(1)
      expect(bench.ledger.showedTags(one, AT)).toBeNull()
      bench.ledger.recordTags(one, false, AT)
      bench.ledger.recordTags(one, true, later(1000))
      const ledger = bench.reopen(bench.ledger)
      expect(ledger.showedTags(one, AT)).toBe(true)
      expect(ledger.showedTags(one, later(2000))).toBeNull()
      expect(ledger.showedTags(follower(2), AT)).toBeNull()
      ledger.recordTags(one, false, later(3000))
      expect(ledger.showedTags(one, AT)).toBe(false)
      ledger.close()
    })

    test('belong to an engine whose name stays', () => {
      const bench = setUp()
      const { engine } = bench.ledger
      const ledger = bench.reopen(bench.ledger)
      expect(engine).toMatch(/^[A-Z2-7]{5}$/)
      expect(ledger.engine).toBe(engine)
      ledger.close()
    })
  })

  describe(`${name}: the pulse`, () => {
    const up = { kind: 'up', since: AT } as const
    const price = (last: string, at = AT) => ({ last: parsePrice(last), at })
    const pulseOf = (change: Partial<AccountPulse> = {}): AccountPulse => ({
      account: MASTER,
      session: null,
      stream: null,
      orders: null,
      positions: null,
      quotes: null,
      funds: null,
      seenFunds: null,
      ...change,
    })

    test('is empty before anything is kept', () => {
      const { ledger } = setUp()
      expect(ledger.pulse()).toEqual({ accounts: [], prices: new Map() })
    })

    test('holds the latest of each part and price, over a restart', () => {
      const bench = setUp()
      const evidence = 'no answer in 7 s'
      const failing = { since: AT, at: later(3000), why: 'timeout', evidence } as const
      const seenFunds = { net: parseMoney('100000.55'), used: parseMoney('0'), at: AT }
      const first = { account: MASTER, stream: up, orders: { goodAt: AT, failing: null } }
      const accounts = [first, { account: follower(1), seenFunds }]
      expect(
        bench.ledger.keepPulse({ accounts, prices: new Map([[CALL, price('1.05')]]) }, AT),
      ).toBe(true)
      const orders = { goodAt: AT, failing }
      bench.ledger.keepPulse(
        {
          accounts: [{ account: MASTER, orders }],
          prices: new Map([[CALL, price('2.10', later(5))]]),
        },
        later(3000),
      )
      const ledger = bench.reopen(bench.ledger)
      expect(ledger.pulse()).toEqual({
        accounts: expect.arrayContaining([
          pulseOf({ stream: up, orders }),
          pulseOf({ account: follower(1), seenFunds }),
        ]),
        prices: new Map([[CALL, price('2.10', later(5))]]),
      })
      expect(ledger.pulse().accounts).toHaveLength(2)
      ledger.close()
    })

    test('lets go of prices that are long over', () => {
      const { ledger } = setUp()
      const other = instrumentId('NSE', 'SBIN-EQ')
      const keep = (prices: [InstrumentId, SeenPrice][], at: Instant) =>
        ledger.keepPulse({ accounts: [], prices: new Map(prices) }, at)
      keep([[CALL, price('1')]], AT)
      keep([[other, price('2', later(9 * DAY_MS))]], later(9 * DAY_MS))
      expect([...ledger.pulse().prices.keys()]).toEqual([CALL, other])
      keep([[other, price('2', later(11 * DAY_MS))]], later(11 * DAY_MS))
      expect([...ledger.pulse().prices.keys()]).toEqual([other])
    })

    test('is no fact: nothing that is derived knows of it', () => {
      const { ledger, see } = setUp()
      see('1')
      ledger.keepPulse({ accounts: [{ account: MASTER, stream: up }], prices: new Map() }, AT)
      expect(ledger.verify()).toEqual([])
      ledger.rebuild(AT)
      expect(ledger.pulse().accounts).toEqual([pulseOf({ stream: up })])
    })
  })

  describe(`${name}: what is new`, () => {
    test('is numbered: every fact raises the revision, a question and the pulse leave it', () => {
      const { ledger, see, copy } = setUp()
      const revisions = [ledger.revision()]
      see('1')
      revisions.push(ledger.revision())
      const { attempt } = copy('2')
      revisions.push(ledger.revision())
      ledger.recordEvent(attempt.id, accepted(attempt.tag), later(400))
      revisions.push(ledger.revision())
      expect(new Set(revisions).size).toBe(4)
      expect(revisions).toEqual(revisions.toSorted((a, b) => a - b))
      const before = ledger.revision()
      ledger.why(signalId(1), null)
      ledger.keepPulse({ accounts: [], prices: new Map() }, later(500))
      expect(ledger.revision()).toBe(before)
    })

    test('is told by the signals that it is about, whatever the fact', () => {
      const { ledger, copy, see, tag } = setUp()
      const touched = (work: () => void): readonly number[] => {
        const before = ledger.revision()
        work()
        return ledger.signalsSince(before)
      }
      expect(ledger.signalsSince(0)).toEqual([])
      const made = { attempt: null as RecordedAttempt | null }
      expect(touched(() => void copy('1'))).toEqual([1])
      expect(
        touched(() => {
          made.attempt = copy('2').attempt
        }),
      ).toEqual([2])
      const first = ledger.attemptsOfDay(follower(1), DAY)[0]?.attempt as RecordedAttempt
      expect(touched(() => ledger.recordEvent(first.id, accepted(first.tag), later(400)))).toEqual([
        1,
      ])
      const third = signalOf(see('3'))
      const decision = entry(laneOf(1), third, LOT, [tag()])
      const [plan] = [{ signal: third, decisions: [decision], asked: [follower(2)] }].map(
        (each) => ledger.record([each], AT)[0],
      )
      const [intent] = plan?.intents ?? []
      expect(
        touched(() => ledger.recordDenial(intent?.id ?? intentId(1), { kind: 'paused' }, later(1))),
      ).toEqual([3])
      expect(
        touched(() => ledger.record([{ signal: third, decisions: [skip(laneOf(2))] }], later(2))),
      ).toEqual([3])
      expect(touched(() => void see('4'))).toEqual([])
      expect(ledger.signalsSince(0)).toEqual([1, 2, 3])
      expect(ledger.signalsSince(ledger.revision())).toEqual([])
    })

    test('is kept by day', () => {
      const { ledger, copy, see } = setUp()
      expect(ledger.daysWithSignals()).toEqual([])
      copy('1')
      copy('2')
      const order = see('3', { day: nextDay(DAY) })
      const signal = signalOf(order)
      ledger.record([{ signal, decisions: [skip(laneOf(1))] }], later(DAY_MS))
      expect(ledger.daysWithSignals()).toEqual([
        { day: nextDay(DAY), signals: 1 },
        { day: DAY, signals: 2 },
      ])
    })
  })

  describe(`${name}: why`, () => {
    test('tells of every follower that decided or is asked', () => {
      const { ledger, see, tag } = setUp()
      const signal = signalOf(see('1'))
      const decisions = [entry(laneOf(1), signal, units(65), [tag()]), skip(laneOf(2))]
      ledger.record([{ signal, decisions, asked: [follower(3)] }], AT)
      const all = ledger.why(signalId(1), null)
      expect(all.map((why) => [why.follower, why.decision?.kind ?? null, why.decidedAt])).toEqual([
        [follower(1), 'entry', AT],
        [follower(2), 'skip', AT],
        [follower(3), null, null],
      ])
      expect(all[1]?.decision).toEqual(skip(laneOf(2)))
      expect(ledger.why(signalId(1), follower(2))).toEqual([all[1]])
      expect(ledger.why(signalId(5), null)).toEqual([])
      expect(storiesOf(ledger)).toEqual(storiesOneByOne(ledger))
    })

    test('tells of each follower the same, asked for alone or with all others', () => {
      const { ledger, see, tag } = setUp()
      const signal = signalOf(see('1'))
      const decisions = [1, 2, 3].map((number) =>
        entry(laneOf(number), signal, units(65), [tag(), tag()]),
      )
      const sendNow = decisions
        .slice(0, 2)
        .flatMap(({ intents }) => intents.map((each) => each.tag))
      const [plan] = ledger.record([{ signal, decisions, sendNow }], AT)
      for (const attempt of plan?.attempts ?? [])
        ledger.recordEvent(attempt.id, accepted(attempt.tag), later(400))
      const [first, lost] = plan?.attempts ?? []
      fill(ledger, first as RecordedAttempt, 65)
      const absent = { kind: 'absenceProven', evidence: '' } as const
      ledger.recordEvent((lost as RecordedAttempt).id, absent, later(900))
      const all = storiesOf(ledger)
      expect(all).toEqual(storiesOneByOne(ledger))
      // Control: there is something in them that could differ.
      expect(all.map(({ intents }) => intents.length)).toEqual([2, 2, 2])
      expect(all[0]?.intents[0]?.attempts[0]?.history.length).toBeGreaterThan(1)
      expect(all[0]).not.toEqual(all[1])
    })
  })
}

const signalsIn = (ledger: Ledger) =>
  ledger.daysWithSignals().flatMap(({ day }) => ledger.signals(day))

const storiesOf = (ledger: Ledger) => signalsIn(ledger).flatMap(({ id }) => ledger.why(id, null))

const storiesOneByOne = (ledger: Ledger) =>
  storiesOf(ledger).flatMap((story) => ledger.why(story.signal.id, story.follower))

function benchOn(ledger: Ledger): Bench {
  const tag = tagMaker(ledger.engine, seededChance(7))
  const see: Bench['see'] = (name, change) =>
    ledger.seeMasterOrders([reportOf(name, change)], AT)[0] as MasterOrder
  return {
    ledger,
    tag,
    see,
    copy(name, number = 1) {
      const signal = signalOf(see(name))
      const mine = tag()
      const decisions = [entry(laneOf(number), signal, units(65), [mine])]
      const [plan] = ledger.record([{ signal, decisions, sendNow: [mine] }], AT)
      const attempt = plan?.attempts[0]
      if (!plan || !attempt) throw new Error('nothing was recorded')
      return { plan, attempt, signal }
    },
  }
}

const record = (ledger: Ledger, order: MasterOrder) =>
  ledger.record([{ signal: signalOf(order), decisions: [] }], AT)

/** The master sells all of its 130: the lane should hold nothing. */
function leave(
  ledger: Ledger,
  order: MasterOrder,
  allowances: Parameters<typeof exit>[4] = [],
): Signal {
  const signal = signalOf(order, { effect: 'exit' })
  const decisions = [exit(laneOf(1), units(130), units(0), whole(0n), allowances)]
  ledger.record([{ signal, decisions }], AT)
  return signal
}

function fill(ledger: Ledger, attempt: RecordedAttempt, quantity: number): void {
  const filled = (BigInt(quantity) * ONE) as Quantity
  const report = ownReport(attempt.tag, { filled, account: attempt.intent.lane.follower })
  ledger.recordEvent(attempt.id, { kind: 'reported', report }, AT)
}
