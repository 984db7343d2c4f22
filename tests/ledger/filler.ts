// A program that fills the disk under a ledger and writes down what happens at each step, as JSON.
// It runs where little fits: on a file system of a few megabytes, or under a limit of file sizes.
import { appendFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openLedger } from '../../src/ledger/open.ts'
import { LedgerUnusable } from '../../src/ledger/unusable.ts'
import type { RecordedAttempt } from '../../src/ports.ts'
import {
  AT,
  accepted,
  entry,
  LOT,
  laneOf,
  MASTER,
  ownReport,
  reportOf,
  seededChance,
  signalOf,
  skip,
  still,
  tagMaker,
} from './scene.ts'

const [folder = ''] = process.argv.slice(2)
const ballast = join(folder, 'ballast')
writeFileSync(ballast, Buffer.alloc(1024 * 1024, 1))

const open = () =>
  openLedger({
    path: join(folder, 'lockstep.db'),
    mode: 'live',
    clock: still,
    chance: seededChance(1),
    command: 'filler',
    reserveBytes: 384 * 1024,
  })
let ledger = open()
const tag = tagMaker(ledger.engine, seededChance(5))

const attempts: RecordedAttempt[] = []
const told: number[] = []
const seen = ledger.seeMasterOrders(
  Array.from({ length: 300 }, (_, n) => reportOf(`${n}`)),
  AT,
)
const orders = [...seen]

/** As many followers as there may be, so that the disk fills in little time. */
function recordEntries(): void {
  const [order] = orders
  if (!order) throw new Error('the disk is larger than this program expects')
  const signal = signalOf(order)
  const decisions = Array.from({ length: 20 }, (_, number) =>
    entry(laneOf(number + 1), signal, LOT, [tag(), tag()]),
  )
  const sendNow = decisions.flatMap(({ intents }) => intents.map((intent) => intent.tag))
  const [plan] = ledger.record([{ signal, decisions, sendNow }], AT)
  orders.shift()
  attempts.push(...(plan?.attempts ?? []))
  told.push(Number(plan?.signal.id))
}

function fillNext(): void {
  const attempt = attempts.shift()
  if (!attempt) throw new Error('nothing is left to fill')
  ledger.recordEvent(attempt.id, accepted(attempt.tag), AT)
  ledger.recordEvent(attempt.id, { kind: 'reported', report: ownReport(attempt.tag) }, AT)
}

function until(work: () => void, isEnough: () => boolean): string {
  try {
    while (!isEnough()) work()
    return 'done'
  } catch (error) {
    if (error instanceof LedgerUnusable) return error.kind
    throw error
  }
}

/** Takes whatever room is left. */
function stuff(): void {
  for (const bytes of [64 * 1024, 4096])
    try {
      for (;;) appendFileSync(join(folder, 'stuffing'), Buffer.alloc(bytes, 1))
    } catch (error) {
      if (!/ENOSPC|EFBIG/.test(String(error))) throw error
    }
}

const once = () => {
  let calls = 0
  return () => calls++ > 0
}
const isReleased = () => ledger.health().reserve === 'released'

const entries = until(recordEntries, () => false)
const held = ledger.lanePosition(laneOf(1)).held
// Where room can be made without it, the reserve is never released.
const fills = until(fillNext, () => isReleased() || attempts.length < 5)
const fillsOnReserve = until(fillNext, once())
const skips = until(() => {
  const [order] = orders
  if (order) ledger.record([{ signal: signalOf(order), decisions: [skip(laneOf(1))] }], AT)
}, once())
orders.shift()
const entriesOnReserve = until(recordEntries, once())
const keepPulse = () =>
  ledger.keepPulse(
    { accounts: [{ account: MASTER, stream: { kind: 'none' } }], prices: new Map() },
    AT,
  )
const pulseOnReserve = keepPulse()
const reserveTooEarly = ledger.keepReserve()

rmSync(ballast)
ledger.close()
ledger = open()
const reserveAgain = ledger.health().reserve
const pulseAgain = keepPulse()
const entriesAgain = until(recordEntries, once())
// As an engine, which uses its ledger again at once.
ledger.lanes()
stuff()
ledger.close()
ledger = open()
const reserveOnFullStart = ledger.health().reserve
const fillsOnFullStart = until(fillNext, once())
const entriesOnFullStart = until(recordEntries, once())
const lost = told.filter((number) => ledger.signal(number as never) === null)
const faults = ledger.verify()
ledger.close()

process.stdout.write(
  JSON.stringify({
    entries,
    heldBefore: String(held),
    fills,
    fillsOnReserve,
    skips,
    entriesOnReserve,
    pulseOnReserve,
    reserveTooEarly,
    reserveAgain,
    pulseAgain,
    entriesAgain,
    reserveOnFullStart,
    fillsOnFullStart,
    entriesOnFullStart,
    told: told.length > 5,
    lost,
    faults,
  }),
)
