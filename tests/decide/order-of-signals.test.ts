import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  findSignals,
  type MasterPositions,
  mayTellAtOnce,
} from '../../src/decide/order-of-signals.ts'
import { engineId } from '../../src/domain/ids.ts'
import type { Instrument } from '../../src/domain/instrument.ts'
import { add, formatDecimal, units } from '../../src/domain/numbers.ts'
import { signed } from '../../src/domain/order.ts'
import type { CopyOn } from '../../src/domain/settings.ts'
import type { MasterOrder, Signal } from '../../src/domain/signal.ts'
import { makeTag } from '../../src/domain/tag.ts'
import { at, NIFTY, type OrderSketch, order, position, SBIN } from './builders.ts'

const SEEN = at('10:00:03')
const LATE = at('09:59:03')
const none: MasterPositions = new Map()

const find = (
  orders: readonly OrderSketch[],
  positions: MasterPositions = none,
  copyOn: CopyOn = 'complete',
): string[] => findSignals(orders.map(order), positions, copyOn, SEEN, LATE).map(show)

const show = (signal: Signal): string =>
  `${signal.orderId} ${signal.effect} ${signal.side} ${formatDecimal(signal.quantity)}${signal.obstacle ? ` ${signal.obstacle}` : ''}`

const long = (quantity: number, instrument: Instrument = NIFTY): MasterPositions =>
  new Map([position(instrument.id, 'INTRADAY', quantity)])

