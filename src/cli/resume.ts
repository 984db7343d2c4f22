// `lockstep resume`: after a pause or a halt. What waited is shown first: exits are netted and sent,
// entries past their age are missed, and nobody should be surprised by either.
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { AccountName } from '../domain/ids.ts'
import { add, NO_QUANTITY, subtract } from '../domain/numbers.ts'
import { endedWithItsDay } from '../domain/order.ts'
import { dayOf, formatDuration } from '../domain/time.ts'
import type { LedgerView } from '../ports.ts'
import { confirm } from './ask.ts'
import { HALT_FILE } from './halt.ts'
import { type AddCommand, exitCodes, Refusal } from './program.ts'
import {
  addReachOptions,
  findFollowerOrAll,
  fullName,
  LedgerOutOfReach,
  type Reach,
  type ReachOptions,
  type Site,
  settingsOf,
  steerAt,
} from './reach.ts'
import { tellEngine } from './steer.ts'
import { laneText, owedName, quantityText } from './words.ts'

interface ResumeOptions extends ReachOptions {
  readonly yes?: true
}

export function addResume(reach: Reach): AddCommand {
  return (program, terminal, end) => {
    addReachOptions(program.command('resume'))
      .description('go on after a pause or a halt; shows first what that would do')
      .argument('[follower]', 'lift the pause of this one only; everybody when left out')
      .option('--yes', 'without asking')
      .addHelpText('after', '\nExample: lockstep resume')
      .action(async (word: string | undefined, options: ResumeOptions) => {
        const resume = steerAt(reach, options, async (site) => {
          const follower = findFollowerOrAll(site, word)
          refuseWhileHalted(site, follower)
          const who = follower === null ? 'everybody' : fullName(site, follower)
          terminal.write(`Resuming ${who} would do this:\n${describe(site, follower)}`)
          if (!(await confirm(reach.person, options.yes === true, `Resume ${who}?`)))
            throw new Refusal('nothing was changed', exitCodes.failed)
          liftHaltFile(site.dataDir)
          const done = `Resumed: ${who}.${pausedStill(site, follower)}`
          const told = await tellEngine(reach, site, { kind: 'resume', follower }, done)
          terminal.write(told.text)
          end(told.exitCode)
        })
        await resume.catch(async (error: unknown) => {
          if (!(error instanceof LedgerOutOfReach)) throw error
          await liftFile(reach, options, error)
          terminal.write(`${error.message}\nThe file ${HALT_FILE} is gone.\n`)
          end(exitCodes.done)
        })
      })
  }
}

/** One follower's resume doesn't lift a halt. */
export function refuseWhileHalted(site: Site<LedgerView>, follower: AccountName | null): void {
  const isHalted = site.ledger.steering().halted || existsSync(join(site.dataDir, HALT_FILE))
  if (follower !== null && isHalted)
    throw new Refusal('everything is halted: lockstep resume', exitCodes.failed)
}

/** Before the word itself: an engine that still finds the file would halt again. */
export function liftHaltFile(dataDir: string): void {
  rmSync(join(dataDir, HALT_FILE), { force: true })
}

/** Without a ledger there is only the file to lift. */
async function liftFile(reach: Reach, options: ResumeOptions, error: LedgerOutOfReach) {
  const haltFile = join(error.dataDir, HALT_FILE)
  if (!existsSync(haltFile)) throw error
  if (!(await confirm(reach.person, options.yes === true, `Remove ${haltFile}?`)))
    throw new Refusal('nothing was changed', exitCodes.failed)
  liftHaltFile(error.dataDir)
}

/** One follower's resume doesn't lift the pause of everybody. */
export const pausedStill = ({ ledger }: Site<LedgerView>, follower: AccountName | null): string =>
  follower !== null && ledger.steering().everybodyPaused
    ? ' Everybody is paused all the same: lockstep resume'
    : ''

/** What resuming would do, a line each. */
export const resumeLines = (
  site: Site<LedgerView>,
  follower: AccountName | null,
): readonly string[] => [
  ...exitsDue(site, follower),
  ...entriesWaiting(site, follower),
  ...(follower === null ? ordersUnseen(site) : []),
]

function describe(site: Site<LedgerView>, follower: AccountName | null): string {
  const lines = resumeLines(site, follower)
  return lines.length === 0
    ? '  nothing waits; what the master does from now on is copied\n'
    : lines.map((line) => `  ${line}\n`).join('')
}

const isMeant = (follower: AccountName | null, name: AccountName): boolean =>
  follower === null || name === follower

function exitsDue({ ledger }: Site<LedgerView>, follower: AccountName | null) {
  return ledger
    .owed()
    .filter(({ lane }) => isMeant(follower, lane.follower))
    .map(
      ({ number, lane, owed, held }) =>
        `exit    ${lane.follower}  close ${quantityText(owed)} of ${quantityText(held)} ${laneText(lane)} (${owedName(number)})`,
    )
}

function entriesWaiting(site: Site<LedgerView>, follower: AccountName | null) {
  return site.ledger
    .unsentIntents(follower)
    .filter(({ role }) => role === 'entry')
    .map(({ lane, side, quantity, signalId }) => {
      const what = `${lane.follower}  ${side} ${quantityText(quantity)} ${laneText(lane)}`
      const filledAt = signalId === null ? null : site.ledger.signal(signalId)?.filledAt
      const maxAgeMs = settingsOf(site, lane.follower)?.maxAgeMs
      if (filledAt == null || maxAgeMs === undefined) return `entry   ${what}: sent if still young`
      const ageMs = Math.max(0, site.now - filledAt)
      return ageMs > maxAgeMs
        ? `missed  ${what}: ${formatDuration(ageMs)} old, more than ${formatDuration(maxAgeMs)}`
        : `entry   ${what}: ${formatDuration(ageMs)} old, sent if its price still holds`
    })
}

/** Filled at the master and not told to anybody yet: decided when the engine goes on. */
function ordersUnseen({ ledger, now }: Site<LedgerView>) {
  const today = dayOf(now)
  return [...ledger.masterOrdersUntold(today), ...ledger.masterOrders(today)]
    .map(({ report, signalled }) => {
      const told = add(add(signalled.baseline, signalled.entry), signalled.exit)
      return { report, rest: subtract(report.filled, told) }
    })
    .filter(({ rest }) => rest > NO_QUANTITY)
    .map(({ report, rest }) => {
      const what = `the master's ${report.side} ${quantityText(rest)} ${laneText(report)}`
      const of = report.day === today ? '' : ` of ${report.day}`
      return endedWithItsDay(report, today)
        ? `skipped ${what}${of}: ended with its day`
        : `decide  ${what}${of}: an exit is copied, an entry only if young`
    })
}
