import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import {
  type AddressInfo,
  createServer as createTcpServer,
  type Socket,
  connect as tcpConnect,
} from 'node:net'
import {
  createServer as createSecureServer,
  getCACertificates,
  setDefaultCACertificates,
} from 'node:tls'
import { afterEach, describe, expect, it } from 'vitest'
import { type Answer, createClient, createSkew } from '../../../src/broker/angelone/client.ts'
import { createAgent } from '../../../src/broker/angelone/egress.ts'
import type { Egress } from '../../../src/domain/account.ts'
import { Secret } from '../../../src/domain/secret.ts'
import type { Clock } from '../../../src/ports.ts'
import { CERTIFICATE } from './certificate.ts'
import {
  BOOK,
  CANARIES,
  canariesIn,
  type Loopback,
  PLACE,
  realClock,
  startLoopback,
  told,
} from './kit.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

function client(url: string, egress: Partial<Egress> = {}, clock: Clock = realClock) {
  const made = createClient(
    { clock },
    {
      url,
      apiKey: new Secret(CANARIES.apiKey),
      egress: { localAddress: null, proxyUrl: null, ...egress },
    },
  )
  cleanups.push(made.close)
  return made
}

async function loopback(): Promise<Loopback> {
  const server = await startLoopback()
  cleanups.push(server.stop)
  return server
}

const token = new Secret(CANARIES.jwt)
const order = { token, body: { variety: 'NORMAL', quantity: '65' } }

/** A server of raw bytes: what it does with each connection is the test. */
async function rawServer(onBytes: (socket: Socket, bytes: Buffer) => void) {
  const sockets = new Set<Socket>()
  const server = createTcpServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.on('data', (bytes) => onBytes(socket, bytes))
  })
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy()
    return new Promise((done) => server.close(done))
  })
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

const STRAIGHT: Egress = { localAddress: null, proxyUrl: null }

/** A broker over TLS: the names it was called by, and the requests that got there. */
async function startSecure() {
  const names: string[] = []
  const seen: string[] = []
  const server = createSecureServer({ ...CERTIFICATE, ALPNProtocols: ['http/1.1'] }, (socket) => {
    names.push(String(socket.servername))
    socket.on('error', () => socket.destroy())
    socket.on('data', (bytes) => {
      const [first = '', ...lines] = bytes.toString().split('\r\n')
      const header = (name: string): string =>
        lines.find((line: string) => line.startsWith(`${name}: `))?.slice(name.length + 2) ?? ''
      seen.push(`${first.replace(/ HTTP.*/, '')} ${header('Host')} ${header('X-UserType')}`)
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}')
    })
  })
  server.on('tlsClientError', () => undefined)
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  cleanups.push(() => void server.close())
  return { port: (server.address() as AddressInfo).port, names, seen }
}

function trust(certificate: string): void {
  const known = getCACertificates('default')
  setDefaultCACertificates([...known, certificate])
  cleanups.push(() => setDefaultCACertificates(known))
}

