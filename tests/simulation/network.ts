// The way between one life of the program and the simulated broker, without sockets: requests, the stream and
// the instrument file take drawn times in each direction, may find no network at all, and pass the gate of
// their life when they leave and when they are back. What is on its way when the program dies arrives.
import type { Carrier, Outgoing } from '../../src/broker/angelone/carrier.ts'
import { ROUTES } from '../../src/broker/angelone/client.ts'
import type { FetchPieces } from '../../src/broker/angelone/instruments.ts'
import type { OpenSocket } from '../../src/broker/angelone/socket.ts'
import type { Account } from '../../src/domain/account.ts'
import { carryInProcess } from '../../src/simulator/in-process.ts'
import type { Simulator } from '../../src/simulator/simulator.ts'
import type { VirtualClock } from '../../src/simulator/virtual-clock.ts'
import type { Draws } from './chance.ts'
import { Died, type Gate } from './gate.ts'
import type { TrueRequest } from './truth.ts'

export interface NetworkParts {
  readonly clock: VirtualClock
  readonly simulator: Simulator
  readonly gate: Gate
  readonly life: number
  /** Of each account its own, so that one account's requests shift nobody else's. */
  delaysOf(clientCode: string): Draws
  isDown(clientCode: string): boolean
  /** The last line of the ledger's journal that anybody can see by now. */
  journal(): number
  readonly requests: Mutable<TrueRequest>[]
  /** Grows by every token that the broker gives. */
  readonly secrets: Set<string>
  /** What a handler threw: a bug, and the end of the life. */
  failed(error: unknown): void
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

export interface Network {
  carrierFor(account: Account): Carrier
  openSocketFor(account: Account): OpenSocket
  readonly fetchPieces: FetchPieces
  /** As the operating system does when a process is gone. */
  closeAll(): void
}

const ADDRESS = '127.0.0.1'
const NOBODY_GIVES_UP = new AbortController().signal

export function createNetwork(parts: NetworkParts): Network {
  const { clock, simulator, gate, life, requests } = parts
  const open = new Set<() => void>()

  function carrierFor({ clientCode }: Account): Carrier {
    const delays = parts.delaysOf(clientCode)
    return {
      async carry(outgoing, wire, overdue) {
        const route = routeOf(outgoing)
        await gate.passing(`wire.${route}:send`)
        const request: Mutable<TrueRequest> = {
          life,
          clientCode,
          route,
          names: namesOf(outgoing),
          sentAt: clock.now(),
          journal: parts.journal(),
          answeredAt: null,
        }
        requests.push(request)
        if (parts.isDown(clientCode)) {
          await clock.sleep(delays.between(1, 3000), overdue)
          await gate.passing(`wire.${route}:noNetwork`)
          throw coded('ENETUNREACH')
        }
        wire.phase = 'written'
        await clock.sleep(wayOf(delays))
        const carried = await carryInProcess(simulator.gateway, clock, arriving(outgoing), overdue)
        if (carried.kind === 'reply') await clock.sleep(wayOf(delays))
        await gate.passing(`wire.${route}:answered`)
        if (carried.kind === 'gaveUp') throw coded('ETIMEDOUT')
        if (carried.kind === 'reset') throw coded('ECONNRESET')
        wire.phase = 'replyBegun'
        if (carried.isCut) throw coded('ECONNRESET')
        request.answeredAt = clock.now()
        const { status, text, date } = carried
        if (route === 'login') for (const token of tokensIn(text)) parts.secrets.add(token)
        return { status, text, date: new Date(date).toUTCString() }
      },
      close: () => undefined,
    }
  }

  /** Frames keep their order, as on one connection; only those that the broker itself is late with do not. */
  function openSocketFor({ clientCode }: Account): OpenSocket {
    const delays = parts.delaysOf(`stream ${clientCode}`)
    return ({ token }, events) => {
      const wayMs = wayOf(delays)
      let isOver = false
      let left: (() => void) | null = null
      let receive: ((text: string) => void) | null = null

      function close(): void {
        isOver = true
        open.delete(close)
        left?.()
        left = null
      }

      async function later(step: string, afterMs: number, happens: () => void): Promise<void> {
        await clock.sleep(afterMs)
        if (isOver || gate.isDead()) return
        try {
          gate.pass(step)
          happens()
        } catch (error) {
          if (!(error instanceof Died)) parts.failed(error)
        }
      }

      function end(why: string, status: number | null): void {
        close()
        events.ended(why, status)
      }

      function dial(): void {
        if (parts.isDown(clientCode)) {
          end('failed with ENETUNREACH', null)
          return
        }
        simulator.exchange.advance(clock.now())
        const sink = {
          send: (text: string, afterMs: number): void =>
            void later('stream.frame', afterMs + wayMs, () => events.heard(text)),
          close: (): void =>
            void later('stream.closed', wayMs, () => end('closed with 1001', null)),
        }
        const shaken = simulator.streams.connect(`Bearer ${token.reveal()}`, sink, clock.now())
        if (shaken.kind === 'refused') {
          end(`refused with ${shaken.status}`, shaken.status)
          return
        }
        left = () => shaken.connection.left()
        receive = (text) => shaken.connection.receive(text)
        events.opened()
      }

      open.add(close)
      void later('stream.dial', wayMs, dial)
      return {
        send: (text) => void later('stream.send', wayMs, () => receive?.(text)),
        close,
      }
    }
  }

  async function* fetchPieces({ url }: { readonly url: string }): AsyncGenerator<Buffer> {
    await gate.passing('wire.instruments:send')
    const { pathname } = new URL(url)
    const request = { method: 'GET', url: pathname, headers: {}, body: '', from: ADDRESS }
    const carried = await carryInProcess(simulator.gateway, clock, request, NOBODY_GIVES_UP)
    await gate.passing('wire.instruments:answered')
    if (carried.kind !== 'reply' || carried.status !== 200 || carried.isCut)
      throw coded('ECONNRESET')
    yield Buffer.from(carried.text)
  }

  return {
    carrierFor,
    openSocketFor,
    fetchPieces,
    closeAll() {
      for (const close of open) close()
    },
  }
}

/** Mostly quick, now and then not. */
const wayOf = (delays: Draws): number =>
  delays.is(0.03) ? delays.between(100, 900) : delays.between(2, 40)

const arriving = ({ method, path, headers, body }: Outgoing) => ({
  method,
  url: path,
  headers: Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
  ),
  body: body ?? '',
  from: ADDRESS,
})

function routeOf({ path, method }: Outgoing): string {
  const found = Object.entries(ROUTES).find(
    ([, route]) => route.method === method && path.startsWith(route.path),
  )
  if (!found) throw new Error(`no route ${method} ${path}`)
  return found[0]
}

function namesOf({ body }: Outgoing): string {
  if (body === undefined) return ''
  const { ordertag, orderid } = JSON.parse(body) as { ordertag?: string; orderid?: string }
  return ordertag ?? orderid ?? ''
}

const tokensIn = (text: string): readonly string[] =>
  [...text.matchAll(/"(?:jwtToken|refreshToken|feedToken)":"([^"]+)"/g)].map(([, token]) =>
    String(token),
  )

const coded = (code: string): Error => Object.assign(new Error(code), { code })
