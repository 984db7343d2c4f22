import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checkRules, namesInstrument, type Ruled } from '../../src/decide/rules.ts'
import { parsePrice } from '../../src/domain/numbers.ts'
import type { Rules } from '../../src/domain/settings.ts'
import {
  BANKNIFTY_CALL,
  FINNIFTY_CALL,
  NIFTY_CALL,
  NIFTY_FUTURE,
  SBIN,
  SBIN_FUTURE,
  share,
} from './instruments.ts'

const EVERYTHING: Rules = {
  symbols: { allow: [], block: [] },
  exchanges: [],
  products: [],
  orderTypes: [],
  sides: [],
}

const BUY_CALL: Ruled = {
  exchange: 'NFO',
  symbol: NIFTY_CALL.symbol,
  product: 'INTRADAY',
  pricing: { kind: 'limit', price: parsePrice('101.20') },
  side: 'BUY',
}

describe('a line of a symbol list', () => {
  const rows = [
    ['NIFTY', NIFTY_CALL, true],
    ['NIFTY', NIFTY_FUTURE, true],
    ['NIFTY', BANKNIFTY_CALL, false],
    ['NIFTY', FINNIFTY_CALL, false],
    ['nifty', NIFTY_CALL, true],
    [' NIFTY ', NIFTY_CALL, true],
    ['NIFT', NIFTY_CALL, false],
    ['', NIFTY_CALL, false],
    ['NIFTY29DEC2625000CE', NIFTY_CALL, true],
    ['NIFTY29DEC2625000CE', NIFTY_FUTURE, false],
    ['SBIN', SBIN, true],
    ['SBIN', SBIN_FUTURE, true],
    ['SBIN-EQ', SBIN, true],
    ['SBIN-EQ', SBIN_FUTURE, false],
    ['SBIN*', SBIN, true],
    ['sbin*', SBIN_FUTURE, true],
    ['SBIN*', share('USBIN-EQ'), false],
    ['*NIFTY*', BANKNIFTY_CALL, true],
    ['NIFTY*CE', NIFTY_CALL, true],
    ['NIFTY*CE', NIFTY_FUTURE, false],
    ['SBIN-??', SBIN, true],
    ['SBIN-?', SBIN, false],
    ['SBIN-EQ?', SBIN, false],
    ['*', SBIN, true],
    ['M&M*', share('M&M-EQ'), true],
    ['M.M*', share('M&M-EQ'), false],
  ] as const
  test.each(
    rows.map(
      ([entry, instrument, expected]) => [entry, instrument.symbol, expected, instrument] as const,
    ),
  )('%j names %s: %j', (entry, _, expected, instrument) => {
    expect(namesInstrument(entry, instrument)).toBe(expected)
  })

  const agreesWithAnExpression = (names: typeof namesInstrument) => {
    const letters = fc.string({ unit: fc.constantFrom('A', 'B', '*', '?'), maxLength: 8 })
    const symbols = fc.string({ unit: fc.constantFrom('A', 'B'), minLength: 1, maxLength: 8 })
    return fc.property(letters, symbols, (pattern, symbol) => {
      fc.pre(/[*?]/.test(pattern))
      const expression = new RegExp(`^${pattern.replaceAll('*', '.*').replaceAll('?', '.')}$`)
      expect(names(pattern, share(symbol))).toBe(expression.test(symbol))
    })
  }

  test('agrees with a regular expression on every pattern', () =>
    fc.assert(agreesWithAnExpression(namesInstrument)))

  test('control: a pattern that need not reach the end of the symbol does not', () => {
    const short: typeof namesInstrument = (pattern, instrument) =>
      namesInstrument(`${pattern}*`, instrument)
    expect(() => fc.assert(agreesWithAnExpression(short))).toThrow()
  })

  test('a line full of wild marks takes no time', () => {
    const line = `${'*A'.repeat(30)}*B`
    expect(namesInstrument(line, share('A'.repeat(60)))).toBe(false)
  })
})

describe('rules', () => {
  test.each([
    ['nothing said lets everything through', {}, null],
    ['an allowed underlying', { symbols: { allow: ['NIFTY'], block: [] } }, null],
    [
      'another underlying',
      { symbols: { allow: ['BANKNIFTY'], block: [] } },
      { kind: 'symbolNotAllowed', symbol: NIFTY_CALL.symbol, allow: ['BANKNIFTY'] },
    ],
    [
      'block wins over allow',
      { symbols: { allow: ['NIFTY'], block: ['NIFTY*'] } },
      { kind: 'symbolBlocked', symbol: NIFTY_CALL.symbol, entry: 'NIFTY*' },
    ],
    ['an allowed exchange', { exchanges: ['NFO', 'NSE'] }, null],
    ['another exchange', { exchanges: ['NSE'] }, { kind: 'exchangeNotAllowed', exchange: 'NFO' }],
    [
      'another product',
      { products: ['DELIVERY'] },
      { kind: 'productNotAllowed', product: 'INTRADAY' },
    ],
    [
      'another order type',
      { orderTypes: ['MARKET'] },
      { kind: 'orderTypeNotAllowed', orderType: 'LIMIT' },
    ],
    ['another side', { sides: ['SELL'] }, { kind: 'sideNotAllowed', side: 'BUY' }],
    ['the same side', { sides: ['BUY'] }, null],
  ] as const)('%s', (_, some, expected) => {
    expect(checkRules(BUY_CALL, NIFTY_CALL, { ...EVERYTHING, ...some } as Rules)).toEqual(expected)
  })

  test('a stop is a stop by either price', () => {
    const rules: Rules = { ...EVERYTHING, orderTypes: ['STOPLOSS'] }
    const trigger = parsePrice('100')
    expect(
      checkRules({ ...BUY_CALL, pricing: { kind: 'stopMarket', trigger } }, NIFTY_CALL, rules),
    ).toBeNull()
    expect(
      checkRules(
        { ...BUY_CALL, pricing: { kind: 'stopLimit', trigger, price: trigger } },
        NIFTY_CALL,
        rules,
      ),
    ).toBeNull()
  })
})
