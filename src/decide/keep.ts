// What a no to an exit comes to: the same as the exit, but that nothing is closed. The trader keeps what the exit
// would have closed, and no later order of the master is measured against it. What other exits owe already, or
// have on their way, is no part of it.
import type { ExitDecision, KeepDecision } from '../domain/decision.ts'
import { afterDecision, excessOf, type LanePosition } from '../domain/lane.ts'
import { magnitude, type Quantity, subtract } from '../domain/numbers.ts'

export function keepInstead(exit: ExitDecision, lane: LanePosition, lot: Quantity): KeepDecision {
  const { covers, entitlement, allowances } = exit
  const after = afterDecision(lane, covers, entitlement)
  const kept = subtract(excessOf(after, lot), excessOf(lane, lot))
  return {
    kind: 'skip',
    lane: exit.lane,
    covers,
    reason:
      kept === 0n
        ? { kind: 'declined' }
        : { kind: 'kept', quantity: magnitude(kept), follower: exit.lane.follower },
    keeps: { entitlement, allowances, kept },
  }
}
