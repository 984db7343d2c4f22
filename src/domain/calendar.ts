// When an exchange trades. Pure: the table (`calendar-data.ts`) and the trader's own corrections come in
// as one `Calendar`, the moment as an argument.
//
// It errs towards open: an order in hours that the exchange doesn't keep is refused by the broker and seen, an
// order that we hold back by mistake is a copy lost. Where hours
// differ within one exchange (agricultural contracts at MCX), the widest are meant.
import type { Exchange } from './instrument.ts'
import { atTimeOfDay, dayOf, type Instant, nextDay, type TradingDay, weekdayOf } from './time.ts'

/** A stretch of one day, in milliseconds since midnight IST. `until` is the first moment after it. */
export interface Hours {
  readonly from: number
  readonly until: number
  /** No INTRADAY entry from here on: the broker's own square-off is near. */
  readonly intradayUntil: number
  /**
   * From here on the stocks that have derivatives are in their closing auction, the others trade on.
   * A limit order is taken for both, and its limit holds in an auction too: that is why the guard
   * lets an entry through.
   */
  readonly closingAuctionFrom: number | null
}

/** The hours of some exchanges on ordinary days, from `from` until a later row for the same exchange. */
export interface HoursRow {
  readonly exchanges: readonly Exchange[]
  readonly from: TradingDay
  readonly hours: Hours
}

export interface Holiday {
  readonly day: TradingDay
  readonly name: string
  readonly exchanges: readonly Exchange[]
  /** Absent from trading all day, until 17:00, or from 17:00 on. */
  readonly closed: 'day' | 'morning' | 'evening'
}

/** Trading outside the ordinary days or hours: Muhurat, a Sunday of a budget. Replaces the day's hours. */
export interface SpecialSession {
  readonly day: TradingDay
  readonly name: string
  readonly exchanges: readonly Exchange[]
  readonly hours: Hours
}

/** Whether the table has the published list of a year, or only what is certain beforehand. */
export type Known = 'published' | 'partly'

export interface CalendarTable {
  readonly asOf: TradingDay
  readonly source: string
  readonly years: ReadonlyMap<number, Known>
  readonly hours: readonly HoursRow[]
  readonly holidays: readonly Holiday[]
  readonly specialSessions: readonly SpecialSession[]
}

/** What the trader knows better than the table. */
export interface CalendarOverrides {
  readonly holidays: readonly Holiday[]
  readonly specialSessions: readonly SpecialSession[]
  readonly tradingDays: readonly {
    readonly day: TradingDay
    readonly exchanges: readonly Exchange[]
  }[]
}

export interface Calendar {
  readonly table: CalendarTable
  readonly overrides: CalendarOverrides
}

export const NO_OVERRIDES: CalendarOverrides = {
  holidays: [],
  specialSessions: [],
  tradingDays: [],
}

export interface Session {
  readonly name: string
  readonly from: Instant
  readonly until: Instant
  readonly intradayUntil: Instant
  readonly closingAuctionFrom: Instant | null
}

/** The sessions of a day in their order; none on a weekend or a holiday. The trader's word wins. */
export function sessionsOf(
  exchange: Exchange,
  day: TradingDay,
  calendar: Calendar,
): readonly Session[] {
  const { table, overrides } = calendar
  const isHere = (each: SpecialSession) => concerns(each, exchange, day)
  const own = overrides.specialSessions.filter(isHere)
  const isOwnHoliday = overrides.holidays.some((each) => concerns(each, exchange, day))
  const special = own.length > 0 || isOwnHoliday ? own : table.specialSessions.filter(isHere)
  if (special.length > 0)
    return special
      .map((each) => sessionOn(day, each.hours, each.name))
      .toSorted((a, b) => a.from - b.from)
  if (isWeekend(day)) return []
  const hours = hoursOf(exchange, day, table)
  const remaining = hours && withoutHoliday(hours, holidayOf(exchange, day, calendar))
  return remaining ? [sessionOn(day, remaining, 'regular')] : []
}

export type MarketState =
  | {
      readonly kind: 'open'
      readonly session: string
      readonly until: Instant
      readonly isIntradayOver: boolean
      readonly intradayUntil: Instant
      readonly isClosingAuction: boolean
    }
  | {
      readonly kind: 'closed'
      readonly why: 'weekend' | 'holiday' | 'beforeOpen' | 'betweenSessions' | 'afterClose'
      /** Of the holiday; null for the others. */
      readonly holiday: string | null
      readonly nextOpen: Instant | null
    }

