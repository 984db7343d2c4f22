// Short days that lead straight to where a mutant errs: the same world as any day, but a plan that is written
// and not drawn. Whether a drawn day finds the mutant too is what `npm run mutants` asks.
import type { Side } from '../../../src/domain/order.ts'
import { instant } from '../../../src/domain/time.ts'
import type { DayPlan, Deed, TimedDeed } from '../day.ts'
import type { FollowerPlan } from '../followers.ts'
import { CARRIED, DELIVERED, INTRADAY_SHARE, OPTION, WHATS, type What } from '../trader.ts'
import { type Strikes, TROUBLES } from '../troubles.ts'

type Planned = readonly [seconds: number, deed: Deed]

export interface Scene {
  readonly followers?: readonly Partial<FollowerPlan>[]
  /** Sections of the settings file, by follower. */
  readonly settings?: readonly string[]
  readonly limits?: string
  /** Further lines of the settings file. */
  readonly engine?: string
  /** Instead of them for starts with the second file. */
  readonly laterEngine?: string
  /** Units that an order gets in a second; everything at once unless told. */
  readonly liquidity?: number
  readonly deeds: readonly Planned[]
  readonly lastsSeconds: number
}

const TEN = Date.parse('2026-12-01T10:00:00+05:30')

export const playing =
  (scene: Scene) =>
  (drawn: DayPlan): DayPlan => {
    const given = scene.followers ?? [{}]
    const followers = given.map(
      (each, index): FollowerPlan => ({
        number: index + 1,
        mode: 'live',
        tradesByHand: false,
        isPoor: false,
        confirms: false,
        ...each,
      }),
    )
    const sections = followers.map(
      ({ number, mode }, index) =>
        `  FOLLOWER_${number}: { mode: ${mode}, ${scene.settings?.[index] ?? 'sizing: { mode: mirror }'} }\n`,
    )
    const settings = [scene.engine, scene.laterEngine ?? scene.engine].map(
      (lines) =>
        `poll: 1s\n${lines ?? ''}limits: ${scene.limits ?? '{ pauseAfterRejections: off }'}\nfollowers:\n${sections.join('')}`,
    )
    return {
      ...drawn,
      startsAt: instant(TEN),
      followers,
      settings,
      whats: WHATS,
      walk: { kind: 'still' },
      liquidity: scene.liquidity ?? null,
      processingMs: 0,
      renamesOnModify: false,
      codes: 'again',
      streamsAfterSession: 'silent',
      storage: 'memory',
      firstDoom: null,
      deeds: scene.deeds
        .map(([seconds, deed]): TimedDeed => ({ ...deed, at: instant(TEN + seconds * 1000) }))
        .toSorted((a, b) => a.at - b.at),
      clearsAt: instant(TEN + scene.lastsSeconds * 1000),
    }
  }

export const trades = (
  seconds: number,
  side: Side,
  lots: number,
  what: What = INTRADAY_SHARE,
): Planned => [seconds, { kind: 'masterTrades', what, side, lots }]

export const leaves = (seconds: number, share = 1, what: What = INTRADAY_SHARE): Planned => [
  seconds,
  { kind: 'masterLeaves', what, share },
]

export const turns = (seconds: number): Planned => [
  seconds,
  { kind: 'masterTurns', what: INTRADAY_SHARE },
]

export const byHand = (seconds: number, side: Side, lots: number): Planned => [
  seconds,
  { kind: 'byHand', follower: 1, what: INTRADAY_SHARE, side, lots },
]

/** What strikes the first follower, unless told whom, by the name of the trouble. */
export function weather(
  seconds: number,
  strikes: Strikes,
  name: string,
  forMs: number,
  account = 1,
): Planned {
  const trouble = TROUBLES[strikes].troubles.findIndex((each) => each.name === name)
  if (trouble < 0) throw new Error(`no trouble at ${strikes} is called ${name}`)
  return [seconds, { kind: 'weather', account, strikes, trouble, probability: 1, forMs }]
}

/** Until a book has shown one of our tags, nothing is ever proven absent. */
export const copiedOnce: readonly Planned[] = [trades(5, 'BUY', 4), leaves(10)]

export const stops = (seconds: number, downMs: number): Planned => [
  seconds,
  { kind: 'stops', downMs, settings: 0 },
]

export const SHARE = INTRADAY_SHARE
/** From ten in the morning to the next. */
export const NIGHT_MS = 24 * 3_600_000

export { CARRIED, DELIVERED, OPTION }
