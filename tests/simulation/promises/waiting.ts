// Promise 4, on the way to a flat master: an exit that is due leaves, and nothing but a halt, a stopped program
// or the broker holds it up. A pause, a rule, a limit, an entry's troubles never do. Judged is only what waited so long
// that nothing else can have been it, where everything that the account asked of the broker was answered. And whatever
// holds one up, it does not wait in silence: the trader is told that it is owed.
import { engineOf, isTag } from '../../../src/domain/tag.ts'
import type { TrueLife, Truth } from '../truth.ts'
import { clockTime, type Day, placeOf } from './day.ts'
import { dueOf, type LaneCount, laneCountsOf, type Moment } from './lane-count.ts'
import { walksOf } from './walk.ts'

/** An answer that the orders before it wait for takes seven seconds at most, readings that come less. */
const LEAVES_WITHIN_MS = 10_000
/** A program that starts logs in, reads and looks up first. */
const STARTED_WITHIN_MS = 15_000
/** A rejected exit is tried again after at most a minute. */
const TRIED_AGAIN_WITHIN_MS = 60_000
const ANSWERED_WITHIN_MS = 2_000
/** The fifteen seconds after which it is told, what the clock may be off, and a look at each lane. */
const TOLD_WITHIN_MS = 30_000

interface Span {
  readonly from: number
  readonly until: number
  readonly due: number
}

export function brokenWaiting(day: Day): readonly string[] {
  const mixed = new Set(
    walksOf(day)
      .filter(({ others, hasSurprise }) => others.length > 0 || hasSurprise)
      .map(({ follower, place }) => `${follower.name} ${place}`),
  )
  return laneCountsOf(day).flatMap((lane) => {
    const spans = spansOf(lane, day).filter(({ from }) => isInHours(from))
    const isMixed = mixed.has(`${lane.follower.name} ${lane.place}`)
    return [
      ...(isMixed ? [] : heldUp(day, lane, spans)),
      ...spans.flatMap((span) => untold(day, lane, span)),
    ]
  })
}

const heldUp = (day: Day, lane: LaneCount, spans: readonly Span[]): readonly string[] =>
  spans
    .filter((span) => span.until - span.from > LEAVES_WITHIN_MS)
    .filter((span) => !isHindered(day, lane, span))
    .map(
      ({ from, due }) =>
        `${lane.follower.name} ${lane.place}: an exit of ${due} was due at ${clockTime(from)}, and nothing left in ${LEAVES_WITHIN_MS} ms`,
    )

/** Each program that runs so long beside something due says so; once is enough while it stays. */
function untold({ truth }: Day, { follower, place }: LaneCount, span: Span): readonly string[] {
  return truth.lives.flatMap(({ number, startedAt, endedAt }) => {
    // Until it is logged in there are other words, and it follows nobody yet.
    const begins = truth.requests.find(
      ({ life, clientCode, route }) =>
        life === number && clientCode === follower.clientCode && route === 'orderBook',
    )
    if (begins === undefined) return []
    const from = Math.max(span.from, startedAt + STARTED_WITHIN_MS, begins.sentAt)
    const inTime = awakeUntil(truth.sleeps, from, TOLD_WITHIN_MS)
    if (Math.min(span.until, endedAt) <= inTime) return []
    const isTold = truth.told.some(
      ({ life, at, event }) =>
        life === number &&
        event.kind === 'owed' &&
        event.lane.follower === follower.name &&
        placeOf(event.lane) === place &&
        at <= inTime,
    )
    return isTold
      ? []
      : [
          `${follower.name} ${place}: an exit of ${span.due} was due from ${clockTime(from)} to ${clockTime(span.until)}, and nobody was told`,
        ]
  })
}

/** The moment by which the machine has been awake for so long. */
const awakeUntil = (sleeps: Truth['sleeps'], from: number, ms: number): number =>
  sleeps.reduce(
    (at, sleep) =>
      sleep.from < at && sleep.until > from ? at + sleep.until - Math.max(from, sleep.from) : at,
    from + ms,
  )

