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
  /** Resolves when the route may be asked. Turns are given in the order in which they were wanted. */
  turn(route: PacedRoute): Promise<void>
}

/** Waits and never fails. Turns are reserved at once, so two askers never share one. */
export function createPacer(clock: Clock): Pacer {
  const turns = new Map<PacedRoute, number[]>()
  return {
    async turn(route) {
      const taken = turns.get(route) ?? []
      const windows = READ_WINDOWS[route]
      const now = clock.monotonicMs()
      const at = earliest(taken, windows, now)
      taken.push(at)
      const longest = Math.max(...windows.map((window) => window.lengthMs))
      const kept = taken.findIndex((turn) => turn > now - longest - MARGIN_MS)
      taken.splice(0, Math.max(0, kept))
      turns.set(route, taken)
      if (at > now) await clock.sleep(at - now)
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
