// Logins that the page asks for: the real program, a real login at the simulated broker, and what is remembered
// of it. Beside an engine there is none, and a vault is opened by its passphrase for one action.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { accountName } from '../../src/domain/ids.ts'
import { instant } from '../../src/domain/time.ts'
import { openView } from '../../src/ledger/open.ts'
import { type Browser, createBrowser, PASSWORD } from '../web/kit.ts'
import { PASSPHRASE, putIntoVault, writeAccounts } from './people.ts'
import { createStage, followerCode, type Stage } from './stage.ts'

vi.setConfig({ testTimeout: 120_000 })

async function openPage(stage: Stage): Promise<Browser> {
  // In the next window of codes: that of the run is used up.
  const program = stage.start('serve', '--web-port', '0')
  const door = /127\.0\.0\.1:(\d+)[\s\S]*of your choice: ([0-9A-Z-]{14})/
  await stage.until('the page is told of', () => door.test(program.out()), 60_000)
  const [, port, code] = door.exec(program.out()) ?? []
  const browser = createBrowser(Number(port))
  await browser.post('/api/setup', { code, password: PASSWORD })
  return browser
}

/** Accounts in `.env` as a trader has them, and a ledger of a morning that is over. */
async function createTrader(): Promise<Stage> {
  const stage = await createStage({ withAccounts: false })
  writeAccounts(stage, 2, {})
  const program = await stage.startCopying('run', '--live', '--yes')
  await program.stop()
  return stage
}

const logins = (stage: Stage, clientCode: string): number =>
  stage.simulator.control
    .requests()
    .filter((request) => request.clientCode === clientCode && request.route === 'login').length

test('verify and balance log in once each, and what they find is told', async () => {
  const stage = await createTrader()
  writeAccounts(stage, 2, { FOLLOWER_2_PASSWORD: '9999' })
  const browser = await openPage(stage)
  const before = logins(stage, followerCode(1))
  const began = (await browser.get('/api/overview')).json.site.at
  const verified = await browser.post('/api/accounts/FOLLOWER_1/verify', {})
  expect(verified.json).toMatchObject({ isGood: true, funds: null })
  expect(verified.json.text).toMatch(/^is F…001; exchanges NSE/)
  expect(logins(stage, followerCode(1))).toBe(before + 1)
  const { accounts } = (await browser.get('/api/accounts')).json
  expect(accounts[1]).toMatchObject({
    name: 'FOLLOWER_1',
    verifiedAt: expect.stringContaining('2026-12-01T10:0'),
  })
  expect(accounts[1].verifiedAt >= began).toBe(true)

  const balance = await browser.post('/api/accounts/MASTER/balance', {})
  expect(balance.json).toMatchObject({
    isGood: true,
    funds: { net: expect.stringMatching(/^\d+\.\d\d$/), used: expect.any(String) },
  })
  const refused = await browser.post('/api/accounts/FOLLOWER_2/verify', {})
  expect(refused.json).toMatchObject({
    isGood: false,
    text: 'the PIN was refused: correct FOLLOWER_2_PASSWORD',
  })
  // A wrong PIN is tried once, however often somebody clicks.
  const tried = logins(stage, followerCode(2))
  const again = await browser.post('/api/accounts/FOLLOWER_2/verify', {})
  expect(again.json.isGood).toBe(false)
  expect(logins(stage, followerCode(2))).toBeLessThanOrEqual(tried + 1)
})

test('a vault is opened by its passphrase for one login, and shut again', async () => {
  const stage = await createTrader()
  putIntoVault(stage.folder, 'FOLLOWER_2')
  const browser = await openPage(stage)
  const before = stage.simulator.control.requests().length
  const verify = (body: object) => browser.post('/api/accounts/FOLLOWER_2/verify', body)
  expect((await verify({})).json.error.text).toContain('opens with a passphrase')
  const wrong = await verify({ passphrase: 'not the passphrase' })
  expect([wrong.status, wrong.json.error.text]).toEqual([
    409,
    'lockstep.vault: this passphrase does not open it',
  ])
  expect(stage.simulator.control.requests().length).toBe(before)

  const right = await verify({ passphrase: PASSPHRASE })
  expect(right.json).toMatchObject({ isGood: true, text: expect.stringContaining('F…002') })
  expect((await verify({})).status).toBe(409)
  // Who is not in the vault needs nothing of it.
  expect((await browser.post('/api/accounts/FOLLOWER_1/balance', {})).json.isGood).toBe(true)

  const path = join(stage.folder, 'data', 'lockstep.db')
  const ledger = openView({ path, mode: 'live' })
  const uses = ledger.secretUses(accountName('FOLLOWER_2'), instant(0))
  ledger.close()
  expect(uses.map(({ secret }) => secret).toSorted()).toEqual([
    'API_KEY',
    'PASSWORD',
    'TOTP_SECRET',
  ])
  for (const file of ['data/lockstep.db', 'data/page.json', 'lockstep.vault'])
    expect(readFileSync(join(stage.folder, file), 'latin1')).not.toContain(PASSPHRASE)
})

test('beside an engine nobody logs in', async () => {
  const stage = await createStage({ withAccounts: false })
  writeAccounts(stage, 2, {})
  await stage.startCopying('run', '--live', '--yes')
  const browser = await openPage(stage)
  const before = logins(stage, followerCode(1))
  const reply = await browser.post('/api/accounts/FOLLOWER_1/verify', {})
  expect([reply.status, reply.json.error.text]).toEqual([
    409,
    expect.stringContaining('an engine is running'),
  ])
  expect(logins(stage, followerCode(1))).toBe(before)
})
