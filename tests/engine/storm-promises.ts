// The promises, held against the broker's own journal once a session in real time is over. They are those of
// the simulated day: here is only what makes a truth of such a session, of which nobody saw how its requests
// left. Pure but for the ledger that is asked, so that a made-up truth shows that they can fail.
import type { AccountName } from '../../src/domain/ids.ts'
import type { Instant } from '../../src/domain/time.ts'
import type { Ledger } from '../../src/ports.ts'
import type { Control, TrueOrder } from '../../src/simulator/control.ts'
import { MASTER_CODE } from '../../src/simulator/default-accounts.ts'
import type { ProductWord } from '../../src/simulator/order.ts'
import { brokenPromises as brokenOfDay, describeBreach } from '../simulation/promises/all.ts'
import {
  type TrueArrival,
  type TrueChange,
  type Truth as TruthOfDay,
  UNIT,
} from '../simulation/truth.ts'
import { readFacts } from '../simulation/world.ts'

export interface Fill {
  readonly at: Instant
  readonly clientCode: string
  readonly orderId: string
  readonly tag: string
  readonly exchange: string
  readonly symbol: string
  readonly product: ProductWord
  readonly side: TrueOrder['side']
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
  /** Of all accounts, in their true order. */
  readonly fills: readonly Fill[]
  readonly arrivals: readonly TrueArrival[]
  readonly duplicates: ReturnType<Control['duplicates']>
  readonly violations: ReturnType<Control['violations']>
  readonly engineErrors: string
}

export function brokenPromises(truth: Truth, ledger: Ledger, path: string): readonly string[] {
  return [
    ...truth.engineErrors.split('\n').filter((line) => line !== ''),
    ...brokenOfDay(asDay(truth, ledger, path)).map(describeBreach),
  ]
}

function asDay(truth: Truth, ledger: Ledger, path: string): TruthOfDay {
  const facts = readFacts(path, '')
  const onPaper = new Set(
    (facts.lane ?? []).filter(({ mode }) => mode === 'paper').map(({ follower }) => follower),
  )
  return {
    seed: 0,
    masterCode: MASTER_CODE,
    followers: truth.followers.map((each) => ({
      ...each,
      mode: onPaper.has(each.name) ? 'paper' : 'live',
      isPoor: false,
    })),
    orders: [...truth.masterOrders, ...truth.orders],
    changes: truth.fills.map(asChange),
    requests: [],
    arrivals: truth.arrivals,
    lives: [],
    duplicates: truth.duplicates,
    violations: truth.violations,
    positions: [],
    facts,
    inconsistencies: ledger.verify(),
    owed: ledger.owed().map(({ lane, owed }) => ({ ...lane, owed: Number(owed) / UNIT })),
    rivals: [],
    sleeps: [],
    haltFiles: [],
    told: [],
    secrets: [],
    written: [],
    quietAt: null,
    unquiet: [],
  }
}

const asChange = ({ exchange, symbol, quantity, ...fill }: Fill): TrueChange => ({
  ...fill,
  uniqueOrderId: fill.orderId,
  placedBy: fill.tag === '' ? 'app' : 'api',
  instrument: `${exchange}:${symbol}`,
  quantity,
  filled: quantity,
  fills: quantity,
  change: 'complete',
})
