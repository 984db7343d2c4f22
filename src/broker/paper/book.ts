// Everything that a paper account knows, as the fold of its entries: `apply` is the only way in which it
// changes, live and when the journal is read again alike. No file, no clock and no market is known here.
//
//   arriving ─┬─ rejected
//             ├─ waiting (a stop) ── triggered ─► changed
//             └─ resting ◄─────────────────────── changed ◄── modified
//   any of them ── filled wholly ─► complete;  ── cancelled ─► cancelled
//
// `arriving` has met no quote yet; `changed` is in the market and meets the next quote as if it came new.
import { assert } from '../../domain/assert.ts'
import type { AccountName, InstrumentId } from '../../domain/ids.ts'
import type { Instrument } from '../../domain/instrument.ts'
import { add, NO_QUANTITY, type Price, type Quantity, subtract } from '../../domain/numbers.ts'
import { type Pricing, type Product, type Side, signed } from '../../domain/order.ts'
import type { Instant, TradingDay } from '../../domain/time.ts'
import type { Carried, DayOpened, Entry, Moved, Placed, SquaredOff } from './entry.ts'

export type Phase =
  | 'arriving'
  | 'waiting'
  | 'changed'
  | 'resting'
  | 'complete'
  | 'cancelled'
  | 'rejected'

export interface PaperOrder extends Placed {
  readonly phase: Phase
  /** A stop that has fired: it is a plain order from then on. */
  readonly isTriggered: boolean
  readonly filled: Quantity
  /** Price times quantity of all fills, unrounded, so that the average is rounded once. */
  readonly cost: bigint
  readonly text: string
  readonly changedAt: Instant
  readonly filledAt: Instant | null
}

export interface PaperPosition {
  readonly instrument: Instrument
  readonly product: Product
  readonly quantity: Quantity
}

export interface PaperFill {
  readonly number: number
  readonly quantity: Quantity
  readonly price: Price
  readonly at: Instant
}

export interface Book {
  readonly account: AccountName
  readonly day: TradingDay
  readonly nextNumber: number
  /** Oldest first. */
  orders(): readonly PaperOrder[]
  working(): readonly PaperOrder[]
  order(number: number): PaperOrder | null
  fills(): readonly PaperFill[]
  /** Of the day, with what was carried into it: delivered shares are `holdings` from the second day on. */
  positions(): readonly PaperPosition[]
  holdings(): readonly PaperPosition[]
  /** Signed, in one instrument and product, holdings left out. */
  position(instrument: InstrumentId, product: Product): Quantity
  /** Shares that one more DELIVERY sell could take, with all that is on sale already taken off. */
  deliverable(instrument: InstrumentId): Quantity
  /** When the account was written to, oldest first. */
  writes(): readonly Instant[]
  apply(entry: Exclude<Entry, DayOpened>): void
}

export const isWorking = ({ phase }: PaperOrder): boolean =>
  phase === 'arriving' || phase === 'waiting' || phase === 'changed' || phase === 'resting'

export const remaining = (order: PaperOrder): Quantity => subtract(order.quantity, order.filled)

type Lane = `${InstrumentId}|${Product}`
const laneOf = (instrument: InstrumentId, product: Product): Lane => `${instrument}|${product}`

