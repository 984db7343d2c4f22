// The outside, as the engine sees it: time, chance, the broker and the memory. Implementations live in
// `broker/*` and `ledger/`, know nothing of each other, and are put together in `main.ts` only.
// Nothing here throws for what the network can do: a send gives an Outcome, a reading gives a Reading.
import type { AttemptEvent, AttemptState, Transition } from './domain/attempt.ts'
import type { Decision, Plan } from './domain/decision.ts'
import type {
  AccountName,
  AttemptId,
  EngineId,
  InstrumentId,
  IntentId,
  OrderId,
  SignalId,
  UniqueOrderId,
} from './domain/ids.ts'
import type { Exchange, Instrument } from './domain/instrument.ts'
import type { Intent, RecordedIntent } from './domain/intent.ts'
import type { ClosingCauses, Lane, LanePosition, LiveEntry, Mode } from './domain/lane.ts'
import type { Money, Price, Quantity } from './domain/numbers.ts'
import type { OrderReport, Pricing, Product, Side, Variety } from './domain/order.ts'
import type { Outcome } from './domain/outcome.ts'
import type { OwedBecause } from './domain/owed.ts'
import type { Pulse, PulseChange, ReadFailure } from './domain/pulse.ts'
import type { AskedNow } from './domain/question.ts'
import type { Reason } from './domain/reason.ts'
import type { Circuit } from './domain/settings.ts'
import type {
  Effect,
  MasterOrder,
  MasterOrderKey,
  RecordedSignal,
  SignalKey,
} from './domain/signal.ts'
import type { Answer, Command, Steering, SteeringState } from './domain/steering.ts'
import type { Tag } from './domain/tag.ts'
import type { Instant, TradingDay } from './domain/time.ts'

// --- time and chance ---------------------------------------------------------------------------

export interface Clock {
  /** Corrected by the broker's own `Date` header: for ages and days. */
  now(): Instant
  /** Never jumps: for intervals and deadlines. */
  monotonicMs(): number
  /** Resolves after `ms`, or at once when the signal aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

export interface Chance {
  /** That many whole numbers from 0 to 255. */
  bytes(count: number): readonly number[]
}

// --- the broker, for one account ---------------------------------------------------------------

/** What a read came to. A row that cannot be understood never hides the others: it is named in `unreadable`. */
export type Reading<T> =
  | {
      readonly kind: 'read'
      readonly value: T
      readonly unreadable: readonly string[]
      readonly at: Instant
    }
  | {
      readonly kind: 'failed'
      readonly why: ReadFailure
      readonly evidence: string
      readonly at: Instant
    }

export interface BrokerPosition {
  readonly instrument: InstrumentId
  readonly product: Product
  readonly quantity: Quantity
  /** Of it bought less sold today, conversions included; null: the broker doesn't say. */
  readonly today: Quantity | null
  readonly lastPrice: Price | null
}

export interface Holding {
  readonly instrument: InstrumentId
  /** What can be sold today. */
  readonly quantity: Quantity
}

export interface Funds {
  /** Free plus pledged, less used: what the broker calls available is this too. */
  readonly net: Money
  readonly used: Money
}

export interface Quote {
  readonly last: Price
  readonly circuit: Circuit | null
}

export interface Profile {
  readonly clientCode: string
  readonly name: string
  readonly exchanges: readonly string[]
  readonly products: readonly string[]
}

/** A fill of the trade book: the time of day is all that some brokers say. */
export interface Fill {
  readonly orderId: OrderId
  readonly quantity: Quantity
  readonly price: Price
  readonly at: Instant
}

/** Everything that changes nothing at the broker. The dry run has this for real. */
export interface BrokerReader {
  readonly account: AccountName
  orders(): Promise<Reading<readonly OrderReport[]>>
  order(id: UniqueOrderId): Promise<Reading<OrderReport | null>>
  fills(): Promise<Reading<readonly Fill[]>>
  positions(): Promise<Reading<readonly BrokerPosition[]>>
  holdings(): Promise<Reading<readonly Holding[]>>
  funds(): Promise<Reading<Funds>>
  profile(): Promise<Reading<Profile>>
  quotes(instruments: readonly Instrument[]): Promise<Reading<ReadonlyMap<InstrumentId, Quote>>>
}

