// What a paper account tells of itself, in the words of a real one: orders, fills, positions, holdings are
// its own; money, names and quotes are the real account's.
import type { InstrumentId } from '../../domain/ids.ts'
import { type Price, type Quantity, sum } from '../../domain/numbers.ts'
import { type OrderReport, type Product, signed } from '../../domain/order.ts'
import type { BrokerReader, Clock, Fill, Reading } from '../../ports.ts'
import type { Book, PaperOrder } from './book.ts'
import { orderIdOf, reportOf, uniqueIdOf } from './report.ts'

interface Deps {
  readonly clock: Clock
  readonly real: Pick<BrokerReader, 'quotes' | 'funds' | 'profile'>
  /** Of today: each day has a book of its own. */
  readonly book: () => Book
  readonly lastPriceOf: (instrument: InstrumentId) => Price | null
}

export function createReader({ clock, real, book, lastPriceOf }: Deps): BrokerReader {
  const { account } = book()
  const read = <T>(value: T): Promise<Reading<T>> =>
    Promise.resolve({ kind: 'read', value, unreadable: [], at: clock.now() })

  /** Readings are kept for a while, and most of a book is as it was: what has not changed is one and the same. */
  const told = new WeakMap<PaperOrder, OrderReport>()
  function inBook(order: PaperOrder): OrderReport {
    const report = told.get(order) ?? reportOf(account, order, 'book')
    told.set(order, report)
    return report
  }

  return {
    account,
    orders: () => read(book().orders().map(inBook)),
    order(id) {
      const order = book()
        .orders()
        .find((each) => uniqueIdOf(account, each) === id)
      return read(order ? reportOf(account, order, 'details') : null)
    },
    fills: () => read(fillsOf(book())),
    positions: () =>
      read(
        book()
          .positions()
          .map(({ instrument: { id }, product, quantity }) => ({
            instrument: id,
            product,
            quantity,
            today: tradedIn(book(), id, product),
            lastPrice: lastPriceOf(id),
          })),
      ),
    holdings: () =>
      read(
        book()
          .holdings()
          .map(({ instrument: { id }, quantity }) => ({ instrument: id, quantity })),
      ),
    funds: real.funds,
    profile: real.profile,
    quotes: real.quotes,
  }
}

function tradedIn(book: Book, instrument: InstrumentId, product: Product): Quantity {
  const parts = book.fills().flatMap(({ number, quantity }) => {
    const order = book.order(number)
    const isThere = order?.instrument.id === instrument && order.product === product
    return isThere ? [signed(order.side, quantity)] : []
  })
  return sum(parts)
}

function fillsOf(book: Book): readonly Fill[] {
  return book.fills().flatMap(({ number, quantity, price, at }) => {
    const order = book.order(number)
    return order ? [{ orderId: orderIdOf(order), quantity, price, at }] : []
  })
}
