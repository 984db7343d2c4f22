// When each line of the console is told. Lines are only ever appended, so a copy is told once it is final,
// in one line; before that only what wants the trader: an order in doubt, a rejection that is tried again,
// an exit that is owed. A line that doesn't stand under its signal's heading names the signal.
//
// What a line says is read from the ledger, never from the event: events may come late or be dropped, the
// facts are there. What is remembered here is only what was told already, for signals still open.
import type { AlertKind } from '../domain/alert.ts'
import type { AttemptState } from '../domain/attempt.ts'
import type { AccountName, SignalId } from '../domain/ids.ts'
import type { RecordedIntent } from '../domain/intent.ts'
import { excessOf, type Lane, laneKey, type Mode } from '../domain/lane.ts'
import { ONE, type Quantity } from '../domain/numbers.ts'
import type { Reason } from '../domain/reason.ts'
import type { Sizing } from '../domain/settings.ts'
import type { RecordedSignal } from '../domain/signal.ts'
import type { Command } from '../domain/steering.ts'
import { type Instant, MINUTE } from '../domain/time.ts'
import type { EngineEvent, LedgerView } from '../ports.ts'
import { type Copy, copyOf, isFinal, type Order } from './copy.ts'
import {
  alarmLine,
  alsoTold,
  askingLine,
  closingLine,
  copyLine,
  heldLoweredLine,
  markLine,
  type Named,
  owedLine,
  type Place,
  readAgainLine,
  readFailedLine,
  signalLine,
  skipLine,
  steeredLine,
  streamDownLine,
  streamUpLine,
  type ToldLine,
  troubleLine,
  watchingLine,
} from './lines.ts'

export interface ToldFollower extends Named {
  readonly sizing: Sizing
}

export interface Console {
  /** The lines that this event makes due, told now. */
  linesOf(event: EngineEvent, now: Instant): readonly ToldLine[]
}

export interface ConsoleParts {
  readonly ledger: LedgerView
  readonly mode: Mode
  readonly master: { readonly name: AccountName; readonly label: string | null }
  readonly followers: readonly ToldFollower[]
}

/** The same alarm or failing reading is told again after this long, with how often it came. */
const TOLD_AGAIN_AFTER_MS = MINUTE
/** Signals still open; beyond it the oldest is told no more (its record and log go on). */
const MOST_OPEN_SIGNALS = 2000

interface OpenSignal {
  readonly signal: RecordedSignal
  readonly pending: Map<AccountName, Lane>
  followers: number
  filled: number
  /** How many followers have decided or are asked; null: not looked up yet. */
  asked: number | null
}