/** What is placed. Only the ledger makes a RecordedAttempt, so nothing unrecorded can be sent. */
export interface Placement {
  readonly attempt: RecordedAttempt
  readonly instrument: Instrument
  /** Asked by whoever has had to wait before the first byte: all may be halted by then. */
  readonly mayStillGo?: () => boolean
}

export interface OrderName {
  readonly orderId: OrderId
  readonly variety: Variety
  readonly pricing: Pricing
}

/** Everything that can change something at the broker. Never throws; `unknown` is its default answer. */
export interface BrokerWriter {
  readonly account: AccountName
  place(placement: Placement): Promise<Outcome>
  /** `accepted` means that the request was taken, not that the order is gone: only a report says that. */
  cancel(order: OrderName): Promise<Outcome>
  modify(
    order: OrderName & {
      readonly quantity: Quantity
      readonly to: Pricing
      readonly instrument: Instrument
      readonly side: Side
      readonly product: Product
    },
  ): Promise<Outcome>
}

export type FeedEvent =
  | { readonly kind: 'connected'; readonly at: Instant }
  | { readonly kind: 'order'; readonly report: OrderReport; readonly at: Instant }
  /** A frame that could not be understood: a reason to read the book. */
  | { readonly kind: 'unreadable'; readonly evidence: string; readonly at: Instant }
  | { readonly kind: 'disconnected'; readonly why: string; readonly at: Instant }

export interface OrderStream {
  /** Runs until the signal aborts; reconnects by itself. */
  run(onEvent: (event: FeedEvent) => void, signal: AbortSignal): Promise<void>
}

export interface Instruments {
  byToken(exchange: Exchange, token: string): Instrument | null
  byId(id: InstrumentId): Instrument | null
  /** Day of the file in use: yesterday's is a warning, older than three days refuses derivatives. */
  readonly day: TradingDay
}

// --- the ledger --------------------------------------------------------------------------------

declare const recorded: unique symbol
/** An attempt that is durable: the only thing a writer takes. */
export interface RecordedAttempt {
  readonly id: AttemptId
  readonly intent: RecordedIntent
  readonly tag: Tag
  /** What it asks for: less than the intent's where an exit cut it down before it was sent. */
  readonly quantity: Quantity
  /**
   * Of a closing order: what the broker showed there beyond what we held when it was sized, signed. The
   * follower's own, which it leaves alone. null: not known, as of every entry.
   */
  readonly others: Quantity | null
  readonly at: Instant
  readonly [recorded]: true
}

export interface Send {
  readonly intent: RecordedIntent
  readonly tag: Tag
  readonly quantity: Quantity
  readonly others: Quantity | null
}

export interface OpenAttempt {
  readonly attempt: RecordedAttempt
  readonly state: AttemptState
  /** 1 for the first. */
  readonly number: number
}

/** An intent that is not finished: its attempts so far, none when it was never sent. */
export interface OpenIntent {
  readonly intent: RecordedIntent
  readonly attempts: readonly OpenAttempt[]
}

export interface LiveOrder extends OpenIntent {
  /** Of all attempts together. */
  readonly filled: Quantity
  /** How much it may fill in all; of a closing order its quantity. */
  readonly allowance: Quantity
}

/** The last signal that was copied in a lane. */
export interface LaneMove {
  readonly signal: SignalKey
  readonly signalId: SignalId
  readonly effect: Effect
}

export interface RecordedPlan {
  readonly signal: RecordedSignal
  readonly decisions: readonly Decision[]
  readonly intents: readonly RecordedIntent[]
  /** Of those that were to leave at once. */
  readonly attempts: readonly RecordedAttempt[]
}

export type WriteKind = 'place' | 'modify' | 'cancel'

