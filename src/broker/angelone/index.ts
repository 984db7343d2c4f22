// Angel One (SmartAPI) for one account. The parts are made apart from each other, so that a dry run
// makes the reader and never the writer.
import type { Account } from '../../domain/account.ts'
import type { Instant } from '../../domain/time.ts'
import type { BrokerReader, BrokerWriter, Chance, Clock, OrderStream } from '../../ports.ts'
import type { Carrier } from './carrier.ts'
import { type Client, createClient } from './client.ts'
import { createStream } from './feed.ts'
import { createPacer, type Pacer } from './limits.ts'
import { createReader } from './read.ts'
import { createSession, type LoginMemory, type Session } from './session.ts'
import type { OpenSocket } from './socket.ts'
import { createWriter } from './write.ts'

/** Where the real one is. */
export const ENDPOINTS = {
  api: 'https://apiconnect.angelone.in',
  feed: 'wss://tns.angelone.in/smart-order-update',
  instruments: 'https://margincalculator.angelone.in/OpenAPI_File/files/OpenAPIScripMaster.json',
} as const

export interface Connection {
  readonly account: Account
  readonly client: Client
  readonly session: Session
  readonly pacer: Pacer
  readonly clock: Clock
}

interface Deps {
  readonly clock: Clock
  readonly memory: LoginMemory
  /** When the user last asked for another try of what may be right by now; a PIN is not. */
  readonly lastAct: () => Instant | null
  /** What the broker's clock is compared with: this machine's own. */
  readonly machineNow?: () => number
  /** How requests reach the broker; over sockets unless told otherwise. */
  readonly carrier?: Carrier
}

/** One account's way to the broker: its connections, its session, its limits. */
export function connect(
  deps: Deps,
  config: {
    account: Account
    url: string
    logins?: 'one' | 'asAllowed'
    /** For what is started again as soon as it has ended. */
    wasReadBefore?: boolean
  },
): Connection {
  const { clock, memory, lastAct } = deps
  const { account, url } = config
  const { apiKey, pin, totpSecret } = account.credentials
  const pacer = createPacer(clock, config.wasReadBefore)
  const machineNow = deps.machineNow ?? Date.now
  const client = createClient(
    { clock, machineNow, ...(deps.carrier && { carrier: deps.carrier }) },
    { url, apiKey, egress: account.egress },
  )
  const session = createSession(
    { client, clock, pacer, memory, lastAct },
    {
      account: account.name,
      clientCode: account.clientCode,
      pin,
      totpSecret,
      apiKey,
      logins: config.logins ?? 'asAllowed',
    },
  )
  return { account, client, session, pacer, clock }
}

export const readerOf = (connection: Connection): BrokerReader =>
  createReader(connection, connection.account.name)

export const writerOf = (connection: Connection): BrokerWriter =>
  createWriter(connection, connection.account.name)

export const streamOf = (
  connection: Connection,
  deps: { readonly chance: Chance; readonly url: string; readonly openSocket?: OpenSocket },
): OrderStream =>
  createStream(
    {
      ...connection,
      chance: deps.chance,
      ...(deps.openSocket && { openSocket: deps.openSocket }),
    },
    { account: connection.account, url: deps.url },
  )
