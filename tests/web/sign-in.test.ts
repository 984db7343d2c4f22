// The life of a password and of a visit, over real HTTP.
import { describe, expect, test } from 'vitest'
import { HOUR, MINUTE, SECOND } from '../../src/domain/time.ts'
import { createGate } from '../../src/web/gate.ts'
import { ROUTES } from '../../src/web/routes.ts'
import { clock } from '../engine/copier.ts'
import { EASY, noAnswers, openHouse, PASSWORD, rememberInMemory } from './kit.ts'

const history = noAnswers({
  reads: { '/api/history': () => ({ days: [] }) } as never,
})

describe('the first use', () => {
  test('takes the code of the terminal, in any spelling, and a password; then the code is worth nothing', async () => {
    const house = await openHouse()
    const code = house.served.setupCode ?? ''
    const browser = house.browser()
    expect((await browser.get('/api/session')).json).toEqual({
      kind: 'new',
      version: '1.2.3',
      waitMs: 0,
    })
    const typed = { code: ` ${code.toLowerCase().replaceAll('-', ' ')}`, password: PASSWORD }
    const set = await browser.post('/api/setup', typed)
    expect(set.json).toMatchObject({ kind: 'signedIn', csrf: expect.any(String) })
    expect((await browser.get('/api/session')).json.kind).toBe('signedIn')
    expect((await house.browser().get('/api/session')).json.kind).toBe('signedOut')

    const again = await house.browser().post('/api/setup', typed)
    expect([again.status, again.json.error.kind]).toEqual([409, 'refused'])
  })

  test.each([
    ['a wrong code', { code: 'AAAA-BBBB-CCCC', password: PASSWORD }, 401],
    ['no code', { code: '', password: PASSWORD }, 401],
    ['a short password', { code: null, password: 'too short' }, 400],
  ])('%s sets nothing', async (_, { code, password }, status) => {
    const house = await openHouse()
    const reply = await house
      .browser()
      .post('/api/setup', { code: code ?? house.served.setupCode, password })
    expect(reply.status).toBe(status)
    expect((await house.browser().get('/api/session')).json.kind).toBe('new')
  })

  test('what is kept is no password, and neither is the code', async () => {
    const house = await openHouse()
    await house.signedIn()
    expect(house.memory.text).toContain('argon2id')
    expect(house.memory.text).not.toContain(PASSWORD)
    expect(house.memory.text).not.toContain(house.served.setupCode)
  })

  test('by the real hardness too', async () => {
    const memory = rememberInMemory()
    const gate = createGate(memory, clock.now)
    await gate.setUp(gate.setupCode() ?? '', PASSWORD)
    await gate.enter(PASSWORD)
    await expect(gate.enter(`${PASSWORD}.`)).rejects.toThrow('not right')
    expect(memory.text).toContain('"memoryKib":65536')
  })
})

describe('signing in', () => {
  test('the cookie is for this server alone, and no script reads it', async () => {
    const house = await openHouse()
    await house.signedIn()
    const reply = await house.browser().post('/api/sign-in', { password: PASSWORD })
    expect(reply.headers['set-cookie']?.[0]).toMatch(
      new RegExp(
        `^lockstep_${house.served.port}=[\\w-]{43}; Max-Age=\\d+; Path=/; HttpOnly; SameSite=Strict$`,
      ),
    )
  })

  test('the same visit is signed out for good, also who replays its cookie', async () => {
    const house = await openHouse({ answers: history })
    const browser = await house.signedIn()
    const { cookie, csrf } = browser
    expect((await browser.get('/api/history')).status).toBe(200)
    expect((await browser.post('/api/sign-out', {})).json.kind).toBe('signedOut')
    const replay = house.browser()
    Object.assign(replay, { cookie, csrf })
    expect((await replay.get('/api/history')).status).toBe(401)
    expect((await replay.post('/api/sign-out', {})).status).toBe(401)
  })

  test('a visit ends by itself', async () => {
    const house = await openHouse({ answers: history })
    const browser = await house.signedIn()
    house.pass(15 * HOUR)
    expect((await browser.get('/api/history')).status).toBe(200)
    house.pass(HOUR + SECOND)
    expect((await browser.get('/api/history')).status).toBe(401)
  })

  test('another password ends every other visit, and needs the one that is', async () => {
    const house = await openHouse({ answers: history })
    const first = await house.signedIn()
    const second = house.browser()
    await second.post('/api/sign-in', { password: PASSWORD })
    const wrong = await second.post('/api/password', { current: 'wrong', next: 'another password' })
    expect(wrong.status).toBe(401)
    await second.post('/api/password', { current: PASSWORD, next: 'another password' })
    expect((await first.get('/api/history')).status).toBe(401)
    expect((await second.get('/api/history')).status).toBe(200)
    const next = house.browser()
    expect((await next.post('/api/sign-in', { password: PASSWORD })).status).toBe(401)
    expect((await next.post('/api/sign-in', { password: 'another password' })).status).toBe(200)
  })

  test('a visit is begun by signing in only: an id that somebody planted is none', async () => {
    const house = await openHouse({ answers: history })
    const browser = await house.signedIn()
    const planted = house.browser()
    planted.cookie = `lockstep_${house.served.port}=${'A'.repeat(43)}`
    await planted.post('/api/sign-in', { password: PASSWORD })
    expect(planted.cookie).not.toContain('AAAA')
    expect(planted.cookie).not.toBe(browser.cookie)
  })
})

