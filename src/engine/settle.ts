// Settles what was sent for one follower against its book and its stream: each report goes to its attempt,
// and an attempt of which nobody heard is called absent only when that is proven. An order of another
// Lockstep stops the account.
import {
  type AbsenceQuestion,
  type BookReading,
  judgeAbsence,
  othersAmong,
  reconcile,
  rowOf,
  showsAllKnown,
  showsTags,
  type UnprovableBecause,
} from '../decide/reconcile.ts'
import { judgeWord } from '../decide/resolve.ts'
import { assertNever } from '../domain/assert.ts'
import type { AttemptEvent, Transition } from '../domain/attempt.ts'
import type { AttemptId, OrderId } from '../domain/ids.ts'
import { closes } from '../domain/intent.ts'
import type { Quantity } from '../domain/numbers.ts'
import type { OrderReport } from '../domain/order.ts'
import type { Answer } from '../domain/steering.ts'
import { isTag, type Tag } from '../domain/tag.ts'
import { after, DAY, dayOf, type Instant, MINUTE } from '../domain/time.ts'
import type { OpenAttempt, RecordedAttempt } from '../ports.ts'
import type { Context, FollowerAccess } from './context.ts'
import type { Pulse } from './pulse.ts'

/** Readings are kept this long at most, for proofs of absence. */
const READINGS_KEPT_MS = 2 * MINUTE

export interface Settle {
  /** Reads the book and settles it; false when it could not be read. */
  readBook(): Promise<boolean>
  settle(reports: readonly OrderReport[]): void
  /** What nobody heard of: proven absent, it may be sent again; else it stays unknown and is told. */
  judgeDoubts(): void
  /** The trader's word about an order of which nobody heard; null: it waits for a page of the book. */
  resolve(tag: Tag, order: OrderId | null, saidAt: Instant): Answer | null
  /** How much an order asks for by now: an answer to a cut doesn't say, a report does. */
  quantityOf(attempt: RecordedAttempt): Quantity
  /** Whether an order of another Lockstep was seen. */
  isStopped(): boolean
}

export interface SettleHands {
  /** An attempt has moved on. */
  moved(attempt: RecordedAttempt, event: AttemptEvent, transition: Transition): void
  /** An attempt asks for more or less than it did. */
  resized(attempt: RecordedAttempt): void
  othersTraded(reports: readonly OrderReport[]): void
  /** Whether the position is as it would be had the order not happened; null: not known yet. */
  position(attempt: OpenAttempt): AbsenceQuestion['position']
}

