import { describe, expect, it } from 'vitest'
import { instant } from '../../src/domain/time.ts'
import { BY_CALENDAR, createVirtualClient, NIFTY_CALL, SBIN } from './virtual-client.ts'

const at = (text: string) => instant(Date.parse(`${text}+05:30`))
const ME = { clientCode: 'M100000' }
const words = (rows: readonly Record<string, unknown>[], name: string) =>
  rows.map((row) => row[name])

describe('after hours', () => {
  it('an order waits for the opening, whatever its variety said', () => {
    const client = createVirtualClient({ hours: BY_CALENDAR }, at('2026-11-23T08:00:00'))
    client.place({})
    expect(client.rows('book')).toMatchObject([
      { variety: 'AMO', status: 'after market order req received', exchtime: '' },
    ])
    client.passTo('2026-11-23T09:15:00+05:30')
    expect(client.rows('book')).toMatchObject([
      { variety: 'AMO', status: 'complete', exchtime: '23-Nov-2026 09:15:00' },
    ])
  })

  it('it outlives the night', () => {
    const client = createVirtualClient({ hours: BY_CALENDAR }, at('2026-11-23T20:00:00'))
    client.place({})
    client.passTo('2026-11-24T08:00:00+05:30')
    const truth = client.simulator.control.orders(ME)
    expect(truth).toMatchObject([{ state: 'after market order req received' }])
  })

  it('it can be modified and cancelled, in words of its own', () => {
    const client = createVirtualClient({ hours: BY_CALENDAR }, at('2026-11-23T08:00:00'))
    client.place({})
    const orderid = String(client.rows('book')[0]?.orderid)
    client.simulator.control.modify({ ...ME, orderId: orderid, price: '815' })
    client.ask('cancel', { variety: 'NORMAL', orderid })
    expect(client.rows('book')).toMatchObject([
      { price: 815, status: 'cancelled after market order' },
    ])
  })

  it('a Sunday, and a holiday, have no hours', () => {
    for (const day of ['2026-11-22T11:00:00', '2026-11-24T11:00:00']) {
      const client = createVirtualClient({ hours: BY_CALENDAR }, at(day))
      client.place({})
      expect(client.rows('book')).toMatchObject([{ status: 'after market order req received' }])
    }
  })

  it('where hours are ignored an order goes through on a Sunday', () => {
    const client = createVirtualClient({}, at('2026-11-22T11:00:00'))
    client.place({})
    expect(client.rows('book')).toMatchObject([{ variety: 'NORMAL', status: 'complete' }])
  })
})

