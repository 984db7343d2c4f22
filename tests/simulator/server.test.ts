import { generateSync } from 'otplib'
import { afterEach, expect, test } from 'vitest'
import WebSocket from 'ws'
import { defaultAccounts, MASTER_CODE } from '../../src/simulator/default-accounts.ts'
import { type RunningSimulator, startSimulator } from '../../src/simulator/server.ts'

const [master] = defaultAccounts(1)
if (!master) throw new Error('there is a master')

const SECURE = '/rest/secure/angelbroking'
let simulator: RunningSimulator | undefined

afterEach(async () => {
  await simulator?.stop()
  simulator = undefined
})

const headers = (jwt?: string): Record<string, string> => ({
  'content-type': 'application/json',
  'x-usertype': 'USER',
  'x-sourceid': 'WEB',
  'x-privatekey': master.apiKey,
  ...(jwt === undefined ? {} : { authorization: `Bearer ${jwt}` }),
})

async function call(method: 'GET' | 'POST', path: string, body?: unknown, jwt?: string) {
  const answer = await fetch(`${simulator?.urls.rest}${path}`, {
    method,
    headers: headers(jwt),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return { status: answer.status, text: await answer.text() }
}

async function login(): Promise<string> {
  const { text } = await call('POST', '/rest/auth/angelbroking/user/v1/loginByPassword', {
    clientcode: MASTER_CODE,
    password: master?.pin,
    totp: generateSync({ secret: master?.totpSecret ?? '' }),
  })
  return JSON.parse(text).data.jwtToken
}

test('a client logs in with its one-time code, places an order, finds it in the book and hears of it', async () => {
  simulator = await startSimulator()
  const jwt = await login()
  expect(
    JSON.parse((await call('GET', `${SECURE}/order/v1/getOrderBook`, undefined, jwt)).text),
  ).toEqual({ status: true, message: 'SUCCESS', errorcode: '', data: null })

  const socket = new WebSocket(simulator.urls.feed, { headers: { authorization: `Bearer ${jwt}` } })
  const frames: string[] = []
  const complete = new Promise<void>((resolve) =>
    socket.on('message', (data) => {
      frames.push(String(data))
      if (String(data).includes('AB05')) resolve()
    }),
  )
  await new Promise((resolve) => socket.once('open', resolve))

  const placed = await call(
    'POST',
    `${SECURE}/order/v1/placeOrder`,
    {
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
      ordertag: 'LSTEST',
    },
    jwt,
  )
  const { data } = JSON.parse(placed.text)
  expect(data.orderid).toMatch(/^\d{15}$/)
  await complete
  socket.close()

  const codes = frames.map((frame) => JSON.parse(frame)['order-status'])
  expect(codes).toEqual(['AB00', 'AB09', 'AB01', 'AB05'])
  const last = JSON.parse(frames.at(-1) ?? '').orderData
  expect(last).toMatchObject({ ordertag: 'LSTEST', orderstatus: 'complete', averageprice: 820.5 })
  expect(last).not.toHaveProperty('uniqueorderid')
  expect(simulator.control.positions({ clientCode: MASTER_CODE })).toEqual([
    { exchange: 'NSE', symbol: 'SBIN-EQ', product: 'INTRADAY', quantity: '10' },
  ])
})

test('the second order book within a second is refused in plain text and counted', async () => {
  simulator = await startSimulator()
  const jwt = await login()
  const path = `${SECURE}/order/v1/getOrderBook`
  await call('GET', path, undefined, jwt)
  expect(await call('GET', path, undefined, jwt)).toEqual({
    status: 403,
    text: 'Access denied because of exceeding access rate',
  })
  expect(simulator.control.violations()).toHaveLength(1)
})