/** Why `held` changes without a fill of ours. */
export type Adjustment = {
  readonly lane: Lane
  /**
   * `flattened` changes nothing that is held: from then on nothing should be, and no entry of the lane
   * may fill further.
   */
  readonly kind: 'reducedElsewhere' | 'dismissed' | 'adopted' | 'expired' | 'flattened'
  /** Signed change of `held`. */
  readonly change: Quantity
  readonly evidence: string
}

/** `unserved`: answered by words about a session or a page, by somebody who looked at neither PIN nor code. */
export type LoginResult =
  | 'accepted'
  | 'codeRefused'
  | 'pinRefused'
  | 'refused'
  | 'unserved'
  | 'network'

export interface LoginAttempt {
  readonly account: AccountName
  readonly at: Instant
  /** The TOTP window (30 s count since 1970) whose code was used. */
  readonly window: number
  /**
   * A mark of the secrets that were used, from which nobody learns them: another one says that the user has
   * changed something. null: of an older program.
   */
  readonly secrets: string | null
  /** null while nobody knows: the process died before the answer. */
  readonly result: LoginResult | null
}

export interface SecretUse {
  readonly account: AccountName
  readonly secret: string
  readonly at: Instant
}

export interface StandingLane extends LanePosition {
  /** Of the last order there; null before the first. */
  readonly lot: Quantity | null
}

export interface OwedExit {
  /** Of the lane in its ledger, the same for ever: what the trader types to dismiss it, as `E7`. */
  readonly number: number
  readonly lane: Lane
  readonly held: Quantity
  readonly wanted: Quantity
  /** held less wanted, less what is in flight. Signed as the position. */
  readonly owed: Quantity
}

/** What the trader keeps by a no to an exit: held by the trader's own word, owed by nobody. */
export interface KeptHolding {
  readonly lane: Lane
  /** Signed as the position. */
  readonly quantity: Quantity
  /** The last exit there that got a no, and when. */
  readonly signal: SignalId
  readonly at: Instant
}

/** What a broker showed an account to hold, positions and (for DELIVERY) holdings together. */
export interface SeenPosition {
  readonly instrument: InstrumentId
  readonly product: Product
  readonly quantity: Quantity
}

export interface Drift {
  readonly lane: Lane
  readonly copied: Quantity
  readonly wanted: Quantity
  readonly held: Quantity
  /** null: never shown. The follower's own trades are in it, so only less than `held` is a fault. */
  readonly shown: Quantity | null
  /** Since when it is shown so. */
  readonly shownAt: Instant | null
}

/** Everything `lockstep why` tells of one signal and one follower. */
export interface Why {
  readonly signal: RecordedSignal
  readonly follower: AccountName
  readonly decision: Decision | null
  readonly decidedAt: Instant | null
  readonly intents: readonly {
    readonly intent: RecordedIntent
    readonly denied: Reason | null
    readonly attempts: readonly (OpenAttempt & {
      readonly history: readonly { readonly at: Instant; readonly event: AttemptEvent }[]
    })[]
  }[]
}

/** A plan as it is recorded. */
export interface Recording extends Plan {
  /** Followers whose decision waits for the trader: they stay open questions until one is recorded. */
  readonly asked?: readonly AccountName[]
  /** Tags of intents that leave at once: their first attempt is recorded in the same transaction. */
  readonly sendNow?: readonly Tag[]
}

export interface OpenQuestion {
  readonly signal: RecordedSignal
  readonly followers: readonly AccountName[]
  /** What a yes of each of them is about by now: the master goes on while nobody answers. */
  readonly now: ReadonlyMap<AccountName, AskedNow>
}

export type NumberedSteering = Steering & { readonly number: number }

/** `released`: the disk was full and the reserve was given up; entries are refused until it is back. */
export interface LedgerHealth {
  readonly freeBytes: number
  readonly reserve: 'held' | 'released'
}

/**
 * What the durable memory tells: the engine, the commands and the page all ask here. Each question sees
 * one moment. Answers come at once and in order, because the order of facts is the order of truth.
 */
export interface LedgerView {
  readonly engine: EngineId
  readonly mode: Mode
  /** All that is asked in it sees one moment, and costs less than one by one. Nothing is written in it. */
  atOneMoment<T>(questions: () => T): T

