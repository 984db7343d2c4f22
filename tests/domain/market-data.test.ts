import { describe, expect, test } from 'vitest'
import { FREEZE_AS_OF, freezeOf } from '../../src/domain/freeze.ts'
import { parsePrice, units } from '../../src/domain/numbers.ts'
import { bandOf } from '../../src/domain/protection-band.ts'
import { formatFactor, times, whole } from '../../src/domain/ratio.ts'
import {
  BANKNIFTY_CALL,
  GOLD_FUTURE,
  NIFTY_CALL,
  NIFTY_FUTURE,
  SBIN,
  SBIN_CALL,
  SBIN_FUTURE,
  SENSEX_PUT,
} from '../decide/instruments.ts'

describe('the protection band in per cent', () => {
  const rows = [
    [SBIN, '800', '0.5'],
    [SBIN_FUTURE, '800', '1'],
    [NIFTY_FUTURE, '25000', '0.5'],
    [NIFTY_CALL, '9.95', '20'],
    [NIFTY_CALL, '10', '10'],
    [NIFTY_CALL, '20', '10'],
    [NIFTY_CALL, '20.05', '5'],
    [NIFTY_CALL, '50', '5'],
    [NIFTY_CALL, '50.05', '2.5'],
    [SBIN_CALL, '9.95', '40'],
    [SBIN_CALL, '15', '20'],
    [SBIN_CALL, '30', '10'],
    [SBIN_CALL, '60', '5'],
    [GOLD_FUTURE, '120000', '1'],
    [{ ...GOLD_FUTURE, kind: 'commodityOption' }, '60', '2.5'],
    [{ ...GOLD_FUTURE, kind: 'currencyFuture' }, '88', '0.5'],
  ] as const
  test.each(
    rows.map(
      ([instrument, price, percent]) => [instrument.kind, price, percent, instrument] as const,
    ),
  )('%s at %s: %s', (_, price, percent, instrument) => {
    const band = bandOf(instrument, parsePrice(price))
    expect(formatFactor(times(band, whole(100n)))).toBe(percent)
  })
})

describe('the freeze quantity', () => {
  test('is known for the indices', () => {
    const known = [NIFTY_CALL, NIFTY_FUTURE, BANKNIFTY_CALL, SENSEX_PUT]
    expect(known.map((instrument) => freezeOf(instrument, new Map()))).toEqual(
      [1800, 1800, 600, 1000].map(units),
    )
  })

  test('is not known for a stock, unless the trader says it, and never for its share', () => {
    const own = new Map([['SBIN', units(50_000)]])
    expect(freezeOf(SBIN_FUTURE, new Map())).toBeNull()
    expect(freezeOf(SBIN_FUTURE, own)).toBe(units(50_000))
    expect(freezeOf(SBIN, own)).toBeNull()
  })

  test("the trader's number wins", () => {
    expect(freezeOf(NIFTY_CALL, new Map([['NIFTY', units(900)]]))).toBe(units(900))
  })

  test('says of which day it is', () => expect(FREEZE_AS_OF).toBe('2026-02-01'))
})
