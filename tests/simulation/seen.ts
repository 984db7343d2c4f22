// What of the master nobody can have seen: what it filled on a day after whose fill no page of its book came
// any more. The next day its book is a new one, so nobody will ever tell it; what was copied of it is for the
// trader to close, who is told in the morning.
import { dayOf } from '../../src/domain/time.ts'
import type { TrueChange, Truth } from './truth.ts'

/** A book may be that late (the oldest that the weather shows), and where it contradicts the positions longer. */
const PAGE_LATE_BY_MS = 40_000

/** Of the master, fill by fill. */
export function fillsUnseen({
  changes,
  requests,
  masterCode,
}: Pick<Truth, 'changes' | 'requests' | 'masterCode'>): readonly TrueChange[] {
  const lastPageOf = new Map<string, number>()
  for (const { route, clientCode, sentAt, answeredAt } of requests)
    if (route === 'orderBook' && clientCode === masterCode && answeredAt !== null)
      lastPageOf.set(dayOf(sentAt), sentAt)
  const lastDay = dayOf(changes.at(-1)?.at ?? (0 as TrueChange['at']))
  return changes.filter(
    ({ clientCode, fills, at }) =>
      clientCode === masterCode &&
      fills > 0 &&
      dayOf(at) !== lastDay &&
      at > (lastPageOf.get(dayOf(at)) ?? 0) - PAGE_LATE_BY_MS,
  )
}

/** Where it left unseen: `NSE:INFY-EQ DELIVERY`. */
export const placesUnseen = (
  truth: Pick<Truth, 'changes' | 'requests' | 'masterCode'>,
): ReadonlySet<string> =>
  new Set(fillsUnseen(truth).map(({ instrument, product }) => `${instrument} ${product}`))
