// What `npm start` means: the demo until there is an account, then `lockstep run`. No command of its own,
// so it stands in no list.
import { type DemoParts, demo, NO_ACCOUNT_YET } from './demo.ts'
import type { PageOptions } from './page.ts'
import type { AddCommand } from './program.ts'
import { type RunOptions, type RunParts, run, withRunOptions } from './run.ts'

/** Of those of `run` the demo knows the page's only. */
const demoOptionsOf = ({ web, webHost, webPort }: RunOptions): PageOptions => ({
  ...(web === undefined ? {} : { web }),
  ...(webHost === undefined ? {} : { webHost }),
  ...(webPort === undefined ? {} : { webPort }),
})

export function addStart(parts: RunParts, demoParts: DemoParts): AddCommand {
  return (program, terminal, end) => {
    withRunOptions(program.command('start', { hidden: true }))
      .description('the demo until an account is set up, then run')
      .action(async (options: RunOptions) => {
        const loaded = parts.load(options.config ?? null)
        const hasAccount = loaded.kind === 'faults' || loaded.config.accounts.master !== null
        if (hasAccount) return end(await run(options, parts, terminal))
        terminal.write(NO_ACCOUNT_YET)
        end(await demo(demoOptionsOf(options), demoParts, terminal.write))
      })
  }
}
