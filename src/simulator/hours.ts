// When the simulated exchanges trade: by the calendar, or always, so that a demonstration works on a
// Sunday; nothing but midnight happens by itself then.
import { type Calendar, sessionsOf } from '../domain/calendar.ts'
import { EXCHANGES, type Exchange } from '../domain/instrument.ts'
import { atTimeOfDay, dayOf, HOUR, type Instant, MINUTE, nextDay } from '../domain/time.ts'

export type Hours =
  | { readonly mode: 'ignore' }
  | { readonly mode: 'enforce'; readonly calendar: Calendar }

/** Intraday positions are closed by the broker at this time of day. */
const SQUARE_OFF_MS = 15 * HOUR + 15 * MINUTE

/** What the day itself does. */
export interface DayEvent {
  readonly at: Instant
  /** `turn`: some exchange opens or closes. */
  readonly kind: 'midnight' | 'turn' | 'squareOff'
}

export interface TradingHours {
  isOpen(exchange: Exchange, at: Instant): boolean
  /** Whether intraday is over for the day on the exchanges where the broker squares off. */
  isSquaredOff(exchange: Exchange, at: Instant): boolean
  /** The first event after `at`. */
  nextEvent(at: Instant): DayEvent
}

interface Day {
  readonly sessions: ReadonlyMap<Exchange, readonly { from: Instant; until: Instant }[]>
  readonly events: readonly DayEvent[]
}

/** Commodities trade into the night; their intraday positions are left to the trader here. */
export const squaresOff = (exchange: Exchange): boolean => exchange !== 'MCX'

export function createTradingHours(hours: Hours): TradingHours {
  // One day is asked for thousands of times; two are kept, since events reach into the next.
  const days = new Map<string, Day>()

  function dayAt(at: Instant): Day {
    const day = dayOf(at)
    const known = days.get(day)
    if (known) return known
    if (days.size > 1) days.clear()
    const made = hours.mode === 'ignore' ? dayWithout(at) : dayBy(hours.calendar, at)
    days.set(day, made)
    return made
  }

  return {
    isOpen(exchange, at) {
      if (hours.mode === 'ignore') return true
      const sessions = dayAt(at).sessions.get(exchange) ?? []
      return sessions.some(({ from, until }) => from <= at && at < until)
    },
    isSquaredOff: (exchange, at) =>
      hours.mode === 'enforce' &&
      squaresOff(exchange) &&
      at >= atTimeOfDay(dayOf(at), SQUARE_OFF_MS),
    nextEvent(at) {
      const event = dayAt(at).events.find((each) => each.at > at)
      return event ?? midnightAfter(at)
    },
  }
}

const midnightAfter = (at: Instant): DayEvent => ({
  at: atTimeOfDay(nextDay(dayOf(at)), 0),
  kind: 'midnight',
})

const dayWithout = (at: Instant): Day => ({ sessions: new Map(), events: [midnightAfter(at)] })

function dayBy(calendar: Calendar, at: Instant): Day {
  const day = dayOf(at)
  const sessions = new Map(
    EXCHANGES.map((exchange) => [exchange, sessionsOf(exchange, day, calendar)] as const),
  )
  const turns = new Set([...sessions.values()].flat().flatMap(({ from, until }) => [from, until]))
  const events: DayEvent[] = [...turns].map((turn) => ({ at: turn, kind: 'turn' }))
  const squareOffAt = atTimeOfDay(day, SQUARE_OFF_MS)
  // A day without a session at that time (a holiday, an evening's Muhurat) has nothing to close then.
  const isTrading = sessions
    .get('NSE')
    ?.some(({ from, until }) => from <= squareOffAt && squareOffAt < until)
  if (isTrading) events.push({ at: squareOffAt, kind: 'squareOff' })
  return { sessions, events: [...events, midnightAfter(at)].sort((a, b) => a.at - b.at) }
}
