import { describe, expect, it } from 'vitest'
import { parseMoney, parsePrice, units } from '../../src/domain/numbers.ts'
import { fault } from '../../src/simulator/faults.ts'
import {
  createVirtualClient,
  LIMIT_BUY,
  masterWith,
  NIFTY_CALL,
  type Row,
  SBIN,
  type VirtualClient,
} from './virtual-client.ts'

const newest = (client: VirtualClient): Row => client.rows('book').at(-1) ?? {}
const idOf = (row: Row) => ({ clientCode: 'M100000', orderId: String(row.orderid) })

describe('orders wait for their price', () => {
  it('a limit rests away from the market, and fills at its own price when the market comes', () => {
    const client = createVirtualClient()
    client.place({ price: '815' })
    expect(newest(client)).toMatchObject({ status: 'open', filledshares: '0', averageprice: 0 })
    client.simulator.control.movePrice({ ...SBIN, price: '814' })
    expect(newest(client)).toMatchObject({ status: 'complete', averageprice: 815 })
  })

  it('a limit through the market fills at once, at the better price', () => {
    const client = createVirtualClient()
    client.place({ price: '830' })
    expect(newest(client)).toMatchObject({ status: 'complete', averageprice: 820.5 })
  })

  it('what one second offers is bounded, and a part filled is open', () => {
    const client = createVirtualClient({ liquidity: 4 })
    client.place({})
    expect(newest(client)).toMatchObject({ status: 'open', filledshares: '4', unfilledshares: '6' })
    client.pass(1000)
    expect(newest(client)).toMatchObject({ status: 'open', filledshares: '8' })
    client.pass(1000)
    expect(newest(client)).toMatchObject({ status: 'complete', filledshares: '10' })
    expect(client.rows('trades').map((row) => row.fillsize)).toEqual(['4', '4', '2'])
  })

  it('a stop waits for its trigger, then is a limit', () => {
    const client = createVirtualClient()
    const stop = { variety: 'STOPLOSS', ordertype: 'STOPLOSS_LIMIT', transactiontype: 'SELL' }
    client.place({ ...stop, price: '809', triggerprice: '810' })
    expect(newest(client)).toMatchObject({ status: 'trigger pending' })
    client.simulator.control.movePrice({ ...SBIN, price: '811' })
    expect(newest(client)).toMatchObject({ status: 'trigger pending' })
    client.simulator.control.movePrice({ ...SBIN, price: '809.50' })
    expect(newest(client)).toMatchObject({ status: 'complete', averageprice: 809.5 })
  })

  it('a stop whose limit the market has passed rests', () => {
    const client = createVirtualClient()
    const stop = { variety: 'STOPLOSS', ordertype: 'STOPLOSS_LIMIT', transactiontype: 'SELL' }
    client.place({ ...stop, price: '809', triggerprice: '810' })
    client.simulator.control.movePrice({ ...SBIN, price: '805' })
    expect(newest(client)).toMatchObject({ status: 'open', filledshares: '0' })
  })

  it('an order that is good for now only is cancelled for the rest', () => {
    const client = createVirtualClient({ liquidity: 4 })
    client.place({ duration: 'IOC' })
    expect(newest(client)).toMatchObject({
      status: 'cancelled',
      filledshares: '4',
      cancelsize: '6',
    })
  })

  it.each([
    ['convert', { ordertype: 'LIMIT', price: 824.6, status: 'complete', averageprice: 820.5 }],
    ['fill', { ordertype: 'MARKET', price: 0, status: 'complete', averageprice: 820.5 }],
  ] as const)('a market order: %s', (marketOrders, row) => {
    const client = createVirtualClient({ marketOrders })
    client.place({ ordertype: 'MARKET', price: '0' })
    expect(newest(client)).toMatchObject(row)
  })

  it('a market order can be refused', () => {
    const client = createVirtualClient({ marketOrders: 'refuse' })
    const refused = client.place({ ordertype: 'MARKET', price: '0' })
    expect(refused).toMatchObject({ status: false, errorcode: 'AB1007', data: null })
    expect(client.rows('book')).toEqual([])
  })

  it('the rest of a converted market order rests at the edge of the band', () => {
    const client = createVirtualClient({ liquidity: 4 })
    client.place({ ordertype: 'MARKET', price: '0' })
    client.simulator.control.movePrice({ ...SBIN, price: '830' })
    client.pass(5000)
    expect(newest(client)).toMatchObject({ status: 'open', filledshares: '4', price: 824.6 })
  })

  it('nothing fills by itself where a test wants to do it', () => {
    const client = createVirtualClient({ fills: 'manual' })
    client.place({})
    const order = idOf(newest(client))
    client.simulator.control.fill({ ...order, quantity: 3 })
    expect(newest(client)).toMatchObject({ status: 'open', filledshares: '3' })
    client.simulator.control.fill({ ...order, quantity: 7, price: '820.00' })
    expect(newest(client)).toMatchObject({ status: 'complete', averageprice: 820.15 })
    expect(() => client.simulator.control.fill({ ...order, quantity: 1 })).toThrow('beyond')
  })

  it('an order takes its time to be seen by the exchange, where it shall', () => {
    const client = createVirtualClient({ processingMs: 300 })
    client.place({})
    expect(newest(client)).toMatchObject({ status: 'open pending', exchtime: '' })
    client.pass(300)
    expect(newest(client)).toMatchObject({ status: 'complete' })
  })
})

