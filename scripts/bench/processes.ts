// The processes of a benchmark: the receiving broker, the floor, the copier that takes one after another,
// and the real program, live, against loopback. Each is ended by whoever started it.
import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { readProcessEnvironment } from '../../src/config/environment.ts'
import type { SessionRecord } from '../../src/report/record.ts'
import { parseRecord } from '../../src/report/summary.ts'
import { defaultAccounts, environmentOf } from '../../src/simulator/default-accounts.ts'
import type {
  Asked,
  Flood,
  FloodTold,
  Ready,
  Round,
  RoundTold,
  Sender,
  State,
  Told,
} from './messages.ts'

const READY_WITHIN_MS = 120_000

export interface Receiver {
  readonly ready: Ready
  round(round: Round): Promise<RoundTold>
  latency(ms: number): Promise<void>
  /** Begins with empty books. */
  forget(): Promise<void>
  history(rows: number): Promise<void>
  flood(flood: Flood): Promise<FloodTold>
  state(): Promise<State>
  readonly process: ChildProcess
  end(): Promise<void>
}

const file = (name: string): string => join(import.meta.dirname, name)

export async function startReceiver(): Promise<Receiver> {
  const child = fork(file('receiver.ts'))
  const first = (await firstMessage(child)) as Ready
  let waiting: ((told: Told) => void) | null = null
  child.on('message', (told: Told) => {
    waiting?.(told)
  })

  async function ask<T extends Told>(asked: Asked, withinMs: number): Promise<T> {
    const { promise, resolve: answer, reject } = Promise.withResolvers<Told>()
    waiting = answer
    child.send(asked)
    const late = setTimeout(
      () => reject(new Error(`no answer: ${JSON.stringify(asked)}`)),
      withinMs,
    )
    try {
      return (await promise) as T
    } finally {
      clearTimeout(late)
      waiting = null
    }
  }

  return {
    ready: first,
    process: child,
    round: (round) => ask({ kind: 'round', ...round }, 10 * READY_WITHIN_MS),
    latency: async (ms) => void (await ask({ kind: 'latency', ms }, READY_WITHIN_MS)),
    history: async (rows) => void (await ask({ kind: 'history', rows }, READY_WITHIN_MS)),
    flood: (flood) => ask({ kind: 'flood', ...flood }, 10 * READY_WITHIN_MS),
    forget: async () => void (await ask({ kind: 'forget' }, READY_WITHIN_MS)),
    state: () => ask({ kind: 'state' }, READY_WITHIN_MS),
    end: () => endOf(child),
  }
}

/** The two bare ones, ready when they hear. */
export async function startBare(
  kind: Exclude<Sender, 'copier'>,
  { ready }: Receiver,
  followers: number,
): Promise<() => Promise<void>> {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-bench-'))
  const words: readonly string[] = {
    floor: ['floor.ts', ready.rest.floor, ready.feed, String(followers)],
    synced: ['floor.ts', ready.rest.synced, ready.feed, String(followers), join(folder, 'record')],
    oneByOne: ['one-by-one.ts', ready.rest.oneByOne, String(followers)],
  }[kind]
  const [script = '', ...args] = words
  const child = fork(file(script), args)
  await firstMessage(child)
  return async () => {
    await endOf(child)
    rmSync(folder, { recursive: true, force: true })
  }
}

export interface RunningCopier {
  readonly pid: number
  readonly folder: string
  readonly out: () => string
  readonly usage: () => Usage
  /** Of the page's process, which it has started; nothing known where there is none. */
  readonly pageUsage: () => Usage
  /** Ends it as a service manager would, and gives its own record of the session. */
  end(): Promise<SessionRecord | null>
}

export interface CopierWanted {
  readonly followers: number
  readonly yaml?: string
  readonly args?: readonly string[]
  /** With the page beside it. */
  readonly web?: boolean
  /** Handed to Node, such as --cpu-prof. */
  readonly node?: readonly string[]
  /** A folder with a ledger in it that is to be gone on with. */
  readonly folder?: string
}

