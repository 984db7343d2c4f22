import { describe, expect, test } from 'vitest'
import {
  formatDecimal,
  NO_QUANTITY,
  parseDecimal,
  type Quantity,
  units,
} from '../../src/domain/numbers.ts'
import { formatRatio, ratioOf } from '../../src/domain/ratio.ts'
import type { Sizing } from '../../src/domain/settings.ts'
import { LanePlayer, lotsHeld } from './lane-player.ts'

const LOT = units(65)
const times = (by: string): Sizing => ({ mode: 'multiplier', by: ratioOf(parseDecimal(by)) })
const mirror: Sizing = { mode: 'mirror' }
const fixed = (quantity: number): Sizing => ({ mode: 'fixedQuantity', quantity: units(quantity) })

/** The moves of the master as `+650` and `-65`; the follower's orders all fill. What it holds after each. */
function play(player: LanePlayer, moves: readonly number[]): string[] {
  return moves.map((move) => {
    const side = move > 0 ? 'BUY' : 'SELL'
    let left = units(Math.abs(move))
    const against = (move > 0 ? player.master < 0n : player.master > 0n)
      ? player.master < 0n
        ? (-player.master as Quantity)
        : player.master
      : NO_QUANTITY
    const closing = left < against ? left : against
    if (closing > 0n) {
      player.masterCloses(side, closing)
      player.turn()
      player.fillAll()
      left = (left - closing) as Quantity
    }
    if (left > 0n) player.masterOpens(side, left)
    player.fillAll()
    return formatDecimal(player.lane.held)
  })
}

describe('what a follower holds after each move of the master', () => {
  const cases: [string, LanePlayer, number[], string[]][] = [
    [
      '10 lots sold one at a time are 5 lots sold evenly by a half-size follower',
      new LanePlayer({ sizing: times('0.5'), lot: LOT }),
      [650, -65, -65, -65, -65, -65, -65, -65, -65, -65, -65],
      ['325', '260', '260', '195', '195', '130', '130', '65', '65', '0', '0'],
    ],
    [
      'a fixed 25 with BUY 50, SELL 25, SELL 25 ends flat',
      new LanePlayer({ sizing: fixed(25), lot: units(1) }),
      [50, -25, -25],
      ['25', '12', '0'],
    ],
    [
      'a fixed 25 in one lot of 25 leaves at the first exit: half a lot is less',
      new LanePlayer({ sizing: fixed(25), lot: units(25) }),
      [50, -25, -25],
      ['25', '0', '0'],
    ],
    [
      'an old 650 at the master changes nothing for scalps of 65',
      new LanePlayer({ sizing: mirror, lot: LOT, old: units(650) }),
      [65, -65, 65, -65, -65, 65, -65],
      ['65', '0', '65', '0', '0', '65', '0'],
    ],
    [
      'selling the old position after the copied one opens nothing',
      new LanePlayer({ sizing: mirror, lot: LOT, old: units(650) }),
      [65, -715],
      ['65', '0'],
    ],
    [
      'close and reverse in one order',
      new LanePlayer({ sizing: times('2'), lot: LOT }),
      [65, -130, 65],
      ['130', '-130', '0'],
    ],
    [
      'averaging in and out keeps the share of what was copied',
      new LanePlayer({ sizing: times('0.5'), lot: units(1) }),
      [100, -50, 50, -25, -75],
      ['50', '25', '50', '37', '0'],
    ],
    [
      'an entry too small to copy is not part of the copied position',
      new LanePlayer({ sizing: times('0.5'), lot: LOT }),
      [65, 130, -65, -65, -65],
      ['0', '65', '0', '0', '0'],
    ],
    [
      'a short position goes the same way',
      new LanePlayer({ sizing: times('0.5'), lot: LOT }),
      [-260, 65, 65, 65, 65],
      ['-130', '-65', '-65', '0', '0'],
    ],
  ]
  test.each(cases)('%s', (_, player, moves, held) => {
    expect(play(player, moves)).toEqual(held)
  })

  test('10 lots one at a time, in lots: 4 4 3 3 2 2 1 1 0 0', () => {
    const player = new LanePlayer({ sizing: times('0.5'), lot: LOT })
    play(player, [650])
    const lots = Array.from({ length: 10 }, () => {
      play(player, [-65])
      return lotsHeld(player)
    })
    expect(lots).toEqual([4, 4, 3, 3, 2, 2, 1, 1, 0, 0])
  })

  test('a multiplier on parts 65, 130, 455 is what one fill of 650 would be', () => {
    const player = new LanePlayer({ sizing: times('0.5'), lot: LOT })
    const parts = [65, 130, 455].map(units)
    let before = NO_QUANTITY
    const copied = parts.map((part) => {
      const order = player.masterOpens('BUY', part, before)
      before = (before + part) as Quantity
      player.fillAll()
      return order === null ? '0' : formatDecimal(order.quantity)
    })
    expect(copied).toEqual(['0', '65', '260'])
    expect(formatDecimal(player.lane.copied)).toBe('650')
    expect(play(player, [-650])).toEqual(['0'])
  })
})