  // the master
  hasBaseline(account: AccountName): boolean
  masterOrders(day: TradingDay): readonly MasterOrder[]
  /**
   * Of days before that one: what filled and was not told. Not what a later signal of its position has passed
   * over: that was counted in then.
   */
  masterOrdersUntold(before: TradingDay): readonly MasterOrder[]
  masterOrderKeyOf(account: AccountName, orderId: OrderId, day: TradingDay): MasterOrderKey | null

  // signals
  signal(id: SignalId): RecordedSignal | null
  /** Of the master's orders of that day, in the order in which they were recorded. */
  signals(day: TradingDay): readonly RecordedSignal[]
  /** Signals with followers that were asked and have no decision yet (or we died asking). */
  undecided(): readonly OpenQuestion[]
  /** Days of which there are signals, newest first. */
  daysWithSignals(): readonly { readonly day: TradingDay; readonly signals: number }[]
  /** One for each follower that has decided or is asked; none when there is no such signal. */
  why(signal: SignalId, follower: AccountName | null): readonly Why[]

  // lanes
  lanePosition(lane: Lane): StandingLane
  /** Every lane in which anything stands (copied, held or entitled), of everybody or of one follower. */
  lanes(of?: AccountName): readonly (Lane & StandingLane)[]
  /** Entries of the lane that can still fill, oldest first: unsent, on their way, unknown or resting. */
  liveEntries(lane: Lane): readonly LiveEntry[]
  /** Closing orders of the lane that are unsent, on their way, unknown or resting. */
  liveClosings(lane: Lane): readonly OpenIntent[]
  /** Both, with all that the next step of the lane is decided by, oldest first. */
  liveOrders(lane: Lane): readonly LiveOrder[]
  /** Whether there is none of them. */
  isIdle(lane: Lane): boolean
  /** What the lane was last moved by: skips move nothing. null: it never was. */
  lastMove(lane: Lane): LaneMove | null
  /** When the trader last had something taken over there; null: never. */
  adoptedAt(lane: Lane): Instant | null
  /** Why a lane holds more than it should; of attempts since then. */
  closingCauses(lane: Lane, since: Instant): ClosingCauses
  /** Lanes that hold more than they should, beyond what closing orders at the broker may still fill. */
  owed(): readonly OwedExit[]
  /** What stands by the trader's no, as far as it is not known to be gone; what is intraday, of that day only. */
  kept(day: TradingDay): readonly KeptHolding[]
  /** The same comparison wherever something is copied or held. */
  compared(): readonly Drift[]
  /** Where what should be held, what is held and what the broker last showed differ. */
  drift(): readonly Drift[]

  // sending
  /** Attempts that are not settled, of one account or all, oldest first: what start-up looks up first. */
  openAttempts(account: AccountName | null): readonly OpenAttempt[]
  /** Not denied, and provably at no broker: no attempt was made, or each is known not to be sent. */
  unsentIntents(account: AccountName | null): readonly RecordedIntent[]
  attemptByTag(tag: Tag): OpenAttempt | null
  /** Settled ones too, oldest first: any of them may turn up after all. */
  attemptsOfDay(account: AccountName, day: TradingDay): readonly OpenAttempt[]
  /** Instants of every write of an account from then on, oldest first: what `pace` counts. */
  writes(account: AccountName, since: Instant): readonly Instant[]
  /** For the limits of a day: orders placed, rejections in a row, and fills with their prices. */
  followerDay(follower: AccountName, day: TradingDay): FollowerDay

  // the trader, the accounts
  steering(): SteeringState
  /** Commands that the engine has not finished yet, oldest first. */
  openSteering(): readonly NumberedSteering[]
  /** What the engine said to a command that it has finished; null: nothing, or not yet. */
  answerTo(steering: number): Answer | null
  logins(account: AccountName, since: Instant): readonly LoginAttempt[]
  /** Whether this account's book, when it last showed an order of ours, showed its tag; null: not since then. */
  showedTags(account: AccountName, since: Instant): boolean | null
  /** How the accounts do, as the engine last kept it: some seconds old, and a power cut may take it. */
  pulse(): Pulse
  /** When the broker last said that the keys of an account are those of its client code; null: never. */
  verifiedAt(account: AccountName): Instant | null
  /** Every time that a secret was decrypted, oldest first. */
  secretUses(account: AccountName, since: Instant): readonly SecretUse[]

