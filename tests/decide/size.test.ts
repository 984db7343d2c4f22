import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Sized, type SizeRequest, sizeEntry } from '../../src/decide/size.ts'
import { ONE, parseDecimal, parseMoney, type Quantity, units } from '../../src/domain/numbers.ts'
import { ratioOf } from '../../src/domain/ratio.ts'
import { describeReason } from '../../src/domain/reason.ts'
import type { Sizing } from '../../src/domain/settings.ts'

const by = (text: string): Sizing => ({ mode: 'multiplier', by: ratioOf(parseDecimal(text)) })
const MIRROR: Sizing = { mode: 'mirror' }

const request = (
  sizing: Sizing,
  quantity: number,
  some: Partial<SizeRequest> = {},
): SizeRequest => ({
  sizing,
  rounding: 'down',
  lot: units(65),
  before: units(0),
  quantity: units(quantity),
  masterCapital: parseMoney('1000000'),
  followerCapital: parseMoney('200000'),
  ...some,
})

/** `65` copied, or the reason's kind. */
const read = (sized: Sized): string =>
  `${sized.kind === 'sized' ? sized.quantity / ONE : sized.reason.kind}, covers ${sized.covers / ONE}`

describe('the size of an entry that came as one fill', () => {
  test.each([
    ['mirror', request(MIRROR, 130), '130, covers 130'],
    ['half', request(by('0.5'), 130), '65, covers 130'],
    ['a third, rounded down', request(by('0.3'), 650), '195, covers 650'],
    ['two and a half', request(by('2.5'), 65), '130, covers 65'],
    ['half of one lot', request(by('0.5'), 65), 'lessThanOneLot, covers 0'],
    [
      'half of one lot, to the nearest: a tie goes to less',
      request(by('0.5'), 65, { rounding: 'nearest' }),
      'lessThanOneLot, covers 0',
    ],
    [
      'more than half of one lot, to the nearest',
      request(by('0.6'), 65, { rounding: 'nearest' }),
      '65, covers 65',
    ],
    [
      'a little of one lot, rounded up',
      request(by('0.01'), 65, { rounding: 'up' }),
      '65, covers 65',
    ],
    ['nothing, rounded up', request(by('0'), 65, { rounding: 'up' }), 'lessThanOneLot, covers 0'],
    [
      'fixed quantity',
      request({ mode: 'fixedQuantity', quantity: units(25) }, 50, { lot: units(1) }),
      '25, covers 50',
    ],
    [
      'fixed quantity in whole lots',
      request({ mode: 'fixedQuantity', quantity: units(100) }, 130),
      '65, covers 130',
    ],
    [
      'fixed quantity below one lot',
      request({ mode: 'fixedQuantity', quantity: units(25) }, 130),
      'lessThanOneLot, covers 0',
    ],
    ['fixed lots', request({ mode: 'fixedLots', lots: 2n }, 65), '130, covers 65'],
    ['proportional', request({ mode: 'proportional' }, 650), '130, covers 650'],
    [
      'proportional, the master unknown',
      request({ mode: 'proportional' }, 650, { masterCapital: null }),
      'capitalUnknown, covers 0',
    ],
    [
      'proportional, the master empty',
      request({ mode: 'proportional' }, 650, { masterCapital: parseMoney('0') }),
      'capitalUnknown, covers 0',
    ],
    [
      'proportional, the follower unknown',
      request({ mode: 'proportional' }, 650, { followerCapital: null }),
      'capitalUnknown, covers 0',
    ],
    [
      'proportional, the follower in debt',
      request({ mode: 'proportional' }, 650, { followerCapital: parseMoney('-5') }),
      'lessThanOneLot, covers 0',
    ],
  ])('%s', (_, asked, expected) => {
    expect(read(sizeEntry(asked))).toBe(expected)
  })

  test.each([
    [request(by('0.3'), 130), 'lessThanOneLot: 130 × 0.3 = 39 < 65'],
    [request({ mode: 'fixedQuantity', quantity: units(25) }, 130), 'lessThanOneLot: 25 < 65'],
    [request({ mode: 'proportional' }, 65), 'lessThanOneLot: 65 × 0.2 = 13 < 65'],
    [
      request(by('0.5'), 65, { before: units(130) }),
      'noFurtherLot: 195 so far is 97.5, 65 already copied',
    ],
    [
      request({ mode: 'proportional' }, 65, { masterCapital: null }),
      'capitalUnknown: the capital of the master is neither written nor read',
    ],
  ])('too small says why in numbers', (asked, expected) => {
    const sized = sizeEntry(asked)
    expect(sized.kind === 'tooSmall' && describeReason(sized.reason)).toBe(expected)
  })
})

