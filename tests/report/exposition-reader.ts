// Reads Prometheus's text format strictly, as the format is described: what it doesn't know is an error.
// https://prometheus.io/docs/instrumenting/exposition_formats/

export interface ReadSample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

export interface ReadFamily {
  readonly name: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly help: string
  readonly samples: readonly ReadSample[]
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/
const LABEL = /^[a-zA-Z_][a-zA-Z0-9_]*$/
const VALUE = /^[+-]?(\d+(\.\d+)?([eE][+-]?\d+)?|Inf)$|^NaN$/

export function readExposition(text: string): readonly ReadFamily[] {
  if (text !== '' && !text.endsWith('\n')) throw new Error('the last line has no end')
  const families: (Omit<ReadFamily, 'samples'> & { samples: ReadSample[] })[] = []
  const seen = new Set<string>()
  let help: { name: string; text: string } | null = null
  for (const line of text.split('\n').slice(0, -1)) {
    const asHelp = /^# HELP (\S+) (.*)$/.exec(line)
    const asType = /^# TYPE (\S+) (counter|gauge|histogram)$/.exec(line)
    if (asHelp) help = { name: asHelp[1] ?? '', text: asHelp[2] ?? '' }
    else if (asType) {
      const name = asType[1] ?? ''
      if (!NAME.test(name)) throw new Error(`${name} is no name`)
      if (help?.name !== name) throw new Error(`${name} has no help`)
      if (families.some((family) => family.name === name)) throw new Error(`${name} comes twice`)
      families.push({ name, type: asType[2] as ReadFamily['type'], help: help.text, samples: [] })
    } else {
      const sample = readSample(line)
      const family = families.at(-1)
      if (!family || nameOf(sample.name, family.type) !== family.name)
        throw new Error(`${line} stands in no family of its own`)
      const key = `${sample.name}${JSON.stringify(Object.entries(sample.labels).sort())}`
      if (seen.has(key)) throw new Error(`${line} comes twice`)
      seen.add(key)
      family.samples.push(sample)
    }
  }
  for (const family of families) {
    if (family.samples.length === 0) throw new Error(`${family.name} is empty`)
    if (family.type === 'counter' && !family.name.endsWith('_total'))
      throw new Error(`the counter ${family.name} does not end in _total`)
    if (family.type === 'histogram') checkHistogram(family)
  }
  return families
}

const nameOf = (sample: string, type: ReadFamily['type']): string =>
  type === 'histogram' ? sample.replace(/_(bucket|sum|count)$/, '') : sample

function readSample(line: string): ReadSample {
  const name = /^[^{ ]+/.exec(line)?.[0] ?? ''
  if (!NAME.test(name)) throw new Error(`"${line}" begins with no name`)
  const labels: Record<string, string> = {}
  let at = name.length
  if (line[at] === '{') {
    at += 1
    while (line[at] !== '}') {
      const label = /^[^=]*/.exec(line.slice(at))?.[0] ?? ''
      if (!LABEL.test(label) || label in labels) throw new Error(`"${line}": label ${label}`)
      at += label.length + 1
      if (line[at] !== '"') throw new Error(`"${line}": ${label} is not quoted`)
      at += 1
      let value = ''
      for (; line[at] !== '"'; at += 1) {
        if (at >= line.length) throw new Error(`"${line}": ${label} does not end`)
        if (line[at] !== '\\') value += line[at]
        else {
          at += 1
          const escaped = { n: '\n', '\\': '\\', '"': '"' }[line[at] ?? '']
          if (escaped === undefined) throw new Error(`"${line}": \\${line[at]}`)
          value += escaped
        }
      }
      labels[label] = value
      at += 1
      if (line[at] === ',') at += 1
      else if (line[at] !== '}') throw new Error(`"${line}": after ${label}`)
    }
    at += 1
  }
  const rest = line.slice(at)
  if (!rest.startsWith(' ') || !VALUE.test(rest.slice(1)))
    throw new Error(`"${line}": "${rest}" is no value`)
  const value = rest.slice(1).replace('Inf', 'Infinity')
  return { name, labels, value: Number(value) }
}

/** Buckets rise to the one without an end, which counts all. */
function checkHistogram({ name, samples }: ReadFamily): void {
  const series = Map.groupBy(samples, ({ labels: { le: _, ...labels } }) => JSON.stringify(labels))
  for (const [labels, own] of series) {
    const buckets = own.filter((sample) => sample.name === `${name}_bucket`)
    const ends = buckets.map(({ labels: { le = '' } }) => Number(le.replace('Inf', 'Infinity')))
    const counts = buckets.map(({ value }) => value)
    const isRising = (values: readonly number[]) =>
      values.every((value, index) => index === 0 || value >= (values[index - 1] ?? 0))
    const count = own.find((sample) => sample.name === `${name}_count`)?.value
    if (!isRising(ends) || !isRising(counts) || ends.at(-1) !== Number.POSITIVE_INFINITY)
      throw new Error(`${name}${labels}: buckets do not rise to +Inf`)
    if (count === undefined || counts.at(-1) !== count)
      throw new Error(`${name}${labels}: the last bucket is not the count`)
    if (!own.some((sample) => sample.name === `${name}_sum`))
      throw new Error(`${name}${labels} has no sum`)
  }
}
