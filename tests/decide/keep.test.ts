import { describe, expect, test } from 'vitest'
import { ruleOfExit } from '../../src/decide/exit.ts'
import { keepInstead } from '../../src/decide/keep.ts'
import type { ExitDecision } from '../../src/domain/decision.ts'
import { afterDecision, excessOf, type Lane, type LanePosition } from '../../src/domain/lane.ts'
import { formatDecimal, subtract, units } from '../../src/domain/numbers.ts'
import { whole } from '../../src/domain/ratio.ts'
import { describeReason } from '../../src/domain/reason.ts'
import { FOLLOWER, SBIN } from './builders.ts'

const lane: Lane = { follower: FOLLOWER, mode: 'live', instrument: SBIN.id, product: 'INTRADAY' }

const standing = (copied: number, held: number, entitled: number): LanePosition => ({
  copied: units(copied),
  held: units(held),
  entitlement: whole(units(entitled)),
})

/** The exit of that much, with what the master holds then. */
function exitOf(position: LanePosition, lot: number, quantity: number, master: number) {
  const side = position.copied > 0n ? 'SELL' : 'BUY'
  const rule = ruleOfExit(position, [], units(lot), {
    side,
    quantity: units(quantity),
    product: 'INTRADAY',
    masterAfter: units(master),
  })
  if (rule === null) throw new Error('it leaves')
  const covers = subtract(rule.copiedAfter, rule.copiedBefore)
  return { kind: 'exit', lane, covers, ...rule } satisfies ExitDecision
}

describe('a no to an exit keeps', () => {
  test.each<[string, LanePosition, number, [number, number], string]>([
    ['all, of a master that has left', standing(10, 10, 10), 1, [10, 0], '10'],
    ['its part of a part', standing(100, 50, 50), 1, [40, 60], '20'],
    ['whole lots only', standing(650, 325, 325), 65, [20, 630], '0'],
    ['a short position, signed as it is', standing(-10, -10, -10), 1, [10, 0], '-10'],
    ['nothing of what another exit has on its way', standing(5, 10, 5), 1, [5, 0], '5'],
    ['nothing, where nothing is held', standing(10, 0, 0), 1, [10, 0], '0'],
  ])('%s', (_, position, lot, [quantity, master], expected) => {
    const exit = exitOf(position, lot, quantity, master)
    const { covers, keeps, reason } = keepInstead(exit, position, units(lot))
    expect(formatDecimal(keeps.kept)).toBe(expected)
    const after = afterDecision(position, covers, keeps.entitlement)
    const left = { ...after, held: subtract(after.held, keeps.kept) }
    expect(left.copied).toBe(exit.copiedAfter)
    expect(excessOf(left, units(lot))).toBe(excessOf(position, units(lot)))
    expect(describeReason(reason)).toContain(
      expected === '0' ? 'declined' : `${expected.replace('-', '')} stay held`,
    )
  })
})
