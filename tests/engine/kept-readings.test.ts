// What a follower keeps of its readings: each names every order of the day, so late in one they are many. While
// nobody has spoken of an order, those since it was sent may prove that it is not there; else the newest alone
// is kept.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { units } from '../../src/domain/numbers.ts'
import { after } from '../../src/domain/time.ts'
import type { Context, FollowerAccess } from '../../src/engine/context.ts'
import type { Pulse } from '../../src/engine/pulse.ts'
import { createSettle, type Settle } from '../../src/engine/settle.ts'
import { openLedger } from '../../src/ledger/open.ts'
import type { BrokerReader, Ledger, RecordedAttempt } from '../../src/ports.ts'
import {
  AT,
  accepted,
  entry,
  follower,
  laneOf,
  MASTER,
  reportOf,
  seededChance,
  signalOf,
  still,
  tagMaker,
} from '../ledger/scene.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

const READINGS = 20
let folder: string
let ledger: Ledger
let settling: Settle
let now = AT
let pages: WeakRef<object>[]

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lockstep-kept-readings-'))
  const chance = seededChance(7)
  ledger = openLedger({
    path: join(folder, 'lockstep.db'),
    mode: 'live',
    clock: still,
    chance,
    command: 'test',
    reserveBytes: 0,
  })
  ledger.setBaseline(MASTER, [], AT)
  now = AT
  pages = []
  const reader = {
    orders() {
      const value = [reportOf('another', { account: follower(1) })]
      pages.push(new WeakRef(value))
      return Promise.resolve({ kind: 'read', value, unreadable: [], at: now })
    },
  } as unknown as BrokerReader
  const context = { clock: { ...still, now: () => now }, ledger, tell: () => undefined }
  const access = { settings: { name: follower(1) }, reader }
  settling = createSettle(
    context as unknown as Context,
    access as unknown as FollowerAccess,
    { noteReading: () => undefined } as unknown as Pulse,
    {
      moved: () => undefined,
      resized: () => undefined,
      othersTraded: () => undefined,
      position: () => null,
    },
  )
})

afterEach(() => {
  ledger.close()
  rmSync(folder, { recursive: true, force: true })
})

function send(): RecordedAttempt {
  const [order] = ledger.seeMasterOrders([reportOf('master')], now)
  if (order === undefined) throw new Error('no order of the master')
  const signal = signalOf(order)
  const tag = tagMaker(ledger.engine, seededChance(9))()
  const decisions = [entry(laneOf(1), signal, units(65), [tag])]
  const [plan] = ledger.record([{ signal, decisions }], now)
  const [intent] = plan?.intents ?? []
  if (intent === undefined) throw new Error('no intent')
  const sends = [{ intent, tag, quantity: units(65), others: null }]
  const [attempt] = ledger.recordAttempts(sends, now)
  if (attempt === undefined) throw new Error('no attempt')
  return attempt
}

/** How many of the readings are still in memory after as many more, a second apart. */
async function keptOf(readings: number): Promise<number> {
  for (let count = 0; count < readings; count++) {
    now = after(now, 1_000)
    await settling.readBook()
  }
  // What a weak reference was asked for lives on until its turn is over.
  await turn()
  collect()
  return pages.filter((page) => page.deref() !== undefined).length
}

it('with nothing under way keeps the newest', async () => {
  expect(await keptOf(READINGS)).toBe(1)
})

it('keeps all since an order was sent of which nobody has spoken, and no longer than that', async () => {
  expect(await keptOf(READINGS)).toBe(1)
  const attempt = send()
  // The last one before it was asked for at that very moment, in which the order was not there yet.
  expect(await keptOf(READINGS)).toBe(READINGS + 1)
  ledger.recordEvent(attempt.id, accepted(attempt.tag), now)
  expect(await keptOf(READINGS)).toBe(1)
})

it('keeps none that is older than two minutes, whatever nobody has spoken of', async () => {
  send()
  expect(await keptOf(500)).toBeLessThanOrEqual(121)
})
