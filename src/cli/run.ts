// `lockstep run`: the copier, from its settings to its goodbye. Dry run unless told otherwise. It asks and
// refuses before anything is copied, and never decides an order: the engine does. Whatever is wrong with
// the setup is told in a line that says what to do, never as a stack trace.
import type { Config, LoadedConfig } from '../config/config.ts'
import { describeFault, nearestName } from '../config/fault.ts'
import { readDuration, formatDuration as writeDuration } from '../config/values.ts'
import type { AlertKind } from '../domain/alert.ts'
import { CALENDAR_TABLE } from '../domain/calendar-data.ts'
import { MASTER } from '../domain/ids.ts'
import type { Lane, Mode } from '../domain/lane.ts'
import { formatDecimal, type Quantity } from '../domain/numbers.ts'
import { formatDuration, MINUTE, SECOND } from '../domain/time.ts'
import { createAlertWatch } from '../report/alert-watch.ts'
import type { Alerts } from '../report/alerts.ts'
import { nameOf, symbolOf } from '../report/lines.ts'
import type { Report, ReportParts } from '../report/report.ts'
import { confirmTyped, type Person } from './ask.ts'
import { askSignals } from './ask-signals.ts'
import type { Copier, CopierChoice, Member } from './copier.ts'
import { gatherFacts } from './facts.ts'
import {
  type PageChoice,
  type PageOptions,
  placeOf,
  type StartPage,
  tellPage,
  withPageOptions,
} from './page.ts'
import { type AddCommand, type ExitCode, exitCodes, Refusal, type Terminal } from './program.ts'
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

/** A login may have to wait for the next code, which is never further away than this. */
const LOGIN_WAIT_MS = 65 * SECOND
/** Beyond it ages are wrong: prices, codes and the age of an entry all hang on the time. */
const LARGEST_LIVE_SKEW_MS = 2 * SECOND
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

export interface Page {
  /** null: not yet, or not any more. */
  url(): string | null
  stop(): Promise<void>
}

/** Beside the copier, which neither waits for it nor hears of it. */
export function openPage(start: StartPage, report: Report, choice: PageChoice): Page {
  let url: string | null = null
  const started = start(choice, (news) => {
    url = news.kind === 'open' ? news.url : null
    tellPage(news, choice, report)
  })
  return { url: () => url, stop: started.stop }
}

export interface Start {
  readonly report: Report
  /** Whoever doesn't sit here is told by them; null: nobody is. */
  readonly alerts: Alerts | null
  readonly version: string
  /** The followers that take entries in this run; null: all that may. */
  readonly only: readonly string[] | null
  /** Nothing of it is real. */
  readonly isDemo: boolean
  /** Asked when all is shown and nothing is copied yet. */
  readonly mayGo: () => Promise<boolean>
  /** Who is asked about a signal that waits for a yes; null: nobody sits here. */
  readonly person: Person | null
  /** Where the page is served; null while it is not. */
  readonly page: () => string | null
  readonly signal: AbortSignal
}

/** From the logins to the goodbye. Throws a Refusal where it can't go on. */
export async function copy(copier: Copier, start: Start): Promise<ExitCode> {
  const { report, alerts } = start
  const tell = (kind: AlertKind, text: string) => alerts?.raise({ kind, account: null, text })
  try {
    if (!(await prepare(copier, start))) {
      report.say('Stopped before anything was copied.')
      return exitCodes.done
    }
    const { ledger, clock, members } = copier
    ledger.recordSession(describeSession(copier), clock.now())
    tell('started', `STARTED, ${members.length - 1} followers. ${whatStands(copier).join('\n')}`)
    await runBesides(copier, start)
    const rest = describeRest(copier)
    for (const line of rest) report.say(line)
    tell('stopped', rest.join('\n'))
    tell('summary', report.summary())
    return exitCodes.done
  } catch (error) {
    tell(
      'stopped',
      `NOT COPYING: ${error instanceof Refusal ? error.message : 'the program failed'}`,
    )
    throw error
  } finally {
    await report.end()
    await alerts?.end()
  }
}

/** Who is asked and who is told run beside the copying, and end with it, whichever way it ends. */
async function runBesides(copier: Copier, start: Start): Promise<void> {
  const { report, person, alerts, signal } = start
  const isOver = new AbortController()
  const until = AbortSignal.any([signal, isOver.signal])
  const { clock, ledger, config } = copier
  const asksAnybody = config.followers.some(({ confirm }) => confirm !== 'off')
  const watch = createAlertWatch({
    ledger,
    calendar: { table: CALENDAR_TABLE, overrides: config.calendar },
    master: MASTER,
    summary: report.summary,
  })
  const besides = Promise.all([
    person !== null && asksAnybody ? askSignals({ clock, ledger, person, report }, until) : null,
    alerts?.run(watch, until),
  ])
  // It is awaited when the copying is over: a ledger that fails under it has ended that too.
  besides.catch(() => undefined)
  try {
    await copier.run(signal, report.tell)
  } finally {
    isOver.abort()
    await besides
  }
}

