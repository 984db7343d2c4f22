// Instants and trading days. An instant is milliseconds since 1970 in UTC; days and everything that
// people read are IST, which has no summer time, so plain arithmetic is right.

declare const brand: unique symbol
export type Instant = number & { readonly [brand]: 'Instant' }
/** `2026-11-21`, in IST. */
export type TradingDay = string & { readonly [brand]: 'TradingDay' }

const IST_OFFSET_MS = 5.5 * 3_600_000
export const SECOND = 1000
export const MINUTE = 60 * SECOND
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR

export class MalformedTime extends Error {
  constructor(value: unknown, allowed: string) {
    super(`${JSON.stringify(value)} is no time: ${allowed}`)
    this.name = 'MalformedTime'
  }
}

export function instant(ms: number): Instant {
  if (!Number.isSafeInteger(ms)) throw new MalformedTime(ms, 'whole milliseconds since 1970')
  return ms as Instant
}

export const after = (at: Instant, ms: number): Instant => (at + ms) as Instant

export function tradingDay(text: string): TradingDay {
  const day = /^\d{4}-\d{2}-\d{2}$/.test(text) ? new Date(`${text}T00:00:00Z`) : undefined
  if (!day || Number.isNaN(day.getTime()) || day.toISOString().slice(0, 10) !== text)
    throw new MalformedTime(text, 'a day as YYYY-MM-DD')
  return text as TradingDay
}

export const dayOf = (at: Instant): TradingDay =>
  new Date(at + IST_OFFSET_MS).toISOString().slice(0, 10) as TradingDay

/** Milliseconds since midnight IST. */
export const timeOfDayMs = (at: Instant): number => (((at + IST_OFFSET_MS) % DAY) + DAY) % DAY

/** The instant at which an IST day has lasted `ms`. */
export const atTimeOfDay = (day: TradingDay, ms: number): Instant =>
  instant(Date.parse(`${day}T00:00:00Z`) - IST_OFFSET_MS + ms)

export const nextDay = (day: TradingDay): TradingDay => dayOf(atTimeOfDay(day, DAY))

/** 0 is Sunday. */
export const weekdayOf = (day: TradingDay): number => new Date(`${day}T00:00:00Z`).getUTCDay()

/** `10:30:45` IST. */
export const formatTime = (at: Instant): string =>
  new Date(at + IST_OFFSET_MS).toISOString().slice(11, 19)

/** `2026-11-21T10:30:45.123+05:30`, for records. */
export const formatInstant = (at: Instant): string =>
  `${new Date(at + IST_OFFSET_MS).toISOString().slice(0, -1)}+05:30`

/** `20261121_103045`, for file names. */
export const formatStamp = (at: Instant): string =>
  new Date(at + IST_OFFSET_MS).toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '_')

/** `2 min 5 s`, `412 ms`: a duration for people. */
export function formatDuration(ms: number): string {
  if (ms < SECOND) return `${Math.round(ms)} ms`
  if (ms < MINUTE) return `${Math.floor(ms / 100) / 10} s`
  const minutes = Math.floor(ms / MINUTE)
  const seconds = Math.floor((ms % MINUTE) / SECOND)
  if (minutes < 60) return seconds ? `${minutes} min ${seconds} s` : `${minutes} min`
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}
