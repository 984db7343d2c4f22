// The orders of a day as the page shows and counts them, read once and then only where something new is. A
// first reading of a long day goes in slices, so that whoever asks for something else needn't wait for it.
import { setImmediate as breathe } from 'node:timers/promises'
import type { SignalId } from '../domain/ids.ts'
import type { RecordedSignal } from '../domain/signal.ts'
import type { TradingDay } from '../domain/time.ts'
import type { LedgerView } from '../ports.ts'
import { type Known, orderPart } from '../report/order-part.ts'
import type { OrderPart } from '../report/record.ts'

export interface Books {
  /** The whole day, oldest first. */
  of(ledger: LedgerView, day: TradingDay): Promise<readonly OrderPart[]>
  /** One after the other, each read when it is come to: who stops early has read little. */
  each(
    ledger: LedgerView,
    day: TradingDay,
    signals: readonly RecordedSignal[],
  ): AsyncIterable<OrderPart>
}

interface Book {
  readonly ledger: LedgerView
  /** null: nobody has decided about it. */
  readonly parts: Map<SignalId, OrderPart | null>
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

  /** What has changed since is forgotten, and read again when somebody comes to it. */
  function bookOf(ledger: LedgerView, day: TradingDay): Book {
    const name = `${ledger.mode}/${day}`
    const revision = ledger.revision()
    const known = books.get(name)
    const book =
      known?.ledger === ledger ? known : { ledger, parts: new Map(), revision, reading: null }
    if (book.revision !== revision)
      for (const id of ledger.signalsSince(book.revision)) book.parts.delete(id)
    book.revision = revision
    books.delete(name)
    books.set(name, book)
    for (const old of [...books.keys()].slice(0, -MOST_BOOKS)) books.delete(old)
    return book
  }

  function partOf({ ledger, parts }: Book, id: SignalId): OrderPart | null {
    const known = parts.get(id)
    if (known !== undefined) return known
    const part = orderPart(ledger.why(id, null), BY_FACTS)
    parts.set(id, part)
    return part
  }

  async function* each(ledger: LedgerView, day: TradingDay, signals: readonly RecordedSignal[]) {
    let book = bookOf(ledger, day)
    let until = performance.now() + SLICE_MS
    for (const { id } of signals) {
      const part = partOf(book, id)
      if (part !== null) yield part
      if (performance.now() < until) continue
      await breathe()
      book = bookOf(ledger, day)
      until = performance.now() + SLICE_MS
    }
  }

  async function readAll(ledger: LedgerView, day: TradingDay): Promise<readonly OrderPart[]> {
    const found: OrderPart[] = []
    for await (const part of each(ledger, day, ledger.signals(day))) found.push(part)
    return found
  }

  return {
    each,
    of(ledger, day) {
      const book = bookOf(ledger, day)
      book.reading ??= readAll(ledger, day).finally(() => {
        book.reading = null
      })
      return book.reading
    },
  }
}
