// From what the master's orders show to signals, in the order in which they must be copied. Called for
// every reading and every stream message with the same rules, it tells what was not told before.
import type { InstrumentId } from '../domain/ids.ts'
import {
  add,
  magnitude,
  NO_QUANTITY,
  type Price,
  type Quantity,
  smaller,
  subtract,
} from '../domain/numbers.ts'
import {
  endedWithItsDay,
  isFinal,
  type OrderReport,
  type Product,
  signed,
} from '../domain/order.ts'
import type { CopyOn } from '../domain/settings.ts'
import {
  type Effect,
  type MasterOrder,
  type Obstacle,
  type Signal,
  signalKey,
} from '../domain/signal.ts'
import { isTag } from '../domain/tag.ts'
import { dayOf, type Instant } from '../domain/time.ts'
import { atTheLatest, isEnded } from './earlier-day.ts'

/** The master's whole positions, holdings included, after all that was signalled or is baseline. */
export type MasterPositions = ReadonlyMap<PositionKey, Quantity>
export type PositionKey = `${InstrumentId}|${Product}`

export const positionKey = (instrument: InstrumentId, product: Product): PositionKey =>
  `${instrument}|${product}`

interface Untold {
  readonly order: MasterOrder
  readonly quantity: Quantity
  /** A part of a still open order, told before what has ended since it stood, as an order against it has ended. */
  readonly early: boolean
}

export function findSignals(
  orders: readonly MasterOrder[],
  positions: MasterPositions,
  copyOn: CopyOn,
  seenAt: Instant,
  /** What filled before this is late: seen after a restart or a gap. */
  lateBefore: Instant,
): readonly Signal[] {
  const queues: (readonly Signal[])[] = []
  for (const [key, inPosition] of byPosition(orders)) {
    const parts = inOrder(choose(inPosition, copyOn, seenAt), seenAt)
    if (parts.length === 0) continue
    const told = walk(parts, positions.get(key) ?? NO_QUANTITY, seenAt)
    queues.push(netOverGap(told, lateBefore))
  }
  return mergeByUrgency(queues)
}

/**
 * Whether a message of the stream may become a signal before the book is read. An order that rests on the
 * other side of the same position may have filled without our knowing: then what looks like an opening
 * sale closes what the master has just bought, and followers would open a position that nobody wants. And
 * an order that the book never showed may be one that rests there under the number it had before it was
 * modified: it would be copied under both. What filled there and has not been told, as in a halt, goes first:
 * without it the sale of what the master bought in the halt would open a short position.
 */
export function mayTellAtOnce(report: OrderReport, known: readonly MasterOrder[]): boolean {
  if (report.status !== 'complete' || report.filled < report.quantity) return false
  const own = known.find((each) => each.report.orderId === report.orderId)
  const isInBook = own !== undefined && own.report.uniqueOrderId !== null
  const there = known.filter(
    ({ report: other }) =>
      other.orderId !== report.orderId &&
      other.instrument === report.instrument &&
      other.product === report.product,
  )
  return !there.some((other) =>
    isFinal(other.report.status)
      ? untoldOf(other) > 0n
      : other.report.side !== report.side || !isInBook,
  )
}

/** What is to be told now: of ended orders, and of open ones against which an order has ended. */
function choose(
  orders: readonly MasterOrder[],
  copyOn: CopyOn,
  seenAt: Instant,
): readonly Untold[] {
  const untold = orders
    .map((order) => ({ order, quantity: untoldOf(order) }))
    .filter((part) => part.quantity > 0n)
  const ended = untold.filter((part) => isEnded(part.order.report, seenAt))
  const isEarly = ({ order: { report } }: { order: MasterOrder }): boolean =>
    !isEnded(report, seenAt) &&
    ended.some(({ order: other }) => {
      return other.report.side !== report.side && other.report.day === report.day
    })
  return untold
    .map((part) => ({ ...part, early: isEarly(part) }))
    .filter((part) => part.early || copyOn === 'fill' || isEnded(part.order.report, seenAt))
}

function untoldOf({ report, signalled }: MasterOrder): Quantity {
  const told = add(add(signalled.baseline, signalled.entry), signalled.exit)
  return report.filled > told ? subtract(report.filled, told) : NO_QUANTITY
}

