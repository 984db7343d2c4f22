// The net under the exits: one that is due and is not at the broker has a reason, and a lane tells the reasons
// that it knows of. What waits longer than it may is found here by comparing alone, so that also a reason that
// nobody thought of is told. Pure.
import { type Lane, type LaneKey, laneKey } from '../domain/lane.ts'
import type { Quantity } from '../domain/numbers.ts'
import { after, type Instant, SECOND } from '../domain/time.ts'

/** Two readings that time out and the sending take about so long: what waits longer waits for something else. */
export const EXIT_MAY_WAIT_MS = 15 * SECOND

export interface DueExit {
  readonly lane: Lane
  /** What is held beyond what should be, and not on its way out. */
  readonly owed: Quantity
}

export interface Waiting {
  /** Since when each lane has something due, from the first look that found it. */
  readonly since: ReadonlyMap<LaneKey, Instant>
  readonly tooLong: readonly DueExit[]
}

export function waitingExits(
  before: Waiting['since'],
  due: readonly DueExit[],
  now: Instant,
): Waiting {
  const since = new Map(
    due.map(({ lane }): [LaneKey, Instant] => [laneKey(lane), before.get(laneKey(lane)) ?? now]),
  )
  const isTooLong = ({ lane }: DueExit): boolean =>
    now >= after(since.get(laneKey(lane)) ?? now, EXIT_MAY_WAIT_MS)
  return { since, tooLong: due.filter(isTooLong) }
}
