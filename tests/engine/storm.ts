// A session of trading in bad weather, drawn from a seed: a master that trades like a person, followers of
// different sizings, a broker and a network that fail in every way they can, an engine that is stopped and
// killed, a trader who steers. Then the weather clears, the master leaves, and what happened is compared
// with what was promised. The broker's own journal is the truth; the ledger is only asked for its reasons.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { accountName } from '../../src/domain/ids.ts'
import { parseMoney } from '../../src/domain/numbers.ts'
import type { Command } from '../../src/domain/steering.ts'
import { instant } from '../../src/domain/time.ts'
import { openDesk, openLedger } from '../../src/ledger/open.ts'
import type { SteeringDesk } from '../../src/ports.ts'
import { draw } from '../../src/simulator/chance.ts'
import { defaultAccounts, followerCode, MASTER_CODE } from '../../src/simulator/default-accounts.ts'
import type { Fault, FaultRule } from '../../src/simulator/faults.ts'
import {
  type OrderTold,
  type RunningSimulator,
  startSimulator,
} from '../../src/simulator/server.ts'
import type { TrueArrival } from '../simulation/truth.ts'
import { ledgerPathIn, movedClock, toMorningMs } from './copier.ts'
import type { ProcessSettings } from './copier-process.ts'
import { hasBaseline, isAllSettled } from './settled.ts'
import { brokenPromises, type Fill, type Truth } from './storm-promises.ts'
import { CHANGING, LOST_REQUESTS, PLACING, READING, READING_BOOK, STREAMING } from './weather.ts'

export interface Weather {
  readonly seed: number
  readonly tradingMs: number
  /** How long what is open may take to come to its end. */
  readonly settlingMs: number
  /** Requests that vanish without a trace: each takes half a minute to be proven absent. */
  readonly hasLostRequests: boolean
  /** A new login may wait for the next code, so each start can take half a minute. */
  readonly hasKills: boolean
}

export interface Storm {
  /** One line for each promise that was broken; empty when all were kept. */
  readonly broken: readonly string[]
  readonly story: string
  readonly folder: string
  /** What would have been broken had the truth been another: that the promises can fail at all. */
  brokenIf(change: (truth: Truth) => Truth): readonly string[]
  /** Closes the ledger; its folder stays where something was broken. */
  close(): void
}

const FOLLOWERS = 5
/** The last follower trades by hand too, in the same instruments. */
const BY_HAND = followerCode(FOLLOWERS)
const YAML = `
hours: ignore
limits: { pauseAfterRejections: off }
followers:
  FOLLOWER_2: { sizing: { mode: multiplier, by: 0.5 } }
  FOLLOWER_3: { sizing: { mode: multiplier, by: 2.5 }, entryTtl: 5s }
  FOLLOWER_4: { sizing: { mode: fixed, lots: 1 } }
`
const INSTRUMENTS = [
  { exchange: 'NSE', symbol: 'SBIN-EQ', lot: 1, typical: 40, price: 820 },
  { exchange: 'NSE', symbol: 'PATELENG-BE', lot: 1, typical: 100, price: 41 },
  { exchange: 'NFO', symbol: 'NIFTY26JAN2725000CE', lot: 65, typical: 130, price: 101 },
] as const

