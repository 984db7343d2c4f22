// What a paper account allows: as much as Angel One allows one client code, so that a dry run is paced as
// the live run will be, and a pace that would be refused live is refused here too.
import { type Instant, instant } from '../../domain/time.ts'
import type { Windows } from '../../domain/windows.ts'

// Windows are told a little longer than they are held to: two writes can arrive closer together than they
// were recorded, and that must not be a refusal.
const MARGIN_MS = 100

/** Placing, modifying and cancelling together. */
export const WRITE_WINDOWS: Windows = [
  { lengthMs: 1_000 + MARGIN_MS, most: 9, mostForEntries: 6 },
  { lengthMs: 60_000 + MARGIN_MS, most: 500, mostForEntries: 400 },
  { lengthMs: 3_600_000 + MARGIN_MS, most: 1000, mostForEntries: 800 },
]

export interface Turnstile {
  /** Counts one more write, refused ones too, and says whether it may pass. */
  enter(at: Instant): boolean
}

/** `writes` are those of the account until now, oldest first: a restart forgets none that took effect. */
export function createTurnstile(writes: readonly Instant[]): Turnstile {
  const longestMs = Math.max(...WRITE_WINDOWS.map((window) => window.lengthMs))
  let entered: readonly Instant[] = writes
  return {
    enter(at) {
      // What was made later than now was so by a clock that was ahead: it counts as of now.
      const until = entered.map((earlier) => instant(Math.min(earlier, at)))
      entered = [...until.filter((earlier) => earlier > at - longestMs), at]
      return WRITE_WINDOWS.every(
        ({ lengthMs, most }) =>
          entered.filter((earlier) => earlier > at - (lengthMs - MARGIN_MS)).length <= most,
      )
    },
  }
}