describe('which orders become signals', () => {
  const cases: [string, OrderSketch[], string[]][] = [
    ['a filled order', [{ id: '1', side: 'BUY', filled: 65 }], ['1 entry BUY 65']],
    [
      'an order seen open is told once it has filled',
      [{ id: '1', side: 'BUY', filled: 65, quantity: 65, status: 'complete' }],
      ['1 entry BUY 65'],
    ],
    [
      'an open order without fills',
      [{ id: '1', side: 'BUY', filled: 0, quantity: 65, status: 'open' }],
      [],
    ],
    [
      'a half-filled cancelled order, for its half',
      [{ id: '1', side: 'BUY', filled: 40, quantity: 100, status: 'cancelled' }],
      ['1 entry BUY 40'],
    ],
    [
      'what was rejected after a part had filled',
      [{ id: '1', side: 'BUY', filled: 40, quantity: 100, status: 'rejected' }],
      ['1 entry BUY 40'],
    ],
    [
      'a rejected order',
      [{ id: '1', side: 'BUY', filled: 0, quantity: 65, status: 'rejected' }],
      [],
    ],
    [
      'the baseline is never copied, what fills beyond it is',
      [{ id: '1', side: 'BUY', filled: 195, signalled: { baseline: 130 } }],
      ['1 entry BUY 65'],
    ],
    [
      'what was told is not told again',
      [{ id: '1', side: 'BUY', filled: 130, signalled: { entry: 130 } }],
      [],
    ],
    [
      'a stale reading that shows less than was told',
      [{ id: '1', side: 'BUY', filled: 65, quantity: 130, signalled: { entry: 130 } }],
      [],
    ],
    [
      'a half-filled open order waits for its end',
      [{ id: '1', side: 'BUY', filled: 325, quantity: 650, status: 'open' }],
      [],
    ],
    [
      '325 of 650 filled when the SELL 325 comes',
      [
        { id: '1', side: 'BUY', filled: 325, quantity: 650, status: 'open', time: '10:00:02' },
        { id: '2', side: 'SELL', filled: 325, time: '10:00:01' },
      ],
      ['1 entry BUY 325', '2 exit SELL 325'],
    ],
    [
      'what had ended before a half-filled order was heard of goes before it, as after a halt',
      [
        { id: '1', side: 'BUY', filled: 325, time: '10:00:00', heard: [1, 2] },
        { id: '2', side: 'SELL', filled: 325, time: '10:00:01', heard: [2, 3] },
        { id: '3', side: 'BUY', filled: 65, quantity: 650, status: 'open', heard: [4, 5] },
      ],
      ['1 entry BUY 325', '2 exit SELL 325', '3 entry BUY 65'],
    ],
    [
      'what has ended since it was heard of goes after it, and so does what both were first heard of with',
      [
        { id: '1', side: 'BUY', filled: 65, quantity: 650, status: 'open', heard: [4, 5] },
        { id: '2', side: 'SELL', filled: 10, time: '10:00:00', heard: [2, 4] },
        { id: '3', side: 'SELL', filled: 20, time: '10:00:01', heard: [3, 6] },
      ],
      ['1 entry BUY 65', '2 exit SELL 10', '3 exit SELL 20'],
    ],
    [
      'a half-filled order goes right after the last of those that had ended',
      [
        { id: '1', side: 'BUY', filled: 65, quantity: 650, status: 'open', heard: [4, 4] },
        { id: '2', side: 'BUY', filled: 30, time: '10:00:00', heard: [1, 9] },
        { id: '3', side: 'SELL', filled: 30, time: '10:00:01', heard: [1, 3] },
        { id: '4', side: 'SELL', filled: 20, time: '10:00:02', heard: [1, 4] },
      ],
      ['2 entry BUY 30', '3 exit SELL 30', '1 entry BUY 65', '4 exit SELL 20'],
    ],
    [
      'a second buy does not hurry a half-filled one',
      [
        { id: '1', side: 'BUY', filled: 325, quantity: 650, status: 'open' },
        { id: '2', side: 'BUY', filled: 65 },
      ],
      ['2 entry BUY 65'],
    ],
    [
      'an order with a tag of ours is told with its obstacle',
      [{ id: '1', side: 'BUY', filled: 65, tag: makeTag(engineId('ABCDE'), Array(11).fill(7)) }],
      ['1 entry BUY 65 lockstepOrder'],
    ],
    [
      'a tag of somebody else is nothing special',
      [{ id: '1', side: 'BUY', filled: 65, tag: 'LSABCDEFGHIJKLMNOPR' }],
      ['1 entry BUY 65'],
    ],
    [
      'a bracket order',
      [{ id: '1', side: 'BUY', filled: 65, variety: 'bracket' }],
      ['1 entry BUY 65 unsupportedVariety'],
    ],
    [
      'an unknown product',
      [{ id: '1', side: 'BUY', filled: 65, product: 'UNKNOWN' }],
      ['1 entry BUY 65 unknownProduct'],
    ],
    [
      'an after-market order that has filled is an order like any other',
      [{ id: '1', side: 'BUY', filled: 65, variety: 'afterMarket' }],
      ['1 entry BUY 65'],
    ],
  ]
  test.each(cases)('%s', (_, orders, expected) => {
    expect(find(orders)).toEqual(expected)
  })

  test('copyOn fill tells each newly filled part, and what was told before it', () => {
    const parts = [
      [{ id: '1', side: 'BUY', filled: 65, quantity: 650, status: 'open' }],
      [
        {
          id: '1',
          side: 'BUY',
          filled: 195,
          quantity: 650,
          status: 'open',
          signalled: { entry: 65 },
        },
      ],
      [{ id: '1', side: 'BUY', filled: 650, signalled: { entry: 195 } }],
    ] as const
    const signals = parts.flatMap((orders) =>
      findSignals(orders.map(order), none, 'fill', SEEN, LATE),
    )
    expect(signals.map((signal) => [signal.before, signal.quantity])).toEqual([
      [units(0), units(65)],
      [units(65), units(130)],
      [units(195), units(455)],
    ])
  })
})

