// The figures as tables: ratios first, times second. Nothing is measured here.
import {
  QUANTILES,
  ratiosOf,
  type Spread,
  short,
  spreadOf,
  spreadText,
  type Table,
} from './figures.ts'
import type { Cell } from './race.ts'
import type { SlowWay } from './slow-ways.ts'

export interface SpreadLegs {
  readonly first: Spread
  readonly last: Spread
}

export interface SpreadRace extends Cell {
  readonly rounds: number
  readonly copier: SpreadLegs
  readonly floor: SpreadLegs
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
      `Lockstep ms, ${EACH}`,
      `floor ms, ${EACH}`,
    ],
    ...races.flatMap(({ followers, latencyMs, rounds, copier, floor }) =>
      (['first', 'last'] as const).map((leg) => [
        String(followers),
        String(latencyMs),
        String(rounds),
        leg,
        spreadText(ratiosOf(copier[leg], floor[leg])),
        spreadText(copier[leg]),
        spreadText(floor[leg]),
      ]),
    ),
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
