// What a follower should hold in one place, and does, counted once more from the facts in their order: what
// each decision took over of the master, what is known to have filled, what the trader said. It is the
// contract's own arithmetic, written a second time and by nothing that decides: an exit leaves the share that
// remains of what was copied, in whole lots, ties to less. Nothing is judged here.
import { sign } from '../../../src/domain/numbers.ts'
import { minus, NOTHING, plus, type Ratio, whole } from '../../../src/domain/ratio.ts'
import type { TrueFollower } from '../truth.ts'
import { type Day, isTurnedUp, placeOf } from './day.ts'
import type { AdjustmentFact, AttemptFact, DecisionFact, EventFact, IntentFact } from './facts.ts'

/** Signed as the position. */
export interface Standing {
  readonly copied: number
  readonly held: number
  readonly entitlement: Ratio
  readonly lot: number
  /** What entries that are alive may still fill, without a sign. */
  readonly resting: number
  /** What closing orders that may be at the broker may still fill, without a sign. */
  readonly leaving: number
  /** Nothing of it is unsent, on its way or at the broker. */
  readonly isIdle: boolean
}

export interface Moment {
  readonly at: number
  readonly journal: number
  readonly what:
    | { readonly kind: 'decided'; readonly decision: DecisionFact }
    | { readonly kind: 'sent'; readonly intent: IntentFact; readonly attempt: AttemptFact }
    | { readonly kind: 'moved' }
  readonly before: Standing
  readonly after: Standing
}

export interface LaneCount {
  readonly follower: TrueFollower
  readonly place: string
  readonly moments: readonly Moment[]
}

/** Of each live follower and place of which anything was decided. */
export function laneCountsOf(day: Day): readonly LaneCount[] {
  const { facts, truth } = day
  return truth.followers
    .filter(({ mode }) => mode === 'live')
    .flatMap((follower) => {
      const isIts = (fact: { readonly follower: string; readonly mode: string }) =>
        fact.follower === follower.name && fact.mode === 'live'
      const places = new Set(facts.decisions.filter(isIts).map(placeOf))
      return [...places].map((place) => {
        const there = (fact: IntentFact | DecisionFact | AdjustmentFact) =>
          isIts(fact) && placeOf(fact) === place
        return { follower, place, moments: countLane(day, there) }
      })
    })
}

/** What is held beyond the share, in whole lots: to be closed. Without a sign. */
export function dueOf({ copied, held, entitlement, lot }: Standing): number {
  const odd = held % lot
  const share =
    copied === 0 || entitlement.over === 0n
      ? 0
      : nearestLots(minus(entitlement, whole(BigInt(odd))), lot) + odd
  const kept = Math.sign(share) === Math.sign(held) ? Math.abs(share) : 0
  return Math.max(0, Math.abs(held) - kept)
}

/** Ties to less. */
export function nearestLots({ over, under }: Ratio, lot: number): number {
  const size = under * BigInt(lot)
  const magnitude = over < 0n ? -over : over
  const below = magnitude / size
  const lots = 2n * (magnitude - below * size) > size ? below + 1n : below
  return sign(over) * Number(lots) * lot
}

interface Order {
  readonly intent: IntentFact
  readonly attempts: Map<number, Sent>
  mayFill: number
  isDenied: boolean
}

interface Sent {
  readonly quantity: number
  state: 'open' | 'notSent' | 'over'
  filled: number
}

type Fact =
  | { readonly kind: 'adjusted'; readonly fact: AdjustmentFact }
  | { readonly kind: 'decided'; readonly fact: DecisionFact }
  | { readonly kind: 'intended'; readonly fact: IntentFact }
  | { readonly kind: 'sent'; readonly fact: AttemptFact }
  | { readonly kind: 'told'; readonly fact: EventFact }
  | {
      readonly kind: 'denied'
      readonly fact: { readonly journal: number; readonly at: number } & { readonly intent: number }
    }

/** Of one transaction: in this order. */
const ORDER: readonly Fact['kind'][] = ['adjusted', 'decided', 'intended', 'sent', 'told', 'denied']

