// The program that a soak is about: `lockstep run` as a child, started, killed and started again, with
// everything that it says kept in one file, and a look at how it is whenever one is wanted.
import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Program, startLockstep } from '../e2e/lockstep-process.ts'
import { fileVitals, ownVitals, processVitals, type Sample } from './vitals.ts'

export interface WatchedEngine {
  start(): void
  kill(): Promise<void>
  /** As a service manager would; what it says in the end. */
  stop(): Promise<string>
  /** Whether a process of it is there. */
  isUp(): boolean
  look(atMs: number, orders: number): Sample
  /** How often it was started. */
  lives(): number
  /** Each time it ended and nobody had told it to. */
  readonly unbidden: readonly string[]
  /** Any other command beside it: what it says, and its exit code. */
  tell(...args: readonly string[]): Promise<{ readonly code: number | null; readonly out: string }>
}

export function watchEngine(settings: {
  readonly folder: string
  readonly env: Readonly<Record<string, string>>
  readonly movedMs: number
  readonly vitalsEveryMs: number
}): WatchedEngine {
  const { folder, env, movedMs } = settings
  const vitalsFile = join(folder, 'vitals.json')
  const said = join(folder, 'program.txt')
  const unbidden: string[] = []
  let current: { program: Program; startedAt: number; isTold: boolean } | null = null
  let lives = 0
  let cpuOfThePast = 0

  function start(): void {
    lives++
    const program = startLockstep({
      folder,
      args: ['run', '--live', '--yes'],
      movedMs,
      env: { ...env, VITALS_FILE: vitalsFile, VITALS_EVERY_MS: String(settings.vitalsEveryMs) },
      preload: ['tests/soak/vitals.cjs'],
    })
    const life = { program, startedAt: performance.now(), isTold: false }
    current = life
    void program.ended.then(({ code, signal }) => {
      appendFileSync(said, program.out())
      if (life.isTold) return
      const last = program.out().trimEnd().split('\n').slice(-3).join(' | ')
      unbidden.push(`the program ended by itself with ${code ?? signal}: ${last}`)
      current = null
    })
  }

  async function end(signal: 'SIGTERM' | 'SIGKILL'): Promise<string> {
    const life = current
    if (life === null) return ''
    life.isTold = true
    const { program } = life
    const { cpu } = processVitals(program.pid ?? 0)
    program.kill(signal)
    const ending = await program.ended
    // One line earlier than the truth: what it did since is little.
    cpuOfThePast += cpu ?? 0
    current = null
    if (signal === 'SIGTERM' && ending.code !== 0)
      unbidden.push(`told to stop, the program ended with ${ending.code ?? ending.signal}`)
    return program.out()
  }

  return {
    start,
    unbidden,
    lives: () => lives,
    isUp: () => current !== null,
    stop: () => end('SIGTERM'),
    async kill() {
      await end('SIGKILL')
    },
    look(atMs, orders) {
      const pid = current?.program.pid ?? 0
      const { cpu, ...process } = processVitals(pid)
      return {
        atMs,
        life: lives,
        ageMs: current === null ? 0 : performance.now() - current.startedAt,
        ...process,
        ...ownVitals(vitalsFile, pid),
        cpu: cpu === null ? null : cpuOfThePast + cpu,
        ...fileVitals(folder),
        orders,
      }
    },
    async tell(...args) {
      const command = startLockstep({ folder, args, movedMs, env })
      const { code } = await command.ended
      return { code, out: command.out() }
    },
  }
}