describe('the request as it is sent', () => {
  it('carries the headers that the broker asks for, the token and the body as JSON', async () => {
    const server = await loopback()
    server.on(PLACE, told(null))
    await client(server.url).send('place', order)
    const [asked] = server.asked
    expect(asked?.method).toBe('POST')
    expect(asked?.path).toBe(PLACE)
    expect(JSON.parse(asked?.body ?? '')).toEqual({ variety: 'NORMAL', quantity: '65' })
    expect(asked?.headers).toMatchObject({
      'content-type': 'application/json',
      accept: 'application/json',
      'x-usertype': 'USER',
      'x-sourceid': 'WEB',
      'x-privatekey': CANARIES.apiKey,
      'x-clientlocalip': expect.stringMatching(/^[\d.]+$/),
      'x-clientpublicip': expect.stringMatching(/^[\d.]+$/),
      'x-macaddress': expect.stringMatching(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/),
      authorization: `Bearer ${CANARIES.jwt}`,
    })
  })

  it('goes to a host by its name, over a connection that proves to be to it', async () => {
    const server = await startSecure()
    trust(CERTIFICATE.cert)
    const one = client(`https://localhost:${server.port}/api/`)
    const asked = { token, name: 'a/b?c' }
    for (let times = 0; times < 2; times++)
      expect(await one.send('orderDetails', asked)).toMatchObject({ kind: 'answered', status: 200 })
    expect(server.names).toEqual(['localhost'])
    expect(server.seen).toEqual(
      Array(2).fill(
        `GET /api/rest/secure/angelbroking/order/v1/details/a%2Fb%3Fc localhost:${server.port} USER`,
      ),
    )
  })

  it('does not go to a host that nobody vouches for, or that is another', async () => {
    const server = await startSecure()
    const stranger = await client(`https://localhost:${server.port}`).send('place', order)
    expect(stranger).toMatchObject({ kind: 'unanswered', phase: 'neverConnected' })
    trust(CERTIFICATE.cert)
    const other = await client(`https://127.0.0.1:${server.port}`).send('place', order)
    expect(other).toMatchObject({ kind: 'unanswered', phase: 'neverConnected' })
    expect(server.seen).toEqual([])
  })

  it.each([
    { what: 'a line of its own in the key', key: 'key\r\nX-Other: 1' },
    { what: 'a letter that no header has', key: 'ké' },
  ])('is not sent at all with $what', async ({ key }) => {
    const server = await loopback()
    const config = { url: server.url, apiKey: new Secret(key), egress: STRAIGHT }
    const made = createClient({ clock: realClock }, config)
    cleanups.push(made.close)
    const answer = await made.send('place', order)
    expect(answer).toMatchObject({ kind: 'unanswered', phase: 'neverConnected' })
    expect(server.asked).toEqual([])
  })

  it('says what is in it in whatever letters', async () => {
    const server = await loopback()
    server.on(PLACE, told({ name: 'पापा' }))
    const answer = await client(server.url).send('place', { token, body: { label: 'ké पापा' } })
    expect(JSON.parse(server.asked[0]?.body ?? '')).toEqual({ label: 'ké पापा' })
    expect(answer).toMatchObject({ text: expect.stringContaining('पापा') })
  })

  it('goes out from the address of the account and from no other', async () => {
    const server = await loopback()
    server.on(BOOK, told(null))
    await client(server.url, { localAddress: '127.0.0.2' }).send('orderBook', { token })
    await client(server.url, { localAddress: '127.0.0.3' }).send('orderBook', { token })
    expect(server.asked.map((asked) => asked.from)).toEqual(['127.0.0.2', '127.0.0.3'])
  })

  it('does not go out at all when its address is not of this machine', async () => {
    const server = await loopback()
    const answer = await client(server.url, { localAddress: '203.0.113.9' }).send('place', order)
    expect(answer).toMatchObject({ kind: 'unanswered', phase: 'neverConnected' })
    expect(server.asked).toEqual([])
  })

  it('ignores the proxy of the environment', async () => {
    const server = await loopback()
    server.on(BOOK, told(null))
    const before = process.env.HTTP_PROXY
    process.env.HTTP_PROXY = 'http://127.0.0.1:1'
    cleanups.push(() => {
      if (before === undefined) delete process.env.HTTP_PROXY
      else process.env.HTTP_PROXY = before
    })
    const answer = await client(server.url).send('orderBook', { token })
    expect(answer).toMatchObject({ kind: 'answered', status: 200 })
  })

  it('keeps its connection from one request to the next', async () => {
    const server = await loopback()
    server.on(BOOK, told(null))
    const one = client(server.url)
    for (let times = 0; times < 3; times++) await one.send('orderBook', { token })
    expect(new Set(server.asked.map((asked) => asked.socket)).size).toBe(1)
  })

  it.each([
    { what: 'says that it closes', head: 'connection: close\r\n', more: '' },
    { what: 'keeps connections for a second only', head: 'keep-alive: timeout=1\r\n', more: '' },
    { what: 'says more than it was asked for', head: '', more: 'HTTP/1.1 200 OK\r\n\r\n' },
  ])('uses no connection again of a broker that $what', async ({ head, more }) => {
    const sockets = new Set<Socket>()
    const at = await rawServer((socket) => {
      sockets.add(socket)
      socket.write(`HTTP/1.1 200 OK\r\n${head}content-length: 2\r\n\r\n{}${more}`)
    })
    const one = client(`http://${at}`)
    for (let times = 0; times < 3; times++)
      expect(await one.send('place', order)).toMatchObject({ kind: 'answered', text: '{}' })
    expect(sockets.size).toBe(3)
  })

  it('uses no connection again that the broker has closed meanwhile, or spoken on', async () => {
    const sockets: Socket[] = []
    const at = await rawServer((socket) => {
      sockets.push(socket)
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}')
    })
    const one = client(`http://${at}`)
    for (const leave of [
      (socket: Socket) => socket.end(),
      (socket: Socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n[]'),
    ]) {
      const answer = await one.send('place', order)
      expect(answer).toMatchObject({ kind: 'answered', text: '{}' })
      const last = sockets.at(-1) as Socket
      const closed = once(last, 'close')
      leave(last)
      await closed
    }
    const answer = await one.send('place', order)
    expect(answer).toMatchObject({ kind: 'answered', text: '{}' })
    expect(new Set(sockets).size).toBe(3)
  })

  it('opens so many connections and no more, and leaves none who waits for one', async () => {
    const sockets = new Set<Socket>()
    const held: Socket[] = []
    const enough = Promise.withResolvers<void>()
    let answered = 0
    const answer = (socket: Socket): void => {
      answered += 1
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}')
    }
    const at = await rawServer((socket) => {
      sockets.add(socket)
      if (answered > 0) answer(socket)
      else if (held.push(socket) === 32) enough.resolve()
    })
    const one = client(`http://${at}`)
    const asked = Array.from({ length: 40 }, () => one.send('place', order))
    await enough.promise
    for (const socket of held) answer(socket)
    const answers = await Promise.all(asked)
    expect(answers.map(({ kind }) => kind)).toEqual(Array(40).fill('answered'))
    expect(sockets.size).toBe(32)
  })

  it('follows no redirect', async () => {
    const server = await loopback()
    server.on(BOOK, { status: 302, body: '', headers: { location: `${server.url}/elsewhere` } })
    const answer = await client(server.url).send('orderBook', { token })
    expect(answer).toMatchObject({ kind: 'answered', status: 302 })
    expect(server.asked).toHaveLength(1)
  })
})

