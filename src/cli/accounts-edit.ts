// `lockstep accounts enable`, `disable` and `remove`: edits of `.env` and the settings file, never of a
// running engine, which keeps what it started with.
import { existsSync, readFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import type { Config } from '../config/config.ts'
import { dropAccount, whereSet } from '../config/env-file.ts'
import type { Fault } from '../config/fault.ts'
import { replaceFile } from '../config/replace-file.ts'
import {
  dropFollower,
  type FollowerChange,
  setEnabled,
  setFollower,
} from '../config/settings-edit.ts'
import { MASTER } from '../domain/ids.ts'
import type { Mode } from '../domain/lane.ts'
import type { LedgerView } from '../ports.ts'
import {
  type AccountsParts,
  type AddAccountsCommand,
  type ConfigOption,
  findAccount,
  MODES,
  requireConfig,
} from './accounts-parts.ts'
import { confirmTyped } from './ask.ts'
import { dropFromVault } from './keep.ts'
import { exitCodes, Refusal } from './program.ts'
import type { Reach } from './reach.ts'
import { laneText, quantityText } from './words.ts'

export const addAccountsEdit: AddAccountsCommand = (...all) => {
  addRemove(...all)
  addSwitch(true, ...all)
  addSwitch(false, ...all)
}

function addSwitch(isEnabled: boolean, ...all: Parameters<AddAccountsCommand>): void {
  const [accounts, parts, terminal, end] = all
  const verb = isEnabled ? 'enable' : 'disable'
  accounts
    .command(verb)
    .description(
      isEnabled ? 'let a follower take entries again' : 'no entries for a follower; exits go on',
    )
    .argument('<follower>')
    .option('--config <file>', 'settings file in place of lockstep.yaml')
    .addHelpText('after', `\nExample: lockstep accounts ${verb} FOLLOWER_2`)
    .action((word: string, options: ConfigOption) => {
      terminal.write(switchFollower(parts, requireConfig(parts.reach, options), word, isEnabled))
      end(exitCodes.done)
    })
}

export function switchFollower(
  parts: AccountsParts,
  config: Config,
  word: string,
  isEnabled: boolean,
): string {
  const { name } = findAccount(config, word)
  if (name === MASTER) throw new Refusal('the master is copied from; it has no switch')
  const verb = isEnabled ? 'enable' : 'disable'
  const isNow = config.followers.find((each) => each.name === name)?.enabled
  if (isNow === isEnabled) return `${name} is ${verb}d already; nothing was changed\n`
  const file = settingsFileOf(parts, config)
  writeSettings(file, setEnabled(readSettings(file), name, isEnabled))
  const what = isEnabled ? 'it takes entries' : 'it takes no entries, exits go on'
  return `${name} ${verb}d in ${basename(file)}: ${what} from the next start on.\n${whileRunning(parts.reach, config.dataDir, isEnabled ? null : name)}`
}

/** A value that may not stand in the settings: which, what it is and what is allowed. */
export class SettingsRefused extends Refusal {
  readonly faults: readonly Fault[]

  constructor(faults: readonly Fault[]) {
    super(
      faults
        .map(({ path, found, allowed }) => `${path} is ${found}; allowed: ${allowed}`)
        .join('\n  '),
    )
    this.faults = faults
  }
}

/** The text of the settings with that change in it, without writing it. Throws a Refusal. */
export function editedFollower(file: string, name: string, change: FollowerChange): string {
  const edited = setFollower(readSettings(file), name, change)
  if (edited.kind === 'edited') return edited.text
  throw edited.faults.length === 0 ? cantEdit(file) : new SettingsRefused(edited.faults)
}

/** Sizing, rounding and limits of one follower. */
export function changeFollower(
  parts: AccountsParts,
  config: Config,
  word: string,
  change: FollowerChange,
): string {
  const { name } = findAccount(config, word)
  if (name === MASTER) throw new Refusal('the master is copied from; it has no such settings')
  const file = settingsFileOf(parts, config)
  writeSettings(file, editedFollower(file, name, change))
  return `${name} is changed in ${basename(file)}: it holds from the next start on.\n${whileRunning(parts.reach, config.dataDir, null)}`
}

/** Where they are or will be. */
export const settingsFileOf = ({ folder }: AccountsParts, config: Config): string =>
  config.settingsFile ?? resolve(folder, 'lockstep.yaml')

const addRemove: AddAccountsCommand = (accounts, parts, terminal, end) => {
  accounts
    .command('remove')
    .description('forget an account; refused while it holds anything')
    .argument('<account>')
    .option('--yes', 'without asking')
    .option('--config <file>', 'settings file in place of lockstep.yaml')
    .addHelpText('after', '\nExample: lockstep accounts remove FOLLOWER_2')
    .action(async (word: string, options: ConfigOption & { readonly yes?: true }) => {
      const config = requireConfig(parts.reach, options)
      const isSure = (name: string) =>
        confirmTyped(
          parts.reach.person,
          options.yes === true,
          `Remove ${name}, its keys and its settings?`,
          name,
        )
      terminal.write(await removeAccount(parts, config, word, isSure))
      end(exitCodes.done)
    })
}

export async function removeAccount(
  parts: AccountsParts,
  config: Config,
  word: string,
  isSure: (name: string) => Promise<boolean>,
): Promise<string> {
  const { reach, folder, env } = parts
  const { name } = findAccount(config, word)
  if (name === MASTER && config.accounts.followers.length > 0)
    throw new Refusal('the master has followers; remove them first', exitCodes.failed)
  if (isRunning(reach, config.dataDir))
    throw new Refusal(`an engine is running with ${name}; stop it first`, exitCodes.failed)
  for (const mode of MODES) refuseWhileHeld(reach, config.dataDir, mode, name)
  const envFile = join(folder, '.env')
  const text = existsSync(envFile) ? readFileSync(envFile, 'utf8') : ''
  if (whereSet(name, text, env).inEnvironment)
    throw new Refusal(`${name} is set in the environment, not in .env: unset it there`)
  if (!(await isSure(name))) throw new Refusal('nothing was changed', exitCodes.failed)
  // In this order: settings of an account that is gone refuse a start, an account whose settings are
  // gone would start without its limits.
  await dropFromVault(parts, name)
  if (whereSet(name, text, env).inFile) replaceFile(envFile, dropAccount(text, name), 0o600)
  if (config.settingsFile !== null) {
    const settings = readFileSync(config.settingsFile, 'utf8')
    const rest = dropFollower(settings, name)
    if (rest !== settings) writeSettings(config.settingsFile, rest)
  }
  return `${name} is removed.\n`
}

/** What can't be looked at may hold something. */
function refuseWhileHeld(reach: Reach, dataDir: string, mode: Mode, name: string): void {
  const opened = reach.openView(dataDir, mode)
  if (opened.kind === 'none') return
  if (opened.kind === 'unusable')
    throw new Refusal(`whether ${name} holds anything can't be told: ${opened.why}`, 1)
  try {
    const holds = holdingsOf(opened.ledger, name)
    if (holds.length > 0)
      throw new Refusal(
        `${name} can't be removed while the ${mode} ledger has this of it:\n  ${holds.join('\n  ')}\nClose it first: lockstep flatten ${name} --${mode}`,
        exitCodes.failed,
      )
  } finally {
    opened.ledger.close()
  }
}

const holdingsOf = (ledger: LedgerView, name: string): readonly string[] => [
  ...ledger
    .lanes()
    .filter(({ follower, held }) => follower === name && held !== 0n)
    .map((lane) => `holds ${quantityText(lane.held)} ${laneText(lane)}`),
  ...ledger
    .openAttempts(null)
    .filter(({ attempt }) => attempt.intent.lane.follower === name)
    .map(({ attempt: { intent, quantity } }) => {
      const { side, lane } = intent
      return `open order: ${side} ${quantityText(quantity)} ${laneText(lane)}`
    }),
]

const readSettings = (file: string): string => (existsSync(file) ? readFileSync(file, 'utf8') : '')

function writeSettings(file: string, text: string | null): void {
  if (text === null) throw cantEdit(file)
  replaceFile(file, text, null)
}

const cantEdit = (file: string): Refusal =>
  new Refusal(`${basename(file)} can't be edited without breaking it; change it by hand`)

function whileRunning(reach: Reach, dataDir: string, toPause: string | null): string {
  if (!isRunning(reach, dataDir)) return ''
  const now = toPause === null ? '' : ` To hold it back now: lockstep pause ${toPause}`
  return `The engine that runs keeps what it started with.${now}\n`
}

const isRunning = (reach: Reach, dataDir: string): boolean =>
  MODES.some((mode) => reach.findEngine(dataDir, mode) !== null)