describe('the end of the day', () => {
  it('at 15:15 the broker cancels and closes what is intraday, with orders of its own', () => {
    const client = createVirtualClient({ hours: BY_CALENDAR })
    client.place({})
    client.place({ price: '815' })
    client.place({ producttype: 'DELIVERY', quantity: '3' })
    client.passTo('2026-11-23T15:15:00+05:30')
    expect(words(client.rows('book'), 'status')).toEqual([
      'complete',
      'cancelled',
      'complete',
      'complete',
    ])
    expect(client.simulator.control.orders(ME).at(-1)).toMatchObject({
      ...{ placedBy: 'broker', side: 'SELL', quantity: '10', tag: '' },
    })
    expect(client.simulator.control.positions(ME)).toMatchObject([
      { product: 'INTRADAY', quantity: '0' },
      { product: 'DELIVERY', quantity: '3' },
    ])
    client.place({})
    expect(client.rows('book').at(-1)).toMatchObject({
      status: 'rejected',
      text: 'RMS:Rule: Intraday orders are not allowed after square off time',
    })
  })

  it('what was to reject the next order of the owner does not stop the broker’s own', () => {
    const client = createVirtualClient({ hours: BY_CALENDAR })
    client.place({})
    client.simulator.control.rejectNext({ ...ME, texts: ['no'] })
    client.passTo('2026-11-23T15:15:00+05:30')
    expect(words(client.rows('book'), 'status')).toEqual(['complete', 'complete'])
    client.place({ producttype: 'DELIVERY' })
    expect(client.rows('book').at(-1)).toMatchObject({ status: 'rejected', text: 'no' })
  })

  it('orders that rest are cancelled when their exchange closes', () => {
    const client = createVirtualClient({ hours: BY_CALENDAR })
    client.place({ price: '815', producttype: 'DELIVERY' })
    client.passTo('2026-11-23T17:00:00+05:30')
    expect(words(client.rows('book'), 'status')).toEqual(['cancelled'])
  })

  it('midnight clears the books, settles what was bought, and carries what is held', () => {
    const client = createVirtualClient()
    const { control } = client.simulator
    client.place({ producttype: 'DELIVERY', quantity: '3' })
    control.trade({ ...ME, ...NIFTY_CALL, side: 'BUY', quantity: 65, product: 'CARRYFORWARD' })
    control.movePrice({ ...NIFTY_CALL, price: '110.20' })
    const before = control.funds(ME)
    client.passTo('2026-11-24T10:00:00+05:30')
    client.login()
    expect(client.rows('book')).toEqual([])
    expect(client.rows('trades')).toEqual([])
    expect(client.rows('holdings')).toMatchObject([
      { tradingsymbol: SBIN.symbol, t1quantity: 3, realisedquantity: 0, quantity: 3 },
    ])
    expect(client.rows('positions')).toMatchObject([
      { buyqty: '0', cfbuyqty: '65', netqty: '65', cfbuyamount: '6578.00', close: '110.20' },
    ])
    expect(control.funds(ME).net).toBe(before.net)
    client.passTo('2026-11-25T10:00:00+05:30')
    client.login()
    expect(client.rows('holdings')).toMatchObject([{ t1quantity: 0, realisedquantity: 3 }])
  })

  it('midnight ends what still rests, where no exchange closes before', () => {
    const client = createVirtualClient()
    client.place({ price: '815' })
    client.passTo('2026-11-24T10:00:00+05:30')
    client.simulator.control.movePrice({ ...SBIN, price: '814' })
    expect(client.simulator.control.orders(ME)).toMatchObject([{ state: 'cancelled', filled: '0' }])
    expect(client.simulator.control.positions(ME)).toEqual([])
  })

  it('what is held can be sold the next day, and is gone the day after', () => {
    const client = createVirtualClient()
    client.place({ producttype: 'DELIVERY', quantity: '3' })
    client.passTo('2026-11-24T10:00:00+05:30')
    client.login()
    client.place({ producttype: 'DELIVERY', transactiontype: 'SELL', quantity: '3' })
    expect(client.rows('positions')).toMatchObject([{ netqty: '-3' }])
    client.passTo('2026-11-25T10:00:00+05:30')
    client.login()
    expect(client.rows('holdings')).toEqual([])
    expect(client.simulator.control.funds(ME)).toMatchObject({ net: '1000000.00', used: '0.00' })
  })

  it('a contract is gone on the day after its expiry, settled at its last price', () => {
    const client = createVirtualClient()
    const order = { ...ME, ...NIFTY_CALL, side: 'BUY', quantity: 65 } as const
    client.simulator.control.trade({ ...order, product: 'CARRYFORWARD' })
    client.passTo('2026-12-29T10:00:00+05:30')
    expect(client.simulator.control.positions(ME)).toMatchObject([{ quantity: '65' }])
    client.simulator.control.movePrice({ ...NIFTY_CALL, price: '111.20' })
    client.passTo('2026-12-30T10:00:00+05:30')
    expect(client.simulator.control.positions(ME)).toEqual([])
    expect(client.simulator.control.funds(ME)).toMatchObject({ net: '1000650.00', used: '0.00' })
  })

  it('order numbers begin with the day', () => {
    const client = createVirtualClient()
    client.place({})
    client.passTo('2026-11-24T10:00:00+05:30')
    client.login()
    client.place({})
    const ids = client.simulator.control.orders(ME).map(({ orderId }) => orderId)
    expect(ids).toEqual(['261123000000001', '261124000000002'])
  })
})
