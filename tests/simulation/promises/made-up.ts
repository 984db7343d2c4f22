// A short day that never was, in which every promise is kept: the master buys 10, a follower copies it, the
// master sells them, the follower leaves. Each test changes one thing of it and sees it told.
import { accountName, engineId } from '../../../src/domain/ids.ts'
import { makeTag } from '../../../src/domain/tag.ts'
import { instant } from '../../../src/domain/time.ts'
import type { TrueOrder } from '../../../src/simulator/control.ts'
import {
  type Facts,
  type Row,
  type TrueChange,
  type TrueLife,
  type TrueRequest,
  type Truth,
  UNIT,
} from '../truth.ts'

const TEN = Date.parse('2026-12-01T10:00:00+05:30')
export const at = (seconds: number) => instant(TEN + Math.round(seconds * 1000))

export const MASTER = 'M100000'
export const FIRST = 'F100001'
export const SECOND = 'F100002'
const OURS = engineId('AAAAA')
const tagOf = (engine: string, number: number): string =>
  makeTag(
    engineId(engine),
    Array.from({ length: 11 }, (_, index) => (index === 0 ? number : 1)),
  )
export const ENTRY = tagOf('AAAAA', 1)
export const EXIT = tagOf('AAAAA', 2)
export const AGAIN = tagOf('AAAAA', 3)
export const STRANGE = tagOf('BBBBB', 1)
export const SBIN = { instrument: 'NSE:SBIN-EQ', product: 'INTRADAY' } as const

type Side = 'BUY' | 'SELL'

/** One order and its one fill at the broker. */
export function traded(
  clientCode: string,
  orderId: string,
  side: Side,
  quantity: number,
  seconds: number,
  tag = '',
): { readonly order: TrueOrder; readonly changes: readonly TrueChange[] } {
  const placedBy = tag === '' ? 'app' : 'api'
  const name = { clientCode, orderId, uniqueOrderId: `u${orderId}`, tag, placedBy, side } as const
  const change = { ...name, ...SBIN, quantity } as const
  return {
    order: {
      ...name,
      exchange: 'NSE',
      symbol: 'SBIN-EQ',
      product: SBIN.product,
      type: 'LIMIT',
      price: '820.50',
      quantity: String(quantity),
      filled: String(quantity),
      averagePrice: '820.50',
      state: 'complete',
      text: '',
      placedAt: at(seconds),
    },
    changes: [
      { ...change, at: at(seconds), filled: 0, fills: 0, change: 'open' },
      { ...change, at: at(seconds), filled: quantity, fills: quantity, change: 'complete' },
    ],
  }
}

export const asked = (
  route: string,
  clientCode: string,
  names: string,
  seconds: number,
  journal: number,
  life = 1,
): TrueRequest => ({
  life,
  clientCode,
  route,
  names,
  sentAt: at(seconds),
  journal,
  answeredAt: at(seconds + 0.05),
})

const LIFE: TrueLife = {
  number: 1,
  startedAt: at(-60),
  journal: 0,
  endedAt: at(300),
  end: { kind: 'stopped' },
}

const trades = [
  traded(MASTER, 'm1', 'BUY', 10, 0),
  traded(FIRST, 'f1', 'BUY', 10, 1, ENTRY),
  traded(MASTER, 'm2', 'SELL', 10, 60),
  traded(FIRST, 'f2', 'SELL', 10, 61, EXIT),
]

export const KEPT: Truth = {
  seed: 0,
  masterCode: MASTER,
  followers: [follower('FOLLOWER_1', FIRST, 'live'), follower('FOLLOWER_2', SECOND, 'live')],
  orders: trades.map(({ order }) => order),
  changes: trades.flatMap(({ changes }) => changes),
  requests: [
    asked('orderBook', FIRST, '', -50, 0),
    asked('orderBook', MASTER, '', 0.5, 1),
    asked('place', FIRST, ENTRY, 0.9, 2),
    asked('orderBook', MASTER, '', 30, 3),
    asked('place', FIRST, EXIT, 60.9, 5),
  ],
  arrivals: [
    { at: at(0.95), route: 'place', clientCode: FIRST },
    { at: at(60.95), route: 'place', clientCode: FIRST },
  ],
  lives: [LIFE],
  duplicates: [],
  violations: [],
  positions: [],
  facts: {
    journal: [0, 0.8, 1.1, 60.8, 60.8, 61.1].map((seconds, index) => ({
      number: index + 1,
      at: at(seconds),
      kind: 'fact',
    })),
    identity: [{ only: 1, engine: OURS, mode: 'live' }],
    session: [session({ mode: 'mirror' })],
    lane: [1, 2].map((number) => ({
      number,
      follower: `FOLLOWER_${number}`,
      mode: 'live',
      ...SBIN,
    })),
    signal: [signal(1, 2, 'm1', 'BUY', 0, 10), signal(2, 4, 'm2', 'SELL', 10, 0)],
    decision: [
      decision(1, 2, 1, 'entry', 10),
      decision(1, 2, 2, 'skip', 0),
      decision(2, 4, 1, 'exit', -10),
      decision(2, 4, 2, 'skip', 0),
    ],
    intent: [intent(1, 2, 'entry', 1, 'BUY', ENTRY), intent(2, 5, 'exit', 2, 'SELL', EXIT)],
    attempt: [attempt(1, 2, 1, ENTRY, 0.8), attempt(2, 5, 2, EXIT, 60.8)],
    attempt_state: [state(1, 'done', 10), state(2, 'done', 10)],
    attempt_event: [event(3, 1, 'reported', 1), event(6, 2, 'reported', 1)],
    report: [{ number: 1, status: 'complete', order_id: 'f1', filled: 10 * UNIT }],
    lane_state: [1, 2].map((lane) => ({ lane, copied: 0, held: 0, entitlement: '0/1' })),
  },
  inconsistencies: [],
  owed: [],
  rivals: [],
  told: [],
  sleeps: [],
  haltFiles: [],
  secrets: ['CANARYTOTPSECRET'],
  written: ['{"kind":"signal"}'],
  quietAt: at(80),
  unquiet: [],
}

