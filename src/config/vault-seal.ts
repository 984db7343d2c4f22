// The locks of the vault, over bytes alone: a key out of a passphrase, a text sealed under a key and bound
// to where it stands, a seal over a whole file. AES-256-GCM with a nonce of its own for every sealing; what
// is bound is not in the text but must be the same at opening, so that a sealed text put elsewhere opens
// nothing. Nothing here knows of files or accounts.
import crypto, {
  createCipheriv,
  createDecipheriv,
  createHmac,
  hkdfSync,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto'

export const KEY_BYTES = 32
const NONCE_BYTES = 12
const TAG_BYTES = 16
const CIPHER = 'aes-256-gcm'

/** What makes trying passphrases dear: about a fifth of a second and 64 MiB for each. */
export interface Hardness {
  readonly memoryKib: number
  readonly passes: number
}
export const HARDNESS: Hardness = { memoryKib: 65_536, passes: 3 }
/** Weaker would have been written by somebody else, stronger would stop the machine. */
export const isSensible = ({ memoryKib, passes }: Hardness): boolean =>
  memoryKib >= HARDNESS.memoryKib && memoryKib <= 1_048_576 && passes >= 3 && passes <= 20

export const randomKey = (): Buffer => randomBytes(KEY_BYTES)
export const randomText = (bytes: number): string => randomBytes(bytes).toString('base64url')

/** Node has it from 24.7 on. Imported by its name, an older one would refuse the whole program. */
export const canStretch = (): boolean => typeof crypto.argon2Sync === 'function'
export const CANNOT_STRETCH =
  'a passphrase needs Node 24.7 or newer; this one is older and opens vaults with LOCKSTEP_VAULT_KEY only'

export function keyFromPassphrase(passphrase: string, salt: string, hardness: Hardness): Buffer {
  return crypto.argon2Sync('argon2id', {
    // Typed on another keyboard the same letters may come as other code points.
    message: Buffer.from(passphrase.normalize('NFKC')),
    nonce: Buffer.from(salt, 'base64url'),
    parallelism: 1,
    tagLength: KEY_BYTES,
    memory: hardness.memoryKib,
    passes: hardness.passes,
  })
}

/** A key for one purpose, so that no key ever does two kinds of work. */
export const keyFor = (key: Buffer, purpose: string): Buffer =>
  Buffer.from(hkdfSync('sha256', key, Buffer.alloc(0), purpose, KEY_BYTES))

export function seal(key: Buffer, plain: Buffer, bound: readonly string[]): string {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES })
  cipher.setAAD(bytesOf(bound))
  const sealed = Buffer.concat([cipher.update(plain), cipher.final()])
  return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64url')
}

/** null: another key, another place, or a changed byte. */
export function open(key: Buffer, sealed: string, bound: readonly string[]): Buffer | null {
  const bytes = Buffer.from(sealed, 'base64url')
  if (bytes.length < NONCE_BYTES + TAG_BYTES) return null
  const nonce = bytes.subarray(0, NONCE_BYTES)
  const tag = bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES)
  const decipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES })
  decipher.setAAD(bytesOf(bound))
  decipher.setAuthTag(tag)
  try {
    const rest = bytes.subarray(NONCE_BYTES + TAG_BYTES)
    return Buffer.concat([decipher.update(rest), decipher.final()])
  } catch {
    return null // not what was sealed: there is nothing more to be known
  }
}

export const sealOver = (key: Buffer, text: string): string =>
  createHmac('sha256', key).update(text).digest('base64url')

export function isSealOver(key: Buffer, text: string, given: string): boolean {
  const right = Buffer.from(sealOver(key, text))
  const told = Buffer.from(given)
  return right.length === told.length && timingSafeEqual(right, told)
}

// With its length before each part: no two lists give the same bytes.
const bytesOf = (parts: readonly string[]): Buffer =>
  Buffer.from(parts.map((part) => `${Buffer.byteLength(part)}:${part}`).join(''))
