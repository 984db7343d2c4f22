// Shows that a checker can fail: a day with one thing changed breaks the promise that it should, in the words
// that it should; and what only looks like a breach breaks nothing.
import { describe, expect, test } from 'vitest'
import type { Truth } from '../truth.ts'
import { brokenPromises, describeBreach } from './all.ts'

export type Breaking = readonly [what: string, promise: number, truth: Truth, says: string]

export function showEach(cases: readonly Breaking[]): void {
  describe.each(cases)('%s', (_, promise, truth, says) => {
    test(`breaks promise ${promise}`, () => {
      const told = brokenPromises(truth).filter((breach) => breach.promise === promise)
      expect(told.map(describeBreach).join('\n')).toContain(says)
    })
  })
}

export type Kept = readonly [what: string, truth: Truth]

/** The made-up truth need not be whole: of promise 2 only a whole day can be asked. */
export function showNone(cases: readonly Kept[]): void {
  test.each(cases)('%s breaks nothing', (_, truth) => {
    const told = brokenPromises(truth).filter(({ promise }) => promise !== 2)
    expect(told.map(describeBreach)).toEqual([])
  })
}
