// The time that everything goes by. This machine is asked for it once, as the copier starts; from there on it
// passes by the clock that nobody can set, put right by what the broker says it is, and never goes back while the
// engine runs. What the engine does hangs on which of two things came first, and how long ago: a list of positions
// that was asked for before a fill, and looks younger than it, would show that somebody else has sold what was
// never sold.
import { type Instant, instant } from './domain/time.ts'
import type { Clock } from './ports.ts'

/** What a machine knows of time by itself. */
export interface MachineClock extends Clock {
  /** Since it was switched on, with the time in which it slept; `monotonicMs` may stand still then. */
  sinceBootMs(): number
}

/** Whatever is less than that is no jump and no sleep. */
const LEAP_MS = 500

/** The time of the machine as it was once, and what has passed since: no jump of it is seen, but a sleep is. */
export function passing(machine: MachineClock): Clock {
  const begunMs = machine.now() - machine.monotonicMs()
  let offMs = begunMs
  let awakeMs = machine.sinceBootMs() - machine.monotonicMs()
  let sleptMs = 0
  return {
    ...machine,
    now() {
      const monotonicMs = machine.monotonicMs()
      const nowOffMs = machine.now() - monotonicMs
      // Whether it slept takes longer to know, and is asked only where it may have.
      if (Math.abs(nowOffMs - offMs) >= LEAP_MS) {
        offMs = nowOffMs
        const missedMs = machine.sinceBootMs() - monotonicMs - awakeMs
        if (missedMs >= LEAP_MS) {
          sleptMs += missedMs
          awakeMs += missedMs
        }
      }
      return instant(Math.floor(begunMs + monotonicMs + sleptMs))
    },
  }
}

/**
 * A `Date` header is cut to the second: a difference below this is as likely the header's as the
 * machine's, and a clock that wanders by it would be worse than one that is off by it.
 */
const CERTAIN_SKEW_MS = 1_000

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

const PACE = 0.5

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
