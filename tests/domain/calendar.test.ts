import { describe, expect, test } from 'vitest'
import {
  type Calendar,
  type CalendarOverrides,
  holidayOf,
  knownFor,
  marketState,
  NO_OVERRIDES,
  nextHoliday,
  nextSession,
  sessionsOf,
} from '../../src/domain/calendar.ts'
import { CALENDAR_TABLE } from '../../src/domain/calendar-data.ts'
import { EXCHANGES, type Exchange } from '../../src/domain/instrument.ts'
import {
  dayOf,
  formatTime,
  HOUR,
  type Instant,
  instant,
  MINUTE,
  nextDay,
  tradingDay,
  weekdayOf,
} from '../../src/domain/time.ts'

const CALENDAR: Calendar = { table: CALENDAR_TABLE, overrides: NO_OVERRIDES }
const ist = (text: string): Instant => instant(Date.parse(`${text.replace(' ', 'T')}+05:30`))
const corrected = (some: Partial<CalendarOverrides>): Calendar => ({
  table: CALENDAR_TABLE,
  overrides: { ...NO_OVERRIDES, ...some },
})

/** `open until 15:30:00`, with what limits it, or `closed: why`. */
function read(exchange: Exchange, at: string, calendar = CALENDAR): string {
  const state = marketState(exchange, ist(at), calendar)
  if (state.kind === 'closed') return `closed: ${state.holiday ?? state.why}`
  const limits = `${state.isIntradayOver ? ', no intraday' : ''}${state.isClosingAuction ? ', auction' : ''}`
  return `open until ${formatTime(state.until)}${limits}`
}

describe('whether an exchange is open', () => {
  test.each([
    // An ordinary Friday.
    ['NSE', '2026-11-20 09:14:59', 'closed: beforeOpen'],
    ['NSE', '2026-11-20 09:15', 'open until 15:30:00'],
    ['NSE', '2026-11-20 15:09:59', 'open until 15:30:00'],
    ['NSE', '2026-11-20 15:10', 'open until 15:30:00, no intraday'],
    ['NSE', '2026-11-20 15:15', 'open until 15:30:00, no intraday, auction'],
    ['NSE', '2026-11-20 15:30', 'closed: afterClose'],
    ['BSE', '2026-11-20 15:20', 'open until 15:30:00, no intraday, auction'],
    ['NFO', '2026-11-20 15:39:59', 'open until 15:40:00, no intraday'],
    ['NFO', '2026-11-20 15:40', 'closed: afterClose'],
    ['BFO', '2026-11-20 15:35', 'open until 15:40:00, no intraday'],
    ['CDS', '2026-11-20 16:29', 'open until 17:00:00'],
    ['CDS', '2026-11-20 16:30', 'open until 17:00:00, no intraday'],
    ['MCX', '2026-11-20 23:24', 'open until 23:55:00'],
    ['MCX', '2026-11-20 23:25', 'open until 23:55:00, no intraday'],
    ['MCX', '2026-11-20 23:55', 'closed: afterClose'],
    // Before the closing auction and the longer derivatives session.
    ['NSE', '2026-07-31 15:20', 'open until 15:30:00, no intraday'],
    ['NFO', '2026-07-31 15:35', 'closed: afterClose'],
    ['NFO', '2026-08-03 15:35', 'open until 15:40:00, no intraday'],
    // American summer time.
    ['MCX', '2026-03-06 23:40', 'open until 23:55:00, no intraday'],
    ['MCX', '2026-03-09 23:40', 'closed: afterClose'],
    ['MCX', '2026-10-30 23:40', 'closed: afterClose'],
    ['MCX', '2026-11-02 23:40', 'open until 23:55:00, no intraday'],
    // Weekends and holidays.
    ['NSE', '2026-11-21 11:00', 'closed: weekend'],
    ['MCX', '2026-11-22 18:00', 'closed: weekend'],
    ['NSE', '2026-11-24 11:00', 'closed: Prakash Gurpurb Sri Guru Nanak Dev'],
    ['MCX', '2026-11-24 11:00', 'closed: Prakash Gurpurb Sri Guru Nanak Dev'],
    ['MCX', '2026-11-24 17:00', 'open until 23:55:00'],
    ['MCX', '2026-11-24 23:56', 'closed: afterClose'],
    ['MCX', '2026-12-25 18:00', 'closed: Christmas'],
    ['MCX', '2026-01-01 16:00', 'open until 17:00:00'],
    ['MCX', '2026-01-01 08:00', 'closed: beforeOpen'],
    ['MCX', '2026-01-01 17:00', 'closed: New Year'],
    ['NSE', '2026-01-01 11:00', 'open until 15:30:00'],
    ['CDS', '2026-08-26 11:00', 'closed: Id-E-Milad'],
    ['NFO', '2026-08-26 11:00', 'open until 15:40:00'],
    // A Sunday on which the budget was read.
    ['NSE', '2026-02-01 11:00', 'open until 15:30:00'],
    ['MCX', '2026-02-01 11:00', 'closed: weekend'],
  ] as const)('%s at %s: %s', (exchange, at, expected) => {
    expect(read(exchange, at)).toBe(expected)
  })

  test('knows when it opens next', () => {
    const at = (exchange: Exchange, moment: string) => {
      const next = nextSession(exchange, ist(moment), CALENDAR)
      return next && `${dayOf(next.from)} ${formatTime(next.from)}`
    }
    expect(at('NSE', '2026-11-20 08:00')).toBe('2026-11-20 09:15:00')
    expect(at('NSE', '2026-11-20 11:00')).toBe('2026-11-23 09:15:00')
    expect(at('NSE', '2026-11-23 16:00')).toBe('2026-11-25 09:15:00')
    expect(at('MCX', '2026-11-24 01:00')).toBe('2026-11-24 17:00:00')
  })

  test('knows the next holiday, weekends aside', () => {
    expect(nextHoliday('NSE', tradingDay('2026-11-21'), CALENDAR)?.name).toMatch(/Guru Nanak/)
    expect(nextHoliday('NSE', tradingDay('2026-11-25'), CALENDAR)?.name).toBe('Christmas')
    expect(nextHoliday('NSE', tradingDay('2028-01-01'), CALENDAR)).toBeNull()
  })
})

