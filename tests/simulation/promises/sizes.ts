// How much is copied. An entry (promise 2: by the numbers that decide it) is what the follower's sizing makes of
// the master's order up to this part, less what it made of it before, in whole lots. An exit (promise 4) leaves
// the share that remains of the master's copied position: its rule says exactly that, and no closing order
// takes a follower below it. The master's position is counted from the broker's fills.
import { minus, plus, type Ratio, ratio, times, whole } from '../../../src/domain/ratio.ts'
import { instant, dayOf as tradingDayOf } from '../../../src/domain/time.ts'
import { placesUnseen } from '../seen.ts'
import { UNIT } from '../truth.ts'
import { type Day, placeOf } from './day.ts'
import type { DecisionFact, SettingsFact, SignalFact } from './facts.ts'
import { dueOf, type LaneCount, laneCountsOf, type Moment, nearestLots } from './lane-count.ts'

export function brokenEntrySizes({ facts, truth }: Day): readonly string[] {
  const signals = new Map(facts.signals.map((signal) => [signal.number, signal]))
  const intents = Map.groupBy(facts.intents, ({ decision }) => decision)
  const live = new Set(truth.followers.map(({ name }) => name))
  return facts.decisions
    .filter(({ kind, follower }) => kind === 'entry' && live.has(follower))
    .flatMap((decision) => {
      const signal = signals.get(decision.signal)
      const own = intents.get(decision.number) ?? []
      const lot = own[0]?.lot
      const session = facts.sessions.findLast(({ journal }) => journal < decision.journal)
      const settings = session?.followers.find(({ name }) => name === decision.follower)
      if (signal === undefined || lot === undefined || !session || !settings) return []
      const sent = own.reduce((sum, { quantity }) => sum + quantity, 0)
      const sized = sizeOf(
        { settings, masterCapital: session.masterCapital, lot },
        toldBefore(facts.signals, signal),
        signal.quantity,
      )
      const isAsked = facts.asked.has(`${signal.number} ${decision.follower}`)
      // A late yes copies what the master still has: not more than an early one.
      const isRight = sized === null || (isAsked ? sent <= sized : sent === sized)
      return isRight
        ? []
        : [
            `signal #${signal.number} of ${signal.quantity} is copied by ${decision.follower} with ${sent}, its sizing makes ${sized} of it`,
          ]
    })
}

/** Of the same order and effect. */
const toldBefore = (signals: readonly SignalFact[], { number, orderId, effect }: SignalFact) =>
  signals
    .filter((each) => each.number < number && each.orderId === orderId && each.effect === effect)
    .reduce((sum, { quantity }) => sum + quantity, 0)

interface Sizing {
  readonly settings: SettingsFact
  readonly masterCapital: bigint | null
  readonly lot: number
}

/** null: by a capital that only the broker knew. */
function sizeOf(sizing: Sizing, before: number, quantity: number): number | null {
  const first = exactOf(sizing, before)
  const all = exactOf(sizing, before + quantity)
  if (first === null || all === null) return null
  const { lot, settings } = sizing
  return inLots(all, lot, settings.rounding) - inLots(first, lot, settings.rounding)
}

function exactOf({ settings, masterCapital, lot }: Sizing, quantity: number): Ratio | null {
  const { sizing, capital } = settings
  const master = whole(BigInt(quantity))
  switch (sizing.mode) {
    case 'mirror':
      return master
    case 'multiplier':
      return times(master, ratio(BigInt(sizing.by.over), BigInt(sizing.by.under)))
    case 'proportional':
      return capital === null || masterCapital === null
        ? null
        : times(master, ratio(BigInt(capital), masterCapital))
    case 'fixedLots':
      return quantity === 0 ? master : whole(BigInt(sizing.lots) * BigInt(lot))
    default:
      return quantity === 0 ? master : ratio(BigInt(sizing.quantity), BigInt(UNIT))
  }
}

function inLots(exact: Ratio, lot: number, rounding: SettingsFact['rounding']): number {
  if (rounding === 'nearest') return nearestLots(exact, lot)
  const size = exact.under * BigInt(lot)
  const lots = rounding === 'up' ? (exact.over + size - 1n) / size : exact.over / size
  return Number(lots) * lot
}

// --- exits

export function brokenExitSizes(day: Day): readonly string[] {
  const signals = new Map(day.facts.signals.map((signal) => [signal.number, signal]))
  const masters = masterAfterEach(day)
  const lanes = laneCountsOf(day).flatMap((lane) =>
    lane.moments.flatMap((moment) => {
      const { what } = moment
      if (what.kind === 'sent') return tooMuch(lane, moment)
      const signal = what.kind === 'decided' ? signals.get(what.decision.signal) : undefined
      if (what.kind !== 'decided' || signal === undefined || what.decision.entitlement === null)
        return []
      const isAsked = day.facts.asked.has(`${signal.number} ${lane.follower.name}`)
      return [
        ...(isAsked ? [] : otherShare(what.decision, moment, signal, masters)),
        ...otherRule(what.decision, moment),
      ]
    }),
  )
  return [...otherMaster(day, masters), ...lanes]
}

