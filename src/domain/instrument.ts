// What is traded, as the instrument master of the day describes it.
import type { InstrumentId } from './ids.ts'
import type { Price, Quantity } from './numbers.ts'
import { type TradingDay, tradingDay } from './time.ts'

/** Angel One's segments. Other brokers will add theirs. */
export const EXCHANGES = ['NSE', 'BSE', 'NFO', 'BFO', 'MCX', 'CDS', 'NCDEX'] as const
export type Exchange = (typeof EXCHANGES)[number]

export type InstrumentKind =
  | 'cash'
  | 'index'
  | 'indexFuture'
  | 'stockFuture'
  | 'commodityFuture'
  | 'currencyFuture'
  | 'indexOption'
  | 'stockOption'
  | 'commodityOption'
  | 'currencyOption'

export interface Instrument {
  readonly id: InstrumentId
  readonly exchange: Exchange
  readonly symbol: string
  /** The broker's number. Reused after expiry, so never a key beyond one day. */
  readonly token: string
  /** `NIFTY` for every NIFTY future and option, `SBIN` for `SBIN-EQ`. */
  readonly underlying: string
  readonly kind: InstrumentKind
  readonly lotSize: Quantity
  readonly tick: Price
  /** null for what never expires. */
  readonly expiry: TradingDay | null
  /** Cash series (`EQ`, `BE`), empty for derivatives. */
  readonly series: string
}

/** Where a contract's name tells its last day in full, as `29DEC26`; elsewhere the same letters mean another. */
const DATED: readonly string[] = ['NFO', 'MCX', 'CDS'] satisfies readonly Exchange[]
const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC']
const NAME = /^([A-Z]+):.+?(\d{2})([A-Z]{3})(\d{2})(?:FUT|\d+(?:\.\d+)?[CP]E)$/

/**
 * The last day of a contract by its name, for one that is in no list any more: an expired one leaves the
 * list the next day. null: the name doesn't tell.
 */
export function expiryInName(id: InstrumentId): TradingDay | null {
  const [, exchange = '', day, month = '', year] = NAME.exec(id) ?? []
  const number = MONTHS.indexOf(month) + 1
  if (!DATED.includes(exchange) || number === 0) return null
  try {
    return tradingDay(`20${year}-${String(number).padStart(2, '0')}-${day}`)
  } catch {
    return null // the 31st of February
  }
}