function inOrder(parts: readonly Untold[], seenAt: Instant): readonly Untold[] {
  const byTime = [...parts].sort(
    (a, b) =>
      exchangeTimeOf(a, seenAt) - exchangeTimeOf(b, seenAt) ||
      fillTimeOf(a, seenAt) - fillTimeOf(b, seenAt) ||
      compareIds(a.order.report.orderId, b.order.report.orderId),
  )
  const rest = byTime.filter(({ early }) => !early)
  const early = byTime.filter((part) => part.early)
  const place = (part: Untold): number => rest.findLastIndex((other) => hadEndedBefore(other, part))
  const earlyAt = Map.groupBy(early, place)
  return [
    ...(earlyAt.get(NOWHERE) ?? []),
    ...rest.flatMap((part, index) => [part, ...(earlyAt.get(index) ?? [])]),
  ]
}

const NOWHERE = -1

/** Seen to have ended before anything was heard of the other: nothing of the other can have filled until then. */
const hadEndedBefore = (ended: Untold, open: Untold): boolean =>
  ended.order.report.day < open.order.report.day ||
  (isFinal(ended.order.report.status) && ended.order.heard.last < open.order.heard.first)

/** Follows the master's position through the parts and splits each into what closes and what opens. */
function walk(parts: readonly Untold[], start: Quantity, seenAt: Instant): readonly Signal[] {
  const signals: Signal[] = []
  let position = start
  for (const part of parts) {
    const obstacle = obstacleOf(part, isRoundTrip(part, parts, seenAt), seenAt)
    const { closing, opening } = split(part, position)
    for (const { effect, quantity } of [
      { effect: 'exit', quantity: closing } as const,
      { effect: 'entry', quantity: opening } as const,
    ]) {
      if (quantity === 0n) continue
      const signal = makeSignal(part, { effect, quantity, position, obstacle, seenAt })
      position = signal.masterAfter
      signals.push(signal)
    }
  }
  return signals
}

/**
 * What the master left and took up again while nobody watched is told by nobody: an entry that is too
 * late would be missed, and its follower would leave a position that the master still has.
 */
function netOverGap(signals: readonly Signal[], lateBefore: Instant): readonly Signal[] {
  const isLate = (signal: Signal): boolean =>
    signal.filledAt < lateBefore && signal.obstacle === null
  const netted = new Map<Signal, Quantity>()
  const left = (signal: Signal): Quantity =>
    subtract(signal.quantity, netted.get(signal) ?? NO_QUANTITY)
  signals.forEach((entry, index) => {
    if (entry.effect !== 'entry' || !isLate(entry)) return
    const exits = signals
      .slice(0, index)
      .filter((exit) => exit.effect === 'exit' && exit.side !== entry.side && isLate(exit))
    for (const exit of exits.reverse()) {
      const both = smaller(left(entry), left(exit))
      for (const one of [entry, exit]) netted.set(one, add(netted.get(one) ?? NO_QUANTITY, both))
    }
  })
  return signals.flatMap((signal) => splitOff(signal, netted.get(signal) ?? NO_QUANTITY))
}

/** The part that counts, then the part that is netted: two signals where there are both. */
function splitOff(signal: Signal, netted: Quantity): readonly Signal[] {
  if (netted === 0n) return [signal]
  const counted = subtract(signal.quantity, netted)
  const before = add(signal.before, counted)
  const between = add(signal.masterBefore, signed(signal.side, counted))
  const rest: Signal = {
    ...signal,
    key: signalKey(signal.order, signal.effect, before),
    quantity: netted,
    before,
    masterBefore: between,
    obstacle: 'nettedOverGap',
  }
  return counted === 0n ? [rest] : [{ ...signal, quantity: counted, masterAfter: between }, rest]
}

/** What ties to the second and together ends where it began went in an order that nobody can know. */
function isRoundTrip(part: Untold, parts: readonly Untold[], seenAt: Instant): boolean {
  const tied = parts.filter(
    (other) =>
      other.early === part.early &&
      exchangeTimeOf(other, seenAt) === exchangeTimeOf(part, seenAt) &&
      fillTimeOf(other, seenAt) === fillTimeOf(part, seenAt),
  )
  const net = tied.reduce(
    (total, { order, quantity }) => add(total, signed(order.report.side, quantity)),
    NO_QUANTITY,
  )
  return tied.length > 1 && net === 0n
}

