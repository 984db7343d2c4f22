// What other pages, other names and other people's bytes may not do. Each refusal stands beside the same
// request as the page itself would make it, which is let through.
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { readPageFiles } from '../../src/web/files.ts'
import type { WhomBody } from '../../src/web/shapes/steering.ts'
import { noAnswers, openHouse, PASSWORD } from './kit.ts'

const paused: WhomBody[] = []
const answers = noAnswers({
  reads: { '/api/history': () => ({ days: [] }) } as never,
  writes: {
    '/api/steer/pause': (body: WhomBody) => {
      paused.push(body)
      return { kind: 'acted', text: '<script>alert(1)</script>' }
    },
  } as never,
})
const PAUSE = { mode: 'live', follower: null }

describe('a write', () => {
  test.each([
    ['as the page makes it', {}, 200],
    ['without the token', { 'x-csrf-token': null }, 403],
    ['with another token', { 'x-csrf-token': 'A'.repeat(43) }, 403],
    ['from another page', { origin: 'https://evil.example' }, 403],
    ['from another port of this machine', { origin: 'http://127.0.0.1:1' }, 403],
    ['from a page that hides where it is from', { origin: 'null' }, 403],
    ['without an origin', { origin: null }, 403],
    ['which the browser calls cross-site', { 'sec-fetch-site': 'cross-site' }, 403],
    ['which the browser calls same-site', { 'sec-fetch-site': 'same-site' }, 403],
    ['to another name', { host: 'evil.example', origin: 'http://evil.example' }, 403],
    ['as a form sends it', { 'content-type': 'application/x-www-form-urlencoded' }, 400],
    ['as text', { 'content-type': 'text/plain' }, 400],
    ['without the cookie', { cookie: null }, 401],
  ])('%s', async (_, headers, status) => {
    const house = await openHouse({ answers })
    const browser = await house.signedIn()
    paused.length = 0
    const reply = await browser.post('/api/steer/pause', PAUSE, headers)
    expect(reply.status).toBe(status)
    expect(paused).toHaveLength(status === 200 ? 1 : 0)
  })

  test.each([
    ['an unknown key', { ...PAUSE, all: true }],
    ['a key that is missing', { mode: 'live' }],
    ['a name that is none', { mode: 'live', follower: 'FOLLOWER_1; DROP' }],
    ['a ledger that is none', { mode: 'demo', follower: null }],
    ['a list', []],
    ['half a JSON', '{"mode":'],
  ])('with %s is not understood', async (_, body) => {
    const house = await openHouse({ answers })
    const browser = await house.signedIn()
    paused.length = 0
    const reply = await browser.post('/api/steer/pause', body)
    expect([reply.status, reply.json.error.kind]).toEqual([400, 'badRequest'])
    expect(paused).toEqual([])
  })

  test('that is too long is not read, whether it says so or not', async () => {
    const house = await openHouse({ answers })
    const browser = await house.signedIn()
    const long = JSON.stringify({ ...PAUSE, more: 'x'.repeat(20_000) })
    expect((await browser.post('/api/steer/pause', long)).status).toBe(413)
    const unsaid = await browser.post('/api/steer/pause', long, { 'transfer-encoding': 'chunked' })
    expect(unsaid.status).toBe(413)
  })

  test('is never a GET', async () => {
    const house = await openHouse({ answers })
    const browser = await house.signedIn()
    paused.length = 0
    expect((await browser.get('/api/steer/pause')).status).toBe(404)
    expect(paused).toEqual([])
  })

  test('what it says is data: a label with a script in it stays text', async () => {
    const house = await openHouse({ answers })
    const browser = await house.signedIn()
    const reply = await browser.post('/api/steer/pause', PAUSE)
    expect(reply.headers['content-type']).toBe('application/json')
    expect(reply.headers['x-content-type-options']).toBe('nosniff')
  })
})

