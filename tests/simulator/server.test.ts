// The simulator over real sockets. Its clock stands still unless a test lets time pass.
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { generateSync } from 'otplib'
import { describe, expect, it, onTestFinished } from 'vitest'
import WebSocket from 'ws'
import { MASTER_CODE } from '../../src/simulator/default-accounts.ts'
import { type Fault, fault } from '../../src/simulator/faults.ts'
import { ROUTES, type RouteName } from '../../src/simulator/routes.ts'
import {
  type RunningSimulator,
  type ServerSettings,
  startSimulator,
} from '../../src/simulator/server.ts'
import { createVirtualClock, type VirtualClock } from '../../src/simulator/virtual-clock.ts'
import { LIMIT_BUY, MONDAY_TEN, masterWith } from './virtual-client.ts'

interface Reply {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
  /** Why the reply ended early, or did not begin. */
  readonly failure: string | null
}

interface Sent {
  readonly from?: string
  readonly jwt?: string
  readonly giveUpMs?: number
}

interface Setup {
  readonly simulator: RunningSimulator
  readonly clock: VirtualClock
  readonly jwt: string
  call(route: RouteName, body?: unknown, sent?: Sent): Promise<Reply>
}

async function start(settings: ServerSettings = {}): Promise<Setup> {
  const clock = createVirtualClock(MONDAY_TEN)
  const simulator = await startSimulator({ clock, ...settings })
  onTestFinished(simulator.stop)
  const { jwt } = simulator.control.grantSession({ clientCode: MASTER_CODE })
  const [master] = simulator.settings.accounts
  return {
    simulator,
    clock,
    jwt,
    call(name, body, sent = {}) {
      const route = ROUTES.find((each) => each.name === name)
      const headers = {
        'content-type': 'application/json',
        'x-usertype': 'USER',
        'x-privatekey': master?.apiKey ?? '',
        authorization: `Bearer ${sent.jwt ?? jwt}`,
      }
      const url = `${simulator.urls.rest}${route?.path}`
      return exchange(url, { method: route?.method ?? 'GET', headers, ...fromOf(sent) }, body, sent)
    },
  }
}

const fromOf = (sent: Sent) => (sent.from === undefined ? {} : { localAddress: sent.from })

function exchange(
  url: string,
  options: { method: string; headers: Record<string, string>; localAddress?: string },
  body: unknown,
  sent: Sent,
): Promise<Reply> {
  return new Promise((resolve) => {
    let reply: Reply = { status: 0, headers: {}, text: '', failure: null }
    const fail = (error: NodeJS.ErrnoException): void =>
      resolve({ ...reply, failure: error.code ?? error.message })
    const outgoing = httpRequest(url, { ...options, agent: false }, (incoming) => {
      reply = { ...reply, status: incoming.statusCode ?? 0, headers: incoming.headers }
      incoming.setEncoding('utf8')
      incoming.on('data', (piece: string) => {
        reply = { ...reply, text: reply.text + piece }
      })
      incoming.on('end', () => resolve(reply))
      incoming.on('error', fail)
    })
    outgoing.on('error', fail)
    if (sent.giveUpMs !== undefined)
      outgoing.setTimeout(sent.giveUpMs, () => outgoing.destroy(new Error('gave up')))
    outgoing.end(body === undefined ? undefined : JSON.stringify(body))
  })
}

function openStream(setup: Setup, jwt = setup.jwt) {
  const frames: string[] = []
  const socket = new WebSocket(setup.simulator.urls.feed, {
    headers: { authorization: `Bearer ${jwt}` },
  })
  onTestFinished(() => socket.terminate())
  const waiting = new Set<() => void>()
  socket.on('message', (data) => {
    frames.push(String(data))
    for (const look of waiting) look()
  })
  const until = (text: string): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (frames.some((frame) => frame.includes(text))) resolve()
      }
      waiting.add(look)
      look()
    })
  return { socket, frames, until }
}

