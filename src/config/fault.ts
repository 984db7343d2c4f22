// What is wrong with a configuration, told so that it can be put right without asking: where, what was
// found, what is allowed, and the right name where one is near. Never holds a secret.

export interface Fault {
  /** `.env`, `environment`, or the name of the settings file. */
  readonly source: string
  /** `followers.FOLLOWER_2.sizing.by`, or the name of a variable; empty for the file as a whole. */
  readonly path: string
  /** Counted from 1; null where there is none, as in the environment. */
  readonly line: number | null
  /** The value as it was written, or what it is: `missing`, `not a key here`. */
  readonly found: string
  readonly allowed: string
  /** What was probably meant. */
  readonly nearest: string | null
}

/** `lockstep.yaml, line 2: pol is not a key here (did you mean poll?); allowed: poll, …` */
export function describeFault({ source, path, line, found, allowed, nearest }: Fault): string {
  const where = line === null ? source : `${source}, line ${line}`
  const what = path === '' ? found : `${path} is ${found}`
  const hint = nearest === null ? '' : ` (did you mean ${nearest}?)`
  return `${where}: ${what}${hint}; allowed: ${allowed}`
}

/** The one of `names` that a typing error away gives `word`; null when none is that near. */
export function nearestName(word: string, names: Iterable<string>): string | null {
  const plain = simplify(word)
  let nearest: string | null = null
  let best = 4
  for (const name of names) {
    const other = simplify(name)
    const distance = editDistance(plain, other)
    // Nearly half of the letters may differ, three at most: `entry` is entries, `fast` is not fill.
    if (distance <= Math.max(plain.length, other.length) * 0.45 && distance < best) {
      best = distance
      nearest = name
    }
  }
  return nearest
}

// Capitals, underscores and hyphens are the commonest slips, so they count for nothing.
const simplify = (name: string): string =>
  name
    .slice(0, 60)
    .toLowerCase()
    .replaceAll(/[_\-\s]/g, '')

/** Letters to add, drop, replace, or swap with their neighbour. */
export function editDistance(a: string, b: string): number {
  let beforePrevious: number[] = []
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = at(previous, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1)
      let least = Math.min(at(previous, j) + 1, at(row, j - 1) + 1, replaced)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        least = Math.min(least, at(beforePrevious, j - 2) + 1)
      row.push(least)
    }
    beforePrevious = previous
    previous = row
  }
  return at(previous, b.length)
}

const at = (row: readonly number[], index: number): number => row[index] ?? Number.POSITIVE_INFINITY
