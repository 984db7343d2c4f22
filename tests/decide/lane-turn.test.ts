import { describe, expect, test } from 'vitest'
import {
  type LaneAttempt,
  type LaneClosing,
  type LaneEntry,
  type LaneView,
  nextSteps,
  type PositionReading,
  type Step,
} from '../../src/decide/lane-turn.ts'
import type { AttemptState } from '../../src/domain/attempt.ts'
import { attemptId, intentId, orderId } from '../../src/domain/ids.ts'
import { FLAT, type LanePosition } from '../../src/domain/lane.ts'
import { NO_QUANTITY, units } from '../../src/domain/numbers.ts'
import { whole } from '../../src/domain/ratio.ts'
import type { SignalKey } from '../../src/domain/signal.ts'
import { after as plus } from '../../src/domain/time.ts'
import { at } from './builders.ts'

const NOW = at('10:00:10')
const signal = (name: string) => name as SignalKey

const lane = (copied: number, held: number, entitled = copied): LanePosition => ({
  copied: units(copied),
  held: units(held),
  entitlement: whole(units(entitled)),
})

const working = (filled = 0): AttemptState => ({
  kind: 'working',
  orderId: orderId('91'),
  uniqueOrderId: null,
  filled: units(filled),
  averagePrice: null,
})
const notSent: AttemptState = { kind: 'notSent', cause: 'rateLimited', evidence: '' }
const unknown: AttemptState = { kind: 'unknown', likely: null, evidence: '' }

const attempt = (
  quantity: number,
  state: AttemptState,
  sketch: Partial<LaneAttempt> = {},
): LaneAttempt => ({
  id: attemptId(1),
  at: at('10:00:00'),
  quantity: units(quantity),
  state,
  askedAt: null,
  asks: { cancel: 0, cut: 0 },
  ...sketch,
})

const entry = (sketch: Partial<LaneEntry> = {}): LaneEntry => ({
  intent: intentId(1),
  signal: signal('a'),
  quantity: units(130),
  filled: NO_QUANTITY,
  allowance: units(130),
  attempts: [],
  ...sketch,
})

const closing = (sketch: Partial<LaneClosing> = {}): LaneClosing => ({
  intent: intentId(9),
  signal: signal('b'),
  quantity: units(130),
  filled: NO_QUANTITY,
  attempts: [],
  reprices: 0,
  ...sketch,
})

const shown = (
  quantity: number,
  sketch: { at?: string; asked?: string; agreed?: boolean } = {},
): PositionReading => ({
  kind: 'shown',
  quantity: units(quantity),
  agreed: sketch.agreed ?? true,
  askedAt: at(sketch.asked ?? sketch.at ?? '10:00:09'),
  answeredAt: at(sketch.at ?? '10:00:09'),
})

const steps = (sketch: Partial<LaneView>): readonly Step[] =>
  nextSteps({
    position: FLAT,
    lot: units(65),
    tradedLot: units(65),
    entries: [],
    closings: [],
    reading: null,
    movedAt: null,
    closeNotBefore: null,
    entryTtlMs: 30_000,
    opensAt: null,
    now: NOW,
    judge: (asked) => ({ kind: 'send', quantity: asked.quantity }),
    ...sketch,
  })

