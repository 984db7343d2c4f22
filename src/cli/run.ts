// `lockstep run`: the copier, from its settings to its goodbye. Dry run unless told otherwise. It asks and
// refuses before anything is copied, and never decides an order: the engine does. Whatever is wrong with
// the setup is told in a line that says what to do, never as a stack trace.
import type { Config, LoadedConfig } from '../config/config.ts'
import { describeFault, nearestName } from '../config/fault.ts'
import { readDuration, formatDuration as writeDuration } from '../config/values.ts'
import type { Mode } from '../domain/lane.ts'
import { MINUTE, SECOND } from '../domain/time.ts'
import type { Alerts } from '../report/alerts.ts'
import type { Report, ReportParts } from '../report/report.ts'
import { confirmTyped, type Person } from './ask.ts'
import type { Copier, CopierChoice } from './copier.ts'
import { copy, within } from './copying.ts'
import {
  openPage,
  type Page,
  type PageOptions,
  placeOf,
  type StartPage,
  withPageOptions,
} from './page.ts'
import { type AddCommand, type ExitCode, Refusal, type Terminal } from './program.ts'
import { unlock } from './unlock.ts'

export interface RunParts {
  readonly load: (configFile: string | null) => LoadedConfig
  /** Throws a Refusal for a ledger that can't be used. */
  readonly open: (config: Config, choice: CopierChoice) => Copier
  /** What the live ledger holds, for a dry run that is about to look away from it. */
  readonly heldLive: (config: Config) => HeldLive
  readonly report: (copier: Copier, onAlert: ReportParts['onAlert']) => Report
  readonly alerts: (copier: Copier, say: (text: string) => void) => Alerts
  readonly version: string
  /** Aborts when the program is told to stop; `ignore` when it has. */
  readonly listen: () => { readonly signal: AbortSignal; ignore(): void }
  readonly person: Person
  readonly startPage: StartPage
}

export type HeldLive =
  | { readonly kind: 'known'; readonly lanes: readonly string[] }
  | { readonly kind: 'unknown'; readonly why: string }

export interface RunOptions extends PageOptions {
  readonly live?: true
  readonly yes?: true
  readonly confirm?: true
  readonly only?: readonly string[]
  readonly config?: string
  readonly poll?: string
  /** commander's name for --no-feed. */
  readonly feed?: boolean
  readonly takeOver?: true
  readonly leaveLivePositions?: true
}

const CONFIRMATION = 'LIVE'

export function addRun(parts: RunParts): AddCommand {
  return (program, terminal, end) => {
    withRunOptions(program.command('run'))
      .description('copy the master to its followers; a dry run unless --live is given')
      .action(async (options: RunOptions) => end(await run(options, parts, terminal)))
  }
}

/** Those of `run`; `npm start` takes the same. */
export function withRunOptions<C extends ReturnType<Parameters<AddCommand>[0]['command']>>(
  command: C,
): C {
  withPageOptions(command)
  return command
    .option('--live', 'place real orders; asks for a typed confirmation')
    .option('--yes', 'with --live: start without asking, for a service')
    .option('--confirm', 'ask before each entry: here, and by lockstep approve and reject')
    .option(
      '--only <name>',
      'only this follower takes entries (repeat it for more); the others still copy exits',
      (name: string, before: readonly string[] = []) => [...before, name],
    )
    .option('--config <file>', 'settings file in place of lockstep.yaml')
    .option('--poll <duration>', "how often the master's order book is read, such as 2s")
    .option('--no-feed', 'read the order book only, without the order-update stream')
    .option('--no-web', 'without the page in the browser')
    .option('--take-over', "go on although another Lockstep's orders are in a follower's book")
    .option('--leave-live-positions', 'dry run although live positions stay open uncopied')
    .addHelpText(
      'after',
      `
Examples:
  lockstep run                             dry run: real prices, paper orders
  lockstep run --live --only FOLLOWER_1    real orders; only FOLLOWER_1 takes entries
  lockstep run --live --yes                real orders, started by a service`,
    ) as C
}

