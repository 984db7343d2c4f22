// The alerts of one way to tell them that are not told yet, and what goes into the next message. Pure: time
// is an argument. What waits goes out together, so that a storm is a few messages that count and not a
// thousand that ring; the queue is bounded, and what it lets fall it counts.
//
//   empty ──add──► waiting ──take──► under way ──sent──► empty, or waiting
//                                       ├─later(until)──► waiting, nothing before then
//                                       ├─refused───────► that message is lost, and counted
//                                       └─wrong─────────► waiting: tried again, but seldom
import type { Alert, AlertKind } from '../domain/alert.ts'
import { after, type Instant, MINUTE, SECOND } from '../domain/time.ts'

export interface AlertQueue {
  add(alert: Alert): void
  /** When the next message may go; null: nothing waits, or one is under way. */
  due(): Instant | null
  /** What goes now. It is given back by exactly one of the next four. */
  take(now: Instant): readonly Alert[]
  sent(now: Instant): void
  /** The same again, not before then; null: whoever listens didn't say. */
  later(now: Instant, until: Instant | null): void
  /** It is never taken: it falls out, for what comes after it may be. */
  refused(now: Instant): void
  /** Nothing is taken there as things are: seldom, since a way that is mended is not told of. */
  wrong(now: Instant): void
  waiting(): number
  /** How many fell out since this was asked last. */
  dropped(): number
}

/** Between two messages of one way: below what each of them allows, and a phone can be read meanwhile. */
const APART_MS = 3 * SECOND
const FIRST_PAUSE_MS = 5 * SECOND
const LONGEST_PAUSE_MS = 5 * MINUTE
/** A token that is wrong is not right a moment later, and no one likes to be asked. */
const WRONG_PAUSE_MS = 15 * MINUTE
const MOST_WAITING = 1000

export function createAlertQueue(): AlertQueue {
  let waiting: readonly Alert[] = []
  let underWay: readonly Alert[] | null = null
  let notBefore: Instant | null = null
  let failures = 0
  let lost = 0

  /** The good news first, then the oldest. */
  function letFall(): void {
    while (waiting.length > MOST_WAITING) {
      const copied = waiting.findIndex(({ kind }) => kind === 'copied')
      waiting = waiting.toSpliced(Math.max(0, copied), 1)
      lost += 1
    }
  }

  function giveBack(): void {
    waiting = [...(underWay ?? []), ...waiting]
    underWay = null
    letFall()
  }

  return {
    add(alert) {
      waiting = [...waiting, alert]
      letFall()
    },
    due() {
      const [first] = waiting
      if (first === undefined || underWay !== null) return null
      return notBefore ?? first.at
    },
    take(now) {
      if (underWay !== null || (notBefore !== null && now < notBefore)) return []
      underWay = waiting
      waiting = []
      return underWay
    },
    sent(now) {
      underWay = null
      failures = 0
      notBefore = after(now, APART_MS)
    },
    later(now, until) {
      giveBack()
      const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** failures, LONGEST_PAUSE_MS)
      failures += 1
      notBefore = until !== null && until > now ? until : after(now, pauseMs)
    },
    refused(now) {
      lost += underWay?.length ?? 0
      underWay = null
      notBefore = after(now, APART_MS)
    },
    wrong(now) {
      giveBack()
      notBefore = after(now, WRONG_PAUSE_MS)
    },
    waiting: () => waiting.length + (underWay?.length ?? 0),
    dropped() {
      const count = lost
      lost = 0
      return count
    },
  }
}

// --- what a message says -----------------------------------------------------------------------

/** So many of one kind are told one by one; of more, how many they are and the last of them. */
const TOLD_SINGLY = 3

/** Lines in the order in which they came; within `mostLetters`, the urgent before the good news. */
export function messageOf(head: string, alerts: readonly Alert[], mostLetters: number): string {
  const groups = [...Map.groupBy(alerts, (each) => `${each.kind}/${each.account}`).values()]
  const lines = groups
    .toSorted((a, b) => rankOf(a) - rankOf(b))
    .flatMap((group) =>
      group.length <= TOLD_SINGLY ? group.map(({ text }) => text) : counted(group),
    )
  return fitLines(head, lines, mostLetters)
}

function counted(group: readonly Alert[]): readonly string[] {
  const last = group.at(-1)
  const who = last?.account == null ? '' : ` of ${last.account}`
  return [`${group.length} × ${last?.kind}${who}, the last: ${last?.text}`]
}

const LESS_URGENT: readonly AlertKind[] = ['summary', 'started', 'stopped', 'copied']
const rankOf = ([first]: readonly Alert[]): number =>
  first === undefined ? 0 : LESS_URGENT.indexOf(first.kind) + 1

function fitLines(head: string, lines: readonly string[], most: number): string {
  let text = head
  for (const [index, line] of lines.entries()) {
    const rest = lines.length - index
    const more = `\n… and ${rest} more: lockstep status`
    if (text.length + 1 + line.length + (rest > 1 ? more.length : 0) > most)
      return text.length + more.length <= most ? text + more : text.slice(0, most)
    text += `\n${line}`
  }
  return text
}
