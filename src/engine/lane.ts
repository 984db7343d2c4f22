// Runs one lane: gathers what is, asks `nextSteps` what is due, and does it. Everything that is sent is
// written down in the same breath, before the first byte leaves; whatever comes of it wakes the lane again.
// Turns are synchronous, so no two of them can decide on the same thing.
import { wordFor } from '../decide/closing-role.ts'
import { type FollowerNow, type Market, marketAt } from '../decide/guard.ts'
import {
  isUnsent,
  type LaneAttempt,
  type LaneClosing,
  type LaneEntry,
  type LaneView,
  nextSteps,
  type Step,
} from '../decide/lane-turn.ts'
import { type Purpose, pace } from '../decide/pace.ts'
import { REPRICE_AFTER_MS, type Repricing } from '../decide/price.ts'
import { judgeEntry, type Sendable } from '../decide/send.ts'
import { slice } from '../decide/slice.ts'
import { assert, assertNever } from '../domain/assert.ts'
import { marketState } from '../domain/calendar.ts'
import { isDiskFull } from '../domain/disk-full.ts'
import { freezeOf } from '../domain/freeze.ts'
import type { AttemptId, IntentId } from '../domain/ids.ts'
import type { Instrument } from '../domain/instrument.ts'
import { closes, type Intent, type RecordedIntent } from '../domain/intent.ts'
import { excessOf, type Lane, laneKey } from '../domain/lane.ts'
import {
  formatDecimal,
  larger,
  NO_QUANTITY,
  ONE,
  type Quantity,
  smaller,
  subtract,
} from '../domain/numbers.ts'
import { type Pricing, type Side, sideOf } from '../domain/order.ts'
import type { ExitAwaits, OwedBecause } from '../domain/owed.ts'
import { makeTag, TAG_CHANCE, type Tag } from '../domain/tag.ts'
import { after, atTimeOfDay, dayOf, HOUR, type Instant, SECOND } from '../domain/time.ts'
import type { LiveOrder, OpenAttempt, RecordedAttempt, Send } from '../ports.ts'
import type { Context, FollowerAccess } from './context.ts'
import { createExitPrice } from './exit-price.ts'
import type { Quotes } from './quotes.ts'
import type { Shown } from './shown.ts'
import type { Writes } from './writes.ts'

/** What a lane asks of its follower: readings that all its lanes share. */
export interface FollowerDesk {
  readonly access: FollowerAccess
  readonly shown: Shown
  readonly quotes: Quotes
  readonly writes: Writes
  /** Whether anything may be sent: recovered, not stopped, not halted. */
  mayAct(): boolean
  /** Why not; null: nothing is in the way but an end of the run. */
  hindrance(): ExitAwaits | null
  state(): Omit<FollowerNow, 'position'>
  /** What an order asks for by now. */
  quantityOf(attempt: RecordedAttempt): Quantity
  /** Keeps a send or a request alive until it is answered, also through a shutdown. */
  track(work: Promise<void>): void
  /** Something was sent: its news is worth reading for. */
  expectNews(): void
  /** Something is wanted: the follower's next turn comes at once. */
  onNews(): void
}

export interface LaneRunner {
  readonly lane: Lane
  /** Does what is due; gives the moment at which something may be due by itself, or null. */
  turn(): Instant | null
  /** A closing order was rejected after it had been accepted. */
  rejected(): void
  /** What is due has waited too long: says what for, unless the lane has told why it is owed. */
  tellWaiting(quantity: Quantity): void
  /** Whether these orders, just decided, would leave at once: nothing before them, nothing to wait for. */
  isReadyFor(intents: readonly Intent[]): boolean
  /** Sends what was recorded as an attempt together with its decision. */
  sendRecorded(attempt: RecordedAttempt): void
}

