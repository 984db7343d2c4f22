// Whether a running engine grows where it should not. Pure: samples in, a table and findings out.
//
// What it holds (memory, descriptors, handles, the ledger's unmerged part) is judged in the longest life,
// past its first two minutes: it grows when its Theil-Sen slope is above the allowance and three of four
// pairs of samples rise, so that neither one peak nor a staircase of the collector is taken for a leak. The
// order books of the day are rightly kept in memory, and what became of each order for the record of the session,
// so the allowance is so much for each thousand orders: `npm run bench:kept -- --orders 90 --looks 4` told 3.2 and
// 3.5 kB an order once the program was warm, where nothing but orders happens; of the heap 4 are allowed.
// The collector takes pages in peaks and keeps them, and needs most of an hour until it has what it wants: what
// has those in it is judged in a life that is longer than that. A leak shows sooner in what is used of them.
//
// What it writes (ledger, log) must grow, but an order late in the session may cost at most twice what one cost
// early in it. What it computes may grow as the day's books do, since they are read again and again: a minute of
// CPU at most in proportion to the orders there are, and twice as much in any case.
import type { Sample } from './vitals.ts'

export interface Growth {
  /** A line for each measure. */
  readonly table: readonly string[]
  readonly findings: readonly string[]
}

type Level = 'rss' | 'native' | 'heap' | 'heapCommitted' | 'descriptors' | 'handles' | 'wal'
type Amount = 'cpu' | 'ledger' | 'log' | 'rows'

interface Allowance {
  readonly perHour: number
  readonly perThousandOrders: number
  /** In a shorter life it says nothing. */
  readonly fromMs: number
}

const HOUR_MS = 3_600_000
const LEVELS: Readonly<Record<Level, { readonly name: string } & Allowance>> = {
  rss: { name: 'resident memory, MB', perHour: 15, perThousandOrders: 15, fromMs: HOUR_MS },
  native: { name: 'of it beside the heap, MB', perHour: 15, perThousandOrders: 15, fromMs: 0 },
  heap: { name: 'heap after collection, MB', perHour: 2, perThousandOrders: 4, fromMs: 0 },
  heapCommitted: {
    name: 'heap with free pages, MB',
    perHour: 15,
    perThousandOrders: 15,
    fromMs: HOUR_MS,
  },
  descriptors: { name: 'file descriptors', perHour: 6, perThousandOrders: 0, fromMs: 0 },
  handles: { name: 'open handles', perHour: 6, perThousandOrders: 0, fromMs: 0 },
  wal: { name: 'ledger, not merged, MB', perHour: 2, perThousandOrders: 0, fromMs: 0 },
}
const AMOUNTS: Readonly<Record<Amount, string>> = {
  cpu: 'CPU, s',
  ledger: 'ledger, MB',
  log: 'logs, MB',
  rows: 'rows in the ledger',
}
const WARM_UP_MS = 2 * 60_000
/** Fewer say nothing about a trend. */
const SAMPLES_LEAST = 8
/** In less than this an order costs what the one moment brings. */
const SPAN_LEAST_MS = 20 * 60_000
const RISING_SHARE = 0.75
const DEARER_AT_MOST = 2

export function judgeGrowth(samples: readonly Sample[]): Growth {
  const findings: string[] = []
  const rows: string[][] = [['', 'first', 'median', 'last', 'slope/h', 'allowed/h', '']]
  const life = longestLife(samples)
  for (const [level, { name, ...allowance }] of entriesOf(LEVELS)) {
    const points = pointsOf(life, level)
    const slope = slopeOf(points)
    const allowed = allowedIn(life, allowance)
    const verdict = judgeLevel(points, slope, allowed, allowance.fromMs)
    if (verdict === 'GROWS')
      findings.push(`${name} grows by ${number(slope)} an hour, ${number(allowed)} is allowed`)
    const all = pointsOf(samples, level)
    rows.push([name, ...summary(all), number(slope), number(allowed), verdict])
  }
  for (const [amount, name] of entriesOf(AMOUNTS)) {
    const points = pointsOf(samples, amount)
    const per = amount === 'cpu' ? 'minute' : 'order'
    const dearer = dearerBy(samples, amount, per)
    const verdict = dearer === null ? 'too few' : `${per} ×${number(dearer.times)}`
    if (dearer !== null && dearer.times > dearer.allowed)
      findings.push(`${name}: a late ${per} costs ${number(dearer.times)} times an early one`)
    rows.push([name, ...summary(points), number(slopeOf(points)), '', verdict])
  }
  return { table: aligned(rows), findings }
}

