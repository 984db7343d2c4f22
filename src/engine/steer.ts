// Obeys the trader: each command once, in its order, also those that were given while nothing ran. What a
// pause, a halt or a resume says is read from the ledger wherever it matters; here is what has to be done.
import { nothingLeftOf } from '../decide/answer.ts'
import type { AccountName, SignalId } from '../domain/ids.ts'
import type { Lane } from '../domain/lane.ts'
import { formatDecimal, NO_QUANTITY, negate } from '../domain/numbers.ts'
import type { Reason } from '../domain/reason.ts'
import type { RecordedSignal } from '../domain/signal.ts'
import {
  ANSWER_WITHIN_MS,
  type Answer,
  type Command,
  isUnansweredExit,
} from '../domain/steering.ts'
import { after, type Instant } from '../domain/time.ts'
import type { Adjustment, KeptHolding, NumberedSteering, OpenQuestion, OwedExit } from '../ports.ts'
import type { Context } from './context.ts'

export interface SteeringHands {
  /** Lanes of a follower, or of all, in which anything stands or may fill. */
  lanesOf(follower: AccountName | null): readonly Lane[]
  /** What stands by the trader's no, of a follower or of all. */
  keptOf(follower: AccountName | null): readonly KeptHolding[]
  /** Decides what is asked for these followers, as of now: each as much as the master still has of it. */
  decide(question: OpenQuestion, followers: readonly AccountName[]): void
  /** The trader's no: of an exit, what it would have closed is kept. */
  decline(question: OpenQuestion, followers: readonly AccountName[]): void
  /** Nobody's word: nothing comes of it. */
  refuse(signal: RecordedSignal, followers: readonly AccountName[], reason: Reason): void
  /** What became of an order of which nobody heard; null: not known before the next reading. */
  resolve(command: Extract<Command, { kind: 'resolve' }>, at: Instant): Said | null
  /** Everything may have changed: every lane looks again. */
  wakeAll(): void
}

/** That a command was finished, with what there is to say to it. */
export interface Said {
  readonly answer: Answer | null
}
const NOTHING_SAID: Said = { answer: null }

export interface Steer {
  /** Does what was asked since; gives when a question runs out, or null. */
  turn(): Instant | null
}

