// What a closing order of one lane is to cost: from the quote, and where the broker has none just now from the
// newest price that was seen there, by a quote, beside a position or as the fill of the master. A quote is
// waited for as long as it may come; only one that is known not to come has a stand-in.
import {
  type LastPrice,
  priceExit,
  type Repricing,
  repriceExit,
  standInFor,
} from '../decide/price.ts'
import type { Instrument } from '../domain/instrument.ts'
import type { Lane } from '../domain/lane.ts'
import type { Price } from '../domain/numbers.ts'
import type { Pricing, Side } from '../domain/order.ts'
import type { Context, FollowerAccess } from './context.ts'
import type { Quotes } from './quotes.ts'

export interface ExitPrice {
  /** null: no price that says anything is known. */
  of(instrument: Instrument, side: Side): Pricing | null
  /** Of one that rests, after so many rounds; null: not before the quote that is wanted. */
  moved(instrument: Instrument, side: Side, resting: Price, done: number): Repricing | null
}

export function createExitPrice(
  { clock, ledger }: Context,
  { settings: { orders } }: FollowerAccess,
  quotes: Quotes,
  lane: Lane,
): ExitPrice {
  function standIn(instrument: Instrument): LastPrice | null {
    if (!quotes.isMissing(instrument)) return null
    const seen = quotes.lastSeen(instrument)
    const move = ledger.lastMove(lane)
    const signal = move === null ? null : ledger.signal(move.signalId)
    const traded =
      signal === null || signal.price === null ? [] : [{ price: signal.price, at: signal.filledAt }]
    return standInFor([...(seen === null ? [] : [seen]), ...traded], clock.now())
  }

  return {
    of(instrument, side) {
      const quote = quotes.of(instrument)
      const last = quote === null ? standIn(instrument) : { price: quote.last, isOld: false }
      if (last === null) return orders.market === 'as-is' ? { kind: 'market' } : null
      return priceExit({ instrument, side, circuit: quote?.circuit ?? null, last, orders })
    },
    moved(instrument, side, resting, done) {
      const quote = quotes.of(instrument)
      if (quote === null && !quotes.isMissing(instrument)) return null
      const price = quote?.last ?? standIn(instrument)?.price
      // A round all the same: the trader hears of what rests and can't be moved.
      if (price === undefined) return { kind: 'keep' }
      const last = { price, isOld: false }
      return repriceExit(done, resting, {
        instrument,
        side,
        circuit: quote?.circuit ?? null,
        last,
        orders,
      })
    },
  }
}
