// The page as a process beside the copier, for `main` alone, seen from both ends. The line between them is its
// lifeline: when the copier is gone, killed included, the line breaks and the page ends.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setPriority } from 'node:os'
import { fileURLToPath } from 'node:url'
import type { PageChoice, PageNews, StartPage } from './cli/page.ts'
import type { Starter } from './cli/serve.ts'
import { readProcessEnvironment } from './config/environment.ts'
import { isVariableName } from './config/names.ts'

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url))
/** Of what it complained about before it ended. */
const MOST_COMPLAINTS = 2_000
/** It only has to close what is open. */
const END_WITHIN_MS = 3_000

export const startPage: StartPage = (choice, tell) => {
  const child = launch(choice)
  let complaints = ''
  let isStopping = false
  let isOpen = false
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    complaints = `${complaints}${text}`.slice(-MOST_COMPLAINTS)
  })
  child.on('message', (news) => {
    isOpen = (news as PageNews).kind === 'open'
    if (isOpen) giveWay(child.pid)
    tell(news as PageNews)
  })
  // Not `close`: a line that this side has broken keeps that from ever being told.
  const ended = once(child, 'exit').catch((error: unknown) => {
    complaints = error instanceof Error ? error.message : String(error)
  })
  void ended.then(() => {
    if (isStopping || !isOpen) return
    tell({ kind: 'failed', why: `its process ended (${lastLineOf(complaints)})` })
  })
  child.on('error', (error) => tell({ kind: 'failed', why: error.message }))
  // Nothing of it keeps the copier from ending.
  child.unref()
  child.channel?.unref()
  return {
    async stop() {
      isStopping = true
      if (child.connected) child.disconnect()
      const killing = setTimeout(() => child.kill('SIGKILL'), END_WITHIN_MS)
      child.ref()
      await ended
      clearTimeout(killing)
    },
  }
}

/**
 * Where both want the processor, the copier has three times as much of it. Lower still, a busy machine would
 * never answer a halt that is given at the page.
 */
const NICE = 5

function giveWay(pid: number | undefined): void {
  if (pid === undefined) return
  try {
    setPriority(pid, NICE)
  } catch {
    // It is gone already, or this system keeps no priorities: then they share.
  }
}

function launch({ host, port, configFile, isDemo, movedMs, surroundings }: PageChoice) {
  const args = [
    'serve',
    '--beside',
    ...['--web-host', host, '--web-port', String(port)],
    ...(configFile === null ? [] : ['--config', configFile]),
    ...(isDemo ? ['--demo'] : []),
    ...(movedMs === 0 ? [] : [`--clock-ahead=${movedMs}`]),
  ]
  return spawn(process.execPath, [...process.execArgv, MAIN, ...args], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    cwd: surroundings?.folder ?? process.cwd(),
    env: surroundings === null ? readProcessEnvironment() : environmentOf(surroundings.env),
  })
}

/** Of this process, but for the accounts of a person: what is simulated knows none of them. */
function environmentOf(given: Readonly<Record<string, string>>) {
  const others = Object.entries(readProcessEnvironment()).filter(([name]) => !isVariableName(name))
  return { ...Object.fromEntries(others), ...given }
}

const lastLineOf = (text: string): string => text.trim().split('\n').at(-1) || 'without a word'

/** Seen from the page's end; null: a person started it. */
export function findStarter(): Starter | null {
  if (!process.connected || process.send === undefined) return null
  const gone = new AbortController()
  process.once('disconnect', () => gone.abort())
  return { signal: gone.signal, tell: (news) => void process.send?.(news) }
}
