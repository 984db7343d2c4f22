// What the simulated exchanges list: a small set that covers every kind of instrument a copier meets.
// Lots and freeze quantities are those of late 2026; derivatives expire on the last Tuesday of next month.
import { instrumentId } from '../domain/ids.ts'
import type { Exchange, Instrument, InstrumentKind } from '../domain/instrument.ts'
import { NO_QUANTITY, type Price, parsePrice, type Quantity, units } from '../domain/numbers.ts'
import { atTimeOfDay, DAY, dayOf, type TradingDay, tradingDay, weekdayOf } from '../domain/time.ts'

export interface Listing {
  readonly exchange: Exchange
  readonly symbol: string
  readonly token: string
  /** The underlying: `NIFTY` for each of its futures and options. */
  readonly name: string
  /** As the instrument master writes it: empty for cash, `OPTIDX`, `FUTSTK`, … */
  readonly instrumentType: string
  readonly optionType: '' | 'CE' | 'PE'
  readonly expiry: TradingDay | null
  readonly strike: Price | null
  readonly lotSize: Quantity
  readonly tick: Price
  /** Most units of one order; zero where the exchange sets none. */
  readonly freeze: Quantity
  /** Price at which its path begins, and yesterday's close. */
  readonly price: Price
  /** Under surveillance: wants the buyer's consent. */
  readonly isCautioned: boolean
}

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC']

/** `29DEC2026`, as the instrument master and the order book write an expiry. */
export const formatExpiry = (day: TradingDay): string =>
  `${day.slice(8, 10)}${MONTHS[Number(day.slice(5, 7)) - 1]}${day.slice(0, 4)}`

/** `29DEC26`, as trading symbols carry it. */
export const formatShortExpiry = (day: TradingDay): string =>
  formatExpiry(day).slice(0, 5) + day.slice(2, 4)

/** The last Tuesday of the month after `day`. */
export function monthlyExpiry(day: TradingDay): TradingDay {
  const year = Number(day.slice(0, 4))
  const month = Number(day.slice(5, 7))
  const lastDay = new Date(Date.UTC(year, month + 1, 0)).toISOString().slice(0, 10)
  let expiry = tradingDay(lastDay)
  while (weekdayOf(expiry) !== 2) expiry = dayOf(atTimeOfDay(expiry, -DAY / 2))
  return expiry
}

/** As the rest of the program speaks of it. */
export const instrumentOf = (listing: Listing): Instrument => ({
  id: instrumentId(listing.exchange, listing.symbol),
  exchange: listing.exchange,
  symbol: listing.symbol,
  token: listing.token,
  underlying: listing.name,
  kind: kindOf(listing.instrumentType),
  lotSize: listing.lotSize,
  tick: listing.tick,
  expiry: listing.expiry,
  series: listing.instrumentType === '' ? (listing.symbol.split('-')[1] ?? '') : '',
})

function kindOf(instrumentType: string): InstrumentKind {
  switch (instrumentType) {
    case 'FUTIDX':
      return 'indexFuture'
    case 'FUTSTK':
      return 'stockFuture'
    case 'FUTCOM':
      return 'commodityFuture'
    case 'OPTIDX':
      return 'indexOption'
    case 'OPTSTK':
      return 'stockOption'
    case 'OPTFUT':
      return 'commodityOption'
    default:
      return 'cash'
  }
}

export function defaultListings(day: TradingDay): readonly Listing[] {
  const expiry = monthlyExpiry(day)
  return [
    cash('NSE', '3045', 'SBIN', 'EQ', '820.50'),
    cash('NSE', '2885', 'RELIANCE', 'EQ', '1480.00'),
    cash('NSE', '1594', 'INFY', 'EQ', '1512.30'),
    cash('BSE', '500112', 'SBIN', '', '820.40'),
    cash('NSE', '13061', 'PATELENG', 'BE', '41.25'),
    { ...cash('NSE', '9683', 'GENSOL', 'EQ', '33.15'), isCautioned: true },
    ...index('NIFTY', '25000', 50, 65, 1800, '36', '35', expiry),
    ...index('BANKNIFTY', '57000', 100, 30, 600, '38', '37', expiry),
    ...index('FINNIFTY', '26500', 50, 60, 1800, '40', '39', expiry),
    ...stock('RELIANCE', '1480', 20, 500, '41', expiry),
    {
      ...future('CRUDEOIL', '5200.00', 100, 0, 'FUTCOM', '431234', expiry),
      exchange: 'MCX',
      tick: parsePrice('1'),
    },
  ]
}

function cash(
  exchange: 'NSE' | 'BSE',
  token: string,
  name: string,
  series: string,
  price: string,
): Listing {
  return {
    exchange,
    symbol: series === '' ? name : `${name}-${series}`,
    token,
    name,
    instrumentType: '',
    optionType: '',
    expiry: null,
    strike: null,
    lotSize: units(1),
    tick: parsePrice('0.05'),
    freeze: NO_QUANTITY,
    price: parsePrice(price),
    isCautioned: false,
  }
}

function future(
  name: string,
  price: string,
  lot: number,
  freeze: number,
  instrumentType: string,
  token: string,
  expiry: TradingDay,
): Listing {
  return {
    ...cash('NSE', token, name, '', price),
    exchange: 'NFO',
    symbol: `${name}${formatShortExpiry(expiry)}FUT`,
    instrumentType,
    expiry,
    lotSize: units(lot),
    freeze: units(freeze),
  }
}

function index(
  name: string,
  spot: string,
  step: number,
  lot: number,
  freeze: number,
  futureToken: string,
  optionToken: string,
  expiry: TradingDay,
): readonly Listing[] {
  return [
    future(name, `${spot}.00`, lot, freeze, 'FUTIDX', `${futureToken}001`, expiry),
    ...options(name, Number(spot), step, lot, freeze, 'OPTIDX', optionToken, expiry),
  ]
}

function stock(
  name: string,
  spot: string,
  step: number,
  lot: number,
  token: string,
  expiry: TradingDay,
): readonly Listing[] {
  return [
    future(name, `${spot}.00`, lot, lot * 40, 'FUTSTK', `${token}901`, expiry),
    ...options(name, Number(spot), step, lot, lot * 40, 'OPTSTK', token, expiry),
  ]
}

/** Five strikes around the spot, calls and puts. */
function options(
  name: string,
  spot: number,
  step: number,
  lot: number,
  freeze: number,
  instrumentType: string,
  token: string,
  expiry: TradingDay,
): readonly Listing[] {
  return [-2, -1, 0, 1, 2].flatMap((offset) =>
    (['CE', 'PE'] as const).map((optionType, side) => {
      const strike = spot + offset * step
      const worth = 101.2 + (optionType === 'CE' ? -offset : offset) * 22.35
      return {
        ...future(name, worth.toFixed(2), lot, freeze, instrumentType, '', expiry),
        symbol: `${name}${formatShortExpiry(expiry)}${strike}${optionType}`,
        token: `${token}${String((offset + 2) * 2 + side + 1).padStart(3, '0')}`,
        optionType,
        strike: parsePrice(String(strike)),
      }
    }),
  )
}
