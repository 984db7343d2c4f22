// Canaries in every credential and token, every fault on every route: none of them is in anything that
// the adapter gives back, keeps, prints or throws.
import { afterEach, describe, expect, it } from 'vitest'
import type { Tag } from '../../../src/domain/tag.ts'
import type { Clock } from '../../../src/ports.ts'
import { fault } from '../../../src/simulator/faults.ts'
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

const FAULTS = {
  none: null,
  'lost reply': fault.lostReply(),
  'reset before': fault.reset('before'),
  'reset after': fault.reset('after'),
  '502': fault.serverError('after'),
  '403 text': fault.rateLimitText(),
  '429': fault.tooMany(),
  AB1021: fault.softLimit(),
  page: fault.blockPage(),
  'empty 400': fault.emptyBody(400, 'after'),
  'empty 200': fault.emptyBody(200, 'after'),
  'cut JSON': fault.cutJson(),
  'cut body': fault.cutBody(20),
  'null data': fault.nullData(),
  AG8001: fault.invalidToken(),
  AB1010: fault.sessionExpired(),
  '401': fault.unauthorized(),
  AG7002: fault.addressRefused(),
  AB2001: fault.internalError('after'),
} as const

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

describe.each(Object.entries(FAULTS))('with the fault "%s"', (_name, struck) => {
  it.each<RouteName | 'all'>(['login', 'all'])('on %s, no secret is told', async (route) => {
    const simulator = await startBroker()
    cleanups.push(simulator.stop)
    const { reader, writer, connection, clientCode, close } = login(simulator, { clock: impatient })
    cleanups.push(close)
    const { control } = simulator
    const routes = ['place', 'book', 'positions'] as const
    if (struck) control.addFault({ fault: struck, route: route === 'all' ? routes : route })
    const heard = overhear()
    try {
      const attempt = attemptOf(SBIN, { quantity: 1, tag: 'LSAAAAASECRETAAAAAX' as Tag })
      const said = await Promise.all([
        writer.place({ attempt, instrument: SBIN }),
        reader.orders(),
        reader.funds(),
        reader.positions(),
        reader.profile(),
      ])
      const all = `${printed({ said, connection, state: connection.session.state() })}${heard.text()}`
      expect(secretsOf(simulator, clientCode).filter((secret) => isIn(all, secret))).toEqual([])
    } finally {
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
