// The broker's rolling windows, per client code and group of routes. A call over a limit is refused and
// counted as a violation, so that a test can say "never", not just "rarely".
import { HOUR, type Instant, MINUTE, SECOND } from '../domain/time.ts'
import type { RouteName } from './routes.ts'

interface Window {
  readonly ms: number
  readonly limit: number
}

const perSecond = (limit: number): Window => ({ ms: SECOND, limit })
const perMinute = (limit: number): Window => ({ ms: MINUTE, limit })
const perHour = (limit: number): Window => ({ ms: HOUR, limit })

/** Placing, modifying and cancelling share one window; so, to be on the safe side, their longer ones. */
const WRITES = { group: 'writes', windows: [perSecond(9), perMinute(500), perHour(1000)] }
const quick = (group: string) => ({
  group,
  windows: [perSecond(10), perMinute(500), perHour(5000)],
})
const slow = (group: string) => ({ group, windows: [perSecond(1)] })

const LIMITS: Record<RouteName, { group: string; windows: readonly Window[] } | null> = {
  login: slow('login'),
  generateTokens: { group: 'generateTokens', windows: [perSecond(1), perHour(1000)] },
  logout: slow('logout'),
  profile: { group: 'profile', windows: [perSecond(3), perHour(1000)] },
  funds: { group: 'funds', windows: [perSecond(2)] },
  place: WRITES,
  modify: WRITES,
  cancel: WRITES,
  book: slow('book'),
  trades: slow('trades'),
  positions: slow('positions'),
  holdings: slow('holdings'),
  allHoldings: slow('allHoldings'),
  search: slow('search'),
  details: quick('details'),
  lastPrice: quick('lastPrice'),
  convert: quick('convert'),
  quote: quick('quote'),
  margin: quick('margin'),
  instruments: null,
  stream: null,
}

export interface Violation {
  readonly clientCode: string
  readonly group: string
  readonly at: Instant
  /** The window that was full. */
  readonly windowMs: number
}

export interface Limits {
  /** Counts the call when it is within every window, else writes the violation down. */
  admits(clientCode: string, route: RouteName, at: Instant): boolean
  readonly violations: readonly Violation[]
}

export function createLimits(mode: 'enforce' | 'ignore'): Limits {
  const calls = new Map<string, Instant[]>()
  const violations: Violation[] = []
  return {
    violations,
    admits(clientCode, route, at) {
      const limit = LIMITS[route]
      if (limit === null || mode === 'ignore') return true
      const key = `${clientCode}:${limit.group}`
      const longest = Math.max(...limit.windows.map((window) => window.ms))
      const recent = (calls.get(key) ?? []).filter((call) => call > at - longest)
      calls.set(key, recent)
      const full = limit.windows.find(
        (window) => recent.filter((call) => call > at - window.ms).length >= window.limit,
      )
      if (full) {
        violations.push({ clientCode, group: limit.group, at, windowMs: full.ms })
        return false
      }
      recent.push(at)
      return true
    },
  }
}
