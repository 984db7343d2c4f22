// The plan of a day, drawn from a seed before anything happens: who follows and how, what the master trades,
// what breaks and when, what the trader says, where the program dies. Pure, and plain enough to be read as a
// story. What a deed comes to (how much the master holds when it leaves half) is for the day itself to say.
import {
  atTimeOfDay,
  HOUR,
  type Instant,
  instant,
  MINUTE,
  SECOND,
  tradingDay,
} from '../../src/domain/time.ts'
import type { Walk } from '../../src/simulator/market.ts'
import { type Draws, drawsOf } from './chance.ts'
import {
  drawEnd,
  drawFirstDoom,
  SETTINGS,
  type Setting,
  timed,
  weatherAt,
  whatLeadsTo,
  whatLeadsToFirst,
} from './ends.ts'
import { drawFollowers, drawSettings, type FollowerPlan } from './followers.ts'
import type { Doom } from './gate.ts'
import { drawNight, type Night } from './nights.ts'
import { drawSteering, type Say } from './says.ts'
import { drawEpisode, INTRADAY_SHARE, type MasterDeed, OPTION, WHATS, type What } from './trader.ts'
import { type Strikes, TROUBLES } from './troubles.ts'

export type Deed =
  | MasterDeed
  | {
      readonly kind: 'byHand'
      readonly follower: number
      readonly what: What
      readonly side: 'BUY' | 'SELL'
      readonly lots: number
    }
  /** Another copier, on another machine, trades for this follower too: its tag is none of ours. */
  | {
      readonly kind: 'anotherLockstep'
      readonly account: number
      readonly what: What
      readonly side: 'BUY' | 'SELL'
    }
  /** Of one account or all, with that chance for each request. */
  | {
      readonly kind: 'weather'
      readonly account: number | null
      readonly strikes: Strikes
      readonly trouble: number
      readonly probability: number
      readonly forMs: number
    }
  | { readonly kind: 'cutOff'; readonly account: number | null; readonly forMs: number }
  | { readonly kind: 'rejectNext'; readonly account: number; readonly text: string }
  | { readonly kind: 'sessionEnds'; readonly account: number; readonly isExpired: boolean }
  | { readonly kind: 'streamDrops'; readonly account: number }
  /** Of the broker, against one account: it closes what is intraday. */
  | { readonly kind: 'squareOff'; readonly account: number }
  | { readonly kind: 'priceJumps'; readonly what: What; readonly percent: number }
  | { readonly kind: 'says'; readonly say: Say }
  | { readonly kind: 'haltFile'; readonly isThere: boolean }
  | { readonly kind: 'clockJumps'; readonly ms: number }
  /** The machine stands still until then, and the clock goes on. */
  | { readonly kind: 'suspended'; readonly until: Instant }
  /** So many writes still find room on the reserve. */
  | { readonly kind: 'diskFills'; readonly forMs: number; readonly room: number }
  | { readonly kind: 'rival' }
  /** Dies at that step, or at the latest after a minute; starts again after `downMs`. */
  | {
      readonly kind: 'dies'
      readonly doom: Doom
      readonly downMs: number
      readonly settings: number
      /** Where the program that is started then dies in its turn. */
      readonly next?: Doom
    }
  | {
      readonly kind: 'stops'
      readonly downMs: number
      readonly settings: number
      readonly next?: Doom
    }

export type TimedDeed = Deed & { readonly at: Instant }

export interface DayPlan {
  readonly seed: number
  readonly startsAt: Instant
  readonly followers: readonly FollowerPlan[]
  /** A file for each start that changes it. */
  readonly settings: readonly string[]
  readonly whats: readonly What[]
  readonly walk: Walk
  readonly liquidity: number | null
  readonly processingMs: number
  readonly renamesOnModify: boolean
  readonly codes: 'once' | 'again'
  readonly streamsAfterSession: 'silent' | 'closed' | 'goOn'
  readonly storage: 'memory' | 'disk'
  /** Where the first program of the day dies; null: nowhere by itself. */
  readonly firstDoom: Doom | null
  readonly deeds: readonly TimedDeed[]
  /** null: the day is over within minutes. */
  readonly night: Night | null
  /** The weather clears, the master leaves, and everything has to come to its end. */
  readonly clearsAt: Instant
}

const DAY = tradingDay('2026-12-01')
/** From a doom to its death, and from there until the program is up again. */
const ENDS_TAKE_MS = 150 * SECOND
const OPENS_MS = 9 * HOUR + 15 * MINUTE
const STARTED_WITHIN_MS = 45 * SECOND

