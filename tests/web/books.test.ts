// A long day at the page: what is on no page is not read, what was read is not read again, and an answer is
// bounded however many followers there are. Held by counting, not by time.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createBooks } from '../../src/answers/books.ts'
import { ledgerPath } from '../../src/assemble.ts'
import { openDesk, openLedger, openView } from '../../src/ledger/open.ts'
import type { LedgerView } from '../../src/ports.ts'
import { LONG_DAY, writeLongDay } from '../browser/long-day.ts'
import { makeDesk } from '../cli/desk.ts'
import { laneOf, seededChance, skip, still } from '../ledger/scene.ts'
import { answersIn } from './answers.ts'
import { openHouse } from './kit.ts'

const SIGNALS = 10
const FOLLOWERS = 150
/** What an answer may have, and what a copy takes of it. */
const MOST_COPIES = 1000
const MOST_BYTES = 600_000

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lockstep-books-'))
  writeLongDay(join(folder, 'lockstep.db'), SIGNALS, FOLLOWERS)
}, 60_000)
afterAll(() => rmSync(folder, { recursive: true }))

function openCounted() {
  const ledger = openView({ path: join(folder, 'lockstep.db'), mode: 'live' })
  const read: number[] = []
  const counted: LedgerView = {
    ...ledger,
    why(id, follower) {
      read.push(id)
      return ledger.why(id, follower)
    },
  }
  return { ledger: counted, read, [Symbol.dispose]: () => ledger.close() }
}

describe('the books', () => {
  test('read what somebody comes to, and nothing twice', async () => {
    using counted = openCounted()
    const { ledger, read } = counted
    const books = createBooks()
    const newestFirst = ledger.signals(LONG_DAY).toReversed()
    let seen = 0
    for await (const part of books.each(ledger, LONG_DAY, newestFirst)) {
      expect(part.decisions).toHaveLength(FOLLOWERS)
      if (++seen === 3) break
    }
    expect(read).toEqual([10, 9, 8])
    const [one, other] = await Promise.all([books.of(ledger, LONG_DAY), books.of(ledger, LONG_DAY)])
    expect(one.map(({ signal }) => signal)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    expect(other).toBe(one)
    expect(read.toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
  })

  test('read again what has changed, and that alone', async () => {
    using counted = openCounted()
    const { ledger, read } = counted
    const books = createBooks()
    await books.of(ledger, LONG_DAY)
    read.length = 0
    const desk = openDesk({ path: join(folder, 'lockstep.db'), mode: 'live' })
    desk.steer({ kind: 'halt' }, 'page', ledger.signals(LONG_DAY)[0]?.seenAt as never)
    desk.close()
    await books.of(ledger, LONG_DAY)
    // A fact, but of no signal.
    expect(read).toEqual([])

    const engine = openLedger({
      path: join(folder, 'lockstep.db'),
      mode: 'live',
      clock: still,
      chance: seededChance(7),
      command: 'one more',
    })
    const [, , , fourth] = engine.signals(LONG_DAY)
    if (fourth === undefined) throw new Error('there is a fourth')
    const late = skip(laneOf(FOLLOWERS + 1))
    engine.record([{ signal: fourth, decisions: [late] }], fourth.seenAt)
    engine.close()
    const again = await books.of(ledger, LONG_DAY)
    expect(read).toEqual([4])
    expect(again.map(({ decisions }) => decisions.length)).toEqual(
      again.map(({ signal }) => (signal === 4 ? FOLLOWERS + 1 : FOLLOWERS)),
    )
  })
})

test('an answer is bounded, and page by page there is everything, once', async () => {
  const desk = makeDesk()
  writeLongDay(ledgerPath(join(desk.folder, 'data'), 'live'), SIGNALS, FOLLOWERS)
  const house = await openHouse({ answers: answersIn(desk, desk.reach.clock) })
  const browser = await house.signedIn()
  const found: number[] = []
  let until = ''
  for (let pages = 0; pages < SIGNALS; pages++) {
    const reply = await browser.get(`/api/signals?day=${LONG_DAY}${until}`)
    const { signals, next, total } = reply.json
    const copies = signals.flatMap((signal: { copies: unknown[] }) => signal.copies)
    expect(copies.length).toBeLessThanOrEqual(MOST_COPIES)
    expect(reply.text.length).toBeLessThan(MOST_BYTES)
    expect(total).toBe(SIGNALS)
    found.push(...signals.map(({ signal }: { signal: number }) => signal))
    if (next === null) break
    until = `&until=${next}`
  }
  expect(found).toEqual([10, 9, 8, 7, 6, 5, 4, 3, 2, 1])
  // Control: in one answer it would be more.
  expect(SIGNALS * FOLLOWERS).toBeGreaterThan(MOST_COPIES)
}, 60_000)
