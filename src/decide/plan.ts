// What every follower does about one signal: the first of the two functions to read here (the other is
// `reconcile`). Followers are judged one by one and know nothing of each other. The answer is a Plan:
// exactly one decision per follower, complete with the orders and their tags, ready to be written down.
import type { Calendar } from '../domain/calendar.ts'
import type {
  Decision,
  EntryDecision,
  ExitDecision,
  Plan,
  SkipDecision,
} from '../domain/decision.ts'
import { freezeOf } from '../domain/freeze.ts'
import type { Instrument } from '../domain/instrument.ts'
import type { Intent } from '../domain/intent.ts'
import type { Lane, LanePosition, LiveEntry } from '../domain/lane.ts'
import {
  add,
  type Money,
  NO_QUANTITY,
  type Price,
  type Quantity,
  subtract,
} from '../domain/numbers.ts'
import { type Pricing, type Side, sideOf, signed } from '../domain/order.ts'
import type { Reason } from '../domain/reason.ts'
import type { Circuit, FollowerSettings, Hours } from '../domain/settings.ts'
import type { Signal } from '../domain/signal.ts'
import type { Tag } from '../domain/tag.ts'
import type { Instant } from '../domain/time.ts'
import { ruleOfExit } from './exit.ts'
import { type FollowerNow, guardEntry, type Market, marketAt } from './guard.ts'
import { priceEntry } from './price.ts'
import { checkRules } from './rules.ts'
import { sizeEntry } from './size.ts'
import { slice } from './slice.ts'

/** What is the same for all followers. */
export interface MarketView {
  readonly now: Instant
  readonly calendar: Calendar
  readonly hours: Hours
  /** null: not in the instrument master of the day. */
  readonly instrument: Instrument | null
  /** null where no price is known. */
  readonly last: Price | null
  readonly circuit: Circuit | null
  readonly freeze: ReadonlyMap<string, Quantity>
  readonly masterCapital: Money | null
}

type MarketSeen = MarketView & Market

/** One follower as the ledger and the settings have it. */
export interface FollowerView {
  readonly settings: FollowerSettings
  readonly lane: Lane
  readonly position: LanePosition
  readonly entries: readonly LiveEntry[]
  /** Lot size with which the lane was traded last: an exit needs it also when the instrument is gone. */
  readonly lot: Quantity
  readonly capital: Money | null
  readonly state: Omit<FollowerNow, 'position'>
}

export function plan(
  signal: Signal,
  followers: readonly FollowerView[],
  market: MarketView,
  nextTag: () => Tag,
): Plan {
  const seen = { ...market, ...marketAt(market.now, market.calendar, market.last) }
  return {
    signal,
    decisions: followers.map((follower) => decide(signal, follower, seen, nextTag)),
  }
}

function decide(
  signal: Signal,
  follower: FollowerView,
  market: MarketSeen,
  nextTag: () => Tag,
): Decision {
  const { obstacle } = signal
  if (obstacle === 'endedWithItsDay') return skip(follower, { kind: obstacle, day: signal.day })
  if (obstacle === 'roundTrip' || obstacle === 'nettedOverGap' || obstacle === 'lockstepOrder')
    return skip(follower, { kind: obstacle })
  return (
    leave(signal, follower, market.instrument?.lotSize ?? follower.lot) ??
    enter(signal, follower, market, nextTag)
  )
}

/** null: the signal opens, and nothing was copied that it would close. No rule and no limit is asked. */
function leave(
  signal: Signal,
  follower: FollowerView,
  lot: Quantity,
): ExitDecision | SkipDecision | null {
  const { position, entries, lane } = follower
  const rule = ruleOfExit(position, entries, lot, signal)
  if (rule !== null)
    return { kind: 'exit', lane, covers: subtract(rule.copiedAfter, rule.copiedBefore), ...rule }
  if (signal.effect === 'entry') return null
  return skip(
    follower,
    position.copied === 0n
      ? { kind: 'nothingCopied' }
      : { kind: 'opposesCopied', copied: position.copied },
  )
}