describe('a proxy', () => {
  /** Opens the way, or refuses to. */
  async function proxy(status: number) {
    const connects: string[] = []
    const at = await rawServer((socket, bytes) => {
      const text = bytes.toString()
      if (!text.startsWith('CONNECT ')) return
      connects.push(text)
      if (status !== 200) {
        socket.end(`HTTP/1.1 ${status} No\r\ncontent-length: 2\r\n\r\n{}`)
        return
      }
      socket.removeAllListeners('data')
      const [host = '', port = ''] = (text.split(' ')[1] ?? '').split(':')
      const onward = tcpConnect(Number(port), host, () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n')
        socket.pipe(onward).pipe(socket)
      })
      onward.on('error', () => socket.destroy())
      socket.on('close', () => onward.destroy())
    })
    return { url: new Secret(`http://lockstep:${CANARIES.proxyPassword}@${at}`), connects }
  }

  it('is gone through', async () => {
    const server = await loopback()
    server.on(BOOK, told(null))
    const way = await proxy(200)
    const answer = await client(server.url, { proxyUrl: way.url }).send('orderBook', { token })
    expect(answer).toMatchObject({ kind: 'answered', status: 200 })
    expect(way.connects).toHaveLength(1)
  })

  it.each([403, 407, 502])(
    'that refuses with %i means that nothing reached the broker',
    async (status) => {
      const server = await loopback()
      const way = await proxy(status)
      const answer = await client(server.url, { proxyUrl: way.url }).send('place', order)
      expect(answer).toMatchObject({
        kind: 'unanswered',
        phase: 'neverConnected',
        code: `PROXY_${status}`,
      })
      expect(canariesIn(answer)).toEqual([])
      expect(server.asked).toEqual([])
    },
  )

  it('that never answers is given up, and nothing waits for it for ever', async () => {
    const asked = Promise.withResolvers<void>()
    const at = await rawServer(() => asked.resolve())
    const clock: Clock = { ...realClock, sleep: () => asked.promise }
    const proxyUrl = new Secret(`http://${at}`)
    const answer = await client('http://127.0.0.1:1', { proxyUrl }, clock).send('place', order)
    expect(answer).toMatchObject({
      kind: 'unanswered',
      phase: 'neverConnected',
      code: 'ETIMEDOUT',
    })
  })

  it('that never answers keeps no connection', async () => {
    const closed = Promise.withResolvers<void>()
    const at = await rawServer((socket) => socket.once('close', closed.resolve))
    const egress = { localAddress: null, proxyUrl: new Secret(`http://${at}`) }
    const agent = createAgent('http://127.0.0.1:1', egress, 50)
    cleanups.push(() => agent.destroy())
    const request = httpRequest('http://127.0.0.1:1', { agent })
    const failed = once(request, 'error')
    request.end()
    await closed.promise
    expect(await failed).toHaveLength(1)
  })

  it('that is gone is not gone around', async () => {
    const server = await loopback()
    const proxyUrl = new Secret('http://127.0.0.1:1')
    const answer = await client(server.url, { proxyUrl }).send('place', order)
    expect(answer).toMatchObject({ kind: 'unanswered', phase: 'neverConnected' })
    expect(server.asked).toEqual([])
  })
})

