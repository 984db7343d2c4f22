import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type Place,
  priceEntry,
  priceExit,
  repriceExit,
  standInFor,
  worstPrice,
} from '../../src/decide/price.ts'
import type { Instrument } from '../../src/domain/instrument.ts'
import { formatDecimal, type Price, parseDecimal, parsePrice } from '../../src/domain/numbers.ts'
import type { Pricing, Side } from '../../src/domain/order.ts'
import { bandOf } from '../../src/domain/protection-band.ts'
import { ratioOf } from '../../src/domain/ratio.ts'
import type { MaxSlippage, OrderSettings } from '../../src/domain/settings.ts'
import { at } from './builders.ts'
import { NIFTY_CALL, NIFTY_FUTURE, SBIN, SBIN_CALL } from './instruments.ts'

const DEFAULTS: OrderSettings = { market: 'limit', stops: 'as-executed' }
const AS_IS: OrderSettings = { market: 'as-is', stops: 'as-executed' }
const SAME: OrderSettings = { market: 'limit', stops: 'same' }

const limit = (price: string): Pricing => ({ kind: 'limit', price: parsePrice(price) })
const MARKET: Pricing = { kind: 'market' }
const stopLimit = (trigger: string, price: string): Pricing => ({
  kind: 'stopLimit',
  trigger: parsePrice(trigger),
  price: parsePrice(price),
})
const stopMarket = (trigger: string): Pricing => ({
  kind: 'stopMarket',
  trigger: parsePrice(trigger),
})

const circuit = (lower: string, upper: string) => ({
  lower: parsePrice(lower),
  upper: parsePrice(upper),
})

/** `limit 101.20`, `market`, `stopLimit 100.00 101.20`. */
function read(pricing: Pricing): string {
  const prices = [
    'trigger' in pricing ? pricing.trigger : null,
    'price' in pricing ? pricing.price : null,
  ].filter((price) => price !== null)
  return [pricing.kind, ...prices.map((price) => formatDecimal(price, 2))].join(' ')
}

interface EntryRow {
  readonly side?: Side
  readonly master: Pricing
  readonly average: string
  readonly instrument?: Instrument
  readonly orders?: OrderSettings
  readonly circuit?: Place['circuit']
  readonly maxSlippage?: MaxSlippage
}

const atMost = (percent: string): MaxSlippage => ({
  kind: 'share',
  of: ratioOf(parseDecimal(percent) / 100n),
})

const price = (row: EntryRow): string =>
  read(
    priceEntry({
      instrument: NIFTY_CALL,
      side: 'BUY',
      orders: DEFAULTS,
      circuit: null,
      maxSlippage: { kind: 'band' },
      ...row,
      average: parsePrice(row.average),
    }),
  )