export function createBook(opened: DayOpened): Book {
  const orders = new Map<number, PaperOrder>()
  const open = new Set<number>()
  const fills: PaperFill[] = []
  const writes: Instant[] = []
  const positions = new Map<Lane, PaperPosition>()
  const holdings = new Map<InstrumentId, PaperPosition>()
  let nextNumber = opened.nextNumber
  for (const carried of opened.carried) {
    if (isHolding(carried)) holdings.set(carried.instrument.id, carried)
    else positions.set(laneOf(carried.instrument.id, carried.product), carried)
  }

  function keep(order: PaperOrder): void {
    orders.set(order.number, order)
    if (isWorking(order)) open.add(order.number)
    else open.delete(order.number)
    nextNumber = Math.max(nextNumber, order.number + 1)
  }

  function trade(order: PaperOrder, quantity: Quantity, price: Price, at: Instant): PaperOrder {
    assert(quantity > 0n && quantity <= remaining(order), 'a fill beyond what the order wants')
    const { instrument, product, side } = order
    fills.push({ number: order.number, quantity, price, at })
    const before = positions.get(laneOf(instrument.id, product))?.quantity ?? NO_QUANTITY
    const after = add(before, signed(side, quantity))
    positions.set(laneOf(instrument.id, product), { instrument, product, quantity: after })
    const filled = add(order.filled, quantity)
    const cost = order.cost + (price as bigint) * (quantity as bigint)
    const phase = filled === order.quantity ? 'complete' : order.phase
    return { ...order, filled, cost, phase, filledAt: at, changedAt: at }
  }

  function squareOff(entry: SquaredOff): void {
    const { price, ...named } = entry
    const order = newOrder({
      ...named,
      kind: 'placed',
      goodUntil: entry.at,
      isAfterMarket: false,
      tag: '',
      product: 'INTRADAY',
      pricing: { kind: 'market' },
    })
    keep({ ...trade(order, entry.quantity, price, entry.at), text: 'squared off by the broker' })
  }

  function move(entry: Moved): void {
    const order = orders.get(entry.number)
    assert(order && isWorking(order), `an entry for order ${entry.number}, which is not working`)
    if (entry.kind === 'filled') keep(trade(order, entry.quantity, entry.price, entry.at))
    else keep({ ...moved(order, entry), changedAt: entry.at })
  }

  return {
    account: opened.account,
    day: opened.day,
    get nextNumber() {
      return nextNumber
    },
    orders: () => [...orders.values()],
    working: () => [...open].map((number) => orders.get(number) as PaperOrder),
    order: (number) => orders.get(number) ?? null,
    fills: () => [...fills],
    positions: () => [...positions.values()],
    holdings: () => [...holdings.values()],
    position: (instrument, product) =>
      positions.get(laneOf(instrument, product))?.quantity ?? NO_QUANTITY,
    deliverable(instrument) {
      const held = holdings.get(instrument)?.quantity ?? NO_QUANTITY
      let left = add(held, this.position(instrument, 'DELIVERY'))
      for (const order of this.working())
        if (order.instrument.id === instrument && sellsDelivered(order))
          left = subtract(left, remaining(order))
      return left
    },
    writes: () => [...writes],
    apply(entry) {
      if (entry.kind === 'placed' || entry.kind === 'modified' || entry.kind === 'cancelled')
        writes.push(entry.at)
      if (entry.kind === 'placed') keep(newOrder(entry))
      else if (entry.kind === 'squaredOff') squareOff(entry)
      else move(entry)
    },
  }
}

/**
 * What the next day begins with. Orders that wait for its opening are placed in it again, as they are by
 * now. Delivered shares become holdings; intraday positions and expired contracts are no more.
 */
export function openNextDay(book: Book, day: TradingDay): readonly [DayOpened, ...Placed[]] {
  const byLane = new Map<Lane, Carried>()
  for (const { instrument, product, quantity } of [...book.positions(), ...book.holdings()]) {
    const isOver = instrument.expiry !== null && instrument.expiry < day
    if (product === 'INTRADAY' || isOver) continue
    const lane = laneOf(instrument.id, product)
    const before = byLane.get(lane)?.quantity ?? NO_QUANTITY
    byLane.set(lane, { instrument, product, quantity: add(before, quantity) })
  }
  const carried = [...byLane.values()].filter(({ quantity }) => quantity !== 0n)
  const { account, nextNumber } = book
  const opened: DayOpened = { kind: 'dayOpened', account, day, nextNumber, carried }
  return [opened, ...book.working().map(placedAgain)]
}

function placedAgain(order: PaperOrder): Placed {
  assert(order.filled === 0n, 'an order that filled outlived its day')
  const { number, at, goodUntil, isAfterMarket, tag, instrument, side, product } = order
  const { pricing, quantity } = order
  return {
    kind: 'placed',
    number,
    at,
    goodUntil,
    isAfterMarket,
    tag,
    instrument,
    side,
    product,
    pricing,
    quantity,
  }
}

const newOrder = (placed: Placed): PaperOrder => ({
  ...placed,
  phase: 'arriving',
  isTriggered: false,
  filled: NO_QUANTITY,
  cost: 0n,
  text: '',
  changedAt: placed.at,
  filledAt: null,
})

function moved(order: PaperOrder, entry: Exclude<Moved, { kind: 'filled' }>): PaperOrder {
  switch (entry.kind) {
    case 'armed':
      return { ...order, phase: 'waiting' }
    case 'triggered':
      return { ...order, phase: 'changed', isTriggered: true }
    case 'rested':
      return { ...order, phase: 'resting' }
    case 'modified':
      return modified(order, entry.quantity, entry.pricing)
    case 'cancelled':
    case 'rejected':
      return { ...order, phase: entry.kind, text: entry.text }
  }
}

/** Cut down to what has filled, it is complete. One that has not met the market yet stays new to it. */
function modified(order: PaperOrder, quantity: Quantity, pricing: Pricing): PaperOrder {
  if (order.filled > 0n && quantity <= order.filled)
    return { ...order, quantity: order.filled, pricing, phase: 'complete' }
  const waits = 'trigger' in pricing && !order.isTriggered
  const phase = order.phase === 'arriving' ? 'arriving' : waits ? 'waiting' : 'changed'
  return { ...order, quantity, pricing, phase }
}

const isHolding = ({ instrument, product }: Carried): boolean =>
  product === 'DELIVERY' && instrument.kind === 'cash'

const sellsDelivered = ({
  side,
  product,
}: {
  readonly side: Side
  readonly product: Product
}): boolean => side === 'SELL' && product === 'DELIVERY'
