// Puts the page's server together out of the real parts, for `main` alone: what it answers, where its password
// is kept, which files it gives. Whatever keeps it from being served is told in words.
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createAnswers } from './answers/answers.ts'
import { ledgerPath } from './assemble.ts'
import type { AccountsParts } from './cli/accounts-parts.ts'
import type { PageChoice } from './cli/page.ts'
import { exitCodes, Refusal } from './cli/program.ts'
import type { Reach } from './cli/reach.ts'
import type { ServeParts } from './cli/serve.ts'
import { replaceFile } from './config/replace-file.ts'
import { instant } from './domain/time.ts'
import type { Clock } from './ports.ts'
import { readPageFiles } from './web/files.ts'
import type { Memory } from './web/gate.ts'
import { CannotServe, serve } from './web/serve.ts'

const FILES = fileURLToPath(new URL('./web/built', import.meta.url))
const PASSWORD_FILE = 'page.json'
const SHORTEST_TOKEN = 16

export function createPageOpener(parts: {
  readonly reach: Reach
  readonly accounts: AccountsParts
  readonly version: string
  readonly complain: (text: string) => void
}): ServeParts['openPage'] {
  return async (choice, signal) => {
    const clock = movedClock(parts.reach.clock, choice)
    const reach = { ...parts.reach, clock }
    const { configFile, isDemo, host, port } = choice
    const loaded = reach.load(configFile)
    const config = loaded.kind === 'valid' ? loaded.config : null
    const dataDir = loaded.kind === 'valid' ? loaded.config.dataDir : loaded.dataDir
    const accounts = { ...parts.accounts, reach }
    const served = await serve(
      {
        version: parts.version,
        clock,
        memory: memoryIn(dataDir),
        answers: createAnswers({ reach, accounts, configFile, isDemo, ledgerPath }),
        files: readPageFiles(FILES),
        metricsToken: readToken(config?.metricsToken?.reveal() ?? null),
        complain: parts.complain,
      },
      { host, port },
      signal,
    ).catch((error: unknown) => {
      if (error instanceof CannotServe) return error
      throw error
    })
    if (served instanceof CannotServe) throw new Refusal(served.message, exitCodes.failed)
    return served
  }
}

function movedClock(clock: Clock, { movedMs }: PageChoice): Clock {
  return { ...clock, now: () => instant(clock.now() + movedMs) }
}

/** Beside the ledgers, and as private as they are. */
function memoryIn(dataDir: string): Memory {
  const file = join(dataDir, PASSWORD_FILE)
  return {
    read: () => (existsSync(file) ? readFileSync(file, 'utf8') : null),
    write(text) {
      mkdirSync(dataDir, { recursive: true, mode: 0o700 })
      replaceFile(file, text, 0o600)
    },
  }
}

function readToken(token: string | null): string | null {
  if (token !== null && token.length < SHORTEST_TOKEN)
    throw new Refusal(
      `LOCKSTEP_METRICS_TOKEN is short; allowed: ${SHORTEST_TOKEN} characters or more`,
    )
  return token
}
