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

/** A line for each, its remedy below it, and what it all comes to. */
export function describeFindings(findings: readonly Finding[], isColored: boolean): string {
  const width = Math.max(...findings.map(({ name }) => name.length)) + 2
  const lines = findings.flatMap(({ name, level, finding, remedy }) => {
    const word = level.padEnd(LEVEL_WIDTH)
    const shown = isColored ? `\u001b[${COLORS[level]}m${word}\u001b[0m` : word
    const line = `${shown}${name.padEnd(width)}${finding}`
    return remedy === null ? [line] : [line, `${' '.repeat(LEVEL_WIDTH + width)}→ ${remedy}`]
  })
  return `${lines.join('\n')}\n\n${summarize(findings)}\n`
}

function summarize(findings: readonly Finding[]): string {
  const counts = (['green', 'amber', 'red'] as const).map(
    (level) => `${countOf(findings, level)} ${level}`,
  )
  const verdict =
    countOf(findings, 'red') > 0
      ? 'not ready: put right what is red first'
      : countOf(findings, 'amber') > 0
        ? 'nothing stands in the way; read what is amber'
        : 'ready'
  return `${counts.join(', ')}: ${verdict}`
}
