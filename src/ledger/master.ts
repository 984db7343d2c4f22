// The master's orders as seen. The stream speaks of an order by its `orderid` before the book names its
// lasting `uniqueorderid`, and the first may change on modification: both are aliases of one order here,
// and when two orders turn out to be one, what either had signalled counts for both.
import { assert } from '../domain/assert.ts'
import type { AccountName, OrderId } from '../domain/ids.ts'
import type { Quantity } from '../domain/numbers.ts'
import { isFinal, type OrderReport } from '../domain/order.ts'
import { type MasterOrder, type MasterOrderKey, masterOrderKey } from '../domain/signal.ts'
import type { Instant, TradingDay } from '../domain/time.ts'
import { type Row, reportColumns, reportOf } from './columns.ts'
import type { Derive } from './derive.ts'
import type { Line, Store } from './store.ts'

export interface Master {
  seeMasterOrders(reports: readonly OrderReport[], at: Instant): readonly MasterOrder[]
  setBaseline(account: AccountName, reports: readonly OrderReport[], at: Instant): void
  hasBaseline(account: AccountName): boolean
  masterOrders(day: TradingDay): readonly MasterOrder[]
  masterOrdersUntold(before: TradingDay): readonly MasterOrder[]
  masterOrderKeyOf(account: AccountName, orderId: OrderId, day: TradingDay): MasterOrderKey | null
}

/** All orders of a day in their order; another list with each that is new or has moved. */
interface KeptDay {
  readonly day: TradingDay
  readonly takenBack: number
  readonly places: Map<bigint, number>
  orders: readonly MasterOrder[]
}

/** A master order as it was read, good until anything of it changes or anything is taken back. */
interface Known {
  readonly order: MasterOrder
  readonly moves: number
  readonly takenBack: number
}

