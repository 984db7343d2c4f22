// `lockstep status`: how things stand now, what wants the trader's hand first, each with the command that
// puts it right. It only looks; while it follows, it looks once a second.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { filledOf } from '../domain/attempt.ts'
import type { AccountName } from '../domain/ids.ts'
import { isShortOf, type Mode } from '../domain/lane.ts'
import { NO_QUANTITY, subtract } from '../domain/numbers.ts'
import { isUnansweredExit } from '../domain/steering.ts'
import {
  dayOf,
  formatDuration,
  formatInstant,
  formatTime,
  type Instant,
  instant,
  SECOND,
} from '../domain/time.ts'
import type { Windows } from '../domain/windows.ts'
import type {
  Drift,
  KeptHolding,
  LedgerView,
  OpenAttempt,
  OpenQuestion,
  OwedExit,
} from '../ports.ts'
import { cleanText } from '../report/free-text.ts'
import { describeHealth, type Health, healthOf, healthToJson } from './health.ts'
import { type AddCommand, exitCodes } from './program.ts'
import {
  addReachOptions,
  describeSite,
  fullName,
  look,
  type Reach,
  type ReachOptions,
  type Site,
  settingsOf,
  sinceText,
} from './reach.ts'
import { formatTable } from './table.ts'
import {
  askedPriceText,
  askedText,
  laneText,
  owedName,
  priceSince,
  priceText,
  quantityText,
  unknownName,
} from './words.ts'

interface StatusOptions extends ReachOptions {
  readonly follow?: true
  readonly json?: true
}

export function addStatus(reach: Reach): AddCommand {
  return (program, terminal, end) => {
    addReachOptions(program.command('status'))
      .description('how everything stands now, and what wants your hand')
      .option('--follow', 'look again every second, until Ctrl-C')
      .option('--json', 'the same for programs')
      .addHelpText('after', '\nExample: lockstep status --follow')
      .action(async (options: StatusOptions) => {
        const tell = () =>
          look(reach, options, (site) => {
            const status = statusOf(site, reach.windows)
            return options.json ? `${JSON.stringify(toJson(status))}\n` : describe(status, site)
          })
        if (options.follow) await follow(reach, tell, terminal.write)
        else terminal.write(await tell())
        end(exitCodes.done)
      })
  }
}

const CLEAR = '\u001b[H\u001b[2J'

/** In a terminal the page stays in its place; elsewhere it is told again when it has changed. */
async function follow(
  { clock, person, untilInterrupted }: Reach,
  tell: () => Promise<string>,
  write: (text: string) => void,
): Promise<void> {
  let last = ''
  await untilInterrupted(async (signal) => {
    while (!signal.aborted) {
      const text = await tell()
      if (person.isThere) write(`${CLEAR}${text}`)
      else if (text !== last) write(text)
      last = text
      await clock.sleep(SECOND, signal)
    }
  })
}

// --- what there is to tell ---------------------------------------------------------------------

type FollowerState =
  | 'copying'
  | 'stopped'
  | 'paused'
  | 'pausedAfterRejections'
  | 'disabled'
  | 'halted'

interface FollowerStatus {
  readonly name: AccountName
  readonly label: string | null
  readonly mode: Mode
  readonly state: FollowerState
  /** Positions. */
  readonly held: number
  /** Orders. */
  readonly inFlight: number
  readonly unknown: number
  readonly owed: number
  readonly drift: number
  /** Of each window. */
  readonly writesLeft: readonly number[]
  /** When its last order of today was sent that the broker took. */
  readonly lastCopyAt: string | null
}

interface Status {
  readonly mode: Mode
  readonly at: string
  readonly engine: Site<LedgerView>['engine']
  readonly halted: boolean
  readonly haltFile: boolean
  readonly everybodyPaused: boolean
  readonly settingsAreWrong: boolean
  readonly masterOrders: number
  readonly signals: number
  readonly owed: readonly OwedExit[]
  readonly kept: readonly KeptHolding[]
  readonly unknown: readonly OpenAttempt[]
  readonly drift: readonly Drift[]
  readonly questions: readonly OpenQuestion[]
  readonly commandsWaiting: number
  readonly health: Health
  readonly followers: readonly FollowerStatus[]
}

