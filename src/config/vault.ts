// The vault: accounts whose secrets are encrypted at rest, as the text of one file. What a follower is
// called, its client code and the address it goes out from can be read without the key, so that looking
// needs none; keys, PINs, codes and proxies can't. Each account has a key of its own, sealed under the
// master key, and every sealed text is bound to vault, account and field; over the whole stands one more
// seal. A changed byte, a record from elsewhere, another passphrase: nothing of it is used.
//
//   locked ──(the right key)──► open: reads a secret, or gives the text with an account more or less
//
// Pure but for the randomness of keys and nonces: text in, text out. Nothing here touches a file.
import { z } from 'zod'
import { accountName } from '../domain/ids.ts'
import { ACCOUNT_KEYS, type AccountKey } from './names.ts'
import {
  CANNOT_STRETCH,
  canStretch,
  HARDNESS,
  isSealOver,
  isSensible,
  keyFor,
  keyFromPassphrase,
  open,
  randomKey,
  randomText,
  seal,
  sealOver,
} from './vault-seal.ts'

export const SECRET_KEYS = [
  'API_KEY',
  'PASSWORD',
  'TOTP_SECRET',
  'SECRET_KEY',
  'PROXY_URL',
] as const
export type SecretKey = (typeof SECRET_KEYS)[number]
export const isSecretKey = (key: AccountKey): key is SecretKey =>
  SECRET_KEYS.some((each) => each === key)

/** Where the master key comes from. */
export type VaultKey =
  | { readonly kind: 'passphrase'; readonly passphrase: string }
  /** 32 bytes, as a service is given them. */
  | { readonly kind: 'environment'; readonly key: Buffer }

export interface StoredAccount {
  readonly name: string
  /** What is no secret, by key. */
  readonly plain: ReadonlyMap<AccountKey, string>
  /** Which secrets it has. */
  readonly secrets: readonly SecretKey[]
}

export interface LockedVault {
  readonly opensWith: VaultKey['kind']
  readonly accounts: readonly StoredAccount[]
  unlock(key: VaultKey): Unlocked
}

export type Unlocked =
  | { readonly kind: 'open'; readonly vault: OpenVault }
  | {
      readonly kind: 'refused'
      readonly reason: 'wrongKey' | 'cannotTry' | 'altered'
      readonly why: string
    }

export interface OpenVault {
  /** The whole file. */
  readonly text: string
  /** Decrypted now, for whoever asks; nothing decrypted is kept. */
  reveal(account: string, key: SecretKey): string
  /** The vault with this account in it, new or in place of the old. */
  put(account: string, values: ReadonlyMap<AccountKey, string>): OpenVault
  drop(account: string): OpenVault
  /** The same accounts under another key; no key of the old text opens anything of the new. */
  rekey(key: VaultKey): OpenVault
}

export type ReadVault =
  | { readonly kind: 'locked'; readonly vault: LockedVault }
  | { readonly kind: 'refused'; readonly why: string }

const sealed = z.string().regex(/^[\w-]{38,4096}$/)
const schema = z.strictObject({
  lockstep: z.literal('vault'),
  version: z.literal(1),
  id: z.string().regex(/^[\w-]{22}$/),
  key: z.discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('passphrase'),
      salt: z.string().regex(/^[\w-]{22}$/),
      memoryKib: z.int(),
      passes: z.int(),
    }),
    z.strictObject({ kind: z.literal('environment') }),
  ]),
  check: sealed,
  accounts: z.record(
    z.string().regex(/^(MASTER|FOLLOWER_[1-9]\d{0,3})$/),
    z.strictObject({
      key: sealed,
      plain: z.partialRecord(z.enum(ACCOUNT_KEYS), z.string()),
      secrets: z.partialRecord(z.enum(SECRET_KEYS), sealed),
    }),
  ),
  seal: z.string(),
})
type File = z.infer<typeof schema>
type SealedAccount = File['accounts'][string]

const ALTERED =
  'it was changed or damaged since Lockstep wrote it, so nothing of it is used; put back a copy of it, or set the accounts up anew'