describe('the price of an entry', () => {
  test.each<[string, EntryRow, string]>([
    ["a limit stays the master's", { master: limit('101.20'), average: '101.05' }, 'limit 101.20'],
    ['a market buy goes up to the band', { master: MARKET, average: '100' }, 'limit 102.50'],
    [
      'a market sell goes down to it',
      { side: 'SELL', master: MARKET, average: '100' },
      'limit 97.50',
    ],
    ['rounded towards safety, buying', { master: MARKET, average: '101.23' }, 'limit 103.75'],
    [
      'rounded towards safety, selling',
      { side: 'SELL', master: MARKET, average: '101.23' },
      'limit 98.70',
    ],
    ['a cheap option has a wide band', { master: MARKET, average: '8' }, 'limit 9.60'],
    ['at 10 the next band begins', { master: MARKET, average: '10' }, 'limit 11.00'],
    ['at 20 the wider band still holds', { master: MARKET, average: '20' }, 'limit 22.00'],
    ['at 50 too', { master: MARKET, average: '50' }, 'limit 52.50'],
    [
      'a band narrower than a tick still reaches the average',
      { master: MARKET, average: '0.07' },
      'limit 0.10',
    ],
    ['and never nothing', { side: 'SELL', master: MARKET, average: '0.04' }, 'limit 0.05'],
    ['a share', { instrument: SBIN, master: MARKET, average: '800' }, 'limit 804.00'],
    [
      'an index future',
      { instrument: NIFTY_FUTURE, master: MARKET, average: '25000' },
      'limit 25125.00',
    ],
    ['a stock option', { instrument: SBIN_CALL, master: MARKET, average: '15' }, 'limit 18.00'],
    [
      'a share that the trader allows is its limit',
      { instrument: SBIN, master: MARKET, average: '820.50', maxSlippage: atMost('0.1') },
      'limit 821.30',
    ],
    [
      'selling too',
      {
        instrument: SBIN,
        side: 'SELL',
        master: MARKET,
        average: '820.50',
        maxSlippage: atMost('0.1'),
      },
      'limit 819.70',
    ],
    [
      'also where the master would have paid more',
      { instrument: SBIN, master: limit('830'), average: '820.50', maxSlippage: atMost('0.1') },
      'limit 821.30',
    ],
    [
      'and of a stop that has fired',
      {
        instrument: SBIN,
        master: stopLimit('820', '830'),
        average: '820.50',
        maxSlippage: atMost('0.1'),
      },
      'limit 821.30',
    ],
    [
      'a share of nothing is the average itself',
      { instrument: SBIN, master: MARKET, average: '820.52', maxSlippage: atMost('0') },
      'limit 820.55',
    ],
    [
      'a share beyond the band changes nothing',
      { instrument: SBIN, master: MARKET, average: '800', maxSlippage: atMost('5') },
      'limit 804.00',
    ],
    [
      'nor does none at all',
      { instrument: SBIN, master: MARKET, average: '800', maxSlippage: { kind: 'off' } },
      'limit 804.00',
    ],
    ['as-is sends a market order', { master: MARKET, average: '100', orders: AS_IS }, 'market'],
    [
      'as-is leaves a limit a limit',
      { master: limit('101.20'), average: '101', orders: AS_IS },
      'limit 101.20',
    ],
    [
      'a fired stop-limit is a limit',
      { master: stopLimit('100', '101'), average: '100.40' },
      'limit 101.00',
    ],
    [
      'a fired stop-market is a market order',
      { master: stopMarket('100'), average: '100' },
      'limit 102.50',
    ],
    [
      'same keeps the stop',
      { master: stopLimit('100', '101'), average: '100.40', orders: SAME },
      'stopLimit 100.00 101.00',
    ],
    [
      'same keeps a stop-market as far as an API may',
      { master: stopMarket('100'), average: '101', orders: SAME },
      'stopLimit 100.00 102.50',
    ],
    [
      'same and as-is keep it wholly',
      { master: stopMarket('100'), average: '101', orders: { market: 'as-is', stops: 'same' } },
      'stopMarket 100.00',
    ],
    [
      'not above the upper circuit',
      { master: MARKET, average: '100', circuit: circuit('80', '101.37') },
      'limit 101.35',
    ],
    [
      'not below the lower circuit',
      { side: 'SELL', master: MARKET, average: '100', circuit: circuit('98.01', '120') },
      'limit 98.05',
    ],
    [
      "a buyer's limit below the circuit is not lifted",
      { master: limit('70'), average: '70', circuit: circuit('80', '120') },
      'limit 70.00',
    ],
  ])('%s', (_, row, expected) => {
    expect(price(row)).toBe(expected)
  })
})

describe('the price of an exit', () => {
  const exit = (
    side: Side,
    last: string,
    some: Partial<Place & { orders: OrderSettings }> = {},
  ) => ({
    instrument: NIFTY_CALL,
    side,
    circuit: null,
    orders: DEFAULTS,
    last: { price: parsePrice(last), isOld: false },
    ...some,
  })
  const fromOld = (side: Side, last: string) => ({
    ...exit(side, last),
    last: { price: parsePrice(last), isOld: true },
  })

  test.each([
    ['a sell', exit('SELL', '100'), 'limit 97.50'],
    ['a buy', exit('BUY', '100'), 'limit 102.50'],
    ['rounded towards the fill, selling', exit('SELL', '101.23'), 'limit 98.65'],
    ['rounded towards the fill, buying', exit('BUY', '101.23'), 'limit 103.80'],
    ['an option at one tick, buying', exit('BUY', '0.05'), 'limit 0.10'],
    ['an option at one tick, selling', exit('SELL', '0.05'), 'limit 0.05'],
    [
      'within the circuit, selling',
      exit('SELL', '100', { circuit: circuit('99.02', '120') }),
      'limit 99.05',
    ],
    [
      'within the circuit, buying',
      exit('BUY', '100', { circuit: circuit('80', '101.99') }),
      'limit 101.95',
    ],
    ['as-is', exit('SELL', '100', { orders: AS_IS }), 'market'],
    ['of an old price, selling: twice the band', fromOld('SELL', '100'), 'limit 95.00'],
    ['of an old price, buying: twice the band', fromOld('BUY', '100'), 'limit 105.00'],
  ] as const)('%s', (_, asked, expected) => {
    expect(read(priceExit(asked))).toBe(expected)
  })

  test.each([
    ['the market fell: follow it', 0, '97.50', exit('SELL', '96'), 'reprice 93.60'],
    [
      'the market rose: the limit that rests is the better one',
      0,
      '97.50',
      exit('SELL', '110'),
      'keep',
    ],
    ['nothing moved', 2, '97.50', exit('SELL', '100'), 'keep'],
    ['a buyer follows a rise', 4, '102.50', exit('BUY', '103'), 'reprice 105.60'],
    ['five times, then it is owed', 5, '97.50', exit('SELL', '96'), 'giveUp'],
  ] as const)('repriced: %s', (_, done, resting, asked, expected) => {
    const next = repriceExit(done, parsePrice(resting), asked)
    expect(next.kind === 'reprice' ? `reprice ${formatDecimal(next.price, 2)}` : next.kind).toBe(
      expected,
    )
  })
})