function statusOf(site: Site<LedgerView>, windows: Windows): Status {
  const { ledger, now } = site
  const day = dayOf(now)
  const steering = ledger.steering()
  const open = ledger.openAttempts(null)
  const status = {
    mode: site.mode,
    at: formatInstant(now),
    engine: site.engine,
    halted: steering.halted,
    haltFile: existsSync(join(site.dataDir, 'HALT')),
    everybodyPaused: steering.everybodyPaused,
    settingsAreWrong: site.config === null,
    masterOrders: ledger.masterOrders(day).length,
    signals: ledger.signals(day).length,
    owed: ledger.owed(),
    kept: ledger.kept(day),
    unknown: open.filter(({ state }) => state.kind === 'unknown'),
    // Held beyond what is wanted is an exit on its way, or owed, and told as that.
    drift: ledger.drift().filter(isShownOtherwise),
    questions: ledger.undecided(),
    commandsWaiting: ledger.openSteering().length,
    health: healthOf(site),
  }
  const of = <T>(rows: readonly T[], owner: (row: T) => AccountName, name: AccountName) =>
    rows.filter((row) => owner(row) === name).length
  const ownerOf = ({ attempt }: OpenAttempt) => attempt.intent.lane.follower
  const lanes = ledger.lanes()
  const followers = site.followers.map((name): FollowerStatus => {
    const settings = settingsOf(site, name)
    const sent = ledger.attemptsOfDay(name, day).filter(({ state }) => isTaken(state.kind))
    const last = sent.at(-1)
    return {
      name,
      label: settings?.label ?? null,
      mode: site.mode === 'paper' ? 'paper' : (settings?.mode ?? 'live'),
      state: status.haltFile ? 'halted' : stateOf(site, name, status.health),
      held: lanes.filter(({ follower, held }) => follower === name && held !== 0n).length,
      inFlight: of(open, ownerOf, name) - of(status.unknown, ownerOf, name),
      unknown: of(status.unknown, ownerOf, name),
      owed: of(status.owed, ({ lane }) => lane.follower, name),
      drift: of(status.drift, ({ lane }) => lane.follower, name),
      writesLeft: windows.map(({ lengthMs, most }) =>
        Math.max(0, most - ledger.writes(name, instant(now - lengthMs)).length),
      ),
      lastCopyAt: last === undefined ? null : formatTime(last.attempt.at),
    }
  })
  return { ...status, followers }
}

const isTaken = (kind: OpenAttempt['state']['kind']): boolean =>
  kind === 'working' || kind === 'done'

/** Less than is held: more may be the follower's own. */
export const isShownOtherwise = ({ held, shown }: Drift): boolean =>
  shown !== null && isShortOf(held, shown)

export function stateOf(site: Site<LedgerView>, name: AccountName, health: Health): FollowerState {
  const { ledger, now } = site
  const settings = settingsOf(site, name)
  const { halted, everybodyPaused, paused } = ledger.steering()
  if (halted) return 'halted'
  if (health.ailments.get(name)?.some(({ kind }) => kind === 'stopped')) return 'stopped'
  if (everybodyPaused || paused.has(name)) return 'paused'
  if (settings?.enabled === false) return 'disabled'
  const limit = settings?.limits.pauseAfterRejections ?? null
  const { rejectionsInARow } = ledger.followerDay(name, dayOf(now))
  return limit !== null && rejectionsInARow >= limit ? 'pausedAfterRejections' : 'copying'
}

// --- for people --------------------------------------------------------------------------------

function describe(status: Status, site: Site<LedgerView>): string {
  const paragraphs = [
    [
      describeSite(site),
      `${formatInstant(site.now).slice(0, 10)} ${formatTime(site.now)} IST, master: ` +
        `${status.masterOrders} orders today, ${status.signals} signals`,
      ...standing(status),
      ...describeHealth(status.health, site),
    ],
    ...status.owed.map((owed) => describeOwed(owed, site)),
    ...status.unknown.map((attempt) => describeUnknown(attempt, site)),
    ...status.questions.map((question) =>
      describeQuestion(question, status.health.prices, site.now),
    ),
    ...status.kept.map((kept) => describeKept(kept, site)),
    ...status.drift.map((drift) => describeDrift(drift, site)),
  ]
  const text = paragraphs.map((lines) => lines.map((line) => `${line}\n`).join('')).join('')
  return `${text}\n${describeFollowers(status, site)}`
}

function standing(status: Status): readonly string[] {
  const lines: string[] = []
  if (status.settingsAreWrong)
    lines.push('SETTINGS WRONG: shown without them; what is wrong: lockstep validate --offline')
  if (status.haltFile)
    lines.push('HALTED by the file HALT in the data folder. To go on: lockstep resume')
  if (status.halted) lines.push('HALTED: nothing is sent, exits neither. To go on: lockstep resume')
  if (status.everybodyPaused)
    lines.push('PAUSED: no entries for anybody, exits run. To go on: lockstep resume')
  const held = status.followers.reduce((total, each) => total + each.held, 0)
  if (status.engine === null && held > 0)
    lines.push(`NOT COPYING: ${held} positions are held, and exits are not copied until it runs`)
  if (status.commandsWaiting > 0 && status.engine === null)
    lines.push(`${status.commandsWaiting} commands wait for the engine to start`)
  return lines
}

function describeOwed({ number, lane, held, wanted, owed }: OwedExit, site: Site<LedgerView>) {
  const what = `${quantityText(owed)} ${laneText(lane)}`
  return [
    `OWED ${owedName(number)}  ${fullName(site, lane.follower)}  ${what}: holds ${quantityText(held)}, wants ${quantityText(wanted)}`,
    `    close it now: lockstep flatten ${lane.follower}`,
    `    you closed it yourself: lockstep dismiss ${owedName(number)}`,
  ]
}