function split(part: Untold, position: Quantity): { closing: Quantity; opening: Quantity } {
  const { side, product } = part.order.report
  const against =
    // Shares that are delivered can't be sold short: a sell is always an exit, a buy an entry.
    product === 'DELIVERY'
      ? side === 'SELL'
        ? part.quantity
        : NO_QUANTITY
      : (side === 'BUY' ? position < 0n : position > 0n)
        ? magnitude(position)
        : NO_QUANTITY
  const closing = smaller(part.quantity, against)
  return { closing, opening: subtract(part.quantity, closing) }
}

function makeSignal(
  { order: { key: order, report, signalled } }: Untold,
  found: {
    effect: Effect
    quantity: Quantity
    position: Quantity
    obstacle: Obstacle | null
    seenAt: Instant
  },
): Signal {
  const before = signalled[found.effect]
  return {
    key: signalKey(order, found.effect, before),
    order,
    orderId: report.orderId,
    account: report.account,
    day: report.day,
    effect: found.effect,
    instrument: report.instrument,
    exchange: report.exchange,
    symbol: report.symbol,
    side: report.side,
    product: report.product,
    variety: report.variety,
    pricing: report.pricing,
    quantity: found.quantity,
    before,
    price: priceOf(report),
    filledAt: report.fillTime ?? report.exchangeTime ?? atTheLatest(report, found.seenAt),
    seenAt: found.seenAt,
    source: report.source,
    masterBefore: found.position,
    masterAfter: add(found.position, signed(report.side, found.quantity)),
    obstacle: found.obstacle,
  }
}

function obstacleOf(
  { order: { report } }: Untold,
  roundTrip: boolean,
  seenAt: Instant,
): Obstacle | null {
  if (isTag(report.tag)) return 'lockstepOrder'
  if (endedWithItsDay(report, dayOf(seenAt))) return 'endedWithItsDay'
  if (roundTrip) return 'roundTrip'
  if (report.product === 'UNKNOWN') return 'unknownProduct'
  if (report.variety === 'bracket' || report.variety === 'unknown') return 'unsupportedVariety'
  return null
}

function priceOf(report: OrderReport): Price | null {
  if (report.averagePrice !== null && report.averagePrice > 0n) return report.averagePrice
  return report.pricing.kind === 'limit' ? report.pricing.price : null
}

/**
 * Within a position the order stands. Between positions what closes goes before what opens, and
 * buying before selling: a bought option frees the margin that the sold one needs.
 */
function mergeByUrgency(queues: readonly (readonly Signal[])[]): readonly Signal[] {
  const waiting = queues.map((queue) => [...queue])
  const merged: Signal[] = []
  for (;;) {
    const heads = waiting.flatMap((queue) => (queue[0] ? [{ queue, head: queue[0] }] : []))
    const [first, ...others] = heads
    if (!first) return merged
    const next = others.reduce(
      (best, other) => (compareUrgency(other.head, best.head) < 0 ? other : best),
      first,
    )
    merged.push(next.head)
    next.queue.shift()
  }
}

const compareUrgency = (a: Signal, b: Signal): number =>
  urgencyOf(a) - urgencyOf(b) || a.filledAt - b.filledAt || compareIds(a.orderId, b.orderId)

const urgencyOf = (signal: Signal): number =>
  (signal.effect === 'exit' ? 0 : 2) + (signal.side === 'BUY' ? 0 : 1)

const exchangeTimeOf = ({ order }: Untold, seenAt: Instant): Instant =>
  order.report.exchangeTime ?? atTheLatest(order.report, seenAt)

const fillTimeOf = (part: Untold, seenAt: Instant): Instant =>
  part.order.report.fillTime ?? exchangeTimeOf(part, seenAt)

/** Broker ids are numbers in text: the shorter is the earlier. */
const compareIds = (a: string, b: string): number =>
  a.length - b.length || (a < b ? -1 : a > b ? 1 : 0)

function byPosition(orders: readonly MasterOrder[]): Map<PositionKey, MasterOrder[]> {
  const positions = new Map<PositionKey, MasterOrder[]>()
  for (const order of orders) {
    const key = positionKey(order.report.instrument, order.report.product)
    const known = positions.get(key)
    if (known) known.push(order)
    else positions.set(key, [order])
  }
  return positions
}
