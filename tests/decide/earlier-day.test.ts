// What filled on a day that is over and was told to nobody, by a halt that outlasted it or an end of the program:
// told first the next morning, by the positions that the broker shows then.
import { describe, expect, test } from 'vitest'
import { atTheLatest, isEnded, notShown } from '../../src/decide/earlier-day.ts'
import { positionsTold, withoutUntold } from '../../src/decide/master-position.ts'
import { findSignals } from '../../src/decide/order-of-signals.ts'
import { instrumentId } from '../../src/domain/ids.ts'
import type { Instrument } from '../../src/domain/instrument.ts'
import { formatDecimal } from '../../src/domain/numbers.ts'
import { endedWithItsDay } from '../../src/domain/order.ts'
import type { CopyOn } from '../../src/domain/settings.ts'
import type { Signal } from '../../src/domain/signal.ts'
import { formatInstant, tradingDay } from '../../src/domain/time.ts'
import { at, DAY, NIFTY, type OrderSketch, order, position, SBIN } from './builders.ts'

const YESTERDAY = tradingDay('2026-11-30')
const FRIDAY = tradingDay('2026-11-27')
const NOW = at('09:16:00')
const LATE = at('09:15:00')

const carried = (sketch: OrderSketch): OrderSketch => ({ product: 'CARRYFORWARD', ...sketch })
const dayBefore = (sketch: OrderSketch): OrderSketch => carried({ day: YESTERDAY, ...sketch })

const show = (signal: Signal): string =>
  `${signal.orderId} ${signal.effect} ${signal.side} ${formatDecimal(signal.quantity)} ${formatDecimal(signal.masterBefore)} -> ${formatDecimal(signal.masterAfter)}${signal.obstacle ? ` ${signal.obstacle}` : ''}`

/** `shown`: what the broker shows this morning, yesterday's fills and today's included. */
function tell(
  orders: readonly OrderSketch[],
  shown: number,
  how: { instrument?: Instrument; copyOn?: CopyOn } = {},
): readonly Signal[] {
  const { instrument = NIFTY, copyOn = 'complete' } = how
  const all = orders.map(order)
  const product = orders[0]?.product ?? 'INTRADAY'
  const now = new Map([position(instrument.id, product, shown)])
  return findSignals(all, withoutUntold(now, all), copyOn, NOW, LATE)
}

describe('what is told of a day that is over', () => {
  const cases: [string, OrderSketch[], number, string[]][] = [
    [
      'an exit, out of what was there before it',
      [dayBefore({ id: '1', side: 'SELL', filled: 130 })],
      0,
      ['1 exit SELL 130 130 -> 0'],
    ],
    [
      'a part of what was there',
      [dayBefore({ id: '1', side: 'SELL', filled: 65 })],
      130,
      ['1 exit SELL 65 195 -> 130'],
    ],
    ['an entry', [dayBefore({ id: '1', side: 'BUY', filled: 65 })], 65, ['1 entry BUY 65 0 -> 65']],
    [
      'bought and sold again, both in the halt',
      [
        dayBefore({ id: '1', side: 'BUY', filled: 65, time: '14:00:00' }),
        dayBefore({ id: '2', side: 'SELL', filled: 65, time: '15:00:00' }),
      ],
      0,
      ['1 entry BUY 65 0 -> 65', '2 exit SELL 65 65 -> 0'],
    ],
    [
      'first of all, whatever today has',
      [
        carried({ id: '9', side: 'SELL', filled: 65, time: '09:15:30' }),
        dayBefore({ id: '11', side: 'BUY', filled: 65, time: '15:00:00' }),
      ],
      0,
      ['11 entry BUY 65 0 -> 65', '9 exit SELL 65 65 -> 0'],
    ],
    [
      'the day before it first',
      [
        dayBefore({ id: '1', side: 'SELL', filled: 65, time: '10:00:00' }),
        carried({ id: '2', day: FRIDAY, side: 'BUY', filled: 65, time: '15:00:00' }),
      ],
      0,
      ['2 entry BUY 65 0 -> 65', '1 exit SELL 65 65 -> 0'],
    ],
    [
      'what was left then and taken up again this morning is told by nobody',
      [
        dayBefore({ id: '1', side: 'SELL', filled: 65, time: '15:00:00' }),
        carried({ id: '2', side: 'BUY', filled: 65, time: '09:14:30' }),
      ],
      65,
      ['1 exit SELL 65 65 -> 0 nettedOverGap', '2 entry BUY 65 0 -> 65 nettedOverGap'],
    ],
    [
      'what an order that was still open had filled: it lasted for its day',
      [dayBefore({ id: '1', side: 'SELL', filled: 65, quantity: 130, status: 'open' })],
      65,
      ['1 exit SELL 65 130 -> 65'],
    ],
    [
      'a part that was told before the halt is not told again',
      [dayBefore({ id: '1', side: 'SELL', filled: 130, signalled: { exit: 65 } })],
      0,
      ['1 exit SELL 65 65 -> 0'],
    ],
    [
      'the baseline was never to be told',
      [dayBefore({ id: '1', side: 'BUY', filled: 130, signalled: { baseline: 130 } })],
      130,
      [],
    ],
    [
      'an order that rests today is no hurry for it',
      [
        carried({ id: '2', side: 'BUY', filled: 65, quantity: 130, status: 'open' }),
        dayBefore({ id: '1', side: 'SELL', filled: 65 }),
      ],
      65,
      ['1 exit SELL 65 65 -> 0'],
    ],
    [
      'what is hurried today comes after it all the same',
      [
        carried({ id: '3', side: 'SELL', filled: 65, time: '09:15:40' }),
        carried({ id: '2', side: 'BUY', filled: 65, quantity: 130, status: 'open' }),
        dayBefore({ id: '1', side: 'SELL', filled: 65, quantity: 130, status: 'open' }),
      ],
      65,
      ['1 exit SELL 65 130 -> 65', '2 entry BUY 65 65 -> 130', '3 exit SELL 65 130 -> 65'],
    ],
  ]
  test.each(cases)('%s', (_, orders, shown, expected) => {
    expect(tell(orders, shown).map(show)).toEqual(expected)
  })

  test('shares that are delivered stand over nights, and a sale of them is an exit', () => {
    const shares = { product: 'DELIVERY', instrument: SBIN } as const
    const told = tell(
      [
        dayBefore({ id: '1', side: 'BUY', filled: 10, time: '14:00:00', ...shares }),
        dayBefore({ id: '2', side: 'SELL', filled: 4, time: '15:00:00', ...shares }),
      ],
      6,
      { instrument: SBIN },
    )
    expect(told.map(show)).toEqual(['1 entry BUY 10 0 -> 10', '2 exit SELL 4 10 -> 6'])
  })

  test('with its true age', () => {
    const [sold] = tell([dayBefore({ id: '1', side: 'SELL', filled: 65, fillTime: '15:00:07' })], 0)
    expect(sold?.filledAt).toBe(at('15:00:07', YESTERDAY))
    expect(sold?.day).toBe(YESTERDAY)
    expect(sold?.seenAt).toBe(NOW)
  })

  test('without any time of its own it is as old as its day, never new', () => {
    const [sold] = tell([dayBefore({ id: '1', side: 'SELL', filled: 65, time: null })], 0)
    expect(formatInstant(sold?.filledAt ?? NOW)).toContain('2026-11-30T23:59:59')
  })
})

