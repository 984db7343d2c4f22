// The promises, held against the broker's own journal once a storm is over. Each gives a line for each time
// that it was broken. Pure but for the ledger that is asked, so that a made-up truth shows that they can fail.
import Database from 'better-sqlite3'
import type { AccountName } from '../../src/domain/ids.ts'
import { signalId } from '../../src/domain/ids.ts'
import type { Side } from '../../src/domain/order.ts'
import { isTag } from '../../src/domain/tag.ts'
import type { Ledger } from '../../src/ports.ts'
import type { Control, TrueOrder } from '../../src/simulator/control.ts'
import type { ProductWord } from '../../src/simulator/order.ts'

export interface Fill {
  readonly clientCode: string
  readonly orderId: string
  readonly tag: string
  readonly symbol: string
  readonly product: ProductWord
  readonly side: Side
  readonly quantity: number
}

export interface TrueFollower {
  readonly name: AccountName
  readonly clientCode: string
  readonly tradesByHand: boolean
}

export interface Truth {
  readonly followers: readonly TrueFollower[]
  readonly masterOrders: readonly TrueOrder[]
  /** Of all followers, by hand and ours. */
  readonly orders: readonly TrueOrder[]
  /** Of all followers, in their true order. */
  readonly fills: readonly Fill[]
  readonly duplicates: ReturnType<Control['duplicates']>
  readonly violations: ReturnType<Control['violations']>
  readonly engineErrors: string
}

export function brokenPromises(truth: Truth, ledger: Ledger, path: string): readonly string[] {
  const facts = readFacts(path)
  return [
    ...truth.engineErrors.split('\n').filter((line) => line !== ''),
    ...once(truth),
    ...noneLost(truth, ledger, facts),
    ...flatWithTheMaster(truth, ledger, facts),
    ...notThroughZero(truth, facts),
    ...withinLimits(truth),
    ...ledger.verify().map((line) => `the ledger does not follow from its facts: ${line}`),
  ]
}

interface Facts {
  readonly signals: number
  /** What was signalled of each order of the master. */
  readonly signalled: ReadonlyMap<string, number>
  /** What `held` changed by without a fill: follower, instrument and product. */
  readonly adjusted: ReadonlyMap<string, number>
  readonly reductions: ReadonlyMap<AccountName, number>
  readonly roles: ReadonlyMap<string, string>
  /** Tags that turned up after all. */
  readonly turnedUp: ReadonlySet<string>
}

const UNIT = 100_000_000

function readFacts(path: string): Facts {
  const db = new Database(path, { readonly: true })
  try {
    const rows = <T>(sql: string): readonly T[] => db.prepare(sql).all() as T[]
    const signalled = new Map<string, number>()
    for (const { order, quantity } of rows<{ order: string; quantity: number }>(
      'SELECT order_id AS "order", sum(quantity) AS quantity FROM signal GROUP BY order_id',
    ))
      signalled.set(order, quantity / UNIT)
    const adjusted = new Map<string, number>()
    const reductions = new Map<AccountName, number>()
    for (const row of rows<{
      follower: AccountName
      instrument: string
      product: string
      kind: string
      change: number
    }>(
      'SELECT follower, instrument, product, kind, change FROM adjustment JOIN lane ON lane.number = lane',
    )) {
      const key = keyOf(row.follower, row.instrument, row.product)
      adjusted.set(key, (adjusted.get(key) ?? 0) + row.change / UNIT)
      if (row.kind === 'reducedElsewhere')
        reductions.set(row.follower, (reductions.get(row.follower) ?? 0) + 1)
    }
    return {
      signals: rows('SELECT number FROM signal').length,
      signalled,
      adjusted,
      reductions,
      roles: new Map(
        rows<{ tag: string; role: string }>(
          'SELECT attempt.tag, role FROM attempt JOIN intent ON intent.number = intent',
        ).map(({ tag, role }) => [tag, role]),
      ),
      turnedUp: new Set(
        rows<{ tag: string }>(
          `SELECT tag FROM attempt_event JOIN attempt ON attempt.number = attempt
           WHERE verdict = 'turnedUp'`,
        ).map(({ tag }) => tag),
      ),
    }
  } finally {
    db.close()
  }
}

/** 1: no intent takes effect twice. */
const once = ({ duplicates }: Truth): readonly string[] =>
  duplicates.map(({ clientCode, tag, orders }) => `${clientCode} has ${orders} orders ${tag}`)

