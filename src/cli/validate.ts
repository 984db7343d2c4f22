// `lockstep validate`: every check before going live, a line each, and what to do about it. All that is
// wrong is told at once. It logs in once to each account, sends no order, and never shows a secret; while
// an engine runs it logs in nowhere, since a second login may end the engine's session.
import type { Config, LoadedConfig } from '../config/config.ts'
import { describeFault } from '../config/fault.ts'
import { CALENDAR_TABLE } from '../domain/calendar-data.ts'
import type { AccountName } from '../domain/ids.ts'
import { EXCHANGES, type Exchange } from '../domain/instrument.ts'
import type { Mode } from '../domain/lane.ts'
import type { Money } from '../domain/numbers.ts'
import { type Ratio, ratio } from '../domain/ratio.ts'
import type { FollowerSettings } from '../domain/settings.ts'
import type { Clock } from '../ports.ts'
import type { Person } from './ask.ts'
import { type AddCommand, exitCodes, type Terminal } from './program.ts'
import { unlock } from './unlock.ts'
import {
  type Access,
  type Asked,
  askAccount,
  checkClock,
  checkEnabled,
  probeWrites,
} from './validate/account.ts'
import { checkFolder, checkRoom, checkSpeed, type Disk } from './validate/disk.ts'
import { amber, countOf, describeFindings, type Finding, red } from './validate/finding.ts'
import {
  checkCalendar,
  checkFreeze,
  checkHours,
  checkInstruments,
  checkLots,
  type InstrumentList,
} from './validate/market.ts'
import { checkBackup, checkHaltFile, checkLedger, type LedgerSight } from './validate/memory.ts'
import {
  checkAccounts,
  checkAddresses,
  checkConfiguration,
  checkLimits,
  checkModes,
  remindOfFamily,
} from './validate/setup.ts'

/** The broker and the ledger, taken as an engine would, so that none starts meanwhile. */
export interface Reached {
  readonly kind: 'reached'
  readonly ledgers: Readonly<Record<Mode, LedgerSight>>
  /** The master first. */
  readonly accesses: readonly Access[]
  /** Fetched, if today's is not there. */
  readonly fetchInstruments: () => Promise<InstrumentList>
  readonly close: () => void
}

export type Reaching =
  | Reached
  /** Nothing may be asked, because nothing could be written down, or an engine runs. */
  | { readonly kind: 'barred'; readonly why: string; readonly hasEngine: boolean }

export interface ValidateParts {
  readonly clock: Clock
  readonly cwd: string
  readonly load: (configFile: string | null) => LoadedConfig
  readonly disk: Disk
  /** Of this machine. */
  readonly addresses: () => readonly string[]
  /** Only looks: nothing is made, nothing is locked. */
  readonly lookAtLedger: (dataDir: string, mode: Mode) => LedgerSight
  readonly storedInstruments: (dataDir: string) => InstrumentList
  readonly reach: (config: Config) => Reaching
  readonly person: Pick<Person, 'isThere' | 'ask' | 'askSecret'>
}

interface ValidateOptions {
  readonly offline?: true
  readonly probeWrites?: true
  readonly yes?: true
  readonly json?: true
  readonly config?: string
}

/** What a terminal is sure to have room for. */
const COLUMNS = 100

const EXAMPLE = `
Examples:
  lockstep validate                 everything, with one login to each account
  lockstep validate --offline       what can be seen on this machine
  lockstep validate --probe-writes  also whether the broker takes orders from here

A line for each check: green is well, amber is for you to judge or could not be looked at, red stands in the
way. Exit code 0, 1 with anything red, 2 if the settings themselves are wrong.
`

export function addValidate(parts: ValidateParts): AddCommand {
  return (program, terminal, end) => {
    program
      .command('validate')
      .description('check the setup before going live, a line for each check')
      .option('--offline', 'only what can be checked without reaching the broker')
      .option(
        '--probe-writes',
        'cancel an order that does not exist, to see whether the broker takes orders from here',
      )
      .option('--yes', 'probe without asking')
      .option('--config <file>', 'settings file in place of lockstep.yaml')
      .option('--json', 'the same for programs')
      .addHelpText('after', EXAMPLE)
      .action(async (options: ValidateOptions) => {
        if (options.probeWrites && options.offline)
          program.error('error: --probe-writes asks the broker, and --offline does not')
        if (options.probeWrites && !options.yes && !parts.person.isThere)
          program.error('error: --probe-writes asks first; without a terminal add --yes')
        const loaded = parts.load(options.config ?? null)
        const findings = findFaults(loaded)
        const isSetUp = loaded.kind === 'valid' && findings.length === 0
        // A proxy is told by its host, which is part of a secret: so the key is needed offline too.
        if (isSetUp) await unlock(loaded.config.vault, parts.person)
        if (isSetUp) findings.push(...(await checkAll(loaded, parts, terminal, options)))
        const passed = countOf(findings, 'red') === 0
        const isRead = parts.person.isThere
        const isColored = isRead && loaded.kind === 'valid' && loaded.config.color
        terminal.write(
          options.json
            ? `${JSON.stringify({ passed, checks: findings }, null, 2)}\n`
            : describeFindings(findings, { isColored, columns: isRead ? COLUMNS : null }),
        )
        end(passed ? exitCodes.done : isSetUp ? exitCodes.failed : exitCodes.wrongSetup)
      })
  }
}

