import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  divideRounded,
  formatDecimal,
  InexactNumber,
  type Money,
  ONE,
  parseAverage,
  parseDecimal,
  parsePrice,
  parseQuantity,
  type Rounding,
  roundTo,
  sign,
  sum,
  units,
  worth,
} from '../../src/domain/numbers.ts'

describe('reading a number', () => {
  test.each<[string | number, string]>([
    ['101.20', '101.2'],
    ['-7', '-7'],
    ['+7', '7'],
    ['- 2235.80', '-2235.8'],
    [' 65 ', '65'],
    ['.5', '0.5'],
    ['5.', '5'],
    ['1,250.00', '1250'],
    ['1,00,000', '100000'],
    ['-12,34,567.5', '-1234567.5'],
    ['1e-7', '0.0000001'],
    ['1.5E3', '1500'],
    ['0.00000001', '0.00000001'],
    ['0.1000000000', '0.1'],
    ['000', '0'],
    [161.7, '161.7'],
    [0.1, '0.1'],
    [-0, '0'],
    [1e-7, '0.0000001'],
    [9_007_199_254, '9007199254'],
    [12345678.1234567, '12345678.1234567'],
    [-12345678.1234567, '-12345678.1234567'],
    ['92233720368.54775807', '92233720368.54775807'],
  ])('%j is %s', (value, expected) => {
    expect(formatDecimal(parseDecimal(value))).toBe(expected)
  })

  test.each<[string | number, RegExp]>([
    ['', /not a number/],
    ['.', /not a number/],
    ['-', /not a number/],
    ['abc', /not a number/],
    ['1.2.3', /not a number/],
    ['--5', /not a number/],
    ['0x10', /not a number/],
    ['NaN', /not a number/],
    ['12,50', /not a number/],
    ['1,2,3', /not a number/],
    [',500', /not a number/],
    ['1 000', /not a number/],
    ['1e', /not a number/],
    ['1e9999', /not a number/],
    [Number.NaN, /not a number/],
    [Number.POSITIVE_INFINITY, /not a number/],
    ['0.000000001', /more than 8 decimals/],
    [0.1 + 0.2, /more digits than arrive exactly/],
    [2 ** 53, /too large to have arrived exactly/],
    [1e21, /too large to have arrived exactly/],
    ['92233720368.54775808', /too large to keep/],
    ['1e300', /too large to keep/],
    ['-1e11', /too large to keep/],
  ])('%j is refused', (value, why) => {
    expect(() => parseDecimal(value)).toThrow(InexactNumber)
    expect(() => parseDecimal(value)).toThrow(why)
  })

  test('an average that the broker computed is rounded at the eighth decimal', () => {
    expect(formatDecimal(parseAverage('101.233333333333'))).toBe('101.23333333')
    expect(formatDecimal(parseAverage(101.23333333333333))).toBe('101.23333333')
    expect(formatDecimal(parseAverage('0.000000015'))).toBe('0.00000001')
    expect(formatDecimal(parseAverage('0.000000016'))).toBe('0.00000002')
  })

  test('says what it was offered', () => {
    expect(() => parseQuantity('65 lots')).toThrow('"65 lots" is not a number')
  })
})

describe('writing a number', () => {
  test.each([
    ['101.2', 2, '101.20'],
    ['101.235', 2, '101.235'],
    ['-0.05', 0, '-0.05'],
    ['-5', 2, '-5.00'],
    ['0', 2, '0.00'],
    ['0', 0, '0'],
  ])('%s with %i places is %s', (value, places, expected) => {
    expect(formatDecimal(parseDecimal(value), places)).toBe(expected)
  })
})

