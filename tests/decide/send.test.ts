import { expect, test } from 'vitest'
import { marketAt } from '../../src/decide/guard.ts'
import { type EntryToSend, judgeEntry, type Sendable } from '../../src/decide/send.ts'
import { NO_OVERRIDES } from '../../src/domain/calendar.ts'
import { CALENDAR_TABLE } from '../../src/domain/calendar-data.ts'
import { intentId } from '../../src/domain/ids.ts'
import { NO_MONEY, NO_QUANTITY, parsePrice, units } from '../../src/domain/numbers.ts'
import { at, NIFTY } from './builders.ts'

const entry: EntryToSend = {
  instrument: NIFTY,
  product: 'INTRADAY',
  side: 'BUY',
  quantity: units(260),
  orders: 1,
  pricing: { kind: 'limit', price: parsePrice('103.70') },
  masterPrice: parsePrice('101.20'),
  filledAt: at('10:00:00'),
  live: { intent: intentId(1), filled: NO_QUANTITY, allowance: units(260) },
  held: NO_QUANTITY,
}
const live = (allowance: number, filled = 0) => ({
  live: { intent: intentId(1), filled: units(filled), allowance: units(allowance) },
})

const judge = (partial: Partial<EntryToSend>, now = '10:00:30'): Sendable =>
  judgeEntry(
    { ...entry, ...partial },
    {
      isEnabled: true,
      accountStopped: null,
      isPaused: false,
      rejectionsInARow: 0,
      position: NO_QUANTITY,
      ordersToday: 0,
      profitToday: NO_MONEY,
    },
    {
      maxAgeMs: 60_000,
      maxSlippage: { kind: 'off' },
      hours: 'enforce',
      limits: {
        maxOrderQuantity: null,
        maxOrderValue: null,
        maxPositionQuantity: null,
        maxOrdersPerDay: null,
        maxDailyLoss: null,
        pauseAfterRejections: 3,
      },
    },
    marketAt(at(now), { table: CALENDAR_TABLE, overrides: NO_OVERRIDES }, null),
  )

test.each<[string, Sendable, object]>([
  ['all of it while nothing has changed', judge({}), { kind: 'send', quantity: units(260) }],
  [
    'the rest after a first attempt filled a part',
    judge(live(260, 65)),
    { kind: 'send', quantity: units(195) },
  ],
  [
    'less once the master has left a part',
    judge(live(130)),
    { kind: 'send', quantity: units(130) },
  ],
  ['in whole lots', judge(live(140)), { kind: 'send', quantity: units(130) }],
  [
    'nothing once the master has left',
    judge(live(0)),
    { kind: 'denied', reason: { kind: 'masterFlat' } },
  ],
  [
    'nothing once all of it has filled',
    judge(live(130, 130)),
    { kind: 'denied', reason: { kind: 'masterFlat' } },
  ],
  [
    'nothing against a position that is still to be closed',
    judge({ held: units(-65) }),
    { kind: 'denied', reason: { kind: 'opposesHeld' } },
  ],
  ['more of what is held', judge({ held: units(65) }), { kind: 'send' }],
  [
    'a delay that made it too old',
    judge({}, '10:01:01'),
    { kind: 'denied', reason: { kind: 'tooOld' } },
  ],
  [
    'a delay into the evening',
    judge({ filledAt: at('15:39:50') }, '15:40:10'),
    { kind: 'denied', reason: { kind: 'marketClosed' } },
  ],
])('%s', (_, answer, expected) => {
  expect(answer).toMatchObject(expected)
})
