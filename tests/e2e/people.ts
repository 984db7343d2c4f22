// A trader's folder as a trader has it: accounts in `.env`, or in a vault that a passphrase opens.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ACCOUNT_KEYS, type AccountKey } from '../../src/config/names.ts'
import { createVault } from '../../src/config/vault.ts'
import { defaultAccounts, environmentOf } from '../../src/simulator/default-accounts.ts'
import type { Stage } from './stage.ts'

export const PASSPHRASE = 'canary battery staple'

/** In a file, as a trader has them: what the page changes is written there. */
export function writeAccounts(
  { folder, simulator }: Pick<Stage, 'folder' | 'simulator'>,
  followers: number,
  more: Readonly<Record<string, string>>,
): void {
  const accounts = environmentOf(defaultAccounts(followers), simulator.urls)
  const lines = Object.entries({ ...accounts, ...more }).map(
    ([name, value]) => `${name}=${quoted(value)}`,
  )
  writeFileSync(join(folder, '.env'), `${lines.join('\n')}\n`, { mode: 0o600 })
}

const quoted = (value: string): string => (/^[\w./:+-]*$/.test(value) ? value : `'${value}'`)

/** Out of `.env` into a vault of its own. */
export function putIntoVault(folder: string, account: string): void {
  const file = join(folder, '.env')
  const lines = readFileSync(file, 'utf8').split('\n')
  const values = new Map<AccountKey, string>()
  for (const key of ACCOUNT_KEYS) {
    const line = lines.find((each) => each.startsWith(`${account}_${key}=`))
    if (line !== undefined) values.set(key, line.slice(line.indexOf('=') + 1))
  }
  const rest = lines.filter((line) => !line.startsWith(`${account}_`))
  const vault = createVault({ kind: 'passphrase', passphrase: PASSPHRASE }).put(account, values)
  writeFileSync(file, rest.join('\n'), { mode: 0o600 })
  writeFileSync(join(folder, 'lockstep.vault'), vault.text, { mode: 0o600 })
}
