import crypto from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { AccountKey } from '../../src/config/names.ts'
import {
  createVault,
  type LockedVault,
  type OpenVault,
  readVault,
  type VaultKey,
} from '../../src/config/vault.ts'
import { randomKey } from '../../src/config/vault-seal.ts'

const KEY: VaultKey = { kind: 'environment', key: randomKey() }
const PASSPHRASE: VaultKey = { kind: 'passphrase', passphrase: 'correct horse battery' }

const FIRST = new Map<AccountKey, string>([
  ['CLIENT_ID', 'F100001'],
  ['API_KEY', 'canary-api-one'],
  ['PASSWORD', '4711'],
  ['TOTP_SECRET', 'CANARYONEABCDEFGHIJKLMNOP2'],
  ['LABEL', 'Papa'],
  ['PROXY_URL', 'http://me:canary-proxy@127.0.0.1:8080'],
])
const SECOND = new Map<AccountKey, string>([
  ['CLIENT_ID', 'F100002'],
  ['API_KEY', 'canary-api-two'],
  ['PASSWORD', '0815'],
  ['TOTP_SECRET', 'CANARYTWOABCDEFGHIJKLMNOP2'],
])

const two = (key: VaultKey): string => {
  const first = unlocked(createVault(key).put('FOLLOWER_1', FIRST).text, key)
  return first.put('FOLLOWER_2', SECOND).text
}

function locked(text: string): LockedVault {
  const read = readVault(text)
  if (read.kind === 'refused') throw new Error(read.why)
  return read.vault
}

function unlocked(text: string, key: VaultKey): OpenVault {
  const answer = locked(text).unlock(key)
  if (answer.kind === 'refused') throw new Error(answer.why)
  return answer.vault
}

/** Whether anything at all can be had of it. */
function isRefused(text: string, key: VaultKey): boolean {
  const read = readVault(text)
  return read.kind === 'refused' || read.vault.unlock(key).kind === 'refused'
}

/** As on a Node before 24.7. */
function withoutArgon2(work: () => void): void {
  const { argon2Sync } = crypto
  Reflect.deleteProperty(crypto, 'argon2Sync')
  try {
    work()
  } finally {
    crypto.argon2Sync = argon2Sync
  }
}

describe('what is put in', () => {
  const text = two(KEY)

  it('comes out again with the key', () => {
    const vault = unlocked(text, KEY)
    expect(vault.reveal('FOLLOWER_1', 'PROXY_URL')).toBe(FIRST.get('PROXY_URL'))
    expect(vault.reveal('FOLLOWER_2', 'TOTP_SECRET')).toBe(SECOND.get('TOTP_SECRET'))
  })

  it('is told without it where it is no secret', () => {
    expect(locked(text).accounts).toEqual([
      {
        name: 'FOLLOWER_1',
        plain: new Map([
          ['CLIENT_ID', 'F100001'],
          ['LABEL', 'Papa'],
        ]),
        secrets: ['API_KEY', 'PASSWORD', 'TOTP_SECRET', 'PROXY_URL'],
      },
      {
        name: 'FOLLOWER_2',
        plain: new Map([['CLIENT_ID', 'F100002']]),
        secrets: ['API_KEY', 'PASSWORD', 'TOTP_SECRET'],
      },
    ])
  })

  it('stands in the text nowhere, as it is or in base64', () => {
    const secrets = ['canary', '4711', '0815', 'CANARY'].flatMap((word) => [
      word,
      Buffer.from(word).toString('base64url').slice(0, 5),
    ])
    for (const each of secrets) expect(text).not.toContain(each)
  })

  it('is sealed anew each time: equal contents give no equal text', () => {
    expect(two(KEY)).not.toBe(two(KEY))
  })

  it('can be taken out again', () => {
    const rest = unlocked(text, KEY).drop('FOLLOWER_1').text
    expect(locked(rest).accounts.map(({ name }) => name)).toEqual(['FOLLOWER_2'])
    expect(() => unlocked(rest, KEY).reveal('FOLLOWER_1', 'API_KEY')).toThrow('has no API_KEY')
  })
})