export async function storm(weather: Weather): Promise<Storm> {
  const { seed } = weather
  let drawn = 0
  const chance = (): number => draw(seed, 'storm', drawn++)
  const upTo = (most: number): number => Math.floor(chance() * most)
  const one = <T>(of: readonly T[]): T => of[upTo(of.length)] as T

  const folder = mkdtempSync(join(tmpdir(), 'lockstep-storm-'))
  const clockMs = toMorningMs()
  const clock = movedClock(clockMs)
  const accounts = defaultAccounts(FOLLOWERS).map((each) => ({
    ...each,
    cash: parseMoney('100000000'),
  }))
  const simulator = await startSimulator({
    clock,
    accounts,
    seed,
    codes: 'again',
    latencyMs: 20,
    // Whole lots, as an exchange trades them.
    liquidity: 130,
    walk: { kind: 'walk', ticks: 3 },
  })
  const { control } = simulator
  const story: string[] = []
  const say = (text: string): void =>
    void story.push(`${new Date(clock.now()).toISOString().slice(14, 23)} ${text}`)
  const fills = followFills(simulator, say)
  const arrivals = followArrivals(simulator)
  writeFileSync(join(folder, 'lockstep.yaml'), YAML)
  const engine = createEngineProcess({
    folder,
    followers: FOLLOWERS,
    urls: simulator.urls,
    clockMs,
    events: join(folder, 'events.jsonl'),
  })
  const path = ledgerPathIn(folder)
  let desk: SteeringDesk | null = null

  // --- what happens

  const resting: { clientCode: string; orderId: string }[] = []
  const masterHolds = (symbol: string): number => positionOf(simulator, MASTER_CODE, symbol)

  function masterTrades(): void {
    const what = one(INSTRUMENTS)
    const { exchange, symbol, lot } = what
    const held = masterHolds(symbol)
    const some = lot * Math.max(1, upTo((2 * what.typical) / lot))
    const side = chance() < 0.5 ? 'BUY' : 'SELL'
    const order = { clientCode: MASTER_CODE, exchange, symbol, product: 'INTRADAY' } as const
    const away = held > 0 ? 'SELL' : 'BUY'
    const size = Math.abs(held)
    const kind = upTo(10)
    if (held !== 0 && kind < 3) {
      const part = Math.max(lot, Math.floor(size / lot / 2) * lot)
      say(`master leaves ${part} of ${held} ${symbol}`)
      control.trade({ ...order, side: away, quantity: part })
    } else if (held !== 0 && kind < 5) {
      say(`master leaves all ${held} ${symbol}`)
      control.trade({ ...order, side: away, quantity: size })
    } else if (held !== 0 && kind === 5) {
      say(`master turns ${held} ${symbol} round`)
      control.trade({ ...order, side: away, quantity: size * 2 })
    } else if (kind === 6) {
      say(`master ${side}s small ${symbol}`)
      for (let number = 0; number < 6; number++)
        control.trade({ ...order, side, quantity: lot * (1 + upTo(4)) })
    } else if (kind === 7) {
      const last = Number(control.lastPrice({ exchange, symbol }))
      const price = (last + (side === 'BUY' ? -0.1 : 0.1) * upTo(3)).toFixed(2)
      say(`master rests ${side} ${some} ${symbol} @${price}`)
      const { orderId } = control.trade({ ...order, side, quantity: some, type: 'LIMIT', price })
      resting.push({ clientCode: MASTER_CODE, orderId })
    } else {
      say(`master ${side}s ${some} ${symbol}`)
      control.trade({ ...order, side, quantity: some })
    }
  }

  function somethingBreaks(): void {
    const clientCode = one([MASTER_CODE, ...accounts.map((each) => each.clientCode)])
    const isPlacing = chance() < 0.4 && clientCode !== MASTER_CODE
    const from = clock.now()
    const rule = (fault: Fault, route: NonNullable<FaultRule['route']>, forMs: number): void => {
      say(`weather for ${clientCode}: ${JSON.stringify(fault).slice(0, 90)} at ${String(route)}`)
      control.addFault({ fault, clientCode, route, from, until: instant(from + forMs) })
    }
    if (isPlacing) {
      const lost = weather.hasLostRequests ? LOST_REQUESTS : []
      rule(one([...PLACING, ...lost])(), 'place', 1000 + upTo(4000))
      return
    }
    switch (upTo(4)) {
      case 0:
        rule(one(CHANGING)(), ['modify', 'cancel'], 1000 + upTo(6000))
        break
      case 1:
        rule(one(READING_BOOK)(), 'book', 1000 + upTo(5000))
        break
      case 2:
        rule(one(READING)(), one(['positions', 'holdings', 'quote']), 1000 + upTo(6000))
        break
      default:
        rule(one(STREAMING)(), 'frame', 1000 + upTo(5000))
    }
  }

  function traderSteers(): void {
    const follower = accountName(`FOLLOWER_${1 + upTo(FOLLOWERS)}`)
    const commands: readonly Command[] = [
      { kind: 'pause', follower },
      { kind: 'resume', follower: null },
      { kind: 'halt' },
      { kind: 'resume', follower: null },
      { kind: 'flatten', follower },
    ]
    steer(one(commands))
  }

  function steer(command: Command): void {
    desk ??= openDesk({ path, mode: 'live' })
    say(`trader: ${command.kind} ${'follower' in command ? command.follower : ''}`)
    desk.steer(command, 'command', clock.now())
  }

  function elsewhere(): void {
    const clientCode = one(accounts.slice(1).map((each) => each.clientCode))
    const { exchange, symbol, lot, typical } = one(INSTRUMENTS)
    switch (upTo(5)) {
      case 0:
        say(`session of ${clientCode} expires`)
        control.expireSessions({ clientCode })
        break
      case 1:
        say(`risk management rejects the next of ${clientCode}`)
        control.rejectNext({ clientCode, texts: ['RMS: margin exceeds'] })
        break
      case 2: {
        const last = Number(control.lastPrice({ exchange, symbol }))
        const price = (Math.round(last * (0.99 + chance() * 0.02) * 20) / 20).toFixed(2)
        say(`${symbol} jumps to ${price}`)
        control.movePrice({ exchange, symbol, price })
        break
      }
      case 3:
        control.dropStreams({ clientCode })
        break
      default: {
        const side = chance() < 0.5 ? 'BUY' : 'SELL'
        const quantity = lot * Math.max(1, upTo(typical / lot / 2))
        say(`${BY_HAND} ${side}s ${quantity} ${symbol} by hand`)
        const order = { exchange, symbol, side, quantity, product: 'INTRADAY' } as const
        control.trade({ clientCode: BY_HAND, ...order })
      }
    }
  }

  function somethingRestingEnds(): void {
    const order = resting.shift()
    if (order) control.cancel(order)
  }

  async function engineEnds(): Promise<void> {
    if (chance() < 0.7) await engine.kill()
    else await engine.stop()
    say('the engine ended')
    await pause(upTo(2000))
    engine.start()
  }

  async function quieten(): Promise<void> {
    control.clearFaults()
    steer({ kind: 'resume', follower: null })
    for (const { clientCode } of accounts)
      if (clientCode !== MASTER_CODE) steer({ kind: 'resume', follower: nameOf(clientCode) })
    while (resting.length > 0) somethingRestingEnds()
    for (const each of INSTRUMENTS)
      await soon(10_000, () => leaveAll(each) && masterHolds(each.symbol) === 0)
    say('the master is flat')
  }

  async function copyOnce(): Promise<void> {
    const [{ exchange, symbol }] = INSTRUMENTS
    const order = { clientCode: MASTER_CODE, exchange, symbol, product: 'INTRADAY' } as const
    const isEverywhere = (quantity: number) => () =>
      accounts.slice(1).every(({ clientCode }) => {
        const held = Math.abs(positionOf(simulator, clientCode, symbol))
        return quantity === 0 ? held === 0 : held > 0
      })
    control.trade({ ...order, side: 'BUY', quantity: 10 })
    await soon(10_000, isEverywhere(10))
    control.trade({ ...order, side: 'SELL', quantity: 10 })
    await soon(10_000, isEverywhere(0))
  }

  function leaveAll({ exchange, symbol }: (typeof INSTRUMENTS)[number]): boolean {
    const open = control
      .orders({ clientCode: MASTER_CODE })
      .some((order) => order.symbol === symbol && order.state === 'open')
    const held = masterHolds(symbol)
    if (open || held === 0) return !open
    const order = { clientCode: MASTER_CODE, exchange, symbol, product: 'INTRADAY' } as const
    control.trade({ ...order, side: held > 0 ? 'SELL' : 'BUY', quantity: Math.abs(held) })
    return false
  }

  function isSettled(): boolean {
    desk ??= openDesk({ path, mode: 'live' })
    return (
      desk.openSteering().length === 0 &&
      isAllSettled(desk, control.orders({ clientCode: MASTER_CODE }), clock.now())
    )
  }

  // --- the session

  try {
    engine.start()
    await soon(20_000, () => hasBaseline(path))
    // Before any book has shown a tag of ours nothing can be proven absent: the trader would be asked.
    await copyOnce()
    const began = performance.now()
    while (performance.now() - began < weather.tradingMs) {
      await pause(50 + upTo(500))
      const what = chance()
      if (what < 0.42) masterTrades()
      else if (what < 0.72) somethingBreaks()
      else if (what < 0.86) elsewhere()
      else if (what < 0.92) somethingRestingEnds()
      else if (what < 0.97) traderSteers()
      else if (weather.hasKills) await engineEnds()
    }
    say('the weather clears')
    await quieten()
    let quietFor = 0
    await soon(weather.settlingMs, () => {
      quietFor = isSettled() ? quietFor + 1 : 0
      return quietFor > 10
    })
    say('over')
    await engine.stop()
  } finally {
    ;(desk as SteeringDesk | null)?.close()
    await engine.kill()
  }

  const ledger = openLedger({
    path,
    mode: 'live',
    clock,
    chance: { bytes: (count) => Array.from({ length: count }, () => upTo(256)) },
    command: 'test',
    reserveBytes: 0,
  })
  const truth: Truth = {
    followers: accounts.slice(1).map(({ clientCode }) => ({
      name: nameOf(clientCode),
      clientCode,
      tradesByHand: clientCode === BY_HAND,
    })),
    masterOrders: control.orders({ clientCode: MASTER_CODE }),
    orders: accounts.slice(1).flatMap(({ clientCode }) => control.orders({ clientCode })),
    fills,
    arrivals,
    duplicates: control.duplicates(),
    violations: control.violations(),
    engineErrors: engine.errors(),
  }
  await simulator.stop()
  const broken = brokenPromises(truth, ledger, path)
  writeFileSync(join(folder, 'story.txt'), story.join('\n'))
  return {
    broken,
    story: story.join('\n'),
    folder,
    brokenIf: (change) => brokenPromises(change(truth), ledger, path),
    close() {
      ledger.close()
      if (broken.length === 0) rmSync(folder, { recursive: true, force: true })
    },
  }

  function nameOf(clientCode: string): ReturnType<typeof accountName> {
    const number = accounts.findIndex((each) => each.clientCode === clientCode)
    return accountName(`FOLLOWER_${number}`)
  }
}

