// One follower's lane played move by move: what the master does, how far our orders fill, what the
// broker shows. It keeps what the ledger keeps and asks only the real decisions; broken ones can be
// handed in to show that a check would notice.
import {
  type Closing,
  closingOf,
  type Leaving,
  ruleOfExit,
  type Shown,
} from '../../src/decide/exit.ts'
import { sizeEntry } from '../../src/decide/size.ts'
import { type IntentId, intentId } from '../../src/domain/ids.ts'
import {
  afterDecision,
  afterFill,
  excessOf,
  FLAT,
  type LanePosition,
  type LiveEntry,
  type Role,
} from '../../src/domain/lane.ts'
import {
  add,
  magnitude,
  NO_QUANTITY,
  type Quantity,
  type Rounding,
  subtract,
  units,
} from '../../src/domain/numbers.ts'
import { type Product, type Side, signed } from '../../src/domain/order.ts'
import type { Sizing } from '../../src/domain/settings.ts'

interface OwnOrder {
  readonly id: IntentId
  readonly role: Role
  readonly side: Side
  readonly quantity: Quantity
  allowance: Quantity
  filled: Quantity
  live: boolean
}

export interface Rules {
  readonly ruleOfExit: typeof ruleOfExit
  readonly closingOf: typeof closingOf
  readonly afterFill: typeof afterFill
}

export const REAL: Rules = { ruleOfExit, closingOf, afterFill }

export interface PlayerSettings {
  readonly sizing: Sizing
  readonly rounding?: Rounding
  readonly lot: Quantity
  readonly product?: Product
  /** The master's own position before anything was copied. */
  readonly old?: Quantity
  readonly rules?: Rules
}

export class LanePlayer {
  lane: LanePosition = FLAT
  master: Quantity
  readonly orders: OwnOrder[] = []
  /** What the follower trades by hand: the broker shows it, Lockstep never counts it. */
  byHand: Quantity = NO_QUANTITY
  #settings: PlayerSettings
  #rules: Rules
  #numbers = 0

  constructor(settings: PlayerSettings) {
    this.#settings = settings
    this.#rules = settings.rules ?? REAL
    this.master = settings.old ?? NO_QUANTITY
  }

  get lot(): Quantity {
    return this.#settings.lot
  }

  /** The master opens; gives the entry order, or null when it is too small. */
  masterOpens(side: Side, quantity: Quantity, before: Quantity = NO_QUANTITY): OwnOrder | null {
    this.master = add(this.master, signed(side, quantity))
    const sized = sizeEntry({
      sizing: this.#settings.sizing,
      rounding: this.#settings.rounding ?? 'down',
      lot: this.#settings.lot,
      before,
      quantity,
      masterCapital: null,
      followerCapital: null,
    })
    this.lane = afterDecision(this.lane, signed(side, sized.covers), null)
    return sized.kind === 'sized' ? this.#open('entry', side, sized.quantity) : null
  }

  masterCloses(side: Side, quantity: Quantity): void {
    this.master = add(this.master, signed(side, quantity))
    const leaving: Leaving = {
      side,
      quantity,
      product: this.#settings.product ?? 'INTRADAY',
      masterAfter: this.master,
    }
    const rule = this.#rules.ruleOfExit(this.lane, this.liveEntries(), this.lot, leaving)
    if (rule === null) return
    for (const { intent, upTo } of rule.allowances)
      for (const order of this.orders) if (order.id === intent) order.allowance = upTo
    const covers = subtract(rule.copiedAfter, rule.copiedBefore)
    this.lane = afterDecision(this.lane, covers, rule.entitlement)
  }

  /** The lane's turn: asks for the closing order and sends it. */
  turn(shown: Shown = this.shown()): Closing {
    const closing = this.#rules.closingOf(this.lane, this.lot, this.#closingOnTheirWay(), shown)
    if (closing.kind === 'close' && closing.quantity > 0n)
      this.#open('exit', closing.side, closing.quantity)
    if (closing.kind === 'reducedElsewhere')
      this.lane = { ...this.lane, held: subtract(this.lane.held, closing.missing) }
    return closing
  }

  /** The broker fills an order up to this much in all; `ends` when no more can come. */
  fill(order: OwnOrder, upTo: Quantity, ends: boolean): void {
    const filled =
      upTo > order.filled ? (upTo < order.quantity ? upTo : order.quantity) : order.filled
    const step = {
      role: order.role,
      side: order.side,
      before: order.filled,
      filled,
      allowance: order.allowance,
    }
    this.lane = this.#rules.afterFill(this.lane, step)
    order.filled = filled
    if (ends || filled === order.quantity) order.live = false
  }

  fillAll(): void {
    for (const order of this.orders) if (order.live) this.fill(order, order.quantity, true)
  }

  liveEntries(): LiveEntry[] {
    return this.orders
      .filter((order) => order.live && order.role === 'entry')
      .map((order) => ({ intent: order.id, filled: order.filled, allowance: order.allowance }))
  }

  /** What the broker has: every fill of ours and what was done by hand. */
  get atBroker(): Quantity {
    return this.orders.reduce(
      (total, order) => add(total, signed(order.side, order.filled)),
      this.byHand,
    )
  }

  shown(): Shown {
    return { kind: 'shown', quantity: this.atBroker, agreed: true }
  }

  get excess(): Quantity {
    return excessOf(this.lane, this.lot)
  }

  #closingOnTheirWay(): Quantity {
    return this.orders
      .filter((order) => order.live && order.role !== 'entry')
      .reduce((total, order) => add(total, subtract(order.quantity, order.filled)), NO_QUANTITY)
  }

  #open(role: Role, side: Side, quantity: Quantity): OwnOrder {
    this.#numbers += 1
    const id = intentId(this.#numbers)
    const order = { id, role, side, quantity, allowance: quantity, filled: NO_QUANTITY, live: true }
    this.orders.push(order)
    return order
  }
}

export const lotsHeld = (player: LanePlayer): number =>
  Number(magnitude(player.lane.held) / player.lot)

export { units }
