// Why something was not copied, as a closed list. Each reason carries the numbers that decided it, so
// that `describeReason` can show them and nobody has to guess.
import { assertNever } from './assert.ts'
import type { AccountName } from './ids.ts'
import type { Exchange } from './instrument.ts'
import { formatDecimal, type Money, type Price, type Quantity } from './numbers.ts'
import type { OrderType, Product, Side } from './order.ts'
import { formatFactor, formatRatio, type Ratio } from './ratio.ts'
import { formatDuration, formatTime, type Instant, type TradingDay } from './time.ts'

export type Reason =
  // the signal itself
  | { readonly kind: 'roundTrip' }
  | { readonly kind: 'nettedOverGap' }
  | { readonly kind: 'endedWithItsDay'; readonly day: TradingDay }
  | { readonly kind: 'lockstepOrder' }
  | { readonly kind: 'unsupportedVariety'; readonly variety: string }
  | { readonly kind: 'unknownProduct' }
  | { readonly kind: 'unknownInstrument'; readonly symbol: string }
  // rules
  | { readonly kind: 'symbolBlocked'; readonly symbol: string; readonly entry: string }
  | {
      readonly kind: 'symbolNotAllowed'
      readonly symbol: string
      readonly allow: readonly string[]
    }
  | { readonly kind: 'exchangeNotAllowed'; readonly exchange: Exchange }
  | { readonly kind: 'productNotAllowed'; readonly product: Product }
  | { readonly kind: 'orderTypeNotAllowed'; readonly orderType: OrderType }
  | { readonly kind: 'sideNotAllowed'; readonly side: Side }
  // size
  | {
      readonly kind: 'lessThanOneLot'
      readonly signal: Quantity
      /** null where the size is the same for every order. */
      readonly factor: Ratio | null
      readonly exact: Ratio
      readonly lot: Quantity
    }
  | {
      readonly kind: 'noFurtherLot'
      readonly signal: Quantity
      readonly exact: Ratio
      readonly sized: Quantity
    }
  | { readonly kind: 'notWholeLots'; readonly quantity: Quantity; readonly lot: Quantity }
  | { readonly kind: 'capitalUnknown'; readonly of: string }
  // exits
  | { readonly kind: 'nothingCopied' }
  | { readonly kind: 'opposesCopied'; readonly copied: Quantity }
  | { readonly kind: 'masterFlat' }
  | { readonly kind: 'nothingDue' }
  | { readonly kind: 'opposesHeld'; readonly held: Quantity }
  // guards
  | { readonly kind: 'priceUnknown' }
  | { readonly kind: 'tooOld'; readonly ageMs: number; readonly maxAgeMs: number }
  | { readonly kind: 'missed'; readonly ageMs: number; readonly maxAgeMs: number }
  | {
      readonly kind: 'priceWorse'
      readonly side: Side
      readonly master: Price
      readonly last: Price
      readonly bound: Price
    }
  | { readonly kind: 'marketClosed'; readonly exchange: Exchange; readonly at: Instant }
  | {
      readonly kind: 'holiday'
      readonly exchange: Exchange
      readonly day: TradingDay
      readonly name: string
    }
  | { readonly kind: 'intradayTooLate'; readonly at: Instant; readonly until: string }
  | { readonly kind: 'maxOrderQuantity'; readonly quantity: Quantity; readonly limit: Quantity }
  | { readonly kind: 'maxOrderValue'; readonly value: Money; readonly limit: Money }
  | { readonly kind: 'maxPositionQuantity'; readonly position: Quantity; readonly limit: Quantity }
  | { readonly kind: 'maxOrdersPerDay'; readonly orders: number; readonly limit: number }
  | { readonly kind: 'maxDailyLoss'; readonly loss: Money; readonly limit: Money }
  // state of the follower
  | { readonly kind: 'disabled' }
  | { readonly kind: 'paused' }
  | { readonly kind: 'pausedAfterRejections'; readonly rejections: number }
  | { readonly kind: 'accountStopped'; readonly why: string }
  | { readonly kind: 'ledgerFull' }
  // the trader
  | { readonly kind: 'declined' }
  | { readonly kind: 'kept'; readonly quantity: Quantity; readonly follower: AccountName }
  | { readonly kind: 'unanswered'; readonly waitedMs: number }
  | { readonly kind: 'leftBeforeYes'; readonly quantity: Quantity }
  | { readonly kind: 'leftUncopied'; readonly quantity: Quantity }
  | { readonly kind: 'toldAbsent' }

export type ReasonKind = Reason['kind']

/** `lessThanOneLot: 130 × 0.3 = 39 < 65`: the kind, then the numbers. */
export function describeReason(reason: Reason): string {
  const numbers = describeNumbers(reason)
  return numbers === '' ? reason.kind : `${reason.kind}: ${numbers}`
}

