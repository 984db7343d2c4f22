// Where the time of one order went, from the master's fill to its own: each step counts from the one before
// it, by the times that the ledger and the session keep. Pure.
import type { AttemptPart, DecisionPart, IntentPart, OrderPart } from './record.ts'

export const STEPS = ['seen', 'decided', 'recorded', 'sent', 'answered', 'filled', 'inAll'] as const
/**
 * Each counts from the one before it, the first from the master's fill; `recorded` holds what an order waited
 * for its turn in the lane and for the broker's limits; `inAll` from the master's fill to ours.
 */
export type Step = (typeof STEPS)[number]

/** null: not come to that, or its moment is not known. */
export type StepTimes = Readonly<Record<Step, number | null>>

export interface Waterfall {
  readonly signal: number
  readonly follower: string
  readonly side: string
  readonly quantity: string
  readonly symbol: string
  readonly stepsMs: StepTimes
}

/** Of the first attempt: what was sent again took its time for another reason. */
export function stepsOf(
  order: OrderPart,
  decision: DecisionPart,
  attempt: AttemptPart | undefined,
): StepTimes | null {
  if (attempt === undefined) return null
  const { recordedAt, sentAt, answeredAt, filledAt } = attempt
  return {
    seen: between(order.filledAt, order.seenAt),
    decided: between(order.seenAt, decision.decidedAt),
    recorded: between(decision.decidedAt, recordedAt),
    sent: between(recordedAt, sentAt),
    answered: between(sentAt, answeredAt),
    filled: between(answeredAt, filledAt),
    inAll: between(order.filledAt, filledAt),
  }
}

/** Orders that answer the signal. A flatten answers the trader: since the signal it took no time at all. */
export const answersOf = ({ intents }: DecisionPart): readonly IntentPart[] =>
  intents.filter(({ role }) => role !== 'flatten')

/** Every order of those signals, the slowest first. */
export function waterfallsOf(orders: readonly OrderPart[]): readonly Waterfall[] {
  return orders
    .flatMap((order) => order.decisions.flatMap((decision) => ordersOf(order, decision)))
    .toSorted((a, b) => (b.stepsMs.inAll ?? 0) - (a.stepsMs.inAll ?? 0))
}

const ordersOf = (order: OrderPart, decision: DecisionPart): readonly Waterfall[] =>
  answersOf(decision).flatMap((intent) => {
    const stepsMs = stepsOf(order, decision, intent.attempts[0])
    if (stepsMs === null) return []
    const { side, quantity } = intent
    const { signal, symbol } = order
    return [{ signal, follower: decision.follower, side, quantity, symbol, stepsMs }]
  })

function between(from: string | null, to: string | null): number | null {
  if (from === null || to === null) return null
  return Math.max(0, Date.parse(to) - Date.parse(from))
}

const LETTERS = { seen: 's', decided: 'd', recorded: 'r', sent: 't', answered: 'a', filled: 'f' }

export const BAR_LEGEND = 's until seen, d decided, r recorded, t sent, a answered, f filled'

/** A letter for each share of the whole that a step took, and one at least for each that took any time. */
export function barOf(steps: StepTimes, width: number): string {
  const taken = (Object.keys(LETTERS) as (keyof typeof LETTERS)[])
    .map((step) => ({ letter: LETTERS[step], ms: steps[step] ?? 0 }))
    .filter(({ ms }) => ms > 0)
  const whole = taken.reduce((sum, { ms }) => sum + ms, 0)
  const lengths = taken.map(({ ms }) => Math.max(1, Math.round((ms / whole) * width)))
  // What rounding gave too much is taken from the longest.
  const tooMuch = lengths.reduce((sum, length) => sum + length, 0) - width
  const longest = lengths.indexOf(Math.max(...lengths))
  return taken
    .map(({ letter }, index) => {
      const length = lengths[index] ?? 0
      return letter.repeat(index === longest ? length - tooMuch : length)
    })
    .join('')
}