function follower(name: string, clientCode: string, mode: 'live' | 'paper') {
  return { name: accountName(name), clientCode, mode, tradesByHand: false, isPoor: false }
}

/** Whoever follows is sized like this, and sends so many orders a day at most. */
export function session(
  sizing: Readonly<Record<string, unknown>>,
  rounding: 'down' | 'nearest' | 'up' = 'down',
  maxOrdersPerDay = 10,
): Row {
  const of = (number: number) => ({
    name: `FOLLOWER_${number}`,
    sizing,
    rounding,
    capital: String(500_000 * UNIT),
    maxAgeMs: 60_000,
    limits: { maxOrdersPerDay },
  })
  const engine = { masterCapital: String(1_000_000 * UNIT) }
  return { number: 1, journal: 1, settings: JSON.stringify({ engine, followers: [of(1), of(2)] }) }
}

function signal(
  number: number,
  journal: number,
  order: string,
  side: Side,
  before: number,
  after: number,
): Row {
  return {
    number,
    journal,
    order_id: order,
    day: '2026-12-01',
    effect: before === 0 ? 'entry' : 'exit',
    side,
    quantity: 10 * UNIT,
    master_before: before * UNIT,
    master_after: after * UNIT,
    seen_at: at(60 * number - 59.5),
    ...SBIN,
  }
}

function decision(
  signal: number,
  journal: number,
  lane: number,
  kind: string,
  covers: number,
): Row {
  return {
    number: 2 * (signal - 1) + lane,
    journal,
    signal,
    follower: `FOLLOWER_${lane}`,
    lane,
    kind,
    covers: covers * UNIT,
    quantity: kind === 'entry' ? 10 * UNIT : null,
    copied_before: kind === 'exit' ? 10 * UNIT : null,
    copied_after: kind === 'exit' ? 0 : null,
    entitlement: kind === 'exit' ? '0/1' : null,
    reason: kind === 'skip' ? '{"kind":"nothingCopied"}' : null,
  }
}

export function intent(
  number: number,
  journal: number,
  role: string,
  signal: number,
  side: Side,
  tag: string,
): Row {
  const decision = role === 'entry' ? 2 * signal - 1 : null
  const amounts = { quantity: 10 * UNIT, lot: UNIT }
  return { number, journal, lane: 1, role, signal, decision, side, ...amounts, tag }
}

export function attempt(
  number: number,
  journal: number,
  intent: number,
  tag: string,
  seconds: number,
  ordinal = 1,
): Row {
  const account = 'FOLLOWER_1'
  return { number, journal, intent, ordinal, account, tag, quantity: 10 * UNIT, at: at(seconds) }
}

export function state(attempt: number, kind: string, filled: number): Row {
  return { attempt, kind, filled: filled * UNIT }
}

export function event(
  journal: number,
  attempt: number,
  kind: string,
  report: number | null,
  more: Row = {},
): Row {
  const verdict = 'changed'
  return { journal, attempt, kind, verdict, outcome: null, cause: null, report, ...more }
}

// --- changing one thing of it ------------------------------------------------------------------

/** With more rows in these tables. */
export const withRows = (truth: Truth, more: Facts): Truth => ({
  ...truth,
  facts: {
    ...truth.facts,
    ...Object.fromEntries(
      Object.entries(more).map(([table, rows]) => [
        table,
        [...(truth.facts[table] ?? []), ...rows],
      ]),
    ),
  },
})

/** With that row of a table as told. */
export const withRow = (truth: Truth, table: string, index: number, change: Row): Truth => ({
  ...truth,
  facts: {
    ...truth.facts,
    [table]: (truth.facts[table] ?? []).map((row, each) =>
      each === index ? { ...row, ...change } : row,
    ),
  },
})

export const withTrade = (truth: Truth, ...[trade]: ReturnType<typeof traded>[]): Truth => ({
  ...truth,
  orders: trade ? [...truth.orders, trade.order] : truth.orders,
  changes: trade
    ? [...truth.changes, ...trade.changes].toSorted((a, b) => a.at - b.at)
    : truth.changes,
})

export const withRequests = (truth: Truth, ...more: readonly TrueRequest[]): Truth => ({
  ...truth,
  requests: [...truth.requests, ...more].toSorted((a, b) => a.sentAt - b.sentAt),
})

/** Its entry was sent a second time, with a tag of its own: what was known of the first by then. */
export const sentAgain = (proof: Row, seconds: number): Truth =>
  withRows(KEPT, {
    journal: [{ number: 7, at: at(seconds), kind: 'fact' }],
    attempt: [attempt(3, 8, 1, AGAIN, seconds + 1, 2)],
    attempt_state: [state(3, 'notSent', 0)],
    attempt_event: [event(7, 1, 'answered', null, proof)],
  })

/** The first follower's book was read at these times and at no other. */
export const readings = (...seconds: readonly number[]): Pick<Truth, 'arrivals'> => ({
  arrivals: seconds.map((each) => ({ at: at(each), route: 'book', clientCode: FIRST })),
})
