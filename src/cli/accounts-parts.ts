// What the commands under `lockstep accounts` have in common: what `main` hands to them, and whose names may
// be typed.
import type { Command } from 'commander'
import type { Config } from '../config/config.ts'
import type { Variables } from '../config/environment.ts'
import { describeFault, nearestName } from '../config/fault.ts'
import type { Account } from '../domain/account.ts'
import type { Mode } from '../domain/lane.ts'
import type { Instant } from '../domain/time.ts'
import type { BrokerReader, Ledger } from '../ports.ts'
import { type AddCommand, Refusal, type Terminal } from './program.ts'
import type { Reach } from './reach.ts'

export type LoginMemory = Pick<Ledger, 'recordLogin' | 'recordLoginResult' | 'logins'>

/** What is remembered of accounts by whoever logs in to them. */
export type AccountMemory = LoginMemory & Pick<Ledger, 'recordVerified' | 'recordSecretUse'>

/** One account's way to the broker, to read by. */
export interface Connected {
  readonly reader: BrokerReader
  /** Waits that long for a session. */
  enter(
    waitMs: number,
  ): Promise<{ readonly kind: 'open' } | { readonly kind: 'closed'; readonly why: string }>
  close(): void
}

/** One code is sent and no second one. `since`: what was refused before then no longer counts, because the user acted. */
export type Connect = (
  config: Config,
  account: Account,
  memory: LoginMemory,
  since: Instant,
) => Connected

export interface AccountsParts {
  readonly reach: Reach
  /** Where `.env` and `lockstep.yaml` are. */
  readonly folder: string
  readonly env: Variables
  readonly connect: Connect
}

export interface ConfigOption {
  readonly config?: string
}

/** One of the commands under `accounts`. */
export type AddAccountsCommand = (
  accounts: Command,
  parts: AccountsParts,
  terminal: Terminal,
  end: Parameters<AddCommand>[2],
) => void

export const MODES: readonly Mode[] = ['live', 'paper']

/** The settings, or a refusal that tells everything that is wrong with them. */
export function requireConfig(reach: Reach, options: ConfigOption): Config {
  const loaded = reach.load(options.config ?? null)
  if (loaded.kind === 'valid') return loaded.config
  throw new Refusal(['the setup is wrong', ...loaded.faults.map(describeFault)].join('\n  '))
}

export const accountsOf = ({ accounts: { master, followers } }: Config): readonly Account[] => [
  ...(master === null ? [] : [master]),
  ...followers,
]

/** By its name, whatever the capitals. */
export function findAccount(config: Config, word: string): Account {
  const known = accountsOf(config)
  const found = known.find(({ name }) => name.toLowerCase() === word.toLowerCase())
  if (found !== undefined) return found
  const names = known.map(({ name }) => name)
  const near = nearestName(
    word,
    names.filter((name) => /\d+/.exec(name)?.[0] === /\d+/.exec(word)?.[0]),
  )
  const hint = near === null ? '' : ` (did you mean ${near}?)`
  throw new Refusal(`"${word}" is no account${hint}; accounts: ${names.join(', ') || 'none'}`)
}