export function createMaster(store: Store, derive: Derive): Master {
  const sql = prepare(store.db)
  // Every reading of a book shows every order of the day, and of nearly all of them nothing is new.
  const known = new Map<bigint, Known>()
  /** A report that says nothing beyond what is known; the reader gives an unchanged row as the same one. */
  const nothingNew = new WeakMap<OrderReport, { readonly number: bigint; readonly known: Known }>()

  const isStill = (number: bigint, { moves, takenBack }: Known): boolean =>
    moves === derive.moves.ofMaster(number) && takenBack === store.takenBack()

  function knownOf(number: bigint): Known {
    const before = known.get(number)
    if (before && isStill(number, before)) return before
    const now = {
      order: masterOrderOf(sql.state.get(number) as Row),
      moves: derive.moves.ofMaster(number),
      takenBack: store.takenBack(),
    }
    known.set(number, now)
    return now
  }

  function seeUnlessKnown(report: OrderReport, line: Line): bigint {
    const before = nothingNew.get(report)
    if (before && isStill(before.number, before.known)) return before.number
    const number = see(report, line)
    nothingNew.set(report, { number, known: knownOf(number) })
    return number
  }

  function see(report: OrderReport, line: Line): bigint {
    const order = identify(report, line)
    const known = sql.state.get(order) as Row | undefined
    if (!known) addSighting(order, report, line)
    else {
      const before = reportOf(known)
      const now = isOlder(report, before) ? before : joined(before, report)
      if (!isSame(before, now)) addSighting(order, now, line)
    }
    return order
  }

  /** Finds the order by any of its names, learns new ones, and makes it when it has none. */
  function identify(report: OrderReport, line: Line): bigint {
    const { account, day, orderId, uniqueOrderId } = report
    const byUnique = uniqueOrderId === null ? null : find(report, 'uniqueOrderId', uniqueOrderId)
    const byOrder = find(report, 'orderId', orderId)
    const order = byUnique ?? byOrder ?? addOrder(report, line)
    if (byUnique !== null && byOrder !== null && byUnique !== byOrder)
      merge(byOrder, byUnique, line)
    if (byOrder === null) sql.addAlias.run(line(), account, day, 'orderId', orderId, order)
    if (byUnique === null && uniqueOrderId !== null)
      sql.addAlias.run(line(), account, day, 'uniqueOrderId', uniqueOrderId, order)
    return order
  }

  function find(report: OrderReport, kind: string, name: string): bigint | null {
    return (sql.byAlias.get(report.account, report.day, kind, name) as bigint | undefined) ?? null
  }

  function addOrder({ account, day, orderId, uniqueOrderId }: OrderReport, line: Line): bigint {
    const key = masterOrderKey(account, day, uniqueOrderId ?? orderId)
    return sql.addOrder.run(line(), key, account, day).lastInsertRowid as bigint
  }

  function merge(gone: bigint, kept: bigint, line: Line): void {
    sql.addMerge.run(gone, line(), kept)
    derive.merge(gone, kept)
    // Whichever of the two is further on is the truth about their one order.
    const a = reportOf(sql.state.get(kept) as Row)
    const b = reportOf(sql.state.get(gone) as Row)
    if (isOlder(a, b)) addSighting(kept, joined(a, b), line)
  }

  function addSighting(order: bigint, report: OrderReport, line: Line): void {
    const number = sql.addReport.run(reportColumns(report)).lastInsertRowid as bigint
    const seenIn = line()
    sql.addSighting.run(seenIn, order, number)
    derive.masterSeen(order, { report: number, filled: report.filled, line: seenIn })
  }

  /** A baseline once set stays; one that was taken back was never seen from outside. */
  const haveBaseline = new Set<AccountName>()
  function hasBaseline(account: AccountName): boolean {
    if (haveBaseline.has(account)) return true
    const isThere = store.read(() => sql.hasBaseline.get(account) !== undefined)
    if (isThere && store.isKeepable()) haveBaseline.add(account)
    return isThere
  }

  const masterOrder = (order: bigint): MasterOrder => knownOf(order).order

  /** It is asked for at every word about the master: only what has moved since is looked at again. */
  let kept: KeptDay | null = null
  function ordersOf(day: TradingDay): readonly MasterOrder[] {
    const moved = derive.takeMovedMasters()
    if (moved === 'many' || kept?.day !== day || kept.takenBack !== store.takenBack())
      kept = readDay(day)
    else if (moved.length > 0) follow(kept, moved)
    return kept.orders
  }

  function readDay(day: TradingDay): KeptDay {
    const numbers = sql.numbersOfDay.all(day) as bigint[]
    return {
      day,
      takenBack: store.takenBack(),
      places: new Map(numbers.map((number, place) => [number, place])),
      orders: numbers.map(masterOrder),
    }
  }

  /** What is new has the highest number, and so comes last. */
  function follow(kept: KeptDay, moved: readonly bigint[]): void {
    const orders = [...kept.orders]
    for (const number of moved) {
      const order = masterOrder(number)
      const place = kept.places.get(number)
      if (place !== undefined) orders[place] = order
      else if (order.report.day === kept.day) kept.places.set(number, orders.push(order) - 1)
    }
    kept.orders = orders
  }

  return {
    seeMasterOrders: (reports, at) =>
      store.writeTold('masterOrders', at, (line) =>
        unique(reports.map((report) => seeUnlessKnown(report, line))).map(masterOrder),
      ),
    setBaseline: (account, reports, at) =>
      store.write(
        'baseline',
        at,
        (line) => {
          assert(sql.hasBaseline.get(account) === undefined, `${account} has a baseline already`)
          sql.addBaseline.run(account, line())
          for (const order of unique(reports.map((report) => see(report, line)))) {
            const { filled } = reportOf(sql.state.get(order) as Row)
            sql.addBaselineOrder.run(order, line(), filled)
            derive.baseline(order, filled)
          }
        },
        'mustLeaveReserve',
      ),
    hasBaseline,
    masterOrders: (day) =>
      store.isKeepable()
        ? store.read(() => ordersOf(day))
        : store.read(() => (sql.ofDay.all(day) as Row[]).map(masterOrderOf)),
    masterOrdersUntold: (before) =>
      store.read(() => (sql.untold.all(before) as Row[]).map(masterOrderOf)),
    masterOrderKeyOf: (account, orderId, day) =>
      store.read(() => (sql.keyByOrderId.get(account, day, orderId) as MasterOrderKey) ?? null),
  }
}

const unique = (orders: readonly bigint[]): readonly bigint[] => [...new Set(orders)]

/** A stale book or a late frame: fills never fall, and what is final stays so. */
const isOlder = (seen: OrderReport, known: OrderReport): boolean =>
  seen.filled < known.filled ||
  (seen.filled === known.filled && isFinal(known.status) && !isFinal(seen.status))

/** The newer report, with what only the older one told. */
const joined = (known: OrderReport, seen: OrderReport): OrderReport => ({
  ...seen,
  uniqueOrderId: seen.uniqueOrderId ?? known.uniqueOrderId,
  tag: seen.tag === '' ? known.tag : seen.tag,
  averagePrice: seen.averagePrice ?? known.averagePrice,
  exchangeTime: seen.exchangeTime ?? known.exchangeTime,
  fillTime: seen.fillTime ?? known.fillTime,
})

