// A process that lives days, one after the other, and is not waited for for ever: a day that is not over within
// its limit of real time is ended together with its process, and told as broken, with what its story had
// come to; the next day gets a new process. The other side of it is `serve` in scripts/simulate.ts.
import { type ChildProcess, fork } from 'node:child_process'
import { emptyTally, type Tally } from './tally.ts'

/** What a worker is asked for: it writes the story there, line by line, while the day goes on. */
export interface Asked {
  readonly seed: number
  readonly story: string
}

export interface Worker {
  /** Never rejects: a day whose process ends or never answers is a broken one. */
  live(asked: Asked): Promise<Tally>
  close(): void
}

/** The file that the process runs, and how long a day may take. */
export function createWorker(file: string, limitMs: number): Worker {
  let child: ChildProcess | null = null

  function started(): ChildProcess {
    if (child !== null) return child
    const fresh = fork(file, [], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    fresh.once('exit', () => {
      if (child === fresh) child = null
    })
    child = fresh
    return fresh
  }

  async function live(asked: Asked): Promise<Tally> {
    const process = started()
    const answer = Promise.withResolvers<Tally | string>()
    const onGone = (): void => answer.resolve('its process ended in the middle of it')
    const limit = setTimeout(
      () => answer.resolve(`not over after ${limitMs / 1000} s of real time`),
      limitMs,
    )
    process.once('message', answer.resolve).once('exit', onGone)
    process.send(asked)
    const came = await answer.promise
    clearTimeout(limit)
    process.off('message', answer.resolve).off('exit', onGone)
    if (typeof came !== 'string') return came
    process.kill('SIGKILL')
    child = null
    const broken = [{ seed: asked.seed, broken: [`never became quiet: ${came}`] }]
    return { ...emptyTally(), days: 1, broken }
  }

  return {
    live,
    close() {
      child?.disconnect()
      child = null
    },
  }
}