// --- the broker's side, as it happens ----------------------------------------------------------

/** Every request that arrived, in its order. */
export function followArrivals(simulator: RunningSimulator): readonly TrueArrival[] {
  const arrivals: TrueArrival[] = []
  simulator.onRequest(({ at, route, clientCode }) => arrivals.push({ at, route, clientCode }))
  return arrivals
}

/** Every fill of every account, in its true order. */
export function followFills(
  simulator: RunningSimulator,
  say: (text: string) => void,
): readonly Fill[] {
  const fills: Fill[] = []
  const filledOf = new Map<string, number>()
  simulator.onOrder((told: OrderTold) => {
    const { at, clientCode, orderId, tag, side, exchange, symbol, product, change } = told
    const filled = Number(told.filled)
    const before = filledOf.get(orderId) ?? 0
    say(`  ${clientCode} ${orderId} ${tag} ${side} ${filled}/${told.quantity} ${symbol} ${change}`)
    if (filled <= before) return
    filledOf.set(orderId, filled)
    const quantity = filled - before
    fills.push({ at, clientCode, orderId, tag, exchange, symbol, product, side, quantity })
  })
  return fills
}

const positionOf = (simulator: RunningSimulator, clientCode: string, symbol: string): number =>
  Number(
    simulator.control.positions({ clientCode }).find((each) => each.symbol === symbol)?.quantity ??
      0,
  )

