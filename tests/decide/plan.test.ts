import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { findSignals } from '../../src/decide/order-of-signals.ts'
import { type FollowerView, type MarketView, plan } from '../../src/decide/plan.ts'
import { NO_OVERRIDES } from '../../src/domain/calendar.ts'
import { CALENDAR_TABLE } from '../../src/domain/calendar-data.ts'
import type { Decision, Plan } from '../../src/domain/decision.ts'
import { accountName, engineId, intentId } from '../../src/domain/ids.ts'
import { FLAT, type LanePosition } from '../../src/domain/lane.ts'
import {
  formatDecimal,
  magnitude,
  NO_MONEY,
  parseMoney,
  parsePrice,
  sum,
  units,
  worth,
} from '../../src/domain/numbers.ts'
import { ratio, whole } from '../../src/domain/ratio.ts'
import { describeReason } from '../../src/domain/reason.ts'
import type { FollowerSettings } from '../../src/domain/settings.ts'
import type { Signal } from '../../src/domain/signal.ts'
import { makeTag, type Tag } from '../../src/domain/tag.ts'
import { at, NIFTY, type OrderSketch, order, position, SBIN } from './builders.ts'

const NOW = at('10:00:03')

const market: MarketView = {
  now: NOW,
  calendar: { table: CALENDAR_TABLE, overrides: NO_OVERRIDES },
  hours: 'enforce',
  instrument: NIFTY,
  last: parsePrice('101.20'),
  circuit: null,
  freeze: new Map(),
  masterCapital: null,
}

const settings: FollowerSettings = {
  name: accountName('FOLLOWER_1'),
  label: null,
  enabled: true,
  mode: 'live',
  rules: {
    symbols: { allow: [], block: [] },
    exchanges: [],
    products: [],
    orderTypes: [],
    sides: [],
  },
  orders: { market: 'limit', stops: 'as-executed' },
  sizing: { mode: 'mirror' },
  rounding: 'down',
  limits: {
    maxOrderQuantity: null,
    maxOrderValue: null,
    maxPositionQuantity: null,
    maxOrdersPerDay: null,
    maxDailyLoss: null,
    pauseAfterRejections: 3,
  },
  confirm: 'off',
  maxAgeMs: 60_000,
  maxSlippage: { kind: 'band' },
  entryTtlMs: 30_000,
  capital: null,
}

interface Sketch {
  readonly settings?: Partial<FollowerSettings>
  readonly limits?: Partial<FollowerSettings['limits']>
  readonly rules?: Partial<FollowerSettings['rules']>
  readonly position?: LanePosition
  readonly state?: Partial<FollowerView['state']>
  readonly entries?: FollowerView['entries']
}

function follower(sketch: Sketch = {}): FollowerView {
  const merged = {
    ...settings,
    ...sketch.settings,
    limits: { ...settings.limits, ...sketch.limits },
    rules: { ...settings.rules, ...sketch.rules },
  }
  return {
    settings: merged,
    lane: { follower: merged.name, mode: 'live', instrument: NIFTY.id, product: 'INTRADAY' },
    position: sketch.position ?? FLAT,
    entries: sketch.entries ?? [],
    lot: NIFTY.lotSize,
    capital: null,
    state: {
      isEnabled: merged.enabled,
      accountStopped: null,
      isPaused: false,
      rejectionsInARow: 0,
      ordersToday: 0,
      profitToday: NO_MONEY,
      ...sketch.state,
    },
  }
}

function signal(sketch: Partial<OrderSketch> = {}, before = 0): Signal {
  const [found] = findSignals(
    [order({ id: '1', side: 'BUY', filled: 130, ...sketch })],
    new Map([position(NIFTY.id, 'INTRADAY', before), position(SBIN.id, 'DELIVERY', before)]),
    'complete',
    NOW,
    at('09:59:03'),
  )
  if (!found) throw new Error('the sketch gives no signal')
  return found
}

function tags(): () => Tag {
  let made = 0
  return () =>
    makeTag(
      engineId('ABCDE'),
      Array.from({ length: 11 }, (_, at) => (made++ >> at) & 31),
    )
}

