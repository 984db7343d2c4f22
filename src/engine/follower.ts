// One follower's account while the engine runs: recovers what the last run left open, reads its book as
// long as anything is open there, settles what it finds, and wakes its lanes. Nothing is sent before the
// first reading has answered for everything that was open. It knows no other follower.
import type { FollowerNow } from '../decide/guard.ts'
import type { PositionReading } from '../decide/lane-turn.ts'
import { type PositionKey, positionKey } from '../decide/order-of-signals.ts'
import type { FollowerView } from '../decide/plan.ts'
import { profitAndLoss } from '../decide/profit.ts'
import {
  type BookReading,
  judgeAbsence,
  othersAmong,
  reconcile,
  showsAllHeld,
  type UnprovableBecause,
} from '../decide/reconcile.ts'
import type { EntryDecision } from '../domain/decision.ts'
import type { AttemptId, InstrumentId, OrderId } from '../domain/ids.ts'
import type { Instrument } from '../domain/instrument.ts'
import { closes } from '../domain/intent.ts'
import { type Lane, type LaneKey, laneKey } from '../domain/lane.ts'
import {
  add,
  formatDecimal,
  magnitude,
  NO_QUANTITY,
  negate,
  ONE,
  type Price,
  type Quantity,
  subtract,
} from '../domain/numbers.ts'
import { type OrderReport, type Product, sideOf, signed } from '../domain/order.ts'
import { isTag } from '../domain/tag.ts'
import { dayOf, type Instant, MINUTE, SECOND, type TradingDay } from '../domain/time.ts'
import type {
  Drift,
  FeedEvent,
  FollowerDay,
  OpenAttempt,
  Quote,
  RecordedAttempt,
  SeenPosition,
} from '../ports.ts'
import type { Context, FollowerAccess } from './context.ts'
import { createLane, type FollowerDesk, type LaneRunner } from './lane.ts'

/** A book is read this often while something is open; with a stream that tells, less often. */
const BOOK_EVERY_MS = 1_100
const BOOK_EVERY_WITH_STREAM_MS = 3_000
/** A price is good for an exit this long. */
const QUOTE_GOOD_FOR_MS = 5 * SECOND
const POSITIONS_EVERY_MS = 30 * SECOND
/** Readings are kept this long, for proofs of absence. */
const READINGS_KEPT_MS = 2 * MINUTE

export interface Follower {
  readonly access: FollowerAccess
  /** Looks up everything that was open; true once it has, and only then anything is sent. */
  recover(): Promise<boolean>
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
  /** Something may be due in this lane. */
  wake(lane: Lane): void
  /** In every lane. */
  wakeAll(): void
  /** Until every send and every request is answered. */
  settled(): Promise<void>
}

interface Shown {
  readonly at: Instant
  readonly quantities: ReadonlyMap<PositionKey, Quantity>
}

