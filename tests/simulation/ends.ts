// How a program is ended in a day, and where it dies: any place, those that are seldom passed more often than
// the rest and at their first passing, and together with an end whatever leads to its place, since a place
// that needs an order that rests, a network that is gone or a paper account is never passed without.
import type { Instant } from '../../src/domain/time.ts'
import { type Draws, drawsOf } from './chance.ts'
import type { Deed } from './day.ts'
import type { FollowerPlan } from './followers.ts'
import type { Doom } from './gate.ts'
import type { Night } from './nights.ts'
import { AT_A_FIRST_START, AT_A_START, STEPS } from './steps.ts'
import { UNTOUCHED } from './trader.ts'
import { type Strikes, TROUBLES, troubleNamed } from './troubles.ts'

type End = Extract<Deed, { kind: 'dies' | 'stops' }>
/** A deed, and how long after the end is drawn to come. */
export type Led = readonly [afterMs: number, deed: Deed]

/** What a day is like beyond its deeds, as far as it matters for them. */
export interface Setting {
  readonly followers: readonly FollowerPlan[]
  readonly processingMs: number
  readonly night: Night | null
}

export const SETTINGS = 3

/** Passed in few days, or met by few of the dooms that are drawn: how many times as often it is drawn. */
const SELDOM: Readonly<Record<string, number>> = {
  'wire.modify:send': 2,
  'wire.modify:answered': 2,
  'wire.modify:noNetwork': 6,
  'wire.cancel:send': 2,
  'wire.cancel:answered': 2,
  'wire.cancel:noNetwork': 2,
  'wire.place:noNetwork': 2,
  'wire.quote:noNetwork': 2,
  'wire.positions:noNetwork': 2,
  'wire.holdings:noNetwork': 2,
  'paper.modify:send': 8,
  'paper.modify:answered': 8,
  'paper.cancel:send': 4,
  'paper.cancel:answered': 4,
  'ledger.recordWrite:before': 2,
  'ledger.recordWrite:after': 2,
  'ledger.recordDenial:before': 3,
  'ledger.recordDenial:after': 3,
  'ledger.adjust:before': 3,
  'ledger.adjust:after': 3,
}
/** Where only a start comes by whose network is not what it should be. */
const SELDOM_AT_A_START: readonly string[] = [
  'wire.profile:noNetwork',
  'wire.funds:noNetwork',
  'clock.read.onFailedAttempt',
]
const TIMES_AT_A_START = 4

const often = (places: readonly string[], times = TIMES_AT_A_START): readonly string[] =>
  Array.from({ length: times }, () => places).flat()

const isSeldom = (step: string): boolean =>
  step in SELDOM || SELDOM_AT_A_START.includes(step) || AT_A_FIRST_START.includes(step)

/** The first program alone sets the baseline, makes the first backup and fetches the list. */
export function drawFirstDoom(seed: number): Doom | null {
  const draws = drawsOf(seed, 'first doom')
  if (!draws.is(0.2)) return null
  const seldom = often([...AT_A_FIRST_START, 'wire.profile:noNetwork'])
  return doomAt(draws.one([...AT_A_START, ...seldom]), draws)
}

/** What the place of the first doom needs to be passed: no list, a network that comes and goes. */
export function whatLeadsToFirst(doom: Doom | null, seed: number): readonly Led[] {
  if (doom?.step?.includes('instruments.onFailed'))
    return [[0, striking('instruments', 'server error before', 4000)]]
  if (doom?.step?.includes('session.logIn')) return [[0, NOT_LET_IN]]
  return isOfReading(doom) ? stumbling(drawsOf(seed, 'first stumble'), 0) : []
}

const doomAt = (step: string, draws: Draws): Doom => ({
  step,
  passings: isSeldom(step) ? 1 : draws.between(1, 3),
})

export function drawEnd(draws: Draws, followers: readonly FollowerPlan[]): End {
  // No sooner than a process can be there again: what the dead one had on its way has arrived by then.
  const downMs = draws.is(0.2) ? draws.between(20_000, 90_000) : draws.between(1000, 8000)
  const settings = draws.is(0.3) ? draws.upTo(SETTINGS) : 0
  const next = draws.is(0.25) ? drawNext(draws) : null
  const then = next === null ? {} : { next }
  // What leads to the next one's place is there when it starts: so this one ends when it is told to.
  if (draws.is(0.2) || isOfReading(next)) return { kind: 'stops', downMs, settings, ...then }
  const doom: Doom = draws.is(0.3)
    ? { step: null, passings: draws.between(1, 60) }
    : doomAt(draws.one(placesOf(followers)), draws)
  return { kind: 'dies', doom, downMs, settings, ...then }
}

