// Promise 9: a follower's own trades are left alone. Nothing of its own is cancelled or changed, what is sold
// is ours to sell, and `held` only falls by itself where its owner, or the broker, took something away.
import { clockTime, type Day, isChange, placeOf } from './day.ts'
import { goesThroughZero, type Walk, walksOf } from './walk.ts'

export const brokenOwnTrades = (day: Day): readonly string[] => [
  ...touched(day),
  ...walksOf(day)
    .filter(({ others, hasSurprise }) => others.length > 0 && !hasSurprise)
    .flatMap((walk) => [...sold(walk), ...takenFor(day, walk)]),
]

function touched({ truth, trails }: Day): readonly string[] {
  const tags = new Set(trails.flatMap(({ orders }) => orders.map(({ tag }) => tag)))
  // By every number that it ever bore: a broker may give a modified order another.
  const ours = new Set(
    truth.changes
      .filter(({ tag }) => tag !== '' && tags.has(tag))
      .flatMap(({ clientCode, orderId, uniqueOrderId }) => [
        `${clientCode} ${orderId}`,
        `${clientCode} ${uniqueOrderId}`,
      ]),
  )
  return truth.requests
    .filter(isChange)
    .filter(({ clientCode, names }) => !ours.has(`${clientCode} ${names}`))
    .map(
      ({ clientCode, route, names, sentAt }) =>
        `${clientCode} was told to ${route} ${names} at ${clockTime(sentAt)}, which is its owner's`,
    )
}

function sold({ steps }: Walk): readonly string[] {
  return steps
    .filter((step) => step.isClosing && goesThroughZero(step, step.ours))
    .map(
      ({ follower, tag, place, ours }) =>
        `${follower.name} exit ${tag} took what is ours of ${place} from ${ours.before} to ${ours.after}: the rest was its own`,
    )
}

/** Written off is at most what somebody else took. */
function takenFor({ facts }: Day, { follower, place, others }: Walk): readonly string[] {
  const reduced = facts.adjustments
    .filter(
      (each) =>
        each.kind === 'reducedElsewhere' &&
        each.follower === follower.name &&
        placeOf(each) === place,
    )
    .map(({ change }) => change)
  return [-1, 1].flatMap((way) => {
    const sumOf = (changes: readonly number[]): number =>
      changes.reduce((sum, change) => sum + Math.max(0, change * way), 0)
    return sumOf(reduced) > sumOf(others)
      ? [
          `${follower.name} ${place}: ${sumOf(reduced)} of held written off, others traded ${sumOf(others)} that way`,
        ]
      : []
  })
}
