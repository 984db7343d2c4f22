// The simulated broker is what the official client expects: it logs in, reads, places, modifies, cancels
// and hears of its orders.
import { expect, it, onTestFinished } from 'vitest'
import type { AccountSetting } from '../../src/simulator/account.ts'
import {
  type RunningSimulator,
  type ServerSettings,
  startSimulator,
} from '../../src/simulator/server.ts'
import {
  type Envelope,
  type OfficialClient,
  type Row,
  startOfficialClient,
} from './official-client.ts'

async function start(
  settings: ServerSettings = {},
): Promise<{ simulator: RunningSimulator; client: OfficialClient; master: AccountSetting }> {
  // Its calls come as fast as they can; the limits have tests of their own.
  const simulator = await startSimulator({ limits: 'ignore', ...settings })
  onTestFinished(simulator.stop)
  const [master] = simulator.settings.accounts
  if (!master) throw new Error('there is a master')
  return { simulator, master, client: await startOfficialClient(simulator, master) }
}

const limitBuy = (price: string): Row => ({
  variety: 'NORMAL',
  tradingsymbol: 'SBIN-EQ',
  symboltoken: '3045',
  transactiontype: 'BUY',
  exchange: 'NSE',
  ordertype: 'LIMIT',
  producttype: 'INTRADAY',
  duration: 'DAY',
  price,
  squareoff: '0',
  stoploss: '0',
  quantity: '10',
})

it('logs in and reads', async () => {
  const { client, master } = await start()
  expect(await client.login()).toMatchObject({
    status: true,
    message: 'SUCCESS',
    data: { jwtToken: expect.any(String), refreshToken: expect.any(String) },
  })
  expect(await client.call('getProfile')).toMatchObject({ data: { clientcode: master.clientCode } })
  expect(await client.call('getRMS')).toMatchObject({ data: { net: '1000000.0000' } })
  for (const method of ['getOrderBook', 'getTradeBook', 'getPosition', 'getHolding'])
    expect(await client.call(method)).toEqual({
      ...{ status: true, message: 'SUCCESS', errorcode: '', data: null },
    })
  expect(client.errorLog()).toBe('')
})

it('refreshes its tokens and goes on with the new ones', async () => {
  const { client } = await start({ refresh: 'supersede' })
  const { data } = await client.login()
  expect(await client.call('generateToken', data.refreshToken)).toMatchObject({ status: true })
  expect(await client.call('getProfile')).toMatchObject({ status: true })
})

it('places, modifies and cancels, and finds its order everywhere', async () => {
  const { client } = await start()
  await client.login()
  const placed = (await client.call('placeOrder', limitBuy('815'))) as Envelope
  const { orderid, uniqueorderid } = placed.data
  const change = { ...limitBuy('816'), orderid }
  expect(await client.call('modifyOrder', change)).toMatchObject({ data: { orderid } })
  expect(await client.call('getOrderBook')).toMatchObject({
    data: [{ orderid, uniqueorderid, price: 816, status: 'open' }],
  })
  const cancel = { variety: 'NORMAL', orderid }
  expect(await client.call('cancelOrder', cancel)).toMatchObject({ data: { orderid } })
  expect(await client.call('indOrderDetails', uniqueorderid)).toMatchObject({
    data: { status: 'cancelled', cancelsize: '10' },
  })
})

it('fills, and sees the trade, the position and the prices', async () => {
  const { client } = await start()
  await client.login()
  await client.call('placeOrder', limitBuy('821'))
  expect(await client.call('getTradeBook')).toMatchObject({ data: [{ fillsize: '10' }] })
  expect(await client.call('getPosition')).toMatchObject({ data: [{ netqty: '10' }] })
  const quote = { mode: 'FULL', exchangeTokens: { NSE: ['3045'] } }
  expect(await client.call('marketData', quote)).toMatchObject({
    data: { fetched: [{ tradingSymbol: 'SBIN-EQ', ltp: 820.5 }] },
  })
  const position = {
    ...{ exchange: 'NFO', qty: 65, price: 0, productType: 'INTRADAY' },
    ...{ token: '35005', tradeType: 'BUY' },
  }
  expect(await client.call('marginApi', { positions: [position] })).toMatchObject({
    data: { totalMarginRequired: 6578 },
  })
  const wanted = { exchange: 'NSE', searchscrip: 'SBIN' }
  expect(await client.call('searchScrip', wanted)).toMatchObject([{ symboltoken: '3045' }])
  const conversion = {
    ...{ exchange: 'NSE', symboltoken: '3045', producttype: 'INTRADAY' },
    ...{ newproducttype: 'DELIVERY', transactiontype: 'BUY', quantity: 10, type: 'DAY' },
  }
  expect(await client.call('convertPosition', conversion)).toMatchObject({ status: true })
})

it('hears of its orders', async () => {
  const { client, master } = await start()
  const { data } = await client.login()
  await client.listen('mine', master.clientCode, String(data.jwtToken), String(data.feedToken))
  await client.call('placeOrder', limitBuy('821'))
  await client.frame((text) => text.includes('"AB05"'))
  const codes = client.frames.map(({ text }) => JSON.parse(text)['order-status'])
  expect(codes).toEqual(['AB00', 'AB09', 'AB01', 'AB05'])
})
