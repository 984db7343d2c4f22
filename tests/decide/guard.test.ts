import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type EntryToGuard,
  type FollowerNow,
  type GuardSettings,
  guardEntry,
  type Market,
  marketAt,
} from '../../src/decide/guard.ts'
import { slice } from '../../src/decide/slice.ts'
import { marketState, NO_OVERRIDES } from '../../src/domain/calendar.ts'
import { CALENDAR_TABLE } from '../../src/domain/calendar-data.ts'
import {
  add,
  magnitude,
  NO_MONEY,
  NO_QUANTITY,
  parseDecimal,
  parseMoney,
  parsePrice,
  units,
} from '../../src/domain/numbers.ts'
import { type Side, signed } from '../../src/domain/order.ts'
import { ratioOf } from '../../src/domain/ratio.ts'
import { describeReason } from '../../src/domain/reason.ts'
import type { Limits } from '../../src/domain/settings.ts'
import { type Instant, instant, after as later, SECOND } from '../../src/domain/time.ts'
import { GOLD_FUTURE, NIFTY_CALL, SBIN } from './instruments.ts'

const ist = (text: string): Instant => instant(Date.parse(`${text.replace(' ', 'T')}+05:30`))
const NOON = ist('2026-11-20 12:00:00')

const NO_LIMITS: Limits = {
  maxOrderQuantity: null,
  maxOrderValue: null,
  maxPositionQuantity: null,
  maxOrdersPerDay: null,
  maxDailyLoss: null,
  pauseAfterRejections: 3,
}
const ENTRY: EntryToGuard = {
  instrument: NIFTY_CALL,
  product: 'INTRADAY',
  side: 'BUY',
  quantity: units(130),
  orders: 1,
  pricing: { kind: 'limit', price: parsePrice('102.50') },
  masterPrice: parsePrice('100'),
  filledAt: later(NOON, -2 * SECOND),
}
const FOLLOWER: FollowerNow = {
  isEnabled: true,
  accountStopped: null,
  isPaused: false,
  rejectionsInARow: 0,
  position: NO_QUANTITY,
  ordersToday: 0,
  profitToday: NO_MONEY,
}
const SETTINGS: GuardSettings = {
  maxAgeMs: 60 * SECOND,
  maxSlippage: { kind: 'band' },
  hours: 'enforce',
  limits: NO_LIMITS,
}
const CALENDAR = { table: CALENDAR_TABLE, overrides: NO_OVERRIDES }
const MARKET = { now: NOON, last: parsePrice('100.50') }
const SEEN = marketAt(NOON, CALENDAR, MARKET.last)

interface Some {
  readonly entry?: Partial<EntryToGuard>
  readonly follower?: Partial<FollowerNow>
  readonly settings?: Partial<GuardSettings>
  readonly limits?: Partial<Limits>
  readonly market?: Partial<Pick<Market, 'now' | 'last'>>
}

const guard = ({ entry, follower, settings, limits, market }: Some): string => {
  const { now, last } = { ...MARKET, ...market }
  const reason = guardEntry(
    { ...ENTRY, ...entry },
    { ...FOLLOWER, ...follower },
    { ...SETTINGS, limits: { ...NO_LIMITS, ...limits }, ...settings },
    marketAt(now, CALENDAR, last),
  )
  return reason === null ? 'go' : describeReason(reason)
}

/** The same entry, two seconds after the master's fill, at another moment. */
const at = (text: string) => ({
  entry: { filledAt: later(ist(text), -2 * SECOND) },
  market: { now: ist(text) },
})

