// What a lane does next. Asked after everything that happens (a signal, an answer, a report, a moment
// that has come), it compares what is with what should be and names the steps that are due now. It
// remembers nothing: a lost wake-up, a doubled one and a restart all heal by asking again.
//
// The order within a lane: entries that may fill no further are cut first, then what is held beyond the
// entitlement is closed, then what opens is sent. An entry waits for the exit before it; an exit waits
// for nothing but the answers that are due within seconds.
import { type AttemptState, filledOf } from '../domain/attempt.ts'
import type { AttemptId, IntentId } from '../domain/ids.ts'
import { excessOf, type LanePosition } from '../domain/lane.ts'
import {
  add,
  larger,
  magnitude,
  NO_QUANTITY,
  type Quantity,
  roundTo,
  smaller,
  subtract,
} from '../domain/numbers.ts'
import { type Side, sideOf } from '../domain/order.ts'
import type { OwedBecause } from '../domain/owed.ts'
import type { Reason } from '../domain/reason.ts'
import type { SignalKey } from '../domain/signal.ts'
import { after, type Instant, SECOND } from '../domain/time.ts'
import { closingOf, type Shown } from './exit.ts'
import { MOST_REPRICES, REPRICE_AFTER_MS } from './price.ts'
import type { Sendable } from './send.ts'

/** A reading of the position is good for an exit this long after its answer, if no fill there came after it was asked for. */
export const READING_GOOD_FOR_MS = 5 * SECOND
/** What was not taken is sent again after this, and each time after twice as long. */
export const RESEND_AFTER_MS = 1 * SECOND
const LONGEST_RESEND_MS = 15 * SECOND
/**
 * A cancel or a cut that shows no effect is asked again after this, and is waited for no longer; each time after
 * twice as long. Every ask counts against the broker's hour: a few orders of an exchange that stands still would
 * use it up in minutes, and then no exit could leave.
 */
export const ASK_AGAIN_AFTER_MS = 3 * SECOND
const LONGEST_ASK_AGAIN_MS = 60 * SECOND

export interface LaneAttempt {
  readonly id: AttemptId
  readonly at: Instant
  /** What it asks for; less once the book has shown it cut. */
  readonly quantity: Quantity
  readonly state: AttemptState
  /** When its cancel, cut or new price was asked for last; null: never. */
  readonly askedAt: Instant | null
  /** How often each was asked for. */
  readonly asks: { readonly cancel: number; readonly cut: number }
}

/** An order of the lane that can still fill. */
export interface LaneOrder {
  readonly intent: IntentId
  readonly signal: SignalKey | null
  readonly quantity: Quantity
  /** Of all its attempts together. */
  readonly filled: Quantity
  /** Oldest first; none: never sent. */
  readonly attempts: readonly LaneAttempt[]
}

export interface LaneEntry extends LaneOrder {
  readonly allowance: Quantity
}

export interface LaneClosing extends LaneOrder {
  /** How often it has been given a new price. */
  readonly reprices: number
}

/**
 * The newest reading of the follower's position in this instrument and product. What filled after it was asked
 * for may not be in it; how old it is counts from its answer, since one that is slow to come would otherwise be
 * too old when it arrives, and be asked for again for ever.
 */
export type PositionReading = Shown & { readonly askedAt: Instant; readonly answeredAt: Instant }

export interface LaneView {
  readonly position: LanePosition
  readonly lot: Quantity
  /** What the exchange takes orders in today; another than `lot` after it changed it. */
  readonly tradedLot: Quantity
  readonly entries: readonly LaneEntry[]
  readonly closings: readonly LaneClosing[]
  readonly reading: PositionReading | null
  /** The last fill in this position that is known, ours or anybody's. */
  readonly movedAt: Instant | null
  /** After a rejected exit: not before this. */
  readonly closeNotBefore: Instant | null
  readonly entryTtlMs: number | null
  /** Of a closed market, when it opens; null: it is open, or the trader ignores hours. */
  readonly opensAt: Instant | null
  readonly now: Instant
  /** The guards of the moment. */
  readonly judge: (entry: LaneEntry) => Sendable
}

