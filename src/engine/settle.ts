// Settles what was sent for one follower against its book and its stream: each report goes to its attempt,
// and an attempt of which nobody heard is called absent only when that is proven. An order of another
// Lockstep stops the account.
import {
  type BookReading,
  judgeAbsence,
  othersAmong,
  reconcile,
  type UnprovableBecause,
} from '../decide/reconcile.ts'
import type { AttemptEvent, Transition } from '../domain/attempt.ts'
import type { AttemptId } from '../domain/ids.ts'
import type { Quantity } from '../domain/numbers.ts'
import type { OrderReport } from '../domain/order.ts'
import { isTag } from '../domain/tag.ts'
import { dayOf, MINUTE } from '../domain/time.ts'
import type { OpenAttempt, RecordedAttempt } from '../ports.ts'
import type { Context, FollowerAccess } from './context.ts'
import type { Pulse } from './pulse.ts'

/** Readings are kept this long, for proofs of absence. */
const READINGS_KEPT_MS = 2 * MINUTE

export interface Settle {
  /** Reads the book and settles it; false when it could not be read. */
  readBook(): Promise<boolean>
  settle(reports: readonly OrderReport[]): void
  /** What nobody heard of: proven absent, it may be sent again; else it stays unknown and is told. */
  judgeDoubts(): void
  /** How much an order asks for by now: an answer to a cut doesn't say, a report does. null: not seen. */
  quantityOf(attempt: RecordedAttempt): Quantity | null
  /** Whether an order of another Lockstep was seen. */
  isStopped(): boolean
}

export interface SettleHands {
  /** An attempt has moved on. */
  moved(attempt: RecordedAttempt, event: AttemptEvent, transition: Transition): void
  /** An attempt asks for more or less than it did. */
  resized(attempt: RecordedAttempt): void
  othersTraded(reports: readonly OrderReport[]): void
  /** For an exit: whether the position is as it would be had it not happened; null: not known yet. */
  positionAgrees(attempt: OpenAttempt): boolean | null
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
  const quantities = new Map<string, Quantity>()
  let readings: readonly BookReading[] = []
  const strangeTags = new Set<string>()

  async function readBook(): Promise<boolean> {
    const askedAt = clock.now()
    const reading = await access.reader.orders()
    pulse.noteReading(account, 'orders', reading)
    if (reading.kind === 'failed') return false
    for (const row of reading.unreadable)
      tell({ kind: 'alarm', account, text: `an order of its book cannot be read: ${row}` })
    const kept = readings.filter(({ askedAt: at }) => clock.now() - at < READINGS_KEPT_MS)
    const hasUnreadable = reading.unreadable.length > 0
    readings = [...kept, { account, askedAt, reports: reading.value, hasUnreadable }]
    settle(reading.value)
    return true
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
    for (const { attempt } of ledger.openAttempts(account)) {
      const report = reports.find(({ tag }) => tag === attempt.tag)
      if (report === undefined || report.quantity === quantityOf(attempt)) continue
      quantities.set(attempt.tag, report.quantity)
      if (report.quantity !== attempt.quantity) hands.resized(attempt)
    }
  }

  const quantityOf = ({ tag }: RecordedAttempt): Quantity | null => quantities.get(tag) ?? null

  function note(attempt: RecordedAttempt, event: AttemptEvent): void {
    const transition = ledger.recordEvent(attempt.id, event, clock.now())
    if (transition.verdict === 'same') return
    tell({ kind: 'attempt', attempt, transition })
    if (transition.verdict === 'turnedUp')
      tell({ kind: 'alarm', account, text: `an order turned up after all: ${attempt.tag}` })
    hands.moved(attempt, event, transition)
  }

  function stopFor(tag: string): void {
    if (context.takeOver || strangeTags.has(tag)) return
    strangeTags.add(tag)
    const text = `the book shows an order of another Lockstep (${tag}): nothing is sent until --take-over`
    tell({ kind: 'alarm', account, text })
  }

  function judgeDoubts(): void {
    const bookShowsTags = readings.some(({ reports }) => reports.some(({ tag }) => isTag(tag)))
    for (const attempt of ledger.openAttempts(account)) {
      if (attempt.state.kind !== 'unknown') continue
      const answer = judgeAbsence({
        attempt,
        readings,
        bookShowsTags,
        positionAgrees: hands.positionAgrees(attempt),
        now: clock.now(),
      })
      if (answer.kind === 'proven') note(attempt.attempt, answer.event)
      if (answer.kind === 'unprovable' && answer.why !== 'seen')
        tellDoubt(attempt.attempt, answer.why)
    }
  }

  function tellDoubt({ id, tag }: RecordedAttempt, why: UnprovableBecause): void {
    if (doubts.get(id) === why) return
    doubts.set(id, why)
    tell({ kind: 'alarm', account, text: `nobody can say what became of order ${tag}: ${why}` })
  }

  return { readBook, settle, judgeDoubts, quantityOf, isStopped: () => strangeTags.size > 0 }
}