export function createSteer(context: Context, hands: SteeringHands): Steer {
  const { clock, ledger, tell } = context
  let wasHalted: boolean | null = null
  const owed = new Set<SignalId>()
  const told = new Set<number>()

  function turn(): Instant | null {
    for (const steering of ledger.openSteering()) obey(steering)
    const { halted } = ledger.steering()
    const isHalted = halted || context.isHaltedByFile()
    if (wasHalted !== null && wasHalted !== isHalted) hands.wakeAll()
    wasHalted = isHalted
    closeEmptyQuestions()
    return expireQuestions(isHalted)
  }

  function obey({ number, command, by, at }: NumberedSteering): void {
    if (!told.has(number)) tell({ kind: 'steered', command, by })
    told.add(number)
    const said = saidTo(command, at)
    // It waits for a reading, and is asked again: only its end is written down.
    if (said === null) return
    if (command.kind === 'approve' || command.kind === 'reject') answer(command)
    ledger.finishSteering(number, adjustmentsFor(command), said.answer, clock.now())
    told.delete(number)
    hands.wakeAll()
  }

  /** null: not known before the next reading. */
  function saidTo(command: Command, at: Instant): Said | null {
    if (command.kind === 'resolve') return hands.resolve(command, at)
    return command.kind === 'dismiss' ? { answer: saidToDismiss(command.lane) } : NOTHING_SAID
  }

  /** Who is told that it is his to close closes it: it must not be on its way out as well. */
  function saidToDismiss(lane: Lane): Answer {
    const owed = owedIn(lane)
    if (owed === undefined) {
      const text =
        'nothing is owed there now: its exit is on its way, or has filled: lockstep status'
      return { kind: 'refused', text }
    }
    const text = `dismissed ${formatDecimal(owed.owed)}, and no more than that is yours to close`
    return { kind: 'done', text }
  }

  const owedIn = (lane: Lane): OwedExit | undefined =>
    ledger.owed().find((each) => isSame(each.lane, lane))

  function adjustmentsFor(command: Command): readonly Adjustment[] {
    switch (command.kind) {
      case 'flatten':
        return flattening(hands.lanesOf(command.follower), hands.keptOf(command.follower))
      case 'dismiss': {
        const owed = owedIn(command.lane)
        if (owed === undefined) return []
        const evidence = 'the trader takes it over'
        return [{ lane: command.lane, kind: 'dismissed', change: negate(owed.owed), evidence }]
      }
      case 'adopt':
        return [
          {
            lane: command.lane,
            kind: 'adopted',
            change: command.quantity,
            evidence: 'the trader says that it is ours',
          },
        ]
      default:
        return []
    }
  }

  function answer(command: Extract<Command, { kind: 'approve' | 'reject' }>): void {
    const question = ledger.undecided().find(({ signal }) => signal.id === command.signal)
    if (question === undefined) return
    const { followers } = question
    if (command.kind === 'reject') {
      hands.decline(question, followers)
      return
    }
    const yes = followers.filter((name) => command.followers?.includes(name) ?? true)
    hands.decide(question, yes)
    const no = followers.filter((name) => !yes.includes(name))
    if (no.length > 0) hands.decline(question, no)
  }

  /** Where the master has left all of it meanwhile there is nothing to answer any more. */
  function closeEmptyQuestions(): void {
    for (const { signal, followers, now } of ledger.undecided()) {
      const empty = followers.filter((name) => now.get(name)?.left === 0n)
      if (empty.length > 0) hands.refuse(signal, empty, nothingLeftOf(signal))
    }
  }

  /** No answer in time is a no, and recorded as one; in a halt the questions wait with everything else. */
  function expireQuestions(isHalted: boolean): Instant | null {
    if (isHalted) return null
    let next: Instant | null = null
    for (const { signal, followers } of ledger.undecided()) {
      const until = after(signal.seenAt, ANSWER_WITHIN_MS)
      if (isUnansweredExit(signal, clock.now())) owe(signal, followers)
      else if (until <= clock.now())
        hands.refuse(signal, followers, { kind: 'unanswered', waitedMs: ANSWER_WITHIN_MS })
      else if (next === null || until < next) next = until
    }
    return next
  }

  /** An exit is never answered by silence: it stays open, at the top of every view, until it is. */
  function owe(signal: RecordedSignal, followers: readonly AccountName[]): void {
    if (owed.has(signal.id)) return
    owed.add(signal.id)
    const text = `exit #${signal.id} is owed: nobody has answered; lockstep approve ${signal.id}, or lockstep reject ${signal.id} to keep it`
    for (const account of followers) tell({ kind: 'alarm', account, text })
  }

  return { turn }
}

/** All that is held is closed, and with it what the trader once kept by a no: it is Lockstep's again. */
function flattening(lanes: readonly Lane[], kept: readonly KeptHolding[]): readonly Adjustment[] {
  const others = kept.filter(({ lane }) => !lanes.some((each) => isSame(each, lane)))
  return [
    ...kept.map(
      ({ lane, quantity, signal }): Adjustment => ({
        lane,
        kind: 'adopted',
        change: quantity,
        evidence: `kept by the no to #${signal}, and flattened now`,
      }),
    ),
    ...[...lanes, ...others.map(({ lane }) => lane)].map(
      (lane): Adjustment => ({
        lane,
        kind: 'flattened',
        change: NO_QUANTITY,
        evidence: 'the trader said so',
      }),
    ),
  ]
}

const isSame = (a: Lane, b: Lane): boolean =>
  a.follower === b.follower &&
  a.mode === b.mode &&
  a.instrument === b.instrument &&
  a.product === b.product
