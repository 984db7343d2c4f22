// Promise 11: one engine per ledger. No two lives ever overlap, a second one is refused while the first runs
// and let in once it is gone; and after a follower's book has shown the tag of a foreign engine, nothing is
// sent for that follower.
import { engineOf, isTag } from '../../../src/domain/tag.ts'
import { dayOf, instant } from '../../../src/domain/time.ts'
import type { TrueFollower, TrueLife } from '../truth.ts'
import { clockTime, type Day, isBook, isWrite } from './day.ts'

/** So long after an order every reading of the book has it, a stale one too. */
const SHOWN_AFTER_MS = 15_000
/** Some readings fail: of so many one has told. */
const READINGS = 5

export const brokenOneEngine = (day: Day): readonly string[] => [
  ...overlapping(day),
  ...day.truth.lives.flatMap((life) => keptOut(life)),
  ...rivals(day),
  ...day.truth.followers.flatMap((follower) => besideAnother(day, follower)),
]

function overlapping({ truth: { lives, requests } }: Day): readonly string[] {
  const spans = new Map(lives.map((life) => [life.number, life]))
  const stray = requests
    .filter(isWrite)
    .filter(({ life, sentAt }) => {
      const span = spans.get(life)
      return span === undefined || sentAt < span.startedAt || sentAt > span.endedAt
    })
    .map(
      ({ life, route, names, sentAt }) =>
        `life ${life} sent ${route} ${names} at ${clockTime(sentAt)}, when it was over`,
    )
  const both = lives.flatMap((life) =>
    lives
      .filter((other) => other.number > life.number && other.startedAt < life.endedAt)
      .map((other) => `lives ${life.number} and ${other.number} ran side by side`),
  )
  return [...stray, ...both]
}

/** Nobody else was there: whoever was killed has left the ledger free. */
const keptOut = ({ number, end }: TrueLife): readonly string[] =>
  end.kind === 'failed' && /is in use by/.test(end.why)
    ? [`life ${number} was refused with nobody there: ${end.why}`]
    : []

const rivals = ({ truth }: Day): readonly string[] =>
  truth.rivals
    .filter(({ wasRefused }) => !wasRefused)
    .map(({ at }) => `a second engine was let in at ${clockTime(at)}`)

function besideAnother(
  { truth, facts }: Day,
  { name, clientCode }: TrueFollower,
): readonly string[] {
  const foreign = truth.orders.find(
    (order) =>
      order.clientCode === clientCode && isTag(order.tag) && engineOf(order.tag) !== facts.engine,
  )
  if (foreign === undefined) return []
  const readings = truth.requests.filter(
    (request) =>
      isBook(request) &&
      request.clientCode === clientCode &&
      request.answeredAt !== null &&
      request.sentAt > foreign.placedAt + SHOWN_AFTER_MS,
  )
  const known = readings[READINGS - 1]?.answeredAt ?? Number.POSITIVE_INFINITY
  const allowed = new Set(
    truth.lives.filter(({ takesOver }) => takesOver).map((life) => life.number),
  )
  return (
    truth.requests
      .filter((request) => isWrite(request) && request.clientCode === clientCode)
      .filter(({ life, sentAt }) => sentAt > known && !allowed.has(life))
      // The next day's book shows nothing of it.
      .filter(({ sentAt }) => dayOf(sentAt) === dayOf(instant(foreign.placedAt)))
      .map(
        ({ route, names, sentAt }) =>
          `${name} was sent ${route} ${names} at ${clockTime(sentAt)}, its book shows ${foreign.tag} of another engine since ${clockTime(foreign.placedAt)}`,
      )
  )
}
