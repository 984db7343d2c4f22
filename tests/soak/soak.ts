// A long session in real time, of the real program: a master who trades like a person all the time, six
// followers, misfortune of every kind, a program that is killed every ten minutes, a trader who steers. Then
// the weather clears, the master leaves, and what happened is held against the broker's own books, and how
// the program was against how it began. The last third is left without kills, so that growth has time to show.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { NO_OVERRIDES } from '../../src/domain/calendar.ts'
import { CALENDAR_TABLE } from '../../src/domain/calendar-data.ts'
import { accountName } from '../../src/domain/ids.ts'
import { parseMoney } from '../../src/domain/numbers.ts'
import { openDesk, openLedger } from '../../src/ledger/open.ts'
import {
  defaultAccounts,
  environmentOf,
  followerCode,
  MASTER_CODE,
} from '../../src/simulator/default-accounts.ts'
import { startSimulator } from '../../src/simulator/server.ts'
import { movedClock } from '../engine/copier.ts'
import { hasBaseline, isAllSettled } from '../engine/settled.ts'
import { followArrivals, followFills } from '../engine/storm.ts'
import { brokenPromises, type Truth } from '../engine/storm-promises.ts'
import { createDice } from './dice.ts'
import { type Growth, judgeGrowth } from './growth.ts'
import { createMisfortune } from './misfortune.ts'
import { createTrader } from './trader.ts'
import type { Sample } from './vitals.ts'
import { watchEngine } from './watched-engine.ts'

export interface SoakSettings {
  readonly seed: number
  readonly tradingMs: number
  /** How long what is open may take to come to its end. */
  readonly settlingMs: number
  /** `person`: for an hour or a day. `hurried`: as much as possible within a minute. */
  readonly pace: 'person' | 'hurried'
  readonly say: (text: string) => void
}

export interface Soak {
  /** One line for each promise that was broken; empty when all were kept. */
  readonly broken: readonly string[]
  /** What would have been broken had the truth been another. */
  brokenIf(change: (truth: Truth) => Truth): readonly string[]
  readonly growth: Growth
  readonly samples: readonly Sample[]
  /** What happened how often. */
  readonly counts: Readonly<Record<string, number>>
  /** What `lockstep report` says. */
  readonly report: string
  readonly folder: string
  /** Closes the ledger; its folder goes where nothing was broken. */
  close(): void
}

const FOLLOWERS = 6
const ON_PAPER = 6
const NAMES = Array.from({ length: FOLLOWERS }, (_, at) => accountName(`FOLLOWER_${at + 1}`))
const MORNING = Date.parse('2026-12-01T09:20:02+05:30')
/** From then on the exchanges near their close, where entries are refused: longer sessions ignore the hours. */
const WITHIN_HOURS_MS = 5 * 3_600_000

const yamlFor = (hours: 'enforce' | 'ignore'): string => `hours: ${hours}
master: { capital: 1000000 }
followers:
  FOLLOWER_2:
    sizing: { mode: fixed, lots: 1 }
    limits: { maxOrderQuantity: 600, maxOrderValue: 500000, maxPositionQuantity: 195, maxOrdersPerDay: 5000, maxDailyLoss: 10000000 }
  FOLLOWER_3: { sizing: { mode: multiplier, by: 0.5 } }
  FOLLOWER_4: { sizing: { mode: multiplier, by: 2.5 }, entryTtl: 10s }
  FOLLOWER_5: { sizing: { mode: proportional }, capital: 750000 }
  FOLLOWER_${ON_PAPER}: { mode: paper }
`

/** Milliseconds between two of a kind, from and to. */
const PACES = {
  person: {
    trade: [3_000, 22_000],
    misfortune: [2_500, 8_000],
    lastsMs: 10_000,
    pause: [100_000, 260_000],
    flatten: [400_000, 700_000],
    halt: [500_000, 900_000],
    look: [40_000, 90_000],
    kill: [540_000, 660_000],
    steeringLastsMs: 15_000,
  },
  hurried: {
    trade: [400, 1_500],
    misfortune: [600, 2_000],
    lastsMs: 2_500,
    pause: [4_000, 6_000],
    flatten: [12_000, 14_000],
    halt: [10_000, 11_000],
    look: [8_000, 10_000],
    kill: [7_000, 9_000],
    steeringLastsMs: 1_000,
  },
} as const

