// The one password of the page: set once with the code that stands in the terminal, then asked for. It is
// kept hashed, and every wrong attempt is written down before it is judged, so that neither a restart nor
// two at once buys another try. The passphrase of the vault is counted in the same way, by itself: neither
// is tried any cheaper with the other. It is judged elsewhere and never kept.
//
//   no password ──(code and a new password)──► password ──(the right one)──► signed in
//        any wrong attempt: counted; from the fifth on the next one has to wait, ever longer
import * as crypto from 'node:crypto'
import { type Instant, MINUTE, SECOND } from '../domain/time.ts'
import { RequestRefused } from './refusal.ts'

/** A small text that outlives the process, readable by this user alone. */
export interface Memory {
  read(): string | null
  /** As a whole, or not at all. */
  write(text: string): void
}

export interface Gate {
  /** What the person types to set the password; null where there is one already. */
  setupCode(): string | null
  hasPassword(): boolean
  /** Until the next attempt is heard. */
  waitMs(): number
  setUp(code: string, password: string): Promise<void>
  enter(password: string): Promise<void>
  change(current: string, next: string): Promise<void>
  /** `judge` tells why it is wrong; null: it is right. */
  tryPassphrase(judge: () => string | null): Promise<void>
}

/** How hard a password is to try: 64 MiB and three passes, some 130 ms. */
export interface Hardness {
  readonly memoryKib: number
  readonly passes: number
}

const HARDNESS: Hardness = { memoryKib: 64 * 1024, passes: 3 }
const SHORTEST = 10
const FREE_TRIES = 4
const FIRST_WAIT_MS = 5 * SECOND
const LONGEST_WAIT_MS = 15 * MINUTE
/** Attempts that may stand in line: each costs memory. */
const MOST_WAITING = 5

interface Tries {
  readonly failures: number
  readonly lastFailureAt: number
}

interface Kept extends Tries {
  readonly password: Hashed | null
  /** Of the vault. */
  readonly passphrase: Tries
}

interface Hashed extends Hardness {
  /** scrypt where this Node has no argon2 yet. */
  readonly by: 'argon2id' | 'scrypt'
  readonly salt: string
  readonly hash: string
}

const NO_TRIES: Tries = { failures: 0, lastFailureAt: 0 }
const NOTHING: Kept = { password: null, ...NO_TRIES, passphrase: NO_TRIES }

export function createGate(
  memory: Memory,
  now: () => Instant,
  hardness: Hardness = HARDNESS,
): Gate {
  const code = makeCode()
  let waiting = 0
  let line: Promise<unknown> = Promise.resolve()

  function kept(): Kept {
    const text = memory.read()
    if (text === null) return NOTHING
    const found = parse(text)
    if (found !== null) return found
    throw new RequestRefused(
      'broken',
      'the file of the password (page.json in the data folder) is damaged; without it the page starts anew',
    )
  }

  const waitOf = ({ failures, lastFailureAt }: Tries): number => {
    if (failures <= FREE_TRIES) return 0
    const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (failures - FREE_TRIES - 1))
    // A clock that was set back makes nobody wait longer than once.
    return Math.max(0, Math.min(wait, lastFailureAt + wait - now()))
  }

  const keep = (what: Kept): void => memory.write(JSON.stringify(what))

  /** What it comes to when it is wrong; until it is known to be right that stands. */
  function oneMore(tries: Tries): Tries {
    const waitMs = waitOf(tries)
    if (waitMs > 0)
      throw new RequestRefused(
        'wait',
        `too many wrong attempts; the next one is heard in ${Math.ceil(waitMs / SECOND)} s`,
        { waitMs },
      )
    return { failures: tries.failures + 1, lastFailureAt: now() }
  }

  /** One at a time. */
  function inLine(work: () => void | Promise<void>): Promise<void> {
    if (waiting >= MOST_WAITING)
      return Promise.reject(new RequestRefused('wait', 'too many at once', { waitMs: SECOND }))
    waiting++
    const turn = line.then(work)
    line = turn.catch(() => undefined)
    return turn.finally(() => {
      waiting--
    })
  }

  const attempt = (judge: (before: Kept) => Promise<Hashed | null>): Promise<void> =>
    inLine(async () => {
      const before = kept()
      keep({ ...before, ...oneMore(before) })
      const password = await judge(before)
      if (password === null) throw new RequestRefused('signedOut', 'that is not right')
      keep({ ...before, ...NO_TRIES, password })
    })

  return {
    setupCode: () => (kept().password === null ? code : null),
    hasPassword: () => kept().password !== null,
    waitMs: () => waitOf(kept()),
    async setUp(typed, password) {
      refuseShort(password)
      if (kept().password !== null)
        throw new RequestRefused('refused', 'a password is set already: sign in')
      await attempt(async (before) =>
        before.password === null && isSame(plain(typed), plain(code))
          ? await hash(password, hardness)
          : null,
      )
    },
    tryPassphrase: (judge) =>
      inLine(() => {
        const before = kept()
        keep({ ...before, passphrase: oneMore(before.passphrase) })
        const why = judge()
        if (why !== null) throw new RequestRefused('refused', why)
        keep({ ...before, passphrase: NO_TRIES })
      }),
    async enter(password) {
      await attempt(async ({ password: known }) =>
        known !== null && (await isRight(password, known)) ? known : null,
      )
    },
    async change(current, next) {
      refuseShort(next)
      await attempt(async ({ password: known }) =>
        known !== null && (await isRight(current, known)) ? await hash(next, hardness) : null,
      )
    },
  }
}

