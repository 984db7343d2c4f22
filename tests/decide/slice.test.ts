import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { slice } from '../../src/decide/slice.ts'
import { ONE, type Quantity, smaller, sum, units } from '../../src/domain/numbers.ts'

const cut = (quantity: number, lot: number, freeze: number | null): string =>
  slice(units(quantity), units(lot), freeze === null ? null : units(freeze))
    .map((each) => each / ONE)
    .join(' ')

describe('slices', () => {
  test.each([
    [5850, 65, 1800, '1755 1755 1755 585'],
    [2600, 65, 1800, '1755 845'],
    [1755, 65, 1800, '1755'],
    [1820, 65, 1800, '1755 65'],
    [3510, 65, 1800, '1755 1755'],
    [5850, 65, null, '5850'],
    [0, 65, 1800, ''],
    [595, 35, 600, '595'],
    [630, 35, 600, '595 35'],
    // A freeze below one lot is a table out of date.
    [130, 65, 50, '65 65'],
  ])('%i in lots of %i under %j is %s', (quantity, lot, freeze, expected) => {
    expect(cut(quantity, lot, freeze)).toBe(expected)
  })
})

type Slicer = typeof slice

const holds = (slicer: Slicer) =>
  fc.property(
    fc.integer({ min: 1, max: 200 }),
    fc.integer({ min: 0, max: 6 }),
    fc.integer({ min: 1, max: 80 }),
    fc.integer({ min: 1, max: 40 }),
    (lots, extra, lot, freezeLots) => {
      const quantity = units(lots * lot)
      const freeze = units(freezeLots * lot + extra)
      const slices = slicer(quantity, units(lot), freeze)
      expect(sum(slices)).toBe(quantity)
      expect(slices.every((each) => each > 0n && each <= freeze)).toBe(true)
      expect(slices.every((each) => each % units(lot) === 0n)).toBe(true)
    },
  )

test('what is no whole lot is a bug of who asks: it would be refused forever', () => {
  expect(() => cut(100, 65, null)).toThrow('whole lots')
})

describe('what always holds', () => {
  test('slices sum up, stay under the freeze and are whole lots', () => fc.assert(holds(slice)))

  test('control: slices as large as the freeze are no whole lots', () => {
    const greedy: Slicer = (quantity, _, freeze) => {
      const slices: Quantity[] = []
      const most = freeze as bigint
      for (let left = quantity as bigint; left > 0n; left -= most)
        slices.push(smaller(left, most) as Quantity)
      return slices
    }
    expect(() => fc.assert(holds(greedy))).toThrow()
  })

  test('control: one order for all is above the freeze', () => {
    expect(() => fc.assert(holds((quantity) => [quantity]))).toThrow()
  })
})
