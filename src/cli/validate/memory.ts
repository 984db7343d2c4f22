// The checks of a ledger: whether it is whole, and what stands in it that the trader should know before
// anything is sent: what is held, resting, owed, unknown, paused. It only looks.
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from '../../config/config.ts'
import { assertNever } from '../../domain/assert.ts'
import type { AccountName } from '../../domain/ids.ts'
import type { Lane, Mode } from '../../domain/lane.ts'
import { formatDecimal, type Quantity } from '../../domain/numbers.ts'
import { DAY, dayOf, type Instant } from '../../domain/time.ts'
import type { LedgerView, OpenAttempt } from '../../ports.ts'
import { HALT_FILE } from '../halt.ts'
import { amber, type Finding, green, red } from './finding.ts'

export type LedgerSight =
  | { readonly kind: 'none' }
  /** `faults`: what is derived and does not follow from the facts; null where that was not looked at. */
  | {
      readonly kind: 'usable'
      readonly view: LedgerView
      readonly faults: readonly string[] | null
    }
  /** `isLasting`: it will not mend itself when the engine starts. */
  | { readonly kind: 'unusable'; readonly why: string; readonly isLasting: boolean }

/** Of a morning, or from before a change of the file's form. */
const BACKUP = /^lockstep-(\d{4})-?(\d\d)-?(\d\d)(?:_\d{6}.*)?\.db$/
const BACKUP_OLD_DAYS = 3

/** Of the live ledger: how much would be lost with its disk file. Copies elsewhere can't be seen. */
export function checkBackup(dataDir: string, live: LedgerSight, now: Instant): readonly Finding[] {
  if (live.kind !== 'usable' || live.view.lanes().length === 0) return []
  const folder = join(dataDir, 'backup')
  const days = (existsSync(folder) ? readdirSync(folder) : []).flatMap((file) => {
    const [, year, month, day] = BACKUP.exec(file) ?? []
    return year === undefined ? [] : [`${year}-${month}-${day}`]
  })
  const last = days.toSorted().at(-1)
  const remedy = 'copy the data folder to another machine in the evening, with the engine stopped'
  if (last === undefined) return [amber('backup', 'none in the data folder', remedy)]
  const age = Math.round((Date.parse(dayOf(now)) - Date.parse(last)) / DAY)
  const found = `the newest in the data folder is of ${last}`
  return [age > BACKUP_OLD_DAYS ? amber('backup', found, remedy) : green('backup', found)]
}

export function checkHaltFile(dataDir: string): readonly Finding[] {
  return existsSync(join(dataDir, HALT_FILE))
    ? [
        amber(
          'halt file',
          `${HALT_FILE} in the data folder: nothing is sent, exits included`,
          'remove it when you mean to go on',
        ),
      ]
    : []
}

export function checkLedger(mode: Mode, sight: LedgerSight, config: Config): readonly Finding[] {
  const name = `${mode} ledger`
  switch (sight.kind) {
    case 'none':
      return [green(name, 'none yet')]
    case 'unusable':
      return [
        sight.isLasting
          ? red(name, sight.why, 'without its memory the engine does not start')
          : amber(name, sight.why, 'it mends itself when the engine starts'),
      ]
    case 'usable':
      return [
        checkFacts(name, sight.view, sight.faults),
        ...checkStanding(mode, sight.view, config),
      ]
    default:
      return assertNever(sight)
  }
}

function checkFacts(name: string, view: LedgerView, faults: readonly string[] | null): Finding {
  const { reserve } = view.health()
  const [first] = faults ?? []
  if (first !== undefined)
    return red(
      name,
      `${faults?.length} things in it do not follow from its facts, such as ${first}`,
      'keep the file, put the newest one of the backup folder in its place, and compare positions',
    )
  if (reserve === 'released')
    return amber(name, 'its reserve for a full disk is used up', 'make room, then start the engine')
  return green(
    name,
    faults === null
      ? `engine ${view.engine}, examined; its facts are followed up without --offline`
      : `engine ${view.engine}, whole, and all of it follows from its facts`,
  )
}

function checkStanding(mode: Mode, view: LedgerView, config: Config): readonly Finding[] {
  return [
    checkHeld(mode, view, config),
    checkOwed(mode, view),
    checkOrders(mode, view),
    checkUnknown(mode, view),
    checkSteering(mode, view),
  ]
}

function checkHeld(mode: Mode, view: LedgerView, { accounts }: Config): Finding {
  const name = `${mode} held`
  const held = view.lanes().filter((lane) => lane.held !== 0n)
  const known = new Set<AccountName>(accounts.followers.map((account) => account.name))
  const stranger = held.find(({ follower }) => !known.has(follower))
  if (stranger)
    return red(
      name,
      `${describeHolding(stranger, stranger.held)}, and is not set up any more: its exits can't be copied`,
      `set ${stranger.follower} up again, or close the position and dismiss it`,
    )
  return green(name, held.map((lane) => describeHolding(lane, lane.held)).join('; ') || 'nothing')
}

const describeHolding = ({ follower, instrument, product }: Lane, held: Quantity): string =>
  `${follower} ${formatDecimal(held)} ${instrument} ${product}`

function checkOwed(mode: Mode, view: LedgerView): Finding {
  const owed = view.owed()
  const list = owed.map((each) => describeHolding(each.lane, each.owed)).join('; ')
  return owed.length === 0
    ? green(`${mode} owed`, 'no exit')
    : red(
        `${mode} owed`,
        `an exit is owed: ${list}`,
        'lockstep status shows what can be done: flatten or dismiss it',
      )
}

function checkOrders(mode: Mode, view: LedgerView): Finding {
  const resting = view.openAttempts(null).filter(({ state }) => state.kind === 'working')
  return resting.length === 0
    ? green(`${mode} resting`, 'no order')
    : amber(
        `${mode} resting`,
        listAttempts(resting),
        'they are followed to their end when the engine starts',
      )
}

function checkUnknown(mode: Mode, view: LedgerView): Finding {
  const doubtful = view.openAttempts(null).filter(({ state }) => state.kind !== 'working')
  return doubtful.length === 0
    ? green(`${mode} unknown`, 'no order')
    : amber(
        `${mode} unknown`,
        listAttempts(doubtful),
        "they are looked up by their tags before anything else is sent; compare with the broker's own order book",
      )
}

const listAttempts = (attempts: readonly OpenAttempt[]): string =>
  attempts
    .map(({ attempt: { intent, quantity } }) => {
      const { follower, instrument } = intent.lane
      return `${follower} ${intent.side} ${formatDecimal(quantity)} ${instrument}`
    })
    .join('; ')

function checkSteering(mode: Mode, view: LedgerView): Finding {
  const { halted, everybodyPaused, paused } = view.steering()
  const name = `${mode} steering`
  if (halted) return amber(name, 'halted: nothing is sent, exits included', 'lockstep resume')
  if (everybodyPaused) return amber(name, 'everybody is paused: no entries', 'lockstep resume')
  if (paused.size > 0)
    return amber(name, `paused: ${[...paused].join(', ')}`, 'lockstep resume FOLLOWER')
  return green(name, 'neither halted nor paused')
}