/** Whether to go on: false once it is told to stop. */
async function prepare(copier: Copier, start: Start): Promise<boolean> {
  const { report, mayGo, signal } = start
  report.say(`logging in ${copier.members.length} accounts`)
  if ((await within(logInAll(copier, report, signal), signal)) === STOPPED) return false
  judgeClock(copier, report)
  const day = await within(copier.prepareDay(), signal)
  if (day === STOPPED) return false
  if (day.kind === 'impossible')
    throw new Refusal(`no instruments, so nothing can be copied: ${day.why}`, exitCodes.failed)
  for (const warning of day.warnings) report.say(warning, 'warning')
  const facts = await within(gatherFacts(copier, start), signal)
  if (facts === STOPPED) return false
  report.banner(facts)
  const release = report.hold()
  try {
    return await mayGo()
  } finally {
    release()
  }
}

const STOPPED = Symbol('stopped')

/** The work's answer, or STOPPED as soon as the signal aborts. */
function within<T>(work: Promise<T>, signal: AbortSignal): Promise<T | typeof STOPPED> {
  const stopped = new Promise<typeof STOPPED>((resolve) => {
    if (signal.aborted) resolve(STOPPED)
    signal.addEventListener('abort', () => resolve(STOPPED), { once: true })
  })
  return Promise.race([work, stopped])
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

// --- logging in ----------------------------------------------------------------------------------

async function logInAll(copier: Copier, report: Report, signal: AbortSignal): Promise<void> {
  const begun = copier.clock.monotonicMs()
  const width = Math.max(...copier.members.map(({ account }) => nameOf(account).length))
  const ends = copier.members.map(async (member) => {
    const state = await member.logIn(LOGIN_WAIT_MS)
    if (signal.aborted) return { member, state }
    const tookMs = copier.clock.monotonicMs() - begun
    const what =
      state.kind === 'open' ? `logged in, ${formatDuration(tookMs)}` : `NOT logged in: ${state.why}`
    const tone = state.kind === 'open' ? 'plain' : 'alarm'
    report.say(`  ${nameOf(member.account).padEnd(width)}  ${what}`, tone)
    if (state.kind === 'stopped') report.say(`  ${''.padEnd(width)}  ${state.remedy}`, 'alarm')
    const doubt = state.kind === 'open' ? member.verification.doubt() : null
    if (doubt !== null)
      report.say(`  ${''.padEnd(width)}  NOT VERIFIED: ${doubt.why}; ${doubt.remedy}`, 'alarm')
    return { member, state }
  })
  for (const { member, state } of await Promise.all(ends)) {
    if (member.settings !== null) continue
    refuseUnverified(copier, member)
    if (state.kind === 'open') continue
    const what = `the master can't log in (${state.why}), so nothing can be copied`
    throw state.kind === 'stopped' ? new Refusal(what) : new Refusal(what, exitCodes.failed)
  }
}

/** Of a follower it stops that follower; whose orders are copied must be certain. */
function refuseUnverified({ mode }: Copier, { stopped, verification }: Member): void {
  const doubt = verification.doubt()
  if (mode === 'live' && doubt !== null && stopped() === doubt.why)
    throw new Refusal(`the master can't be copied: ${doubt.why}; ${doubt.remedy}`)
}

function judgeClock(copier: Copier, report: Report): void {
  const skew = copier.skewMs() ?? 0
  if (Math.abs(skew) <= LARGEST_LIVE_SKEW_MS) return
  const what = `this machine's clock is ${formatDuration(Math.abs(skew))} ${skew > 0 ? 'behind' : 'ahead of'} the broker's`
  if (copier.mode === 'live')
    throw new Refusal(
      `${what}; at most ${formatDuration(LARGEST_LIVE_SKEW_MS)} is allowed. Set it by NTP, then start again.`,
    )
  report.say(`${what}; a live start would be refused`, 'warning')
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

// --- what is left on record and on screen --------------------------------------------------------

function describeSession({ mode, config }: Copier): string {
  const { engine, followers, calendar, endpoints, settingsFile } = config
  return JSON.stringify(
    { mode, engine, followers, calendar, endpoints, settingsFile },
    (_, value) => {
      if (typeof value === 'bigint') return String(value)
      return value instanceof Map ? Object.fromEntries(value) : value
    },
  )
}

const heldBy = ({ ledger, members }: Copier): readonly string[] =>
  members.flatMap(({ account, mode }) =>
    ledger
      .lanes()
      .filter((lane) => lane.follower === account.name && lane.mode === mode && lane.held !== 0n)
      .map(describeHeld),
  )

function describeRest(copier: Copier): readonly string[] {
  const { ledger } = copier
  const held = heldBy(copier)
  const unsettled = ledger.openAttempts(null).length
  return [
    'Stopped.',
    ...held.map((what) => `${what}; exits will not be copied while Lockstep is stopped`),
    ...(unsettled === 0
      ? []
      : [`Orders that are not final: ${unsettled}. The next start looks them up first.`]),
    ...(held.length + unsettled === 0 ? [NOTHING_STANDS] : []),
  ]
}

const NOTHING_STANDS = 'Nothing is held, nothing is open.'

function whatStands(copier: Copier): readonly string[] {
  const held = heldBy(copier)
  return held.length === 0 ? [NOTHING_STANDS] : held
}

/** `FOLLOWER_1 holds 65 NIFTY29DEC2625000CE INTRADAY` */
export const describeHeld = (lane: Lane & { readonly held: Quantity }): string =>
  `${lane.follower} holds ${formatDecimal(lane.held)} ${symbolOf(lane.instrument)} ${lane.product}`
