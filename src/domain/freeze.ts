// The freeze quantity: an order above it is refused by the exchange, so a larger copy is cut into slices.
// Data. NSE computes it anew about once a month from the level of the index and says so in a circular;
// the trader's own numbers (`freeze:` in the settings) win.
//
// Sources: NSE circular of 30 January 2026, in force from 1 February 2026 (a summary of it at
// rhnvrm.github.io/stock-market-circulars); SENSEX and BANKEX from brokers' pages.
import type { Exchange, Instrument } from './instrument.ts'
import { type Quantity, units } from './numbers.ts'
import { type TradingDay, tradingDay } from './time.ts'

export const FREEZE_AS_OF: TradingDay = tradingDay('2026-02-01')

const FREEZE: ReadonlyMap<string, Quantity> = new Map([
  ['NFO:NIFTY', units(1800)],
  ['NFO:BANKNIFTY', units(600)],
  ['NFO:FINNIFTY', units(1800)],
  ['NFO:MIDCPNIFTY', units(2800)],
  ['NFO:NIFTYNXT50', units(600)],
  ['BFO:SENSEX', units(1000)],
  ['BFO:BANKEX', units(900)],
])

const WITHOUT: readonly Exchange[] = ['NSE', 'BSE']

/**
 * null is no freeze that we know of. An underlying's number speaks of its derivatives: the share of the
 * same name trades in the cash market, whose freeze is a share of the company and far away.
 */
export function freezeOf(
  instrument: Instrument,
  overrides: ReadonlyMap<string, Quantity>,
): Quantity | null {
  const { exchange, underlying } = instrument
  if (WITHOUT.includes(exchange)) return null
  return overrides.get(underlying) ?? FREEZE.get(`${exchange}:${underlying}`) ?? null
}
