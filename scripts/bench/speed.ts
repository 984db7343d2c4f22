// `npm run bench`: how fast an order follows the master's fill, measured where it arrives, beside the floor
// of this machine and beside the way most copiers work, all in one run. Ratios first, since no two machines
// are alike and none is ever idle; it needs nothing but this computer, and some minutes.
import { readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { flag, readOptions, whole, wholes } from '../options.ts'
import { type Growth, measureGrowth } from './growth.ts'
import { describeMachine, loadText } from './machine.ts'
import { startReceiver } from './processes.ts'
import { type Race, race } from './race.ts'
import { byBook, oneByOne, type SlowWay } from './slow-ways.ts'
import { growthPlots, type Measured, pageWith, plotText, toldText } from './told.ts'

const options = readOptions(
  'bench',
  "How soon an order follows the master's fill, beside the floor of this machine and the way most copiers work.",
  {
    quick: flag('less of everything, in a minute or two'),
    followers: wholes('how many, each for itself', undefined),
    latencies: wholes('milliseconds in which the broker answers', undefined),
    rounds: whole('fills of each race', undefined, 1),
    json: flag('for programs'),
    docs: flag('writes docs/benchmarks.md and its pictures'),
  },
)

const FOLLOWERS = options.followers ?? (options.quick ? [1, 20] : [1, 5, 20, 100, 500])
const LATENCIES = options.latencies ?? (options.quick ? [0, 50] : [0, 50, 200])
/** The hundredth of so many is what p99 stands on: few enough at 500, where one takes seconds. */
const roundsFor = (followers: number): number => {
  if (options.rounds !== undefined) return options.rounds
  if (options.quick) return 30
  return followers > 100 ? 30 : 100
}
const SLOW = options.quick ? { budgetMs: 0, mostRounds: 2 } : { budgetMs: 9_000, mostRounds: 4 }
const MOST = Math.max(...FOLLOWERS)
/** What is changed in each curve; a year is 250 days of 20 signals for 20 followers. */
const GROWTH = {
  followers: Math.min(20, MOST),
  pace: { rounds: options.quick ? roundsFor(1) : 40, warmUp: Math.min(10, roundsFor(1)) },
  rows: options.quick ? [10, 1_000] : [10, 300, 1_000, 3_000],
  intents: options.quick ? [100, 2_000] : [1_000, 10_000, 100_000],
  rates: [
    ...[1, 2, 4].map((perSecond) => ({ followers: Math.min(20, MOST), perSecond })),
    ...(MOST < 100 ? [] : [1, 2, 4].map((perSecond) => ({ followers: 100, perSecond }))),
    ...(MOST < 500 ? [] : [{ followers: 500, perSecond: 1 }]),
  ].slice(0, options.quick ? 2 : undefined),
  fills: options.quick ? 6 : 30,
} as const
const WARM_UP = 10
/** An exit takes seconds to measure; a broker that takes its time is the one to measure it with. */
const EXITS = { most: options.quick ? 5 : 12, latencyMs: LATENCIES[1] ?? LATENCIES[0] }

const note = (line: string): void => void process.stderr.write(`${line}\n`)
const say = (text: string): void => void process.stdout.write(`${text}\n`)

const receiver = await startReceiver()
const machine = describeMachine()
const races: Race[] = []
const readings: SlowWay[] = []
const others: SlowWay[] = []
let growth: Growth
try {
  for (const followers of FOLLOWERS)
    for (const latencyMs of LATENCIES) {
      const cell = { followers, latencyMs }
      note(`${followers} followers, a broker that answers in ${latencyMs} ms …`)
      const rounds = roundsFor(followers)
      const exits = latencyMs === EXITS.latencyMs ? Math.min(EXITS.most, rounds) : 0
      races.push(await race(receiver, cell, { rounds, warmUp: Math.min(WARM_UP, rounds), exits }))
      readings.push(await byBook(receiver, cell, SLOW))
      others.push(await oneByOne(receiver, cell, SLOW))
    }
  growth = await measureGrowth(receiver, GROWTH, note)
} finally {
  await receiver.end()
}

const measured: Measured = {
  machine: [...machine, `load      ${loadText()} when it ended`],
  races,
  readings,
  others,
  growth,
}
if (options.json) say(JSON.stringify(measured))
else say(toldText(measured))
if (options.docs) {
  const page = resolve(import.meta.dirname, '../../docs/benchmarks.md')
  writeFileSync(page, pageWith(readFileSync(page, 'utf8'), toldText(measured)))
  writeFileSync(page.replace(/md$/, 'svg'), plotText(measured))
  for (const [name, plot] of Object.entries(growthPlots(measured)))
    writeFileSync(page.replace(/\.md$/, `-${name}.svg`), plot)
}
