// The simulated broker on loopback: HTTP, the order-update websocket, and a guarded way to `control` for
// other processes. It carries what the simulator says and decides nothing; only here is there a real clock.
import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import { formatDecimal } from '../domain/numbers.ts'
import type { Side } from '../domain/order.ts'
import { type Instant, instant } from '../domain/time.ts'
import type { Control } from './control.ts'
import type { OrderChange } from './desk.ts'
import type { Answer, LoggedRequest, Request } from './gateway.ts'
import type { ProductWord } from './order.ts'
import { INSTRUMENTS_PATH, STREAM_PATH } from './routes.ts'
import { createSimulator, type Simulator, type SimulatorSettings } from './simulator.ts'

export interface SimulatorClock {
  now(): Instant
  /** Resolves after `ms`, or at once when the signal aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

export interface ServerSettings extends Partial<SimulatorSettings> {
  readonly clock?: SimulatorClock
  readonly port?: number
}

export interface RunningSimulator {
  readonly urls: {
    readonly rest: string
    readonly feed: string
    readonly instruments: string
    readonly control: string
  }
  /** Whoever controls from another process says this in `x-control-token`. */
  readonly controlToken: string
  readonly settings: SimulatorSettings
  /** Brings the simulation up to now, then does it. */
  readonly control: Control
  onRequest(listener: (request: LoggedRequest) => void): void
  /** Every change of every order, for whoever wants to watch the broker's side. */
  onOrder(listener: (change: OrderTold) => void): void
  /** Rejects when the simulator itself failed while it served. */
  stop(): Promise<void>
}

export interface OrderTold {
  readonly at: Instant
  readonly clientCode: string
  readonly orderId: string
  readonly tag: string
  readonly side: Side
  readonly quantity: string
  readonly filled: string
  readonly exchange: string
  readonly symbol: string
  readonly product: ProductWord
  readonly change: OrderChange
}

const HOST = '127.0.0.1'
const CONTROL_PATH = '/control'
const BODY_BYTES_MAX = 1_000_000
/** How often the market moves on when nobody asks. */
const TURN_MS = 100

export async function startSimulator(wanted: ServerSettings = {}): Promise<RunningSimulator> {
  const { clock = realClock(), port = 0, ...settings } = wanted
  const simulator = createSimulator(settings, clock.now())
  const controlToken = randomBytes(16).toString('hex')
  const stopped = new AbortController()
  const sockets = new WebSocketServer({ noServer: true })
  /** Bugs of ours. Told at the end, since on the wire they would pass for one more fault. */
  const bugs: unknown[] = []
  const server = createServer((incoming, outgoing) => {
    serve(incoming, outgoing).catch((bug: unknown) => {
      bugs.push(bug)
      outgoing.destroy()
    })
  })

  async function serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const request = await readRequest(incoming)
    if (request === null) return void outgoing.destroy()
    if (request.url === CONTROL_PATH) {
      simulator.exchange.advance(clock.now())
      return carryControl(simulator, controlToken, request, outgoing)
    }
    const plan = simulator.gateway.receive(request, clock.now())
    await pause(plan.waitMs)
    const { waitMs, answer } = plan.run(clock.now())
    await pause(waitMs)
    await carry(answer, outgoing, pause)
  }

  async function pause(ms: number): Promise<void> {
    if (ms > 0) await clock.sleep(ms, stopped.signal)
  }

  function upgrade(incoming: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (incoming.url?.split('?')[0] !== STREAM_PATH) {
      refuseUpgrade(socket, 404)
      return
    }
    const now = clock.now()
    simulator.exchange.advance(now)
    // The greeting comes before the socket is one.
    const early: string[] = []
    let client: WebSocket | null = null
    const send = (text: string): void => {
      if (client) client.send(text)
      else early.push(text)
    }
    const handshake = simulator.streams.connect(
      incoming.headers.authorization ?? '',
      {
        send(text, afterMs) {
          if (afterMs === 0) send(text)
          else void pause(afterMs).then(() => send(text))
        },
        close: () => client?.close(1001),
      },
      now,
    )
    if (handshake.kind === 'refused') {
      refuseUpgrade(socket, handshake.status)
      return
    }
    const { connection } = handshake
    sockets.handleUpgrade(incoming, socket, head, (opened) => {
      client = opened
      for (const text of early) opened.send(text)
      opened.on('message', (data) => connection.receive(String(data)))
      opened.on('error', () => opened.terminate())
      opened.on('close', () => connection.left())
    })
  }

  async function turn(): Promise<void> {
    while (!stopped.signal.aborted) {
      simulator.exchange.advance(clock.now())
      await clock.sleep(TURN_MS, stopped.signal)
    }
  }

  server.on('upgrade', upgrade)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, HOST, resolve)
  })
  const { port: bound } = server.address() as AddressInfo
  const turning = turn()

  return {
    urls: {
      rest: `http://${HOST}:${bound}`,
      feed: `ws://${HOST}:${bound}${STREAM_PATH}`,
      instruments: `http://${HOST}:${bound}${INSTRUMENTS_PATH}`,
      control: `http://${HOST}:${bound}${CONTROL_PATH}`,
    },
    controlToken,
    settings: simulator.settings,
    control: upToNow(simulator, clock),
    onRequest: simulator.gateway.onRequest,
    onOrder(listener) {
      simulator.exchange.desk.onOrder((account, order, change) =>
        listener({
          at: simulator.exchange.now(),
          clientCode: account.setting.clientCode,
          orderId: order.orderId,
          tag: order.tag,
          side: order.side,
          quantity: formatDecimal(order.quantity),
          filled: formatDecimal(order.filled),
          exchange: order.listing.exchange,
          symbol: order.listing.symbol,
          product: order.product,
          change,
        }),
      )
    },
    async stop() {
      stopped.abort()
      await turning
      for (const client of sockets.clients) client.terminate()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      if (bugs.length > 0) throw new AggregateError(bugs, 'the simulator failed while it served')
    },
  }
}

