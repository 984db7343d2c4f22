// What a follower won or lost on what Lockstep traded for it, from its own fills alone: a broker's figure
// would mix in its own trades. What is still open counts at the price of its last own fill, so it is
// neither profit nor loss until it is closed. What was held before the first fill cost its money on
// another day: closing it is neither profit nor loss here. Charges and taxes are not in it. Pure.
import {
  type Money,
  magnitude,
  NO_MONEY,
  NO_QUANTITY,
  type Price,
  type Quantity,
  sign,
  smaller,
  worth,
} from '../domain/numbers.ts'
import { type Side, signed } from '../domain/order.ts'

export interface OwnFill {
  /** Follower, instrument and product. */
  readonly lane: string
  readonly side: Side
  readonly quantity: Quantity
  readonly price: Price
}

interface Book {
  /** Of before, not yet closed, signed. */
  carried: Quantity
  /** Of these fills, signed. */
  open: Quantity
  cash: bigint
  last: Price
}

export interface RunningProfit {
  /** Fill by fill, oldest first; gives what it all comes to then. Above nothing is a profit. */
  add(fill: OwnFill): Money
}

export function createProfit(carried: ReadonlyMap<string, Quantity>): RunningProfit {
  const books = new Map<string, Book>()
  let total = 0n
  return {
    add({ lane, side, quantity, price }) {
      const before = books.get(lane)
      const book = before ?? {
        carried: carried.get(lane) ?? NO_QUANTITY,
        open: NO_QUANTITY,
        cash: NO_MONEY,
        last: price,
      }
      const closesOld = sign(book.carried) === -sign(signed(side, quantity))
      const old = closesOld ? smaller(magnitude(book.carried), quantity) : NO_QUANTITY
      const fresh = signed(side, (quantity - old) as Quantity)
      const next: Book = {
        carried: (book.carried + signed(side, old)) as Quantity,
        open: (book.open + fresh) as Quantity,
        cash: book.cash - worth(price, fresh),
        last: price,
      }
      books.set(lane, next)
      total += worthOf(next) - (before === undefined ? 0n : worthOf(before))
      return total as Money
    },
  }
}

const worthOf = ({ cash, last, open }: Book): bigint => cash + worth(last, open)

/** Oldest fill first. */
export function profitOf(fills: readonly OwnFill[], carried: ReadonlyMap<string, Quantity>): Money {
  const profit = createProfit(carried)
  let total = NO_MONEY
  for (const fill of fills) total = profit.add(fill)
  return total
}
