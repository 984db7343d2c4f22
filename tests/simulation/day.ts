// The plan of a day, drawn from a seed before anything happens: who follows and how, what the master trades,
// what breaks and when, where the program dies. Pure, and plain enough to be read as a story. What a deed
// comes to (how much the master holds when it leaves half) is for the day itself to say.

import type { Side } from '../../src/domain/order.ts'
import {
  atTimeOfDay,
  HOUR,
  type Instant,
  MINUTE,
  SECOND,
  tradingDay,
} from '../../src/domain/time.ts'
import { type Draws, drawsOf } from './chance.ts'
import type { Doom } from './gate.ts'

export interface What {
  readonly exchange: 'NSE' | 'BSE' | 'NFO'
  readonly symbol: string
  readonly product: 'INTRADAY' | 'DELIVERY' | 'CARRYFORWARD'
}

export type Deed =
  | {
      readonly kind: 'masterTrades'
      readonly what: What
      readonly side: Side
      readonly lots: number
    }
  /** That share of what it holds there, in whole lots, one at least. */
  | { readonly kind: 'masterLeaves'; readonly what: What; readonly share: number }
  | { readonly kind: 'masterTurns'; readonly what: What }
  | {
      readonly kind: 'weather'
      readonly clientCode: string
      readonly fault: number
      readonly strikes: 'placing' | 'changing' | 'book' | 'reading' | 'stream'
      readonly forMs: number
    }
  /** Dies at that step, or at the latest after a minute, and is started again after `downMs`. */
  | { readonly kind: 'dies'; readonly doom: Doom; readonly downMs: number }
  | { readonly kind: 'stops'; readonly downMs: number }

export type TimedDeed = Deed & { readonly at: Instant }

export interface FollowerPlan {
  readonly number: number
  /** Its section of the settings file; empty: as for everybody. */
  readonly settings: string
  readonly mode: 'live' | 'paper'
  readonly tradesByHand: boolean
  readonly isPoor: boolean
}

export interface DayPlan {
  readonly seed: number
  readonly startsAt: Instant
  readonly followers: readonly FollowerPlan[]
  readonly settings: string
  readonly whats: readonly What[]
  readonly deeds: readonly TimedDeed[]
  /** The weather clears, the master leaves, and everything has to come to its end. */
  readonly clearsAt: Instant
}

const DAY = tradingDay('2026-12-01')

export function drawDay(seed: number): DayPlan {
  const shape = drawsOf(seed, 'shape')
  const startsAt = (atTimeOfDay(DAY, 9 * HOUR + 20 * MINUTE) +
    shape.upTo(4 * 60) * MINUTE) as Instant
  const lastsMs = shape.between(4, 10) * MINUTE
  const followers = Array.from({ length: 1 + shape.upTo(4) }, (_, index) =>
    drawFollower(seed, index + 1),
  )
  const whats = WHATS
  const clearsAt = (startsAt + lastsMs) as Instant
  return {
    seed,
    startsAt,
    followers,
    settings: settingsOf(followers),
    whats,
    deeds: drawDeeds(seed, startsAt, clearsAt, followers.length),
    clearsAt,
  }
}

const WHATS: readonly What[] = [
  { exchange: 'NSE', symbol: 'SBIN-EQ', product: 'INTRADAY' },
  { exchange: 'NFO', symbol: 'NIFTY26JAN2725000CE', product: 'INTRADAY' },
]

function drawFollower(seed: number, number: number): FollowerPlan {
  const draws = drawsOf(seed, `follower ${number}`)
  const sizing = draws.one([
    '{ mode: mirror }',
    `{ mode: multiplier, by: ${draws.between(1, 30) / 10} }`,
    '{ mode: fixed, lots: 1 }',
  ])
  return {
    number,
    settings: `sizing: ${sizing}`,
    mode: 'live',
    tradesByHand: false,
    isPoor: false,
  }
}

function settingsOf(followers: readonly FollowerPlan[]): string {
  const sections = followers.map(
    ({ number, settings }) => `  FOLLOWER_${number}: { ${settings} }\n`,
  )
  return `limits: { pauseAfterRejections: off }\nfollowers:\n${sections.join('')}`
}

function drawDeeds(
  seed: number,
  startsAt: Instant,
  clearsAt: Instant,
  followers: number,
): readonly TimedDeed[] {
  const trading = drawsOf(seed, 'trading')
  const weather = drawsOf(seed, 'weather')
  const ends = drawsOf(seed, 'ends')
  const deeds: TimedDeed[] = []
  const every = (draws: Draws, meanMs: number, draw: () => Deed): void => {
    for (
      let at = startsAt + 40 * SECOND + draws.upTo(2 * meanMs);
      at < clearsAt;
      at += 1 + draws.upTo(2 * meanMs)
    )
      deeds.push({ ...draw(), at: at as Instant })
  }
  every(trading, 8 * SECOND, () => drawTrade(trading))
  every(weather, 12 * SECOND, () => ({
    kind: 'weather',
    clientCode: codeOf(weather.upTo(followers + 1)),
    fault: weather.upTo(1000),
    strikes: weather.one(['placing', 'changing', 'book', 'reading', 'stream']),
    forMs: weather.between(500, 6000),
  }))
  every(ends, 2 * MINUTE, () =>
    ends.is(0.3)
      ? { kind: 'stops', downMs: ends.between(100, 20_000) }
      : {
          kind: 'dies',
          doom: { step: null, passings: 1 + ends.upTo(30) },
          downMs: ends.between(100, 20_000),
        },
  )
  return deeds.sort((a, b) => a.at - b.at)
}

export const codeOf = (number: number): string => (number === 0 ? 'M100000' : `F10000${number}`)

function drawTrade(draws: Draws): Deed {
  const what = draws.one(WHATS)
  const kind = draws.upTo(10)
  if (kind < 2) return { kind: 'masterLeaves', what, share: 1 }
  if (kind < 5) return { kind: 'masterLeaves', what, share: draws.next() }
  if (kind === 5) return { kind: 'masterTurns', what }
  return {
    kind: 'masterTrades',
    what,
    side: draws.one(['BUY', 'SELL']),
    lots: what.symbol === 'SBIN-EQ' ? draws.between(1, 60) : draws.between(1, 4),
  }
}