  /** Number of the newest fact: grows with each, and is the same for whoever asks. The pulse is no fact. */
  revision(): number
  /** Signals that facts after that revision are about, oldest first. */
  signalsSince(revision: number): readonly SignalId[]

  health(): LedgerHealth
  /** A whole, examined copy under that name, or nothing. */
  backup(path: string): void
  close(): void
}

/**
 * How other processes reach a running engine: they add the trader's words, and the logins that a command
 * made, since an account is locked by wrong logins whoever made them.
 */
export interface SteeringDesk
  extends LedgerView,
    Pick<Ledger, 'recordLogin' | 'recordLoginResult' | 'recordVerified' | 'recordSecretUse'> {
  steer(command: Command, by: string, at: Instant): number
}

/**
 * The engine's. Facts are only added; every method that writes is one synced transaction: on disk when it
 * returns, not there at all when it throws. What a broker tells and would tell again (the master's orders,
 * reports and acceptances of ours, positions) is not waited for: a killed process loses nothing of it, a
 * power cut at most the last moment, and whatever is decided upon it takes it to the disk. What contradicts the facts (a second attempt of an order that
 * may be at the broker, a signal beyond what is filled) is a bug and throws. Of the operational failures,
 * `diskFull` refuses entries first and everything else only when the reserve is used up too.
 */
export interface Ledger extends SteeringDesk {
  // the master
  /**
   * Writes down what changed and gives back every order of the reading with what was signalled of it.
   * A report that is older than what is known changes nothing. Two orders that turn out to be one are
   * joined: what either had signalled counts, even where that is more than was filled.
   */
  seeMasterOrders(reports: readonly OrderReport[], at: Instant): readonly MasterOrder[]
  /** The first reading of the first start, once: what is filled by then is never copied. */
  setBaseline(account: AccountName, reports: readonly OrderReport[], at: Instant): void

  // decisions
  /**
   * One transaction for all of it. A signal that is known gets the missing decisions only, and every
   * answer is what stands in the ledger, whoever recorded it first.
   */
  record(plans: readonly Recording[], at: Instant): readonly RecordedPlan[]
  /** Orders that close: an exit whose turn has come, a flatten, a late fill, an overshoot. Once per tag. */
  recordClosing(intents: readonly Intent[], at: Instant): readonly RecordedIntent[]

  // sending
  /**
   * Durable before the first byte leaves. The first attempt bears the intent's own tag, each later one a
   * tag of its own, and is refused unless every earlier one is known not to be sent. `quantity` is at
   * most the intent's.
   */
  recordAttempts(sends: readonly Send[], at: Instant): readonly RecordedAttempt[]
  /** A modify or a cancel, counted against the broker's windows before it is sent. */
  recordWrite(
    account: AccountName,
    kind: Exclude<WriteKind, 'place'>,
    attempt: AttemptId,
    at: Instant,
  ): void
  /** Keeps the event unless it is nothing new, moves attempt and lane, and says what it came to. */
  recordEvent(attempt: AttemptId, event: AttemptEvent, at: Instant): Transition
  /** Our own no to an intent that is unsent. */
  recordDenial(intent: IntentId, reason: Reason, at: Instant): void
  adjust(adjustment: Adjustment, at: Instant): void
  /** A complete reading of what a broker shows: what it leaves out is not there. Only changes are written. */
  recordPositions(
    account: AccountName,
    mode: Mode,
    positions: readonly SeenPosition[],
    at: Instant,
  ): void

