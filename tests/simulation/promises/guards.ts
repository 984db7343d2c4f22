// The guards on an entry hold at the moment at which it leaves, whatever delayed it (promise 2: what is not copied
// shows why, so what is copied has none of those reasons): younger than it may be, and within the follower's own
// orders of the day. Counted from what the broker saw.
import { instant, dayOf as tradingDayOf } from '../../../src/domain/time.ts'
import { clockTime, type Day, type Trail, tookEffect } from './day.ts'
import type { SettingsFact } from './facts.ts'

/** What the machine's clock may be off, and the second to which the exchange tells a fill. */
const CLOCK_OFF_MS = 6_000

export const brokenGuards = (day: Day): readonly string[] =>
  day.trails
    .filter(({ intent, requests }) => intent.role === 'entry' && requests.length > 0)
    .flatMap((trail) => {
      const session = day.facts.sessions.findLast(({ journal }) => journal < trail.attempt.journal)
      const settings = session?.followers.find(({ name }) => name === trail.follower.name)
      return settings === undefined
        ? []
        : [...tooOld(day, trail, settings), ...tooMany(day, trail, settings)]
    })

const leftAt = ({ requests }: Trail): number => requests[0]?.sentAt ?? Number.NaN

/** Of the master's order, the newest fill that it can be about. */
function tooOld(
  { facts, fills, truth }: Day,
  trail: Trail,
  { maxAgeMs }: SettingsFact,
): readonly string[] {
  const { follower, intent, attempt } = trail
  const signal = facts.signals.find(({ number }) => number === intent.signal)
  const filled = fills.findLast(
    ({ clientCode, orderId, at }) =>
      clientCode === truth.masterCode && orderId === signal?.orderId && at <= leftAt(trail),
  )
  const ageMs = filled === undefined ? 0 : leftAt(trail) - filled.at
  return ageMs <= maxAgeMs + CLOCK_OFF_MS
    ? []
    : [
        `${follower.name} entry ${attempt.tag} left at ${clockTime(leftAt(trail))}, ${ageMs} ms after the master's fill, ${maxAgeMs} are allowed`,
      ]
}

/** Of what stood at the broker by then, and this one. */
function tooMany({ trails }: Day, trail: Trail, { limits }: SettingsFact): readonly string[] {
  const { follower, attempt } = trail
  const before = trails
    .filter((other) => other.follower === follower && leftAt(other) < leftAt(trail))
    .filter(
      (other) => tradingDayOf(instant(other.attempt.at)) === tradingDayOf(instant(attempt.at)),
    )
    .filter(({ orders }) => orders.some(tookEffect)).length
  return limits.maxOrdersPerDay === null || before < limits.maxOrdersPerDay
    ? []
    : [
        `${follower.name} entry ${attempt.tag} left at ${clockTime(leftAt(trail))} after ${before} orders, ${limits.maxOrdersPerDay} a day are allowed`,
      ]
}
