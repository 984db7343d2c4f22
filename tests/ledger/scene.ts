// A small market for the ledger's tests: one master, some followers, orders whose every field is set.

import type { EntryDecision, ExitDecision, SkipDecision } from '../../src/domain/decision.ts'
import {
  accountName,
  type EngineId,
  instrumentId,
  orderId,
  uniqueOrderId,
} from '../../src/domain/ids.ts'
import type { Intent } from '../../src/domain/intent.ts'
import type { Lane, Role } from '../../src/domain/lane.ts'
import { parsePrice, type Quantity, units } from '../../src/domain/numbers.ts'
import type { OrderReport, Side } from '../../src/domain/order.ts'
import type { Ratio } from '../../src/domain/ratio.ts'
import { type MasterOrder, type Signal, signalKey } from '../../src/domain/signal.ts'
import { makeTag, type Tag } from '../../src/domain/tag.ts'
import { after, instant, tradingDay } from '../../src/domain/time.ts'
import type { Chance, Clock } from '../../src/ports.ts'

export const MASTER = accountName('MASTER')
export const DAY = tradingDay('2026-11-20')
export const AT = instant(Date.parse('2026-11-20T10:30:45+05:30'))
export const later = (ms: number) => after(AT, ms)
export const LOT = units(65)
export const CALL = instrumentId('NFO', 'NIFTY24NOV26C25000')

export const follower = (number: number) => accountName(`FOLLOWER_${number}`)

export const laneOf = (number: number, instrument = CALL): Lane => ({
  follower: follower(number),
  mode: 'live',
  instrument,
  product: 'INTRADAY',
})

export const still: Clock = { now: () => AT, monotonicMs: () => 0, sleep: () => Promise.resolve() }

/** Chance that repeats itself, so that a failing test fails again. */
export function seededChance(seed: number): Chance {
  let state = seed >>> 0 || 1
  const next = (): number => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    state >>>= 0
    return state & 255
  }
  return { bytes: (count) => Array.from({ length: count }, next) }
}

/** Every call another tag of that engine. */
export function tagMaker(engine: EngineId, chance: Chance): () => Tag {
  return () => makeTag(engine, chance.bytes(11))
}

export function reportOf(name: string, change: Partial<OrderReport> = {}): OrderReport {
  return {
    account: MASTER,
    day: DAY,
    orderId: orderId(`O-${name}`),
    uniqueOrderId: uniqueOrderId(`U-${name}`),
    tag: '',
    instrument: CALL,
    exchange: 'NFO',
    symbol: 'NIFTY24NOV26C25000',
    token: '43211',
    side: 'BUY',
    product: 'INTRADAY',
    variety: 'regular',
    pricing: { kind: 'limit', price: parsePrice('101.25') },
    quantity: units(130),
    filled: units(130),
    averagePrice: parsePrice('101.20'),
    status: 'complete',
    text: '',
    exchangeTime: instant(AT - 900),
    fillTime: instant(AT - 800),
    source: 'book',
    ...change,
  }
}

/** What of the order has not been told yet. */
export function signalOf(order: MasterOrder, change: Partial<Signal> = {}): Signal {
  const { report, signalled, key } = order
  const effect = change.effect ?? 'entry'
  const before = effect === 'entry' ? signalled.entry : signalled.exit
  const told = signalled.baseline + signalled.entry + signalled.exit
  return {
    key: signalKey(key, effect, before),
    order: key,
    orderId: report.orderId,
    account: report.account,
    day: report.day,
    effect,
    instrument: report.instrument,
    exchange: report.exchange,
    symbol: report.symbol,
    side: report.side,
    product: report.product,
    variety: report.variety,
    pricing: report.pricing,
    quantity: (report.filled - told) as Quantity,
    before,
    price: report.averagePrice,
    filledAt: instant(AT - 800),
    seenAt: AT,
    source: 'book',
    masterBefore: units(0),
    masterAfter: report.filled,
    obstacle: null,
    ...change,
  }
}

export function intentOf(
  lane: Lane,
  role: Role,
  signal: Signal | null,
  side: Side,
  quantity: Quantity,
  tag: Tag,
): Intent {
  return {
    lane,
    role,
    signal: signal?.key ?? null,
    side,
    quantity,
    lot: LOT,
    pricing: { kind: 'limit', price: parsePrice('104.20') },
    slice: 1,
    slices: 1,
    tag,
  }
}

export function entry(
  lane: Lane,
  signal: Signal,
  quantity: Quantity,
  tags: readonly Tag[],
): EntryDecision {
  const sign = signal.side === 'BUY' ? 1n : -1n
  return {
    kind: 'entry',
    lane,
    covers: (signal.quantity * sign) as Quantity,
    quantity,
    intents: tags.map((tag, index) => ({
      ...intentOf(lane, 'entry', signal, signal.side, quantity, tag),
      slice: index + 1,
      slices: tags.length,
    })),
  }
}

export function exit(
  lane: Lane,
  copiedBefore: Quantity,
  copiedAfter: Quantity,
  entitlement: Ratio,
  allowances: ExitDecision['allowances'] = [],
): ExitDecision {
  const covers = (copiedAfter - copiedBefore) as Quantity
  return { kind: 'exit', lane, covers, copiedBefore, copiedAfter, entitlement, allowances }
}

export function skip(lane: Lane): SkipDecision {
  return {
    kind: 'skip',
    lane,
    covers: units(0),
    reason: {
      kind: 'lessThanOneLot',
      signal: units(130),
      factor: { over: 3n, under: 10n },
      exact: { over: units(39), under: 1n },
      lot: LOT,
    },
  }
}

/** A report of an order of ours, by which an attempt moves. */
export const ownReport = (tag: Tag, change: Partial<OrderReport> = {}): OrderReport =>
  reportOf(tag.slice(-6), {
    account: follower(1),
    tag,
    quantity: units(65),
    filled: units(65),
    ...change,
  })

export const accepted = (tag: Tag) =>
  ({
    kind: 'answered',
    outcome: {
      kind: 'accepted',
      orderId: orderId(`O-${tag.slice(-6)}`),
      uniqueOrderId: uniqueOrderId(`U-${tag.slice(-6)}`),
      evidence: 'status true',
    },
  }) as const
