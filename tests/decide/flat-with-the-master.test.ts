// Promise 4 over random histories: when the master's copied position is nothing, every follower holds
// none of it; no exit goes through zero, neither of what is held nor of what the broker shows.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { closingOf, ruleOfExit } from '../../src/decide/exit.ts'
import { sizeEntry } from '../../src/decide/size.ts'
import { afterFill } from '../../src/domain/lane.ts'
import {
  magnitude,
  NO_QUANTITY,
  type Quantity,
  type Rounding,
  sign,
  smaller,
  subtract,
  units,
} from '../../src/domain/numbers.ts'
import {
  compare,
  NOTHING,
  plus,
  type Ratio,
  ratio,
  roundRatioTo,
  times,
  whole,
} from '../../src/domain/ratio.ts'
import type { Sizing } from '../../src/domain/settings.ts'
import { LanePlayer, REAL, type Rules } from './lane-player.ts'

type Move =
  | { readonly kind: 'trade'; readonly buy: boolean; readonly lots: number }
  | { readonly kind: 'flat' }
  | { readonly kind: 'turn'; readonly reading: 'true' | 'unreadable' | 'stale' }
  | { readonly kind: 'fill'; readonly order: number; readonly part: number; readonly ends: boolean }
  | { readonly kind: 'byHand'; readonly part: number }
  | { readonly kind: 'dayRoll' }

const anyMove: fc.Arbitrary<Move> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('trade' as const),
      buy: fc.boolean(),
      lots: fc.integer({ min: 1, max: 10 }),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'flat' as const }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('turn' as const),
      reading: fc.constantFrom(
        'true' as const,
        'true' as const,
        'unreadable' as const,
        'stale' as const,
      ),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('fill' as const),
      order: fc.nat(20),
      part: fc.integer({ min: 0, max: 4 }),
      ends: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('byHand' as const),
      part: fc.integer({ min: 1, max: 4 }),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'dayRoll' as const }) },
)

const anySizing: fc.Arbitrary<Sizing> = fc.oneof(
  fc.constant({ mode: 'mirror' as const }),
  fc.record({
    mode: fc.constant('fixedQuantity' as const),
    quantity: fc.integer({ min: 1, max: 6 }).map((lots) => units(lots * 65)),
  }),
  fc.record({
    mode: fc.constant('multiplier' as const),
    by: fc
      .tuple(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 10 }))
      .map(([over, under]) => ratio(BigInt(over), BigInt(under))),
  }),
)

interface History {
  readonly sizing: Sizing
  readonly rounding: Rounding
  readonly lot: number
  readonly old: number
  readonly moves: readonly Move[]
}

const anyHistory: fc.Arbitrary<History> = fc.record({
  sizing: anySizing,
  rounding: fc.constantFrom('down' as const, 'nearest' as const, 'up' as const),
  lot: fc.constantFrom(1, 25, 65),
  old: fc.constantFrom(0, 0, 650, -130),
  moves: fc.array(anyMove, { maxLength: 60, size: 'max' }),
})

/** Plays a history, watching every closing order as it is made; then the master leaves for good. */
class Watched {
  readonly player: LanePlayer
  #lastShown: Quantity = NO_QUANTITY
  /** What could be held if every entry had filled: the share of it bounds what may be held. */
  potential: Ratio = NOTHING
  through: string | null = null

  constructor(history: History, rules: Rules) {
    this.player = new LanePlayer({
      sizing: history.sizing,
      rounding: history.rounding,
      lot: units(history.lot),
      old: units(history.old),
      rules,
    })
  }

  move(move: Move): void {
    switch (move.kind) {
      case 'trade':
        this.#trade(move.buy ? 'BUY' : 'SELL', units(move.lots * 65))
        return
      case 'flat':
        this.#leave()
        return
      case 'turn':
        this.#turn(move.reading)
        return
      case 'fill': {
        const live = this.player.orders.filter((order) => order.live)
        const order = live[move.order % Math.max(1, live.length)]
        if (order)
          this.player.fill(order, part(order.quantity, move.part, this.player.lot), move.ends)
        return
      }
      case 'byHand': {
        // The trader sells some of what stands there, ours or not.
        const there = this.player.atBroker
        const sold = part(magnitude(there), move.part, this.player.lot)
        this.player.byHand = subtract(
          this.player.byHand,
          sign(there) > 0 ? sold : (-sold as Quantity),
        )
        return
      }
      case 'dayRoll':
        // Orders die overnight; what is held and what is copied is carried on.
        for (const order of this.player.orders)
          if (order.live) this.player.fill(order, order.filled, true)
        return
    }
  }

