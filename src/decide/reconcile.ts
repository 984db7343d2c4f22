// What a broker shows against what we sent. Any reading and any stream message goes through here, in
// any order and as often as it likes: what is known never becomes less, and the same report twice
// changes nothing. Absence is the one thing that must be proven, because it allows sending again.
import {
  type AttemptEvent,
  type AttemptState,
  type Transition,
  transition,
} from '../domain/attempt.ts'
import type { AccountName, AttemptId, EngineId } from '../domain/ids.ts'
import { closes } from '../domain/intent.ts'
import type { Lane, Role } from '../domain/lane.ts'
import { type Quantity, subtract } from '../domain/numbers.ts'
import type { OrderReport, Side } from '../domain/order.ts'
import { engineOf, isTag, type Tag } from '../domain/tag.ts'
import { after, formatTime, type Instant, MINUTE, SECOND } from '../domain/time.ts'

/** What must be known of an attempt to find it again. */
export interface Sent {
  readonly attempt: {
    readonly id: AttemptId
    readonly tag: Tag
    readonly at: Instant
    readonly quantity: Quantity
    readonly intent: {
      readonly role: Role
      readonly side: Side
      readonly lane: Pick<Lane, 'instrument' | 'product'>
    }
  }
  readonly state: AttemptState
}

export type Finding =
  /** To be written down. `turnedUp` is an order that was thought not to exist: raise an alarm. */
  | {
      readonly kind: 'event'
      readonly attempt: AttemptId
      readonly event: AttemptEvent
      readonly verdict: Exclude<Transition['verdict'], 'same'>
    }
  /** An order with a Lockstep tag that this ledger doesn't know: sending stops until `--take-over`. */
  | {
      readonly kind: 'strangeTag'
      readonly tag: Tag
      readonly engine: EngineId
      readonly report: OrderReport
    }

/**
 * `attempts` is every attempt of the account that the reports could speak of, settled ones too: an
 * order may turn up after all.
 */
export function reconcile(
  attempts: readonly Sent[],
  reports: readonly OrderReport[],
): readonly Finding[] {
  const find = indexOf(attempts)
  return reports.flatMap((report): readonly Finding[] => {
    const known = find(report)
    if (known !== null) return settle(known, report)
    if (!isTag(report.tag)) return []
    return [{ kind: 'strangeTag', tag: report.tag, engine: engineOf(report.tag), report }]
  })
}

/** The follower's own orders and the broker's: never counted, but they move the position that is shown. */
export function othersAmong(
  attempts: readonly Sent[],
  reports: readonly OrderReport[],
): readonly OrderReport[] {
  const find = indexOf(attempts)
  return reports.filter((report) => find(report) === null)
}

/** One complete reading of an account's order book. */
export interface BookReading {
  readonly account: AccountName
  /** When the request was made: what was sent later can't be missed in it. */
  readonly askedAt: Instant
  readonly reports: readonly OrderReport[]
  /**
   * Every row could be understood, and every order of ours that this book has shown before is there. Of a
   * page that is stale, cut or empty nothing is provably absent.
   */
  readonly isWhole: boolean
}

/** Whether a reading shows all that the broker has shown of today's attempts before. */
export function showsAllKnown(attempts: readonly Sent[], reports: readonly OrderReport[]): boolean {
  const find = indexOf(attempts)
  const shown = new Set(reports.map((report) => find(report)?.attempt.id))
  return attempts.every(({ attempt, state }) => !wasShown(state) || shown.has(attempt.id))
}

/** Whether the rows of ours carry our tags; null: none of ours is there. */
export function showsTags(
  attempts: readonly Sent[],
  reports: readonly OrderReport[],
): boolean | null {
  const find = indexOf(attempts)
  const ours = reports.filter((report) => find(report) !== null)
  return ours.length === 0 ? null : ours.every(({ tag }) => isTag(tag))
}

/** An answer alone is not a row: only a report can have ended an order or filled a part of it. */
const wasShown = (state: AttemptState): boolean =>
  state.kind === 'done' || (state.kind === 'working' && state.filled > 0n)

export type Absence =
  | { readonly kind: 'proven'; readonly event: AttemptEvent }
  /** Not yet: look again at this time. */
  | { readonly kind: 'wait'; readonly until: Instant }
  /** It is there, or nobody will ever be able to say: the trader is asked. */
  | { readonly kind: 'unprovable'; readonly why: UnprovableBecause }

export type UnprovableBecause =
  | 'seen'
  | 'bookHidesTags'
  | 'looksAlike'
  | 'bookNotWhole'
  | 'positionDiffers'
  | 'positionUnreadable'

/** How long the broker may take to show an order; the proof begins after it. */
export const ABSENCE_AFTER_MS = 30 * SECOND
/**
 * The same in a book that has shown no tag of ours today. With no other order of the day to vouch for the
 * book it waits until an entry is as a rule too old: the proof frees the lane, and sends nothing.
 */
export const FIRST_ABSENCE_AFTER_MS = 2 * MINUTE
/** Two readings closer than this could be one and the same stale answer. */
export const READINGS_APART_MS = 1 * SECOND

export interface AbsenceQuestion {
  readonly attempt: Sent
  /** Readings of the same account, oldest first. */
  readonly readings: readonly BookReading[]
  /** When this account's book has last shown a tag of ours: it may simply not show tags. */
  readonly tagsShown: 'today' | 'before' | 'never'
  /** A reading asked for from here on began after the answer that left it in doubt; null: none did yet. */
  readonly doubtedSince: Instant | null
  /** A fresh position against what it would be had the order not happened; null: not read yet. */
  readonly position: 'agrees' | 'differs' | 'gone' | 'unreadable' | null
  readonly now: Instant
}