describe('the size of an entry that came in parts', () => {
  // Each row: parts of one master order, what is copied of each, what of the master each covers.
  test.each([
    [
      'a multiplier on parts',
      by('0.5'),
      [65, 130, 455],
      ['lessThanOneLot, covers 0', '65, covers 195', '260, covers 455'],
    ],
    [
      'a part without a further lot',
      by('0.5'),
      [130, 65, 65],
      ['65, covers 130', 'noFurtherLot, covers 65', '65, covers 65'],
    ],
    [
      'fixed is once per order',
      { mode: 'fixedLots', lots: 1n } as Sizing,
      [65, 65],
      ['65, covers 65', 'noFurtherLot, covers 65'],
    ],
    [
      'mirror of odd parts',
      MIRROR,
      [30, 30, 70],
      ['lessThanOneLot, covers 0', 'lessThanOneLot, covers 0', '130, covers 130'],
    ],
  ])('%s', (_, sizing, parts, expected) => {
    let before = 0
    const got = parts.map((part) => {
      const sized = sizeEntry(request(sizing, part, { before: units(before) }))
      before += part
      return read(sized)
    })
    expect(got).toEqual(expected)
  })
})

const sizings: fc.Arbitrary<Sizing> = fc.oneof(
  fc.constant(MIRROR),
  fc.integer({ min: 0, max: 400 }).map((share) => by(String(share / 100))),
  fc
    .integer({ min: 1, max: 5000 })
    .map((n): Sizing => ({ mode: 'fixedQuantity', quantity: units(n) })),
  fc.bigInt({ min: 1n, max: 20n }).map((lots): Sizing => ({ mode: 'fixedLots', lots })),
  fc.constant<Sizing>({ mode: 'proportional' }),
)
const roundings = fc.constantFrom('down', 'nearest', 'up') as fc.Arbitrary<SizeRequest['rounding']>
const lots = fc.constantFrom(1, 15, 65, 750)

const orders = fc.record({
  sizing: sizings,
  rounding: roundings,
  lot: lots.map((lot) => units(lot)),
  parts: fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 12 }),
})

/** All parts of an order one after the other. */
function copyInParts(
  order: {
    sizing: Sizing
    rounding: SizeRequest['rounding']
    lot: Quantity
    parts: readonly number[]
  },
  size: (asked: SizeRequest) => Sized,
): { quantity: bigint; covers: bigint } {
  let before = 0n
  let quantity = 0n
  let covers = 0n
  for (const part of order.parts) {
    const sized = size(request(order.sizing, part, { ...order, before: before as Quantity }))
    before += units(part)
    quantity += sized.kind === 'sized' ? sized.quantity : 0n
    covers += sized.covers
  }
  return { quantity, covers }
}

const comesToTheSame = (size: (asked: SizeRequest) => Sized) =>
  fc.property(orders, (order) => {
    const total = order.parts.reduce((a, b) => a + b, 0)
    expect(copyInParts(order, size)).toEqual(copyInParts({ ...order, parts: [total] }, size))
  })

const neverExceedsItsFactor = (size: (asked: SizeRequest) => Sized) =>
  fc.property(
    fc.integer({ min: 1, max: 5000 }),
    fc.integer({ min: 0, max: 400 }),
    lots,
    (n, share, lot) => {
      const sized = size(request(by(String(share / 100)), n, { lot: units(lot) }))
      const copied = sized.kind === 'sized' ? sized.quantity : 0n
      expect(copied * 100n <= units(n) * BigInt(share)).toBe(true)
      expect(copied % units(lot)).toBe(0n)
    },
  )

describe('what always holds', () => {
  test('many small fills add up to the same as one', () => fc.assert(comesToTheSame(sizeEntry)))

  test('control: a size that looks at each part alone does not', () => {
    const alone = (asked: SizeRequest) => sizeEntry({ ...asked, before: units(0) })
    expect(() => fc.assert(comesToTheSame(alone))).toThrow()
  })

  test('rounding down never raises exposure', () => fc.assert(neverExceedsItsFactor(sizeEntry)))

  test('control: rounding to the nearest does', () => {
    const nearest = (asked: SizeRequest) => sizeEntry({ ...asked, rounding: 'nearest' })
    expect(() => fc.assert(neverExceedsItsFactor(nearest))).toThrow()
  })

  test('no rounding is a whole lot away from the exact size', () => {
    fc.assert(
      fc.property(roundings, lots, fc.integer({ min: 1, max: 5000 }), (rounding, lot, n) => {
        const sized = sizeEntry(request(by('0.37'), n, { rounding, lot: units(lot) }))
        const copied = sized.kind === 'sized' ? sized.quantity : 0n
        const away = copied * 100n - units(n) * 37n
        expect((away < 0n ? -away : away) < units(lot) * 100n).toBe(true)
      }),
    )
  })
})
