import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { type WebSocket, WebSocketServer } from 'ws'
import { createStream } from '../../../src/broker/angelone/feed.ts'
import type { Session } from '../../../src/broker/angelone/session.ts'
import type { Egress } from '../../../src/domain/account.ts'
import { Secret } from '../../../src/domain/secret.ts'
import { instant, SECOND } from '../../../src/domain/time.ts'
import type { FeedEvent } from '../../../src/ports.ts'
import {
  accountOf,
  CANARIES,
  canariesIn,
  createManualClock,
  type ManualClock,
  orderRow,
} from './kit.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

/** Hears everything, and can be waited on for what is to come. */
function createRecorder<T>() {
  const all: T[] = []
  let waiting: { is: (one: T) => boolean; found: (one: T) => void }[] = []
  return {
    all,
    hear(one: T) {
      all.push(one)
      for (const each of waiting.filter(({ is }) => is(one))) each.found(one)
      waiting = waiting.filter(({ is }) => !is(one))
    },
    next: (is: (one: T) => boolean) =>
      new Promise<T>((found) => {
        waiting.push({ is, found })
      }),
  }
}

async function broker(refuse: (number: number) => number | null = () => null) {
  const said = createRecorder<string>()
  const connections: { socket: WebSocket; authorization: string; from: string }[] = []
  let handshakes = 0
  const server = new WebSocketServer({
    host: '0.0.0.0',
    port: 0,
    verifyClient: (_info, done) => {
      const status = refuse(++handshakes)
      if (status === null) done(true)
      else done(false, status)
    },
  })
  server.on('connection', (socket, request) => {
    connections.push({
      socket,
      authorization: request.headers.authorization ?? '',
      from: request.socket.remoteAddress ?? '',
    })
    socket.on('message', (data) => said.hear(String(data)))
  })
  await new Promise((ready) => server.on('listening', ready))
  cleanups.push(() => {
    for (const socket of server.clients) socket.terminate()
    return new Promise((done) => server.close(done))
  })
  const { port } = server.address() as AddressInfo
  return { url: `ws://127.0.0.1:${port}/smart-order-update`, connections, said }
}

/** Each new session has a new token; `lost` is how it ends. */
function sessions() {
  let number = 1
  const lost: string[] = []
  let token = new Secret(`${CANARIES.jwt}-1`)
  const session = {
    enter: () => Promise.resolve({ kind: 'open', token }),
    isReplaced: (which: Secret) => which !== token,
    lost: (which: Secret) => {
      lost.push(which.reveal())
      token = new Secret(`${CANARIES.jwt}-${++number}`)
    },
  } as unknown as Session
  const replace = () => session.lost(token)
  return { session, lost, replace }
}

function listen(url: string, clock: ManualClock, some: { egress?: Partial<Egress> } = {}) {
  const events = createRecorder<FeedEvent>()
  const stop = new AbortController()
  const { session, lost, replace } = sessions()
  const stream = createStream(
    { session, clock, chance: { bytes: () => [255] } },
    { account: accountOf(some.egress), url },
  )
  const connected = events.next((event) => event.kind === 'connected')
  const running = stream.run(events.hear, stop.signal)
  cleanups.push(() => {
    stop.abort()
    return running
  })
  return { events, connected, lost, replace, stop, running }
}

const newClock = () => createManualClock(instant(Date.parse('2026-11-20T10:00:00+05:30')))
const is = (kind: FeedEvent['kind']) => (event: FeedEvent) => event.kind === kind

const frame = (code: string, some: Readonly<Record<string, unknown>> | null, user = 'C123') =>
  JSON.stringify({
    'user-id': user,
    'status-code': '200',
    'order-status': code,
    'error-message': '',
    orderData: some === null ? { orderid: '' } : orderRow(some),
  })

async function heard(text: string): Promise<FeedEvent> {
  const server = await broker()
  const { events, connected } = listen(server.url, newClock())
  await connected
  const next = events.next((event) => event.kind === 'order' || event.kind === 'unreadable')
  server.connections[0]?.socket.send(text)
  return next
}

describe('a frame', () => {
  it('becomes a report without the lasting id', async () => {
    expect(await heard(frame('AB05', {}))).toMatchObject({
      kind: 'order',
      report: {
        orderId: '261120000368479',
        uniqueOrderId: null,
        status: 'complete',
        source: 'stream',
      },
    })
  })

  it('of a greeting with an order in it is that order', async () => {
    const rejected = { orderstatus: 'rejected', status: 'rejected', filledshares: '0' }
    expect(await heard(frame('AB00', rejected))).toMatchObject({
      kind: 'order',
      report: { status: 'rejected' },
    })
  })

  it.each([
    ['cut', frame('AB05', {}).slice(0, 200)],
    ['of words', 'what?'],
    ['of a list', '[]'],
    ['with a code and no order', frame('AB05', null)],
    ['with a row that cannot be read', frame('AB05', { quantity: 'many' })],
    ['of another client', frame('AB05', {}, 'SOMEBODY')],
  ])('%s is told as unreadable', async (_what, text) => {
    expect(await heard(text)).toMatchObject({ kind: 'unreadable' })
  })

  it('of greeting and pong say nothing', async () => {
    const server = await broker()
    const { events, connected } = listen(server.url, newClock())
    await connected
    const order = events.next(is('order'))
    for (const text of [frame('AB00', null), 'pong', frame('AB05', {})])
      server.connections[0]?.socket.send(text)
    await order
    expect(events.all.map((event) => event.kind)).toEqual(['connected', 'order'])
  })
})