describe('exits while entries are still alive', () => {
  test('all of a resting entry goes when the master is flat, and a late fill closes at once', () => {
    const player = new LanePlayer({ sizing: mirror, lot: LOT })
    const entry = player.masterOpens('BUY', units(650))
    player.masterCloses('SELL', units(650))
    expect(player.liveEntries()).toEqual([{ intent: 1, filled: 0n, allowance: 0n }])
    expect(player.turn()).toEqual({ kind: 'even' })
    if (entry) player.fill(entry, units(130), true)
    expect(player.turn()).toMatchObject({ kind: 'close', side: 'SELL', quantity: units(130) })
    player.fillAll()
    expect(player.lane.held).toBe(0n)
  })

  test('a resting entry is cut down to the share, and may fill that far', () => {
    const player = new LanePlayer({ sizing: mirror, lot: LOT })
    const entry = player.masterOpens('BUY', units(650))
    if (entry) player.fill(entry, units(130), false)
    player.masterCloses('SELL', units(325))
    expect(player.liveEntries()).toMatchObject([{ filled: units(130), allowance: units(325) }])
    expect(player.turn()).toEqual({ kind: 'even' })
    if (entry) player.fill(entry, units(325), true)
    expect(formatRatio(player.lane.entitlement)).toBe('325')
    expect(player.turn()).toEqual({ kind: 'even' })
  })

  test('an entry that fills beyond its allowance is closed down to it', () => {
    const player = new LanePlayer({ sizing: mirror, lot: LOT })
    const entry = player.masterOpens('BUY', units(650))
    if (entry) player.fill(entry, units(130), false)
    player.masterCloses('SELL', units(325))
    if (entry) player.fill(entry, units(650), true)
    expect(player.turn()).toMatchObject({ kind: 'close', side: 'SELL', quantity: units(325) })
  })

  test('what is held beyond the share goes although an entry still rests', () => {
    const player = new LanePlayer({ sizing: mirror, lot: LOT })
    const entry = player.masterOpens('BUY', units(650))
    if (entry) player.fill(entry, units(520), false)
    player.masterCloses('SELL', units(325))
    expect(player.liveEntries()).toMatchObject([{ filled: units(520), allowance: units(520) }])
    expect(player.turn()).toMatchObject({ kind: 'close', quantity: units(195) })
  })

  test('an entry that never filled leaves nothing to close', () => {
    const player = new LanePlayer({ sizing: mirror, lot: LOT })
    const entry = player.masterOpens('BUY', units(65))
    if (entry) player.fill(entry, NO_QUANTITY, true)
    player.masterCloses('SELL', units(65))
    expect(player.turn()).toEqual({ kind: 'even' })
    expect(player.orders).toHaveLength(1)
  })

  test('an exit that is on its way is not sent again', () => {
    const player = new LanePlayer({ sizing: mirror, lot: LOT })
    play(player, [650])
    player.masterCloses('SELL', units(325))
    expect(player.turn()).toMatchObject({ kind: 'close', quantity: units(325) })
    expect(player.turn()).toEqual({ kind: 'even' })
    player.masterCloses('SELL', units(325))
    expect(player.turn()).toMatchObject({ kind: 'close', quantity: units(325) })
  })

  test('an exit that was rejected is due again', () => {
    const player = new LanePlayer({ sizing: mirror, lot: LOT })
    play(player, [65])
    player.masterCloses('SELL', units(65))
    player.turn()
    const exit = player.orders.at(-1)
    if (exit) player.fill(exit, NO_QUANTITY, true)
    expect(player.excess).toBe(units(65))
    expect(player.turn()).toMatchObject({ kind: 'close', quantity: units(65) })
  })
})

