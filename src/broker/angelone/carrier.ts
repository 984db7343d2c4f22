// Brings one request to the broker and its answer back, over an account's own connections and from its own
// address, and notes on the way how far it got: whether an order can have left is never guessed. Nothing is
// sent twice, no redirect is followed, no proxy is taken out of the environment. It is Node's own client and
// no more, because what stands between a recorded order and its first byte is waited for by every follower.
import http, { type ClientRequest, type IncomingMessage } from 'node:http'
import https from 'node:https'
import { isIPv6, type Socket } from 'node:net'
import type { Readable } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import { urlToHttpOptions } from 'node:url'
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'
import { HttpsProxyAgent } from 'https-proxy-agent'
import type { Egress } from '../../domain/account.ts'

/**
 * How far a request got before its connection failed. Only at `neverConnected` is it certain that
 * nothing left: a connection that was there may have carried bytes that we never saw acknowledged.
 */
export type Phase = 'neverConnected' | 'partlyWritten' | 'written' | 'replyBegun'

export interface Wire {
  phase: Phase
  isReused: boolean
  /** What a proxy answered in place of opening the way. */
  proxyStatus: number | null
}

/** A request as it goes out: everything that the broker sees of it. */
export interface Outgoing {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | undefined
}

export interface Reply {
  readonly status: number
  /** As the `Date` header says it. */
  readonly date: string
  readonly text: string
}

/** Keeps `wire` true, whatever it throws for. */
export interface Carrier {
  carry(request: Outgoing, wire: Wire, overdue: AbortSignal): Promise<Reply>
  close(): void
}

// A book of 5,000 rows is 5 MB. More than this is no answer to anything we ask.
const LARGEST_ANSWER = 32 * 1024 * 1024
// Shorter than the idle time of common gateways, so that we rarely write into a closing connection.
const IDLE_MS = 30_000
// As long as a whole request may take.
const TUNNEL_WITHIN_MS = 7_000

export const createWire = (): Wire => ({
  phase: 'neverConnected',
  isReused: false,
  proxyStatus: null,
})

export function createCarrier(config: { readonly url: string; readonly egress: Egress }): Carrier {
  const agent = createAgent(config.url, config.egress)
  const url = new URL(config.url)
  const where = { ...urlToHttpOptions(url), agent }
  const prefix = url.pathname.replace(/\/$/, '')
  const open = url.protocol === 'https:' ? https.request : http.request

  function carry(outgoing: Outgoing, wire: Wire, overdue: AbortSignal): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const { method, path, body } = outgoing
      const options = {
        ...where,
        method,
        path: prefix + path,
        headers: linesOf(outgoing, url.host),
      }
      let isAnswered = false
      const request = open(options, (reply) => {
        isAnswered = true
        readAll(reply).then(
          (text) =>
            resolve({ status: reply.statusCode ?? 0, date: reply.headers.date ?? '', text }),
          reject,
        )
      })
      watch(request, wire)
      // A request without a connection yet has nobody to tell it that it was destroyed: a proxy may never answer.
      const giveUp = (): void => {
        request.destroy()
        reject(CLOSED)
      }
      overdue.addEventListener('abort', giveUp, { once: true })
      request.on('error', reject)
      request.once('close', () => {
        overdue.removeEventListener('abort', giveUp)
        if (!isAnswered) reject(CLOSED)
      })
      request.end(body)
    })
  }

  return { carry, close: () => agent.destroy() }
}

/** As they stand on the wire, name after value: Node takes a list as it is, and looks at each of a map. */
function linesOf({ headers, body }: Outgoing, host: string): string[] {
  const lines = ['Host', host, 'Accept-Encoding', 'gzip, deflate, br']
  for (const name in headers) lines.push(name, headers[name] as string)
  if (body !== undefined) lines.push('Content-Length', String(Buffer.byteLength(body)))
  return lines
}

const CLOSED = new Error('the connection closed')

async function readAll(reply: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = []
  let size = 0
  for await (const piece of plain(reply) as AsyncIterable<Buffer>) {
    size += piece.length
    if (size > LARGEST_ANSWER) throw new Error('the answer is too large')
    pieces.push(piece)
  }
  if (!reply.complete) throw new Error('the answer was cut off')
  return Buffer.concat(pieces).toString('utf8')
}

function plain(reply: IncomingMessage): Readable {
  const unpack = UNPACKERS[reply.headers['content-encoding'] ?? '']
  if (unpack === undefined) return reply
  const unpacked = unpack()
  reply.once('error', (error) => unpacked.destroy(error))
  return reply.pipe(unpacked)
}

const UNPACKERS: Readonly<Record<string, () => ReturnType<typeof createGunzip>>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
}

/** One for each account, so that neither connections nor addresses are ever shared. */
export function createAgent(
  url: string,
  egress: Egress,
  tunnelWithinMs = TUNNEL_WITHIN_MS,
): http.Agent {
  const options = {
    keepAlive: true,
    maxSockets: 32,
    timeout: IDLE_MS,
    // Angel One registers IPv4 addresses only.
    family: egress.localAddress !== null && isIPv6(egress.localAddress) ? 6 : 4,
    ...(egress.localAddress === null ? {} : { localAddress: egress.localAddress }),
  }
  if (egress.proxyUrl) {
    const agent = new HttpsProxyAgent(egress.proxyUrl.reveal(), options)
    return withDeadline(agent, tunnelWithinMs)
  }
  return /^(https|wss):/.test(url) ? new https.Agent(options) : new http.Agent(options)
}

/**
 * A proxy that takes a connection and never opens the way would keep it for ever, and with `maxSockets` of
 * those nothing would go out any more, also when the proxy is well again.
 */
function withDeadline<Proxy extends string>(
  agent: HttpsProxyAgent<Proxy>,
  withinMs: number,
): HttpsProxyAgent<Proxy> {
  const connect = agent.connect.bind(agent)
  agent.connect = async (request, options) => {
    const late = new AbortController()
    agent.connectOpts = { ...agent.connectOpts, signal: late.signal }
    const timer = setTimeout(() => late.abort(), withinMs)
    return await connect(request, options).finally(() => clearTimeout(timer))
  }
  return agent
}

/** Notes on `wire` what becomes of a request. */
function watch(request: ClientRequest, wire: Wire): void {
  request.once('socket', (socket: Socket | TLSSocket) => {
    if (wire.proxyStatus !== null) return
    wire.isReused = request.reusedSocket
    const connected = () => {
      if (wire.phase === 'neverConnected') wire.phase = 'partlyWritten'
    }
    const isSecure = 'secureConnecting' in socket
    const isOpen = !socket.pending && !socket.destroyed && !(isSecure && socket.secureConnecting)
    // A socket that could not even be bound to its address is neither opening nor open.
    if (request.reusedSocket || isOpen) connected()
    else socket.once(isSecure ? 'secureConnect' : 'connect', connected)
  })
  request.once('finish', () => {
    if (wire.phase === 'partlyWritten') wire.phase = 'written'
  })
  request.once('response', () => {
    if (wire.proxyStatus === null) wire.phase = 'replyBegun'
  })
  // A proxy that refuses answers in the broker's place: nothing went further than the proxy.
  request.once('proxyConnect', (answer: { statusCode: number }) => {
    if (answer.statusCode === 200) return
    wire.proxyStatus = answer.statusCode
    request.destroy()
  })
}
