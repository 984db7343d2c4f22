// Exact numbers. Every quantity, price and amount of money is a bigint that counts hundred-millionths
// (eight decimals): enough for rupees, lots and coins alike, and 92 thousand million units fit a 64-bit
// column. Nothing here may pass through a binary float, and every rounding is named by its caller.

declare const unit: unique symbol

/** What all exact numbers share. Plain `Decimal` is a number whose meaning is not yet known. */
export type Decimal = bigint & { readonly [unit]: string }
/** Units of an instrument (shares, contracts × lot). Signed where it is a position. */
export type Quantity = bigint & { readonly [unit]: 'quantity' }
/** Money for one unit. */
export type Price = bigint & { readonly [unit]: 'price' }
/** An amount in the account's currency. */
export type Money = bigint & { readonly [unit]: 'money' }

export type Rounding = 'down' | 'nearest' | 'up'

const DECIMALS = 8
/** One whole unit. */
export const ONE = 10n ** BigInt(DECIMALS)

/** A text or number that cannot be read exactly. `value` is what was offered. */
export class InexactNumber extends Error {
  readonly value: unknown
  constructor(value: unknown, why: string) {
    super(`${JSON.stringify(String(value))} ${why}`)
    this.name = 'InexactNumber'
    this.value = value
  }
}

// Brokers write "- 2235.80", "1,250.00" or "1,00,000" and 1e-7; anything else is not a number.
const NUMBER = /^([+-]?)\s*(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,3}))?$/
const GROUPED = /^([+-]?)\s*\d{1,3}(?:,\d{2,3})*,\d{3}(?:\.\d*)?$/
// What a 64-bit column holds. One row of rubbish must not stop the ledger.
const MOST = 2n ** 63n - 1n
// A decimal of up to 15 digits survives a binary float and its shortest text.
const SAFE = 10n ** 15n

/**
 * Reads a decimal exactly. A JavaScript number is read through its shortest text, which is what the
 * sender wrote for up to 15 digits; one with more digits, or a whole number beyond 2^53, may have lost
 * some on its way and is refused.
 */
export function parseDecimal(value: string | number): Decimal {
  const read = readDigits(value)
  if (typeof value === 'number' && !Number.isInteger(value) && magnitude(read.digits) >= SAFE)
    throw new InexactNumber(value, 'has more digits than arrive exactly')
  return scale(value, read, (digits, divisor) => {
    if (digits % divisor !== 0n)
      throw new InexactNumber(value, `has more than ${DECIMALS} decimals`)
    return digits / divisor
  })
}

/** As `parseDecimal`, but digits beyond the eighth decimal are rounded: for averages that a broker computed. */
export const parseRounded = (value: string | number): Decimal =>
  scale(value, readDigits(value), (digits, divisor) => divideRounded(digits, divisor, 'nearest'))

export const parseQuantity = (value: string | number): Quantity =>
  parseDecimal(value) as bigint as Quantity
export const parsePrice = (value: string | number): Price => parseDecimal(value) as bigint as Price
export const parseMoney = (value: string | number): Money => parseDecimal(value) as bigint as Money
export const parseAverage = (value: string | number): Price =>
  parseRounded(value) as bigint as Price

export const NO_QUANTITY = 0n as Quantity
export const NO_MONEY = 0n as Money

/** A whole number of units, from code that knows it (tests, tables). */
export const units = (whole: number | bigint): Quantity => (BigInt(whole) * ONE) as Quantity

export const add = <T extends Decimal | Quantity | Price | Money>(a: T, b: T): T =>
  ((a as bigint) + (b as bigint)) as T
export const subtract = <T extends Decimal | Quantity | Price | Money>(a: T, b: T): T =>
  ((a as bigint) - (b as bigint)) as T
export const negate = <T extends Decimal | Quantity | Price | Money>(a: T): T => -(a as bigint) as T
export const magnitude = <T extends bigint>(a: T): T =>
  (a < 0n ? -(a as bigint) : (a as bigint)) as T
export const smaller = <T extends bigint>(a: T, b: T): T => (a < b ? a : b)
export const larger = <T extends bigint>(a: T, b: T): T => (a > b ? a : b)
export const sum = (quantities: Iterable<Quantity>): Quantity => {
  let total = 0n
  for (const quantity of quantities) total += quantity
  return total as Quantity
}
/** -1, 0 or 1. */
export const sign = (value: bigint): -1 | 0 | 1 => (value > 0n ? 1 : value < 0n ? -1 : 0)

/** Price times quantity. Rounded only beyond the eighth decimal. */
export const worth = (price: Price, quantity: Quantity): Money =>
  divideRounded((price as bigint) * (quantity as bigint), ONE, 'nearest') as Money

/** To a multiple of `step`: towards zero, away from it, or to the nearest with ties towards zero. */
export function roundTo<T extends Quantity | Price>(value: T, step: T, rounding: Rounding): T {
  if (step <= 0n) throw new InexactNumber(step, 'is no step to round to')
  return (divideRounded(value, step, rounding) * (step as bigint)) as T
}

/** Division of whole numbers with a named rounding: ties of `nearest` go towards zero. */
export function divideRounded(over: bigint, under: bigint, rounding: Rounding): bigint {
  const negative = over < 0n !== under < 0n
  const a = over < 0n ? -over : over
  const b = under < 0n ? -under : under
  const whole = a / b
  const rest = a % b
  const up =
    rest !== 0n && (rounding === 'up' || (rounding === 'nearest' && rest * 2n > b)) ? 1n : 0n
  return negative ? -(whole + up) : whole + up
}

/** Shortest exact text, or with at least `decimals` places ("101.20"). */
export function formatDecimal(value: bigint, decimals = 0): string {
  const text = (value < 0n ? -value : value).toString().padStart(DECIMALS + 1, '0')
  const whole = text.slice(0, -DECIMALS)
  const fraction = text.slice(-DECIMALS).replace(/0+$/, '').padEnd(decimals, '0')
  return `${value < 0n ? '-' : ''}${whole}${fraction ? `.${fraction}` : ''}`
}

interface Digits {
  readonly digits: bigint
  readonly exponent: number
}

function scale(
  value: string | number,
  { digits, exponent }: Digits,
  divide: (digits: bigint, divisor: bigint) => bigint,
): Decimal {
  const shift = exponent + DECIMALS
  const scaled = shift >= 0 ? digits * 10n ** BigInt(shift) : divide(digits, 10n ** BigInt(-shift))
  if (scaled > MOST || scaled < -MOST) throw new InexactNumber(value, 'is too large to keep')
  return scaled as Decimal
}

function readDigits(value: string | number): Digits {
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new InexactNumber(value, 'is not a number')
    if (Number.isInteger(value) && !Number.isSafeInteger(value))
      throw new InexactNumber(value, 'is too large to have arrived exactly')
  }
  const text = String(value).trim()
  const match = NUMBER.exec(GROUPED.test(text) ? text.replaceAll(',', '') : text)
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match ?? []
  if (!match || (whole === '' && fraction === '')) throw new InexactNumber(value, 'is not a number')
  const digits = BigInt(whole + fraction)
  return { digits: sign === '-' ? -digits : digits, exponent: Number(exponent) - fraction.length }
}
