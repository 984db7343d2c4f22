// `lockstep reject`: no to a signal that asks. The no is recorded as the reason; what an exit would have
// closed is the trader's to keep, until it is flattened.
import type { AddCommand } from './program.ts'
import { findQuestion, keptText } from './questions.ts'
import { addReachOptions, type Reach, type ReachOptions, steerAt } from './reach.ts'
import { tellEngine } from './steer.ts'

export function addReject(reach: Reach): AddCommand {
  return (program, terminal, end) => {
    addReachOptions(program.command('reject'))
      .description('no to a signal that asks')
      .argument('<signal>', 'its number, as in SIGNAL #12')
      .addHelpText('after', '\nExample: lockstep reject 12')
      .action((word: string, options: ReachOptions) =>
        steerAt(reach, options, async (site) => {
          const { signal, followers } = findQuestion(site, word)
          const done = `Rejected #${signal.id} for ${followers.join(', ')}.${keptText(signal, followers)}`
          const told = await tellEngine(reach, site, { kind: 'reject', signal: signal.id }, done)
          terminal.write(told.text)
          end(told.exitCode)
        }),
      )
  }
}
