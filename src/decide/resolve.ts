// The trader's word about an order of which nobody heard: it is not there, or it is this one. The word
// settles what nothing proves, and nothing else: it is held against a page of the book that is younger than
// the word, and what the broker shows comes first.
import { assertNever } from '../domain/assert.ts'
import { type AttemptEvent, isSettled } from '../domain/attempt.ts'
import type { OrderId } from '../domain/ids.ts'
import { closes } from '../domain/intent.ts'
import { formatDecimal } from '../domain/numbers.ts'
import type { OrderReport } from '../domain/order.ts'
import { isTag } from '../domain/tag.ts'
import { after, formatTime, type Instant } from '../domain/time.ts'
import {
  ABSENCE_AFTER_MS,
  type AbsenceQuestion,
  type BookReading,
  isOf,
  othersAmong,
  type Sent,
} from './reconcile.ts'

export interface Word {
  readonly attempt: Sent
  /** null: it is not there. */
  readonly order: OrderId | null
  /** The newest page that was asked for after the word was given; null: none yet. */
  readonly reading: BookReading | null
  /** Every attempt that a row could belong to. */
  readonly attempts: readonly Sent[]
  readonly position: AbsenceQuestion['position']
  readonly now: Instant
}

export type Resolution =
  /** For a reading. */
  | { readonly kind: 'wait' }
  | { readonly kind: 'refused'; readonly text: string }
  | { readonly kind: 'resolved'; readonly event: AttemptEvent; readonly text: string }

export function judgeWord(word: Word): Resolution {
  const { state } = word.attempt
  if (state.kind === 'sending' || word.reading === null) return { kind: 'wait' }
  if (state.kind !== 'unknown') {
    const known = isSettled(state) ? `it is settled by now (${state.kind})` : 'the broker shows it'
    return refused(`${known}: lockstep status`)
  }
  return word.order === null ? judgeAbsent(word, word.reading) : judgeOrder(word, word.reading)
}

function judgeAbsent({ attempt, position, now }: Word, { reports }: BookReading): Resolution {
  if (reports.some((report) => isOf(attempt, report))) return refused('the book shows it')
  const from = after(attempt.attempt.at, ABSENCE_AFTER_MS)
  if (now < from)
    return refused(`it may still turn up: look again after ${formatTime(from)}, and say so then`)
  const evidence = 'the trader looked, and it is not there'
  const outcome = { kind: 'notSent', cause: 'toldAbsent', evidence } as const
  const event: AttemptEvent = { kind: 'answered', outcome }
  if (!closes(attempt.attempt.intent.role))
    return { kind: 'resolved', event, text: 'taken as never placed; it is not sent again' }
  switch (position) {
    case null:
      return { kind: 'wait' }
    case 'agrees':
      return { kind: 'resolved', event, text: 'taken as never placed; what is held is closed anew' }
    case 'gone':
      return { kind: 'resolved', event, text: 'taken as never placed; NOTHING IS LEFT to close' }
    case 'unreadable':
      return refused('its position cannot be read now: say it again when it can')
    case 'differs':
      // Closing it anew could sell what the follower holds for itself.
      return refused('the position has changed as if it had been: say which order did it (--order)')
    default:
      return assertNever(position)
  }
}

function judgeOrder({ attempt, order, attempts }: Word, { reports }: BookReading): Resolution {
  const row = reports.find(({ orderId }) => orderId === order)
  if (row === undefined) return refused(`the book shows no order ${order}`)
  if (isTag(row.tag) || othersAmong(attempts, [row]).length === 0)
    return refused(`order ${order} is another one of Lockstep's`)
  const difference = differenceOf(attempt, row)
  if (difference !== null) return refused(`order ${order} is ${difference}`)
  const text = `taken as order ${order}: ${formatDecimal(row.filled)} filled`
  return { kind: 'resolved', event: { kind: 'reported', report: row }, text }
}

/** What an order that was sent as recorded can't be. */
function differenceOf({ attempt }: Sent, row: OrderReport): string | null {
  const { side, lane } = attempt.intent
  if (row.instrument !== lane.instrument || row.product !== lane.product)
    return `in ${row.instrument} ${row.product}, this one in ${lane.instrument} ${lane.product}`
  if (row.side !== side) return `a ${row.side}, this one a ${side}`
  if (row.quantity !== attempt.quantity)
    return `for ${formatDecimal(row.quantity)}, this one for ${formatDecimal(attempt.quantity)}`
  if (row.exchangeTime !== null && row.exchangeTime < attempt.at - CLOCKS_DIFFER_BY_MS)
    return `of ${formatTime(row.exchangeTime)}, this one was sent at ${formatTime(attempt.at)}`
  return null
}

/** The exchange's clock tells whole seconds, and ours may be off by two. */
const CLOCKS_DIFFER_BY_MS = 5_000

const refused = (text: string): Resolution => ({ kind: 'refused', text })
