// Promise 4: a flat master has flat followers, or an owed exit that says what is left, or one in doubt, of
// which only the trader can say what became of it (its owner has traded alike by hand); and on the way there
// no exit goes through zero, neither what is held nor what the account shows.
import { placesUnseen } from '../seen.ts'
import { type Day, isResting, placeOf, signedFill } from './day.ts'
import type { AttemptFact, IntentFact, LaneFact } from './facts.ts'
import { goesThroughZero, type Step, walksOf } from './walk.ts'

/** A reading is good for five seconds, and an order takes its time: who trades by hand then is too late. */
const UNSEEN_FOR_MS = 7_000

export const brokenFlat = (day: Day): readonly string[] => [
  ...day.facts.lanes.flatMap((lane) => notFlat(day, lane)),
  ...stillResting(day),
  ...miscounted(day),
  ...throughZero(day),
  ...unsplit(day),
]

function notFlat({ truth, fills, trails }: Day, lane: LaneFact): readonly string[] {
  const place = placeOf(lane)
  const master = fills
    .filter((fill) => fill.clientCode === truth.masterCode && placeOf(fill) === place)
    .reduce((sum, fill) => sum + signedFill(fill), 0)
  const owed = truth.owed
    .filter((each) => each.follower === lane.follower && placeOf(each) === place)
    .reduce((sum, each) => sum + each.owed, 0)
  const inDoubt = trails
    .filter(({ follower }) => follower.name === lane.follower)
    .filter(({ intent, attempt }) => isExitInDoubt(intent, attempt) && placeOf(intent) === place)
    .reduce((sum, { intent, attempt }) => sum + closed(intent) * attempt.quantity, 0)
  const who = `${lane.follower} ${place}`
  const told: string[] = []
  const isLeftUnseen = placesUnseen(truth).has(place)
  if (master === 0 && lane.copied !== 0 && !isLeftUnseen)
    told.push(`${who} copies ${lane.copied} of a flat master`)
  if ((lane.copied === 0 || isLeftUnseen) && lane.held !== owed + inDoubt)
    told.push(`${who} holds ${lane.held} of a flat master, ${owed} owed, ${inDoubt} in doubt`)
  return told
}

const isExitInDoubt = ({ role }: IntentFact, { state }: AttemptFact): boolean =>
  role !== 'entry' && state === 'unknown'

/** The sign of what it closes. */
const closed = ({ side }: IntentFact): 1 | -1 => (side === 'SELL' ? 1 : -1)

function stillResting({ trails, facts }: Day): readonly string[] {
  const copied = new Set(
    facts.lanes
      .filter((lane) => lane.copied !== 0)
      .map((lane) => `${lane.follower} ${placeOf(lane)}`),
  )
  return trails.flatMap(({ follower, intent, orders }) =>
    orders
      .filter((order) => isResting(order) && !copied.has(`${follower.name} ${placeOf(intent)}`))
      .map(
        ({ tag }) => `${follower.name} still rests ${tag} in ${placeOf(intent)} of a flat master`,
      ),
  )
}

/** What the ledger says is held is what our orders filled, and nobody else's. */
function miscounted(day: Day): readonly string[] {
  const { facts } = day
  const held = new Map(
    facts.lanes
      .filter(({ mode }) => mode === 'live')
      .map((lane) => [`${lane.follower} ${placeOf(lane)}`, lane.held]),
  )
  return walksOf(day).flatMap(({ follower, place, oursBefore, others }) => {
    const left = oursBefore(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY)
    const known = held.get(`${follower.name} ${place}`) ?? 0
    const reduced = facts.adjustments.filter(
      (each) =>
        each.kind === 'reducedElsewhere' &&
        each.follower === follower.name &&
        placeOf(each) === place,
    )
    const told: string[] = []
    if (known !== left)
      told.push(`${follower.name} is said to hold ${known} ${place}, its orders come to ${left}`)
    if (others.length === 0 && reduced.length > 0)
      told.push(`${follower.name} ${place} was reduced ${reduced.length} times by nobody`)
    return told
  })
}

function throughZero(day: Day): readonly string[] {
  return walksOf(day).flatMap(({ steps, hasSurprise, others }) =>
    hasSurprise
      ? []
      : steps
          .filter((step) => isTooFar(step, others.length === 0))
          .map(
            ({ follower, tag, place, shown, isClosing }) =>
              `${follower.name} ${isClosing ? 'exit' : 'entry'} ${tag} took ${place} from ${shown.before} to ${shown.after}`,
          ),
  )
}

/** With trades of its own in the account, only an exit that could have known better counts. */
function isTooFar(step: Step, isAlone: boolean): boolean {
  if (!goesThroughZero(step, step.shown)) return false
  if (isAlone) return true
  return step.isClosing && (step.othersAt === null || step.othersAt < step.sentAt - UNSEEN_FOR_MS)
}

/** What closes and reverses is two signals: none is an exit beyond what the master held, or an entry into it. */
function unsplit({ facts }: Day): readonly string[] {
  return facts.signals
    .filter(({ product }) => product !== 'DELIVERY')
    .filter(({ effect, masterBefore, masterAfter }) => {
      const isNearer =
        masterBefore * masterAfter >= 0 && Math.abs(masterAfter) < Math.abs(masterBefore)
      const isFarther =
        masterBefore * masterAfter >= 0 && Math.abs(masterAfter) > Math.abs(masterBefore)
      return effect === 'exit' ? !isNearer : !isFarther
    })
    .map(
      ({ number, effect, masterBefore, masterAfter }) =>
        `signal #${number} is an ${effect} from ${masterBefore} to ${masterAfter}`,
    )
}
