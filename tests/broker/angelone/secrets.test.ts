// Canaries in every credential and token, every fault on every route: none of them is in anything that
// the adapter gives back, keeps, prints or throws.
import { afterEach, describe, expect, it } from 'vitest'
import { streamOf } from '../../../src/broker/angelone/index.ts'
import type { Tag } from '../../../src/domain/tag.ts'
import type { Clock, FeedEvent } from '../../../src/ports.ts'
import { type Fault, fault } from '../../../src/simulator/faults.ts'
import type { RouteName } from '../../../src/simulator/routes.ts'
import { attemptOf, printed, realClock, SBIN } from './kit.ts'
import { hurriedClock, login, startBroker } from './simulated.ts'

/** What comes too late here comes too late: only what is said of it matters. */
const impatient: Clock = {
  ...hurriedClock,
  sleep: (ms, signal) => realClock.sleep(ms / 50, signal),
}

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

/** Every fault that there is, with the variants that differ: a new one that is not here does not compile. */
const FAULTS: Readonly<Record<keyof typeof fault, readonly Fault[]>> = {
  lostRequest: [fault.lostRequest()],
  lostReply: [fault.lostReply()],
  reset: [fault.reset('before'), fault.reset('after')],
  delay: [fault.delay(20, 'before'), fault.delay(20, 'after')],
  serverError: [fault.serverError('before'), fault.serverError('after')],
  rateLimitText: [fault.rateLimitText()],
  tooMany: [fault.tooMany()],
  softLimit: [fault.softLimit()],
  blockPage: [fault.blockPage(), fault.blockPage(403)],
  emptyBody: [fault.emptyBody(400, 'after'), fault.emptyBody(200, 'after')],
  cutJson: [fault.cutJson()],
  cutBody: [fault.cutBody(20)],
  nullData: [fault.nullData()],
  slowBody: [fault.slowBody(200, 5)],
  invalidToken: [fault.invalidToken()],
  expiredToken: [fault.expiredToken()],
  missingToken: [fault.missingToken()],
  invalidTokenByService: [fault.invalidTokenByService()],
  sessionExpired: [fault.sessionExpired()],
  notLoggedIn: [fault.notLoggedIn()],
  unauthorized: [fault.unauthorized()],
  forbidden: [fault.forbidden()],
  textualFailure: [fault.textualFailure('AB1007', 'Invalid order variety')],
  addressRefused: [fault.addressRefused()],
  internalError: [fault.internalError('before'), fault.internalError('after')],
  ignored: [fault.ignored()],
  clockSkew: [fault.clockSkew(60_000)],
  staleBook: [fault.staleBook(5_000)],
  missingRow: [fault.missingRow()],
  reorderedRows: [fault.reorderedRows()],
  unreadableRow: [fault.unreadableRow()],
  sampleRows: [fault.sampleRows()],
  duplicatedFrame: [fault.duplicatedFrame()],
  staleFrame: [fault.staleFrame()],
  greetingFrame: [fault.greetingFrame()],
  lyingFrame: [fault.lyingFrame()],
  droppedFrame: [fault.droppedFrame()],
  unreadableFrame: [fault.unreadableFrame()],
  lateFrame: [fault.lateFrame(20)],
  deadStream: [fault.deadStream()],
  closedStream: [fault.closedStream()],
  refusedStream: [fault.refusedStream(401), fault.refusedStream(403), fault.refusedStream(429)],
}

const EVERY = [
  ['none', 0, null] as const,
  ...Object.entries(FAULTS).flatMap(([name, variants]) =>
    variants.map((struck, index) => [name, index + 1, struck] as const),
  ),
]

/** Everything written to the terminal meanwhile. */
function overhear(): { text(): string; stop(): void } {
  const heard: string[] = []
  const streams = [process.stdout, process.stderr]
  const writes = streams.map((stream) => stream.write)
  for (const stream of streams)
    stream.write = ((chunk: unknown) => {
      heard.push(String(chunk))
      return true
    }) as typeof stream.write
  return {
    text: () => heard.join(''),
    stop: () => {
      for (const [index, stream] of streams.entries())
        stream.write = writes[index] as typeof stream.write
    },
  }
}

