import { describe, expect, test } from 'vitest'
import { accountName } from '../../src/domain/ids.ts'
import { parseDecimal, parseMoney, parsePrice, units } from '../../src/domain/numbers.ts'
import { ratioOf, times, whole } from '../../src/domain/ratio.ts'
import { describeReason, type Reason, type ReasonKind } from '../../src/domain/reason.ts'
import { instant, tradingDay } from '../../src/domain/time.ts'

const AT = instant(Date.parse('2026-11-20T15:12:00+05:30'))
const factor = ratioOf(parseDecimal('0.3'))

type Texts = { [Kind in ReasonKind]: readonly [Extract<Reason, { kind: Kind }>, string] }

// A line of the console each: the kind that people search for, then the numbers that decided.
const TEXTS: Texts = {
  roundTrip: [
    { kind: 'roundTrip' },
    'roundTrip: bought and sold in the same second, ends where it began',
  ],
  nettedOverGap: [
    { kind: 'nettedOverGap' },
    'nettedOverGap: left and taken up again while nobody watched',
  ],
  endedWithItsDay: [
    { kind: 'endedWithItsDay', day: tradingDay('2026-12-01') },
    'endedWithItsDay: told on a later day than 2026-12-01, when nothing of it stood any more',
  ],
  lockstepOrder: [
    { kind: 'lockstepOrder' },
    "lockstepOrder: the master's order carries a Lockstep tag",
  ],
  unsupportedVariety: [
    { kind: 'unsupportedVariety', variety: 'bracket' },
    'unsupportedVariety: bracket orders are not copied',
  ],
  unknownProduct: [
    { kind: 'unknownProduct' },
    'unknownProduct: a product that Lockstep does not know',
  ],
  unknownInstrument: [
    { kind: 'unknownInstrument', symbol: 'XYZ' },
    'unknownInstrument: XYZ is not in the instrument master',
  ],
  symbolBlocked: [
    { kind: 'symbolBlocked', symbol: 'SBIN-EQ', entry: 'SBIN*' },
    'symbolBlocked: SBIN-EQ by "SBIN*"',
  ],
  symbolNotAllowed: [
    { kind: 'symbolNotAllowed', symbol: 'SBIN-EQ', allow: ['NIFTY', 'TCS'] },
    'symbolNotAllowed: SBIN-EQ is none of NIFTY, TCS',
  ],
  exchangeNotAllowed: [{ kind: 'exchangeNotAllowed', exchange: 'MCX' }, 'exchangeNotAllowed: MCX'],
  productNotAllowed: [
    { kind: 'productNotAllowed', product: 'MARGIN' },
    'productNotAllowed: MARGIN',
  ],
  orderTypeNotAllowed: [
    { kind: 'orderTypeNotAllowed', orderType: 'STOPLOSS' },
    'orderTypeNotAllowed: STOPLOSS',
  ],
  sideNotAllowed: [{ kind: 'sideNotAllowed', side: 'SELL' }, 'sideNotAllowed: SELL'],
  lessThanOneLot: [
    {
      kind: 'lessThanOneLot',
      signal: units(130),
      factor,
      exact: times(whole(units(130)), factor),
      lot: units(65),
    },
    'lessThanOneLot: 130 × 0.3 = 39 < 65',
  ],
  noFurtherLot: [
    {
      kind: 'noFurtherLot',
      signal: units(650),
      exact: times(whole(units(650)), factor),
      sized: units(195),
    },
    'noFurtherLot: 650 so far is 195, 195 already copied',
  ],
  notWholeLots: [
    { kind: 'notWholeLots', quantity: units(100), lot: units(65) },
    'notWholeLots: 100 is no multiple of 65',
  ],
  capitalUnknown: [
    { kind: 'capitalUnknown', of: 'the master' },
    'capitalUnknown: the capital of the master is neither written nor read',
  ],
  nothingCopied: [{ kind: 'nothingCopied' }, 'nothingCopied: nothing of this position was copied'],
  opposesCopied: [
    { kind: 'opposesCopied', copied: units(-65) },
    'opposesCopied: against the copied position of -65',
  ],
  opposesHeld: [
    { kind: 'opposesHeld', held: units(-65) },
    'opposesHeld: -65 of the opposite position is still held',
  ],
  priceUnknown: [
    { kind: 'priceUnknown' },
    "priceUnknown: the broker showed no price of the master's fill",
  ],
  nothingDue: [
    { kind: 'nothingDue' },
    'nothingDue: nothing is held beyond the entitlement any more',
  ],
  masterFlat: [{ kind: 'masterFlat' }, 'masterFlat: the master has left this position'],
  tooOld: [
    { kind: 'tooOld', ageMs: 95_000, maxAgeMs: 60_000 },
    "tooOld: 1 min 35 s since the master's fill > 1 min",
  ],
  missed: [
    { kind: 'missed', ageMs: 7_200_000, maxAgeMs: 60_000 },
    "missed: 2 h 0 min since the master's fill > 1 min",
  ],
  priceWorse: [
    {
      kind: 'priceWorse',
      side: 'SELL',
      master: parsePrice('100'),
      last: parsePrice('97'),
      bound: parsePrice('97.5'),
    },
    'priceWorse: last 97.00 is below 97.50 (master 100.00)',
  ],
  marketClosed: [
    { kind: 'marketClosed', exchange: 'NFO', at: AT },
    'marketClosed: NFO at 15:12:00',
  ],
  holiday: [
    { kind: 'holiday', exchange: 'NSE', day: tradingDay('2026-12-25'), name: 'Christmas' },
    'holiday: NSE on 2026-12-25, Christmas',
  ],
  intradayTooLate: [
    { kind: 'intradayTooLate', at: AT, until: '15:10:00' },
    'intradayTooLate: 15:12:00 is after 15:10:00',
  ],
  maxOrderQuantity: [
    { kind: 'maxOrderQuantity', quantity: units(1950), limit: units(1800) },
    'maxOrderQuantity: 1950 > 1800',
  ],
  maxOrderValue: [
    { kind: 'maxOrderValue', value: parseMoney('200000.5'), limit: parseMoney('200000') },
    'maxOrderValue: 200000.50 > 200000.00',
  ],
  maxPositionQuantity: [
    { kind: 'maxPositionQuantity', position: units(3900), limit: units(3600) },
    'maxPositionQuantity: 3900 > 3600',
  ],
  maxOrdersPerDay: [
    { kind: 'maxOrdersPerDay', orders: 101, limit: 100 },
    'maxOrdersPerDay: 101 with this > 100',
  ],
  maxDailyLoss: [
    { kind: 'maxDailyLoss', loss: parseMoney('10250'), limit: parseMoney('10000') },
    'maxDailyLoss: 10250.00 lost today >= 10000.00',
  ],
  disabled: [{ kind: 'disabled' }, 'disabled'],
  paused: [{ kind: 'paused' }, 'paused'],
  pausedAfterRejections: [
    { kind: 'pausedAfterRejections', rejections: 3 },
    'pausedAfterRejections: 3 rejections in a row',
  ],
  ledgerFull: [{ kind: 'ledgerFull' }, 'ledgerFull: the disk is full; exits go on from a reserve'],
  accountStopped: [
    { kind: 'accountStopped', why: 'the PIN was refused' },
    'accountStopped: the PIN was refused',
  ],
  leftBeforeYes: [
    { kind: 'leftBeforeYes', quantity: units(130) },
    'leftBeforeYes: the master has left all 130 of it before a yes',
  ],
  kept: [
    { kind: 'kept', quantity: units(130), follower: accountName('FOLLOWER_1') },
    'kept: by your no 130 stay held, and no exit closes them any more; to close them: lockstep flatten FOLLOWER_1',
  ],
  leftUncopied: [
    { kind: 'leftUncopied', quantity: units(130) },
    'leftUncopied: all 130 of it had waited for a yes, and were never copied',
  ],
  declined: [{ kind: 'declined' }, 'declined'],
  unanswered: [{ kind: 'unanswered', waitedMs: 30_000 }, 'unanswered: no answer in 30 s'],
  toldAbsent: [
    { kind: 'toldAbsent' },
    'toldAbsent: you said that it was never placed: it is not sent again',
  ],
}

describe('every reason says the numbers that decided', () => {
  test.each(Object.values(TEXTS).map(([reason, text]) => [text, reason] as const))(
    '%s',
    (text, reason) => {
      expect(describeReason(reason as Reason)).toBe(text)
    },
  )
})
