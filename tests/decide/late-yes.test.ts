// Entries that wait for the trader while the master goes on: random days of one follower with `confirm`, in which
// the real decisions are asked in the order in which the engine asks them. Every order fills at once, for what is
// tried here is what is ordered.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { asItStands } from '../../src/decide/answer.ts'
import { ruleOfExit } from '../../src/decide/exit.ts'
import { signalId } from '../../src/domain/ids.ts'
import {
  add,
  magnitude,
  NO_QUANTITY,
  type Quantity,
  sign,
  smaller,
  subtract,
  units,
} from '../../src/domain/numbers.ts'
import { type Product, type Side, sideOf, signed } from '../../src/domain/order.ts'
import { askedNow, type Told } from '../../src/domain/question.ts'
import { ratio } from '../../src/domain/ratio.ts'
import type { Sizing } from '../../src/domain/settings.ts'
import type { RecordedSignal } from '../../src/domain/signal.ts'
import { LanePlayer } from './lane-player.ts'

type Move =
  | { readonly kind: 'trade'; readonly buy: boolean; readonly quantity: number }
  /** Of the open questions, counted from the oldest. */
  | { readonly kind: 'answer'; readonly which: number; readonly yes: boolean }

interface Story {
  readonly product: Product
  readonly old: number
  readonly asksExits: boolean
  /** Whether a sale may go through zero to the other side. */
  readonly turns: boolean
  readonly moves: readonly Move[]
}

const anyMove: fc.Arbitrary<Move> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('trade' as const),
      buy: fc.boolean(),
      quantity: fc.integer({ min: 1, max: 12 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('answer' as const),
      which: fc.nat(3),
      yes: fc.boolean(),
    }),
  },
)

const anyStory: fc.Arbitrary<Story> = fc.record({
  product: fc.constantFrom('INTRADAY' as const, 'DELIVERY' as const),
  old: fc.constantFrom(0, 0, 20),
  asksExits: fc.boolean(),
  turns: fc.boolean(),
  moves: fc.array(anyMove, { maxLength: 25, size: 'max' }),
})

type Counting = typeof askedNow
const MIRROR: Sizing = { mode: 'mirror' }

class Desk {
  readonly player: LanePlayer
  master: Quantity
  readonly #told: Told[] = []
  readonly #product: Product
  readonly #asksExits: boolean
  readonly #turns: boolean
  readonly #counting: Counting
  #journal = 0

  constructor(story: Omit<Story, 'moves'>, counting: Counting, sizing: Sizing) {
    const { product } = story
    this.master = units(story.old)
    this.player = new LanePlayer({ sizing, lot: units(1), product, old: this.master })
    this.#product = product
    this.#asksExits = story.asksExits
    this.#turns = story.turns && product !== 'DELIVERY'
    this.#counting = counting
  }

  move(move: Move): void {
    if (move.kind === 'trade') this.trade(move.buy ? 'BUY' : 'SELL', units(move.quantity))
    else {
      const open = this.open()
      const question = open[move.which % Math.max(1, open.length)]
      if (question !== undefined) this.#answer(question, move.yes)
    }
  }

  trade(side: Side, wanted: Quantity): void {
    const isSale = side === 'SELL' && this.master >= 0n
    const quantity = isSale && !this.#turns ? smaller(wanted, this.master) : wanted
    const against = sideOf(this.master)
    const closing =
      against === null || against === side ? NO_QUANTITY : smaller(quantity, magnitude(this.master))
    if (closing > 0n) this.#tell('exit', side, closing)
    const opening = subtract(quantity, closing)
    if (opening > 0n) this.#tell('entry', side, opening)
  }

  leave(): void {
    const side = sideOf(this.master)
    if (side !== null) this.trade(side === 'BUY' ? 'SELL' : 'BUY', magnitude(this.master))
  }

  answerAll(yes: boolean): void {
    for (const question of this.open()) this.#answer(question, yes)
  }

  open(): readonly Told[] {
    return this.#told.filter(({ isAsked, decided }) => isAsked && decided === null)
  }

  #tell(effect: Told['effect'], side: Side, quantity: Quantity): void {
    this.master = add(this.master, signed(side, quantity))
    this.#journal += 1
    const told: Told = {
      id: signalId(this.#told.length + 1),
      effect,
      side,
      product: this.#product,
      quantity,
      masterAfter: this.master,
      obstacle: null,
      toldAt: this.#journal,
      isAsked: effect === 'entry' || (this.#asksExits && this.#leaves(side, quantity)),
      decided: null,
    }
    this.#told.push(told)
    if (!told.isAsked) this.#decide(told, this.#exit(side, quantity, this.master))
  }

  #answer(question: Told, yes: boolean): void {
    const now = this.#counting(question.id, this.#toldSince())
    const asked = asItStands(question as unknown as RecordedSignal, now)
    this.#journal += 1
    if (!yes || asked === null) this.#decide(question, NO_QUANTITY)
    else if (this.#leaves(asked.side, asked.quantity))
      this.#decide(question, this.#exit(asked.side, asked.quantity, asked.masterAfter))
    else
      this.#decide(
        question,
        question.effect === 'entry' ? this.#enter(asked.side, asked.quantity) : NO_QUANTITY,
      )
  }

