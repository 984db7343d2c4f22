// Runs the official client as a child process in an empty directory of its own. It tries to reach
// resolvers outside when it is constructed; the loopback guard refuses that, and here it is expected, so
// what it tried goes into a file of the child's own.
import { fork } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { generateSync } from 'otplib'
import { onTestFinished } from 'vitest'
import type { AccountSetting } from '../../src/simulator/account.ts'
import type { RunningSimulator } from '../../src/simulator/server.ts'

export type Row = Record<string, unknown>
export type Envelope = Row & { readonly data: Row }

const require = createRequire(import.meta.url)

/** What every finding here is about. */
export const PINNED_VERSION = '1.0.27'
export const installedVersion = (): string =>
  (require('smartapi-javascript/package.json') as { version: string }).version

/** The client's own table of paths. */
export const routeTable = (): Record<string, string | number | boolean> =>
  (require('smartapi-javascript/config/api') as { API: Record<string, string> }).API

export interface OfficialClient {
  call(method: string, ...args: readonly unknown[]): Promise<unknown>
  /** Logs in with the code of the moment and gives the answer. */
  login(): Promise<Envelope>
  listen(name: string, clientCode: string, jwt: string, feed: string): Promise<void>
  readonly frames: readonly { readonly name: string; readonly text: string }[]
  /** Resolves when there is such a frame. */
  frame(matches: (text: string) => boolean): Promise<void>
  readonly ended: Promise<number | null>
  /** What it wrote to its log by now; empty while there is none. */
  errorLog(): string
  /** What it tried to reach outside. */
  attempts(): string
}

interface Wanted {
  readonly survives?: boolean
  readonly timeoutMs?: number
}

export async function startOfficialClient(
  simulator: RunningSimulator,
  account: AccountSetting,
  wanted: Wanted = {},
): Promise<OfficialClient> {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-official-'))
  const attempts = join(folder, 'attempts')
  const settings = {
    apiKey: account.apiKey,
    root: simulator.urls.rest,
    feed: simulator.urls.feed,
    timeoutMs: wanted.timeoutMs ?? 7000,
    survives: wanted.survives ?? true,
  }
  const child = fork(
    fileURLToPath(new URL('./official-client.cjs', import.meta.url)),
    [JSON.stringify(settings)],
    // What it would print about its own end is expected here.
    { cwd: folder, stdio: ['ignore', 'ignore', 'ignore', 'ipc'], env: environment(attempts) },
  )
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await ended
    rmSync(folder, { recursive: true })
  })

  const frames: { name: string; text: string }[] = []
  const calls = new Map<number, (result: unknown) => void>()
  const waiting = new Set<() => void>()
  let number = 0
  const ready = new Promise<void>((resolve) => {
    child.on('message', (message: Row & { kind: string }) => {
      if (message.kind === 'ready') resolve()
      if (message.kind === 'result') calls.get(message.number as number)?.(message.result)
      if (message.kind === 'frame') {
        frames.push({ name: message.name as string, text: message.text as string })
        for (const look of waiting) look()
      }
    })
  })
  await ready

  const call = (method: string, ...args: readonly unknown[]): Promise<unknown> =>
    new Promise((resolve) => {
      const mine = ++number
      calls.set(mine, resolve)
      child.send({ number: mine, method, args: [...args] })
    })

  return {
    call,
    frames,
    ended,
    async login() {
      const code = generateSync({ secret: account.totpSecret })
      return (await call('generateSession', account.clientCode, account.pin, code)) as Envelope
    },
    async listen(name, clientCode, jwt, feed) {
      await call('listen', name, clientCode, jwt, feed)
    },
    frame: (matches) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (!frames.some(({ text }) => matches(text))) return
          waiting.delete(look)
          resolve()
        }
        waiting.add(look)
        look()
      }),
    errorLog: () => readOr(join(folder, 'error.log')),
    attempts: () => readOr(attempts),
  }
}

const readOr = (file: string): string => (existsSync(file) ? readFileSync(file, 'utf8') : '')

function environment(attempts: string): Record<string, string | undefined> {
  return { ...process.env, LOOPBACK_VIOLATIONS: attempts }
}