export function drawDay(seed: number): DayPlan {
  const shape = drawsOf(seed, 'shape')
  const opening = atTimeOfDay(DAY, OPENS_MS)
  const night = drawNight(seed)
  const anyTime = instant(opening + shape.upTo(4 * HOUR))
  const startsAt = night === null ? anyTime : instant(night.evening[0] - STARTED_WITHIN_MS)
  const lastsMs = STARTED_WITHIN_MS + shape.between(45, 150) * SECOND
  const clearsAt = night === null ? instant(startsAt + lastsMs) : night.morning[1]
  const followers = drawFollowers(seed)
  const walk: Walk = shape.is(0.6)
    ? { kind: 'walk', ticks: shape.between(1, 6) }
    : { kind: 'still' }
  // Whole lots of everything that is traded, as an exchange gives them.
  const liquidity = shape.is(0.4) ? shape.one([390, 1950]) : null
  const processingMs = shape.one([0, 0, 30, 400])
  return {
    seed,
    startsAt,
    followers,
    settings: Array.from({ length: SETTINGS }, (_, version) =>
      drawSettings(seed, version, followers),
    ),
    whats: WHATS,
    walk,
    liquidity,
    processingMs,
    renamesOnModify: shape.is(0.2),
    codes: shape.is(0.8) ? 'again' : 'once',
    streamsAfterSession: shape.one(['silent', 'closed', 'goOn']),
    storage: shape.is(0.03) ? 'disk' : 'memory',
    firstDoom: drawFirstDoom(seed),
    deeds: drawDeeds(seed, startsAt, clearsAt, { followers, processingMs, night }),
    night,
    clearsAt,
  }
}

function drawDeeds(
  seed: number,
  startsAt: Instant,
  clearsAt: Instant,
  day: Setting,
): readonly TimedDeed[] {
  const { followers } = day
  const tradesFrom = startsAt + STARTED_WITHIN_MS
  const deeds: TimedDeed[] = []
  /** Between them there is nothing but the night. */
  const [eveningOver, morning] =
    day.night === null ? [clearsAt, clearsAt] : [day.night.evening[1], day.night.morning[0]]
  const isNight = (at: number): boolean => at >= eveningOver && at < morning
  const add = (at: number, deed: Deed): void => {
    // Which halt outlasts its day is the night's to say.
    const isOutlasting = day.night !== null && at < eveningOver && isHalt(deed)
    if (at < clearsAt && !isNight(at) && !isOutlasting)
      deeds.push({ ...deed, at: instant(Math.round(at)) })
  }
  const every = (
    purpose: string,
    meanMs: number,
    draw: (draws: Draws, at: number) => void,
  ): void => {
    const draws = drawsOf(seed, purpose)
    let at = tradesFrom + draws.upTo(2 * meanMs)
    for (; at < clearsAt; at += 1 + draws.upTo(2 * meanMs)) {
      if (isNight(at)) at += morning - eveningOver
      draw(draws, at)
    }
  }
  const calm = drawsOf(seed, 'calm')
  /** Some days have no weather at all, some nothing else. */
  const roughness = calm.one([0, 0.5, 1, 1, 2])

  every('trading', 12 * SECOND, (draws, at) => {
    for (const [afterMs, deed] of drawEpisode(draws)) add(at + afterMs, deed)
  })
  // What was there before the program ever ran: its baseline, and positions that nobody copied.
  const before = drawsOf(seed, 'before')
  if (before.is(0.3))
    for (const [afterMs, deed] of drawEpisode(before)) if (afterMs === 0) add(startsAt, deed)

  for (const [at, deed] of timed(startsAt, whatLeadsToFirst(drawFirstDoom(seed), seed)))
    add(at, deed)

  // No list of instruments, for as long as a start waits for it and longer.
  const list = drawsOf(seed, 'list')
  if (list.is(0.1)) add(startsAt, weatherAt('instruments', list, null, 20_000))

  if (roughness > 0) {
    every('weather', (9 * SECOND) / roughness, (draws, at) =>
      add(at, drawWeather(draws, followers.length)),
    )
    every('storm', (3 * MINUTE) / roughness, (draws, at) => {
      for (let parts = draws.between(4, 12); parts > 0; parts--)
        add(at + draws.upTo(8000), {
          ...drawWeather(draws, followers.length),
          account: null,
          probability: 0.4,
        })
    })
    every('elsewhere', (15 * SECOND) / roughness, (draws, at) =>
      add(at, drawElsewhere(draws, followers.length)),
    )
    every('machine', (90 * SECOND) / roughness, (draws, at) => {
      const ms = draws.between(-4000, 4000)
      switch (draws.upTo(4)) {
        case 0:
          add(at, { kind: 'clockJumps', ms })
          add(at + draws.between(1000, 30_000), { kind: 'clockJumps', ms: -ms })
          break
        case 1:
          add(at, {
            kind: 'diskFills',
            forMs: draws.between(500, 40_000),
            room: draws.between(0, 200),
          })
          break
        default:
          add(at, { kind: 'rival' })
      }
    })
    every('trader', (70 * SECOND) / roughness, (draws, at) => {
      for (const [afterMs, deed] of drawSteering(draws, followers.length)) add(at + afterMs, deed)
    })
    const another = drawsOf(seed, 'another')
    if (another.is(0.04))
      add(tradesFrom + another.upTo(60_000), {
        kind: 'anotherLockstep',
        account: another.between(1, followers.length),
        what: another.one([INTRADAY_SHARE, OPTION]),
        side: another.one(['BUY', 'SELL']),
      })
    every('ends', (50 * SECOND) / roughness, (draws, at) => {
      // How the evening ends is the night's to say: who is down then is not to be up again in it.
      if (isNight(at + ENDS_TAKE_MS)) return
      const end = drawEnd(draws, followers)
      add(at, end)
      for (const [ledAt, deed] of timed(at, whatLeadsTo(end, draws, day))) add(ledAt, deed)
    })
  }
  if (followers.some(({ confirms }) => confirms))
    every('answers', 6 * SECOND, (draws, at) =>
      add(at, { kind: 'says', say: { kind: draws.is(0.7) ? 'approve' : 'reject' } }),
    )
  for (const { number } of followers.filter(({ tradesByHand }) => tradesByHand))
    every(`hand ${number}`, 20 * SECOND, (draws, at) => {
      const what = draws.one(WHATS)
      const side = draws.one(['BUY', 'SELL'] as const)
      const lots = draws.between(1, what.exchange === 'NSE' ? 40 : 3)
      add(at, { kind: 'byHand', follower: number, what, side, lots })
    })
  for (const [at, deed] of day.night?.deeds ?? []) deeds.push({ ...deed, at: instant(at) })
  return deeds.sort((a, b) => a.at - b.at)
}

