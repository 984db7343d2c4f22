// One account of a simulated Angel One, through the real adapter over loopback.
import { connect, readerOf, writerOf } from '../../../src/broker/angelone/index.ts'
import type { Egress } from '../../../src/domain/account.ts'
import type { AccountName } from '../../../src/domain/ids.ts'
import type { Instrument } from '../../../src/domain/instrument.ts'
import { Secret } from '../../../src/domain/secret.ts'
import { instant } from '../../../src/domain/time.ts'
import type { Clock } from '../../../src/ports.ts'
import { instrumentOf } from '../../../src/simulator/listing.ts'
import { type RunningSimulator, startSimulator } from '../../../src/simulator/server.ts'
import { createLoginMemory, FOLLOWER, realClock } from './kit.ts'

/** Early in a window of one-time codes, whenever the test runs, so that a login never has to wait. */
const shiftMs = 5_000 - (Date.now() % 30_000)
const early: Clock = { ...realClock, now: () => instant(Date.now() + shiftMs) }
/** Waits a tenth as long: for brokers that don't count. */
export const hurriedClock: Clock = {
  ...early,
  sleep: (ms, signal) => realClock.sleep(ms / 10, signal),
}

export async function startBroker(
  settings: Parameters<typeof startSimulator>[0] = {},
): Promise<RunningSimulator> {
  return await startSimulator({ limits: 'ignore', clock: early, ...settings })
}

export function login(
  simulator: RunningSimulator,
  some: {
    name?: AccountName
    number?: number
    egress?: Partial<Egress>
    clock?: Clock
    url?: string
  } = {},
) {
  const setting = simulator.settings.accounts[some.number ?? 1]
  if (!setting) throw new Error('no such account')
  const connection = connect(
    { clock: some.clock ?? hurriedClock, memory: createLoginMemory(), lastAct: () => null },
    {
      url: some.url ?? simulator.urls.rest,
      account: {
        name: some.name ?? FOLLOWER,
        label: null,
        clientCode: setting.clientCode,
        credentials: {
          apiKey: new Secret(setting.apiKey),
          pin: new Secret(setting.pin),
          totpSecret: new Secret(setting.totpSecret),
          secretKey: null,
        },
        egress: { localAddress: null, proxyUrl: null, ...some.egress },
      },
    },
  )
  return {
    clientCode: setting.clientCode,
    connection,
    reader: readerOf(connection),
    writer: writerOf(connection),
    close() {
      connection.session.close()
      connection.client.close()
    },
  }
}

export function listed(simulator: RunningSimulator, symbol: RegExp): Instrument {
  const listing = simulator.settings.listings.find((one) => symbol.test(one.symbol))
  if (!listing) throw new Error(`nothing like ${symbol} is listed`)
  return instrumentOf(listing)
}
