// Names and ids. One validating constructor each; ids of different worlds never mix.

declare const brand: unique symbol
type Branded<Base, Name extends string> = Base & { readonly [brand]: Name }

/** `MASTER` or `FOLLOWER_n`: the name of one login at one broker. */
export type AccountName = Branded<string, 'AccountName'>
/** The broker's order number. May change on modification. */
export type OrderId = Branded<string, 'OrderId'>
/** The broker's lasting name of an order. */
export type UniqueOrderId = Branded<string, 'UniqueOrderId'>
/** One ledger, one engine: five letters that every tag of it carries. */
export type EngineId = Branded<string, 'EngineId'>
/** `exchange:symbol`, such as `NFO:NIFTY29DEC26C25000`. Survives the reuse of a broker's token. */
export type InstrumentId = Branded<string, 'InstrumentId'>
/** Number of a signal in its ledger, shown as `#12`. */
export type SignalId = Branded<number, 'SignalId'>
/** Number of an intent in its ledger. */
export type IntentId = Branded<number, 'IntentId'>
/** Number of an attempt (one request sent) in its ledger. */
export type AttemptId = Branded<number, 'AttemptId'>

export class MalformedId extends Error {
  constructor(kind: string, value: unknown, allowed: string) {
    super(`${JSON.stringify(value)} is no ${kind}: ${allowed}`)
    this.name = 'MalformedId'
  }
}

const ACCOUNT = /^(MASTER|FOLLOWER_[1-9]\d{0,3})$/

export const MASTER = 'MASTER' as AccountName

export function accountName(text: string): AccountName {
  if (!ACCOUNT.test(text))
    throw new MalformedId('account name', text, 'MASTER or FOLLOWER_1, FOLLOWER_2, …')
  return text as AccountName
}

// A broker's ids are opaque; what matters is that they are there, short and on one line.
const OPAQUE = /^[\x21-\x7e]{1,64}$/

export function orderId(text: string): OrderId {
  if (!OPAQUE.test(text)) throw new MalformedId('order id', text, '1 to 64 visible characters')
  return text as OrderId
}

export function uniqueOrderId(text: string): UniqueOrderId {
  if (!OPAQUE.test(text))
    throw new MalformedId('unique order id', text, '1 to 64 visible characters')
  return text as UniqueOrderId
}

const ENGINE = /^[A-Z2-7]{5}$/

export function engineId(text: string): EngineId {
  if (!ENGINE.test(text)) throw new MalformedId('engine id', text, 'five of A-Z and 2-7')
  return text as EngineId
}

const INSTRUMENT = /^[A-Z]{2,10}:[\x21-\x7e]{1,64}$/

export function instrumentId(exchange: string, symbol: string): InstrumentId {
  const text = `${exchange}:${symbol}`
  if (!INSTRUMENT.test(text)) throw new MalformedId('instrument', text, 'EXCHANGE:SYMBOL')
  return text as InstrumentId
}

export const signalId = (number: number): SignalId => counted('signal id', number) as SignalId
export const intentId = (number: number): IntentId => counted('intent id', number) as IntentId
export const attemptId = (number: number): AttemptId => counted('attempt id', number) as AttemptId

function counted(kind: string, number: number): number {
  if (!Number.isSafeInteger(number) || number < 1)
    throw new MalformedId(kind, number, 'a whole number from 1')
  return number
}
