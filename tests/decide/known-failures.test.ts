// What copiers are known to get wrong and a pure decision can show, each with the right answer.
import { describe, expect, test } from 'vitest'
import {
  type FollowerNow,
  type GuardSettings,
  guardEntry,
  marketAt,
} from '../../src/decide/guard.ts'
import { pace } from '../../src/decide/pace.ts'
import { priceEntry, worstPrice } from '../../src/decide/price.ts'
import { checkRules } from '../../src/decide/rules.ts'
import { sizeEntry } from '../../src/decide/size.ts'
import { slice } from '../../src/decide/slice.ts'
import { NO_OVERRIDES } from '../../src/domain/calendar.ts'
import { CALENDAR_TABLE } from '../../src/domain/calendar-data.ts'
import { freezeOf } from '../../src/domain/freeze.ts'
import type { Instrument } from '../../src/domain/instrument.ts'
import {
  formatDecimal,
  NO_MONEY,
  NO_QUANTITY,
  ONE,
  parseDecimal,
  parseMoney,
  parsePrice,
  type Quantity,
  units,
} from '../../src/domain/numbers.ts'
import { bandOf } from '../../src/domain/protection-band.ts'
import { ratioOf } from '../../src/domain/ratio.ts'
import type { Limits, Rules, Sizing } from '../../src/domain/settings.ts'
import {
  HOUR,
  type Instant,
  instant,
  after as later,
  MINUTE,
  SECOND,
} from '../../src/domain/time.ts'
import type { Windows } from '../../src/domain/windows.ts'
import { BANKNIFTY_CALL, FINNIFTY_CALL, NIFTY_CALL } from './instruments.ts'

const by = (text: string): Sizing => ({ mode: 'multiplier', by: ratioOf(parseDecimal(text)) })

function copied(sizing: Sizing, quantity: number, lot = 65): number | string {
  const sized = sizeEntry({
    sizing,
    rounding: 'down',
    lot: units(lot),
    before: NO_QUANTITY,
    quantity: units(quantity),
    masterCapital: null,
    followerCapital: null,
  })
  return sized.kind === 'sized' ? Number(sized.quantity / ONE) : sized.reason.kind
}

const ENTRY_NOON = instant(Date.parse('2026-11-20T12:00:00+05:30'))
const NO_LIMITS: Limits = {
  maxOrderQuantity: null,
  maxOrderValue: null,
  maxPositionQuantity: null,
  maxOrdersPerDay: null,
  maxDailyLoss: null,
  pauseAfterRejections: null,
}

function guarded(some: {
  limits?: Partial<Limits>
  ageMs?: number
  follower?: Partial<FollowerNow>
}): string {
  const settings: GuardSettings = {
    maxAgeMs: MINUTE,
    maxSlippage: { kind: 'band' },
    hours: 'enforce',
    limits: { ...NO_LIMITS, ...some.limits },
  }
  const reason = guardEntry(
    {
      instrument: NIFTY_CALL,
      product: 'INTRADAY',
      side: 'BUY',
      quantity: units(65),
      orders: 1,
      pricing: { kind: 'limit', price: parsePrice('100') },
      masterPrice: parsePrice('100'),
      filledAt: later(ENTRY_NOON, -(some.ageMs ?? 0)),
    },
    {
      isEnabled: true,
      accountStopped: null,
      isPaused: false,
      rejectionsInARow: 0,
      position: NO_QUANTITY,
      ordersToday: 0,
      profitToday: NO_MONEY,
      ...some.follower,
    },
    settings,
    marketAt(ENTRY_NOON, { table: CALENDAR_TABLE, overrides: NO_OVERRIDES }, null),
  )
  return reason?.kind ?? 'go'
}

function letsThrough(symbols: Rules['symbols']): readonly string[] {
  const rules: Rules = { symbols, exchanges: [], products: [], orderTypes: [], sides: [] }
  return [NIFTY_CALL, BANKNIFTY_CALL, FINNIFTY_CALL]
    .filter((instrument: Instrument) => {
      const { exchange, symbol } = instrument
      const ruled = { exchange, symbol, product: 'INTRADAY', side: 'BUY' } as const
      return checkRules({ ...ruled, pricing: { kind: 'market' } }, instrument, rules) === null
    })
    .map((instrument) => instrument.underlying)
}

