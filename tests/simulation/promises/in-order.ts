// Promise 10: within one follower and instrument things happen in the order in which the master did them: its
// orders are told in the order in which they filled, entries leave in the order in which they were told, none
// before the exit from the other side is done, and what rests is cancelled before the exit that leaves everything.
import type { TrueChange } from '../truth.ts'
import { clockTime, type Day, isBook, isChange, placeOf, type Trail, tookEffect } from './day.ts'
import type { SignalFact } from './facts.ts'
import { walksOf } from './walk.ts'

/** So long after a fill every reading of the book has it, a stale one too. */
const SHOWN_AFTER_MS = 15_000

export const brokenInOrder = (day: Day): readonly string[] => [
  ...toldOutOfOrder(day),
  ...lanesOf(day).flatMap(([who, trails]) => [
    ...overtaken(day, who, trails),
    ...leftResting(day, who, trails),
  ]),
  ...againstWhatIsHeld(day),
]

const lanesOf = ({ trails }: Day): readonly (readonly [string, readonly Trail[]])[] => [
  ...Map.groupBy(trails, ({ follower, intent }) => `${follower.name} ${placeOf(intent)}`),
]

/** The exchange tells its times to the second. */
const TELLABLE_MS = 2_000

/** Of two orders of the master, the one that was filled and readable before the other began is told first. */
function toldOutOfOrder(day: Day): readonly string[] {
  const { truth, facts, fills } = day
  const told = Map.groupBy(facts.signals, ({ orderId }) => orderId)
  const numbers = (orderId: string) => (told.get(orderId) ?? []).map(({ number }) => number)
  const own = fills.filter(({ clientCode }) => clientCode === truth.masterCode)
  const readings = truth.requests.filter(
    (request) =>
      isBook(request) && request.clientCode === truth.masterCode && request.answeredAt !== null,
  )
  return [...Map.groupBy(own, placeOf)].flatMap(([place, filled]) => {
    const orders = spansOf(day, filled)
    return orders.flatMap((first) =>
      orders
        .filter((second) => {
          const isSeen = readings.some(
            ({ sentAt, answeredAt }) =>
              sentAt > first.until + SHOWN_AFTER_MS && (answeredAt ?? 0) < second.from,
          )
          const last = Math.max(...numbers(first.orderId))
          return (
            (isSeen && last > Math.min(...numbers(second.orderId))) ||
            isToldAfter(
              told.get(first.orderId) ?? [],
              told.get(second.orderId) ?? [],
              first,
              second,
            )
          )
        })
        .map(
          (second) =>
            `the master's ${first.orderId} filled by ${clockTime(first.until)}, ${second.orderId} from ${clockTime(second.from)} in ${place}; they were told the other way round`,
        ),
    )
  })
}

/** Told by one reading, and both were wholly filled when it was made: what is still open goes before what ended. */
function isToldAfter(
  firstTold: readonly SignalFact[],
  secondTold: readonly SignalFact[],
  first: Span,
  second: Span,
): boolean {
  return (
    second.isWhole &&
    first.until + TELLABLE_MS < second.placedAt &&
    firstTold.some((one) =>
      secondTold.some(
        (other) =>
          one.number > other.number && one.seenAt === other.seenAt && second.until < one.seenAt,
      ),
    )
  )
}

interface Span {
  readonly orderId: string
  readonly placedAt: number
  /** From its first fill to its last. */
  readonly from: number
  readonly until: number
  readonly isWhole: boolean
}

const spansOf = ({ truth }: Day, filled: readonly TrueChange[]): readonly Span[] =>
  [...Map.groupBy(filled, ({ orderId }) => orderId)].map(([orderId, fills]) => {
    const order = truth.orders.find((each) => each.orderId === orderId)
    return {
      orderId,
      placedAt: order?.placedAt ?? 0,
      from: fills[0]?.at ?? 0,
      until: fills.at(-1)?.at ?? 0,
      isWhole: order?.state === 'complete',
    }
  })

