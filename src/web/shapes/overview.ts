// How everything stands now: the markets, the accounts, the totals, and what wants a hand.
import type { Amount, Mode, Site, Time } from './said.ts'

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