/** Whether an attempt of which nobody heard can be called never taken. */
export function judgeAbsence(question: AbsenceQuestion): Absence {
  const { attempt, readings, now } = question
  const { state } = attempt
  if (readings.some((reading) => reading.reports.some((report) => isOf(attempt, report))))
    return { kind: 'unprovable', why: 'seen' }
  if (state.kind === 'unknown' && state.likely === 'rateLimited')
    return judgeRefusal(question, state.evidence)

  const isExit = closes(attempt.attempt.intent.role)
  const isFirst = question.tagsShown !== 'today'
  const from = after(attempt.attempt.at, isFirst ? FIRST_ABSENCE_AFTER_MS : ABSENCE_AFTER_MS)
  const due = readings.filter((reading) => reading.askedAt >= from)
  const silent = due.filter(({ isWhole }) => isWhole)
  if (!areApart(silent)) {
    if (areApart(due)) return { kind: 'unprovable', why: 'bookNotWhole' }
    const next = due[0] ? after(due[0].askedAt, READINGS_APART_MS + 1) : from
    return { kind: 'wait', until: later(next, now) }
  }
  if (question.tagsShown === 'never') return { kind: 'unprovable', why: 'bookHidesTags' }
  if (isFirst && silent.some(({ reports }) => reports.some((each) => couldBe(attempt, each))))
    return { kind: 'unprovable', why: 'looksAlike' }
  if (isExit || isFirst) {
    if (question.position === null) return { kind: 'wait', until: now }
    if (question.position === 'unreadable') return { kind: 'unprovable', why: 'positionUnreadable' }
    if (question.position !== 'agrees') return { kind: 'unprovable', why: 'positionDiffers' }
  }
  const evidence = `absent from ${silent.length} readings of the book since ${formatTime(from)}`
  return { kind: 'proven', event: { kind: 'absenceProven', evidence } }
}

/**
 * Whether a position is as it would be had an order not happened. `others` is what stood there beyond what
 * we held when an exit was sized, null when nobody knows. What is held is not enough to compare with: of a
 * follower's own 100 beside our 65, a sale of 65 leaves 100, which is still more than 65. What other orders
 * of ours have filled since moves what is shown and what is held alike.
 */
export const showsAllHeld = (held: Quantity, others: Quantity | null, shown: Quantity): boolean => {
  if (others === null) return shown === held
  if (held === 0n) return true
  const now = subtract(shown, held)
  return held > 0n ? now >= others : now <= others
}

/**
 * A refusal for the rate is believed after one reading: the broker said itself that it took nothing. The
 * reading is asked for after the refusal was heard: before it the order was perhaps still on its way.
 */
function judgeRefusal(question: AbsenceQuestion, evidence: string): Absence {
  const { doubtedSince, readings, now } = question
  const due = readings.filter(({ askedAt }) => doubtedSince !== null && askedAt >= doubtedSince)
  if (!due.some(({ isWhole }) => isWhole))
    return areApart(due)
      ? { kind: 'unprovable', why: 'bookNotWhole' }
      : { kind: 'wait', until: now }
  const outcome = { kind: 'notSent', cause: 'rateLimited', evidence } as const
  return { kind: 'proven', event: { kind: 'answered', outcome } }
}

function settle(known: Sent, report: OrderReport): readonly Finding[] {
  const event: AttemptEvent = { kind: 'reported', report }
  const { verdict } = transition(known.state, event)
  return verdict === 'same' ? [] : [{ kind: 'event', attempt: known.attempt.id, event, verdict }]
}

/**
 * By the tag, which only we gave, before the broker's ids: an answer may have named another order. By the ids
 * where a broker loses the tag.
 */
function indexOf(attempts: readonly Sent[]): (report: OrderReport) => Sent | null {
  const byTag = new Map<string, Sent>()
  const byId = new Map<string, Sent>()
  for (const attempt of attempts) {
    byTag.set(attempt.attempt.tag, attempt)
    const { state } = attempt
    if (state.kind !== 'working' && state.kind !== 'done') continue
    byId.set(state.orderId, attempt)
    if (state.uniqueOrderId !== null) byId.set(state.uniqueOrderId, attempt)
  }
  return (report) =>
    byTag.get(report.tag) ??
    (report.uniqueOrderId !== null ? byId.get(report.uniqueOrderId) : undefined) ??
    byId.get(report.orderId) ??
    null
}

/** The row of that order: by its tag first, and in a book that hides tags by its number. */
export const rowOf = (sent: Sent, reports: readonly OrderReport[]): OrderReport | null =>
  reports.find(({ tag }) => tag === sent.attempt.tag) ??
  reports.find((report) => !isTag(report.tag) && isOf(sent, report)) ??
  null

export const isOf = ({ attempt, state }: Sent, report: OrderReport): boolean =>
  report.tag === attempt.tag ||
  ((state.kind === 'working' || state.kind === 'done') && report.orderId === state.orderId)

/** A row without a tag of any Lockstep that could be the order, had the broker lost its tag. */
const couldBe = ({ attempt }: Sent, report: OrderReport): boolean => {
  const { lane, side } = attempt.intent
  return (
    !isTag(report.tag) &&
    report.instrument === lane.instrument &&
    report.product === lane.product &&
    report.side === side &&
    report.quantity === attempt.quantity
  )
}

/** Strictly more than a second: two answers within one could be the same stale page. */
function areApart(readings: readonly BookReading[]): boolean {
  const [first] = readings
  const last = readings.at(-1)
  return (
    first !== undefined && last !== undefined && last.askedAt - first.askedAt > READINGS_APART_MS
  )
}

const later = (a: Instant, b: Instant): Instant => (a > b ? a : b)
