// The kinds of value that the settings file knows: each reads what the trader wrote into an exact
// domain value, and says what is allowed when it can't. The same description makes the editor's schema.
// A bare number never stands for a duration or a percentage: which unit was meant would be a guess.
import { z } from 'zod'
import { type Decimal, InexactNumber, ONE, parseDecimal } from '../domain/numbers.ts'
import { type Ratio, ratio, ratioOf } from '../domain/ratio.ts'
import { DAY, HOUR, MINUTE, SECOND } from '../domain/time.ts'
import { Numeral, type Tree } from './document.ts'
import { nearestName } from './fault.ts'

export interface Kind<T> {
  /** Ends the sentence "allowed: …". */
  readonly allowed: string
  /** JSON Schema of what may be written. */
  readonly schema: Readonly<Record<string, unknown>>
  /** undefined: not allowed. */
  read(value: Tree): T | undefined
  /** What was probably meant by a value that is not allowed. */
  suggest?(value: Tree): string | null
}

interface Description {
  readonly description: string
  /** As written in the file; only what stands at the top of the file has one. */
  readonly initial?: unknown
}

/** One value of a kind, as a zod type. */
export function value<T>(kind: Kind<T>) {
  return z.unknown().transform((written, context): T => {
    const read = kind.read(written as Tree)
    if (read !== undefined) return read
    const nearest = kind.suggest?.(written as Tree) ?? null
    context.addIssue({ code: 'custom', message: kind.allowed, params: { nearest } })
    return z.NEVER
  })
}

/** A value with its place in the editor's schema. */
export const key = <T>(kind: Kind<T>, description: Description) =>
  value(kind)
    .meta({ ...kind.schema, ...description })
    .optional()

export const list = <T>(kind: Kind<T>, description: Description) =>
  z
    .array(value(kind).meta({ ...kind.schema }), { error: `a list, such as [${example(kind)}]` })
    .meta({ ...description })
    .optional()

/** A section in which any other key is refused. */
export function strict<Shape extends z.ZodRawShape>(shape: Shape) {
  const names = Object.keys(shape).join(', ')
  return z.strictObject(shape, {
    error: (issue) => (issue.code === 'unrecognized_keys' ? names : `a section with ${names}`),
  })
}

export const section = <Shape extends z.ZodRawShape>(shape: Shape, description: string) =>
  strict(shape).meta({ description }).optional()

/** One of some words. */
export const choice = <const T extends string>(words: readonly T[]): Kind<T> => ({
  allowed: words.join(' | '),
  schema: { enum: words },
  read: (written) => words.find((word) => word === written),
  suggest: (written) => (typeof written === 'string' ? nearestName(written, words) : null),
})

// YAML 1.2 reads `on` and `off` as words; people still write them, and they can only mean one thing.
export const SWITCH: Kind<boolean> = {
  allowed: 'true | false',
  schema: { enum: [true, false, 'on', 'off', 'yes', 'no'] },
  read: (written) =>
    written === true || written === 'on' || written === 'yes'
      ? true
      : written === false || written === 'off' || written === 'no'
        ? false
        : undefined,
  suggest: (written) =>
    typeof written === 'string' ? nearestName(written, ['true', 'false']) : null,
}

/** A value that can be switched off: null then. */
export const orOff = <T>(kind: Kind<T>): Kind<T | null> => ({
  ...kind,
  allowed: `${kind.allowed}, or off`,
  schema: { anyOf: [kind.schema, { enum: ['off', false] }] },
  read: (written) => (written === 'off' || written === false ? null : kind.read(written)),
})

export const text = (pattern: RegExp, allowed: string): Kind<string> => ({
  allowed,
  schema: { type: 'string', pattern: pattern.source },
  read: (written) => (typeof written === 'string' && pattern.test(written) ? written : undefined),
})

interface Range {
  readonly from: number
  readonly to: number
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: SECOND, m: MINUTE, h: HOUR }
const DURATION = /^(\d+(?:\.\d+)?) ?(ms|s|m|h)$/