describe('orders are changed', () => {
  const terms = {
    ...{ variety: 'NORMAL', ordertype: 'LIMIT', producttype: 'INTRADAY', duration: 'DAY' },
    ...{ tradingsymbol: 'SBIN-EQ', symboltoken: '3045', exchange: 'NSE' },
  }

  it('a modified price fills, under the same lasting name', () => {
    const client = createVirtualClient()
    client.place({ price: '815' })
    const { orderid, uniqueorderid } = newest(client)
    const changed = client.ask('modify', { ...terms, orderid, price: '821', quantity: '12' })
    expect(changed.data).toEqual({ orderid, uniqueorderid })
    expect(newest(client)).toMatchObject({ status: 'complete', quantity: '12', filledshares: '12' })
  })

  it('a modified order may get a new number; the old one still finds it', () => {
    const client = createVirtualClient({ renamesOnModify: true })
    client.place({ price: '815' })
    const { orderid, uniqueorderid } = newest(client)
    client.ask('modify', { ...terms, orderid, price: '816', quantity: '10' })
    const changed = newest(client)
    expect(changed.orderid).not.toBe(orderid)
    expect(changed.uniqueorderid).toBe(uniqueorderid)
    expect(client.ask('cancel', { variety: 'NORMAL', orderid }).data).toEqual({
      orderid: changed.orderid,
      uniqueorderid,
    })
    expect(newest(client)).toMatchObject({ status: 'cancelled', cancelsize: '10' })
  })

  it('a modification beyond the circuit is acknowledged, and the order stays what it was', () => {
    const client = createVirtualClient()
    client.place({ price: '815' })
    const { orderid } = newest(client)
    const changed = client.ask('modify', { ...terms, orderid, price: '950', quantity: '10' })
    expect(changed).toMatchObject({ status: true })
    expect(newest(client)).toMatchObject({ status: 'open', price: 815 })
    expect(newest(client).text).toContain('Circuit breach')
  })

  it.each([
    ['cancel', fault.ignored(), { status: 'open', price: 815 }],
    ['cancel', null, { status: 'cancelled', price: 815 }],
    ['modify', fault.ignored(), { status: 'open', price: 815 }],
    ['modify', null, { status: 'open', price: 816 }],
  ] as const)('a %s with the fault %o', (route, struck, row) => {
    const client = createVirtualClient()
    client.place({ price: '815' })
    if (struck) client.simulator.control.addFault({ fault: struck, route })
    const { orderid } = newest(client)
    const change = { ...terms, orderid, price: '816', quantity: '10' }
    expect(client.ask(route, change)).toMatchObject({ status: true })
    expect(newest(client)).toMatchObject(row)
  })

  it('a cancel needs the right variety and an order that is there', () => {
    const client = createVirtualClient()
    client.place({ price: '815' })
    const { orderid } = newest(client)
    const wrong = client.ask('cancel', { variety: 'STOPLOSS', orderid })
    expect(wrong).toMatchObject({ status: false, errorcode: 'AB1007' })
    const nobody = client.ask('cancel', { variety: 'NORMAL', orderid: '1' })
    expect(nobody).toMatchObject({ status: false, errorcode: 'AB1013' })
    expect(newest(client)).toMatchObject({ status: 'open' })
  })

  it.each([
    ['acknowledge', { status: true }],
    ['refuse', { status: false, errorcode: 'AB1013' }],
  ] as const)('a cancel of what is final: %s', (finalOrders, answer) => {
    const client = createVirtualClient({ finalOrders })
    client.place({})
    const { orderid } = newest(client)
    expect(client.ask('cancel', { variety: 'NORMAL', orderid })).toMatchObject(answer)
    expect(newest(client)).toMatchObject({ status: 'complete' })
  })
})

