// The time that everything goes by: the machine's, put right by what the broker says it is, and once the
// engine runs never going back. What it does hangs on which of two things came first: a list of positions
// that was asked for before a fill, and looks younger than it, would show that somebody else has sold what
// was never sold.
import { type Instant, instant } from './domain/time.ts'
import type { Clock } from './ports.ts'

/**
 * A `Date` header is cut to the second: a difference below this is as likely the header's as the
 * machine's, and a clock that wanders by it would be worse than one that is off by it.
 */
const CERTAIN_SKEW_MS = 1_000
const PACE = 0.5

export function corrected(own: Clock, skewMs: () => number | null): Clock {
  return {
    ...own,
    now() {
      const skew = skewMs() ?? 0
      return instant(own.now() + (Math.abs(skew) > CERTAIN_SKEW_MS ? skew : 0))
    },
  }
}

export interface HeldClock extends Clock {
  /** From here on it never goes back: where the time does, it goes on at half its pace until the two agree. */
  hold(): void
  /** By how much it is ahead of the time. */
  aheadMs(): number
}

export function holding(time: Clock): HeldClock {
  let held: { readonly shownMs: number; readonly atMs: number } | null = null

  function now(): Instant {
    const due = time.now()
    if (held === null) return due
    const atMs = time.monotonicMs()
    held = { shownMs: Math.max(due, held.shownMs + PACE * (atMs - held.atMs)), atMs }
    return instant(Math.floor(held.shownMs))
  }

  return {
    ...time,
    now,
    hold() {
      held ??= { shownMs: time.now(), atMs: time.monotonicMs() }
    },
    aheadMs: () => now() - time.now(),
  }
}