/** Milliseconds. */
export function duration({ from, to }: Range): Kind<number> {
  return {
    allowed: `a duration from ${formatDuration(from)} to ${formatDuration(to)}, such as ${formatDuration(from * 2)}`,
    schema: { type: 'string', pattern: DURATION.source },
    read: (written) => {
      const ms = typeof written === 'string' ? readDuration(written) : null
      return ms !== null && ms >= from && ms <= to ? ms : undefined
    },
    suggest: (written) => (written instanceof Numeral ? `${written.source}s` : null),
  }
}

/** null when it is no duration, or none of whole milliseconds. */
/** Digits only: 0, 1, 2, … */
export const readWhole = (written: string): number | null =>
  /^\d{1,15}$/.test(written) ? Number(written) : null

export function readDuration(written: string): number | null {
  const [, amount, unit = ''] = DURATION.exec(written) ?? []
  const decimal = amount === undefined ? null : readDecimal(amount)
  if (decimal === null) return null
  const ms = (decimal as bigint) * BigInt(UNITS[unit] ?? 0)
  return ms % ONE === 0n && ms <= BigInt(365 * DAY) * ONE ? Number(ms / ONE) : null
}

/** As it would be written: the largest unit that leaves a whole number. */
export function formatDuration(ms: number): string {
  const unit = ['h', 'm', 's'].find((name) => ms > 0 && ms % (UNITS[name] ?? 1) === 0) ?? 'ms'
  return `${ms / (UNITS[unit] ?? 1)}${unit}`
}

const PERCENTAGE = /^(\d+(?:\.\d+)?) ?%$/

/** `0.5%`, as a share of one. */
export const PERCENT: Kind<Ratio> = {
  allowed: 'a percentage from 0% to 100%, such as 0.5%',
  schema: { type: 'string', pattern: PERCENTAGE.source },
  read: (written) => {
    const share = typeof written === 'string' ? readPercentage(written) : null
    return share !== null && share.over <= share.under ? share : undefined
  },
  suggest: (written) => (written instanceof Numeral ? `${written.source}%` : null),
}

export function readPercentage(written: string): Ratio | null {
  const [, amount] = PERCENTAGE.exec(written) ?? []
  const decimal = amount === undefined ? null : readDecimal(amount)
  return decimal === null ? null : ratio(decimal, ONE * 100n)
}

/** An exact number above zero. */
export function positive<T extends bigint>(what: string, most: number): Kind<T> {
  const limit = BigInt(most) * ONE
  return {
    allowed: `${what} above 0, at most ${group(most)}, without thousands separators`,
    schema: { type: 'number', exclusiveMinimum: 0, maximum: most },
    read: (written) => {
      const decimal = written instanceof Numeral ? readDecimal(written.source) : null
      return decimal !== null && decimal > 0n && decimal <= limit
        ? (decimal as bigint as T)
        : undefined
    },
  }
}

export const multiplier = (most: number): Kind<Ratio> => {
  const number = positive('a number', most)
  return {
    allowed: `a number above 0, at most ${most}`,
    schema: number.schema,
    read: (written) => {
      const decimal = number.read(written)
      return decimal === undefined ? undefined : ratioOf(decimal)
    },
  }
}

/** A count: 1, 2, 3, … */
export function count(most: number): Kind<number> {
  return {
    allowed: `a whole number from 1 to ${group(most)}`,
    schema: { type: 'integer', minimum: 1, maximum: most },
    read: (written) => {
      const decimal = written instanceof Numeral ? readDecimal(written.source) : null
      if (decimal === null || decimal % ONE !== 0n) return undefined
      const whole = Number(decimal / ONE)
      return whole >= 1 && whole <= most ? whole : undefined
    },
  }
}

// Digits and a point only. `1e5`, `0x10` and `.inf` are numbers to YAML, and slips to a trader.
const PLAIN_NUMBER = /^\+?\d{1,30}(\.\d{1,30})?$/

function readDecimal(source: string): Decimal | null {
  if (!PLAIN_NUMBER.test(source)) return null
  try {
    return parseDecimal(source)
  } catch (error) {
    // More than eight decimals: rounding it would be our decision, not the trader's.
    if (error instanceof InexactNumber) return null
    throw error
  }
}

const group = (number: number): string => number.toLocaleString('en-US')

function example(kind: Kind<unknown>): string {
  const words = kind.schema.enum
  return Array.isArray(words) ? String(words[0]) : 'NIFTY'
}
