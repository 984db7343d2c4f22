import { describe, expect, test } from 'vitest'
import { excessOf, type LanePosition, wantedOf } from '../../src/domain/lane.ts'
import { ONE, type Quantity, units } from '../../src/domain/numbers.ts'
import { ratio, whole } from '../../src/domain/ratio.ts'

const lane = (copied: number, held: number, entitled: number): LanePosition => ({
  copied: units(copied),
  held: units(held),
  entitlement: whole(units(entitled)),
})
const inUnits = (quantity: Quantity): number => Number(quantity / ONE)

describe('what should be held, and what is held beyond it', () => {
  test.each<[string, LanePosition, number, number, number]>([
    ['all of it', lane(130, 130, 130), 65, 130, 0],
    ['nothing when the master is flat', lane(0, 130, 130), 65, 0, 130],
    ['a tie is less', lane(50, 50, 25), 50, 0, 50],
    ['more than half a lot stays', lane(65, 65, 33), 65, 65, 0],
    ['short', lane(-130, -130, -65), 65, -65, -65],
    ['more than is held is no excess', lane(260, 130, 260), 65, 260, 0],
    // Held 100 from when the lot was 50: whole lots of 65 can leave 100 or 35 of it.
    ['of an odd holding, what whole lots can leave of it', lane(130, 100, 50), 65, 35, 65],
    ['and nothing goes while that is nearer', lane(130, 100, 80), 65, 100, 0],
    ['short', lane(-130, -100, -50), 65, -35, -65],
    ['nothing of it when the master is flat', lane(0, 100, 50), 65, 0, 100],
    ['nothing of it when it was flattened', lane(130, 95, 0), 65, 0, 95],
  ])('%s', (_, position, lot, wanted, excess) => {
    expect(inUnits(wantedOf(position, units(lot)))).toBe(wanted)
    expect(inUnits(excessOf(position, units(lot)))).toBe(excess)
  })

  test('a fraction is a fraction: two thirds of a lot is one, of none none', () => {
    const third = { ...lane(65, 65, 0), entitlement: ratio(2n * units(65), 3n) }
    expect(inUnits(wantedOf(third, units(65)))).toBe(65)
  })
})
