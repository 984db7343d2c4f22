import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { tradingDay, weekdayOf } from '../../src/domain/time.ts'
import { type InstrumentRow, instrumentsFile } from '../../src/simulator/instruments-file.ts'
import { defaultListings, instrumentOf, monthlyExpiry } from '../../src/simulator/listing.ts'

const listings = defaultListings(tradingDay('2026-11-23'))

describe('the instrument master', () => {
  it('describes what is listed, in texts and in paise', () => {
    const rows: InstrumentRow[] = JSON.parse([...instrumentsFile(listings, null)].join(''))
    expect(rows).toHaveLength(listings.length)
    expect(rows.find(({ token }) => token === '2885')).toEqual({
      token: '2885',
      symbol: 'RELIANCE-EQ',
      name: 'RELIANCE',
      expiry: '',
      strike: '-1.000000',
      lotsize: '1',
      instrumenttype: '',
      exch_seg: 'NSE',
      tick_size: '5.000000',
    })
    expect(rows.find(({ symbol }) => symbol === 'NIFTY29DEC2625000CE')).toEqual({
      token: '35005',
      symbol: 'NIFTY29DEC2625000CE',
      name: 'NIFTY',
      expiry: '29DEC2026',
      strike: '2500000.000000',
      lotsize: '65',
      instrumenttype: 'OPTIDX',
      exch_seg: 'NFO',
      tick_size: '5.000000',
    })
  })

  it('has every kind of instrument that a copier meets', () => {
    const kinds = new Set(listings.map((listing) => instrumentOf(listing).kind))
    const wanted = [
      'cash',
      'indexFuture',
      'stockFuture',
      'commodityFuture',
      'indexOption',
      'stockOption',
    ]
    expect([...kinds].sort()).toEqual(wanted.sort())
    const lots = Object.fromEntries(
      listings.map((listing) => [
        instrumentOf(listing).underlying,
        Number(listing.lotSize / 100_000_000n),
      ]),
    )
    expect(lots).toMatchObject({ NIFTY: 65, BANKNIFTY: 30, FINNIFTY: 60, CRUDEOIL: 100 })
    expect(new Set(listings.map(({ exchange, token }) => `${exchange}${token}`)).size).toBe(
      listings.length,
    )
  })

  it('is as large as the real one when it shall be, and every instrument in it once', () => {
    const hash = createHash('sha256')
    let bytes = 0
    for (const piece of instrumentsFile(listings, 155_000)) {
      hash.update(piece)
      bytes += piece.length
    }
    expect(bytes).toBeGreaterThan(25_000_000)
    expect(bytes).toBeLessThan(35_000_000)
    const again = createHash('sha256')
    for (const piece of instrumentsFile(listings, 155_000)) again.update(piece)
    expect(again.digest('hex')).toBe(hash.digest('hex'))
  })

  it('names each of its made-up instruments once', () => {
    const rows: InstrumentRow[] = JSON.parse([...instrumentsFile(listings, 12_000)].join(''))
    expect(rows).toHaveLength(12_000)
    expect(new Set(rows.map(({ exch_seg, symbol }) => `${exch_seg}:${symbol}`)).size).toBe(12_000)
  })
})

describe('expiries', () => {
  it.each([
    ['2026-11-21', '2026-12-29'],
    ['2026-12-31', '2027-01-26'],
    ['2026-01-31', '2026-02-24'],
  ])('of contracts listed on %s: %s', (day, expiry) => {
    expect(monthlyExpiry(tradingDay(day))).toBe(expiry)
    expect(weekdayOf(tradingDay(expiry))).toBe(2)
  })
})