/** Looks again and again until it holds or the time is over: what is not so by then shows in the end. */
async function soon(withinMs: number, holds: () => boolean): Promise<void> {
  const began = performance.now()
  while (performance.now() - began < withinMs && !holds()) await pause(250)
}

// --- the engine's process ----------------------------------------------------------------------

function createEngineProcess(settings: ProcessSettings) {
  const program = join(import.meta.dirname, 'copier-process.ts')
  const errors = join(settings.folder, 'errors.txt')
  let output = ''
  let child: ChildProcess | null = null

  async function end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const was = child
    child = null
    if (was === null || was.exitCode !== null || was.signalCode !== null) return
    was.kill(signal)
    const late = setTimeout(() => {
      output += 'it did not end when it was told to\n'
      was.kill('SIGKILL')
    }, 20_000)
    await once(was, 'exit')
    clearTimeout(late)
  }

  return {
    start(): void {
      const made = spawn(process.execPath, [program, JSON.stringify(settings)], {
        stdio: ['ignore', 'ignore', 'pipe'],
      })
      made.stderr.setEncoding('utf8').on('data', (text: string) => {
        output += text
        writeFileSync(errors, output)
      })
      made.on('exit', (code) => {
        if (child === made) output += `the engine ended by itself with ${code}\n`
      })
      child = made
    },
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
    errors: () => output,
  }
}

export const eventsOf = (folder: string): string =>
  readFileSync(join(folder, 'events.jsonl'), 'utf8')
