import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { readerOf } from '../../../src/broker/angelone/index.ts'
import { parsePrice } from '../../../src/domain/numbers.ts'
import { instant } from '../../../src/domain/time.ts'
import type { Clock } from '../../../src/ports.ts'
import { fault } from '../../../src/simulator/faults.ts'
import { connectTo, LOGIN, PROFILE, realClock, SBIN, startLoopback, TOKENS, told } from './kit.ts'
import { hurriedClock, login, startBroker } from './simulated.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

/** Ten times as fast as ours, and five seconds before the next one-time code. */
function createFastClock(): Clock {
  const begun = performance.now()
  const start = Math.floor(Date.now() / 30_000) * 30_000 + 25_000
  const elapsed = () => (performance.now() - begun) * 10
  return {
    now: () => instant(Math.floor(start + elapsed())),
    monotonicMs: elapsed,
    sleep: (ms, signal) => realClock.sleep(ms / 10, signal),
  }
}

describe('readings of one account', () => {
  it('asked for all at once keep within what the broker takes', async () => {
    const simulator = await startBroker({ limits: 'enforce' })
    cleanups.push(simulator.stop)
    const clock: Clock = { ...hurriedClock, sleep: realClock.sleep }
    const { reader, close } = login(simulator, { clock })
    cleanups.push(close)
    const readings = await Promise.all([
      reader.orders(),
      reader.orders(),
      reader.positions(),
      reader.positions(),
      reader.funds(),
      reader.funds(),
      reader.funds(),
      reader.fills(),
      reader.holdings(),
      reader.profile(),
      reader.quotes([SBIN]),
    ])
    expect(readings.map(({ kind }) => kind)).toEqual(Array(11).fill('read'))
    expect(simulator.control.violations()).toEqual([])
  })

  it('that all find the session lost cause one new login, with the next code', async () => {
    const clock = createFastClock()
    const simulator = await startBroker({ clock })
    cleanups.push(simulator.stop)
    const { reader, clientCode, close } = login(simulator, { clock })
    cleanups.push(close)
    const { control } = simulator
    expect((await reader.funds()).kind).toBe('read')
    control.endSessions({ clientCode })
    const all = () =>
      Promise.all([reader.orders(), reader.positions(), reader.fills(), reader.quotes([SBIN])])
    expect((await all()).map((reading) => reading.kind === 'failed' && reading.why)).toEqual(
      Array(4).fill('sessionLost'),
    )
    expect((await all()).map(({ kind }) => kind)).toEqual(Array(4).fill('read'))
    const codes = control
      .requests()
      .filter(({ route }) => route === 'login')
      .map(({ request }) => JSON.parse(request.body).totp)
    expect(codes).toHaveLength(2)
    expect(new Set(codes).size).toBe(2)
  })

  it('name the row that they cannot read and keep the others', async () => {
    const simulator = await startBroker()
    cleanups.push(simulator.stop)
    const { reader, clientCode, close } = login(simulator)
    cleanups.push(close)
    const { control } = simulator
    const what = { clientCode, exchange: 'NSE', symbol: 'SBIN-EQ', product: 'INTRADAY' } as const
    for (const quantity of [1, 2, 3]) control.trade({ ...what, side: 'BUY', quantity })
    control.addFault({ fault: fault.unreadableRow(), route: 'book' })
    const reading = await reader.orders()
    if (reading.kind === 'failed') throw new Error(reading.evidence)
    expect(reading.value).toHaveLength(2)
    expect(reading.unreadable).toEqual([expect.stringContaining('order ')])
  })

  it('say how old they are from when they were asked for', async () => {
    const simulator = await startBroker()
    cleanups.push(simulator.stop)
    const { reader, close } = login(simulator)
    cleanups.push(close)
    await reader.funds()
    const { control } = simulator
    control.addFault({ fault: fault.delay(50), route: 'positions' })
    const { at } = await reader.positions()
    // By the same clock: no later than the broker got the question, long before it answered.
    expect(at).toBeLessThanOrEqual(control.requests().at(-1)?.at ?? 0)
  })

  it('ask again when a kept connection dies as they are written', async () => {
    let requests = 0
    const server = createServer((request, response) => {
      request.resume()
      requests++
      if (request.url === LOGIN) {
        response.end(told(TOKENS).body)
        return
      }
      // The second request over the first connection finds it closed.
      if (requests === 2) request.socket.resetAndDestroy()
      else response.end(told(null).body)
    })
    await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
    cleanups.push(() => {
      server.closeAllConnections()
      server.close()
    })
    const { port } = server.address() as AddressInfo
    const connection = connectTo(`http://127.0.0.1:${port}`, { clock: hurriedClock })
    cleanups.push(connection.client.close)
    expect(await readerOf(connection).orders()).toMatchObject({ kind: 'read', value: [] })
    expect(requests).toBe(3)
  })

  it('of a profile take its lists in either form', async () => {
    const server = await startLoopback()
    cleanups.push(server.stop)
    const profile = { clientcode: 'C123', name: 'A', exchanges: '["NSE","NFO"]', products: ['MIS'] }
    server.on(PROFILE, told(profile))
    const connection = connectTo(server.url, { clock: hurriedClock })
    cleanups.push(connection.client.close)
    expect(await readerOf(connection).profile()).toMatchObject({
      value: { clientCode: 'C123', exchanges: ['NSE', 'NFO'], products: ['MIS'] },
    })
  })

  it('of quotes ask for fifty at a time and give what came', async () => {
    const simulator = await startBroker()
    cleanups.push(simulator.stop)
    const { reader, close } = login(simulator)
    cleanups.push(close)
    const unlisted = Array.from({ length: 60 }, (_, number) => ({ ...SBIN, token: `9${number}` }))
    const reading = await reader.quotes([...unlisted, SBIN])
    if (reading.kind === 'failed') throw new Error(reading.evidence)
    expect(reading.value.get(SBIN.id)?.last).toBe(parsePrice('820.50'))
    const asked = simulator.control.requests().filter(({ route }) => route === 'quote')
    expect(asked).toHaveLength(2)
  })
})