function describeNumbers(reason: Reason): string {
  switch (reason.kind) {
    case 'roundTrip':
      return 'bought and sold in the same second, ends where it began'
    case 'nettedOverGap':
      return 'left and taken up again while nobody watched'
    case 'endedWithItsDay':
      return `told on a later day than ${reason.day}, when nothing of it stood any more`
    case 'lockstepOrder':
      return "the master's order carries a Lockstep tag"
    case 'unsupportedVariety':
      return `${reason.variety} orders are not copied`
    case 'unknownProduct':
      return 'a product that Lockstep does not know'
    case 'unknownInstrument':
      return `${reason.symbol} is not in the instrument master`
    case 'symbolBlocked':
      return `${reason.symbol} by "${reason.entry}"`
    case 'symbolNotAllowed':
      return `${reason.symbol} is none of ${reason.allow.join(', ')}`
    case 'exchangeNotAllowed':
      return reason.exchange
    case 'productNotAllowed':
      return reason.product
    case 'orderTypeNotAllowed':
      return reason.orderType
    case 'sideNotAllowed':
      return reason.side
    case 'lessThanOneLot':
      return reason.factor === null
        ? `${formatRatio(reason.exact)} < ${formatDecimal(reason.lot)}`
        : `${formatDecimal(reason.signal)} × ${formatFactor(reason.factor)} = ${formatRatio(reason.exact)} < ${formatDecimal(reason.lot)}`
    case 'noFurtherLot':
      return `${formatDecimal(reason.signal)} so far is ${formatRatio(reason.exact)}, ${formatDecimal(reason.sized)} already copied`
    case 'notWholeLots':
      return `${formatDecimal(reason.quantity)} is no multiple of ${formatDecimal(reason.lot)}`
    case 'capitalUnknown':
      return `the capital of ${reason.of} is neither written nor read`
    case 'nothingCopied':
      return 'nothing of this position was copied'
    case 'opposesCopied':
      return `against the copied position of ${formatDecimal(reason.copied)}`
    case 'opposesHeld':
      return `${formatDecimal(reason.held)} of the opposite position is still held`
    case 'nothingDue':
      return 'nothing is held beyond the entitlement any more'
    case 'masterFlat':
      return 'the master has left this position'
    case 'tooOld':
    case 'missed':
      return `${formatDuration(reason.ageMs)} since the master's fill > ${formatDuration(reason.maxAgeMs)}`
    case 'priceWorse':
      return `last ${formatDecimal(reason.last, 2)} is ${reason.side === 'BUY' ? 'above' : 'below'} ${formatDecimal(reason.bound, 2)} (master ${formatDecimal(reason.master, 2)})`
    case 'marketClosed':
      return `${reason.exchange} at ${formatTime(reason.at)}`
    case 'holiday':
      return `${reason.exchange} on ${reason.day}, ${reason.name}`
    case 'intradayTooLate':
      return `${formatTime(reason.at)} is after ${reason.until}`
    case 'maxOrderQuantity':
      return `${formatDecimal(reason.quantity)} > ${formatDecimal(reason.limit)}`
    case 'maxOrderValue':
      return `${formatDecimal(reason.value, 2)} > ${formatDecimal(reason.limit, 2)}`
    case 'maxPositionQuantity':
      return `${formatDecimal(reason.position)} > ${formatDecimal(reason.limit)}`
    case 'maxOrdersPerDay':
      return `${reason.orders} with this > ${reason.limit}`
    case 'maxDailyLoss':
      return `${formatDecimal(reason.loss, 2)} lost today >= ${formatDecimal(reason.limit, 2)}`
    case 'priceUnknown':
      return "the broker showed no price of the master's fill"
    case 'ledgerFull':
      return 'the disk is full; exits go on from a reserve'
    case 'disabled':
    case 'paused':
    case 'declined':
      return ''
    case 'pausedAfterRejections':
      return `${reason.rejections} rejections in a row`
    case 'accountStopped':
      return reason.why
    case 'unanswered':
      return `no answer in ${formatDuration(reason.waitedMs)}`
    case 'kept':
      return `by your no ${formatDecimal(reason.quantity)} stay held, and no exit closes them any more; to close them: lockstep flatten ${reason.follower}`
    case 'leftBeforeYes':
      return `the master has left all ${formatDecimal(reason.quantity)} of it before a yes`
    case 'leftUncopied':
      return `all ${formatDecimal(reason.quantity)} of it had waited for a yes, and were never copied`
    case 'toldAbsent':
      return 'you said that it was never placed: it is not sent again'
    default:
      return assertNever(reason)
  }
}
