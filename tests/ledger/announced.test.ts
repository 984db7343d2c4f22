// What leaves at once is on disk, whole, when its recording returns, in a write that does not grow with the
// tables; whatever happens right after, it stands in them as it was sent.
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { openLedger, openView } from '../../src/ledger/open.ts'
import type { Ledger, RecordedPlan } from '../../src/ports.ts'
import {
  AT,
  entry,
  follower,
  LOT,
  laneOf,
  reportOf,
  seededChance,
  signalOf,
  skip,
  still,
  tagMaker,
} from './scene.ts'

const FOLLOWERS = 20

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lockstep-announced-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
})

function open(name: string): Ledger {
  const ledger = openLedger({
    path: join(folder, name),
    mode: 'live',
    clock: still,
    chance: seededChance(1),
    command: 'test',
    reserveBytes: 4096,
  })
  onTestFinished(() => ledger.close())
  return ledger
}

/** A signal that is copied to all but one, who is left out, and leaves at once. */
function send(ledger: Ledger, number: number, tag = tagMaker(ledger.engine, seededChance(number))) {
  const [order] = ledger.seeMasterOrders([reportOf(`${number}`)], AT)
  if (order === undefined) throw new Error('an order that was seen is given back')
  const signal = signalOf(order)
  const copied = Array.from({ length: FOLLOWERS }, (_, index) =>
    entry(laneOf(index + 1), signal, LOT, [tag()]),
  )
  const sendNow = copied.flatMap(({ intents }) => intents.map((intent) => intent.tag))
  const decisions = [...copied, skip(laneOf(FOLLOWERS + 1))]
  const [plan] = ledger.record([{ signal, decisions, sendNow }], AT)
  if (plan === undefined) throw new Error('what was recorded is given back')
  return plan
}

/** As the machine would find it if everything stopped now. */
function stopped(name: string, as: string): string {
  for (const end of ['', '-wal'])
    if (existsSync(join(folder, name + end)))
      copyFileSync(join(folder, name + end), join(folder, as + end))
  return as
}

const named = ({ attempts }: RecordedPlan) =>
  attempts.map(({ id, tag, quantity, intent }) => ({ id, tag, quantity, intent: intent.id }))

const sending = (ledger: Pick<Ledger, 'openAttempts'>) =>
  ledger.openAttempts(null).map(({ attempt: { id, tag, quantity, intent }, state }) => {
    expect(state.kind).toBe('sending')
    return { id, tag, quantity, intent: intent.id }
  })

test('what was sent when everything stopped is in the tables of the next engine, by its numbers', () => {
  const ledger = open('one.db')
  send(ledger, 1)
  const plan = send(ledger, 2)
  const next = open(stopped('one.db', 'two.db'))
  const both = sending(next)
  expect(both).toHaveLength(2 * FOLLOWERS)
  expect(both.slice(FOLLOWERS)).toEqual(named(plan))
  expect(next.why(plan.signal.id, follower(FOLLOWERS + 1))).toMatchObject([
    { decision: { kind: 'skip' } },
  ])
  expect(next.verify()).toEqual([])
  // And of the one that lived on.
  expect(sending(ledger)).toEqual(both)
  expect(ledger.verify()).toEqual([])
})

test('who only looks sees what was being sent, until the next engine has it in the tables', () => {
  const ledger = open('one.db')
  const plan = send(ledger, 1)
  const path = join(folder, stopped('one.db', 'two.db'))
  const view = openView({ path, mode: 'live' })
  onTestFinished(() => view.close())
  expect(sending(view)).toEqual(named(plan))
  for (const { tag, id } of plan.attempts) expect(view.attemptByTag(tag)?.attempt.id).toBe(id)
  const [first] = view.openAttempts(follower(3))
  expect([view.openAttempts(follower(3)).length, first?.attempt.intent.lane.follower]).toEqual([
    1,
    follower(3),
  ])
  const next = open('two.db')
  expect(sending(next)).toEqual(named(plan))
  expect(sending(view)).toEqual(named(plan))
})

test('control: without what was announced nobody knows of it', () => {
  const ledger = open('one.db')
  send(ledger, 1)
  const db = new Database(join(folder, stopped('one.db', 'two.db')))
  expect(db.prepare('SELECT count(*) FROM announced').pluck().get()).toBe(1)
  db.exec('DELETE FROM announced')
  db.close()
  expect(sending(open('two.db'))).toEqual([])
})

test('what is laid out is announced no more', () => {
  const ledger = open('one.db')
  send(ledger, 1)
  ledger.lanes()
  const db = new Database(join(folder, stopped('one.db', 'two.db')), { readonly: true })
  expect(db.prepare('SELECT count(*) FROM announced').pluck().get()).toBe(0)
  expect(db.prepare('SELECT count(*) FROM attempt').pluck().get()).toBe(FOLLOWERS)
  db.close()
})

test('a write that is waited for has a few pages, however many orders leave with it', () => {
  const ledger = open('one.db')
  for (let number = 1; number < 30; number++) send(ledger, number)
  ledger.lanes()
  const [order] = ledger.seeMasterOrders([reportOf('30')], AT)
  expect(order).toBeDefined()
  const before = pagesIn('one.db')
  send(ledger, 30)
  const waitedFor = pagesIn('one.db') - before
  ledger.lanes()
  const inAll = pagesIn('one.db') - before
  expect(waitedFor).toBeLessThan(FOLLOWERS)
  // Without the announcement all of it would have been waited for.
  expect(inAll).toBeGreaterThan(3 * waitedFor)
})

/** In the log that commits are added to: it has a head of 32 bytes, and one of 24 for each page of 4096. */
const pagesIn = (name: string): number =>
  (readFileSync(join(folder, `${name}-wal`)).length - 32) / (4096 + 24)

test('what the tables would refuse is refused before anything leaves', () => {
  const ledger = open('one.db')
  const first = send(ledger, 1)
  const again = () => first.attempts[0]?.tag as NonNullable<(typeof first.attempts)[0]>['tag']
  expect(() => send(ledger, 2, again)).toThrow('is the tag of another')
  const foreign = tagMaker(open('other.db').engine, seededChance(9))
  const tag = () => foreign().replace(/^LS...../, 'LSZZZZZ') as ReturnType<typeof foreign>
  expect(() => send(ledger, 3, tag)).toThrow('is a tag of another engine')
  expect(sending(ledger)).toEqual(named(first))
  expect(ledger.verify()).toEqual([])
})
