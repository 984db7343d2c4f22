// The text format that Prometheus reads (version 0.0.4): families of samples, each with its help and type.
// Only the writing of it; what is measured is in metrics.ts. Amounts come as exact decimal texts.

export type Labels = Readonly<Record<string, string>>

export interface Sample {
  readonly labels: Labels
  readonly value: number | string
}

export interface Family {
  readonly name: string
  readonly type: 'counter' | 'gauge'
  readonly help: string
  readonly samples: readonly Sample[]
}

export interface Histogram {
  readonly name: string
  readonly help: string
  /** Upper ends, rising; what is beyond the last counts too. */
  readonly ends: readonly number[]
  readonly series: readonly { readonly labels: Labels; readonly values: readonly number[] }[]
}

// --- making them -------------------------------------------------------------------------------

/** Every name of ours begins so. */
export const named = (name: string): string => `lockstep_${name}`

export const gauge = (name: string, help: string, samples: readonly Sample[]): Family => ({
  name: named(name),
  type: 'gauge',
  help,
  samples,
})

export const counter = (name: string, help: string, samples: readonly Sample[]): Family => ({
  name: named(name),
  type: 'counter',
  help,
  samples,
})

export const one = (value: number | boolean): Sample => ({ labels: {}, value: Number(value) })

/** How many rows there are of each set of labels. */
export function tally<T>(rows: readonly T[], labelsOfRow: (row: T) => Labels): readonly Sample[] {
  const counts = new Map<string, { labels: Labels; value: number }>()
  for (const row of rows) {
    const labels = labelsOfRow(row)
    const key = JSON.stringify(labels)
    const known = counts.get(key) ?? { labels, value: 0 }
    counts.set(key, { labels, value: known.value + 1 })
  }
  return [...counts.values()]
}

// --- writing them ------------------------------------------------------------------------------

/** A family of which there is nothing to say is left out. */
export const expose = (families: readonly (Family | Histogram)[]): string =>
  families.map((family) => ('series' in family ? ofHistogram(family) : ofFamily(family))).join('')

function ofFamily({ name, type, help, samples }: Family): string {
  if (samples.length === 0) return ''
  return head(name, type, help) + samples.map((sample) => line(name, sample)).join('')
}

function ofHistogram({ name, help, ends, series }: Histogram): string {
  if (series.length === 0) return ''
  return head(name, 'histogram', help) + series.map((each) => ofSeries(name, ends, each)).join('')
}

function ofSeries(
  name: string,
  ends: readonly number[],
  { labels, values }: Histogram['series'][number],
): string {
  const buckets = [...ends, Number.POSITIVE_INFINITY].map((end) => ({
    labels: { ...labels, le: end === Number.POSITIVE_INFINITY ? '+Inf' : String(end) },
    value: values.filter((value) => value <= end).length,
  }))
  const sum = values.reduce((total, value) => total + value, 0)
  return [
    ...buckets.map((bucket) => line(`${name}_bucket`, bucket)),
    line(`${name}_sum`, { labels, value: sum }),
    line(`${name}_count`, { labels, value: values.length }),
  ].join('')
}

const head = (name: string, type: string, help: string): string =>
  `# HELP ${name} ${help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}\n# TYPE ${name} ${type}\n`

function line(name: string, { labels, value }: Sample): string {
  const pairs = Object.entries(labels).map(([key, text]) => `${key}="${escaped(text)}"`)
  return `${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${value}\n`
}

const escaped = (text: string): string =>
  text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"')