function enter(
  signal: Signal,
  follower: FollowerView,
  market: MarketSeen,
  nextTag: () => Tag,
): EntryDecision | SkipDecision {
  const { settings } = follower
  const { instrument } = market
  if (signal.obstacle === 'unsupportedVariety')
    return skip(follower, { kind: signal.obstacle, variety: signal.variety })
  if (signal.obstacle !== null) return skip(follower, { kind: 'unknownProduct' })
  if (instrument === null)
    return skip(follower, { kind: 'unknownInstrument', symbol: signal.symbol })

  const ruled = checkRules(signal, instrument, settings.rules)
  if (ruled !== null) return skip(follower, ruled)
  const sized = sizeEntry({
    sizing: settings.sizing,
    rounding: settings.rounding,
    lot: instrument.lotSize,
    before: signal.before,
    quantity: signal.quantity,
    masterCapital: market.masterCapital,
    followerCapital: follower.capital,
  })
  if (sized.kind === 'tooSmall') {
    // Where nothing of the order was copied before (a pause, a limit), there is nothing to go with.
    const isCopied = sideOf(follower.position.copied) === signal.side
    return skip(follower, sized.reason, isCopied ? signed(signal.side, sized.covers) : NO_QUANTITY)
  }
  if (signal.price === null) return skip(follower, { kind: 'priceUnknown' })

  const { side } = signal
  const pricing = priceEntry({
    instrument,
    side,
    circuit: market.circuit,
    master: signal.pricing,
    average: signal.price,
    orders: settings.orders,
    maxSlippage: settings.maxSlippage,
  })
  const quantities = slice(sized.quantity, instrument.lotSize, freezeOf(instrument, market.freeze))
  const refused = guard(signal, follower, market, {
    instrument,
    masterPrice: signal.price,
    pricing,
    quantity: sized.quantity,
    orders: quantities.length,
  })
  if (refused !== null) return skip(follower, refused)
  return {
    kind: 'entry',
    lane: follower.lane,
    covers: signed(side, sized.covers),
    quantity: sized.quantity,
    intents: quantities.map(
      (quantity, index): Intent => ({
        lane: follower.lane,
        role: 'entry',
        signal: signal.key,
        side,
        quantity,
        lot: instrument.lotSize,
        pricing,
        slice: index + 1,
        slices: quantities.length,
        tag: nextTag(),
      }),
    ),
  }
}

export interface EntryAsked {
  readonly instrument: Instrument
  readonly masterPrice: Price
  readonly pricing: Pricing
  readonly quantity: Quantity
  readonly orders: number
}

/** The guards before it is written down. An entry that is too old by now was missed, not delayed. */
function guard(
  signal: Signal,
  follower: FollowerView,
  market: MarketSeen,
  entry: EntryAsked,
): Reason | null {
  const refused = guardEntry(
    { ...entry, product: signal.product, side: signal.side, filledAt: signal.filledAt },
    {
      ...follower.state,
      position: exposureOf(follower, signal.side),
    },
    { ...follower.settings, hours: market.hours },
    market,
  )
  return refused?.kind === 'tooOld' ? { ...refused, kind: 'missed' } : refused
}

/** Held and in flight on this side. What is held on the other side is on its way out and doesn't net. */
function exposureOf({ position, entries }: FollowerView, side: Side): Quantity {
  const held = sideOf(position.held) === side ? position.held : NO_QUANTITY
  return entries.reduce(
    (total, entry) => add(total, signed(side, subtract(entry.allowance, entry.filled))),
    held,
  )
}

const skip = (
  { lane }: FollowerView,
  reason: Reason,
  covers: Quantity = NO_QUANTITY,
): SkipDecision => ({ kind: 'skip', lane, reason, covers })
