// `lockstep accounts add`: asks for what logs in, without showing it, and writes it to the vault or to `.env`.
// A secret is never an argument, where every user of the machine and the shell's history would see it.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { allowedInstead } from '../config/accounts.ts'
import { setAccount, whereSet } from '../config/env-file.ts'
import { readEnvironment } from '../config/environment.ts'
import { describeFault } from '../config/fault.ts'
import { ACCOUNT_KEYS, type AccountKey, LOGIN_KEYS, variableName } from '../config/names.ts'
import { replaceFile } from '../config/replace-file.ts'
import { VAULT_FILE, type VaultDoor } from '../config/vault-door.ts'
import { maskCode } from '../domain/account.ts'
import { type AccountName, accountName, MASTER, MalformedId } from '../domain/ids.ts'
import type { AccountsParts, AddAccountsCommand } from './accounts-parts.ts'
import type { Person } from './ask.ts'
import { findDoor, isIn, keepInVault, type Values } from './keep.ts'
import { exitCodes, Refusal, type Terminal } from './program.ts'

interface AddOptions {
  readonly vault?: true
  readonly stdin?: true
}

export const addAccountsAdd: AddAccountsCommand = (accounts, parts, terminal, end) => {
  accounts
    .command('add')
    .description('set up an account; asks for its keys and shows none of them')
    .argument('[account]', 'MASTER or FOLLOWER_n; the next free one when left out')
    .option('--vault', `keep it encrypted in ${VAULT_FILE} (always so once that file is there)`)
    .option('--stdin', 'read lines as API_KEY=… from the standard input in place of asking')
    .addHelpText(
      'after',
      '\nExample: lockstep accounts add FOLLOWER_2\n         lockstep accounts add FOLLOWER_2 --stdin < keys.txt',
    )
    .action(async (word: string | undefined, options: AddOptions) => {
      const { person } = parts.reach
      const ask = async (account: AccountName) =>
        options.stdin
          ? readLines(await person.readInput(), account)
          : askAll(person, terminal, account)
      const wanted = { word, isForVault: options.vault === true, ask }
      const { text } = await addAccount(parts, terminal, wanted)
      terminal.write(text)
      end(exitCodes.done)
    })
}

export interface WantedAccount {
  /** The next free one when left out. */
  readonly word: string | undefined
  readonly isForVault: boolean
  /** Its keys, once it is known whose. */
  readonly ask: (account: AccountName) => Promise<Values>
}

export async function addAccount(
  parts: AccountsParts,
  terminal: Pick<Terminal, 'write'>,
  { word, isForVault: isWanted, ask }: WantedAccount,
): Promise<{ readonly account: AccountName; readonly text: string }> {
  const file = join(parts.folder, '.env')
  const text = readEnvFile(parts)
  const door = findDoor(parts)
  const account = word === undefined ? nextFree(parts, text, door) : readName(word)
  refuseWhatIsThere(account, text, parts, door)
  const values = await ask(account)
  const isForVault = door !== null || isWanted
  // Judged in the same way wherever it goes: as lines of a file.
  const edited = setAccount(isForVault ? '' : text, { account, values })
  if (edited.kind === 'refused') throw new Refusal(edited.why.join('\n  '))
  if (isForVault) await keepInVault(parts, terminal, [{ name: account, values }])
  else replaceFile(file, edited.text, 0o600)
  for (const warning of edited.warnings) terminal.write(`warning: ${warning}\n`)
  return { account, text: describeAdded(account, values, isForVault ? VAULT_FILE : '.env') }
}

function readEnvFile({ folder }: AccountsParts): string {
  const file = join(folder, '.env')
  return existsSync(file) ? readFileSync(file, 'utf8') : ''
}

/** The name that the next account gets. */
export const nextAccount = (parts: AccountsParts): AccountName =>
  nextFree(parts, readEnvFile(parts), findDoor(parts))

function describeAdded(account: AccountName, values: Values, where: string): string {
  const code = maskCode(values.get('CLIENT_ID') ?? '')
  const next =
    account === MASTER
      ? 'Next: lockstep accounts add FOLLOWER_1'
      : `From the next start on it copies with the settings of lockstep.yaml; to hold it back: lockstep accounts disable ${account}`
  return `${account} (${code}) is in ${where} now.\nTry its login: lockstep accounts verify ${account}\n${next}\n`
}