/** Every way in which a request can fail, and how far it got. */
const FAILURES: readonly {
  readonly name: string
  readonly phase: string
  readonly send: () => Promise<Answer>
}[] = [
  {
    name: 'nobody listens',
    phase: 'neverConnected',
    send: () => client('http://127.0.0.1:1').send('place', order),
  },
  {
    name: 'the other end speaks no TLS',
    phase: 'neverConnected',
    send: async () => {
      const at = await rawServer((socket) => socket.end('what?'))
      return client(`https://${at}`).send('place', order)
    },
  },
  {
    name: 'the connection is reset once the request is read',
    phase: 'written',
    send: async () => {
      const at = await rawServer((socket) => socket.resetAndDestroy())
      return client(`http://${at}`).send('place', order)
    },
  },
  {
    name: 'the connection is closed without a reply',
    phase: 'written',
    send: async () => {
      const at = await rawServer((socket) => socket.end())
      return client(`http://${at}`).send('place', order)
    },
  },
  {
    name: 'the reply is cut',
    phase: 'replyBegun',
    send: async () => {
      const at = await rawServer((socket) =>
        socket.end('HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n{"status":true,'),
      )
      return client(`http://${at}`).send('place', order)
    },
  },
  {
    name: 'the reply is larger than any answer',
    phase: 'replyBegun',
    send: async () => {
      const at = await rawServer((socket) =>
        socket.write(`HTTP/1.1 200 OK\r\n\r\n${'x'.repeat(33 * 1024 * 1024)}`),
      )
      return client(`http://${at}`).send('place', order)
    },
  },
  {
    name: 'no reply until the deadline',
    phase: 'written',
    send: async () => {
      const heard = Promise.withResolvers<void>()
      const at = await rawServer(() => heard.resolve())
      // The deadline passes when the server has the request, not after seven seconds of our time.
      const clock: Clock = { ...realClock, sleep: () => heard.promise }
      return client(`http://${at}`, {}, clock).send('place', order)
    },
  },
  {
    name: 'half of a request is taken, then nothing',
    phase: 'partlyWritten',
    send: async () => {
      const heard = Promise.withResolvers<void>()
      const at = await rawServer((socket) => {
        socket.pause()
        heard.resolve()
      })
      const clock: Clock = { ...realClock, sleep: () => heard.promise }
      const body = { variety: 'N'.repeat(30_000_000) }
      return client(`http://${at}`, {}, clock).send('place', { token, body })
    },
  },
  {
    name: 'a kept connection dies as it is used again',
    phase: 'written',
    send: async () => {
      let requests = 0
      const at = await rawServer((socket) => {
        requests++
        if (requests === 1) socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}')
        else socket.resetAndDestroy()
      })
      const one = client(`http://${at}`)
      await one.send('orderBook', { token })
      return one.send('place', order)
    },
  },
]