describe('the guards of an entry', () => {
  test.each<[string, Some, string]>([
    ['nothing in the way', {}, 'go'],

    ['disabled', { follower: { isEnabled: false } }, 'disabled'],
    ['paused', { follower: { isPaused: true } }, 'paused'],
    ['two rejections', { follower: { rejectionsInARow: 2 } }, 'go'],
    [
      'three rejections',
      { follower: { rejectionsInARow: 3 } },
      'pausedAfterRejections: 3 rejections in a row',
    ],
    [
      'three rejections that nobody counts',
      { follower: { rejectionsInARow: 3 }, limits: { pauseAfterRejections: null } },
      'go',
    ],
    [
      'a stopped account',
      { follower: { accountStopped: 'PIN refused' } },
      'accountStopped: PIN refused',
    ],

    ['as old as allowed', { entry: { filledAt: later(NOON, -60_000) } }, 'go'],
    [
      'too old',
      { entry: { filledAt: later(NOON, -60_001) } },
      "tooOld: 1 min since the master's fill > 1 min",
    ],
    [
      'two minutes old',
      { entry: { filledAt: later(NOON, -125_000) } },
      "tooOld: 2 min 5 s since the master's fill > 1 min",
    ],
    ['a fill ahead of our clock', { entry: { filledAt: later(NOON, 500) } }, 'go'],

    ['a weekend', at('2026-11-21 12:00:00'), 'marketClosed: NFO at 12:00:00'],
    ['a holiday', at('2026-12-25 12:00:00'), 'holiday: NFO on 2026-12-25, Christmas'],
    ['before the open', at('2026-11-20 09:14:59'), 'marketClosed: NFO at 09:14:59'],
    ['INTRADAY just in time', at('2026-11-20 15:09:59'), 'go'],
    ['INTRADAY too late', at('2026-11-20 15:10:00'), 'intradayTooLate: 15:10:00 is after 15:10:00'],
    [
      'CARRYFORWARD in the longer session',
      {
        ...at('2026-11-20 15:39:00'),
        entry: { ...at('2026-11-20 15:39:00').entry, product: 'CARRYFORWARD' },
      },
      'go',
    ],
    [
      'a share in its closing auction',
      {
        ...at('2026-11-20 15:20:00'),
        entry: {
          ...at('2026-11-20 15:20:00').entry,
          product: 'DELIVERY',
          instrument: SBIN,
          masterPrice: parsePrice('101'),
        },
      },
      'go',
    ],
    [
      'INTRADAY gold in the evening',
      {
        ...at('2026-11-20 21:00:00'),
        entry: { ...at('2026-11-20 21:00:00').entry, instrument: GOLD_FUTURE },
      },
      'go',
    ],
    [
      'hours that nobody enforces',
      { ...at('2026-11-21 03:00:00'), settings: { hours: 'ignore' } },
      'go',
    ],

    ['a price at the band', { market: { last: parsePrice('102.50') } }, 'go'],
    [
      'a price above the band',
      { market: { last: parsePrice('102.55') } },
      'priceWorse: last 102.55 is above 102.50 (master 100.00)',
    ],
    ['a better price', { market: { last: parsePrice('40') } }, 'go'],
    [
      'a worse price for a seller',
      { entry: { side: 'SELL' }, market: { last: parsePrice('97.45') } },
      'priceWorse: last 97.45 is below 97.50 (master 100.00)',
    ],
    [
      'a better price for a seller',
      { entry: { side: 'SELL' }, market: { last: parsePrice('150') } },
      'go',
    ],
    [
      'half a per cent',
      { settings: { maxSlippage: { kind: 'share', of: ratioOf(parseDecimal('0.005')) } } },
      'go',
    ],
    [
      'more than half a per cent',
      {
        settings: { maxSlippage: { kind: 'share', of: ratioOf(parseDecimal('0.005')) } },
        market: { last: parsePrice('100.55') },
      },
      'priceWorse: last 100.55 is above 100.50 (master 100.00)',
    ],
    [
      'slippage switched off',
      { settings: { maxSlippage: { kind: 'off' } }, market: { last: parsePrice('900') } },
      'go',
    ],
    ['no price known', { market: { last: null } }, 'go'],

    ['as large as allowed', { limits: { maxOrderQuantity: units(130) } }, 'go'],
    ['too large', { limits: { maxOrderQuantity: units(129) } }, 'maxOrderQuantity: 130 > 129'],
    ['worth as much as allowed', { limits: { maxOrderValue: parseMoney('13325') } }, 'go'],
    [
      'worth too much',
      { limits: { maxOrderValue: parseMoney('13324.99') } },
      'maxOrderValue: 13325.00 > 13324.99',
    ],
    [
      "a market order is worth the master's price",
      { entry: { pricing: { kind: 'market' } }, limits: { maxOrderValue: parseMoney('12999') } },
      'maxOrderValue: 13000.00 > 12999.00',
    ],
    [
      'the position with this',
      { follower: { position: units(65) }, limits: { maxPositionQuantity: units(195) } },
      'go',
    ],
    [
      'a position too large',
      { follower: { position: units(130) }, limits: { maxPositionQuantity: units(195) } },
      'maxPositionQuantity: 260 > 195',
    ],
    [
      'a short position too large',
      {
        entry: { side: 'SELL' },
        follower: { position: units(-130) },
        limits: { maxPositionQuantity: units(195) },
      },
      'maxPositionQuantity: 260 > 195',
    ],
    [
      'the last order of the day',
      { follower: { ordersToday: 99 }, limits: { maxOrdersPerDay: 100 } },
      'go',
    ],
    [
      'one order too many',
      { follower: { ordersToday: 100 }, limits: { maxOrdersPerDay: 100 } },
      'maxOrdersPerDay: 101 with this > 100',
    ],
    [
      'slices are orders too',
      { entry: { orders: 4 }, follower: { ordersToday: 97 }, limits: { maxOrdersPerDay: 100 } },
      'maxOrdersPerDay: 101 with this > 100',
    ],
    [
      'a loss below the limit',
      {
        follower: { profitToday: parseMoney('-9999.99') },
        limits: { maxDailyLoss: parseMoney('10000') },
      },
      'go',
    ],
    [
      'a loss at the limit',
      {
        follower: { profitToday: parseMoney('-10000') },
        limits: { maxDailyLoss: parseMoney('10000') },
      },
      'maxDailyLoss: 10000.00 lost today >= 10000.00',
    ],
    [
      'a profit',
      {
        follower: { profitToday: parseMoney('50000') },
        limits: { maxDailyLoss: parseMoney('10000') },
      },
      'go',
    ],
  ])('%s', (_, some, expected) => {
    expect(guard(some)).toBe(expected)
  })

  test('the first reason is the one to lift first', () => {
    const everything: Some = {
      entry: { filledAt: later(NOON, -90_000) },
      follower: { isEnabled: false, isPaused: true },
      limits: { maxOrderQuantity: units(1) },
      market: { last: parsePrice('500') },
    }
    expect(guard(everything)).toBe('disabled')
    const enabled = { ...everything, follower: { isPaused: true } }
    expect(guard(enabled)).toBe('paused')
    const running = { ...everything, follower: {} }
    expect(guard(running)).toMatch(/^tooOld/)
    const young = { ...running, entry: {} }
    expect(guard(young)).toMatch(/^priceWorse/)
    expect(guard({ ...young, market: {} })).toMatch(/^maxOrderQuantity/)
  })
})

