// What is traded, as the instrument master of the day describes it.
import type { InstrumentId } from './ids.ts'
import type { Price, Quantity } from './numbers.ts'
import type { TradingDay } from './time.ts'

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
