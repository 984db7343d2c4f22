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
            const done = 'HALTED: nothing is sent, exits neither. To go on: lockstep resume'
            const told = await tellEngine(reach, site, { kind: 'halt' }, done)
            terminal.write(told.text)
            end(told.exitCode)
          })
        } catch (error) {
          if (!(error instanceof LedgerOutOfReach)) throw error
          leaveFile(error.dataDir)
          terminal.write(
            `${error.message}\nHALTED by the file ${join(error.dataDir, HALT_FILE)}: every engine there sends nothing while it exists.\n`,
          )
          end(exitCodes.done)
        }
      })
  }
}

function leaveFile(dataDir: string): void {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  writeFileSync(join(dataDir, HALT_FILE), '', { mode: 0o600 })
}
