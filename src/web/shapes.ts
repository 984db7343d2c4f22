// What the page and its server say to each other: types only, so that neither needs the other to run.
// Amounts are exact texts ("101.20"), never JSON numbers; times are ISO with the offset of IST; every text
// that came from a broker or from a person is data, and is shown as text. `null` is "not known", never 0.
//
// Reading, signed in. `?mode=live|paper` names the ledger; left out, it is the one that an engine runs on.
//   GET  /api/session                        → SessionState   (also signed out)
//   GET  /api/overview?mode                  → Overview
//   GET  /api/signals?mode&day&follower&outcome&symbol&side&until&limit → SignalPage
//   GET  /api/signals/NUMBER?mode            → SignalStory    (`lockstep why`)
//   GET  /api/days?mode                      → DayList
//   GET  /api/charts?mode&day                → Charts
//   GET  /api/history?mode                   → History
//   GET  /api/accounts                       → AccountList
//   GET  /api/steer/resume?mode&follower     → Preview        (what a resume would do)
//   GET  /api/steer/flatten?mode&follower    → Preview
//   GET  /api/events?mode                    → server-sent events, see `Changed`
//   GET  /metrics?mode                       → text for Prometheus: signed in, or with the bearer token
//
// Writing: POST, JSON, at most 16 KiB, with the header `x-csrf-token` from SessionState.
//   POST /api/setup                SetupBody      → SessionState   (once; the code stands in the terminal)
//   POST /api/sign-in              SignInBody     → SessionState
//   POST /api/sign-out             {}             → SessionState
//   POST /api/password             PasswordBody   → SessionState   (ends every other session)
//   POST /api/steer/pause          WhomBody       → Told
//   POST /api/steer/resume         WhomBody       → Told
//   POST /api/steer/halt           ModeBody       → Told
//   POST /api/steer/flatten        FlattenBody    → Told
//   POST /api/steer/approve        ApproveBody    → Told
//   POST /api/steer/reject         SignalBody     → Told
//   POST /api/steer/dismiss        DismissBody    → Told
//   POST /api/steer/resolve        ResolveBody    → Told
//   POST /api/accounts             AddAccountBody → AccountChanged
//   POST /api/accounts/NAME/remove   RemoveBody   → AccountChanged
//   POST /api/accounts/NAME/enabled  EnabledBody  → AccountChanged
//   POST /api/accounts/NAME/preview  EditBody     → EditPreview
//   POST /api/accounts/NAME/settings EditBody     → AccountChanged
//   POST /api/accounts/NAME/verify   KeyedBody    → Checked   (logs in; refused beside an engine)
//   POST /api/accounts/NAME/balance  KeyedBody    → Checked   (logs in; refused beside an engine)
// setup and sign-in are POST without a token: nobody is signed in yet, and Origin is checked.
//
// Anything else than 2xx has the body `Refused`: 400 not understood, 401 sign in first, 403 not from this
// page, 404, 409 it can't be done and why, 413 too long, 429 wait, 503 no ledger yet.

// --- the routes, for typed calls ---------------------------------------------------------------

/** What each GET takes in its query and answers. */
export interface Reads {
  '/api/session': { query: Nothing; answer: SessionState }
  '/api/overview': { query: OfLedger; answer: Overview }
  '/api/signals': { query: SignalFilter; answer: SignalPage }
  '/api/signals/:signal': { query: OfLedger; answer: SignalStory }
  '/api/days': { query: OfLedger; answer: DayList }
  '/api/charts': { query: OfDay; answer: Charts }
  '/api/history': { query: OfLedger; answer: History }
  '/api/accounts': { query: Nothing; answer: AccountList }
  '/api/steer/resume': { query: OfFollower; answer: Preview }
  '/api/steer/flatten': { query: OfFollower; answer: Preview }
}