describe('what ended with its day', () => {
  const ended = (sketches: readonly OrderSketch[]): string[] => {
    const all = sketches.map((sketch) => order(dayBefore({ product: 'INTRADAY', ...sketch })))
    return findSignals(all, positionsTold(all), 'complete', NOW, LATE).map(show)
  }

  test('squared off by the broker that evening', () => {
    expect(
      ended([
        { id: '1', side: 'BUY', filled: 65, time: '14:00:00' },
        { id: '2', side: 'SELL', filled: 65, time: '15:15:00' },
      ]),
    ).toEqual(['1 entry BUY 65 0 -> 65 endedWithItsDay', '2 exit SELL 65 65 -> 0 endedWithItsDay'])
  })

  test('begins where that day had been told, though nobody saw how it ended', () => {
    expect(
      ended([
        { id: '1', side: 'BUY', filled: 195, signalled: { entry: 195 } },
        { id: '2', side: 'SELL', filled: 65, signalled: { exit: 65 } },
        { id: '3', side: 'SELL', filled: 65, time: '15:00:00' },
      ]),
    ).toEqual(['3 exit SELL 65 130 -> 65 endedWithItsDay'])
  })

  test('a contract that has expired since', () => {
    const instrument = {
      ...NIFTY,
      id: instrumentId('NFO', 'NIFTY30NOV2625000CE'),
      symbol: 'NIFTY30NOV2625000CE',
    }
    const carriedThere = { instrument, product: 'CARRYFORWARD' } as const
    expect(
      ended([
        { id: '1', side: 'BUY', filled: 65, signalled: { entry: 65 }, ...carriedThere },
        { id: '2', side: 'SELL', filled: 65, time: '15:00:00', ...carriedThere },
      ]),
    ).toEqual(['2 exit SELL 65 65 -> 0 endedWithItsDay'])
  })
})

describe('an order and its day', () => {
  const report = (sketch: Partial<OrderSketch>) =>
    order({ id: '1', side: 'BUY', filled: 65, ...sketch }).report

  test.each([
    ['complete today', report({}), true],
    ['open today', report({ status: 'open', quantity: 130 }), false],
    ['open yesterday', report({ status: 'open', quantity: 130, day: YESTERDAY }), true],
  ])('%s: whether more of it may fill', (_, found, expected) => {
    expect(isEnded(found, NOW)).toBe(expected)
  })

  test.each([
    ['intraday of today', report({}), false],
    ['intraday of yesterday', report({ day: YESTERDAY }), true],
    ['carried since yesterday', report({ day: YESTERDAY, product: 'CARRYFORWARD' }), false],
    [
      'shares of yesterday',
      report({ day: YESTERDAY, product: 'DELIVERY', instrument: SBIN }),
      false,
    ],
  ])('%s: whether it ended with its day', (_, found, expected) => {
    expect(endedWithItsDay(found, DAY)).toBe(expected)
  })

  test('a contract stands on the day on which it expires, and not on the next', () => {
    const found = report({ day: YESTERDAY, product: 'CARRYFORWARD' })
    expect(endedWithItsDay(found, tradingDay('2026-12-29'))).toBe(false)
    expect(endedWithItsDay(found, tradingDay('2026-12-30'))).toBe(true)
  })

  test('what bears no time happened by now', () => {
    expect(atTheLatest(report({}), NOW)).toBe(NOW)
    expect(atTheLatest(report({ day: FRIDAY }), NOW)).toBe(at('23:59:59', FRIDAY) + 999)
  })

  test('a book that shows one of them still has the last word about it', () => {
    const [one, two] = [
      dayBefore({ id: '1', side: 'BUY', filled: 65 }),
      dayBefore({ id: '2', side: 'BUY', filled: 65 }),
    ].map(order)
    if (!one || !two) throw new Error('there are two')
    expect(notShown([one, two], [two])).toEqual([one])
    expect(notShown([one, two], [])).toEqual([one, two])
  })
})