export function marketState(exchange: Exchange, at: Instant, calendar: Calendar): MarketState {
  const day = dayOf(at)
  const sessions = sessionsOf(exchange, day, calendar)
  const current = sessions.find((session) => session.from <= at && at < session.until)
  if (current)
    return {
      kind: 'open',
      session: current.name,
      until: current.until,
      isIntradayOver: at >= current.intradayUntil,
      intradayUntil: current.intradayUntil,
      isClosingAuction: current.closingAuctionFrom !== null && at >= current.closingAuctionFrom,
    }

  const holiday = holidayOf(exchange, day, calendar)
  const nextOpen = nextSession(exchange, at, calendar)?.from ?? null
  const closed = { kind: 'closed', nextOpen } as const
  const isFirstAhead = sessions.every((session) => session.from > at)
  // A morning or evening that falls to a holiday is closed for that, and not because it is early or late.
  if (holiday && (sessions.length === 0 || (holiday.closed === 'morning') === isFirstAhead))
    return { ...closed, why: 'holiday', holiday: holiday.name }
  if (sessions.length === 0) return { ...closed, why: 'weekend', holiday: null }
  if (isFirstAhead) return { ...closed, why: 'beforeOpen', holiday: null }
  const isLastBehind = sessions.every((session) => session.until <= at)
  return { ...closed, why: isLastBehind ? 'afterClose' : 'betweenSessions', holiday: null }
}

/** The session that opens next, within the month to come. */
export function nextSession(exchange: Exchange, at: Instant, calendar: Calendar): Session | null {
  let day = dayOf(at)
  for (let looked = 0; looked < 31; looked++, day = nextDay(day)) {
    const next = sessionsOf(exchange, day, calendar).find((session) => session.from > at)
    if (next) return next
  }
  return null
}

/** The next holiday that closes a trading day, wholly or in part, from `day` on. */
export function nextHoliday(
  exchange: Exchange,
  day: TradingDay,
  calendar: Calendar,
): Holiday | null {
  const ahead = [...calendar.overrides.holidays, ...calendar.table.holidays]
    .filter((each) => each.day >= day && !isWeekend(each.day))
    .filter((each) => holidayOf(exchange, each.day, calendar) === each)
  return ahead.toSorted((a, b) => (a.day < b.day ? -1 : a.day > b.day ? 1 : 0))[0] ?? null
}

/** How far the table can be trusted for a day: null is a year of which it knows nothing. */
export const knownFor = (day: TradingDay, table: CalendarTable): Known | null =>
  table.years.get(Number(day.slice(0, 4))) ?? null

export function holidayOf(exchange: Exchange, day: TradingDay, calendar: Calendar): Holiday | null {
  const { table, overrides } = calendar
  const isHere = (each: { day: TradingDay; exchanges: readonly Exchange[] }) =>
    concerns(each, exchange, day)
  const own = overrides.holidays.find(isHere)
  if (own) return own
  return overrides.tradingDays.some(isHere) ? null : (table.holidays.find(isHere) ?? null)
}

const EVENING = 17 * 3_600_000

function withoutHoliday(hours: Hours, holiday: Holiday | null): Hours | null {
  if (!holiday) return hours
  if (holiday.closed === 'day') return null
  const lead = hours.until - hours.intradayUntil
  const rest =
    holiday.closed === 'morning'
      ? { ...hours, from: EVENING }
      : { ...hours, until: EVENING, intradayUntil: EVENING - lead }
  return rest.from < rest.until ? rest : null
}

function hoursOf(exchange: Exchange, day: TradingDay, table: CalendarTable): Hours | null {
  const rows = table.hours.filter((row) => row.exchanges.includes(exchange) && row.from <= day)
  return rows.toSorted((a, b) => (a.from < b.from ? 1 : -1))[0]?.hours ?? null
}

const sessionOn = (day: TradingDay, hours: Hours, name: string): Session => ({
  name,
  from: atTimeOfDay(day, hours.from),
  until: atTimeOfDay(day, hours.until),
  intradayUntil: atTimeOfDay(day, hours.intradayUntil),
  closingAuctionFrom:
    hours.closingAuctionFrom === null ? null : atTimeOfDay(day, hours.closingAuctionFrom),
})

const concerns = (
  row: { readonly day: TradingDay; readonly exchanges: readonly Exchange[] },
  exchange: Exchange,
  day: TradingDay,
): boolean => row.day === day && row.exchanges.includes(exchange)

const isWeekend = (day: TradingDay): boolean => weekdayOf(day) === 0 || weekdayOf(day) === 6
