// The session's log: everything the engine tells, one JSON object a line, in the order in which it came,
// each with its time and the run's mode. Amounts are exact texts, never JSON numbers. Every field is named
// here one by one: nothing is copied whole, so nothing that is added elsewhere gets here by itself.
import { type DestinationStream, type Logger, pino } from 'pino'
import { assertNever } from '../domain/assert.ts'
import type { AttemptState } from '../domain/attempt.ts'
import type { Decision } from '../domain/decision.ts'
import type { AccountName } from '../domain/ids.ts'
import type { RecordedIntent } from '../domain/intent.ts'
import type { Lane, Mode } from '../domain/lane.ts'
import { formatDecimal } from '../domain/numbers.ts'
import type { Pricing } from '../domain/order.ts'
import { describeReason, type Reason } from '../domain/reason.ts'
import type { RecordedSignal } from '../domain/signal.ts'
import type { Command } from '../domain/steering.ts'
import { formatInstant, type Instant } from '../domain/time.ts'
import type { EngineEvent, RecordedAttempt } from '../ports.ts'
import { cleanText } from './free-text.ts'
import { createLogFile, type LogFile } from './log-file.ts'

export interface SessionLog {
  tell(event: EngineEvent, at: Instant): void
  /** A fact of the command itself: `session.started`, `session.ended`, a line that was said. */
  note(event: string, fields: Fields, at: Instant): void
  close(): Promise<void>
}

export type Field =
  | string
  | number
  | boolean
  | null
  | readonly Field[]
  | { readonly [name: string]: Field }
export type Fields = Readonly<Record<string, Field>>

type Level = 'info' | 'warn' | 'error'

interface Entry {
  readonly event: string
  readonly level: Level
  readonly fields: Fields
}

export function createSessionLog(options: {
  readonly path: string
  readonly session: string
  readonly mode: Mode
  readonly onTrouble: (why: string) => void
  readonly file?: LogFile
}): SessionLog {
  const { path, session, mode, onTrouble } = options
  const lostLine = (count: number): string =>
    `${JSON.stringify({ level: 'error', session, mode, event: 'log.linesLost', count })}\n`
  const file = options.file ?? createLogFile({ path, onTrouble, lostLine })
  let time: Instant = 0 as Instant
  const logger = createLogger({ session, mode }, () => time, file)
  const pausedTold = new Set<AccountName>()

  function write({ event, level, fields }: Entry, at: Instant): void {
    time = at
    logger[level]({ event, ...fields })
  }

  return {
    tell(event, at) {
      for (const entry of entriesOf(event)) write(entry, at)
      const paused = pauseIn(event, pausedTold)
      if (paused !== null) write(paused, at)
    },
    note: (event, fields, at) => write({ event, level: 'info', fields }, at),
    close: () => file.close(),
  }
}

function createLogger(base: Fields, now: () => Instant, file: DestinationStream): Logger {
  return pino(
    {
      base,
      timestamp: () => `,"time":"${formatInstant(now())}"`,
      formatters: { level: (level) => ({ level }) },
    },
    file,
  )
}

