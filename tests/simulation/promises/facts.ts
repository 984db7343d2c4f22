// The ledger's facts in the words of the checkers: its tables joined, amounts in whole units, reasons read.
// Nothing is judged here.
import type { AccountName } from '../../../src/domain/ids.ts'
import { type Ratio, ratio } from '../../../src/domain/ratio.ts'
import type { Reason } from '../../../src/domain/reason.ts'
import { fromJson } from '../../../src/ledger/columns.ts'
import { type Row, type Facts as Tables, UNIT } from '../truth.ts'

/** `journal` is the number of the transaction: the order of truth across all rows. */
interface Written {
  readonly journal: number
  readonly at: number
}

interface Place {
  readonly follower: AccountName
  readonly mode: 'live' | 'paper'
  readonly instrument: string
  readonly product: string
}

export interface SignalFact extends Written {
  readonly number: number
  readonly orderId: string
  readonly day: string
  readonly instrument: string
  readonly product: string
  readonly side: 'BUY' | 'SELL'
  readonly seenAt: number
  readonly effect: 'entry' | 'exit'
  readonly quantity: number
  readonly before: number
  readonly masterBefore: number
  readonly masterAfter: number
}

export interface DecisionFact extends Written, Place {
  readonly number: number
  readonly signal: number
  readonly kind: 'entry' | 'exit' | 'skip'
  readonly covers: number
  readonly quantity: number | null
  readonly copiedBefore: number | null
  readonly copiedAfter: number | null
  /** Of an exit, and of one that the trader said no to: what should be held from here on, in whole units. */
  readonly entitlement: Ratio | null
  readonly allowances: readonly AllowanceFact[]
  readonly reason: Reason | null
}

/** How much an entry may fill in all from a decision on. */
export interface AllowanceFact {
  readonly intent: number
  readonly upTo: number
}

export interface IntentFact extends Written, Place {
  readonly number: number
  readonly role: 'entry' | 'exit' | 'lateFill' | 'overshoot' | 'flatten'
  readonly signal: number | null
  /** Of an entry. */
  readonly decision: number | null
  readonly side: 'BUY' | 'SELL'
  readonly quantity: number
  readonly lot: number
  readonly tag: string
  readonly denied: Reason | null
  /** The transaction in which that was said. */
  readonly deniedIn: number | null
}

export interface AttemptFact extends Written {
  readonly number: number
  readonly intent: number
  readonly ordinal: number
  readonly follower: AccountName
  readonly tag: string
  readonly quantity: number
  readonly state: string
  readonly filled: number
}

export interface EventFact extends Written {
  readonly attempt: number
  readonly kind: 'answered' | 'reported' | 'absenceProven' | 'dayEnded'
  readonly verdict: 'changed' | 'turnedUp' | 'impossible'
  readonly outcome: string | null
  readonly cause: string | null
  /** Of a report: what the book or the stream showed. */
  readonly status: string | null
  readonly filled: number | null
}

export interface WriteFact extends Written {
  readonly follower: AccountName
  readonly kind: 'modify' | 'cancel'
  readonly attempt: number
}

export interface AdjustmentFact extends Written, Place {
  /** `kept`: by the trader's no to an exit, written with its decision. */
  readonly kind: 'reducedElsewhere' | 'dismissed' | 'adopted' | 'expired' | 'flattened' | 'kept'
  readonly change: number
}

/** Which settings held from a start on. */
export interface SessionFact {
  readonly journal: number
  readonly masterCapital: bigint | null
  readonly followers: readonly SettingsFact[]
}

export interface SettingsFact {
  readonly name: AccountName
  readonly sizing:
    | { readonly mode: 'mirror' | 'proportional' }
    | { readonly mode: 'fixedQuantity'; readonly quantity: string }
    | { readonly mode: 'fixedLots'; readonly lots: string }
    | {
        readonly mode: 'multiplier'
        readonly by: { readonly over: string; readonly under: string }
      }
  readonly rounding: 'down' | 'nearest' | 'up'
  readonly capital: string | null
  readonly maxAgeMs: number
  readonly limits: { readonly maxOrdersPerDay: number | null }
}

export interface SteeringFact extends Written {
  readonly kind: string
  readonly follower: AccountName | null
}

