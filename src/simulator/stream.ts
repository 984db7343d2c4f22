// The order-update stream without its socket: who listens, and what each is told. A connection is a sink
// for texts; the server gives it a websocket, a simulation a function. Nothing is kept for who is away.
import type { Instant } from '../domain/time.ts'
import type { Account } from './account.ts'
import type { OrderChange } from './desk.ts'
import type { Fault, Faults } from './faults.ts'
import type { SimulatedOrder } from './order.ts'
import type { Sessions } from './sessions.ts'
import { orderRow } from './wire.ts'

export interface Sink {
  /** Says it now, or that much later. */
  send(text: string, afterMs: number): void
  close(): void
}

export interface Connection {
  /** What the client says. */
  receive(text: string): void
  /** The client is gone. */
  left(): void
}

export type Handshake =
  | { readonly kind: 'open'; readonly connection: Connection }
  | { readonly kind: 'refused'; readonly status: 401 | 403 | 429 }

export interface OrderStreams {
  connect(authorization: string, sink: Sink, at: Instant): Handshake
  tell(account: Account, order: SimulatedOrder, change: OrderChange, at: Instant): void
  /** Ends every connection of the account, as a broker's restart does. */
  drop(account: Account): void
  count(account: Account): number
}

export interface StreamSettings {
  /** What becomes of a connection whose session has ended: it still answers pings, or is closed. */
  readonly streamsAfterSession: 'silent' | 'closed' | 'goOn'
}

/** The broker takes this many connections of one client. */
const CONNECTIONS_MAX = 3

interface Listener {
  readonly account: Account
  readonly authorization: string
  readonly sink: Sink
  isDead: boolean
}

export function createOrderStreams(
  parts: { sessions: Sessions; faults: Faults },
  settings: StreamSettings,
): OrderStreams {
  const { sessions, faults } = parts
  const listeners = new Set<Listener>()
  /** The frame before, by order: what a stale frame repeats. */
  const before = new Map<string, string>()

  const countOf = (account: Account): number =>
    [...listeners].filter((listener) => listener.account === account).length

  function greet(listener: Listener): void {
    listener.sink.send(frameOf(listener.account, 'AB00', emptyRow()), 0)
  }

  function say(listener: Listener, frame: string, previous: string | undefined, at: Instant): void {
    const struck = faults.strike(listener.account.setting.clientCode, 'frame', at)
    if (struck.some((each) => each.kind === 'deadStream')) listener.isDead = true
    if (listener.isDead || struck.some((each) => each.kind === 'droppedFrame')) return
    const late = struck.find((each) => each.kind === 'lateFrame')
    for (const text of textsOf(frame, previous, struck)) listener.sink.send(text, late?.ms ?? 0)
    if (struck.some((each) => each.kind === 'closedStream')) end(listener)
  }

  const mayHear = ({ authorization }: Listener, at: Instant): boolean =>
    settings.streamsAfterSession === 'goOn' ||
    sessions.admit(authorization, null, at).kind === 'session'

  function end(listener: Listener): void {
    listeners.delete(listener)
    listener.sink.close()
  }

  return {
    connect(authorization, sink, at) {
      const admission = sessions.admit(authorization, null, at)
      const clientCode = admission.account?.setting.clientCode ?? null
      for (const struck of faults.strike(clientCode, 'stream', at)) {
        if (struck.kind === 'answer' && isRefusal(struck.status))
          return { kind: 'refused', status: struck.status }
      }
      if (admission.kind === 'lost')
        return { kind: 'refused', status: admission.code === 'AG8002' ? 403 : 401 }
      if (countOf(admission.account) >= CONNECTIONS_MAX) return { kind: 'refused', status: 429 }
      const { account } = admission
      const listener: Listener = { account, authorization, sink, isDead: false }
      listeners.add(listener)
      greet(listener)
      return {
        kind: 'open',
        connection: {
          receive(text) {
            if (text === 'ping' && !listener.isDead) sink.send('pong', 0)
          },
          left: () => listeners.delete(listener),
        },
      }
    },
    tell(account, order, change, at) {
      const frame = frameOf(account, codeOf(change), rowOf(order, change))
      const previous = before.get(order.uniqueOrderId)
      before.set(order.uniqueOrderId, frame)
      for (const listener of [...listeners]) {
        if (listener.account !== account) continue
        if (mayHear(listener, at)) say(listener, frame, previous, at)
        else if (settings.streamsAfterSession === 'closed') end(listener)
      }
    },
    drop(account) {
      for (const listener of [...listeners]) if (listener.account === account) end(listener)
    },
    count: countOf,
  }
}

function textsOf(
  frame: string,
  previous: string | undefined,
  struck: readonly Fault[],
): readonly string[] {
  const texts = [frame]
  for (const each of struck) {
    if (each.kind === 'duplicatedFrame') texts.push(frame)
    if (each.kind === 'staleFrame' && previous !== undefined) texts.push(previous)
    if (each.kind === 'lyingFrame') texts[0] = asFilled(frame)
    if (each.kind === 'unreadableFrame') texts[0] = frame.slice(0, frame.length / 2)
    if (each.kind === 'greetingFrame')
      texts[0] = frame.replace(/"order-status":"AB\d\d"/, '"order-status":"AB00"')
  }
  return texts
}

function asFilled(frame: string): string {
  const { orderData, ...head } = JSON.parse(frame)
  const { quantity, price } = orderData
  const filled = { filledshares: quantity, unfilledshares: '0', averageprice: price }
  const final = { status: 'complete', orderstatus: 'complete' }
  return JSON.stringify({
    ...head,
    'order-status': codeOf('complete'),
    orderData: { ...orderData, ...filled, ...final },
  })
}

const isRefusal = (status: number): status is 401 | 403 | 429 =>
  status === 401 || status === 403 || status === 429

function frameOf(account: Account, code: string, row: unknown): string {
  return JSON.stringify({
    'user-id': account.setting.clientCode,
    'status-code': '200',
    'order-status': code,
    'error-message': '',
    orderData: row,
  })
}

/** The stream's rows lack the two ids that only the book and the details tell. */
function rowOf(order: SimulatedOrder, change: OrderChange): object {
  const { uniqueorderid, exchangeorderid, ...row } = orderRow(order) as Record<string, unknown>
  if (change !== 'modified' && change !== 'after market order modified') return row
  const word = change === 'modified' ? 'modified' : 'modify after market order req received'
  return { ...row, status: word, orderstatus: word }
}

/** The greeting has every field, and nothing in them. */
function emptyRow(): object {
  return {
    variety: '',
    ordertype: '',
    ordertag: '',
    producttype: '',
    price: 0,
    triggerprice: 0,
    quantity: '0',
    tradingsymbol: '',
    transactiontype: '',
    exchange: '',
    symboltoken: '',
    averageprice: 0,
    filledshares: '0',
    unfilledshares: '0',
    orderid: '',
    text: '',
    status: '',
    orderstatus: '',
    updatetime: '',
  }
}

function codeOf(change: OrderChange): string {
  const codes: Record<OrderChange, string> = {
    open: 'AB01',
    cancelled: 'AB02',
    rejected: 'AB03',
    modified: 'AB04',
    complete: 'AB05',
    'after market order req received': 'AB06',
    'cancelled after market order': 'AB07',
    'after market order modified': 'AB08',
    'open pending': 'AB09',
    'trigger pending': 'AB10',
  }
  return codes[change]
}