/** What the engine told, as it is written down. */
export function entriesOf(event: EngineEvent): readonly Entry[] {
  switch (event.kind) {
    case 'signal':
      return [info('signal', signalFields(event.signal))]
    case 'decision':
      return [info('decision', decisionFields(event.signal, event.decision))]
    case 'denied': {
      const fields = { ...intentFields(event.intent), reason: reasonFields(event.reason) }
      return [info('intent.denied', fields)]
    }
    case 'sent':
      return [info('intent.sent', attemptFields(event.attempt))]
    case 'attempt': {
      const { attempt, transition } = event
      const { name, level, fields } = describeState(transition.state)
      const strange = transition.verdict === 'turnedUp' || transition.verdict === 'impossible'
      return [
        {
          event: `intent.${name}`,
          level: strange ? 'error' : level,
          fields: { ...attemptFields(attempt), verdict: transition.verdict, ...fields },
        },
      ]
    }
    case 'asked': {
      const { attempt, what, outcome } = event
      return [info(`intent.${what}Asked`, { ...attemptFields(attempt), outcome })]
    }
    case 'owed': {
      const { lane, quantity, why } = event
      const fields = { ...laneFields(lane), quantity: formatDecimal(quantity), why: cleanText(why) }
      return [{ event: 'exit.owed', level: 'error', fields }]
    }
    case 'heldLowered': {
      const { lane, by, shown } = event
      const amounts = { by: formatDecimal(by), shown: formatDecimal(shown) }
      return [{ event: 'held.lowered', level: 'warn', fields: { ...laneFields(lane), ...amounts } }]
    }
    case 'readFailed': {
      const { account, what, why, evidence } = event
      const fields = { account, what, why, evidence: cleanText(evidence) }
      return [{ event: 'reading.failed', level: 'warn', fields }]
    }
    case 'readAgain': {
      const { account, what, failures, afterMs } = event
      return [info('reading.again', { account, what, failures, afterMs })]
    }
    case 'watching':
      return [info('master.watched', { account: event.account, holds: event.holds })]
    case 'streamUp': {
      const { account, afterMs } = event
      return [info('stream.up', { account, afterMs })]
    }
    case 'streamDown': {
      const { account, why, lasting } = event
      return [warn('stream.down', { account, why: cleanText(why), lasting })]
    }
    case 'asking': {
      const { signal, follower } = event
      return [info('question.asked', { signal: signal.id, follower })]
    }
    case 'steered':
      return [steeringEntry(event.command, event.by)]
    case 'alarm': {
      const fields = { account: event.account, text: cleanText(event.text) }
      return [{ event: 'alarm', level: 'error', fields }]
    }
    default:
      return assertNever(event)
  }
}

function steeringEntry(command: Command, by: string): Entry {
  switch (command.kind) {
    case 'pause':
      return warn('follower.paused', { follower: command.follower, by })
    case 'resume':
      return info('follower.resumed', { follower: command.follower, by })
    case 'flatten':
      return warn('follower.flattened', { follower: command.follower, by })
    case 'halt':
      return warn('engine.halted', { by })
    case 'approve':
      return info('signal.approved', { signal: command.signal, followers: command.followers, by })
    case 'reject':
      return info('signal.declined', { signal: command.signal, by })
    case 'dismiss':
      return warn('exit.dismissed', { ...laneFields(command.lane), by })
    case 'adopt': {
      const quantity = formatDecimal(command.quantity)
      return warn('position.adopted', { ...laneFields(command.lane), quantity, by })
    }
    case 'resolve':
      return warn('order.resolved', { tag: command.tag, order: command.order, by })
    default:
      return assertNever(command)
  }
}

/** A follower whose entries are refused because it is paused: told once, until an entry goes again. */
function pauseIn(event: EngineEvent, told: Set<AccountName>): Entry | null {
  if (event.kind !== 'decision' && event.kind !== 'denied') return null
  const { follower } = event.kind === 'decision' ? event.decision.lane : event.intent.lane
  if (event.kind === 'decision' && event.decision.kind === 'entry') told.delete(follower)
  const reason = reasonOf(event)
  const isPause = reason?.kind === 'paused' || reason?.kind === 'pausedAfterRejections'
  if (reason === null || !isPause || told.has(follower)) return null
  told.add(follower)
  return {
    event: 'follower.paused',
    level: 'warn',
    fields: { follower, reason: reasonFields(reason) },
  }
}

function reasonOf(event: Extract<EngineEvent, { kind: 'decision' | 'denied' }>): Reason | null {
  if (event.kind === 'denied') return event.reason
  return event.decision.kind === 'skip' ? event.decision.reason : null
}