export interface LaneFact extends Place {
  readonly held: number
  readonly copied: number
}

export interface Facts {
  readonly engine: string
  readonly sessions: readonly SessionFact[]
  readonly steering: readonly SteeringFact[]
  readonly signals: readonly SignalFact[]
  readonly decisions: readonly DecisionFact[]
  /** Whose decision was left to the trader: `12 FOLLOWER_1`. */
  readonly asked: ReadonlySet<string>
  readonly intents: readonly IntentFact[]
  readonly attempts: readonly AttemptFact[]
  readonly events: readonly EventFact[]
  readonly writes: readonly WriteFact[]
  readonly adjustments: readonly AdjustmentFact[]
  /** Tries to log in; null: nobody heard what became of it. */
  readonly logins: readonly {
    readonly account: string
    readonly at: number
    readonly result: string | null
  }[]
  readonly lanes: readonly LaneFact[]
  /** Of the master, by each number that an order had: never copied. */
  readonly baseline: ReadonlyMap<string, number>
}

export function factsOf(tables: Tables): Facts {
  const all = (table: string): readonly Row[] => tables[table] ?? []
  const times = new Map(all('journal').map((row) => [row.number, Number(row.at)]))
  const written = ({ journal }: Row): Written => ({
    journal: Number(journal),
    at: times.get(journal ?? null) ?? Number.NaN,
  })
  const places = new Map(all('lane').map((row) => [row.number, placeOf(row)]))
  const inLane = ({ lane }: Row): Place => {
    const place = places.get(lane ?? null)
    if (place === undefined) throw new Error(`there is no lane ${lane}`)
    return place
  }
  const decisions = new Map(all('decision').map((row) => [row.number, row]))
  const denials = new Map(all('denial').map((row) => [row.intent, row]))
  const keepings = new Map(all('keeping').map((row) => [row.decision, row]))
  const allowances = Map.groupBy(all('allowance'), ({ decision }) => decision)
  const states = new Map(all('attempt_state').map((row) => [row.attempt, row]))
  const reports = new Map(all('report').map((row) => [row.number, row]))

  return {
    engine: text(all('identity')[0] ?? {}, 'engine'),
    sessions: all('session').map(sessionOf),
    steering: all('steering').map((row) => ({
      ...written(row),
      kind: text(row, 'kind'),
      follower: row.follower as AccountName | null,
    })),
    signals: all('signal').map((row) => ({
      ...written(row),
      number: Number(row.number),
      orderId: text(row, 'order_id'),
      day: text(row, 'day'),
      instrument: text(row, 'instrument'),
      product: text(row, 'product'),
      side: text(row, 'side'),
      effect: text(row, 'effect'),
      quantity: units(row, 'quantity'),
      before: units(row, 'before'),
      seenAt: Number(row.seen_at),
      masterBefore: units(row, 'master_before'),
      masterAfter: units(row, 'master_after'),
    })),
    decisions: all('decision').map((row) => ({
      ...written(row),
      ...inLane(row),
      number: Number(row.number),
      signal: Number(row.signal),
      kind: text(row, 'kind'),
      covers: units(row, 'covers'),
      quantity: unitsOrNull(row, 'quantity'),
      copiedBefore: unitsOrNull(row, 'copied_before'),
      copiedAfter: unitsOrNull(row, 'copied_after'),
      entitlement: fractionOf(row.entitlement ?? keepings.get(row.number)?.entitlement),
      allowances: (allowances.get(row.number) ?? []).map((each) => ({
        intent: Number(each.intent),
        upTo: units(each, 'up_to'),
      })),
      reason: reasonOf(row.reason),
    })),
    asked: new Set(all('question').map(({ signal, follower }) => `${signal} ${follower}`)),
    intents: all('intent').map((row) => ({
      ...written(row),
      ...inLane(row),
      number: Number(row.number),
      role: text(row, 'role'),
      signal: row.signal === null ? null : Number(row.signal),
      decision: row.decision === null ? null : Number(row.decision),
      side: text(row, 'side'),
      quantity: units(row, 'quantity'),
      lot: units(row, 'lot'),
      tag: text(row, 'tag'),
      denied: reasonOf(denials.get(row.number)?.reason),
      deniedIn: denials.has(row.number) ? Number(denials.get(row.number)?.journal) : null,
    })),
    attempts: all('attempt').map((row) => {
      const state = states.get(row.number ?? null) ?? {}
      return {
        journal: Number(row.journal),
        at: Number(row.at),
        number: Number(row.number),
        intent: Number(row.intent),
        ordinal: Number(row.ordinal),
        follower: text(row, 'account'),
        tag: text(row, 'tag'),
        quantity: units(row, 'quantity'),
        state: text(state, 'kind'),
        filled: units(state, 'filled'),
      }
    }),
    events: all('attempt_event').map((row) => {
      const report = reports.get(row.report ?? null)
      return {
        ...written(row),
        attempt: Number(row.attempt),
        kind: text(row, 'kind'),
        verdict: text(row, 'verdict'),
        outcome: row.outcome as string | null,
        cause: row.cause as string | null,
        status: (report?.status ?? null) as string | null,
        filled: report === undefined ? null : units(report, 'filled'),
      }
    }),
    writes: all('broker_write').map((row) => ({
      journal: Number(row.journal),
      at: Number(row.at),
      follower: text(row, 'account'),
      kind: text(row, 'kind'),
      attempt: Number(row.attempt),
    })),
    adjustments: [
      ...all('adjustment').map((row) => ({
        ...written(row),
        ...inLane(row),
        kind: text<AdjustmentFact['kind']>(row, 'kind'),
        change: units(row, 'change'),
      })),
      ...all('keeping').map((row) => {
        const decision = decisions.get(row.decision ?? null) ?? {}
        const change = -units(row, 'kept')
        return { ...written(decision), ...inLane(decision), kind: 'kept' as const, change }
      }),
    ].toSorted((a, b) => a.journal - b.journal),
    logins: all('login').map((row) => {
      const came = all('login_result').find(({ login }) => login === row.number)
      return {
        account: text(row, 'account'),
        at: Number(row.at),
        result: came === undefined ? null : text(came, 'result'),
      }
    }),
    lanes: all('lane_state').map((row) => ({
      ...inLane(row),
      held: units(row, 'held'),
      copied: units(row, 'copied'),
    })),
    baseline: baselineOf(all('baseline_order'), all('master_sighting'), reports),
  }
}

