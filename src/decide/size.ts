// How much of a part of a master's entry one follower copies.
//
// Sizes are cumulative per order: what is copied of a part is the size of the order up to and with this
// part, less the size up to it. So many small fills add up to exactly what one fill would have given,
// whatever the rounding, and nothing is rounded twice.
import { assertNever } from '../domain/assert.ts'
import {
  type Money,
  NO_QUANTITY,
  type Quantity,
  type Rounding,
  subtract,
} from '../domain/numbers.ts'
import { type Ratio, ratio, roundRatioTo, times, whole } from '../domain/ratio.ts'
import type { Reason } from '../domain/reason.ts'
import type { Sizing } from '../domain/settings.ts'

export interface SizeRequest {
  readonly sizing: Sizing
  readonly rounding: Rounding
  readonly lot: Quantity
  /** What of the same order was signalled before this part. */
  readonly before: Quantity
  /** Of this part, above nothing. */
  readonly quantity: Quantity
  /** Of the day, for `proportional` only; null is not known. */
  readonly masterCapital: Money | null
  readonly followerCapital: Money | null
}

/**
 * `covers` is how much of the master's quantity counts as copied from now on, without a sign. As if the
 * fills had come as one: an order that is still too small for a lot covers nothing; the part that brings
 * the first lot covers the whole order up to here; any later part covers itself, also when it brings no
 * further lot.
 */
export type Sized =
  | { readonly kind: 'sized'; readonly quantity: Quantity; readonly covers: Quantity }
  | { readonly kind: 'tooSmall'; readonly reason: Reason; readonly covers: Quantity }

export function sizeEntry(request: SizeRequest): Sized {
  const { before, quantity, lot, rounding } = request
  const rule = ruleOf(request)
  if ('unknown' in rule)
    return {
      kind: 'tooSmall',
      reason: { kind: 'capitalUnknown', of: rule.unknown },
      covers: NO_QUANTITY,
    }

  const total = (before + quantity) as Quantity
  const exact = exactOf(rule, total)
  const already = roundRatioTo(exactOf(rule, before), lot, rounding)
  const sized = roundRatioTo(exact, lot, rounding)

  if (sized === 0n)
    return {
      kind: 'tooSmall',
      reason: { kind: 'lessThanOneLot', signal: total, factor: rule.factor, exact, lot },
      covers: NO_QUANTITY,
    }
  if (sized === already)
    return {
      kind: 'tooSmall',
      reason: { kind: 'noFurtherLot', signal: total, exact, sized },
      covers: quantity,
    }
  return {
    kind: 'sized',
    quantity: subtract(sized, already),
    covers: already === 0n ? total : quantity,
  }
}

/** Follows the master's quantity by a factor, or is the same for every order (`factor` is null). */
type Rule = { readonly factor: Ratio } | { readonly factor: null; readonly fixed: Quantity }

function ruleOf(request: SizeRequest): Rule | { readonly unknown: string } {
  const { sizing, lot, masterCapital, followerCapital } = request
  switch (sizing.mode) {
    case 'mirror':
      return { factor: whole(1n) }
    case 'multiplier':
      return { factor: sizing.by }
    case 'fixedQuantity':
      return { factor: null, fixed: sizing.quantity }
    case 'fixedLots':
      return { factor: null, fixed: (sizing.lots * lot) as Quantity }
    case 'proportional':
      // A master without capital has no share to take; an empty follower simply gets nothing.
      if (masterCapital === null || masterCapital <= 0n) return { unknown: 'the master' }
      if (followerCapital === null) return { unknown: 'the follower' }
      return { factor: ratio(followerCapital > 0n ? followerCapital : 0n, masterCapital) }
    default:
      return assertNever(sizing)
  }
}

function exactOf(rule: Rule, total: Quantity): Ratio {
  if (rule.factor !== null) return times(whole(total), rule.factor)
  return whole(total > 0n ? rule.fixed : 0n)
}
