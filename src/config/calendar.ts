// What the trader knows better than the built-in table of exchange days: a holiday that came at short
// notice, a Muhurat session, a holiday that was called off. Read into the corrections that the calendar
// of the domain takes; the table itself stays as it is.
import { z } from 'zod'
import type { CalendarOverrides, Holiday, SpecialSession } from '../domain/calendar.ts'
import { EXCHANGES } from '../domain/instrument.ts'
import { HOUR, MalformedTime, MINUTE, type TradingDay, tradingDay } from '../domain/time.ts'
import { choice, type Kind, key, list, section, strict, text, value } from './values.ts'

const DAY: Kind<TradingDay> = {
  allowed: 'a day as YYYY-MM-DD',
  schema: { type: 'string', pattern: '^\\d{4}-\\d{2}-\\d{2}$' },
  read: (written) => {
    if (typeof written !== 'string') return undefined
    try {
      return tradingDay(written)
    } catch (error) {
      if (error instanceof MalformedTime) return undefined
      throw error
    }
  },
}

const TIME_OF_DAY = /^([01]\d|2[0-3]):([0-5]\d)$/

/** Milliseconds since midnight IST. */
const TIME: Kind<number> = {
  allowed: 'a time as HH:MM, in IST',
  schema: { type: 'string', pattern: TIME_OF_DAY.source },
  read: (written) => {
    const [, hour, minute] = (typeof written === 'string' && TIME_OF_DAY.exec(written)) || []
    return hour === undefined ? undefined : Number(hour) * HOUR + Number(minute) * MINUTE
  },
}

const NAME = text(/^[^\p{Cc}]{1,60}$/u, 'a name of at most 60 characters')

const required = <T>(kind: Kind<T>, description: string) =>
  value(kind).meta({ ...kind.schema, description })

const exchanges = list(choice(EXCHANGES), { description: 'Which exchanges. Empty: all.' })

const holiday = strict({
  day: required(DAY, 'The day, as 2026-11-24.'),
  name: key(NAME, { description: 'Shown where an entry is denied for it.' }),
  exchanges,
  closed: key(choice(['day', 'morning', 'evening']), {
    description: 'All day (if absent), until 17:00, or from 17:00 on.',
  }),
})

const specialSession = strict({
  day: required(DAY, 'The day, as 2026-11-08.'),
  name: key(NAME, { description: 'Shown in the banner.' }),
  exchanges,
  from: required(TIME, 'The first minute, IST.'),
  until: required(TIME, 'The minute at which it ends, IST.'),
  intradayUntil: key(TIME, {
    description: 'No INTRADAY entry from here on. Absent: until the end.',
  }),
}).superRefine(({ from, until, intradayUntil }, context) => {
  if (until <= from)
    context.addIssue({ code: 'custom', path: ['until'], message: 'a time after from' })
  if (intradayUntil !== undefined && (intradayUntil < from || intradayUntil > until))
    context.addIssue({
      code: 'custom',
      path: ['intradayUntil'],
      message: 'a time between from and until',
    })
})

const listOf = <T extends z.ZodType>(entry: T, description: string) =>
  z.array(entry, { error: 'a list of sections' }).meta({ description }).optional()

export const CALENDAR = section(
  {
    holidays: listOf(holiday, 'Days on which there is no trading, though the table has them.'),
    specialSessions: listOf(
      specialSession,
      'Trading outside the ordinary days or hours, such as Muhurat; replaces the hours of that day.',
    ),
    tradingDays: listOf(
      strict({ day: required(DAY, 'The day, as 2026-11-24.'), exchanges }),
      'Holidays of the table that are none. A weekend needs a special session.',
    ),
  },
  'Corrections to the built-in table of exchange days.',
)

export function calendarOverrides(written: z.infer<typeof CALENDAR>): CalendarOverrides {
  return {
    holidays: (written?.holidays ?? []).map(
      (each): Holiday => ({
        day: each.day,
        name: each.name ?? 'holiday',
        exchanges: orAll(each.exchanges),
        closed: each.closed ?? 'day',
      }),
    ),
    specialSessions: (written?.specialSessions ?? []).map(
      (each): SpecialSession => ({
        day: each.day,
        name: each.name ?? 'special session',
        exchanges: orAll(each.exchanges),
        hours: {
          from: each.from,
          until: each.until,
          intradayUntil: each.intradayUntil ?? each.until,
          closingAuctionFrom: null,
        },
      }),
    ),
    tradingDays: (written?.tradingDays ?? []).map((each) => ({
      day: each.day,
      exchanges: orAll(each.exchanges),
    })),
  }
}

const orAll = (named: readonly (typeof EXCHANGES)[number][] = []) =>
  named.length === 0 ? EXCHANGES : named
