// The time that everything goes by: the machine's, put right by what the broker says it is, and never going
// back unseen while the engine runs. What it does hangs on which of two things came first: a list of positions
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
/** So much too late is no harm to an age or an hour of the market, and it lasts twice as long at most. */
const HELD_UP_TO_MS = 5_000

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
  /**
   * From here on a small step back is none: it goes on at half its pace until the time has come so far. A large one
   * it takes, since an hour at which nothing is bought or sold is no small thing either, and says so at once:
   * whoever has noted any moment before it must begin anew.
   */
  hold(onStepBack: (byMs: number) => void): void
}

export function holding(time: Clock): HeldClock {
  let held: { readonly shownMs: number; readonly atMs: number } | null = null
  let tell: (byMs: number) => void = () => undefined

  function now(): Instant {
    const due = time.now()
    if (held === null) return due
    const atMs = time.monotonicMs()
    const shownMs = held.shownMs + PACE * (atMs - held.atMs)
    const aheadMs = shownMs - due
    if (aheadMs > 0 && aheadMs <= HELD_UP_TO_MS) {
      held = { shownMs, atMs }
      return instant(Math.floor(shownMs))
    }
    held = { shownMs: due, atMs }
    if (aheadMs > 0) tell(aheadMs)
    return due
  }

  return {
    ...time,
    now,
    hold(onStepBack) {
      tell = onStepBack
      held = { shownMs: time.now(), atMs: time.monotonicMs() }
    },
  }
}
