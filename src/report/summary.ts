// What the session records of a day, or of any days, add up to: per follower what was placed, what failed
// or was skipped and why, the slippage, the latency of each step and the profit. Pure arithmetic on records;
// how it is shown stands in summary-text.ts.
//
// Records of several sessions are joined by signal: the newest that has it is right about it. Live, paper
// and demos are never added together.
import type { Mode } from '../domain/lane.ts'
import {
  divideRounded,
  formatDecimal,
  type Money,
  ONE,
  parsePrice,
  parseQuantity,
  subtract,
  worth,
} from '../domain/numbers.ts'
import type { Side } from '../domain/order.ts'
import { countOrders, hasFailed, isMissed, isSkipped } from './counts.ts'
import { type OwnFill, profitOf } from './profit.ts'
import type { Counts, DecisionPart, IntentPart, OrderPart, SessionRecord } from './record.ts'
import { describeHeld } from './session-record.ts'
import { answersOf, STEPS, type Step, stepsOf, type Waterfall, waterfallsOf } from './waterfall.ts'

export interface Latency {
  readonly count: number
  readonly p50Ms: number
  readonly p95Ms: number
}

export interface Tally {
  readonly why: string
  readonly count: number
  /** The numbers of the first of them. */
  readonly example: string
}

export interface FollowerReview {
  readonly name: string
  readonly label: string | null
  readonly counts: Counts
  readonly failures: readonly Tally[]
  readonly skips: readonly Tally[]
  readonly slippage: {
    readonly fills: number
    /** Per unit on average; above nothing is worse than the master. null where no tick is known. */
    readonly ticks: string | null
    /** All of it; above nothing is money lost against the master. */
    readonly rupees: string
  }
  readonly latency: Readonly<Record<Step, Latency | null>>
  readonly profit: string
  /** What it held at the end of the last record. */
  readonly held: readonly string[]
  readonly owed: readonly string[]
}

export interface Review {
  readonly mode: Mode
  readonly isDemo: boolean
  readonly sessions: readonly string[]
  readonly from: string
  /** null: the last session has not ended, or was killed. */
  readonly to: string | null
  readonly counts: Counts
  readonly followers: readonly FollowerReview[]
  /** Every order that went out, the slowest first. */
  readonly waterfalls: readonly Waterfall[]
}

/** A file that is no session record. */
export class NotARecord extends Error {
  constructor(why: string, options?: ErrorOptions) {
    super(`this is no session record: ${why}`, options)
    this.name = 'NotARecord'
  }
}

export function parseRecord(text: string): SessionRecord {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new NotARecord('it is not JSON', { cause: error })
  }
  const record = value as Partial<SessionRecord> | null
  if (typeof record?.session?.startedAt !== 'string' || !Array.isArray(record.session.followers))
    throw new NotARecord('it has no session')
  if (!Array.isArray(record.orders)) throw new NotARecord('it has no orders')
  const session = { ...record.session, isDemo: record.session.isDemo ?? false }
  return { ...record, session, flattened: record.flattened ?? [] } as SessionRecord
}

/** One review for each mode that there is, live first, demos last. */
export function summarize(records: readonly SessionRecord[]): readonly Review[] {
  const kinds = [
    ['live', false],
    ['paper', false],
    ['live', true],
    ['paper', true],
  ] as const
  return kinds.flatMap(([mode, isDemo]) => {
    const own = records
      .filter(({ session }) => session.mode === mode && session.isDemo === isDemo)
      .toSorted((a, b) => (a.session.startedAt < b.session.startedAt ? -1 : 1))
    return own.length === 0 ? [] : [review(mode, own)]
  })
}