describe('attempts', () => {
  const wrong = { password: 'not the password' }

  test('from the fifth wrong one on the next has to wait, longer each time; the right one too', async () => {
    const house = await openHouse()
    await house.signedIn()
    const browser = house.browser()
    const statuses: number[] = []
    for (let tries = 0; tries < 5; tries++)
      statuses.push((await browser.post('/api/sign-in', wrong)).status)
    expect(statuses).toEqual([401, 401, 401, 401, 401])
    const early = await browser.post('/api/sign-in', { password: PASSWORD })
    expect([early.status, early.json.error.kind]).toEqual([429, 'wait'])
    expect(early.json.error.waitMs).toBeGreaterThan(0)
    expect(early.json.error.waitMs).toBeLessThanOrEqual(5 * SECOND)
    expect((await browser.get('/api/session')).json.waitMs).toBeGreaterThan(0)
    house.pass(5 * SECOND)
    expect((await browser.post('/api/sign-in', wrong)).status).toBe(401)
    house.pass(5 * SECOND)
    expect((await browser.post('/api/sign-in', wrong)).status).toBe(429)
    house.pass(5 * SECOND)
    expect((await browser.post('/api/sign-in', { password: PASSWORD })).status).toBe(200)
    expect((await browser.post('/api/sign-in', wrong)).status).toBe(401)
  })

  test('a restart forgets none, and no wait is longer than a quarter of an hour', async () => {
    const first = await openHouse()
    await first.signedIn()
    const kept = JSON.parse(first.memory.text ?? '')
    await first.stop()
    const text = JSON.stringify({ ...kept, failures: 40, lastFailureAt: Date.now() + 1e12 })
    const second = await openHouse({ memory: rememberInMemory(text) })
    const reply = await second.browser().post('/api/sign-in', { password: PASSWORD })
    expect([reply.status, reply.json.error.waitMs]).toEqual([429, 15 * MINUTE])
  })

  test('many at once are counted one by one', async () => {
    const memory = rememberInMemory()
    const gate = createGate(memory, clock.now, EASY)
    await gate.setUp(gate.setupCode() ?? '', PASSWORD)
    const tries = await Promise.allSettled(
      Array.from({ length: 20 }, () => gate.enter('not the password')),
    )
    const told = tries.map((each) => (each.status === 'rejected' ? each.reason.kind : 'entered'))
    expect(told.filter((kind) => kind === 'signedOut')).toHaveLength(5)
    expect(told.filter((kind) => kind === 'wait')).toHaveLength(15)
    expect(JSON.parse(memory.text ?? '').failures).toBe(5)
  })

  test('the attempt is written down before it is judged: a kill buys no other try', async () => {
    const memory = rememberInMemory()
    const gate = createGate(memory, clock.now, EASY)
    await gate.setUp(gate.setupCode() ?? '', PASSWORD)
    const judged = gate.enter('not the password')
    await Promise.resolve()
    expect(JSON.parse(memory.text ?? '').failures).toBe(1)
    await expect(judged).rejects.toThrow()
  })

  test('a damaged file opens nothing and starts nothing anew', async () => {
    const house = await openHouse()
    await house.signedIn()
    house.memory.text = '{"password":'
    const reply = await house.browser().post('/api/sign-in', { password: PASSWORD })
    expect([reply.status, reply.json.error.kind]).toEqual([500, 'broken'])
    expect((await house.browser().get('/api/session')).status).toBe(500)
  })
})

test('without a visit every route says so, and nothing else', async () => {
  const house = await openHouse()
  await house.signedIn()
  const stranger = house.browser()
  const closed = ROUTES.filter(({ access }) => access !== 'open')
  expect(closed.length).toBeGreaterThan(20)
  for (const { method, path } of closed) {
    const place = path.replace(':name', 'FOLLOWER_1').replace(':signal', '1')
    const reply = method === 'GET' ? await stranger.get(place) : await stranger.post(place, {})
    expect([path, reply.status, reply.json.error.kind]).toEqual([path, 401, 'signedOut'])
  }
})
