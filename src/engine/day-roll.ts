// The turn of the day for one follower: orders last for the day, and so does what is intraday; a contract
// lasts until its expiry. What was never answered is over too, and the trader is told.
import { filledOf } from '../domain/attempt.ts'
import { expiryInName } from '../domain/instrument.ts'
import { closes } from '../domain/intent.ts'
import type { Lane } from '../domain/lane.ts'
import { formatDecimal, negate, subtract } from '../domain/numbers.ts'
import { signed } from '../domain/order.ts'
import { dayOf, type TradingDay } from '../domain/time.ts'
import type { OpenAttempt, RecordedAttempt } from '../ports.ts'
import type { Context, FollowerAccess } from './context.ts'

/** Ends what belongs to days before `today`. Asking again changes nothing. */
export function rollDay(context: Context, access: FollowerAccess, today: TradingDay): void {
  const { clock, ledger, tell } = context
  const account = access.settings.name
  const alarm = (text: string): void => tell({ kind: 'alarm', account, text })

  for (const open of ledger.openAttempts(account)) {
    const { attempt, state } = open
    const day = dayOf(attempt.at)
    if (day >= today) continue
    const evidence = `the day of ${day} is over`
    ledger.recordEvent(attempt.id, { kind: 'dayEnded', evidence }, clock.now())
    if (state.kind !== 'working') alarm(lapsed(attempt))
    else if (mayStand(attempt)) alarm(unwatched(open))
  }
  for (const lane of ledger.lanes(account)) {
    if (lane.mode !== access.mode) continue
    const evidence = endOf(context, lane, today)
    if (evidence === null) continue
    ledger.adjust({ lane, kind: 'expired', change: negate(lane.held), evidence }, clock.now())
    if (lane.held !== 0n)
      alarm(
        `${lane.instrument} ${lane.product}: ${formatDecimal(lane.held)} was held, ${evidence}; check the account`,
      )
  }
}

/**
 * Nothing more will be heard of it. An exit needs no word: what is held stays held, and the next exit closes
 * at most what the position shows. An entry that filled is at the broker and not in what is held.
 */
function lapsed({ tag, quantity, intent }: RecordedAttempt): string {
  const text = `nobody ever said what became of order ${tag}; its day is over`
  const { follower, instrument, product } = intent.lane
  if (closes(intent.role)) return `${text}; compare what is held: lockstep positions`
  // The broker squares intraday positions off: what would be taken over now isn't there.
  if (product === 'INTRADAY')
    return `${text}; if it filled, the broker squared it off by the end of it: compare with its statement`
  const all = formatDecimal(signed(intent.side, quantity))
  return `${text}; if it filled and still stands: lockstep adopt ${follower} ${instrument} ${product} ${all}`
}

/** What an order bought or sold while nobody watched is still there the next morning, unless it was intraday. */
const mayStand = ({ intent }: RecordedAttempt): boolean =>
  !closes(intent.role) && intent.lane.product !== 'INTRADAY'

/**
 * It rested when it was last seen: whoever was stopped before its day was over doesn't know how it ended, and
 * the book of that day is gone. Held would be too little for ever, without a word.
 */
function unwatched({ attempt: { tag, quantity, intent }, state }: OpenAttempt): string {
  const { follower, instrument, product } = intent.lane
  const filled = filledOf(state)
  const rest = formatDecimal(signed(intent.side, subtract(quantity, filled)))
  return `order ${tag} rested when it was last seen, ${formatDecimal(filled)} of ${formatDecimal(quantity)} filled; its day is over: look what became of the rest, and if it filled: lockstep adopt ${follower} ${instrument} ${product} ${rest}`
}

/** Why nothing can stand in this lane any more, or null. */
function endOf({ ledger, instruments }: Context, lane: Lane, today: TradingDay): string | null {
  // An expired contract is in the list of no later day.
  const expiry = instruments().byId(lane.instrument)?.expiry ?? expiryInName(lane.instrument)
  if (expiry !== null && expiry < today) return `it expired on ${expiry}`
  // The broker squares intraday positions off at the end of their day.
  if (lane.product !== 'INTRADAY') return null
  const move = ledger.lastMove(lane)
  const signal = move === null ? null : ledger.signal(move.signalId)
  const adoptedAt = ledger.adoptedAt(lane)
  // What was taken over later than the last signal stands since then.
  const days = [signal?.day ?? null, adoptedAt === null ? null : dayOf(adoptedAt)]
  const last = days.reduce((one, other) => ((one ?? '') >= (other ?? '') ? one : other))
  return last !== null && last < today ? `its day, ${last}, is over` : null
}
