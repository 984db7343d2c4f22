// `lockstep approve`: yes to a signal that asks. Its age and price are looked at again at the yes.
import type { AddCommand } from './program.ts'
import { findQuestion } from './questions.ts'
import { addReachOptions, findFollower, type Reach, type ReachOptions, steerAt } from './reach.ts'
import { tellEngine } from './steer.ts'

export function addApprove(reach: Reach): AddCommand {
  return (program, terminal, end) => {
    addReachOptions(program.command('approve'))
      .description('yes to a signal that asks')
      .argument('<signal>', 'its number, as in SIGNAL #12')
      .argument('[followers...]', 'only for these; all that are asked when left out')
      .addHelpText('after', '\nExample: lockstep approve 12 FOLLOWER_1')
      .action((word: string, names: readonly string[], options: ReachOptions) =>
        steerAt(reach, options, async (site) => {
          const { signal, followers } = findQuestion(site, word)
          const named = names.map((name) => findFollower(site, name))
          const approved = named.length === 0 ? null : named
          const done = `Approved #${signal.id} for ${(approved ?? followers).join(', ')}.`
          const told = await tellEngine(
            reach,
            site,
            { kind: 'approve', signal: signal.id, followers: approved },
            done,
          )
          terminal.write(told.text)
          end(told.exitCode)
        }),
      )
  }
}