function describeUnknown({ attempt, state }: OpenAttempt, site: Site<LedgerView>) {
  const { id, intent, quantity, at, tag } = attempt
  const order = `${intent.side} ${quantityText(quantity)} ${laneText(intent.lane)}`
  const age = formatDuration(Math.max(0, site.now - at))
  return [
    `UNKNOWN ${unknownName(id)}  ${fullName(site, intent.lane.follower)}  ${order}, sent ${sinceText(at, site.now)} (${age} ago)`,
    `    ${state.kind === 'unknown' ? cleanText(state.evidence) : ''}`.trimEnd(),
    `    looked up by its tag ${tag}; if it stays so, look in the broker's order book:`,
    `    it isn't there: lockstep resolve ${unknownName(id)} --absent`,
    `    it is there:    lockstep resolve ${unknownName(id)} --order ITS_ORDER_ID`,
  ].filter((line) => line !== '')
}

function describeQuestion(question: OpenQuestion, prices: Health['prices'], now: Instant) {
  const { id, side, product, symbol } = question.signal
  const isOwed = isUnansweredExit(question.signal, now)
  return [
    `${isOwed ? 'OWED, ASKED' : 'ASKED'}  #${id} ${side} ${askedText(question)} ${symbol} ${product}${askedPriceText(question.signal, prices)}: ${question.followers.join(', ')}`,
    ...(isOwed
      ? ['    the master has left; nobody has answered, so what they hold stays open']
      : []),
    `    lockstep approve ${id}  or  lockstep reject ${id}`,
  ]
}

function describeKept({ lane, quantity, signal }: KeptHolding, site: Site<LedgerView>) {
  return [
    `KEPT  ${fullName(site, lane.follower)}  ${quantityText(quantity)} ${laneText(lane)}: by your no to the exit #${signal}; no exit closes it`,
    `    close it: lockstep flatten ${lane.follower}`,
  ]
}

function describeDrift({ lane, held, shown, shownAt }: Drift, site: Site<LedgerView>) {
  const since = shownAt === null ? '' : ` since ${sinceText(shownAt, site.now)}`
  return [
    `DRIFT  ${fullName(site, lane.follower)}  ${laneText(lane)}: holds ${quantityText(held)}, the broker shows ${quantityText(shown ?? NO_QUANTITY)}${since}`,
    '    closed elsewhere? An exit sells no more than the broker shows; nothing is bought back',
  ]
}

function describeFollowers({ followers }: Status, site: Site<LedgerView>): string {
  if (followers.length === 0) return 'no follower is set up: lockstep accounts add\n'
  return formatTable(
    [
      { head: 'follower', align: 'left' },
      { head: 'state', align: 'left' },
      { head: 'held', align: 'right' },
      { head: 'in flight', align: 'right' },
      { head: 'unknown', align: 'right' },
      { head: 'owed', align: 'right' },
      { head: 'drift', align: 'right' },
      { head: 'writes left', align: 'right' },
      { head: 'last order', align: 'right' },
    ],
    followers.map((each) => [
      fullName(site, each.name),
      each.mode === site.mode ? each.state : `${each.state}, ${each.mode}`,
      ...[each.held, each.inFlight, each.unknown, each.owed, each.drift].map(String),
      each.writesLeft.join('/'),
      each.lastCopyAt ?? '-',
    ]),
  )
}

// --- for programs ------------------------------------------------------------------------------

function pricedNow(signal: OpenQuestion['signal'], prices: Health['prices']): string | null {
  const now = priceSince(prices.get(signal.instrument), signal.seenAt)
  return now === null ? null : priceText(now)
}

/** Amounts as exact text. */
function toJson({ health, ...status }: Status) {
  return {
    ...status,
    ...healthToJson(health),
    owed: status.owed.map(({ number, lane, held, wanted, owed }) => ({
      id: owedName(number),
      ...lane,
      held: quantityText(held),
      wanted: quantityText(wanted),
      owed: quantityText(owed),
    })),
    kept: status.kept.map(({ lane, quantity, signal, at }) => ({
      ...lane,
      quantity: quantityText(quantity),
      signal,
      at: formatInstant(at),
    })),
    unknown: status.unknown.map(({ attempt, state }) => ({
      id: unknownName(attempt.id),
      ...attempt.intent.lane,
      side: attempt.intent.side,
      quantity: quantityText(attempt.quantity),
      filled: quantityText(filledOf(state)),
      tag: attempt.tag,
      sentAt: formatInstant(attempt.at),
    })),
    drift: status.drift.map(({ lane, held, shown, shownAt }) => ({
      ...lane,
      held: quantityText(held),
      shown: quantityText(shown ?? NO_QUANTITY),
      missing: quantityText(subtract(held, shown ?? NO_QUANTITY)),
      shownAt: shownAt === null ? null : formatInstant(shownAt),
    })),
    questions: status.questions.map(({ signal, followers, now }) => ({
      signal: signal.id,
      followers,
      masterPrice: signal.price === null ? null : priceText(signal.price),
      lastPrice: pricedNow(signal, health.prices),
      left: Object.fromEntries([...now].map(([name, { left }]) => [name, quantityText(left)])),
    })),
    engine: status.engine && { ...status.engine, since: formatInstant(status.engine.since) },
  }
}
