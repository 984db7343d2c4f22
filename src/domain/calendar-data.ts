// Data: when the Indian exchanges trade, as known on the day named below. Edit this file when a circular
// changes something; add a row with its own `from` day rather than changing a row, so that old days stay
// what they were.
//
// Sources:
// - Hours of NSE and BSE cash and derivatives: nseindia.com/market-data/market-timings. Since 3 August
//   2026 a closing auction from 15:15 to 15:35 for stocks that have derivatives, and derivatives until
//   15:40 on both exchanges: SEBI circular of 16 January 2026 (newsdrum.in/business, 11006214; taxtmi.com
//   circular 69126), NSE circular of 29 May 2026.
// - Hours of MCX: 09:00 to 23:30 while the United States have summer time, to 23:55 else (angelone.in,
//   "MCX Trade Timings Revised"). Agricultural contracts end earlier, at 17:00 or 21:00.
// - Holidays of 2026: NSE's list for equity and derivatives (16 days); MCX's list with its morning and
//   evening sessions (rupeezy.in/mcx-holiday, one.news18.com of 30 December 2025).
// - 2027: no list was published yet. Only what is fixed by date or by Easter is here.
// - Currency derivatives have further holidays of banks: from memory of brokers' lists, not confirmed.
//
// Muhurat sessions are not in the table: their hours are announced some weeks before (in 2023 18:15 to
// 19:15, in 2025 13:45 to 14:45), so that anything written here early would be a guess.
import type { CalendarTable, Holiday, Hours, HoursRow, SpecialSession } from './calendar.ts'
import { EXCHANGES, type Exchange } from './instrument.ts'
import { HOUR, MINUTE, tradingDay } from './time.ts'

const EQUITY = ['NSE', 'BSE', 'NFO', 'BFO'] as const
const COMMODITY = ['MCX', 'NCDEX'] as const

const clock = (text: string): number => {
  const [hour, minute] = text.split(':').map(Number)
  return (hour as number) * HOUR + (minute as number) * MINUTE
}

const hours = (
  from: string,
  until: string,
  intradayUntil: string,
  closingAuctionFrom: string | null = null,
): Hours => ({
  from: clock(from),
  until: clock(until),
  intradayUntil: clock(intradayUntil),
  closingAuctionFrom: closingAuctionFrom === null ? null : clock(closingAuctionFrom),
})

const row = (from: string, exchanges: readonly Exchange[], of: Hours): HoursRow => ({
  from: tradingDay(from),
  exchanges,
  hours: of,
})

// INTRADAY entries end at 15:10 in the equity segments, some minutes before brokers square off (15:15
// and later). Elsewhere the square-off is 15 to 25 minutes before the close: 30 leaves the same room.
const MCX_SUMMER = hours('09:00', '23:30', '23:00')
const MCX_WINTER = hours('09:00', '23:55', '23:25')

const HOURS: readonly HoursRow[] = [
  row('2000-01-01', EQUITY, hours('09:15', '15:30', '15:10')),
  row('2026-08-03', ['NSE', 'BSE'], hours('09:15', '15:30', '15:10', '15:15')),
  row('2026-08-03', ['NFO', 'BFO'], hours('09:15', '15:40', '15:10')),
  row('2000-01-01', ['CDS'], hours('09:00', '17:00', '16:30')),
  row('2000-01-01', ['NCDEX'], hours('09:00', '21:00', '20:30')),
  row('2000-01-01', ['MCX'], MCX_WINTER),
  row('2026-03-09', ['MCX'], MCX_SUMMER),
  row('2026-11-02', ['MCX'], MCX_WINTER),
  row('2027-03-15', ['MCX'], MCX_SUMMER),
  row('2027-11-08', ['MCX'], MCX_WINTER),
]

const holiday = (
  day: string,
  name: string,
  exchanges: readonly Exchange[],
  closed: Holiday['closed'] = 'day',
): Holiday => ({ day: tradingDay(day), name, exchanges, closed })

/** Nobody trades. */
const everywhere = (day: string, name: string): readonly Holiday[] => [
  holiday(day, name, EXCHANGES),
]
/** Commodities open for the evening. */
const untilEvening = (day: string, name: string): readonly Holiday[] => [
  holiday(day, name, [...EQUITY, 'CDS']),
  holiday(day, name, COMMODITY, 'morning'),
]
const banks = (day: string, name: string): readonly Holiday[] => [holiday(day, name, ['CDS'])]

const HOLIDAYS: readonly Holiday[] = [
  holiday('2026-01-01', 'New Year', ['MCX'], 'evening'),
  ...untilEvening('2026-01-15', 'Municipal elections in Maharashtra'),
  ...everywhere('2026-01-26', 'Republic Day'),
  ...banks('2026-02-19', 'Chhatrapati Shivaji Maharaj Jayanti'),
  ...untilEvening('2026-03-03', 'Holi'),
  ...banks('2026-03-19', 'Gudi Padwa'),
  ...untilEvening('2026-03-26', 'Shri Ram Navami'),
  ...untilEvening('2026-03-31', 'Shri Mahavir Jayanti'),
  ...banks('2026-04-01', 'Annual closing of banks'),
  ...everywhere('2026-04-03', 'Good Friday'),
  ...untilEvening('2026-04-14', 'Dr. Baba Saheb Ambedkar Jayanti'),
  ...untilEvening('2026-05-01', 'Maharashtra Day'),
  ...untilEvening('2026-05-28', 'Bakri Id'),
  ...untilEvening('2026-06-26', 'Muharram'),
  ...banks('2026-08-26', 'Id-E-Milad'),
  ...untilEvening('2026-09-14', 'Ganesh Chaturthi'),
  ...everywhere('2026-10-02', 'Mahatma Gandhi Jayanti'),
  ...untilEvening('2026-10-20', 'Dussehra'),
  ...untilEvening('2026-11-10', 'Diwali Balipratipada'),
  ...untilEvening('2026-11-24', 'Prakash Gurpurb Sri Guru Nanak Dev'),
  ...everywhere('2026-12-25', 'Christmas'),

  // Independence Day, Gandhi Jayanti and Christmas of 2027 fall on weekends.
  ...everywhere('2027-01-26', 'Republic Day'),
  ...everywhere('2027-03-26', 'Good Friday'),
  ...untilEvening('2027-04-14', 'Dr. Baba Saheb Ambedkar Jayanti'),
]

const SPECIAL_SESSIONS: readonly SpecialSession[] = [
  {
    day: tradingDay('2026-02-01'),
    name: 'Union Budget',
    exchanges: EQUITY,
    hours: hours('09:15', '15:30', '15:10'),
  },
]

export const CALENDAR_TABLE: CalendarTable = {
  asOf: tradingDay('2026-11-21'),
  source: 'NSE and MCX holiday lists for 2026, SEBI circular of 16 January 2026',
  years: new Map([
    [2026, 'published'],
    [2027, 'partly'],
  ]),
  hours: HOURS,
  holidays: HOLIDAYS,
  specialSessions: SPECIAL_SESSIONS,
}
