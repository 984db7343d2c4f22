// Everything that a run measured, as text: what the terminal gets, and the page of the documents with it.
import { type Point, spreadOf, tableText } from './figures.ts'
import { type Grown, type Growth, median } from './growth.ts'
import { type Curve, plotOf } from './plot.ts'
import { type Race, spreadsOf } from './race.ts'
import type { SlowWay } from './slow-ways.ts'
import {
  costTable,
  exitTable,
  grownTable,
  growthTable,
  raceTable,
  rateTable,
  type SpreadRace,
  slopeText,
  slowTable,
  stepTable,
} from './tables.ts'

export interface Measured {
  readonly machine: readonly string[]
  readonly races: readonly Race[]
  readonly readings: readonly SlowWay[]
  readonly others: readonly SlowWay[]
  readonly growth: Growth
}

export function toldText({ machine, races, readings, others, growth }: Measured): string {
  const spread = races.map(spreadOfRace)
  return [
    machine.map((each) => `    ${each}`).join('\n'),
    "From the master's fill to the first byte of an order, the stream telling:",
    tableText(raceTable(spread)),
    "From the master's exit to the first byte of the last follower's, more than 5 s after anything was read:",
    tableText(exitTable(races)),
    'How it grows, as a straight line through the last order (p50):',
    tableText(growthTable(spread)),
    "Where the time went, by the program's own times:",
    tableText(stepTable(races)),
    'What it costs:',
    tableText(costTable(races)),
    'Without the stream: a reading every 3 s, beside the loop that most copiers are:',
    tableText(slowTable(readings, others)),
    "How it grows with the orders in the master's book:",
    tableText(grownTable('orders before', growth.rows)),
    slopeText("orders in the master's book", growth.rows),
    'How it grows with the intents of earlier days in the ledger:',
    tableText(grownTable('intents before', growth.intents)),
    slopeText('intents in the ledger', growth.intents),
    'Signals that follow each other at a pace (a broker takes six entries a second of an account):',
    tableText(rateTable(growth.rates)),
  ]
    .filter((part) => part !== '')
    .join('\n\n')
}

const spreadOfRace = (each: Race): SpreadRace => ({
  ...each,
  copier: spreadsOf(each.copier),
  floor: spreadsOf(each.floor),
  synced: spreadsOf(each.synced),
})

/** The last order (p50) against the followers, for the latency that most cells have. */
export function plotText({ races, others }: Measured): string {
  const latencyMs = races.at(-1)?.latencyMs ?? 0
  const own = races.filter((each) => each.latencyMs === latencyMs).map(spreadOfRace)
  const points = (side: 'copier' | 'floor' | 'synced'): readonly Point[] =>
    own.map((each) => ({ x: each.followers, y: each[side].last.p50 }))
  const slow = others
    .filter((each) => each.latencyMs === latencyMs)
    .map((each) => ({ x: each.followers, y: median(each.legs.last) }))
  const curves: readonly Curve[] = [
    { name: 'one by one, each 3 s', color: '#c0392b', points: slow },
    { name: 'Lockstep', color: '#2471a3', points: points('copier') },
    { name: 'synced floor', color: '#b7950b', points: points('synced') },
    { name: 'floor', color: '#7d8a8a', points: points('floor') },
  ]
  return plotOf(`Fill to last order, p50, broker ${latencyMs} ms`, 'followers', curves)
}

/** The other curves: what there was before, and the pace. */
export function growthPlots({ growth }: Measured): Readonly<Record<string, string>> {
  const last = (grown: readonly Grown[]): readonly Point[] =>
    grown.map(({ before, race }) => ({ x: before, y: spreadOf(race.copier.last).p50 }))
  const floor = (grown: readonly Grown[]): readonly Point[] =>
    grown.map(({ before, race }) => ({ x: before, y: spreadOf(race.floor.last).p50 }))
  const both = (grown: readonly Grown[]): readonly Curve[] => [
    { name: 'Lockstep', color: '#2471a3', points: last(grown) },
    { name: 'floor', color: '#7d8a8a', points: floor(grown) },
  ]
  const paced = Map.groupBy(growth.rates, ({ followers }) => followers)
  const colors = ['#2471a3', '#b7950b', '#c0392b']
  return {
    rows: plotOf(
      "Fill to last order, p50, by the master's book",
      'orders in it',
      both(growth.rows),
    ),
    intents: plotOf(
      'Fill to last order, p50, by the ledger',
      'intents in it',
      both(growth.intents),
    ),
    rates: plotOf(
      'Fill to last order, p50 of the last third',
      'orders a second',
      [...paced].map(([followers, rates], index) => ({
        name: `${followers} followers`,
        color: colors[index % colors.length] as string,
        points: rates
          .filter(({ lastMs }) => lastMs.length > 0)
          .map((rate) => ({ x: rate.followers * rate.perSecond, y: median(rate.lastMs) })),
      })),
    ),
  }
}

const [BEGIN, END] = ['<!-- figures -->', '<!-- end of figures -->']

/** The page with the figures of this run in the place of those of the last. */
export function pageWith(page: string, figures: string): string {
  const [from, to] = [page.indexOf(BEGIN), page.indexOf(END)]
  if (from < 0 || to < from) throw new Error(`the page has no place between ${BEGIN} and ${END}`)
  return `${page.slice(0, from + BEGIN.length)}\n\n${figures}\n\n${page.slice(to)}`
}