/** Of the first sends for each signal of the lane: no entry before one that was told before it, or its exit. */
function overtaken({ facts }: Day, who: string, trails: readonly Trail[]): readonly string[] {
  const sent = trails.filter(
    ({ requests, intent }) => requests.length > 0 && intent.signal !== null,
  )
  const first = new Map<string, Trail>()
  for (const trail of sent) {
    const kind = isEntry(trail) ? 'entry' : trail.intent.role
    const key = `${trail.intent.signal} ${kind}`
    if (!first.has(key) && (kind === 'entry' || kind === 'exit')) first.set(key, trail)
  }
  const firsts = [...first.values()]
  return firsts
    .filter(isEntry)
    .flatMap((entry) =>
      firsts
        .filter(
          (other) =>
            (other.intent.signal ?? 0) < (entry.intent.signal ?? 0) &&
            leftAt(other) > leftAt(entry) &&
            !facts.adjustments.some((each) => isWhatCloses(each, other, entry)),
        )
        .map(
          (other) =>
            `${who}: ${other.intent.role} #${other.intent.signal} left at ${clockTime(leftAt(other))}, after entry #${entry.intent.signal} at ${clockTime(leftAt(entry))}`,
        ),
    )
}

/** What is adopted over a master that is flat there is closed, and told as of its last exit, however long ago. */
const isWhatCloses = (
  adjustment: Day['facts']['adjustments'][number],
  exit: Trail,
  entry: Trail,
): boolean =>
  adjustment.kind === 'adopted' &&
  adjustment.follower === exit.follower.name &&
  placeOf(adjustment) === placeOf(exit.intent) &&
  adjustment.journal > entry.attempt.journal &&
  adjustment.journal < exit.attempt.journal

/** No entry leaves before the exit from the other side is done. */
function againstWhatIsHeld(day: Day): readonly string[] {
  return walksOf(day)
    .filter(({ hasSurprise }) => !hasSurprise)
    .flatMap(({ follower, place, oursBefore }) =>
      day.trails
        .filter((trail) => isEntry(trail) && trail.requests.length > 0)
        .filter((trail) => trail.follower === follower && placeOf(trail.intent) === place)
        .flatMap((trail) => {
          const { intent, attempt } = trail
          const held = oursBefore(leftAt(trail), attempt.journal)
          return (intent.side === 'BUY' ? held < 0 : held > 0)
            ? [
                `${follower.name} ${place}: entry #${intent.signal} ${intent.side} left at ${clockTime(leftAt(trail))} with ${held} still held`,
              ]
            : []
        }),
    )
}

const isEntry = ({ intent }: Trail): boolean => intent.role === 'entry'
const leftAt = ({ requests }: Trail): number => requests[0]?.sentAt ?? Number.NaN

/** When the exit of a flat master leaves, whatever of ours is known to rest there was told to go. */
function leftResting(
  { truth, facts }: Day,
  who: string,
  trails: readonly Trail[],
): readonly string[] {
  const leaving = new Set(
    facts.decisions
      .filter(({ copiedAfter }) => copiedAfter === 0)
      .map(({ signal, follower }) => `${signal} ${follower}`),
  )
  return trails
    .filter(
      ({ intent }) => intent.role === 'exit' && leaving.has(`${intent.signal} ${intent.follower}`),
    )
    .flatMap((exit) => {
      const [request] = exit.requests
      if (request === undefined) return []
      return trails
        .filter((entry) => isEntry(entry) && (entry.intent.signal ?? 0) < (exit.intent.signal ?? 0))
        .filter((entry) => isKnownToRest(truth.changes, entry, request.journal, request.sentAt))
        .filter(
          ({ orders, follower }) =>
            !truth.requests.some(
              (asked) =>
                isChange(asked) &&
                asked.clientCode === follower.clientCode &&
                asked.sentAt <= request.sentAt &&
                orders.some(({ orderId }) => orderId === asked.names),
            ),
        )
        .map(
          ({ attempt }) =>
            `${who}: exit ${exit.attempt.tag} left at ${clockTime(request.sentAt)} while ${attempt.tag} rested, and nobody had cancelled it`,
        )
    })
}

function isKnownToRest(
  changes: readonly TrueChange[],
  { attempt, events, orders }: Trail,
  journal: number,
  at: number,
): boolean {
  const isKnown = events.some(
    (event) =>
      event.journal <= journal && (event.outcome === 'accepted' || event.status === 'open'),
  )
  if (!isKnown || !orders.some(tookEffect)) return false
  const last = changes.findLast((each) => each.tag === attempt.tag && each.at < at)
  return last !== undefined && (last.change === 'open' || last.change === 'modified')
}