describe("exits meet the broker's truth", () => {
  const held130 = (): LanePlayer => {
    const player = new LanePlayer({ sizing: mirror, lot: LOT })
    play(player, [130])
    return player
  }

  test('a follower who sold by hand is not sold again', () => {
    const player = held130()
    player.byHand = units(-65)
    player.masterCloses('SELL', units(65))
    expect(player.turn()).toEqual({
      kind: 'reducedElsewhere',
      missing: units(65),
      shown: units(65),
    })
    expect(player.turn()).toEqual({ kind: 'even' })
    player.masterCloses('SELL', units(65))
    expect(player.turn()).toMatchObject({ kind: 'close', quantity: units(65), unconfirmed: 0n })
  })

  test('what an exit on its way has filled before it is told was taken by nobody else', () => {
    const player = held130()
    player.masterCloses('SELL', units(65))
    expect(player.turn()).toMatchObject({ kind: 'close', quantity: units(65) })
    player.masterCloses('SELL', units(65))
    const twice = { kind: 'shown', quantity: units(65), agreed: true } as const
    expect(player.turn(twice)).toMatchObject({
      kind: 'close',
      quantity: 0n,
      unconfirmed: units(65),
    })
  })

  test('what is missing beyond an exit on its way was', () => {
    const player = held130()
    player.masterCloses('SELL', units(65))
    player.turn()
    player.masterCloses('SELL', units(65))
    const twice = { kind: 'shown', quantity: NO_QUANTITY, agreed: true } as const
    expect(player.turn(twice)).toMatchObject({ kind: 'reducedElsewhere', missing: units(65) })
  })

  test('one lower reading: what is certain goes at once, the rest waits for a second', () => {
    const player = held130()
    player.masterCloses('SELL', units(130))
    const once = { kind: 'shown', quantity: units(65), agreed: false } as const
    expect(player.turn(once)).toEqual({
      kind: 'close',
      side: 'SELL',
      quantity: units(65),
      unconfirmed: units(65),
    })
  })

  test('one lower reading of a partial exit: perhaps nothing has to go', () => {
    const player = held130()
    player.masterCloses('SELL', units(65))
    const once = { kind: 'shown', quantity: units(65), agreed: false } as const
    expect(player.turn(once)).toMatchObject({ quantity: NO_QUANTITY, unconfirmed: units(65) })
  })

  test('squared off by the broker: nothing is there, nothing is sold', () => {
    const player = held130()
    player.byHand = units(-130)
    player.masterCloses('SELL', units(130))
    expect(player.turn()).toMatchObject({ kind: 'reducedElsewhere', missing: units(130) })
    expect(player.turn()).toEqual({ kind: 'even' })
    expect(player.orders).toHaveLength(1)
  })

  test("the follower's own position in the same direction is left alone", () => {
    const player = held130()
    player.byHand = units(650)
    player.masterCloses('SELL', units(130))
    expect(player.turn()).toMatchObject({ kind: 'close', quantity: units(130) })
  })

  test('a position on the other side is nothing to close', () => {
    const player = held130()
    player.byHand = units(-260)
    player.masterCloses('SELL', units(130))
    expect(player.turn()).toMatchObject({
      kind: 'reducedElsewhere',
      missing: units(130),
      shown: units(-130),
    })
  })

  test('a position that cannot be read makes the exit owed', () => {
    const player = held130()
    player.masterCloses('SELL', units(65))
    expect(player.turn({ kind: 'unreadable' })).toEqual({ kind: 'owed', quantity: units(65) })
    expect(player.orders).toHaveLength(1)
  })

  test('DELIVERY shares from holdings: the master sells what was bought on an earlier day', () => {
    const player = new LanePlayer({ sizing: times('0.5'), lot: units(1), product: 'DELIVERY' })
    play(player, [100])
    player.master = NO_QUANTITY // the next morning the holdings are not shown yet
    player.masterCloses('SELL', units(50))
    expect(player.turn()).toMatchObject({ kind: 'close', side: 'SELL', quantity: units(25) })
  })

  test('a master that is flat has left all of it, whatever was counted', () => {
    const player = held130()
    player.master = units(65)
    player.masterCloses('SELL', units(65))
    expect(player.lane.copied).toBe(0n)
    expect(player.turn()).toMatchObject({ kind: 'close', quantity: units(130) })
  })
})