/** What is wrong with the settings themselves: then nothing else can be looked at. */
function findFaults(loaded: LoadedConfig): Finding[] {
  const name = 'configuration'
  if (loaded.kind === 'faults')
    return [
      ...loaded.faults.map((fault) => red(name, describeFault(fault), 'write what is allowed')),
      ...loaded.warnings.map((warning) => amber(name, warning, 'write what you mean')),
    ]
  const { master, followers } = loaded.config.accounts
  if (master === null)
    return [
      red('accounts', 'no account is set up', 'fill in .env; .env.example names the variables'),
    ]
  if (followers.length === 0)
    return [
      red(
        'followers',
        'no follower is set up: nothing to copy to',
        'lockstep accounts add FOLLOWER_1',
      ),
    ]
  return []
}

async function checkAll(
  loaded: Extract<LoadedConfig, { kind: 'valid' }>,
  parts: ValidateParts,
  terminal: Terminal,
  options: ValidateOptions,
): Promise<readonly Finding[]> {
  const { config, warnings } = loaded
  const { clock, disk } = parts
  const onThisMachine = [
    ...checkConfiguration(config, warnings),
    ...checkAccounts(config),
    ...checkLimits(config),
    ...checkModes(config, parts.cwd),
    checkFolder('data folder', config.dataDir),
    checkFolder('log folder', config.logDir),
    checkRoom(disk.freeBytes(config.dataDir)),
    checkSpeed(disk.syncTimes(config.dataDir)),
  ]
  const calendar = { table: CALENDAR_TABLE, overrides: config.calendar }
  const ofTheMarket = [
    ...checkHours(exchangesOf(config), clock.now(), calendar),
    checkCalendar(clock.now(), calendar),
    checkFreeze(clock.now(), config.engine),
  ]
  const reaching = options.offline ? null : parts.reach(config)
  const asked =
    reaching?.kind === 'reached'
      ? await askBroker(reaching, config, parts, terminal, options)
      : notAsked(reaching, config, parts)
  return [
    ...onThisMachine,
    ...asked.memory,
    ...checkHaltFile(config.dataDir),
    ...ofTheMarket,
    ...checkAddresses(config, parts.addresses()),
    ...asked.broker,
    ...remindOfFamily(config),
  ]
}

/** Of everybody's rules; the usual two where somebody's let everything through. */
function exchangesOf({ followers }: Config): readonly Exchange[] {
  const named = new Set(followers.flatMap(({ rules }) => rules.exchanges))
  const isAnyOpen = followers.some(({ rules }) => rules.exchanges.length === 0)
  return EXCHANGES.filter(
    (exchange) => named.has(exchange) || (isAnyOpen && (exchange === 'NSE' || exchange === 'NFO')),
  )
}

interface Found {
  readonly memory: readonly Finding[]
  readonly broker: readonly Finding[]
}

function notAsked(
  bar: Extract<Reaching, { kind: 'barred' }> | null,
  config: Config,
  parts: ValidateParts,
): Found {
  const sights = (['live', 'paper'] as const).map((mode) => {
    const sight = parts.lookAtLedger(config.dataDir, mode)
    const findings = [
      ...checkLedger(mode, sight, config),
      ...(mode === 'live' ? checkBackup(config.dataDir, sight, parts.clock.now()) : []),
    ]
    if (sight.kind === 'usable') sight.view.close()
    return findings
  })
  const list = parts.storedInstruments(config.dataDir)
  const share = (settings: FollowerSettings) => shareOf(settings, config, new Map())
  return {
    memory: sights.flat(),
    broker: [
      bar === null
        ? amber('broker', 'not asked (--offline)', 'lockstep validate asks it, once')
        : red(
            'logins',
            `not tried: ${bar.why}`,
            bar.hasEngine
              ? "a second login may end the engine's session: stop it, or look with lockstep status"
              : 'a login is written down before it is tried: put the ledger right first',
          ),
      list.kind === 'missing'
        ? amber('instruments', 'no list of them was fetched yet', 'lockstep validate fetches it')
        : checkInstruments(list, parts.clock.now()),
      ...config.followers.map((settings) => checkLots(settings, share(settings), list)),
    ],
  }
}

