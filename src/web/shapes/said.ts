// Words that every answer to the page is made of, and how a no comes back. Amounts are exact texts ("101.20"),
// never JSON numbers; times are ISO with the offset of IST; every text that came from a broker or from a person is
// data, and is shown as text. `null` is "not known", never 0.

export type Nothing = Readonly<Record<string, never>>

/** Left out: the ledger that an engine runs on, else the live one, else the paper one. */
export interface OfLedger {
  readonly mode?: Mode
}

/** Left out: today. */
export interface OfDay extends OfLedger {
  readonly day?: Day
}

/** Left out: everybody. */
export interface OfFollower extends OfLedger {
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
