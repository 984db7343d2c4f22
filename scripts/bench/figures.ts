// The arithmetic of the benchmarks: percentiles, ratios, slopes, and tables to print. Pure; a test holds it.

export interface Spread {
  readonly count: number
  readonly p50: number
  readonly p95: number
  readonly p99: number
  readonly max: number
}

/** Fewer values have no hundredth. */
const ENOUGH_FOR_P99 = 100

/** The nearest rank: always one of the values that were measured. */
export function spreadOf(values: readonly number[]): Spread {
  if (values.length === 0) throw new Error('there is nothing to spread')
  const sorted = values.toSorted((a, b) => a - b)
  const at = (share: number): number => sorted[Math.ceil(share * sorted.length) - 1] as number
  return {
    count: sorted.length,
    p50: at(0.5),
    p95: at(0.95),
    p99: sorted.length < ENOUGH_FOR_P99 ? Number.NaN : at(0.99),
    max: at(1),
  }
}

export const QUANTILES = ['p50', 'p95', 'p99', 'max'] as const

/** Each of ours over the same of the other. */
export const ratiosOf = (ours: Spread, other: Spread): Spread => ({
  count: Math.min(ours.count, other.count),
  p50: ours.p50 / other.p50,
  p95: ours.p95 / other.p95,
  p99: ours.p99 / other.p99,
  max: ours.max / other.max,
})

export interface Point {
  readonly x: number
  readonly y: number
}

export interface Line {
  readonly slope: number
  readonly base: number
}

/** The straight line that misses the points least (squares). */
export function lineThrough(points: readonly Point[]): Line {
  if (points.length < 2) throw new Error('a line needs two points')
  const mean = (of: (point: Point) => number): number =>
    points.reduce((sum, point) => sum + of(point), 0) / points.length
  const [x, y] = [mean((point) => point.x), mean((point) => point.y)]
  const spread = points.reduce((sum, point) => sum + (point.x - x) ** 2, 0)
  const slope = points.reduce((sum, point) => sum + (point.x - x) * (point.y - y), 0) / spread
  return { slope, base: y - slope * x }
}

/** Three digits that mean something, never more than two behind the point. */
export function short(value: number): string {
  if (!Number.isFinite(value)) return '-'
  const decimals = Math.abs(value) < 10 ? 2 : Math.abs(value) < 100 ? 1 : 0
  return value.toFixed(decimals)
}

export const spreadText = (spread: Spread): string =>
  QUANTILES.map((name) => short(spread[name])).join(' / ')

export type Table = readonly (readonly string[])[]

/** As Markdown, which reads well in a terminal too. The first row heads it; numbers stand to the right. */
export function tableText(rows: Table): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(3, ...rows.map((row) => row[column]?.length ?? 0)),
  )
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => pad(cell, widths[column] ?? 0, column)).join(' | ')} |`
  const [head = [], ...body] = rows
  const rule = widths.map((width, column) =>
    column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`,
  )
  return [line(head), line(rule), ...body.map(line)].join('\n')
}

const pad = (cell: string, width: number, column: number): string =>
  column === 0 ? cell.padEnd(width) : cell.padStart(width)
