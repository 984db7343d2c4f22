// Brings one request to the broker and its answer back, over an account's own connections and from its own
// address, and notes on the way how far it got: whether an order can have left is never guessed. Nothing is
// sent twice, no redirect is followed. It writes its requests itself, because what stands between a recorded
// order and its first byte is waited for by every follower, and Node's own client takes five times as long.
import { promisify } from 'node:util'
import { brotliDecompress, gunzip, inflate } from 'node:zlib'
import type { Egress } from '../../domain/account.ts'
import { type Answered, CLOSED, type Connection, createConnection } from './connection.ts'
import { createOpener, ProxyRefused, type Way } from './egress.ts'
import { LARGEST_ANSWER } from './reply.ts'

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
  /** Never changed once they were given. */
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

/** More are wanted only where a broker answers nothing: then who comes next waits, and leaves nothing behind. */
const MOST_CONNECTIONS = 32

export const createWire = (): Wire => ({
  phase: 'neverConnected',
  isReused: false,
  proxyStatus: null,
})

export function createCarrier(config: { readonly url: string; readonly egress: Egress }): Carrier {
  const url = new URL(config.url)
  const { host } = url
  const prefix = url.pathname.replace(/\/$/, '')
  const openWay = createOpener(url, config.egress)
  const textOf = createWriting(prefix, host)
  /** The one used last comes first: it is the least likely to be closed meanwhile. */
  const free: Connection[] = []
  const all = new Set<Connection>()
  let opening = 0
  /** Those who wait for one of the others to end. */
  const waiting = new Set<() => void>()
  let isClosed = false

  async function carry(outgoing: Outgoing, wire: Wire, overdue: AbortSignal): Promise<Reply> {
    const request = textOf(outgoing)
    const kept = takeFree()
    // With a connection there the request is on its way when this call comes back.
    if (kept === null) return await carryLater(request, wire, overdue)
    wire.isReused = true
    return await replyOf(await kept.exchange(request, wire, overdue))
  }

  async function carryLater(request: string, wire: Wire, overdue: AbortSignal): Promise<Reply> {
    while (all.size + opening >= MOST_CONNECTIONS && !isClosed) {
      await oneEnds(overdue)
      const freed = takeFree()
      if (freed === null) continue
      wire.isReused = true
      return await replyOf(await freed.exchange(request, wire, overdue))
    }
    const opened = openWay()
    const way = opened instanceof Promise ? await arrivalOf(opened, wire, overdue) : opened
    if (overdue.aborted || isClosed) {
      way.destroy()
      throw CLOSED
    }
    return await replyOf(await keep(way).exchange(request, wire, overdue))
  }

  function takeFree(): Connection | null {
    for (;;) {
      const connection = free.pop()
      if (connection === undefined) return null
      if (connection.isFree()) return connection
    }
  }

  function keep(way: Way): Connection {
    const connection = createConnection(way, {
      freed() {
        free.push(connection)
        wakeOne()
      },
      gone() {
        all.delete(connection)
        wakeOne()
      },
    })
    all.add(connection)
    return connection
  }

  /** A proxy may never answer: then nobody waits for it beyond the deadline. */
  async function arrivalOf(way: Promise<Way>, wire: Wire, overdue: AbortSignal): Promise<Way> {
    opening += 1
    way.then(endOpening, endOpening)
    const late = untilAborted(overdue)
    try {
      return await Promise.race([way, late.promise])
    } catch (error) {
      if (error instanceof ProxyRefused) wire.proxyStatus = error.status
      // Whatever arrives after all is not needed any more.
      way.then((socket) => socket.destroy()).catch(() => undefined)
      throw error
    } finally {
      late.forget()
    }
  }

  function endOpening(): void {
    opening -= 1
    wakeOne()
  }

  async function oneEnds(overdue: AbortSignal): Promise<void> {
    const turn = Promise.withResolvers<void>()
    const late = untilAborted(overdue)
    waiting.add(turn.resolve)
    try {
      await Promise.race([turn.promise, late.promise])
    } finally {
      waiting.delete(turn.resolve)
      late.forget()
    }
  }

  function wakeOne(): void {
    const [first] = waiting
    if (first === undefined) return
    waiting.delete(first)
    first()
  }

  return {
    carry,
    close() {
      isClosed = true
      for (const connection of all) connection.close()
      for (const wake of waiting) wake()
    },
  }
}

/** Rejects when the time is up. */
function untilAborted(overdue: AbortSignal) {
  const { promise, reject } = Promise.withResolvers<never>()
  promise.catch(() => undefined)
  const giveUp = (): void => reject(CLOSED)
  overdue.addEventListener('abort', giveUp, { once: true })
  if (overdue.aborted) giveUp()
  return { promise, forget: () => overdue.removeEventListener('abort', giveUp) }
}

// --- the request and the reply as text -------------------------------------------------------------

/** Nothing in it may end a line or begin another one. */
const PLAIN = /^[\t\x20-\x7e]*$/
const PLAIN_PATH = /^\/[\x21-\x7e]*$/

/** What stands in every request of a session is looked at and put together once, not for each order. */
function createWriting(prefix: string, host: string): (outgoing: Outgoing) => string {
  let known: Outgoing['headers'] | null = null
  let lines = ''

  function linesOf(headers: Outgoing['headers']): string {
    if (headers === known) return lines
    let text = `Host: ${host}\r\nConnection: keep-alive\r\nAccept-Encoding: gzip, deflate, br\r\n`
    for (const name in headers) {
      const value = headers[name] as string
      if (!PLAIN.test(value)) throw new Error('a header cannot be sent')
      text += `${name}: ${value}\r\n`
    }
    known = headers
    lines = text
    return text
  }

  return ({ method, path, headers, body }) => {
    const target = prefix + path
    if (!PLAIN_PATH.test(target)) throw new Error('the path cannot be sent')
    const head = `${method} ${target} HTTP/1.1\r\n${linesOf(headers)}`
    if (body === undefined) return `${head}\r\n`
    return `${head}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
  }
}

async function replyOf({ head, body }: Answered): Promise<Reply> {
  const unpack = UNPACKERS[head.encoding]
  const plain = unpack === undefined || body.length === 0 ? body : await unpack(body, UNPACKED)
  return { status: head.status, date: head.date, text: plain.toString('utf8') }
}

const UNPACKED = { maxOutputLength: LARGEST_ANSWER }
const UNPACKERS: Readonly<
  Record<string, (packed: Buffer, limit: typeof UNPACKED) => Promise<Buffer>>
> = {
  gzip: promisify(gunzip),
  'x-gzip': promisify(gunzip),
  deflate: promisify(inflate),
  br: promisify(brotliDecompress),
}
