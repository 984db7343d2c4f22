// Where an account is kept: encrypted in the vault where there is one or is to be, else as lines of `.env`.
// What is written is read back from the disk before anything else is taken away.
import { readFileSync } from 'node:fs'
import { plainBase32 } from '../config/accounts.ts'
import { readEnvironment } from '../config/environment.ts'
import { describeFault } from '../config/fault.ts'
import type { AccountKey } from '../config/names.ts'
import { replaceFile } from '../config/replace-file.ts'
import { createVault, isSecretKey, type OpenVault } from '../config/vault.ts'
import {
  findVault,
  readGivenKey,
  VAULT_FILE,
  VAULT_KEY,
  type VaultDoor,
  vaultPath,
} from '../config/vault-door.ts'
import type { AccountsParts } from './accounts-parts.ts'
import { exitCodes, Refusal, type Terminal } from './program.ts'
import { askNewPassphrase, givenKey, unlock } from './unlock.ts'

export type Values = ReadonlyMap<AccountKey, string>

export interface ToKeep {
  readonly name: string
  readonly values: Values
}

/** The vault beside `.env`, whatever the settings say: it must be put right with settings that are wrong too. */
export function findDoor({ folder, env }: AccountsParts): VaultDoor | null {
  const { variables } = readEnvironment(env, null)
  const { door, faults } = findVault(folder, variables)
  if (faults.length > 0) throw new Refusal(faults.map(describeFault).join('\n  '))
  return door
}

export const isIn = (door: VaultDoor | null, name: string): boolean =>
  door?.accounts.some((account) => account.name === name) ?? false

/** Puts them into the vault, which is made where there is none. */
export async function keepInVault(
  parts: AccountsParts,
  terminal: Pick<Terminal, 'write'>,
  accounts: readonly ToKeep[],
): Promise<void> {
  const { vault, file } = await openOrMake(parts, terminal)
  const whole = accounts.reduce((into, { name, values }) => into.put(name, tidied(values)), vault)
  replaceFile(file, whole.text, 0o600)
  if (!isOnDisk(file, whole, accounts))
    throw new Refusal(`${VAULT_FILE} does not read back as it was written`, exitCodes.failed)
}

async function openOrMake(
  parts: AccountsParts,
  terminal: Pick<Terminal, 'write'>,
): Promise<{ readonly vault: OpenVault; readonly file: string }> {
  const { person } = parts.reach
  const door = findDoor(parts)
  if (door !== null) {
    await unlock(door, person)
    return { vault: door.open(), file: door.file }
  }
  const { key: given } = readGivenKey(readEnvironment(parts.env, null).variables.get(VAULT_KEY))
  terminal.write(
    given === null
      ? `${VAULT_FILE} is made; it opens with a passphrase, which nobody can give back to you.\n`
      : `${VAULT_FILE} is made; it opens with ${VAULT_KEY}.\n`,
  )
  const key = given === null ? await askNewPassphrase(person) : givenKey(given)
  return { vault: createVault(key), file: vaultPath(parts.folder) }
}

/** As it is typed a secret may have groups and padding; as it is kept it has none. */
const tidied = (values: Values): Values =>
  new Map(
    [...values].map(([key, value]) => [key, key === 'TOTP_SECRET' ? plainBase32(value) : value]),
  )

const isOnDisk = (file: string, vault: OpenVault, accounts: readonly ToKeep[]): boolean =>
  readFileSync(file, 'utf8') === vault.text &&
  accounts.every(({ name, values }) =>
    [...tidied(values)].every(
      ([key, value]) => !isSecretKey(key) || vault.reveal(name, key) === value,
    ),
  )

/** Takes an account out of the vault, if it is there. */
export async function dropFromVault(parts: AccountsParts, name: string): Promise<void> {
  const door = findDoor(parts)
  if (door === null || !isIn(door, name)) return
  await unlock(door, parts.reach.person)
  replaceFile(door.file, door.open().drop(name).text, 0o600)
}