interface Point {
  readonly atMs: number
  readonly value: number
}

const entriesOf = <K extends string, V>(record: Readonly<Record<K, V>>): readonly [K, V][] =>
  Object.entries(record) as [K, V][]

const pointsOf = (samples: readonly Sample[], measure: Level | Amount): readonly Point[] =>
  samples.flatMap((sample) => {
    const value = sample[measure]
    return value === null ? [] : [{ atMs: sample.atMs, value }]
  })

function longestLife(samples: readonly Sample[]): readonly Sample[] {
  const lives = new Map<number, Sample[]>()
  for (const sample of samples) {
    if (sample.ageMs < WARM_UP_MS) continue
    lives.set(sample.life, [...(lives.get(sample.life) ?? []), sample])
  }
  return [...lives.values()].reduce((most, each) => (each.length > most.length ? each : most), [])
}

/** The median of the slopes of all pairs, an hour. */
function slopeOf(points: readonly Point[]): number {
  const slopes = pairsOf(points).map(
    ([a, b]) => ((b.value - a.value) / (b.atMs - a.atMs)) * HOUR_MS,
  )
  return slopes.length === 0 ? 0 : median(slopes)
}

const pairsOf = (points: readonly Point[]): readonly (readonly [Point, Point])[] =>
  points.flatMap((a, at) =>
    points.slice(at + 1).flatMap((b) => (b.atMs > a.atMs ? [[a, b] as const] : [])),
  )

function judgeLevel(
  points: readonly Point[],
  slope: number,
  allowed: number,
  fromMs: number,
): string {
  const spanMs = (points.at(-1)?.atMs ?? 0) - (points[0]?.atMs ?? 0)
  if (points.length < SAMPLES_LEAST) return 'too few'
  if (spanMs < fromMs) return 'too short'
  const pairs = pairsOf(points)
  const rising = pairs.filter(([a, b]) => b.value > a.value).length / pairs.length
  return slope > allowed && rising >= RISING_SHARE ? 'GROWS' : 'steady'
}

function allowedIn(life: readonly Sample[], { perHour, perThousandOrders }: Allowance): number {
  const [first, last] = [life[0], life.at(-1)]
  if (!first || !last || first === last) return perHour
  const ordersAnHour = ((last.orders - first.orders) / (last.atMs - first.atMs)) * HOUR_MS
  return perHour + (perThousandOrders * ordersAnHour) / 1000
}

/** What an order or a minute costs in the last third of the session over that in the first. */
function dearerBy(
  samples: readonly Sample[],
  amount: Amount,
  per: 'order' | 'minute',
): { readonly times: number; readonly allowed: number } | null {
  const known = samples.filter((sample) => sample[amount] !== null)
  const spanMs = (known.at(-1)?.atMs ?? 0) - (known[0]?.atMs ?? 0)
  if (known.length < SAMPLES_LEAST || spanMs < SPAN_LEAST_MS) return null
  const third = Math.floor(known.length / 3)
  const costOf = (some: readonly Sample[]): number => {
    const [first, last] = [some[0], some.at(-1)]
    if (!first || !last) return 0
    const units = per === 'order' ? last.orders - first.orders : last.atMs - first.atMs
    return (Number(last[amount]) - Number(first[amount])) / Math.max(1, units)
  }
  const [early, late] = [known.slice(0, third + 1), known.slice(-third - 1)]
  const ordersIn = (some: readonly Sample[]): number => median(some.map(({ orders }) => orders))
  const more = per === 'order' ? 1 : ordersIn(late) / Math.max(1, ordersIn(early))
  const before = costOf(early)
  return before <= 0
    ? null
    : { times: costOf(late) / before, allowed: Math.max(DEARER_AT_MOST, more) }
}

const summary = (points: readonly Point[]): string[] => {
  if (points.length === 0) return ['-', '-', '-']
  const values = points.map(({ value }) => value)
  return [values[0] ?? 0, median(values), values.at(-1) ?? 0].map(number)
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const [low, high] = [sorted[middle - 1] ?? 0, sorted[middle] ?? 0]
  return sorted.length % 2 === 1 ? high : (low + high) / 2
}

const number = (value: number): string =>
  Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(2)

function aligned(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  )
  return rows.map((row) =>
    row
      .map((cell, column) =>
        column === 0 || column === row.length - 1
          ? cell.padEnd(widths[column] ?? 0)
          : cell.padStart(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  )
}
