// `lockstep pause`: no new entries, for one follower or everybody. Exits go on: pausing never holds back
// what closes a position.
import type { AddCommand } from './program.ts'
import {
  addReachOptions,
  findFollowerOrAll,
  fullName,
  type Reach,
  type ReachOptions,
  steerAt,
} from './reach.ts'
import { tellEngine } from './steer.ts'

export function addPause(reach: Reach): AddCommand {
  return (program, terminal, end) => {
    addReachOptions(program.command('pause'))
      .description('no new entries; exits go on')
      .argument('[follower]', 'only this one; everybody when left out')
      .addHelpText('after', '\nExample: lockstep pause FOLLOWER_2')
      .action((word: string | undefined, options: ReachOptions) =>
        steerAt(reach, options, async (site) => {
          const follower = findFollowerOrAll(site, word)
          const who = follower === null ? 'Everybody' : fullName(site, follower)
          const done = `${who} paused: no entries, exits go on.`
          const told = await tellEngine(reach, site, { kind: 'pause', follower }, done)
          terminal.write(told.text)
          end(told.exitCode)
        }),
      )
  }
}