export function createConsole({ ledger, mode, master, followers }: ConsoleParts): Console {
  const named = new Map<AccountName, ToldFollower>(followers.map((each) => [each.name, each]))
  const open = new Map<SignalId, OpenSignal>()
  const told = new Map<string, { at: Instant; withheld: number }>()
  const troubled = new Set<string>()
  /** What was told to be out of order, and not yet to be well again. */
  const complained = new Set<string>()
  let heading: SignalId | null = null

  function linesOf(event: EngineEvent, now: Instant): readonly ToldLine[] {
    return linesOfEvent(event, now).map((line) => markLine(mode, line))
  }

  function linesOfEvent(event: EngineEvent, now: Instant): readonly ToldLine[] {
    switch (event.kind) {
      case 'signal':
        // Told again when a question about it was answered: then its lines name it.
        if (open.has(event.signal.id)) return []
        heading = event.signal.id
        remember(event.signal)
        return [signalLine(event.signal)]
      case 'decision':
        return decided(event.signal, event.decision)
      case 'denied':
        return laneMoved(event.intent.lane)
      case 'attempt': {
        const { intent } = event.attempt
        const trouble = mayBeTrouble(event.transition.state) ? troubleOf(intent) : []
        return [...trouble, ...laneMoved(intent.lane)]
      }
      case 'heldLowered':
        return [
          alsoTold(
            heldLoweredLine(now, nameOf(event.lane.follower), event),
            'drift',
            event.lane.follower,
          ),
          ...laneMoved(event.lane),
        ]
      case 'asking':
        remember(event.signal)
        return [asking(event.signal, event.follower)]
      case 'steered':
        return [steered(now, event)]
      case 'owed': {
        const { lane, quantity, why } = event
        const line = owedLine(now, nameOf(lane.follower), lane, quantity, why)
        return [alsoTold(line, 'owed', lane.follower)]
      }
      case 'readFailed': {
        const { account, what, why } = event
        const key = `${account}/${what}/${why}`
        const lines = seldom(key, now, readFailedLine(now, nameOf(account), event))
        if (lines.length > 0) complained.add(`${account}/${what}`)
        return lines
      }
      case 'readAgain': {
        const { account, what } = event
        if (!complained.delete(`${account}/${what}`)) return []
        return [readAgainLine(now, nameOf(account), event)]
      }
      // One that is back before it was missed is for the log.
      case 'streamDown': {
        const { account, why, lasting } = event
        if (!lasting) return []
        complained.add(`${account}/stream`)
        return [streamDownLine(now, nameOf(account), why)]
      }
      case 'watching':
        return [watchingLine(now, nameOf(event.account), event.holds)]
      case 'streamUp': {
        const { account, afterMs } = event
        if (!complained.delete(`${account}/stream`)) return []
        return [streamUpLine(now, nameOf(account), afterMs)]
      }
      case 'alarm':
        return seldom(
          `${event.account}/${event.text}`,
          now,
          alsoTold(alarmLine(now, nameOf(event.account), event.text), 'alarm', event.account),
        )
      default:
        // `sent` and `asked` are steps on the way: the log and the record have them.
        return []
    }
  }

  // --- signals and their copies

  function remember(signal: RecordedSignal): OpenSignal {
    const known = open.get(signal.id)
    if (known) return known
    const fresh: OpenSignal = { signal, pending: new Map(), followers: 0, filled: 0, asked: null }
    open.set(signal.id, fresh)
    const [oldest] = open.keys()
    if (open.size > MOST_OPEN_SIGNALS && oldest !== undefined) open.delete(oldest)
    return fresh
  }

  function decided(
    signal: RecordedSignal,
    decision: Extract<EngineEvent, { kind: 'decision' }>['decision'],
  ): readonly ToldLine[] {
    const of = remember(signal)
    const { follower } = decision.lane
    of.followers += 1
    // The closing is told when the last follower has decided: until then this one stays open.
    of.pending.set(follower, decision.lane)
    // What becomes of its orders is told when it does.
    if (decision.kind === 'entry') return []
    if (decision.kind === 'exit') return settle(of, follower)
    of.pending.delete(follower)
    return [skipped(signal, follower, decision.reason), ...close(of)]
  }

  /** Something happened to an order: its copy may be final now, and so may every exit of its lane. */
  function laneMoved(lane: Lane): readonly ToldLine[] {
    const key = laneKey(lane)
    return [...open.values()]
      .filter(({ pending }) => {
        const own = pending.get(lane.follower)
        return own !== undefined && laneKey(own) === key
      })
      .flatMap((of) => settle(of, lane.follower))
  }

  /** Tells that follower's copy if it is final: of the others nothing has changed. */
  function settle(of: OpenSignal, follower: AccountName): readonly ToldLine[] {
    const { signal, pending } = of
    const lane = pending.get(follower)
    const [why] = lane === undefined ? [] : ledger.why(signal.id, follower)
    if (lane === undefined || !why || why.decision === null) return []
    const copy = copyOf(why)
    if (!isOver(copy, lane)) return []
    pending.delete(follower)
    if (isWhole(copy)) of.filled += 1
    const sizing = named.get(follower)?.sizing ?? null
    return [copied(signal, follower, copy, sizing), ...close(of)]
  }

  /** Final, as far as anybody knows: of an exit, when nothing is due in its lane any more. */
  function isOver(copy: Copy, lane: Lane): boolean {
    if (!copy.orders.every(({ standing }) => isFinal(standing))) return false
    if (copy.decision?.kind !== 'exit') return true
    const position = ledger.lanePosition(lane)
    return (
      excessOf(position, position.lot ?? (ONE as Quantity)) === 0n &&
      ledger.liveClosings(lane).length === 0 &&
      (position.copied !== 0n || ledger.liveEntries(lane).length === 0)
    )
  }

  function close(of: OpenSignal): readonly ToldLine[] {
    if (of.pending.size > 0 || !open.has(of.signal.id)) return []
    // Recorded with the signal, all in one: asked for once, however many followers there are.
    of.asked ??= ledger.why(of.signal.id, null).length
    if (of.followers < of.asked) return []
    open.delete(of.signal.id)
    const place = heading === of.signal.id ? null : of.signal
    const line = closingLine(place, of.filled, of.followers)
    const counts = `${of.filled}/${of.followers} filled`
    const alone = { ...line, text: `${signalLine(of.signal).text}: ${counts}` }
    return [alsoTold(line, 'copied', null, alone)]
  }

  /** Told when it happens: a doubt, and the rejection of an order that closes (it is tried again). */
  function troubleOf(intent: RecordedIntent): readonly ToldLine[] {
    const { signalId, lane } = intent
    const order = orderNow(intent)
    const isTrouble =
      order?.standing === 'unknown' || (order?.standing === 'rejected' && intent.role !== 'entry')
    const key = `${intent.id}/${order?.standing}`
    if (order === null || !isTrouble || troubled.has(key)) return []
    troubled.add(key)
    const signal = signalId === null ? null : ledger.signal(signalId)
    const place: Place = { run: mode, follower: nameOf(lane.follower), of: signal }
    const isUnderHeading = signal !== null && heading === signal.id
    const line = troubleLine(isUnderHeading ? { ...place, of: null } : place, order)
    const kind = order.standing === 'unknown' ? 'unknown' : 'rejected'
    return [alsoTold(line, kind, lane.follower, troubleLine(place, order))]
  }

  function orderNow(intent: RecordedIntent): Order | null {
    if (intent.signalId === null) return null
    const [why] = ledger.why(intent.signalId, intent.lane.follower)
    if (!why) return null
    return copyOf(why).orders.find((order) => order.intent.id === intent.id) ?? null
  }

  // --- lines that the trader is told elsewhere too

  function skipped(signal: RecordedSignal, follower: AccountName, reason: Reason): ToldLine {
    const place = placeOf(signal, follower)
    const line = skipLine(place, reason)
    const kind = SKIPS_TOLD[reason.kind]
    if (kind === undefined) return line
    return alsoTold(line, kind, follower, skipLine({ ...place, of: signal }, reason))
  }

  function copied(
    signal: RecordedSignal,
    follower: AccountName,
    copy: Copy,
    sizing: Sizing | null,
  ): ToldLine {
    const place = placeOf(signal, follower)
    const line = copyLine(place, signal, copy, sizing)
    const isRejected = copy.orders.some(({ standing }) => standing === 'rejected')
    const isLimited = copy.orders.some(({ denied }) => denied?.kind === 'maxDailyLoss')
    // Of an exit that was told when it happened, and is over.
    const isTold = copy.decision?.kind !== 'entry' || !(isRejected || isLimited)
    if (isTold) return line
    const alone = copyLine({ ...place, of: signal }, signal, copy, sizing)
    return alsoTold(line, isRejected ? 'rejected' : 'lossLimit', follower, alone)
  }

  function asking(signal: RecordedSignal, follower: AccountName): ToldLine {
    const place = placeOf(signal, follower)
    const what = signalLine(signal).text
    const alone = askingLine({ ...place, of: signal }, signal)
    const told = { ...alone, text: `${what}\n${alone.text.trim()}` }
    return alsoTold(askingLine(place, signal), 'asking', follower, told)
  }

  function steered(
    now: Instant,
    { command, by }: Extract<EngineEvent, { kind: 'steered' }>,
  ): ToldLine {
    const line = steeredLine(now, command, by)
    const follower = 'follower' in command ? command.follower : null
    return STEERING_TOLD.includes(command.kind) ? alsoTold(line, 'paused', follower) : line
  }

  // --- how it is told

  function seldom(key: string, now: Instant, line: ToldLine): readonly ToldLine[] {
    const last = told.get(key)
    if (last && now - last.at < TOLD_AGAIN_AFTER_MS) {
      last.withheld += 1
      return []
    }
    for (const [each, { at }] of told) if (now - at > 10 * TOLD_AGAIN_AFTER_MS) told.delete(each)
    told.set(key, { at: now, withheld: 0 })
    const again = last && last.withheld > 0 ? ` (${last.withheld} more since)` : ''
    return [{ ...line, text: line.text + again }]
  }

  function placeOf(signal: RecordedSignal, follower: AccountName): Place {
    return {
      run: mode,
      follower: nameOf(follower),
      of: heading === signal.id ? null : signal,
    }
  }

  const nameOf = (name: AccountName): Named =>
    named.get(name) ?? { name, label: name === master.name ? master.label : null, mode }

  return { linesOf }
}

/** What of a skip is more than a rule at work. */
const SKIPS_TOLD: Readonly<Partial<Record<Reason['kind'], AlertKind>>> = {
  missed: 'missed',
  maxDailyLoss: 'lossLimit',
  pausedAfterRejections: 'paused',
  accountStopped: 'loginFailed',
  ledgerFull: 'alarm',
}
const STEERING_TOLD: readonly Command['kind'][] = ['pause', 'halt', 'resume', 'flatten']

/** What rests or filled is none: then nothing has to be looked up. */
const mayBeTrouble = (state: AttemptState): boolean =>
  state.kind !== 'sending' &&
  state.kind !== 'working' &&
  (state.kind !== 'done' || state.end === 'rejected')

/** An exit that is over left nothing behind; one that had nothing to close has filled nothing. */
const isWhole = ({ decision, filled }: Copy): boolean =>
  decision?.kind === 'entry' ? filled >= decision.quantity : filled > 0n
