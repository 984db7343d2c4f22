// Exact fractions: multipliers, capital over capital, and the entitlement that shrinks by shares.
// Always in lowest terms with a positive lower part, so equal fractions are equal texts.
import { divideRounded, formatDecimal, ONE, type Rounding } from './numbers.ts'

export interface Ratio {
  readonly over: bigint
  readonly under: bigint
}

export function ratio(over: bigint, under: bigint): Ratio {
  if (under === 0n) throw new RangeError('a fraction over nothing')
  const factor = commonDivisor(over, under) * (under < 0n ? -1n : 1n)
  return { over: over / factor, under: under / factor }
}

export const NOTHING: Ratio = { over: 0n, under: 1n }

export const whole = (value: bigint): Ratio => ({ over: value, under: 1n })
/** The fraction that a decimal stands for: 0.5 is 1/2. */
export const ratioOf = (decimal: bigint): Ratio => ratio(decimal, ONE)

export const plus = (a: Ratio, b: Ratio): Ratio =>
  ratio(a.over * b.under + b.over * a.under, a.under * b.under)
export const minus = (a: Ratio, b: Ratio): Ratio => plus(a, { over: -b.over, under: b.under })
export const times = (a: Ratio, b: Ratio): Ratio => ratio(a.over * b.over, a.under * b.under)
export const compare = (a: Ratio, b: Ratio): -1 | 0 | 1 => {
  const left = a.over * b.under
  const right = b.over * a.under
  return left < right ? -1 : left > right ? 1 : 0
}

/** Rounded to a multiple of `step`, ties of `nearest` towards zero. */
export const roundRatioTo = <T extends bigint>(value: Ratio, step: T, rounding: Rounding): T =>
  (divideRounded(value.over, value.under * step, rounding) * step) as T

/** For people: a fraction of a quantity, up to four decimals of its units. */
export const formatRatio = (value: Ratio): string =>
  formatFactor({ over: value.over, under: value.under * ONE })

/** For people: a plain fraction such as a multiplier, up to four decimals. */
export const formatFactor = (value: Ratio): string =>
  formatDecimal(divideRounded(value.over * 10_000n, value.under, 'nearest') * (ONE / 10_000n))

export const ratioToText = (value: Ratio): string => `${value.over}/${value.under}`

export function ratioFromText(text: string): Ratio {
  const match = /^(-?\d+)\/(\d+)$/.exec(text)
  if (!match?.[1] || !match[2]) throw new RangeError(`"${text}" is not a fraction`)
  return ratio(BigInt(match[1]), BigInt(match[2]))
}

function commonDivisor(a: bigint, b: bigint): bigint {
  let x = a < 0n ? -a : a
  let y = b < 0n ? -b : b
  while (y !== 0n) [x, y] = [y, x % y]
  return x
}