  /** The master leaves; the lane takes its turns with true readings until nothing is left to do. */
  finish(): void {
    this.#leave()
    for (let turns = 0; turns < 6; turns++) {
      this.player.fillAll()
      this.#turn('true')
    }
  }

  #leave(): void {
    const { master } = this.player
    if (master !== 0n) this.#trade(master > 0n ? 'SELL' : 'BUY', magnitude(master))
  }

  #trade(side: 'BUY' | 'SELL', quantity: Quantity): void {
    const { player } = this
    const against = (side === 'BUY' ? player.master < 0n : player.master > 0n)
      ? magnitude(player.master)
      : NO_QUANTITY
    const closing = smaller(quantity, against)
    if (closing > 0n) {
      const before = player.lane.copied
      player.masterCloses(side, closing)
      if (before !== 0n) this.potential = times(this.potential, ratio(player.lane.copied, before))
    }
    const opening = subtract(quantity, closing)
    if (opening === 0n) return
    const entry = player.masterOpens(side, opening)
    if (entry) this.potential = plus(this.potential, whole(entry.quantity))
  }

  #turn(reading: 'true' | 'unreadable' | 'stale'): void {
    const { player } = this
    const there = player.atBroker
    const held = player.lane.held
    const made = player.orders.length
    const onTheirWay = player.orders
      .filter((order) => order.live && order.role !== 'entry')
      .reduce((total, order) => total + order.quantity - order.filled, 0n)
    player.turn(
      reading === 'unreadable'
        ? { kind: 'unreadable' }
        : reading === 'stale'
          ? {
              kind: 'shown',
              quantity:
                sign(this.#lastShown) === sign(there)
                  ? nearerToNothing(this.#lastShown, there)
                  : NO_QUANTITY,
              agreed: false,
            }
          : player.shown(),
    )
    this.#lastShown = there
    const order = player.orders[made]
    if (!order) return
    const total = order.quantity + onTheirWay
    if (sign(held) * (order.side === 'SELL' ? 1 : -1) !== 1)
      this.through = 'a closing order that opens'
    if (total > magnitude(held)) this.through = `closes ${total} of ${held} held`
    if (total > (sign(there) === sign(held) ? magnitude(there) : 0n))
      this.through = `closes ${total} of ${there} at the broker`
  }
}

const part = (quantity: Quantity, quarters: number, lot: Quantity): Quantity =>
  roundRatioTo(ratio(quantity * BigInt(quarters), 4n), lot, 'down')

const nearerToNothing = (a: Quantity, b: Quantity): Quantity =>
  magnitude(a) < magnitude(b) ? a : b

const run = (history: History, rules: Rules): Watched => {
  const watched = new Watched(history, rules)
  for (const move of history.moves) watched.move(move)
  return watched
}

const RUNS = { numRuns: 2000 }

const neverThroughZero = (rules: Rules): fc.IProperty<[History]> =>
  fc.property(anyHistory, (history) => {
    const watched = run(history, rules)
    watched.finish()
    return watched.through === null
  })

const flatWithTheMaster = (rules: Rules): fc.IProperty<[History]> =>
  fc.property(anyHistory, (history) => {
    const watched = run(history, rules)
    watched.finish()
    return watched.player.lane.copied === 0n && watched.player.lane.held === 0n
  })

const neverMoreThanTheShare = (rules: Rules): fc.IProperty<[History]> =>
  fc.property(anyHistory, (history) => {
    // One side only: a reversal starts a new potential, which would hide the old one.
    const oneSided = history.moves.filter((move) => move.kind !== 'byHand')
    const watched = run({ ...history, old: 0, moves: oneSided.map(alwaysLong(0)) }, rules)
    for (let turns = 0; turns < 6; turns++) {
      watched.player.fillAll()
      watched.move({ kind: 'turn', reading: 'true' })
    }
    const bound = plus(watched.potential, ratio(watched.player.lot, 2n))
    return compare(whole(magnitude(watched.player.lane.held)), bound) <= 0
  })

/** Sells at most what was bought, so that the history stays long. */
function alwaysLong(start: number): (move: Move) => Move {
  let lots = start
  return (move) => {
    if (move.kind === 'flat') lots = 0
    if (move.kind !== 'trade') return move
    if (move.buy || lots === 0) {
      lots += move.lots
      return { ...move, buy: true }
    }
    const sold = Math.min(lots, move.lots)
    lots -= sold
    return { ...move, buy: false, lots: sold }
  }
}

describe('promise 4', () => {
  test('no exit goes through zero, neither of held nor of the broker', () => {
    fc.assert(neverThroughZero(REAL), RUNS)
  })

  test('master flat is follower flat, for every sizing and every order of events', () => {
    fc.assert(flatWithTheMaster(REAL), RUNS)
  })

  test('a follower never ends with more than its share', () => {
    fc.assert(neverMoreThanTheShare(REAL), RUNS)
  })

  test('one entry, left in any parts, is followed to the nearest lot at every step', () => {
    fc.assert(everyStepNearest(REAL.ruleOfExit), RUNS)
  })
})

