// The turn of the day for one follower: orders last for the day, and so does what is intraday; a contract
// lasts until its expiry. What was never answered is over too, and the trader is told.
import type { Lane } from '../domain/lane.ts'
import { formatDecimal, negate } from '../domain/numbers.ts'
import { dayOf, type TradingDay } from '../domain/time.ts'
import type { Context, FollowerAccess } from './context.ts'

/** Ends what belongs to days before `today`. Asking again changes nothing. */
export function rollDay(context: Context, access: FollowerAccess, today: TradingDay): void {
  const { clock, ledger, tell } = context
  const account = access.settings.name
  const alarm = (text: string): void => tell({ kind: 'alarm', account, text })

  for (const { attempt, state } of ledger.openAttempts(account)) {
    const day = dayOf(attempt.at)
    if (day >= today) continue
    const evidence = `the day of ${day} is over`
    ledger.recordEvent(attempt.id, { kind: 'dayEnded', evidence }, clock.now())
    if (state.kind !== 'working')
      alarm(`nobody ever said what became of order ${attempt.tag}; its day is over`)
  }
  for (const lane of ledger.lanes()) {
    if (lane.follower !== account || lane.mode !== access.mode) continue
    const evidence = endOf(context, lane, today)
    if (evidence === null) continue
    ledger.adjust({ lane, kind: 'expired', change: negate(lane.held), evidence }, clock.now())
    if (lane.held !== 0n)
      alarm(
        `${lane.instrument} ${lane.product}: ${formatDecimal(lane.held)} was held, ${evidence}; check the account`,
      )
  }
}

/** Why nothing can stand in this lane any more, or null. */
function endOf({ ledger, instruments }: Context, lane: Lane, today: TradingDay): string | null {
  const expiry = instruments().byId(lane.instrument)?.expiry ?? null
  if (expiry !== null && expiry < today) return `it expired on ${expiry}`
  // The broker squares intraday positions off at the end of their day.
  if (lane.product !== 'INTRADAY') return null
  const move = ledger.lastMove(lane)
  const signal = move === null ? null : ledger.signal(move.signalId)
  return signal !== null && signal.day < today ? `its day, ${signal.day}, is over` : null
}