describe("the trader's corrections", () => {
  const muhurat = {
    day: tradingDay('2027-10-29'),
    name: 'Muhurat',
    exchanges: ['NSE', 'NFO'] as const,
    hours: {
      from: 18.25 * HOUR,
      until: 19.25 * HOUR,
      intradayUntil: 18 * HOUR + 55 * MINUTE,
      closingAuctionFrom: null,
    },
  }
  const diwali = {
    day: muhurat.day,
    name: 'Diwali',
    exchanges: EXCHANGES,
    closed: 'day' as const,
  }

  test('a further holiday', () => {
    const calendar = corrected({ holidays: [diwali] })
    expect(read('NSE', '2027-10-29 11:00', calendar)).toBe('closed: Diwali')
    expect(nextHoliday('NSE', tradingDay('2027-10-01'), calendar)).toEqual(diwali)
  })

  test('a further session, on a holiday', () => {
    const calendar = corrected({ holidays: [diwali], specialSessions: [muhurat] })
    expect(read('NSE', '2027-10-29 11:00', calendar)).toBe('closed: beforeOpen')
    expect(read('NSE', '2027-10-29 18:30', calendar)).toBe('open until 19:15:00')
    expect(read('NSE', '2027-10-29 18:55', calendar)).toBe('open until 19:15:00, no intraday')
    expect(read('MCX', '2027-10-29 18:30', calendar)).toBe('closed: Diwali')
  })

  test('a holiday that was moved', () => {
    const calendar = corrected({
      tradingDays: [{ day: tradingDay('2026-11-24'), exchanges: ['NSE'] }],
    })
    expect(read('NSE', '2026-11-24 11:00', calendar)).toBe('open until 15:30:00')
    expect(read('NFO', '2026-11-24 11:00', calendar)).toMatch(/^closed/)
  })

  test('two sessions on one day', () => {
    const morning = { ...muhurat, hours: { ...muhurat.hours, from: 9 * HOUR, until: 10 * HOUR } }
    const calendar = corrected({ specialSessions: [muhurat, morning] })
    expect(sessionsOf('NSE', muhurat.day, calendar)).toHaveLength(2)
    expect(read('NSE', '2027-10-29 11:00', calendar)).toBe('closed: betweenSessions')
  })

  test('a holiday of his own closes a special session of the table', () => {
    const calendar = corrected({ holidays: [{ ...diwali, day: tradingDay('2026-02-01') }] })
    expect(read('NSE', '2026-02-01 11:00', calendar)).toBe('closed: Diwali')
  })
})

describe('the table', () => {
  test('has the sixteen holidays of NSE in 2026, none on a weekend', () => {
    const days = new Set(
      CALENDAR_TABLE.holidays
        .filter((each) => each.exchanges.includes('NSE') && each.day.startsWith('2026'))
        .map((each) => each.day),
    )
    expect(days.size).toBe(16)
    for (const { day } of CALENDAR_TABLE.holidays) expect([0, 6]).not.toContain(weekdayOf(day))
  })

  test('names a day at most once per exchange', () => {
    const named = CALENDAR_TABLE.holidays.flatMap(({ day, exchanges }) =>
      exchanges.map((exchange) => `${exchange} ${day}`),
    )
    expect(new Set(named).size).toBe(named.length)
  })

  test('says how much of a year it knows', () => {
    expect(knownFor(tradingDay('2026-05-05'), CALENDAR_TABLE)).toBe('published')
    expect(knownFor(tradingDay('2027-05-05'), CALENDAR_TABLE)).toBe('partly')
    expect(knownFor(tradingDay('2028-05-05'), CALENDAR_TABLE)).toBeNull()
  })

  test('gives every exchange a session on every working day that is no holiday', () => {
    for (let day = tradingDay('2026-01-01'); day < '2028-01-01'; day = nextDay(day))
      for (const exchange of EXCHANGES) {
        const isClosed =
          weekdayOf(day) % 6 === 0 || holidayOf(exchange, day, CALENDAR)?.closed === 'day'
        if (isClosed) continue
        const [session] = sessionsOf(exchange, day, CALENDAR)
        expect(session && session.from < session.intradayUntil).toBe(true)
        expect(session && session.intradayUntil < session.until).toBe(true)
      }
  })
})
