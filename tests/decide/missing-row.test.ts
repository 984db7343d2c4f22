import { expect, test } from 'vitest'
import { isRowMissing, type Listed } from '../../src/decide/missing-row.ts'
import { units } from '../../src/domain/numbers.ts'

const intraday: Listed = {
  product: 'INTRADAY',
  held: units(65),
  shown: units(0),
  isInPositions: false,
  isInHoldings: false,
  filledToday: units(65),
  closedByOthers: false,
}
const carried: Listed = { ...intraday, product: 'DELIVERY', filledToday: units(0) }

test.each<[string, Listed, boolean]>([
  ['no row where we bought today', intraday, true],
  ['no row where we sold short', { ...intraday, held: units(-65), filledToday: units(-65) }, true],
  ['no row of a contract that was carried', { ...carried, product: 'CARRYFORWARD' }, true],
  ['a row with nothing in it', { ...intraday, isInPositions: true }, false],
  ['no row, and a sale by hand in the book', { ...intraday, closedByOthers: true }, false],
  ['nothing held, nothing listed', { ...intraday, held: units(0) }, false],
  [
    'delivered shares and no list of holdings',
    { ...carried, isInPositions: true, shown: units(-10) },
    true,
  ],
  ['delivered shares of which fewer are listed', { ...carried, isInHoldings: true }, false],
  [
    'shares of today are in the positions, not in the holdings',
    { ...intraday, product: 'DELIVERY', isInPositions: true, shown: units(40) },
    false,
  ],
  [
    'shares of yesterday and of today, and no row for those of today',
    { ...carried, filledToday: units(30), isInHoldings: true, shown: units(35) },
    true,
  ],
  ['all of it is listed, wherever', { ...carried, isInPositions: true, shown: units(65) }, false],
])('%s', (_, listed, expected) => {
  expect(isRowMissing(listed)).toBe(expected)
})
