// What Angel One writes on the wire. Bodies are read as text and told apart here, because an answer may
// be JSON in either of two dialects, a page of HTML, a line of text, cut short, or nothing at all.
// Loose about unknown fields, strict about money and ids; nothing raw leaves `map.ts`.
import { z } from 'zod'

/** One answer of the broker, in whichever dialect: `status`/`errorcode` or `success`/`errorCode`. */
export interface Envelope {
  readonly isSuccess: boolean
  readonly code: string
  readonly message: string
  readonly data: unknown
}

export type Body =
  | { readonly kind: 'empty' }
  | { readonly kind: 'html' }
  | { readonly kind: 'text'; readonly text: string }
  /** Begins like JSON and does not end like it. */
  | { readonly kind: 'cutJson' }
  | { readonly kind: 'otherJson' }
  | { readonly kind: 'envelope'; readonly envelope: Envelope }

export function readBody(text: string): Body {
  const first = text.trimStart().charAt(0)
  if (first === '') return { kind: 'empty' }
  if (first === '<') return { kind: 'html' }
  let value: unknown
  try {
    value = parseExactly(text)
  } catch {
    // Not JSON. What it looks like is all that can be said of it.
    return first === '{' || first === '['
      ? { kind: 'cutJson' }
      : { kind: 'text', text: text.trim() }
  }
  const envelope = readEnvelope(value)
  return envelope ? { kind: 'envelope', envelope } : { kind: 'otherJson' }
}

/**
 * JSON in which every number stays the text that was sent. An order id of 16 digits, or a price, has
 * then never been a binary float.
 */
export function parseExactly(text: string): unknown {
  const keepNumber = (_key: string, value: unknown, context?: { readonly source?: string }) =>
    typeof value === 'number' ? copyOf(context?.source ?? String(value)) : value
  return JSON.parse(text, keepNumber as (key: string, value: unknown) => unknown)
}

// Failures are also seen with `"status":"false"` and `"data":"null"`.
const flag = z.union([
  z.boolean(),
  z.literal('true').transform(() => true),
  z.literal('false').transform(() => false),
])
const anything = z.unknown().optional()
const EnvelopeShape = z.object({
  status: flag.optional(),
  success: flag.optional(),
  message: anything,
  errorcode: anything,
  errorCode: anything,
  data: anything,
})

/** The source of a long number is a slice, which keeps the whole answer that it was cut from in memory. */
const copyOf = (text: string): string =>
  text.length < SLICED_FROM ? text : Buffer.from(text).toString()

/** V8 copies what is shorter. */
const SLICED_FROM = 13

export function readEnvelope(value: unknown): Envelope | null {
  const parsed = EnvelopeShape.safeParse(value)
  if (!parsed.success) return null
  const { status, success, message, errorcode, errorCode, data } = parsed.data
  const isSuccess = status ?? success
  // Two flags that contradict each other say nothing.
  if (isSuccess === undefined || (success !== undefined && success !== isSuccess)) return null
  return {
    isSuccess,
    code: textOf(errorcode) || textOf(errorCode),
    message: textOf(message),
    data: data === 'null' || data === undefined ? null : data,
  }
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value.trim() : '')

// --- rows: after `parseExactly` every number is a text -----------------------------------------

const words = z
  .string()
  .nullish()
  .transform((value) => value?.trim() ?? '')
/** A word that may be anything without making the row worthless. */
const remark = anything.transform(textOf)
const id = z.string().trim().min(1).max(64)
/** A number as text, or empty where the broker has none. */
const number = words

const OrderRow = z.object({
  orderid: id,
  uniqueorderid: remark,
  ordertag: remark,
  exchange: words,
  tradingsymbol: id,
  symboltoken: remark,
  transactiontype: words,
  variety: words,
  ordertype: words,
  producttype: words,
  price: number,
  triggerprice: number,
  quantity: number,
  filledshares: number,
  unfilledshares: number,
  averageprice: number,
  status: remark,
  orderstatus: remark,
  text: remark,
  updatetime: remark,
  exchtime: remark,
  exchorderupdatetime: remark,
})
export type OrderRow = z.infer<typeof OrderRow>

const TradeRow = z.object({ orderid: id, fillprice: number, fillsize: number, filltime: remark })
export type TradeRow = z.infer<typeof TradeRow>

const PositionRow = z.object({
  exchange: words,
  tradingsymbol: id,
  producttype: words,
  netqty: number,
  cfbuyqty: remark,
  cfsellqty: remark,
  ltp: number,
})
export type PositionRow = z.infer<typeof PositionRow>

const HoldingRow = z.object({
  exchange: words,
  tradingsymbol: id,
  quantity: number,
})
export type HoldingRow = z.infer<typeof HoldingRow>

const QuoteRow = z.object({
  exchange: words,
  symbolToken: id,
  ltp: number,
  lowerCircuit: number,
  upperCircuit: number,
})
export type QuoteRow = z.infer<typeof QuoteRow>

const FundsData = z.object({
  net: number,
  utiliseddebits: number,
  utilisedspan: number,
  utilisedoptionpremium: number,
  utilisedholdingsales: number,
  utilisedexposure: number,
  utilisedturnover: number,
  utilisedpayout: number,
})
export type FundsData = z.infer<typeof FundsData>

// The documented sample shows the lists as one text that looks like an array.
const list = anything.transform((value): readonly string[] => {
  const parts = Array.isArray(value) ? value : String(value ?? '').split(',')
  return parts.map((part) => String(part).replaceAll(/[[\]"'\s]/g, '')).filter(Boolean)
})
const ProfileData = z.object({ clientcode: id, name: remark, exchanges: list, products: list })
export type ProfileData = z.infer<typeof ProfileData>

const TokensData = z.object({
  jwtToken: z.string().trim().min(1).max(8192),
  feedToken: remark,
  refreshToken: remark,
})
export type TokensData = z.infer<typeof TokensData>

const PlacedData = z.object({ orderid: id, uniqueorderid: remark })
export type PlacedData = z.infer<typeof PlacedData>

const Frame = z.object({ 'user-id': remark, 'order-status': remark, orderData: anything })
export type Frame = z.infer<typeof Frame>

/** A value of that shape, or in a few words what is wrong with it: field names, never contents. */
export type Shaped<T> =
  | { readonly kind: 'shaped'; readonly value: T }
  | { readonly kind: 'misshapen'; readonly why: string }

const reader =
  <T>(schema: z.ZodType<T>) =>
  (value: unknown): Shaped<T> => {
    const parsed = schema.safeParse(value)
    if (parsed.success) return { kind: 'shaped', value: parsed.data }
    const fields = parsed.error.issues.map((issue) => issue.path.join('.') || 'the whole')
    return { kind: 'misshapen', why: `not readable: ${[...new Set(fields)].join(', ')}` }
  }

export const readOrderRow = reader(OrderRow)
export const readTradeRow = reader(TradeRow)
export const readPositionRow = reader(PositionRow)
export const readHoldingRow = reader(HoldingRow)
export const readQuoteRow = reader(QuoteRow)
export const readFunds = reader(FundsData)
export const readProfile = reader(ProfileData)
export const readTokens = reader(TokensData)
export const readPlaced = reader(PlacedData)
export const readFrame = reader(Frame)
