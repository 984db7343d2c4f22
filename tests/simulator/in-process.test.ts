import { describe, expect, it } from 'vitest'
import { defaultAccounts, MASTER_CODE } from '../../src/simulator/default-accounts.ts'
import { type Fault, fault } from '../../src/simulator/faults.ts'
import type { Request } from '../../src/simulator/gateway.ts'
import { type Carried, carryInProcess } from '../../src/simulator/in-process.ts'
import { createSimulator } from '../../src/simulator/simulator.ts'
import { createVirtualClock } from '../../src/simulator/virtual-clock.ts'
import { LIMIT_BUY, MONDAY_TEN } from './virtual-client.ts'

describe('virtual time', () => {
  it('wakes sleepers in the order of the times they sleep to', async () => {
    const clock = createVirtualClock(MONDAY_TEN)
    const woken: string[] = []
    const sleep = async (name: string, ms: number): Promise<void> => {
      await clock.sleep(ms)
      woken.push(`${name} ${clock.monotonicMs()}`)
    }
    void sleep('late', 300)
    void sleep('early', 100)
    void sleep('also early', 100).then(() => sleep('then', 50))
    await clock.pass(250)
    expect(woken).toEqual(['early 100', 'also early 100', 'then 150'])
    expect(clock.monotonicMs()).toBe(250)
    expect(clock.nextWaking()).toBe(MONDAY_TEN + 300)
    await clock.pass(50)
    expect(woken.at(-1)).toBe('late 300')
    expect(clock.nextWaking()).toBeNull()
  })

  it('wakes at once whoever is called off', async () => {
    const clock = createVirtualClock(MONDAY_TEN)
    const off = new AbortController()
    const sleeping = clock.sleep(1000, off.signal)
    off.abort()
    await sleeping
    await clock.sleep(1000, off.signal)
    expect(clock.monotonicMs()).toBe(0)
    expect(clock.nextWaking()).toBeNull()
  })
})

async function place(
  struck: Fault | null,
): Promise<{ carried: Carried; ms: number; orders: number }> {
  const clock = createVirtualClock(MONDAY_TEN)
  const simulator = createSimulator({ latencyMs: 50 }, clock.now())
  const [master] = defaultAccounts(0)
  const { jwt } = simulator.control.grantSession({ clientCode: MASTER_CODE })
  if (struck) simulator.control.addFault({ fault: struck, route: 'place' })
  const request: Request = {
    method: 'POST',
    url: '/rest/secure/angelbroking/order/v1/placeOrder',
    headers: {
      'x-usertype': 'USER',
      'x-privatekey': master?.apiKey ?? '',
      authorization: `Bearer ${jwt}`,
    },
    body: JSON.stringify(LIMIT_BUY),
    from: '127.0.0.1',
  }
  const giveUp = new AbortController()
  void clock.sleep(7000).then(() => giveUp.abort())
  let ms = -1
  const carrying = carryInProcess(simulator.gateway, clock, request, giveUp.signal).finally(() => {
    ms = clock.monotonicMs()
  })
  await clock.pass(20_000)
  const carried = await carrying
  const orders = simulator.control.orders({ clientCode: MASTER_CODE }).length
  return { carried, ms, orders }
}

describe('a request without sockets', () => {
  it.each([
    ['is answered after the latency', null, { kind: 'reply', status: 200 }, 50, 1],
    ['is lost: the client gives up', fault.lostRequest(), { kind: 'gaveUp' }, 7000, 0],
    ['is taken, and its reply is lost', fault.lostReply(), { kind: 'gaveUp' }, 7000, 1],
    ['is reset before', fault.reset('before'), { kind: 'reset' }, 50, 0],
    ['is reset after', fault.reset('after'), { kind: 'reset' }, 50, 1],
    ['is late', fault.delay(500), { kind: 'reply' }, 550, 1],
    ['is taken after the client gave up', fault.delay(9000), { kind: 'gaveUp' }, 7000, 1],
    ['is answered slowly', fault.slowBody(50, 100), { kind: 'reply' }, 450, 1],
    [
      'is cut',
      fault.cutBody(20),
      { kind: 'reply', isCut: true, text: '{"status":true,"mess' },
      50,
      1,
    ],
  ] as const)('%s', async (_what, struck, carried, ms, orders) => {
    expect(await place(struck)).toMatchObject({ carried, ms, orders })
  })
})
