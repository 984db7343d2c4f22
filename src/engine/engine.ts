// The engine: one loop that watches the master, one per follower, and what joins them. A signal is decided
// for every follower, written down, and only then do the lanes hear of it. Stopping ends the watching
// first, then waits for what is being sent.
import { asItStands, nothingLeftOf } from '../decide/answer.ts'
import { keepInstead } from '../decide/keep.ts'
import { plan } from '../decide/plan.ts'
import { type Waiting, waitingExits } from '../decide/waiting-exits.ts'
import type { Decision, Plan } from '../domain/decision.ts'
import { isDiskFull } from '../domain/disk-full.ts'
import type { AccountName } from '../domain/ids.ts'
import type { Lane } from '../domain/lane.ts'
import { NO_QUANTITY, type Price } from '../domain/numbers.ts'
import type { Reason } from '../domain/reason.ts'
import type { RecordedSignal, Signal } from '../domain/signal.ts'
import type { Command } from '../domain/steering.ts'
import { makeTag, TAG_CHANCE, type Tag } from '../domain/tag.ts'
import { dayOf, type Instant } from '../domain/time.ts'
import type {
  FeedEvent,
  KeptHolding,
  OpenQuestion,
  OrderStream,
  RecordedPlan,
  Recording,
} from '../ports.ts'
import type { Context, FollowerAccess, MasterAccess } from './context.ts'
import { createFollower, type Follower } from './follower.ts'
import { createPulse } from './pulse.ts'
import { createQuestionPrices } from './question-prices.ts'
import { createSteer, type Said } from './steer.ts'
import { createWatch } from './watch.ts'

export interface Engine {
  /** Until the signal aborts; then everything that was under way is answered. */
  run(signal: AbortSignal): Promise<void>
}

