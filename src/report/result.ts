// What a follower's own fills of one day came to, split into what is closed and what is still open, which
// counts at the last price that is known. What was carried into the day cost its money on another day:
// closing it is neither profit nor loss here. Charges and taxes are not in it. Pure.
import type { InstrumentId } from '../domain/ids.ts'
import { type Lane, type LaneKey, laneKey } from '../domain/lane.ts'
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
} from '../domain/numbers.ts'
import { signed } from '../domain/order.ts'
import type { FollowerDay } from '../ports.ts'

interface Result {
  readonly realised: Money
  readonly open: Money
}

interface Book {
  readonly instrument: InstrumentId
  /** Of before, not yet closed, signed. */
  carried: Quantity
  /** Of these fills, signed, and what they cost: below nothing where they were sold. */
  open: Quantity
  cost: Money
  realised: Money
  last: Price
}

/** `fills` are newest first, as the ledger gives them; `held` is what the lane holds after all of them. */
export function resultOf(
  fills: FollowerDay['fills'],
  held: (lane: Lane) => Quantity,
  prices: ReadonlyMap<InstrumentId, { readonly last: Price }>,
): Result {
  const books = new Map<LaneKey, Book>()
  const moved = new Map<LaneKey, Quantity>()
  for (const { lane, side, quantity } of fills)
    moved.set(laneKey(lane), add(moved.get(laneKey(lane)) ?? NO_QUANTITY, signed(side, quantity)))
  for (const { lane, side, quantity, price: shown } of fills.toReversed()) {
    const price = shown ?? prices.get(lane.instrument)?.last ?? null
    if (price === null) continue
    const key = laneKey(lane)
    const book = books.get(key) ?? {
      instrument: lane.instrument,
      carried: subtract(held(lane), moved.get(key) ?? NO_QUANTITY),
      open: NO_QUANTITY,
      cost: NO_MONEY,
      realised: NO_MONEY,
      last: price,
    }
    books.set(key, book)
    enter(book, signed(side, quantity), price)
  }
  let realised = NO_MONEY
  let open = NO_MONEY
  for (const book of books.values()) {
    const last = prices.get(book.instrument)?.last ?? book.last
    realised = add(realised, book.realised)
    open = add(open, subtract(worth(last, book.open), book.cost))
  }
  return { realised, open }
}

function enter(book: Book, change: Quantity, price: Price): void {
  const afterOld = subtract(change, takeFrom(book.carried, change))
  book.carried = add(book.carried, takeFrom(book.carried, change))
  const closing = takeFrom(book.open, afterOld)
  if (closing !== 0n) {
    const share = divideRounded(book.cost * magnitude(closing), magnitude(book.open), 'nearest')
    // What comes in for it, less what it had cost.
    book.realised = (book.realised - worth(price, closing) - share) as Money
    book.cost = (book.cost - share) as Money
    book.open = add(book.open, closing)
  }
  const opening = subtract(afterOld, closing)
  book.cost = add(book.cost, worth(price, opening))
  book.open = add(book.open, opening)
  book.last = price
}

/** How much of a change goes against what is there, signed as the change. */
function takeFrom(there: Quantity, change: Quantity): Quantity {
  if (sign(there) !== -sign(change)) return NO_QUANTITY
  const part = smaller(magnitude(there), magnitude(change))
  return (change > 0n ? part : -part) as Quantity
}
