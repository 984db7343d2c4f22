// Signals with what each follower did about them, as rows: newest first, by page, filtered. An answer is bounded
// by its copies, however many followers there are, and what is on no page is not read. Pure but for the book that it
// reads from.
import { formatDecimal, parsePrice, subtract } from '../domain/numbers.ts'
import type { RecordedSignal } from '../domain/signal.ts'
import { dayOf, MalformedTime, type TradingDay, tradingDay } from '../domain/time.ts'
import type { DecisionPart, IntentPart, OrderPart } from '../report/record.ts'
import { answersOf } from '../report/waterfall.ts'
import { RequestRefused } from '../web/refusal.ts'
import type {
  CopyOutcome,
  CopyRow,
  SignalFilter,
  SignalPage,
  SignalRow,
  Steps,
} from '../web/shapes/orders.ts'
import type { Books } from './books.ts'
import type { LookSite, Views } from './views.ts'

const USUAL_LIMIT = 50
const MOST = 200
/** Some 400 kB. One signal is always on the page, however many copy it. */
const MOST_COPIES = 1000

/** The label of an account, from the settings. */
export type LabelOf = (name: string) => string | null

export async function pageOfSignals(
  views: Views,
  books: Books,
  filter: SignalFilter,
): Promise<SignalPage> {
  const site = views.at(filter.mode)
  const day = filter.day === undefined ? dayOf(site.now) : readDay(filter.day)
  const all = site.ledger.signals(day)
  const wanted = all.filter((signal) => isWanted(signal, filter)).toReversed()
  const limit = Math.min(MOST, Number(filter.limit ?? USUAL_LIMIT))
  const labelOf = labelsOf(site)
  const found: SignalRow[] = []
  let copies = 0
  let next: number | null = null
  for await (const part of books.each(site.ledger, day, wanted)) {
    if (!hasCopy(part, filter)) continue
    copies += part.decisions.length
    if (found.length === limit || (found.length > 0 && copies > MOST_COPIES)) {
      next = part.signal
      break
    }
    found.push(rowOf(part, labelOf))
  }
  return { site: views.textOf(site), day, signals: found, next, total: all.length }
}

export function readDay(text: string): TradingDay {
  try {
    return tradingDay(text)
  } catch (error) {
    if (!(error instanceof MalformedTime)) throw error
  }
  throw new RequestRefused('badRequest', `${text} is no day`)
}

export function labelsOf({ config }: LookSite): LabelOf {
  const labels = new Map<string, string | null>(
    (config?.followers ?? []).map(({ name, label }) => [name, label]),
  )
  return (name) => labels.get(name) ?? null
}

/** What the signal itself tells, before anything of its copies is read. */
function isWanted(signal: RecordedSignal, { until, symbol, side }: SignalFilter): boolean {
  if (until !== undefined && signal.id > Number(until)) return false
  if (side !== undefined && signal.side !== side) return false
  return symbol === undefined || signal.symbol.includes(symbol.toUpperCase())
}

function hasCopy(part: OrderPart, { follower, outcome }: SignalFilter): boolean {
  if (follower === undefined && outcome === undefined) return true
  return part.decisions.some(
    (decision) =>
      (follower === undefined || decision.follower === follower) &&
      (outcome === undefined || outcomeOf(decision) === outcome),
  )
}

export function rowOf(part: OrderPart, labelOf: LabelOf): SignalRow {
  const { signal, effect, quantity, symbol, exchange, product, price, filledAt, seenAt } = part
  return {
    signal,
    effect,
    quantity,
    symbol,
    exchange,
    product,
    price,
    filledAt,
    seenAt,
    side: part.side as SignalRow['side'],
    source: part.source as SignalRow['source'],
    copies: part.decisions.map((decision) => copyRow(part, decision, labelOf)),
  }
}

function copyRow(part: OrderPart, decision: DecisionPart, labelOf: LabelOf): CopyRow {
  const { follower, mode, intents, filled, averagePrice } = decision
  return {
    follower,
    label: labelOf(follower),
    mode,
    decision: decision.decision,
    outcome: outcomeOf(decision),
    quantity: decision.quantity ?? quantityOf(intents),
    reason: reasonOf(decision),
    filled,
    averagePrice,
    slippage: slippageOf(part, decision),
    orders: intents.length,
    steps: stepsOf(part, decision),
  }
}

function quantityOf(intents: readonly IntentPart[]): string | null {
  const [only] = intents
  return only !== undefined && intents.length === 1 ? only.quantity : null
}

/** The worst of its orders: what is open or in doubt before what is over, a no before a part, that before all. */
const WORST_FIRST: readonly CopyOutcome[] = [
  'unknown',
  'working',
  'waiting',
  'rejected',
  'lapsed',
  'denied',
  'cancelled',
  'partlyFilled',
  'filled',
]

export function outcomeOf({ decision, intents }: DecisionPart): CopyOutcome {
  if (decision === 'asked') return 'asked'
  if (decision === 'skip') return 'skipped'
  const outcomes = new Set(intents.map(({ outcome }) => OUTCOMES[outcome]))
  return WORST_FIRST.find((each) => outcomes.has(each)) ?? 'nothingDue'
}

export const OUTCOMES: Readonly<Record<IntentPart['outcome'], CopyOutcome>> = {
  unsent: 'waiting',
  notSent: 'waiting',
  sending: 'working',
  working: 'working',
  unknown: 'unknown',
  filled: 'filled',
  partlyFilled: 'partlyFilled',
  cancelled: 'cancelled',
  rejected: 'rejected',
  denied: 'denied',
  lapsed: 'lapsed',
}

/** Why it was skipped or denied, else the broker's words about what went wrong. */
function reasonOf({ reason, intents }: DecisionPart): CopyRow['reason'] {
  if (reason !== null) return reason
  const denied = intents.find((intent) => intent.denied !== null)?.denied
  if (denied) return denied
  const said = intents.find(
    ({ outcome, text }) => text !== '' && (outcome === 'rejected' || outcome === 'unknown'),
  )
  return said === undefined ? null : { kind: said.outcome, text: said.text }
}

function slippageOf({ price, side }: OrderPart, { averagePrice }: DecisionPart): string | null {
  if (price === null || averagePrice === null) return null
  const difference = subtract(parsePrice(averagePrice), parsePrice(price))
  return formatDecimal(side === 'BUY' ? difference : -(difference as bigint), 2)
}

/** Of the first attempt of each order: the slowest, since the copy is done when the last one is. */
export function stepsOf(part: OrderPart, decision: DecisionPart): Steps {
  const { decidedAt } = decision
  const first = answersOf(decision).flatMap(({ attempts }) => attempts.slice(0, 1))
  const recordedAt = latest(first.map((each) => each.recordedAt))
  const answeredAt = latest(first.map((each) => each.answeredAt))
  const filledAt = latest(first.map((each) => each.filledAt))
  return {
    seenMs: between(part.filledAt, part.seenAt) ?? 0,
    decidedMs: between(part.seenAt, decidedAt),
    recordedMs: between(decidedAt, recordedAt),
    answeredMs: between(recordedAt, answeredAt),
    filledMs: between(answeredAt, filledAt),
    inAllMs: between(part.filledAt, filledAt),
  }
}

/** null as soon as one is missing: then it has not come to that. */
function latest(times: readonly (string | null)[]): string | null {
  const known = times.filter((time) => time !== null).toSorted()
  return known.length === times.length ? (known.at(-1) ?? null) : null
}

const between = (from: string | null, to: string | null): number | null =>
  from === null || to === null ? null : Math.max(0, Date.parse(to) - Date.parse(from))
