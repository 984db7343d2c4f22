// Instruments as the file of the day has them, for the tables of examples.
import { instrumentId } from '../../src/domain/ids.ts'
import type { Exchange, Instrument, InstrumentKind } from '../../src/domain/instrument.ts'
import { parsePrice, units } from '../../src/domain/numbers.ts'
import { tradingDay } from '../../src/domain/time.ts'

function derivative(
  symbol: string,
  underlying: string,
  kind: InstrumentKind,
  lot: number,
  exchange: Exchange = 'NFO',
): Instrument {
  return {
    id: instrumentId(exchange, symbol),
    exchange,
    symbol,
    token: '40001',
    underlying,
    kind,
    lotSize: units(lot),
    tick: parsePrice('0.05'),
    expiry: tradingDay('2026-12-29'),
    series: '',
  }
}

export function share(symbol: string, exchange: Exchange = 'NSE'): Instrument {
  const [underlying = symbol, series = ''] = symbol.split('-')
  return { ...derivative(symbol, underlying, 'cash', 1, exchange), expiry: null, series }
}

export const NIFTY_CALL = derivative('NIFTY29DEC2625000CE', 'NIFTY', 'indexOption', 65)
export const NIFTY_FUTURE = derivative('NIFTY29DEC26FUT', 'NIFTY', 'indexFuture', 65)
export const BANKNIFTY_CALL = derivative('BANKNIFTY29DEC2655000CE', 'BANKNIFTY', 'indexOption', 35)
export const FINNIFTY_CALL = derivative('FINNIFTY29DEC2626000CE', 'FINNIFTY', 'indexOption', 60)
export const SENSEX_PUT = derivative('SENSEX26D3180000PE', 'SENSEX', 'indexOption', 20, 'BFO')
export const SBIN_FUTURE = derivative('SBIN29DEC26FUT', 'SBIN', 'stockFuture', 750)
export const SBIN_CALL = derivative('SBIN29DEC26800CE', 'SBIN', 'stockOption', 750)
export const GOLD_FUTURE = derivative('GOLD05FEB27FUT', 'GOLD', 'commodityFuture', 1, 'MCX')
export const SBIN = share('SBIN-EQ')
