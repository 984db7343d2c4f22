import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseDecimal, units } from '../../src/domain/numbers.ts'
import {
  compare,
  formatFactor,
  formatRatio,
  minus,
  NOTHING,
  plus,
  type Ratio,
  ratio,
  ratioFromText,
  ratioOf,
  ratioToText,
  roundRatioTo,
  times,
  whole,
} from '../../src/domain/ratio.ts'

describe('a fraction', () => {
  test('stands in lowest terms with a positive lower part', () => {
    expect(ratio(2n, 4n)).toEqual({ over: 1n, under: 2n })
    expect(ratio(2n, -4n)).toEqual({ over: -1n, under: 2n })
    expect(ratio(0n, -5n)).toEqual(NOTHING)
    expect(ratioOf(parseDecimal('0.3'))).toEqual({ over: 3n, under: 10n })
  })

  test('over nothing is none', () => {
    expect(() => ratio(1n, 0n)).toThrow(/over nothing/)
    expect(() => ratioFromText('1/0')).toThrow(/over nothing/)
  })

  test.each(['', '1', '1/', '/2', '1/-2', '0.5/2', ' 1/2'])('%j is no fraction', (text) => {
    expect(() => ratioFromText(text)).toThrow(/not a fraction/)
  })

  test('is written for people', () => {
    expect(formatFactor(ratio(1n, 3n))).toBe('0.3333')
    expect(formatFactor(ratio(2n, 3n))).toBe('0.6667')
    expect(formatFactor(ratio(5n, 2n))).toBe('2.5')
    expect(formatRatio(times(whole(units(130)), ratio(3n, 10n)))).toBe('39')
    expect(formatRatio(times(whole(units(65)), ratio(-1n, 3n)))).toBe('-21.6667')
  })

  test('is rounded to lots', () => {
    const half = times(whole(units(65)), ratio(1n, 2n))
    const lot = units(65)
    expect(roundRatioTo(half, lot, 'down')).toBe(0n)
    expect(roundRatioTo(half, lot, 'nearest')).toBe(0n)
    expect(roundRatioTo(half, lot, 'up')).toBe(lot)
    expect(roundRatioTo(plus(half, ratio(1n, 1_000_000n)), lot, 'nearest')).toBe(lot)
  })
})

const parts = fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n })
const fractions = fc
  .tuple(
    parts,
    parts.filter((under) => under !== 0n),
  )
  .map(([over, under]) => ratio(over, under))

const shrinksToNothing = (multiply: (a: Ratio, b: Ratio) => Ratio) =>
  fc.property(
    fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 12 }),
    (exits) => {
      // A position leaves in parts; each part multiplies by the share that remains after it.
      const total = exits.reduce((a, b) => a + b, 0)
      let left = total
      let held = whole(units(1))
      for (const exit of exits) {
        held = multiply(held, ratio(BigInt(left - exit), BigInt(left)))
        left -= exit
        expect(held).toEqual(times(whole(units(1)), ratio(BigInt(left), BigInt(total))))
      }
      expect(held).toEqual(NOTHING)
    },
  )

describe('what always holds', () => {
  test('a fraction survives its text', () => {
    fc.assert(
      fc.property(fractions, (a) => {
        expect(ratioFromText(ratioToText(a))).toEqual(a)
      }),
    )
  })

  test('adding and taking away, and the order of terms, change nothing', () => {
    fc.assert(
      fc.property(fractions, fractions, (a, b) => {
        expect(minus(plus(a, b), b)).toEqual(a)
        expect(plus(a, b)).toEqual(plus(b, a))
        expect(times(a, b)).toEqual(times(b, a))
        expect(compare(a, b)).toBe(-compare(b, a) + 0)
        expect(compare(a, b) === 0).toBe(ratioToText(a) === ratioToText(b))
      }),
    )
  })

  test('shares of shares lose nothing on the way', () => fc.assert(shrinksToNothing(times)))

  test('control: rounded at every step they do', () => {
    const rounded = (a: Ratio, b: Ratio): Ratio => whole(roundRatioTo(times(a, b), 1n, 'down'))
    expect(() => fc.assert(shrinksToNothing(rounded))).toThrow()
  })
})