describe('refused', () => {
  it('another key, in words, and not as damage', () => {
    const answer = locked(two(KEY)).unlock({ kind: 'environment', key: randomKey() })
    expect(answer).toEqual({
      kind: 'refused',
      reason: 'wrongKey',
      why: 'LOCKSTEP_VAULT_KEY does not open it',
    })
  })

  it('another passphrase, and the same one written with other code points is the same', () => {
    const key: VaultKey = { kind: 'passphrase', passphrase: 'caf\u00e9 au lait' }
    const text = createVault(key).put('FOLLOWER_1', FIRST).text
    const wrong = locked(text).unlock({ kind: 'passphrase', passphrase: 'cafe au lait' })
    expect(wrong).toMatchObject({ reason: 'wrongKey', why: 'this passphrase does not open it' })
    const composed: VaultKey = { kind: 'passphrase', passphrase: 'cafe\u0301 au lait' }
    expect(unlocked(text, composed).reveal('FOLLOWER_1', 'PASSWORD')).toBe('4711')
  })

  it('a key where a passphrase opens it, and the other way round', () => {
    expect(locked(two(PASSPHRASE)).unlock(KEY)).toMatchObject({ kind: 'refused' })
    expect(locked(two(KEY)).unlock(PASSPHRASE)).toMatchObject({ kind: 'refused' })
  })

  it('a passphrase on a machine that can not stretch one, in words; a key opens there', () => {
    const [byPassphrase, byKey] = [two(PASSPHRASE), two(KEY)]
    withoutArgon2(() => {
      expect(locked(byPassphrase).unlock(PASSPHRASE)).toMatchObject({
        reason: 'cannotTry',
        why: expect.stringContaining('needs Node 24.7 or newer'),
      })
      expect(locked(byKey).unlock(KEY)).toMatchObject({ kind: 'open' })
    })
    expect(locked(byPassphrase).unlock(PASSPHRASE)).toMatchObject({ kind: 'open' })
  })

  it('every single byte changed, whichever it is', () => {
    const text = createVault(KEY).put('FOLLOWER_1', FIRST).text
    const bytes = Buffer.from(text)
    expect(isRefused(bytes.toString(), KEY)).toBe(false)
    const missed: number[] = []
    for (let at = 0; at < bytes.length; at++) {
      for (const flip of [1, 2, 0x20]) {
        const changed = Buffer.from(bytes)
        changed[at] = (changed[at] ?? 0) ^ flip
        if (!isRefused(changed.toString(), KEY)) missed.push(at)
      }
    }
    expect(missed).toEqual([])
  })

  it('a byte changed under a passphrase: in a label, a sealed text, the salt, the hardness', () => {
    const text = two(PASSPHRASE)
    const changes: readonly (readonly [string, string])[] = [
      ['"Papa"', '"Mama"'],
      ['"memoryKib": 65536', '"memoryKib": 65537'],
      ['"passes": 3', '"passes": 2'],
      [/"PASSWORD": "(.{10})/.exec(text)?.[0] ?? '', '"PASSWORD": "AAAAAAAAAA'],
      [/"salt": "(.{10})/.exec(text)?.[0] ?? '', '"salt": "AAAAAAAAAA'],
    ]
    for (const [was, is] of changes) {
      expect(text).toContain(was)
      expect(isRefused(text.replace(was, is), PASSPHRASE)).toBe(true)
    }
  })

  it('two records or two secrets that changed places, and a record of another vault', () => {
    const text = two(KEY)
    const file = JSON.parse(text)
    const { FOLLOWER_1, FOLLOWER_2 } = file.accounts
    const other = JSON.parse(createVault(KEY).put('FOLLOWER_2', FIRST).text).accounts.FOLLOWER_2
    const swapped = [
      { FOLLOWER_1: FOLLOWER_2, FOLLOWER_2: FOLLOWER_1 },
      { FOLLOWER_1, FOLLOWER_2: { ...FOLLOWER_2, secrets: FOLLOWER_1.secrets } },
      { FOLLOWER_1, FOLLOWER_2: other },
      { FOLLOWER_1 },
    ]
    for (const accounts of swapped) {
      const written = `${JSON.stringify({ ...file, accounts }, null, 2)}\n`
      expect(written).not.toBe(text)
      expect(isRefused(written, KEY)).toBe(true)
    }
  })

  it('the same content in another dress, a newer version, and what is none at all', () => {
    const text = two(KEY)
    expect(isRefused(JSON.stringify(JSON.parse(text)), KEY)).toBe(true)
    expect(readVault(text.replace('"version": 1', '"version": 2'))).toMatchObject({
      why: 'it has version 2, this program knows 1',
    })
    for (const each of ['', '{}', 'null', '[]', '# vault']) expect(isRefused(each, KEY)).toBe(true)
  })
})

describe('another key', () => {
  it('opens the same accounts, and the old one opens nothing', () => {
    const text = two(PASSPHRASE)
    const moved = unlocked(text, PASSPHRASE).rekey(KEY).text
    const vault = unlocked(moved, KEY)
    for (const [account, values] of [
      ['FOLLOWER_1', FIRST],
      ['FOLLOWER_2', SECOND],
    ] as const)
      for (const key of ['API_KEY', 'PASSWORD', 'TOTP_SECRET'] as const)
        expect(vault.reveal(account, key)).toBe(values.get(key))
    expect(isRefused(moved, PASSPHRASE)).toBe(true)
    expect(locked(moved).accounts).toEqual(locked(text).accounts)
  })

  it('reuses no sealed text: what was copied before the change is of no use after it', () => {
    const texts = (text: string): readonly string[] =>
      Object.values(JSON.parse(text).accounts).flatMap((each) => {
        const { key, secrets } = each as { key: string; secrets: Record<string, string> }
        return [key, ...Object.values(secrets)]
      })
    const text = two(KEY)
    const moved = unlocked(text, KEY).rekey({ kind: 'environment', key: randomKey() }).text
    expect(texts(text)).toHaveLength(9)
    expect(texts(moved).filter((each) => text.includes(each))).toEqual([])
  })
})
