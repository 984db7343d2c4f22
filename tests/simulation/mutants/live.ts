// A process of its own in which one mutant lives its days: its sources are changed as they are loaded. It takes
// one line of JSON and writes one for each day: what was broken. Without a mutant it is the program as it is.

import type { DayPlan, Deed } from '../day.ts'
import type { Breach } from '../promises/all.ts'
import { dayOf } from '../promises/day.ts'
import { brokenIndependent } from '../promises/independent.ts'
import { MUTANTS, type Mutant } from './mutants.ts'
import { loadPatched } from './patch.ts'
import { playing } from './scenes.ts'

export interface Wanted {
  /** null: nothing is changed. */
  readonly mutant: string | null
  readonly days: readonly Wished[]
  /** Ends with the first day that breaks this promise. */
  readonly until: number | null
}

interface Wished {
  readonly seed: number
  /** Whose scene is played; null: the day as it is drawn. */
  readonly scene: string | null
}

export interface Lived extends Wished {
  readonly broken: readonly Breach[]
}

const TROUBLED = 1

type Change = (plan: DayPlan) => DayPlan

async function live({ mutant: name, days, until }: Wanted): Promise<void> {
  const mutant = name === null ? null : named(name)
  const patches = mutant?.patches ?? []
  const { loaded } = loadPatched(patches)
  // Only now, so that everything of the program is loaded as it is patched.
  const { runDay } = await import('../run-day.ts')
  const { brokenPromises } = await import('../promises/all.ts')
  const missed = patches.filter(({ file }) => !loaded().includes(file))
  if (missed.length > 0) throw new Error(`${missed[0]?.file} is not part of the program`)

  const truthOf = async (seed: number, change: Change) => {
    const { truth, close } = await runDay(seed, { change })
    close()
    return truth
  }
  for (const { seed, scene } of days) {
    const play: Change = scene === null ? (plan) => plan : playing(named(scene).scene)
    const isTwin = (scene === null ? mutant : named(scene))?.promise === 8
    const truth = await truthOf(seed, isTwin ? (plan) => evenly(play(plan)) : play)
    const broken = [...brokenPromises(truth)]
    const troubled = truth.followers[TROUBLED - 1]?.name
    if (isTwin && troubled && truth.followers.length > 1) {
      const twin = await truthOf(seed, (plan) => without(evenly(play(plan))))
      const says = brokenIndependent(dayOf(truth), dayOf(twin), troubled)
      broken.push(...says.map((each) => ({ promise: 8, says: each })))
    }
    const lived: Lived = { seed, scene, broken }
    process.stdout.write(`${JSON.stringify(lived)}\n`)
    if (broken.some(({ promise }) => promise === until)) break
  }
}

function named(name: string): Mutant {
  const found = MUTANTS.find((mutant) => mutant.name === name)
  if (!found) throw new Error(`no mutant is called ${name}`)
  return found
}

/**
 * What strikes the machine strikes all followers, and at a step that a twin reaches at another time. What
 * strikes by chance is drawn by the number of the trouble, which is another in a day that has fewer.
 */
const evenly: Change = (plan) => ({
  ...plan,
  deeds: plan.deeds
    .filter(({ kind }) => !['dies', 'stops', 'clockJumps', 'diskFills', 'rival'].includes(kind))
    .map((deed) => (deed.kind === 'weather' ? { ...deed, probability: 1 } : deed)),
})

/** The same day without what strikes the first follower alone. */
const without: Change = (plan) => ({
  ...plan,
  deeds: plan.deeds.filter((deed) => !strikes(deed, TROUBLED)),
})

const strikes = (deed: Deed, account: number): boolean =>
  'account' in deed ? deed.account === account : 'follower' in deed && deed.follower === account

await live(JSON.parse(process.argv[2] ?? '{}') as Wanted)
process.exit(0)
