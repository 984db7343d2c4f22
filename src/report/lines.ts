// The console's lines as texts, and nothing of when they are told (console.ts). Every line of a dry run
// begins with DRY RUN, so that no line of it can be taken for real wherever it is copied to. What wants the
// trader is in capitals and has a tone; colour is put on by whoever prints.
//
// `accepted 412 ms` counts from the moment the master's order was seen until the broker had ours.
// `(+0.25)` is our average price less the master's: above nothing is higher.
import type { Alert, AlertKind } from '../domain/alert.ts'
import { assertNever } from '../domain/assert.ts'
import type { AccountName, InstrumentId } from '../domain/ids.ts'
import type { Lane, Mode } from '../domain/lane.ts'
import { formatDecimal, type Price, type Quantity, subtract, sum } from '../domain/numbers.ts'
import { describeOwed, type OwedBecause } from '../domain/owed.ts'
import { formatFactor } from '../domain/ratio.ts'
import { describeReason, type Reason } from '../domain/reason.ts'
import type { Sizing } from '../domain/settings.ts'
import type { RecordedSignal } from '../domain/signal.ts'
import type { Command } from '../domain/steering.ts'
import { formatDuration, formatTime, type Instant } from '../domain/time.ts'
import type { EngineEvent } from '../ports.ts'
import { type Copy, leftAtYes, type Order } from './copy.ts'
import { cleanText } from './free-text.ts'

export type Tone = 'plain' | 'good' | 'warning' | 'alarm'

export interface Line {
  readonly tone: Tone
  readonly text: string
}

/** A line that the trader is also told who does not sit here, in words that stand alone. */
export interface ToldLine extends Line {
  readonly alert?: Omit<Alert, 'at'>
}

/** An account as the lines name it. */
export interface Named {
  readonly name: AccountName
  readonly label: string | null
  readonly mode: Mode
}

/** The run's mode marks every line; a paper follower of a live run is marked by itself. */
export const markLine = <L extends Line>(mode: Mode, line: L): L =>
  mode === 'paper' ? { ...line, text: `DRY RUN ${line.text}` } : line

/** `alone`: the same line where it names its signal. */
export const alsoTold = (
  line: Line,
  kind: AlertKind,
  account: AccountName | null,
  alone: Line = line,
): ToldLine => ({ ...line, alert: { kind, account, text: alone.text.trim() } })

export function signalLine(signal: RecordedSignal): Line {
  const { id, side, quantity, symbol, product, price, seenAt, effect } = signal
  const at = price === null ? 'at an unknown price' : `@${formatDecimal(price, 2)}`
  const what = `${side} ${formatDecimal(quantity)} ${symbol} ${product} ${at}`
  const leaves = effect === 'exit' ? '  exit' : ''
  return plain(`${formatTime(seenAt)} SIGNAL #${id} ${what}${leaves}`)
}

/** `of`: the signal is named where the line doesn't stand under its heading. */
export interface Place {
  readonly run: Mode
  readonly follower: Named
  readonly of: RecordedSignal | null
}

export function skipLine(place: Place, reason: Reason): Line {
  return { tone: toneOf(reason), text: `${head(place)}SKIP ${cleanText(describeReason(reason))}` }
}

/** An entry whose orders are all final, or an exit after which nothing is due any more. */
export function copyLine(
  place: Place,
  signal: RecordedSignal,
  copy: Copy,
  sizing: Sizing | null,
): Line {
  const isExit = copy.decision?.kind === 'exit'
  const left = leftAtYes(signal, copy.decision)
  const late = left === null ? [] : [`of the ${formatDecimal(left)} that were left`]
  const how = isExit ? 'exit' : sizing === null ? '' : describeFactor(sizing)
  const why = [how, ...late].filter((each) => each !== '').join(' ')
  const asked = isExit ? copy.filled : askedOf(copy)
  const what = `COPY ${formatDecimal(asked)}${why === '' ? '' : ` (${why})`}${ordersOf(copy)}`
  const ended = [
    ...acceptance(signal, copy),
    ...fillOf(signal, copy, asked),
    ...(isExit ? [] : troublesOf(copy)),
    ...(isExit && copy.filled === 0n ? ['nothing left to close'] : []),
  ]
  const isWhole = isExit || copy.filled >= asked
  const isFailed = !isExit && copy.filled === 0n
  return {
    tone: isWhole ? 'good' : isFailed ? 'alarm' : 'warning',
    text: `${head(place)}${[what, ...ended].join('  ')}`,
  }
}

