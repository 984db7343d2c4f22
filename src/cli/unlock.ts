// The key of the vault: from LOCKSTEP_VAULT_KEY for a service, typed by the person at the terminal otherwise.
// Asked for by commands that log in or change the vault, never by those that only look. Nothing that is typed
// is shown or kept: from here on the vault itself knows how to open.
import type { VaultKey } from '../config/vault.ts'
import { readVaultKey, VAULT_FILE, VAULT_KEY, type VaultDoor } from '../config/vault-door.ts'
import { CANNOT_STRETCH, canStretch } from '../config/vault-seal.ts'
import type { Secret } from '../domain/secret.ts'
import type { Person } from './ask.ts'
import { exitCodes, Refusal } from './program.ts'

type AskedSecretly = Pick<Person, 'isThere' | 'askSecret'>

const TRIES = 3
const LEAST_LETTERS = 12

/** Open when it returns. Throws a Refusal that says why it is not. */
export async function unlock(door: VaultDoor | null, person: AskedSecretly): Promise<void> {
  if (door === null || door.isOpen()) return
  if (door.opensWith === 'environment') openWithGiven(door)
  else await openByHand(door, person)
}

function openWithGiven(door: VaultDoor): void {
  if (door.given === null)
    throw new Refusal(`${VAULT_FILE} opens with ${VAULT_KEY}, which is not set in the environment`)
  const why = door.unlock(givenKey(door.given))
  if (why !== null) throw new Refusal(`${VAULT_FILE}: ${why}`)
}

async function openByHand(door: VaultDoor, person: AskedSecretly): Promise<void> {
  if (!person.isThere)
    throw new Refusal(
      `${VAULT_FILE} opens with a passphrase, and there is no terminal to ask at; for a service: lockstep accounts rotate-key --key-file FILE`,
    )
  let why = ''
  for (let tried = 0; tried < TRIES; tried++) {
    const passphrase = await person.askSecret(
      `${why === '' ? '' : `${why}. `}Passphrase of ${VAULT_FILE}: `,
    )
    const refused = door.unlock({ kind: 'passphrase', passphrase })
    if (refused === null) return
    why = refused
  }
  throw new Refusal(`${VAULT_FILE}: ${why}`, exitCodes.failed)
}

export function givenKey(given: Secret): VaultKey {
  const key = readVaultKey(given.reveal())
  if (key === null) throw new Refusal(`${VAULT_KEY} is not 32 bytes in base64 or hex`)
  return { kind: 'environment', key }
}

/** Typed twice, since what is typed can't be seen. */
export async function askNewPassphrase(person: AskedSecretly): Promise<VaultKey> {
  if (!person.isThere)
    throw new Refusal(
      `nobody can be asked for a passphrase here (no terminal); for a service set ${VAULT_KEY}`,
    )
  if (!canStretch()) throw new Refusal(CANNOT_STRETCH)
  const least = `at least ${LEAST_LETTERS} characters, several words are best`
  for (let tried = 0; tried < TRIES; tried++) {
    const passphrase = await person.askSecret(`New passphrase (${least}): `)
    if (passphrase.length < LEAST_LETTERS) continue
    if ((await person.askSecret('The same again: ')) === passphrase)
      return { kind: 'passphrase', passphrase }
  }
  throw new Refusal(
    `no passphrase: ${least}, the same twice; nothing was changed`,
    exitCodes.failed,
  )
}
