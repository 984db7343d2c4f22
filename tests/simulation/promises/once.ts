// Promise 1: no intent takes effect at a broker twice, whatever is lost. What was sent under one tag left
// once; a second attempt of an intent leaves only when the first is proven to be nowhere, and by readings
// that the broker itself has in its journal.
import { clockTime, type Day, isBook, isTurnedUp, type Trail, tookEffect } from './day.ts'

/** How long the broker may take to show an order, and how far apart two readings prove something. */
const ABSENCE_AFTER_MS = 30_000
const READINGS_APART_MS = 1_000

export function brokenOnce(day: Day): readonly string[] {
  const byIntent = [...Map.groupBy(day.trails, ({ intent }) => intent.number).values()]
  return [
    ...underOneTag(day),
    ...day.trails.flatMap(sentAgain),
    ...byIntent.flatMap(twiceInEffect),
    ...byIntent.flatMap((attempts) => withoutProof(day, attempts)),
  ]
}

/** As the broker counts them itself. */
const underOneTag = ({ truth }: Day): readonly string[] =>
  truth.duplicates.map(({ clientCode, tag, orders }) => `${clientCode} has ${orders} orders ${tag}`)

const sentAgain = ({ follower, attempt, requests }: Trail): readonly string[] =>
  requests.length > 1 ? [`${follower.name} ${attempt.tag} was sent ${requests.length} times`] : []

/** Two of its attempts stood in the market, and nobody noticed the first one. */
function twiceInEffect(attempts: readonly Trail[]): readonly string[] {
  const [first] = attempts
  if (first === undefined) return []
  const { follower, intent } = first
  const inEffect = attempts.filter(({ orders }) => orders.some(tookEffect))
  const unseen = inEffect.slice(0, -1).filter(({ events }) => !events.some(isTurnedUp))
  if (unseen.length > 0) {
    const tags = unseen.map(({ attempt }) => attempt.tag).join(', ')
    return [
      `${follower.name} intent ${intent.number} took effect ${inEffect.length} times, ${tags} unnoticed`,
    ]
  }
  const filled = attempts
    .flatMap(({ orders }) => orders)
    .reduce((sum, order) => sum + Number(order.filled), 0)
  const isKnown = attempts.some(({ events }) => events.some(isTurnedUp))
  return filled > intent.quantity && !isKnown
    ? [`${follower.name} intent ${intent.number} asks for ${intent.quantity}, ${filled} filled`]
    : []
}

/** Before a further attempt, the one before it has to be proven absent, by readings that really were. */
function withoutProof(day: Day, attempts: readonly Trail[]): readonly string[] {
  return attempts.slice(1).flatMap((next, index): readonly string[] => {
    const before = attempts[index]
    if (before === undefined) return []
    const why = doubtOf(day, before, next.attempt.journal)
    const { follower, attempt } = before
    return why === null
      ? []
      : [`${follower.name} ${attempt.tag} was sent again as ${next.attempt.tag}: ${why}`]
  })
}

/** null: it was right to send again. `by` is the transaction in which that was decided. */
function doubtOf({ truth }: Day, trail: Trail, by: number): string | null {
  const { attempt, events, follower, orders } = trail
  const proof = events
    .filter(({ journal }) => journal <= by)
    .findLast(({ kind, outcome }) => kind === 'absenceProven' || outcome !== null)
  if (proof === undefined) return 'nothing was known of it'
  const books = truth.arrivals.filter(
    (arrival) =>
      isBook(arrival) &&
      arrival.clientCode === follower.clientCode &&
      arrival.at >= attempt.at &&
      arrival.at <= proof.at,
  )
  if (proof.kind === 'absenceProven') {
    const late = books.filter(({ at }) => at >= attempt.at + ABSENCE_AFTER_MS)
    const spanMs = (late.at(-1)?.at ?? 0) - (late[0]?.at ?? 0)
    return late.length >= 2 && spanMs > READINGS_APART_MS
      ? null
      : `sent at ${clockTime(attempt.at)}, called absent at ${clockTime(proof.at)} after ${late.length} readings of the book over ${spanMs} ms`
  }
  if (proof.outcome !== 'notSent') return `its answer was ${proof.outcome}`
  // By the order of the facts too: the machine's clock may be behind the broker's by a second.
  const wasRead = truth.requests.some(
    ({ route, clientCode, journal, answeredAt }) =>
      route === 'orderBook' &&
      clientCode === follower.clientCode &&
      journal > attempt.journal &&
      journal < proof.journal &&
      answeredAt !== null,
  )
  if (proof.cause === 'rateLimited' && books.length === 0 && !wasRead)
    return 'refused for the rate, and no book was read since'
  return orders.some(tookEffect) ? `it was at the broker, and taken for ${proof.cause}` : null
}
