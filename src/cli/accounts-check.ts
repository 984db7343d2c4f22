// `lockstep accounts verify` and `balance`: the only commands that log in. Once for each account and never
// a second time, since wrong logins lock an account; and not beside a running engine, whose session could
// end by it. What a login came to is remembered in the ledgers, so that no code is used twice.
import type { Config } from '../config/config.ts'
import { type Account, maskCode } from '../domain/account.ts'
import { MASTER } from '../domain/ids.ts'
import { formatDecimal } from '../domain/numbers.ts'
import { SECOND } from '../domain/time.ts'
import type { BrokerReader, LoginAttempt, LoginResult, SteeringDesk } from '../ports.ts'
import {
  type AccountMemory,
  type AccountsParts,
  type AddAccountsCommand,
  accountsOf,
  type ConfigOption,
  type Connect,
  findAccount,
  MODES,
  requireConfig,
} from './accounts-parts.ts'
import { isIn } from './keep.ts'
import { exitCodes, Refusal } from './program.ts'
import type { Reach } from './reach.ts'
import { unlock } from './unlock.ts'

interface CheckOptions extends ConfigOption {
  readonly anyway?: true
  readonly json?: true
}

interface Found {
  readonly account: string
  readonly isGood: boolean
  /** The profile bears its client code. */
  readonly isVerified?: true
  readonly finding: string
  readonly net?: string
  readonly used?: string
}

/** The next code is never further away than a window; then it has to arrive. */
const LOGIN_WAIT_MS = 45 * SECOND

export const addAccountsCheck: AddAccountsCommand = (accounts, parts, terminal, end) => {
  const add = (name: string, description: string, check: typeof verify) =>
    accounts
      .command(name)
      .description(description)
      .argument('[account]', 'only this one; all of them when left out')
      .option('--anyway', 'also while an engine runs, whose session may end by it')
      .option('--config <file>', 'settings file in place of lockstep.yaml')
      .option('--json', 'the same for programs')
      .addHelpText('after', `\nExample: lockstep accounts ${name} FOLLOWER_1`)
      .action(async (word: string | undefined, options: CheckOptions) => {
        const { reach } = parts
        const config = requireConfig(reach, options)
        const chosen = choose(config, word)
        if (!options.anyway) refuseBesideEngine(reach, config.dataDir)
        await unlockFor(config, chosen, reach)
        if (!options.json)
          terminal.write(`Logging in once to ${chosen.map((each) => each.name).join(', ')}\n`)
        const tell = (one: Found) => {
          if (!options.json) terminal.write(describeFound(one))
        }
        const found = await checkAll(parts, config, chosen, check, tell)
        if (options.json) terminal.write(`${JSON.stringify({ accounts: found })}\n`)
        end(found.every(({ isGood }) => isGood) ? exitCodes.done : exitCodes.failed)
      })
  add('verify', 'log in once and see that it is the right account', verify)
  add('balance', 'log in once and tell the funds', balance)
}

/** One account, for whoever can't be asked for `--anyway`: never beside an engine. */
export async function checkOne(
  parts: AccountsParts,
  config: Config,
  word: string,
  what: 'verify' | 'balance',
): Promise<Found> {
  const account = findAccount(config, word)
  refuseBesideEngine(parts.reach, config.dataDir)
  await unlockFor(config, [account], parts.reach)
  const check = what === 'verify' ? verify : balance
  const [found] = await checkAll(parts, config, [account], check, () => undefined)
  return found ?? failed(account, 'it was not tried')
}

/** Whose keys stand in `.env` needs nothing of the vault. */
async function unlockFor({ vault }: Config, chosen: readonly Account[], reach: Reach) {
  if (chosen.some(({ name }) => isIn(vault, name))) await unlock(vault, reach.person)
}

/** Side by side: one that hangs delays nobody. */
function checkAll(
  { reach, connect }: AccountsParts,
  config: Config,
  chosen: readonly Account[],
  check: typeof verify,
  tell: (found: Found) => void,
): Promise<readonly Found[]> {
  return withMemory(reach, config.dataDir, (memory) => {
    config.vault?.hear((use) => memory.recordSecretUse(use.account, use.secret, reach.clock.now()))
    return Promise.all(
      chosen.map(async (account) => {
        const one = await logInOnce(connect, reach, config, account, memory, check)
        if (one.isVerified) memory.recordVerified(account.name, reach.clock.now())
        tell(one)
        return one
      }),
    )
  })
}

const describeFound = ({ account, isGood, finding }: Found): string =>
  `${account.padEnd(14)}${isGood ? 'ok    ' : 'FAILED'}  ${finding}\n`

function choose(config: Config, word: string | undefined): readonly Account[] {
  const all = accountsOf(config)
  if (all.length === 0) throw new Refusal('no account is set up: lockstep accounts add MASTER')
  return word === undefined ? all : [findAccount(config, word)]
}

