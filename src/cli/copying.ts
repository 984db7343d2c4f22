// A session of copying, from the logins to the goodbye, for whoever starts one: `run` and `demo`. What it
// may be refused for once the accounts are there is refused here, before anything is copied; which settings
// and which mode it has is settled before it.
import type { AlertKind } from '../domain/alert.ts'
import { CALENDAR_TABLE } from '../domain/calendar-data.ts'
import { MASTER } from '../domain/ids.ts'
import type { Lane } from '../domain/lane.ts'
import { formatDecimal, type Quantity } from '../domain/numbers.ts'
import { formatDuration, SECOND } from '../domain/time.ts'
import { createAlertWatch } from '../report/alert-watch.ts'
import type { Alerts } from '../report/alerts.ts'
import { nameOf, symbolOf } from '../report/lines.ts'
import type { Report } from '../report/report.ts'
import type { Person } from './ask.ts'
import { askSignals } from './ask-signals.ts'
import type { Copier, Member } from './copier.ts'
import { gatherFacts } from './facts.ts'
import { type ExitCode, exitCodes, Refusal } from './program.ts'

/** A login may have to wait for the next code, which is never further away than this. */
const LOGIN_WAIT_MS = 65 * SECOND
/** Beyond it ages are wrong: prices, codes and the age of an entry all hang on the time. */
const LARGEST_LIVE_SKEW_MS = 2 * SECOND

export interface Start {
  readonly report: Report
  /** Whoever doesn't sit here is told by them; null: nobody is. */
  readonly alerts: Alerts | null
  readonly version: string
  /** The followers that take entries in this run; null: all that may. */
  readonly only: readonly string[] | null
  /** Nothing of it is real. */
  readonly isDemo: boolean
  /** Asked when all is shown and nothing is copied yet. */
  readonly mayGo: () => Promise<boolean>
  /** Who is asked about a signal that waits for a yes; null: nobody sits here. */
  readonly person: Person | null
  /** Where the page is served; null while it is not. */
  readonly page: () => string | null
  readonly signal: AbortSignal
}

/** From the logins to the goodbye. Throws a Refusal where it can't go on. */
export async function copy(copier: Copier, start: Start): Promise<ExitCode> {
  const { report, alerts } = start
  const tell = (kind: AlertKind, text: string) => alerts?.raise({ kind, account: null, text })
  try {
    if (!(await prepare(copier, start))) {
      report.say('Stopped before anything was copied.')
      return exitCodes.done
    }
    tell(
      'started',
      `STARTED, ${copier.members.length - 1} followers. ${whatStands(copier).join('\n')}`,
    )
    await runBesides(copier, start)
    const rest = describeRest(copier)
    for (const line of rest) report.say(line)
    tell('stopped', rest.join('\n'))
    tell('summary', report.summary())
    return exitCodes.done
  } catch (error) {
    tell(
      'stopped',
      `NOT COPYING: ${error instanceof Refusal ? error.message : 'the program failed'}`,
    )
    throw error
  } finally {
    await report.end()
    await alerts?.end()
  }
}

/** Who is asked and who is told run beside the copying, and end with it, whichever way it ends. */
async function runBesides(copier: Copier, start: Start): Promise<void> {
  const { report, person, alerts, signal } = start
  const isOver = new AbortController()
  const until = AbortSignal.any([signal, isOver.signal])
  const { clock, ledger, config } = copier
  const asksAnybody = config.followers.some(({ confirm }) => confirm !== 'off')
  const watch = createAlertWatch({
    ledger,
    calendar: { table: CALENDAR_TABLE, overrides: config.calendar },
    master: MASTER,
    summary: report.summary,
  })
  const besides = Promise.all([
    person !== null && asksAnybody ? askSignals({ clock, ledger, person, report }, until) : null,
    alerts?.run(watch, until),
  ])
  // It is awaited when the copying is over: a ledger that fails under it has ended that too.
  besides.catch(() => undefined)
  try {
    await copier.run(signal, report.tell)
  } finally {
    isOver.abort()
    await besides
  }
}

/** Whether to go on: false once it is told to stop. */
async function prepare(copier: Copier, start: Start): Promise<boolean> {
  const { report, mayGo, signal } = start
  report.say(`logging in ${copier.members.length} accounts`)
  if ((await within(logInAll(copier, report, signal), signal)) === STOPPED) return false
  judgeClock(copier, report)
  const day = await within(copier.prepareDay(), signal)
  if (day === STOPPED) return false
  if (day.kind === 'impossible')
    throw new Refusal(`no instruments, so nothing can be copied: ${day.why}`, exitCodes.failed)
  for (const warning of day.warnings) report.say(warning, 'warning')
  const facts = await within(gatherFacts(copier, start), signal)
  if (facts === STOPPED) return false
  report.banner(facts)
  const release = report.hold()
  try {
    return await mayGo()
  } finally {
    release()
  }
}

