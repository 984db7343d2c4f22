// The order book as it was a while ago, and the other ways in which a reading of it can mislead.
import { dayOf, type Instant } from '../domain/time.ts'
import type { Account } from './account.ts'
import type { Exchange } from './exchange.ts'
import type { Fault } from './faults.ts'
import type { SimulatedOrder } from './order.ts'
import { type Json, orderRow, success } from './wire.ts'

export interface BookHistory {
  rowsAt(account: Account, now: Instant, ageMs: number): readonly Json[]
}

export function createBookHistory(exchange: Exchange): BookHistory {
  let history = new Map<SimulatedOrder, { at: Instant; row: Json }[]>()
  let day = dayOf(exchange.now())
  exchange.desk.onOrder((_account, order) => {
    const at = exchange.now()
    if (dayOf(at) !== day) {
      history = new Map()
      day = dayOf(at)
    }
    const rows = history.get(order) ?? []
    history.set(order, rows)
    rows.push({ at, row: orderRow(order) })
  })
  return {
    rowsAt(account, now, ageMs) {
      const then = now - ageMs
      return account.orders.flatMap((order) => {
        const known = (history.get(order) ?? []).filter(({ at }) => at <= then).at(-1)
        return known ? [known.row] : []
      })
    },
  }
}

/** The book's answer as the faults leave it. */
export function distortBook(
  envelope: Json,
  struck: readonly Fault[],
  rowsBefore: (ageMs: number) => readonly Json[],
): Json {
  const { data } = envelope as { data: readonly Json[] | null }
  let rows = data ?? []
  for (const fault of struck) {
    if (fault.kind === 'staleBook') rows = rowsBefore(fault.ageMs)
    if (fault.kind === 'missingRow') rows = rows.slice(0, -1)
    if (fault.kind === 'reorderedRows') rows = [...rows].reverse()
    if (fault.kind === 'sampleRows') rows = rows.map((row) => sampleRow(row as Row))
    if (fault.kind === 'unreadableRow') {
      const newest = rows.at(-1)
      if (newest) rows = [...rows.slice(0, -1), { ...(newest as object), quantity: 'many' }]
    }
  }
  return success(rows.length === 0 ? null : rows)
}

type Row = Readonly<Record<string, Json>>

const sampleRow = (row: Row): Json => ({
  ...row,
  ...Object.fromEntries(TEXTS_IN_THE_SAMPLE.map((name) => [name, String(row[name])])),
  price: Number(row.price).toFixed(2),
  orderid: Number(row.orderid),
  symboltoken: null,
})

const TEXTS_IN_THE_SAMPLE = [
  'triggerprice',
  'squareoff',
  'stoploss',
  'trailingstoploss',
  'strikeprice',
  'averageprice',
]
