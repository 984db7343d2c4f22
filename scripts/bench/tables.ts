// The figures as tables: ratios first, times second. Nothing is measured here.

import { STEPS } from '../../src/report/waterfall.ts'
import {
  lineThrough,
  QUANTILES,
  ratiosOf,
  type Spread,
  short,
  spreadOf,
  spreadText,
  type Table,
} from './figures.ts'
import { type Grown, hasQueue, median, type Rate } from './growth.ts'
import type { Cell, Race } from './race.ts'
import type { SlowWay } from './slow-ways.ts'

export interface SpreadLegs {
  readonly first: Spread
  readonly last: Spread
}

export interface SpreadRace extends Cell {
  readonly rounds: number
  readonly copier: SpreadLegs
  readonly floor: SpreadLegs
  readonly synced: SpreadLegs
}

const EACH = QUANTILES.join(' / ')

export function raceTable(races: readonly SpreadRace[]): Table {
  return [
    [
      'followers',
      'broker ms',
      'fills',
      'order',
      `× the floor, ${EACH}`,
      `× the synced floor, ${EACH}`,
      `Lockstep ms, ${EACH}`,
      `floor ms, ${EACH}`,
      `synced floor ms, ${EACH}`,
    ],
    ...races.flatMap(({ followers, latencyMs, rounds, copier, floor, synced }) =>
      (['first', 'last'] as const).map((leg) => [
        String(followers),
        String(latencyMs),
        String(rounds),
        leg,
        spreadText(ratiosOf(copier[leg], floor[leg])),
        spreadText(ratiosOf(copier[leg], synced[leg])),
        spreadText(copier[leg]),
        spreadText(floor[leg]),
        spreadText(synced[leg]),
      ]),
    ),
  ]
}

/** Of exits: before one leaves its price and the follower's position are read, which takes the broker its time. */
export function exitTable(races: readonly Race[]): Table {
  return [
    [
      'followers',
      'broker ms',
      'exits',
      'last order, ms: p50 / max',
      'without the broker’s time for a reading, p50',
      '× the floor, p50',
    ],
    ...races.flatMap(({ followers, latencyMs, exits }) => {
      if (exits === null) return []
      const [ours, floor] = [spreadOf(exits.copier.last), spreadOf(exits.floor.last)]
      return [
        [
          String(followers),
          String(latencyMs),
          String(exits.rounds),
          `${short(ours.p50)} / ${short(ours.max)}`,
          short(ours.p50 - latencyMs),
          short(ours.p50 / floor.p50),
        ],
      ]
    }),
  ]
}

/** Where the time went, by the copier's own times, and what it costs; `seen` is cut to the broker's seconds. */
export function stepTable(races: readonly Race[]): Table {
  const steps = STEPS.filter((step) => step !== 'seen' && step !== 'inAll')
  return [
    ['followers', 'broker ms', ...steps.map((step) => `${step}, ms: p50 / p95`)],
    ...races.map((each) => [
      String(each.followers),
      String(each.latencyMs),
      ...steps.map((step) => {
        const values = each.steps[step] ?? []
        if (values.length === 0) return '-'
        const { p50, p95 } = spreadOf(values)
        return `${p50} / ${p95}`
      }),
    ]),
  ]
}

export function costTable(races: readonly Race[]): Table {
  return [
    [
      'followers',
      'broker ms',
      'memory MiB',
      'CPU idle, % of a core',
      'CPU ms a fill',
      'CPU ms an order',
    ],
    ...races.map(({ followers, latencyMs, cost }) => [
      String(followers),
      String(latencyMs),
      short(cost.memoryMiB),
      short(cost.idleCpuPercent),
      short(cost.cpuMsPerFill),
      short(cost.cpuMsPerFill / followers),
    ]),
  ]
}

/** How the last order's time grows with the followers, as a straight line through what was measured. */
export function growthTable(races: readonly SpreadRace[]): Table {
  const latencies = [...new Set(races.map(({ latencyMs }) => latencyMs))]
  const rows = latencies.flatMap((latencyMs) => {
    const own = races.filter((each) => each.latencyMs === latencyMs)
    if (new Set(own.map(({ followers }) => followers)).size < 2) return []
    const line = (side: 'copier' | 'floor') =>
      lineThrough(own.map((each) => ({ x: each.followers, y: each[side].last.p50 })))
    const [ours, floor] = [line('copier'), line('floor')]
    return [
      [
        String(latencyMs),
        short(ours.slope),
        short(ours.base),
        short(floor.slope),
        short(floor.base),
      ],
    ]
  })
  return [
    [
      'broker ms',
      'Lockstep ms a follower',
      'and before the first',
      'floor ms a follower',
      'and before the first',
    ],
    ...rows,
  ]
}

/** One quantity is changed at a time: the last order of each fill, and what a fill costs. */
export function grownTable(what: string, grown: readonly Grown[]): Table {
  return [
    [what, 'fills', 'last order, ms: p50 / p95', '× the floor, p50', 'CPU ms a fill', 'memory MiB'],
    ...grown.map(({ before, race }) => {
      const [ours, floor] = [spreadOf(race.copier.last), spreadOf(race.floor.last)]
      return [
        String(before),
        String(race.rounds),
        `${short(ours.p50)} / ${short(ours.p95)}`,
        short(ours.p50 / floor.p50),
        short(race.cost.cpuMsPerFill),
        short(race.cost.memoryMiB),
      ]
    }),
  ]
}

/** In words, because it is one number: what a thousand more of it add to the last order (p50). */
export function slopeText(what: string, grown: readonly Grown[]): string {
  if (new Set(grown.map(({ before }) => before)).size < 2) return ''
  const { slope } = lineThrough(
    grown.map(({ before, race }) => ({ x: before, y: spreadOf(race.copier.last).p50 })),
  )
  return `Slope: ${(slope * 1000).toFixed(3)} ms for every 1,000 ${what}.`
}

export function rateTable(rates: readonly Rate[]): Table {
  return [
    [
      'followers',
      'signals a second',
      'orders a second',
      'first third, last order ms p50',
      'last third',
      'CPU, % of a core',
      'a queue grows',
    ],
    ...rates.map((rate) => [
      String(rate.followers),
      String(rate.perSecond),
      String(rate.followers * rate.perSecond),
      rate.firstMs.length === 0 ? '-' : short(median(rate.firstMs)),
      rate.lastMs.length === 0 ? '-' : short(median(rate.lastMs)),
      short(rate.cpuPercent),
      hasQueue(rate) ? `yes${rate.lost > 0 ? `, ${rate.lost} fills lack orders` : ''}` : 'no',
    ]),
  ]
}

/** The last order of each fill: what the slowest follower waits. */
export function slowTable(readings: readonly SlowWay[], others: readonly SlowWay[]): Table {
  return [
    [
      'followers',
      'broker ms',
      'Lockstep fills',
      'last order, ms: p50 / max',
      'after the reading, ms: p50 / max',
      'one by one, fills',
      'last order, ms: p50 / max',
      '× Lockstep, p50',
    ],
    ...readings.map((reading, index) => {
      const other = others[index]
      if (other === undefined) throw new Error('one for each')
      const ours = spreadOf(reading.legs.last)
      const theirs = spreadOf(other.legs.last)
      return [
        String(reading.followers),
        String(reading.latencyMs),
        String(reading.rounds),
        ends(ours),
        ends(spreadOf(reading.afterShown.last)),
        String(other.rounds),
        ends(theirs),
        short(theirs.p50 / ours.p50),
      ]
    }),
  ]
}

const ends = ({ p50, max }: Spread): string => `${short(p50)} / ${short(max)}`
