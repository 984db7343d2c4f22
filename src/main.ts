// The program: the only place where the parts are put together. Started by scripts/launch.cjs, which sees
// to a Node that is new enough before anything here is read.
import { join } from 'node:path'
import packageJson from '../package.json' with { type: 'json' }
import { runProgram } from './cli/program.ts'
import { addValidate, type LedgerState } from './cli/validate.ts'
import { loadConfig } from './config/config.ts'
import { readProcessEnvironment } from './config/environment.ts'
import type { Mode } from './domain/lane.ts'
import { openView } from './ledger/open.ts'
import { LedgerUnusable } from './ledger/unusable.ts'

process.exitCode = await runProgram(
  process.argv.slice(2),
  packageJson.version,
  {
    write: (text) => process.stdout.write(text),
    complain: (text) => process.stderr.write(text),
  },
  [
    addValidate({
      load: (configFile) =>
        loadConfig({ env: readProcessEnvironment(), cwd: process.cwd(), configFile }),
      lookAtLedger,
    }),
  ],
)

function lookAtLedger(dataDir: string, mode: Mode): LedgerState {
  const path = join(dataDir, mode === 'live' ? 'lockstep.db' : 'lockstep-paper.db')
  try {
    const view = openView({ path, mode })
    try {
      return {
        kind: 'usable',
        lanes: view.lanes().length,
        owed: view.owed().length,
        open: view.openAttempts(null).length,
      }
    } finally {
      view.close()
    }
  } catch (error) {
    if (!(error instanceof LedgerUnusable)) throw error
    if (error.kind === 'missing') return { kind: 'none' }
    return { kind: 'unusable', why: error.message, isLasting: error.kind !== 'older' }
  }
}