async function askBroker(
  reached: Reached,
  config: Config,
  parts: ValidateParts,
  terminal: Terminal,
  options: ValidateOptions,
): Promise<Found> {
  const { accesses, ledgers } = reached
  try {
    const { live } = ledgers
    if (live.kind !== 'usable') throw new Error('bug: reached without a ledger')
    const memory = [
      ...checkLedger('live', live, config),
      ...checkBackup(config.dataDir, live, parts.clock.now()),
      ...checkLedger('paper', ledgers.paper, config),
    ]
    const progress = showProgress(accesses.length, terminal, parts.person.isThere && !options.json)
    // Side by side: one that hangs delays nobody but the last line.
    const [list, ...asked] = await Promise.all([
      reached.fetchInstruments(),
      ...accesses.map(async (access) => {
        const answer = await askAccount(access, live.view)
        progress.tell()
        return answer
      }),
    ])
    progress.end()
    const capital = new Map(
      asked.flatMap(({ capital }, index) => {
        const name = accesses[index]?.account.name
        return capital === null || name === undefined ? [] : [[name, capital] as const]
      }),
    )
    const master = asked[0]?.profile ?? null
    return {
      memory,
      broker: [
        checkClock(accesses),
        ...asked.flatMap((answer, index) => withSegments(answer, accesses[index], master)),
        checkInstruments(list, parts.clock.now()),
        ...config.followers.map((settings) =>
          checkLots(settings, shareOf(settings, config, capital), list),
        ),
        ...(await probeAll(accesses, parts, options)),
      ],
    }
  } finally {
    reached.close()
  }
}

function withSegments(
  { findings, profile }: Asked,
  access: Access | undefined,
  master: Asked['profile'],
): readonly Finding[] {
  const settings = access?.settings ?? null
  return settings === null || profile === null
    ? findings
    : [...findings, checkEnabled(settings, profile, master)]
}

/** The factor of a proportional follower, as far as both capitals are known. */
function shareOf(
  { name, capital, sizing }: FollowerSettings,
  { engine, accounts }: Config,
  read: ReadonlyMap<AccountName, Money>,
): Ratio | null {
  if (sizing.mode !== 'proportional' || accounts.master === null) return null
  const own = capital ?? read.get(name) ?? null
  const of = engine.masterCapital ?? read.get(accounts.master.name) ?? null
  return own === null || of === null || of <= 0n ? null : ratio(own > 0n ? own : 0n, of)
}

async function probeAll(
  accesses: readonly Access[],
  { person }: ValidateParts,
  { probeWrites: isWanted, yes, json }: ValidateOptions,
): Promise<readonly Finding[]> {
  // The master is never written to, and a paper follower sends nothing.
  const writing = accesses.filter(({ settings }) => settings?.mode === 'live')
  if (writing.length === 0) return []
  const notProbed = (why: string) =>
    amber(
      'static IP',
      `${why} whether the broker takes orders from here`,
      'Angel One takes orders only from the address registered for the API key: lockstep validate --probe-writes finds out',
    )
  if (!isWanted) return [notProbed('not asked')]
  const names = writing.map(({ account }) => account.name).join(', ')
  const question = `Cancel an order that does not exist, once for ${names}? Nothing can be traded by it. [y/N] `
  const isAgreed = yes === true || /^y(es)?$/i.test(await person.ask(question))
  if (!isAgreed) return [notProbed(json ? 'not agreed to ask' : 'not asked')]
  return await Promise.all(writing.map(probeWrites))
}

/** Where a person looks: one line that counts, and then is gone. Never on stdout. */
function showProgress(total: number, terminal: Terminal, isShown: boolean) {
  let done = 0
  const show = () => {
    if (isShown) terminal.complain(`\r\u001b[Kasking the broker: ${done} of ${total} accounts …`)
  }
  show()
  return {
    tell: () => {
      done++
      show()
    },
    end: () => {
      if (isShown) terminal.complain('\r\u001b[K')
    },
  }
}
