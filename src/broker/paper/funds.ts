// Whether a paper account could have paid for an order, out of what the real account has free. Only what
// is paid in full can be known from a price: delivered shares, and options that are bought. Futures, sold
// options and intraday shares want a margin that the broker alone can compute: they are let through.
import type { InstrumentId } from '../../domain/ids.ts'
import type { Instrument } from '../../domain/instrument.ts'
import {
  add,
  divideRounded,
  formatDecimal,
  larger,
  type Money,
  NO_MONEY,
  NO_QUANTITY,
  negate,
  ONE,
  type Price,
  type Quantity,
  subtract,
  worth,
} from '../../domain/numbers.ts'
import type { Product } from '../../domain/order.ts'
import { type Book, type PaperOrder, remaining } from './book.ts'

/** Words of the refusal, with the numbers that decided it; null when it can be paid or nobody can tell. */
export function findUnpaid(
  order: PaperOrder,
  market: { readonly last: Price; readonly net: Money },
  book: Book,
): string | null {
  if (!isToBePaid(order)) return null
  const required = worth(priceOf(order) ?? market.last, opening(order, book))
  if (required === NO_MONEY) return null
  const available = subtract(subtract(market.net, spent(book)), reserved(order, book))
  return required > available
    ? `margin exceeds: required ${formatDecimal(required, 2)}, available ${formatDecimal(available, 2)}`
    : null
}

export const isToBePaid = (order: PaperOrder): boolean =>
  order.side === 'BUY' && isPaidInFull(order)

function isPaidInFull({
  instrument,
  product,
}: {
  readonly instrument: Instrument
  readonly product: Product
}): boolean {
  switch (instrument.kind) {
    case 'cash':
      return product === 'DELIVERY'
    case 'indexOption':
    case 'stockOption':
    case 'commodityOption':
    case 'currencyOption':
      return true
    default:
      return false
  }
}

/**
 * What is bought back is no purchase: closing what was sold frees money, and is never refused for want of it. Of
 * several orders that buy back, the earlier ones close first.
 */
function opening(order: PaperOrder, book: Book): Quantity {
  const { instrument, product } = order
  let left = negate(book.position(instrument.id, product))
  for (const other of book.working())
    if (
      other.number < order.number &&
      other.side === 'BUY' &&
      other.instrument.id === instrument.id &&
      other.product === product
    )
      left = subtract(left, remaining(other))
  return larger(subtract(remaining(order), larger(left, NO_QUANTITY)), NO_QUANTITY)
}

/** What today's fills have cost so far. What was sold again came back; a short sale frees nothing. */
function spent(book: Book): Money {
  const byInstrument = new Map<InstrumentId, bigint>()
  for (const order of book.orders()) {
    if (!isPaidInFull(order)) continue
    const before = byInstrument.get(order.instrument.id) ?? 0n
    const cost = order.side === 'BUY' ? order.cost : -order.cost
    byInstrument.set(order.instrument.id, before + cost)
  }
  let total = 0n
  for (const cost of byInstrument.values()) total += larger(cost, 0n)
  return divideRounded(total, ONE, 'nearest') as Money
}

/** What the account's other orders may still cost. */
function reserved(order: PaperOrder, book: Book): Money {
  let total = NO_MONEY
  for (const other of book.working()) {
    const price = priceOf(other)
    if (other.number === order.number || price === null || !isToBePaid(other)) continue
    total = add(total, worth(price, opening(other, book)))
  }
  return total
}

const priceOf = ({ pricing }: PaperOrder): Price | null =>
  'price' in pricing ? pricing.price : null
