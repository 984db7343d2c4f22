// Angel One's order-update stream for one account. It makes copying faster and nothing depends on it: it
// replays nothing, may be late, silent or dead without a word, and tells of its gaps only by connecting
// again, which is when the book must be read. A refusal of it ends no session: it may be the stream alone
// that is out of order, and orders would wait for a login each time. A reading finds out what is true. Each connection has its own socket, token and listeners, so
// accounts can't mix.
//
//   waiting ── session, back-off ──► connecting ── open ──► connected
//      ▲                                 │ refused             │ closed, silent
//      └─────────────────────────────────┴─────────────────────┘
import type { Account } from '../../domain/account.ts'
import type { Secret } from '../../domain/secret.ts'
import { SECOND } from '../../domain/time.ts'
import type { Chance, Clock, FeedEvent, OrderStream } from '../../ports.ts'
import { mapOrder } from './map.ts'
import type { Session } from './session.ts'
import { type OpenSocket, openSocket } from './socket.ts'
import { parseExactly, readFrame } from './wire.ts'

interface Deps {
  readonly session: Session
  readonly clock: Clock
  readonly chance: Chance
  /** A websocket unless told otherwise. */
  readonly openSocket?: OpenSocket
}

type OnEvent = (event: FeedEvent) => void

/** How a connection ended. */
interface End {
  readonly why: string
  /** It spoke to us, so the next attempt is a first one. */
  readonly wasHeard: boolean
  /** What the handshake was refused with. */
  readonly status: number | null
}

const PING_MS = 10 * SECOND
/** Two pings without any word: the connection is dead, whatever the socket believes. */
const SILENCE_MS = 25 * SECOND
const BACK_OFF_MS = SECOND
const LONGEST_BACK_OFF_MS = 30 * SECOND
const SESSION_WAIT_MS = 7 * SECOND

export function createStream(
  deps: Deps,
  config: { readonly account: Account; readonly url: string },
): OrderStream {
  const { session, clock, chance } = deps
  const open = deps.openSocket ?? openSocket

  async function run(onEvent: OnEvent, signal: AbortSignal): Promise<void> {
    let failures = 0
    while (!signal.aborted) {
      const admission = await session.enter(SESSION_WAIT_MS)
      if (signal.aborted) return
      if (admission.kind === 'open') {
        const end = await connect(admission.token, onEvent, signal)
        if (signal.aborted) return
        onEvent({ kind: 'disconnected', why: end.why, at: clock.now() })
        if (end.wasHeard) failures = 0
        // Too many connections: one of them must be given time to be noticed as dead.
        if (end.status === 429) failures = Math.max(failures, 4)
      }
      await clock.sleep(backOff(failures++), signal)
    }
  }

  /** Doubling, and never the same for two accounts that lost their connection together. */
  function backOff(failures: number): number {
    const longest = Math.min(BACK_OFF_MS * 2 ** failures, LONGEST_BACK_OFF_MS)
    const [byte = 0] = chance.bytes(1)
    return Math.round(longest * (0.5 + byte / 512))
  }

  /** One connection from its opening to its end. */
  function connect(token: Secret, onEvent: OnEvent, signal: AbortSignal): Promise<End> {
    const ended = Promise.withResolvers<End>()
    const over = new AbortController()
    let heardAt = clock.monotonicMs()
    let wasHeard = false
    const socket = open(
      { url: config.url, token, egress: config.account.egress },
      {
        opened() {
          heardAt = clock.monotonicMs()
          onEvent({ kind: 'connected', at: clock.now() })
          socket.send('ping')
        },
        heard(text) {
          heardAt = clock.monotonicMs()
          wasHeard = true
          const event = understand(text)
          if (event) onEvent(event)
        },
        ended: (why, status) => end(why, status),
      },
    )

    function end(why: string, status: number | null = null): void {
      if (over.signal.aborted) return
      over.abort()
      signal.removeEventListener('abort', stop)
      socket.close()
      ended.resolve({ why, wasHeard, status })
    }
    const stop = () => end('stopped')
    signal.addEventListener('abort', stop, { once: true })
    void watch()
    return ended.promise

    async function watch(): Promise<void> {
      while (!over.signal.aborted) {
        await clock.sleep(PING_MS, over.signal)
        if (clock.monotonicMs() - heardAt > SILENCE_MS) end('silent for too long')
        // The broker may let a stream of an ended session live on in silence, pongs and all.
        else if (session.isReplaced(token)) end('its session was replaced')
        else socket.send('ping')
      }
    }
  }

  /** null for what says nothing of an order: a pong, a greeting. */
  function understand(text: string): FeedEvent | null {
    if (text === 'pong') return null
    const at = clock.now()
    const frame = readFrame(tryParse(text))
    if (frame.kind === 'misshapen')
      return { kind: 'unreadable', evidence: `frame ${frame.why}`, at }
    const { 'user-id': user, 'order-status': code, orderData } = frame.value
    if (user !== '' && user !== config.account.clientCode)
      return { kind: 'unreadable', evidence: 'a frame of another client', at }
    if (!namesOrder(orderData))
      return code === 'AB00'
        ? null
        : { kind: 'unreadable', evidence: `frame ${code} without an order`, at }
    // Whatever its code: a greeting with an order in it is that order.
    const mapped = mapOrder(orderData, { account: config.account.name, source: 'stream', now: at })
    return mapped.kind === 'row'
      ? { kind: 'order', report: mapped.value, at }
      : { kind: 'unreadable', evidence: mapped.why, at }
  }

  return { run }
}

const namesOrder = (data: unknown): boolean =>
  typeof data === 'object' && data !== null && 'orderid' in data && Boolean(data.orderid)

function tryParse(text: string): unknown {
  try {
    return parseExactly(text)
  } catch {
    return null // told as a frame that could not be read
  }
}
