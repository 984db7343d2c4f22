import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { accountName } from '../../src/domain/ids.ts'
import type { Instrument } from '../../src/domain/instrument.ts'
import { type Lane, type LaneKey, laneKey } from '../../src/domain/lane.ts'
import { formatDecimal, parsePrice, type Quantity, units } from '../../src/domain/numbers.ts'
import type { Side } from '../../src/domain/order.ts'
import { type OwnFill, profitAndLoss, profitParts } from '../../src/domain/profit.ts'
import { NIFTY_CALL, SBIN } from '../decide/instruments.ts'

const lane = (instrument: Instrument): Lane => ({
  follower: accountName('FOLLOWER_1'),
  mode: 'live',
  instrument: instrument.id,
  product: 'INTRADAY',
})
const fill = (side: Side, quantity: number, price: string, instrument = NIFTY_CALL): OwnFill => ({
  lane: lane(instrument),
  side,
  quantity: units(quantity),
  price: parsePrice(price),
})

const LAST = new Map([
  [NIFTY_CALL.id, parsePrice('110')],
  [SBIN.id, parsePrice('790')],
])

/** Fills oldest first, as they happened; the ledger tells the newest first. */
const profit = (fills: readonly OwnFill[], last = LAST, carried = new Map<LaneKey, Quantity>()) =>
  formatDecimal(profitAndLoss(fills.toReversed(), last, carried))

describe('profit and loss of a day', () => {
  test.each<[string, OwnFill[], string]>([
    ['no fills', [], '0'],
    ['bought and sold', [fill('BUY', 65, '100'), fill('SELL', 65, '102')], '130'],
    ['sold and bought back', [fill('SELL', 65, '100'), fill('BUY', 65, '102')], '-130'],
    ['still open, at the last price', [fill('BUY', 65, '100')], '650'],
    ['still short, at the last price', [fill('SELL', 65, '100')], '-650'],
    ['half closed', [fill('BUY', 130, '100'), fill('SELL', 65, '90')], '0'],
    ['through zero', [fill('BUY', 65, '100'), fill('SELL', 130, '105')], '0'],
    ['two instruments', [fill('BUY', 65, '100'), fill('BUY', 10, '800', SBIN)], '550'],
  ])('%s', (_, fills, expected) => {
    expect(profit(fills)).toBe(expected)
  })

  test.each<[string, OwnFill[], string, string]>([
    ['all of it while nothing is closed', [fill('BUY', 65, '100')], '650', '650'],
    [
      'none of it when all is closed',
      [fill('BUY', 65, '100'), fill('SELL', 65, '102')],
      '130',
      '0',
    ],
    [
      'half of it, at the average cost',
      [fill('BUY', 65, '100'), fill('BUY', 65, '104'), fill('SELL', 65, '106')],
      '780',
      '520',
    ],
    ['what is short', [fill('SELL', 65, '100')], '-650', '-650'],
    [
      'what is left beyond zero alone',
      [fill('BUY', 65, '100'), fill('SELL', 130, '105')],
      '0',
      '-325',
    ],
  ])('of it open: %s', (_, fills, total, open) => {
    const parts = profitParts(fills.toReversed(), LAST, new Map())
    expect([formatDecimal(parts.total), formatDecimal(parts.open)]).toEqual([total, open])
  })

  test('without a last price the last own fill is the price', () => {
    const fills = [fill('BUY', 65, '100'), fill('BUY', 65, '98')]
    expect(profit(fills, new Map())).toBe('-130')
  })

  test('a fill without a price is neither profit nor loss yet', () => {
    const unpriced = { ...fill('BUY', 65, '1'), price: null }
    expect(profit([unpriced])).toBe('0')
    expect(profit([unpriced], new Map())).toBe('0')
    expect(profit([unpriced, fill('BUY', 65, '100')])).toBe('650')
    expect(profit([unpriced, fill('SELL', 65, '105')], new Map())).toBe('0')
  })

  test("closing what yesterday left is no short position of today's", () => {
    const carried = new Map([[laneKey(lane(NIFTY_CALL)), units(65)]])
    const sold = [fill('SELL', 65, '100')]
    expect(profit(sold, LAST, carried)).toBe('0')
    const soldMore = [fill('SELL', 130, '100')]
    expect(profit(soldMore, LAST, carried)).toBe('-650')
    const boughtMore = [fill('BUY', 65, '100'), fill('SELL', 130, '110')]
    expect(profit(boughtMore, LAST, carried)).toBe('650')
  })

  const needsNoLastPrice = (profitOf: typeof profit) =>
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 9999 })), {
        maxLength: 10,
      }),
      fc.integer({ min: 1, max: 9999 }),
      (trades, exit) => {
        const bought = trades.map(([lots, price]) => fill('BUY', lots * 65, String(price)))
        const total = trades.reduce((sum, [lots]) => sum + lots * 65, 0)
        const all = total > 0 ? [...bought, fill('SELL', total, String(exit))] : []
        expect(profitOf(all)).toBe(profitOf(all, new Map()))
      },
    )

  test('flat at the end, the last price changes nothing', () => fc.assert(needsNoLastPrice(profit)))

  test('control: a profit that overlooks the last fill needs it', () => {
    const overlooking: typeof profit = (fills, ...rest) => profit(fills.slice(0, -1), ...rest)
    expect(() => fc.assert(needsNoLastPrice(overlooking))).toThrow()
  })
})
