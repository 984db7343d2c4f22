// The price of an order: of a copied entry from what the master asked and paid, of an exit from the last
// price, or what stands in for it. Always on the tick and within today's circuit limits, since the exchange refuses anything else.
//
// Where a price doesn't fall on a tick, an entry is rounded towards safety (a buyer's limit down, a
// seller's up), because half a tick of a missed entry costs nothing; an exit is rounded towards being
// filled, because a closing order that merely rests leaves the follower where the master is no more.
import { assertNever } from '../domain/assert.ts'
import type { Instrument } from '../domain/instrument.ts'
import {
  add,
  divideRounded,
  larger,
  type Price,
  type Rounding,
  roundTo,
  smaller,
  subtract,
} from '../domain/numbers.ts'
import type { Pricing, Side } from '../domain/order.ts'
import { bandOf } from '../domain/protection-band.ts'
import { type Ratio, ratio } from '../domain/ratio.ts'
import type { Circuit, MaxSlippage, OrderSettings } from '../domain/settings.ts'
import { type Instant, MINUTE, SECOND } from '../domain/time.ts'

/** Where and for whom an order is priced. */
export interface Place {
  readonly instrument: Instrument
  readonly side: Side
  /** null is not known: then the price is not clamped, and the broker says no where it must. */
  readonly circuit: Circuit | null
}

export interface EntryToPrice extends Place {
  /** How the master's order asked for its price, and the average at which it was filled. */
  readonly master: Pricing
  readonly average: Price
  readonly orders: OrderSettings
  readonly maxSlippage: MaxSlippage
}

export function priceEntry(entry: EntryToPrice): Pricing {
  const { master, orders } = entry
  switch (master.kind) {
    case 'limit':
      return { kind: 'limit', price: tolerable(entryLimit(master.price, entry), entry) }
    case 'market':
      return marketable(entry)
    case 'stopLimit': {
      const price = entryLimit(master.price, entry)
      if (orders.stops === 'as-executed') return { kind: 'limit', price: tolerable(price, entry) }
      return { kind: 'stopLimit', trigger: onTick(master.trigger, entry, 'nearest'), price }
    }
    case 'stopMarket': {
      if (orders.stops === 'as-executed') return marketable(entry)
      const trigger = onTick(master.trigger, entry, 'nearest')
      // A stop that becomes a market order is refused or converted just as a market order is.
      return orders.market === 'as-is'
        ? { kind: 'stopMarket', trigger }
        : { kind: 'stopLimit', trigger, price: withinBand(trigger, entry) }
    }
    default:
      return assertNever(master)
  }
}

export interface ExitToPrice extends Place {
  readonly last: LastPrice
  readonly orders: OrderSettings
}

export interface LastPrice {
  readonly price: Price
  /** The market may have moved away from it: twice the band is allowed. */
  readonly isOld: boolean
}

/** A price that was seen: when it was asked for, or when it was traded at. */
export interface KnownPrice {
  readonly price: Price
  readonly at: Instant
}

const YOUNG_MS = 5 * SECOND
/** Older than that no price says where the market is, and the exit is owed. */
export const STAND_IN_GOOD_FOR_MS = MINUTE

/**
 * What stands in for a quote that can't be had, for a closing order only: a limit that is some way off is
 * better than a position which the master has left. Where there is a newer price it is that.
 */
export function standInFor(known: readonly KnownPrice[], now: Instant): LastPrice | null {
  const newest = known.reduce<KnownPrice | null>(
    (last, each) => (last === null || each.at > last.at ? each : last),
    null,
  )
  if (newest === null || now - newest.at > STAND_IN_GOOD_FOR_MS) return null
  return { price: newest.price, isOld: now - newest.at > YOUNG_MS }
}

export function priceExit(exit: ExitToPrice): Pricing {
  return exit.orders.market === 'as-is'
    ? { kind: 'market' }
    : { kind: 'limit', price: exitLimit(exit) }
}

