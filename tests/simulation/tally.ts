// What many days came to, added up: plain data, so that days of several processes can be added too.
import type { DayPlan } from './day.ts'
import type { Steps } from './gate.ts'
import { brokenIn } from './judge.ts'
import type { NightKind } from './nights.ts'
import type { DayResult } from './run-day.ts'
import { STEPS } from './steps.ts'

export interface BrokenDay {
  readonly seed: number
  readonly broken: readonly string[]
}

export interface Tally {
  days: number
  followers: number
  signals: number
  intents: number
  /** Orders at the broker. */
  orders: number
  starts: number
  stops: number
  kills: number
  /** Ended by themselves, in words for the trader. */
  ends: number
  /** Days after which an exit stood open for the trader, or an order of which nobody could say. */
  standing: number
  flatAfterMs: { seed: number; ms: number }
  /** How many days were of more than some minutes of one session, by what they had. */
  nights: Record<string, number>
  /** What the trader said, and the broker's own square-offs. */
  words: Record<string, number>
  faults: Record<string, number>
  steps: Record<string, { passed: number; died: number }>
  broken: BrokenDay[]
}

export const emptyTally = (): Tally => ({
  days: 0,
  followers: 0,
  signals: 0,
  intents: 0,
  orders: 0,
  starts: 0,
  stops: 0,
  kills: 0,
  ends: 0,
  standing: 0,
  flatAfterMs: { seed: 0, ms: 0 },
  nights: {},
  words: {},
  faults: {},
  steps: {},
  broken: [],
})

export function tallyOf(day: DayResult): Tally {
  const { truth, plan, flatAfterMs } = day
  const ended = (kind: string): number => truth.lives.filter(({ end }) => end.kind === kind).length
  const broken = brokenIn(day)
  return {
    days: 1,
    followers: truth.followers.length,
    signals: truth.facts.signal?.length ?? 0,
    intents: truth.facts.intent?.length ?? 0,
    orders: truth.orders.filter(({ tag }) => tag !== '').length,
    starts: truth.lives.length,
    stops: ended('stopped'),
    kills: ended('killed'),
    ends: ended('failed'),
    standing: truth.owed.length + day.waiting.length > 0 ? 1 : 0,
    flatAfterMs: { seed: plan.seed, ms: flatAfterMs ?? 0 },
    nights: Object.fromEntries(namesOfNight(plan).map((name) => [name, 1])),
    words: wordsOf(truth),
    faults: Object.fromEntries(day.faults),
    steps: Object.fromEntries(day.steps as Steps),
    broken: broken.length === 0 ? [] : [{ seed: plan.seed, broken }],
  }
}

function namesOfNight({ night }: DayPlan): readonly string[] {
  if (night === null) return []
  const { kind, isExpiry, isSquaredOff, isHalted, isUpInTheEvening } = night
  const names = ['overnight', NIGHTS[kind]]
  if (isExpiry) names.push('expiry of what is held')
  if (isSquaredOff) names.push('square-off of all')
  if (isHalted) names.push('halted overnight')
  if (isUpInTheEvening) names.push('started in the evening')
  return names
}

const NIGHTS: Readonly<Record<NightKind, string>> = {
  awake: 'up at midnight',
  suspended: 'suspended',
  down: 'down until morning',
}

function wordsOf({ facts, orders }: DayResult['truth']): Record<string, number> {
  const words: Record<string, number> = {}
  const add = (name: string): void => {
    words[name] = (words[name] ?? 0) + 1
  }
  for (const { kind } of facts.steering ?? []) add(String(kind))
  for (const { placedBy } of orders) if (placedBy === 'broker') add('squared off by the broker')
  return words
}

export function addTally(to: Tally, more: Tally): void {
  to.days += more.days
  to.followers += more.followers
  to.signals += more.signals
  to.intents += more.intents
  to.orders += more.orders
  to.starts += more.starts
  to.stops += more.stops
  to.kills += more.kills
  to.ends += more.ends
  to.standing += more.standing
  if (more.flatAfterMs.ms > to.flatAfterMs.ms) to.flatAfterMs = more.flatAfterMs
  for (const counts of ['nights', 'words', 'faults'] as const)
    for (const [name, count] of Object.entries(more[counts]))
      to[counts][name] = (to[counts][name] ?? 0) + count
  for (const [name, { passed, died }] of Object.entries(more.steps)) {
    const known = to.steps[name] ?? { passed: 0, died: 0 }
    to.steps[name] = { passed: known.passed + passed, died: known.died + died }
  }
  to.broken.push(...more.broken)
}

/** What the release notes want of it: one screen, and every step at which nothing ever died. */
export function describeTally(tally: Tally): readonly string[] {
  const { days, signals, intents, orders, kills, flatAfterMs } = tally
  const { died, never, unlisted } = placesOf(tally)
  const faults = Object.entries(tally.faults).sort(([, a], [, b]) => b - a)
  const struck = faults.reduce((sum, [, count]) => sum + count, 0)
  return [
    `days ${days}, followers ${tally.followers}, signals ${signals}, intents ${intents}, orders ${orders}`,
    `starts ${tally.starts}: stopped ${tally.stops}, killed ${kills}, ended by themselves ${tally.ends}`,
    `nights ${countsOf(tally.nights)}`,
    `said ${countsOf(tally.words)}`,
    `faults survived ${struck}, of ${faults.length} kinds: ${faults.map(([name, count]) => `${name} ${count}`).join(', ')}`,
    `worst time from a flat master to all at rest: ${flatAfterMs.ms / 1000} s (seed ${flatAfterMs.seed})`,
    `days after which something waited for the trader: ${tally.standing}`,
    `places to die ${STEPS.length}, died at ${STEPS.length - never.length}: ${died.map((name) => `${name} ${tally.steps[name]?.died}`).join(', ')}`,
    `never died at: ${namesOr(never)}`,
    `passed and not listed: ${namesOr(unlisted)}`,
    `days that broke a promise: ${tally.broken.length}`,
  ]
}

const countsOf = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .sort(([, a], [, b]) => b - a)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ') || 'none'

/** So many days have to have died everywhere: each place is drawn some fifty times in them, and more. */
const EVERYWHERE_IN_DAYS = 5000

/** No promise broken, nowhere passed that is not listed, and in as many days as that died at every place. */
export function isGood(tally: Tally): boolean {
  const { never, unlisted } = placesOf(tally)
  const isComplete = tally.days < EVERYWHERE_IN_DAYS || never.length === 0
  return tally.broken.length === 0 && unlisted.length === 0 && isComplete
}

function placesOf({ steps }: Tally) {
  const passed = Object.keys(steps).sort()
  const died = passed.filter((name) => (steps[name]?.died ?? 0) > 0)
  return {
    died,
    never: STEPS.filter((name) => !died.includes(name)),
    unlisted: passed.filter((name) => !isListed(name)),
  }
}

const namesOr = (names: readonly string[]): string =>
  names.length === 0 ? 'none' : names.join(', ')

/** `kill` is no step: what was doomed at one that never came is killed after a minute. */
const isListed = (name: string): boolean => name === 'kill' || STEPS.includes(name)
