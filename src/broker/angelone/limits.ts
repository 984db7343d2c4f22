// What Angel One allows one client code, and how readings keep to it. All windows are rolling, and the
// broker counts arrivals, so every window is held a little longer than it is: the network can bring two
// requests closer together than they were sent. Writes are counted from the ledger, never here.
import type { Windows } from '../../domain/windows.ts'
import type { Clock } from '../../ports.ts'

/**
 * Placing, modifying and cancelling together. Only the 9 a second is documented as shared; the minute
 * and the hour are listed for each, and counting them as shared is the reading that can't be refused.
 * The lengths are a second, a minute and an hour, and what requests may gain on each other on their way.
 */
export const WRITE_WINDOWS: Windows = [
  { lengthMs: 1_100, most: 9, mostForEntries: 6 },
  { lengthMs: 61_000, most: 500, mostForEntries: 400 },
  { lengthMs: 3_605_000, most: 1000, mostForEntries: 800 },
]

export type PacedRoute =
  | 'login'
  | 'profile'
  | 'funds'
  | 'orderBook'
  | 'orderDetails'
  | 'tradeBook'
  | 'positions'
  | 'holdings'
  | 'quote'

interface Allowance {
  readonly lengthMs: number
  readonly most: number
}

// The rate-limit page of July 2026. Quotes are 10 a second there and 1 a second on their own page.
export const READ_WINDOWS: Readonly<Record<PacedRoute, readonly Allowance[]>> = {
  login: [{ lengthMs: 1_000, most: 1 }],
  profile: [
    { lengthMs: 1_000, most: 3 },
    { lengthMs: 3_600_000, most: 1000 },
  ],
  funds: [{ lengthMs: 1_000, most: 2 }],
  orderBook: [{ lengthMs: 1_000, most: 1 }],
  tradeBook: [{ lengthMs: 1_000, most: 1 }],
  positions: [{ lengthMs: 1_000, most: 1 }],
  holdings: [{ lengthMs: 1_000, most: 1 }],
  orderDetails: [
    { lengthMs: 1_000, most: 10 },
    { lengthMs: 61_000, most: 500 },
    { lengthMs: 3_600_000, most: 5000 },
  ],
  quote: [{ lengthMs: 1_000, most: 1 }],
}

/** A 3-a-second route refused now and then at a spacing of 0.4 s and never at 0.5 s. */
const MARGIN_MS = 100

export interface Pacer {
  /** Asks when the route may be asked, one after the other in the order in which they came. */
  ask<T>(route: PacedRoute, send: () => Promise<T>): Promise<T>
}

interface Turn {
  /** While it is unanswered it may still be on its way, and counts as of now. */
  at: number
  isAnswered: boolean
}

interface Line {
  readonly turns: Turn[]
  last: Promise<void>
  /** Ends a wait when an answer may have changed it. */
  wake: AbortController | null
}

/**
 * Waits and never fails. A turn counts from its answer: by then the broker has surely counted it, however
 * long it took on its way, so nothing that the network or a busy machine does brings two too close.
 *
 * `wasReadBefore`: another process may have read this account until now, and nobody wrote down when; so each
 * route begins as if it had just been asked.
 */
export function createPacer(clock: Clock, wasReadBefore = false): Pacer {
  const lines = new Map<PacedRoute, Line>()
  const madeAt = clock.monotonicMs()
  // Logins are remembered in the ledger.
  const turnsBefore = (route: PacedRoute): Turn[] =>
    wasReadBefore && route !== 'login' ? [{ at: madeAt, isAnswered: true }] : []

  async function takeTurn(route: PacedRoute, line: Line): Promise<Turn> {
    const windows = READ_WINDOWS[route]
    for (;;) {
      const now = clock.monotonicMs()
      const taken = line.turns.map(({ at, isAnswered }) => (isAnswered ? at : now))
      const from = earliest(
        taken.sort((a, b) => a - b),
        windows,
        now,
      )
      if (from <= now) {
        const longest = Math.max(...windows.map((window) => window.lengthMs))
        const kept = line.turns.findIndex(
          ({ at, isAnswered }) => !isAnswered || at > now - longest - MARGIN_MS,
        )
        line.turns.splice(0, kept < 0 ? line.turns.length : kept)
        const turn = { at: now, isAnswered: false }
        line.turns.push(turn)
        return turn
      }
      line.wake = new AbortController()
      await clock.sleep(from - now, line.wake.signal)
      line.wake = null
    }
  }

  return {
    async ask(route, send) {
      const line = lines.get(route) ?? {
        turns: turnsBefore(route),
        last: Promise.resolve(),
        wake: null,
      }
      lines.set(route, line)
      const before = line.last
      const taken = Promise.withResolvers<void>()
      line.last = taken.promise
      await before
      const turn = await takeTurn(route, line)
      taken.resolve()
      try {
        return await send()
      } finally {
        turn.at = clock.monotonicMs()
        turn.isAnswered = true
        line.wake?.abort()
      }
    },
  }
}

/** The first moment at which one more turn fits every window. `taken` rises. */
export function earliest(
  taken: readonly number[],
  windows: readonly Allowance[],
  now: number,
): number {
  let at = Math.max(now, taken.at(-1) ?? now)
  for (const { lengthMs, most } of windows) {
    const blocking = taken[taken.length - most]
    if (blocking !== undefined) at = Math.max(at, blocking + lengthMs + MARGIN_MS)
  }
  return at
}