/** An order that wants the trader's eye before its copy is final. */
export function troubleLine(place: Place, order: Order): Line {
  const { role, quantity } = order.intent
  const why = role === 'entry' ? '' : ` (${role})`
  const head_ = `${head(place)}COPY ${formatDecimal(quantity)}${why}`
  return { tone: 'alarm', text: `${head_}  ${describeTrouble(order)}` }
}

/** `2/3 filled`: of all followers, how many have wholly done what they decided to. */
export function closingLine(
  signal: RecordedSignal | null,
  filled: number,
  followers: number,
): Line {
  const text = `  ${signal === null ? '' : `#${signal.id} `}${filled}/${followers} filled`
  return { tone: filled === followers ? 'good' : 'plain', text }
}

export function owedLine(
  at: Instant,
  follower: Named,
  lane: Lane,
  quantity: Quantity,
  why: OwedBecause,
): Line {
  const what = `${formatDecimal(quantity)} ${symbolOf(lane.instrument)} ${lane.product}`
  return alarm(`${formatTime(at)} OWED EXIT ${nameOf(follower)}  ${what}: ${describeOwed(why)}`)
}

export function heldLoweredLine(
  at: Instant,
  follower: Named,
  { lane, by, shown }: Extract<EngineEvent, { kind: 'heldLowered' }>,
): Line {
  const where = `${symbolOf(lane.instrument)} ${lane.product}`
  const text = `held lowered by ${formatDecimal(by)} in ${where}: the broker shows ${formatDecimal(shown)}`
  return warning(`${formatTime(at)} ${nameOf(follower)}  ${text} (reducedElsewhere)`)
}

export const readFailedLine = (
  at: Instant,
  account: Named,
  { what, why, evidence }: Extract<EngineEvent, { kind: 'readFailed' }>,
): Line =>
  warning(
    `${formatTime(at)} ${nameOf(account)}  cannot read its ${what}: ${why} (${cleanText(evidence)})`,
  )

export const readAgainLine = (
  at: Instant,
  account: Named,
  { what, failures, afterMs }: Extract<EngineEvent, { kind: 'readAgain' }>,
): Line => {
  const times = failures === 1 ? 'once' : `${failures} times`
  const lost = `after ${formatDuration(afterMs)} (failed ${times})`
  return plain(`${formatTime(at)} ${nameOf(account)}  reads its ${what} again, ${lost}`)
}

export const streamDownLine = (at: Instant, account: Named, why: string): Line =>
  warning(
    `${formatTime(at)} ${nameOf(account)}  its stream is down (${cleanText(why)}); the book is read instead, so fills are seen later`,
  )

export const streamUpLine = (at: Instant, account: Named, afterMs: number | null): Line => {
  const lost = afterMs === null ? '' : `, after ${formatDuration(afterMs)}`
  return plain(`${formatTime(at)} ${nameOf(account)}  its stream is up again${lost}`)
}

export const watchingLine = (at: Instant, account: Named, holds: number): Line => {
  const standing = holds === 0 ? 'nothing' : `${holds} ${holds === 1 ? 'position' : 'positions'}`
  return plain(
    `${formatTime(at)} ${nameOf(account)}  is watched: it holds ${standing}, what it trades from now on is copied`,
  )
}

export const alarmLine = (at: Instant, account: Named, text: string): Line =>
  alarm(`${formatTime(at)} ALARM ${nameOf(account)}  ${cleanText(text)}`)

export const askingLine = (place: Place, { id }: RecordedSignal): Line =>
  warning(`${head(place)}COPY IT? lockstep approve ${id} or lockstep reject ${id}`)

export const steeredLine = (at: Instant, command: Command, by: string): Line =>
  warning(`${formatTime(at)} ${describeCommand(command)} (by ${cleanText(by)})`)

function describeCommand(command: Command): string {
  const whom = 'follower' in command ? (command.follower ?? 'everybody') : ''
  switch (command.kind) {
    case 'pause':
      return `PAUSED ${whom}: no entries, exits run`
    case 'resume':
      return `RESUMED ${whom}`
    case 'flatten':
      return `FLATTEN ${whom}: own open orders are cancelled, what is held is closed`
    case 'halt':
      return 'HALTED: nothing is sent, exits included'
    case 'approve':
      return `APPROVED #${command.signal}${command.followers === null ? '' : ` for ${command.followers.join(', ')}`}`
    case 'reject':
      return `DECLINED #${command.signal}`
    case 'dismiss':
      return `DISMISSED the owed exit of ${describeLane(command.lane)}`
    case 'adopt':
      return `ADOPTED ${formatDecimal(command.quantity)} in ${describeLane(command.lane)}`
    case 'resolve':
      return command.order === null
        ? `RESOLVED ${command.tag}: it is not there`
        : `RESOLVED ${command.tag}: it is order ${command.order}`
    default:
      return assertNever(command)
  }
}

