// When the simulated exchanges trade. With `ignore` they always do, so that a demonstration works on a
// Sunday; nothing but midnight happens by itself then.
import { assertNever } from '../domain/assert.ts'
import type { Exchange } from '../domain/instrument.ts'
import {
  atTimeOfDay,
  dayOf,
  HOUR,
  type Instant,
  MINUTE,
  type TradingDay,
  timeOfDayMs,
  weekdayOf,
} from '../domain/time.ts'

export interface Hours {
  readonly mode: 'enforce' | 'ignore'
  readonly holidays: readonly TradingDay[]
}

interface Session {
  readonly opensMs: number
  readonly closesMs: number
}

/** Intraday positions are closed by the broker at this time of day. */
export const SQUARE_OFF_MS = 15 * HOUR + 15 * MINUTE

export function sessionOf(exchange: Exchange): Session {
  switch (exchange) {
    case 'NSE':
    case 'BSE':
    case 'NFO':
    case 'BFO':
      return { opensMs: 9 * HOUR + 15 * MINUTE, closesMs: 15 * HOUR + 30 * MINUTE }
    case 'MCX':
      return { opensMs: 9 * HOUR, closesMs: 23 * HOUR + 30 * MINUTE }
    case 'CDS':
    case 'NCDEX':
      return { opensMs: 9 * HOUR, closesMs: 17 * HOUR }
    default:
      return assertNever(exchange)
  }
}

export const isTradingDay = (day: TradingDay, hours: Hours): boolean => {
  const weekday = weekdayOf(day)
  return weekday !== 0 && weekday !== 6 && !hours.holidays.includes(day)
}

export function isOpen(exchange: Exchange, at: Instant, hours: Hours): boolean {
  if (hours.mode === 'ignore') return true
  const { opensMs, closesMs } = sessionOf(exchange)
  const time = timeOfDayMs(at)
  return isTradingDay(dayOf(at), hours) && time >= opensMs && time < closesMs
}

/** What the day itself does, in the order in which it does it. */
export type DayEvent = 'midnight' | 'turn'

/** The next instant after `at` at which an exchange opens or closes, intraday ends, or the day turns. */
export function nextDayEvent(at: Instant, hours: Hours): { at: Instant; kind: DayEvent } {
  const day = dayOf(at)
  const midnight = atTimeOfDay(day, 24 * HOUR)
  if (hours.mode === 'ignore' || !isTradingDay(day, hours))
    return { at: midnight, kind: 'midnight' }
  const time = timeOfDayMs(at)
  const next = TURNS.find((turn) => turn > time)
  return next === undefined
    ? { at: midnight, kind: 'midnight' }
    : { at: atTimeOfDay(day, next), kind: 'turn' }
}

const TURNS = [
  ...(['NSE', 'MCX', 'CDS'] as const).flatMap((exchange) => {
    const { opensMs, closesMs } = sessionOf(exchange)
    return [opensMs, closesMs]
  }),
  SQUARE_OFF_MS,
]
  .filter((time, index, all) => all.indexOf(time) === index)
  .sort((a, b) => a - b)
