// States and events of attempts as rows, both ways.
import { assert, assertNever } from '../domain/assert.ts'
import type { AttemptEvent, AttemptState } from '../domain/attempt.ts'
import type { Outcome } from '../domain/outcome.ts'
import { amount, amountOrNull, type Row, reportOf } from './columns.ts'

const NOTHING_KNOWN = {
  cause: null as string | null,
  text: null as string | null,
  evidence: null as string | null,
  orderId: null as string | null,
  uniqueOrderId: null as string | null,
  filled: 0n,
  averagePrice: null as bigint | null,
  ending: null as string | null,
}

export function stateColumns(state: AttemptState): typeof NOTHING_KNOWN & { kind: string } {
  const columns = { ...NOTHING_KNOWN, kind: state.kind }
  switch (state.kind) {
    case 'sending':
      return columns
    case 'unknown':
      return { ...columns, cause: state.likely, evidence: state.evidence }
    case 'notSent':
      return { ...columns, cause: state.cause, evidence: state.evidence }
    case 'rejected':
      return { ...columns, cause: state.cause, text: state.text }
    case 'working':
      return { ...columns, ...atBroker(state) }
    case 'done':
      return { ...columns, ...atBroker(state), ending: state.end, text: state.text }
    case 'lapsed':
      return { ...columns, evidence: state.evidence }
    default:
      return assertNever(state)
  }
}

const atBroker = (state: Extract<AttemptState, { kind: 'working' | 'done' }>) => ({
  orderId: state.orderId,
  uniqueOrderId: state.uniqueOrderId,
  filled: amount(state.filled),
  averagePrice: amountOrNull(state.averagePrice),
})

export function stateOf(row: Row): AttemptState {
  const order = {
    orderId: row.order_id,
    uniqueOrderId: row.unique_order_id,
    filled: row.filled,
    averagePrice: row.average_price,
  }
  const kind = row.kind as AttemptState['kind']
  switch (kind) {
    case 'sending':
      return { kind }
    case 'unknown':
      return { kind, likely: row.cause, evidence: row.evidence } as AttemptState
    case 'notSent':
      return { kind, cause: row.cause, evidence: row.evidence } as AttemptState
    case 'rejected':
      return { kind, cause: row.cause, text: row.text } as AttemptState
    case 'working':
      return { kind, ...order } as AttemptState
    case 'done':
      return { kind, end: row.ending, text: row.text, ...order } as AttemptState
    case 'lapsed':
      return { kind, evidence: row.evidence } as AttemptState
    default:
      return assertNever(kind)
  }
}

const NO_ANSWER = {
  outcome: null as string | null,
  cause: null as string | null,
  text: null as string | null,
  orderId: null as string | null,
  uniqueOrderId: null as string | null,
  evidence: null as string | null,
}

export function eventColumns(event: AttemptEvent): typeof NO_ANSWER {
  switch (event.kind) {
    case 'answered':
      return { ...NO_ANSWER, ...outcomeColumns(event.outcome), evidence: event.outcome.evidence }
    case 'reported':
      return NO_ANSWER
    case 'absenceProven':
    case 'dayEnded':
      return { ...NO_ANSWER, evidence: event.evidence }
    default:
      return assertNever(event)
  }
}

function outcomeColumns(outcome: Outcome): Partial<typeof NO_ANSWER> {
  switch (outcome.kind) {
    case 'accepted':
      return {
        outcome: outcome.kind,
        orderId: outcome.orderId,
        uniqueOrderId: outcome.uniqueOrderId,
      }
    case 'rejected':
      return { outcome: outcome.kind, cause: outcome.cause, text: outcome.text }
    case 'unknown':
      return { outcome: outcome.kind, cause: outcome.likely }
    case 'notSent':
      return { outcome: outcome.kind, cause: outcome.cause }
    default:
      return assertNever(outcome)
  }
}

/** `report` is the row that the event refers to, where it does. */
export function eventOf(row: Row, report: Row | undefined): AttemptEvent {
  const kind = row.event as AttemptEvent['kind']
  switch (kind) {
    case 'answered':
      return { kind, outcome: outcomeOf(row) }
    case 'reported':
      assert(report, `event ${row.number} has lost its report`)
      return { kind, report: reportOf(report) }
    case 'absenceProven':
    case 'dayEnded':
      return { kind, evidence: String(row.evidence) }
    default:
      return assertNever(kind)
  }
}

function outcomeOf(row: Row): Outcome {
  const kind = row.outcome as Outcome['kind']
  const evidence = row.evidence
  switch (kind) {
    case 'accepted':
      return {
        kind,
        orderId: row.order_id,
        uniqueOrderId: row.unique_order_id,
        evidence,
      } as Outcome
    case 'rejected':
      return { kind, cause: row.cause, text: row.text, evidence } as Outcome
    case 'unknown':
      return { kind, likely: row.cause, evidence } as Outcome
    case 'notSent':
      return { kind, cause: row.cause, evidence } as Outcome
    default:
      return assertNever(kind)
  }
}
