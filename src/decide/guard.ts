// The guards on every entry at the moment of sending, whatever delayed it until then. An exit never
// comes here: what was opened can always be closed.
//
// The first reason counts, in this order: what the trader switched off, what time made of the entry,
// what the market made of it, what the follower's limits allow. So the reason that is shown is the one
// that would have to be lifted first.
import { type Calendar, type MarketState, marketState } from '../domain/calendar.ts'
import type { Exchange, Instrument } from '../domain/instrument.ts'
import {
  add,
  type Money,
  magnitude,
  NO_MONEY,
  type Price,
  type Quantity,
  worth,
} from '../domain/numbers.ts'
import { type Pricing, type Product, type Side, signed } from '../domain/order.ts'
import { bandOf } from '../domain/protection-band.ts'
import type { Reason } from '../domain/reason.ts'
import type { Hours, Limits, MaxSlippage } from '../domain/settings.ts'
import { dayOf, formatTime, type Instant } from '../domain/time.ts'
import { worstPrice } from './price.ts'

export interface EntryToGuard {
  readonly instrument: Instrument
  readonly product: Product
  readonly side: Side
  /**
   * The whole copy, and in how many orders it goes: a limit on the largest order would mean nothing if
   * slices went under it one by one.
   */
  readonly quantity: Quantity
  readonly orders: number
  readonly pricing: Pricing
  readonly masterPrice: Price
  /** When the master's order filled: age counts from there. */
  readonly filledAt: Instant
}

/** What the follower is and has at this moment. */
export interface FollowerNow {
  readonly isEnabled: boolean
  /** Why its account was stopped (login refused); null while it works. */
  readonly accountStopped: string | null
  readonly isPaused: boolean
  /** Since the trader last resumed this follower: a resume that changed nothing would be none. */
  readonly rejectionsInARow: number
  /** Of the entry's lane: held and in flight together, signed. */
  readonly position: Quantity
  readonly ordersToday: number
  /** Below nothing is a loss. */
  readonly profitToday: Money
}

export interface GuardSettings {
  readonly maxAgeMs: number
  readonly maxSlippage: MaxSlippage
  readonly hours: Hours
  readonly limits: Limits
}

export interface Market {
  readonly now: Instant
  /** Whether it is open now; asked only where hours are enforced. */
  readonly stateOf: (exchange: Exchange) => MarketState
  /** null where no price is known: then slippage is not a question, the limit price is the guard. */
  readonly last: Price | null
}

/** One moment of it, for as many entries as there are: the calendar is asked once for all followers. */
export function marketAt(now: Instant, calendar: Calendar, last: Price | null): Market {
  const states = new Map<Exchange, MarketState>()
  return {
    now,
    last,
    stateOf(exchange) {
      const state = states.get(exchange) ?? marketState(exchange, now, calendar)
      states.set(exchange, state)
      return state
    },
  }
}

/** Why this entry must not be sent now, or null. */
export function guardEntry(
  entry: EntryToGuard,
  follower: FollowerNow,
  settings: GuardSettings,
  market: Market,
): Reason | null {
  return (
    checkFollower(follower, settings.limits) ??
    checkAge(entry, settings.maxAgeMs, market.now) ??
    (settings.hours === 'enforce' ? checkHours(entry, market) : null) ??
    checkSlippage(entry, settings.maxSlippage, market.last) ??
    checkLimits(entry, follower, settings.limits)
  )
}

function checkFollower(follower: FollowerNow, limits: Limits): Reason | null {
  const { rejectionsInARow: rejections } = follower
  if (!follower.isEnabled) return { kind: 'disabled' }
  if (follower.accountStopped !== null)
    return { kind: 'accountStopped', why: follower.accountStopped }
  if (limits.pauseAfterRejections !== null && rejections >= limits.pauseAfterRejections)
    return { kind: 'pausedAfterRejections', rejections }
  return follower.isPaused ? { kind: 'paused' } : null
}

function checkAge(entry: EntryToGuard, maxAgeMs: number, now: Instant): Reason | null {
  const ageMs = now - entry.filledAt
  return ageMs > maxAgeMs ? { kind: 'tooOld', ageMs, maxAgeMs } : null
}

function checkHours(entry: EntryToGuard, { now, stateOf }: Market): Reason | null {
  const { exchange } = entry.instrument
  const state = stateOf(exchange)
  if (state.kind === 'closed')
    return state.holiday === null
      ? { kind: 'marketClosed', exchange, at: now }
      : { kind: 'holiday', exchange, day: dayOf(now), name: state.holiday }
  if (entry.product === 'INTRADAY' && state.isIntradayOver)
    return { kind: 'intradayTooLate', at: now, until: formatTime(state.intradayUntil) }
  return null
}

function checkSlippage(
  entry: EntryToGuard,
  maxSlippage: MaxSlippage,
  last: Price | null,
): Reason | null {
  if (last === null || maxSlippage.kind === 'off') return null
  const { side, masterPrice: master, instrument } = entry
  const share = maxSlippage.kind === 'band' ? bandOf(instrument, master) : maxSlippage.of
  const bound = worstPrice(side, master, share)
  const isWorse = side === 'BUY' ? last > bound : last < bound
  return isWorse ? { kind: 'priceWorse', side, master, last, bound } : null
}

function checkLimits(entry: EntryToGuard, follower: FollowerNow, limits: Limits): Reason | null {
  const { quantity, side, orders } = entry
  const value = worth(priceOf(entry), quantity)
  const position = magnitude(add(follower.position, signed(side, quantity)))
  const loss = (follower.profitToday < NO_MONEY ? -follower.profitToday : NO_MONEY) as Money
  const ordersWithThis = follower.ordersToday + orders

  if (limits.maxOrderQuantity !== null && quantity > limits.maxOrderQuantity)
    return { kind: 'maxOrderQuantity', quantity, limit: limits.maxOrderQuantity }
  if (limits.maxOrderValue !== null && value > limits.maxOrderValue)
    return { kind: 'maxOrderValue', value, limit: limits.maxOrderValue }
  if (limits.maxPositionQuantity !== null && position > limits.maxPositionQuantity)
    return { kind: 'maxPositionQuantity', position, limit: limits.maxPositionQuantity }
  if (limits.maxOrdersPerDay !== null && ordersWithThis > limits.maxOrdersPerDay)
    return { kind: 'maxOrdersPerDay', orders: ordersWithThis, limit: limits.maxOrdersPerDay }
  if (limits.maxDailyLoss !== null && loss > NO_MONEY && loss >= limits.maxDailyLoss)
    return { kind: 'maxDailyLoss', loss, limit: limits.maxDailyLoss }
  return null
}

// What it may cost: the limit, or for an order without one the master's price.
function priceOf({ pricing, masterPrice }: EntryToGuard): Price {
  return pricing.kind === 'limit' || pricing.kind === 'stopLimit' ? pricing.price : masterPrice
}
