import { expect, test } from 'vitest'
import type { InstrumentId } from '../../src/domain/ids.ts'
import { expiryInName } from '../../src/domain/instrument.ts'

test.each([
  ['NFO:NIFTY29DEC2625000CE', '2026-12-29'],
  ['NFO:BANKNIFTY26JAN27FUT', '2027-01-26'],
  ['NFO:360ONE29DEC261480.5PE', '2026-12-29'],
  ['MCX:CRUDEOIL17DEC26FUT', '2026-12-17'],
  ['CDS:USDINR29DEC2684.25CE', '2026-12-29'],
  // A year and a month, then the strike.
  ['BFO:SENSEX26DEC24000CE', null],
  ['NFO:NIFTY26JAN27C25000', null],
  ['NFO:NIFTY29DEZ2625000CE', null],
  ['NFO:NIFTY31FEB2625000CE', null],
  ['NSE:SBIN-EQ', null],
])('the name %s tells %s as the last day', (id, day) => {
  expect(expiryInName(id as InstrumentId)).toBe(day)
})
