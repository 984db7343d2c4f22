// When each line of the console is told. Lines are only ever appended, so a copy is told once it is final,
// in one line; before that only what wants the trader: an order in doubt, a rejection that is tried again,
// an exit that is owed. A line that doesn't stand under its signal's heading names the signal.
//
// What a line says is read from the ledger, never from the event: events may come late or be dropped, the
// facts are there. What is remembered here is only what was told already, for signals still open.
import type { AccountName, AttemptId, SignalId } from '../domain/ids.ts'
import type { RecordedIntent } from '../domain/intent.ts'
import { excessOf, type Lane, type LaneKey, laneKey, type Mode } from '../domain/lane.ts'
import { ONE, type Quantity } from '../domain/numbers.ts'
import type { Sizing } from '../domain/settings.ts'
import type { RecordedSignal } from '../domain/signal.ts'
import { type Instant, MINUTE } from '../domain/time.ts'
import type { EngineEvent, LedgerView } from '../ports.ts'
import { type Copy, copyOf, isFinal, type Order } from './copy.ts'
import {
  alarmLine,
  askingLine,
  closingLine,
  copyLine,
  heldLoweredLine,
  type Line,
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
  troubleLine,
} from './lines.ts'

export interface ToldFollower extends Named {
  readonly sizing: Sizing
}

export interface Console {
  /** The lines that this event makes due, told now. */
  linesOf(event: EngineEvent, now: Instant): readonly Line[]
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
}

export function createConsole({ ledger, mode, master, followers }: ConsoleParts): Console {
  const named = new Map<AccountName, ToldFollower>(followers.map((each) => [each.name, each]))
  const open = new Map<SignalId, OpenSignal>()
  const told = new Map<string, { at: Instant; withheld: number }>()
  const troubled = new Set<string>()
  /** What was told to be out of order, and not yet to be well again. */
  const complained = new Set<string>()
  let heading: SignalId | null = null

  function linesOf(event: EngineEvent, now: Instant): readonly Line[] {
    return linesOfEvent(event, now).map((line) => markLine(mode, line))
  }

  function linesOfEvent(event: EngineEvent, now: Instant): readonly Line[] {
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
        return moved(event.intent, null)
      case 'attempt':
        return moved(event.attempt.intent, event.attempt.id)
      case 'heldLowered':
        return [
          heldLoweredLine(now, nameOf(event.lane.follower), event),
          ...laneMoved(laneKey(event.lane)),
        ]
      case 'asking':
        remember(event.signal)
        return [askingLine(placeOf(event.signal, event.follower), event.signal)]
      case 'steered':
        return [steeredLine(now, event.command, event.by)]
      case 'owed': {
        const { lane, quantity, why } = event
        return [owedLine(now, nameOf(lane.follower), lane, quantity, why)]
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
      case 'streamUp': {
        const { account, afterMs } = event
        if (!complained.delete(`${account}/stream`)) return []
        return [streamUpLine(now, nameOf(account), afterMs)]
      }
      case 'alarm':
        return seldom(
          `${event.account}/${event.text}`,
          now,
          alarmLine(now, nameOf(event.account), event.text),
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
    const fresh: OpenSignal = { signal, pending: new Map(), followers: 0, filled: 0 }
    open.set(signal.id, fresh)
    const [oldest] = open.keys()
    if (open.size > MOST_OPEN_SIGNALS && oldest !== undefined) open.delete(oldest)
    return fresh
  }

  function decided(
    signal: RecordedSignal,
    decision: Extract<EngineEvent, { kind: 'decision' }>['decision'],
  ): readonly Line[] {
    const of = remember(signal)
    const { follower } = decision.lane
    of.followers += 1
    // The closing is told when the last follower has decided: until then this one stays open.
    of.pending.set(follower, decision.lane)
    if (decision.kind !== 'skip') return settle(of)
    of.pending.delete(follower)
    return [skipLine(placeOf(signal, follower), decision.reason), ...close(of)]
  }

  /** Something happened to an order: its copy may be final now, and so may every exit of its lane. */
  function moved(intent: RecordedIntent, attempt: AttemptId | null): readonly Line[] {
    return [...troubleOf(intent, attempt), ...laneMoved(laneKey(intent.lane))]
  }

  function laneMoved(key: LaneKey): readonly Line[] {
    return [...open.values()]
      .filter(({ pending }) => [...pending.values()].some((lane) => laneKey(lane) === key))
      .flatMap(settle)
  }

  function settle(of: OpenSignal): readonly Line[] {
    const { signal, pending } = of
    const lines: Line[] = []
    for (const [follower, lane] of pending) {
      const [why] = ledger.why(signal.id, follower)
      if (!why || why.decision === null) continue
      const copy = copyOf(why)
      if (!isOver(copy, lane)) continue
      pending.delete(follower)
      if (isWhole(copy)) of.filled += 1
      const sizing = named.get(follower)?.sizing ?? null
      lines.push(copyLine(placeOf(signal, follower), signal, copy, sizing))
    }
    return [...lines, ...close(of)]
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

  function close(of: OpenSignal): readonly Line[] {
    if (of.pending.size > 0 || !open.has(of.signal.id)) return []
    const asked = ledger.why(of.signal.id, null).length
    if (of.followers < asked) return []
    open.delete(of.signal.id)
    const place = heading === of.signal.id ? null : of.signal
    return [closingLine(place, of.filled, of.followers)]
  }

  /** Told when it happens: a doubt, and the rejection of an order that closes (it is tried again). */
  function troubleOf(intent: RecordedIntent, attempt: AttemptId | null): readonly Line[] {
    const { signalId, lane } = intent
    const order = attempt === null ? null : orderNow(intent)
    const isTrouble =
      order?.standing === 'unknown' || (order?.standing === 'rejected' && intent.role !== 'entry')
    const key = `${intent.id}/${order?.standing}`
    if (order === null || !isTrouble || troubled.has(key)) return []
    troubled.add(key)
    const signal = signalId === null ? null : ledger.signal(signalId)
    const place: Place = { run: mode, follower: nameOf(lane.follower), of: signal }
    const isUnderHeading = signal !== null && heading === signal.id
    return [troubleLine(isUnderHeading ? { ...place, of: null } : place, order)]
  }

  function orderNow(intent: RecordedIntent): Order | null {
    if (intent.signalId === null) return null
    const [why] = ledger.why(intent.signalId, intent.lane.follower)
    if (!why) return null
    return copyOf(why).orders.find((order) => order.intent.id === intent.id) ?? null
  }

  // --- how it is told

  function seldom(key: string, now: Instant, line: Line): readonly Line[] {
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

/** An exit that is over left nothing behind; one that had nothing to close has filled nothing. */
const isWhole = ({ decision, filled }: Copy): boolean =>
  decision?.kind === 'entry' ? filled >= decision.quantity : filled > 0n
