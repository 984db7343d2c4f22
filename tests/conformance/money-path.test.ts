// Why the official client stays off the money path. Each finding is about the pinned version: when a new
// one is installed the version test fails, and these say what to look at again.
import { expect, it, onTestFinished } from 'vitest'
import { fault } from '../../src/simulator/faults.ts'
import { type RunningSimulator, startSimulator } from '../../src/simulator/server.ts'
import { type OfficialClient, type Row, startOfficialClient } from './official-client.ts'

interface Setup {
  readonly simulator: RunningSimulator
  readonly client: OfficialClient
  readonly jwt: string
}

/** A client that is logged in and waits a second and a half for an answer. */
async function start(): Promise<Setup> {
  const simulator = await startSimulator()
  onTestFinished(simulator.stop)
  const [master] = simulator.settings.accounts
  if (!master) throw new Error('there is a master')
  const client = await startOfficialClient(simulator, master, { timeoutMs: 1500 })
  const { data } = await client.login()
  return { simulator, client, jwt: String(data.jwtToken) }
}

const ORDER: Row = {
  variety: 'NORMAL',
  tradingsymbol: 'SBIN-EQ',
  symboltoken: '3045',
  transactiontype: 'BUY',
  exchange: 'NSE',
  ordertype: 'LIMIT',
  producttype: 'INTRADAY',
  duration: 'DAY',
  price: '821',
  quantity: '10',
  ordertag: 'LOST',
}

const standing = (simulator: RunningSimulator) =>
  simulator.control.orders({ clientCode: 'M100000' }).map(({ tag, state }) => `${tag} ${state}`)

it.each([
  ['whose reply is lost', fault.lostReply()],
  ['whose connection is reset', fault.reset('after')],
])('an order %s resolves as nothing, while it stands at the broker', async (_what, struck) => {
  const { simulator, client } = await start()
  simulator.control.addFault({ fault: struck, route: 'place' })
  expect(await client.call('placeOrder', ORDER)).toEqual({})
  expect(standing(simulator)).toEqual(['LOST complete'])
})

it('an order that was never taken resolves as the same nothing', async () => {
  const { simulator, client } = await start()
  simulator.control.addFault({ fault: fault.lostRequest(), route: 'place' })
  expect(await client.call('placeOrder', ORDER)).toEqual({})
  expect(standing(simulator)).toEqual([])
})

it('a rate limit cannot be told from a lost session: the text of the refusal is dropped', async () => {
  const { simulator, client } = await start()
  const forbidden = { status: 403, message: 'Forbidden' }
  simulator.control.addFault({ fault: fault.rateLimitText(), route: 'place', nth: 1 })
  simulator.control.addFault({ fault: fault.forbidden(), route: 'place', nth: 2 })
  expect(await client.call('placeOrder', ORDER)).toEqual(forbidden)
  expect(await client.call('placeOrder', ORDER)).toEqual(forbidden)
})

it('a page of the firewall is handed on as if it were an answer', async () => {
  const { simulator, client } = await start()
  simulator.control.addFault({ fault: fault.blockPage(), route: 'place' })
  expect(await client.call('placeOrder', ORDER)).toContain('Request Rejected')
})

it('writes the session token to error.log in the working directory', async () => {
  const { simulator, client, jwt } = await start()
  expect(client.errorLog()).toBe('')
  simulator.control.addFault({ fault: fault.tooMany(), route: 'place' })
  await client.call('placeOrder', ORDER)
  await expect.poll(client.errorLog).toContain(jwt)
  expect(client.errorLog()).toContain('canaryjwt-')
})

it('writes the PIN and the code of a failed login there as well', async () => {
  const { client } = await start()
  await client.call('generateSession', 'M100000', '9876', '123456')
  await expect.poll(client.errorLog).toContain('9876')
  expect(client.errorLog()).toContain('123456')
  expect(client.errorLog()).toContain('canarykey-')
})

it('mixes accounts: each listener hears the orders of both', async () => {
  const { simulator, client } = await start()
  const codes = ['M100000', 'F100001']
  for (const clientCode of codes) {
    const { jwt, feed } = simulator.control.grantSession({ clientCode })
    await client.listen(clientCode, clientCode, jwt, feed)
  }
  simulator.control.trade({
    ...{ clientCode: 'M100000', exchange: 'NSE', symbol: 'SBIN-EQ' },
    ...{ side: 'BUY', quantity: 3, product: 'INTRADAY' },
  })
  const isComplete = (text: string) => text.includes('"AB05"')
  await client.frame(isComplete)
  const heard = client.frames.filter(({ text }) => isComplete(text)).map(({ name }) => name)
  expect(heard.sort()).toEqual([...codes].sort())
})

it('ends the whole process when it cannot find its public address', async () => {
  const simulator = await startSimulator()
  onTestFinished(simulator.stop)
  const [master] = simulator.settings.accounts
  if (!master) throw new Error('there is a master')
  const client = await startOfficialClient(simulator, master, { survives: false })
  expect(await client.ended).toBe(1)
  expect(client.attempts()).toContain('208.67.222.222 (datagram)')
  expect(client.attempts()).toContain('icanhazip.com')
})
