// What the master does in a day, drawn before it happens: it trades like a person, in episodes that overlap.
// An episode begins with an entry and ends flat or nearly so; how much it then holds is seen when it leaves.
import type { Side } from '../../src/domain/order.ts'
import type { Draws } from './chance.ts'

export interface What {
  readonly exchange: 'NSE' | 'BSE' | 'NFO' | 'MCX'
  readonly symbol: string
  readonly product: 'INTRADAY' | 'DELIVERY' | 'CARRYFORWARD' | 'MARGIN'
}

export type MasterDeed =
  | {
      readonly kind: 'masterTrades'
      readonly what: What
      readonly side: Side
      readonly lots: number
    }
  /** That share of what it holds there, in whole lots, one at least. */
  | { readonly kind: 'masterLeaves'; readonly what: What; readonly share: number }
  /** Through zero to the other side, as large as before. */
  | { readonly kind: 'masterTurns'; readonly what: What }
  /** A limit some ticks away from the last price; negative ticks are through it. */
  | {
      readonly kind: 'masterRests'
      readonly what: What
      readonly side: Side
      readonly lots: number
      readonly ticks: number
    }
  /** A stop for all that it holds, some ticks on the losing side. */
  | { readonly kind: 'masterStops'; readonly what: What; readonly ticks: number }
  /** Its oldest resting order. */
  | { readonly kind: 'masterModifies'; readonly ticks: number }
  | { readonly kind: 'masterCancels' }

/** A deed, and how long after the beginning of its episode. */
export type Planned = readonly [afterMs: number, deed: MasterDeed]

export const INTRADAY_SHARE: What = { exchange: 'NSE', symbol: 'SBIN-EQ', product: 'INTRADAY' }
export const DELIVERED: What = { exchange: 'NSE', symbol: 'INFY-EQ', product: 'DELIVERY' }
/** The master held some of it before. */
export const OLD_HOLDING: What = { exchange: 'NSE', symbol: 'RELIANCE-EQ', product: 'DELIVERY' }
export const OPTION: What = {
  exchange: 'NFO',
  symbol: 'NIFTY29DEC2625000CE',
  product: 'INTRADAY',
}
export const OLD_QUANTITY = 500
const PUT: What = { ...OPTION, symbol: 'NIFTY29DEC2625000PE' }
const FAR_CALL: What = { ...OPTION, symbol: 'NIFTY29DEC2625100CE' }
const FAR_PUT: What = { ...OPTION, symbol: 'NIFTY29DEC2624900PE' }
export const CARRIED: What = {
  ...OPTION,
  symbol: 'BANKNIFTY29DEC2657000CE',
  product: 'CARRYFORWARD',
}
export const FUTURE: What = { exchange: 'NFO', symbol: 'NIFTY29DEC26FUT', product: 'CARRYFORWARD' }
export const SAME_AGAIN: What = { ...OPTION, product: 'CARRYFORWARD' }
const MARGIN_SHARE: What = { ...INTRADAY_SHARE, product: 'MARGIN' }

/** In which nobody trades but for what leads to a place: it is flat there, and nothing else moves its price. */
export const UNTOUCHED: What = {
  exchange: 'NFO',
  symbol: 'FINNIFTY29DEC2626500CE',
  product: 'CARRYFORWARD',
}

export const WHATS: readonly What[] = [
  INTRADAY_SHARE,
  DELIVERED,
  OLD_HOLDING,
  OPTION,
  PUT,
  FAR_CALL,
  FAR_PUT,
  CARRIED,
  FUTURE,
  SAME_AGAIN,
  MARGIN_SHARE,
  UNTOUCHED,
]
const SHORTABLE = WHATS.filter((what) => what.product !== 'DELIVERY' && what !== UNTOUCHED)

export function drawEpisode(draws: Draws): readonly Planned[] {
  return draws.one(EPISODES)(draws)
}

const lotsOf = (draws: Draws, { exchange }: What): number =>
  exchange === 'NSE' || exchange === 'BSE' ? draws.between(1, 90) : draws.between(1, 5)

const pick = (draws: Draws) => {
  const what = draws.is(0.5) ? draws.one([INTRADAY_SHARE, OPTION]) : draws.one(SHORTABLE)
  return { what, side: draws.one(['BUY', 'SELL'] as const), lots: lotsOf(draws, what) }
}

const leaves = (what: What, share: number): MasterDeed => ({ kind: 'masterLeaves', what, share })

type Episode = (draws: Draws) => readonly Planned[]

const scalp: Episode = (draws) => {
  const { what, side, lots } = pick(draws)
  return [
    [0, { kind: 'masterTrades', what, side, lots }],
    [draws.between(300, 25_000), leaves(what, 1)],
  ]
}

