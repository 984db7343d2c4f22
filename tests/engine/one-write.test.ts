// What every follower waits for is done once for all of them, however many there are: one write, and no new
// connection. It says how often, and not how long: that is what the benchmarks are for.
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import Database from 'better-sqlite3'
import { afterEach, expect, onTestFinished, test } from 'vitest'
import type { EngineEvent } from '../../src/ports.ts'
import {
  type Copier,
  createCopier,
  followerCode,
  ledgerPathIn,
  MASTER_CODE,
  positionOf,
  trade,
  until,
} from './copier.ts'

const FOLLOWERS = 6
const NUMBERS = Array.from({ length: FOLLOWERS }, (_, index) => index + 1)

let copier: Copier | undefined
afterEach(async () => {
  await copier?.close()
  copier = undefined
})

/** A copier whose every connection is open, and which has nothing to do. */
async function warm(tell: (event: EngineEvent) => void): Promise<Copier> {
  const made = await createCopier({ followers: FOLLOWERS, tell })
  copier = made
  await made.start()
  await until(made, 'it is watched', () => made.events.some(({ kind }) => kind === 'watching'))
  await copied(made, 1)
  return made
}

async function copied(made: Copier, quantity: number): Promise<void> {
  const before = BigInt(positionOf(made, followerCode(1)))
  trade(made, 'BUY', quantity)
  const wanted = String(before + BigInt(quantity))
  await until(made, 'all followed', () =>
    NUMBERS.every((number) => positionOf(made, followerCode(number)) === wanted),
  )
  await quiet(made)
}

/** What the orders brought with them is over, readings too: followers ask for nothing any more. */
async function quiet(made: Copier): Promise<void> {
  const asked = () =>
    made.simulator.control.requests().filter(({ clientCode }) => clientCode !== MASTER_CODE).length
  let before = -1
  let looks = 0
  await until(made, 'all know', () => {
    looks = asked() === before ? looks + 1 : 0
    before = asked()
    return looks > 10 && made.ledger().openAttempts(null).length === 0
  })
}

/** As another program sees it at that moment: what is committed. */
function look(made: Copier, sql: string): unknown {
  const db = new Database(ledgerPathIn(made.folder), { readonly: true })
  try {
    return db.prepare(sql).pluck().get()
  } finally {
    db.close()
  }
}

const ANNOUNCED = 'SELECT count(*) FROM announced'

test('all orders of a signal stand in one write, and it is done before the first is told as sent', async () => {
  const announced: unknown[] = []
  const made = await warm(({ kind }) => {
    if (kind === 'sent' && copier !== undefined) announced.push(look(copier, ANNOUNCED))
  })
  announced.length = 0
  await copied(made, 2)
  expect(announced).toEqual(NUMBERS.map(() => 1))
  expect(look(made, ANNOUNCED)).toBe(0)
  const lines = (table: string) =>
    look(
      made,
      `SELECT count(DISTINCT journal) FROM ${table} WHERE journal = (SELECT max(journal) FROM signal)`,
    )
  expect(['decision', 'intent', 'attempt'].map(lines)).toEqual([1, 1, 1])
  expect(
    look(made, 'SELECT count(*) FROM attempt WHERE journal = (SELECT max(journal) FROM signal)'),
  ).toBe(FOLLOWERS)
})

test('an order of an account whose connection is open opens no other', async () => {
  let opened = 0
  const atEach: number[] = []
  const count = () => {
    opened += 1
  }
  subscribe('net.client.socket', count)
  onTestFinished(() => void unsubscribe('net.client.socket', count))
  const made = await warm(({ kind }) => {
    if (kind === 'signal' || kind === 'sent') atEach.push(opened)
  })
  // The control: what was opened before is counted.
  expect(opened).toBeGreaterThan(FOLLOWERS)
  atEach.length = 0
  await copied(made, 3)
  // Other requests may need one before and after; from the decision to the last order none did.
  expect(atEach).toHaveLength(1 + FOLLOWERS)
  expect(new Set(atEach).size).toBe(1)
})
