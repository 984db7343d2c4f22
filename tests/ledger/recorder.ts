// A program that records signals of six followers as fast as it can and says each one that is recorded,
// until it is killed. `torn` is the control: it does in two transactions what must be one.
import { writeSync } from 'node:fs'
import type { MasterOrder } from '../../src/domain/signal.ts'
import { openLedger } from '../../src/ledger/open.ts'
import {
  AT,
  accepted,
  entry,
  follower,
  LOT,
  laneOf,
  ownReport,
  reportOf,
  seededChance,
  signalOf,
  skip,
  still,
  tagMaker,
} from './scene.ts'

const [path = '', variant = 'whole', seed = '1'] = process.argv.slice(2)
const chance = seededChance(Number(seed))
const ledger = openLedger({
  path,
  mode: 'live',
  clock: still,
  chance,
  command: 'recorder',
  reserveBytes: 4096,
})
const tag = tagMaker(ledger.engine, chance)

for (let round = 1; ; round++) {
  const [order] = ledger.seeMasterOrders([reportOf(`${seed}-${round}`)], AT) as [MasterOrder]
  const signal = signalOf(order)
  const copies = [1, 2, 3, 4, 5].map((number) => entry(laneOf(number), signal, LOT, [tag(), tag()]))
  const decisions = [...copies, skip(laneOf(6))]
  const sendNow = copies.flatMap(({ intents }) => intents.slice(0, 1).map((intent) => intent.tag))
  if (variant === 'torn') ledger.record([{ signal, decisions: [] }], AT)
  const [plan] = ledger.record([{ signal, decisions, sendNow }], AT)
  writeSync(1, `${plan?.signal.id}\n`)
  for (const attempt of plan?.attempts.slice(0, 1) ?? []) {
    ledger.recordEvent(attempt.id, accepted(attempt.tag), AT)
    const report = ownReport(attempt.tag, { account: follower(1) })
    ledger.recordEvent(attempt.id, { kind: 'reported', report }, AT)
  }
}
