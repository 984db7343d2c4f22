import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createBook, isWorking, type PaperOrder } from '../../../src/broker/paper/book.ts'
import type { Move } from '../../../src/broker/paper/entry.ts'
import { match } from '../../../src/broker/paper/match.ts'
import {
  larger,
  type Price,
  parsePrice,
  type Quantity,
  smaller,
  units,
} from '../../../src/domain/numbers.ts'
import { type Pricing, SIDES, type Side } from '../../../src/domain/order.ts'
import { tradingDay } from '../../../src/domain/time.ts'
import type { Quote } from '../../../src/ports.ts'
import { at, FOLLOWER, limitAt, NIFTY_CALL } from './kit.ts'

const NOBODY_MINDS = () => null

interface Sketch {
  readonly side: Side
  readonly pricing: Pricing
  readonly quantity?: Quantity
}

/** An order, and what a row of last prices makes of it. */
function play(sketch: Sketch, steps: readonly Step[], matcher: typeof match = match) {
  const book = createBook({
    kind: 'dayOpened',
    account: FOLLOWER,
    day: tradingDay('2026-12-01'),
    nextNumber: 1,
    carried: [],
  })
  book.apply({
    kind: 'placed',
    number: 1,
    at: at('10:00:00'),
    goodUntil: at('15:40:00'),
    isAfterMarket: false,
    tag: '',
    instrument: NIFTY_CALL,
    product: 'INTRADAY',
    quantity: units(65),
    ...sketch,
  })
  const fills: { move: Extract<Move, { kind: 'filled' }>; last: Price; before: PaperOrder }[] = []
  const current = () => book.order(1) as PaperOrder
  for (const { last, depth } of steps) {
    const before = current()
    const quote: Quote = { last, circuit: null }
    for (const move of matcher(before, { quote, depth }, NOBODY_MINDS)) {
      if (move.kind === 'filled') fills.push({ move, last, before })
      if (isWorking(current())) book.apply({ ...move, number: 1, at: at('10:00:01') })
    }
  }
  return { order: current(), fills }
}

interface Step {
  readonly last: Price
  readonly depth: Quantity | null
}

const lasts = (...prices: string[]): readonly Step[] =>
  prices.map((price) => ({ last: parsePrice(price), depth: null }))

const stopLimit = (trigger: string, price: string): Pricing => ({
  kind: 'stopLimit',
  trigger: parsePrice(trigger),
  price: parsePrice(price),
})
const stopMarket = (trigger: string): Pricing => ({
  kind: 'stopMarket',
  trigger: parsePrice(trigger),
})

describe('one order and the quotes that it meets', () => {
  it.each<{ side: Side; pricing: Pricing; prices: string[]; filledAt: string | null }>([
    { side: 'BUY', pricing: { kind: 'market' }, prices: ['100'], filledAt: '100' },
    { side: 'SELL', pricing: { kind: 'market' }, prices: ['100'], filledAt: '100' },
    // Marketable: the market's price, not its own.
    { side: 'BUY', pricing: limitAt('101'), prices: ['100'], filledAt: '100' },
    { side: 'SELL', pricing: limitAt('99'), prices: ['100'], filledAt: '100' },
    { side: 'BUY', pricing: limitAt('100'), prices: ['100'], filledAt: '100' },
    // Resting: its own price, though the market leaps over it.
    { side: 'BUY', pricing: limitAt('99'), prices: ['100', '99'], filledAt: '99' },
    { side: 'BUY', pricing: limitAt('99'), prices: ['100', '97'], filledAt: '99' },
    { side: 'SELL', pricing: limitAt('101'), prices: ['100', '103'], filledAt: '101' },
    { side: 'BUY', pricing: limitAt('99'), prices: ['100', '99.05', '101'], filledAt: null },
    // A stop waits, also when its limit would trade already.
    { side: 'BUY', pricing: stopLimit('102', '103'), prices: ['100', '101.95'], filledAt: null },
    { side: 'BUY', pricing: stopLimit('102', '103'), prices: ['100', '102.5'], filledAt: '102.5' },
    { side: 'BUY', pricing: stopLimit('102', '103'), prices: ['100', '104'], filledAt: null },
    {
      side: 'BUY',
      pricing: stopLimit('102', '103'),
      prices: ['100', '104', '102.9'],
      filledAt: '103',
    },
    { side: 'SELL', pricing: stopMarket('98'), prices: ['100', '97'], filledAt: '97' },
    { side: 'SELL', pricing: stopMarket('98'), prices: ['100', '98.05'], filledAt: null },
  ])('$side $pricing.kind through $prices: $filledAt', ({ side, pricing, prices, filledAt }) => {
    const { order, fills } = play({ side, pricing }, lasts(...prices))
    expect(fills.map(({ move }) => move.price)).toEqual(filledAt ? [parsePrice(filledAt)] : [])
    expect(order.phase === 'complete').toBe(filledAt !== null)
  })

  it('fills no more at once than the depth, and the rest as one that rests', () => {
    const deep = (last: string, depth: number): Step => ({
      last: parsePrice(last),
      depth: units(depth),
    })
    const { order, fills } = play({ side: 'BUY', pricing: limitAt('101') }, [
      deep('100', 40),
      deep('100', 0),
      deep('100', 40),
    ])
    expect(fills.map(({ move }) => [move.quantity, move.price])).toEqual([
      [units(40), parsePrice('100')],
      [units(25), parsePrice('101')],
    ])
    expect(order).toMatchObject({ phase: 'complete', filled: units(65) })
  })

  it('is rejected at its first quote and at no later one', () => {
    const quote: Quote = { last: parsePrice('100'), circuit: null }
    const { order } = play({ side: 'BUY', pricing: limitAt('99') }, [])
    const moves = match(order, { quote, depth: null }, () => 'no money')
    expect(moves).toEqual([{ kind: 'rejected', text: 'no money' }])
    const { order: resting } = play({ side: 'BUY', pricing: limitAt('99') }, lasts('100'))
    expect(match(resting, { quote, depth: null }, () => 'no money')).toEqual([])
  })
})