/** While something is due and nothing of it is on its way. */
function spansOf({ moments }: LaneCount, { truth }: Day): readonly Span[] {
  const spans: Span[] = []
  let since: { readonly from: number; readonly due: number } | null = null
  const end = (until: number): void => {
    if (since !== null) spans.push({ ...since, until })
    since = null
  }
  for (const { at, after } of moments) {
    const due = dueOf(after) - after.leaving
    if (due < after.lot) end(at)
    else since ??= { from: at, due }
  }
  end(truth.lives.at(-1)?.endedAt ?? 0)
  return spans
}

/** So long before the close that whatever is due by then can still leave, and be told. */
const isInHours = (at: number): boolean =>
  clockTime(at) >= '09:15' && clockTime(at + TOLD_WITHIN_MS) < '15:30'

/** By anything that may hold an exit up, in the time that it has. */
function isHindered(day: Day, { follower, moments }: LaneCount, { from }: Span): boolean {
  const { truth } = day
  const until = from + LEAVES_WITHIN_MS
  const within = (at: number): boolean => at >= from - ANSWERED_WITHIN_MS && at <= until
  const wasTried = moments.some(
    ({ what, at }: Moment) =>
      what.kind === 'sent' &&
      what.intent.role !== 'entry' &&
      at >= from - TRIED_AGAIN_WITHIN_MS &&
      at <= until,
  )
  const runs = ({ startedAt, endedAt }: TrueLife): boolean =>
    startedAt + STARTED_WITHIN_MS <= from && endedAt >= until
  const own = truth.requests.filter(
    ({ clientCode, sentAt }) => clientCode === follower.clientCode && within(sentAt),
  )
  return (
    awakeUntil(truth.sleeps, from, LEAVES_WITHIN_MS) > until ||
    wasTried ||
    isStopped(day, follower.clientCode, until) ||
    !truth.lives.some(runs) ||
    isHaltedWithin(day, from, until) ||
    isLoggedOut(day, follower.name, until) ||
    own.some(
      ({ route, sentAt, answeredAt }) =>
        route === 'login' || (answeredAt ?? Infinity) - sentAt > ANSWERED_WITHIN_MS,
    ) ||
    truth.told.some(
      ({ event, at }) =>
        (event.kind === 'readFailed' || event.kind === 'alarm') &&
        event.account === follower.name &&
        within(at),
    )
  )
}

/** A code logs in once: after a try that came to nothing the next one waits for the next code, and a bit. */
const NEXT_CODE_WITHIN_MS = 45_000

function isLoggedOut({ facts }: Day, account: string, until: number): boolean {
  const last = facts.logins.findLast((login) => login.account === account && login.at <= until)
  return last !== undefined && last.result !== 'accepted' && last.at >= until - NEXT_CODE_WITHIN_MS
}

/** The order of another Lockstep stops everything there. */
function isStopped({ truth, facts }: Day, clientCode: string, until: number): boolean {
  return truth.orders.some(
    (order) =>
      order.clientCode === clientCode &&
      order.placedAt <= until &&
      isTag(order.tag) &&
      engineOf(order.tag) !== facts.engine,
  )
}

function isHaltedWithin({ truth, facts }: Day, from: number, until: number): boolean {
  const halts = [
    ...truth.haltFiles.map(({ at, isThere }) => ({ at, isHalt: isThere, isFile: true })),
    ...facts.steering
      .filter(({ kind, follower }) => kind === 'halt' || (kind === 'resume' && follower === null))
      .map(({ at, kind }) => ({ at, isHalt: kind === 'halt', isFile: false })),
  ].toSorted((a, b) => a.at - b.at)
  const stands = (isFile: boolean): boolean =>
    halts.findLast((each) => each.isFile === isFile && each.at <= from)?.isHalt ?? false
  return (
    stands(true) ||
    stands(false) ||
    halts.some(({ at, isHalt }) => isHalt && at > from && at <= until)
  )
}
