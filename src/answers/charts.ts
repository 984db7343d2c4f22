// The day as lines: what each follower won and what it lost against the master, how long the steps of copying
// took, how much was copied in each hour. Made of the day's orders; at most some hundred points a line.
import type { AccountName, InstrumentId } from '../domain/ids.ts'
import { type LaneKey, laneKey } from '../domain/lane.ts'
import {
  add,
  formatDecimal,
  magnitude,
  NO_QUANTITY,
  negate,
  parsePrice,
  parseQuantity,
  type Quantity,
  sign,
  subtract,
  worth,
} from '../domain/numbers.ts'
import { type Product, type Side, signed } from '../domain/order.ts'
import { dayOf, formatInstant, HOUR, instant } from '../domain/time.ts'
import { hasFailed, isMissed, isSkipped } from '../report/counts.ts'
import { createProfit } from '../report/profit.ts'
import type { DecisionPart, IntentPart, OrderPart } from '../report/record.ts'
import type { Charts, Point } from '../web/shapes/charts.ts'
import type { Books } from './books.ts'
import { labelsOf, readDay, stepsOf } from './orders.ts'
import type { LookSite, Views } from './views.ts'

const MOST_POINTS = 500

export async function chartsOf(
  views: Views,
  books: Books,
  mode: 'live' | 'paper' | undefined,
  wanted: string | undefined,
): Promise<Charts> {
  const site = views.at(mode)
  const day = wanted === undefined ? dayOf(site.now) : readDay(wanted)
  const orders = await books.of(site.ledger, day)
  const labelOf = labelsOf(site)
  const names = new Set<string>([
    ...site.followers,
    ...orders.flatMap(({ decisions }) => decisions.map(({ follower }) => follower)),
  ])
  return {
    site: views.textOf(site),
    day,
    followers: [...names].map((follower) => {
      const fills = fillsOf(orders, follower)
      return {
        follower,
        label: labelOf(follower),
        profit: thinned(profitLine(fills, carriedInto(site, day, fills))),
        slippage: thinned(slippageLine(fills)),
      }
    }),
    latency: latencyOf(orders),
    hours: hoursOf(orders),
  }
}

// --- money -------------------------------------------------------------------------------------

interface FillOfDay {
  readonly at: string
  readonly order: OrderPart
  readonly intent: IntentPart & { readonly averagePrice: string }
}

/** In the order in which they were learned of. */
export function fillsOf(orders: readonly OrderPart[], follower: string): readonly FillOfDay[] {
  const found: FillOfDay[] = []
  for (const order of orders)
    for (const decision of order.decisions) {
      if (decision.follower !== follower) continue
      for (const intent of decision.intents) {
        const { averagePrice } = intent
        const at = lastFillAt(intent)
        if (averagePrice !== null && at !== null)
          found.push({ at, order, intent: { ...intent, averagePrice } })
      }
    }
  return found.toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0))
}

const lastFillAt = ({ attempts }: IntentPart): string | null =>
  attempts
    .flatMap(({ filledAt }) => filledAt ?? [])
    .toSorted()
    .at(-1) ?? null

const laneNameOf = ({ intent }: FillOfDay): LaneKey =>
  laneKey({
    follower: intent.follower as AccountName,
    mode: intent.mode,
    instrument: intent.instrument as InstrumentId,
    product: intent.product as Product,
  })

/** What was held when the day began. Of today, what is held now less the day's fills. */
function carriedInto(
  site: LookSite,
  day: string,
  fills: readonly FillOfDay[],
): ReadonlyMap<string, Quantity> {
  if (day !== dayOf(site.now)) return carriedByDay(fills)
  const carried = new Map<string, Quantity>(
    site.ledger.lanes().map((lane) => [laneKey(lane), lane.held]),
  )
  for (const fill of fills) {
    const name = laneNameOf(fill)
    carried.set(name, subtract(carried.get(name) ?? NO_QUANTITY, signedOf(fill)))
  }
  return carried
}

