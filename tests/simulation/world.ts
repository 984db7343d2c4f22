// The world of one simulated day: a clock that passes when it is told to, the simulated broker, the network,
// a folder, and the program in it, which is started, stopped and killed over and over. It decides nothing by
// itself: `day.ts` says what happens and `deeds.ts` does it here. What is worth remembering of it becomes
// a Truth.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { instrumentId } from '../../src/domain/ids.ts'
import { formatDecimal } from '../../src/domain/numbers.ts'
import { type Instant, instant } from '../../src/domain/time.ts'
import { openDesk, openLedger } from '../../src/ledger/open.ts'
import type { Room } from '../../src/ledger/reserve.ts'
import type { Sync } from '../../src/ledger/sync.ts'
import { LedgerUnusable } from '../../src/ledger/unusable.ts'
import type { SteeringDesk } from '../../src/ports.ts'
import type { AccountSetting } from '../../src/simulator/account.ts'
import { environmentOf } from '../../src/simulator/default-accounts.ts'
import {
  createSimulator,
  type Simulator,
  type SimulatorSettings,
} from '../../src/simulator/simulator.ts'
import { createVirtualClock, type VirtualClock } from '../../src/simulator/virtual-clock.ts'
import { chanceOf, type Draws, drawsOf } from './chance.ts'
import { createGate, type Doom, type Steps } from './gate.ts'
import { type Life, type Mortal, startLife } from './life.ts'
import { createNetwork } from './network.ts'
import type {
  Facts,
  Row,
  TrueArrival,
  TrueChange,
  TrueLife,
  TrueRequest,
  TrueTold,
  Truth,
} from './truth.ts'

export interface WorldSettings {
  readonly seed: number
  readonly startsAt: Instant
  readonly accounts: readonly AccountSetting[]
  readonly broker: Partial<SimulatorSettings>
  /** Where the ledger lives: on a disk, or in memory that behaves like one. */
  readonly storage: 'memory' | 'disk'
  /** Each line of the story, as soon as it happens. */
  hears?(line: string): void
}

export interface World {
  readonly clock: VirtualClock
  readonly simulator: Simulator
  readonly folder: string
  readonly story: string[]
  readonly changes: readonly TrueChange[]
  readonly requests: readonly TrueRequest[]
  readonly arrivals: readonly TrueArrival[]
  readonly lives: readonly TrueLife[]
  readonly told: readonly TrueTold[]
  readonly sleeps: Truth['sleeps'][number][]
  readonly haltFiles: Truth['haltFiles'][number][]
  readonly steps: Steps
  say(text: string): void
  /** null: the program does not run. */
  life(): Life | null
  /** Starts the program, to die at that step if there is one; it must not be running. */
  start(doom: Doom | null): void
  /** From the next start on, which comes at once, orders of another Lockstep stop nothing any more. */
  takeOver(): void
  /** Called at the end of every life. */
  onEnd(listener: (end: TrueLife) => void): void
  /** The network of an account, or of all, is gone until then. */
  cutOff(clientCode: string | null, until: Instant): void
  /** What the machine believes the time to be jumps by that much. */
  moveMachineClock(byMs: number): void
  /** It is right again. */
  setMachineClock(): void
  /** What the machine believes the time to be. */
  now(): Instant
  /** Until then nothing more finds room, but for so many writes once the reserve is given up; null: room again. */
  fillDisk(until: Instant | null, room: number): void
  /** A second program on the same ledger. */
  startRival(): void
  readonly rivals: Truth['rivals']
  readonly secrets: ReadonlySet<string>
  /** As another process does it: whether or not the program runs. */
  atDesk<T>(work: (desk: SteeringDesk) => T): T | null
  readonly dataDir: string
  facts(): Facts
  written(): readonly string[]
  close(): void
}

const URLS = {
  rest: 'http://127.0.0.1:9',
  feed: 'ws://127.0.0.1:9/smart-order-update',
  instruments: 'http://127.0.0.1:9/OpenAPI_File/files/OpenAPIScripMaster.json',
}
/** The market goes on by itself this often; what is asked of it in between is always up to date. */
const MARKET_TURN_MS = 500