function readName(word: string): AccountName {
  try {
    return accountName(word.toUpperCase())
  } catch (error) {
    if (!(error instanceof MalformedId)) throw error
  }
  throw new Refusal(`"${word}" is no account name: MASTER or FOLLOWER_1, FOLLOWER_2, …`)
}

function nextFree({ env }: AccountsParts, text: string, door: VaultDoor | null): AccountName {
  const isFree = (name: string) => {
    if (isIn(door, name)) return false
    const { inFile, inEnvironment } = whereSet(name, text, env)
    return !inFile && !inEnvironment
  }
  if (isFree(MASTER)) return MASTER
  let number = 1
  while (!isFree(`FOLLOWER_${number}`)) number++
  return accountName(`FOLLOWER_${number}`)
}

function refuseWhatIsThere(
  account: AccountName,
  text: string,
  { env }: AccountsParts,
  door: VaultDoor | null,
): void {
  if (isIn(door, account))
    throw new Refusal(
      `${account} is in ${VAULT_FILE} already; first: lockstep accounts remove ${account}`,
    )
  const { inFile, inEnvironment } = whereSet(account, text, env)
  if (inEnvironment)
    throw new Refusal(`${account} is set in the environment, which wins over .env: unset it there`)
  if (inFile)
    throw new Refusal(
      `${account} is in .env already; edit it there, or first: lockstep accounts remove ${account}`,
    )
}

// --- asking ------------------------------------------------------------------------------------

interface Question {
  readonly key: AccountKey
  readonly text: string
  readonly isSecret: boolean
}

const QUESTIONS: readonly Question[] = [
  { key: 'CLIENT_ID', text: 'Client code', isSecret: false },
  { key: 'API_KEY', text: 'API key of its SmartAPI app', isSecret: true },
  { key: 'PASSWORD', text: 'PIN', isSecret: true },
  { key: 'TOTP_SECRET', text: 'TOTP secret (the text behind the QR code)', isSecret: true },
  { key: 'LABEL', text: 'What to call it (may be left empty)', isSecret: false },
]
const TRIES = 3

async function askAll(person: Person, terminal: Terminal, account: AccountName): Promise<Values> {
  if (!person.isThere)
    throw new Refusal('nobody can be asked here (no terminal); --stdin reads the keys')
  terminal.write(`${account}: what is secret is not shown while you type.\n`)
  const values = new Map<AccountKey, string>()
  for (const question of QUESTIONS) {
    const value = await askOne(person, terminal, question)
    if (value !== '') values.set(question.key, value)
  }
  return values
}

async function askOne(
  person: Person,
  terminal: Terminal,
  { key, text, isSecret }: Question,
): Promise<string> {
  const isOptional = !LOGIN_KEYS.some((each) => each === key)
  for (let tried = 0; tried < TRIES; tried++) {
    const ask = isSecret ? person.askSecret : person.ask
    const value = await ask(`${text}: `)
    if (value === '' && isOptional) return ''
    const allowed = allowedInstead(key, value)
    if (allowed === null) return value
    terminal.write(`  no: ${allowed}\n`)
  }
  throw new Refusal('nothing was changed', exitCodes.failed)
}

/** With or without the account's name before each key. */
function readLines(text: string, account: AccountName): Values {
  const { variables, faults } = readEnvironment({}, text)
  if (faults.length > 0)
    throw new Refusal(
      faults.map((fault) => describeFault({ ...fault, source: 'input' })).join('\n  '),
    )
  const values = new Map<AccountKey, string>()
  for (const { name, value, line } of variables.values()) {
    const key = ACCOUNT_KEYS.find((each) => name === each || name === variableName(account, each))
    // Only the line: what stands where a name should be may be a secret.
    if (key === undefined)
      throw new Refusal(`input, line ${line}: not one of ${ACCOUNT_KEYS.join(', ')}`)
    values.set(key, value)
  }
  const missing = LOGIN_KEYS.filter((key) => !values.has(key))
  if (missing.length > 0) throw new Refusal(`the input lacks ${missing.join(', ')}`)
  return values
}