export type Step =
  | {
      readonly kind: 'cancel'
      readonly attempt: AttemptId
      readonly why: 'masterLeft' | 'entryTtl' | 'oneTooMany' | 'nothingDue'
    }
  /** Let the order fill this much in all, and no more. */
  | { readonly kind: 'cut'; readonly attempt: AttemptId; readonly to: Quantity }
  | { readonly kind: 'readPosition' }
  | { readonly kind: 'lowerHeld'; readonly missing: Quantity; readonly shown: Quantity }
  | { readonly kind: 'close'; readonly side: Side; readonly quantity: Quantity }
  | { readonly kind: 'resend'; readonly intent: IntentId; readonly quantity: Quantity }
  | { readonly kind: 'reprice'; readonly attempt: AttemptId; readonly done: number }
  | { readonly kind: 'owe'; readonly quantity: Quantity; readonly why: OwedBecause }
  | { readonly kind: 'send'; readonly intent: IntentId; readonly quantity: Quantity }
  | { readonly kind: 'deny'; readonly intent: IntentId; readonly reason: Reason }
  /** Nothing to do before this moment, unless something happens. */
  | { readonly kind: 'wait'; readonly until: Instant }

export function nextSteps(view: LaneView): readonly Step[] {
  return [...cutEntries(view), ...closeExcess(view), ...moveClosings(view), ...openEntries(view)]
}

/** Entries that the master has left, wholly or in part, and those whose time is over. */
function cutEntries({ entries, lot, entryTtlMs, now }: LaneView): readonly Step[] {
  return entries.flatMap((entry) =>
    entry.attempts.flatMap((attempt): readonly Step[] => {
      if (attempt.state.kind !== 'working') return []
      if (isOneTooMany(entry, attempt)) return [cancel(attempt, 'oneTooMany', now)]
      const most = mostOf(entry, attempt)
      if (most < attempt.quantity) {
        const to = roundTo(most, lot, 'down')
        return to > attempt.state.filled
          ? [askedInTime(attempt, { kind: 'cut', attempt: attempt.id, to }, now)]
          : [cancel(attempt, 'masterLeft', now)]
      }
      if (entryTtlMs === null) return []
      const ends = after(attempt.at, entryTtlMs)
      return now >= ends ? [cancel(attempt, 'entryTtl', now)] : [{ kind: 'wait', until: ends }]
    }),
  )
}

/** What is held beyond the entitlement and not yet on its way out. */
function closeExcess(view: LaneView): readonly Step[] {
  const { position, lot, closings, now, reading } = view
  const due = magnitude(excessOf(position, lot))
  if (due === 0n) return closings.flatMap(withdraw)
  const unsent = closings.filter(isUnsent)
  const onTheirWay = remainingOf(closings.filter((closing) => !isUnsent(closing)))
  if (due <= onTheirWay) return unsent.flatMap(withdraw)

  const patience = answersDue(view)
  if (patience !== null) return [{ kind: 'wait', until: patience }]
  if (view.closeNotBefore !== null && now < view.closeNotBefore)
    return [
      { kind: 'owe', quantity: subtract(due, onTheirWay), why: 'rejected' },
      { kind: 'wait', until: view.closeNotBefore },
    ]
  if (reading === null || !isGood(reading, view)) return [{ kind: 'readPosition' }]

  const closing = closingOf(position, lot, onTheirWay, reading)
  switch (closing.kind) {
    case 'even':
      return []
    case 'owed':
      return [
        { kind: 'owe', quantity: closing.quantity, why: 'positionUnreadable' },
        { kind: 'readPosition' },
      ]
    case 'reducedElsewhere':
      return [{ kind: 'lowerHeld', missing: closing.missing, shown: closing.shown }]
    case 'close':
      // The broker would keep it for the next opening, when nobody knows it any more: its day is over by then.
      if (view.opensAt !== null)
        return [
          { kind: 'owe', quantity: closing.quantity, why: 'marketClosed' },
          { kind: 'wait', until: view.opensAt },
        ]
      return [
        ...closeWith(view, unsent, closing.side, closing.quantity),
        ...(closing.unconfirmed > 0n ? [{ kind: 'readPosition' } as const] : []),
      ]
  }
}

/**
 * Recorded closing orders that were never taken go first; what they don't cover is a new one. All of it in
 * whole lots: an order with an odd part would be refused whole, and forever. The odd part is owed.
 */
