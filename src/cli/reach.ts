// How a command reaches the ledger: which of the two it speaks of, who runs on it, and whose names may be
// typed. It works with an engine and without, and also when the settings are wrong, because whoever must
// halt can't first mend a file. It logs in nowhere.
import type { Command } from 'commander'
import type { Config, LoadedConfig } from '../config/config.ts'
import { nearestName } from '../config/fault.ts'
import { assertNever } from '../domain/assert.ts'
import { type AccountName, accountName } from '../domain/ids.ts'
import type { Mode } from '../domain/lane.ts'
import type { FollowerSettings } from '../domain/settings.ts'
import { formatInstant, formatTime, type Instant } from '../domain/time.ts'
import type { Windows } from '../domain/windows.ts'
import type { Clock, LedgerView, SteeringDesk } from '../ports.ts'
import type { Person } from './ask.ts'
import { exitCodes, Refusal } from './program.ts'

/** A ledger that could be opened, or why not. */
export type Opened<L> =
  | { readonly kind: 'open'; readonly ledger: L }
  | { readonly kind: 'none' }
  | { readonly kind: 'unusable'; readonly why: string }

/** What the checks are called that take a ledger, so that no engine starts meanwhile. They copy nothing. */
export const VALIDATE = 'lockstep validate'

/** Who has a ledger to itself: an engine, or the checks. */
export interface RunningEngine {
  readonly process: number
  readonly host: string
  readonly since: Instant
  readonly command: string
}

/** What `main` hands to every command that looks or steers. */
export interface Reach {
  readonly load: (configFile: string | null) => LoadedConfig
  readonly openView: (dataDir: string, mode: Mode) => Opened<LedgerView>
  readonly openDesk: (dataDir: string, mode: Mode) => Opened<SteeringDesk>
  readonly findEngine: (dataDir: string, mode: Mode) => RunningEngine | null
  readonly clock: Clock
  readonly person: Person
  /** Runs until the work is done or Ctrl-C aborts it. */
  readonly untilInterrupted: (work: (signal: AbortSignal) => Promise<void>) => Promise<void>
  /** Of the broker, for what is left of them. */
  readonly windows: Windows
}

export interface ReachOptions {
  readonly paper?: true
  readonly live?: true
  readonly config?: string
}

/** Where a command acts. */
export interface Site<L> {
  readonly ledger: L
  readonly mode: Mode
  readonly dataDir: string
  readonly engine: RunningEngine | null
  /** null when the settings are wrong. */
  readonly config: Config | null
  /** Every follower that the settings or the ledger know. */
  readonly followers: readonly AccountName[]
  readonly now: Instant
}

export const addReachOptions = (command: Command): Command =>
  command
    .option('--live', 'speak of the live ledger')
    .option('--paper', 'speak of the paper ledger, that of the dry runs')
    .option('--config <file>', 'settings file in place of lockstep.yaml')

/** Looks at a ledger, for as long as `work` takes. */
export const look = <T>(
  reach: Reach,
  options: ReachOptions,
  work: (site: Site<LedgerView>) => T | Promise<T>,
): Promise<T> => at(reach, options, reach.openView, work)

/** The same with the right to write the trader's words. */
export const steerAt = <T>(
  reach: Reach,
  options: ReachOptions,
  work: (site: Site<SteeringDesk>) => T | Promise<T>,
): Promise<T> => at(reach, options, reach.openDesk, work)

async function at<L extends LedgerView, T>(
  reach: Reach,
  options: ReachOptions,
  open: (dataDir: string, mode: Mode) => Opened<L>,
  work: (site: Site<L>) => T | Promise<T>,
): Promise<T> {
  const loaded = reach.load(options.config ?? null)
  const dataDir = loaded.kind === 'valid' ? loaded.config.dataDir : loaded.dataDir
  const mode = chooseMode(reach, options, dataDir)
  const opened = open(dataDir, mode)
  if (opened.kind === 'unusable') throw new LedgerOutOfReach(opened.why, dataDir, mode)
  if (opened.kind === 'none') {
    const which = options.live || options.paper ? `${mode} ledger` : 'ledger'
    throw new LedgerOutOfReach(
      `there is no ${which} in ${dataDir} yet: it begins with the first \`lockstep run\``,
      dataDir,
      mode,
    )
  }
  const { ledger } = opened
  try {
    const engine = engineOn(reach, dataDir, mode)
    return await work(siteOf(loaded, mode, { ledger, engine, now: reach.clock.now() }))
  } finally {
    ledger.close()
  }
}

