// One connection to the broker, on which one request at a time is answered. It is given up rather than used
// again wherever the next answer could be taken for another: when bytes come that nobody asked for, when the
// request was answered before it was written, when the broker closes or may be about to. What became of a
// request is noted on its `wire` as it happens; nothing is written twice.
//
//   opening ── open ──► free ── exchange ──► busy ── answered ──► free
//      │                 │ idle, closed       │ failed, cut, overdue
//      └─────────────────┴────────────────────┴──► gone
import type { Wire } from './carrier.ts'
import { IDLE_MS, type Way } from './egress.ts'
import { createReplyReader, type Head, type ReplyReader } from './reply.ts'

export interface Connection {
  /** On a connection that is free, or opening still: then the request goes as soon as it is open. */
  exchange(request: string, wire: Wire, overdue: AbortSignal): Promise<Answered>
  isFree(): boolean
  close(): void
}

export interface Answered {
  readonly head: Head
  readonly body: Buffer
}

interface Exchange {
  /** Made for the first bytes that come back: until then others' orders may be waiting to leave. */
  reader: ReplyReader | null
  readonly wire: Wire
  readonly overdue: AbortSignal
  readonly resolve: (answered: Answered) => void
  readonly reject: (error: unknown) => void
}

export const CLOSED = new Error('the connection closed')

export function createConnection(socket: Way, told: { freed(): void; gone(): void }): Connection {
  let isOpen = false
  let isOver = false
  let current: Exchange | null = null
  /** What it failed with, until its end is told. */
  let failure: unknown = CLOSED

  function open(): void {
    isOpen = true
    socket.on('data', take)
    if (current !== null) current.wire.phase = 'partlyWritten'
  }

  function take(bytes: Buffer): void {
    if (current === null) {
      socket.destroy()
      return
    }
    const { wire } = current
    current.reader ??= createReplyReader()
    const { reader } = current
    try {
      reader.take(bytes)
    } catch (error) {
      if (reader.head() !== null) wire.phase = 'replyBegun'
      fail(error)
      return
    }
    if (reader.head() !== null) wire.phase = 'replyBegun'
    if (reader.isDone()) finish(current, reader)
  }

  function end(): void {
    isOver = true
    const reader = current?.reader ?? null
    reader?.end()
    if (current !== null && reader?.isDone()) finish(current, reader)
    else fail(CLOSED)
  }

  function finish({ resolve }: Exchange, reader: ReplyReader): void {
    const head = reader.head() as Head
    const isWhole = socket.writableLength === 0
    const restMs = Math.min(IDLE_MS, head.keepForMs)
    release()
    if (isOver || !isWhole || reader.hasMore() || restMs === 0) socket.destroy()
    else {
      socket.setTimeout(restMs)
      socket.unref()
      told.freed()
    }
    resolve({ head, body: reader.body() })
  }

  function fail(error: unknown): void {
    failure = error
    isOver = true
    socket.destroy()
    const failed = current
    release()
    failed?.reject(error)
  }

  function release(): void {
    current?.overdue.removeEventListener('abort', giveUp)
    current = null
  }

  const giveUp = (): void => fail(CLOSED)

  const isSecure = 'secureConnecting' in socket
  if (socket.pending || socket.connecting || (isSecure && socket.secureConnecting))
    socket.once(isSecure ? 'secureConnect' : 'connect', open)
  else open()
  socket.on('end', end)
  socket.on('error', fail)
  socket.on('timeout', () => {
    if (current === null) socket.destroy()
  })
  socket.once('close', () => {
    fail(failure)
    told.gone()
  })

  return {
    exchange(request, wire, overdue) {
      if (overdue.aborted) return Promise.reject(CLOSED)
      return new Promise((resolve, reject) => {
        current = { reader: null, wire, overdue, resolve, reject }
        overdue.addEventListener('abort', giveUp, { once: true })
        socket.ref()
        if (isOpen) wire.phase = 'partlyWritten'
        // In one piece, and to the socket before this call comes back.
        socket.write(request, encodingOf(request), (error) => {
          if (!error && wire.phase === 'partlyWritten') wire.phase = 'written'
        })
      })
    },
    isFree: () => isOpen && !isOver && current === null && !socket.destroyed,
    close: giveUp,
  }
}

/** The same bytes of what is plain, at less cost. */
const encodingOf = (text: string): 'latin1' | 'utf8' =>
  Buffer.byteLength(text) === text.length ? 'latin1' : 'utf8'
