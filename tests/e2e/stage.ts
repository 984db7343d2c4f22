// The real program as a child process, and a simulated broker for it to talk to. What happened is asked of
// the broker's own books and of the program's output, never of anything inside it.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { onTestFinished } from 'vitest'
import { instant } from '../../src/domain/time.ts'
import { openDesk } from '../../src/ledger/open.ts'
import type { LedgerView } from '../../src/ports.ts'
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
import { isAllSettled } from '../engine/settled.ts'
import { type Program, startLockstep } from './lockstep-process.ts'

export { followerCode, MASTER_CODE }

/** A Tuesday, shortly after the begin of a window of one-time codes. */
const MORNING = Date.parse('2026-12-01T10:00:02+05:30')
const CODE_WINDOW_MS = 30_000
const SBIN = { exchange: 'NSE', symbol: 'SBIN-EQ' } as const

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
  /** The same, with other variables in its environment. */
  besideWith(env: Readonly<Record<string, string>>, ...args: readonly string[]): Program
  /** The same until it has ended. */
  tell(...args: readonly string[]): Promise<Told>
  trade(side: 'BUY' | 'SELL', quantity: number, more?: object): { readonly orderId: string }
  /** Of each follower in SBIN, in their order. */
  positions(): readonly string[]
  /** What each follower was sent: `BUY 100`. */
  orders(follower: number): readonly string[]
  /** All that the master did is told and at its end, everybody is flat, by the ledger of the live engine. */
  isSettled(): boolean
  /** The signals that wait for the trader's word. */
  asks(): readonly number[]
  /** Orders that took effect twice, and requests beyond the broker's limits. */
  wrongs(): readonly unknown[]
  until(what: string, holds: () => boolean, ms?: number): Promise<void>
}

export interface StageSettings {
  readonly followers?: number
  readonly yaml?: string
  readonly simulator?: ServerSettings
  readonly env?: Readonly<Record<string, string>>
  /** With the page beside the copier; most tests need none. */
  readonly web?: true
  /** How long is waited for what must come, unless told otherwise: longer where many programs run at once. */
  readonly patienceMs?: number
  /** What starts each program in a place of its own, for that folder. */
  readonly within?: (folder: string) => readonly string[]
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

  function launch(args: readonly string[], env: Readonly<Record<string, string>> = {}): Program {
    const accountsInIt =
      settings.withAccounts === false ? {} : environmentOf(accounts, simulator.urls)
    const program = startLockstep({
      folder,
      args,
      movedMs,
      env: { ...accountsInIt, ...settings.env, ...env },
      web: settings.web === true,
      within: settings.within?.(folder) ?? [],
    })
    programs.push(program)
    return program
  }

  async function until(
    what: string,
    holds: () => boolean,
    ms = settings.patienceMs ?? 20_000,
  ): Promise<void> {
    const deadline = performance.now() + ms
    while (!holds()) {
      if (performance.now() > deadline)
        throw new Error(`never: ${what}\n${current?.out().split('\n').slice(-40).join('\n')}`)
      await pause(25)
    }
  }

  function ask<T>(question: (ledger: LedgerView) => T): T {
    const desk = openDesk({ path: join(folder, 'data/lockstep.db'), mode: 'live' })
    try {
      return question(desk)
    } finally {
      desk.close()
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
      const program = start(...args)
      await until('the master is watched', () => program.out().includes(' is watched: '), 60_000)
      return program
    },
    beside: (...args) => launch(args),
    besideWith: (env, ...args) => launch(args, env),
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
    isSettled: () =>
      ask((ledger) => {
        const orders = simulator.control.orders({ clientCode: MASTER_CODE })
        return isAllSettled(ledger, orders, instant(Date.now() + movedMs))
      }),
    asks: () => ask((ledger) => ledger.undecided().map(({ signal }) => signal.id)),
    wrongs: () => [...simulator.control.duplicates(), ...simulator.control.violations()],
    positions: () => accounts.slice(1).map(({ clientCode }) => positionOf(clientCode)),
    orders: (follower) =>
      simulator.control
        .orders({ clientCode: followerCode(follower) })
        .map(({ side, quantity }) => `${side} ${quantity}`),
  }
}

const no = () => undefined
