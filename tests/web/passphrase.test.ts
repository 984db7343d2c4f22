// A vault that opens with a passphrase, and what the page does in it: asked for once for each action, tried no
// oftener than the password, and found in nothing that is kept or told.
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { createVault } from '../../src/config/vault.ts'
import { SECOND } from '../../src/domain/time.ts'
import { createGate } from '../../src/web/gate.ts'
import { bought, makeDesk } from '../cli/desk.ts'
import { clock } from '../engine/copier.ts'
import { answersIn } from './answers.ts'
import { EASY, openHouse, PASSWORD, rememberInMemory } from './kit.ts'

const PASSPHRASE = 'canary battery staple'
const KEYS = {
  clientId: 'C777',
  apiKey: 'canary-api-key',
  pin: '4711',
  totpSecret: 'GEZDGNBVGY3TQOJQ',
}
const KEY_IS_WANTED = /lockstep\.vault opens with a passphrase, which has to come with this/

let empty = ''
beforeAll(() => {
  empty = createVault({ kind: 'passphrase', passphrase: PASSPHRASE }).text
})

async function openPage() {
  const desk = makeDesk()
  desk.write('live', bought)
  writeFileSync(join(desk.folder, 'lockstep.vault'), empty, { mode: 0o600 })
  const house = await openHouse({ answers: answersIn(desk, desk.reach.clock) })
  return { desk, house, browser: await house.signedIn() }
}

const filesIn = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())
    .map((path) => readFileSync(path, 'latin1'))