  /** As the ledger gives it: from the oldest that waited when the oldest that still asks was told. */
  #toldSince(): readonly Told[] {
    const oldest = this.open()[0]?.toldAt ?? 0
    const from = this.#told.findIndex(
      ({ isAsked, decided }) => isAsked && (decided === null || decided.at > oldest),
    )
    return this.#told.slice(from)
  }

  #leaves(side: Side, quantity: Quantity): boolean {
    const leaving = { side, quantity, product: this.#product, masterAfter: this.master }
    return ruleOfExit(this.player.lane, [], units(1), leaving) !== null
  }

  #enter(side: Side, quantity: Quantity): Quantity {
    return this.#trace(() => this.player.masterOpens(side, quantity))
  }

  #exit(side: Side, quantity: Quantity, masterAfter: Quantity): Quantity {
    this.player.master = subtract(masterAfter, signed(side, quantity))
    return this.#trace(() => this.player.masterCloses(side, quantity))
  }

  /** What of the master's it adds to what is copied. */
  #trace(act: () => unknown): Quantity {
    const before = this.player.lane.copied
    act()
    this.player.fillAll()
    this.player.turn()
    this.player.fillAll()
    return subtract(this.player.lane.copied, before)
  }

  #decide(told: Told, covers: Quantity): void {
    const index = this.#told.indexOf(told)
    this.#told[index] = { ...told, decided: { at: this.#journal, covers } }
  }
}

const RUNS = { numRuns: 3000 }

/** An exit that gets a no stays held by the trader's own word: that is another matter. */
const withoutNoToExits = (story: Story): Story => ({
  ...story,
  moves: story.moves.map((move) =>
    move.kind === 'answer' && story.asksExits ? { ...move, yes: true } : move,
  ),
})

const flatWithTheMaster = (counting: Counting) =>
  fc.property(anyStory.map(withoutNoToExits), fc.boolean(), (story, yes) => {
    const desk = new Desk(story, counting, MIRROR)
    for (const move of story.moves) desk.move(move)
    desk.leave()
    desk.answerAll(yes || story.asksExits)
    const { held, copied } = desk.player.lane
    return held === 0n && copied === 0n
  })

const SIZINGS: readonly (readonly [Sizing, over: bigint, under: bigint])[] = [
  [MIRROR, 1n, 1n],
  [{ mode: 'multiplier', by: ratio(3n, 1n) }, 3n, 1n],
  [{ mode: 'multiplier', by: ratio(1n, 2n) }, 1n, 2n],
]

const neverMoreThanTheMasterHas = (counting: Counting) =>
  fc.property(anyStory, fc.constantFrom(...SIZINGS), (story, [sizing, over, under]) => {
    const desk = new Desk({ ...story, asksExits: false }, counting, sizing)
    return story.moves.every((move) => {
      desk.move(move)
      const { held } = desk.player.lane
      const isOnItsSide = held === 0n || sign(held) === sign(desk.master)
      // Half a share is rounded to the nearest whole one by each exit.
      const most = (magnitude(desk.master) * over + units(1)) / under
      return isOnItsSide && magnitude(held) <= most
    })
  })

/** Where the master turns to the other side, what it leaves has to be answered first. */
const aLateYesIsAnEarlyOne = (counting: Counting) =>
  fc.property(anyStory, fc.boolean(), (story, isInOrder) => {
    const turns = story.turns && (isInOrder || !story.asksExits)
    const desk = new Desk({ ...story, old: 0, turns }, counting, MIRROR)
    for (const move of story.moves)
      desk.move(
        move.kind === 'answer' ? { ...move, yes: true, which: isInOrder ? 0 : move.which } : move,
      )
    desk.answerAll(true)
    return desk.player.lane.held === desk.master
  })

describe('what waits for a yes', () => {
  test('is nothing any more once the master is flat, whatever is answered and when', () => {
    fc.assert(flatWithTheMaster(askedNow), RUNS)
  })

  test('never makes a follower hold more than its rule gives of what the master holds', () => {
    fc.assert(neverMoreThanTheMasterHas(askedNow), RUNS)
  })

  test('comes with a late yes to what an early one would have come to', () => {
    fc.assert(aLateYesIsAnEarlyOne(askedNow), RUNS)
  })
})

describe('controls: a wrong count of what is left is noticed', () => {
  const asItWas: Counting = (id, told) => ({
    ...askedNow(id, told),
    left: told.find((each) => each.id === id)?.quantity ?? NO_QUANTITY,
  })
  /** A sale takes from what waits also what it took from what was copied. */
  const twice: Counting = (id, told) =>
    askedNow(
      id,
      told.map((each) =>
        each.effect === 'exit' && each.decided !== null
          ? { ...each, decided: { ...each.decided, covers: NO_QUANTITY } }
          : each,
      ),
    )
  const atItsTime: Counting = (id, told) => ({
    ...askedNow(id, told),
    masterAfter: told.find((each) => each.id === id)?.masterAfter ?? NO_QUANTITY,
  })
  const noticed = (property: fc.IProperty<never>): boolean => fc.check(property, RUNS).failed

  test('a yes that copies the whole of what was asked', () => {
    expect(noticed(flatWithTheMaster(asItWas) as never)).toBe(true)
    expect(noticed(neverMoreThanTheMasterHas(asItWas) as never)).toBe(true)
  })

  test('a sale that is counted twice', () => {
    expect(noticed(aLateYesIsAnEarlyOne(twice) as never)).toBe(true)
  })

  test('an exit that leaves what the master held when it was asked', () => {
    expect(noticed(aLateYesIsAnEarlyOne(atItsTime) as never)).toBe(true)
  })
})
