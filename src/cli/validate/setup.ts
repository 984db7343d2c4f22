// The checks of what was written: settings, accounts, limits, who may read the files, and the way out that
// each account takes. Nothing here reaches further than this machine.
import { readdirSync, type Stats, statSync } from 'node:fs'
import { join, relative } from 'node:path'
import { type Config, OPEN_SECRETS } from '../../config/config.ts'
import { type Account, maskCode } from '../../domain/account.ts'
import { assertNever } from '../../domain/assert.ts'
import { formatDecimal } from '../../domain/numbers.ts'
import { formatFactor } from '../../domain/ratio.ts'
import { type FollowerSettings, type Sizing, unsetLimits } from '../../domain/settings.ts'
import { amber, type Finding, green, red } from './finding.ts'

export function checkConfiguration(config: Config, warnings: readonly string[]): Finding[] {
  const { master, followers } = config.accounts
  const codes = followers.length + (master === null ? 0 : 1)
  const settings = config.settingsFile ?? 'no lockstep.yaml: every setting has its default'
  const elsewhere = new Set(
    Object.values(config.endpoints).flatMap((url) => (url === null ? [] : [new URL(url).host])),
  )
  return [
    green('configuration', settings),
    green('accounts', `${codes}, each client code once, each TOTP secret base32`),
    // The check of the file modes tells of the secrets.
    ...warnings
      .filter((warning) => warning !== OPEN_SECRETS)
      .map((warning) =>
        amber('configuration', warning, 'write what you mean in .env or lockstep.yaml'),
      ),
    ...[...elsewhere].map((host) =>
      amber(
        'broker',
        `${host} stands in for Angel One`,
        'remove the SMARTAPI_… variables to reach the real one',
      ),
    ),
  ]
}

export function checkAccounts({ accounts, followers }: Config): Finding[] {
  const { master } = accounts
  const own = accounts.followers.flatMap((account, index) => {
    const settings = followers[index]
    if (!settings) return []
    const said = `${describeAccount(account)}, ${describeSettings(settings)}`
    return [
      settings.enabled
        ? green(account.name, said)
        : amber(account.name, said, `lockstep accounts enable ${account.name}`),
    ]
  })
  return [...(master === null ? [] : [green(master.name, describeAccount(master))]), ...own]
}

/** Followers with the same gaps share a line: twenty of them are one thing to know. */
export function checkLimits({ followers }: Config): Finding[] {
  const alike = Map.groupBy(followers, ({ limits }) => unsetLimits(limits).join(', '))
  return [...alike].map(([unset, some]) => {
    const names = some.map(({ name }) => name).join(', ')
    return unset === ''
      ? green('limits', `${names}: every one is set`)
      : amber('limits', `${names}: no ${unset}`, 'write them under limits: in lockstep.yaml')
  })
}

function describeAccount({ label, clientCode }: Account): string {
  const masked = maskCode(clientCode)
  return label === null ? masked : `${label}, ${masked}`
}

function describeSettings(settings: FollowerSettings): string {
  return [
    ...(settings.enabled ? [] : ['not enabled (exits only)']),
    ...(settings.mode === 'paper' ? ['paper'] : []),
    describeSizing(settings.sizing),
  ].join(', ')
}

function describeSizing(sizing: Sizing): string {
  switch (sizing.mode) {
    case 'mirror':
      return "the master's size"
    case 'fixedQuantity':
      return `${formatDecimal(sizing.quantity)} each`
    case 'fixedLots':
      return sizing.lots === 1n ? '1 lot each' : `${sizing.lots} lots each`
    case 'multiplier':
      return `×${formatFactor(sizing.by)}`
    case 'proportional':
      return 'in proportion to capital'
    default:
      return assertNever(sizing)
  }
}

// --- who may read the files --------------------------------------------------------------------

const OTHERS = 0o077