describe('what opens and what closes', () => {
  const cases: [string, MasterPositions, OrderSketch[], string[]][] = [
    [
      'a sell against a long position',
      long(130),
      [{ id: '1', side: 'SELL', filled: 65 }],
      ['1 exit SELL 65'],
    ],
    ['a sell from flat', none, [{ id: '1', side: 'SELL', filled: 65 }], ['1 entry SELL 65']],
    [
      'a buy against a short one',
      long(-65),
      [{ id: '1', side: 'BUY', filled: 65 }],
      ['1 exit BUY 65'],
    ],
    [
      'close and reverse in one order is two signals',
      long(65),
      [{ id: '1', side: 'SELL', filled: 195 }],
      ['1 exit SELL 65', '1 entry SELL 130'],
    ],
    [
      'the rest of a reversing order goes on opening',
      long(-65),
      [{ id: '1', side: 'SELL', filled: 260, signalled: { exit: 65, entry: 130 } }],
      ['1 entry SELL 65'],
    ],
    [
      'a DELIVERY sell is always an exit',
      none,
      [{ id: '1', side: 'SELL', filled: 10, instrument: SBIN, product: 'DELIVERY' }],
      ['1 exit SELL 10'],
    ],
    [
      'products are positions of their own',
      long(65),
      [{ id: '1', side: 'SELL', filled: 65, product: 'CARRYFORWARD' }],
      ['1 entry SELL 65'],
    ],
  ]
  test.each(cases)('%s', (_, positions, orders, expected) => {
    expect(find(orders, positions)).toEqual(expected)
  })
})

describe('over a gap in which nobody watched', () => {
  const late = { time: '09:30:00' }
  const later = { time: '09:31:00' }
  const cases: [string, MasterPositions, OrderSketch[], string[]][] = [
    [
      'what was left and taken up again is told by nobody',
      long(65),
      [
        { id: '1', side: 'SELL', filled: 65, ...late },
        { id: '2', side: 'BUY', filled: 65, ...later },
      ],
      ['1 exit SELL 65 nettedOverGap', '2 entry BUY 65 nettedOverGap'],
    ],
    [
      'more left than taken up again: the difference is an exit',
      long(130),
      [
        { id: '1', side: 'SELL', filled: 130, ...late },
        { id: '2', side: 'BUY', filled: 65, ...later },
      ],
      ['1 exit SELL 65', '1 exit SELL 65 nettedOverGap', '2 entry BUY 65 nettedOverGap'],
    ],
    [
      'more taken up than left: the difference is a late entry',
      long(65),
      [
        { id: '1', side: 'SELL', filled: 65, ...late },
        { id: '2', side: 'BUY', filled: 130, ...later },
      ],
      ['1 exit SELL 65 nettedOverGap', '2 entry BUY 65', '2 entry BUY 65 nettedOverGap'],
    ],
    [
      'also with a reversal in between',
      long(65),
      [
        { id: '1', side: 'SELL', filled: 130, ...late },
        { id: '2', side: 'BUY', filled: 130, ...later },
      ],
      [
        '1 exit SELL 65 nettedOverGap',
        '1 entry SELL 65',
        '2 exit BUY 65',
        '2 entry BUY 65 nettedOverGap',
      ],
    ],
    [
      'what is taken up in time is an entry, and the exit before it goes first',
      long(65),
      [
        { id: '1', side: 'SELL', filled: 65, ...late },
        { id: '2', side: 'BUY', filled: 65, time: '10:00:01' },
      ],
      ['1 exit SELL 65', '2 entry BUY 65'],
    ],
    [
      'what was only left is left',
      long(65),
      [{ id: '1', side: 'SELL', filled: 65, ...late }],
      ['1 exit SELL 65'],
    ],
  ]
  test.each(cases)('%s', (_, positions, orders, expected) => {
    expect(find(orders, positions)).toEqual(expected)
  })
})

