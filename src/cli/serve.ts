// `lockstep serve`: the page alone, with an engine or without. It looks at the ledgers and writes the trader's
// words, like the other commands; it copies nothing. `run` starts it too, as a process of its own.
import { readWhole } from '../config/values.ts'
import {
  type PageChoice,
  type PageNews,
  type PageOptions,
  placeOf,
  tellPage,
  withPageOptions,
} from './page.ts'
import { type AddCommand, exitCodes, Refusal } from './program.ts'

export interface ServeParts {
  /** Throws a Refusal where it can't be served. */
  readonly openPage: (
    choice: PageChoice,
    signal: AbortSignal,
  ) => Promise<{
    readonly url: string
    readonly setupCode: string | null
    readonly ended: Promise<void>
  }>
  readonly listen: () => { readonly signal: AbortSignal; ignore(): void }
  /** The process that started this one; null: a person did. */
  readonly starter: Starter | null
}

export interface Starter {
  tell(news: PageNews): void
  /** Aborts when it is gone. */
  readonly signal: AbortSignal
}

interface ServeOptions extends PageOptions {
  readonly config?: string
  readonly beside?: true
  readonly demo?: true
  readonly clockAhead?: string
}

export function addServe(parts: ServeParts): AddCommand {
  return (program, terminal, end) => {
    const command = program
      .command('serve')
      .description('the page in the browser, alone; run serves it too')
      .option('--config <file>', 'settings file in place of lockstep.yaml')
    withPageOptions(command)
      .addHelpText('after', '\nExample: lockstep serve --web-port 8080')
      .action(async (options: ServeOptions) => {
        const choice = choiceOf(options)
        if (options.beside && parts.starter !== null)
          return end(await serveFor(parts.starter, parts, choice))
        const stopping = parts.listen()
        try {
          const page = await parts.openPage(choice, stopping.signal)
          tellPage({ kind: 'open', ...page }, choice, {
            say: (text, tone) =>
              tone === 'warning'
                ? terminal.complain(`warning: ${text}\n`)
                : terminal.write(`${text}\n`),
            tellOnly: (text) => terminal.write(`${text}\n`),
          })
          await page.ended
          end(exitCodes.done)
        } finally {
          stopping.ignore()
        }
      })
    // For the process that starts it: what a person would have no use for.
    for (const [flags, about] of [
      ['--beside', 'told and ended by the one that started it'],
      ['--demo', 'nothing of it is real'],
      ['--clock-ahead <ms>', "the copier's clock"],
    ] as const)
      command.addOption(command.createOption(flags, about).hideHelp())
  }
}

function choiceOf(options: ServeOptions): PageChoice {
  const ahead = options.clockAhead ?? '0'
  const movedMs = readWhole(ahead.replace(/^-/, ''))
  if (movedMs === null) throw new Refusal(`--clock-ahead is ${ahead}; allowed: milliseconds`)
  return {
    ...placeOf(options),
    configFile: options.config ?? null,
    isDemo: options.demo === true,
    movedMs: ahead.startsWith('-') ? -movedMs : movedMs,
    surroundings: null,
  }
}

/** Until the one who started it is gone: a Ctrl-C in its terminal is its business. */
async function serveFor(starter: Starter, { openPage, listen }: ServeParts, choice: PageChoice) {
  const deaf = listen()
  try {
    const { url, setupCode, ended } = await openPage(choice, starter.signal)
    starter.tell({ kind: 'open', url, setupCode })
    await ended
    return exitCodes.done
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    starter.tell({ kind: 'failed', why: error.message })
    return error.exitCode
  } finally {
    deaf.ignore()
  }
}
