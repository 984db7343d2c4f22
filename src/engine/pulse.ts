// How the accounts do, gathered from what the engine reads and hears anyway, told when it changes and kept
// in the ledger every few seconds, so that other programs see it. Nothing is decided by it and nothing
// waits for it. Only funds are read for its own sake, seldom, and while the account is logged in.
//
//   stream: down ── connected ──► up ── disconnected ──► down ── for a while ──► told as lasting
import { assert } from '../domain/assert.ts'
import type { AccountName, InstrumentId } from '../domain/ids.ts'
import type { Price } from '../domain/numbers.ts'
import type {
  AccountPulse,
  ReadingState,
  SeenFunds,
  SeenPrice,
  SessionState,
  StreamState,
} from '../domain/pulse.ts'
import { after, HOUR, type Instant, MINUTE, SECOND } from '../domain/time.ts'
import type { BrokerReader, FeedEvent, OrderStream, Reading, ReadingName } from '../ports.ts'
import type { Context } from './context.ts'

export interface Pulse {
  /** Every reading passes by here: the failing and the first good one after them are told. */
  noteReading(account: AccountName, what: ReadingName, reading: Reading<unknown>): void
  noteStream(account: AccountName, event: FeedEvent): void
  notePrice(instrument: InstrumentId, last: Price, at: Instant): void
  /** Keeps what has changed, and begins the reading of funds that is due. */
  turn(): void
  run(signal: AbortSignal): Promise<void>
}

export interface Watched {
  readonly account: AccountName
  readonly reader: Pick<BrokerReader, 'funds'>
  readonly stream: OrderStream | null
  readonly session: () => SessionState
}

type Parts = Omit<AccountPulse, 'account'>

interface Patient {
  readonly watched: Watched
  now: Parts
  /** By part, as it was last kept. */
  readonly kept: Map<string, unknown>
  readonly failures: Map<ReadingName, number>
  hasBeenUp: boolean
  /** That the broker doesn't log it in just now. */
  isUnservedTold: boolean
  /** Since when nobody has said whose account it is; null: somebody has. */
  unverified: { readonly since: Instant; isTold: boolean } | null
  isLastingTold: boolean
  /** The session in which funds were last asked for, and when. */
  funds: { readonly session: Instant; readonly at: Instant } | null
}

/** A small write that is not waited for; what it is late by is added to every age that is shown. */
const KEPT_EVERY_MS = 3 * SECOND
const FUNDS_EVERY_MS = 5 * MINUTE
/** Its first session of the day may take some tries. */
const UNVERIFIED_AFTER_MS = 30 * SECOND
/** A stream that comes back before that was never missed: the book is read meanwhile. */
const LASTING_AFTER_MS = 10 * SECOND