const STOPPED = Symbol('stopped')

/** The work's answer, or STOPPED as soon as the signal aborts. */
export function within<T>(work: Promise<T>, signal: AbortSignal): Promise<T | typeof STOPPED> {
  const stopped = new Promise<typeof STOPPED>((resolve) => {
    if (signal.aborted) resolve(STOPPED)
    signal.addEventListener('abort', () => resolve(STOPPED), { once: true })
  })
  return Promise.race([work, stopped])
}

// --- logging in ----------------------------------------------------------------------------------

async function logInAll(copier: Copier, report: Report, signal: AbortSignal): Promise<void> {
  const begun = copier.clock.monotonicMs()
  const width = Math.max(...copier.members.map(({ account }) => nameOf(account).length))
  const ends = copier.members.map(async (member) => {
    const state = await member.logIn(LOGIN_WAIT_MS)
    if (signal.aborted) return { member, state }
    const tookMs = copier.clock.monotonicMs() - begun
    const what =
      state.kind === 'open' ? `logged in, ${formatDuration(tookMs)}` : `NOT logged in: ${state.why}`
    const tone = state.kind === 'open' ? 'plain' : 'alarm'
    report.say(`  ${nameOf(member.account).padEnd(width)}  ${what}`, tone)
    if (state.kind === 'stopped') report.say(`  ${''.padEnd(width)}  ${state.remedy}`, 'alarm')
    const doubt = state.kind === 'open' ? member.verification.doubt() : null
    if (doubt !== null)
      report.say(`  ${''.padEnd(width)}  NOT VERIFIED: ${doubt.why}; ${doubt.remedy}`, 'alarm')
    return { member, state }
  })
  for (const { member, state } of await Promise.all(ends)) {
    if (member.settings !== null) continue
    refuseUnverified(copier, member)
    if (state.kind === 'open') continue
    const what = `the master can't log in (${state.why}), so nothing can be copied`
    throw state.kind === 'stopped' ? new Refusal(what) : new Refusal(what, exitCodes.failed)
  }
}

/** Of a follower it stops that follower; whose orders are copied must be certain. */
function refuseUnverified({ mode }: Copier, { stopped, verification }: Member): void {
  const doubt = verification.doubt()
  if (mode === 'live' && doubt !== null && stopped() === doubt.why)
    throw new Refusal(`the master can't be copied: ${doubt.why}; ${doubt.remedy}`)
}

function judgeClock(copier: Copier, report: Report): void {
  const skew = copier.skewMs() ?? 0
  if (Math.abs(skew) <= LARGEST_LIVE_SKEW_MS) return
  const what = `this machine's clock is ${formatDuration(Math.abs(skew))} ${skew > 0 ? 'behind' : 'ahead of'} the broker's`
  if (copier.mode === 'live')
    throw new Refusal(
      `${what}; at most ${formatDuration(LARGEST_LIVE_SKEW_MS)} is allowed. Set it by NTP, then start again.`,
    )
  report.say(`${what}; a live start would be refused`, 'warning')
}

// --- what is left on record and on screen --------------------------------------------------------

const heldBy = ({ ledger, members }: Copier): readonly string[] =>
  members.flatMap(({ account, mode }) =>
    ledger
      .lanes()
      .filter((lane) => lane.follower === account.name && lane.mode === mode && lane.held !== 0n)
      .map(describeHeld),
  )

function describeRest(copier: Copier): readonly string[] {
  const { ledger } = copier
  const held = heldBy(copier)
  const unsettled = ledger.openAttempts(null).length
  return [
    'Stopped.',
    ...held.map((what) => `${what}; exits will not be copied while Lockstep is stopped`),
    ...(unsettled === 0
      ? []
      : [`Orders that are not final: ${unsettled}. The next start looks them up first.`]),
    ...(held.length + unsettled === 0 ? [NOTHING_STANDS] : []),
  ]
}

const NOTHING_STANDS = 'Nothing is held, nothing is open.'

function whatStands(copier: Copier): readonly string[] {
  const held = heldBy(copier)
  return held.length === 0 ? [NOTHING_STANDS] : held
}

/** `FOLLOWER_1 holds 65 NIFTY29DEC2625000CE INTRADAY` */
export const describeHeld = (lane: Lane & { readonly held: Quantity }): string =>
  `${lane.follower} holds ${formatDecimal(lane.held)} ${symbolOf(lane.instrument)} ${lane.product}`