function closeWith(
  { tradedLot, now }: LaneView,
  unsent: readonly LaneClosing[],
  side: Side,
  quantity: Quantity,
): readonly Step[] {
  const whole = roundTo(quantity, tradedLot, 'down')
  const odd = subtract(quantity, whole)
  const steps: Step[] = odd > 0n ? [{ kind: 'owe', quantity: odd, why: 'noWholeLot' }] : []
  let left = whole
  for (const closing of unsent) {
    const mayFill = roundTo(subtract(closing.quantity, closing.filled), tradedLot, 'down')
    const part = smaller(mayFill, left)
    const from = sendableFrom(closing)
    if (part === NO_QUANTITY) steps.push(...withdraw(closing))
    else if (from !== null && from > now) steps.push({ kind: 'wait', until: from })
    else steps.push({ kind: 'resend', intent: closing.intent, quantity: part })
    left = subtract(left, part)
  }
  return left > 0n ? [...steps, { kind: 'close', side, quantity: left }] : steps
}

/**
 * Exits that rest are moved with the market, five times; then the trader hears of them. One that could go
 * through zero is taken back: beside its own successor, or where less is left than it may still fill.
 */
function moveClosings(view: LaneView): readonly Step[] {
  const { closings, now } = view
  const isTooMuch = mayGoThroughZero(view)
  return closings.flatMap((closing) =>
    closing.attempts.flatMap((attempt): readonly Step[] => {
      if (attempt.state.kind !== 'working') return []
      if (isTooMuch || isOneTooMany(closing, attempt))
        return [cancel(attempt, isTooMuch ? 'nothingDue' : 'oneTooMany', now)]
      if (closing.reprices >= MOST_REPRICES) {
        const quantity = subtract(closing.quantity, closing.filled)
        return [{ kind: 'owe', quantity, why: 'notFilled' }]
      }
      const due = after(attempt.askedAt ?? attempt.at, REPRICE_AFTER_MS)
      return now >= due
        ? [{ kind: 'reprice', attempt: attempt.id, done: closing.reprices }]
        : [{ kind: 'wait', until: due }]
    }),
  )
}

/** Whether what rests could close more than is there: held was lowered, or two readings show less. */
function mayGoThroughZero(view: LaneView): boolean {
  const { position, lot, closings, reading } = view
  const resting = remainingOf(closings.filter((closing) => !isUnsent(closing)))
  if (resting > magnitude(excessOf(position, lot))) return true
  if (reading?.kind !== 'shown' || !reading.agreed || !isGood(reading, view)) return false
  const isThere = sideOf(reading.quantity) === sideOf(position.held)
  return resting > (isThere ? magnitude(reading.quantity) : NO_QUANTITY)
}

/** One copy at a time until the broker has it; the slices of one copy go together. */
function openEntries(view: LaneView): readonly Step[] {
  const { entries, now } = view
  const unsent = entries.filter(isUnsent)
  const [first] = unsent
  if (first === undefined) return []
  const isDue = !isBlocked(view, first)
  return unsent
    .filter((entry) => !isDue || entry.signal === first.signal)
    .flatMap((entry): readonly Step[] => {
      if (isToldAbsent(entry))
        return [{ kind: 'deny', intent: entry.intent, reason: { kind: 'toldAbsent' } }]
      const answer = view.judge(entry)
      const from = sendableFrom(entry)
      if (answer.kind === 'denied')
        return isDue || isLasting(answer.reason)
          ? [{ kind: 'deny', intent: entry.intent, reason: answer.reason }]
          : []
      if (!isDue) return []
      return from !== null && from > now
        ? [{ kind: 'wait', until: from }]
        : [{ kind: 'send', intent: entry.intent, quantity: answer.quantity }]
    })
}

/**
 * Nothing proves that it was never placed, and the trader may have placed it by hand: its like is not sent
 * on a word alone. An exit is, because it closes at most what the position shows.
 */
const isToldAbsent = ({ attempts }: LaneOrder): boolean =>
  attempts.some(({ state }) => state.kind === 'notSent' && state.cause === 'toldAbsent')

/** What stands behind something else is answered for as soon as it can't be sent any more. */
const isLasting = ({ kind }: Reason): boolean => kind === 'tooOld' || kind === 'masterFlat'