/** What each POST takes and answers. */
export interface Writes {
  '/api/setup': { body: SetupBody; answer: SessionState }
  '/api/sign-in': { body: SignInBody; answer: SessionState }
  '/api/sign-out': { body: Nothing; answer: SessionState }
  '/api/password': { body: PasswordBody; answer: SessionState }
  '/api/steer/pause': { body: WhomBody; answer: Told }
  '/api/steer/resume': { body: WhomBody; answer: Told }
  '/api/steer/halt': { body: ModeBody; answer: Told }
  '/api/steer/flatten': { body: FlattenBody; answer: Told }
  '/api/steer/approve': { body: ApproveBody; answer: Told }
  '/api/steer/reject': { body: SignalBody; answer: Told }
  '/api/steer/dismiss': { body: DismissBody; answer: Told }
  '/api/steer/resolve': { body: ResolveBody; answer: Told }
  '/api/accounts': { body: AddAccountBody; answer: AccountChanged }
  '/api/accounts/:name/remove': { body: RemoveBody; answer: AccountChanged }
  '/api/accounts/:name/enabled': { body: EnabledBody; answer: AccountChanged }
  '/api/accounts/:name/preview': { body: EditBody; answer: EditPreview }
  '/api/accounts/:name/settings': { body: EditBody; answer: AccountChanged }
  '/api/accounts/:name/verify': { body: KeyedBody; answer: Checked }
  '/api/accounts/:name/balance': { body: KeyedBody; answer: Checked }
}

type Nothing = Readonly<Record<string, never>>
/** Left out: the ledger that an engine runs on, else the live one, else the paper one. */
interface OfLedger {
  readonly mode?: Mode
}
/** Left out: today. */
interface OfDay extends OfLedger {
  readonly day?: Day
}
/** Left out: everybody. */
interface OfFollower extends OfLedger {
  readonly follower?: string
}

/** `2026-11-21T10:30:45.123+05:30` */
export type Time = string
/** `2026-11-21` */
export type Day = string
/** Exact, such as `-12.50`. */
export type Amount = string
export type Mode = 'live' | 'paper'

export interface Refused {
  readonly error: {
    readonly kind:
      | 'badRequest'
      | 'signedOut'
      | 'forbidden'
      | 'notFound'
      | 'refused'
      | 'tooLong'
      | 'wait'
      | 'noLedger'
      | 'broken'
    /** For people. */
    readonly text: string
    /** With 429. */
    readonly waitMs?: number
    /** What of the settings is not allowed, each by its key: `limits.maxDailyLoss`. */
    readonly faults?: readonly SettingFault[]
  }
}

export interface SettingFault {
  readonly key: string
  /** As it was given. */
  readonly found: string
  readonly allowed: string
}

// --- signing in --------------------------------------------------------------------------------

export type SessionState =
  /** No password is set yet: ask for one and for the code that stands in the terminal. */
  | { readonly kind: 'new'; readonly version: string; readonly waitMs: number }
  /** `waitMs` above 0: too many wrong attempts, the next one is heard after that. */
  | { readonly kind: 'signedOut'; readonly version: string; readonly waitMs: number }
  | {
      readonly kind: 'signedIn'
      readonly version: string
      /** For the header `x-csrf-token` of every POST. */
      readonly csrf: string
      readonly expiresAt: Time
    }

export interface SetupBody {
  readonly code: string
  /** At least 10 characters. */
  readonly password: string
}
export interface SignInBody {
  readonly password: string
}
export interface PasswordBody {
  readonly current: string
  readonly next: string
}

// --- overview ----------------------------------------------------------------------------------

/** Which ledger, when, and who runs on it: in every answer about a ledger. */
export interface Site {
  readonly mode: Mode
  /** The ledgers that there are. */
  readonly modes: readonly Mode[]
  /** Nothing of it is real: a simulated broker. */
  readonly isDemo: boolean
  readonly at: Time
  readonly engine: {
    readonly process: number
    readonly host: string
    readonly since: Time
    readonly command: string
  } | null
  /** Of the newest fact; grows with each. */
  readonly revision: number
}

