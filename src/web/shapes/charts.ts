// A day as lines and sums, and the days before it as rows.
import type { Amount, Day, Site, Time } from './said.ts'

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
