// How the broker names orders: a number that begins with the day, and a lasting name that never changes.
import { dayOf, type Instant } from '../domain/time.ts'
import { drawHex } from './chance.ts'

/** `yymmdd` and nine digits, as the broker writes them. */
export function orderIdOf(number: number, at: Instant): string {
  return `${dayOf(at).slice(2).replaceAll('-', '')}${String(number).padStart(9, '0')}`
}

export function uniqueOrderIdOf(seed: number, number: number): string {
  const hex = drawHex(32, seed, 'order', number)
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20),
  ].join('-')
}
