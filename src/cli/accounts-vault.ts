// `lockstep accounts import-env` and `rotate-key`: accounts out of `.env` into the vault, and the vault under
// another key. Nothing is taken away before what takes its place is on disk and was read back.
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { readAccounts } from '../config/accounts.ts'
import { dropAccount } from '../config/env-file.ts'
import { readEnvironment } from '../config/environment.ts'
import { describeFault } from '../config/fault.ts'
import { ACCOUNT_KEYS, type AccountKey, LOGIN_KEYS, variableName } from '../config/names.ts'
import { replaceFile } from '../config/replace-file.ts'
import { VAULT_FILE, VAULT_KEY } from '../config/vault-door.ts'
import { randomKey } from '../config/vault-seal.ts'
import type { AddAccountsCommand } from './accounts-parts.ts'
import { findDoor, isIn, keepInVault, type ToKeep } from './keep.ts'
import { exitCodes, Refusal } from './program.ts'
import { askNewPassphrase, unlock } from './unlock.ts'

export const addAccountsVault: AddAccountsCommand = (...all) => {
  addImport(...all)
  addRotate(...all)
}

const addImport: AddAccountsCommand = (accounts, parts, terminal, end) => {
  accounts
    .command('import-env')
    .description(`move the accounts of .env into ${VAULT_FILE}, encrypted`)
    .addHelpText('after', '\nExample: lockstep accounts import-env')
    .action(async () => {
      const file = join(parts.folder, '.env')
      const text = existsSync(file) ? readFileSync(file, 'utf8') : ''
      const found = accountsIn(text)
      if (found.length === 0) throw new Refusal('.env holds no account: there is nothing to move')
      const replaced = found.filter(({ name }) => isIn(findDoor(parts), name))
      await keepInVault(parts, terminal, found)
      for (const { name } of replaced)
        terminal.write(`${name} was in ${VAULT_FILE} already: what .env says took its place.\n`)
      // Only now: until here both places have them, and that is said by name at the next start.
      const rest = found.reduce((left, { name }) => dropAccount(left, name), text)
      replaceFile(file, rest, 0o600)
      terminal.write(
        `${found.map(({ name }) => name).join(', ')}: in ${VAULT_FILE} now, and no longer in .env.\n` +
          'Copies of the old .env (backups, editors) still hold the keys in the clear: delete them.\n',
      )
      end(exitCodes.done)
    })
}

/** Whole accounts only: what is half there is told by its name, and nothing is moved. */
function accountsIn(text: string): readonly ToKeep[] {
  const environment = readEnvironment({}, text)
  const { master, followers, faults } = readAccounts(environment)
  // Followers whose master is in the vault already are whole by themselves.
  const hasMaster = LOGIN_KEYS.some((key) => environment.variables.has(key))
  const own = faults.filter(({ path }) => hasMaster || !LOGIN_KEYS.some((key) => key === path))
  const all = [...environment.faults, ...own]
  if (all.length > 0) throw new Refusal(all.map(describeFault).join('\n  '))
  const names = [...(master === null ? [] : [master]), ...followers].map(({ name }) => name)
  return names.map((name) => ({
    name,
    values: new Map(
      ACCOUNT_KEYS.flatMap((key): [AccountKey, string][] => {
        const variable = environment.variables.get(variableName(name, key))
        return variable === undefined ? [] : [[key, variable.value]]
      }),
    ),
  }))
}

const addRotate: AddAccountsCommand = (accounts, parts, terminal, end) => {
  accounts
    .command('rotate-key')
    .description(`encrypt ${VAULT_FILE} anew: under a new passphrase, or a key for a service`)
    .option('--key-file <file>', `make a key for a service and write ${VAULT_KEY}=… to this file`)
    .addHelpText(
      'after',
      '\nExample: lockstep accounts rotate-key\n         lockstep accounts rotate-key --key-file vault.key',
    )
    .action(async (options: { readonly keyFile?: string }) => {
      const door = findDoor(parts)
      if (door === null)
        throw new Refusal(`there is no ${VAULT_FILE}: lockstep accounts import-env`)
      await unlock(door, parts.reach.person)
      const key =
        options.keyFile === undefined
          ? await askNewPassphrase(parts.reach.person)
          : writeKeyFile(resolve(parts.folder, options.keyFile))
      replaceFile(door.file, door.open().rekey(key).text, 0o600)
      terminal.write(
        `${VAULT_FILE} is encrypted anew; the old key opens nothing of it any more.\n${
          options.keyFile === undefined
            ? ''
            : `Its key is in ${options.keyFile}: hand it to the service (systemd: EnvironmentFile=), then keep it elsewhere.\n`
        }Backups of the old file still open with the old key.\n`,
      )
      end(exitCodes.done)
    })
}

/** On disk before the vault needs it. A file that is there may be the key of something else. */
function writeKeyFile(path: string) {
  if (existsSync(path)) throw new Refusal(`${path} is there already; nothing was changed`)
  const key = randomKey()
  replaceFile(path, `${VAULT_KEY}=${key.toString('base64')}\n`, 0o600)
  return { kind: 'environment', key } as const
}