describe('controls: a broken decision is noticed', () => {
  const noticed = (property: fc.IProperty<[History]>): boolean => fc.check(property, RUNS).failed

  test('closing again what is already on its way', () => {
    const broken: Rules = {
      ...REAL,
      closingOf: (lane, lot, _onTheirWay, shown) => closingOf(lane, lot, NO_QUANTITY, shown),
    }
    expect(noticed(neverThroughZero(broken))).toBe(true)
  })

  test("closing without asking for the broker's position", () => {
    const broken: Rules = {
      ...REAL,
      closingOf: (lane, lot, onTheirWay) =>
        closingOf(lane, lot, onTheirWay, { kind: 'shown', quantity: lane.held, agreed: true }),
    }
    expect(noticed(neverThroughZero(broken))).toBe(true)
  })

  test('forgetting an exit whose position could not be read', () => {
    const broken: Rules = {
      ...REAL,
      ruleOfExit: (lane, entries, lot, leaving) => {
        const rule = ruleOfExit(lane, entries, lot, leaving)
        return rule && rule.copiedAfter === 0n && entries.length > 0 ? null : rule
      },
    }
    expect(noticed(flatWithTheMaster(broken))).toBe(true)
  })

  test('sizing each exit by itself, rounded, instead of by the share', () => {
    const broken: Rules['ruleOfExit'] = (lane, entries, lot, leaving) => {
      const rule = ruleOfExit(lane, entries, lot, leaving)
      if (rule === null || rule.copiedAfter === 0n) return rule
      return { ...rule, entitlement: whole(roundRatioTo(rule.entitlement, lot, 'nearest')) }
    }
    expect(fc.check(everyStepNearest(broken), RUNS).failed).toBe(true)
  })

  test('letting an entry fill beyond its allowance', () => {
    const broken: Rules = {
      ...REAL,
      afterFill: (lane, step) => afterFill(lane, { ...step, allowance: units(1_000_000) }),
    }
    expect(noticed(neverMoreThanTheShare(broken))).toBe(true)
  })
})

/** Without rejections and late fills, what is held is the nearest whole lots of the exact share. */
function everyStepNearest(rule: typeof ruleOfExit): fc.IProperty<[Sizing, number[]]> {
  const anyParts = fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 12 })
  return fc.property(anySizing, anyParts, (sizing, parts) => {
    const lot = units(65)
    const bought = units(65 * parts.reduce((total, lots) => total + lots, 0))
    const player = new LanePlayer({ sizing, lot, rules: { ...REAL, ruleOfExit: rule } })
    player.masterOpens('BUY', bought)
    player.fillAll()
    const start = player.lane.held
    for (const lots of parts) {
      player.masterCloses('SELL', units(65 * lots))
      player.turn()
      player.fillAll()
      const exact = times(whole(start), ratio(player.master, bought))
      if (player.lane.held !== roundRatioTo(exact, lot, 'nearest')) return false
    }
    return player.lane.held === 0n
  })
}

test('many small fills of the master end as one would', () => {
  fc.assert(
    fc.property(
      anySizing,
      fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 1, maxLength: 8 }),
      (sizing, parts) => {
        const lot = units(65)
        const inParts = new LanePlayer({ sizing, lot })
        let before = NO_QUANTITY
        for (const lots of parts) {
          inParts.masterOpens('BUY', units(65 * lots), before)
          before = (before + units(65 * lots)) as Quantity
          inParts.fillAll()
        }
        const atOnce = new LanePlayer({ sizing, lot })
        atOnce.masterOpens('BUY', before)
        atOnce.fillAll()
        expect(inParts.lane).toEqual(atOnce.lane)
      },
    ),
    RUNS,
  )
})

test('control: sizing every part by itself does not', () => {
  const failed = fc.check(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 2, maxLength: 8 }),
      (parts) => {
        const size = (quantity: Quantity): bigint => {
          const sized = sizeEntry({
            sizing: { mode: 'multiplier', by: ratio(1n, 2n) },
            rounding: 'down',
            lot: units(65),
            before: NO_QUANTITY,
            quantity,
            masterCapital: null,
            followerCapital: null,
          })
          return sized.kind === 'sized' ? sized.quantity : 0n
        }
        const total = units(65 * parts.reduce((sum, lots) => sum + lots, 0))
        return parts.reduce((sum, lots) => sum + size(units(65 * lots)), 0n) === size(total)
      },
    ),
    RUNS,
  ).failed
  expect(failed).toBe(true)
})