/** An exit that rests this long is repriced, so many times; then it is owed. */
export const REPRICE_AFTER_MS = 5000
export const MOST_REPRICES = 5

export type Repricing =
  | { readonly kind: 'reprice'; readonly price: Price }
  /** The limit that rests would be filled no later than a new one: a write less. */
  | { readonly kind: 'keep' }
  | { readonly kind: 'giveUp' }

/**
 * What to do with an exit that has rested through `done` rounds. The band stays as it is and only its
 * middle moves with the market: a band that widened with each round would end as a market order.
 */
export function repriceExit(done: number, resting: Price, exit: ExitToPrice): Repricing {
  if (done >= MOST_REPRICES) return { kind: 'giveUp' }
  const price = exitLimit(exit)
  const isSooner = exit.side === 'BUY' ? price > resting : price < resting
  return isSooner ? { kind: 'reprice', price } : { kind: 'keep' }
}

/** The worst price that a share away from `price` allows: above it for a buyer, below for a seller. */
export function worstPrice(side: Side, price: Price, share: Ratio): Price {
  const away = divideRounded(price * share.over, share.under, 'down') as Price
  return side === 'BUY' ? add(price, away) : subtract(price, away)
}

function marketable(entry: EntryToPrice): Pricing {
  return entry.orders.market === 'as-is'
    ? { kind: 'market' }
    : { kind: 'limit', price: tolerable(withinBand(entry.average, entry), entry) }
}

/**
 * A share that the trader allows and that is less than the order would pay is its limit: a price that is
 * looked up and compared first would be another one when the order arrives.
 */
function tolerable(price: Price, entry: EntryToPrice): Price {
  const { maxSlippage, side, average } = entry
  if (maxSlippage.kind !== 'share') return price
  const bound = onTick(worstPrice(side, average, maxSlippage.of), entry, 'safe')
  const touched = onTick(average, entry, 'sure')
  return side === 'BUY'
    ? smaller(price, larger(bound, touched))
    : larger(price, smaller(bound, touched))
}

// Not beyond the band, but where the band is less than a tick wide (an option at a few paise) still the
// tick that the master's average touches: the tick before it could never be filled.
function withinBand(middle: Price, entry: EntryToPrice): Price {
  const { instrument, side } = entry
  const edge = onTick(worstPrice(side, middle, bandOf(instrument, middle)), entry, 'safe')
  const touched = onTick(middle, entry, 'sure')
  return clamped(side === 'BUY' ? larger(edge, touched) : smaller(edge, touched), entry)
}

const entryLimit = (price: Price, entry: EntryToPrice): Price =>
  clamped(onTick(price, entry, 'safe'), entry)

function exitLimit(exit: ExitToPrice): Price {
  const { instrument, side, last } = exit
  const { over, under } = bandOf(instrument, last.price)
  const allowed = ratio(last.isOld ? 2n * over : over, under)
  return clamped(onTick(worstPrice(side, last.price, allowed), exit, 'sure'), exit)
}

/** `safe` gives the follower no worse a price, `sure` no later a fill. */
function onTick(
  price: Price,
  { side, instrument }: Place,
  how: 'safe' | 'sure' | 'nearest',
): Price {
  const isDown = (side === 'BUY') === (how === 'safe')
  const rounding: Rounding = how === 'nearest' ? 'nearest' : isDown ? 'down' : 'up'
  return larger(roundTo(price, instrument.tick, rounding), instrument.tick)
}

// Only the end that an order could go beyond: a buyer's limit below the lower circuit is left to the
// broker's no, since lifting it would pay more than was asked.
function clamped(price: Price, { side, circuit, instrument }: Place): Price {
  if (circuit === null) return price
  return side === 'BUY'
    ? smaller(price, roundTo(circuit.upper, instrument.tick, 'down'))
    : larger(price, roundTo(circuit.lower, instrument.tick, 'up'))
}