/** In more and more slowly, out in parts. */
const averageIn: Episode = (draws) => {
  const { what, side } = pick(draws)
  const planned: Planned[] = []
  let at = 0
  for (let more = draws.between(2, 4); more > 0; more--) {
    planned.push([at, { kind: 'masterTrades', what, side, lots: lotsOf(draws, what) }])
    at += draws.between(800, 12_000)
  }
  for (let less = draws.between(1, 3); less > 0; less--) {
    planned.push([at, leaves(what, 0.2 + draws.next() * 0.6)])
    at += draws.between(500, 10_000)
  }
  return [...planned, [at, leaves(what, 1)]]
}

const reverse: Episode = (draws) => {
  const { what, side, lots } = pick(draws)
  const first = draws.between(500, 15_000)
  const second = first + draws.between(200, 15_000)
  return [
    [0, { kind: 'masterTrades', what, side, lots }],
    [first, { kind: 'masterTurns', what }],
    ...(draws.is(0.5) ? [[second, { kind: 'masterTurns', what }] as const] : []),
    [second + draws.between(500, 15_000), leaves(what, 1)],
  ]
}

const protect: Episode = (draws) => {
  const { what, side, lots } = pick(draws)
  const left = draws.between(6000, 30_000)
  return [
    [0, { kind: 'masterTrades', what, side, lots }],
    [draws.between(300, 3000), { kind: 'masterStops', what, ticks: draws.between(1, 8) }],
    [left, { kind: 'masterCancels' }],
    [left + 200, leaves(what, 1)],
  ]
}

const wait: Episode = (draws) => {
  const { what, side, lots } = pick(draws)
  const changed = draws.between(500, 12_000)
  const left = changed + draws.between(500, 15_000)
  return [
    [0, { kind: 'masterRests', what, side, lots, ticks: draws.between(0, 3) }],
    [changed, draws.is(0.6) ? { kind: 'masterModifies', ticks: -3 } : { kind: 'masterCancels' }],
    [left, leaves(what, 1)],
  ]
}

const basket: Episode = (draws) => {
  const legs = [OPTION, PUT, FAR_CALL, FAR_PUT]
  const lots = draws.between(1, 3)
  const sides = draws.is(0.5)
    ? (['SELL', 'SELL', 'BUY', 'BUY'] as const)
    : (['BUY', 'BUY', 'SELL', 'SELL'] as const)
  const out = draws.between(3000, 40_000)
  return [
    ...legs.map(
      (what, leg): Planned => [
        leg * draws.between(0, 250),
        { kind: 'masterTrades', what, side: sides[leg] ?? 'BUY', lots },
      ],
    ),
    ...legs.map((what, leg): Planned => [out + leg * draws.between(0, 250), leaves(what, 1)]),
  ]
}

const flurry: Episode = (draws) => {
  const { what, side } = pick(draws)
  const count = draws.between(4, 12)
  return [
    ...Array.from(
      { length: count },
      (): Planned => [
        draws.between(0, 1200),
        { kind: 'masterTrades', what, side, lots: draws.between(1, 3) },
      ],
    ),
    [draws.between(1300, 20_000), leaves(what, 1)],
  ]
}

const deliver: Episode = (draws) => {
  const lots = draws.between(2, 60)
  const sold = draws.between(1000, 20_000)
  return [
    [0, { kind: 'masterTrades', what: DELIVERED, side: 'BUY', lots }],
    [sold, leaves(DELIVERED, draws.next())],
    ...(draws.is(0.6) ? [[sold + 9000, leaves(DELIVERED, 1)] as const] : []),
  ]
}

/** What nobody copied is sold, all at once or in parts, and perhaps bought again. */
const sellOld: Episode = (draws) => [
  [0, { kind: 'masterTrades', what: OLD_HOLDING, side: 'SELL', lots: draws.between(5, 30) }],
  ...(draws.is(0.5)
    ? ([
        [
          draws.between(1000, 20_000),
          { kind: 'masterTrades', what: OLD_HOLDING, side: 'BUY', lots: draws.between(5, 20) },
        ],
      ] as const)
    : []),
]

/** Below the freeze quantity as one order of the master, above it for who copies more. */
const large: Episode = (draws) => {
  const side = draws.one(['BUY', 'SELL'] as const)
  return [
    [0, { kind: 'masterTrades', what: OPTION, side, lots: draws.between(18, 27) }],
    [draws.between(5000, 25_000), leaves(OPTION, 0.5)],
    [draws.between(26_000, 40_000), leaves(OPTION, 1)],
  ]
}

const EPISODES: readonly Episode[] = [
  scalp,
  scalp,
  averageIn,
  averageIn,
  reverse,
  protect,
  wait,
  basket,
  flurry,
  deliver,
  sellOld,
  large,
]