describe('entries', () => {
  test.each<[string, Partial<LaneView>, readonly Step[]]>([
    [
      'an entry is sent',
      { entries: [entry()] },
      [{ kind: 'send', intent: intentId(1), quantity: units(130) }],
    ],
    [
      'an entry that the guards refuse is denied',
      { entries: [entry()], judge: () => ({ kind: 'denied', reason: { kind: 'paused' } }) },
      [{ kind: 'deny', intent: intentId(1), reason: { kind: 'paused' } }],
    ],
    [
      'slices of one copy go together',
      { entries: [entry(), entry({ intent: intentId(2) })] },
      [
        { kind: 'send', intent: intentId(1), quantity: units(130) },
        { kind: 'send', intent: intentId(2), quantity: units(130) },
      ],
    ],
    [
      'the next copy waits until the broker has the one before',
      {
        entries: [
          entry({ attempts: [attempt(130, { kind: 'sending' })] }),
          entry({ intent: intentId(2), signal: signal('c') }),
        ],
      },
      [],
    ],
    [
      'also while nobody knows whether it has',
      {
        entries: [
          entry({ attempts: [attempt(130, unknown)] }),
          entry({ intent: intentId(2), signal: signal('c') }),
        ],
      },
      [],
    ],
    [
      'and goes once it is accepted',
      {
        entries: [
          entry({ attempts: [attempt(130, working())] }),
          entry({ intent: intentId(2), signal: signal('c') }),
        ],
      },
      [
        { kind: 'wait', until: at('10:00:30') },
        { kind: 'send', intent: intentId(2), quantity: units(130) },
      ],
    ],
    [
      'what is known not to have been taken may be sent again',
      { entries: [entry({ attempts: [attempt(130, notSent)] })] },
      [{ kind: 'send', intent: intentId(1), quantity: units(130) }],
    ],
    [
      'what is unknown is never sent again',
      { entries: [entry({ attempts: [attempt(130, unknown)] })] },
      [],
    ],
    [
      'an entry that rests too long is cancelled',
      { entries: [entry({ attempts: [attempt(130, working())] })], now: at('10:00:30') },
      [{ kind: 'cancel', attempt: attemptId(1), why: 'entryTtl' }],
    ],
    [
      'entryTtl off: it rests',
      {
        entries: [entry({ attempts: [attempt(130, working())] })],
        now: at('11:00:00'),
        entryTtlMs: null,
      },
      [],
    ],
    [
      'the master has left: cancel',
      { entries: [entry({ allowance: NO_QUANTITY, attempts: [attempt(130, working())] })] },
      [{ kind: 'cancel', attempt: attemptId(1), why: 'masterLeft' }],
    ],
    [
      'the master has left a part: cut',
      { entries: [entry({ allowance: units(65), attempts: [attempt(130, working())] })] },
      [{ kind: 'cut', attempt: attemptId(1), to: units(65) }],
    ],
    [
      'a cut below what has filled is a cancel',
      {
        entries: [
          entry({ allowance: units(65), filled: units(65), attempts: [attempt(130, working(65))] }),
        ],
        position: lane(65, 65),
      },
      [{ kind: 'cancel', attempt: attemptId(1), why: 'masterLeft' }],
    ],
    [
      'what was asked for lately is not asked again, but looked at when it should have shown',
      {
        entries: [
          entry({
            allowance: NO_QUANTITY,
            attempts: [attempt(130, working(), { askedAt: at('10:00:08') })],
          }),
        ],
      },
      [{ kind: 'wait', until: at('10:00:11') }],
    ],
    [
      'and asked again when nothing came of it',
      {
        entries: [
          entry({
            allowance: NO_QUANTITY,
            attempts: [attempt(130, working(), { askedAt: at('10:00:07') })],
          }),
        ],
      },
      [{ kind: 'cancel', attempt: attemptId(1), why: 'masterLeft' }],
    ],
    [
      'what waits behind a doubt is denied once it is too old',
      {
        entries: [
          entry({ attempts: [attempt(130, unknown)] }),
          entry({ intent: intentId(2), signal: signal('c') }),
        ],
        judge: () => ({ kind: 'denied', reason: { kind: 'tooOld', ageMs: 61, maxAgeMs: 60 } }),
      },
      [{ kind: 'deny', intent: intentId(2), reason: { kind: 'tooOld', ageMs: 61, maxAgeMs: 60 } }],
    ],
    [
      'but not for what may pass until its turn comes',
      {
        entries: [
          entry({ attempts: [attempt(130, unknown)] }),
          entry({ intent: intentId(2), signal: signal('c') }),
        ],
        judge: () => ({ kind: 'denied', reason: { kind: 'opposesHeld', held: units(130) } }),
      },
      [],
    ],
    [
      'what opens waits for what the master has left, which may have filled',
      {
        entries: [
          entry({
            allowance: NO_QUANTITY,
            attempts: [attempt(130, working(), { askedAt: at('10:00:08') })],
          }),
          entry({ intent: intentId(2), signal: signal('c') }),
        ],
      },
      [{ kind: 'wait', until: at('10:00:11') }],
    ],
    [
      'and no longer once the book shows it cut',
      {
        entries: [
          entry({ allowance: units(65), attempts: [attempt(65, working())] }),
          entry({ intent: intentId(2), signal: signal('c') }),
        ],
      },
      [
        { kind: 'wait', until: at('10:00:30') },
        { kind: 'send', intent: intentId(2), quantity: units(130) },
      ],
    ],
    [
      'an attempt that turns up beside its successor is taken back',
      {
        entries: [
          entry({
            attempts: [attempt(130, working()), attempt(130, working(), { id: attemptId(2) })],
          }),
        ],
      },
      [
        { kind: 'cancel', attempt: attemptId(1), why: 'oneTooMany' },
        { kind: 'wait', until: at('10:00:30') },
      ],
    ],
  ])('%s', (_, sketch, expected) => {
    expect(steps(sketch)).toEqual(expected)
  })
})

