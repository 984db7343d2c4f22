// Which orders a follower takes at all: symbols, exchanges, products, order types, sides.
//
// Rules speak about entries. An exit is never asked: what was copied once can always be left again,
// also after the trader has tightened the rules.
import type { Instrument } from '../domain/instrument.ts'
import { orderTypeOf } from '../domain/order.ts'
import type { Reason } from '../domain/reason.ts'
import type { Rules } from '../domain/settings.ts'
import type { Signal } from '../domain/signal.ts'

export type Ruled = Pick<Signal, 'exchange' | 'symbol' | 'product' | 'pricing' | 'side'>

/** The first rule that stands in the way, or null. */
export function checkRules(signal: Ruled, instrument: Instrument, rules: Rules): Reason | null {
  const { symbol, exchange, product, side } = signal
  const orderType = orderTypeOf(signal.pricing)
  const { allow, block } = rules.symbols
  const named = (entry: string) => namesInstrument(entry, instrument)

  const blockedBy = block.find(named)
  if (blockedBy !== undefined) return { kind: 'symbolBlocked', symbol, entry: blockedBy }
  if (allow.length > 0 && !allow.some(named)) return { kind: 'symbolNotAllowed', symbol, allow }
  if (!passes(rules.exchanges, exchange)) return { kind: 'exchangeNotAllowed', exchange }
  if (!passes(rules.products, product)) return { kind: 'productNotAllowed', product }
  if (!passes(rules.orderTypes, orderType)) return { kind: 'orderTypeNotAllowed', orderType }
  if (!passes(rules.sides, side)) return { kind: 'sideNotAllowed', side }
  return null
}

/**
 * Whether one line of an allow or block list means this instrument. A plain word is compared with the
 * underlying as a whole, never as a part of the symbol: `NIFTY` inside `BANKNIFTY…` is another market.
 * It may also be the whole trading symbol, which is the pattern that has nothing wild in it.
 */
export function namesInstrument(entry: string, instrument: Instrument): boolean {
  const word = entry.trim().toUpperCase()
  const symbol = instrument.symbol.toUpperCase()
  if (word === '') return false
  if (/[*?]/.test(word)) return matchesPattern(word, symbol)
  return word === instrument.underlying.toUpperCase() || word === symbol
}

const passes = <T>(allowed: readonly T[], value: T): boolean =>
  allowed.length === 0 || allowed.includes(value)

// Walks both texts once and goes back to the latest `*` only. A regular expression made of the user's
// text would do as well, but takes seconds on a line like `*A*A*A*A*A*B`.
function matchesPattern(pattern: string, text: string): boolean {
  let at = 0
  let star = -1
  let resume = 0
  for (let position = 0; position < text.length; ) {
    if (pattern[at] === '*') {
      star = at++
      resume = position
    } else if (pattern[at] === '?' || pattern[at] === text[position]) {
      at++
      position++
    } else if (star >= 0) {
      at = star + 1
      position = ++resume
    } else return false
  }
  while (pattern[at] === '*') at++
  return at === pattern.length
}
