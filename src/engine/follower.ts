// One follower's account while the engine runs: recovers what the last run left open, reads what is wanted
// as long as anything is open there, and wakes its lanes. Nothing is sent before the first reading has
// answered for everything that was open. It knows no other follower.
import type { FollowerNow } from '../decide/guard.ts'
import type { FollowerView } from '../decide/plan.ts'
import { type AbsenceQuestion, showsAllHeld } from '../decide/reconcile.ts'
import type { DueExit } from '../decide/waiting-exits.ts'
import type { AttemptEvent, Transition } from '../domain/attempt.ts'
import type { EntryDecision } from '../domain/decision.ts'
import type { InstrumentId, OrderId } from '../domain/ids.ts'
import { closes } from '../domain/intent.ts'
import { type Lane, type LaneKey, laneKey } from '../domain/lane.ts'
import { NO_MONEY, ONE, type Quantity } from '../domain/numbers.ts'
import { type Product, sideOf } from '../domain/order.ts'
import type { ExitAwaits } from '../domain/owed.ts'
import { carriedInto, profitAndLoss } from '../domain/profit.ts'
import { whyStopped } from '../domain/pulse.ts'
import type { Answer } from '../domain/steering.ts'
import type { Tag } from '../domain/tag.ts'
import { dayOf, type Instant, SECOND, type TradingDay } from '../domain/time.ts'
import type { FeedEvent, OpenAttempt, RecordedAttempt } from '../ports.ts'
import type { Context, FollowerAccess } from './context.ts'
import { rollDay } from './day-roll.ts'
import { createLane, type FollowerDesk, type LaneRunner } from './lane.ts'
import type { Pulse } from './pulse.ts'
import { createQuotes } from './quotes.ts'
import { createSettle } from './settle.ts'
import { createShown } from './shown.ts'
import { createWrites } from './writes.ts'

/** A book is read this often while something is open; with a stream that tells, less often. */
const BOOK_EVERY_MS = 1.1 * SECOND
const BOOK_EVERY_WITH_STREAM_MS = 3 * SECOND
/** A position that proves something is no older than this. */
const FRESH_MS = 5 * SECOND

export interface Follower {
  readonly access: FollowerAccess
  /** Reads what is wanted and settles it; gives how long to rest until the next turn, null for ever. */
  turn(): Promise<number | null>
  hear(event: FeedEvent): void
  /** Itself, as a decision about a signal there needs it. */
  viewOf(instrument: InstrumentId, product: Product): FollowerView
  /** Whether a decision's orders would leave at once: then their attempts are recorded with it. */
  isReadyFor(decision: EntryDecision): boolean
  sendRecorded(attempt: RecordedAttempt): void
  /** Its lanes in which anything stands or is to be sent. */
  lanes(): readonly Lane[]
  /** The trader's word about an order of which nobody heard; null: it waits for a reading. */
  resolve(tag: Tag, order: OrderId | null, saidAt: Instant): Answer | null
  /** Something may be due in this lane. */
  wake(lane: Lane): void
  /** In every lane. */
  wakeAll(): void
  /** An exit has waited too long: it is told what for, unless its lane has said so. */
  tellWaiting(exit: DueExit): void
  /** Nothing new is sent from here on. */
  stop(): void
  /** Until every send and every request is answered; throws what one of them failed with. */
  settled(): Promise<void>
}

