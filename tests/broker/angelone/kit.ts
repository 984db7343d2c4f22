// What these tests share: a broker on loopback that answers as each test says, a clock that is moved by
// hand, and an account full of canaries.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { inspect } from 'node:util'
import { connect } from '../../../src/broker/angelone/index.ts'
import type { LoginMemory } from '../../../src/broker/angelone/session.ts'
import type { Account, Egress } from '../../../src/domain/account.ts'
import { accountName, instrumentId } from '../../../src/domain/ids.ts'
import type { Instrument } from '../../../src/domain/instrument.ts'
import { parsePrice, units } from '../../../src/domain/numbers.ts'
import type { Pricing } from '../../../src/domain/order.ts'
import { Secret } from '../../../src/domain/secret.ts'
import { type Instant, instant, tradingDay } from '../../../src/domain/time.ts'
import type { Clock, LoginAttempt, RecordedAttempt } from '../../../src/ports.ts'

export const CANARIES = {
  apiKey: 'canaryApiKey7Q',
  pin: 'canaryPin8642',
  totpSecret: 'CANARYCANARYCANARYCANARYCA',
  // As long as a real one.
  jwt: `canaryHeader.${'canaryPayload'.repeat(60)}.canarySignature`,
  refreshToken: 'canaryRefreshToken',
  feedToken: 'canaryFeedToken',
  proxyPassword: 'canaryProxyWord',
} as const

/** Looks into everything that can be printed of a value. */
export function printed(value: unknown): string {
  return [
    inspect(value, { depth: 20, showHidden: true, getters: true }),
    JSON.stringify(value, (_key, part) => (typeof part === 'bigint' ? String(part) : part)),
    value instanceof Error ? value.stack : '',
  ].join('\n')
}

export function canariesIn(value: unknown): readonly string[] {
  const text = printed(value)
  return Object.values(CANARIES).filter((canary) => text.includes(canary))
}

export const FOLLOWER = accountName('FOLLOWER_1')

export function accountOf(egress: Partial<Egress> = {}): Account {
  return {
    name: FOLLOWER,
    label: null,
    clientCode: 'C123',
    credentials: {
      apiKey: new Secret(CANARIES.apiKey),
      pin: new Secret(CANARIES.pin),
      totpSecret: new Secret(CANARIES.totpSecret),
      secretKey: null,
    },
    egress: { localAddress: null, proxyUrl: null, ...egress },
  }
}

const nothing = () => undefined
export const realClock: Clock = {
  now: () => instant(Date.now()),
  monotonicMs: () => performance.now(),
  sleep: (ms, signal) => pause(ms, undefined, signal ? { signal } : {}).then(nothing, nothing),
}

export interface ManualClock extends Clock {
  /** Moves on, waking sleepers in their order and letting what they start run. */
  advance(ms: number): Promise<void>
}

export function createManualClock(start: Instant): ManualClock {
  let now: number = start
  let sleeping: { at: number; wake: () => void }[] = []
  return {
    now: () => instant(now),
    monotonicMs: () => now - start,
    sleep: (ms, signal) =>
      new Promise((wake) => {
        if (signal?.aborted || ms <= 0) return wake()
        const sleeper = { at: now + ms, wake }
        sleeping.push(sleeper)
        signal?.addEventListener('abort', () => {
          sleeping = sleeping.filter((one) => one !== sleeper)
          wake()
        })
      }),
    async advance(ms) {
      const end = now + ms
      for (;;) {
        await settle()
        const next = sleeping.toSorted((a, b) => a.at - b.at)[0]
        if (!next || next.at > end) break
        now = next.at
        sleeping = sleeping.filter((one) => one !== next)
        next.wake()
      }
      now = end
      await settle()
    },
  }
}

/** Lets every microtask that can run do so. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await Promise.resolve()
}

export interface Asked {
  readonly method: string
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
  readonly from: string
  readonly socket: Socket
}

interface Written {
  readonly status?: number
  readonly body: string
  readonly headers?: Record<string, string>
}
export type Reply = Written | ((asked: Asked, response: ServerResponse) => void)

export interface Loopback {
  readonly url: string
  readonly asked: Asked[]
  /** What the next requests on a path are answered with; the last one stays. */
  on(path: string, ...replies: Reply[]): void
  stop(): Promise<void>
}

export const LOGIN = '/rest/auth/angelbroking/user/v1/loginByPassword'
export const SECURE = '/rest/secure/angelbroking'
export const PLACE = `${SECURE}/order/v1/placeOrder`
export const CANCEL = `${SECURE}/order/v1/cancelOrder`
export const MODIFY = `${SECURE}/order/v1/modifyOrder`
export const BOOK = `${SECURE}/order/v1/getOrderBook`
export const TRADES = `${SECURE}/order/v1/getTradeBook`
export const POSITIONS = `${SECURE}/order/v1/getPosition`
export const HOLDINGS = `${SECURE}/portfolio/v1/getHolding`
export const FUNDS = `${SECURE}/user/v1/getRMS`
export const PROFILE = `${SECURE}/user/v1/getProfile`
export const QUOTE = `${SECURE}/market/v1/quote/`
export const DETAILS = `${SECURE}/order/v1/details`

