// The truth that promises are checked against: it must see what it is there to see.
import { describe, expect, it } from 'vitest'
import { createVirtualClient } from './virtual-client.ts'

const ME = { clientCode: 'M100000' }

describe('duplicates', () => {
  it('are tags under which more than one order took effect', () => {
    const client = createVirtualClient()
    const { control } = client.simulator
    client.place({ ordertag: 'A' })
    client.place({ ordertag: 'B' })
    expect(control.duplicates()).toEqual([])
    client.place({ ordertag: 'A' })
    expect(control.duplicates()).toEqual([{ ...ME, tag: 'A', orders: 2 }])
  })

  it('are neither orders without a tag nor rejected ones', () => {
    const client = createVirtualClient()
    const { control } = client.simulator
    client.place({ ordertag: '' })
    client.place({ ordertag: '' })
    client.place({ ordertag: 'A' })
    control.rejectNext({ ...ME, texts: ['no'] })
    client.place({ ordertag: 'A' })
    expect(control.duplicates()).toEqual([])
  })
})

describe('the truth', () => {
  it('has the orders of every day, with who placed them', () => {
    const client = createVirtualClient()
    const { control } = client.simulator
    client.place({ ordertag: 'A' })
    client.passTo('2026-11-24T10:00:00+05:30')
    const trade = { ...ME, exchange: 'NSE', symbol: 'INFY-EQ', product: 'INTRADAY' } as const
    control.trade({ ...trade, side: 'SELL', quantity: 2 })
    expect(control.orders(ME)).toMatchObject([
      { tag: 'A', placedBy: 'api', symbol: 'SBIN-EQ', filled: '10', averagePrice: '820.50' },
      { tag: '', placedBy: 'app', symbol: 'INFY-EQ', side: 'SELL', state: 'complete' },
    ])
    expect(control.orders({ clientCode: 'F100001' })).toEqual([])
  })

  it('knows nobody and nothing that is not there', () => {
    const { control } = createVirtualClient().simulator
    expect(() => control.orders({ clientCode: 'X' })).toThrow('nobody is called X')
    expect(() => control.lastPrice({ exchange: 'NSE', symbol: 'X' })).toThrow('NSE:X is not listed')
    expect(() => control.cancel({ ...ME, orderId: '1' })).toThrow('M100000 has no order 1')
  })

  it('has prices within their circuit only', () => {
    const { control } = createVirtualClient().simulator
    const SBIN = { exchange: 'NSE', symbol: 'SBIN-EQ' }
    control.movePrice({ ...SBIN, price: '5000' })
    expect(control.lastPrice(SBIN)).toBe('902.55')
    control.movePrice({ ...SBIN, price: '1' })
    expect(control.lastPrice(SBIN)).toBe('738.45')
  })
})