const planFor = (found: Signal, sketches: readonly Sketch[], view: MarketView = market): Plan =>
  plan(found, sketches.map(follower), view, tags())

const show = (decision: Decision | undefined): string => {
  if (!decision) return 'nothing'
  if (decision.kind === 'skip') return `SKIP ${describeReason(decision.reason)}`
  if (decision.kind === 'exit')
    return `EXIT ${formatDecimal(decision.copiedBefore)} -> ${formatDecimal(decision.copiedAfter)}`
  const orders = decision.intents.map(
    ({ quantity, pricing, side }) =>
      `${side} ${formatDecimal(quantity)} ${pricing.kind}${pricing.kind === 'limit' ? ` ${formatDecimal(pricing.price, 2)}` : ''}`,
  )
  return `COPY ${orders.join(', ')}`
}

const long: LanePosition = { copied: units(130), held: units(130), entitlement: whole(units(130)) }
const half = { mode: 'multiplier', by: ratio(1n, 2n) } as const

describe('what one follower does about one signal', () => {
  const cases: [string, Signal, Sketch, string, MarketView?][] = [
    ["mirrors at the master's average and the band", signal(), {}, 'COPY BUY 130 limit 103.70'],
    ['halves', signal(), { settings: { sizing: half } }, 'COPY BUY 65 limit 103.70'],
    [
      'says why nothing is left of it',
      signal(),
      { settings: { sizing: { mode: 'multiplier', by: ratio(3n, 10n) } } },
      'SKIP lessThanOneLot: 130 × 0.3 = 39 < 65',
    ],
    [
      'cuts under the freeze',
      signal({ filled: 5850 }),
      {},
      'COPY BUY 1755 limit 103.70, BUY 1755 limit 103.70, BUY 1755 limit 103.70, BUY 585 limit 103.70',
    ],
    [
      "a limit order at the master's limit",
      signal({ pricing: { kind: 'limit', price: parsePrice('99.95') } }),
      {},
      'COPY BUY 130 limit 99.95',
    ],
    [
      'rules',
      signal(),
      { rules: { symbols: { allow: ['BANKNIFTY'], block: [] } } },
      'SKIP symbolNotAllowed: NIFTY29DEC2625000CE is none of BANKNIFTY',
    ],
    [
      'limits',
      signal(),
      { limits: { maxOrderQuantity: units(65) } },
      'SKIP maxOrderQuantity: 130 > 65',
    ],
    [
      'a limit counts what is held',
      signal(),
      { position: long, limits: { maxPositionQuantity: units(195) } },
      'SKIP maxPositionQuantity: 260 > 195',
    ],
    [
      'and what still rests',
      signal(),
      {
        entries: [{ intent: intentId(1), filled: units(0), allowance: units(130) }],
        limits: { maxPositionQuantity: units(195) },
      },
      'SKIP maxPositionQuantity: 260 > 195',
    ],
    ['paused', signal(), { state: { isPaused: true } }, 'SKIP paused'],
    ['disabled', signal(), { settings: { enabled: false } }, 'SKIP disabled'],
    [
      'missed while nobody looked',
      signal({ time: '09:58:00' }),
      {},
      "SKIP missed: 2 min 3 s since the master's fill > 1 min",
    ],
    [
      'the price has run away',
      signal(),
      {},
      'SKIP priceWorse: last 110.00 is above 103.73 (master 101.20)',
      { ...market, last: parsePrice('110') },
    ],
    [
      'a price that nobody showed',
      signal({ price: null }),
      {},
      "SKIP priceUnknown: the broker showed no price of the master's fill",
    ],
    [
      'not in the instrument master',
      signal(),
      {},
      'SKIP unknownInstrument: NIFTY29DEC2625000CE is not in the instrument master',
      { ...market, instrument: null },
    ],
    [
      'a bracket order',
      signal({ variety: 'bracket' }),
      {},
      'SKIP unsupportedVariety: bracket orders are not copied',
    ],
    [
      'an unknown product',
      signal({ product: 'UNKNOWN' }),
      {},
      'SKIP unknownProduct: a product that Lockstep does not know',
    ],
    [
      'an exit of what was never copied opens nothing',
      signal({ side: 'SELL' }, 130),
      {},
      'SKIP nothingCopied: nothing of this position was copied',
    ],
    [
      'an exit is a rule, not a quantity',
      signal({ side: 'SELL', filled: 65 }, 130),
      { position: long },
      'EXIT 130 -> 65',
    ],
  ]
  test.each(cases)('%s', (_, found, sketch, expected, view) => {
    expect(show(planFor(found, [sketch], view).decisions[0])).toBe(expected)
  })

  const forbidding: Sketch = {
    settings: { enabled: false },
    rules: { symbols: { allow: [], block: ['NIFTY'] }, sides: ['BUY'], products: ['DELIVERY'] },
    limits: { maxOrderQuantity: units(1), maxOrdersPerDay: 1, maxDailyLoss: parseMoney('1') },
    state: { isPaused: true, rejectionsInARow: 9, ordersToday: 9, profitToday: parseMoney('-100') },
    position: long,
  }
  test.each<[string, Signal, MarketView]>([
    ['nothing denies an exit', signal({ side: 'SELL', time: '09:00:00' }, 130), market],
    [
      'not even a variety that is not copied',
      signal({ side: 'SELL', variety: 'bracket' }, 130),
      market,
    ],
    [
      'not even an instrument that is gone',
      signal({ side: 'SELL' }, 130),
      { ...market, instrument: null },
    ],
    ['not even a closed market', signal({ side: 'SELL' }, 130), { ...market, now: at('20:00:00') }],
  ])('%s', (_, found, view) => {
    expect(show(planFor(found, [forbidding], view).decisions[0])).toBe('EXIT 130 -> 0')
  })

  test.each<[string, Signal, string]>([
    [
      'nettedOverGap',
      { ...signal(), obstacle: 'nettedOverGap' },
      'SKIP nettedOverGap: left and taken up again while nobody watched',
    ],
    [
      'roundTrip',
      { ...signal(), obstacle: 'roundTrip' },
      'SKIP roundTrip: bought and sold in the same second, ends where it began',
    ],
    [
      'endedWithItsDay',
      { ...signal({ side: 'SELL' }, 130), obstacle: 'endedWithItsDay' },
      'SKIP endedWithItsDay: told on a later day than 2026-12-01, when nothing of it stood any more',
    ],
    [
      'lockstepOrder',
      { ...signal({ side: 'SELL' }, 130), obstacle: 'lockstepOrder' },
      "SKIP lockstepOrder: the master's order carries a Lockstep tag",
    ],
  ])('%s is copied by nobody', (_, found, expected) => {
    expect(show(planFor(found, [{ position: long }]).decisions[0])).toBe(expected)
  })

  test('a signal that opens for the master but stands against what was copied only leaves', () => {
    const opens = signal({ side: 'SELL', filled: 65 })
    expect(opens.effect).toBe('entry')
    expect(show(planFor(opens, [{ position: long }]).decisions[0])).toBe('EXIT 130 -> 0')
  })
})

