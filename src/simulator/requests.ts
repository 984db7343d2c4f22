// Reading what clients send. The broker takes numbers as numbers or as texts; what it cannot read it
// refuses with its catch-all code, or, for a product it has no word for, with an empty 400.
import {
  type Decimal,
  NO_QUANTITY,
  type Price,
  parseDecimal,
  type Quantity,
} from '../domain/numbers.ts'
import type { Refusal } from './admission.ts'
import type { Market } from './market.ts'
import {
  ORDER_WORDS,
  type OrderRequest,
  type OrderWord,
  PRODUCT_WORDS,
  type ProductWord,
} from './order.ts'

export type Body = Readonly<Record<string, unknown>>

export type Read<T> =
  | { readonly kind: 'read'; readonly value: T }
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  | { readonly kind: 'emptyBadRequest' }

const read = <T>(value: T): Read<T> => ({ kind: 'read', value })
const refused = (code: string, message: string): Read<never> => ({
  kind: 'refused',
  refusal: { code, message },
})

export function parseBody(body: string): Body | null {
  if (body.trim() === '') return {}
  try {
    const value: unknown = JSON.parse(body)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Body)
      : null
  } catch {
    return null
  }
}

export function readOrder(body: Body, market: Market): Read<OrderRequest> {
  const variety = textOf(body, 'variety')
  if (variety === 'ROBO') return refused('AB2002', 'ROBO order is blocked')
  if (variety !== 'NORMAL' && variety !== 'STOPLOSS')
    return refused('AB1007', 'Invalid order variety')
  const side = textOf(body, 'transactiontype')
  if (side !== 'BUY' && side !== 'SELL') return refused('AB1007', 'Invalid transaction type')
  const product = PRODUCT_WORDS.find((word) => word === textOf(body, 'producttype'))
  if (product === undefined) return { kind: 'emptyBadRequest' }
  const token = textOf(body, 'symboltoken')
  if (token === '') return refused('AB4018', 'Symbol token is empty')
  const listing = market.byToken(textOf(body, 'exchange'), token)
  if (listing?.symbol !== textOf(body, 'tradingsymbol'))
    return refused('AB1009', 'Symbol Not Found')
  const terms = readTerms(body)
  if (terms.kind !== 'read') return terms
  const duration = textOf(body, 'duration')
  if (duration !== 'DAY' && duration !== 'IOC') return refused('AB1007', 'Invalid duration')
  return read({
    ...terms.value,
    listing,
    side,
    variety,
    product,
    duration,
    tag: textOf(body, 'ordertag'),
    hasConsent: textOf(body, 'scripconsent') === 'yes',
  })
}

export interface Terms {
  readonly type: OrderWord
  readonly price: Price
  readonly trigger: Price
  readonly quantity: Quantity
}

/** What placing and modifying have in common. */
export function readTerms(body: Body): Read<Terms> {
  const type = ORDER_WORDS.find((word) => word === textOf(body, 'ordertype'))
  if (type === undefined) return refused('AB1007', 'Invalid order type')
  const price = numberOf(body, 'price')
  const trigger = numberOf(body, 'triggerprice')
  const quantity = numberOf(body, 'quantity')
  if (price === null || trigger === null || quantity === null)
    return refused('AB1007', 'Invalid price or quantity')
  if (quantity === NO_QUANTITY) return refused('AB1007', 'Quantity should be greater than zero')
  return read({
    type,
    price: (type === 'MARKET' || type === 'STOPLOSS_MARKET' ? 0n : price) as Price,
    trigger: (type === 'MARKET' || type === 'LIMIT' ? 0n : trigger) as Price,
    quantity: quantity as bigint as Quantity,
  })
}

export const productOf = (body: Body, key: string): ProductWord | null =>
  PRODUCT_WORDS.find((word) => word === textOf(body, key)) ?? null

/** Texts and numbers alike; what is not there is empty. */
export function textOf(body: Body, key: string): string {
  const value = body[key]
  if (typeof value === 'string') return value
  return typeof value === 'number' ? String(value) : ''
}

/** null when it cannot be read as a number that is not negative; zero when it is not there. */
export function numberOf(body: Body, key: string): Decimal | null {
  const value = body[key]
  if (value === undefined || value === null || value === '') return 0n as Decimal
  if (typeof value !== 'string' && typeof value !== 'number') return null
  try {
    const number = parseDecimal(value)
    return number < 0n ? null : number
  } catch {
    return null
  }
}