export function createLane(
  context: Context,
  desk: FollowerDesk,
  lane: Lane,
  wake: () => void,
): LaneRunner {
  const { clock, ledger, tell } = context
  const { access } = desk
  const prices = createExitPrice(context, access, desk.quotes, lane)
  const askedAt = new Map<AttemptId, Instant>()
  const asks = new Map<AttemptId, LaneAttempt['asks']>()
  const reprices = new Map<IntentId, number>()
  let isTurning = false
  let isWanted = false
  let owedTold = ''
  /** What the last turn left a due exit waiting for; null: it found nothing in the way. */
  let awaits: ExitAwaits | null = null
  /** Since when an exit waits for a reading of its position or a price. */
  let readingSince: Instant | null = null
  let rejections = 0
  let closeNotBefore: Instant | null = null

  /** What a step wakes the lane for is done after the others, which were decided on the same view. */
  function turn(): Instant | null {
    isWanted = true
    if (isTurning) return null
    isTurning = true
    try {
      let next: Instant | null = null
      while (isWanted) {
        isWanted = false
        next = turnOnce()
      }
      return next
    } finally {
      isTurning = false
    }
  }

  function turnOnce(): Instant | null {
    awaits = desk.hindrance()
    if (!desk.mayAct()) return denyWhileStopped()
    const orders = ledger.liveOrders(lane)
    const view = gather(orders)
    if (excessOf(view.position, view.lot) === 0n) beEven()
    let next: Instant | null = null
    const steps = nextSteps(view)
    for (const step of steps) {
      const until = act(step, orders)
      if (until !== null && (next === null || until < next)) next = until
    }
    // What stood behind a denied order is due now, and nothing else would wake it.
    if (steps.some(({ kind }) => kind === 'deny')) isWanted = true
    // What stands behind something else grows too old without anything happening.
    return next === null && view.entries.some(isUnsent) ? after(view.now, LOOKS_EVERY_MS) : next
  }

  /** Its account works again when somebody acts, which may be never: what has grown too old has its answer. */
  function denyWhileStopped(): Instant | null {
    const { accountStopped } = desk.state()
    if (accountStopped === null) return null
    let next: Instant | null = null
    for (const intent of ledger.unsentIntents(access.settings.name)) {
      if (intent.role !== 'entry' || laneKey(intent.lane) !== laneKey(lane)) continue
      const signal = intent.signalId === null ? null : ledger.signal(intent.signalId)
      const until = after(signal?.filledAt ?? clock.now(), access.settings.maxAgeMs)
      if (until < clock.now()) deny(intent, { kind: 'accountStopped', why: accountStopped })
      else if (next === null || until < next) next = after(until, 1)
    }
    return next
  }

  function beEven(): void {
    owedTold = ''
    readingSince = null
    rejections = 0
    closeNotBefore = null
  }

  function gather(orders: readonly LiveOrder[]): LaneView {
    const position = ledger.lanePosition(lane)
    const lot = position.lot ?? (ONE as Quantity)
    return {
      position,
      lot,
      tradedLot: instrumentOf()?.lotSize ?? lot,
      entries: orders.filter((order) => !closes(order.intent.role)).map(entryOf),
      closings: orders.filter((order) => closes(order.intent.role)).map(closingOf),
      reading: desk.shown.of(lane),
      movedAt: desk.shown.movedAt(lane),
      closeNotBefore,
      entryTtlMs: access.settings.entryTtlMs,
      // The calendar is asked only where something is to be closed.
      get opensAt() {
        return opensAt()
      },
      now: clock.now(),
      judge: (entry) => judge(entry, orders),
    }
  }

  /** Gives the moment until which it has to wait, or null when it is done or on its way. */
  function act(step: Step, orders: readonly LiveOrder[]): Instant | null {
    switch (step.kind) {
      case 'wait':
        awaits ??= 'answers'
        return step.until
      case 'readPosition':
        return wantReadings('position')
      case 'lowerHeld':
        lowerHeld(step.missing, step.shown)
        return null
      case 'owe':
        owe(step.quantity, step.why)
        return null
      case 'deny':
        deny(orderOf(orders, step.intent).intent, step.reason)
        return null
      case 'send':
      case 'resend':
        return send(orderOf(orders, step.intent), step.quantity)
      case 'close':
        return close(step.side, step.quantity)
      case 'cancel':
        return ask(attemptOf(orders, step.attempt), 'cancel', null)
      case 'cut':
        return ask(attemptOf(orders, step.attempt), 'cut', step.to)
      case 'reprice':
        return reprice(attemptOf(orders, step.attempt), step.done)
      default:
        return assertNever(step)
    }
  }

  // --- sending

  function send(order: LiveOrder, quantity: Quantity): Instant | null {
    const { intent, attempts } = order
    const instrument = instrumentOf()
    if (instrument === null) return unlisted()
    const blocked = mustWait(closes(intent.role) ? 'closing' : 'entry')
    if (blocked !== null) return blocked
    const tag = attempts.length === 0 ? intent.tag : nextTag()
    const others = closes(intent.role) ? othersThere(isAlone(order)) : null
    const attempt = recordAttempt({ intent, tag, quantity, others })
    if (attempt !== null) desk.track(place(attempt, instrument))
    return null
  }

  /**
   * What is shown there beyond what we hold. Beside another closing order that was sent before, less may be
   * shown only because that one has filled and not been reported: it is not taken for a sale by hand.
   */
  function othersThere(isAlone: boolean): Quantity | null {
    const reading = desk.shown.of(lane)
    if (reading?.kind !== 'shown') return null
    const { held } = ledger.lanePosition(lane)
    const others = subtract(reading.quantity, held)
    if (isAlone) return others
    return held > 0n ? larger(others, NO_QUANTITY) : smaller(others, NO_QUANTITY)
  }

  const isAlone = ({ intent }: LiveOrder): boolean =>
    ledger
      .liveClosings(lane)
      .every(({ intent: { id }, attempts }) => id === intent.id || attempts.length === 0)

  /** null: the disk is full, and an entry is not worth the reserve. */
  function recordAttempt(asked: Send): RecordedAttempt | null {
    try {
      const [attempt] = ledger.recordAttempts([asked], clock.now())
      assert(attempt, 'what was recorded comes back')
      return attempt
    } catch (error) {
      if (!isDiskFull(error) || closes(asked.intent.role)) throw error
      deny(asked.intent, { kind: 'ledgerFull' })
      return null
    }
  }

  function isReadyFor(intents: readonly Intent[]): boolean {
    const [first] = intents
    if (first === undefined || !desk.mayAct() || !ledger.isIdle(lane)) return false
    const position = ledger.lanePosition(lane)
    const { held } = position
    const isAgainst = held !== 0n && sideOf(held) !== first.side
    // An exit that waits for its price or its position has no order yet, and goes before all the same.
    const hasExit = excessOf(position, position.lot ?? (ONE as Quantity)) !== 0n
    return !isAgainst && !hasExit && mustWait('entry', intents.length) === null
  }

  function sendRecorded(attempt: RecordedAttempt): void {
    const instrument = instrumentOf()
    assert(instrument, `${lane.instrument} was there when it was planned`)
    desk.track(place(attempt, instrument))
  }

  async function place(attempt: RecordedAttempt, instrument: Instrument): Promise<void> {
    const counted = desk.writes.began()
    const isExit = closes(attempt.intent.role)
    const mayStillGo = (): boolean => desk.mayAct() && (isExit || !desk.state().isPaused)
    const placement = { attempt, instrument, mayStillGo }
    const answer = access.writer.place(placement).finally(counted)
    tell({ kind: 'sent', attempt })
    const outcome = await answer
    const transition = ledger.recordEvent(attempt.id, { kind: 'answered', outcome }, clock.now())
    tell({ kind: 'attempt', attempt, transition })
    if (closes(attempt.intent.role) && outcome.kind === 'rejected') backOff()
    desk.expectNews()
    wake()
  }

  /** A rejected exit is tried again, ever more slowly: the broker's reason may pass. */
  function backOff(): void {
    rejections += 1
    closeNotBefore = after(clock.now(), Math.min(60_000, 2_000 * 2 ** (rejections - 1)))
  }

  function close(side: Side, quantity: Quantity): Instant | null {
    const instrument = instrumentOf()
    if (instrument === null) return unlisted()
    const priced = prices.of(instrument, side)
    if (priced === null) {
      if (desk.quotes.isMissing(instrument)) owe(quantity, 'priceUnknown')
      return wantReadings('price')
    }
    const blocked = mustWait('closing')
    if (blocked !== null) return blocked
    const since = atTimeOfDay(dayOf(clock.now()), 0)
    const { signal, role } = wordFor(ledger.closingCauses(lane, since), quantity)
    const quantities = slice(
      quantity,
      instrument.lotSize,
      freezeOf(instrument, context.settings.freeze),
    )
    const intents = quantities.map(
      (part, index): Intent => ({
        lane,
        role,
        signal,
        side,
        quantity: part,
        lot: instrument.lotSize,
        pricing: priced,
        slice: index + 1,
        slices: quantities.length,
        tag: nextTag(),
      }),
    )
    ledger.recordClosing(intents, clock.now())
    readingSince = null
    wake()
    return null
  }

  /**
   * The price is read beside the position, since it is wanted next. Where either is slow they are read side by
   * side each time: one after the other, each would be too old when the other one comes, for ever.
   */
  function wantReadings(first: 'position' | 'price'): null {
    awaits = first
    readingSince ??= clock.now()
    const isSlow = clock.now() - readingSince > SLOW_AFTER_MS
    const instrument = instrumentOf()
    const hasQuote = instrument !== null && desk.quotes.of(instrument) !== null
    if (instrument !== null && (isSlow || !hasQuote)) desk.quotes.want(instrument)
    if (isSlow || first === 'position') desk.shown.want()
    desk.onNews()
    return null
  }

  // --- changing what rests

  function ask(
    { attempt, state }: OpenAttempt,
    what: 'cancel' | 'cut' | 'reprice',
    to: Quantity | null,
    pricing: Pricing = attempt.intent.pricing,
  ): Instant | null {
    if (state.kind !== 'working') return null
    const instrument = instrumentOf()
    if (instrument === null) return null
    const asked = asks.get(attempt.id) ?? NO_ASKS
    // What came to nothing twice leaves the rest of the windows to exits.
    const isInVain = what !== 'reprice' && asked[what] > 1
    const blocked = mustWait(isInVain ? 'entry' : 'closing')
    if (blocked !== null) return blocked
    const { side, lane: own } = attempt.intent
    const now = clock.now()
    askedAt.set(attempt.id, now)
    if (what !== 'reprice') asks.set(attempt.id, { ...asked, [what]: asked[what] + 1 })
    const kind = what === 'cancel' ? 'cancel' : 'modify'
    ledger.recordWrite(access.settings.name, kind, attempt.id, now)
    const counted = desk.writes.began()
    const name = {
      orderId: state.orderId,
      variety: 'regular',
      pricing: attempt.intent.pricing,
    } as const
    const answer =
      what === 'cancel'
        ? access.writer.cancel(name)
        : access.writer.modify({
            ...name,
            quantity: to ?? attempt.quantity,
            to: pricing,
            instrument,
            side,
            product: own.product,
          })
    desk.track(
      answer.finally(counted).then((outcome) => {
        tell({ kind: 'asked', attempt, what, outcome: outcome.kind })
        desk.expectNews()
        wake()
      }),
    )
    return null
  }

  function reprice(open: OpenAttempt, done: number): Instant | null {
    const { attempt } = open
    const instrument = instrumentOf()
    if (instrument === null) return null
    const { pricing, side } = attempt.intent
    // A market order that rests was made something else by the broker: it can't be moved, and is told all the same.
    const answer: Repricing | null =
      pricing.kind === 'limit'
        ? prices.moved(instrument, side, pricing.price, done)
        : { kind: 'keep' }
    if (answer === null) {
      desk.quotes.want(instrument)
      desk.onNews()
      return null
    }
    if (answer.kind === 'reprice') {
      const blocked = ask(open, 'reprice', null, { kind: 'limit', price: answer.price })
      if (blocked !== null) return blocked
    } else askedAt.set(attempt.id, clock.now())
    reprices.set(attempt.intent.id, done + 1)
    // What is kept has no answer that would wake the lane for its next round.
    return answer.kind === 'reprice' ? null : after(clock.now(), REPRICE_AFTER_MS)
  }

  // --- what else is due

  function lowerHeld(missing: Quantity, shown: Quantity): void {
    const change = subtract(NO_QUANTITY, missing)
    const evidence = `the broker showed ${formatDecimal(shown)} twice`
    ledger.adjust({ lane, kind: 'reducedElsewhere', change, evidence }, clock.now())
    tell({ kind: 'heldLowered', lane, by: missing, shown })
    wake()
  }

  function unlisted(): null {
    awaits = 'listing'
    return null
  }

  function tellWaiting(quantity: Quantity): void {
    if (owedTold === '') owe(quantity, awaits ?? 'nothing')
  }

  function owe(quantity: Quantity, why: OwedBecause): void {
    const told = `${quantity}/${why}`
    if (told === owedTold) return
    owedTold = told
    tell({ kind: 'owed', lane, quantity, why })
  }

  function deny(intent: RecordedIntent, reason: Parameters<typeof ledger.recordDenial>[1]): void {
    ledger.recordDenial(intent.id, reason, clock.now())
    tell({ kind: 'denied', intent, reason })
  }

  // --- what it is decided by

  function judge(entry: LaneEntry, orders: readonly LiveOrder[]): Sendable {
    const { intent } = orderOf(orders, entry.intent)
    const instrument = instrumentOf()
    const signal = intent.signalId === null ? null : ledger.signal(intent.signalId)
    if (instrument === null || signal === null || signal.price === null)
      return {
        kind: 'denied',
        reason: { kind: 'unknownInstrument', symbol: String(lane.instrument) },
      }
    const { held } = ledger.lanePosition(lane)
    const { settings } = access
    return judgeEntry(
      {
        instrument,
        product: lane.product,
        side: intent.side,
        quantity: intent.quantity,
        orders: 1,
        pricing: intent.pricing,
        masterPrice: signal.price,
        filledAt: signal.filledAt,
        live: entry,
        held,
      },
      { ...desk.state(), position: sideOf(held) === intent.side ? held : NO_QUANTITY },
      { ...settings, hours: context.settings.hours },
      market(instrument, signal.filledAt),
    )
  }

  const market = (instrument: Instrument, filledAt: Instant): Market =>
    marketAt(clock.now(), context.calendar, desk.quotes.lastSince(instrument, filledAt))

  function mustWait(purpose: Purpose, cost = 1): Instant | null {
    const now = desk.writes.now()
    const history = desk.writes.history()
    // More slices than a window holds go one after the other.
    if (access.windows.some(({ mostForEntries }) => cost > mostForEntries)) return clock.now()
    const answer = pace({ history, windows: access.windows, now, purpose, cost })
    if (answer.kind === 'go') return null
    awaits ??= 'limits'
    return after(clock.now(), answer.until - now)
  }

  /** Where the calendar knows of no session to come, it is asked again in an hour. */
  function opensAt(): Instant | null {
    const instrument = instrumentOf()
    if (instrument === null || context.settings.hours === 'ignore') return null
    const now = clock.now()
    const market = marketState(instrument.exchange, now, context.calendar)
    return market.kind === 'closed' ? (market.nextOpen ?? after(now, HOUR)) : null
  }

  const instrumentOf = (): Instrument | null => context.instruments().byId(lane.instrument)
  const nextTag = (): Tag => makeTag(ledger.engine, context.chance.bytes(TAG_CHANCE))

  const attemptsOf = (order: LiveOrder): readonly LaneAttempt[] =>
    order.attempts.map(({ attempt, state }) => ({
      id: attempt.id,
      at: attempt.at,
      quantity: desk.quantityOf(attempt),
      state,
      askedAt: askedAt.get(attempt.id) ?? null,
      asks: asks.get(attempt.id) ?? NO_ASKS,
    }))
  const entryOf = (order: LiveOrder): LaneEntry => ({
    intent: order.intent.id,
    signal: order.intent.signal,
    quantity: order.intent.quantity,
    filled: order.filled,
    allowance: order.allowance,
    attempts: attemptsOf(order),
  })
  const closingOf = (order: LiveOrder): LaneClosing => ({
    intent: order.intent.id,
    signal: order.intent.signal,
    quantity: order.intent.quantity,
    filled: order.filled,
    attempts: attemptsOf(order),
    reprices: reprices.get(order.intent.id) ?? 0,
  })

  return { lane, turn, rejected: backOff, tellWaiting, isReadyFor, sendRecorded }
}

const LOOKS_EVERY_MS = 5 * SECOND
const NO_ASKS: LaneAttempt['asks'] = { cancel: 0, cut: 0 }
const SLOW_AFTER_MS = 2 * SECOND

function orderOf(orders: readonly LiveOrder[], id: IntentId): LiveOrder {
  const order = orders.find(({ intent }) => intent.id === id)
  assert(order, `step for intent ${id}, which is not alive`)
  return order
}

function attemptOf(orders: readonly LiveOrder[], id: AttemptId): OpenAttempt {
  const found = orders.flatMap(({ attempts }) => attempts).find(({ attempt }) => attempt.id === id)
  assert(found, `step for attempt ${id}, which is not alive`)
  return found
}