describe('for any followers', () => {
  const anySketch: fc.Arbitrary<Sketch> = fc.record({
    settings: fc.record({
      sizing: fc.constantFrom<FollowerSettings['sizing']>(
        { mode: 'mirror' },
        half,
        { mode: 'fixedLots', lots: 3n },
        { mode: 'fixedQuantity', quantity: units(100) },
        { mode: 'multiplier', by: ratio(37n, 10n) },
        { mode: 'proportional' },
      ),
      rounding: fc.constantFrom('down' as const, 'nearest' as const, 'up' as const),
      enabled: fc.boolean(),
    }),
    limits: fc.record({
      maxOrderQuantity: fc.option(fc.integer({ min: 1, max: 4000 }).map(units), { nil: null }),
      maxOrderValue: fc.option(
        fc.integer({ min: 1000, max: 500_000 }).map((rupees) => parseMoney(rupees)),
        { nil: null },
      ),
      maxPositionQuantity: fc.option(fc.integer({ min: 1, max: 6000 }).map(units), { nil: null }),
      maxOrdersPerDay: fc.option(fc.integer({ min: 1, max: 10 }), { nil: null }),
    }),
    state: fc.record({ ordersToday: fc.nat(10), isPaused: fc.boolean() }),
    position: fc.constantFrom(FLAT, long),
  })
  const anySignal = fc
    .record({
      filled: fc.integer({ min: 1, max: 90 }).map((lots) => lots * 65),
      side: fc.constantFrom('BUY' as const, 'SELL' as const),
    })
    .map((sketch) => signal(sketch, 0))

  const RUNS = { numRuns: 500 }

  const oneEach = (planner: typeof plan): fc.IProperty<[Signal, Sketch[]]> =>
    fc.property(anySignal, fc.array(anySketch, { maxLength: 8 }), (found, sketches) => {
      const views = sketches.map(follower)
      const { decisions } = planner(found, views, market, tags())
      expect(decisions.map((decision) => decision.lane)).toEqual(views.map((view) => view.lane))
    })

  test('each has exactly one decision, in its own lane', () => {
    fc.assert(oneEach(plan), RUNS)
  })

  test('control: a plan that says nothing of who skips is noticed', () => {
    const silent: typeof plan = (...asked) => {
      const planned = plan(...asked)
      return { ...planned, decisions: planned.decisions.filter(({ kind }) => kind !== 'skip') }
    }
    expect(fc.check(oneEach(silent), RUNS).failed).toBe(true)
  })

  test('the same question has the same answer, and one follower changes no other', () => {
    fc.assert(
      fc.property(anySignal, anySketch, anySketch, (found, one, other) => {
        const bare = (made: Decision | undefined) =>
          made?.kind === 'entry'
            ? { ...made, intents: made.intents.map(({ tag: _, ...intent }) => intent) }
            : made
        const alone = planFor(found, [one]).decisions[0]
        expect(planFor(found, [one]).decisions[0]).toEqual(alone)
        expect(bare(planFor(found, [other, one]).decisions[1])).toEqual(bare(alone))
      }),
      RUNS,
    )
  })

  const withinLimits = (
    decideWith: (found: Signal, sketch: Sketch) => Decision | undefined,
  ): fc.IProperty<[Signal, Sketch]> =>
    fc.property(anySignal, anySketch, (found, sketch) => {
      const decision = decideWith(found, sketch)
      if (decision?.kind !== 'entry') return true
      const { limits } = follower(sketch).settings
      const quantity = sum(decision.intents.map((intent) => intent.quantity))
      const { held } = sketch.position ?? FLAT
      const pricing = decision.intents[0]?.pricing
      const price = pricing?.kind === 'limit' ? pricing.price : parsePrice('101.20')
      return (
        quantity === decision.quantity &&
        decision.intents.every(
          (intent) => intent.quantity % NIFTY.lotSize === 0n && intent.quantity <= units(1800),
        ) &&
        (limits.maxOrderQuantity === null || quantity <= limits.maxOrderQuantity) &&
        (limits.maxOrderValue === null || worth(price, quantity) <= limits.maxOrderValue) &&
        (limits.maxPositionQuantity === null ||
          magnitude(held) + quantity <= limits.maxPositionQuantity) &&
        (limits.maxOrdersPerDay === null ||
          (sketch.state?.ordersToday ?? 0) + decision.intents.length <= limits.maxOrdersPerDay)
      )
    })

  test('no sizing and no rounding exceeds a limit, and slices are whole lots that sum up', () => {
    fc.assert(
      withinLimits((found, sketch) => planFor(found, [sketch]).decisions[0]),
      RUNS,
    )
  })

  test.each([
    'maxOrderQuantity',
    'maxOrderValue',
    'maxPositionQuantity',
    'maxOrdersPerDay',
  ] as const)('control: forgetting %s is noticed', (limit) => {
    const forgetful = withinLimits(
      (found, sketch) =>
        planFor(found, [{ ...sketch, limits: { ...sketch.limits, [limit]: null } }]).decisions[0],
    )
    expect(fc.check(forgetful, { numRuns: 3000 }).failed).toBe(true)
  })
})
