// `lockstep validate` on a real folder with real ledgers, against a simulated broker on loopback. The disk
// and the addresses of the machine are as each test says, so that every line can be compared whole.
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { onTestFinished } from 'vitest'
import type { Disk } from '../../src/cli/validate/disk.ts'
import { addValidate } from '../../src/cli/validate.ts'
import { loadConfig } from '../../src/config/config.ts'
import { instant } from '../../src/domain/time.ts'
import { inspect } from '../../src/inspect.ts'
import { openLedger } from '../../src/ledger/open.ts'
import type { Clock, Ledger } from '../../src/ports.ts'
import type { AccountSetting } from '../../src/simulator/account.ts'
import { defaultAccounts, environmentOf } from '../../src/simulator/default-accounts.ts'
import {
  type RunningSimulator,
  type ServerSettings,
  startSimulator,
} from '../../src/simulator/server.ts'
import { seededChance } from '../ledger/scene.ts'
import { runOn } from './terminal.ts'

const nothing = () => undefined

/** A trading morning, early in a window of one-time codes, whenever the test runs. */
function morningClock(): Clock & { later(ms: number): void } {
  let offset = Date.parse('2026-12-01T10:00:05+05:30') - Date.now()
  return {
    now: () => instant(Date.now() + offset),
    monotonicMs: () => performance.now(),
    sleep: (ms, signal) => pause(ms, undefined, signal ? { signal } : {}).then(nothing, nothing),
    later: (ms) => {
      offset += ms
    },
  }
}

const roomy: Disk = {
  freeBytes: () => 50_000_000_000,
  syncTimes: () => Array.from({ length: 200 }, (_, index) => 1 + index / 200),
}

export interface Given {
  /** Without: none at all. */
  readonly env?: Readonly<Record<string, string>>
  readonly envFile?: { readonly text: string; readonly mode: number }
  readonly yaml?: string
  readonly file?: string
  readonly disk?: Partial<Disk>
  readonly ask?: (question: string) => Promise<string>
}

export interface Place {
  readonly cwd: string
  readonly clock: ReturnType<typeof morningClock>
  validate(
    given: Given,
    ...args: readonly string[]
  ): Promise<{ exitCode: number; out: string; complaints: string }>
  openLedger(mode?: 'live' | 'paper'): Ledger
}

/** A folder of its own, which is shown as `here`. */
export function makePlace(): Place {
  const cwd = mkdtempSync(join(tmpdir(), 'lockstep-validate-'))
  onTestFinished(() => rmSync(cwd, { recursive: true, force: true }))
  mkdirSync(join(cwd, 'logs'), { mode: 0o700 })
  const clock = morningClock()
  return {
    cwd,
    clock,
    async validate({ env = {}, envFile, yaml, file = 'lockstep.yaml', disk, ask }, ...args) {
      if (yaml !== undefined) writeFileSync(join(cwd, file), yaml)
      if (envFile !== undefined) {
        writeFileSync(join(cwd, '.env'), envFile.text)
        chmodSync(join(cwd, '.env'), envFile.mode)
      }
      const command = addValidate({
        ...inspect(clock),
        cwd,
        load: (configFile) => loadConfig({ env, cwd, configFile }),
        disk: { ...roomy, ...disk },
        addresses: () => ['127.0.0.1', '192.0.2.7'],
        person: {
          isThere: ask !== undefined,
          ask: ask ?? (() => Promise.resolve('')),
          askSecret: ask ?? (() => Promise.resolve('')),
        },
      })
      const { exitCode, out, complaints } = await runOn([command], 'validate', ...args)
      const shown = out.replaceAll(cwd, 'here').replaceAll(/engine [A-Z2-7]{5}/g, 'engine AAAAA')
      return { exitCode, out: shown, complaints }
    },
    openLedger: (mode = 'live') =>
      openLedger({
        path: join(cwd, 'data', mode === 'live' ? 'lockstep.db' : 'lockstep-paper.db'),
        mode,
        clock,
        chance: seededChance(1),
        command: 'lockstep run',
        reserveBytes: 65_536,
      }),
  }
}

/** Everything set, so that nothing is amber for want of it. */
export const CAREFUL = `
limits: { maxOrderQuantity: 1800, maxOrderValue: 200000, maxPositionQuantity: 3600, maxOrdersPerDay: 100, maxDailyLoss: 10000 }
freeze: { NIFTY: 1800 }
`

export interface Broker {
  readonly simulator: RunningSimulator
  readonly env: Readonly<Record<string, string>>
}

export async function startBroker(
  place: Place,
  followers: number,
  settings: ServerSettings = {},
  change: (account: AccountSetting, index: number) => AccountSetting = (account) => account,
): Promise<Broker> {
  const accounts = defaultAccounts(followers).map(change)
  const simulator = await startSimulator({
    clock: place.clock,
    accounts,
    codes: 'again',
    ...settings,
  })
  onTestFinished(() => simulator.stop())
  return { simulator, env: environmentOf(accounts, simulator.urls) }
}

/** The lines of one check, its remedy with it. */
export function linesOf(out: string, name: string): string {
  const lines = out.split('\n')
  return lines
    .flatMap((line, index) => {
      if (!line.slice(7).startsWith(`${name}  `)) return []
      const next = lines[index + 1] ?? ''
      const remedy = next.trimStart().startsWith('→') ? [next.trim()] : []
      return [line.replaceAll(/ {2,}/g, ' '), ...remedy]
    })
    .join('\n')
}
