// The live view of a terminal: lines go on scrolling, and below them stands a region that is drawn over
// and over, with what is owed at its top and a row for each follower. Only on a terminal that is large
// enough; everywhere else there are plain lines and nothing here writes a byte. A region never wraps and
// never takes more than half the screen, so that the lines stay readable.
import type { AccountName } from '../domain/ids.ts'
import type { Mode } from '../domain/lane.ts'
import { formatTime, type Instant } from '../domain/time.ts'
import { countSignals, type Line, nameMode, nameOf } from './lines.ts'
import type { Counts, Summary } from './record.ts'

export interface ViewFacts {
  readonly mode: Mode
  readonly isDemo: boolean
  readonly now: Instant
  readonly summary: Summary
  readonly isHalted: boolean
  readonly followers: readonly ViewFollower[]
}

export interface ViewFollower {
  readonly name: AccountName
  readonly label: string | null
  readonly mode: Mode
  readonly isPaused: boolean
  /** Orders on their way, in doubt or resting. */
  readonly open: number
  /** `65 NIFTY29DEC2625000CE INTRADAY` */
  readonly held: readonly string[]
  readonly owed: readonly string[]
}

export interface Size {
  readonly columns: number
  readonly rows: number
}

/** Smaller than this, a region would hide more than it shows. */
export const LEAST: Size = { columns: 60, rows: 14 }

export const fitsView = ({ columns, rows }: Size): boolean =>
  columns >= LEAST.columns && rows >= LEAST.rows

const NAME = 21
const NUMBERS = ['placed', 'failed', 'skipped', 'unknown', 'open'] as const
const NUMBER = 8

/** The region, each line within the columns. Those that want the trader come first. */
export function frameOf(facts: ViewFacts, { columns, rows }: Size): readonly Line[] {
  const most = Math.floor(rows / 2)
  const owed = facts.followers.flatMap((each) =>
    each.owed.map((what): Line => ({ tone: 'alarm', text: `OWED EXIT ${nameOf(each)}  ${what}` })),
  )
  const head: readonly Line[] = [
    { tone: 'plain', text: '─'.repeat(columns) },
    { tone: facts.isHalted ? 'alarm' : 'plain', text: statusOf(facts) },
    ...cutTo(owed, Math.max(1, Math.floor(most / 3))),
    { tone: 'plain', text: columnsOf('follower', [...NUMBERS], 'holds') },
  ]
  const ordered = facts.followers.toSorted((a, b) => urgencyOf(b, facts) - urgencyOf(a, facts))
  const table = ordered.map((each) => followerLine(each, facts.summary.followers[each.name]))
  return [...head, ...cutTo(table, Math.max(1, most - head.length))].map((line) => ({
    ...line,
    text: cut(line.text, columns),
  }))
}

function statusOf({ mode, isDemo, now, summary, isHalted }: ViewFacts): string {
  const success =
    summary.successRate === null ? '' : `  success ${Math.round(summary.successRate * 1000) / 10}%`
  const halted = isHalted ? '  HALTED: nothing is sent' : ''
  const marked = nameMode(mode, isDemo)
  return `${marked} ${formatTime(now)} IST  ${countSignals(summary.signals)}, ${summary.copied} copied${success}${halted}`
}

function followerLine(follower: ViewFollower, counts: Counts | undefined): Line {
  const { placed = 0, failed = 0, skipped = 0, unknown = 0 } = counts ?? {}
  const numbers = [placed, failed, skipped, unknown, follower.open].map(String)
  const marks = [
    ...(follower.isPaused ? ['PAUSED'] : []),
    ...(follower.mode === 'paper' ? ['PAPER'] : []),
    ...(follower.held.length === 0 ? ['nothing'] : [follower.held.join(', ')]),
  ]
  const tone = follower.owed.length > 0 || unknown > 0 ? 'alarm' : 'plain'
  return {
    tone: tone === 'plain' && follower.isPaused ? 'warning' : tone,
    text: columnsOf(nameOf(follower), numbers, marks.join(' ')),
  }
}

const columnsOf = (name: string, numbers: readonly string[], rest: string): string =>
  cut(name, NAME - 1).padEnd(NAME) +
  numbers.map((number) => number.padStart(NUMBER)).join('') +
  `  ${rest}`

function urgencyOf({ name, owed, isPaused }: ViewFollower, { summary }: ViewFacts): number {
  const unknown = summary.followers[name]?.unknown ?? 0
  return owed.length > 0 ? 3 : unknown > 0 ? 2 : isPaused ? 1 : 0
}

function cutTo(lines: readonly Line[], most: number): readonly Line[] {
  if (lines.length <= most) return lines
  const hidden = lines.slice(most - 1)
  const tone = hidden.some((line) => line.tone === 'alarm') ? 'alarm' : 'plain'
  return [...lines.slice(0, most - 1), { tone, text: `… and ${hidden.length} more` }]
}

const cut = (text: string, columns: number): string =>
  text.length <= columns ? text : `${text.slice(0, columns - 1)}…`

/** A line of the scrolling part, broken between words where the window ends. */
export function wrap(text: string, columns: number): readonly string[] {
  if (text.length <= columns || columns < 4 * INDENT.length) return [text]
  const at = text.lastIndexOf(' ', columns)
  const least = text.length - text.trimStart().length + INDENT.length
  const end = at > least ? at : columns
  return [text.slice(0, end).trimEnd(), ...wrap(INDENT + text.slice(end).trimStart(), columns)]
}

const INDENT = '      '

export interface LiveView {
  /** Scrolls these above the region, and draws the region again. */
  print(lines: readonly Line[]): void
  draw(frame: readonly Line[]): void
  /** Takes the region away. */
  clear(): void
}

/** Knows how much of the screen it drew on, and nothing of what the lines say. */
export function createLiveView(options: {
  readonly write: (text: string) => void
  readonly columns: () => number
  readonly paint: (line: Line) => string
}): LiveView {
  const { write, columns, paint } = options
  let shown: readonly Line[] = []

  // A window that became narrower has broken the lines that stand there.
  function erase(): string {
    const width = Math.max(1, columns())
    const height = shown.reduce(
      (rows, { text }) => rows + Math.max(1, Math.ceil(text.length / width)),
      0,
    )
    return height === 0 ? '' : `\u001b[${height}A\r\u001b[0J`
  }

  const textOf = (lines: readonly Line[]): string =>
    lines.map((line) => `${paint(line)}\n`).join('')

  return {
    print(lines) {
      const broken = lines.flatMap((line) =>
        wrap(line.text, columns()).map((text) => ({ ...line, text })),
      )
      write(erase() + textOf(broken) + textOf(shown))
    },
    draw(frame) {
      write(erase() + textOf(frame))
      shown = frame
    },
    clear() {
      if (shown.length > 0) write(erase())
      shown = []
    },
  }
}
