// A master's order that is told on a later day than its own: it filled in a halt that outlasted the day, or the
// program ended before it could tell. Its day is over: nothing more fills of it, and it is never younger than that.
import { isFinal, type OrderReport } from '../domain/order.ts'
import type { MasterOrder } from '../domain/signal.ts'
import { after, atTimeOfDay, dayOf, type Instant, instant, nextDay } from '../domain/time.ts'

/** An order lasts for its day, however open it was when it was last seen. */
export const isEnded = ({ status, day }: OrderReport, now: Instant): boolean =>
  isFinal(status) || day < dayOf(now)

/** What bears no time of its own happened by now, and on its day. */
export const atTheLatest = ({ day }: Pick<OrderReport, 'day'>, now: Instant): Instant =>
  instant(Math.min(now, after(atTimeOfDay(nextDay(day), 0), -1)))

/** A book that still shows some orders of a day that is over knows them better. */
export function notShown(
  leftOver: readonly MasterOrder[],
  shown: readonly MasterOrder[],
): readonly MasterOrder[] {
  const keys = new Set(shown.map(({ key }) => key))
  return leftOver.filter(({ key }) => !keys.has(key))
}
