// The vault as the rest of the program has it: accounts whose secrets are decrypted when they are used, once
// somebody has unlocked it, and not before. Commands that only look never need the key. Each use is told,
// so that it can be written down.
//
//   locked ──unlock──► open: every secret can be revealed, and each time says so
import { resolve } from 'node:path'
import type { Account } from '../domain/account.ts'
import { type AccountName, accountName } from '../domain/ids.ts'
import { HIDDEN, Secret } from '../domain/secret.ts'
import type { Variable } from './environment.ts'
import type { Fault } from './fault.ts'
import { fileFault, readText } from './text-file.ts'
import {
  type LockedVault,
  type OpenVault,
  readVault,
  type SecretKey,
  type StoredAccount,
  type VaultKey,
} from './vault.ts'
import { KEY_BYTES } from './vault-seal.ts'

export const VAULT_FILE = 'lockstep.vault'
export const VAULT_KEY = 'LOCKSTEP_VAULT_KEY'

export interface SecretUse {
  readonly account: AccountName
  readonly secret: SecretKey
}

export interface VaultDoor {
  /** Absolute. */
  readonly file: string
  readonly opensWith: VaultKey['kind']
  /** LOCKSTEP_VAULT_KEY, where it is set. */
  readonly given: Secret | null
  readonly accounts: readonly Account[]
  isOpen(): boolean
  /** null: it is open now. Otherwise why not. */
  unlock(key: VaultKey): string | null
  /** What can change it. Only once it is open. */
  open(): OpenVault
  /** Told of every use from now on, and of those before. */
  hear(listener: (use: SecretUse) => void): void
}

/** A secret was asked for before the vault was unlocked: a mistake of the program, never of the trader. */
class VaultLocked extends Error {
  override readonly name = 'VaultLocked'
}

export function createDoor(vault: LockedVault, file: string, given: Secret | null): VaultDoor {
  let opened: OpenVault | null = null
  let listener: ((use: SecretUse) => void) | null = null
  let untold: readonly SecretUse[] = []

  function open(): OpenVault {
    if (opened === null) throw new VaultLocked(`${VAULT_FILE} is locked`)
    return opened
  }

  function reveal(name: string, secret: SecretKey): string {
    const text = open().reveal(name, secret)
    const use = { account: accountName(name), secret }
    if (listener === null) untold = [...untold, use]
    else listener(use)
    return text
  }

  return {
    file,
    opensWith: vault.opensWith,
    given,
    accounts: vault.accounts.map((stored) => accountFrom(stored, reveal)),
    isOpen: () => opened !== null,
    open,
    unlock(key) {
      const answer = vault.unlock(key)
      if (answer.kind === 'refused') return answer.why
      opened = answer.vault
      return null
    },
    hear(told) {
      listener = told
      for (const use of untold) told(use)
      untold = []
    },
  }
}

interface FoundVault {
  /** null: there is none, or it can't be used. */
  readonly door: VaultDoor | null
  readonly faults: readonly Fault[]
  readonly warnings: readonly string[]
}

export const vaultPath = (folder: string): string => resolve(folder, VAULT_FILE)

/** The vault in that folder, locked. */
export function findVault(folder: string, variables: ReadonlyMap<string, Variable>): FoundVault {
  const file = vaultPath(folder)
  const { key, faults, warnings } = readGivenKey(variables.get(VAULT_KEY))
  const refused = (found: string, allowed: string): FoundVault => ({
    door: null,
    faults: [...faults, { ...fileFault(VAULT_FILE, found), allowed }],
    warnings,
  })
  const read = readText(file)
  if (read.kind === 'missing') return { door: null, faults, warnings }
  if (read.kind === 'unreadable') return refused(read.why, 'a file that can be read')
  const vault = readVault(read.text)
  if (vault.kind === 'refused') return refused(vault.why, 'the file as Lockstep wrote it')
  const open = `${VAULT_FILE} can be read by others on this machine: chmod 600 ${VAULT_FILE}`
  return {
    door: createDoor(vault.vault, file, key),
    faults,
    warnings: read.isOpen ? [...warnings, open] : warnings,
  }
}

export function readGivenKey(variable: Variable | undefined) {
  if (variable === undefined) return { key: null, faults: [], warnings: [] }
  const { source, line, value } = variable
  if (readVaultKey(value) === null) {
    const allowed = '32 bytes in base64 or hex, as `openssl rand -base64 32` writes them'
    const fault: Fault = { source, path: VAULT_KEY, line, found: HIDDEN, allowed, nearest: null }
    return { key: null, faults: [fault], warnings: [] }
  }
  const warning = `${VAULT_KEY} is in .env: whoever reads that file opens the vault; give it to the service`
  return { key: new Secret(value), faults: [], warnings: source === '.env' ? [warning] : [] }
}

/** 32 bytes as `openssl rand -base64 32` or `-hex 32` writes them; null for anything else. */
export function readVaultKey(text: string): Buffer | null {
  if (/^[0-9a-f]{64}$/i.test(text)) return Buffer.from(text, 'hex')
  if (!/^[\w+/-]{43}=?$/.test(text)) return null
  const bytes = Buffer.from(text, 'base64')
  return bytes.length === KEY_BYTES ? bytes : null
}

type Reveal = (account: string, secret: SecretKey) => string

/**
 * A login decrypts PIN and TOTP secret, uses them and lets go of them. The API key and the proxy stand in
 * every request, so that they are decrypted once, with the first.
 */
function accountFrom({ name, plain, secrets }: StoredAccount, reveal: Reveal): Account {
  const eachTime = (secret: SecretKey) => new Secret(() => reveal(name, secret))
  const optional = (secret: SecretKey) =>
    secrets.includes(secret) ? once(name, secret, reveal) : null
  return {
    name: accountName(name),
    label: plain.get('LABEL') ?? null,
    clientCode: plain.get('CLIENT_ID') ?? '',
    credentials: {
      apiKey: once(name, 'API_KEY', reveal),
      pin: eachTime('PASSWORD'),
      totpSecret: eachTime('TOTP_SECRET'),
      secretKey: optional('SECRET_KEY'),
    },
    egress: { localAddress: plain.get('LOCAL_ADDRESS') ?? null, proxyUrl: optional('PROXY_URL') },
  }
}

function once(name: string, secret: SecretKey, reveal: Reveal): Secret {
  let text: string | null = null
  return new Secret(() => {
    text ??= reveal(name, secret)
    return text
  })
}