export function createFollower(
  context: Context,
  access: FollowerAccess,
  pulse: Pulse,
  /** Called when a turn is wanted before its time. */
  onNews: () => void,
): Follower {
  const { clock, ledger } = context
  const account = access.settings.name
  const quotes = createQuotes(context, access, pulse)
  const noted = {
    noteReading: pulse.noteReading,
    notePrice(...[instrument, last, at]: Parameters<Pulse['notePrice']>) {
      pulse.notePrice(instrument, last, at)
      quotes.noteLast(instrument, last, at)
    },
  }
  const shown = createShown(context, access, noted, () => {
    wantsBook = true
  })
  const writes = createWrites(context, account)
  const settling = createSettle(context, access, pulse, {
    moved,
    resized: ({ intent }) => wake(intent.lane),
    othersTraded: (reports) => shown.noteOthers(reports),
    position: positionAgainst,
  })
  const lanes = new Map<LaneKey, LaneRunner>()
  const due = new Map<LaneKey, Instant>()
  const work = new Set<Promise<void>>()
  let isRecovered = false
  let isStopping = false
  let failure: { readonly error: unknown } | null = null
  let wantsBook = false
  let streamIsUp = false
  let today: TradingDay | null = null

  const desk: FollowerDesk = {
    access,
    shown,
    quotes,
    writes,
    quantityOf: (attempt) => settling.quantityOf(attempt),
    mayAct: () => !isStopping && hindrance() === null,
    hindrance,
    state: stateNow,
    track(promise) {
      work.add(promise)
      const over = () => {
        work.delete(promise)
      }
      promise.then(over, (error: unknown) => {
        over()
        failure ??= { error }
        onNews()
      })
    },
    expectNews() {
      wantsBook = true
      onNews()
    },
    onNews,
  }

  // --- turns

  async function turn(): Promise<number | null> {
    if (failure !== null) throw failure.error
    startDay()
    if (!isRecovered && !(await recover())) return BOOK_EVERY_MS
    const now = clock.now()
    const isOpen = ledger.openAttempts(account).length > 0
    const readsBook = wantsBook || isOpen
    wantsBook = false
    await Promise.all([
      readsBook ? settling.readBook() : null,
      isDue(shown.dueAt(), now) ? shown.read().then(wakeAll) : null,
      isDue(quotes.dueAt(), now) ? quotes.read().then(wakeWhere) : null,
    ])
    settling.judgeDoubts()
    for (const [key, until] of due) {
      const runner = lanes.get(key)
      if (runner && until <= clock.now()) run(key, runner)
    }
    return restUntilNext()
  }

  /** Everything that was open when the last run ended is looked up before anything is sent. */
  async function recover(): Promise<boolean> {
    for (const { attempt, state } of ledger.openAttempts(account)) {
      if (state.kind !== 'sending') continue
      const evidence = 'the engine ended before the answer'
      const outcome = { kind: 'unknown', likely: null, evidence } as const
      ledger.recordEvent(attempt.id, { kind: 'answered', outcome }, clock.now())
    }
    if (!(await settling.readBook())) return false
    isRecovered = true
    wakeAll()
    return true
  }

  function startDay(): void {
    const day = dayOf(clock.now())
    if (today === day) return
    today = day
    rollDay(context, access, day)
  }

  function restUntilNext(): number | null {
    const isOpen = ledger.openAttempts(account).length > 0
    const book = streamIsUp ? BOOK_EVERY_WITH_STREAM_MS : BOOK_EVERY_MS
    const moments = [...due.values(), shown.dueAt(), quotes.dueAt()]
    const rests = moments.flatMap((at) => (at === null ? [] : [Math.max(0, at - clock.now())]))
    if (wantsBook) rests.push(0)
    if (isOpen) rests.push(book)
    return rests.length === 0 ? null : Math.min(...rests)
  }

  // --- lanes

  function wake(lane: Lane): void {
    run(laneKey(lane), runnerOf(lane))
  }

  function runnerOf(lane: Lane): LaneRunner {
    const key = laneKey(lane)
    const known = lanes.get(key)
    if (known !== undefined) return known
    const made = createLane(context, desk, lane, () => wake(lane))
    lanes.set(key, made)
    return made
  }

  function run(key: LaneKey, runner: LaneRunner): void {
    const until = runner.turn()
    if (until === null) due.delete(key)
    else due.set(key, until)
    if (until !== null) onNews()
  }

  function wakeAll(): void {
    for (const lane of lanesWithWork()) wake(lane)
  }

  function wakeWhere(instruments: ReadonlySet<InstrumentId>): void {
    for (const lane of lanesWithWork()) if (instruments.has(lane.instrument)) wake(lane)
  }

  /** Where anything stands or is still to be sent, whoever left it there. */
  function lanesWithWork(): readonly Lane[] {
    const found = new Map<LaneKey, Lane>()
    const note = (lane: Lane): void => {
      if (lane.mode === access.mode) found.set(laneKey(lane), lane)
    }
    for (const { follower, mode, instrument, product } of ledger.lanes(account))
      note({ follower, mode, instrument, product })
    for (const intent of ledger.unsentIntents(account)) note(intent.lane)
    for (const { attempt } of ledger.openAttempts(account)) note(attempt.intent.lane)
    return [...found.values()]
  }

  function moved({ intent }: RecordedAttempt, event: AttemptEvent, { state }: Transition): void {
    const { lane, role } = intent
    if (event.kind === 'reported' && event.report.filled > 0n) shown.noteOwnFill(lane)
    if (state.kind === 'done') {
      // Read now, so that a quick exit need not wait for it.
      if (state.filled > 0n) shown.want()
      if (state.end === 'rejected' && closes(role)) runnerOf(lane).rejected()
    }
    wake(lane)
  }

  function positionAgainst({ attempt }: OpenAttempt): AbsenceQuestion['position'] {
    const { lane } = attempt.intent
    const reading = shown.of(lane)
    const isFresh = reading !== null && clock.now() - reading.answeredAt <= FRESH_MS
    if (!isFresh || reading.askedAt <= attempt.at) {
      shown.want()
      return null
    }
    if (reading.kind === 'unreadable') {
      shown.want()
      return 'unreadable'
    }
    const { held } = ledger.lanePosition(lane)
    if (showsAllHeld(held, attempt.others, reading.quantity)) return 'agrees'
    return sideOf(reading.quantity) === sideOf(held) ? 'differs' : 'gone'
  }

  // --- its state

  /** Why nothing may be sent: not recovered, stopped or halted. */
  function hindrance(): ExitAwaits | null {
    if (!isRecovered) return 'book'
    if (settling.isStopped()) return 'takeOver'
    if (whyStopped(access.session()) !== null) return 'account'
    return standsStill() ? 'resume' : null
  }

  /** Halted, but for what the trader has had flattened since. */
  function standsStill(): boolean {
    const { halted, flattened, everybodyFlattened } = ledger.steering()
    if (!halted && !context.isHaltedByFile()) return false
    return !everybodyFlattened && !flattened.has(account)
  }

  function stateNow(): Omit<FollowerNow, 'position'> {
    const steering = ledger.steering()
    const day = ledger.followerDay(account, dayOf(clock.now()))
    return {
      isEnabled: access.settings.enabled,
      accountStopped: whyStopped(access.session()),
      isPaused: steering.everybodyPaused || steering.paused.has(account),
      rejectionsInARow: day.rejectionsInARow,
      ordersToday: day.orders,
      // Every fill of the day is gone through for it: only where something hangs on it.
      profitToday:
        access.settings.limits.maxDailyLoss === null
          ? NO_MONEY
          : profitAndLoss(
              day.fills,
              quotes.lastPrices(),
              carriedInto(day.fills, (lane) => ledger.lanePosition(lane).held),
            ),
    }
  }

  function viewOf(instrument: InstrumentId, product: Product): FollowerView {
    const lane: Lane = { follower: account, mode: access.mode, instrument, product }
    const position = ledger.lanePosition(lane)
    return {
      settings: access.settings,
      lane,
      position,
      entries: ledger.isIdle(lane) ? [] : ledger.liveEntries(lane),
      lot: position.lot ?? (ONE as Quantity),
      capital: access.capital(),
      state: stateNow(),
    }
  }

  return {
    access,
    turn,
    viewOf,
    lanes: lanesWithWork,
    isReadyFor: ({ lane, intents }) => runnerOf(lane).isReadyFor(intents),
    sendRecorded: (attempt) => runnerOf(attempt.intent.lane).sendRecorded(attempt),
    wake,
    wakeAll,
    tellWaiting({ lane, owed }) {
      if (isStopping) return
      const runner = runnerOf(lane)
      // Should anything have been missed that it could go on with, it goes on.
      run(laneKey(lane), runner)
      runner.tellWaiting(owed)
    },
    resolve(tag, order, saidAt) {
      const answer = isRecovered ? settling.resolve(tag, order, saidAt) : null
      if (answer === null) desk.expectNews()
      return answer
    },
    hear(event) {
      pulse.noteStream(account, event)
      if (event.kind === 'connected') streamIsUp = true
      if (event.kind === 'disconnected') streamIsUp = false
      if (event.kind === 'order') settling.settle([event.report])
      else desk.expectNews()
    },
    stop() {
      isStopping = true
    },
    async settled() {
      while (work.size > 0) await Promise.allSettled(work)
      if (failure !== null) throw failure.error
    },
  }
}

const isDue = (at: Instant | null, now: Instant): boolean => at !== null && at <= now