/** Of an earlier day only what the day itself shows is known: whatever it closed and had not opened. */
export function carriedByDay(fills: readonly FillOfDay[]): ReadonlyMap<string, Quantity> {
  const open = new Map<string, Quantity>()
  const carried = new Map<string, Quantity>()
  for (const fill of fills) {
    const name = laneNameOf(fill)
    const before = open.get(name) ?? NO_QUANTITY
    const closed = negate(signedOf(fill))
    const wasOpen = sign(before) === sign(closed) && magnitude(before) >= magnitude(closed)
    const missing = fill.intent.role === 'entry' || wasOpen ? NO_QUANTITY : subtract(closed, before)
    carried.set(name, add(carried.get(name) ?? NO_QUANTITY, missing))
    open.set(name, subtract(add(before, missing), closed))
  }
  return carried
}

const signedOf = ({ intent }: FillOfDay): Quantity =>
  signed(intent.side as Side, parseQuantity(intent.filled))

export function profitLine(
  fills: readonly FillOfDay[],
  carried: ReadonlyMap<string, Quantity>,
): readonly Point[] {
  const profit = createProfit(carried)
  return fills.map((fill) => {
    const { intent, at } = fill
    const total = profit.add({
      lane: laneNameOf(fill),
      side: intent.side as Side,
      quantity: parseQuantity(intent.filled),
      price: parsePrice(intent.averagePrice),
    })
    return { at, value: formatDecimal(total, 2) }
  })
}

export function slippageLine(fills: readonly FillOfDay[]): readonly Point[] {
  let total = 0n
  const points: Point[] = []
  for (const { at, order, intent } of fills) {
    if (order.price === null) continue
    const difference = subtract(parsePrice(intent.averagePrice), parsePrice(order.price))
    const rupees = worth(difference, parseQuantity(intent.filled))
    total += intent.side === 'BUY' ? rupees : -(rupees as bigint)
    points.push({ at, value: formatDecimal(total, 2) })
  }
  return points
}

/** The last of every so many, and the last of all. */
function thinned(points: readonly Point[]): readonly Point[] {
  if (points.length <= MOST_POINTS) return points
  const every = points.length / MOST_POINTS
  return Array.from({ length: MOST_POINTS }, (_, index) => {
    const found = points[Math.ceil((index + 1) * every) - 1]
    return found ?? { at: '', value: '0' }
  })
}

// --- time --------------------------------------------------------------------------------------

const STEPS = {
  seen: 'seenMs',
  decided: 'decidedMs',
  recorded: 'recordedMs',
  answered: 'answeredMs',
  filled: 'filledMs',
  inAll: 'inAllMs',
} as const

function latencyOf(orders: readonly OrderPart[]): Charts['latency'] {
  const steps = orders.flatMap((order) =>
    order.decisions
      .filter(({ intents }) => intents.length > 0)
      .map((decision) => stepsOf(order, decision)),
  )
  return (Object.keys(STEPS) as (keyof typeof STEPS)[]).flatMap((step) => {
    const took = steps.flatMap((each) => each[STEPS[step]] ?? []).toSorted((a, b) => a - b)
    if (took.length === 0) return []
    // The nearest rank: always one of the values that were measured.
    const at = (share: number) => took[Math.ceil(share * took.length) - 1] ?? 0
    return [{ step, count: took.length, p50Ms: at(0.5), p95Ms: at(0.95), p99Ms: at(0.99) }]
  })
}

function hoursOf(orders: readonly OrderPart[]): Charts['hours'] {
  const hours = new Map<number, { copied: number; failed: number; skipped: number }>()
  for (const { seenAt, decisions } of orders) {
    const hour = hourOf(seenAt)
    const counts = hours.get(hour) ?? { copied: 0, failed: 0, skipped: 0 }
    for (const decision of decisions) {
      if (decision.intents.some(({ wasAccepted }) => wasAccepted)) counts.copied++
      if (isFailure(decision)) counts.failed++
      if (isSkipped(decision)) counts.skipped++
    }
    hours.set(hour, counts)
  }
  const first = Math.min(...hours.keys())
  const last = Math.max(...hours.keys())
  const all: Charts['hours'][number][] = []
  for (let hour = first; hour <= last; hour += HOUR)
    all.push({
      from: formatInstant(instant(hour)),
      ...(hours.get(hour) ?? { copied: 0, failed: 0, skipped: 0 }),
    })
  return all
}

const isFailure = (decision: DecisionPart): boolean =>
  isMissed(decision) || decision.intents.some(hasFailed)

/** IST is half an hour off the hours of UTC. */
const hourOf = (time: string): number => Date.parse(`${time.slice(0, 13)}:00:00.000+05:30`)
