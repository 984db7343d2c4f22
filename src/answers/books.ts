// The orders of a day as the page shows and counts them, read once and then only where something new is. A
// first reading of a long day goes in slices, so that whoever asks for something else needn't wait for it.
import { setImmediate as breathe } from 'node:timers/promises'
import type { SignalId } from '../domain/ids.ts'
import type { TradingDay } from '../domain/time.ts'
import type { LedgerView } from '../ports.ts'
import { type Known, orderPart } from '../report/order-part.ts'
import type { OrderPart } from '../report/record.ts'

export interface Books {
  /** Oldest first. */
  of(ledger: LedgerView, day: TradingDay): Promise<readonly OrderPart[]>
}

interface Book {
  readonly ledger: LedgerView
  readonly parts: Map<SignalId, OrderPart>
  revision: number
  reading: Promise<readonly OrderPart[]> | null
}

const SLICE_MS = 15
/** Two ledgers, today and a day or two that somebody looks back at. */
const MOST_BOOKS = 6

/** What no fact holds is not known here: when a request left, and a tick. */
export const BY_FACTS: Known = {
  sentAt: () => null,
  toldFilledAt: () => null,
  tickOf: () => null,
  isCarriedOver: () => false,
}

export function createBooks(): Books {
  const books = new Map<string, Book>()

  function bookOf(ledger: LedgerView, day: TradingDay): Book {
    const name = `${ledger.mode}/${day}`
    const known = books.get(name)
    const book =
      known?.ledger === ledger ? known : { ledger, parts: new Map(), revision: -1, reading: null }
    books.delete(name)
    books.set(name, book)
    for (const old of [...books.keys()].slice(0, -MOST_BOOKS)) books.delete(old)
    return book
  }

  async function read(book: Book, day: TradingDay): Promise<readonly OrderPart[]> {
    const { ledger, parts } = book
    const revision = ledger.revision()
    if (revision === book.revision) return inOrder(parts)
    const touched = new Set(book.revision < 0 ? [] : ledger.signalsSince(book.revision))
    const wanted = ledger
      .signals(day)
      .filter(({ id }) => touched.has(id) || !parts.has(id))
      .map(({ id }) => id)
    let until = performance.now() + SLICE_MS
    for (const id of wanted) {
      const part = orderPart(ledger.why(id, null), BY_FACTS)
      if (part !== null) parts.set(id, part)
      if (performance.now() < until) continue
      await breathe()
      until = performance.now() + SLICE_MS
    }
    book.revision = revision
    return inOrder(parts)
  }

  return {
    of(ledger, day) {
      const book = bookOf(ledger, day)
      book.reading ??= read(book, day).finally(() => {
        book.reading = null
      })
      return book.reading
    },
  }
}

const inOrder = (parts: ReadonlyMap<SignalId, OrderPart>): readonly OrderPart[] =>
  [...parts.values()].toSorted((a, b) => a.signal - b.signal)
