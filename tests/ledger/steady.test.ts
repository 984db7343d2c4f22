// A plan is kept whatever is asked for, and what is asked for is still found: by an index where there is one.
import Database from 'better-sqlite3'
import { expect, onTestFinished, test } from 'vitest'
import { planOnce, steady } from '../../src/ledger/steady.ts'

test.each([
  ['SELECT 1 FROM t WHERE a = ? AND b >= @b', 'SELECT 1 FROM t WHERE a = +? AND b >= +@b'],
  ['UPDATE t SET a = ? WHERE b <> ?', 'UPDATE t SET a = +? WHERE b <> +?'],
  ['INSERT INTO t (a, b) VALUES (?, @b)', 'INSERT INTO t (a, b) VALUES (?, @b)'],
  ['SELECT 1 WHERE @a IS NULL OR b < c', 'SELECT 1 WHERE @a IS NULL OR b < c'],
])('%s', (before, now) => {
  expect(steady(before)).toBe(now)
})

test('what is found is the same, by the same index, texts and numbers alike', () => {
  const db = new Database(':memory:')
  onTestFinished(() => void db.close())
  planOnce(db)
  db.exec('CREATE TABLE t (a TEXT, b INTEGER) STRICT')
  db.exec('CREATE INDEX by_both ON t (a, b)')
  db.exec("INSERT INTO t VALUES ('x', 1), ('x', 2), ('y', 2), ('2', 3)")
  const find = db.prepare('SELECT b FROM t WHERE a = ? AND b >= ?').pluck()
  expect(find.all('x', 2)).toEqual([2])
  expect(find.all('2', 0)).toEqual([3])
  expect(find.all('z', 0)).toEqual([])
  const plan = db.prepare('EXPLAIN QUERY PLAN SELECT b FROM t WHERE a = ? AND b >= ?').all('x', 2)
  expect(JSON.stringify(plan)).toContain('by_both (a=? AND b>?)')
})
