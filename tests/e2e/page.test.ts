// The page of the real program: beside a run, alone, and what becomes of it when its copier goes, however
// that goes. Asked as a browser asks, over real HTTP.
import { readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { defaultAccounts } from '../../src/simulator/default-accounts.ts'
import { type Browser, createBrowser, PASSWORD } from '../web/kit.ts'
import type { Program } from './lockstep-process.ts'
import { createStage, type Stage } from './stage.ts'

const LIVE = ['run', '--live', '--yes', '--poll', '1s'] as const
/** Two processes start, one after the other, beside everything else that runs. */
const PATIENCE_MS = 60_000
vi.setConfig({ testTimeout: 2 * PATIENCE_MS })
/** Any port that is free: other tests serve pages too. */
const ANY = ['--web-port', '0'] as const

interface Door {
  readonly port: number
  readonly code: string
}

async function doorOf(stage: Stage, program: Program): Promise<Door> {
  const port = /The page: http:\/\/127\.0\.0\.1:(\d+)/
  const code = /asks for this code, .*: ([0-9A-Z-]{14})/
  const isTold = () => port.test(program.out()) && code.test(program.out())
  await stage.until('the page is told', isTold, PATIENCE_MS)
  return { port: Number(port.exec(program.out())?.[1]), code: code.exec(program.out())?.[1] ?? '' }
}

async function enter({ port, code }: Door): Promise<Browser> {
  const browser = createBrowser(port)
  const reply = await browser.post('/api/setup', { code, password: PASSWORD })
  expect(reply.json.kind).toBe('signedIn')
  return browser
}

const isServed = (port: number): Promise<boolean> =>
  createBrowser(port)
    .get('/api/session')
    .then(
      ({ status }) => status === 200,
      () => false,
    )

async function untilGone(port: number): Promise<void> {
  for (let tries = 0; tries < 400 && (await isServed(port)); tries++)
    await new Promise((resolve) => setTimeout(resolve, 25))
  expect(await isServed(port)).toBe(false)
}

test('a run serves its page: the trade is seen there, a pause and a flatten from there are obeyed', async () => {
  const stage = await createStage({ web: true })
  const program = await stage.startCopying(...LIVE, ...ANY)
  const door = await doorOf(stage, program)
  const browser = await enter(door)
  expect((await browser.get('/')).text).toContain('<title>Lockstep</title>')
  stage.trade('BUY', 100)
  await stage.until('both followed', () => stage.positions().join() === '100,100')

  const overview = async () => (await browser.get('/api/overview')).json
  let told = await overview()
  for (let tries = 0; tries < 100 && told.totals.placed < 2; tries++) told = await overview()
  expect(told.site).toMatchObject({
    mode: 'live',
    isDemo: false,
    engine: { command: 'lockstep run --live' },
  })
  expect(told.totals).toMatchObject({ signals: 1, copied: 1, placed: 2 })
  const page = await browser.get('/api/signals')
  expect(page.json.signals[0]).toMatchObject({
    signal: 1,
    side: 'BUY',
    symbol: 'SBIN-EQ',
    quantity: '100',
  })

  const pause = { mode: 'live', follower: 'FOLLOWER_2' }
  expect((await browser.post('/api/steer/pause', pause)).json.kind).toBe('acted')
  stage.trade('BUY', 50)
  await stage.until('only the other followed', () => stage.positions().join() === '150,100')
  const flatten = { mode: 'live', follower: null, typed: 'everybody' }
  expect((await browser.post('/api/steer/flatten', flatten)).status).toBe(200)
  await stage.until('all is closed', () => stage.positions().join() === '0,0')

  const everything = [
    program.out(),
    ...(await Promise.all(
      ['/api/accounts', '/api/overview', '/api/signals/1', '/metrics'].map(
        async (path) => (await browser.get(path)).text,
      ),
    )),
  ]
  for (const { clientCode, apiKey, totpSecret } of defaultAccounts(2))
    for (const secret of [clientCode, apiKey, totpSecret])
      expect(everything.filter((text) => text.includes(secret))).toEqual([])
  expect(stage.wrongs()).toEqual([])
  expect(await program.stop()).toEqual({ code: 0, signal: null })
  await untilGone(browser.port)

  // What opens the page once stands in the terminal, and in nothing that is kept.
  const logs = join(stage.folder, 'logs')
  const kept = readdirSync(logs).map((name) => readFileSync(join(logs, name), 'utf8'))
  expect(kept.some((text) => text.includes('The page: http'))).toBe(true)
  expect(kept.filter((text) => text.includes(door.code))).toEqual([])
})

test('a copier that is killed takes its page along', async () => {
  const stage = await createStage({ web: true, followers: 1 })
  const program = await stage.startCopying(...LIVE, ...ANY)
  const { port } = await doorOf(stage, program)
  expect(await isServed(port)).toBe(true)
  program.kill('SIGKILL')
  await untilGone(port)
})

test('a port that is taken is passed over, and copying never waits for it', async () => {
  const taken = createServer()
  const port = await new Promise<number>((resolve) => {
    taken.listen(0, '127.0.0.1', () => {
      const address = taken.address()
      resolve(typeof address === 'object' ? (address?.port ?? 0) : 0)
    })
  })
  onTestFinished(() => void taken.close())
  const stage = await createStage({ web: true, followers: 1 })
  const program = await stage.startCopying(...LIVE, '--web-port', String(port))
  const door = await doorOf(stage, program)
  expect(door.port).not.toBe(port)
  expect(await isServed(door.port)).toBe(true)
})

test('an address that is none of this machine costs the page and not the copying', async () => {
  const stage = await createStage({ web: true, followers: 1 })
  const program = await stage.startCopying(...LIVE, '--web-host', '203.0.113.7')
  await stage.until('it is told', () => program.out().includes('The page is not served: '))
  stage.trade('BUY', 100)
  await stage.until('it is copied', () => stage.positions().join() === '100')
  expect(await program.stop()).toEqual({ code: 0, signal: null })
})

test('serve alone: a password that is kept, and no second code', async () => {
  const stage = await createStage({ followers: 1 })
  const first = stage.beside('serve', ...ANY)
  const door = await doorOf(stage, first)
  const browser = await enter(door)
  expect((await browser.get('/api/overview')).json.error.kind).toBe('noLedger')
  expect(await first.stop()).toEqual({ code: 0, signal: null })

  const second = stage.beside('serve', ...ANY)
  await stage.until('it is served', () => /The page: \S+\n/.test(second.out()))
  expect(second.out()).not.toContain('asks for this code')
  const port = Number(/127\.0\.0\.1:(\d+)/.exec(second.out())?.[1])
  const again = createBrowser(port)
  expect((await again.post('/api/sign-in', { password: 'not the password' })).status).toBe(401)
  expect((await again.post('/api/sign-in', { password: PASSWORD })).json.kind).toBe('signedIn')
  expect(await second.stop()).toEqual({ code: 0, signal: null })
})

test.each([
  [['serve', '--web-port', 'http'], '--web-port is http; allowed: 0 to 65535'],
  [['serve', '--web-port', '70000'], '--web-port is 70000; allowed: 0 to 65535'],
  [['run', '--web-host', 'a b'], '--web-host is a b; allowed: an address of this machine'],
])('%s is refused with what is allowed', async (args, words) => {
  const stage = await createStage({ followers: 1, web: true })
  const { code, out } = await stage.tell(...args)
  expect([code, out]).toEqual([2, expect.stringContaining(words)])
})
