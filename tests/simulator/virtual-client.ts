// A client of the simulator without sockets, on a clock that stands still until it is told to go on.
import { generateSync } from 'otplib'
import { NO_OVERRIDES } from '../../src/domain/calendar.ts'
import { CALENDAR_TABLE } from '../../src/domain/calendar-data.ts'
import { after, type Instant, instant } from '../../src/domain/time.ts'
import type { AccountSetting } from '../../src/simulator/account.ts'
import { defaultAccounts, MASTER_CODE } from '../../src/simulator/default-accounts.ts'
import type { Answer } from '../../src/simulator/gateway.ts'
import type { Hours } from '../../src/simulator/hours.ts'
import { ROUTES, type RouteName } from '../../src/simulator/routes.ts'
import {
  createSimulator,
  type Simulator,
  type SimulatorSettings,
} from '../../src/simulator/simulator.ts'

/** Monday 23 November 2026, 10:00 IST: a trading day, in the middle of the session. */
export const MONDAY_TEN = instant(Date.parse('2026-11-23T10:00:00+05:30'))

export const BY_CALENDAR: Hours = {
  mode: 'enforce',
  calendar: { table: CALENDAR_TABLE, overrides: NO_OVERRIDES },
}

export const NIFTY_CALL = { exchange: 'NFO', symbol: 'NIFTY29DEC2625000CE', token: '35005' }
export const SBIN = { exchange: 'NSE', symbol: 'SBIN-EQ', token: '3045' }

export interface Envelope {
  readonly status?: boolean
  readonly success?: boolean
  readonly message: string
  readonly errorcode?: string
  readonly errorCode?: string
  readonly data: unknown
}

export type Row = Record<string, unknown>

export interface VirtualClient {
  readonly simulator: Simulator
  readonly setting: AccountSetting
  now(): Instant
  /** Lets time pass. */
  pass(ms: number): void
  passTo(text: string): void
  /** The answer as the wire would carry it. */
  send(route: RouteName, body?: unknown, wanted?: Sent): Answer
  /** The JSON of a reply, whose status must be 200. */
  ask(route: RouteName, body?: unknown, wanted?: Sent): Envelope
  login(): Envelope
  place(order: Row): Envelope
  rows(route: 'book' | 'trades' | 'positions' | 'holdings'): readonly Row[]
  code(): string
}

interface Sent {
  readonly rest?: string
  readonly headers?: Record<string, string>
  readonly from?: string
}

export const LIMIT_BUY = {
  variety: 'NORMAL',
  tradingsymbol: SBIN.symbol,
  symboltoken: SBIN.token,
  transactiontype: 'BUY',
  exchange: 'NSE',
  ordertype: 'LIMIT',
  producttype: 'INTRADAY',
  duration: 'DAY',
  price: '820.50',
  triggerprice: '0',
  quantity: '10',
  ordertag: 'TAG1',
}

/** The master of a simulated broker, logged in. Limits are off unless they are what is tested. */
export function createVirtualClient(
  wanted: Partial<SimulatorSettings> = {},
  startsAt: Instant = MONDAY_TEN,
): VirtualClient {
  const simulator = createSimulator({ limits: 'ignore', ...wanted }, startsAt)
  return clientOf(simulator, startsAt)
}

function clientOf(simulator: Simulator, startsAt: Instant): VirtualClient {
  let now = startsAt
  let jwt = simulator.control.grantSession({ clientCode: MASTER_CODE }).jwt
  const setting = simulator.settings.accounts.find((each) => each.clientCode === MASTER_CODE)
  if (!setting) throw new Error('the master is missing')

  function send(route: RouteName, body: unknown = {}, sent: Sent = {}): Answer {
    const found = ROUTES.find((each) => each.name === route)
    if (!found || !setting) throw new Error(`no route ${route}`)
    const plan = simulator.gateway.receive(
      {
        method: found.method,
        url: `${found.path}${sent.rest ?? ''}`,
        headers: {
          'x-usertype': 'USER',
          'x-privatekey': setting.apiKey,
          authorization: `Bearer ${jwt}`,
          ...sent.headers,
        },
        body: typeof body === 'string' ? body : JSON.stringify(body),
        from: sent.from ?? '127.0.0.1',
      },
      now,
    )
    now = after(now, plan.waitMs)
    const { waitMs, answer } = plan.run(now)
    now = after(now, waitMs)
    return answer
  }

  function ask(route: RouteName, body: unknown = {}, sent: Sent = {}): Envelope {
    const answer = send(route, body, sent)
    if (answer.kind !== 'reply' || answer.status !== 200)
      throw new Error(`no plain answer: ${JSON.stringify(answer)}`)
    return JSON.parse(String(answer.body))
  }

  return {
    simulator,
    setting,
    now: () => now,
    pass(ms) {
      now = after(now, ms)
      simulator.exchange.advance(now)
    },
    passTo(text) {
      now = instant(Date.parse(text))
      simulator.exchange.advance(now)
    },
    send,
    ask,
    code: () => generateSync({ secret: setting.totpSecret, epoch: Math.floor(now / 1000) }),
    login() {
      const envelope = ask('login', {
        clientcode: setting.clientCode,
        password: setting.pin,
        totp: this.code(),
      })
      if (envelope.status === true) jwt = (envelope.data as Row).jwtToken as string
      return envelope
    },
    place: (order) => ask('place', { ...LIMIT_BUY, ...order }),
    rows: (route) => (ask(route).data ?? []) as readonly Row[],
  }
}

/** Accounts as by default, but for what is changed of the master. */
export const masterWith = (changed: Partial<AccountSetting>): readonly AccountSetting[] =>
  defaultAccounts(2).map((each) =>
    each.clientCode === MASTER_CODE ? { ...each, ...changed } : each,
  )