/** 2: one decision per signal and follower, every attempt at its end. */
function noneLost(truth: Truth, ledger: Ledger, facts: Facts): readonly string[] {
  const broken: string[] = []
  for (const order of truth.masterOrders) {
    const signalled = facts.signalled.get(order.orderId) ?? 0
    if (signalled !== Number(order.filled))
      broken.push(`of the master's ${order.orderId}, ${order.filled} filled, ${signalled} told`)
  }
  for (let number = 1; number <= facts.signals; number++) {
    const decided = ledger.why(signalId(number), null).filter(({ decision }) => decision !== null)
    if (decided.length !== truth.followers.length)
      broken.push(`signal #${number} has ${decided.length} decisions`)
  }
  for (const { attempt, state } of ledger.openAttempts(null))
    broken.push(`${attempt.intent.lane.follower} ${attempt.tag} is still ${state.kind}`)
  for (const intent of ledger.unsentIntents(null))
    broken.push(`${intent.lane.follower} ${intent.tag} was neither sent nor denied`)
  for (const order of truth.orders)
    if (order.tag !== '' && !facts.roles.has(order.tag))
      broken.push(`${order.clientCode} has an order ${order.tag} that nobody wrote down`)
  return broken
}

/** 4: the master is flat, so everybody is; `held` is what the broker filled, and nobody else's trades. */
function flatWithTheMaster(truth: Truth, ledger: Ledger, facts: Facts): readonly string[] {
  const broken: string[] = []
  for (const { lane, owed } of ledger.owed())
    broken.push(`${lane.follower} owes ${owed} ${lane.instrument}`)
  for (const { tag, clientCode, state, symbol } of truth.orders)
    if (tag !== '' && state.startsWith('open'))
      broken.push(`${clientCode} still rests in ${symbol}`)
  const held = new Map<string, number>()
  for (const lane of ledger.lanes()) {
    held.set(keyOf(lane.follower, lane.instrument, lane.product), Number(lane.held) / UNIT)
    if (lane.copied !== 0n) broken.push(`${lane.follower} copies ${lane.copied} of a flat master`)
  }
  for (const follower of truth.followers) {
    const filled = new Map<string, number>()
    for (const { clientCode, tag, symbol, product, side, quantity } of truth.fills) {
      if (clientCode !== follower.clientCode || !isTag(tag)) continue
      const what = `${symbol} ${product}`
      filled.set(what, (filled.get(what) ?? 0) + (side === 'BUY' ? quantity : -quantity))
    }
    for (const [what, quantity] of filled) {
      const key = [...held.keys(), ...facts.adjusted.keys()].find(
        (each) => each.startsWith(`${follower.name} `) && each.endsWith(`:${what}`),
      )
      const known = key === undefined ? 0 : (held.get(key) ?? 0)
      const adjusted = key === undefined ? 0 : (facts.adjusted.get(key) ?? 0)
      if (quantity + adjusted !== known)
        broken.push(
          `${follower.name} holds ${known} ${what}: ${quantity} filled, ${adjusted} adjusted`,
        )
      if (known !== 0) broken.push(`${follower.name} holds ${known} ${what} of a flat master`)
    }
    const reductions = facts.reductions.get(follower.name) ?? 0
    if (!follower.tradesByHand && reductions > 0)
      broken.push(`${follower.name} was reduced ${reductions} times by nobody`)
  }
  return broken
}

/** 4: no order goes through zero. Of who trades by hand too, only our own part can be followed. */
function notThroughZero(truth: Truth, facts: Facts): readonly string[] {
  const broken: string[] = []
  for (const follower of truth.followers) {
    // What turns up after its absence was proven is closed again, which looks the same from here.
    const ours = truth.fills.filter(({ clientCode }) => clientCode === follower.clientCode)
    if (ours.some(({ tag }) => facts.turnedUp.has(tag)) || follower.tradesByHand) continue
    const positions = new Map<string, number>()
    for (const { tag, symbol, product, side, quantity } of ours) {
      const what = `${symbol} ${product}`
      const before = positions.get(what) ?? 0
      const after = before + (side === 'BUY' ? quantity : -quantity)
      positions.set(what, after)
      const role = facts.roles.get(tag)
      const isThrough =
        before * after < 0 || (role !== 'entry' && Math.abs(after) > Math.abs(before))
      if (isThrough)
        broken.push(`${follower.name} ${role} ${tag} took ${what} from ${before} to ${after}`)
    }
  }
  return broken
}

/** 5: the broker's own count of what changes something; a reading too many is only asked again. */
const withinLimits = ({ violations }: Truth): readonly string[] =>
  violations
    .filter(({ group }) => group === 'writes')
    .map(({ clientCode, group, windowMs }) => `${clientCode} ${group} over ${windowMs} ms`)

const keyOf = (follower: AccountName, instrument: string, product: string): string =>
  `${follower} ${instrument} ${product}`
