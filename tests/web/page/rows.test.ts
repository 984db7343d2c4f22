// The list of orders without a browser: signals as rows, the rows in sight, and a fresh page in what is known.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { mergeSignals, rowsInSight, rowsOf } from '../../../src/web/page/rows.ts'
import type { CopyRow, SignalRow } from '../../../src/web/shapes/orders.ts'

const copy = (follower: string): CopyRow => ({
  follower,
  label: null,
  mode: 'live',
  decision: 'entry',
  outcome: 'filled',
  quantity: '65',
  reason: null,
  filled: '65',
  averagePrice: '101.20',
  slippage: '0.00',
  orders: 1,
  steps: {
    seenMs: 1,
    decidedMs: 1,
    recordedMs: 1,
    answeredMs: 1,
    filledMs: 1,
    inAllMs: 5,
  },
})
const signal = (number: number, followers = 2, price = '1'): SignalRow => ({
  signal: number,
  effect: 'entry',
  side: 'BUY',
  quantity: '65',
  symbol: 'SBIN-EQ',
  exchange: 'NSE',
  product: 'INTRADAY',
  price,
  source: 'book',
  filledAt: '2026-12-01T10:00:00.000+05:30',
  seenAt: '2026-12-01T10:00:01.000+05:30',
  copies: Array.from({ length: followers }, (_, at) => copy(`FOLLOWER_${at + 1}`)),
})
const numbers = (signals: readonly SignalRow[]): readonly number[] =>
  signals.map((each) => each.signal)

describe('rows', () => {
  it('are a signal, and its copies below it where it is open', () => {
    const rows = rowsOf([signal(2), signal(1)], (each) => each.signal === 1)
    expect(rows.map(({ key }) => key)).toEqual(['2', '1', '1 FOLLOWER_1', '1 FOLLOWER_2'])
  })
})

describe('the rows in sight', () => {
  interface Place {
    readonly scrollTop: number
    readonly height: number
    readonly count: number
  }
  const places = fc.record({
    scrollTop: fc.integer({ min: -50, max: 400_000 }),
    height: fc.integer({ min: 0, max: 2000 }),
    count: fc.integer({ min: 0, max: 10_100 }),
  })
  const rowHeight = 34
  const holds = (inSight: typeof rowsInSight): void =>
    fc.assert(
      fc.property(places, ({ scrollTop, height, count }: Place) => {
        const { first, end } = inSight({ scrollTop, height, rowHeight, count })
        const last = Math.max(0, count * rowHeight - height)
        const top = Math.max(0, Math.min(scrollTop, last))
        if (count > 0 && scrollTop <= last) {
          expect(first * rowHeight).toBeLessThanOrEqual(top)
          expect(end * rowHeight).toBeGreaterThanOrEqual(Math.min(top + height, count * rowHeight))
        }
        expect(first).toBeGreaterThanOrEqual(0)
        expect(end).toBeLessThanOrEqual(count)
        expect(end - first).toBeLessThanOrEqual(Math.ceil(height / rowHeight) + 13)
      }),
    )

  it('cover what is seen, and are a screenful however many there are', () => holds(rowsInSight))

  it('control: drawing all of them, or a row too few, is found out', () => {
    expect(() => holds(({ count }) => ({ first: 0, end: count }))).toThrow()
    expect(() =>
      holds((sight) => {
        const { first, end } = rowsInSight(sight)
        return { first: first + 8, end }
      }),
    ).toThrow()
  })
})

describe('a fresh page', () => {
  const known = [5, 4, 3, 2].map((number) => signal(number))

  it.each([
    ['a new one and a changed one', [6, 5], 5, [6, 5, 4, 3, 2]],
    ['one that no longer meets the filter', [6, 4], 4, [6, 4, 3, 2]],
    ['all of them gone', [], 0, []],
    ['nothing new', [5], 5, [5, 4, 3, 2]],
  ])('takes in %s', (_, fresh, since, after) => {
    const merged = mergeSignals(
      known,
      fresh.map((number) => signal(number, 2, '9')),
      since,
    )
    expect(numbers(merged)).toEqual(after)
    for (const each of merged) expect(each.price).toBe(fresh.includes(each.signal) ? '9' : '1')
  })
})