export function createEngine(
  given: Context,
  master: MasterAccess,
  accesses: readonly FollowerAccess[],
): Engine {
  const { clock, ledger, settings, tell } = given
  /** What stands there while all followers are asked at one moment; null: each look is a new one. */
  let isHaltFileThere: boolean | null = null
  const context: Context = {
    ...given,
    isHaltedByFile: () => isHaltFileThere ?? given.isHaltedByFile(),
  }
  const bells = new Map<string, Bell>()
  const bellOf = (name: string): Bell => {
    const known = bells.get(name) ?? createBell()
    bells.set(name, known)
    return known
  }
  const pulse = createPulse(context, [
    master,
    ...accesses.map((access) => ({ ...access, account: access.settings.name })),
  ])
  const followers: readonly Follower[] = accesses.map((access) =>
    createFollower(context, access, pulse, () => bellOf(access.settings.name).ring()),
  )
  const watch = createWatch(context, master, pulse, { take, isHalted })
  const questionPrices = createQuestionPrices(context, master, pulse)
  const steer = createSteer(context, {
    lanesOf,
    keptOf,
    decide,
    decline,
    refuse,
    resolve,
    wakeAll,
  })

  /** Decided for all at once, but for those whose trader wants to be asked first. */
  function take(signal: Signal): void {
    const recording = atOneMoment(() => {
      const { decisions } = planFor(signal, followers)
      const asked = decisions.filter((decision) => isAsked(decision)).map(followerOf)
      const decided = decisions.filter((decision) => !isAsked(decision))
      return { signal, decisions: decided, asked, sendNow: readyOf(decided) }
    })
    const recorded = recordOrSkip(recording)
    if (recorded === undefined) return
    const { asked } = recording
    tell({ kind: 'signal', signal: recorded.signal })
    follow(recorded)
    for (const follower of asked) tell({ kind: 'asking', signal: recorded.signal, follower })
    if (asked.length > 0) for (const name of [STEERING, QUESTIONS]) bellOf(name).ring()
  }

  function atOneMoment<T>(questions: () => T): T {
    isHaltFileThere = given.isHaltedByFile()
    try {
      return ledger.atOneMoment(questions)
    } finally {
      isHaltFileThere = null
    }
  }

  /** One synced transaction instead of two for what leaves at once: its attempts are recorded with it. */
  function readyOf(decisions: readonly Decision[]): readonly Tag[] {
    return decisions.flatMap((decision) => {
      if (decision.kind !== 'entry' || !find(followerOf(decision))?.isReadyFor(decision)) return []
      return decision.intents.map(({ tag }) => tag)
    })
  }

  /** On a full disk entries are skipped, which still fits; exits are written from the reserve. */
  function recordOrSkip(recording: Recording): RecordedPlan | undefined {
    try {
      return ledger.record([recording], clock.now())[0]
    } catch (error) {
      if (!isDiskFull(error)) throw error
      const decisions = recording.decisions.map((decision): Decision => {
        if (decision.kind !== 'entry') return decision
        return { kind: 'skip', lane: decision.lane, reason: LEDGER_FULL, covers: NO_QUANTITY }
      })
      const text = 'the disk is full: no entry is copied until there is room'
      tell({ kind: 'alarm', account: master.account, text })
      return ledger.record([{ ...recording, decisions, sendNow: [] }], clock.now())[0]
    }
  }

  /** A yes: each follower's part of what the master still has of it. */
  function decide({ signal, now }: OpenQuestion, names: readonly AccountName[]): void {
    const decisions = chosen(names).flatMap((each): readonly Decision[] => {
      const standing = now.get(each.access.settings.name)
      const asked = standing === undefined ? signal : asItStands(signal, standing)
      return asked === null
        ? [skipped(signal, each, nothingLeftOf(signal))]
        : planFor(asked, [each], questionPrices.since(signal)).decisions
    })
    const recorded = recordOrSkip({ signal, decisions, sendNow: readyOf(decisions) })
    if (recorded) follow(recorded)
  }

  function refuse(signal: RecordedSignal, names: readonly AccountName[], reason: Reason): void {
    const decisions = chosen(names).map((each) => skipped(signal, each, reason))
    // Who was asked is not set up any more: there is nothing to write, each time it is looked at.
    if (decisions.length === 0) return
    for (const recorded of ledger.record([{ signal, decisions }], clock.now())) follow(recorded)
  }

  function skipped(signal: Signal, whom: Follower, reason: Reason): Decision {
    const { lane } = whom.viewOf(signal.instrument, signal.product)
    return { kind: 'skip', lane, reason, covers: NO_QUANTITY }
  }

  /** A no: an entry is not copied; what an exit would have closed is the trader's to keep. */
  function decline({ signal, now }: OpenQuestion, names: readonly AccountName[]): void {
    const decisions = chosen(names).map((each): Decision => {
      const standing = now.get(each.access.settings.name)
      const asked = standing === undefined ? signal : asItStands(signal, standing)
      if (asked === null) return skipped(signal, each, nothingLeftOf(signal))
      const [decision] = signal.effect === 'exit' ? planFor(asked, [each]).decisions : []
      if (decision?.kind !== 'exit') return skipped(signal, each, { kind: 'declined' })
      const { position, lot } = each.viewOf(signal.instrument, signal.product)
      return keepInstead(decision, position, lot)
    })
    for (const recorded of ledger.record([{ signal, decisions }], clock.now())) follow(recorded)
  }

  const chosen = (names: readonly AccountName[]): readonly Follower[] =>
    followers.filter(({ access }) => names.includes(access.settings.name))

  function resolve(command: Extract<Command, { kind: 'resolve' }>, saidAt: Instant): Said | null {
    const { tag, order } = command
    const owner = ledger.attemptByTag(tag)?.attempt.intent.lane.follower
    const follower = owner === undefined ? undefined : find(owner)
    if (follower === undefined)
      return { answer: { kind: 'refused', text: 'it is of no follower that is set up' } }
    const answer = follower.resolve(tag, order, saidAt)
    return answer && { answer }
  }

  /** `last`: what it costs now, where that is known and the signal has waited. */
  function planFor(signal: Signal, whom: readonly Follower[], last: Price | null = null): Plan {
    return plan(
      signal,
      whom.map((each) => each.viewOf(signal.instrument, signal.product)),
      {
        now: clock.now(),
        calendar: context.calendar,
        hours: settings.hours,
        instrument: context.instruments().byId(signal.instrument),
        last,
        circuit: null,
        freeze: settings.freeze,
        masterCapital: context.masterCapital(),
      },
      () => makeTag(ledger.engine, context.chance.bytes(TAG_CHANCE)),
    )
  }

  function follow({ signal, decisions, attempts }: RecordedPlan): void {
    for (const attempt of attempts) find(attempt.intent.lane.follower)?.sendRecorded(attempt)
    const sent = new Set(attempts.map(({ tag }) => tag))
    for (const decision of decisions) {
      tell({ kind: 'decision', signal, decision })
      // What has just been sent has nothing due before its answer, which wakes the lane by itself.
      if ((decision.kind !== 'skip' || 'keeps' in decision) && !isSent(decision, sent))
        find(followerOf(decision))?.wake(decision.lane)
    }
  }

  const byName = new Map(followers.map((each) => [each.access.settings.name, each]))
  const find = (name: AccountName): Follower | undefined => byName.get(name)

  function isAsked(decision: Decision): boolean {
    const confirm = find(followerOf(decision))?.access.settings.confirm ?? 'off'
    if (decision.kind === 'skip' || confirm === 'off') return false
    return confirm === 'all' || decision.kind === 'entry'
  }

  function isHalted(): boolean {
    return context.isHaltedByFile() || ledger.steering().halted
  }

  function lanesOf(follower: AccountName | null): readonly Lane[] {
    return followers
      .filter(({ access }) => follower === null || access.settings.name === follower)
      .flatMap((each) => each.lanes())
  }

  function keptOf(follower: AccountName | null): readonly KeptHolding[] {
    return ledger.kept(dayOf(clock.now())).filter(({ lane }) => {
      const isMeant = follower === null || lane.follower === follower
      return isMeant && find(lane.follower)?.access.mode === lane.mode
    })
  }

  function wakeAll(): void {
    for (const each of followers) each.wakeAll()
    bellOf(master.account).ring()
  }

  async function obey(signal: AbortSignal): Promise<void> {
    const bell = bellOf(STEERING)
    while (!signal.aborted) {
      const until = steer.turn()
      if (ledger.health().reserve === 'released') ledger.keepReserve()
      const rest = until === null ? STEER_EVERY_MS : Math.min(STEER_EVERY_MS, until - clock.now())
      await bell.rest(clock.sleep.bind(clock), Math.max(0, rest), signal)
    }
  }

  async function priceQuestions(signal: AbortSignal): Promise<void> {
    const bell = bellOf(QUESTIONS)
    while (!signal.aborted) {
      const rest = await questionPrices.turn()
      await bell.rest(clock.sleep.bind(clock), rest ?? IDLE_MS, signal)
    }
  }

  /** An exit is never late in silence, whatever holds it up. */
  async function watchExits(signal: AbortSignal): Promise<void> {
    let since: Waiting['since'] = new Map()
    while (!signal.aborted) {
      const waiting = waitingExits(since, ledger.owed(), clock.now())
      since = waiting.since
      for (const exit of waiting.tooLong) followerIn(exit.lane)?.tellWaiting(exit)
      await clock.sleep(EXITS_WATCHED_EVERY_MS, signal)
    }
  }

  /** What is held on paper is no matter of an account that is live today, nor the other way. */
  function followerIn({ follower, mode }: Lane): Follower | undefined {
    const found = find(follower)
    return found?.access.mode === mode ? found : undefined
  }

  async function watchMaster(signal: AbortSignal): Promise<void> {
    const bell = bellOf(master.account)
    while (!signal.aborted) {
      await watch.turn()
      await bell.rest(clock.sleep.bind(clock), settings.pollIntervalMs, signal)
    }
  }

  async function runFollower(follower: Follower, signal: AbortSignal): Promise<void> {
    const bell = bellOf(follower.access.settings.name)
    while (!signal.aborted) {
      const rest = await follower.turn()
      await bell.rest(clock.sleep.bind(clock), rest ?? IDLE_MS, signal)
    }
    await follower.settled()
  }

  /** What fails while it is heard (the ledger is gone, a bug) ends the loop and not whoever was telling. */
  const listen = async (
    stream: OrderStream | null,
    hear: (event: FeedEvent) => void,
    signal: AbortSignal,
  ): Promise<void> => {
    const failed = new AbortController()
    const hearOrFail = (event: FeedEvent): void => {
      if (failed.signal.aborted) return
      try {
        hear(event)
      } catch (error) {
        failed.abort(error)
      }
    }
    if (stream !== null) await stream.run(hearOrFail, AbortSignal.any([signal, failed.signal]))
    failed.signal.throwIfAborted()
  }

  return {
    async run(stopped) {
      const broken = new AbortController()
      const signal = AbortSignal.any([stopped, broken.signal])
      signal.addEventListener('abort', () => {
        for (const follower of followers) follower.stop()
      })
      const loops = [
        watchMaster(signal),
        watchExits(signal),
        priceQuestions(signal),
        obey(signal),
        pulse.run(signal),
        listen(master.stream, hearMaster, signal),
        ...followers.flatMap((follower) => [
          runFollower(follower, signal),
          listen(follower.access.stream, (event) => follower.hear(event), signal),
        ]),
      ]
      // One loop that fails (the ledger is gone, a bug) ends all: recovery at the next start puts it right.
      for (const loop of loops) loop.catch(() => broken.abort())
      await Promise.allSettled(loops)
      await Promise.all(loops)
    },
  }

  function hearMaster(event: FeedEvent): void {
    pulse.noteStream(master.account, event)
    if (watch.hear(event) === 'readTheBook') bellOf(master.account).ring()
  }
}

