// Environment and settings file to one frozen Config, or to everything that is wrong with them at once.
// Reads files and nothing else: no network, no login. Nothing that is wrong is skipped or guessed; what
// works as written but is hardly meant is a warning.
import { resolve } from 'node:path'
import type { Account } from '../domain/account.ts'
import type { AlertSettings } from '../domain/alert.ts'
import type { CalendarOverrides } from '../domain/calendar.ts'
import { Secret } from '../domain/secret.ts'
import type { EngineSettings, FollowerSettings } from '../domain/settings.ts'
import { type Endpoints, readAccounts } from './accounts.ts'
import { alertSettings, readWays } from './alerts.ts'
import { calendarOverrides } from './calendar.ts'
import { checkDocument } from './check.ts'
import { formatPath, type ReadDocument, readDocument, valueAt } from './document.ts'
import { readEnvironment, type Variables } from './environment.ts'
import { type Fault, nearestName } from './fault.ts'
import type { Written } from './schema.ts'
import { doubtfulSettings, engineSettings, followerSettings } from './settings.ts'
import { fileFault, readText } from './text-file.ts'
import { findVault, type VaultDoor } from './vault-door.ts'

export interface Config {
  /** No master: no account at all, so there is only the demo. */
  readonly accounts: { readonly master: Account | null; readonly followers: readonly Account[] }
  readonly engine: EngineSettings
  /** One for each of `accounts.followers`, in the same order. */
  readonly followers: readonly FollowerSettings[]
  /** Where accounts are kept encrypted; null when all are in `.env` or the environment. */
  readonly vault: VaultDoor | null
  /** What the trader corrects in the built-in table of exchange days. */
  readonly calendar: CalendarOverrides
  readonly alerts: AlertSettings
  readonly endpoints: Endpoints
  /** Absolute paths. */
  readonly dataDir: string
  readonly logDir: string
  readonly color: boolean
  /** What a program that reads the page's metrics brings along; null: none may without a password. */
  readonly metricsToken: Secret | null
  /** The settings file that was read; null when there is none. */
  readonly settingsFile: string | null
}

export type LoadedConfig =
  | { readonly kind: 'valid'; readonly config: Config; readonly warnings: readonly string[] }
  | {
      readonly kind: 'faults'
      readonly faults: readonly Fault[]
      readonly warnings: readonly string[]
      /** What is known all the same: a trader who must halt can't first put the settings right. */
      readonly dataDir: string
      readonly logDir: string
      readonly names: readonly string[]
    }

export interface ConfigSources {
  /** The variables of the process: `readProcessEnvironment()`. */
  readonly env: Variables
  /** Where `.env` and the settings file are looked for. */
  readonly cwd: string
  /** What --config named; null for `lockstep.yaml`, which may be absent. */
  readonly configFile: string | null
}

const SETTINGS_FILE = 'lockstep.yaml'
/** The warning of a `.env` that is not private. */
export const OPEN_SECRETS = '.env can be read by others on this machine: chmod 600 .env'

export function loadConfig({ env, cwd, configFile }: ConfigSources): LoadedConfig {
  const envFile = readText(resolve(cwd, '.env'))
  const environment = readEnvironment(env, envFile.kind === 'text' ? envFile.text : null)
  const stored = findVault(cwd, environment.variables)
  const accounts = readAccounts(environment, stored.door?.accounts)
  const ways = readWays(environment.variables)
  const settings = readSettings(cwd, configFile)
  const faults = [
    ...(envFile.kind === 'unreadable' ? [fileFault('.env', envFile.why)] : []),
    ...stored.faults,
    ...inOrder([
      ...environment.faults,
      ...onlyNew([...accounts.faults, ...ways.faults], environment.faults),
    ]),
    ...(configFile === null ? refuseOtherName(cwd) : []),
    ...inOrder([...settings.faults, ...refuseStrangers(settings, accounts.names)]),
  ]
  const warnings = [
    ...(envFile.kind === 'text' && envFile.isOpen ? [OPEN_SECRETS] : []),
    ...stored.warnings,
    ...environment.warnings,
    ...accounts.warnings,
  ]
  const directory = (name: string, otherwise: string): string =>
    resolve(cwd, environment.variables.get(name)?.value ?? otherwise)
  const dataDir = directory('LOCKSTEP_DATA_DIR', 'data')
  const logDir = directory('LOCKSTEP_LOG_DIR', 'logs')
  if (settings.written === null || faults.length > 0)
    return { kind: 'faults', faults, warnings, dataDir, logDir, names: accounts.names }

  const engine = engineSettings(settings.written)
  const followers = followerSettings(settings.written, accounts.followers)
  const config: Config = {
    accounts: { master: accounts.master, followers: accounts.followers },
    vault: stored.door,
    engine,
    followers,
    calendar: calendarOverrides(settings.written.calendar),
    alerts: alertSettings(settings.written.alerts, ways),
    endpoints: accounts.endpoints,
    dataDir,
    logDir,
    color: !environment.variables.has('NO_COLOR'),
    metricsToken: secretOf(environment.variables.get('LOCKSTEP_METRICS_TOKEN')?.value),
    settingsFile: settings.file,
  }
  return {
    kind: 'valid',
    config: freezeDeep(config),
    warnings: [...warnings, ...doubtfulSettings(engine, followers)],
  }
}

