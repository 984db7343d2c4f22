// The outside, as the engine sees it: time, chance, the broker and the memory. Implementations live in
// `broker/*` and `ledger/`, know nothing of each other, and are put together in `main.ts` only.
// Nothing here throws for what the network can do: a send gives an Outcome, a reading gives a Reading.
import type { AttemptEvent, AttemptState } from './domain/attempt.ts'
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
import type { Lane, LanePosition, LiveEntry, Mode } from './domain/lane.ts'
import type { Money, Price, Quantity } from './domain/numbers.ts'
import type { OrderReport, Pricing, Product, Side, Variety } from './domain/order.ts'
import type { Outcome } from './domain/outcome.ts'
import type { Reason } from './domain/reason.ts'
import type { Circuit } from './domain/settings.ts'
import type { MasterOrder, MasterOrderKey, RecordedSignal } from './domain/signal.ts'
import type { Command, Steering, SteeringState } from './domain/steering.ts'
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

export type ReadFailure =
  | 'network'
  | 'timeout'
  | 'rateLimited'
  | 'sessionLost'
  | 'refused'
  | 'unreadable'

export interface BrokerPosition {
  readonly instrument: InstrumentId
  readonly product: Product
  readonly quantity: Quantity
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
  readonly at: Instant
  readonly [recorded]: true
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

export interface RecordedPlan {
  readonly signal: RecordedSignal
  readonly decisions: readonly Decision[]
  readonly intents: readonly RecordedIntent[]
}

export type WriteKind = 'place' | 'modify' | 'cancel'

/** Why `held` changes without a fill of ours. */
export type Adjustment = {
  readonly lane: Lane
  readonly kind: 'reducedElsewhere' | 'dismissed' | 'adopted' | 'expired'
  /** Signed change of `held`. */
  readonly change: Quantity
  readonly evidence: string
}

export type LoginResult = 'accepted' | 'codeRefused' | 'pinRefused' | 'refused' | 'network'

export interface LoginAttempt {
  readonly account: AccountName
  readonly at: Instant
  /** The TOTP window (30 s count since 1970) whose code was used. */
  readonly window: number
  /** null while nobody knows: the process died before the answer. */
  readonly result: LoginResult | null
}

export interface OwedExit {
  readonly lane: Lane
  readonly held: Quantity
  readonly wanted: Quantity
  /** held less wanted, less what is in flight. Signed as the position. */
  readonly owed: Quantity
}

/** What a broker showed an account to hold, positions and (for DELIVERY) holdings together. */
export interface SeenPosition {
  readonly instrument: InstrumentId
  readonly product: Product
  readonly quantity: Quantity
}

export interface Drift {
  readonly lane: Lane
  readonly wanted: Quantity
  readonly held: Quantity
  /** null: never seen. The follower's own trades are in it, so only less than `held` is a fault. */
  readonly shown: Quantity | null
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

/**
 * The durable memory. Facts are only added; every method that writes is one synced transaction that
 * is on disk when it returns. Synchronous, because the order of facts is the order of truth.
 */
export interface Ledger {
  readonly engine: EngineId
  readonly mode: Mode

  // the master
  /** Writes down what changed and gives back every order of the reading with what was signalled of it. */
  seeMasterOrders(reports: readonly OrderReport[], at: Instant): readonly MasterOrder[]
  /** The first reading of the first start: what is filled by then is never copied. */
  setBaseline(reports: readonly OrderReport[], at: Instant): void
  hasBaseline(): boolean
  masterOrders(day: TradingDay): readonly MasterOrder[]

  // decisions
  /** One transaction for all of it. A signal that is known gets the missing decisions only. */
  record(plans: readonly Plan[], at: Instant): readonly RecordedPlan[]
  /** Signals on which some follower has no decision yet (a question is open, or we died asking). */
  undecided(
    followers: readonly AccountName[],
  ): readonly { signal: RecordedSignal; followers: readonly AccountName[] }[]
  /** Orders that close: an exit whose turn has come, a flatten, a late fill, an overshoot. */
  recordClosing(intents: readonly Intent[], at: Instant): readonly RecordedIntent[]

  // sending
  /** Durable before the first byte leaves. `tag` replaces the intent's own from the second attempt on. */
  recordAttempts(
    sends: readonly { intent: RecordedIntent; tag: Tag }[],
    at: Instant,
  ): readonly RecordedAttempt[]
  /** A modify or a cancel, counted against the broker's windows before it is sent. */
  recordWrite(
    account: AccountName,
    kind: Exclude<WriteKind, 'place'>,
    attempt: AttemptId,
    at: Instant,
  ): void
  /** Moves the attempt's state and keeps the event; gives back the state it is in now. */
  recordEvent(attempt: AttemptId, event: AttemptEvent, at: Instant): AttemptState
  recordDenial(intent: IntentId, reason: Reason, at: Instant): void
  adjust(adjustment: Adjustment, at: Instant): void
  /** What a broker showed, kept so that drift is a question to the ledger. Only changes are written. */
  recordPositions(account: AccountName, positions: readonly SeenPosition[], at: Instant): void

  // the trader, the accounts, the session
  /** A start of the engine, with the settings it runs by (never a secret). */
  recordSession(settings: string, at: Instant): number
  steer(command: Command, by: string, at: Instant): void
  steering(): SteeringState
  steeringSince(number: number): readonly (Steering & { readonly number: number })[]
  recordLogin(account: AccountName, window: number, at: Instant): number
  recordLoginResult(login: number, result: LoginResult, at: Instant): void
  logins(account: AccountName, since: Instant): readonly LoginAttempt[]

  // questions
  lanePosition(lane: Lane): LanePosition
  lanes(): readonly (Lane & LanePosition)[]
  /** Entries of the lane that can still fill, oldest first. */
  liveEntries(lane: Lane): readonly LiveEntry[]
  /** Closing orders of the lane that are unsent, on their way, unknown or resting. */
  liveClosings(lane: Lane): readonly OpenIntent[]
  owed(): readonly OwedExit[]
  /** Where what should be held, what is held and what the broker last showed differ. */
  drift(): readonly Drift[]
  /** Attempts that are not settled, of one account or all: what start-up looks up first. */
  openAttempts(account: AccountName | null): readonly OpenAttempt[]
  /** Intents without any attempt and without a denial: never sent. */
  unsentIntents(account: AccountName | null): readonly RecordedIntent[]
  attemptByTag(tag: Tag): OpenAttempt | null
  /** Instants of every write of an account since then, oldest first: what `pace` counts. */
  writes(account: AccountName, since: Instant): readonly Instant[]
  /** For the limits of a day: orders placed, rejections in a row, and fills with their prices. */
  followerDay(follower: AccountName, day: TradingDay): FollowerDay
  signal(id: SignalId): RecordedSignal | null
  masterOrderKeyOf(orderId: OrderId, day: TradingDay): MasterOrderKey | null
  why(signal: SignalId, follower: AccountName | null): readonly Why[]

  backup(path: string): void
  close(): void
}

export interface FollowerDay {
  readonly orders: number
  readonly rejectionsInARow: number
  readonly fills: readonly {
    readonly lane: Lane
    readonly side: Side
    readonly quantity: Quantity
    readonly price: Price
  }[]
}