/** As Lockstep writes it, byte for byte: the same content in another dress was changed by somebody else. */
export function readVault(text: string): ReadVault {
  const parsed = schema.safeParse(parseJson(text))
  if (!parsed.success || write(parsed.data) !== text) {
    const version = (parseJson(text) as { readonly version?: unknown } | null)?.version
    if (typeof version === 'number' && version > 1)
      return { kind: 'refused', why: `it has version ${version}, this program knows 1` }
    return { kind: 'refused', why: ALTERED }
  }
  const file = parsed.data
  if (file.key.kind === 'passphrase' && !isSensible(file.key))
    return { kind: 'refused', why: ALTERED }
  return {
    kind: 'locked',
    vault: {
      opensWith: file.key.kind,
      accounts: storedIn(file),
      unlock: (key) => unlock(file, key),
    },
  }
}

/** An empty one. */
export function createVault(key: VaultKey): OpenVault {
  const made = { id: randomText(16), accounts: {} }
  return openWith(lock(made, key))
}

// --- locking -----------------------------------------------------------------------------------

interface Unsealed {
  readonly file: File
  readonly master: Buffer
}

const CHECK = 'this is the key'
const PURPOSE = { wrap: 'lockstep vault: keys of accounts', whole: 'lockstep vault: whole file' }
const boundOf = (id: string, ...rest: readonly string[]) => ['lockstep vault 1', id, ...rest]

function lock(content: Pick<File, 'id' | 'accounts'>, key: VaultKey): Unsealed {
  const source: File['key'] =
    key.kind === 'environment'
      ? { kind: 'environment' }
      : { kind: 'passphrase', salt: randomText(16), ...HARDNESS }
  const master = masterOf(source, key)
  const check = seal(keyFor(master, PURPOSE.wrap), Buffer.from(CHECK), boundOf(content.id, 'check'))
  const file = { lockstep: 'vault', version: 1, ...content, key: source, check, seal: '' } as const
  return sealWhole({ file, master })
}

function sealWhole({ file, master }: Unsealed): Unsealed {
  const bare = { ...file, seal: '' }
  return { file: { ...bare, seal: sealOver(keyFor(master, PURPOSE.whole), write(bare)) }, master }
}

function masterOf(source: File['key'], key: VaultKey): Buffer {
  if (key.kind === 'environment') return key.key
  if (source.kind === 'environment') throw new Error('a passphrase has a salt')
  return keyFromPassphrase(key.passphrase, source.salt, source)
}

function unlock(file: File, key: VaultKey): Unlocked {
  if (key.kind !== file.key.kind) {
    const why =
      file.key.kind === 'environment'
        ? 'it opens with LOCKSTEP_VAULT_KEY, not with a passphrase'
        : 'it opens with a passphrase, not with LOCKSTEP_VAULT_KEY'
    return { kind: 'refused', reason: 'wrongKey', why }
  }
  if (key.kind === 'passphrase' && !canStretch())
    return { kind: 'refused', reason: 'cannotTry', why: CANNOT_STRETCH }
  const master = masterOf(file.key, key)
  const check = open(keyFor(master, PURPOSE.wrap), file.check, boundOf(file.id, 'check'))
  if (check?.toString() !== CHECK) {
    const what = key.kind === 'environment' ? 'LOCKSTEP_VAULT_KEY' : 'this passphrase'
    return { kind: 'refused', reason: 'wrongKey', why: `${what} does not open it` }
  }
  if (!isSealOver(keyFor(master, PURPOSE.whole), write({ ...file, seal: '' }), file.seal))
    return { kind: 'refused', reason: 'altered', why: ALTERED }
  return { kind: 'open', vault: openWith({ file, master }) }
}

// --- what an open one does ---------------------------------------------------------------------

/** A sealed text that does not open although the whole is as it was written: a bug, not a thief. */
class VaultBroken extends Error {
  override readonly name = 'VaultBroken'
}

