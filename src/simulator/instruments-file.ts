// The instrument master: a JSON array of texts, as the broker publishes it once a day, of any size up to
// the real one (about 155,000 rows, 30 MB). Made row by row, so that serving it needs no 30 MB at once.
import { formatDecimal, ONE } from '../domain/numbers.ts'
import { formatExpiry, type Listing } from './listing.ts'

/** In pieces of about this many rows. */
const ROWS_A_PIECE = 500

/** Instruments that nobody trades here follow the listed ones until there are so many rows. */
export function* instrumentsFile(
  listings: readonly Listing[],
  rowsWanted: number | null,
): Generator<string> {
  const count = Math.max(rowsWanted ?? 0, listings.length)
  let piece = '['
  for (let number = 0; number < count; number++) {
    const listing = listings[number]
    const row = listing ? listedRow(listing) : unlistedRow(number)
    piece += `${number === 0 ? '' : ','}${JSON.stringify(row)}`
    if (number % ROWS_A_PIECE === ROWS_A_PIECE - 1) {
      yield piece
      piece = ''
    }
  }
  yield `${piece}]`
}

export interface InstrumentRow {
  readonly token: string
  readonly symbol: string
  readonly name: string
  readonly expiry: string
  readonly strike: string
  readonly lotsize: string
  readonly instrumenttype: string
  readonly exch_seg: string
  readonly tick_size: string
}

export function listedRow(listing: Listing): InstrumentRow {
  return {
    token: listing.token,
    symbol: listing.symbol,
    name: listing.name,
    expiry: listing.expiry === null ? '' : formatExpiry(listing.expiry),
    strike: listing.strike === null ? '-1.000000' : inPaise(listing.strike),
    lotsize: formatDecimal(listing.lotSize),
    instrumenttype: listing.instrumentType,
    exch_seg: listing.exchange,
    tick_size: inPaise(listing.tick),
  }
}

/** `5.000000` for a tick of 0.05: prices in the master are counted in hundredths. */
const inPaise = (value: bigint): string =>
  formatDecimal(value * 100n, 6).replace(/(\.\d{6})\d+$/, '$1')

const STRIKES = 200
const EXPIRIES = ['29DEC2026', '26JAN2027', '30MAR2027', '29JUN2027', '28DEC2027'] as const

/** A made-up stock option, or every tenth time a share: about what the real file is made of. */
function unlistedRow(number: number): InstrumentRow {
  const token = String(1_000_000 + number)
  const name = `STOCK${Math.floor(number / (STRIKES * 10))}`
  if (number % 10 === 0) {
    return {
      token,
      symbol: `${name}X${number}-EQ`,
      name: `${name}X${number}`,
      expiry: '',
      strike: '-1.000000',
      lotsize: '1',
      instrumenttype: '',
      exch_seg: number % 20 === 0 ? 'NSE' : 'BSE',
      tick_size: '5.000000',
    }
  }
  const expiry = EXPIRIES[Math.floor(number / STRIKES) % EXPIRIES.length] as string
  const strike = 100 + (Math.floor(number / 2) % STRIKES) * 5
  const side = number % 2 === 0 ? 'CE' : 'PE'
  return {
    token,
    symbol: `${name}${expiry.slice(0, 5)}${expiry.slice(7)}${strike}${side}`,
    name,
    expiry,
    strike: inPaise(BigInt(strike) * ONE),
    lotsize: '250',
    instrumenttype: 'OPTSTK',
    exch_seg: 'NFO',
    tick_size: '5.000000',
  }
}