  // the trader, the accounts, the session
  /** The engine has acted on it; what it changes in the ledger goes with it, so that neither is lost. */
  finishSteering(
    number: number,
    adjustments: readonly Adjustment[],
    answer: Answer | null,
    at: Instant,
  ): void
  /** Whether a page of this account's book that shows orders of ours shows their tags. */
  recordTags(account: AccountName, isShown: boolean, at: Instant): void
  /** A start of the engine, with the settings it runs by (never a secret). */
  recordSession(settings: string, at: Instant): number
  /** Before it is tried: a login whose answer never came is not tried again with the same code. */
  recordLogin(account: AccountName, window: number, secrets: string, at: Instant): number
  recordLoginResult(login: number, result: LoginResult, at: Instant): void
  /** The broker's profile bears the client code that the account is set up with. */
  recordVerified(account: AccountName, at: Instant): void
  /** By its name, as `TOTP_SECRET`; never what it is. */
  recordSecretUse(account: AccountName, secret: string, at: Instant): void

  /**
   * The one thing that is changed and not added, and the one that is not waited for. Without it nothing is
   * lost, so it takes nothing from a full disk: false when there was no room for it.
   */
  keepPulse(change: PulseChange, at: Instant): boolean

  // the memory itself
  /** Sets the reserve aside again when there is room; says whether it is there. */
  keepReserve(): boolean
  /** Everything derived, made again from the facts. */
  rebuild(at: Instant): void
  /** What a rebuild would change, in words: empty when all is well. */
  verify(): readonly string[]
}

export interface FollowerDay {
  readonly orders: number
  readonly rejectionsInARow: number
  readonly fills: readonly {
    readonly lane: Lane
    readonly side: Side
    readonly quantity: Quantity
    /** The average; until the broker shows one, the order's limit; null for a market order. */
    readonly price: Price | null
  }[]
}

// --- what people are told ----------------------------------------------------------------------

export type ReadingName = 'orders' | 'positions' | 'quotes' | 'funds'

/** Everything the engine tells while it runs. Nothing that is told comes back: the ledger has the facts. */
export type EngineEvent =
  | { readonly kind: 'signal'; readonly signal: RecordedSignal }
  | { readonly kind: 'decision'; readonly signal: RecordedSignal; readonly decision: Decision }
  | { readonly kind: 'denied'; readonly intent: RecordedIntent; readonly reason: Reason }
  | { readonly kind: 'sent'; readonly attempt: RecordedAttempt }
  | { readonly kind: 'attempt'; readonly attempt: RecordedAttempt; readonly transition: Transition }
  | {
      readonly kind: 'asked'
      readonly attempt: RecordedAttempt
      readonly what: 'cancel' | 'cut' | 'reprice'
      readonly outcome: string
    }
  | {
      readonly kind: 'owed'
      readonly lane: Lane
      readonly quantity: Quantity
      readonly why: OwedBecause
    }
  | {
      readonly kind: 'heldLowered'
      readonly lane: Lane
      readonly by: Quantity
      readonly shown: Quantity
    }
  | {
      readonly kind: 'readFailed'
      readonly account: AccountName
      readonly what: ReadingName
      readonly why: ReadFailure
      readonly evidence: string
    }
  /** The first reading that came to something after some that did not. */
  | {
      readonly kind: 'readAgain'
      readonly account: AccountName
      readonly what: ReadingName
      readonly failures: number
      /** Since the first of them. */
      readonly afterMs: number
    }
  /** From now on what the master trades is copied; told once a day. `holds`: positions that it had before. */
  | { readonly kind: 'watching'; readonly account: AccountName; readonly holds: number }
  /** null: the first time in this run. */
  | { readonly kind: 'streamUp'; readonly account: AccountName; readonly afterMs: number | null }
  /** When it happens, and once more when it lasts. */
  | {
      readonly kind: 'streamDown'
      readonly account: AccountName
      readonly why: string
      readonly lasting: boolean
    }
  | { readonly kind: 'asking'; readonly signal: RecordedSignal; readonly follower: AccountName }
  | { readonly kind: 'steered'; readonly command: Command; readonly by: string }
  | { readonly kind: 'alarm'; readonly account: AccountName; readonly text: string }