export interface Overview {
  readonly site: Site
  readonly markets: readonly Market[]
  readonly standing: {
    readonly halted: boolean
    /** By the file HALT in the data folder. */
    readonly haltFile: boolean
    readonly everybodyPaused: boolean
    /** What is wrong with the settings; empty when they can be read. */
    readonly settingsFaults: readonly string[]
    /** Commands that the engine has not acted on yet. */
    readonly commandsWaiting: number
  }
  readonly master: AccountHealth & {
    readonly ordersToday: number
    readonly signalsToday: number
  }
  readonly followers: readonly FollowerCard[]
  readonly totals: {
    readonly profit: Profit
    readonly signals: number
    readonly copied: number
    readonly placed: number
    readonly failed: number
    readonly skipped: number
    readonly unknown: number
    readonly owed: number
    /** 0 to 1; null when nothing was placed or failed. */
    readonly successRate: number | null
  }
  readonly owed: readonly Owed[]
  readonly unknown: readonly UnknownOrder[]
  readonly questions: readonly Question[]
  readonly kept: readonly Kept[]
  readonly drift: readonly DriftRow[]
}

export interface Market {
  readonly exchange: string
  readonly isOpen: boolean
  /** When it closes; null while it is closed. */
  readonly until: Time | null
  /** `weekend`, `holiday`, `beforeOpen`, `betweenSessions`, `afterClose`; null while it is open. */
  readonly why: string | null
  /** The holiday's name. */
  readonly holiday: string | null
  /** null while it is open, or when nobody knows. */
  readonly opensAt: Time | null
}

/** As the engine last told it. `toldAt` null: no engine has told anything yet. */
export interface AccountHealth {
  readonly name: string
  readonly label: string | null
  readonly toldAt: Time | null
  /** It is older than it should be: the engine doesn't run, or hangs. */
  readonly isStale: boolean
  /** `open`, `closed` (it logs in by itself), `stopped` (until somebody acts); null: nothing is told. */
  readonly session: string | null
  /** Why it is closed or stopped, and what to do. */
  readonly sessionWhy: string | null
  /** Whether the order stream is connected; null: none is used. */
  readonly stream: 'connected' | 'disconnected' | null
  readonly lastReadingAt: Time | null
  readonly funds: { readonly net: Amount; readonly used: Amount } | null
}

export type FollowerState =
  | 'on'
  | 'paused'
  | 'pausedAfterRejections'
  | 'halted'
  | 'loginFailed'
  | 'disabled'

export interface FollowerCard extends AccountHealth {
  /** `paper`: trades with the paper broker, also in a live run. */
  readonly mode: Mode
  readonly state: FollowerState
  /** When its keys were last seen to be those of its client code; null: never. */
  readonly verifiedAt: Time | null
  readonly profit: Profit
  /** Signed. */
  readonly held: readonly HeldRow[]
  readonly inFlight: number
  readonly unknown: number
  readonly owed: number
  readonly drift: number
  readonly writesLeft: readonly {
    readonly windowMs: number
    readonly left: number
    readonly most: number
  }[]
  readonly placedToday: number
  readonly failedToday: number
  readonly skippedToday: number
  /** When its last order of today was sent that the broker took. */
  readonly lastCopyAt: Time | null
}

/** Of Lockstep's own fills today, no charges. `open` at the last price known, else the last own fill. */
export interface Profit {
  readonly realised: Amount
  readonly open: Amount
  readonly total: Amount
  /** Some open position is counted at its last own fill, because no last price is known. */
  readonly isOpenByFill: boolean
}

export interface HeldRow {
  readonly instrument: string
  readonly symbol: string
  readonly product: string
  readonly quantity: Amount
  readonly lastPrice: Amount | null
}

export interface Owed {
  /** `E7`: what `dismiss` takes. */
  readonly id: string
  readonly follower: string
  readonly label: string | null
  readonly symbol: string
  readonly product: string
  readonly held: Amount
  readonly wanted: Amount
  readonly owed: Amount
}

export interface UnknownOrder {
  /** `U7`: what `resolve` takes. */
  readonly id: string
  readonly follower: string
  readonly label: string | null
  readonly symbol: string
  readonly product: string
  readonly side: 'BUY' | 'SELL'
  readonly quantity: Amount
  readonly tag: string
  readonly sentAt: Time
  readonly evidence: string
}

export interface Question {
  readonly signal: number
  readonly side: 'BUY' | 'SELL'
  readonly quantity: Amount
  readonly symbol: string
  readonly product: string
  readonly effect: 'entry' | 'exit'
  readonly masterPrice: Amount | null
  readonly lastPrice: Amount | null
  readonly followers: readonly string[]
  /** What the master still has of it, for each of them: a yes copies no more. */
  readonly left: readonly { readonly follower: string; readonly quantity: Amount }[]
  readonly askedAt: Time
  /** No answer by then is a no; an exit is owed from then on, and still asks. */
  readonly until: Time
  readonly isOwed: boolean
}