describe('how far a failed request got', () => {
  it.each(FAILURES)('$name: $phase, and no secret is told', async ({ phase, send }) => {
    const answer = await send()
    expect(answer).toMatchObject({ kind: 'unanswered', phase })
    expect(canariesIn(answer)).toEqual([])
  })

  it('says of a kept connection that it was one', async () => {
    expect(await FAILURES.at(-1)?.send()).toMatchObject({ isReused: true })
    expect(await FAILURES[2]?.send()).toMatchObject({ isReused: false })
  })

  it('a broker that repeats what it was sent is not repeated', async () => {
    const server = await loopback()
    server.on(PLACE, (asked, response) => {
      response.end(`${asked.headers.authorization} ${asked.headers['x-privatekey']}`)
    })
    const answer = await client(server.url).send('place', order)
    expect(answer).toMatchObject({ kind: 'answered', text: 'Bearer *** ***' })
  })

  it('control: an object that holds a secret is found out', () => {
    expect(canariesIn({ deep: { in: [CANARIES.jwt] } })).toEqual([CANARIES.jwt])
  })
})

describe('the clock of the broker', () => {
  it('is known to within the second of one answer, and better of many', () => {
    const skew = createSkew()
    expect(skew.read()).toBeNull()
    // The broker is 5,300 ms ahead; each answer takes 100 ms and is written half way.
    for (let at = 0; at < 5_000; at += 330) {
      const written = Math.floor((1_000_000 + at + 50 + 5_300) / 1000) * 1000
      skew.learn(new Date(written).toUTCString(), 1_000_000 + at, 1_000_100 + at)
    }
    expect(Math.abs((skew.read() ?? 0) - 5_300)).toBeLessThan(200)
  })

  it('starts again when a clock was set', () => {
    const skew = createSkew()
    skew.learn(new Date(1_000_000).toUTCString(), 1_000_000, 1_000_010)
    skew.learn(new Date(2_000_000).toUTCString(), 1_000_000, 1_000_010)
    skew.learn(new Date(2_003_000).toUTCString(), 1_003_000, 1_003_010)
    expect(Math.round((skew.read() ?? 0) / 1000)).toBe(1000)
  })

  it('is not moved by one answer that contradicts the others', () => {
    const skew = createSkew()
    const right = (at: number) => skew.learn(new Date(at).toUTCString(), at, at + 10)
    right(1_000_000)
    const day = 86_400_000
    for (const wrong of [day, -day, 3_600_000]) {
      skew.learn(new Date(1_003_000 + wrong).toUTCString(), 1_003_000, 1_003_010)
      expect(Math.abs(skew.read() ?? day)).toBeLessThan(1_000)
      right(1_006_000)
    }
    expect(Math.abs(skew.read() ?? day)).toBeLessThan(1_000)
  })

  it('is not learned from nonsense', () => {
    const skew = createSkew()
    skew.learn('', 1, 2)
    expect(skew.read()).toBeNull()
  })

  it('is read from the answers', async () => {
    const server = await loopback()
    const ahead = new Date(Date.now() + 60_000).toUTCString()
    server.on(BOOK, { body: '{}', headers: { date: ahead } })
    const one = client(server.url)
    await one.send('orderBook', { token })
    expect(Math.round((one.skewMs() ?? 0) / 2_000)).toBe(30)
  })
})