export function createFollower(
  context: Context,
  access: FollowerAccess,
  /** Called when a turn is wanted before its time. */
  onNews: () => void,
): Follower {
  const { clock, ledger, tell } = context
  const account = access.settings.name
  const lanes = new Map<LaneKey, LaneRunner>()
  const due = new Map<LaneKey, Instant>()
  const work = new Set<Promise<void>>()
  const quotes = new Map<InstrumentId, { readonly at: Instant; readonly quote: Quote }>()
  const lastFills = new Map<LaneKey, Instant>()
  const filledByOthers = new Map<OrderId, Quantity>()
  const movedByOthers = new Map<PositionKey, Instant>()
  const sizedAgainst = new Map<LaneKey, Quantity>()
  const doubts = new Map<AttemptId, UnprovableBecause>()
  let readings: BookReading[] = []
  let shown: Shown[] = []
  let isRecovered = false
  let strangeTag: string | null = null
  let wantsBook = false
  let wantsPositions = false
  let wantedQuotes = new Map<InstrumentId, Instrument>()
  let streamIsUp = false
  let rolledTo: TradingDay | null = null
  let positionsReadAt: Instant | null = null
  const driftsTold = new Map<LaneKey, string>()

  // --- lanes

  const desk: FollowerDesk = {
    access,
    mayAct: () => isRecovered && strangeTag === null && access.stopped() === null && !standsStill(),
    state: stateNow,
    positionOf,
    wantPositions() {
      wantsPositions = true
      onNews()
    },
    quoteOf(instrument) {
      const known = quotes.get(instrument.id)
      return known && clock.now() - known.at <= QUOTE_GOOD_FOR_MS ? known.quote : null
    },
    wantQuote(instrument) {
      wantedQuotes.set(instrument.id, instrument)
      onNews()
    },
    sizedAgainst(lane, quantity) {
      sizedAgainst.set(laneKey(lane), quantity)
    },
    movedAt,
    track(promise) {
      work.add(promise)
      void promise.finally(() => work.delete(promise))
    },
    expectNews() {
      wantsBook = true
      onNews()
    },
  }

  /** Halted, but for what the trader has had flattened since. */
  function standsStill(): boolean {
    const { halted, flattened, everybodyFlattened } = ledger.steering()
    if (!halted && !context.isHaltedByFile()) return false
    return !everybodyFlattened && !flattened.has(account)
  }

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

  /** Where anything stands or is still to be sent, whoever left it there. */
  function lanesWithWork(): readonly Lane[] {
    const found = new Map<LaneKey, Lane>()
    const note = (lane: Lane): void => {
      if (lane.mode === access.mode) found.set(laneKey(lane), lane)
    }
    for (const { follower, mode, instrument, product } of ledger.lanes())
      if (follower === account) note({ follower, mode, instrument, product })
    for (const intent of ledger.unsentIntents(account)) note(intent.lane)
    for (const { attempt } of ledger.openAttempts(account)) note(attempt.intent.lane)
    return [...found.values()]
  }

  // --- recovering

  /** Orders last for the day; so does what is intraday, and a contract until its expiry. */
  function rollDay(): void {
    const today = dayOf(clock.now())
    if (rolledTo === today) return
    rolledTo = today
    for (const { attempt, state } of ledger.openAttempts(account)) {
      if (dayOf(attempt.at) >= today) continue
      const evidence = `the day of ${dayOf(attempt.at)} is over`
      ledger.recordEvent(attempt.id, { kind: 'dayEnded', evidence }, clock.now())
      if (state.kind !== 'working')
        alarm(`nobody ever said what became of order ${attempt.tag}; its day is over`)
    }
    for (const lane of ledger.lanes()) {
      if (lane.follower !== account || lane.mode !== access.mode) continue
      const expiry = context.instruments().byId(lane.instrument)?.expiry ?? null
      const isOver = (expiry !== null && expiry < today) || isIntradayOfEarlierDay(lane, today)
      if (!isOver) continue
      const evidence = lane.product === 'INTRADAY' ? 'its day is over' : `it expired on ${expiry}`
      const change = negate(lane.held)
      ledger.adjust({ lane, kind: 'expired', change, evidence }, clock.now())
      if (lane.held !== 0n)
        alarm(
          `${lane.instrument} ${lane.product}: ${formatDecimal(lane.held)} was held, ${evidence}`,
        )
    }
  }

  /** Intraday positions do not outlive their day: the broker has squared them off. */
  function isIntradayOfEarlierDay(lane: Lane, today: TradingDay): boolean {
    if (lane.product !== 'INTRADAY') return false
    const moved = ledger.lastMove(lane)
    const signal = moved === null ? null : ledger.signal(moved.signalId)
    return signal !== null && signal.day < today
  }

  function alarm(text: string): void {
    tell({ kind: 'alarm', account, text })
  }

  async function recover(): Promise<boolean> {
    rollDay()
    if (isRecovered) return true
    for (const { attempt, state } of ledger.openAttempts(account))
      if (state.kind === 'sending') {
        const evidence = 'the engine ended before the answer'
        const outcome = { kind: 'unknown', likely: null, evidence } as const
        ledger.recordEvent(attempt.id, { kind: 'answered', outcome }, clock.now())
      }
    if (!(await readBook())) return false
    isRecovered = true
    wakeAll()
    return true
  }

  // --- readings

  async function turn(): Promise<number | null> {
    if (!(await recover())) return BOOK_EVERY_MS
    const open = ledger.openAttempts(account)
    const reads: Promise<unknown>[] = []
    if (wantsBook || open.length > 0) reads.push(readBook())
    if (wantsPositions || isTimeForPositions()) reads.push(readPositions())
    if (wantedQuotes.size > 0) reads.push(readQuotes())
    wantsBook = false
    wantsPositions = false
    await Promise.all(reads)
    judgeDoubts()
    for (const [key, until] of due) {
      const runner = lanes.get(key)
      if (runner && until <= clock.now()) run(key, runner)
    }
    return restUntilNext()
  }

  /** What is held is compared with what the broker shows, also while nothing happens. */
  function isTimeForPositions(): boolean {
    if (positionsReadAt !== null && clock.now() - positionsReadAt < POSITIONS_EVERY_MS) return false
    return ledger.lanes().some(({ follower, held }) => follower === account && held !== 0n)
  }

  function restUntilNext(): number | null {
    const open = ledger.openAttempts(account).length > 0
    const book = open ? (streamIsUp ? BOOK_EVERY_WITH_STREAM_MS : BOOK_EVERY_MS) : null
    const next = [...due.values()].map((until) => Math.max(0, until - clock.now()))
    if (wantsPositions || wantsBook || wantedQuotes.size > 0) next.push(0)
    if (book !== null) next.push(book)
    return next.length === 0 ? null : Math.min(...next)
  }

  async function readBook(): Promise<boolean> {
    const askedAt = clock.now()
    const reading = await access.reader.orders()
    if (reading.kind === 'failed') {
      tell({ ...reading, kind: 'readFailed', account, what: 'orders' })
      return false
    }
    const hasUnreadable = reading.unreadable.length > 0
    for (const row of reading.unreadable)
      tell({ kind: 'alarm', account, text: `an order of its book cannot be read: ${row}` })
    const kept = readings.filter(({ askedAt: at }) => clock.now() - at < READINGS_KEPT_MS)
    readings = [...kept, { account, askedAt, reports: reading.value, hasUnreadable }]
    settle(reading.value)
    return true
  }

  function settle(reports: readonly OrderReport[]): void {
    const today = dayOf(clock.now())
    const known = new Map<AttemptId, OpenAttempt>()
    for (const each of ledger.attemptsOfDay(account, today)) known.set(each.attempt.id, each)
    for (const each of ledger.openAttempts(account)) known.set(each.attempt.id, each)
    noticeOthers(othersAmong([...known.values()], reports))
    for (const finding of reconcile([...known.values()], reports)) {
      if (finding.kind === 'strangeTag') {
        stopForTag(finding.tag)
        continue
      }
      const attempt = known.get(finding.attempt)?.attempt
      if (attempt) note(attempt, finding.event)
    }
  }

  /** What somebody else filled makes every earlier reading of that position worthless. */
  function noticeOthers(reports: readonly OrderReport[]): void {
    for (const { orderId, instrument, product, filled } of reports) {
      if (filled <= (filledByOthers.get(orderId) ?? NO_QUANTITY)) continue
      filledByOthers.set(orderId, filled)
      movedByOthers.set(positionKey(instrument, product), clock.now())
    }
  }

  function note(
    attempt: OpenAttempt['attempt'],
    event: Parameters<typeof ledger.recordEvent>[1],
  ): void {
    const transition = ledger.recordEvent(attempt.id, event, clock.now())
    if (transition.verdict === 'same') return
    if (event.kind === 'reported' && event.report.filled > 0n)
      lastFills.set(laneKey(attempt.intent.lane), clock.now())
    tell({ kind: 'attempt', attempt, transition })
    const { state } = transition
    // Read now, so that a quick exit need not wait for it.
    if (state.kind === 'done' && state.filled > 0n) desk.wantPositions()
    if (state.kind === 'done' && state.end === 'rejected' && closes(attempt.intent.role))
      lanes.get(laneKey(attempt.intent.lane))?.rejected()
    if (transition.verdict === 'turnedUp')
      tell({ kind: 'alarm', account, text: `an order turned up after all: ${attempt.tag}` })
    wake(attempt.intent.lane)
  }

  function stopForTag(tag: string): void {
    if (strangeTag === tag) return
    strangeTag = tag
    const text = `the book shows an order of another Lockstep (${tag}): nothing is sent until --take-over`
    tell({ kind: 'alarm', account, text })
  }

  /** What nobody heard of: proven absent, it may be sent again; else it stays unknown and is told. */
  function judgeDoubts(): void {
    const bookShowsTags = readings.some(({ reports }) => reports.some(({ tag }) => isTag(tag)))
    for (const attempt of ledger.openAttempts(account)) {
      if (attempt.state.kind !== 'unknown') continue
      const answer = judgeAbsence({
        attempt,
        readings,
        bookShowsTags,
        positionAgrees: positionAgrees(attempt),
        now: clock.now(),
      })
      if (answer.kind === 'proven') note(attempt.attempt, answer.event)
      if (answer.kind === 'unprovable' && answer.why !== 'seen')
        tellDoubt(attempt.attempt.id, answer.why)
    }
  }

  function tellDoubt(attempt: AttemptId, why: UnprovableBecause): void {
    if (doubts.get(attempt) === why) return
    doubts.set(attempt, why)
    tell({ kind: 'alarm', account, text: `nobody can say what became of order ${attempt}: ${why}` })
  }

  function positionAgrees({ attempt }: OpenAttempt): boolean | null {
    const { lane, role } = attempt.intent
    if (!closes(role)) return null
    const reading = positionOf(lane)
    if (reading === null || reading.kind !== 'shown' || reading.at <= attempt.at) {
      wantsPositions = true
      return null
    }
    const before = sizedAgainst.get(laneKey(lane)) ?? null
    return showsAllHeld(ledger.lanePosition(lane).held, before, reading.quantity)
  }

  async function readPositions(): Promise<void> {
    positionsReadAt = clock.now()
    const [positions, holdings] = await Promise.all([
      access.reader.positions(),
      access.reader.holdings(),
    ])
    for (const reading of [positions, holdings])
      if (reading.kind === 'failed')
        tell({ ...reading, kind: 'readFailed', account, what: 'positions' })
    if (positions.kind === 'read' && holdings.kind === 'read') {
      const quantities = new Map<PositionKey, Quantity>()
      const grow = (key: PositionKey, quantity: Quantity): void => {
        quantities.set(key, add(quantities.get(key) ?? NO_QUANTITY, quantity))
      }
      for (const each of positions.value)
        grow(positionKey(each.instrument, each.product), each.quantity)
      for (const each of holdings.value)
        grow(positionKey(each.instrument, 'DELIVERY'), each.quantity)
      shown = [...shown.slice(-1), { at: positions.at, quantities }]
      keepShown(quantities)
    }
    wakeAll()
  }

  function keepShown(quantities: ReadonlyMap<PositionKey, Quantity>): void {
    const positions = [...quantities].map(([key, quantity]): SeenPosition => {
      const [instrument, product] = key.split('|') as [InstrumentId, Product]
      return { instrument, product, quantity }
    })
    ledger.recordPositions(account, access.mode, positions, clock.now())
    for (const drift of ledger.drift()) tellDrift(drift)
  }

  /** Two readings agree that less is there than we hold: told once, never acted upon by itself. */
  function tellDrift({ lane, held, shown: there }: Drift): void {
    if (lane.follower !== account || lane.mode !== access.mode || there === null) return
    const reading = positionOf(lane)
    const isLess = sideOf(there) !== sideOf(held) || magnitude(there) < magnitude(held)
    if (!isLess || held === 0n || reading?.kind !== 'shown' || !reading.agreed) return
    const text = `${lane.instrument} ${lane.product}: ${formatDecimal(held)} should be there, the broker shows ${formatDecimal(there)}`
    if (driftsTold.get(laneKey(lane)) === text) return
    driftsTold.set(laneKey(lane), text)
    alarm(`${text}; the next exit closes no more than that`)
  }

  /** The last fill in this position that we know of, ours or anybody's. */
  function movedAt(lane: Lane): Instant | null {
    const own = lastFills.get(laneKey(lane)) ?? null
    const others = movedByOthers.get(positionKey(lane.instrument, lane.product)) ?? null
    return own === null || (others !== null && others > own) ? others : own
  }

  function positionOf(lane: Lane): PositionReading | null {
    const last = shown.at(-1)
    if (last === undefined) return null
    const key = positionKey(lane.instrument, lane.product)
    const quantity = last.quantities.get(key) ?? NO_QUANTITY
    const before = shown.length > 1 ? shown[0] : undefined
    const filledAt = movedAt(lane)
    const agreed =
      before !== undefined &&
      (filledAt === null || before.at > filledAt) &&
      (before.quantities.get(key) ?? NO_QUANTITY) === quantity
    return { kind: 'shown', quantity, agreed, at: last.at }
  }

  async function readQuotes(): Promise<void> {
    const wanted = wantedQuotes
    wantedQuotes = new Map()
    const reading = await access.reader.quotes([...wanted.values()])
    if (reading.kind === 'failed') tell({ ...reading, kind: 'readFailed', account, what: 'quotes' })
    else for (const [id, quote] of reading.value) quotes.set(id, { at: clock.now(), quote })
    for (const lane of lanesWithWork()) if (wanted.has(lane.instrument)) wake(lane)
  }

  // --- the state of the follower

  function stateNow(): Omit<FollowerNow, 'position'> {
    const steering = ledger.steering()
    const today = ledger.followerDay(account, dayOf(clock.now()))
    const last = new Map<InstrumentId, Price>()
    for (const [id, { quote }] of quotes) last.set(id, quote.last)
    return {
      isEnabled: access.settings.enabled,
      accountStopped: access.stopped(),
      isPaused: steering.everybodyPaused || steering.paused.has(account),
      rejectionsInARow: today.rejectionsInARow,
      ordersToday: today.orders,
      profitToday: profitAndLoss(today.fills, last, carriedInto(today.fills)),
    }
  }

  /** What the lanes held when the day began: what they hold now, less the fills of the day. */
  function carriedInto(fills: FollowerDay['fills']): Map<LaneKey, Quantity> {
    const carried = new Map<LaneKey, Quantity>()
    for (const { lane, side, quantity } of fills) {
      const key = laneKey(lane)
      const held = carried.get(key) ?? ledger.lanePosition(lane).held
      carried.set(key, subtract(held, signed(side, quantity)))
    }
    return carried
  }

  function viewOf(instrument: InstrumentId, product: Product): FollowerView {
    const lane: Lane = { follower: account, mode: access.mode, instrument, product }
    const position = ledger.lanePosition(lane)
    return {
      settings: access.settings,
      lane,
      position,
      entries: ledger.liveEntries(lane),
      lot: position.lot ?? (ONE as Quantity),
      capital: access.capital(),
      state: stateNow(),
    }
  }

  return {
    access,
    recover,
    turn,
    viewOf,
    lanes: lanesWithWork,
    isReadyFor: ({ lane, intents }) => runnerOf(lane).isReadyFor(intents),
    sendRecorded: (attempt) => runnerOf(attempt.intent.lane).sendRecorded(attempt),
    wake,
    wakeAll,
    hear(event) {
      if (event.kind === 'connected') streamIsUp = true
      if (event.kind === 'disconnected') streamIsUp = false
      if (event.kind === 'order') settle([event.report])
      else desk.expectNews()
    },
    async settled() {
      while (work.size > 0) await Promise.all(work)
    },
  }
}
