// A whole copier in this process: the real engine, ledger and Angel One client over loopback, against the
// simulated broker. Its clock is the machine's, moved to the morning of a trading day.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { connect, readerOf, streamOf, writerOf } from '../../src/broker/angelone/index.ts'
import { loadInstruments } from '../../src/broker/angelone/instruments.ts'
import { WRITE_WINDOWS } from '../../src/broker/angelone/limits.ts'
import { loadConfig } from '../../src/config/config.ts'
import type { Account } from '../../src/domain/account.ts'
import { CALENDAR_TABLE } from '../../src/domain/calendar-data.ts'
import { MASTER } from '../../src/domain/ids.ts'
import { instant } from '../../src/domain/time.ts'
import type { Context, FollowerAccess } from '../../src/engine/context.ts'
import { createEngine } from '../../src/engine/engine.ts'
import { openLedger } from '../../src/ledger/open.ts'
import type { Chance, Clock, EngineEvent, Ledger } from '../../src/ports.ts'
import type { AccountSetting } from '../../src/simulator/account.ts'
import {
  defaultAccounts,
  environmentOf,
  followerCode,
  MASTER_CODE,
} from '../../src/simulator/default-accounts.ts'
import {
  type RunningSimulator,
  type ServerSettings,
  startSimulator,
} from '../../src/simulator/server.ts'

const MORNING = Date.parse('2026-12-01T10:00:00+05:30')
const nothing = () => undefined

/** The machine's clock, moved by that much. */
export const movedClock = (byMs: number): Clock => ({
  now: () => instant(Date.now() + byMs),
  monotonicMs: () => performance.now(),
  sleep: (ms, signal) => pause(ms, undefined, signal ? { signal } : {}).then(nothing, nothing),
})

export const toMorningMs = (): number => MORNING - Date.now()
const morning = movedClock(toMorningMs())
let passedMs = 0
export const clock: Clock = { ...morning, now: () => instant(morning.now() + passedMs) }

/** Half a minute of proving an absence, without waiting for it: for the engine and the broker alike. */
export const passTime = (ms: number): void => {
  passedMs += ms
}

const chance: Chance = {
  bytes: (count) => [...crypto.getRandomValues(new Uint8Array(count))],
}

export { followerCode, MASTER_CODE }

export interface Copier {
  readonly folder: string
  readonly simulator: RunningSimulator
  readonly ledger: () => Ledger
  readonly events: readonly EngineEvent[]
  /** Starts the engine on the same ledger, as a new process would. */
  start(): Promise<void>
  /** Ends it as a signal would: what is under way is answered. */
  stop(): Promise<void>
  close(): Promise<void>
}

export interface CopierSettings {
  readonly followers?: number
  readonly yaml?: string
  readonly simulator?: ServerSettings
  /** Hears everything as it is told, as a report does. */
  readonly tell?: (event: EngineEvent) => void
}

export interface EngineSettings {
  readonly folder: string
  readonly accounts: readonly AccountSetting[]
  readonly urls: RunningSimulator['urls']
  readonly clock: Clock
  readonly tell: (event: EngineEvent) => void
}

export interface RunningEngine {
  readonly ledger: Ledger
  /** Rejects when the engine failed. */
  readonly ended: Promise<void>
  stop(): Promise<void>
}

