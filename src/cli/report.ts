// `lockstep report`: what the sessions of today, or of any session record, came to. It reads the records in
// the log folder and nothing else, so it works beside a running engine and without one.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { dayOf, instant, type TradingDay } from '../domain/time.ts'
import type { SessionRecord } from '../report/record.ts'
import { NotARecord, parseRecord, summarize } from '../report/summary.ts'
import { reviewCsv, reviewText } from '../report/summary-text.ts'
import { type AddCommand, exitCodes, Refusal } from './program.ts'
import type { Reach } from './reach.ts'

interface ReportOptions {
  readonly csv?: true
  readonly json?: true
  readonly config?: string
}

export function addReport({ load, clock }: Pick<Reach, 'load' | 'clock'>): AddCommand {
  return (program, terminal, end) => {
    program
      .command('report')
      .description('what the sessions of today came to, or those of the given records')
      .argument('[files...]', 'session records, such as logs/copy_trading_20261201_091500.json')
      .option('--csv', 'a row for each follower, for a spreadsheet')
      .option('--json', 'the same for programs')
      .option('--config <file>', 'settings file in place of lockstep.yaml')
      .addHelpText('after', '\nExample: lockstep report --csv > today.csv')
      .action((files: readonly string[], options: ReportOptions) => {
        if (options.csv && options.json) throw new Refusal('--csv and --json: one of them')
        const loaded = load(options.config ?? null)
        const logDir = loaded.kind === 'valid' ? loaded.config.logDir : loaded.logDir
        const chosen = files.length > 0 ? files : filesOf(dayOf(clock.now()), logDir)
        if (chosen.length === 0)
          throw new Refusal(
            `no session of today in ${logDir}; lockstep report FILE takes any record`,
            exitCodes.failed,
          )
        const reviews = summarize(chosen.map((file) => readRecord(resolve(file))))
        if (options.json) terminal.write(`${JSON.stringify({ reviews })}\n`)
        else
          terminal.write(`${(options.csv ? reviewCsv(reviews) : reviewText(reviews)).trimEnd()}\n`)
        end(exitCodes.done)
      })
  }
}

/** Those that began today, and those still written to today: a session may run over midnight. */
function filesOf(day: TradingDay, logDir: string): readonly string[] {
  if (!existsSync(logDir)) return []
  return readdirSync(logDir)
    .filter((name) => /^copy_trading_\d{8}_\d{6}\.json$/.test(name))
    .map((name) => join(logDir, name))
    .filter((file) => {
      const began = file.slice(-20, -12)
      const written = dayOf(instant(Math.floor(statSync(file).mtimeMs)))
      return began === day.replaceAll('-', '') || written === day
    })
    .toSorted()
}

function readRecord(file: string): SessionRecord {
  let why: string
  try {
    return parseRecord(readFileSync(file, 'utf8'))
  } catch (error) {
    if (error instanceof NotARecord) why = error.message
    else if (error instanceof Error && 'code' in error)
      why = error.code === 'ENOENT' ? 'there is no such file' : `it can't be read (${error.code})`
    else throw error
  }
  throw new Refusal(`${file}: ${why}`)
}