describe('rounding', () => {
  test.each<[bigint, bigint, Rounding, bigint]>([
    [7n, 2n, 'down', 3n],
    [7n, 2n, 'up', 4n],
    [7n, 2n, 'nearest', 3n],
    [5n, 3n, 'nearest', 2n],
    [4n, 3n, 'nearest', 1n],
    [-7n, 2n, 'down', -3n],
    [-7n, 2n, 'up', -4n],
    [-7n, 2n, 'nearest', -3n],
    [-5n, 3n, 'nearest', -2n],
    [7n, -2n, 'up', -4n],
    [-7n, -2n, 'up', 4n],
    [6n, 3n, 'up', 2n],
    [0n, 3n, 'up', 0n],
  ])('%i over %i, %s, is %i', (over, under, rounding, expected) => {
    expect(divideRounded(over, under, rounding)).toBe(expected)
  })

  test('a step of nothing is no step', () => {
    expect(() => roundTo(units(65), units(0), 'down')).toThrow(/no step/)
  })
})

describe('arithmetic', () => {
  test('worth is price times quantity', () => {
    expect(formatDecimal(worth(parsePrice('101.05'), units(65)))).toBe('6568.25')
    expect(formatDecimal(worth(parsePrice('0.00000001'), parseQuantity('0.4')))).toBe('0')
  })

  test('sums and signs', () => {
    expect(sum([units(65), units(130), units(-65)])).toBe(units(130))
    expect(sum([])).toBe(0n)
    expect([sign(-5n), sign(0n), sign(5n)]).toEqual([-1, 0, 1])
  })
})

const kept = fc.bigInt({ min: -(2n ** 63n) + 1n, max: 2n ** 63n - 1n })
const roundings = fc.constantFrom<Rounding>('down', 'nearest', 'up')

const survivesItsText = (format: (value: bigint) => string) =>
  fc.property(kept, (value) => {
    expect(parseDecimal(format(value))).toBe(value)
  })

const isOnStep = (round: (value: bigint, step: bigint, rounding: Rounding) => bigint) =>
  fc.property(kept, fc.bigInt({ min: 1n, max: 10n ** 12n }), roundings, (value, step, rounding) => {
    const rounded = round(value, step, rounding)
    const away = (rounded < 0n ? -rounded : rounded) - (value < 0n ? -value : value)
    expect(rounded % step).toBe(0n)
    if (rounding === 'down') expect(away <= 0n && away > -step).toBe(true)
    if (rounding === 'up') expect(away >= 0n && away < step).toBe(true)
    if (rounding === 'nearest') expect(away * 2n >= -step && away * 2n < step).toBe(true)
  })

describe('what always holds', () => {
  test('a number survives its text', () => fc.assert(survivesItsText(formatDecimal)))

  test('control: not through a binary float', () => {
    const float = (value: bigint) => (Number(value) / Number(ONE)).toFixed(8)
    expect(() => fc.assert(survivesItsText(float))).toThrow()
  })

  test('a JavaScript number that a sender wrote with two decimals is read exactly', () => {
    fc.assert(
      fc.property(fc.integer({ min: -(10 ** 11), max: 10 ** 11 }), (paise) => {
        const written = `${paise < 0 ? '-' : ''}${Math.floor(Math.abs(paise) / 100)}.${String(Math.abs(paise) % 100).padStart(2, '0')}`
        expect(parseDecimal(JSON.parse(written) as number)).toBe(parseDecimal(written))
      }),
    )
  })

  test('rounding gives a multiple of the step, on the named side, less than a step away', () =>
    fc.assert(
      isOnStep((value, step, rounding) =>
        roundTo(value as Money as never, step as never, rounding),
      ),
    ))

  test('control: rounding to the nearest with ties away from zero breaks it', () => {
    const away = (value: bigint, step: bigint, rounding: Rounding): bigint => {
      const size = value < 0n ? -value : value
      if (rounding !== 'nearest') return roundTo(value as never, step as never, rounding) as bigint
      const rounded = ((size * 2n + step) / (step * 2n)) * step
      return value < 0n ? -rounded : rounded
    }
    expect(() => fc.assert(isOnStep(away), { numRuns: 2000 })).toThrow()
  })
})
