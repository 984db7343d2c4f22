// The real program as a child process, and a simulated broker for it to talk to. What happened is asked of
// the broker's own books and of the program's output, never of anything inside it.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { onTestFinished } from 'vitest'
import { instant } from '../../src/domain/time.ts'
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

export { followerCode, MASTER_CODE }

/** A Tuesday, shortly after the begin of a window of one-time codes. */
const MORNING = Date.parse('2026-12-01T10:00:02+05:30')
const CODE_WINDOW_MS = 30_000
const SBIN = { exchange: 'NSE', symbol: 'SBIN-EQ' } as const

export interface Ending {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface Program {
  /** Everything it has written until now, errors too. */
  readonly out: () => string
  readonly ended: Promise<Ending>
  /** Nobody reads what it writes any more, as when its window was closed. */
  stopReading(): void
  kill(signal: NodeJS.Signals): void
  /** Sends it away as a service manager would, and waits for it to go. */
  stop(): Promise<Ending>
}

export interface Told {
  readonly code: number | null
  readonly out: string
}

export interface Stage {
  readonly simulator: RunningSimulator
  readonly folder: string
  /** `lockstep` with these arguments, on a machine whose clock has reached the next window of codes. */
  start(...args: readonly string[]): Program
  /** The same once it copies: its first reading of the master's book is over. */
  startCopying(...args: readonly string[]): Promise<Program>
  /** A command beside the one that runs, at the same time of day. */
  beside(...args: readonly string[]): Program
  /** The same until it has ended. */
  tell(...args: readonly string[]): Promise<Told>
  trade(side: 'BUY' | 'SELL', quantity: number, more?: object): { readonly orderId: string }
  /** Of each follower in SBIN, in their order. */
  positions(): readonly string[]
  /** What each follower was sent: `BUY 100`. */
  orders(follower: number): readonly string[]
  /** Orders that took effect twice, and requests beyond the broker's limits. */
  wrongs(): readonly unknown[]
  until(what: string, holds: () => boolean, ms?: number): Promise<void>
}

export interface StageSettings {
  readonly followers?: number
  readonly yaml?: string
  readonly simulator?: ServerSettings
  readonly env?: Readonly<Record<string, string>>
  /** False: the environment of somebody who has just cloned it. */
  readonly withAccounts?: boolean
}

export async function createStage(settings: StageSettings = {}): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-e2e-'))
  const accounts = defaultAccounts(settings.followers ?? 2)
  let movedMs = MORNING - Date.now()
  const simulator = await startSimulator({
    clock: {
      now: () => instant(Date.now() + movedMs),
      sleep: (ms, signal) => pause(ms, undefined, signal ? { signal } : {}).then(no, no),
    },
    accounts,
    ...settings.simulator,
  })
  const programs: Program[] = []
  let current: Program | null = null
  if (settings.yaml !== undefined) writeFileSync(join(folder, 'lockstep.yaml'), settings.yaml)
  onTestFinished(async () => {
    for (const program of programs) program.kill('SIGKILL')
    await Promise.all(programs.map(({ ended }) => ended))
    await simulator.stop()
    rmSync(folder, { recursive: true })
  })

  function start(...args: readonly string[]): Program {
    // A code is used once: a restart on a real machine waits up to half a minute for the next one.
    if (programs.length > 0) movedMs += CODE_WINDOW_MS
    current = launch(args)
    return current
  }

  function launch(args: readonly string[]): Program {
    const { PATH = '', NODE_OPTIONS = '', LOOPBACK_VIOLATIONS = '' } = process.env
    const child = spawn(process.execPath, [resolve('bin/lockstep'), ...args], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH,
        LOOPBACK_VIOLATIONS,
        NODE_OPTIONS: `${NODE_OPTIONS} --require="${resolve('tests/e2e/moved-clock.cjs')}"`,
        MOVED_CLOCK_MS: String(movedMs),
        ...(settings.withAccounts === false ? {} : environmentOf(accounts, simulator.urls)),
        ...settings.env,
      },
    })
    const program = follow(child)
    programs.push(program)
    return program
  }

  async function until(what: string, holds: () => boolean, ms = 20_000): Promise<void> {
    const deadline = performance.now() + ms
    while (!holds()) {
      if (performance.now() > deadline)
        throw new Error(`never: ${what}\n${current?.out().split('\n').slice(-40).join('\n')}`)
      await pause(25)
    }
  }

  const positionOf = (clientCode: string): string =>
    simulator.control.positions({ clientCode }).find(({ symbol }) => symbol === SBIN.symbol)
      ?.quantity ?? '0'

  return {
    simulator,
    folder,
    start,
    until,
    async startCopying(...args) {
      const begun = simulator.control.requests().length
      const program = start(...args)
      // Between two equal readings of the book lie the positions; after the second it copies.
      await until('the master is watched', () => {
        const routes = simulator.control
          .requests()
          .slice(begun)
          .filter(({ clientCode }) => clientCode === MASTER_CODE)
          .map(({ route }) => route)
        const positions = routes.indexOf('positions')
        return positions >= 0 && routes.slice(positions).includes('book')
      })
      return program
    },
    beside: (...args) => launch(args),
    async tell(...args) {
      const command = launch(args)
      const { code } = await command.ended
      return { code, out: command.out() }
    },
    trade: (side, quantity, more = {}) =>
      simulator.control.trade({
        clientCode: MASTER_CODE,
        ...SBIN,
        side,
        quantity,
        product: 'INTRADAY',
        ...more,
      }),
    wrongs: () => [...simulator.control.duplicates(), ...simulator.control.violations()],
    positions: () => accounts.slice(1).map(({ clientCode }) => positionOf(clientCode)),
    orders: (follower) =>
      simulator.control
        .orders({ clientCode: followerCode(follower) })
        .map(({ side, quantity }) => `${side} ${quantity}`),
  }
}

function follow(child: ChildProcess): Program {
  let out = ''
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => {
      out += text
    })
  const ended = once(child, 'close').then(([code, signal]): Ending => ({ code, signal }) as Ending)
  return {
    out: () => out,
    ended,
    stopReading() {
      child.stdout?.destroy()
      child.stderr?.destroy()
    },
    kill: (signal) => void child.kill(signal),
    stop() {
      child.kill('SIGTERM')
      return ended
    },
  }
}

const no = () => undefined