type Guard = typeof guardEntry

// A follower that takes whatever the guard lets through, in slices as they would be sent.
const staysWithinItsLimits = (check: Guard) =>
  fc.property(
    fc.array(
      fc.record({
        lots: fc.integer({ min: 1, max: 60 }),
        side: fc.constantFrom<Side>('BUY', 'SELL'),
      }),
      { minLength: 5, maxLength: 40 },
    ),
    (entries) => {
      let position = NO_QUANTITY
      let ordersToday = 0
      for (const { lots, side } of entries) {
        const quantity = units(lots * 65)
        const orders = slice(quantity, units(65), units(260)).length
        const entry: EntryToGuard = { ...ENTRY, side, quantity, orders }
        const follower: FollowerNow = { ...FOLLOWER, position, ordersToday }
        if (check(entry, follower, { ...SETTINGS, limits: LIMITS }, SEEN) !== null) continue
        expect(quantity <= units(1800)).toBe(true)
        position = add(position, signed(side, quantity))
        ordersToday += orders
      }
      expect(magnitude(position) <= units(2600)).toBe(true)
      expect(ordersToday <= 40).toBe(true)
    },
  )

const LIMITS: Limits = {
  ...NO_LIMITS,
  maxOrderQuantity: units(1800),
  maxPositionQuantity: units(2600),
  maxOrdersPerDay: 40,
}

describe('what always holds', () => {
  test('no limit of a follower is exceeded, whatever comes', () =>
    fc.assert(staysWithinItsLimits(guardEntry)))

  test('control: a guard that forgets what is held already does not hold', () => {
    const forgetful: Guard = (entry, follower, settings, market) =>
      guardEntry(entry, { ...follower, position: NO_QUANTITY }, settings, market)
    expect(() => fc.assert(staysWithinItsLimits(forgetful), { numRuns: 1000 })).toThrow()
  })

  test('control: a guard that counts a sliced copy as one order does not hold', () => {
    const counting: Guard = (entry, follower, settings, market) =>
      guardEntry({ ...entry, orders: 1 }, follower, settings, market)
    expect(() => fc.assert(staysWithinItsLimits(counting), { numRuns: 1000 })).toThrow()
  })
})

test('the calendar is asked once for a moment, of each exchange', () => {
  let asked = 0
  const calendar = {
    ...CALENDAR,
    get table() {
      asked += 1
      return CALENDAR_TABLE
    },
  }
  const { stateOf } = marketAt(NOON, calendar, null)
  expect(stateOf('NFO')).toEqual(marketState('NFO', NOON, CALENDAR))
  const before = asked
  expect(stateOf('NFO')).toBe(stateOf('NFO'))
  expect(asked).toBe(before)
  expect(stateOf('MCX')).toEqual(marketState('MCX', NOON, CALENDAR))
  expect(asked).toBeGreaterThan(before)
})