/** What the trader keeps by a no to an exit: no exit closes it, and nobody owes it. */
export interface Kept {
  readonly follower: string
  readonly label: string | null
  readonly symbol: string
  readonly product: string
  readonly quantity: Amount
  readonly signal: number
}

export interface DriftRow {
  readonly follower: string
  readonly label: string | null
  readonly symbol: string
  readonly product: string
  readonly held: Amount
  /** What the broker shows; null: never read. */
  readonly shown: Amount | null
  readonly shownAt: Time | null
}

// --- orders ------------------------------------------------------------------------------------

/** Newest first. `next`: what to give as `until` for the page after this one; null: that was the last. */
export interface SignalPage {
  readonly site: Site
  readonly day: Day
  readonly signals: readonly SignalRow[]
  readonly next: number | null
  /** Of the day, whatever the filters. */
  readonly total: number
}

/** The filters of GET /api/signals; each may be left out. `limit` is 50 unless told, 200 at most. */
export interface SignalFilter extends OfDay {
  readonly follower?: string
  readonly outcome?: CopyOutcome
  /** Part of the symbol, whatever the capitals. */
  readonly symbol?: string
  readonly side?: 'BUY' | 'SELL'
  readonly until?: string
  readonly limit?: string
}

/** What a copy came to as a whole: its worst order decides. */
export type CopyOutcome =
  | 'asked'
  | 'skipped'
  | 'waiting'
  | 'working'
  | 'unknown'
  | 'filled'
  | 'partlyFilled'
  | 'cancelled'
  | 'rejected'
  | 'denied'
  | 'lapsed'
  /** An exit after which nothing is due, without an order. */
  | 'nothingDue'

export interface SignalRow {
  readonly signal: number
  readonly effect: 'entry' | 'exit'
  readonly side: 'BUY' | 'SELL'
  readonly quantity: Amount
  readonly symbol: string
  readonly exchange: string
  readonly product: string
  readonly price: Amount | null
  readonly source: 'book' | 'stream' | 'details'
  readonly filledAt: Time
  readonly seenAt: Time
  readonly copies: readonly CopyRow[]
}

export interface CopyRow {
  readonly follower: string
  readonly label: string | null
  readonly mode: Mode | null
  readonly decision: 'entry' | 'exit' | 'skip' | 'asked'
  readonly outcome: CopyOutcome
  /** Of an entry; an exit's is that of its orders. */
  readonly quantity: Amount | null
  /** Why it was skipped or denied, or what the broker said, in words with the numbers. */
  readonly reason: { readonly kind: string; readonly text: string } | null
  readonly filled: Amount
  readonly averagePrice: Amount | null
  /** Own price less the master's for a buy, the other way round for a sell: above 0 is worse. */
  readonly slippage: Amount | null
  readonly orders: number
  readonly steps: Steps
}

/**
 * The waterfall, each in milliseconds since the one before; null: not come to that. `seen` counts from the
 * master's fill. `answered` from the durable record, since the moment of sending is no fact.
 */
export interface Steps {
  readonly seenMs: number
  readonly decidedMs: number | null
  readonly recordedMs: number | null
  readonly answeredMs: number | null
  readonly filledMs: number | null
  /** From the master's fill to the last own one. */
  readonly inAllMs: number | null
}

export interface SignalStory {
  readonly site: Site
  readonly signal: SignalRow & {
    readonly orderId: string
    readonly masterBefore: Amount
    readonly masterAfter: Amount
  }
  readonly followers: readonly {
    readonly follower: string
    readonly label: string | null
    /** In order, oldest first. */
    readonly lines: readonly StoryLine[]
    readonly orders: readonly OrderStory[]
  }[]
}

export interface StoryLine {
  readonly at: Time | null
  readonly text: string
  readonly tone: 'plain' | 'good' | 'warning' | 'alarm'
}