export const told = (data: unknown): Written => ({
  body: JSON.stringify({ status: true, message: 'SUCCESS', errorcode: '', data }),
})
export const refused = (errorcode: string, message = 'no', status = 200): Written => ({
  status,
  body: JSON.stringify({ status: false, message, errorcode, data: null }),
})
export const refusedAtGate = (errorCode: string, message = 'no', status = 200): Written => ({
  status,
  body: JSON.stringify({ success: false, message, errorCode, data: '' }),
})
export const TOKENS = {
  jwtToken: CANARIES.jwt,
  refreshToken: CANARIES.refreshToken,
  feedToken: CANARIES.feedToken,
}
export const PLACED = told({
  script: 'SBIN-EQ',
  orderid: '261120000000111',
  uniqueorderid: '05ebf91b-bea4-4a1d-b0f2-4259606570e3',
})

export async function startLoopback(): Promise<Loopback> {
  const replies = new Map<string, Reply[]>([[LOGIN, [told(TOKENS)]]])
  const asked: Asked[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const path = request.url ?? ''
      const one: Asked = {
        method: request.method ?? '',
        path,
        headers: request.headers,
        body: Buffer.concat(chunks).toString(),
        from: request.socket.remoteAddress ?? '',
        socket: request.socket,
      }
      asked.push(one)
      const waiting = replies.get(path) ?? []
      const reply = waiting.length > 1 ? waiting.shift() : waiting[0]
      if (typeof reply === 'function') return reply(one, response)
      response.writeHead(reply?.status ?? (reply ? 200 : 404), {
        'content-type': 'application/json',
        ...reply?.headers,
      })
      response.end(reply?.body ?? 'no such route')
    })
  })
  await new Promise<void>((ready) => server.listen(0, '0.0.0.0', ready))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    on: (path, ...some) => replies.set(path, some),
    stop: () =>
      new Promise((done) => {
        server.close(() => done())
        server.closeAllConnections()
      }),
  }
}

export function createLoginMemory(): LoginMemory & { readonly attempts: LoginAttempt[] } {
  const attempts: LoginAttempt[] = []
  return {
    attempts,
    recordLogin: (account, window, secrets, at) =>
      attempts.push({ account, window, secrets, at, result: null }),
    recordLoginResult(login, result) {
      const attempt = attempts[login - 1]
      if (attempt) attempts[login - 1] = { ...attempt, result }
    },
    logins: (account, since) =>
      attempts.filter((attempt) => attempt.account === account && attempt.at >= since),
  }
}

export function connectTo(
  url: string,
  some: { egress?: Partial<Egress>; clock?: Clock; memory?: LoginMemory } = {},
) {
  return connect(
    {
      clock: some.clock ?? realClock,
      memory: some.memory ?? createLoginMemory(),
      lastAct: () => null,
    },
    { account: accountOf(some.egress), url },
  )
}

export const SBIN: Instrument = {
  id: instrumentId('NSE', 'SBIN-EQ'),
  exchange: 'NSE',
  symbol: 'SBIN-EQ',
  token: '3045',
  underlying: 'SBIN',
  kind: 'cash',
  lotSize: units(1),
  tick: parsePrice('0.05'),
  expiry: null,
  series: 'EQ',
}

export const NIFTY_CALL: Instrument = {
  id: instrumentId('NFO', 'NIFTY29DEC26C25000'),
  exchange: 'NFO',
  symbol: 'NIFTY29DEC26C25000',
  token: '35040',
  underlying: 'NIFTY',
  kind: 'indexOption',
  lotSize: units(65),
  tick: parsePrice('0.05'),
  expiry: tradingDay('2026-12-29'),
  series: '',
}

/** As if the ledger had recorded it. */
export function attemptOf(
  instrument: Instrument,
  some: { pricing?: Pricing; quantity?: number; side?: 'BUY' | 'SELL'; tag?: string } = {},
): RecordedAttempt {
  return {
    id: 1,
    at: instant(Date.now()),
    tag: some.tag ?? 'LSABCDEFGHIJKLMNOPQ',
    quantity: units(some.quantity ?? 65),
    intent: {
      lane: {
        follower: FOLLOWER,
        mode: 'live',
        instrument: instrument.id,
        product: 'INTRADAY',
      },
      side: some.side ?? 'BUY',
      quantity: units(some.quantity ?? 65),
      pricing: some.pricing ?? { kind: 'limit', price: parsePrice('101.20') },
    },
  } as unknown as RecordedAttempt
}

/** A row of the order book, with the types that live rows have. */
export function orderRow(some: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    variety: 'NORMAL',
    ordertype: 'LIMIT',
    producttype: 'INTRADAY',
    duration: 'DAY',
    price: 101.2,
    triggerprice: 0.0,
    quantity: '65',
    disclosedquantity: '0',
    squareoff: 0.0,
    stoploss: 0.0,
    trailingstoploss: 0.0,
    tradingsymbol: 'NIFTY29DEC26C25000',
    transactiontype: 'BUY',
    exchange: 'NFO',
    symboltoken: '35040',
    instrumenttype: 'OPTIDX',
    strikeprice: 25000.0,
    optiontype: 'CE',
    expirydate: '29DEC2026',
    lotsize: '65',
    cancelsize: '0',
    averageprice: 101.25,
    filledshares: '65',
    unfilledshares: '0',
    orderid: '261120000368479',
    uniqueorderid: '05ebf91b-bea4-4a1d-b0f2-4259606570e3',
    exchangeorderid: '1100000000048358',
    parentorderid: '',
    ordertag: 'LSABCDEFGHIJKLMNOPQ',
    text: '',
    status: 'complete',
    orderstatus: 'complete',
    updatetime: '20-Nov-2026 13:21:19',
    exchtime: '20-Nov-2026 13:21:18',
    exchorderupdatetime: '20-Nov-2026 13:21:19',
    fillid: '',
    filltime: '',
    ...some,
  }
}
