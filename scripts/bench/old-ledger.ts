// A ledger that has been traded with for long: signals of earlier days, sent for every follower and cancelled
// without a fill, so that nothing stands in it. Made with the program's own ledger, as it would have been.
import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { NO_QUANTITY } from '../../src/domain/numbers.ts'
import type { MasterOrder } from '../../src/domain/signal.ts'
import { after, DAY as DAY_MS, dayOf, type Instant, instant } from '../../src/domain/time.ts'
import { openLedger } from '../../src/ledger/open.ts'
import type { Ledger, RecordedAttempt } from '../../src/ports.ts'
import {
  entry,
  LOT,
  laneOf,
  ownReport,
  reportOf,
  seededChance,
  signalOf,
  still,
  tagMaker,
} from '../../tests/ledger/scene.ts'

const SIGNALS_A_DAY = 20

export function makeOldLedger(folder: string, followers: number, intents: number): void {
  const path = join(folder, 'data', 'lockstep.db')
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const parts = { path, mode: 'live', clock: still, command: 'bench' } as const
  const ledger = openLedger({ ...parts, chance: seededChance(1), reserveBytes: 4096 })
  const signals = Math.ceil(intents / followers)
  const tag = tagMaker(ledger.engine, seededChance(3))
  for (let signal = 0; signal < signals; signal++) {
    const daysAgo = Math.ceil((signals - signal) / SIGNALS_A_DAY)
    live(ledger, followers, signal, after(instant(Date.now()), -daysAgo * DAY_MS), tag)
  }
  ledger.close()
}

/** An order that nobody could fill in the end: it leaves every trace but a position. */
function live(
  ledger: Ledger,
  followers: number,
  number: number,
  at: Instant,
  tag: ReturnType<typeof tagMaker>,
): void {
  const day = dayOf(at)
  const [order] = ledger.seeMasterOrders([reportOf(`${number}`, { day })], at) as [MasterOrder]
  const signal = { ...signalOf(order), filledAt: at, seenAt: at }
  const copies = Array.from({ length: followers }, (_, index) =>
    entry(laneOf(index + 1), signal, LOT, [tag()]),
  ).map((decision) => ({ ...decision, covers: NO_QUANTITY }))
  const sendNow = copies.flatMap(({ intents }) => intents.map((intent) => intent.tag))
  const [recorded] = ledger.record([{ signal, decisions: copies, sendNow }], at)
  for (const attempt of recorded?.attempts ?? []) end(ledger, attempt, day, at)
}

function end(
  ledger: Ledger,
  { id, tag, intent }: RecordedAttempt,
  day: ReturnType<typeof dayOf>,
  at: Instant,
): void {
  const account = intent.lane.follower
  const report = ownReport(tag, {
    account,
    day,
    status: 'cancelled',
    filled: NO_QUANTITY,
  })
  ledger.recordEvent(id, { kind: 'reported', report }, at)
}
