// What one follower held in one place, fill by fill: what is ours by the tags on the broker's fills and by
// what the ledger wrote off, and what the account showed with everybody's fills in it.
import type { TrueChange, TrueFollower } from '../truth.ts'
import { type Day, endedWithItsDay, isTurnedUp, placeOf, signedFill, type Trail } from './day.ts'

export interface Step {
  readonly follower: TrueFollower
  readonly place: string
  readonly tag: string
  readonly isClosing: boolean
  /** When the order was sent, and when this part of it filled. */
  readonly sentAt: number
  readonly at: number
  readonly ours: Moved
  readonly shown: Moved
  /** The last fill there that was not ours; null: there was none yet. */
  readonly othersAt: number | null
}

export interface Moved {
  readonly before: number
  readonly after: number
}

export interface Walk {
  readonly follower: TrueFollower
  readonly place: string
  /** Of our own fills only. */
  readonly steps: readonly Step[]
  /** All fills that are not ours, signed. */
  readonly others: readonly number[]
  /** An order turned up after its absence was proven: what is too much is closed, and that looks odd. */
  readonly hasSurprise: boolean
  /**
   * What was left of ours before a moment; at the end, what is left. Of what was written off the order of the
   * facts tells too whether it was before: the machine's clock, by which they are dated, may be off.
   */
  oursBefore(at: number, journal: number): number
}

/** One for each live follower and place in which anything of anybody filled. */
export function walksOf(day: Day): readonly Walk[] {
  const byTag = new Map(day.trails.map((trail) => [trail.attempt.tag, trail]))
  const surprises = new Set(
    day.trails
      .filter(({ events }) => events.some(isTurnedUp))
      .map(({ follower, intent }) => `${follower.name} ${placeOf(intent)}`),
  )
  return day.truth.followers.flatMap((follower) => {
    const own = day.fills.filter(({ clientCode }) => clientCode === follower.clientCode)
    const live = follower.mode === 'live' ? own : []
    return [...Map.groupBy(live, placeOf)].map(([place, fills]) => ({
      ...walk(day, { follower, place, fills, byTag }),
      hasSurprise: surprises.has(`${follower.name} ${place}`),
    }))
  })
}

function walk(
  { facts }: Day,
  of: {
    readonly follower: TrueFollower
    readonly place: string
    readonly fills: readonly TrueChange[]
    readonly byTag: ReadonlyMap<string, Trail>
  },
): Omit<Walk, 'hasSurprise'> {
  const { follower, place, fills, byTag } = of
  const writtenOff = facts.adjustments
    .filter((each) => each.follower === follower.name && placeOf(each) === place)
    .map(({ at, change, kind, journal }) => ({ at, change, kind, journal }))
  // What is written off is gone before an order of that very moment leaves: it left because of that.
  const moves = writtenOff.map(({ at, change, journal }) => ({ at: at - 1, change, journal }))
  const steps: Step[] = []
  // What the trader keeps by a no to an exit is the trader's own from then on, and nets with what comes later.
  // So is what is left to the trader by a dismissal.
  const isTheirs = (kind: string): boolean => kind === 'kept' || kind === 'dismissed'
  const others = writtenOff.flatMap(({ kind, change }) => (isTheirs(kind) ? [-change] : []))
  let ours = 0
  let shown = 0
  let othersAt: number | null = null
  for (const fill of fills) {
    const signed = signedFill(fill)
    const trail = byTag.get(fill.tag)
    // By the order of the facts too: the machine's clock may be ahead of the broker's.
    const isBefore = ({ at, journal }: { readonly at: number; readonly journal: number }) =>
      at < fill.at || journal < (trail?.attempt.journal ?? 0)
    while (writtenOff[0] !== undefined && isBefore(writtenOff[0])) {
      if (isTheirs(writtenOff[0].kind)) othersAt = writtenOff[0].at
      ours += writtenOff.shift()?.change ?? 0
    }
    // Of an order whose day ended before anybody heard, only what was known is ours: the rest is adopted, or not.
    const isUnheard =
      trail !== undefined && endedWithItsDay(trail) && fill.filled > trail.attempt.filled
    if (trail === undefined || isUnheard) {
      others.push(signed)
      othersAt = fill.at
    } else {
      steps.push({
        follower,
        place,
        tag: fill.tag,
        isClosing: trail.intent.role !== 'entry',
        sentAt: trail.attempt.at,
        at: fill.at,
        ours: { before: ours, after: ours + signed },
        shown: { before: shown, after: shown + signed },
        othersAt,
      })
      ours += signed
      moves.push({ at: fill.at, change: signed, journal: Number.POSITIVE_INFINITY })
    }
    shown += signed
  }
  const oursBefore = (at: number, journal: number): number =>
    moves.reduce(
      (sum, move) => (move.at < at || move.journal < journal ? sum + move.change : sum),
      0,
    )
  return { follower, place, steps, others, oursBefore }
}

/** A closing order may only bring nearer to zero; no order may cross it. */
export const goesThroughZero = ({ isClosing }: Step, { before, after }: Moved): boolean =>
  before * after < 0 || (isClosing && Math.abs(after) > Math.abs(before))