export function createWorld(settings: WorldSettings): World {
  const { seed, startsAt, accounts } = settings
  const clock = createVirtualClock(startsAt)
  const simulator = createSimulator({ ...settings.broker, accounts, seed }, startsAt)
  const folder = mkdtempSync(join(placeFor(settings.storage), 'lockstep-day-'))
  const dataDir = join(folder, 'data')
  mkdirSync(dataDir, { mode: 0o700 })
  const path = join(dataDir, 'lockstep.db')
  const story: string[] = []
  const requests: TrueRequest[] = []
  const arrivals: TrueArrival[] = []
  const lives: TrueLife[] = []
  const told: TrueTold[] = []
  const sleeps: Truth['sleeps'][number][] = []
  const haltFiles: Truth['haltFiles'][number][] = []
  const said: string[] = []
  const steps: Steps = new Map()
  const listeners: ((end: TrueLife) => void)[] = []
  const downUntil = new Map<string, Instant>()
  const delays = new Map<string, Draws>()
  let machineIsOffMs = 0
  let current: Life | null = null
  /** What another process has open on the ledger, from one end of the program to the next. */
  let eyes: { journal(): number; close(): void } | null = null
  let desk: SteeringDesk | null = null
  let isOver = false
  let isTakingOver = false
  let disk: { readonly until: Instant; room: number } | null = null
  const rivals: Truth['rivals'][number][] = []
  const secrets = new Set(accounts.flatMap(({ totpSecret, apiKey }) => [totpSecret, apiKey]))

  function say(text: string): void {
    const line = `${timeOf(clock.now())} ${text}`
    story.push(line)
    settings.hears?.(line)
  }
  const changes = followChanges(simulator, say)
  simulator.gateway.onRequest(({ at, route, clientCode }) =>
    arrivals.push({ at, route, clientCode }),
  )

  async function turnMarket(): Promise<void> {
    while (!isOver) {
      await clock.sleep(MARKET_TURN_MS)
      simulator.exchange.advance(clock.now())
    }
  }
  void turnMarket()

  const machineClock = {
    now: () => instant(clock.now() + machineIsOffMs),
    monotonicMs: clock.monotonicMs,
    sinceBootMs: clock.monotonicMs,
    sleep: clock.sleep,
  }

  function delaysOf(name: string): Draws {
    const known = delays.get(name) ?? drawsOf(seed, `way of ${name}`)
    delays.set(name, known)
    return known
  }

  /** What another process sees by now: committed lines only. */
  function journal(): number {
    if (eyes === null && !existsSync(path)) return 0
    eyes ??= openEyes(path)
    return eyes.journal()
  }

  function closeEyes(): void {
    eyes?.close()
    eyes = null
    desk?.close()
    desk = null
  }

  const isFull = (): boolean => disk !== null && clock.now() < disk.until

  const room: Room = {
    freeBytes: () => (isFull() ? 0 : 1_000_000_000),
    take() {
      if (disk === null || !isFull()) return
      if (!existsSync(`${path}.reserve`) && disk.room > 0) disk.room -= 1
      else throw Object.assign(new Error('database or disk is full'), { code: 'SQLITE_FULL' })
    },
  }

  function startRival(): void {
    if ((current?.ledger() ?? null) === null) return
    const chance = chanceOf(seed, 'rival')
    const rival = { path, mode: 'live', clock: machineClock, chance, command: 'rival' } as const
    let wasRefused = false
    try {
      openLedger({ ...rival, reserveBytes: 0 }).close()
    } catch (error) {
      wasRefused = error instanceof LedgerUnusable && error.kind === 'held'
    }
    say(`a second program ${wasRefused ? 'is refused' : 'IS NOT REFUSED'}`)
    rivals.push({ at: clock.now(), wasRefused })
  }

  function start(doom: Doom | null): void {
    if (current !== null) throw new Error('it runs already')
    const number = lives.length + 1
    const startedAt = clock.now()
    const begunAt = journal()
    const takesOver = isTakingOver
    closeEyes()
    let mortal: Mortal | null = null
    /** It may die before it is put together: whatever comes before its first wait. */
    let diedAt: string | null = null
    const gate = createGate(steps, (step) => {
      closeEyes()
      if (mortal === null) diedAt = step
      else mortal.died(step)
    })
    if (doom !== null) gate.doom(doom)
    const network = createNetwork({
      clock,
      simulator,
      gate,
      life: number,
      delaysOf,
      isDown: (clientCode) =>
        [clientCode, EVERYBODY].some((each) => clock.now() < (downUntil.get(each) ?? 0)),
      journal,
      requests,
      secrets,
      failed: (error) => mortal?.failed(error),
    })
    say(`the program starts (life ${number})`)
    mortal = startLife({
      folder,
      env: environmentOf(accounts, URLS),
      gate,
      network,
      clock: machineClock,
      chance: chanceOf(seed, `life ${number}`),
      room,
      sync: settings.storage === 'memory' ? NOTHING_TO_SYNC : null,
      isTakingOver: takesOver,
      tell: (event) => told.push({ at: clock.now(), life: number, event }),
      say: (text) => said.push(text),
    })
    current = mortal.life
    if (diedAt !== null) mortal.died(diedAt)
    void mortal.life.ended.then((end) => {
      current = null
      closeEyes()
      const over = takesOver ? ({ takesOver } as const) : {}
      const span = { number, startedAt, journal: begunAt, endedAt: clock.now() }
      const life: TrueLife = { ...span, ...over, end }
      lives.push(life)
      say(`the program ${describeEnd(end)}`)
      for (const listener of listeners) listener(life)
    })
  }

  return {
    clock,
    simulator,
    folder,
    dataDir,
    story,
    changes,
    requests,
    arrivals,
    lives,
    told,
    sleeps,
    haltFiles,
    steps,
    say,
    life: () => current,
    start,
    takeOver() {
      say('the trader takes over what another Lockstep has there')
      isTakingOver = true
      current?.stop()
    },
    onEnd: (listener) => void listeners.push(listener),
    cutOff: (clientCode, until) => void downUntil.set(clientCode ?? EVERYBODY, until),
    moveMachineClock(byMs) {
      machineIsOffMs += byMs
    },
    setMachineClock() {
      machineIsOffMs = 0
    },
    now: machineClock.now,
    fillDisk(until, left) {
      disk = until === null ? null : { until, room: left }
    },
    startRival,
    rivals,
    secrets,
    atDesk(work) {
      desk ??= openDeskAt(path)
      return desk === null ? null : work(desk)
    },
    facts: () => readFacts(path, folder),
    written: () => [
      ...said,
      ...told.map(({ event }) => JSON.stringify(event, plain)),
      ...filesIn(dataDir).map((file) => readFileSync(file, 'latin1')),
    ],
    close() {
      isOver = true
      current?.kill()
      closeEyes()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Memory is where it is: only a power cut could take it, and none is simulated. */
const NOTHING_TO_SYNC: Sync = {
  soon: () => undefined,
  failure: () => null,
  close: () => undefined,
}

const EVERYBODY = 'everybody'

/** A tmpfs is a file system like any other to SQLite; only a power cut would show the difference. */
const placeFor = (storage: WorldSettings['storage']): string =>
  storage === 'memory' && existsSync('/dev/shm') ? '/dev/shm' : tmpdir()

const plain = (_: string, value: unknown) => (typeof value === 'bigint' ? String(value) : value)

const timeOf = (at: Instant): string =>
  new Date(at + 5.5 * 3_600_000).toISOString().slice(5, 23).replace('T', ' ')

function describeEnd(end: TrueLife['end']): string {
  switch (end.kind) {
    case 'stopped':
      return 'stopped'
    case 'killed':
      return `was killed at ${end.step}`
    default:
      return `ended by itself: ${end.why}`
  }
}

/** null: there is no ledger yet, or one that was never whole. */
function openDeskAt(path: string): SteeringDesk | null {
  try {
    return openDesk({ path, mode: 'live' })
  } catch (error) {
    if (error instanceof LedgerUnusable) return null
    throw error
  }
}

function openEyes(path: string) {
  const db = new Database(path, { readonly: true })
  const last = db.prepare('SELECT max(number) FROM journal').pluck()
  return { journal: () => Number(last.get() ?? 0), close: () => void db.close() }
}

/** Every change of every order, as the broker knows it. */
function followChanges(simulator: Simulator, say: (text: string) => void): readonly TrueChange[] {
  const changes: TrueChange[] = []
  const filledOf = new Map<string, number>()
  simulator.exchange.desk.onOrder((account, order, change) => {
    const { clientCode } = account.setting
    const filled = Number(formatDecimal(order.filled))
    const fills = filled - (filledOf.get(order.uniqueOrderId) ?? 0)
    filledOf.set(order.uniqueOrderId, filled)
    const quantity = Number(formatDecimal(order.quantity))
    const { orderId, uniqueOrderId, tag, placedBy, product, side, listing } = order
    changes.push({
      at: simulator.exchange.now(),
      clientCode,
      orderId,
      uniqueOrderId,
      tag,
      placedBy,
      instrument: instrumentId(listing.exchange, listing.symbol),
      product,
      side,
      quantity,
      filled,
      fills,
      change,
    })
    const name = `${clientCode} ${orderId} ${tag}`
    say(`  ${name} ${side} ${filled}/${quantity} ${listing.symbol} ${product} ${change}`)
  })
  return changes
}

/** Without what differs between two runs of the same day: the process, and the folder. */
export function readFacts(path: string, folder: string): Facts {
  const db = new Database(path, { readonly: true })
  try {
    const tables = db
      .prepare("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
      .pluck()
      .all() as string[]
    return Object.fromEntries(
      tables.map((table) => [
        table,
        (db.prepare(`SELECT * FROM ${table}`).all() as Row[]).map(same),
      ]),
    )
  } finally {
    db.close()
  }

  function same(row: Row): Row {
    const { process: _process, host: _host, ...rest } = row
    return Object.fromEntries(
      Object.entries(rest).map(([name, value]) => [
        name,
        typeof value === 'string' ? value.replaceAll(folder, '') : value,
      ]),
    )
  }
}

function filesIn(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
}
