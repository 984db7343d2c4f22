// The real program as a child process, on a machine whose clock shows another time of day. It gets the
// environment that it is given and nothing of ours, so that what it does depends on nothing here.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'

export interface Ending {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface Program {
  readonly pid: number | undefined
  /** Everything it has written until now, errors too. */
  readonly out: () => string
  readonly ended: Promise<Ending>
  /** Nobody reads what it writes any more, as when its window was closed. */
  stopReading(): void
  kill(signal: NodeJS.Signals): void
  /** Sends it away as a service manager would, and waits for it to go. */
  stop(): Promise<Ending>
}

export interface ProgramSettings {
  /** Where it is started: its `.env`, `lockstep.yaml`, `data` and `logs`. */
  readonly folder: string
  readonly args: readonly string[]
  /** How far its clock is ahead of this machine's. */
  readonly movedMs: number
  readonly env: Readonly<Record<string, string>>
  /** Loaded before it, as the moved clock is. */
  readonly preload?: readonly string[]
  /** With the page beside a copier; most tests need none. */
  readonly web?: boolean
  /** What starts it in a place of its own; the last of these words is followed by the program and its arguments. */
  readonly within?: readonly string[]
}

const COPIERS = ['run', 'start', 'demo']

export function startLockstep(settings: ProgramSettings) {
  const { folder, args, movedMs, env, preload = [], web = false, within = [] } = settings
  const { PATH = '', NODE_OPTIONS = '', LOOPBACK_VIOLATIONS = '' } = process.env
  const loaded = ['tests/e2e/moved-clock.cjs', ...preload]
  const required = loaded.map((file) => `--require="${resolve(file)}"`).join(' ')
  const more = !web && COPIERS.includes(args[0] ?? '') ? ['--no-web'] : []
  const words = [...within, process.execPath, resolve('bin/lockstep'), ...args, ...more]
  const child = spawn(words[0] ?? '', words.slice(1), {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH,
      LOOPBACK_VIOLATIONS,
      NODE_OPTIONS: `${NODE_OPTIONS} ${required}`,
      MOVED_CLOCK_MS: String(movedMs),
      ...env,
    },
  })
  return follow(child)
}

function follow(child: ChildProcess): Program {
  let out = ''
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => {
      out += text
    })
  const ended = once(child, 'close').then(([code, signal]): Ending => ({ code, signal }) as Ending)
  return {
    pid: child.pid,
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