describe('over HTTP', () => {
  it('a client logs in with a real code, places, and finds its order', async () => {
    const setup = await start()
    const [master] = setup.simulator.settings.accounts
    const code = generateSync({
      secret: master?.totpSecret ?? '',
      epoch: Math.floor(MONDAY_TEN / 1000),
    })
    const login = await setup.call('login', {
      ...{ clientcode: MASTER_CODE, password: master?.pin, totp: code },
    })
    const jwt = JSON.parse(login.text).data.jwtToken
    expect(await setup.call('place', LIMIT_BUY, { jwt })).toMatchObject({ status: 200 })
    const book = await setup.call('book', undefined, { jwt })
    expect(JSON.parse(book.text).data).toMatchObject([{ ordertag: 'TAG1', status: 'complete' }])
  })

  it('answers with the simulated time', async () => {
    const setup = await start()
    expect((await setup.call('profile')).headers).toMatchObject({
      date: 'Mon, 23 Nov 2026 04:30:00 GMT',
      'content-type': 'application/json',
    })
    setup.simulator.control.addFault({ fault: fault.clockSkew(-90_000) })
    expect((await setup.call('profile')).headers.date).toBe('Mon, 23 Nov 2026 04:28:30 GMT')
  })

  it('sees the address that a request comes from', async () => {
    const accounts = masterWith({ addresses: ['127.0.0.2'] })
    const setup = await start({ accounts })
    expect((await setup.call('place', LIMIT_BUY)).text).toContain('AG7002')
    expect((await setup.call('place', LIMIT_BUY, { from: '127.0.0.2' })).text).toContain('SUCCESS')
    const addresses = setup.simulator.control.requests().map(({ request }) => request.from)
    expect(addresses).toEqual(['127.0.0.1', '127.0.0.2'])
  })

  it('remembers what was sent, headers and all', async () => {
    const setup = await start()
    await setup.call('place', LIMIT_BUY)
    expect(setup.simulator.control.requests()).toMatchObject([
      {
        ...{ at: MONDAY_TEN, route: 'place', clientCode: MASTER_CODE },
        request: {
          headers: { authorization: `Bearer ${setup.jwt}` },
          body: JSON.stringify(LIMIT_BUY),
        },
      },
    ])
  })

  it('refuses the second order book of a second, in plain text', async () => {
    const setup = await start()
    await setup.call('book')
    expect(await setup.call('book')).toMatchObject({ status: 403, text: /access rate/ })
    await setup.clock.pass(1000)
    expect(await setup.call('book')).toMatchObject({ status: 200 })
    expect(setup.simulator.control.violations()).toHaveLength(1)
  })

  it('knows nothing else', async () => {
    const setup = await start()
    const answer = await fetch(`${setup.simulator.urls.rest}/rest/auth/angelbroking/loginByMpin`)
    expect(answer.status).toBe(404)
  })

  it('serves an instrument master of the real size', async () => {
    const setup = await start({ instrumentRows: 155_000 })
    const { text } = await setup.call('instruments')
    expect(text.length).toBeGreaterThan(25_000_000)
    expect(JSON.parse(text)).toHaveLength(155_000)
  })
})

describe('faults over HTTP', () => {
  const orders = ({ simulator }: Setup) =>
    simulator.control.orders({ clientCode: MASTER_CODE }).length

  it.each([
    ['a reset before', fault.reset('before'), { status: 0, failure: 'ECONNRESET' }, 0],
    ['a reset after', fault.reset('after'), { status: 0, failure: 'ECONNRESET' }, 1],
    ['a lost request', fault.lostRequest(), { status: 0, failure: 'gave up' }, 0],
    ['a lost reply', fault.lostReply(), { status: 0, failure: 'gave up' }, 1],
    [
      'a cut body',
      fault.cutBody(10),
      { status: 200, text: '{"status":', failure: 'ECONNRESET' },
      1,
    ],
  ] as const)('%s', async (_what, struck: Fault, reply, count) => {
    const setup = await start()
    setup.simulator.control.addFault({ fault: struck, route: 'place' })
    expect(await setup.call('place', LIMIT_BUY, { giveUpMs: 1000 })).toMatchObject(reply)
    expect(orders(setup)).toBe(count)
  })

  it('without one the same call is answered', async () => {
    const setup = await start()
    expect(await setup.call('place', LIMIT_BUY, { giveUpMs: 1000 })).toMatchObject({
      ...{ status: 200, failure: null },
    })
  })

  it('a delay holds the answer until its time has come', async () => {
    const setup = await start()
    setup.simulator.control.addFault({ fault: fault.delay(3000), route: 'place' })
    const answered = setup.call('place', LIMIT_BUY)
    await expect.poll(() => setup.simulator.control.requests()).toHaveLength(1)
    expect(orders(setup)).toBe(0)
    await setup.clock.pass(3000)
    expect(await answered).toMatchObject({ status: 200 })
    expect(orders(setup)).toBe(1)
  })

  it('a file that is cut is no JSON any more', async () => {
    const setup = await start({ instrumentRows: 2000 })
    const { text: whole } = await setup.call('instruments')
    setup.simulator.control.addFault({ fault: fault.cutBody(100_000), route: 'instruments' })
    const { text, failure } = await setup.call('instruments')
    expect(failure).toBe('ECONNRESET')
    expect(text).toBe(whole.slice(0, 100_000))
  })

  it('a slow file comes in pieces, and ends when its time has come', async () => {
    const setup = await start()
    const slow = { fault: fault.slowBody(4000, 1000), route: 'instruments' } as const
    setup.simulator.control.addFault(slow)
    let isThere = false
    const answered = setup.call('instruments').finally(() => {
      isThere = true
    })
    // It asks for more time for as long as pieces are left.
    await expect.poll(() => setup.clock.nextWaking()).not.toBeNull()
    expect(isThere).toBe(false)
    while (!isThere) await setup.clock.pass(1000)
    expect(JSON.parse((await answered).text).length).toBeGreaterThan(40)
    expect(setup.clock.monotonicMs()).toBeGreaterThan(1000)
  })
})