export interface OrderStory {
  readonly intent: number
  readonly role: 'entry' | 'exit' | 'lateFill' | 'overshoot' | 'flatten'
  readonly side: 'BUY' | 'SELL'
  readonly quantity: Amount
  /** `limit 101.25` */
  readonly pricing: string
  readonly slice: number
  readonly slices: number
  readonly outcome: CopyOutcome
  readonly filled: Amount
  readonly averagePrice: Amount | null
  readonly text: string
  readonly attempts: readonly {
    readonly number: number
    readonly tag: string
    readonly state: string
    readonly orderId: string | null
    readonly quantity: Amount
    readonly recordedAt: Time
    readonly answeredAt: Time | null
    readonly filledAt: Time | null
  }[]
}

/** Days of which the ledger has signals, newest first. */
export interface DayList {
  readonly site: Site
  readonly days: readonly { readonly day: Day; readonly signals: number }[]
}

// --- charts ------------------------------------------------------------------------------------

export interface Charts {
  readonly site: Site
  readonly day: Day
  readonly followers: readonly {
    readonly follower: string
    readonly label: string | null
    /** In all until then, oldest first, at most 500 points; open counts at the last own fill. */
    readonly profit: readonly Point[]
    /** In rupees in all until then; above 0 is worse than the master. */
    readonly slippage: readonly Point[]
  }[]
  /** Of first attempts of copies; nearest rank. */
  readonly latency: readonly {
    readonly step: 'seen' | 'decided' | 'recorded' | 'answered' | 'filled' | 'inAll'
    readonly count: number
    readonly p50Ms: number
    readonly p95Ms: number
    readonly p99Ms: number
  }[]
  /** Every hour from the first with a signal to the last. */
  readonly hours: readonly {
    readonly from: Time
    readonly copied: number
    readonly failed: number
    readonly skipped: number
  }[]
}

export interface Point {
  readonly at: Time
  readonly value: Amount
}

export interface History {
  readonly site: Site
  /** Oldest first, at most 90. */
  readonly days: readonly {
    readonly day: Day
    readonly signals: number
    readonly copied: number
    readonly placed: number
    readonly failed: number
    readonly skipped: number
    readonly successRate: number | null
    readonly followers: readonly {
      readonly follower: string
      readonly label: string | null
      readonly profit: Amount
      /** In rupees; above 0 is worse than the master. */
      readonly slippage: Amount
    }[]
  }[]
}

// --- accounts ----------------------------------------------------------------------------------

export interface AccountList {
  readonly accounts: readonly AccountRow[]
  /** What is wrong with the settings; then nothing of them can be edited. */
  readonly faults: readonly string[]
  /** An engine runs: changes hold from the next start, and verify and balance are refused. */
  readonly isEngineRunning: boolean
  /** The name that an account added now would get. */
  readonly nextName: string
  /** What opens the vault, where every new account goes; null: there is none. */
  readonly vault: 'passphrase' | 'environment' | null
}

export interface AccountRow {
  readonly name: string
  readonly label: string | null
  /** Masked. */
  readonly clientCode: string
  readonly isMaster: boolean
  readonly goesOutBy: string
  readonly isInVault: boolean
  /** When its keys were last seen to be those of its client code; null: never. */
  readonly verifiedAt: Time | null
  /** null for the master. */
  readonly settings: FollowerSettingsText | null
}

/** The settings that the page edits, as they hold now (general ones included). */
export interface FollowerSettingsText {
  readonly enabled: boolean
  readonly mode: Mode
  readonly sizing: SizingText
  readonly rounding: 'down' | 'nearest' | 'up'
  readonly limits: LimitsText
  readonly confirm: 'off' | 'entries' | 'all'
  /** `60s` */
  readonly maxAge: string
}

export type SizingText =
  | { readonly mode: 'mirror' }
  | { readonly mode: 'fixed'; readonly quantity: Amount }
  | { readonly mode: 'fixed'; readonly lots: Amount }
  /** `0.5` or `1/3` */
  | { readonly mode: 'multiplier'; readonly by: Amount }
  | { readonly mode: 'proportional' }