describe('in which order', () => {
  const cases: [string, MasterPositions, OrderSketch[], string[]][] = [
    [
      'exchange time within one instrument, not the order of rows',
      none,
      [
        { id: '2', side: 'SELL', filled: 65, time: '10:00:02' },
        { id: '1', side: 'BUY', filled: 65, time: '10:00:01' },
      ],
      ['1 entry BUY 65', '2 exit SELL 65'],
    ],
    [
      'then the fill time of the trade book',
      none,
      [
        { id: '1', side: 'SELL', filled: 65, time: '10:00:01', fillTime: '10:00:01' },
        { id: '2', side: 'BUY', filled: 130, time: '10:00:01', fillTime: '10:00:00' },
      ],
      ['2 entry BUY 130', '1 exit SELL 65'],
    ],
    [
      'then the order id, as a number',
      none,
      [
        { id: '10', side: 'SELL', filled: 65 },
        { id: '9', side: 'BUY', filled: 130 },
      ],
      ['9 entry BUY 130', '10 exit SELL 65'],
    ],
    [
      'BUY and SELL of the same second that end where they began',
      none,
      [
        { id: '1', side: 'BUY', filled: 65 },
        { id: '2', side: 'SELL', filled: 65 },
      ],
      ['1 entry BUY 65 roundTrip', '2 exit SELL 65 roundTrip'],
    ],
    [
      'the same with an old position',
      long(650),
      [
        { id: '1', side: 'SELL', filled: 65 },
        { id: '2', side: 'BUY', filled: 65 },
      ],
      ['1 exit SELL 65 roundTrip', '2 entry BUY 65 roundTrip'],
    ],
    [
      'between instruments what closes goes first, and buying before selling',
      new Map([position(NIFTY.id, 'INTRADAY', 65), position(SBIN.id, 'INTRADAY', -10)]),
      [
        { id: '1', side: 'SELL', filled: 65, product: 'CARRYFORWARD', time: '10:00:00' },
        {
          id: '2',
          side: 'BUY',
          filled: 5,
          instrument: SBIN,
          product: 'DELIVERY',
          time: '10:00:00',
        },
        { id: '3', side: 'SELL', filled: 65, time: '10:00:01' },
        { id: '4', side: 'BUY', filled: 10, instrument: SBIN, time: '10:00:02' },
      ],
      ['4 exit BUY 10', '3 exit SELL 65', '2 entry BUY 5', '1 entry SELL 65'],
    ],
  ]
  test.each(cases)('%s', (_, positions, orders, expected) => {
    expect(find(orders, positions)).toEqual(expected)
  })
})

describe('for any book', () => {
  const anySketch = fc.record({
    side: fc.constantFrom('BUY' as const, 'SELL' as const),
    filled: fc.integer({ min: 0, max: 10 }).map((lots) => lots * 65),
    status: fc.constantFrom('open' as const, 'complete' as const, 'cancelled' as const),
    time: fc.integer({ min: 0, max: 5 }).map((second) => `10:00:0${second}`),
    instrument: fc.constantFrom(NIFTY, SBIN),
  })
  const anyBook = fc
    .array(anySketch, { maxLength: 8 })
    .map((sketches) => sketches.map((sketch, index) => order({ id: `${index + 1}`, ...sketch })))

  /** As the ledger would: what was signalled is signalled. */
  function tell(book: readonly MasterOrder[], signals: readonly Signal[]): MasterOrder[] {
    return book.map((entry) => {
      const signalled = { ...entry.signalled }
      for (const signal of signals)
        if (signal.order === entry.key)
          signalled[signal.effect] = add(signalled[signal.effect], signal.quantity)
      return { ...entry, signalled }
    })
  }

  test.each(['complete', 'fill'] as const)('asking twice tells nothing new (%s)', (copyOn) => {
    fc.assert(
      fc.property(anyBook, (book) => {
        const signals = findSignals(book, none, copyOn, SEEN, LATE)
        return findSignals(tell(book, signals), none, copyOn, SEEN, LATE).length === 0
      }),
    )
  })

  type Find = (book: readonly MasterOrder[]) => readonly Signal[]
  const eachFill: Find = (book) => findSignals(book, none, 'fill', SEEN, LATE)

  const tellsEveryUnitOnce = (find: Find) =>
    fc.property(anyBook, (book) => {
      const signals = find(book)
      for (const entry of book) {
        const told = signals
          .filter((signal) => signal.order === entry.key)
          .reduce((total, signal) => total + signal.quantity, 0n)
        expect(told).toBe(entry.report.filled)
      }
      for (const signal of signals)
        expect(signal.masterAfter).toBe(
          add(signal.masterBefore, signed(signal.side, signal.quantity)),
        )
    })

  test('copyOn fill tells every filled unit once, and the position follows', () =>
    fc.assert(tellsEveryUnitOnce(eachFill)))

  test('control: waiting for the end of an order leaves filled units untold', () => {
    const atTheEnd: Find = (book) => findSignals(book, none, 'complete', SEEN, LATE)
    expect(() => fc.assert(tellsEveryUnitOnce(atTheEnd))).toThrow()
  })

  const isAnyOrderTheSame = (find: Find) =>
    fc.property(
      anyBook.chain((book) =>
        fc.tuple(fc.constant(book), fc.shuffledSubarray(book, { minLength: book.length })),
      ),
      ([book, shuffled]) => {
        expect(find(shuffled)).toEqual(find(book))
      },
    )

  test('the order of rows does not matter', () => fc.assert(isAnyOrderTheSame(eachFill)))

  test('control: looking at row after row by itself it does', () => {
    const rowByRow: Find = (book) => book.flatMap((row) => eachFill([row]))
    expect(() => fc.assert(isAnyOrderTheSame(rowByRow))).toThrow()
  })

  test('control: without what was signalled, asking twice does tell again', () => {
    const failure = fc.check(
      fc.property(anyBook, (book) => {
        findSignals(book, none, 'fill', SEEN, LATE)
        return findSignals(book, none, 'fill', SEEN, LATE).length === 0
      }),
    )
    expect(failure.failed).toBe(true)
  })
})