function openWith({ file, master }: Unsealed): OpenVault {
  const wrapping = keyFor(master, PURPOSE.wrap)

  function keyOf(account: string, record: SealedAccount): Buffer {
    const key = open(wrapping, record.key, boundOf(file.id, account, 'key'))
    if (key === null) throw new VaultBroken(`the key of ${account} does not open`)
    return key
  }

  function reveal(account: string, key: SecretKey): string {
    const record = file.accounts[account]
    const text = record?.secrets[key]
    if (record === undefined || text === undefined)
      throw new VaultBroken(`${account} has no ${key} in the vault`)
    const plain = open(keyOf(account, record), text, boundOf(file.id, account, key))
    if (plain === null) throw new VaultBroken(`${key} of ${account} does not open`)
    return plain.toString()
  }

  const rewrite = (accounts: File['accounts']): OpenVault =>
    openWith(sealWhole({ file: { ...file, accounts }, master }))

  return {
    text: write(file),
    reveal,
    put: (account, values) =>
      rewrite({ ...file.accounts, [account]: recordOf(file.id, wrapping, account, values) }),
    drop: (account) =>
      rewrite(
        Object.fromEntries(Object.entries(file.accounts).filter(([name]) => name !== account)),
      ),
    rekey(key) {
      const id = randomText(16)
      const fresh = lock({ id, accounts: {} }, key)
      const accounts = storedIn(file).map(({ name, plain, secrets }) => {
        const values = new Map<AccountKey, string>(plain)
        for (const each of secrets) values.set(each, reveal(name, each))
        return [name, recordOf(id, keyFor(fresh.master, PURPOSE.wrap), name, values)] as const
      })
      const moved = { ...fresh.file, accounts: Object.fromEntries(accounts) }
      return openWith(sealWhole({ file: moved, master: fresh.master }))
    },
  }
}

function recordOf(
  id: string,
  wrapping: Buffer,
  account: string,
  values: ReadonlyMap<AccountKey, string>,
): SealedAccount {
  const key = randomKey()
  const secrets: Partial<Record<SecretKey, string>> = {}
  const plain: Partial<Record<AccountKey, string>> = {}
  for (const [name, value] of values) {
    if (isSecretKey(name)) secrets[name] = seal(key, Buffer.from(value), boundOf(id, account, name))
    else plain[name] = value
  }
  return { key: seal(wrapping, key, boundOf(id, account, 'key')), plain, secrets }
}

// --- the text ----------------------------------------------------------------------------------

const storedIn = (file: File): readonly StoredAccount[] =>
  Object.entries(file.accounts).map(([name, { plain, secrets }]) => ({
    name: accountName(name),
    plain: new Map(
      ACCOUNT_KEYS.flatMap((key) => (plain[key] === undefined ? [] : [[key, plain[key]]])),
    ),
    secrets: SECRET_KEYS.filter((key) => secrets[key] !== undefined),
  }))

/** Always in the same order, so that equal contents are equal texts. */
function write({ lockstep, version, id, key, check, accounts, seal: whole }: File): string {
  const names = Object.keys(accounts).sort(byNumber)
  const ordered = names.map((name) => {
    const { key: own, plain, secrets } = accounts[name] as SealedAccount
    return [
      name,
      { key: own, plain: inOrder(plain, ACCOUNT_KEYS), secrets: inOrder(secrets, SECRET_KEYS) },
    ]
  })
  const source =
    key.kind === 'environment'
      ? { kind: key.kind }
      : { kind: key.kind, salt: key.salt, memoryKib: key.memoryKib, passes: key.passes }
  const content = {
    lockstep,
    version,
    id,
    key: source,
    check,
    accounts: Object.fromEntries(ordered),
    seal: whole,
  }
  return `${JSON.stringify(content, null, 2)}\n`
}

const byNumber = (a: string, b: string): number => numberIn(a) - numberIn(b)
const numberIn = (name: string): number => Number(/\d+/.exec(name)?.[0] ?? 0)

const inOrder = <K extends string>(values: Partial<Record<K, string>>, keys: readonly K[]) =>
  Object.fromEntries(keys.flatMap((key) => (values[key] === undefined ? [] : [[key, values[key]]])))

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
