import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  expiryOf,
  mapFunds,
  mapHolding,
  mapOrder,
  mapPosition,
  mapProfile,
  mapQuote,
  mapTrade,
  statusOf,
  timeOf,
} from '../../../src/broker/angelone/map.ts'
import { parseExactly } from '../../../src/broker/angelone/wire.ts'
import { parseMoney, parsePrice, units } from '../../../src/domain/numbers.ts'
import { isFinal, type OrderReport } from '../../../src/domain/order.ts'
import { formatInstant, instant } from '../../../src/domain/time.ts'
import { FOLLOWER, orderRow, SBIN } from './kit.ts'

const now = instant(Date.parse('2026-11-20T14:00:00+05:30'))
const seen = { account: FOLLOWER, source: 'book', now } as const
const asRead = (value: unknown) => parseExactly(JSON.stringify(value))
const order = (some: Readonly<Record<string, unknown>> = {}) =>
  mapOrder(asRead(orderRow(some)), seen)
const report = (some: Readonly<Record<string, unknown>> = {}): OrderReport => {
  const mapped = order(some)
  if (mapped.kind === 'unreadable') throw new Error(mapped.why)
  return mapped.value
}

describe('an order row', () => {
  it('becomes a report', () => {
    expect(report()).toEqual({
      account: FOLLOWER,
      day: '2026-11-20',
      orderId: '261120000368479',
      uniqueOrderId: '05ebf91b-bea4-4a1d-b0f2-4259606570e3',
      tag: 'LSABCDEFGHIJKLMNOPQ',
      instrument: 'NFO:NIFTY29DEC26C25000',
      exchange: 'NFO',
      symbol: 'NIFTY29DEC26C25000',
      token: '35040',
      side: 'BUY',
      product: 'INTRADAY',
      variety: 'regular',
      pricing: { kind: 'limit', price: parsePrice('101.2') },
      quantity: units(65),
      filled: units(65),
      averagePrice: parsePrice('101.25'),
      status: 'complete',
      text: '',
      exchangeTime: Date.parse('2026-11-20T13:21:19+05:30'),
      fillTime: null,
      source: 'book',
    })
  })

  it('is the same whether its numbers are numbers or texts', () => {
    const texts = report({ price: '101.20', averageprice: '101.250', triggerprice: '0' })
    const numbers = report({ quantity: 65, filledshares: 65, unfilledshares: 0 })
    expect(texts).toEqual(report())
    expect(numbers).toEqual(report())
  })

  it('keeps every digit of an id that came as a number', () => {
    const text = JSON.stringify(orderRow()).replace('"261120000368479"', '9007199254740993')
    expect(mapOrder(parseExactly(text), seen)).toMatchObject({
      value: { orderId: '9007199254740993' },
    })
  })

  it.each([
    [{ ordertype: 'MARKET' }, { kind: 'market' }],
    [
      { ordertype: 'STOPLOSS_LIMIT', variety: 'STOPLOSS', triggerprice: 99.5 },
      { kind: 'stopLimit', trigger: parsePrice('99.5'), price: parsePrice('101.2') },
    ],
    [
      { ordertype: 'STOPLOSS_MARKET', variety: 'STOPLOSS', triggerprice: 99.5 },
      { kind: 'stopMarket', trigger: parsePrice('99.5') },
    ],
  ])('prices as %o', (some, pricing) => {
    expect(report(some)).toMatchObject({ pricing, variety: 'regular' })
  })

  it.each([
    [{ variety: 'AMO' }, 'afterMarket'],
    [{ orderstatus: 'after market order req received', filledshares: '0' }, 'afterMarket'],
    [{ variety: 'ROBO' }, 'bracket'],
    [{ variety: 'ICEBERG' }, 'unknown'],
    [{ ordertype: 'SOMETHING_NEW' }, 'unknown'],
  ])('%o is of variety %s', (some, variety) => {
    expect(report(some).variety).toBe(variety)
  })

  it('a product without a rule is unknown', () => {
    expect(report({ producttype: 'BO' }).product).toBe('UNKNOWN')
  })

  it('a partial fill is open, with what is filled', () => {
    const partly = {
      orderstatus: 'open',
      filledshares: '65',
      quantity: '130',
      unfilledshares: '65',
    }
    expect(report(partly)).toMatchObject({ status: 'open', filled: units(65) })
  })

  it('a rejection that the exchange never saw has no fill, no time and its reason', () => {
    const row = {
      orderstatus: 'rejected',
      filledshares: '',
      unfilledshares: null,
      exchtime: '',
      exchorderupdatetime: '',
      text: 'RMS: margin exceeds',
      averageprice: 0,
    }
    expect(report(row)).toMatchObject({
      status: 'rejected',
      filled: 0n,
      averagePrice: null,
      exchangeTime: null,
      text: 'RMS: margin exceeds',
      day: '2026-11-20',
    })
  })

  it('keeps its day when the broker touches it after midnight', () => {
    expect(report({ updatetime: '21-Nov-2026 00:03:00' }).day).toBe('2026-11-20')
  })

  it('from the stream has no lasting id', () => {
    const mapped = mapOrder(asRead(orderRow()), { ...seen, source: 'stream' })
    expect(mapped).toMatchObject({ value: { uniqueOrderId: null, source: 'stream' } })
  })

  it.each([
    ['no number', { orderid: null }, 'order NIFTY29DEC26C25000: not readable: orderid'],
    ['no quantity', { quantity: null }, /^order 261120000368479: .*not a number/],
    ['a quantity of words', { quantity: 'many' }, /not a number/],
    ['nothing ordered', { quantity: '0' }, /quantity is 0/],
    ['more filled than ordered', { filledshares: '130' }, /filledshares/],
    ['fills unknown', { filledshares: '', unfilledshares: '' }, /filledshares/],
    ['no price of a limit', { price: null }, /not a number/],
    ['no side', { transactiontype: 'HOLD' }, /transactiontype/],
    ['an exchange of nowhere', { exchange: 'LSE' }, /exchange/],
    ['no symbol', { tradingsymbol: '' }, /tradingsymbol/],
    ['a list for a word', { producttype: ['a'] }, /producttype/],
  ])('with %s is unreadable and says so', (_what, some, why) => {
    const mapped = order(some)
    expect(mapped.kind).toBe('unreadable')
    if (mapped.kind === 'unreadable') expect(mapped.why).toMatch(why)
  })

  it('is never lost for a remark of the wrong type', () => {
    expect(report({ text: { odd: true }, ordertag: null, uniqueorderid: null })).toMatchObject({
      text: '',
      tag: '',
      uniqueOrderId: null,
    })
  })
})

