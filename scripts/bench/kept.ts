// What a running copier keeps in memory for each order of the day: the real program beside the simulator, a
// master who trades like a person without a break, and the heap after a full collection each time that everything
// has come to rest. The soak's allowance (tests/soak/growth.ts) is what this says. Run it alone.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { parseMoney } from '../../src/domain/numbers.ts'
import { dayOf } from '../../src/domain/time.ts'
import { openDesk } from '../../src/ledger/open.ts'
import {
  defaultAccounts,
  environmentOf,
  MASTER_CODE,
} from '../../src/simulator/default-accounts.ts'
import { startSimulator } from '../../src/simulator/server.ts'
import { movedClock, toMorningMs } from '../../tests/engine/copier.ts'
import { hasBaseline, isAllSettled } from '../../tests/engine/settled.ts'
import { createDice } from '../../tests/soak/dice.ts'
import { createTrader } from '../../tests/soak/trader.ts'
import { watchEngine } from '../../tests/soak/watched-engine.ts'
import { readOptions, whole } from '../options.ts'
import { median } from './growth.ts'

const { orders, looks } = readOptions(
  'bench:kept',
  'What a copier keeps in memory for each order of the day.',
  {
    orders: whole('of the master, between two looks', 150, 1),
    looks: whole('how often the heap is looked at', 5, 2),
  },
)
const FOLLOWERS = 6
/** One after another as quickly as the broker's limits for each follower allow. */
const ACT_EVERY_MS = 500
/** Not often: what was compiled is thrown away after a few collections, and comes again. */
const VITALS_EVERY_MS = 10_000
const WITHIN_MS = 10 * 60_000
/** Nobody is refused for what this is not about. */
const YAML = 'hours: ignore\nlimits: { pauseAfterRejections: off }\n'

const folder = mkdtempSync(join(tmpdir(), 'lockstep-kept-'))
mkdirSync(join(folder, 'logs'))
writeFileSync(join(folder, 'lockstep.yaml'), YAML)
const path = join(folder, 'data/lockstep.db')
const movedMs = toMorningMs()
const clock = movedClock(movedMs)
const accounts = defaultAccounts(FOLLOWERS).map((each) => ({
  ...each,
  cash: parseMoney('1000000000'),
}))
const simulator = await startSimulator({
  clock,
  accounts,
  seed: 1,
  codes: 'again',
  latencyMs: 5,
  liquidity: 780,
  walk: { kind: 'walk', ticks: 3 },
})
const { control } = simulator
const engine = watchEngine({
  folder,
  movedMs,
  env: environmentOf(accounts, simulator.urls),
  vitalsEveryMs: VITALS_EVERY_MS,
})
const trader = createTrader({
  clientCode: MASTER_CODE,
  control,
  listings: simulator.settings.listings,
  dice: createDice(1, 'trader'),
  say: () => undefined,
})

const ofMaster = () => control.orders({ clientCode: MASTER_CODE })
const ofAll = (): number =>
  accounts.reduce((sum, { clientCode }) => sum + control.orders({ clientCode }).length, 0)

async function until(what: string, holds: () => boolean): Promise<void> {
  const began = performance.now()
  while (!holds()) {
    if (engine.unbidden.length > 0) throw new Error(engine.unbidden.join('\n'))
    if (performance.now() - began > WITHIN_MS) throw new Error(`not within time: ${what}`)
    await pause(200)
  }
}

async function trade(): Promise<void> {
  const before = ofMaster().length
  while (ofMaster().length - before < orders) {
    trader.act()
    await pause(ACT_EVERY_MS)
  }
  await until('the master is flat', () => trader.leaveAll())
  const desk = openDesk({ path, mode: 'live' })
  await until('all is settled', () => isAllSettled(desk, ofMaster(), clock.now()))
  // The record takes a small share of the time, so that on a busy machine it is far behind.
  const signals = desk.signals(dayOf(clock.now())).length
  await until('all is in the record', () => signalsInRecord() === signals)
  desk.close()
}

function signalsInRecord(): number {
  const logs = join(folder, 'logs')
  const record = readdirSync(logs).find((name) => /^copy_trading_\w+\.json$/.test(name))
  return record === undefined
    ? 0
    : JSON.parse(readFileSync(join(logs, record), 'utf8')).summary.signals
}

/** Of a collection that began after everything had come to rest. */
async function heapBytes(): Promise<number> {
  await pause(2 * VITALS_EVERY_MS)
  const { heap } = engine.look(0, 0)
  if (heap === null) throw new Error('the program has not told its heap')
  return heap * 1024 * 1024
}

try {
  engine.start()
  await until('the book was read', () => hasBaseline(path))
  // What comes before the followers are ready is missed, and what they do for the first time is compiled.
  await trade()
  let before = { bytes: await heapBytes(), orders: ofAll() }
  const kept: number[] = []
  console.log('orders    heap, MB   bytes an order since the look before')
  for (let look = 1; look < looks; look++) {
    await trade()
    const now = { bytes: await heapBytes(), orders: ofAll() }
    const each = (now.bytes - before.bytes) / (now.orders - before.orders)
    kept.push(each)
    console.log(
      `${String(now.orders).padStart(6)} ${(now.bytes / 1e6).toFixed(2).padStart(11)} ${each.toFixed(0).padStart(10)}`,
    )
    before = now
  }
  // Once, some minutes after a start, a few megabytes are let go that no order had to do with.
  console.log(`The middle of them: ${median(kept).toFixed(0)} bytes an order`)
  await engine.stop()
} finally {
  await engine.kill()
  await simulator.stop()
  rmSync(folder, { recursive: true, force: true })
}
