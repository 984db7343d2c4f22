// Every promise that one day alone can break, by its number. Promise 8 takes two days (independent.ts).
import type { Truth } from '../truth.ts'
import { type Day, dayOf } from './day.ts'
import { brokenDryRun } from './dry-run.ts'
import { brokenFlat } from './flat.ts'
import { brokenGuards } from './guards.ts'
import { brokenInOrder } from './in-order.ts'
import { brokenLimits } from './limits.ts'
import { brokenNoneLost } from './none-lost.ts'
import { brokenOnce } from './once.ts'
import { brokenOneEngine } from './one-engine.ts'
import { brokenOwnTrades } from './own-trades.ts'
import { brokenRecordedFirst } from './recorded-first.ts'
import { brokenSecrets } from './secrets.ts'
import { brokenEntrySizes, brokenExitSizes } from './sizes.ts'
import { brokenSteered } from './steered.ts'
import { brokenWaiting } from './waiting.ts'

export interface Breach {
  readonly promise: number
  /** With the numbers that show it. */
  readonly says: string
}

const CHECKERS: readonly (readonly [number, (day: Day) => readonly string[]])[] = [
  [1, brokenOnce],
  [2, brokenNoneLost],
  [2, brokenEntrySizes],
  [2, brokenGuards],
  [3, brokenRecordedFirst],
  [4, brokenFlat],
  [4, brokenExitSizes],
  [4, brokenWaiting],
  [4, brokenSteered],
  [5, brokenLimits],
  [6, brokenDryRun],
  [7, brokenSecrets],
  [9, brokenOwnTrades],
  [10, brokenInOrder],
  [11, brokenOneEngine],
]

export function brokenPromises(truth: Truth): readonly Breach[] {
  const day = dayOf(truth)
  return CHECKERS.flatMap(([promise, broken]) => broken(day).map((says) => ({ promise, says })))
}

export const describeBreach = ({ promise, says }: Breach): string => `promise ${promise}: ${says}`