/** Which source told it is no news. */
function isSame(before: OrderReport, now: OrderReport): boolean {
  const a: Record<string, unknown> = { ...reportColumns(before), source: null }
  const b: Record<string, unknown> = { ...reportColumns(now), source: null }
  return Object.keys(a).every((name) => a[name] === b[name])
}

const masterOrderOf = (row: Row): MasterOrder => ({
  key: row.key as MasterOrderKey,
  report: reportOf(row),
  signalled: {
    baseline: row.baseline as Quantity,
    entry: row.entry as Quantity,
    exit: row.exit as Quantity,
  },
  heard: {
    first: row.has_merged === 0n ? (row.first_heard as bigint) : 0n,
    last: row.last_heard as bigint,
  },
})

// The report's own columns first: `filled` is in both tables and the same.
const STATE = `
  SELECT report.*, master_order.key, master_order.journal AS first_heard,
    master_state.baseline, master_state.entry, master_state.exit,
    master_state.has_merged, master_state.last_heard
  FROM master_state
    JOIN report ON report.number = master_state.report
    JOIN master_order ON master_order.number = master_state.master_order`

function prepare(db: Store['db']) {
  return {
    byAlias: db
      .prepare(`
        SELECT coalesce(master_state.merged_into, master_alias.master_order)
        FROM master_alias LEFT JOIN master_state USING (master_order)
        WHERE master_alias.account = ? AND master_alias.day = ? AND kind = ? AND name = ?`)
      .pluck(),
    keyByOrderId: db
      .prepare(`
        SELECT master_order.key
        FROM master_alias LEFT JOIN master_state USING (master_order)
          JOIN master_order
            ON master_order.number = coalesce(master_state.merged_into, master_alias.master_order)
        WHERE master_alias.account = ? AND master_alias.day = ?
          AND kind = 'orderId' AND name = ?`)
      .pluck(),
    state: db.prepare(`${STATE} WHERE master_state.master_order = ?`),
    ofDay: db.prepare(`${STATE}
      WHERE master_state.day = ? AND master_state.merged_into IS NULL
      ORDER BY master_state.master_order`),
    // Asked at a start and once a day. A ledger of before this was asked may have old ones that never were told.
    untold: db.prepare(`${STATE}
      WHERE master_state.day < ? AND master_state.merged_into IS NULL
        AND master_state.baseline + master_state.entry + master_state.exit < master_state.filled
        AND NOT EXISTS (
          SELECT 1 FROM signal
          WHERE signal.day > master_state.day AND signal.account = master_state.account
            AND signal.instrument = report.instrument AND signal.product = report.product)
      ORDER BY master_state.day, master_state.master_order`),
    numbersOfDay: db
      .prepare(`
        SELECT master_order FROM master_state
        WHERE day = ? AND merged_into IS NULL ORDER BY master_order`)
      .pluck(),
    addOrder: db.prepare(
      'INSERT INTO master_order (journal, key, account, day) VALUES (?, ?, ?, ?)',
    ),
    addAlias: db.prepare(`
      INSERT INTO master_alias (journal, account, day, kind, name, master_order)
      VALUES (?, ?, ?, ?, ?, ?)`),
    addMerge: db.prepare('INSERT INTO master_merge (gone, journal, kept) VALUES (?, ?, ?)'),
    addSighting: db.prepare(
      'INSERT INTO master_sighting (journal, master_order, report) VALUES (?, ?, ?)',
    ),
    addReport: db.prepare(ADD_REPORT),
    hasBaseline: db.prepare('SELECT 1 FROM baseline WHERE account = ?').pluck(),
    addBaseline: db.prepare('INSERT INTO baseline (account, journal) VALUES (?, ?)'),
    addBaselineOrder: db.prepare(
      'INSERT INTO baseline_order (master_order, journal, filled) VALUES (?, ?, ?)',
    ),
  }
}

export const ADD_REPORT = `
  INSERT INTO report (account, day, order_id, unique_order_id, tag, instrument, exchange, symbol,
    token, side, product, variety, pricing, limit_price, trigger_price, quantity, filled,
    average_price, status, text, exchange_time, fill_time, source)
  VALUES (@account, @day, @orderId, @uniqueOrderId, @tag, @instrument, @exchange, @symbol,
    @token, @side, @product, @variety, @pricing, @limitPrice, @triggerPrice, @quantity, @filled,
    @averagePrice, @status, @text, @exchangeTime, @fillTime, @source)`
