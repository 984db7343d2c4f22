// The one door of this room: takes what the engine tells and brings it to the console, the session's log
// and its record. It must never throw into the engine and never slow it: `tell` only puts the event in a
// queue, everything else happens in turns of its own, and whatever fails there costs a line, not an order.
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Alert } from '../domain/alert.ts'
import type { AccountName } from '../domain/ids.ts'
import type { Mode } from '../domain/lane.ts'
import { atTimeOfDay, dayOf, formatStamp, type Instant, nextDay } from '../domain/time.ts'
import type { Clock, EngineEvent, Instruments, LedgerView } from '../ports.ts'
import { type BannerFacts, bannerLines } from './banner.ts'
import { createConsole, type ToldFollower } from './console.ts'
import { cleanText } from './free-text.ts'
import { type Line, markLine, type ToldLine, type Tone } from './lines.ts'
import { createLiveView, fitsView, frameOf, type ViewFacts } from './live-view.ts'
import { createSessionLog } from './session-log.ts'
import { createSessionRecorder, describeHeld, type SessionRecorder } from './session-record.ts'
import { summarize } from './summary.ts'
import { digestOf } from './summary-text.ts'

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
  /** What is also told to a trader who does not sit here. Must not throw, and not wait. */
  readonly onAlert: (alert: Omit<Alert, 'at'>) => void
}

export interface Report {
  /** The record's name changes with the day. */
  readonly files: { readonly log: string; readonly record: string }
  banner(facts: Omit<BannerFacts, 'files'>): void
  tell(event: EngineEvent): void
  /** A line of the command itself: progress of logins, what stays open at the end. */
  say(text: string, tone?: Tone): void
  /** What the session came to until now, in a few lines. */
  summary(): string
  /** To the terminal and not to the log: what must not be kept. */
  tellOnly(text: string): void
  /** Keeps the terminal still while a question stands there; what it gives back lets it go on. */
  hold(): () => void
  /** Tells what is still queued, completes and closes the files. Never rejects. */
  end(): Promise<void>
}

/** Events waiting to be told. Beyond it they are counted instead: the ledger has all of them. */
const MOST_QUEUED = 10_000

/** A signal that comes meanwhile waits no longer than this. */
const TELL_FOR_MS = 2
/** A disk that hangs must not keep the program from ending. */
const END_WITHIN_MS = 5000
/** Lines kept while a question stands. */
const MOST_WITHHELD = 1000
const VIEW_EVERY_MS = 1000
/** The record is replaced this often at most, and written a twentieth of the time, however large it is. */
const RECORD_EVERY_MS = 1000
const RECORD_SHARE = 20
/** A machine that has much else to do makes one write long: the record is replaced this often all the same. */
const RECORD_AT_LATEST_MS = 30_000

/** Until the next write of the record, by what the last one took. */
export const recordWaitMs = (tookMs: number): number =>
  Math.min(RECORD_AT_LATEST_MS, Math.max(RECORD_EVERY_MS, tookMs * RECORD_SHARE))

