// Chance from a seed, one row of throws for each who throws, so that what one does never changes another's.
import { draw } from '../../src/simulator/chance.ts'

export interface Dice {
  chance(): number
  /** A whole number from 0 to below `most`. */
  upTo(most: number): number
  between(least: number, most: number): number
  one<T>(of: readonly T[]): T
  /** The same in another order. */
  shuffled<T>(of: readonly T[]): readonly T[]
}

export function createDice(seed: number, who: string): Dice {
  let thrown = 0
  const chance = (): number => draw(seed, who, thrown++)
  const upTo = (most: number): number => Math.floor(chance() * most)
  return {
    chance,
    upTo,
    between: (least, most) => least + chance() * (most - least),
    one: <T>(of: readonly T[]) => of[upTo(of.length)] as T,
    shuffled(of) {
      const keyed = of.map((each) => ({ each, key: chance() }))
      return keyed.sort((a, b) => a.key - b.key).map(({ each }) => each)
    },
  }
}