describe('words', () => {
  it.each([
    ['open', 'open'],
    ['modified', 'open'],
    ['open pending', 'pending'],
    ['trigger pending', 'pending'],
    ['put order req received', 'pending'],
    ['after market order req received', 'pending'],
    ['COMPLETE', 'complete'],
    ['executed', 'complete'],
    ['cancelled', 'cancelled'],
    ['cancelled after market order', 'cancelled'],
    ['rejected', 'rejected'],
    ['', 'pending'],
    ['constructor', 'pending'],
  ])('"%s" is %s', (word, status) => {
    expect(statusOf(word)).toBe(status)
  })

  it('a word that nobody knows is never final', () => {
    const known = /^\s*(complete|executed|cancell?ed|cancelled after market order|rejected)\s*$/i
    fc.assert(
      fc.property(fc.string(), (word) => {
        fc.pre(!known.test(word))
        expect(isFinal(statusOf(word))).toBe(false)
      }),
    )
  })

  it.each([
    ['24-Oct-2025 13:21:19', '2025-10-24T13:21:19.000+05:30'],
    ['1-jan-2026 00:00:00', '2026-01-01T00:00:00.000+05:30'],
    ['31-Feb-2026 10:00:00', null],
    ['24-Oct-2025 25:00:00', null],
    ['24/10/2025', null],
    ['', null],
  ])('the time "%s" is %s', (text, expected) => {
    const at = timeOf(text)
    expect(at === null ? null : formatInstant(at)).toBe(expected)
  })

  it('an expiry is a day', () => {
    expect(expiryOf('06OCT2026')).toBe('2026-10-06')
    expect(expiryOf('')).toBeNull()
  })
})

describe('whatever a row holds', () => {
  const odd = fc.oneof(
    fc.json().map((text) => parseExactly(text)),
    fc.constantFrom('', '0', '-1', '1e400', 'NaN', '9'.repeat(40), '__proto__', null),
    fc.string(),
  )
  const fields = Object.keys(orderRow())
  const rows = fc
    .dictionary(fc.constantFrom(...fields), odd, { maxKeys: 6 })
    .map((some) => asRead(orderRow(some)))

  it('it is understood, or unreadable in words, and nothing is thrown', () => {
    fc.assert(
      fc.property(fc.oneof(rows, odd), (raw) => {
        const all = [
          mapOrder(raw, seen),
          mapTrade(raw, now),
          mapPosition(raw),
          mapHolding(raw),
          mapFunds(raw),
          mapProfile(raw),
          mapQuote(raw, [SBIN]),
        ]
        for (const mapped of all)
          if (mapped.kind === 'unreadable') expect(mapped.why.length).toBeLessThan(2_000)
      }),
      { numRuns: 1_000 },
    )
  })

  it('an order that is understood is one: something ordered, no more filled than that', () => {
    fc.assert(
      fc.property(rows, (raw) => {
        const mapped = mapOrder(raw, seen)
        if (mapped.kind === 'unreadable') return true
        const { quantity, filled, averagePrice } = mapped.value
        return (
          quantity > 0n &&
          filled >= 0n &&
          filled <= quantity &&
          (filled > 0n || averagePrice === null)
        )
      }),
      { numRuns: 1_000 },
    )
  })

  it('control: rows that are odd enough to be unreadable do occur', () => {
    const run = fc.check(
      fc.property(rows, (raw) => mapOrder(raw, seen).kind === 'row'),
      { numRuns: 300 },
    )
    expect(run.failed).toBe(true)
  })
})