function countLane(
  { facts }: Day,
  there: (fact: IntentFact | DecisionFact | AdjustmentFact) => boolean,
): readonly Moment[] {
  const intents = facts.intents.filter(there)
  const numbers = new Set(intents.map(({ number }) => number))
  const attempts = facts.attempts.filter(({ intent }) => numbers.has(intent))
  const intentOf = new Map(attempts.map(({ number, intent }) => [number, intent]))
  const all: readonly Fact[] = [
    ...facts.adjustments
      .filter((fact) => there(fact) && fact.kind !== 'kept')
      .map((fact) => ({ kind: 'adjusted', fact }) as const),
    ...facts.decisions.filter(there).map((fact) => ({ kind: 'decided', fact }) as const),
    ...intents.map((fact) => ({ kind: 'intended', fact }) as const),
    ...attempts.map((fact) => ({ kind: 'sent', fact }) as const),
    ...facts.events
      .filter(({ attempt }) => intentOf.has(attempt))
      .map((fact) => ({ kind: 'told', fact }) as const),
    ...intents.flatMap(({ number, deniedIn, at }) =>
      deniedIn === null
        ? []
        : [{ kind: 'denied', fact: { journal: deniedIn, at, intent: number } } as const],
    ),
  ]
  const kept = new Map(
    facts.adjustments
      .filter(({ kind }) => kind === 'kept')
      .map((each) => [`${each.journal} ${each.follower} ${placeOf(each)}`, each.change]),
  )
  const orders = new Map<number, Order>()
  let standing = { copied: 0, held: 0, entitlement: NOTHING, lot: 1 }

  const orderOf = (attempt: number): Order | undefined => orders.get(intentOf.get(attempt) ?? 0)

  function apply({ kind, fact }: Fact): void {
    switch (kind) {
      case 'adjusted':
        standing = adjusted(standing, fact)
        if (fact.kind === 'flattened')
          for (const order of orders.values())
            if (isEntry(order) && isAlive(order)) order.mayFill = filledOf(order)
        return
      case 'decided': {
        const { covers, entitlement, allowances } = fact
        const taken = kept.get(`${fact.journal} ${fact.follower} ${placeOf(fact)}`) ?? 0
        standing = {
          ...standing,
          copied: standing.copied + covers,
          held: standing.held + (entitlement === null || fact.kind === 'exit' ? 0 : taken),
          entitlement: entitlement ?? standing.entitlement,
        }
        for (const { intent, upTo } of allowances) {
          const order = orders.get(intent)
          if (order) order.mayFill = upTo
        }
        return
      }
      case 'intended':
        orders.set(fact.number, {
          intent: fact,
          attempts: new Map(),
          mayFill: fact.quantity,
          isDenied: false,
        })
        standing = { ...standing, lot: fact.lot }
        return
      case 'sent':
        orderOf(fact.number)?.attempts.set(fact.number, {
          quantity: fact.quantity,
          state: 'open',
          filled: 0,
        })
        return
      case 'told': {
        const order = orderOf(fact.attempt)
        const sent = order?.attempts.get(fact.attempt)
        if (order && sent) standing = told(standing, order, sent, fact)
        return
      }
      case 'denied': {
        const order = orders.get(fact.intent)
        if (order) order.isDenied = true
      }
    }
  }

  function look(): Standing {
    const alive = [...orders.values()].filter(isAlive)
    const sum = (of: readonly Order[], amount: (order: Order) => number): number =>
      of.reduce((total, order) => total + amount(order), 0)
    return {
      ...standing,
      resting: sum(alive.filter(isEntry), (order) => Math.max(0, order.mayFill - filledOf(order))),
      leaving: sum(
        alive.filter((order) => !isEntry(order)),
        ({ attempts: sent }) =>
          [...sent.values()]
            .filter(({ state }) => state === 'open')
            .reduce((total, { quantity, filled }) => total + quantity - filled, 0),
      ),
      isIdle: alive.length === 0,
    }
  }

  const moments: Moment[] = []
  const inOrder = all.toSorted(
    (a, b) => a.fact.journal - b.fact.journal || ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind),
  )
  let before = look()
  for (const each of inOrder) {
    apply(each)
    const after = look()
    const { at, journal } = each.fact
    moments.push({ at, journal, what: whatOf(each, orders), before, after })
    before = after
  }
  return moments
}

function whatOf(each: Fact, orders: ReadonlyMap<number, Order>): Moment['what'] {
  if (each.kind === 'decided') return { kind: 'decided', decision: each.fact }
  const order = each.kind === 'sent' ? orders.get(each.fact.intent) : undefined
  return each.kind === 'sent' && order
    ? { kind: 'sent', intent: order.intent, attempt: each.fact }
    : { kind: 'moved' }
}

type Kept = Pick<Standing, 'copied' | 'held' | 'entitlement' | 'lot'>

function adjusted(lane: Kept, { kind, change }: AdjustmentFact): Kept {
  switch (kind) {
    case 'flattened':
      return { ...lane, entitlement: NOTHING }
    case 'expired':
      return { ...lane, copied: 0, held: 0, entitlement: NOTHING }
    case 'adopted':
      return {
        ...lane,
        held: lane.held + change,
        entitlement:
          lane.copied === 0 ? lane.entitlement : plus(lane.entitlement, whole(BigInt(change))),
      }
    default:
      return { ...lane, held: lane.held + change }
  }
}

/** What is known of an attempt; an entry's fills are entitled as far as it may fill. */
function told(lane: Kept, order: Order, sent: Sent, event: EventFact): Kept {
  if (event.verdict === 'impossible') return lane
  const before = filledOf(order)
  sent.state = stateAfter(sent.state, event)
  sent.filled = Math.max(sent.filled, event.filled ?? 0)
  const after = filledOf(order)
  const way = order.intent.side === 'BUY' ? 1 : -1
  const entitled = isEntry(order)
    ? Math.min(after, order.mayFill) - Math.min(before, order.mayFill)
    : 0
  return {
    ...lane,
    held: lane.held + way * (after - before),
    entitlement: plus(lane.entitlement, whole(BigInt(way * entitled))),
  }
}

function stateAfter(state: Sent['state'], event: EventFact): Sent['state'] {
  const { kind, outcome, status } = event
  // An old page still shows it open.
  if (state === 'over' && !isTurnedUp(event)) return state
  switch (kind) {
    case 'answered':
      if (outcome === 'rejected') return 'over'
      return outcome === 'notSent' ? 'notSent' : 'open'
    case 'reported':
      return ['complete', 'cancelled', 'rejected'].includes(status ?? '') ? 'over' : 'open'
    case 'absenceProven':
      return 'notSent'
    default:
      return 'over'
  }
}

const isEntry = ({ intent }: Order): boolean => intent.role === 'entry'

const filledOf = ({ attempts }: Order): number =>
  [...attempts.values()].reduce((sum, { filled }) => sum + filled, 0)

/** It may still fill, or be sent. */
function isAlive({ attempts, isDenied }: Order): boolean {
  const states = [...attempts.values()].map(({ state }) => state)
  if (states.includes('open')) return true
  return !isDenied && !states.includes('over')
}
