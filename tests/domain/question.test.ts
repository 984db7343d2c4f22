import { describe, expect, test } from 'vitest'
import { signalId } from '../../src/domain/ids.ts'
import { formatDecimal, units } from '../../src/domain/numbers.ts'
import { askedNow, type Told } from '../../src/domain/question.ts'

interface Sketch extends Partial<Pick<Told, 'side' | 'effect' | 'product' | 'obstacle'>> {
  readonly quantity: number
  readonly master: number
  /** Asked is told by no number; else what the decision covers. */
  readonly covers?: number
  readonly isAsked?: boolean
  /** After how many signals it was decided; at once unless told. */
  readonly answeredAfter?: number
}

const asked = (quantity: number, master: number, more: Partial<Sketch> = {}): Sketch => ({
  quantity,
  master,
  isAsked: true,
  ...more,
})
const sold = (quantity: number, master: number, covers: number, more: Partial<Sketch> = {}) => ({
  effect: 'exit' as const,
  side: 'SELL' as const,
  quantity,
  master,
  covers,
  ...more,
})

const toldOf = (sketch: Sketch, index: number): Told => ({
  id: signalId(index + 1),
  effect: sketch.effect ?? 'entry',
  side: sketch.side ?? 'BUY',
  product: sketch.product ?? 'INTRADAY',
  quantity: units(sketch.quantity),
  masterAfter: units(sketch.master),
  obstacle: sketch.obstacle ?? null,
  toldAt: 10 * (index + 1),
  isAsked: sketch.isAsked ?? false,
  decided:
    sketch.covers === undefined
      ? null
      : {
          at: 10 * (sketch.answeredAfter ?? index + 1) + (sketch.answeredAfter ? 5 : 0),
          covers: units(sketch.covers),
        },
})

describe('what is left of what asks', () => {
  test.each<[string, number, string, readonly Sketch[]]>([
    ['all of it, while nothing is sold', 1, '10', [asked(10, 10)]],
    ['all of it, when more is bought', 1, '10', [asked(10, 10), asked(5, 15)]],
    ['what the master has not sold', 1, '6', [asked(10, 10), sold(4, 6, 0)]],
    ['nothing, once the master is flat', 1, '0', [asked(10, 10), sold(10, 0, 0)]],
    [
      'nothing, where the master has turned',
      1,
      '0',
      [asked(10, 10), sold(10, 0, 0), asked(5, -5, { side: 'SELL' })],
    ],
    [
      'all of it, where what was sold had been copied before',
      1,
      '10',
      [asked(10, 20), sold(10, 10, -10)],
    ],
    ['the rest of it, beyond what had been copied', 1, '7', [asked(10, 14), sold(7, 7, -4)]],
    ['the part of a position that is older', 1, '3', [asked(10, 660), sold(7, 653, 0)]],
    [
      'the first of two, for the newest goes first',
      1,
      '10',
      [asked(10, 10), asked(10, 20), sold(8, 12, 0)],
    ],
    [
      'the first of two, less what the newest does not cover',
      1,
      '7',
      [asked(10, 10), asked(5, 15), sold(8, 7, 0)],
    ],
    [
      'the first of two also when the newest got its answer after the sale',
      1,
      '7',
      [asked(10, 10), asked(5, 15, { covers: 0, answeredAfter: 3 }), sold(8, 7, 0)],
    ],
    [
      'less, where the newest was answered before the sale and not copied',
      1,
      '2',
      [asked(10, 10), asked(5, 15, { covers: 0, answeredAfter: 2 }), sold(8, 7, 0)],
    ],
    [
      'what is delivered, whatever the list of holdings says',
      1,
      '9',
      [asked(10, -10, { product: 'DELIVERY' }), sold(1, -11, 0, { product: 'DELIVERY' })],
    ],
    [
      'all of it, where sold and bought ties to the second',
      1,
      '10',
      [
        asked(10, 10),
        sold(10, 0, 0, { obstacle: 'roundTrip' }),
        asked(10, 10, { isAsked: false, covers: 0, obstacle: 'roundTrip' }),
      ],
    ],
    [
      'of a short position what is not bought back',
      1,
      '6',
      [asked(10, -10, { side: 'SELL' }), sold(4, -6, 0, { side: 'BUY' })],
    ],
    [
      'of an exit that waits, what no waiting entry takes',
      3,
      '5',
      [
        asked(10, 10, { covers: 10, answeredAfter: 1 }),
        asked(10, 20),
        { effect: 'exit', side: 'SELL', quantity: 15, master: 5, isAsked: true },
      ],
    ],
  ])('%s', (_, id, expected, sketches) => {
    const now = askedNow(signalId(id), sketches.map(toldOf))
    expect(formatDecimal(now.left)).toBe(expected)
  })

  test("an exit is measured by the master's position without the other exits that wait", () => {
    const exit = (quantity: number, master: number): Sketch => ({
      effect: 'exit',
      side: 'SELL',
      quantity,
      master,
      isAsked: true,
    })
    const told = [exit(4, 6), exit(6, 0)].map(toldOf)
    expect(told.map(({ id }) => formatDecimal(askedNow(id, told).masterAfter))).toEqual(['6', '4'])
  })

  test('what was never asked has no answer', () => {
    expect(() => askedNow(signalId(1), [sold(4, 6, 0)].map(toldOf))).toThrow('signal #1')
  })
})
