// What a follower won or lost today on what Lockstep traded for it: from its own fills and last prices,
// since a broker's figure for the day is not to be had (it stays 0 on Angel One) and would mix in the
// follower's own trades. Charges and taxes are not in it.
import type { InstrumentId } from './ids.ts'
import { type Lane, type LaneKey, laneKey } from './lane.ts'
import {
  add,
  divideRounded,
  type Money,
  magnitude,
  NO_MONEY,
  NO_QUANTITY,
  type Price,
  type Quantity,
  sign,
  smaller,
  subtract,
  worth,
} from './numbers.ts'
import { type Side, signed } from './order.ts'

export interface OwnFill {
  readonly lane: Lane
  readonly side: Side
  readonly quantity: Quantity
  /** null while the broker shows none. */
  readonly price: Price | null
}

type PricedFill = OwnFill & { readonly price: Price }

interface Book {
  /** Of earlier days, not yet closed, signed. */
  readonly carried: Quantity
  /** Of today, signed. */
  readonly open: Quantity
  readonly cash: Money
  /** What the open part cost, on average; signed as `open`. */
  readonly cost: Money
  readonly instrument: InstrumentId
  readonly lastFill: Price
}

/**
 * Of `fills`, newest first as the ledger tells them. Above nothing is a profit. What is still open counts
 * at the last price, or, where none is known, at the price of its last own fill. A fill without a price
 * counts at that price too, so it is neither profit nor loss yet; it is left out while there is none.
 *
 * `carried` is what the lanes held when the day began. Its cost lies on another day, so closing it is
 * neither profit nor loss of today; without this, selling yesterday's shares would look like a new short
 * position whose loss grows for the rest of the day.
 */
export function profitAndLoss(
  fills: readonly OwnFill[],
  lastPrices: ReadonlyMap<InstrumentId, Price>,
  carried: ReadonlyMap<LaneKey, Quantity> = new Map(),
): Money {
  return profitParts(fills, lastPrices, carried).total
}

/** The same, and how much of it is still open: what a price that moves can take back. */
export function profitParts(
  fills: readonly OwnFill[],
  lastPrices: ReadonlyMap<InstrumentId, Price>,
  carried: ReadonlyMap<LaneKey, Quantity>,
): { readonly total: Money; readonly open: Money } {
  const books = new Map<LaneKey, Book>()
  for (const fill of priced(fills, lastPrices).toReversed()) {
    const key = laneKey(fill.lane)
    books.set(key, enter(books.get(key) ?? open(fill, carried.get(key) ?? NO_QUANTITY), fill))
  }
  let total: bigint = NO_MONEY
  let stillOpen: bigint = NO_MONEY
  for (const book of books.values()) {
    const now = worth(lastPrices.get(book.instrument) ?? book.lastFill, book.open)
    total += book.cash + now
    stillOpen += now - book.cost
  }
  return { total: total as Money, open: stillOpen as Money }
}

/** What the lanes held when the day began: what they hold after its fills, less the fills. */
export function carriedInto(
  fills: readonly OwnFill[],
  held: (lane: Lane) => Quantity,
): Map<LaneKey, Quantity> {
  const carried = new Map<LaneKey, Quantity>()
  for (const { lane, side, quantity } of fills) {
    const key = laneKey(lane)
    carried.set(key, subtract(carried.get(key) ?? held(lane), signed(side, quantity)))
  }
  return carried
}

function priced(
  fills: readonly OwnFill[],
  lastPrices: ReadonlyMap<InstrumentId, Price>,
): readonly PricedFill[] {
  const newestOf = (instrument: InstrumentId) =>
    fills.find((fill) => fill.lane.instrument === instrument && fill.price !== null)?.price
  return fills.flatMap((fill) => {
    const { instrument } = fill.lane
    const price = fill.price ?? lastPrices.get(instrument) ?? newestOf(instrument) ?? null
    return price === null ? [] : [{ ...fill, price }]
  })
}

const open = (fill: PricedFill, carried: Quantity): Book => ({
  carried,
  open: NO_QUANTITY,
  cash: NO_MONEY,
  cost: NO_MONEY,
  instrument: fill.lane.instrument,
  lastFill: fill.price,
})

function enter(book: Book, { side, quantity, price }: PricedFill): Book {
  const isClosing = sign(book.carried) === -sign(signed(side, quantity))
  const old = isClosing ? smaller(magnitude(book.carried), quantity) : NO_QUANTITY
  const today = signed(side, (quantity - old) as Quantity)
  return {
    ...book,
    carried: (book.carried + signed(side, old)) as Quantity,
    open: (book.open + today) as Quantity,
    cash: (book.cash - worth(price, today)) as Money,
    cost: costAfter(book, price, today),
    lastFill: price,
  }
}

function costAfter({ open, cost }: Book, price: Price, traded: Quantity): Money {
  const left = add(open, traded)
  if (open === 0n || sign(traded) === sign(open)) return add(cost, worth(price, traded))
  if (sign(left) === -sign(open)) return worth(price, left)
  return divideRounded(cost * left, open, 'nearest') as Money
}