/** `lockstep run --live --yes`, in a folder of its own, once it copies. */
export async function startCopier(
  receiver: Receiver,
  wanted: CopierWanted,
): Promise<RunningCopier> {
  const folder = wanted.folder ?? mkdtempSync(join(tmpdir(), 'lockstep-bench-'))
  writeFileSync(join(folder, 'lockstep.yaml'), `hours: ignore\n${wanted.yaml ?? ''}`)
  const accounts = defaultAccounts(wanted.followers)
  const { rest, feed, instruments } = receiver.ready
  const main = resolve(import.meta.dirname, '../../src/main.ts')
  const more = [...(wanted.web === true ? [] : ['--no-web']), ...(wanted.args ?? [])]
  const args = [...(wanted.node ?? []), main, 'run', '--live', '--yes', ...more]
  const child = spawn(process.execPath, args, {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...surroundings(),
      ...environmentOf(accounts, { rest: rest.copier, feed, instruments }),
    },
  })
  let out = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      out = (out + text).slice(-100_000)
    })
  const hasStream = !wanted.args?.includes('--no-feed')
  const deadline = performance.now() + READY_WITHIN_MS
  for (;;) {
    const state = await receiver.state()
    const listens = !hasStream || state.streams >= wanted.followers + 1
    if (state.watches && state.booksRead > wanted.followers && listens) break
    if (child.exitCode !== null || performance.now() > deadline)
      throw new Error(`the copier did not begin:\n${out.slice(-4_000)}\n${JSON.stringify(state)}`)
    await pause(50)
  }
  return {
    pid: child.pid ?? 0,
    folder,
    out: () => out,
    usage: () => usageOf(child.pid ?? 0),
    pageUsage: () => usageOf(firstChildOf(child.pid ?? 0)),
    async end() {
      if (child.exitCode === null) {
        child.kill('SIGTERM')
        await once(child, 'exit')
      }
      const logs = join(folder, 'logs')
      const file = readdirSync(logs).find((name) => /^copy_trading_.*\.json$/.test(name))
      const record = file === undefined ? null : parseRecord(readFileSync(join(logs, file), 'utf8'))
      if (wanted.folder === undefined) rmSync(folder, { recursive: true, force: true })
      return record
    },
  }
}

/** Nothing of whoever runs this gets to the program under test, but what Node itself goes by. */
function surroundings(): Readonly<Record<string, string>> {
  const { PATH = '', NODE_OPTIONS = '', LOOPBACK_VIOLATIONS = '' } = readProcessEnvironment()
  return { PATH, NODE_OPTIONS, LOOPBACK_VIOLATIONS }
}

export interface Usage {
  /** Of all its threads since it began. */
  readonly cpuMs: number
  readonly memoryBytes: number
}

/** Linux tells; where nobody does it is not a number, and printed as a dash. */
function usageOf(pid: number): Usage {
  const place = `/proc/${pid}`
  if (!existsSync(place)) return { cpuMs: Number.NaN, memoryBytes: Number.NaN }
  const stat = readFileSync(`${place}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  const memory = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`${place}/status`, 'utf8'))?.[1]
  // Ticks of a hundredth of a second on every Linux that Node runs on.
  return {
    cpuMs: (Number(stat[11]) + Number(stat[12])) * 10,
    memoryBytes: Number(memory) * 1024,
  }
}

function firstChildOf(pid: number): number {
  const place = `/proc/${pid}/task/${pid}/children`
  return existsSync(place) ? Number(readFileSync(place, 'utf8').trim().split(' ')[0]) : 0
}

const firstMessage = (child: ChildProcess): Promise<unknown> =>
  new Promise((answer, reject) => {
    child.once('message', answer)
    child.once('exit', (code) => reject(new Error(`it ended with ${code}`)))
  })

async function endOf(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit')
  child.disconnect()
  await ended
}