describe('sizes', () => {
  test('a multiplier never gives a part of a lot', () => {
    expect([65, 195, 130].map((quantity) => copied(by('0.5'), quantity))).toEqual([
      'lessThanOneLot',
      65,
      65,
    ])
  })

  test('what is too small is never lifted to the least that can be sent', () => {
    expect(copied(by('0.01'), 65)).toBe('lessThanOneLot')
  })

  test('nothing is never sent as an order of 0', () => {
    expect(copied(by('0'), 650)).toBe('lessThanOneLot')
    expect(slice(NO_QUANTITY, units(65), null)).toEqual([])
  })

  test('the same small fill again and again is neither lost nor rounded up', () => {
    let before = 0n
    let total = 0n
    for (let fill = 0; fill < 20; fill++) {
      const sized = sizeEntry({
        sizing: by('0.3'),
        rounding: 'down',
        lot: units(65),
        before: before as Quantity,
        quantity: units(65),
        masterCapital: null,
        followerCapital: null,
      })
      before += units(65)
      total += sized.kind === 'sized' ? sized.quantity : 0n
    }
    expect(total).toBe(units(390))
  })

  test('a copy above the freeze quantity is sliced, not refused', () => {
    const quantity = copied({ mode: 'multiplier', by: ratioOf(parseDecimal('2')) }, 1300)
    expect(quantity).toBe(2600)
    const slices = slice(units(2600), units(65), freezeOf(NIFTY_CALL, new Map()))
    expect(slices).toEqual([units(1755), units(845)])
  })
})

describe('symbol lists', () => {
  test('an underlying lets its own contracts through and no others', () => {
    expect(letsThrough({ allow: ['NIFTY'], block: [] })).toEqual(['NIFTY'])
  })

  test('a blocked underlying is blocked in every contract', () => {
    expect(letsThrough({ allow: [], block: ['FINNIFTY'] })).toEqual(['NIFTY', 'BANKNIFTY'])
  })

  test('no list is no rule, and a list is one without any further switch', () => {
    expect(letsThrough({ allow: [], block: [] })).toHaveLength(3)
    expect(letsThrough({ allow: ['TCS'], block: [] })).toHaveLength(0)
  })
})

describe('guards', () => {
  test('limits that are written are read', () => {
    expect(guarded({ limits: { maxOrderValue: parseMoney('6499') } })).toBe('maxOrderValue')
    expect(
      guarded({
        limits: { maxDailyLoss: parseMoney('1000') },
        follower: { profitToday: parseMoney('-1000') },
      }),
    ).toBe('maxDailyLoss')
  })

  test('an age is compared with an age', () => {
    expect(guarded({ ageMs: 59 * SECOND })).toBe('go')
    expect(guarded({ ageMs: 61 * SECOND })).toBe('tooOld')
    expect(guarded({ ageMs: 20 * HOUR })).toBe('tooOld')
  })

  test('slippage is a share of the price, not the same amount for every price', () => {
    const bound = (price: string) =>
      formatDecimal(worstPrice('BUY', parsePrice(price), bandOf(NIFTY_CALL, parsePrice(price))))
    expect([bound('0.5'), bound('15'), bound('400')]).toEqual(['0.6', '16.5', '410'])
  })
})

describe('orders', () => {
  test('a stop-limit is one order, with its price', () => {
    const master = {
      kind: 'stopLimit',
      trigger: parsePrice('100'),
      price: parsePrice('101'),
    } as const
    const entry = {
      instrument: NIFTY_CALL,
      side: 'BUY',
      circuit: null,
      master,
      average: parsePrice('100.5'),
      maxSlippage: { kind: 'band' },
    } as const
    expect(priceEntry({ ...entry, orders: { market: 'limit', stops: 'same' } })).toEqual(master)
    expect(priceEntry({ ...entry, orders: { market: 'limit', stops: 'as-executed' } })).toEqual({
      kind: 'limit',
      price: master.price,
    })
  })

  test("twenty orders at once are spread over the broker's windows, none dropped", () => {
    const windows: Windows = [
      { lengthMs: SECOND, most: 9, mostForEntries: 6 },
      { lengthMs: MINUTE, most: 500, mostForEntries: 400 },
    ]
    const history: Instant[] = []
    let now = ENTRY_NOON
    while (history.length < 20) {
      const answer = pace({ history, windows, now, purpose: 'entry', cost: 1 })
      if (answer.kind === 'go') history.push(now)
      else now = answer.until
    }
    expect(history.map((at) => at - ENTRY_NOON)).toEqual([
      ...Array(6).fill(0),
      ...Array(6).fill(1001),
      ...Array(6).fill(2002),
      ...Array(2).fill(3003),
    ])
  })
})