describe('other rows', () => {
  it('a trade says the time of day: of today, or of yesterday when that is still to come', () => {
    const row = { orderid: '1', fillprice: '101.25', fillsize: '65', filltime: '13:27:53' }
    expect(mapTrade(row, now)).toMatchObject({
      value: { quantity: units(65), at: Date.parse('2026-11-20T13:27:53+05:30') },
    })
    expect(mapTrade({ ...row, filltime: '15:10:00' }, now)).toMatchObject({
      value: { at: Date.parse('2026-11-19T15:10:00+05:30') },
    })
    expect(mapTrade({ ...row, fillprice: '0' }, now).kind).toBe('unreadable')
  })

  it('a position is signed, whatever space stands after the minus', () => {
    const row = {
      exchange: 'NFO',
      tradingsymbol: 'NIFTY29DEC26C25000',
      producttype: 'CARRYFORWARD',
      netqty: '- 130',
      netvalue: '- 2235.80',
      ltp: '101.25',
    }
    expect(mapPosition(row)).toMatchObject({
      value: { quantity: units(-130), lastPrice: parsePrice('101.25'), product: 'CARRYFORWARD' },
    })
    expect(mapPosition({ ...row, netqty: '' }).kind).toBe('unreadable')
    expect(mapPosition(row)).toMatchObject({ value: { today: null } })
    const carried = { ...row, cfbuyqty: '65', cfsellqty: '0' }
    expect(mapPosition(carried)).toMatchObject({ value: { today: units(-195) } })
    expect(mapPosition({ ...carried, cfsellqty: 'many' })).toMatchObject({ value: { today: null } })
    expect(mapPosition({ ...row, ltp: null })).toMatchObject({ value: { lastPrice: null } })
  })

  it('a holding', () => {
    const row = asRead({ exchange: 'NSE', tradingsymbol: 'SBIN-EQ', quantity: 8, t1quantity: 0 })
    expect(mapHolding(row)).toMatchObject({ value: { quantity: units(8) } })
  })

  it('funds are net, and used', () => {
    const used = { utilisedspan: null, utilisedoptionpremium: '100.50', utilisedexposure: '1' }
    expect(mapFunds({ net: '9999.5000', availablecash: '1', ...used })).toMatchObject({
      value: { net: parseMoney('9999.5'), used: parseMoney('101.50') },
    })
    expect(mapFunds({ net: '1', utiliseddebits: '40', ...used })).toMatchObject({
      value: { used: parseMoney('40') },
    })
    expect(mapFunds({ net: null }).kind).toBe('unreadable')
  })

  it('a profile, its lists as lists or as a text that looks like one', () => {
    const value = { clientCode: 'C123', exchanges: ['NSE', 'NFO'], products: ['DELIVERY'] }
    const as = (exchanges: unknown, products: unknown) =>
      mapProfile({ clientcode: 'C123', name: 'A', exchanges, products })
    expect(as('[ "NSE", "NFO" ]', '["DELIVERY"]')).toMatchObject({ value })
    expect(as(['NSE', 'NFO'], ['DELIVERY'])).toMatchObject({ value })
  })

  it('a quote, with the circuit limits where it has both', () => {
    const row = { exchange: 'NSE', symbolToken: '3045', ltp: '568.2' }
    const limits = { lowerCircuit: '510.7', upperCircuit: '624.1' }
    expect(mapQuote({ ...row, ...limits }, [SBIN])).toMatchObject({
      value: { quote: { circuit: { lower: parsePrice('510.7'), upper: parsePrice('624.1') } } },
    })
    expect(mapQuote(row, [SBIN])).toMatchObject({ value: { quote: { circuit: null } } })
    expect(mapQuote({ ...row, symbolToken: '1' }, [SBIN]).kind).toBe('unreadable')
    expect(mapQuote({ ...row, ltp: '0' }, [SBIN]).kind).toBe('unreadable')
  })
})
