// Promise 5: no rolling window of the broker is ever exceeded, restarts included, for writes and for readings.
// What is kept of them for exits is not used up by entries.
// Counted here once more from the arrivals, so that a simulator that counts wrongly is found out too.
import { clockTime, type Day, isWrite } from './day.ts'

interface Window {
  readonly lengthMs: number
  readonly most: number
}

const second = (most: number): Window => ({ lengthMs: 1_000, most })
const minute = (most: number): Window => ({ lengthMs: 60_000, most })
const hour = (most: number): Window => ({ lengthMs: 3_600_000, most })

/** As the broker publishes them, for each client code; routes that share a line are counted together. */
const PUBLISHED: readonly {
  readonly routes: readonly string[]
  readonly windows: readonly Window[]
}[] = [
  { routes: ['place', 'modify', 'cancel'], windows: [second(9), minute(500), hour(1000)] },
  { routes: ['login'], windows: [second(1)] },
  { routes: ['profile'], windows: [second(3), hour(1000)] },
  { routes: ['funds'], windows: [second(2)] },
  { routes: ['book'], windows: [second(1)] },
  { routes: ['trades'], windows: [second(1)] },
  { routes: ['positions'], windows: [second(1)] },
  { routes: ['holdings'], windows: [second(1)] },
  { routes: ['details'], windows: [second(10), minute(500), hour(5000)] },
  { routes: ['quote'], windows: [second(10), minute(500), hour(5000)] },
]

/** Where entries stop: the rest is for exits and cancels. */
const FOR_ENTRIES: readonly Window[] = [second(6), minute(400), hour(800)]

export function brokenLimits(day: Day): readonly string[] {
  const { arrivals, violations } = day.truth
  const known = arrivals.filter(({ clientCode }) => clientCode !== null)
  const byAccount = Map.groupBy(known, ({ clientCode }) => clientCode)
  const counted = [...byAccount].flatMap(([clientCode, own]) =>
    PUBLISHED.flatMap(({ routes, windows }) => {
      const times = own
        .filter(({ route }) => route !== null && routes.includes(route))
        .map(({ at }) => at)
      return windows.flatMap((window) => {
        const at = firstOver(times, window)
        return at === null
          ? []
          : [
              `${clientCode} ${routes.join(', ')}: more than ${window.most} in ${window.lengthMs} ms at ${clockTime(at)}`,
            ]
      })
    }),
  )
  const refused = violations.map(
    ({ clientCode, group, windowMs, at }) =>
      `${clientCode} ${group} over ${windowMs} ms at ${clockTime(at)}`,
  )
  return [...counted, ...refused, ...keptForExits(day)]
}

/** By when they left: what is on its way for long arrives beside what left after it. */
function keptForExits({ truth, trails }: Day): readonly string[] {
  const entries = new Set(
    trails.filter(({ intent }) => intent.role === 'entry').map(({ attempt }) => attempt.tag),
  )
  return truth.followers.flatMap(({ name, clientCode }) => {
    const own = truth.requests.filter((each) => each.clientCode === clientCode && isWrite(each))
    const times = own.map(({ sentAt }) => sentAt)
    return FOR_ENTRIES.flatMap(({ lengthMs, most }) => {
      const over = own.find(
        ({ names, sentAt }, index) =>
          entries.has(names) &&
          times.slice(0, index + 1).filter((at) => at > sentAt - lengthMs).length > most,
      )
      return over === undefined
        ? []
        : [
            `${name}: entry ${over.names} left at ${clockTime(over.sentAt)} after ${most} writes in ${lengthMs} ms`,
          ]
    })
  })
}

/** When a window first held more than it may; two exactly one length apart are in different ones. */
function firstOver(times: readonly number[], { lengthMs, most }: Window): number | null {
  let first = 0
  for (const [index, at] of times.entries()) {
    while ((times[first] ?? at) <= at - lengthMs) first += 1
    if (index - first + 1 > most) return at
  }
  return null
}
