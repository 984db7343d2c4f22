// Sets the stage of the demo, for `main` alone: a simulated broker in this process, four accounts that open
// nothing else, and the same copier that `run` gets. Only the clock is another one: a trading morning.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { assemble } from './assemble.ts'
import type { Market, Stage } from './cli/demo.ts'
import { loadConfig } from './config/config.ts'
import { assert } from './domain/assert.ts'
import { type Calendar, NO_OVERRIDES, nextSession, sessionsOf } from './domain/calendar.ts'
import { CALENDAR_TABLE } from './domain/calendar-data.ts'
import { type AccountName, MASTER } from './domain/ids.ts'
import { after, atTimeOfDay, dayOf, HOUR, type Instant, instant, SECOND } from './domain/time.ts'
import type { Clock } from './ports.ts'
import { defaultAccounts, environmentOf } from './simulator/default-accounts.ts'
import { fault } from './simulator/faults.ts'
import { type RunningSimulator, startSimulator } from './simulator/server.ts'

const MORNING_MS = 10.5 * HOUR
/** Long enough for a doubt to be seen, and for the book to end it. */
const SILENT_MS = 4 * SECOND
const SETTINGS = {
  FOLLOWER_1_LABEL: 'Papa',
  FOLLOWER_2_LABEL: 'Meera',
  FOLLOWER_3_LABEL: 'Club',
}
const SIZES = `followers:
  FOLLOWER_2: { sizing: { mode: multiplier, by: 0.5 } }
  FOLLOWER_3: { sizing: { mode: fixed, lots: 2 } }
`

export async function setStage(): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-demo-'))
  const clock = createMorning()
  const accounts = defaultAccounts(3)
  const simulator = await startSimulator({
    clock,
    accounts,
    walk: { kind: 'walk', ticks: 2 },
    latencyMs: 60,
    seed: 7,
  })
  writeFileSync(join(folder, 'lockstep.yaml'), SIZES)
  const env = { ...environmentOf(accounts, simulator.urls), ...SETTINGS }
  const loaded = loadConfig({
    env,
    cwd: folder,
    configFile: null,
  })
  assert(loaded.kind === 'valid', 'the settings of the demo are right')
  const copier = assemble({ clock }, loaded.config, {
    mode: 'live',
    command: 'lockstep demo',
    takeOver: false,
  })
  const codes = new Map<AccountName, string>(
    copier.members.map(({ account }) => [account.name, account.clientCode]),
  )
  return {
    market: createMarket(simulator, clock, (name) => codes.get(name) ?? ''),
    copier,
    folder: loaded.config.logDir,
    surroundings: { movedMs: clock.now() - Date.now(), surroundings: { folder, env } },
    async close() {
      await simulator.stop()
      rmSync(loaded.config.dataDir, { recursive: true, force: true })
    },
  }
}

/** Half past ten on the next day that NSE trades, from where it goes on at its usual pace. */
function createMorning(): Clock {
  const calendar: Calendar = { table: CALENDAR_TABLE, overrides: NO_OVERRIDES }
  const now = instant(Date.now())
  const today = atTimeOfDay(dayOf(now), 0)
  const isTradingDay = sessionsOf('NSE', dayOf(now), calendar).length > 0
  const next: Instant = isTradingDay ? today : (nextSession('NSE', now, calendar)?.from ?? today)
  const movedMs = atTimeOfDay(dayOf(next), MORNING_MS) - now
  return {
    now: () => instant(Date.now() + movedMs),
    monotonicMs: () => performance.now(),
    sleep: (ms, signal) => pause(ms, undefined, signal ? { signal } : {}).then(nothing, nothing),
  }
}

const nothing = () => undefined

function createMarket(
  simulator: RunningSimulator,
  clock: Clock,
  codeOf: (name: AccountName) => string,
): Market {
  const { control } = simulator
  const listings = simulator.settings.listings
  const option = listings.find(({ name, optionType }) => name === 'NIFTY' && optionType === 'CE')
  const share = listings.find(({ symbol }) => symbol === 'SBIN-EQ')
  assert(option && share, 'both are listed')
  const exchangeOf = (symbol: string): string => (symbol === share.symbol ? 'NSE' : 'NFO')
  return {
    option: option.symbol,
    share: share.symbol,
    trade(symbol, side, quantity) {
      const clientCode = codeOf(MASTER)
      const exchange = exchangeOf(symbol)
      control.trade({ clientCode, exchange, symbol, side, quantity, product: 'INTRADAY' })
    },
    rejectNext: (follower, text) =>
      control.rejectNext({ clientCode: codeOf(follower), texts: [text] }),
    loseNextReply(follower) {
      const clientCode = codeOf(follower)
      const at = clock.now()
      control.addFault({ fault: fault.reset('after'), clientCode, route: 'place', nth: 1 })
      control.addFault({
        fault: fault.droppedFrame(),
        clientCode,
        route: 'frame',
        until: after(at, SILENT_MS),
      })
    },
    repliesLost: () => control.faultsStruck().filter(({ route }) => route === 'place').length,
    positions: (account) =>
      control
        .positions({ clientCode: codeOf(account) })
        .filter(({ quantity }) => quantity !== '0')
        .map(({ symbol, quantity }) => ({ symbol, quantity })),
    ordersOf: (account, symbol, side) =>
      control
        .orders({ clientCode: codeOf(account) })
        .filter((order) => order.symbol === symbol && order.side === side).length,
    duplicates: () => control.duplicates().length,
    violations: () => control.violations().length,
  }
}