export function siteOf<L extends LedgerView>(
  loaded: LoadedConfig,
  mode: Mode,
  seen: Pick<Site<L>, 'ledger' | 'engine' | 'now'>,
): Site<L> {
  const isValid = loaded.kind === 'valid'
  const named = isValid
    ? loaded.config.accounts.followers.map(({ name }) => name)
    : loaded.names.map(accountName)
  const known = seen.ledger.lanes().map(({ follower }) => follower)
  return {
    ...seen,
    mode,
    dataDir: isValid ? loaded.config.dataDir : loaded.dataDir,
    config: isValid ? loaded.config : null,
    followers: sorted(new Set([...named, ...known])),
  }
}

/** No ledger, or none that can be used. Halting has another way then. */
export class LedgerOutOfReach extends Refusal {
  readonly dataDir: string
  readonly mode: Mode
  constructor(why: string, dataDir: string, mode: Mode) {
    super(why, exitCodes.failed)
    this.name = 'LedgerOutOfReach'
    this.dataDir = dataDir
    this.mode = mode
  }
}

/** As said; else the one that an engine runs on; else the live one, where there is one. */
export function chooseMode(reach: Reach, options: ReachOptions, dataDir: string): Mode {
  if (options.live && options.paper) throw new Refusal('--live and --paper: one of them')
  if (options.live) return 'live'
  if (options.paper) return 'paper'
  const isRunning = (mode: Mode) => engineOn(reach, dataDir, mode) !== null
  if (isRunning('live')) return 'live'
  return isRunning('paper') || !exists(reach, dataDir, 'live') ? 'paper' : 'live'
}

export function engineOn(reach: Reach, dataDir: string, mode: Mode): RunningEngine | null {
  const holder = reach.findEngine(dataDir, mode)
  return holder?.command === VALIDATE ? null : holder
}

function exists(reach: Reach, dataDir: string, mode: Mode): boolean {
  const opened = reach.openView(dataDir, mode)
  if (opened.kind === 'open') opened.ledger.close()
  return opened.kind !== 'none'
}

const numberIn = (name: string): number => Number(/\d+/.exec(name)?.[0] ?? 0)
const sorted = (names: Iterable<AccountName>): readonly AccountName[] =>
  [...names].toSorted((a, b) => numberIn(a) - numberIn(b))

/** The first line of every answer: of which ledger it speaks, and who runs on it. */
export function describeSite({ mode, engine, now }: Site<LedgerView>): string {
  const who =
    engine === null
      ? 'no engine is running'
      : `engine running: process ${engine.process} since ${sinceText(engine.since, now)} (${engine.command})`
  return `${modeText(mode)} ledger, ${who}`
}

export function modeText(mode: Mode): string {
  switch (mode) {
    case 'live':
      return 'LIVE'
    case 'paper':
      return 'DRY RUN'
    default:
      return assertNever(mode)
  }
}

/** The time of day, with the day where it is another one. */
export function sinceText(at: Instant, now: Instant): string {
  const day = formatInstant(at).slice(0, 10)
  return day === formatInstant(now).slice(0, 10) ? formatTime(at) : `${day} ${formatTime(at)}`
}

// --- names that people type --------------------------------------------------------------------

/** By its name or its label, whatever the capitals. */
export function findFollower(site: Site<LedgerView>, word: string): AccountName {
  const plain = word.toLowerCase()
  const found = site.followers.filter(
    (name) => name.toLowerCase() === plain || labelOf(site, name)?.toLowerCase() === plain,
  )
  const [only] = found
  if (only !== undefined && found.length === 1) return only
  if (found.length > 1) throw new Refusal(`"${word}" is ${found.join(' and ')}: use the name`)
  // Another number is another person's money, not a slip of the keyboard.
  const near = nearestName(
    word,
    site.followers.filter((name) => numberIn(name) === numberIn(word)),
  )
  const hint = near === null ? '' : ` (did you mean ${near}?)`
  const known = site.followers.join(', ') || 'there are none'
  throw new Refusal(`"${word}" is no follower${hint}; followers: ${known}`)
}

export const findFollowerOrAll = (
  site: Site<LedgerView>,
  word: string | undefined,
): AccountName | null => (word === undefined ? null : findFollower(site, word))

export const settingsOf = (
  { config }: Site<LedgerView>,
  name: AccountName,
): FollowerSettings | null => config?.followers.find((each) => each.name === name) ?? null

export const labelOf = (site: Site<LedgerView>, name: AccountName): string | null =>
  settingsOf(site, name)?.label ?? null

/** `FOLLOWER_1 Papa` */
export function fullName(site: Site<LedgerView>, name: AccountName): string {
  const label = labelOf(site, name)
  return label === null ? name : `${name} ${label}`
}
