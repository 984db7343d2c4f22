// SQLite as it is built here plans a query anew whenever another value is bound to a parameter that a column is
// compared with, should that value change what it guesses about the rows; with a join it does so at every call,
// which takes several times as long as the answer. Behind a plus it sees a value of which it knows nothing, and
// keeps its plan. It means the same, indexes included.
import type Database from 'better-sqlite3'

export const steady = (sql: string): string => sql.replace(/([=<>])(\s*)(?=[?@])/g, '$1$2+')

/** From now on what is prepared on it is planned once. */
export function planOnce(db: Database.Database): void {
  const prepare = db.prepare.bind(db)
  db.prepare = ((sql: string) => prepare(steady(sql))) as typeof db.prepare
}
