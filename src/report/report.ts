// The one door of this room: takes what the engine tells and brings it to the console, the session's log
// and its record. It must never throw into the engine and never slow it: `tell` only puts the event in a
// queue, everything else happens in turns of its own, and whatever fails there costs a line, not an order.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { AccountName } from '../domain/ids.ts'
import type { Mode } from '../domain/lane.ts'
import { formatStamp } from '../domain/time.ts'
import type { Clock, EngineEvent, Instruments, LedgerView } from '../ports.ts'
import { type BannerFacts, bannerLines } from './banner.ts'
import { createConsole, type ToldFollower } from './console.ts'
import { type Line, markLine, type Tone } from './lines.ts'

export interface Output {
  readonly write: (text: string) => void
  readonly isTTY: boolean
  /** Asked anew for every redraw: a window changes its size. */
  readonly columns: () => number
  readonly rows: () => number
  /** False with NO_COLOR. */
  readonly color: boolean
}

export interface ReportParts {
  readonly clock: Clock
  readonly ledger: LedgerView
  /** For the ticks in which slippage is counted; null where there is no instrument master. */
  readonly instruments: () => Instruments | null
  readonly out: Output
  readonly logDir: string
  readonly mode: Mode
  readonly master: { readonly name: AccountName; readonly label: string | null }
  readonly followers: readonly ToldFollower[]
}

export interface Report {
  readonly files: { readonly log: string; readonly record: string }
  banner(facts: Omit<BannerFacts, 'files'>): void
  tell(event: EngineEvent): void
  /** A line of the command itself: progress of logins, what stays open at the end. */
  say(text: string, tone?: Tone): void
  /** Tells what is still queued, completes and closes the files. Never rejects. */
  end(): Promise<void>
}

/** Events waiting to be told. Beyond it they are counted instead: the ledger has all of them. */
const MOST_QUEUED = 10_000

export function createReport(parts: ReportParts): Report {
  const { clock, ledger, out, logDir, mode, master, followers } = parts
  const stamp = formatStamp(clock.now())
  const files = {
    log: join(logDir, `session-${stamp}.jsonl`),
    record: join(logDir, `copy_trading_${stamp}.json`),
  }
  const console_ = createConsole({ ledger, mode, master, followers })
  let queue: EngineEvent[] = []
  let dropped = 0
  let isScheduled = false
  makeFolder(logDir)

  function work(): void {
    isScheduled = false
    const events = queue
    const lost = dropped
    queue = []
    dropped = 0
    for (const event of events) guarded(() => print(console_.linesOf(event, clock.now())))
    if (lost > 0)
      print([{ tone: 'warning', text: `${lost} events were not told: too many at once` }])
  }

  function guarded(act: () => void): void {
    try {
      act()
    } catch (error) {
      // The engine goes on: what could not be told stands in the ledger.
      const why = error instanceof Error ? error.message : String(error)
      attempt(() => print([{ tone: 'warning', text: `a line could not be told: ${why}` }]))
    }
  }

  function print(lines: readonly Line[]): void {
    if (lines.length > 0) out.write(lines.map((line) => `${painted(line, out.color)}\n`).join(''))
  }

  return {
    files,
    banner: (facts) => guarded(() => print(bannerLines({ ...facts, files }))),
    tell(event) {
      if (queue.length < MOST_QUEUED) queue.push(event)
      else dropped += 1
      if (isScheduled) return
      isScheduled = true
      setImmediate(work)
    },
    say: (text, tone = 'plain') => guarded(() => print([markLine(mode, { tone, text })])),
    end() {
      work()
      return Promise.resolve()
    },
  }
}

/** Without the folder nothing is written, and the copier runs all the same. */
function makeFolder(path: string): void {
  attempt(() => mkdirSync(path, { recursive: true, mode: 0o700 }))
}

function attempt(act: () => void): void {
  try {
    act()
  } catch {
    // Nothing is left to tell it with.
  }
}

const COLORS: Readonly<Record<Tone, string>> = {
  plain: '',
  good: '\u001b[32m',
  warning: '\u001b[33m',
  alarm: '\u001b[1;31m',
}

const painted = ({ tone, text }: Line, color: boolean): string =>
  color && COLORS[tone] !== '' ? `${COLORS[tone]}${text}\u001b[0m` : text