/** The trader's word is obeyed within a second. */
const STEER_EVERY_MS = 400
const STEERING = 'steering'
const QUESTIONS = 'questions'
const EXITS_WATCHED_EVERY_MS = 3_000

const LEDGER_FULL: Reason = { kind: 'ledgerFull' }

const followerOf = (decision: Decision): AccountName => decision.lane.follower

const isSent = (decision: Decision, sent: ReadonlySet<Tag>): boolean =>
  decision.kind === 'entry' && decision.intents.every(({ tag }) => sent.has(tag))

/** Who has nothing to do looks up this often, for what no news announces. */
const IDLE_MS = 30_000

interface Bell {
  ring(): void
  /** Rests until the time is over, the bell rings (also if it rang before) or the signal aborts. */
  rest(
    sleep: (ms: number, signal?: AbortSignal) => Promise<void>,
    ms: number,
    signal: AbortSignal,
  ): Promise<void>
}

/** A word: without one an error is made for it, with its stack. */
const RANG = 'rang'

function createBell(): Bell {
  let rang = false
  let wake: AbortController | null = null
  return {
    ring() {
      rang = true
      wake?.abort(RANG)
    },
    async rest(sleep, ms, signal) {
      wake = new AbortController()
      if (!rang) await sleep(ms, AbortSignal.any([wake.signal, signal]))
      wake = null
      rang = false
    },
  }
}