/** Of one mode, oldest first. */
function review(mode: Mode, records: readonly SessionRecord[]): Review {
  const newest = new Map<number, OrderPart>()
  const flattened = new Map<number, IntentPart>()
  for (const record of records) {
    for (const order of record.orders) newest.set(order.signal, withTimes(order, newest))
    for (const intent of record.flattened) flattened.set(intent.intent, intent)
  }
  const orders = [...newest.values()]
  const first = records[0]
  const last = records.at(-1)
  if (first === undefined || last === undefined) throw new NotARecord('there is none')
  const names = new Map(
    records.flatMap(({ session }) => session.followers.map(({ name, label }) => [name, label])),
  )
  const owed = new Map(last.session.followers.map((each) => [each.name, each.owed.length]))
  const followers = [...names.keys()]
  const flattens = [...flattened.values()]
  const { followers: counts, ...all } = countOrders({
    orders,
    flattened: flattens,
    owed,
    followers,
  })
  return {
    mode,
    isDemo: first.session.isDemo,
    sessions: records.map(({ session }) => session.id),
    from: first.session.startedAt,
    to: last.session.endedAt,
    counts: all,
    waterfalls: waterfallsOf(orders),
    followers: Object.entries(counts).map(([name, count]) =>
      reviewFollower({
        name,
        label: names.get(name) ?? null,
        counts: count,
        orders,
        flattened: flattens.filter(({ follower }) => follower === name),
        first,
        last,
      }),
    ),
  }
}

/** The moments of sending are known to the session that sent: a later record has them no more. */
function withTimes(order: OrderPart, known: ReadonlyMap<number, OrderPart>): OrderPart {
  const before = known.get(order.signal)
  if (before === undefined) return order
  const sentAt = new Map(
    intentsOf(before).flatMap(({ attempts }) =>
      attempts.map((each) => [each.attempt, each.sentAt]),
    ),
  )
  return {
    ...order,
    decisions: order.decisions.map((decision) => ({
      ...decision,
      intents: decision.intents.map((intent) => ({
        ...intent,
        attempts: intent.attempts.map((attempt) => ({
          ...attempt,
          sentAt: attempt.sentAt ?? sentAt.get(attempt.attempt) ?? null,
        })),
      })),
    })),
  }
}

interface FollowerFacts {
  readonly name: string
  readonly label: string | null
  readonly counts: Counts
  readonly orders: readonly OrderPart[]
  readonly flattened: readonly IntentPart[]
  readonly first: SessionRecord
  readonly last: SessionRecord
}

function reviewFollower(facts: FollowerFacts): FollowerReview {
  const { name, label, counts, flattened } = facts
  const decided = facts.orders.flatMap((order) =>
    order.decisions
      .filter(({ follower }) => follower === name)
      .map((decision): Decided => ({ order, decision })),
  )
  const intents = [...decided.flatMap(({ decision }) => decision.intents), ...flattened]
  const now = facts.last.session.followers.find((each) => each.name === name)
  return {
    name,
    label,
    counts,
    failures: tally([
      ...intents.filter(hasFailed).map(whyFailed),
      ...decided.flatMap(({ decision }) =>
        isMissed(decision) && decision.reason !== null ? [whyOf(decision.reason)] : [],
      ),
    ]),
    skips: tally(
      decided.flatMap(({ decision }) => (isSkipped(decision) ? whySkipped(decision) : [])),
    ),
    slippage: slippageOf(decided),
    latency: latencyOf(decided),
    profit: formatDecimal(profitOfFollower(facts, intents), 2),
    held: (now?.held ?? []).map(describeHeld),
    owed: (now?.owed ?? []).map(describeHeld),
  }
}

interface Decided {
  readonly order: OrderPart
  readonly decision: DecisionPart
}

// --- why

interface Said {
  readonly why: string
  readonly example: string
}

const whyFailed = (intent: IntentPart): Said =>
  intent.denied === null
    ? { why: 'rejected', example: intent.text }
    : whyOf({ kind: intent.denied.kind, text: intent.denied.text })

const whySkipped = ({ reason, intents }: DecisionPart): readonly Said[] => {
  const denial = intents.find(({ denied }) => denied !== null)?.denied
  const said = reason ?? denial ?? null
  return said === null ? [] : [whyOf(said)]
}

const whyOf = ({ kind, text }: { readonly kind: string; readonly text: string }): Said => ({
  why: kind,
  example: text.startsWith(`${kind}: `) ? text.slice(kind.length + 2) : '',
})

