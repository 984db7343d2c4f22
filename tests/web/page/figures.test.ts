// How the page writes amounts, ages and times, and adds amounts up: exactly, from texts.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  ago,
  clock,
  dayText,
  duration,
  grouped,
  NOTHING,
  percent,
  rupees,
  secondsLeft,
  signedNumber,
  signedRupees,
  signOf,
} from '../../../src/web/page/format.ts'
import { marksOf, spanOf } from '../../../src/web/page/series.ts'
import { addAmounts } from '../../../src/web/page/sums.ts'

describe('amounts', () => {
  it.each([
    ['0', '0'],
    ['999', '999'],
    ['1000', '1,000'],
    ['100000', '1,00,000'],
    ['1234567.50', '12,34,567.50'],
    ['-1234567.50', '−12,34,567.50'],
    ['-0.00', '0.00'],
    ['123456789012345678.01', '1,23,45,67,89,01,23,45,678.01'],
  ])('%s is grouped as %s', (amount, text) => {
    expect(grouped(amount)).toBe(text)
  })

  it.each([
    ['203400', '₹2,03,400.00'],
    ['-12.5', '−₹12.50'],
    ['0.125', '₹0.125'],
  ])('%s in rupees is %s', (amount, text) => {
    expect(rupees(amount)).toBe(text)
  })

  it('shows a gain and a loss by its sign', () => {
    expect(['12.5', '0', '-3'].map(signedRupees)).toEqual(['+₹12.50', '₹0.00', '−₹3.00'])
    expect(['0.25', '0.00', '-1'].map(signedNumber)).toEqual(['+0.25', '0.00', '−1'])
    expect(['0.01', '-0', '-0.5'].map(signOf)).toEqual([1, 0, -1])
  })

  it('never shows a figure where nothing is known', () => {
    expect([rupees(null), signedNumber(null), percent(null)]).toEqual([NOTHING, NOTHING, NOTHING])
  })

  it('rounds a share down, so that 100 % means all', () => {
    expect([percent(1), percent(0.99999), percent(0)]).toEqual(['100.0 %', '99.9 %', '0.0 %'])
  })
})

describe('sums', () => {
  const cents = fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n })
  const amountOf = (value: bigint): string => {
    const digits = String(value < 0n ? -value : value).padStart(3, '0')
    return `${value < 0n ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`
  }
  const value = (amount: string): bigint => {
    const [whole = '', fraction = ''] = amount.replace('-', '').split('.')
    const size = BigInt(whole + fraction.padEnd(2, '0'))
    return amount.startsWith('-') ? -size : size
  }
  const holds = (add: (amounts: readonly string[]) => string): void =>
    fc.assert(
      fc.property(fc.array(cents, { maxLength: 8 }), (values) => {
        const total = values.reduce((sum, each) => sum + each, 0n)
        expect(value(add(values.map(amountOf)))).toBe(total)
      }),
    )

  it('are exact', () => {
    holds(addAmounts)
    expect(addAmounts(['0.1', '0.2'])).toBe('0.3')
    expect(addAmounts([])).toBe('0')
  })

  it('control: sums in floats are found out', () => {
    const inFloats = (amounts: readonly string[]): string =>
      amounts.reduce((sum, each) => sum + Number(each), 0).toFixed(2)
    expect(() => holds(inFloats)).toThrow()
  })
})

describe('times', () => {
  it.each([
    [412, '412 ms'],
    [3499, '3.4 s'],
    [125_000, '2 min 5 s'],
    [11_040_000, '3 h 4 min'],
    [200_000_000, '2 days'],
  ])('%i ms is %s', (ms, text) => {
    expect(duration(ms)).toBe(text)
  })

  it('are coarse where they would only tick', () => {
    expect([ago(300), ago(4200), ago(125_000)]).toEqual(['just now', '4 s ago', '2 min 5 s ago'])
  })

  it('are those of IST, as they came', () => {
    expect(clock('2026-12-01T10:30:45.123+05:30')).toBe('10:30:45')
    expect(dayText('2026-12-01')).toBe('Tue 1 Dec 2026')
  })

  it('count a deadline down to nothing and not below', () => {
    const until = '2026-12-01T10:30:30.000+05:30'
    const at = Date.parse(until)
    expect([at - 29_001, at - 1, at, at + 5000].map((now) => secondsLeft(until, now))).toEqual([
      30, 1, 0, 0,
    ])
  })
})

describe('the axis of time', () => {
  const day = 86_400

  it.each([
    [
      'one day has half a day on both sides',
      [day],
      [day, 1000 * day],
      'day',
      [0.5 * day, 1.5 * day],
    ],
    ['days have half a day more', [day, 3 * day], [day, 3 * day], 'day', [0.5 * day, 3.5 * day]],
    ['one moment has a minute on both sides', [600], [600, day], 'time', [540, 660]],
    ['moments fill it', [600, 900], [600, 900], 'time', [600, 900]],
    ['what is zoomed to stays', [600, 900], [700, 800], 'time', [700, 800]],
    ['nothing is as it comes', [], [0, 1], 'time', [0, 1]],
  ] as const)('%s', (_, times, [from, to], unit, span) => {
    expect(spanOf(times, from, to, unit)).toEqual(span)
  })

  it.each([
    ['each day while there is room', [1, 2, 3], 3, [1, 2, 3]],
    ['every so many of many', [1, 2, 3, 4, 5, 6, 7], 3, [1, 4, 7]],
    ['one where there is hardly any', [1, 2, 3], 0.5, [1]],
    ['nothing of none', [], 5, []],
  ])('marks %s', (_, days, most, marks) => {
    expect(marksOf(days, most)).toEqual(marks)
  })
})
