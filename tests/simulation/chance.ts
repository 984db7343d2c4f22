// Chance by purpose: each stream is a function of the seed, its name and how often it was asked, so that one
// draw more somewhere shifts nothing anywhere else, and a story stays the same story.
import type { Chance } from '../../src/ports.ts'
import { draw } from '../../src/simulator/chance.ts'

export interface Draws {
  /** From 0 up to, not including, 1. */
  next(): number
  /** A whole number from 0 up to, not including, `most`. */
  upTo(most: number): number
  between(from: number, to: number): number
  is(probability: number): boolean
  one<T>(of: readonly T[]): T
}

export function drawsOf(seed: number, purpose: string): Draws {
  let drawn = 0
  const next = (): number => draw(seed, purpose, drawn++)
  const upTo = (most: number): number => Math.floor(next() * most)
  return {
    next,
    upTo,
    between: (from, to) => from + upTo(to - from + 1),
    is: (probability) => next() < probability,
    one: <T>(of: readonly T[]): T => of[upTo(of.length)] as T,
  }
}

export function chanceOf(seed: number, purpose: string): Chance {
  const draws = drawsOf(seed, purpose)
  return { bytes: (count) => Array.from({ length: count }, () => draws.upTo(256)) }
}