/** What closes and what opens hangs on it. What is in store of delivered shares is in no order of the day. */
function otherMaster({ facts }: Day, masters: ReadonlyMap<number, number>): readonly string[] {
  return facts.signals
    .filter(({ product }) => product !== 'DELIVERY')
    .filter(({ number, masterAfter }) => masterAfter !== masters.get(number))
    .map(
      ({ number, instrument, product, masterAfter }) =>
        `signal #${number} takes the master for holding ${masterAfter} ${instrument} ${product}, its fills come to ${masters.get(number)}`,
    )
}

/**
 * By the broker's fills, as far as they were told: what had filled before the first reading, and each signal. What a
 * night leaves of it (carried, closed by the broker, expired) is seen in the morning.
 */
function masterAfterEach({ facts, truth }: Day): ReadonlyMap<number, number> {
  const held = new Map<string, number>()
  const [life] = truth.lives
  const first = life === undefined ? null : tradingDayOf(life.startedAt)
  const unseen = placesUnseen(truth)
  for (const order of truth.orders.filter(({ clientCode }) => clientCode === truth.masterCode)) {
    const place = `${first} ${order.exchange}:${order.symbol} ${order.product}`
    const before = facts.baseline.get(order.orderId) ?? 0
    held.set(place, (held.get(place) ?? 0) + signedOf(order.side, before))
  }
  return new Map(
    facts.signals.map((signal) => {
      const { day, number, side, quantity, masterBefore, seenAt, product } = signal
      // Told the next morning by positions that hold what nobody saw too: how it goes on is known.
      const isByMorning =
        tradingDayOf(instant(seenAt)) > day && product !== 'INTRADAY' && unseen.has(placeOf(signal))
      const place = `${isByMorning ? 'after ' : ''}${day} ${placeOf(signal)}`
      const before = held.get(place) ?? (day === first && !isByMorning ? 0 : masterBefore)
      const after = before + signedOf(side, quantity)
      held.set(place, after)
      return [number, after]
    }),
  )
}

const signedOf = (side: 'BUY' | 'SELL', quantity: number): number =>
  side === 'BUY' ? quantity : -quantity

/** What the master sells counts against the copied part first; a master that is flat has left all of it. */
function otherShare(
  { copiedBefore, follower, covers }: DecisionFact,
  { before, after }: Moment,
  { number, quantity, product }: SignalFact,
  masters: ReadonlyMap<number, number>,
): readonly string[] {
  const { copied } = before
  const master = masters.get(number) ?? 0
  const isGone = product !== 'DELIVERY' && Math.sign(master) !== Math.sign(copied)
  const left = isGone ? 0 : Math.sign(copied) * Math.max(0, Math.abs(copied) - quantity)
  const isRight = left === after.copied && (copiedBefore ?? copied) === copied
  return isRight
    ? []
    : [
        `signal #${number} takes ${quantity} of ${copied} copied by ${follower}, the master holds ${master}: ${left} should be left, ${copied + covers} is`,
      ]
}

/** What should be held and what may still fill come to the share of both before. */
function otherRule(
  { signal, follower }: DecisionFact,
  { before, after }: Moment,
): readonly string[] {
  const way = BigInt(Math.sign(before.copied))
  const mayHold = plus(before.entitlement, whole(way * BigInt(before.resting)))
  const share =
    after.copied === 0
      ? whole(0n)
      : times(mayHold, ratio(BigInt(after.copied), BigInt(before.copied)))
  const willHold = plus(after.entitlement, whole(way * BigInt(after.resting)))
  const wanted = Math.abs(nearestLots(share, before.lot))
  const missing = Math.max(0, wanted - Math.max(0, Number(way) * before.held))
  const isRight = minus(willHold, share).over === 0n && after.resting <= missing
  return isRight
    ? []
    : [
        `signal #${signal} leaves ${describe(willHold)} to ${follower}, ${after.resting} of it still to fill; ${after.copied} of ${before.copied} leaves ${describe(share)} of its ${describe(mayHold)}`,
      ]
}

const describe = ({ over, under }: Ratio): string => `${Number(over) / Number(under)}`

/** Nothing that leaves closes more than is held beyond the share. */
function tooMuch({ follower, place }: LaneCount, { what, before }: Moment): readonly string[] {
  if (what.kind !== 'sent' || what.intent.role === 'entry') return []
  const due = dueOf(before) - before.leaving
  return what.attempt.quantity <= due
    ? []
    : [
        `${follower.name} ${place}: ${what.intent.role} ${what.attempt.tag} closes ${what.attempt.quantity}, ${due} of ${before.held} held are due`,
      ]
}