describe('an order that nothing ends, for an hour', () => {
  /** How often it is asked about; `learns` is false for the control. */
  const asksInAnHour = (allowance: number, learns: boolean): number => {
    const asks = { cancel: 0, cut: 0 }
    let askedAt: LaneAttempt['askedAt'] = null
    let now = NOW
    for (const end = plus(NOW, 3_600_000); now < end; ) {
      const known = learns ? { ...asks } : { cancel: 0, cut: 0 }
      const resting = attempt(130, working(), { askedAt, asks: known })
      const [step] = steps({
        entries: [entry({ allowance: units(allowance), attempts: [resting] })],
        now,
      })
      if (step?.kind === 'wait') now = step.until
      else if (step?.kind === 'cancel' || step?.kind === 'cut') {
        asks[step.kind] += 1
        askedAt = now
      } else throw new Error(`${step?.kind} is no step about it`)
    }
    return asks.cancel + asks.cut
  }

  test.each([
    ['a cancel', 0],
    ['a cut', 65],
  ])('%s is asked for ever more slowly, and the hour is left to the exits', (_, allowance) => {
    expect(asksInAnHour(allowance, true)).toBeLessThan(70)
    // The control: every three seconds would be more than the broker allows in an hour, for one order alone.
    expect(asksInAnHour(allowance, false)).toBeGreaterThan(1_000)
  })

  test('what the master has left altogether is cancelled in time, however often it was to be cut', () => {
    const asked = { askedAt: at('10:00:07'), asks: { cancel: 0, cut: 9 } }
    const entries = [entry({ allowance: NO_QUANTITY, attempts: [attempt(130, working(), asked)] })]
    expect(steps({ entries })).toEqual([
      { kind: 'cancel', attempt: attemptId(1), why: 'masterLeft' },
    ])
  })
})