export function createPulse(
  context: Pick<Context, 'clock' | 'ledger' | 'tell'>,
  accounts: readonly Watched[],
): Pulse {
  const { clock, ledger, tell } = context
  const before = new Map(ledger.pulse().accounts.map((each) => [each.account, each]))
  const patients = new Map(accounts.map((watched) => [watched.account, admit(watched)]))
  let prices = new Map<InstrumentId, SeenPrice>()
  let isOver = false

  function admit(watched: Watched): Patient {
    const last = before.get(watched.account)
    const now: Parts = {
      session: watched.session(),
      stream:
        watched.stream === null
          ? { kind: 'none' }
          : { kind: 'down', since: clock.now(), why: 'not connected yet' },
      orders: unread(last?.orders),
      positions: unread(last?.positions),
      quotes: unread(last?.quotes),
      funds: unread(last?.funds),
      seenFunds: last?.seenFunds ?? null,
    }
    return {
      watched,
      now,
      kept: new Map(),
      failures: new Map(),
      hasBeenUp: false,
      isUnservedTold: false,
      unverified: null,
      isLastingTold: false,
      funds: null,
    }
  }

  const of = (account: AccountName): Patient => {
    const found = patients.get(account)
    assert(found, `${account} is an account of this engine`)
    return found
  }

  function noteReading(account: AccountName, what: ReadingName, reading: Reading<unknown>): void {
    const patient = of(account)
    const { goodAt, failing } = patient.now[what] ?? UNREAD
    if (reading.kind === 'failed') {
      const { why, evidence, at } = reading
      note(patient, {
        [what]: { goodAt, failing: { since: failing?.since ?? at, at, why, evidence } },
      })
      patient.failures.set(what, (patient.failures.get(what) ?? 0) + 1)
      tell({ kind: 'readFailed', account, what, why, evidence })
      return
    }
    note(patient, { [what]: { goodAt: reading.at, failing: null } })
    if (failing === null) return
    const failures = patient.failures.get(what) ?? 1
    patient.failures.delete(what)
    tell({ kind: 'readAgain', account, what, failures, afterMs: reading.at - failing.since })
  }

  function noteStream(account: AccountName, event: FeedEvent): void {
    const patient = of(account)
    const stream = patient.now.stream ?? NO_STREAM
    if (event.kind === 'connected') {
      const wasDown = stream.kind === 'down' && patient.hasBeenUp
      note(patient, { stream: { kind: 'up', since: event.at } })
      tell({ kind: 'streamUp', account, afterMs: wasDown ? event.at - stream.since : null })
      patient.hasBeenUp = true
      patient.isLastingTold = false
    }
    if (event.kind === 'disconnected') {
      const { why, at } = event
      const since = stream.kind === 'down' ? stream.since : at
      note(patient, { stream: { kind: 'down', since, why } })
      if (stream.kind === 'up') tell({ kind: 'streamDown', account, why, lasting: false })
    }
  }

  function tellLasting({ watched: { account }, now: { stream }, ...patient }: Patient): boolean {
    if (stream?.kind !== 'down' || patient.isLastingTold) return false
    if (clock.now() - stream.since < LASTING_AFTER_MS) return false
    tell({ kind: 'streamDown', account, why: stream.why, lasting: true })
    return true
  }

  function turn(): void {
    for (const patient of patients.values()) {
      seeSession(patient)
      patient.isLastingTold ||= tellLasting(patient)
      if (areFundsDue(patient)) void readFunds(patient)
    }
    keep()
  }

  /** A login that is refused while the engine runs is told where it happens, with what to do. */
  function seeSession(patient: Patient): void {
    const { account } = patient.watched
    const session = patient.watched.session()
    const wasStopped = patient.now.session?.kind === 'stopped'
    note(patient, { session })
    tellUnserved(patient, session)
    tellUnverified(patient, session)
    if (session.kind !== 'stopped' || wasStopped) return
    const text = `${session.why}, and nothing is sent for it: ${session.remedy}; then start Lockstep again`
    tell({ kind: 'alarm', account, text })
  }

  /** Not a wrong password, so it comes back by itself; until then it is as blind as one that is stopped. */
  function tellUnserved(patient: Patient, session: SessionState): void {
    if (session.kind !== 'closed') patient.isUnservedTold = false
    if (session.kind !== 'closed' || patient.isUnservedTold) return
    const { account } = patient.watched
    const last = ledger.logins(account, after(clock.now(), -HOUR)).at(-1)
    if (last?.result !== 'unserved') return
    patient.isUnservedTold = true
    const text = `${session.why}: it is tried again with later codes, ever more seldom, and comes back by itself; nothing is sent for it meanwhile`
    tell({ kind: 'alarm', account, text })
  }

  /** A look at its profile after the first login of the day; told where that takes longer than a few seconds. */
  function tellUnverified(patient: Patient, session: SessionState): void {
    if (session.kind !== 'unverified') {
      patient.unverified = null
      return
    }
    patient.unverified ??= { since: clock.now(), isTold: false }
    const { since, isTold } = patient.unverified
    if (isTold || clock.now() - since < UNVERIFIED_AFTER_MS) return
    patient.unverified.isTold = true
    const text = `${session.why}, and nothing is sent for it until it is: ${session.remedy}`
    tell({ kind: 'alarm', account: patient.watched.account, text })
  }

  function keep(): void {
    const changes = [...patients.values()].map((patient) => ({
      patient,
      parts: Object.entries(patient.now).filter(
        ([part, state]) => patient.kept.get(part) !== state,
      ),
    }))
    const changed = changes.filter(({ parts }) => parts.length > 0)
    if (changed.length === 0 && prices.size === 0) return
    const accounts = changed.map(({ patient, parts }) => ({
      account: patient.watched.account,
      ...Object.fromEntries(parts),
    }))
    if (!ledger.keepPulse({ accounts, prices }, clock.now())) return
    for (const { patient, parts } of changed)
      for (const [part, state] of parts) patient.kept.set(part, state)
    prices = new Map()
  }

  function areFundsDue({ now, funds }: Patient): boolean {
    if (now.session?.kind !== 'open') return false
    const isNewSession = funds?.session !== now.session.since
    return isNewSession || clock.now() - funds.at >= FUNDS_EVERY_MS
  }

  async function readFunds(patient: Patient): Promise<void> {
    const { watched, now } = patient
    if (now.session?.kind !== 'open') return
    patient.funds = { session: now.session.since, at: clock.now() }
    const reading = await watched.reader.funds()
    if (isOver) return
    noteReading(watched.account, 'funds', reading)
    if (reading.kind === 'failed') return
    const { net, used } = reading.value
    const seenFunds: SeenFunds = { net, used, at: reading.at }
    note(patient, { seenFunds })
  }

  return {
    noteReading,
    noteStream,
    notePrice: (instrument, last, at) => void prices.set(instrument, { last, at }),
    turn,
    async run(signal) {
      while (!signal.aborted) {
        turn()
        await clock.sleep(KEPT_EVERY_MS, signal)
      }
      isOver = true
    },
  }
}

/** A part that says the same as before stays the same one, and is not kept again. */
function note(patient: Patient, change: Partial<Parts>): void {
  const same = Object.entries(change).every(
    ([part, state]) => saying(state) === saying(patient.now[part as keyof Parts]),
  )
  if (!same) patient.now = { ...patient.now, ...change }
}

const saying = (state: unknown): string =>
  JSON.stringify(state, (_, value) => (typeof value === 'bigint' ? String(value) : value))

const UNREAD: ReadingState = { goodAt: null, failing: null }
const NO_STREAM: StreamState = { kind: 'none' }

/** Of an earlier run only when something was last read is still true. */
const unread = (last: ReadingState | null | undefined): ReadingState => ({
  goodAt: last?.goodAt ?? null,
  failing: null,
})