export async function run(
  options: RunOptions,
  parts: RunParts,
  terminal: Terminal,
): Promise<ExitCode> {
  const stopping = parts.listen()
  let copier: Copier | null = null
  let page: Page | null = null
  try {
    const place = placeOf(options)
    const config = settle(options, parts, terminal)
    const mode: Mode = options.live ? 'live' : 'paper'
    mayStart(options, parts, config)
    await unlock(config.vault, parts.person)
    copier = parts.open(config, {
      mode,
      command: `lockstep run${options.live ? ' --live' : ''}`,
      takeOver: options.takeOver === true,
    })
    const { signal } = stopping
    const alerts = parts.alerts(copier, (text) => report.say(text, 'warning'))
    const report = parts.report(copier, alerts.raise)
    if (options.web !== false)
      page = openPage(parts.startPage, report, {
        ...place,
        configFile: options.config ?? null,
        isDemo: false,
        movedMs: 0,
        surroundings: null,
      })
    return await copy(copier, {
      report,
      alerts,
      page: () => page?.url() ?? null,
      version: parts.version,
      only: options.only ?? null,
      isDemo: false,
      mayGo: () => isConfirmed(options, parts, signal),
      person: parts.person.isThere ? parts.person : null,
      signal,
    })
  } finally {
    await page?.stop()
    copier?.close()
    stopping.ignore()
  }
}

// --- the settings, and what the command line says on top of them ---------------------------------

/** What holds for this run: the file, then the command line. All that is wrong is told at once. */
function settle(options: RunOptions, parts: RunParts, terminal: Terminal): Config {
  const loaded = parts.load(options.config ?? null)
  for (const warning of loaded.warnings) terminal.complain(`warning: ${warning}\n`)
  if (loaded.kind === 'faults')
    throw new Refusal(loaded.faults.map(describeFault).join('\nerror: '))
  const { config } = loaded
  if (config.accounts.master === null)
    throw new Refusal(
      'no account is set up: copy .env.example to .env and fill it in, or see `lockstep demo` first',
    )
  if (config.accounts.followers.length === 0)
    throw new Refusal(
      'no follower is set up, so there is nobody to copy to: FOLLOWER_1_API_KEY and the others of .env.example',
    )
  return override(config, options)
}

function override(config: Config, { only, confirm, poll, feed }: RunOptions): Config {
  const names = config.followers.map(({ name }) => String(name))
  for (const name of only ?? [])
    if (!names.includes(name)) throw new Refusal(unknownFollower(name, names))
  return {
    ...config,
    engine: {
      ...config.engine,
      ...(poll === undefined ? {} : { pollIntervalMs: readPoll(poll) }),
      ...(feed === false ? { orderFeed: 'off' } : {}),
    },
    followers: config.followers.map((settings) => ({
      ...settings,
      enabled: settings.enabled && (only === undefined || only.includes(settings.name)),
      confirm: confirm && settings.confirm === 'off' ? 'entries' : settings.confirm,
    })),
  }
}

function unknownFollower(name: string, names: readonly string[]): string {
  const nearest = nearestName(name, names)
  const hint = nearest === null ? '' : ` (did you mean ${nearest}?)`
  return `--only ${name} is no follower${hint}; allowed: ${names.join(', ')}`
}

function readPoll(written: string): number {
  const ms = readDuration(written)
  if (ms !== null && ms >= SECOND && ms <= MINUTE) return ms
  const allowed = `${writeDuration(SECOND)} to ${writeDuration(MINUTE)}`
  throw new Refusal(`--poll is ${written}; allowed: ${allowed}, such as 2s`)
}

// --- what is refused before anything is opened ---------------------------------------------------

function mayStart(options: RunOptions, { person, heldLive }: RunParts, config: Config): void {
  const { live, yes, leaveLivePositions } = options
  if (yes && !live) throw new Refusal('--yes belongs to --live: a dry run asks nothing')
  if (live && !yes && !person.isThere)
    throw new Refusal(
      '--live asks for a typed confirmation, and there is no terminal to ask at; a service gives --live --yes',
    )
  if (live || leaveLivePositions) return
  const held = heldLive(config)
  if (held.kind === 'known' && held.lanes.length === 0) return
  const what =
    held.kind === 'known'
      ? `Lockstep still holds live positions, and a dry run would not copy their exits:\n  ${held.lanes.join('\n  ')}\n`
      : `nobody can say whether live positions are open: ${held.why}\n`
  throw new Refusal(
    `${what}Run it with --live, or with --leave-live-positions to leave them to you.`,
  )
}

async function isConfirmed(
  { live, yes }: RunOptions,
  { person }: RunParts,
  signal: AbortSignal,
): Promise<boolean> {
  if (!live) return true
  const question = 'Real orders will be placed.'
  const answer = await within(confirmTyped(person, yes === true, question, CONFIRMATION), signal)
  return answer === true
}