describe('closings', () => {
  const owes130 = { position: lane(0, 130, 0), reading: shown(130) }
  const sell = (quantity: number): Step => ({
    kind: 'close',
    side: 'SELL',
    quantity: units(quantity),
  })

  test.each<[string, Partial<LaneView>, readonly Step[]]>([
    ['what is held beyond the entitlement is closed', owes130, [sell(130)]],
    ['only after the position was read', { ...owes130, reading: null }, [{ kind: 'readPosition' }]],
    [
      'a reading older than 5 s is none',
      { ...owes130, reading: shown(130, { at: '10:00:04' }) },
      [{ kind: 'readPosition' }],
    ],
    [
      'which counts from its answer: one that was 30 s on its way has just come',
      { ...owes130, reading: shown(130, { asked: '09:59:39' }) },
      [sell(130)],
    ],
    [
      'nor is one from before our last fill',
      { ...owes130, movedAt: at('10:00:09') },
      [{ kind: 'readPosition' }],
    ],
    [
      'nor one that was asked for before our last fill and came after it',
      {
        ...owes130,
        movedAt: at('10:00:05'),
        reading: shown(130, { asked: '10:00:04' }),
      },
      [{ kind: 'readPosition' }],
    ],
    [
      'an unreadable position is owed',
      { ...owes130, reading: { ...shown(0), kind: 'unreadable' } },
      [{ kind: 'owe', quantity: units(130), why: 'positionUnreadable' }, { kind: 'readPosition' }],
    ],
    [
      'one lower reading: what is certain, and another look',
      { ...owes130, reading: shown(65, { agreed: false }) },
      [sell(65), { kind: 'readPosition' }],
    ],
    [
      'two lower readings lower what is held',
      { ...owes130, reading: shown(65) },
      [{ kind: 'lowerHeld', missing: units(65), shown: units(65) }],
    ],
    [
      'what is on its way is not sent again',
      { ...owes130, closings: [closing({ attempts: [attempt(130, { kind: 'sending' })] })] },
      [],
    ],
    [
      'an unknown exit is on its way',
      { ...owes130, closings: [closing({ attempts: [attempt(130, unknown)] })] },
      [],
    ],
    [
      'an exit that was not taken is sent again',
      { ...owes130, closings: [closing({ attempts: [attempt(130, notSent)] })] },
      [{ kind: 'resend', intent: intentId(9), quantity: units(130) }],
    ],
    [
      'one that was written down before a crash goes first, the rest is new',
      { ...owes130, closings: [closing({ quantity: units(65) })] },
      [{ kind: 'resend', intent: intentId(9), quantity: units(65) }, sell(65)],
    ],
    [
      'one that is no longer due is withdrawn',
      { position: lane(130, 130), closings: [closing()] },
      [{ kind: 'deny', intent: intentId(9), reason: { kind: 'nothingDue' } }],
    ],
    [
      'after a rejection it waits, and is owed',
      { ...owes130, closeNotBefore: at('10:00:15') },
      [
        { kind: 'owe', quantity: units(130), why: 'rejected' },
        { kind: 'wait', until: at('10:00:15') },
      ],
    ],
    [
      'in a closed market it waits for the opening, and is owed',
      { ...owes130, opensAt: at('10:30:00') },
      [
        { kind: 'owe', quantity: units(130), why: 'marketClosed' },
        { kind: 'wait', until: at('10:30:00') },
      ],
    ],
    [
      'in a closed market what was recorded and never taken is not sent again',
      { ...owes130, closings: [closing({ quantity: units(65) })], opensAt: at('10:30:00') },
      [
        { kind: 'owe', quantity: units(130), why: 'marketClosed' },
        { kind: 'wait', until: at('10:30:00') },
      ],
    ],
    [
      'an exit waits for the answer to the entry before it, for seconds',
      {
        ...owes130,
        entries: [
          entry({
            allowance: NO_QUANTITY,
            attempts: [attempt(130, { kind: 'sending' }, { at: at('10:00:05') })],
          }),
        ],
      },
      [{ kind: 'wait', until: at('10:00:12') }],
    ],
    [
      'but not for an entry of which nobody knows',
      {
        ...owes130,
        entries: [entry({ allowance: NO_QUANTITY, attempts: [attempt(130, unknown)] })],
      },
      [sell(130)],
    ],
    [
      'an entry waits for the exit before it',
      { ...owes130, entries: [entry({ signal: signal('c') })] },
      [sell(130)],
    ],
    [
      'an exit that rests is given a new price after 5 s',
      { ...owes130, closings: [closing({ attempts: [attempt(130, working())] })] },
      [{ kind: 'reprice', attempt: attemptId(1), done: 0 }],
    ],
    [
      'five times, then the trader hears of it',
      { ...owes130, closings: [closing({ reprices: 5, attempts: [attempt(130, working())] })] },
      [{ kind: 'owe', quantity: units(130), why: 'notFilled' }],
    ],
    [
      'an exit that turns up beside its successor is taken back, not repriced',
      {
        ...owes130,
        closings: [
          closing({
            attempts: [attempt(130, working()), attempt(130, unknown, { id: attemptId(2) })],
          }),
        ],
      },
      [{ kind: 'cancel', attempt: attemptId(1), why: 'oneTooMany' }],
    ],
    [
      'an exit that rests is taken back when the follower has sold by hand',
      {
        ...owes130,
        reading: shown(65),
        closings: [closing({ attempts: [attempt(130, working())] })],
      },
      [{ kind: 'cancel', attempt: attemptId(1), why: 'nothingDue' }],
    ],
    [
      'or when the trader has taken it over',
      {
        position: FLAT,
        closings: [closing({ attempts: [attempt(130, working())] })],
      },
      [{ kind: 'cancel', attempt: attemptId(1), why: 'nothingDue' }],
    ],
    [
      'after a change of the lot, whole lots go and the odd part is owed',
      { position: lane(0, 100, 0), lot: units(50), reading: shown(100) },
      [{ kind: 'owe', quantity: units(35), why: 'noWholeLot' }, sell(65)],
    ],
    [
      'less than one lot is owed and not sent',
      { position: lane(0, 35, 0), reading: shown(35) },
      [{ kind: 'owe', quantity: units(35), why: 'noWholeLot' }],
    ],
    [
      'a recorded order of the old lot is sent again in whole new ones',
      {
        position: lane(0, 100, 0),
        lot: units(50),
        reading: shown(100),
        closings: [closing({ quantity: units(100) })],
      },
      [
        { kind: 'owe', quantity: units(35), why: 'noWholeLot' },
        { kind: 'resend', intent: intentId(9), quantity: units(65) },
      ],
    ],
    [
      'and taken back where none is left',
      {
        position: lane(0, 50, 0),
        lot: units(50),
        reading: shown(50),
        closings: [closing({ quantity: units(50) })],
      },
      [
        { kind: 'owe', quantity: units(50), why: 'noWholeLot' },
        { kind: 'deny', intent: intentId(9), reason: { kind: 'nothingDue' } },
      ],
    ],
    [
      'the odd part waits while the whole lots are on their way',
      {
        position: lane(0, 100, 0),
        reading: shown(100),
        closings: [closing({ quantity: units(65), attempts: [attempt(65, working())] })],
      },
      [
        { kind: 'owe', quantity: units(35), why: 'noWholeLot' },
        { kind: 'reprice', attempt: attemptId(1), done: 0 },
      ],
    ],
    [
      'a doubled exit is bought back',
      { position: lane(0, -65, 0), reading: shown(-65) },
      [{ kind: 'close', side: 'BUY', quantity: units(65) }],
    ],
  ])('%s', (_, sketch, expected) => {
    expect(steps(sketch)).toEqual(expected)
  })

  test('a turn that is asked twice without an event in between says the same', () => {
    const view = {
      ...owes130,
      entries: [entry()],
      closings: [closing({ attempts: [attempt(65, working())] })],
    }
    expect(steps(view)).toEqual(steps(view))
    expect(steps({ ...view, now: plus(NOW, 1) })).toEqual(steps(view))
  })
})