function isBlocked(view: LaneView, first: LaneEntry): boolean {
  const { entries, closings, position, lot } = view
  if (excessOf(position, lot) !== 0n || closings.some((closing) => !isAtBroker(closing)))
    return true
  // What the master has left may still fill: what opens now would close that, unseen.
  if (entries.some(isBeingCut)) return true
  return entries.some((entry) => isInDoubt(entry) && entry.signal !== first.signal)
}

/** Until when an exit waits for what was asked of the entries before it; null: for nothing. */
function answersDue({ entries, now }: LaneView): Instant | null {
  const due = entries
    .flatMap((entry) => entry.attempts)
    .flatMap((attempt) => {
      if (attempt.state.kind === 'sending') return [after(attempt.at, SENDING_FOR_MS)]
      return attempt.state.kind === 'working' && attempt.askedAt !== null
        ? [after(attempt.askedAt, ASK_AGAIN_AFTER_MS)]
        : []
    })
    .filter((until) => until > now)
  return due.reduce<Instant | null>((last, until) => (last && last > until ? last : until), null)
}

/** A send without an answer for this long is unknown. */
export const SENDING_FOR_MS = 7 * SECOND

const withdraw = (closing: LaneClosing): readonly Step[] =>
  isUnsent(closing)
    ? [{ kind: 'deny', intent: closing.intent, reason: { kind: 'nothingDue' } }]
    : []

/** Never sent, or known not to have been taken. */
export const isUnsent = (order: LaneOrder): boolean =>
  order.attempts.every((attempt) => attempt.state.kind === 'notSent')

/** null: at once, since it never was sent. */
function sendableFrom({ attempts }: LaneOrder): Instant | null {
  const last = attempts.at(-1)
  if (last === undefined) return null
  const pauseMs = Math.min(RESEND_AFTER_MS * 2 ** (attempts.length - 1), LONGEST_RESEND_MS)
  return after(last.at, pauseMs)
}

/** How much an attempt may fill, beside what the others of its entry have. */
const mostOf = (entry: LaneEntry, { state }: LaneAttempt): Quantity =>
  larger(subtract(entry.allowance, subtract(entry.filled, filledOf(state))), NO_QUANTITY)

const isBeingCut = (entry: LaneEntry): boolean =>
  entry.attempts.some(
    (attempt) =>
      attempt.state.kind === 'working' &&
      (mostOf(entry, attempt) < attempt.quantity || isOneTooMany(entry, attempt)),
  )

/** Called absent, sent again, and there after all: either of the two may fill the whole. */
const isOneTooMany = ({ attempts }: LaneOrder, attempt: LaneAttempt): boolean =>
  attempts
    .slice(attempts.indexOf(attempt) + 1)
    .some(({ state }) => state.kind !== 'notSent' && state.kind !== 'rejected')

const isInDoubt = (order: LaneOrder): boolean =>
  order.attempts.some(({ state }) => state.kind === 'sending' || state.kind === 'unknown')

const isAtBroker = (order: LaneOrder): boolean =>
  order.attempts.some((attempt) => attempt.state.kind === 'working')

type Ask = Extract<Step, { kind: 'cancel' | 'cut' }>

const cancel = (attempt: LaneAttempt, why: Extract<Ask, { kind: 'cancel' }>['why'], now: Instant) =>
  askedInTime(attempt, { kind: 'cancel', attempt: attempt.id, why }, now)

/** An answer to it proves nothing: it is asked again until the book shows what it came to. */
function askedInTime({ askedAt, asks }: LaneAttempt, step: Ask, now: Instant): Step {
  if (askedAt === null) return step
  const pauseMs = ASK_AGAIN_AFTER_MS * 2 ** Math.max(0, asks[step.kind] - 1)
  const again = after(askedAt, Math.min(pauseMs, LONGEST_ASK_AGAIN_MS))
  return now < again ? { kind: 'wait', until: again } : step
}

const isGood = ({ askedAt, answeredAt }: PositionReading, { now, movedAt }: LaneView): boolean =>
  now - answeredAt <= READING_GOOD_FOR_MS && (movedAt === null || askedAt > movedAt)

const remainingOf = (orders: readonly LaneOrder[]): Quantity =>
  orders.reduce(
    (total, order) => add(total, larger(subtract(order.quantity, order.filled), NO_QUANTITY)),
    NO_QUANTITY,
  )