export function createSettle(
  context: Context,
  access: FollowerAccess,
  pulse: Pulse,
  hands: SettleHands,
): Settle {
  const { clock, ledger, tell } = context
  const account = access.settings.name
  const doubts = new Map<AttemptId, UnprovableBecause>()
  const doubtedSince = new Map<AttemptId, Instant>()
  /** Of those that were cut. */
  const quantities = new Map<AttemptId, Quantity>()
  /** The newest, and while nobody knows of an order, all since it was sent: each names every order of the day. */
  let readings: readonly BookReading[] = []
  const strangeTags = new Set<string>()
  let tagsNoted = ''

  async function readBook(): Promise<boolean> {
    const askedAt = clock.now()
    noteDoubts(askedAt)
    const reading = await access.reader.orders()
    pulse.noteReading(account, 'orders', reading)
    if (reading.kind === 'failed') return false
    for (const row of reading.unreadable)
      tell({ kind: 'alarm', account, text: `an order of its book cannot be read: ${row}` })
    const since = Math.max(inFlightSince() ?? askedAt, clock.now() - READINGS_KEPT_MS)
    const kept = readings.filter(({ askedAt: at }) => at >= since)
    const today = ledger.attemptsOfDay(account, dayOf(askedAt))
    const isWhole = reading.unreadable.length === 0 && showsAllKnown(today, reading.value)
    readings = [...kept, { account, askedAt, reports: reading.value, isWhole }]
    noteTags(today, reading.value)
    settle(reading.value)
    return true
  }

  /** null: the broker has spoken of every order. */
  function inFlightSince(): Instant | null {
    const silent = ledger
      .openAttempts(account)
      .filter(({ state }) => state.kind === 'sending' || state.kind === 'unknown')
    return silent.reduce<Instant | null>(
      (first, { attempt: { at } }) => (first === null || at < first ? at : first),
      null,
    )
  }

  /** What is in doubt before a page is asked for was answered before it. */
  function noteDoubts(askedAt: Instant): void {
    for (const { attempt, state } of ledger.openAttempts(account))
      if (state.kind === 'unknown' && !doubtedSince.has(attempt.id))
        doubtedSince.set(attempt.id, askedAt)
  }

  /** Once a day, and whenever it changes: what a later day's first order may be judged by. */
  function noteTags(today: readonly OpenAttempt[], reports: readonly OrderReport[]): void {
    const isShown = showsTags(today, reports)
    const now = clock.now()
    if (isShown === null || tagsNoted === `${dayOf(now)} ${isShown}`) return
    tagsNoted = `${dayOf(now)} ${isShown}`
    ledger.recordTags(account, isShown, now)
  }

  function settle(reports: readonly OrderReport[]): void {
    const known = new Map<AttemptId, OpenAttempt>()
    for (const each of ledger.attemptsOfDay(account, dayOf(clock.now())))
      known.set(each.attempt.id, each)
    for (const each of ledger.openAttempts(account)) known.set(each.attempt.id, each)
    const attempts = [...known.values()]
    hands.othersTraded(othersAmong(attempts, reports))
    for (const finding of reconcile(attempts, reports)) {
      if (finding.kind === 'strangeTag') stopFor(finding.tag)
      else {
        const attempt = known.get(finding.attempt)?.attempt
        if (attempt) note(attempt, finding.event)
      }
    }
    for (const open of ledger.openAttempts(account)) {
      const { attempt } = open
      const report = rowOf(open, reports)
      if (report === null || report.quantity === quantityOf(attempt)) continue
      quantities.set(attempt.id, report.quantity)
      if (report.quantity !== attempt.quantity) hands.resized(attempt)
    }
  }

  const quantityOf = ({ id, quantity }: RecordedAttempt): Quantity => quantities.get(id) ?? quantity

  function note(attempt: RecordedAttempt, event: AttemptEvent): void {
    const transition = ledger.recordEvent(attempt.id, event, clock.now())
    if (transition.verdict === 'same') return
    tell({ kind: 'attempt', attempt, transition })
    if (transition.verdict === 'turnedUp')
      tell({ kind: 'alarm', account, text: `an order turned up after all: ${attempt.tag}` })
    hands.moved(attempt, event, transition)
  }

  function stopFor(tag: string): void {
    if (context.takeOver || strangeTags.has(tag) || isOfEarlierDay(tag)) return
    strangeTags.add(tag)
    const text = `the book shows an order of another Lockstep (${tag}): nothing is sent until --take-over`
    tell({ kind: 'alarm', account, text })
  }

  /** A book that is late at midnight, or an order that waited for the opening, shows what is known since. */
  const isOfEarlierDay = (tag: string): boolean =>
    isTag(tag) && ledger.attemptByTag(tag)?.attempt.intent.lane.follower === account

  function judgeDoubts(): void {
    for (const attempt of ledger.openAttempts(account)) {
      if (attempt.state.kind !== 'unknown') continue
      const shown = tagsShown()
      const asksPosition = closes(attempt.attempt.intent.role) || shown !== 'today'
      const answer = judgeAbsence({
        attempt,
        readings,
        tagsShown: shown,
        doubtedSince: doubtedSince.get(attempt.attempt.id) ?? null,
        position: asksPosition ? hands.position(attempt) : null,
        now: clock.now(),
      })
      if (answer.kind === 'proven') note(attempt.attempt, answer.event)
      if (answer.kind === 'unprovable' && answer.why !== 'seen')
        tellDoubt(attempt.attempt, answer.why)
    }
  }

  /**
   * What a book shows of tags is the broker's way with an account, and doesn't change from one trading day
   * to the next; a week reaches over any run of holidays.
   */
  function tagsShown(): AbsenceQuestion['tagsShown'] {
    if (readings.some(({ reports }) => reports.some(({ tag }) => isTag(tag)))) return 'today'
    return ledger.showedTags(account, after(clock.now(), -7 * DAY)) === true ? 'before' : 'never'
  }

  /** What the trader says of an order that nobody heard of; null: not before the next page of the book. */
  function resolve(tag: Tag, order: OrderId | null, saidAt: Instant): Answer | null {
    const attempt = ledger.attemptByTag(tag)
    if (attempt === null) return { kind: 'refused', text: `no order has the tag ${tag}` }
    const resolution = judgeWord({
      attempt,
      order,
      reading: readings.findLast(({ askedAt }) => askedAt >= saidAt) ?? null,
      attempts: ledger.attemptsOfDay(account, dayOf(clock.now())),
      position: closes(attempt.attempt.intent.role) ? hands.position(attempt) : null,
      now: clock.now(),
    })
    switch (resolution.kind) {
      case 'wait':
        return null
      case 'refused':
        return { kind: 'refused', text: resolution.text }
      case 'resolved':
        note(attempt.attempt, resolution.event)
        return { kind: 'done', text: resolution.text }
      default:
        return assertNever(resolution)
    }
  }

  function tellDoubt({ id, tag }: RecordedAttempt, why: UnprovableBecause): void {
    if (doubts.get(id) === why) return
    doubts.set(id, why)
    const text = `nobody can say what became of order ${tag} (${why}): look in the broker's app, then say lockstep resolve U${id} --absent, or --order ORDERID`
    tell({ kind: 'alarm', account, text })
  }

  return {
    readBook,
    settle,
    judgeDoubts,
    resolve,
    quantityOf,
    isStopped: () => strangeTags.size > 0,
  }
}