export function createReport(parts: ReportParts): Report {
  const { clock, ledger, out, logDir, mode, master, followers, instruments } = parts
  const startedAt = clock.now()
  const session = formatStamp(startedAt)
  const files = {
    log: join(logDir, `session-${session}.jsonl`),
    record: join(logDir, `copy_trading_${session}.json`),
  }
  let pageEndsAt = midnightAfter(startedAt)
  // Said by the banner, which comes before anything is copied.
  let isDemo = false
  const troubleWith = (what: string) => (why: string) =>
    say(`${what} cannot be written, the copier runs on: ${why}`, 'alarm')
  const console_ = createConsole({ ledger, mode, master, followers })
  const log = createSessionLog({
    path: files.log,
    session,
    mode,
    onTrouble: troubleWith('the log'),
  })
  let recorder = beginRecord(startedAt)
  const ended: Promise<void>[] = []
  const queue: Told[] = []
  let dropped = 0
  let isScheduled = false
  let timer: NodeJS.Timeout | null = null
  let hasNews = false
  let isEnded = false
  const paint = (line: Line): string => painted(line, out.color)
  const view = out.isTTY ? createLiveView({ write: out.write, columns: out.columns, paint }) : null
  let shownFacts: ViewFacts | null = null
  let isViewOld = true
  let isHeld = false
  let withheld: readonly Line[] = []
  // The clock of the view goes on by itself; nothing is asked of the ledger while nothing is told.
  const ticking = view === null ? null : setInterval(() => guarded(redraw), VIEW_EVERY_MS).unref()

  function beginRecord(at: Instant): SessionRecorder {
    return createSessionRecorder({
      path: files.record,
      session: formatStamp(at),
      mode,
      isDemo: () => isDemo,
      startedAt: at,
      ledger,
      instruments,
      master,
      followers,
      onTrouble: troubleWith('the session record'),
    })
  }

  /** A run that lasts for days has a record for each, or the file would grow without end. */
  function turnPage(at: Instant): void {
    if (at < pageEndsAt) return
    pageEndsAt = midnightAfter(at)
    ended.push(recorder.end(at))
    files.record = join(logDir, `copy_trading_${formatStamp(at)}.json`)
    recorder = beginRecord(at)
  }

  /** One write after news, and one at a time; a large record takes only a share of the time. */
  function keepRecord(afterMs: number): void {
    if (timer !== null || isEnded) return
    timer = setTimeout(() => void writeRecord(), afterMs).unref()
  }

  async function writeRecord(): Promise<void> {
    hasNews = false
    const began = clock.monotonicMs()
    const isCurrent = await recorder.write()
    const tookMs = clock.monotonicMs() - began
    timer = null
    if (!isCurrent || hasNews) keepRecord(recordWaitMs(tookMs))
  }

  /** Tells what waits, for a short while at a time: the engine's own work goes between. */
  function work(forMs: number): void {
    const until = performance.now() + forMs
    while (queue.length > 0 && performance.now() < until) {
      const [{ event, at }] = queue.splice(0, 1) as [Told]
      guarded(() => log.tell(event, at))
      guarded(() => tellLines(console_.linesOf(event, at)))
    }
    const lost = dropped
    dropped = 0
    if (lost > 0) say(`${lost} events were not told: too many at once`, 'warning')
    if (queue.length > 0) schedule()
  }

  function tellLines(lines: readonly ToldLine[]): void {
    print(lines)
    for (const { alert } of lines) if (alert !== undefined) parts.onAlert(alert)
  }

  function schedule(): void {
    if (isScheduled) return
    isScheduled = true
    setImmediate(() => {
      isScheduled = false
      work(TELL_FOR_MS)
    })
  }

  function say(text: string, tone: Tone = 'plain'): void {
    guarded(() => print([markLine(mode, { tone, text })]))
    guarded(() => log.note('said', { text, tone }, clock.now()))
  }

  const tellOnly = (text: string): void =>
    guarded(() => print([markLine(mode, { tone: 'plain', text })]))

  /** The engine goes on: what could not be told stands in the ledger. */
  function guarded(act: () => void): void {
    try {
      act()
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      attempt(() => log.note('report.failed', { why: cleanText(why) }, clock.now()))
    }
  }

  async function completeFiles(): Promise<void> {
    const at = clock.now()
    await Promise.all([...ended, recorder.end(at)])
    guarded(() => log.note('session.ended', {}, at))
    await log.close()
  }

  // --- the terminal

  function print(lines: readonly Line[]): void {
    if (lines.length === 0) return
    if (isHeld) withheld = [...withheld, ...lines].slice(-MOST_WITHHELD)
    else if (view !== null) view.print(lines)
    else out.write(lines.map((line) => `${paint(line)}\n`).join(''))
  }

  function redraw(): void {
    if (view === null || isHeld || isEnded) return
    const size = { columns: out.columns(), rows: out.rows() }
    if (!fitsView(size)) {
      view.clear()
      return
    }
    if (shownFacts === null || isViewOld) shownFacts = viewFacts()
    isViewOld = false
    view.draw(frameOf({ ...shownFacts, now: clock.now() }, size))
  }

  function viewFacts(): ViewFacts {
    const steering = ledger.steering()
    const open = Map.groupBy(
      ledger.openAttempts(null),
      ({ attempt }) => attempt.intent.lane.follower,
    )
    const { summary, session: now } = recorder.record()
    const state = new Map(now.followers.map((each) => [each.name, each]))
    return {
      mode,
      isDemo,
      now: clock.now(),
      summary,
      isHalted: steering.halted,
      followers: followers.map(({ name, label, mode: own }) => ({
        name,
        label,
        mode: own,
        isPaused: steering.everybodyPaused || steering.paused.has(name),
        open: open.get(name)?.length ?? 0,
        held: (state.get(name)?.held ?? []).map(describeHeld),
        owed: (state.get(name)?.owed ?? []).map(describeHeld),
      })),
    }
  }

  keepRecord(0)
  log.note(
    'session.started',
    { master: master.name, followers: followers.map(({ name }) => name) },
    startedAt,
  )
  return {
    files,
    say,
    tellOnly,
    banner(facts) {
      isDemo = facts.isDemo
      guarded(() => {
        const lines = bannerLines({ ...facts, files })
        for (const { text } of lines) log.note('banner', { text }, facts.at)
        print(lines)
      })
    },
    tell(event) {
      const at = clock.now()
      guarded(() => turnPage(at))
      guarded(() => recorder.note(event, at))
      hasNews = true
      isViewOld = true
      keepRecord(RECORD_EVERY_MS)
      if (queue.length < MOST_QUEUED) queue.push({ event, at })
      else dropped += 1
      schedule()
    },
    summary: () => digestOf(summarize([recorder.record()])),
    hold() {
      guarded(() => view?.clear())
      isHeld = true
      return () => {
        isHeld = false
        const lines = withheld
        withheld = []
        guarded(() => print(lines))
        guarded(redraw)
      }
    },
    async end() {
      work(END_WITHIN_MS)
      isEnded = true
      if (ticking !== null) clearInterval(ticking)
      guarded(() => view?.clear())
      if (timer !== null) clearTimeout(timer)
      const deadline = pause(END_WITHIN_MS, undefined, { ref: false })
      await Promise.race([completeFiles(), deadline])
    },
  }
}

const midnightAfter = (at: Instant): Instant => atTimeOfDay(nextDay(dayOf(at)), 0)

interface Told {
  readonly event: EngineEvent
  readonly at: Instant
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