describe('a connection', () => {
  it('carries the token, goes out from the account’s address, and pings', async () => {
    const server = await broker()
    const clock = newClock()
    const first = server.said.next(() => true)
    const { connected } = listen(server.url, clock, { egress: { localAddress: '127.0.0.2' } })
    await connected
    expect(server.connections[0]).toMatchObject({
      authorization: `Bearer ${CANARIES.jwt}-1`,
      from: '127.0.0.2',
    })
    expect(await first).toBe('ping')
    const second = server.said.next(() => true)
    await clock.advance(10 * SECOND)
    expect(await second).toBe('ping')
  })

  it('that ends is opened again, and says so each time', async () => {
    const server = await broker()
    const clock = newClock()
    const { events, connected } = listen(server.url, clock)
    await connected
    const gone = events.next(is('disconnected'))
    server.connections[0]?.socket.close(1001)
    expect(await gone).toMatchObject({ why: 'closed with 1001' })
    const again = events.next(is('connected'))
    await clock.advance(SECOND)
    await again
    expect(server.connections).toHaveLength(2)
  })

  it('whose session was replaced is opened again with the new token', async () => {
    const server = await broker()
    const clock = newClock()
    const { events, connected, replace } = listen(server.url, clock)
    await connected
    replace()
    const gone = events.next(is('disconnected'))
    await clock.advance(10 * SECOND)
    expect(await gone).toMatchObject({ why: 'its session was replaced' })
    const again = events.next(is('connected'))
    await clock.advance(SECOND)
    await again
    expect(server.connections[1]?.authorization).toBe(`Bearer ${CANARIES.jwt}-2`)
  })

  it('that falls silent is given up', async () => {
    const server = await broker()
    const clock = newClock()
    const { events, connected } = listen(server.url, clock)
    await connected
    const gone = events.next(is('disconnected'))
    await clock.advance(30 * SECOND)
    expect(await gone).toMatchObject({ why: 'silent for too long' })
  })

  it.each([401, 403])(
    'refused with %i ends no session, and is tried with whatever there is',
    async (status) => {
      const server = await broker((number) => (number === 1 ? status : null))
      const clock = newClock()
      const { events, connected, lost, replace } = listen(server.url, clock)
      expect(await events.next(is('disconnected'))).toMatchObject({ why: `refused with ${status}` })
      expect(lost).toEqual([])
      replace()
      await clock.advance(SECOND)
      await connected
      expect(server.connections[0]?.authorization).toBe(`Bearer ${CANARIES.jwt}-2`)
    },
  )

  it('refused with 429 waits longer, with the same session', async () => {
    const server = await broker((number) => (number === 1 ? 429 : null))
    const clock = newClock()
    const { events, connected, lost } = listen(server.url, clock)
    await events.next(is('disconnected'))
    await clock.advance(10 * SECOND)
    expect(server.connections).toEqual([])
    await clock.advance(20 * SECOND)
    await connected
    expect(lost).toEqual([])
  })

  it('to nobody is tried again, ever more slowly', async () => {
    const clock = newClock()
    const { events } = listen('ws://127.0.0.1:1/', clock)
    const waits: number[] = []
    let before = clock.monotonicMs()
    await events.next(is('disconnected'))
    for (let tries = 0; tries < 7; tries++) {
      const next = events.next(is('disconnected'))
      let isOver = false
      void next.then(() => {
        isOver = true
      })
      while (!isOver) {
        await clock.advance(500)
        await new Promise((later) => setImmediate(later))
      }
      waits.push(Math.round((clock.monotonicMs() - before) / 1000))
      before = clock.monotonicMs()
    }
    expect(waits[0]).toBeLessThanOrEqual(3)
    expect(waits.at(-1)).toBeGreaterThanOrEqual(25)
  })

  it('of several accounts at once never mixes', async () => {
    const servers = await Promise.all([broker(), broker(), broker()])
    const listeners = servers.map((server) => listen(server.url, newClock()))
    await Promise.all(listeners.map(({ connected }) => connected))
    const heardBy = listeners.map(({ events }) => events.next(is('order')))
    for (const [index, server] of servers.entries())
      server.connections[0]?.socket.send(frame('AB05', { orderid: `26112000000000${index}` }))
    const ids = (await Promise.all(heardBy)).map(
      (event) => event.kind === 'order' && event.report.orderId,
    )
    expect(ids).toEqual(['261120000000000', '261120000000001', '261120000000002'])
    expect(listeners.map(({ events }) => events.all.length)).toEqual([2, 2, 2])
  })

  it('tells no secret in anything it says', async () => {
    const server = await broker((number) => (number % 2 === 1 ? 403 : null))
    const clock = newClock()
    const { events, connected } = listen(server.url, clock)
    await events.next(is('disconnected'))
    await clock.advance(SECOND)
    await connected
    const odd = events.next(is('unreadable'))
    server.connections[0]?.socket.send('what?')
    await odd
    expect(canariesIn(events.all)).toEqual([])
  })

  it('stops at once', async () => {
    const server = await broker()
    const { connected, stop, running } = listen(server.url, newClock())
    await connected
    stop.abort()
    await running
  })
})