function refuseShort(password: string): void {
  if ([...password].length < SHORTEST)
    throw new RequestRefused('badRequest', `a password has at least ${SHORTEST} characters`)
}

/** Letters and digits that nobody takes for each other: `7KQF-2MWX-HT4C`, 59 bits. */
function makeCode(): string {
  const letters = '23456789ABCDEFGHJKMNPQRSTVWXYZ'
  const pick = () => letters[crypto.randomInt(letters.length)]
  return [4, 4, 4].map((length) => Array.from({ length }, pick).join('')).join('-')
}

const plain = (code: string): string => code.toUpperCase().replaceAll(/[^0-9A-Z]/g, '')

// --- hashing -----------------------------------------------------------------------------------

const HASH_BYTES = 32

async function hash(password: string, { memoryKib, passes }: Hardness): Promise<Hashed> {
  const salt = crypto.randomBytes(16)
  const by = typeof crypto.argon2 === 'function' ? 'argon2id' : 'scrypt'
  const how = { by, memoryKib, passes } as const
  const made = await derive(password, salt, how)
  return { ...how, salt: salt.toString('base64'), hash: made.toString('base64') }
}

async function isRight(password: string, known: Hashed): Promise<boolean> {
  const made = await derive(password, Buffer.from(known.salt, 'base64'), known)
  return isSame(made, Buffer.from(known.hash, 'base64'))
}

function derive(
  password: string,
  salt: Buffer,
  { by, memoryKib, passes }: Pick<Hashed, 'by' | 'memoryKib' | 'passes'>,
): Promise<Buffer> {
  const message = Buffer.from(password.normalize('NFKC'))
  return new Promise((resolve, reject) => {
    const done = (error: Error | null, made: Buffer) => (error ? reject(error) : resolve(made))
    if (by === 'argon2id') {
      const how = { message, nonce: salt, parallelism: 1, tagLength: HASH_BYTES }
      crypto.argon2('argon2id', { ...how, memory: memoryKib, passes }, done)
    } else {
      // 128 × r bytes for each of N: the same memory, in one pass.
      const cost = 2 ** Math.floor(Math.log2(memoryKib))
      const options = { N: cost, r: 8, p: passes, maxmem: 2048 * cost }
      crypto.scrypt(message, salt, HASH_BYTES, options, done)
    }
  })
}

/** Takes as long whether the first letter differs or the last. */
export function isSame(a: string | Buffer, b: string | Buffer): boolean {
  const digest = (value: string | Buffer) => crypto.createHash('sha256').update(value).digest()
  return crypto.timingSafeEqual(digest(a), digest(b))
}

// --- what is kept ------------------------------------------------------------------------------

function parse(text: string): Kept | null {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return null
  }
  if (typeof value !== 'object' || value === null) return null
  // A file from before the vault was asked for here has no tries of it.
  const known = { passphrase: NO_TRIES, ...value } as Kept
  const areTries = [known, known.passphrase].every(isTries)
  return areTries && (known.password === null || isHashed(known.password)) ? known : null
}

const isTries = (value: Tries | null | undefined): boolean =>
  Number.isSafeInteger(value?.failures) && Number.isSafeInteger(value?.lastFailureAt)

const isHashed = (value: Hashed | undefined): boolean =>
  (value?.by === 'argon2id' || value?.by === 'scrypt') &&
  typeof value.salt === 'string' &&
  typeof value.hash === 'string' &&
  Number.isSafeInteger(value.memoryKib) &&
  Number.isSafeInteger(value.passes)
