// A trader who moves the accounts out of `.env` into the vault and goes live with them: the real program,
// started as a service would, with the key in its environment.
import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { accountName, MASTER } from '../../src/domain/ids.ts'
import { instant } from '../../src/domain/time.ts'
import { openView } from '../../src/ledger/open.ts'
import { defaultAccounts, environmentOf } from '../../src/simulator/default-accounts.ts'
import { createStage, type Stage } from './stage.ts'

const KEY = randomBytes(32).toString('base64')
const FOLLOWER = accountName('FOLLOWER_1')

/** Accounts in `.env` only, the key of the vault and the way to the broker in the environment. */
async function createTrader(): Promise<Stage> {
  const stage = await createStage({ withAccounts: false, env: { LOCKSTEP_VAULT_KEY: KEY } })
  const variables = Object.entries(environmentOf(defaultAccounts(2), stage.simulator.urls))
  const lines = variables.map(([name, value]) => `${name}=${value}\n`)
  writeFileSync(join(stage.folder, '.env'), lines.join(''), { mode: 0o600 })
  return stage
}

const vaultOf = ({ folder }: Stage): string => join(folder, 'lockstep.vault')

test('accounts move into the vault, and are copied to from there', async () => {
  const stage = await createTrader()
  const moved = await stage.tell('accounts', 'import-env')
  expect(moved.out).toContain('MASTER, FOLLOWER_1, FOLLOWER_2: in lockstep.vault now')
  expect(moved.code).toBe(0)
  const rest = readFileSync(join(stage.folder, '.env'), 'utf8')
  expect(rest).toMatch(/SMARTAPI_URL=/)
  expect(rest).not.toMatch(/API_KEY|PASSWORD|TOTP|CLIENT_ID/)
  expect(statSync(vaultOf(stage)).mode & 0o777).toBe(0o600)
  const listed = await stage.tell('accounts', 'list')
  expect(listed.out).toContain('FOLLOWER_2')

  const program = await stage.startCopying('run', '--live', '--yes', '--poll', '1s')
  stage.trade('BUY', 100)
  await stage.until('both followed', () => stage.positions().join() === '100,100')
  stage.trade('SELL', 100)
  await stage.until('both are flat', () => stage.positions().join() === '0,0')
  expect(await program.stop()).toEqual({ code: 0, signal: null })

  const ledger = openView({ path: join(stage.folder, 'data', 'lockstep.db'), mode: 'live' })
  const uses = ledger.secretUses(FOLLOWER, instant(0)).map(({ secret }) => secret)
  const isVerified = [MASTER, FOLLOWER].map((name) => ledger.verifiedAt(name) !== null)
  ledger.close()
  expect(isVerified).toEqual([true, true])
  expect(uses.toSorted()).toEqual(['API_KEY', 'PASSWORD', 'TOTP_SECRET'])
  const seeds = stage.simulator.settings.accounts.flatMap(({ apiKey, totpSecret }) => [
    apiKey,
    totpSecret,
  ])
  const files = readdirSync(stage.folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'))
  expect(files.length).toBeGreaterThan(4)
  for (const text of [...files, program.out(), moved.out, listed.out])
    expect(seeds.filter((seed) => text.includes(seed))).toEqual([])
})

test('without the right key, or with a changed byte, nothing starts, and it says why', async () => {
  const stage = await createTrader()
  await stage.tell('accounts', 'import-env')
  const start = async (env: Readonly<Record<string, string>>) => {
    const program = stage.besideWith(env, 'run')
    const { code } = await program.ended
    return `${code} ${program.out()}`
  }
  const other = randomBytes(32).toString('hex')
  expect(await start({ LOCKSTEP_VAULT_KEY: other })).toBe(
    '2 error: lockstep.vault: LOCKSTEP_VAULT_KEY does not open it\n',
  )
  expect(await start({ LOCKSTEP_VAULT_KEY: '' })).toBe(
    '2 error: lockstep.vault opens with LOCKSTEP_VAULT_KEY, which is not set in the environment\n',
  )
  expect(await start({ LOCKSTEP_VAULT_KEY: 'secret' })).toMatch(
    /^2 error: environment: LOCKSTEP_VAULT_KEY is \*\*\*; allowed: 32 bytes in base64 or hex/,
  )
  const text = readFileSync(vaultOf(stage), 'utf8')
  writeFileSync(vaultOf(stage), text.replace('"F100001"', '"F100009"'))
  expect(await start({ LOCKSTEP_VAULT_KEY: KEY })).toMatch(
    /^2 error: lockstep\.vault: it was changed or damaged since Lockstep wrote it/,
  )
  writeFileSync(vaultOf(stage), text.slice(0, -20))
  expect(await start({ LOCKSTEP_VAULT_KEY: KEY })).toMatch(
    /^2 error: lockstep\.vault: it was changed/,
  )
})

test('a key for a service is made on disk first, and then the old one opens nothing', async () => {
  const stage = await createTrader()
  await stage.tell('accounts', 'import-env')
  const rotated = await stage.tell('accounts', 'rotate-key', '--key-file', 'vault.key')
  expect(rotated.code).toBe(0)
  const keyFile = join(stage.folder, 'vault.key')
  const [, key = ''] = /^LOCKSTEP_VAULT_KEY=(\S+)\n$/.exec(readFileSync(keyFile, 'utf8')) ?? []
  expect(statSync(keyFile).mode & 0o777).toBe(0o600)
  expect(rotated.out).not.toContain(key)
  const program = stage.besideWith({ LOCKSTEP_VAULT_KEY: KEY }, 'run')
  expect(await program.ended).toMatchObject({ code: 2 })
  const rotate = ['accounts', 'rotate-key', '--key-file', 'vault.key']
  const again = stage.besideWith({ LOCKSTEP_VAULT_KEY: key }, ...rotate)
  expect(await again.ended).toMatchObject({ code: 2 })
  expect(again.out()).toContain('is there already; nothing was changed')
  const verify = stage.besideWith({ LOCKSTEP_VAULT_KEY: key }, 'accounts', 'verify', 'FOLLOWER_2')
  expect(await verify.ended).toMatchObject({ code: 0 })
})

test('an account that is in both places is refused by its name, and moving it again puts it right', async () => {
  const stage = await createTrader()
  const envFile = join(stage.folder, '.env')
  const before = readFileSync(envFile, 'utf8')
  await stage.tell('accounts', 'import-env')
  // As it is when the machine dies between the two files.
  writeFileSync(envFile, before)
  const both = await stage.tell('run')
  expect(both.code).toBe(2)
  expect(both.out).toContain('FOLLOWER_1 is in the vault too')
  expect((await stage.tell('accounts', 'import-env')).code).toBe(0)
  expect(readFileSync(envFile, 'utf8')).not.toContain('API_KEY')
  const removed = await stage.tell('accounts', 'remove', 'FOLLOWER_2', '--yes')
  expect(removed.out).toContain('FOLLOWER_2 is removed.')
  expect((await stage.tell('accounts', 'list')).out).not.toContain('FOLLOWER_2')
  expect(existsSync(vaultOf(stage))).toBe(true)
})
