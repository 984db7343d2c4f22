// What is new, for those who look again and again: the number of the newest fact, and the signals that facts
// since another one speak of. Every table is read from its end, so that looking costs what is new and not
// what there is.
import type { SignalId } from '../domain/ids.ts'
import type { TradingDay } from '../domain/time.ts'
import type { LedgerView } from '../ports.ts'
import { numberOf, type Row } from './columns.ts'
import type { Store } from './store.ts'

export type News = Pick<LedgerView, 'revision' | 'signalsSince' | 'daysWithSignals'>

export function createNews(store: Store): News {
  const sql = prepare(store.db)

  /** Newest first; stops at the first row that is known. */
  function addFrom(table: Newest, since: number, found: Set<SignalId>): void {
    for (const row of table.iterate() as Iterable<Row>) {
      if (numberOf(row.journal) <= since) return
      if (row.signal !== null) found.add(numberOf(row.signal) as SignalId)
    }
  }

  return {
    revision: () => store.read(() => numberOf(sql.revision.get() as bigint)),
    signalsSince: (since) =>
      store.read(() => {
        const found = new Set<SignalId>()
        for (const table of sql.tables) addFrom(table, since, found)
        return [...found].toSorted((a, b) => a - b)
      }),
    daysWithSignals: () =>
      store.read(() =>
        (sql.days.all() as Row[]).map((row) => ({
          day: row.day as TradingDay,
          signals: numberOf(row.signals),
        })),
      ),
  }
}

interface Newest {
  iterate(): Iterable<unknown>
}

function prepare(db: Store['db']) {
  return {
    revision: db.prepare('SELECT coalesce(max(number), 0) FROM journal').pluck(),
    tables: [
      'SELECT journal, number AS signal FROM signal ORDER BY number DESC',
      'SELECT journal, signal FROM question ORDER BY rowid DESC',
      'SELECT journal, signal FROM decision ORDER BY number DESC',
      'SELECT journal, signal FROM intent ORDER BY number DESC',
      `SELECT denial.journal, intent.signal
       FROM denial JOIN intent ON intent.number = denial.intent ORDER BY denial.number DESC`,
      `SELECT attempt.journal, intent.signal
       FROM attempt JOIN intent ON intent.number = attempt.intent ORDER BY attempt.number DESC`,
      `SELECT attempt_event.journal, intent.signal
       FROM attempt_event
         JOIN attempt ON attempt.number = attempt_event.attempt
         JOIN intent ON intent.number = attempt.intent
       ORDER BY attempt_event.number DESC`,
    ].map((text): Newest => db.prepare<[]>(text)),
    days: db.prepare('SELECT day, count(*) AS signals FROM signal GROUP BY day ORDER BY day DESC'),
  }
}