const averages = fc
  .integer({ min: 5, max: 300_000 })
  .map((paise) => parsePrice((paise / 100).toFixed(2)))
const instruments = fc.constantFrom(NIFTY_CALL, NIFTY_FUTURE, SBIN, SBIN_CALL)
const sides = fc.constantFrom<Side>('BUY', 'SELL')

const staysInBand = (limitOf: (instrument: Instrument, side: Side, average: Price) => Price) =>
  fc.property(instruments, sides, averages, (instrument, side, average) => {
    const worst = worstPrice(side, average, bandOf(instrument, average))
    const got = limitOf(instrument, side, average)
    expect(got % instrument.tick).toBe(0n)
    expect(got > 0n).toBe(true)
    // Within the band, or at the tick that the average touches.
    const isWithin = side === 'BUY' ? got <= worst : got >= worst
    const isTouching = (got > average ? got - average : average - got) < instrument.tick
    expect(isWithin || isTouching).toBe(true)
    // And never where the master's own price would not be met.
    expect(side === 'BUY' ? got >= average : got <= average || got === instrument.tick).toBe(true)
  })

const entryLimitOf = (instrument: Instrument, side: Side, average: Price): Price => {
  const pricing = priceEntry({
    instrument,
    side,
    average,
    master: MARKET,
    orders: DEFAULTS,
    circuit: null,
    maxSlippage: { kind: 'band' },
  })
  return pricing.kind === 'limit' ? pricing.price : (0n as Price)
}

describe('what stands in for a quote that cannot be had', () => {
  const now = at('10:01:00')
  const seen = (price: string, when: string) => ({ price: parsePrice(price), at: at(when) })

  test.each([
    ['nothing was seen', [], null],
    ['what was seen beside the position, just now', [seen('100', '10:00:58')], '100.00'],
    ['older than 5 s: it is old', [seen('100', '10:00:54')], '100.00 old'],
    [
      'the newest, whichever it is',
      [seen('100', '10:00:20'), seen('101', '10:00:50'), seen('99', '10:00:10')],
      '101.00 old',
    ],
    ['a minute old still', [seen('100', '10:00:00')], '100.00 old'],
    ['older than that says nothing', [seen('100', '09:59:59')], null],
  ] as const)('%s', (_, known, expected) => {
    const found = standInFor(known, now)
    const text = found && `${formatDecimal(found.price, 2)}${found.isOld ? ' old' : ''}`
    expect(text).toBe(expected)
  })
})

const young = (price: Price) => ({
  last: { price, isOld: false },
  orders: DEFAULTS,
  circuit: null,
})

describe('what always holds', () => {
  test("an entry's limit is on the tick, inside the band and no tighter than the master's price", () =>
    fc.assert(staysInBand(entryLimitOf)))

  test('control: rounding as an exit does leaves the band', () => {
    const asExit = (instrument: Instrument, side: Side, last: Price): Price => {
      const pricing = priceExit({ ...young(last), instrument, side })
      return pricing.kind === 'limit' ? pricing.price : (0n as Price)
    }
    expect(() => fc.assert(staysInBand(asExit))).toThrow()
  })

  test('an exit asks no less than its entry would give', () => {
    fc.assert(
      fc.property(instruments, sides, averages, (instrument, side, last) => {
        const pricing = priceExit({ ...young(last), instrument, side })
        const got = pricing.kind === 'limit' ? pricing.price : (0n as Price)
        expect(got % instrument.tick).toBe(0n)
        const entry = entryLimitOf(instrument, side, last)
        expect(side === 'BUY' ? got >= entry : got <= entry).toBe(true)
      }),
    )
  })
})
