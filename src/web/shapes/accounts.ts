// The accounts, what is changed of them, and what another setting would have made of a day. Secrets travel to the
// server only.
import type { Amount, Day, Mode, Time } from './said.ts'

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