describe('refused in the answer, and in no book', () => {
  it.each([
    ['a tag of twenty letters', { ordertag: 'A'.repeat(20) }, 'AB4008'],
    ['the variety AMO', { variety: 'AMO' }, 'AB1007'],
    ['the variety ROBO', { variety: 'ROBO' }, 'AB2002'],
    [
      'a stop in the variety NORMAL',
      { ordertype: 'STOPLOSS_LIMIT', triggerprice: '830' },
      'AB1007',
    ],
    ['a limit in the variety STOPLOSS', { variety: 'STOPLOSS' }, 'AB1007'],
    ['a price off the tick', { price: '820.52' }, 'AB1007'],
    ['a part of a lot', { ...nifty(), quantity: '32' }, 'AB1007'],
    ['no quantity', { quantity: '0' }, 'AB1007'],
    ['a price that is no number', { price: 'market' }, 'AB1007'],
    ['a token that is another symbol', { symboltoken: '2885' }, 'AB1009'],
    ['no token', { symboltoken: '' }, 'AB4018'],
    ['a scrip under surveillance', { ...cautioned(), scripconsent: '' }, 'AB4036'],
  ])('%s', (_what, order, errorcode) => {
    const client = createVirtualClient()
    expect(client.place(order)).toMatchObject({ status: false, errorcode, data: null })
    expect(client.rows('book')).toEqual([])
  })

  it('a scrip under surveillance is taken with consent', () => {
    const client = createVirtualClient()
    expect(client.place({ ...cautioned(), scripconsent: 'yes' })).toMatchObject({ status: true })
  })

  it('a product that the broker has no word for gets an empty 400', () => {
    const client = createVirtualClient()
    const answer = client.send('place', { ...LIMIT_BUY, ...nifty(), producttype: 'CNC' })
    expect(answer).toMatchObject({ status: 400, body: '' })
  })

  it('a limit far through the market, where prices are protected, names the bound', () => {
    const client = createVirtualClient({ priceProtectionPercent: 5 })
    expect(client.place({ price: '870' })).toMatchObject({
      status: false,
      message: 'Price should be at most 861.50 (LPP)',
    })
    expect(client.place({ price: '861.50' })).toMatchObject({ status: true })
  })
})