const signalFields = (signal: RecordedSignal): Fields => ({
  signal: signal.id,
  effect: signal.effect,
  side: signal.side,
  quantity: formatDecimal(signal.quantity),
  exchange: signal.exchange,
  symbol: signal.symbol,
  product: signal.product,
  price: signal.price === null ? null : formatDecimal(signal.price, 2),
  orderId: signal.orderId,
  source: signal.source,
  masterBefore: formatDecimal(signal.masterBefore),
  masterAfter: formatDecimal(signal.masterAfter),
  obstacle: signal.obstacle,
  filledAt: formatInstant(signal.filledAt),
  seenAt: formatInstant(signal.seenAt),
})

function decisionFields(signal: RecordedSignal, decision: Decision): Fields {
  const any = { signal: signal.id, ...laneFields(decision.lane), decision: decision.kind }
  switch (decision.kind) {
    case 'skip':
      return { ...any, reason: reasonFields(decision.reason) }
    case 'entry':
      return {
        ...any,
        quantity: formatDecimal(decision.quantity),
        intents: decision.intents.map(({ tag, quantity, pricing }) => ({
          tag,
          quantity: formatDecimal(quantity),
          pricing: pricingFields(pricing),
        })),
      }
    case 'exit':
      return {
        ...any,
        copiedBefore: formatDecimal(decision.copiedBefore),
        copiedAfter: formatDecimal(decision.copiedAfter),
      }
    default:
      return assertNever(decision)
  }
}

export const reasonFields = (reason: Reason): Fields => ({
  kind: reason.kind,
  text: cleanText(describeReason(reason)),
})

export function pricingFields(pricing: Pricing): Fields {
  const { kind } = pricing
  return {
    kind,
    ...('price' in pricing ? { price: formatDecimal(pricing.price, 2) } : {}),
    ...('trigger' in pricing ? { trigger: formatDecimal(pricing.trigger, 2) } : {}),
  }
}

const laneFields = ({ follower, mode, instrument, product }: Lane): Fields => ({
  follower,
  followerMode: mode,
  instrument,
  product,
})

const intentFields = (intent: RecordedIntent): Fields => ({
  signal: intent.signalId,
  intent: intent.id,
  role: intent.role,
  side: intent.side,
  ...laneFields(intent.lane),
})

const attemptFields = (attempt: RecordedAttempt): Fields => ({
  ...intentFields(attempt.intent),
  attempt: attempt.id,
  tag: attempt.tag,
  quantity: formatDecimal(attempt.quantity),
  pricing: pricingFields(attempt.intent.pricing),
})

function describeState(state: AttemptState): {
  readonly name: string
  readonly level: Level
  readonly fields: Fields
} {
  switch (state.kind) {
    case 'sending':
      return { name: 'sending', level: 'info', fields: {} }
    case 'unknown':
    case 'lapsed':
      return { name: state.kind, level: 'warn', fields: { evidence: cleanText(state.evidence) } }
    case 'notSent': {
      const fields = { cause: state.cause, evidence: cleanText(state.evidence) }
      return { name: 'notSent', level: 'warn', fields }
    }
    case 'rejected': {
      const fields = { cause: state.cause, text: cleanText(state.text) }
      return { name: 'rejected', level: 'warn', fields }
    }
    case 'working':
      return {
        name: state.filled > 0n ? 'filling' : 'accepted',
        level: 'info',
        fields: fillFields(state),
      }
    case 'done':
      return {
        name: state.end,
        level: state.end === 'rejected' ? 'warn' : 'info',
        fields: { ...fillFields(state), text: cleanText(state.text) },
      }
    default:
      return assertNever(state)
  }
}

const fillFields = (state: Extract<AttemptState, { kind: 'working' | 'done' }>): Fields => ({
  orderId: state.orderId,
  filled: formatDecimal(state.filled),
  averagePrice: state.averagePrice === null ? null : formatDecimal(state.averagePrice, 2),
})

const info = (event: string, fields: Fields): Entry => ({ event, level: 'info', fields })
const warn = (event: string, fields: Fields): Entry => ({ event, level: 'warn', fields })