export async function soak(settings: SoakSettings): Promise<Soak> {
  const { seed, tradingMs } = settings
  const pace = PACES[settings.pace]
  const isHurried = settings.pace === 'hurried'
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-soak-'))
  const path = join(folder, 'data/lockstep.db')
  const movedMs = MORNING - Date.now()
  const clock = movedClock(movedMs)
  const hours = tradingMs > WITHIN_HOURS_MS ? 'ignore' : 'enforce'
  const calendar = { table: CALENDAR_TABLE, overrides: NO_OVERRIDES }
  const accounts = defaultAccounts(FOLLOWERS).map((each) => ({
    ...each,
    cash: parseMoney('100000000'),
  }))
  const simulator = await startSimulator({
    clock,
    accounts,
    seed,
    // A restart within the same half minute would otherwise have to wait for the next code.
    codes: isHurried ? 'again' : 'once',
    latencyMs: 40,
    // Whole lots of every index, as an exchange trades them.
    liquidity: 780,
    walk: { kind: 'walk', ticks: 3 },
    hours: hours === 'enforce' ? { mode: 'enforce', calendar } : { mode: 'ignore' },
  })
  const { control } = simulator
  const story: string[] = []
  const write = (text: string): void =>
    void story.push(`${new Date(clock.now()).toISOString().slice(11, 23)} ${text}`)
  const fills = followFills(simulator, write)
  const arrivals = followArrivals(simulator)
  mkdirSync(join(folder, 'logs'))
  writeFileSync(join(folder, 'lockstep.yaml'), yamlFor(hours))
  const sampleEveryMs = Math.min(60_000, Math.max(2_000, tradingMs / 20))
  const engine = watchEngine({
    folder,
    movedMs,
    env: environmentOf(accounts, simulator.urls),
    vitalsEveryMs: sampleEveryMs / 2,
  })
  const followers = accounts.slice(1).map(({ clientCode }) => clientCode)
  const { listings } = simulator.settings
  const trader = createTrader({
    clientCode: MASTER_CODE,
    control,
    listings,
    dice: createDice(seed, 'trader'),
    say: write,
  })
  const misfortune = createMisfortune({
    control,
    now: clock.now,
    followers,
    instruments: listings.filter(({ isCautioned }) => !isCautioned),
    dice: createDice(seed, 'misfortune'),
    say: write,
    lastsMs: pace.lastsMs,
    hasLostRequests: !isHurried,
  })
  const samples: Sample[] = []
  const counts: Record<string, number> = {}
  const began = performance.now()
  const ageMs = (): number => performance.now() - began
  const trading = new AbortController()
  let tradingSince = began

  const count = (what: string): void => {
    counts[what] = (counts[what] ?? 0) + 1
  }
  const ordersOfAll = (): number =>
    accounts.reduce((sum, { clientCode }) => sum + control.orders({ clientCode }).length, 0)

  // --- what goes on side by side

  async function nowAndThen(
    [least, most]: readonly [number, number],
    who: string,
    act: () => void | Promise<void>,
  ): Promise<void> {
    const dice = createDice(seed, `when ${who}`)
    for (;;) {
      await rest(dice.between(least, most))
      if (trading.signal.aborted) return
      await act()
      count(who)
    }
  }

  const rest = (ms: number): Promise<void> =>
    pause(ms, undefined, { signal: trading.signal }).catch(() => undefined)

  async function tell(...args: readonly string[]): Promise<void> {
    const { code, out } = await engine.tell(...args)
    const last = out.trimEnd().split('\n').at(-1) ?? ''
    write(`trader: lockstep ${args.join(' ')}: ${code}, ${last}`)
    if (out.includes('lockstep: unexpected')) throw new Error(`lockstep ${args.join(' ')}: ${out}`)
  }

  const steering = createDice(seed, 'steering')

  async function pauseSomebody(): Promise<void> {
    const name = steering.one(NAMES)
    await tell('pause', name)
    await rest(pace.steeringLastsMs)
    await tell('resume', name, '--yes')
  }

  async function flattenSomebody(): Promise<void> {
    const name = steering.one(NAMES)
    await tell('flatten', name, '--yes')
    await rest(pace.steeringLastsMs)
    await tell('resume', name, '--yes')
  }

  async function haltAll(): Promise<void> {
    if (steering.chance() < 0.5) await tell('halt')
    else {
      write('trader: makes the file HALT')
      writeFileSync(join(folder, 'data/HALT'), '')
    }
    await rest(pace.steeringLastsMs)
    await tell('resume', '--yes')
  }

  /** Looks, and lifts the pause of whoever was paused for too many rejections. */
  async function lookAround(): Promise<void> {
    await tell(steering.one(['status', 'positions']))
    await tell('resume', steering.one(NAMES), '--yes')
  }

  async function killEngine(): Promise<void> {
    if (performance.now() - tradingSince > (tradingMs * 2) / 3) return
    write('the program is killed')
    await engine.kill()
    count('kills that struck')
  }

  function takeSample(): void {
    samples.push(engine.look(ageMs(), ordersOfAll()))
    writeFileSync(join(folder, 'story.txt'), story.join('\n'))
    writeFileSync(join(folder, 'samples.json'), JSON.stringify(samples, null, 1))
    const { rss, heap, orders, life } = samples.at(-1) as Sample
    // A life that has just begun has told neither yet.
    const memory =
      rss === null || heap === null
        ? 'no memory told yet'
        : `${rss.toFixed(0)} MB resident, heap ${heap.toFixed(1)} MB`
    settings.say(`${(ageMs() / 60_000).toFixed(1)} min: life ${life}, ${orders} orders, ${memory}`)
  }

  function restartWhenGone(): void {
    if (engine.isUp()) return
    engine.start()
    write('the program was gone and is started again')
  }

  // --- the session

  /** Before any book has shown a tag of ours nothing can be proven absent: the trader would be asked. */
  async function tradeOnceInPeace(): Promise<void> {
    const order = { clientCode: MASTER_CODE, exchange: 'NSE', symbol: 'SBIN-EQ' } as const
    const isEverywhere = (wanted: boolean) => () =>
      followers
        .slice(0, ON_PAPER - 1)
        .every((clientCode) => control.positions({ clientCode }).some(isHeld) === wanted)
    control.trade({ ...order, side: 'BUY', quantity: 10, product: 'INTRADAY' })
    await soon(20_000, isEverywhere(true))
    control.trade({ ...order, side: 'SELL', quantity: 10, product: 'INTRADAY' })
    await soon(20_000, isEverywhere(false))
  }

  async function quieten(): Promise<void> {
    control.clearFaults()
    await tell('resume', '--yes')
    const desk = openDesk({ path, mode: 'live' })
    for (const follower of NAMES) desk.steer({ kind: 'resume', follower }, 'command', clock.now())
    desk.close()
    await soon(30_000, () => trader.leaveAll())
    write('the master is flat')
  }

  async function settle(): Promise<void> {
    const desk = openDesk({ path, mode: 'live' })
    let quietFor = 0
    await soon(settings.settlingMs, () => {
      const orders = control.orders({ clientCode: MASTER_CODE })
      const isQuiet = desk.openSteering().length === 0 && isAllSettled(desk, orders, clock.now())
      quietFor = isQuiet ? quietFor + 1 : 0
      return quietFor > 10
    })
    desk.close()
  }

  engine.start()
  let lastWords = ''
  let failure = ''
  try {
    await soon(60_000, () => hasBaseline(path))
    await tradeOnceInPeace()
    settings.say(`trading, for ${(tradingMs / 60_000).toFixed(1)} min, in ${folder}`)
    tradingSince = performance.now()
    const loops = [
      nowAndThen(pace.trade, 'acts of the master', () => trader.act()),
      nowAndThen(pace.misfortune, 'misfortunes', () => misfortune.strike()),
      nowAndThen(pace.pause, 'pauses', pauseSomebody),
      nowAndThen(pace.flatten, 'flattens', flattenSomebody),
      nowAndThen(pace.halt, 'halts', haltAll),
      nowAndThen(pace.look, 'looks', lookAround),
      nowAndThen(pace.kill, 'kills', killEngine),
      nowAndThen([500, 3_000], 'looks whether it runs', restartWhenGone),
      nowAndThen([sampleEveryMs, sampleEveryMs], 'samples', takeSample),
    ]
    for (const loop of loops) loop.catch(() => trading.abort())
    const over = setTimeout(() => trading.abort(), tradingMs)
    await Promise.allSettled(loops)
    clearTimeout(over)
    await Promise.all(loops)
    write('the weather clears')
    await quieten()
    await settle()
    write('over')
    takeSample()
    lastWords = await engine.stop()
  } catch (error) {
    failure = String(error)
  } finally {
    await engine.kill()
  }
  const { out: report } = await engine.tell('report')
  const ledger = openLedger({
    path,
    mode: 'live',
    clock,
    chance: { bytes: (many) => [...crypto.getRandomValues(new Uint8Array(many))] },
    command: 'test',
    reserveBytes: 0,
  })
  const truth: Truth = {
    followers: NAMES.map((name, at) => ({
      name,
      clientCode: followerCode(at + 1),
      tradesByHand: false,
    })),
    masterOrders: control.orders({ clientCode: MASTER_CODE }),
    orders: followers.flatMap((clientCode) => control.orders({ clientCode })),
    fills,
    arrivals,
    duplicates: control.duplicates(),
    violations: control.violations(),
    engineErrors: [failure, ...engine.unbidden].join('\n'),
  }
  const stillHeld = [MASTER_CODE, ...followers].flatMap((clientCode) =>
    control
      .positions({ clientCode })
      .filter(isHeld)
      .map(
        ({ symbol, product, quantity }) => `${clientCode} holds ${quantity} ${symbol} ${product}`,
      ),
  )
  await simulator.stop()
  const growth = judgeGrowth(samples)
  const brokenBy = (of: Truth): readonly string[] => [
    ...brokenPromises(of, ledger, path),
    ...of.orders
      .filter(({ clientCode }) => clientCode === followerCode(ON_PAPER))
      .map(({ orderId }) => `who trades on paper has an order ${orderId}`),
    ...stillHeld,
    ...(lastWords.includes('Nothing is held, nothing is open.') ? [] : ['it did not end flat']),
    ...growth.findings,
  ]
  const broken = brokenBy(truth)
  for (const [kind, times] of misfortune.sent) counts[`misfortune: ${kind}`] = times
  counts['faults that struck'] = control.faultsStruck().length
  counts['orders of the master'] = truth.masterOrders.length
  counts['orders of the followers'] = truth.orders.length
  counts.fills = fills.length
  counts['starts of the program'] = engine.lives()
  writeFileSync(join(folder, 'story.txt'), story.join('\n'))
  writeFileSync(join(folder, 'report.txt'), report)
  writeFileSync(join(folder, 'growth.txt'), growth.table.join('\n'))
  writeFileSync(join(folder, 'broken.txt'), broken.join('\n'))
  return {
    broken,
    brokenIf: (change) => brokenBy(change(truth)),
    growth,
    samples,
    counts,
    report,
    folder,
    close() {
      ledger.close()
      if (broken.length === 0) rmSync(folder, { recursive: true, force: true })
    },
  }
}

const isHeld = ({ quantity }: { readonly quantity: string }): boolean => Number(quantity) !== 0

/** Looks again and again until it holds or the time is over: what is not so by then shows in the end. */
async function soon(withinMs: number, holds: () => boolean): Promise<void> {
  const began = performance.now()
  while (performance.now() - began < withinMs && !holds()) await pause(250)
}
