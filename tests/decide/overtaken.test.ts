import { describe, expect, test } from 'vitest'
import { findSignals } from '../../src/decide/order-of-signals.ts'
import { isOvertaken } from '../../src/decide/overtaken.ts'
import type { Signal } from '../../src/domain/signal.ts'
import { at, NIFTY, type OrderSketch, order, position, SBIN } from './builders.ts'

/** The signals of one order, with what the master held before it. */
function signalsOf(sketch: OrderSketch, before = 0): readonly Signal[] {
  const { instrument = NIFTY, product = 'INTRADAY' } = sketch
  const positions = new Map([position(instrument.id, product, before)])
  return findSignals([order(sketch)], positions, 'complete', at('10:00:03'), at('09:59:03'))
}

const [BOUGHT] = signalsOf({ id: '1', side: 'BUY', filled: 130 }) as [Signal]
const [SOLD_SHORT] = signalsOf({ id: '2', side: 'SELL', filled: 130 }) as [Signal]

describe('an entry that waits is overtaken', () => {
  test.each<[string, Signal, OrderSketch, number, boolean[]]>([
    ['by the sale of all of it', BOUGHT, { id: '3', side: 'SELL', filled: 130 }, 130, [true]],
    ['not by the sale of a part', BOUGHT, { id: '3', side: 'SELL', filled: 65 }, 130, [false]],
    [
      'by a reversal, in both its parts',
      BOUGHT,
      { id: '3', side: 'SELL', filled: 195 },
      130,
      [true, true],
    ],
    ['not by buying more', BOUGHT, { id: '3', side: 'BUY', filled: 65 }, 130, [false]],
    [
      'by the sale of as much, whatever was held before',
      BOUGHT,
      { id: '3', side: 'SELL', filled: 130 },
      780,
      [true],
    ],
    [
      'not by the sale of less, whatever was held before',
      BOUGHT,
      { id: '3', side: 'SELL', filled: 65 },
      780,
      [false],
    ],
    [
      'by buying a short position back',
      SOLD_SHORT,
      { id: '3', side: 'BUY', filled: 130 },
      -130,
      [true],
    ],
    [
      'not in another instrument',
      BOUGHT,
      { id: '3', side: 'SELL', filled: 130, instrument: SBIN },
      130,
      [false],
    ],
    [
      'not in another product',
      BOUGHT,
      { id: '3', side: 'SELL', filled: 130, product: 'CARRYFORWARD' },
      130,
      [false],
    ],
  ])('%s', (_, entry, sketch, before, expected) => {
    expect(signalsOf(sketch, before).map((later) => isOvertaken(entry, later))).toEqual(expected)
  })

  test('an exit never is', () => {
    const [exit] = signalsOf({ id: '3', side: 'SELL', filled: 130 }, 130) as [Signal]
    expect(isOvertaken(exit, exit)).toBe(false)
  })
})
