// What a day's signals came to, counted from the ledger and cheap to count again: a signal that is settled is
// read once, and again only when another order was sent for it; the orders of an account are listed again only
// when there were any. So a look costs what is going on, however long the day or the ledger is. A restart counts the same.
import type { AccountName, SignalId } from '../domain/ids.ts'
import type { Reason } from '../domain/reason.ts'
import type { RecordedSignal } from '../domain/signal.ts'
import { after, dayOf, type Instant, SECOND } from '../domain/time.ts'
import type { LedgerView, OpenAttempt } from '../ports.ts'
import { type Copy, copyOf, isFinal } from './copy.ts'

/**
 * The way of an order. `seen`: from the master's fill until we saw it. `decided`: until the decision stood.
 * `sent`: until the order was recorded, after which it leaves at once. `answered`: until the broker had
 * spoken. `filled`: from there until its last fill was known. `accepted`: from seen to answered.
 */
export const STEPS = ['seen', 'decided', 'sent', 'answered', 'filled', 'accepted'] as const
type Step = (typeof STEPS)[number]

interface Decided {
  readonly account: AccountName
  readonly decision: 'entry' | 'exit' | 'skip'
  readonly reason: Reason['kind'] | null
}

interface Timed {
  readonly account: AccountName
  readonly step: Step
  readonly seconds: number
}

export interface DayCounts {
  readonly signals: readonly RecordedSignal[]
  readonly attempts: readonly OpenAttempt[]
  readonly decided: readonly Decided[]
  readonly denied: readonly { readonly account: AccountName; readonly reason: Reason['kind'] }[]
  readonly timed: readonly Timed[]
}

/** The engine's clock is corrected by the broker's, ours is not: what is this young is looked at again. */
const CLOCKS_DIFFER_MS = 10 * SECOND

interface Page {
  readonly decided: readonly Decided[]
  readonly denied: DayCounts['denied']
  readonly timed: readonly Timed[]
  /** Sent for this signal when it was read. */
  readonly attempts: number
  readonly isSettled: boolean
}

export function createDayCounts(
  ledger: LedgerView,
  accounts: readonly AccountName[],
): { read(now: Instant): DayCounts } {
  let day = ''
  const pages = new Map<SignalId, Page>()
  const lists = new Map<AccountName, List>()

  function pageOf(signal: RecordedSignal, attempts: number): Page {
    const known = pages.get(signal.id)
    if (known?.isSettled && known.attempts === attempts) return known
    const page = readPage(signal, attempts)
    pages.set(signal.id, page)
    return page
  }

  function readPage(signal: RecordedSignal, attempts: number): Page {
    const copies = ledger.why(signal.id, null).map(copyOf)
    return {
      decided: copies.flatMap(decidedOf),
      denied: copies.flatMap(deniedOf),
      timed: copies.flatMap((copy) => timesOf(signal, copy)),
      attempts,
      isSettled: copies.every(isSettled),
    }
  }

  /** The orders of an account: listed again only if one was sent since, or was open. */
  function attemptsOf(account: AccountName, now: Instant): readonly OpenAttempt[] {
    const isOpen = ledger.openAttempts(account).length > 0
    const known = lists.get(account)
    const hasMore = (at: Instant): boolean =>
      ledger.writes(account, after(at, -CLOCKS_DIFFER_MS)).length > 0
    if (known && !known.wasOpen && !isOpen && !hasMore(known.at)) return known.attempts
    const attempts = ledger.attemptsOfDay(account, dayOf(now))
    lists.set(account, { at: now, attempts, wasOpen: isOpen })
    return attempts
  }

  return {
    read(now) {
      if (dayOf(now) !== day) {
        day = dayOf(now)
        pages.clear()
        lists.clear()
      }
      const signals = ledger.signals(dayOf(now))
      const attempts = accounts.flatMap((account) => attemptsOf(account, now))
      const sent = Map.groupBy(attempts, ({ attempt }) => attempt.intent.signalId)
      const read = signals.map((signal) => pageOf(signal, sent.get(signal.id)?.length ?? 0))
      return {
        signals,
        attempts,
        decided: read.flatMap(({ decided }) => decided),
        denied: read.flatMap(({ denied }) => denied),
        timed: read.flatMap(({ timed }) => timed),
      }
    },
  }
}

interface List {
  readonly at: Instant
  readonly attempts: readonly OpenAttempt[]
  readonly wasOpen: boolean
}

/** Nothing of it changes any more, unless another order is sent. */
const isSettled = ({ decision, orders }: Copy): boolean =>
  decision !== null && orders.every(({ standing }) => isFinal(standing))

function decidedOf({ follower, decision }: Copy): readonly Decided[] {
  if (decision === null) return []
  const reason = decision.kind === 'skip' ? decision.reason.kind : null
  return [{ account: follower, decision: decision.kind, reason }]
}

const deniedOf = ({ follower, orders }: Copy): DayCounts['denied'] =>
  orders.flatMap(({ denied }) =>
    denied === null ? [] : [{ account: follower, reason: denied.kind }],
  )

function timesOf(signal: RecordedSignal, { follower, decidedAt, orders }: Copy): readonly Timed[] {
  const times: Timed[] = []
  const note = (step: Step, from: Instant | null, to: Instant | null): void => {
    if (from === null || to === null) return
    // The broker's clock and ours may differ by a little.
    const seconds = Math.max(0, to - from) / SECOND
    times.push({ account: follower, step, seconds })
  }
  note('seen', signal.filledAt, signal.seenAt)
  note('decided', signal.seenAt, decidedAt)
  for (const { intent, attempts } of orders)
    for (const [index, { recordedAt, answeredAt, filledAt }] of attempts.entries()) {
      // An exit waits for its turn, and a second attempt for a proof: neither is how fast we are.
      const isFirst = index === 0 && intent.role === 'entry'
      if (isFirst) note('sent', decidedAt, recordedAt)
      note('answered', recordedAt, answeredAt)
      note('filled', answeredAt, filledAt)
      if (isFirst) note('accepted', signal.seenAt, answeredAt)
    }
  return times
}