/** null is no limit. */
export interface LimitsText {
  readonly maxOrderQuantity: Amount | null
  readonly maxOrderValue: Amount | null
  readonly maxPositionQuantity: Amount | null
  readonly maxOrdersPerDay: Amount | null
  readonly maxDailyLoss: Amount | null
  readonly pauseAfterRejections: Amount | null
}

/** What is left out stays as it is. */
export interface EditBody {
  readonly sizing?: SizingText
  readonly rounding?: 'down' | 'nearest' | 'up'
  readonly limits?: Partial<LimitsText>
}

export interface EnabledBody {
  readonly enabled: boolean
}

/**
 * The passphrase of the vault, where one opens it and this needs it: once for each action, with the same
 * limits as the password, and kept nowhere.
 */
export interface KeyedBody {
  readonly passphrase?: string
}

/** Secrets travel in this direction only. `account` left out: the next free name. */
export interface AddAccountBody extends KeyedBody {
  readonly account?: string
  readonly clientId: string
  readonly apiKey: string
  readonly pin: string
  readonly totpSecret: string
  readonly label?: string
}

/** `typed`: the account's name, as the person typed it. */
export interface RemoveBody extends KeyedBody {
  readonly typed: string
}

export interface AccountChanged {
  /** For people: what was changed, and from when it holds. */
  readonly text: string
  readonly account: string
}

/**
 * The last day with signals decided once more, by the settings as they are and as they would be: a day that
 * is over where there is one, else today so far.
 */
export interface EditPreview {
  /** null: there is no day with signals. */
  readonly day: Day | null
  readonly isToday: boolean
  readonly mode: Mode
  readonly signals: number
  /** Entries whose size or fate would have been another; exits follow what was entered. */
  readonly changed: readonly {
    readonly signal: number
    readonly side: 'BUY' | 'SELL'
    readonly symbol: string
    readonly product: string
    /** `65` or `SKIP lessThanOneLot: …` */
    readonly was: string
    readonly would: string
  }[]
  readonly quantityWas: Amount
  readonly quantityWould: Amount
}

export interface Checked {
  readonly account: string
  readonly isGood: boolean
  readonly text: string
  readonly funds: { readonly net: Amount; readonly used: Amount } | null
  readonly at: Time
}

// --- steering ----------------------------------------------------------------------------------

/** The ledger is always named, so that a page left open never steers another one. */
export interface ModeBody {
  readonly mode: Mode
}
/** null is everybody. */
export interface WhomBody extends ModeBody {
  readonly follower: string | null
}
/** `typed`: the follower's name, or `everybody`, as the person typed it. */
export interface FlattenBody extends WhomBody {
  readonly typed: string
}
export interface SignalBody extends ModeBody {
  readonly signal: number
}
/** null: all that are asked. */
export interface ApproveBody extends SignalBody {
  readonly followers: readonly string[] | null
}
/** `id` as in `E7`. */
export interface DismissBody extends ModeBody {
  readonly id: string
}

/** What the person saw in the broker's own app; `order` null: it isn't there. */
export interface ResolveBody extends ModeBody {
  /** `id` as in `U7`. */
  readonly id: string
  readonly order: string | null
}

export interface Told {
  /**
   * `acted`: the engine has acted on it. `working`: it is at it. `waits`: no engine runs; obeyed when one
   * starts. `notActed`: recorded, and the engine has not acted on it in time.
   */
  readonly kind: 'acted' | 'working' | 'waits' | 'notActed'
  readonly text: string
}

export interface Preview {
  readonly site: Site
  /** A line each; empty: nothing waits. */
  readonly lines: readonly string[]
}

// --- events ------------------------------------------------------------------------------------

/** What is sent as server-sent events, by the name of the event. */
export interface Events {
  changed: Changed
  beat: null
  ended: null
  signedOut: null
}

/**
 * `event: changed`, at most four a second: what to ask for again. `event: beat` every 15 s without data.
 * The first comes at once. `event: ended` when the server stops; `event: signedOut` when the session ends.
 */
export interface Changed {
  readonly mode: Mode
  readonly revision: number
  readonly topics: readonly Topic[]
  /** Signals whose copies changed; those beyond the first 200 are left out, and `topics` has all. */
  readonly signals: readonly number[]
}
export type Topic = 'overview' | 'signals' | 'accounts' | 'engine'
