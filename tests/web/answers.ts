// A trader's folder with real ledgers in it and the page's server over them, answered as `main` does: the real
// files, the real commands' parts, and a broker that a test may stand in.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createAnswers } from '../../src/answers/answers.ts'
import { ledgerPath } from '../../src/assemble.ts'
import type { Connect } from '../../src/cli/accounts-parts.ts'
import type { Reach } from '../../src/cli/reach.ts'
import type { Clock } from '../../src/ports.ts'
import type { Answers } from '../../src/web/app.ts'

export interface Office {
  readonly folder: string
  readonly reach: Reach
  readonly env: Readonly<Record<string, string>>
}

const nobodyLogsIn: Connect = () => {
  throw new Error('nobody logs in here')
}

export const answersIn = (
  { folder, reach, env }: Office,
  clock: Clock,
  connect: Connect = nobodyLogsIn,
): Answers => {
  const own = { ...reach, clock }
  return createAnswers({
    reach: own,
    accounts: { reach: own, folder, env, connect },
    configFile: null,
    isDemo: false,
    ledgerPath,
  })
}

export const textIn = ({ folder }: Office, file: string): string =>
  readFileSync(join(folder, file), 'utf8')
