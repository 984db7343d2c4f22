// Everything that a run measured, as text: what the terminal gets, and the page of the documents with it.
import { type Point, tableText } from './figures.ts'
import { type Curve, plotOf } from './plot.ts'
import { type Race, spreadsOf } from './race.ts'
import type { SlowWay } from './slow-ways.ts'
import {
  costTable,
  growthTable,
  raceTable,
  type SpreadRace,
  slowTable,
  stepTable,
} from './tables.ts'

export interface Measured {
  readonly machine: readonly string[]
  readonly races: readonly Race[]
  readonly readings: readonly SlowWay[]
  readonly others: readonly SlowWay[]
}

export function toldText({ machine, races, readings, others }: Measured): string {
  const spread = races.map(spreadOfRace)
  return [
    machine.map((each) => `    ${each}`).join('\n'),
    "From the master's fill to the first byte of an order, the stream telling:",
    tableText(raceTable(spread)),
    'How it grows, as a straight line through the last order (p50):',
    tableText(growthTable(spread)),
    "Where the time went, by the program's own times:",
    tableText(stepTable(races)),
    'What it costs:',
    tableText(costTable(races)),
    'Without the stream: a reading every 3 s, beside the loop that most copiers are:',
    tableText(slowTable(readings, others)),
  ].join('\n\n')
}

const spreadOfRace = (each: Race): SpreadRace => ({
  ...each,
  copier: spreadsOf(each.copier),
  floor: spreadsOf(each.floor),
})

/** The last order (p50) against the followers, for the latency that most cells have. */
export function plotText({ races, others }: Measured): string {
  const latencyMs = races.at(-1)?.latencyMs ?? 0
  const own = races.filter((each) => each.latencyMs === latencyMs).map(spreadOfRace)
  const points = (side: 'copier' | 'floor'): readonly Point[] =>
    own.map((each) => ({ x: each.followers, y: each[side].last.p50 }))
  const slow = others
    .filter((each) => each.latencyMs === latencyMs)
    .map((each) => ({ x: each.followers, y: median(each.legs.last) }))
  const curves: readonly Curve[] = [
    { name: 'one by one, each 3 s', color: '#c0392b', points: slow },
    { name: 'Lockstep', color: '#2471a3', points: points('copier') },
    { name: 'floor', color: '#7d8a8a', points: points('floor') },
  ]
  return plotOf(`Fill to last order, p50, broker ${latencyMs} ms`, curves)
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)] as number

const [BEGIN, END] = ['<!-- figures -->', '<!-- end of figures -->']

/** The page with the figures of this run in the place of those of the last. */
export function pageWith(page: string, figures: string): string {
  const [from, to] = [page.indexOf(BEGIN), page.indexOf(END)]
  if (from < 0 || to < from) throw new Error(`the page has no place between ${BEGIN} and ${END}`)
  return `${page.slice(0, from + BEGIN.length)}\n\n${figures}\n\n${page.slice(to)}`
}