describe('a message of the stream becomes a signal at once', () => {
  const sell: OrderSketch = { id: '9', side: 'SELL', filled: 65 }
  const buy: OrderSketch = { id: '1', side: 'BUY', filled: 0, quantity: 130, status: 'open' }
  const mayTell = (told: OrderSketch, known: readonly OrderSketch[]): boolean =>
    mayTellAtOnce(order(told).report, known.map(order))

  test.each<[string, OrderSketch, OrderSketch[], boolean]>([
    ['wholly filled, nothing else there', sell, [], true],
    ['its own open row is no hindrance', sell, [{ ...sell, filled: 0, status: 'open' }], true],
    ['still open', { ...sell, quantity: 130, status: 'open' }, [], false],
    ['complete with fills missing', { ...sell, quantity: 130 }, [], false],
    ['cancelled with a part', { ...sell, quantity: 130, status: 'cancelled' }, [], false],
    ['a buy rests there and may have filled', sell, [buy], false],
    ['a buy waits for its trigger', sell, [{ ...buy, status: 'pending' }], false],
    [
      'the buy has ended, and was told',
      sell,
      [{ ...buy, filled: 130, status: 'complete', signalled: { entry: 130 } }],
      true,
    ],
    [
      'the buy has ended before anything was told',
      sell,
      [{ ...buy, filled: 130, status: 'complete', signalled: { baseline: 130 } }],
      true,
    ],
    ['the buy ended unfilled', sell, [{ ...buy, status: 'cancelled' }], true],
    [
      'the buy has ended in a halt, and waits to be told',
      sell,
      [{ ...buy, filled: 130, status: 'complete' }],
      false,
    ],
    [
      'another sell has ended in a halt, and waits to be told',
      sell,
      [{ ...buy, side: 'SELL', filled: 130, status: 'complete' }],
      false,
    ],
    ['the buy rests in another instrument', sell, [{ ...buy, instrument: SBIN }], true],
    ['the buy rests in another product', sell, [{ ...buy, product: 'CARRYFORWARD' }], true],
    [
      'another sell rests there, and this one is in the book',
      sell,
      [sell, { ...buy, side: 'SELL' }],
      true,
    ],
    [
      'another sell rests there: it may be this one by its old number',
      sell,
      [{ ...buy, side: 'SELL' }],
      false,
    ],
  ])('%s', (_, told, known, expected) => {
    expect(mayTell(told, known)).toBe(expected)
  })

  test('told too early, a sale of what was just bought would open a short position', () => {
    // The book: half of the buy has filled, then was sold. The stream told of the sale only.
    const half: OrderSketch = { ...buy, filled: 65, time: '10:00:00' }
    const sold: OrderSketch = { ...sell, time: '10:00:01' }
    expect(find([buy, sold])).toEqual(['9 entry SELL 65'])
    expect(find([half, sold])).toEqual(['1 entry BUY 65', '9 exit SELL 65'])
    expect(mayTell(sold, [buy])).toBe(false)
  })
})
