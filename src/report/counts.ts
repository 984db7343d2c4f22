// How a session is counted. One page, because these numbers are compared across days and programs:
//
//   signals   signals, of a follower those it had to decide about
//   copied    of these, with at least one accepted order
//   placed    intents accepted and not rejected afterwards
//   failed    intents rejected, at once or later; and what was missed because it came too late
//   skipped   decisions to skip, and copies of which our own rules denied an order
//   unknown   intents of which nobody can say yet what became of them, or ever will
//   owed      exits that are owed now
//
// A missed entry counts as failed and not as skipped: it should have been copied. `successRate` is placed
// over placed plus failed, null while there is neither. Pure.
import { isPlaced } from './copy.ts'
import type { Counts, DecisionPart, IntentPart, OrderPart, Summary } from './record.ts'

export function countOrders({
  orders,
  flattened,
  owed,
  followers,
}: {
  readonly orders: readonly OrderPart[]
  readonly flattened: readonly IntentPart[]
  readonly owed: ReadonlyMap<string, number>
  readonly followers: readonly string[]
}): Summary {
  const seen = orders.flatMap(({ decisions }) => decisions.map(({ follower }) => follower))
  const names = new Set([...followers, ...seen, ...owed.keys()])
  const byName = [...names].map((name): [string, Counts] => [
    name,
    countOf(
      orders
        .map(({ decisions }) => decisions.filter(({ follower }) => follower === name))
        .filter((decisions) => decisions.length > 0),
      flattened.filter(({ follower }) => follower === name),
      owed.get(name) ?? 0,
    ),
  ])
  const owedByAll = [...owed.values()].reduce((total, count) => total + count, 0)
  return {
    ...countOf(
      orders.map(({ decisions }) => decisions),
      flattened,
      owedByAll,
    ),
    followers: Object.fromEntries(byName),
  }
}

function countOf(
  signals: readonly (readonly DecisionPart[])[],
  flattened: readonly IntentPart[],
  owed: number,
): Counts {
  const decisions = signals.flat()
  const intents = [...decisions.flatMap((decision) => decision.intents), ...flattened]
  const placed = count(intents, ({ outcome }) => isPlaced(outcome))
  const failed = count(intents, hasFailed) + count(decisions, isMissed)
  return {
    signals: signals.length,
    copied: count(signals, (each) =>
      each.some((decision) => decision.intents.some(({ wasAccepted }) => wasAccepted)),
    ),
    placed,
    failed,
    skipped: count(decisions, isSkipped),
    unknown: count(intents, ({ outcome }) => outcome === 'unknown' || outcome === 'lapsed'),
    owed,
    successRate: placed + failed === 0 ? null : round(placed / (placed + failed)),
  }
}

export const isMissed = ({ reason }: Pick<DecisionPart, 'reason'>): boolean =>
  reason?.kind === 'missed'

export const hasFailed = ({ outcome, denied }: IntentPart): boolean =>
  outcome === 'rejected' || (outcome === 'denied' && denied?.kind === 'missed')

/** Exits are never denied: an order of theirs that is withdrawn is one that nothing needs any more. */
export const isSkipped = (decision: DecisionPart): boolean =>
  decision.decision === 'skip'
    ? !isMissed(decision)
    : decision.decision === 'entry' && decision.intents.some(isDenied)

const isDenied = ({ outcome, denied }: IntentPart): boolean =>
  outcome === 'denied' && denied?.kind !== 'missed'

const count = <T>(of: readonly T[], holds: (each: T) => boolean): number => of.filter(holds).length

const round = (share: number): number => Math.round(share * 10_000) / 10_000
