// `lockstep halt`: nothing is sent any more, exits included, until `lockstep resume`. It must work when
// little else does, so where no ledger can be written it leaves the file HALT, which the engine obeys too.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type AddCommand, exitCodes } from './program.ts'
import {
  addReachOptions,
  LedgerOutOfReach,
  type Reach,
  type ReachOptions,
  steerAt,
} from './reach.ts'
import { tellEngine } from './steer.ts'

export const HALT_FILE = 'HALT'
export const HALTED = 'HALTED: nothing is sent, exits neither. To go on: lockstep resume'

export function addHalt(reach: Reach): AddCommand {
  return (program, terminal, end) => {
    addReachOptions(program.command('halt'))
      .description('send nothing more, exits included, until `lockstep resume`')
      .addHelpText(
        'after',
        '\nThe file HALT in the data folder does the same.\nExample: lockstep halt',
      )
      .action(async (options: ReachOptions) => {
        try {
          await steerAt(reach, options, async (site) => {
            const told = await tellEngine(reach, site, { kind: 'halt' }, HALTED)
            terminal.write(told.text)
            end(told.exitCode)
          })
        } catch (error) {
          if (!(error instanceof LedgerOutOfReach)) throw error
          terminal.write(`${error.message}\n${haltByFile(error.dataDir)}\n`)
          end(exitCodes.done)
        }
      })
  }
}

/** What is left where no ledger can be written: obeyed by every engine there. */
export function haltByFile(dataDir: string): string {
  const file = join(dataDir, HALT_FILE)
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  writeFileSync(file, '', { mode: 0o600 })
  return `HALTED by the file ${file}: every engine there sends nothing while it exists.`
}