describe('a reading', () => {
  test.each([
    ['as the page makes it', {}, 200],
    ['through a tunnel with another port', { host: 'localhost:9999' }, 200],
    ['by IPv6', { host: '[::1]:7766' }, 200],
    ['of a page elsewhere', { origin: 'https://evil.example' }, 403],
    ['of a script elsewhere', { 'sec-fetch-site': 'cross-site' }, 403],
    ['by a name that points here', { host: 'evil.example' }, 403],
    ['by an address of another machine', { host: '203.0.113.7:7766' }, 403],
    ['by a name that looks like ours', { host: 'localhost.evil.example' }, 403],
    ['by no name that could be one', { host: 'a b' }, 400],
  ])('%s', async (_, headers, status) => {
    const house = await openHouse({ answers })
    const browser = await house.signedIn()
    expect((await browser.get('/api/history', headers)).status).toBe(status)
  })

  test('even signing in is not heard by another name', async () => {
    const house = await openHouse({ answers })
    await house.signedIn()
    const reply = await house
      .browser()
      .post('/api/sign-in', { password: PASSWORD }, { host: 'evil.example' })
    expect(reply.status).toBe(403)
  })

  test('metrics need a visit or the token', async () => {
    const house = await openHouse({ metricsToken: 'scraper-token' })
    const browser = await house.signedIn()
    const stranger = house.browser()
    const ask = (authorization: string) => stranger.get('/metrics', { authorization })
    expect((await browser.get('/metrics')).text).toBe('lockstep_up 1\n')
    expect((await ask('Bearer scraper-token')).text).toBe('lockstep_up 1\n')
    expect((await ask('Bearer scraper-toke')).status).toBe(401)
    expect((await stranger.get('/metrics')).status).toBe(401)
  })

  test('without a token of its own no token opens the metrics', async () => {
    const house = await openHouse()
    const stranger = house.browser()
    expect((await stranger.get('/metrics', { authorization: 'Bearer ' })).status).toBe(401)
    expect((await stranger.get('/metrics', { authorization: 'Bearer null' })).status).toBe(401)
  })
})

describe('files', () => {
  const files = readPageFiles('tests/web/files')

  test('the page and what it loads, with headers that keep everything else out', async () => {
    const house = await openHouse({ files })
    const browser = house.browser()
    const page = await browser.ask('/')
    expect(page.text).toBe(readFileSync('tests/web/files/index.html', 'utf8'))
    expect(page.headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
    })
    const policy = page.headers['content-security-policy']
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).not.toMatch(/unsafe|http|\*/)
    expect((await browser.ask('/page.js')).headers['content-type']).toMatch(/^text\/javascript/)
  })

  test.each([
    '/../../package.json',
    '/..%2f..%2fpackage.json',
    '/%2e%2e/%2e%2e/package.json',
    '/....//package.json',
    '/page.js/../../package.json',
    '/page.js%00.html',
    '//etc/passwd',
    '/secret.env',
    '/C:%5CWindows',
  ])('%s is none of them', async (path) => {
    const house = await openHouse({ files })
    const reply = await house.browser().ask(path)
    expect([reply.status, reply.json.error.kind]).toEqual([404, 'notFound'])
  })

  test('where they are missing, that is said', async () => {
    const house = await openHouse()
    const reply = await house.browser().ask('/')
    expect(reply.status).toBe(503)
    expect(reply.text).toContain('npm run page')
  })
})

test('a fault of the program is logged, and its words are shown to nobody', async () => {
  const house = await openHouse({
    answers: noAnswers({
      reads: {
        '/api/history': () => {
          throw new Error('PIN 9999 at /home/trader')
        },
      } as never,
    }),
  })
  const browser = await house.signedIn()
  const reply = await browser.get('/api/history')
  expect([reply.status, reply.json.error.kind]).toEqual([500, 'broken'])
  expect(reply.text).not.toContain('9999')
  expect(reply.headers['x-content-type-options']).toBe('nosniff')
  expect(house.complaints).toEqual(['PIN 9999 at /home/trader'])
})

test('a port that is taken is passed over', async () => {
  const first = await openHouse()
  const second = await openHouse({ port: first.served.port })
  expect(second.served.port).toBeGreaterThan(first.served.port)
  expect((await second.browser().get('/api/session')).status).toBe(200)
})