const placeOf = (row: Row): Place => ({
  follower: text(row, 'follower'),
  mode: text(row, 'mode'),
  instrument: text(row, 'instrument'),
  product: text(row, 'product'),
})

function sessionOf(row: Row): SessionFact {
  const { engine, followers } = JSON.parse(text(row, 'settings')) as {
    readonly engine: { readonly masterCapital: string | null }
    readonly followers: SessionFact['followers']
  }
  const { masterCapital } = engine
  return {
    journal: Number(row.journal),
    masterCapital: masterCapital === null ? null : BigInt(masterCapital),
    followers,
  }
}

/** From hundred-millionths, as the ledger writes it: `1/3`. */
function fractionOf(written: Row[string] | undefined): Ratio | null {
  const [over, under] = String(written ?? '').split('/')
  if (!over || !under) return null
  return ratio(BigInt(over), BigInt(under) * BigInt(UNIT))
}

function baselineOf(
  orders: readonly Row[],
  sightings: readonly Row[],
  reports: ReadonlyMap<Row[string] | undefined, Row>,
): ReadonlyMap<string, number> {
  const filled = new Map(orders.map((row) => [row.master_order, units(row, 'filled')]))
  return new Map(
    sightings.flatMap((row): [string, number][] => {
      const known = filled.get(row.master_order ?? null)
      const report = reports.get(row.report)
      return known === undefined || report === undefined ? [] : [[text(report, 'order_id'), known]]
    }),
  )
}

/** The table's own check holds what the word may be. */
const text = <T extends string>(row: Row, column: string): T => String(row[column] ?? '') as T
const units = (row: Row, column: string): number => Number(row[column] ?? 0) / UNIT
const unitsOrNull = (row: Row, column: string): number | null =>
  row[column] === null || row[column] === undefined ? null : Number(row[column]) / UNIT
const reasonOf = (json: Row[string] | undefined): Reason | null =>
  json === null || json === undefined ? null : fromJson<Reason>(String(json))
