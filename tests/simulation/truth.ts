// What really happened in a simulated day, as far as anybody may hold a promise against it: the broker's own
// journal, every request as it left and as it arrived, every life of the program, and the ledger's facts as
// they stand on disk. Plain data, so that a checker is a pure function of it, `(truth) => readonly string[]`
// (a line for each time that a promise was broken), and a made-up truth shows that the checker can fail.
//
// `runDay` (run-day.ts) gives one. Quantities are whole units as plain numbers here; in `facts` they are
// hundred-millionths, as the ledger keeps them (UNIT). Times are milliseconds of the virtual clock.
import type { AccountName } from '../../src/domain/ids.ts'
import type { Side } from '../../src/domain/order.ts'
import type { Instant } from '../../src/domain/time.ts'
import type { EngineEvent } from '../../src/ports.ts'
import type { Control, TrueOrder } from '../../src/simulator/control.ts'
import type { OrderChange } from '../../src/simulator/desk.ts'
import type { ProductWord } from '../../src/simulator/order.ts'
import type { RouteName } from '../../src/simulator/routes.ts'

/** What the ledger keeps for one unit of a quantity, and for one rupee. */
export const UNIT = 100_000_000

export interface TrueFollower {
  readonly name: AccountName
  readonly clientCode: string
  readonly mode: 'live' | 'paper'
  /** Its owner trades in the same instruments, in the broker's own app. */
  readonly tradesByHand: boolean
  /** Has too little money for what it is to copy: its orders are rejected. */
  readonly isPoor: boolean
}

/** One change of one order at the broker, in the order in which they happened. Of every account. */
export interface TrueChange {
  readonly at: Instant
  readonly clientCode: string
  readonly orderId: string
  readonly uniqueOrderId: string
  /** Empty for orders by hand and of the broker itself. */
  readonly tag: string
  readonly placedBy: TrueOrder['placedBy']
  /** As the ledger names it: `NSE:SBIN-EQ`. */
  readonly instrument: string
  readonly product: ProductWord
  readonly side: Side
  readonly quantity: number
  /** In all, after this change. */
  readonly filled: number
  /** What this change filled; 0 for most. */
  readonly fills: number
  readonly change: OrderChange
}

/** A request that a life of the program sent to the broker. */
export interface TrueRequest {
  readonly life: number
  readonly clientCode: string
  readonly route: string
  /** Of a place: its tag. Of a change: the order's number at the broker. Else empty. */
  readonly names: string
  readonly sentAt: Instant
  /** The last line of the ledger's journal that was committed when the first byte left. */
  readonly journal: number
  /** When the program had the answer; null while it never had one. */
  readonly answeredAt: Instant | null
}

/** A request as the broker got it, after the way. */
export interface TrueArrival {
  readonly at: Instant
  readonly route: RouteName | null
  /** null: of nobody that the broker knows. */
  readonly clientCode: string | null
}

/** From a start of the program to its end. */
export interface TrueLife {
  readonly number: number
  readonly startedAt: Instant
  /** The last line of the journal when it started; 0 for the first. */
  readonly journal: number
  readonly endedAt: Instant
  /** Started with --take-over: orders of another Lockstep stop nothing. */
  readonly takesOver?: true
  readonly end:
    | { readonly kind: 'stopped' }
    /** At that step, as a kill would. */
    | { readonly kind: 'killed'; readonly step: string }
    /** By itself, with these words. */
    | { readonly kind: 'failed'; readonly why: string }
}

export interface TrueTold {
  readonly at: Instant
  readonly life: number
  readonly event: EngineEvent
}

export type Row = Readonly<Record<string, number | string | null>>

/** Every table of the ledger, its rows as they stand (see src/ledger/schema.ts). */
export type Facts = Readonly<Record<string, readonly Row[]>>

export interface Truth {
  readonly seed: number
  readonly masterCode: string
  readonly followers: readonly TrueFollower[]
  /** Of every account, of every day, as they ended. */
  readonly orders: readonly TrueOrder[]
  readonly changes: readonly TrueChange[]
  readonly requests: readonly TrueRequest[]
  readonly arrivals: readonly TrueArrival[]
  readonly lives: readonly TrueLife[]
  readonly duplicates: ReturnType<Control['duplicates']>
  readonly violations: ReturnType<Control['violations']>
  /** What each account holds in the end, by hand and by us. */
  readonly positions: readonly {
    readonly clientCode: string
    readonly instrument: string
    readonly product: ProductWord
    readonly quantity: number
  }[]
  readonly facts: Facts
  /** What does not follow from the facts, by the ledger's own count: empty when all is well. */
  readonly inconsistencies: readonly string[]
  /** Owed exits as every view shows them at the end. */
  readonly owed: readonly {
    readonly follower: AccountName
    readonly instrument: string
    readonly product: string
    readonly owed: number
  }[]
  /** Second engines that tried to start while one ran: each must have been refused. */
  readonly rivals: readonly { readonly at: Instant; readonly wasRefused: boolean }[]
  readonly told: readonly TrueTold[]
  /** When the file that halts everything was made, and when it was removed. */
  /** When the machine slept, and nothing that ran on it did anything. */
  readonly sleeps: readonly { readonly from: Instant; readonly until: Instant }[]
  readonly haltFiles: readonly { readonly at: Instant; readonly isThere: boolean }[]
  /** Secrets that were given to the program or to it by the broker: none may be anywhere in `written`. */
  readonly secrets: readonly string[]
  /** Everything that left the program but for its requests: what was told, said and written to its files. */
  readonly written: readonly string[]
  /** The weather is over, the master is flat and everything has come to its end; null: it never did. */
  readonly quietAt: Instant | null
  /** What was still open when the day was over without having become quiet, in words. */
  readonly unquiet: readonly string[]
}