describe('over the websocket', () => {
  it('an account hears of its orders, and gets its pong', async () => {
    const setup = await start()
    const stream = openStream(setup)
    await stream.until('AB00')
    stream.socket.send('ping')
    await stream.until('pong')
    await setup.call('place', LIMIT_BUY)
    await stream.until('AB05')
    const codes = stream.frames
      .filter((frame) => frame !== 'pong')
      .map((frame) => JSON.parse(frame))
    expect(codes.map((frame) => frame['order-status'])).toEqual(['AB00', 'AB09', 'AB01', 'AB05'])
  })

  it('the fourth connection is refused with 429, a foreign token with 401', async () => {
    const setup = await start()
    for (let n = 0; n < 3; n++) await openStream(setup).until('AB00')
    const refusal = (jwt?: string) =>
      new Promise((resolve) => {
        const { socket } = openStream(setup, jwt)
        socket.on('error', (error) => resolve(error.message))
      })
    expect(await refusal()).toBe('Unexpected server response: 429')
    expect(await refusal('nobody')).toBe('Unexpected server response: 401')
  })

  it('a late frame comes when its time has come', async () => {
    const setup = await start()
    const stream = openStream(setup)
    await stream.until('AB00')
    const late = { fault: fault.lateFrame(5000), route: 'frame', nth: 3 } as const
    setup.simulator.control.addFault(late)
    await setup.call('place', LIMIT_BUY)
    await stream.until('AB01')
    expect(stream.frames.some((frame) => frame.includes('AB05'))).toBe(false)
    await setup.clock.pass(5000)
    await stream.until('AB05')
  })

  it('a dropped stream is closed for the client', async () => {
    const setup = await start()
    const stream = openStream(setup)
    await stream.until('AB00')
    const closed = new Promise((resolve) => stream.socket.once('close', resolve))
    setup.simulator.control.dropStreams({ clientCode: MASTER_CODE })
    expect(await closed).toBe(1001)
    await expect
      .poll(() => setup.simulator.control.streamCount({ clientCode: MASTER_CODE }))
      .toBe(0)
  })
})

describe('control from another process', () => {
  async function ask(setup: Setup, call: unknown, token = setup.simulator.controlToken) {
    const answer = await fetch(setup.simulator.urls.control, {
      method: 'POST',
      headers: { 'x-control-token': token },
      body: JSON.stringify(call),
    })
    return { status: answer.status, text: await answer.text() }
  }

  it('does what the methods do', async () => {
    const setup = await start()
    const trade = {
      ...{ clientCode: MASTER_CODE, exchange: 'NSE', symbol: 'SBIN-EQ' },
      ...{ side: 'BUY', quantity: 3, product: 'INTRADAY' },
    }
    const traded = await ask(setup, { method: 'trade', argument: trade })
    expect(JSON.parse(traded.text).result.orderId).toBe('261123000000001')
    const call = { method: 'positions', argument: { clientCode: MASTER_CODE } }
    const expected = { exchange: 'NSE', symbol: 'SBIN-EQ', product: 'INTRADAY', quantity: '3' }
    expect(JSON.parse((await ask(setup, call)).text)).toEqual({ result: [expected] })
  })

  it('takes nothing from whoever does not know the word for it', async () => {
    const setup = await start()
    const call = { method: 'violations', argument: null }
    expect(await ask(setup, call, 'guess')).toEqual({ status: 401, text: '' })
    expect((await ask(setup, call)).status).toBe(200)
  })

  it.each([
    ['an unknown method', { method: 'constructor', argument: null }, 404],
    ['what a method refuses', { method: 'positions', argument: { clientCode: 'X' } }, 400],
  ])('says no to %s', async (_what, call, status) => {
    expect(await ask(await start(), call)).toMatchObject({ status })
  })
})

it('stops while somebody still waits for an answer', async () => {
  const clock = createVirtualClock(MONDAY_TEN)
  const simulator = await startSimulator({ clock })
  simulator.control.addFault({ fault: fault.lostReply() })
  const url = `${simulator.urls.rest}/rest/secure/angelbroking/user/v1/getProfile`
  const waiting = exchange(url, { method: 'GET', headers: {} }, undefined, {})
  await expect.poll(() => simulator.control.requests()).toHaveLength(1)
  await simulator.stop()
  expect(await waiting).toMatchObject({ status: 0, failure: 'ECONNRESET' })
})

it('a failure of its own is told when it stops, not passed off as the broker’s', async () => {
  const clock = createVirtualClock(MONDAY_TEN)
  const simulator = await startSimulator({ clock })
  simulator.onRequest(() => {
    throw new Error('a listener fell over')
  })
  const url = `${simulator.urls.rest}/rest/secure/angelbroking/user/v1/getProfile`
  const answer = await exchange(url, { method: 'GET', headers: {} }, undefined, {})
  expect(answer).toMatchObject({ status: 0, failure: 'ECONNRESET' })
  await expect(simulator.stop()).rejects.toThrow('the simulator failed while it served')
})