export function checkModes({ dataDir, logDir }: Config, cwd: string): Finding[] {
  // Windows has no such bits: it shows every file as open to all.
  if (process.platform === 'win32')
    return [
      amber(
        'file modes',
        'this system does not show who may read a file',
        'keep the folder to yourself',
      ),
    ]
  const secrets = modeOf(join(cwd, '.env'))
  return [
    secrets === null
      ? green('.env', 'none: the accounts come from the environment')
      : isOpen(secrets)
        ? red('.env', 'can be read by others on this machine', 'chmod 600 .env')
        : green('.env', 'for you alone'),
    checkInside('data files', dataDir, cwd, true),
    // Git makes the log folder for all to see; what counts is what the program puts into it.
    checkInside('log files', logDir, cwd, false),
  ]
}

function checkInside(name: string, folder: string, cwd: string, isItself: boolean): Finding {
  const shown = relative(cwd, folder) || folder
  const status = modeOf(folder)
  if (status === null) return green(name, `${shown} is not there yet, and is made for you alone`)
  const inside = status.isDirectory()
    ? readdirSync(folder).filter((file) => !file.startsWith('.'))
    : []
  const open = inside.filter((file) => {
    const mode = modeOf(join(folder, file))
    return mode !== null && isOpen(mode)
  })
  if (isItself && isOpen(status))
    return amber(name, `${shown} can be entered by others`, `chmod 700 ${shown}`)
  const [first] = open
  return first === undefined
    ? green(name, `${inside.length} in ${shown}, for you alone`)
    : amber(
        name,
        `${open.length} in ${shown} can be read by others, such as ${first}`,
        `chmod -R go= ${shown}`,
      )
}

const isOpen = ({ mode }: Stats): boolean => (mode & OTHERS) !== 0

/** null where nothing is, or where a file stands in the way to it: then another check says so. */
function modeOf(path: string): Stats | null {
  try {
    return statSync(path)
  } catch (error) {
    if (error instanceof Error && 'code' in error) return null
    throw error
  }
}

// --- the way out -------------------------------------------------------------------------------

/** Where each account goes out, and who shares that with whom. `own` are the addresses of this machine. */
export function checkAddresses(
  { accounts, followers }: Config,
  own: readonly string[],
): readonly Finding[] {
  const { master } = accounts
  const everybody = [...(master === null ? [] : [master]), ...accounts.followers]
  const each = everybody.map((account) => checkAddress(account, own))
  // The master is only read, and reading wants no registered address.
  const writing = accounts.followers.filter((_, index) => followers[index]?.mode === 'live')
  const ways = Map.groupBy(writing, ({ egress }) => wayOf(egress))
  const sharing = [...ways].filter(([, some]) => some.length > 1)
  return [
    ...each,
    ...sharing.map(([way, some]) =>
      amber(
        'shared address',
        `${some.map(({ name }) => name).join(', ')} all send orders from ${way}`,
        'an address belongs to one client; only immediate family may share one, with the consent of all and of Angel One',
      ),
    ),
  ]
}

function checkAddress({ name, egress }: Account, own: readonly string[]): Finding {
  const { localAddress } = egress
  const prefix = name === 'MASTER' ? '' : `${name}_`
  if (localAddress !== null && !own.includes(localAddress))
    return red(
      `${name} address`,
      `${localAddress} is not an address of this machine`,
      `correct ${prefix}LOCAL_ADDRESS; this machine has ${own.join(', ') || 'none'}`,
    )
  return green(`${name} address`, `goes out from ${wayOf(egress)}`)
}

function wayOf({ localAddress, proxyUrl }: Account['egress']): string {
  // The host of a proxy is no secret; what stands before it is.
  if (proxyUrl !== null) return `the proxy ${new URL(proxyUrl.reveal()).host}`
  return localAddress ?? 'the address that the system chooses'
}

/** What no program can find out. */
export function remindOfFamily({ accounts }: Config): Finding[] {
  return accounts.followers.length === 0
    ? []
    : [
        amber(
          'family',
          'no program can see whose accounts these are',
          'only your own and those of your spouse, dependent children and dependent parents, each with their consent',
        ),
      ]
}
