// When a paper account's orders can trade, and when they end, as its exchanges and its broker have it.
import {
  type Calendar,
  marketState,
  nextSession,
  type Session,
  sessionsOf,
} from '../../domain/calendar.ts'
import type { Exchange } from '../../domain/instrument.ts'
import type { Hours } from '../../domain/settings.ts'
import { after, atTimeOfDay, DAY, dayOf, type Instant, MINUTE } from '../../domain/time.ts'

/** Some minutes after the last intraday entries (15:10 at NSE) brokers begin to close what is intraday. */
const SQUARE_OFF_DELAY_MS = 5 * MINUTE

export interface TradingHours {
  isOpen(exchange: Exchange, at: Instant): boolean
  /** Where a DAY order placed now ends: the close of this session, or of the next one where none runs. */
  closeFor(exchange: Exchange, at: Instant): Instant
  /** Whether the broker closes by itself what is still intraday. */
  isIntradayOver(exchange: Exchange, at: Instant): boolean
}

function readHours(calendar: Calendar): TradingHours {
  const running = (exchange: Exchange, at: Instant): Session | null =>
    sessionsOf(exchange, dayOf(at), calendar).find(({ from, until }) => from <= at && at < until) ??
    null
  return {
    isOpen: (exchange, at) => marketState(exchange, at, calendar).kind === 'open',
    closeFor(exchange, at) {
      const session = running(exchange, at) ?? nextSession(exchange, at, calendar)
      return session?.until ?? midnightAfter(at)
    },
    isIntradayOver(exchange, at) {
      const session = running(exchange, at)
      return session !== null && at >= after(session.intradayUntil, SQUARE_OFF_DELAY_MS)
    },
  }
}

/** For `hours: ignore`: open by day and night, and a day ends at midnight. */
const ALWAYS: TradingHours = {
  isOpen: () => true,
  closeFor: (_, at) => midnightAfter(at),
  isIntradayOver: () => false,
}

export const hoursOf = (hours: Hours, calendar: Calendar): TradingHours =>
  hours === 'ignore' ? ALWAYS : readHours(calendar)

const midnightAfter = (at: Instant): Instant => atTimeOfDay(dayOf(at), DAY)