const WHERE: Readonly<Record<string, readonly (RouteName | 'frame')[]>> = {
  login: ['login'],
  'orders and readings': ['place', 'book', 'positions'],
  'the stream': ['stream', 'frame'],
}

describe.each(EVERY)('with the fault %s (%i)', (_name, _variant, struck) => {
  it.each(Object.entries(WHERE))('on %s, no secret is told', async (_where, routes) => {
    const simulator = await startBroker()
    cleanups.push(simulator.stop)
    const { reader, writer, connection, clientCode, close } = login(simulator, { clock: impatient })
    cleanups.push(close)
    const { control } = simulator
    if (struck) control.addFault({ fault: struck, route: routes })
    const heard = overhear()
    const stop = new AbortController()
    try {
      const told: FeedEvent[] = []
      const stream = streamOf(connection, {
        chance: { bytes: () => [0] },
        url: simulator.urls.feed,
      })
      const streaming = new Promise<void>((begun) => {
        const ended = stream.run((event) => {
          told.push(event)
          begun()
        }, stop.signal)
        void ended.then(() => begun())
        // A stream that never says a word is not waited for.
        void realClock.sleep(100, stop.signal).then(() => begun())
      })
      const attempt = attemptOf(SBIN, { quantity: 1, tag: 'LSAAAAASECRETAAAAAX' as Tag })
      const said = await Promise.all([
        writer.place({ attempt, instrument: SBIN }),
        reader.orders(),
        reader.funds(),
        reader.positions(),
        reader.profile(),
        streaming,
      ])
      const state = connection.session.state()
      const all = `${printed({ said, told, connection, state })}${heard.text()}`
      expect(secretsOf(simulator, clientCode).filter((secret) => isIn(all, secret))).toEqual([])
    } finally {
      stop.abort()
      heard.stop()
    }
  })
})

it('control: the tokens that are looked for are those that were used', async () => {
  const simulator = await startBroker()
  cleanups.push(simulator.stop)
  const { reader, clientCode, close } = login(simulator)
  cleanups.push(close)
  await reader.funds()
  const sent = printed(simulator.control.requests())
  // All but the seed of the codes, which is never sent.
  const seed = accountOf(simulator, clientCode).totpSecret
  const secrets = secretsOf(simulator, clientCode)
  expect(secrets).toHaveLength(5)
  expect(secrets.filter((secret) => !isIn(sent, secret))).toEqual([seed])
})

function accountOf(simulator: Awaited<ReturnType<typeof startBroker>>, clientCode: string) {
  const setting = simulator.settings.accounts.find((one) => one.clientCode === clientCode)
  if (!setting) throw new Error('no such account')
  return setting
}

/** A PIN has four digits: part of a longer number is not it. */
const isIn = (text: string, secret: string): boolean =>
  /^\d+$/.test(secret)
    ? new RegExp(`(?<![\\w.])${secret}(?![\\w.])`).test(text)
    : text.includes(secret)

/** The key, the secret, and every code, PIN and token that a request carried. */
function secretsOf(
  simulator: Awaited<ReturnType<typeof startBroker>>,
  clientCode: string,
): readonly string[] {
  const setting = accountOf(simulator, clientCode)
  const carried = simulator.control.requests().flatMap(({ request }) => {
    const token = (request.headers.authorization ?? '').replace('Bearer ', '')
    const body = request.body.includes('"totp"') ? JSON.parse(request.body) : {}
    return [token, String(body.password ?? ''), String(body.totp ?? '')]
  })
  const secrets = [setting.apiKey, setting.totpSecret, ...carried]
  return [...new Set(secrets)].filter((secret) => secret !== '')
}
