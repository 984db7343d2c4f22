// Amounts, ages and times as people read them. Amounts come as exact texts and stay texts: they are grouped
// and signed here, never turned into binary floats. Pure.
import type { Amount, Day, Time } from '../shapes/said.ts'

/** U+2212, as wide as a plus, so that columns of both line up. */
const MINUS = '−'
/** What stands where nothing is known. */
export const NOTHING = '–'

export type Sign = -1 | 0 | 1

export function signOf(amount: Amount): Sign {
  if (!/[1-9]/.test(amount)) return 0
  return amount.startsWith('-') ? -1 : 1
}

/** `1234567.50` is `12,34,567.50`: groups of two above the thousand, as in India. */
export function grouped(amount: Amount): string {
  const [whole = '', fraction] = amount.replace(/^-/, '').split('.')
  const head = whole.slice(0, -3).replace(/\B(?=(\d{2})+$)/g, ',')
  const digits = head === '' ? whole : `${head},${whole.slice(-3)}`
  const text = fraction === undefined ? digits : `${digits}.${fraction}`
  return signOf(amount) < 0 ? `${MINUS}${text}` : text
}

/** `₹2,03,400.00` */
export function rupees(amount: Amount | null): string {
  if (amount === null) return NOTHING
  const text = grouped(twoPlaces(amount))
  return text.startsWith(MINUS) ? `${MINUS}₹${text.slice(1)}` : `₹${text}`
}

/** `+₹1,240.50`: a gain or a loss is known by its sign, not by its colour. */
export function signedRupees(amount: Amount): string {
  return signOf(amount) > 0 ? `+${rupees(amount)}` : rupees(amount)
}

/** `+0.25` */
export function signedNumber(amount: Amount | null): string {
  if (amount === null) return NOTHING
  return signOf(amount) > 0 ? `+${grouped(amount)}` : grouped(amount)
}

function twoPlaces(amount: Amount): Amount {
  const [whole = '', fraction = ''] = amount.split('.')
  return `${whole}.${fraction.padEnd(2, '0').slice(0, Math.max(2, fraction.length))}`
}

/** `10:30:45` of an ISO time that has the offset of IST. */
export const clock = (time: Time): string => time.slice(11, 19)
/** `10:30:45.123` */
export const exactClock = (time: Time): string => time.slice(11, 23)
export const dayOf = (time: Time): Day => time.slice(0, 10)

const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ')
const WEEKDAYS = 'Sun Mon Tue Wed Thu Fri Sat'.split(' ')

/** `Tue 1 Dec 2026` */
export function dayText(day: Day): string {
  const [year = '', month = '', date = ''] = day.split('-')
  const weekday = WEEKDAYS[new Date(`${day}T00:00:00Z`).getUTCDay()] ?? ''
  return `${weekday} ${Number(date)} ${MONTHS[Number(month) - 1] ?? ''} ${year}`
}

/** `1 Dec 2026, 10:30` */
export const dayAndTime = (time: Time): string =>
  `${dayText(dayOf(time)).slice(4)}, ${time.slice(11, 16)}`

/** `412 ms`, `3.4 s`, `2 min 5 s`, `3 h 4 min`, `2 days`. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${(Math.floor(ms / 100) / 10).toFixed(1)} s`
  const minutes = Math.floor(ms / 60_000)
  if (minutes < 60) return `${minutes} min ${Math.floor((ms % 60_000) / 1000)} s`
  const hours = Math.floor(minutes / 60)
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} days`
}

/** `just now`, `4 s ago`: coarse, so that a second more or less is no news. */
export function ago(ms: number): string {
  if (ms < 1500) return 'just now'
  return ms < 60_000 ? `${Math.round(ms / 1000)} s ago` : `${duration(ms)} ago`
}

/** What is left of a deadline in whole seconds, never below nothing. */
export const secondsLeft = (until: Time, now: number): number =>
  Math.max(0, Math.ceil((Date.parse(until) - now) / 1000))

export const percent = (share: number | null): string =>
  share === null ? NOTHING : `${(Math.floor(share * 1000) / 10).toFixed(1)} %`

/** `Papa`, or the name where nobody gave it a label. */
export const calledOf = (account: {
  readonly label: string | null
  readonly name?: string
  readonly follower?: string
}): string => account.label ?? account.name ?? account.follower ?? ''

export const plural = (count: number, one: string, more = `${one}s`): string =>
  `${count} ${count === 1 ? one : more}`