const drawNext = (draws: Draws): Doom =>
  doomAt(draws.one([...AT_A_START, ...often(SELDOM_AT_A_START)]), draws)

function placesOf(followers: readonly FollowerPlan[]): readonly string[] {
  const hasPaper = followers.some(({ mode }) => mode === 'paper')
  return STEPS.flatMap((step) => often([step], SELDOM[step] ?? 1)).filter(
    (step) => hasPaper || !step.startsWith('paper.'),
  )
}

const isOfReading = (doom: Doom | null): boolean => SELDOM_AT_A_START.includes(doom?.step ?? '')

/** Some places are passed only when something is wrong, or when an order rests. */
export function whatLeadsTo(end: End, draws: Draws, day: Setting): readonly Led[] {
  const { followers } = day
  const steps = [end.next?.step ?? '', ...(end.kind === 'dies' ? [end.doom.step ?? ''] : [])]
  const account = draws.upTo(followers.length + 1)
  const isAny = (...names: readonly string[]): boolean =>
    steps.some((step) => names.some((name) => step.includes(name)))
  const led: Led[] = []
  if (isOfReading(end.next ?? null)) led.push(...stumbling(draws, end.downMs))
  else if (isAny('wire.login', 'session.', 'recordLogin', 'noNetwork')) {
    led.push([0, { kind: 'sessionEnds', account, isExpired: draws.is(0.5) }])
    if (isAny('session.logIn')) led.push([end.next ? end.downMs - 500 : 0, NOT_LET_IN])
  }
  if (isAny('modify', 'cancel', 'recordWrite')) led.push(...resting(steps, draws, day))
  else if (isAny('noNetwork', 'session.present') && !isOfReading(end.next ?? null))
    led.push([0, { kind: 'cutOff', account: null, forMs: draws.between(6000, 20_000) }])
  if (isAny('stream.', 'feed.')) led.push([0, { kind: 'streamDrops', account }])
  if (isAny('adjust'))
    for (const { number } of followers) led.push([0, { kind: 'squareOff', account: number }])
  return led
}

/**
 * The master's limit fills at the last price, which leaves at once: what follows rests there, and is cut when
 * the master leaves half, or taken back when it leaves all.
 */
function resting(
  steps: readonly string[],
  draws: Draws,
  { followers, processingMs }: Setting,
): readonly Led[] {
  const what = UNTOUCHED
  const isCut = steps.some((step) => step.includes('modify')) || draws.is(0.5)
  const leavesMs = draws.between(5000, 7000)
  const rests = { kind: 'masterRests', what, side: 'BUY', lots: 6, ticks: 0 } as const
  const isGone = steps.some((step) => step.includes('noNetwork'))
  return [
    [0, rests],
    [processingMs + 2, { kind: 'priceJumps', what, percent: 1.5 }],
    [leavesMs, { kind: 'masterLeaves', what, share: isCut ? 0.5 : 1 }],
    ...(isGone
      ? followers.map(
          ({ number }): Led => [
            leavesMs - 200,
            { kind: 'cutOff', account: number, forMs: draws.between(3000, 9000) },
          ],
        )
      : []),
  ]
}

/** The readings of a start are slow to come, and then the network is gone. */
const stumbling = (draws: Draws, fromMs: number): readonly Led[] => [
  [Math.max(0, fromMs - 100), striking('reading', 'long delay', 12_000)],
  [
    fromMs + draws.between(2000, 6500),
    { kind: 'cutOff', account: null, forMs: draws.between(4000, 12_000) },
  ],
]

const striking = (strikes: Strikes, name: string, forMs: number): Deed => ({
  kind: 'weather',
  account: null,
  strikes,
  trouble: troubleNamed(strikes, name),
  probability: 1,
  forMs,
})

/** Any of the troubles that strike there. */
export function weatherAt(
  strikes: Strikes,
  draws: Draws,
  account: number | null,
  forMs: number,
): Deed {
  const trouble = draws.upTo(TROUBLES[strikes].troubles.length)
  return { kind: 'weather', account, strikes, trouble, probability: 1, forMs }
}

/** Whoever logs in then waits for the next code. */
const NOT_LET_IN = striking('login', 'reset before', 3000)

export const timed = (
  at: Instant | number,
  led: readonly Led[],
): readonly (readonly [number, Deed])[] => led.map(([afterMs, deed]) => [at + afterMs, deed])