// --- what always holds -------------------------------------------------------------------------------

const price = fc.integer({ min: 1, max: 400 }).map((ticks) => (BigInt(ticks) * 5_000_000n) as Price)
const step = fc.record({
  last: price,
  depth: fc.option(fc.integer({ min: 0, max: 100 }).map((many) => units(many))),
})
const pricing: fc.Arbitrary<Pricing> = fc.oneof(
  fc.constant<Pricing>({ kind: 'market' }),
  price.map((limit): Pricing => ({ kind: 'limit', price: limit })),
  fc.tuple(price, price).map(
    ([trigger, limit]): Pricing => ({
      kind: 'stopLimit',
      trigger,
      price: limit,
    }),
  ),
  price.map((trigger): Pricing => ({ kind: 'stopMarket', trigger })),
)

/** Between the last price and the limit, both included; at the last price where there is no limit. */
function staysWithin(limit: Price | null, fill: Price, last: Price): boolean {
  const other = limit ?? last
  return fill >= smaller(last, other) && fill <= larger(last, other)
}

function isWithinLimit(side: Side, limit: Price | null, fill: Price): boolean {
  if (limit === null) return true
  return side === 'BUY' ? fill <= limit : fill >= limit
}

const fillsRight = (matcher: typeof match) =>
  fc.property(
    fc.record({ side: fc.constantFrom(...SIDES), pricing }),
    fc.array(step, { maxLength: 12 }),
    (sketch, steps) => {
      const { order, fills } = play(sketch, steps, matcher)
      const limit = 'price' in sketch.pricing ? sketch.pricing.price : null
      return (
        order.filled <= order.quantity &&
        fills.every(
          ({ move, last }) =>
            isWithinLimit(sketch.side, limit, move.price) && staysWithin(limit, move.price, last),
        )
      )
    },
  )

const neverBeforeTrigger = (matcher: typeof match) =>
  fc.property(
    fc.constantFrom(...SIDES),
    price,
    fc.array(step, { maxLength: 12 }),
    (side, trigger, steps) => {
      const { fills } = play({ side, pricing: { kind: 'stopMarket', trigger } }, steps, matcher)
      const met = steps.findIndex(({ last }) =>
        side === 'BUY' ? last >= trigger : last <= trigger,
      )
      return fills.length === 0 || met >= 0
    },
  )

describe('whatever the market does', () => {
  it('never fills outside the limit, nor better than the market', () => {
    fc.assert(fillsRight(match), { numRuns: 500 })
  })

  it('never fills a stop whose trigger was not met', () => {
    fc.assert(neverBeforeTrigger(match), { numRuns: 500 })
  })

  const takesAnything: typeof match = (order, { quote }) =>
    isWorking(order) ? [{ kind: 'filled', quantity: order.quantity, price: quote.last }] : []
  const flatters: typeof match = (order, market, refusal) =>
    match(order, market, refusal).map((move) =>
      move.kind === 'filled'
        ? { ...move, price: (move.price + (order.side === 'BUY' ? -1n : 1n)) as Price }
        : move,
    )

  it.each([
    { what: 'ignores the limit', check: fillsRight(takesAnything) },
    { what: 'is a little better than the market', check: fillsRight(flatters) },
    { what: 'ignores the trigger', check: neverBeforeTrigger(takesAnything) },
  ])('and a matcher that $what is caught', ({ check }) => {
    expect(fc.check(check as fc.IProperty<unknown>, { numRuns: 500 }).failed).toBe(true)
  })
})
