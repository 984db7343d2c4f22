// A small day on a real ledger: signals, decisions and answers as an engine would record them, each told to
// whoever listens as the engine would tell it.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AttemptEvent } from '../../src/domain/attempt.ts'
import type { Decision } from '../../src/domain/decision.ts'
import type { AccountName } from '../../src/domain/ids.ts'
import type { RecordedIntent } from '../../src/domain/intent.ts'
import type { Mode } from '../../src/domain/lane.ts'
import { parsePrice, units } from '../../src/domain/numbers.ts'
import type { OrderStatus, Side } from '../../src/domain/order.ts'
import type { Reason } from '../../src/domain/reason.ts'
import type { RecordedSignal, Signal } from '../../src/domain/signal.ts'
import { after, type Instant } from '../../src/domain/time.ts'
import { openLedger } from '../../src/ledger/open.ts'
import type { Clock, EngineEvent, Ledger, RecordedAttempt } from '../../src/ports.ts'
import type { ToldFollower } from '../../src/report/console.ts'
import {
  AT,
  accepted,
  follower,
  LOT,
  laneOf,
  ownReport,
  reportOf,
  seededChance,
  signalOf,
  tagMaker,
} from '../ledger/scene.ts'

export interface Day {
  readonly ledger: Ledger
  readonly folder: string
  readonly clock: Clock
  readonly events: readonly EngineEvent[]
  pass(ms: number): void
  /** A signal of the master, with what each follower does about it. */
  signal(
    name: string,
    decide: (signal: Signal) => readonly Decision[],
    change?: Partial<Signal>,
    asked?: readonly AccountName[],
  ): RecordedSignal
  tell(event: EngineEvent): void
  send(intent: RecordedIntent): RecordedAttempt
  hear(attempt: RecordedAttempt, event: AttemptEvent): void
  accept(attempt: RecordedAttempt): void
  /** The last of it: what is not filled was cancelled, or rejected after it was accepted. */
  fill(attempt: RecordedAttempt, filled: number, price: string, otherwise?: OrderStatus): void
  deny(intent: RecordedIntent, reason: Reason): void
  /** Closing orders of a follower, recorded as an engine does when their turn comes. */
  closing(
    number: number,
    signal: RecordedSignal | null,
    side: Side,
    quantity: number,
    role?: 'exit' | 'flatten',
  ): RecordedIntent
  nextTag(): ReturnType<ReturnType<typeof tagMaker>>
  close(): void
}

export const told = (number: number, label: string | null = null, mode: Mode = 'live') =>
  ({ name: follower(number), label, mode, sizing: { mode: 'mirror' } }) satisfies ToldFollower

export function createDay(listen: (event: EngineEvent) => void = () => undefined): Day {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-report-'))
  let now: Instant = AT
  const clock: Clock = { now: () => now, monotonicMs: () => now, sleep: () => Promise.resolve() }
  const chance = seededChance(7)
  const path = join(folder, 'lockstep.db')
  const ledger = openLedger({ path, mode: 'live', clock, chance, command: 'test', reserveBytes: 0 })
  const nextTag = tagMaker(ledger.engine, chance)
  const events: EngineEvent[] = []

  function tell(event: EngineEvent): void {
    events.push(event)
    listen(event)
  }

  function hear(attempt: RecordedAttempt, event: AttemptEvent): void {
    const transition = ledger.recordEvent(attempt.id, event, now)
    if (transition.verdict !== 'same') tell({ kind: 'attempt', attempt, transition })
  }

  return {
    ledger,
    folder,
    clock,
    events,
    tell,
    nextTag,
    hear,
    pass(ms) {
      now = after(now, ms)
    },
    signal(name, decide, change = {}, asked = []) {
      const side = change.side ?? 'BUY'
      const [order] = ledger.seeMasterOrders([reportOf(name, { side })], now)
      if (!order) throw new Error('an order was seen')
      const signal = signalOf(order, { seenAt: now, ...change })
      const [plan] = ledger.record([{ signal, decisions: decide(signal), asked }], now)
      if (!plan) throw new Error('a plan was recorded')
      tell({ kind: 'signal', signal: plan.signal })
      for (const each of asked) tell({ kind: 'asking', signal: plan.signal, follower: each })
      for (const decision of plan.decisions)
        tell({ kind: 'decision', signal: plan.signal, decision })
      return plan.signal
    },
    send(intent) {
      const [attempt] = ledger.recordAttempts(
        [{ intent, tag: intent.tag, quantity: intent.quantity, others: null }],
        now,
      )
      if (!attempt) throw new Error('an attempt was recorded')
      tell({ kind: 'sent', attempt })
      return attempt
    },
    accept: (attempt) => hear(attempt, accepted(attempt.tag)),
    fill(attempt, filled, price, otherwise = 'cancelled') {
      const report = ownReport(attempt.tag, {
        account: attempt.intent.lane.follower,
        side: attempt.intent.side,
        quantity: attempt.quantity,
        filled: units(filled),
        averagePrice: parsePrice(price),
        status: units(filled) === attempt.quantity ? 'complete' : otherwise,
      })
      hear(attempt, { kind: 'reported', report })
    },
    deny(intent, reason) {
      ledger.recordDenial(intent.id, reason, now)
      tell({ kind: 'denied', intent, reason })
    },
    closing(number, signal, side, quantity, role = signal === null ? 'flatten' : 'exit') {
      const [intent] = ledger.recordClosing(
        [
          {
            lane: laneOf(number),
            role,
            signal: signal?.key ?? null,
            side,
            quantity: units(quantity),
            lot: LOT,
            pricing: { kind: 'market' },
            slice: 1,
            slices: 1,
            tag: nextTag(),
          },
        ],
        now,
      )
      if (!intent) throw new Error('an intent was recorded')
      return intent
    },
    close() {
      ledger.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Of every entry that was decided, in order. */
export const intentsIn = (events: readonly EngineEvent[]): readonly RecordedIntent[] =>
  events.flatMap((event) =>
    event.kind === 'decision' && event.decision.kind === 'entry'
      ? (event.decision.intents as readonly RecordedIntent[])
      : [],
  )
