// Exits never drift. Each exit of the master multiplies what a lane should hold by the share that
// remains of the master's copied position; whatever is held beyond that, in whole lots, is to be closed.
// Both steps look only at what is written down, so they may be asked again at any time, by a restart
// or by a fill that comes late, and give the same answer. Nothing here ever opens or goes through zero.
import type { Allowance } from '../domain/decision.ts'
import { excessOf, type LanePosition, type LiveEntry } from '../domain/lane.ts'
import {
  larger,
  magnitude,
  NO_QUANTITY,
  negate,
  type Quantity,
  sign,
  smaller,
  subtract,
} from '../domain/numbers.ts'
import { type Side, sideOf, signed } from '../domain/order.ts'
import {
  minus,
  NOTHING,
  plus,
  type Ratio,
  ratio,
  roundRatioTo,
  times,
  whole,
} from '../domain/ratio.ts'
import type { Signal } from '../domain/signal.ts'

export interface ExitRule {
  readonly copiedBefore: Quantity
  readonly copiedAfter: Quantity
  readonly entitlement: Ratio
  readonly allowances: readonly Allowance[]
}

/** What of a signal decides an exit. */
export type Leaving = Pick<Signal, 'side' | 'quantity' | 'product' | 'masterAfter'>

/**
 * What the lane should hold once the master has traded against its copied position; null when nothing
 * of that position was copied.
 */
export function ruleOfExit(
  lane: LanePosition,
  entries: readonly LiveEntry[],
  lot: Quantity,
  leaving: Leaving,
): ExitRule | null {
  const direction = sign(lane.copied)
  if (direction === 0 || sign(signed(leaving.side, leaving.quantity)) === direction) return null
  const copiedAfter = copiedAfterExit(lane.copied, leaving)
  if (copiedAfter === 0n) return leaveEverything(lane, entries)

  const share = ratio(copiedAfter, lane.copied)
  const resting = restingOf(entries)
  const mayHold = plus(lane.entitlement, whole(BigInt(direction) * resting))
  const target = times(mayHold, share)
  const held = inDirection(lane.held, direction > 0 ? 'BUY' : 'SELL')
  const keep = keptOf(target, held, resting, lot)
  return {
    copiedBefore: lane.copied,
    copiedAfter,
    entitlement: minus(target, whole(BigInt(direction) * keep)),
    allowances: cutTo(keep, entries),
  }
}

/** What the broker shows of a position, for the bound on a closing order. */
export type Shown =
  | { readonly kind: 'shown'; readonly quantity: Quantity; readonly agreed: boolean }
  | { readonly kind: 'unreadable' }

export type Closing =
  /** Nothing is held beyond the entitlement, or what is on its way covers it. */
  | { readonly kind: 'even' }
  /** Send this. `unconfirmed` is what a single lower reading denies: it waits for a second one. */
  | {
      readonly kind: 'close'
      readonly side: Side
      readonly quantity: Quantity
      readonly unconfirmed: Quantity
    }
  /** Two readings agree that less is there than we hold: `held` falls by `missing` (signed) first. */
  | { readonly kind: 'reducedElsewhere'; readonly missing: Quantity; readonly shown: Quantity }
  /** The position can't be read: owed, never guessed. */
  | { readonly kind: 'owed'; readonly quantity: Quantity }

/**
 * The closing order of a lane whose turn has come. `onTheirWay` is what live closing orders may still
 * fill, in magnitude.
 */
export function closingOf(
  lane: LanePosition,
  lot: Quantity,
  onTheirWay: Quantity,
  shown: Shown,
): Closing {
  const side = sideOf(lane.held)
  const due = subtract(magnitude(excessOf(lane, lot)), onTheirWay)
  if (side === null || due <= 0n) return { kind: 'even' }
  if (shown.kind === 'unreadable') return { kind: 'owed', quantity: due }

  const there = inDirection(shown.quantity, side)
  // What a closing order on its way has filled is seen here before it is reported: nobody else took it.
  const missing = subtract(subtract(magnitude(lane.held), there), onTheirWay)
  if (missing > 0n && shown.agreed)
    return { kind: 'reducedElsewhere', missing: signed(side, missing), shown: shown.quantity }
  // What is to go whichever reading is right: if the lower one is, less is held and less is due.
  const wanted = subtract(magnitude(lane.held), magnitude(excessOf(lane, lot)))
  const surelyHeld = smaller(there, magnitude(lane.held))
  const certain = larger(subtract(subtract(surelyHeld, wanted), onTheirWay), NO_QUANTITY)
  return {
    kind: 'close',
    side: side === 'BUY' ? 'SELL' : 'BUY',
    quantity: certain,
    unconfirmed: subtract(due, certain),
  }
}

/**
 * What the master sells counts against the copied part first, so that an older position of its own
 * changes nothing. A master that holds nothing any more has left the copied part too, whatever we
 * counted; of delivered shares we can't be as sure, for holdings are shown late.
 */
function copiedAfterExit(copied: Quantity, leaving: Leaving): Quantity {
  const direction = sign(copied)
  if (leaving.product !== 'DELIVERY' && sign(leaving.masterAfter) !== direction) return NO_QUANTITY
  const taken = smaller(leaving.quantity, magnitude(copied))
  return subtract(copied, direction > 0 ? taken : negate(taken))
}

function leaveEverything(lane: LanePosition, entries: readonly LiveEntry[]): ExitRule {
  return {
    copiedBefore: lane.copied,
    copiedAfter: NO_QUANTITY,
    entitlement: NOTHING,
    allowances: cutTo(NO_QUANTITY, entries),
  }
}

/** How much of what rests may go on resting: what the target wants and is not held yet. */
function keptOf(target: Ratio, held: Quantity, resting: Quantity, lot: Quantity): Quantity {
  const wanted = magnitude(roundRatioTo(target, lot, 'nearest') as Quantity)
  const missing = subtract(wanted, held)
  return larger(smaller(missing, resting), NO_QUANTITY)
}

/** Cuts the live entries so that together they may still fill `keep`: the oldest keeps first. */
function cutTo(keep: Quantity, entries: readonly LiveEntry[]): readonly Allowance[] {
  let left: bigint = keep
  return entries.map((entry) => {
    const kept = smaller(left, remainingOf(entry))
    left -= kept
    return { intent: entry.intent, upTo: (entry.filled + kept) as Quantity }
  })
}

const restingOf = (entries: readonly LiveEntry[]): Quantity =>
  entries.reduce((total, entry) => (total + remainingOf(entry)) as Quantity, NO_QUANTITY)

const remainingOf = (entry: LiveEntry): Quantity =>
  larger(subtract(entry.allowance, entry.filled), NO_QUANTITY)

const inDirection = (position: Quantity, side: Side): Quantity =>
  sideOf(position) === side ? magnitude(position) : NO_QUANTITY
