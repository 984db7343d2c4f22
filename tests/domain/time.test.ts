import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  after,
  atTimeOfDay,
  DAY,
  dayOf,
  formatDuration,
  formatInstant,
  formatStamp,
  formatTime,
  type Instant,
  instant,
  MalformedTime,
  nextDay,
  timeOfDayMs,
  tradingDay,
  weekdayOf,
} from '../../src/domain/time.ts'

const utc = (text: string) => instant(Date.parse(text))

describe('time', () => {
  test('a day begins at midnight in India', () => {
    expect(dayOf(utc('2026-11-20T18:29:59.999Z'))).toBe('2026-11-20')
    expect(dayOf(utc('2026-11-20T18:30:00.000Z'))).toBe('2026-11-21')
    expect(timeOfDayMs(utc('2026-11-20T18:30:00.000Z'))).toBe(0)
    expect(timeOfDayMs(instant(-1))).toBe(5.5 * 3_600_000 - 1)
  })

  test('is shown in India', () => {
    const at = utc('2026-11-21T05:00:45.123Z')
    expect(formatTime(at)).toBe('10:30:45')
    expect(formatInstant(at)).toBe('2026-11-21T10:30:45.123+05:30')
    expect(formatStamp(at)).toBe('20261121_103045')
  })

  test('knows days and weekdays', () => {
    expect(nextDay(tradingDay('2026-12-31'))).toBe('2027-01-01')
    expect(nextDay(tradingDay('2028-02-28'))).toBe('2028-02-29')
    expect(weekdayOf(tradingDay('2026-11-22'))).toBe(0)
    expect(weekdayOf(tradingDay('2026-11-21'))).toBe(6)
  })

  test.each(['2026-02-30', '2026-13-01', '2026-1-1', '20261121', '', '2026-11-21T00:00', 'today'])(
    '%j is no day',
    (text) => expect(() => tradingDay(text)).toThrow(MalformedTime),
  )

  test.each([1.5, Number.NaN, Number.POSITIVE_INFINITY])('%d is no instant', (ms) =>
    expect(() => instant(ms)).toThrow(MalformedTime),
  )

  test.each([
    [0, '0 ms'],
    [412.4, '412 ms'],
    [1000, '1 s'],
    [2550, '2.5 s'],
    [59_999, '59.9 s'],
    [60_000, '1 min'],
    [125_000, '2 min 5 s'],
    [3_600_000, '1 h 0 min'],
    [5_460_000, '1 h 31 min'],
  ])('%d ms are %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text)
  })
})

const instants = fc.integer({ min: 0, max: 4_102_444_800_000 }).map(instant)

describe('what always holds', () => {
  const isDayAndTime = (day: typeof dayOf) =>
    fc.property(instants, (at) => {
      expect(atTimeOfDay(day(at), timeOfDayMs(at))).toBe(at)
      expect(Date.parse(formatInstant(at))).toBe(at)
      expect(nextDay(day(at))).toBe(day(after(at, DAY)))
      expect(tradingDay(day(at))).toBe(day(at))
    })

  test('an instant is its day and the time of that day', () => fc.assert(isDayAndTime(dayOf)))

  test('control: by the day of Greenwich it is not', () => {
    const greenwich = (at: Instant) => tradingDay(new Date(at).toISOString().slice(0, 10))
    expect(() => fc.assert(isDayAndTime(greenwich))).toThrow()
  })
})
