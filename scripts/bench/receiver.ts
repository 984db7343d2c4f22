// The broker of the benchmarks, a process of its own: it takes orders as SmartAPI has them, notes when the
// first byte of each was there, and answers after the time it is told. It checks no money, no limit and no
// code, since it has to cost little; the whole simulated broker is src/simulator. Everything is timed here,
// by one clock, from the moment at which the master's fill is told.
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { type WebSocket, WebSocketServer } from 'ws'
import { MASTER_CODE } from '../../src/simulator/default-accounts.ts'
import { instrumentsFile } from '../../src/simulator/instruments-file.ts'
import { findRoute, INSTRUMENTS_PATH, STREAM_PATH } from '../../src/simulator/routes.ts'
import {
  type Book,
  createBook,
  envelope,
  LISTINGS,
  profileText,
  quantityOf,
  quoteText,
  SHARE,
} from './books.ts'
import { beginFlood, type RunningFlood } from './flood.ts'
import type { Asked, Round, RoundTold, Sender, Told } from './messages.ts'
import { answerBytes, createCutter, type Received } from './requests.ts'

const HOST = '127.0.0.1'
const SENDERS: readonly Sender[] = ['copier', 'floor', 'synced', 'oneByOne']

interface Connection {
  readonly sender: Sender
  readonly socket: Socket
  readonly cutter: ReturnType<typeof createCutter>
}

interface Running extends Round {
  readonly begunAt: number
  readonly arrivals: number[]
  readonly accounts: Set<string>
  readonly wrongs: string[]
  shownAt: number | null
  unanswered: number
}

const books = new Map<string, Book>()
const streams = new Map<string, Set<WebSocket>>()
const booksRead = new Set<string>()
const inbox: { connection: Connection; bytes: Buffer; at: number }[] = []
const wrongs: string[] = []
let masterReadings: string[] = []
let latencyMs = 0
let heardAt = performance.now()
let reads = 0
let running: Running | null = null
let flood: RunningFlood | null = null

// --- the bytes: stamped first, looked at when no more are waiting -----------------------------------

function accept(sender: Sender, socket: Socket): void {
  const connection: Connection = { sender, socket, cutter: createCutter() }
  socket.setNoDelay(true)
  socket.on('data', (bytes) => {
    inbox.push({ connection, bytes, at: performance.now() })
    if (inbox.length === 1) setImmediate(readInbox)
  })
  socket.on('error', () => socket.destroy())
}

function readInbox(): void {
  for (const { connection, bytes, at } of inbox.splice(0))
    for (const request of connection.cutter.take(bytes, at)) receive(connection, request)
}

function receive(connection: Connection, request: Received): void {
  if (connection.sender === 'copier') heardAt = request.at
  const route = findRoute(request.method, request.path)?.route.name ?? null
  const client = clientOf(request.token)
  if (route === 'place') take(connection, client, request)
  else
    answerIn(latencyMs, connection.socket, () => answerTo(connection, route, client, request.body))
}

/** The token names who it was given to. */
const clientOf = (token: string): string => token.replace(/^token-/, '')

function answerIn(ms: number, socket: Socket, answer: () => string): void {
  const send = () => void socket.write(answerBytes(answer()))
  if (ms === 0) setImmediate(send)
  else setTimeout(send, ms)
}

// --- what is asked ---------------------------------------------------------------------------------

function answerTo(
  { sender }: Connection,
  route: string | null,
  client: string,
  body: string,
): string {
  reads += 1
  switch (route) {
    case 'login': {
      const token = `token-${(JSON.parse(body) as { clientcode: string }).clientcode}`
      return envelope(JSON.stringify({ jwtToken: token, refreshToken: token, feedToken: token }))
    }
    case 'book':
      return bookOf(sender, client)
    case 'positions':
      if (client === MASTER_CODE) masterReadings.push('positions')
      return bookNamed(sender, client).positionsText()
    case 'holdings':
      return envelope('[]')
    case 'funds':
      return envelope('{"net":"100000000.0000","utiliseddebits":"0.0000"}')
    case 'quote':
      return quoteText()
    case 'profile':
      return profileText(client)
    default:
      wrongs.push(`${sender} asked for ${route ?? 'nothing that is known'}`)
      return envelope('null')
  }
}

function bookOf(sender: Sender, client: string): string {
  booksRead.add(client)
  if (client === MASTER_CODE) {
    masterReadings.push('book')
    if (running?.by === 'book' && running.sender === sender) running.shownAt ??= performance.now()
  }
  return bookNamed(sender, client).text()
}

/** Of each sender's own world: what one copies is never seen by another. */
function bookNamed(sender: Sender, client: string): Book {
  const name = `${sender}/${client}`
  const known = books.get(name) ?? createBook(client)
  books.set(name, known)
  return known
}

// --- orders ----------------------------------------------------------------------------------------

interface OrderBody {
  readonly tradingsymbol: string
  readonly transactiontype: 'BUY' | 'SELL'
  readonly quantity: string
  readonly ordertag: string
}