/** Rejections are told apart by the broker's words, our own reasons by their kind; most frequent first. */
function tally(said: readonly Said[]): readonly Tally[] {
  const groups = Map.groupBy(said, ({ why, example }) =>
    why === 'rejected' ? `${why}/${example}` : why,
  )
  return [...groups.values()]
    .map((each) => ({ why: '', example: '', ...each[0], count: each.length }))
    .toSorted((a, b) => b.count - a.count)
}

// --- slippage

function slippageOf(decided: readonly Decided[]): FollowerReview['slippage'] {
  let fills = 0
  let rupees = 0n
  let ticks = 0n
  let units = 0n
  let hasTicks = true
  for (const { order, intent } of filledIntents(decided)) {
    if (order.price === null || intent.averagePrice === null) continue
    const difference = subtract(parsePrice(intent.averagePrice), parsePrice(order.price))
    const worse = intent.side === 'BUY' ? difference : -difference
    const filled = parseQuantity(intent.filled)
    fills += 1
    rupees += worth(worse as typeof difference, filled)
    if (order.tick === null) hasTicks = false
    else ticks += (worse * ONE * filled) / parsePrice(order.tick)
    units += filled
  }
  const average = units === 0n || !hasTicks ? null : divideRounded(ticks, units, 'nearest')
  return {
    fills,
    ticks: average === null ? null : hundredths(average),
    rupees: formatDecimal(rupees, 2),
  }
}

const hundredths = (value: bigint): string =>
  formatDecimal(divideRounded(value, ONE / 100n, 'nearest') * (ONE / 100n), 2)

// --- latency

function latencyOf(decided: readonly Decided[]): FollowerReview['latency'] {
  const took = new Map<Step, number[]>(STEPS.map((step) => [step, []]))
  for (const { order, decision } of decided)
    for (const intent of answersOf(decision)) {
      const steps = stepsOf(order, decision, intent.attempts[0])
      for (const step of STEPS) {
        const ms = steps?.[step] ?? null
        if (ms !== null) took.get(step)?.push(ms)
      }
    }
  return Object.fromEntries(
    STEPS.map((step) => [step, percentiles(took.get(step) ?? [])]),
  ) as Record<Step, Latency | null>
}

/** The nearest rank: always one of the values that were measured. */
function percentiles(values: readonly number[]): Latency | null {
  if (values.length === 0) return null
  const sorted = values.toSorted((a, b) => a - b)
  const at = (share: number): number => sorted[Math.ceil(share * sorted.length) - 1] ?? 0
  return { count: sorted.length, p50Ms: at(0.5), p95Ms: at(0.95) }
}

// --- profit

function profitOfFollower({ first, name }: FollowerFacts, intents: readonly IntentPart[]): Money {
  const began = first.session.startedAt
  const carried = new Map(
    (first.session.followers.find((each) => each.name === name)?.heldBefore ?? []).map((held) => [
      `${held.instrument}|${held.product}`,
      parseQuantity(held.quantity),
    ]),
  )
  const fills = intents
    .map((intent) => ({ intent, at: lastFillOf(intent) }))
    // What had filled before the first session is in what it carried.
    .filter(({ at }) => at !== null && at >= began)
    .toSorted((a, b) => ((a.at ?? '') < (b.at ?? '') ? -1 : 1))
    .flatMap(({ intent }): readonly OwnFill[] =>
      intent.averagePrice === null
        ? []
        : [
            {
              lane: `${intent.instrument}|${intent.product}`,
              side: intent.side as Side,
              quantity: parseQuantity(intent.filled),
              price: parsePrice(intent.averagePrice),
            },
          ],
    )
  return profitOf(fills, carried)
}

const lastFillOf = ({ attempts }: IntentPart): string | null =>
  attempts
    .flatMap(({ filledAt }) => filledAt ?? [])
    .toSorted()
    .at(-1) ?? null

const intentsOf = ({ decisions }: OrderPart): readonly IntentPart[] =>
  decisions.flatMap(({ intents }) => intents)

const filledIntents = (
  decided: readonly Decided[],
): readonly { readonly order: OrderPart; readonly intent: IntentPart }[] =>
  decided.flatMap(({ order, decision }) =>
    answersOf(decision)
      .filter(({ filled }) => filled !== '0')
      .map((intent) => ({ order, intent })),
  )