function drawWeather(draws: Draws, followers: number): Extract<Deed, { kind: 'weather' }> {
  const strikes = draws.is(0.35) ? 'placing' : draws.one(Object.keys(TROUBLES) as Strikes[])
  const { troubles } = TROUBLES[strikes]
  const trouble = draws.upTo(troubles.length)
  const lastsMs = troubles[trouble]?.lastsMs ?? 1000
  return {
    kind: 'weather',
    account: draws.upTo(followers + 1),
    strikes,
    trouble,
    probability: draws.one([1, 1, 0.5]),
    forMs: draws.between(300, lastsMs),
  }
}

function drawElsewhere(draws: Draws, followers: number): Deed {
  const account = draws.between(1, followers)
  switch (draws.upTo(6)) {
    case 0:
      return { kind: 'sessionEnds', account: draws.upTo(followers + 1), isExpired: draws.is(0.5) }
    case 1:
      return { kind: 'rejectNext', account, text: draws.one(REFUSALS) }
    case 2:
      return { kind: 'priceJumps', what: draws.one(WHATS), percent: draws.between(-30, 30) / 10 }
    case 3:
      return {
        kind: 'cutOff',
        account: draws.is(0.3) ? null : draws.upTo(followers + 1),
        forMs: draws.between(200, 12_000),
      }
    case 4:
      return draws.is(0.2)
        ? { kind: 'squareOff', account: draws.upTo(followers + 1) }
        : { kind: 'streamDrops', account }
    default:
      return { kind: 'streamDrops', account: draws.upTo(followers + 1) }
  }
}

const REFUSALS = [
  'RMS:Margin Exceeds',
  'RMS:Rule: Check circuit limit',
  'The scrip is in ban period',
]

const isHalt = (deed: Deed): boolean =>
  deed.kind === 'haltFile' || (deed.kind === 'says' && deed.say.kind === 'halt')