function take({ sender, socket }: Connection, client: string, { body, at }: Received): void {
  const order = JSON.parse(body) as OrderBody
  const round = running?.sender === sender ? running : null
  if (flood !== null && sender === 'copier') flood.arrived(Number(order.quantity), at)
  else if (round === null)
    wrongs.push(`${sender} sent an order for ${client} that nothing asked for`)
  else {
    round.arrivals.push(at - round.begunAt)
    if (round.accounts.has(client)) round.wrongs.push(`two orders for ${client}`)
    round.accounts.add(client)
    round.unanswered += 1
    const what = `${order.transactiontype} ${order.quantity} ${order.tradingsymbol}`
    const wanted = `${round.side} ${round.quantity} ${SHARE.symbol}`
    if (what !== wanted) round.wrongs.push(`${what} for ${client} in place of ${wanted}`)
  }
  answerIn(latencyMs, socket, () => {
    const { orderId, uniqueOrderId, frame } = bookNamed(sender, client).fill({
      side: order.transactiontype,
      quantity: quantityOf(order.quantity),
      tag: order.ordertag ?? '',
    })
    // The stream tells of it when the answer is on its way.
    setImmediate(() => {
      if (sender === 'copier') tell(client, frame)
      if (round !== null) answered(round)
    })
    return envelope(
      JSON.stringify({
        script: order.tradingsymbol,
        orderid: orderId,
        uniqueorderid: uniqueOrderId,
      }),
    )
  })
}

function answered(round: Running): void {
  round.unanswered -= 1
  if (round.unanswered > 0 || round.arrivals.length < round.orders) return
  const { begunAt, arrivals, shownAt, wrongs: seen } = round
  const told: RoundTold = {
    kind: 'round',
    arrivals: arrivals.toSorted((a, b) => a - b),
    shownMs: shownAt === null ? null : shownAt - begunAt,
    wrongs: [...seen, ...wrongs],
  }
  running = null
  send(told)
}

/** The master's own order fills: the book has it, and the stream tells of it unless it is to be found. */
function begin(round: Round): void {
  const { sender, by, side, quantity } = round
  const master = bookNamed(sender, MASTER_CODE)
  const { frame } = master.fill({ side, quantity: quantityOf(quantity), tag: '' })
  running = {
    ...round,
    begunAt: performance.now(),
    arrivals: [],
    accounts: new Set(),
    wrongs: [],
    shownAt: null,
    unanswered: 0,
  }
  if (by === 'frame') tell(sender === 'copier' ? MASTER_CODE : sender, frame)
}

function fillOfMaster(quantity: number): string {
  const order = { side: 'BUY', quantity: quantityOf(String(quantity)), tag: '' } as const
  return bookNamed('copier', MASTER_CODE).fill(order).frame
}

function tell(client: string, frame: string): void {
  for (const socket of streams.get(client) ?? []) socket.send(frame)
}

// --- the doors -------------------------------------------------------------------------------------

const feed = createHttpServer((_request, response) => {
  response.setHeader('content-type', 'application/json')
  for (const piece of instrumentsFile(LISTINGS, null)) response.write(piece)
  response.end()
})
new WebSocketServer({ server: feed }).on('connection', (socket, request) => {
  const client = clientOf(request.headers.authorization?.replace(/^Bearer /, '') ?? '')
  const own = streams.get(client) ?? new Set()
  streams.set(client, own.add(socket))
  socket.on('message', (data) => {
    if (String(data) === 'ping') socket.send('pong')
  })
  socket.on('error', () => socket.terminate())
  socket.on('close', () => own.delete(socket))
})

const portOf = (address: AddressInfo | string | null): number => (address as AddressInfo).port
const listening = (server: { listen(port: number, host: string, ready: () => void): unknown }) =>
  new Promise<void>((ready) => void server.listen(0, HOST, ready))

const urls: Record<string, string> = {}
for (const sender of SENDERS) {
  const server = createServer((socket) => accept(sender, socket))
  await listening(server)
  urls[sender] = `http://${HOST}:${portOf(server.address())}`
}
await listening(feed)
const feedPort = portOf(feed.address())

const send = (told: Told): void => void process.send?.(told)

process.on('message', (asked: Asked) => {
  switch (asked.kind) {
    case 'round':
      return begin(asked)
    case 'latency':
      latencyMs = asked.ms
      return send({ kind: 'done' })
    case 'history':
      for (let row = 0; row < asked.rows; row++) fillOfMaster(1)
      return send({ kind: 'done' })
    case 'flood':
      flood = beginFlood(
        asked,
        (quantity) => tell(MASTER_CODE, fillOfMaster(quantity)),
        (told) => {
          flood = null
          send(told)
        },
      )
      return
    case 'forget':
      books.clear()
      booksRead.clear()
      masterReadings = []
      wrongs.length = 0
      return send({ kind: 'done' })
    case 'state':
      return send({
        kind: 'state',
        // Between two readings of the book lie the positions; after the second it copies.
        watches:
          masterReadings.lastIndexOf('book') > masterReadings.indexOf('positions') &&
          masterReadings.includes('positions'),
        booksRead: booksRead.size,
        streams: [...streams.values()].filter((own) => own.size > 0).length,
        quietMs: performance.now() - heardAt,
        reads,
        wrongs,
      })
  }
})
process.on('disconnect', () => process.exit(0))
send({
  kind: 'ready',
  rest: urls as Record<Sender, string>,
  feed: `ws://${HOST}:${feedPort}${STREAM_PATH}`,
  instruments: `http://${HOST}:${feedPort}${INSTRUMENTS_PATH}`,
})