/** The settings of the followers by a text that is not in the file (yet); null when it can't be read. */
export function followersFrom(
  text: string,
  accounts: readonly Account[],
): readonly FollowerSettings[] | null {
  const document = readDocument(text, '')
  const checked = checkDocument(document, '')
  if (document.faults.length > 0 || checked.kind === 'faults') return null
  return followerSettings(checked.written, accounts)
}

const secretOf = (value: string | undefined): Secret | null =>
  value === undefined || value === '' ? null : new Secret(value)

interface ReadSettings {
  /** null when there are faults. */
  readonly written: Written | null
  readonly document: ReadDocument
  readonly faults: readonly Fault[]
  readonly source: string
  readonly file: string | null
}

function readSettings(cwd: string, configFile: string | null): ReadSettings {
  const source = configFile ?? SETTINGS_FILE
  const file = resolve(cwd, source)
  const read = readText(file)
  if (read.kind !== 'text') {
    const document = { tree: {}, lines: new Map<string, number>(), faults: [] }
    const none = { document, source, file: null }
    if (read.kind === 'missing' && configFile === null) return { ...none, written: {}, faults: [] }
    const found = read.kind === 'missing' ? 'there is no such file' : read.why
    return { ...none, written: null, faults: [fileFault(source, found)] }
  }
  const document = readDocument(read.text, source)
  const checked = checkDocument(document, source)
  const found = checked.kind === 'faults' ? checked.faults : []
  const faults = [...document.faults, ...onlyNew(found, document.faults)]
  const written = checked.kind === 'valid' && faults.length === 0 ? checked.written : null
  return { written, document, faults, source, file }
}

// The other usual ending: a file that is there and not read would be settings that silently don't hold.
function refuseOtherName(cwd: string): Fault[] {
  const other = 'lockstep.yml'
  return readText(resolve(cwd, other)).kind === 'missing'
    ? []
    : [{ ...fileFault(other, 'not read'), allowed: `${SETTINGS_FILE}, or --config ${other}` }]
}

// From the tree, not from what was checked: a stranger is told together with all other faults.
function refuseStrangers({ document, source }: ReadSettings, names: readonly string[]): Fault[] {
  const followers = valueAt(document.tree, ['followers'])
  if (typeof followers !== 'object' || followers === null || Array.isArray(followers)) return []
  return Object.keys(followers)
    .filter((name) => !names.includes(name))
    .map((name) => {
      const path = formatPath(['followers', name])
      return {
        source,
        path,
        line: document.lines.get(path) ?? null,
        found: 'not an account of the environment',
        allowed: names.length === 0 ? 'none, since no follower is set up' : names.join(', '),
        // Another number is another person's money, not a slip of the keyboard.
        nearest: nearestName(
          name,
          names.filter((known) => numberIn(known) === numberIn(name)),
        ),
      }
    })
}

const numberIn = (name: string): number => Number(/\d+/.exec(name)?.[0] ?? 0)

// A value that could not be read is also missing: it is told once.
const onlyNew = (faults: readonly Fault[], told: readonly Fault[]): readonly Fault[] =>
  faults.filter((fault) => !told.some(({ path }) => path !== '' && path === fault.path))

/** As they stand in the file; what has no line comes last. */
const inOrder = (faults: readonly Fault[]): readonly Fault[] =>
  faults.toSorted((a, b) => (a.line ?? Number.MAX_VALUE) - (b.line ?? Number.MAX_VALUE))

/** A frozen Map still takes `set`, so its three ways to change are closed as well. */
function freezeDeep<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  if (value instanceof Map) {
    const refuse = (): never => {
      throw new TypeError('the configuration is read-only')
    }
    Object.defineProperties(value, {
      set: { value: refuse },
      delete: { value: refuse },
      clear: { value: refuse },
    })
  }
  Object.freeze(value)
  for (const inner of value instanceof Map ? value.values() : Object.values(value))
    freezeDeep(inner)
  return value
}