describe('rejected after acceptance', () => {
  it.each([
    [
      'funds',
      { quantity: '10000' },
      'RMS:Margin Exceeds,Required:1641000.00, Available:1000000.00',
    ],
    ['circuit', { price: '950' }, 'Circuit breach'],
    ['freeze', { ...nifty(), quantity: '1820' }, 'freeze quantity of 1800'],
    [
      'a stop behind the market',
      { variety: 'STOPLOSS', ordertype: 'STOPLOSS_LIMIT', triggerprice: '815', price: '816' },
      'out of the current execution range',
    ],
    ['intraday in trade to trade', { ...traded(), producttype: 'INTRADAY' }, 'trade to trade'],
    [
      'a delivery sell of what is not there',
      { producttype: 'DELIVERY', transactiontype: 'SELL' },
      'Check holdings',
    ],
  ])('%s', (_what, order, text) => {
    const client = createVirtualClient()
    expect(client.place(order)).toMatchObject({ status: true, message: 'SUCCESS' })
    expect(newest(client)).toMatchObject({ status: 'rejected', filledshares: '0', exchtime: '' })
    expect(newest(client).text).toContain(text)
  })

  it('whatever a test wants, for the next order or for one that is open', () => {
    const client = createVirtualClient()
    const { control } = client.simulator
    control.rejectNext({ clientCode: 'M100000', texts: ['RMS: because'] })
    client.place({})
    expect(newest(client)).toMatchObject({ status: 'rejected', text: 'RMS: because' })
    client.place({ price: '815' })
    control.reject({ ...idOf(newest(client)), text: 'RMS: later' })
    expect(newest(client)).toMatchObject({ status: 'rejected', text: 'RMS: later' })
  })

  it('a blocked client', () => {
    const client = createVirtualClient()
    client.simulator.control.block({ clientCode: 'M100000', isBlocked: true })
    client.place({})
    expect(newest(client)).toMatchObject({ status: 'rejected' })
  })
})

describe('money', () => {
  it('closing needs none, and gives back what was blocked', () => {
    const client = createVirtualClient({ accounts: masterWith({ cash: parseMoney('1700') }) })
    client.place({})
    expect(client.simulator.control.funds({ clientCode: 'M100000' })).toEqual({
      net: '59.00',
      used: '1641.00',
      realised: '0.00',
    })
    client.simulator.control.movePrice({ ...SBIN, price: '821.50' })
    client.place({ transactiontype: 'SELL', price: '821.50' })
    expect(client.simulator.control.funds({ clientCode: 'M100000' })).toEqual({
      net: '1710.00',
      used: '0.00',
      realised: '10.00',
    })
  })

  it('a conversion moves the position and neither gains nor loses', () => {
    const client = createVirtualClient()
    client.place({})
    const conversion = {
      ...{ exchange: 'NSE', symboltoken: '3045', transactiontype: 'BUY', type: 'DAY' },
      ...{ oldproducttype: 'INTRADAY', newproducttype: 'DELIVERY', quantity: 4 },
    }
    expect(client.ask('convert', conversion)).toMatchObject({ status: true })
    expect(client.simulator.control.positions({ clientCode: 'M100000' })).toEqual([
      { exchange: 'NSE', symbol: 'SBIN-EQ', product: 'INTRADAY', quantity: '6' },
      { exchange: 'NSE', symbol: 'SBIN-EQ', product: 'DELIVERY', quantity: '4' },
    ])
    expect(client.simulator.control.funds({ clientCode: 'M100000' }).realised).toBe('0.00')
    expect(client.ask('convert', { ...conversion, quantity: 7 })).toMatchObject({
      status: false,
      errorcode: 'AB1017',
    })
  })

  it('holdings can be sold once', () => {
    const holdings = [
      { exchange: 'NSE', symbol: 'SBIN-EQ', quantity: units(10), price: parsePrice('700') },
    ]
    const client = createVirtualClient({ accounts: masterWith({ holdings }) })
    const sell = { producttype: 'DELIVERY', transactiontype: 'SELL' }
    client.place({ ...sell, quantity: '6' })
    client.place({ ...sell, quantity: '5' })
    client.place({ ...sell, quantity: '4' })
    const states = client.rows('book').map((row) => row.status)
    expect(states).toEqual(['complete', 'rejected', 'complete'])
  })
})

function nifty() {
  return {
    ...{ exchange: 'NFO', tradingsymbol: NIFTY_CALL.symbol, symboltoken: NIFTY_CALL.token },
    ...{ producttype: 'CARRYFORWARD', price: '101.20', quantity: '65' },
  }
}

function cautioned() {
  return { tradingsymbol: 'GENSOL-EQ', symboltoken: '9683', price: '33.15' }
}

function traded() {
  return { tradingsymbol: 'PATELENG-BE', symboltoken: '13061', price: '41.25' }
}
