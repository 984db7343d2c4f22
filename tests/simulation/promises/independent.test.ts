// Promise 8 takes two days: the made-up one, and its twin without the trouble of one follower. The same day
// without any change breaks nothing, here and for every other promise.
import { describe, expect, test } from 'vitest'
import { type Truth, UNIT } from '../truth.ts'
import { brokenPromises, describeBreach } from './all.ts'
import { dayOf } from './day.ts'
import { brokenIndependent } from './independent.ts'
import { AGAIN, at, ENTRY, FIRST, KEPT, traded, withRow, withTrade } from './made-up.ts'

test('the made-up day keeps every promise', () => {
  expect(brokenPromises(KEPT).map(describeBreach)).toEqual([])
})

describe('independence', () => {
  const [first, second] = KEPT.followers.map(({ name }) => name)
  const day = dayOf(KEPT)
  const broken = (twin: Truth, troubled = second) =>
    troubled ? brokenIndependent(day, dayOf(twin), troubled).join('\n') : ''

  test('the same day twice shows none of its trouble', () => {
    expect(broken(KEPT)).toBe('')
  })

  test('a decision that a neighbour changed is told', () => {
    const twin = withRow(KEPT, 'decision', 0, { quantity: 5 * UNIT })
    expect(broken(twin)).toContain('FOLLOWER_1 decided')
    expect(broken(twin, first)).toBe('')
  })

  test('an order that a neighbour delayed is told with both times', () => {
    const twin = {
      ...KEPT,
      orders: KEPT.orders.map((order) =>
        order.tag === ENTRY ? { ...order, placedAt: at(0.5) } : order,
      ),
    }
    expect(broken(twin)).toContain('FOLLOWER_1 ordered "10:00:01.000 BUY 10/10')
    expect(broken(twin)).toContain('10:00:00.500 BUY 10/10')
  })

  test('an order that a neighbour prevented is told', () => {
    const twin = withTrade(KEPT, traded(FIRST, 'f9', 'BUY', 1, 70, AGAIN))
    expect(broken(twin)).toContain('"nothing more"')
  })
})