const describeLane = ({ follower, instrument, product }: Lane): string =>
  `${follower} ${symbolOf(instrument)} ${product}`

/** `×0.5`, `fixed 1 lot`: how entries are sized, for people. */
export function describeFactor(sizing: Sizing): string {
  switch (sizing.mode) {
    case 'mirror':
      return '×1'
    case 'multiplier':
      return `×${formatFactor(sizing.by)}`
    case 'fixedQuantity':
      return `fixed ${formatDecimal(sizing.quantity)}`
    case 'fixedLots':
      return `fixed ${sizing.lots} ${sizing.lots === 1n ? 'lot' : 'lots'}`
    case 'proportional':
      return 'proportional'
  }
}

/** How a run is called wherever it is shown as a whole. */
export const nameMode = (mode: Mode, isDemo: boolean): string =>
  isDemo ? 'DEMO' : mode === 'paper' ? 'DRY RUN' : 'LIVE'

export const countSignals = (count: number): string =>
  `${count} ${count === 1 ? 'signal' : 'signals'}`

/** `NFO:NIFTY29DEC26…` without its exchange. */
export const symbolOf = (instrument: InstrumentId): string =>
  instrument.slice(instrument.indexOf(':') + 1)

export const nameOf = ({ name, label }: Pick<Named, 'name' | 'label'>): string =>
  label === null ? name : `${name} ${label}`

function head({ run, follower, of }: Place): string {
  const paper = run === 'live' && follower.mode === 'paper' ? 'PAPER  ' : ''
  return `  ${nameOf(follower)}  ${paper}${of === null ? '' : `#${of.id} `}`
}

const askedOf = ({ decision, orders }: Copy): Quantity =>
  decision?.kind === 'entry' ? decision.quantity : sum(orders.map(({ intent }) => intent.quantity))

const ordersOf = ({ orders }: Copy): string =>
  orders.length > 1 ? ` in ${orders.length} orders` : ''

const acceptance = (signal: RecordedSignal, { acceptedAt }: Copy): string[] =>
  acceptedAt === null ? [] : [`accepted ${formatDuration(Math.max(0, acceptedAt - signal.seenAt))}`]

function fillOf(signal: RecordedSignal, copy: Copy, asked: Quantity): string[] {
  const { filled, averagePrice } = copy
  if (filled === 0n) return []
  const part = filled < asked ? ` of ${formatDecimal(asked)}` : ''
  const at = averagePrice === null ? '' : ` @${formatDecimal(averagePrice, 2)}`
  return [`filled ${formatDecimal(filled)}${part}${at}${differenceOf(signal.price, averagePrice)}`]
}

function differenceOf(master: Price | null, own: Price | null): string {
  if (master === null || own === null) return ''
  const difference = subtract(own, master)
  return ` (${difference < 0n ? '' : '+'}${formatDecimal(difference, 2)})`
}

/** Each once, however many slices met it. */
const troublesOf = ({ orders }: Copy): readonly string[] => [
  ...new Set(
    orders
      .filter(({ standing }) => standing !== 'filled' && standing !== 'partlyFilled')
      .map(describeTrouble),
  ),
]

function describeTrouble({ standing, text, denied }: Order): string {
  switch (standing) {
    case 'rejected':
      return `REJECTED ${text === '' ? 'without a word' : cleanText(text)}`
    case 'denied':
      return `DENIED ${denied === null ? '' : cleanText(describeReason(denied))}`
    case 'unknown':
      return `UNKNOWN, looked up by its tag, not sent again unless proven absent: ${cleanText(text)}`
    case 'lapsed':
      return 'LAPSED its day ended before anybody said what became of it'
    case 'cancelled':
      return 'cancelled, nothing filled'
    default:
      return standing
  }
}

const toneOf = (reason: Reason): Tone =>
  reason.kind === 'missed' || reason.kind === 'accountStopped' ? 'alarm' : 'plain'

const plain = (text: string): Line => ({ tone: 'plain', text })
const warning = (text: string): Line => ({ tone: 'warning', text })
const alarm = (text: string): Line => ({ tone: 'alarm', text })