describe('the passphrase of the vault', () => {
  test('lets an account in and out, once each, and stays nowhere', async () => {
    const { desk, house, browser } = await openPage()
    const told = [await browser.get('/api/accounts')]
    expect(told[0]?.json.vault).toBe('passphrase')
    const post = async (path: string, body: object) => {
      const reply = await browser.post(path, body)
      told.push(reply)
      return reply
    }
    const added = await post('/api/accounts', { ...KEYS, passphrase: PASSPHRASE })
    expect([added.status, added.json.text]).toEqual([
      200,
      expect.stringContaining('lockstep.vault'),
    ])
    const list = await browser.get('/api/accounts')
    expect(list.json.accounts.at(-1)).toMatchObject({ name: 'FOLLOWER_3', isInVault: true })
    expect(list.json.accounts[1]).toMatchObject({ name: 'FOLLOWER_1', isInVault: false })

    // What that opened is shut again: the next one has to bring it too.
    const again = await post('/api/accounts', { ...KEYS, clientId: 'C778' })
    expect([again.status, again.json.error.text]).toEqual([
      409,
      expect.stringMatching(KEY_IS_WANTED),
    ])
    const remove = (body: object) => post('/api/accounts/FOLLOWER_3/remove', body)
    const typed = 'FOLLOWER_3'
    expect((await remove({ typed })).json.error.text).toMatch(KEY_IS_WANTED)
    const verify = await post('/api/accounts/FOLLOWER_3/verify', {})
    expect(verify.json.error.text).toMatch(KEY_IS_WANTED)
    expect((await remove({ typed, passphrase: PASSPHRASE })).status).toBe(200)

    const kept = [...filesIn(desk.folder), house.memory.text ?? '', ...house.complaints]
    expect(kept.length).toBeGreaterThan(4)
    for (const text of [...kept, ...told.map((reply) => reply.text)])
      for (const secret of [PASSPHRASE, KEYS.apiKey, KEYS.totpSecret])
        expect(text.includes(secret)).toBe(false)
  })

  test('a wrong one is refused in words, and nothing is done', async () => {
    const { desk, browser } = await openPage()
    const reply = await browser.post('/api/accounts', { ...KEYS, passphrase: 'not the one' })
    expect([reply.status, reply.json.error]).toEqual([
      409,
      { kind: 'refused', text: 'lockstep.vault: this passphrase does not open it' },
    ])
    expect(readFileSync(join(desk.folder, 'lockstep.vault'), 'utf8')).toBe(empty)
  })

  test('a vault that was changed is told from a wrong one', async () => {
    const { desk, browser } = await openPage()
    const file = join(desk.folder, 'lockstep.vault')
    writeFileSync(file, empty.replace(/"seal": "./, '"seal": "_'))
    const reply = await browser.post('/api/accounts', { ...KEYS, passphrase: PASSPHRASE })
    expect(reply.json.error.text).toContain('lockstep.vault: it was changed or damaged')
  })

  test('where none opens the vault, none is taken', async () => {
    const desk = makeDesk()
    const house = await openHouse({ answers: answersIn(desk, desk.reach.clock) })
    const browser = await house.signedIn()
    expect((await browser.get('/api/accounts')).json.vault).toBe(null)
    const reply = await browser.post('/api/accounts', { ...KEYS, passphrase: PASSPHRASE })
    expect([reply.status, reply.json.error.text]).toEqual([
      409,
      'no lockstep.vault here opens with a passphrase',
    ])
  })

  test('is tried by nobody who lacks the token of the visit', async () => {
    const { house, browser } = await openPage()
    const before = house.memory.text
    const reply = await browser.post(
      '/api/accounts',
      { ...KEYS, passphrase: PASSPHRASE },
      { 'x-csrf-token': null },
    )
    expect(reply.status).toBe(403)
    expect(house.memory.text).toBe(before)
  })
})

describe('attempts at it', () => {
  const wrong = () => 'wrong'
  const right = () => null

  test('are limited like those at the password, over a restart too, and apart from them', async () => {
    const memory = rememberInMemory()
    let passedMs = 0
    const now = () => (clock.now() + passedMs) as ReturnType<typeof clock.now>
    const first = createGate(memory, now, EASY)
    await first.setUp(first.setupCode() ?? '', PASSWORD)
    for (let tries = 0; tries < 5; tries++)
      await expect(first.tryPassphrase(wrong)).rejects.toMatchObject({ kind: 'refused' })

    const gate = createGate(memory, now, EASY)
    const judged: string[] = []
    const judge = () => {
      judged.push('asked')
      return null
    }
    await expect(gate.tryPassphrase(judge)).rejects.toMatchObject({ kind: 'wait' })
    expect(judged).toEqual([])
    // Signing in anew buys no other try.
    expect(gate.waitMs()).toBe(0)
    await gate.enter(PASSWORD)
    await expect(gate.tryPassphrase(judge)).rejects.toThrow(/the next one is heard in \d+ s/)
    passedMs += 5 * SECOND
    await gate.tryPassphrase(judge)
    expect(judged).toEqual(['asked'])
    await expect(gate.tryPassphrase(wrong)).rejects.toMatchObject({ kind: 'refused' })
    await gate.tryPassphrase(right)
  })

  test('are written down before they are judged', async () => {
    const memory = rememberInMemory()
    const gate = createGate(memory, clock.now, EASY)
    const counts: unknown[] = []
    await gate.tryPassphrase(() => {
      counts.push(JSON.parse(memory.text ?? '{}').passphrase.failures)
      return null
    })
    counts.push(JSON.parse(memory.text ?? '{}').passphrase.failures)
    expect(counts).toEqual([1, 0])
  })

  test('a file from before they were counted is read as one without any', async () => {
    const memory = rememberInMemory()
    const before = createGate(memory, clock.now, EASY)
    await before.setUp(before.setupCode() ?? '', PASSWORD)
    const { passphrase, ...old } = JSON.parse(memory.text ?? '{}')
    expect(passphrase).toEqual({ failures: 0, lastFailureAt: 0 })
    memory.write(JSON.stringify(old))
    const gate = createGate(memory, clock.now, EASY)
    await gate.enter(PASSWORD)
    await gate.tryPassphrase(right)
  })
})