function refuseBesideEngine(reach: Reach, dataDir: string): void {
  for (const mode of MODES) {
    const engine = reach.findEngine(dataDir, mode)
    if (engine !== null)
      throw new Refusal(
        `an engine is running (process ${engine.process}): another login may end its session; --anyway logs in all the same`,
        exitCodes.failed,
      )
  }
}

// --- one login ---------------------------------------------------------------------------------

async function logInOnce(
  connect: Connect,
  { clock }: Reach,
  config: Config,
  account: Account,
  memory: AccountMemory,
  check: typeof verify,
): Promise<Found> {
  let result: LoginResult | null = null
  const heard: AccountMemory = {
    ...memory,
    recordLoginResult(login, came, at) {
      memory.recordLoginResult(login, came, at)
      result = came
    },
  }
  const connected = connect(config, account, heard, clock.now())
  try {
    const entered = await connected.enter(LOGIN_WAIT_MS)
    return entered.kind === 'open'
      ? await check(account, connected.reader)
      : failed(account, describeRefusal(account, result, entered.why))
  } finally {
    connected.close()
  }
}

function describeRefusal(account: Account, result: LoginResult | null, why: string): string {
  const variable = (key: string) => (account.name === MASTER ? key : `${account.name}_${key}`)
  switch (result) {
    case 'pinRefused':
      return `the PIN was refused: correct ${variable('PASSWORD')}`
    case 'codeRefused':
      return `the code was refused: check ${variable('TOTP_SECRET')} and the clock of this machine`
    case 'refused':
      return `the login was refused: check ${variable('API_KEY')}, ${variable('CLIENT_ID')} and ${variable('TOTP_SECRET')}`
    case 'network':
      return 'the login was not answered: is the broker to be reached from here?'
    case 'unserved':
      return 'the broker does not log in just now, and says nothing of the PIN or the code: try again in some minutes'
    default:
      return why
  }
}

const failed = ({ name }: Account, finding: string): Found => ({
  account: name,
  isGood: false,
  finding,
})

async function verify(account: Account, reader: BrokerReader): Promise<Found> {
  const profile = await reader.profile()
  if (profile.kind === 'failed')
    return failed(account, `logged in, but its profile can't be read: ${profile.evidence}`)
  const { clientCode, exchanges } = profile.value
  if (clientCode.toUpperCase() !== account.clientCode.toUpperCase())
    return failed(
      account,
      `the keys are those of ${maskCode(clientCode)}, not of ${maskCode(account.clientCode)}`,
    )
  const finding = `is ${maskCode(clientCode)}; exchanges ${exchanges.join(', ') || 'none'}`
  return { account: account.name, isGood: true, isVerified: true, finding }
}

async function balance(account: Account, reader: BrokerReader): Promise<Found> {
  const funds = await reader.funds()
  if (funds.kind === 'failed')
    return failed(account, `logged in, but its funds can't be read: ${funds.evidence}`)
  const net = formatDecimal(funds.value.net, 2)
  const used = formatDecimal(funds.value.used, 2)
  return {
    account: account.name,
    isGood: true,
    finding: `net ${net}, used ${used}`,
    net,
    used,
  }
}

// --- what is remembered ------------------------------------------------------------------------

/** In every ledger there is, since a code is used up for all of them; without one, for this run only. */
async function withMemory<T>(
  reach: Reach,
  dataDir: string,
  work: (memory: AccountMemory) => Promise<T>,
): Promise<T> {
  const desks: SteeringDesk[] = []
  try {
    for (const mode of MODES) {
      const opened = reach.openDesk(dataDir, mode)
      if (opened.kind === 'unusable') throw new Refusal(opened.why, exitCodes.failed)
      if (opened.kind === 'open') desks.push(opened.ledger)
    }
    return await work(remember(desks))
  } finally {
    for (const desk of desks) desk.close()
  }
}

function remember(desks: readonly SteeringDesk[]): AccountMemory {
  const made: (LoginAttempt & { readonly numbers: readonly number[] })[] = []
  return {
    recordLogin(account, window, secrets, at) {
      const numbers = desks.map((desk) => desk.recordLogin(account, window, secrets, at))
      return made.push({ account, window, secrets, at, result: null, numbers }) - 1
    },
    recordLoginResult(login, result, at) {
      const known = made[login]
      if (known === undefined) return
      made[login] = { ...known, result }
      for (const [index, desk] of desks.entries())
        desk.recordLoginResult(known.numbers[index] ?? 0, result, at)
    },
    recordVerified(account, at) {
      for (const desk of desks) desk.recordVerified(account, at)
    },
    recordSecretUse(account, secret, at) {
      for (const desk of desks) desk.recordSecretUse(account, secret, at)
    },
    logins: (account, since) =>
      desks.length === 0
        ? made.filter((each) => each.account === account && each.at >= since)
        : desks.flatMap((desk) => desk.logins(account, since)).toSorted((a, b) => a.at - b.at),
  }
}
