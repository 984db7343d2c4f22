// What a day has broken, a line each: the promises, and what has not come to its end though nothing was in
// its way any more.
import { brokenPromises, describeBreach } from './promises/all.ts'
import type { DayResult } from './run-day.ts'

export const brokenIn = ({ truth }: DayResult): readonly string[] => [
  ...truth.unquiet.map((what) => `never became quiet: ${what}`),
  ...brokenPromises(truth).map(describeBreach),
]