/** An engine on the ledger of that folder, against a simulator that may be another process. */
export async function startEngine(wanted: EngineSettings): Promise<RunningEngine> {
  const { folder, accounts, urls, clock, tell } = wanted
  const loaded = loadConfig({ env: environmentOf(accounts, urls), cwd: folder, configFile: null })
  if (loaded.kind === 'faults') throw new Error(JSON.stringify(loaded.faults))
  const { config } = loaded
  const { master, followers } = config.accounts
  if (!master) throw new Error('there is a master')
  const ledger = openLedger({
    path: ledgerPathIn(folder),
    mode: 'live',
    clock,
    chance,
    command: 'test',
    reserveBytes: 0,
  })
  const instruments = await loadInstruments(
    { clock },
    { url: urls.instruments, folder, egress: master.egress },
  )
  if (instruments.kind === 'missing') throw new Error(instruments.why)
  const to = (account: Account) =>
    connect({ clock, memory: ledger, lastAct: () => null }, { account, url: urls.rest })
  const connections = [master, ...followers].map(to)
  const [toMaster, ...toFollowers] = connections
  if (!toMaster) throw new Error('there is a master')
  const context: Context = {
    clock,
    chance,
    ledger,
    instruments: () => instruments.instruments,
    calendar: { table: CALENDAR_TABLE, overrides: config.calendar },
    settings: { ...config.engine, pollIntervalMs: 1000 },
    masterCapital: () => null,
    isHaltedByFile: () => false,
    takeOver: false,
    tell,
  }
  const accesses = toFollowers.map((connection, index): FollowerAccess => {
    const settings = config.followers[index]
    if (!settings) throw new Error('every account has settings')
    return {
      settings,
      mode: 'live',
      reader: readerOf(connection),
      writer: writerOf(connection),
      stream: streamOf(connection, { chance, url: urls.feed }),
      windows: WRITE_WINDOWS,
      capital: () => null,
      session: () => connection.session.state(),
    }
  })
  const abort = new AbortController()
  const sessions = connections.map(({ session }) => session.run(abort.signal))
  const engine = createEngine(
    context,
    {
      entriesUpToMs: 60_000,
      account: master.name,
      reader: readerOf(toMaster),
      stream: streamOf(toMaster, { chance, url: urls.feed }),
      session: () => toMaster.session.state(),
    },
    accesses,
  )
  const ended = Promise.all([engine.run(abort.signal), ...sessions]).then(nothing)
  return {
    ledger,
    ended,
    async stop() {
      abort.abort()
      await ended
      for (const { session, client } of connections) {
        session.close()
        client.close()
      }
      ledger.close()
    },
  }
}

export const ledgerPathIn = (folder: string): string => join(folder, 'lockstep.db')

export async function createCopier(wanted: CopierSettings = {}): Promise<Copier> {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-engine-'))
  const accounts = defaultAccounts(wanted.followers ?? 2)
  const simulator = await startSimulator({ clock, accounts, codes: 'again', ...wanted.simulator })
  const events: EngineEvent[] = []
  let running: RunningEngine | null = null

  async function start(): Promise<void> {
    if (wanted.yaml !== undefined) writeFileSync(join(folder, 'lockstep.yaml'), wanted.yaml)
    running = await startEngine({
      folder,
      accounts,
      urls: simulator.urls,
      clock,
      tell: (event) => {
        events.push(event)
        wanted.tell?.(event)
      },
    })
    while (!running.ledger.hasBaseline(MASTER)) await pause(20)
  }

  async function stop(): Promise<void> {
    const was = running
    running = null
    await was?.stop()
  }

  return {
    folder,
    simulator,
    events,
    ledger: () => {
      if (!running) throw new Error('the copier is not running')
      return running.ledger
    },
    start,
    stop,
    async close() {
      await stop()
      await simulator.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

export const WHAT = { exchange: 'NSE', symbol: 'SBIN-EQ' } as const

/** Until it holds: mostly of the truth at the broker, not of the engine's word. */
export async function until(of: Copier, what: string, holds: () => boolean): Promise<void> {
  for (let tries = 0; tries < 500; tries++) {
    if (holds()) return
    await pause(50)
  }
  const plain = (_: string, value: unknown) => (typeof value === 'bigint' ? String(value) : value)
  const told = of.events.slice(-12).map((event) => JSON.stringify(event, plain))
  throw new Error(`never: ${what}\n${told.join('\n')}`)
}

/** What the account truly holds, by hand and by us. */
export const positionOf = (of: Copier, clientCode: string): string =>
  of.simulator.control.positions({ clientCode }).find(({ symbol }) => symbol === WHAT.symbol)
    ?.quantity ?? '0'

/** The master trades in its own app. */
export const trade = (of: Copier, side: 'BUY' | 'SELL', quantity: number): void => {
  const order = { ...WHAT, side, quantity, product: 'INTRADAY' } as const
  of.simulator.control.trade({ clientCode: MASTER_CODE, ...order })
}
