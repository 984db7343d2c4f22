// Promise 3: what is sent was written down and committed before its first byte left: the journal already had
// it at that moment. And a start looks up what the last one left open before it sends anything there.
import type { TrueFollower, TrueLife } from '../truth.ts'
import { clockTime, type Day, isBook, isChange, isPlace, isWrite, tookEffect } from './day.ts'
import type { EventFact } from './facts.ts'

export const brokenRecordedFirst = (day: Day): readonly string[] => [
  ...placedUnrecorded(day),
  ...changedUnrecorded(day),
  ...otherwise(day),
  ...apart(day),
  ...day.truth.lives.flatMap((life) =>
    day.truth.followers.flatMap((follower) => sentBeforeLookingUp(day, life, follower)),
  ),
]

function placedUnrecorded({ truth, facts }: Day): readonly string[] {
  const attempts = new Map(facts.attempts.map((attempt) => [attempt.tag, attempt]))
  return truth.requests.filter(isPlace).flatMap(({ names, clientCode, sentAt, journal }) => {
    const attempt = attempts.get(names)
    const what = `${clientCode} place ${names} left at ${clockTime(sentAt)}`
    if (attempt === undefined) return [`${what} and was never written down`]
    return attempt.journal <= journal
      ? []
      : [`${what} with ${journal} lines committed; it was written down in line ${attempt.journal}`]
  })
}

/** The n-th cancel of an account leaves when n cancels of it are written down; the same for modifies. */
function changedUnrecorded({ truth, facts }: Day): readonly string[] {
  return truth.followers.flatMap(({ name, clientCode }) =>
    (['modify', 'cancel'] as const).flatMap((route) => {
      const written = facts.writes.filter((each) => each.follower === name && each.kind === route)
      return truth.requests
        .filter((request) => isChange(request) && request.route === route)
        .filter((request) => request.clientCode === clientCode)
        .flatMap(({ names, sentAt, journal }, index) =>
          (written[index]?.journal ?? Number.POSITIVE_INFINITY) <= journal
            ? []
            : [`${name} ${route} ${names} left at ${clockTime(sentAt)} before it was written down`],
        )
    }),
  )
}

/** What arrived is what was written down: no other side, place or size. */
function otherwise({ trails }: Day): readonly string[] {
  return trails.flatMap(({ follower, intent, attempt, orders }) =>
    orders
      .filter(tookEffect)
      .filter(
        (order) =>
          order.side !== intent.side ||
          `${order.exchange}:${order.symbol}` !== intent.instrument ||
          order.product !== intent.product ||
          Number(order.quantity) > attempt.quantity,
      )
      .map(
        ({ side, quantity, symbol, product }) =>
          `${follower.name} ${attempt.tag} is ${side} ${quantity} ${symbol} ${product} at the broker, ${intent.side} ${attempt.quantity} ${intent.instrument} ${intent.product} in the ledger`,
      ),
  )
}

/** A decision, its intents and their tags are one transaction. */
function apart({ facts }: Day): readonly string[] {
  const decided = new Map(
    facts.decisions.map((each) => [`${each.signal} ${each.follower}`, each.journal]),
  )
  return facts.intents
    .filter(({ role }) => role === 'entry')
    .filter(({ signal, follower, journal }) => decided.get(`${signal} ${follower}`) !== journal)
    .map(
      ({ follower, tag, signal }) =>
        `${follower} ${tag} was not recorded with the decision on #${signal}`,
    )
}

function sentBeforeLookingUp(
  { truth, facts }: Day,
  life: TrueLife,
  { name, clientCode }: TrueFollower,
): readonly string[] {
  const closed = new Set(
    facts.events
      .filter((event) => event.journal <= life.journal && isEnd(event))
      .map(({ attempt }) => attempt),
  )
  const open = facts.attempts.filter(
    (attempt) =>
      attempt.follower === name && attempt.journal <= life.journal && !closed.has(attempt.number),
  )
  const own = truth.requests.filter(
    (request) => request.life === life.number && request.clientCode === clientCode,
  )
  const sent = own.find(isWrite)
  if (open.length === 0 || sent === undefined) return []
  const looked = own.some(
    (request) =>
      isBook(request) && request.answeredAt !== null && request.answeredAt <= sent.sentAt,
  )
  return looked
    ? []
    : [
        `life ${life.number} sent ${sent.route} ${sent.names} for ${name} at ${clockTime(sent.sentAt)}, ${open.length} open (${open[0]?.tag}) and no book read before`,
      ]
}

/** After it, nothing of the attempt is open any more. */
function isEnd({ kind, outcome, status }: EventFact): boolean {
  if (kind === 'answered') return outcome === 'rejected' || outcome === 'notSent'
  if (kind === 'reported') return ['complete', 'cancelled', 'rejected'].includes(status ?? '')
  return true
}