/** Every call of `control` first lets happen what should have happened by now. */
function upToNow(simulator: Simulator, clock: SimulatorClock): Control {
  return new Proxy(simulator.control, {
    get(target, name) {
      simulator.exchange.advance(clock.now())
      return Reflect.get(target, name)
    },
  })
}

function carryControl(
  { control }: Simulator,
  token: string,
  request: Request,
  outgoing: ServerResponse,
): void {
  if (request.headers['x-control-token'] !== token) return void outgoing.writeHead(401).end()
  const { method, argument } = JSON.parse(request.body) as { method: string; argument: unknown }
  const methods = control as unknown as Record<string, (argument: unknown) => unknown>
  if (!Object.hasOwn(methods, method)) return void outgoing.writeHead(404).end()
  try {
    const result = methods[method]?.(argument) ?? null
    outgoing.writeHead(200, { 'content-type': 'application/json' })
    outgoing.end(JSON.stringify({ result }))
  } catch (error) {
    outgoing.writeHead(400, { 'content-type': 'application/json' })
    outgoing.end(JSON.stringify({ error: String(error) }))
  }
}

/** null when it is too large, or its sender went away in the middle of it. */
async function readRequest(incoming: IncomingMessage): Promise<Request | null> {
  const pieces: Buffer[] = []
  let size = 0
  try {
    for await (const piece of incoming as AsyncIterable<Buffer>) {
      size += piece.length
      if (size > BODY_BYTES_MAX) return null
      pieces.push(piece)
    }
  } catch {
    // Only the connection can fail here: what was not sent whole is no request.
    return null
  }
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(incoming.headers)) headers[name] = String(value)
  return {
    method: incoming.method ?? 'GET',
    url: incoming.url ?? '/',
    headers,
    body: Buffer.concat(pieces).toString('utf8'),
    from: (incoming.socket.remoteAddress ?? '').replace(/^::ffff:/, ''),
  }
}

async function carry(
  answer: Answer,
  outgoing: ServerResponse,
  pause: (ms: number) => Promise<void>,
): Promise<void> {
  if (answer.kind === 'silence') return
  if (answer.kind === 'reset') return void (outgoing.socket as Socket | null)?.resetAndDestroy()
  outgoing.sendDate = false
  outgoing.setHeader('date', new Date(answer.date).toUTCString())
  outgoing.setHeader('content-type', answer.contentType)
  outgoing.statusCode = answer.status
  if (typeof answer.body === 'string' && answer.pace === null && answer.cutAfterBytes === null)
    return void outgoing.end(answer.body)
  const length = typeof answer.body === 'string' ? Buffer.byteLength(answer.body) : null
  if (length !== null) outgoing.setHeader('content-length', length)
  let sent = 0
  for (const piece of piecesOf(answer)) {
    if (outgoing.destroyed) return
    const room = (answer.cutAfterBytes ?? Number.POSITIVE_INFINITY) - sent
    sent += piece.length
    const part = piece.length > room ? piece.subarray(0, room) : piece
    const isReady = outgoing.write(part)
    if (piece.length >= room) {
      // What was written goes out before the connection ends.
      await new Promise<void>((resolve) => outgoing.write('', () => resolve()))
      return void outgoing.destroy()
    }
    if (answer.pace) await pause(answer.pace.everyMs)
    else if (!isReady) await drained(outgoing)
  }
  outgoing.end()
}

function* piecesOf(answer: Answer & { kind: 'reply' }): Generator<Buffer> {
  const texts = typeof answer.body === 'string' ? [answer.body] : answer.body
  for (const text of texts) {
    const bytes = Buffer.from(text)
    const size = answer.pace?.bytes ?? bytes.length
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
  }
}

function drained(outgoing: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      outgoing.off('drain', done)
      outgoing.off('close', done)
      resolve()
    }
    outgoing.on('drain', done)
    outgoing.on('close', done)
  })
}

function refuseUpgrade(socket: Duplex, status: number): void {
  socket.end(`HTTP/1.1 ${status} Refused\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`)
}

function realClock(): SimulatorClock {
  return {
    now: () => instant(Date.now()),
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve()
        const timer = setTimeout(done, ms)
        signal?.addEventListener('abort', done, { once: true })
        function done() {
          clearTimeout(timer)
          signal?.removeEventListener('abort', done)
          resolve()
        }
      }),
  }
}
