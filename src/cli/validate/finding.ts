// What one check came to: a colour, what was found, and what to do about it. Green is only what was looked
// at and is well; what could not be looked at is amber or red. A finding never holds a secret.

/** `red`: going live would fail or be unsafe. `amber`: the trader should know, or it can't be checked. */
export type Level = 'green' | 'amber' | 'red'

export interface Finding {
  readonly name: string
  readonly level: Level
  readonly finding: string
  /** null only where there is nothing to do. */
  readonly remedy: string | null
}

export const green = (name: string, finding: string): Finding => ({
  name,
  level: 'green',
  finding,
  remedy: null,
})
export const amber = (name: string, finding: string, remedy: string): Finding => ({
  name,
  level: 'amber',
  finding,
  remedy,
})
export const red = (name: string, finding: string, remedy: string): Finding => ({
  name,
  level: 'red',
  finding,
  remedy,
})

export const countOf = (findings: readonly Finding[], level: Level): number =>
  findings.filter((each) => each.level === level).length

const COLORS: Readonly<Record<Level, number>> = { green: 32, amber: 33, red: 31 }
const LEVEL_WIDTH = 7

export interface Look {
  readonly isColored: boolean
  /** Where lines are broken; null for whoever reads them with other programs. */
  readonly columns: number | null
}

/** A line for each, its remedy below it, and what it all comes to. */
export function describeFindings(findings: readonly Finding[], look: Look): string {
  const width = Math.max(...findings.map(({ name }) => name.length)) + 2
  const indent = ' '.repeat(LEVEL_WIDTH + width)
  const room = look.columns === null ? Number.POSITIVE_INFINITY : look.columns - indent.length
  const lines = findings.flatMap(({ name, level, finding, remedy }) => {
    const word = level.padEnd(LEVEL_WIDTH)
    const shown = look.isColored ? `\u001b[${COLORS[level]}m${word}\u001b[0m` : word
    const [first = '', ...rest] = wrap(finding, room)
    const [todo = '', ...more] = remedy === null ? [] : wrap(remedy, room - 2)
    return [
      `${shown}${name.padEnd(width)}${first}`,
      ...rest.map((line) => `${indent}${line}`),
      ...(remedy === null ? [] : [`${indent}→ ${todo}`]),
      ...more.map((line) => `${indent}  ${line}`),
    ]
  })
  return `${lines.join('\n')}\n\n${summarize(findings)}\n`
}

/** Between words; a word that is longer than the room stays whole, so that it can be copied. */
function wrap(text: string, room: number): readonly string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`
    if (longer.length <= room || line === '') {
      line = longer
      continue
    }
    lines.push(line)
    line = word
  }
  return [...lines, line]
}

function summarize(findings: readonly Finding[]): string {
  const counts = (['green', 'amber', 'red'] as const).map(
    (level) => `${countOf(findings, level)} ${level}`,
  )
  const wrong = new Set(findings.filter(({ level }) => level === 'red').map(({ name }) => name))
  const verdict =
    wrong.size > 0
      ? `not ready: put right first ${[...wrong].join(', ')}`
      : countOf(findings, 'amber') > 0
        ? 'nothing stands in the way; read what is amber'
        : 'ready'
  return `${counts.join(', ')}: ${verdict}`
}
