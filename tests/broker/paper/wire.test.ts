import { describe, expect, it } from 'vitest'
import type { Entry } from '../../../src/broker/paper/entry.ts'
import { readEntry, writeEntry } from '../../../src/broker/paper/wire.ts'
import { parsePrice, units } from '../../../src/domain/numbers.ts'
import type { Pricing } from '../../../src/domain/order.ts'
import { tradingDay } from '../../../src/domain/time.ts'
import { at, FOLLOWER, limitAt, NIFTY_CALL, SBIN } from './kit.ts'

const move = { number: 7, at: at('10:30:45') }

const placed = (pricing: Pricing): Entry => ({
  kind: 'placed',
  ...move,
  goodUntil: at('15:40:00'),
  isAfterMarket: false,
  tag: 'LSABCDEFGHIJKLMNOPQ',
  instrument: NIFTY_CALL,
  side: 'BUY',
  product: 'INTRADAY',
  pricing,
  quantity: units(65),
})

const entries: readonly Entry[] = [
  {
    kind: 'dayOpened',
    account: FOLLOWER,
    day: tradingDay('2026-12-01'),
    nextNumber: 12,
    carried: [
      { instrument: NIFTY_CALL, product: 'CARRYFORWARD', quantity: units(-65) },
      { instrument: SBIN, product: 'DELIVERY', quantity: units(3) },
    ],
  },
  placed({ kind: 'market' }),
  placed(limitAt('101.20')),
  placed({ kind: 'stopLimit', trigger: parsePrice('99.95'), price: parsePrice('99.5') }),
  placed({ kind: 'stopMarket', trigger: parsePrice('0.05') }),
  { kind: 'armed', ...move },
  { kind: 'triggered', ...move },
  { kind: 'rested', ...move },
  { kind: 'filled', ...move, quantity: units(65), price: parsePrice('101.23456789') },
  { kind: 'modified', ...move, quantity: units(130), pricing: limitAt('98') },
  { kind: 'cancelled', ...move, text: 'the market has closed' },
  { kind: 'rejected', ...move, text: 'a "quoted" reason\nin two lines' },
  {
    kind: 'squaredOff',
    ...move,
    instrument: NIFTY_CALL,
    side: 'SELL',
    quantity: units(65),
    price: parsePrice('97'),
  },
]

describe('an entry', () => {
  it.each(entries.map((entry) => ({ kind: entry.kind, entry })))(
    '$kind is one line, and the same when read again',
    ({ entry }) => {
      const line = writeEntry(entry)
      expect(line).not.toContain('\n')
      expect(readEntry(line)).toEqual(entry)
    },
  )

  it.each([
    ['nothing', ''],
    ['cut', writeEntry(placed({ kind: 'market' })).slice(0, -1)],
    ['of an unknown kind', '{"kind":"doubled","number":1,"at":1}'],
    [
      'with a number that was a float',
      '{"kind":"filled","number":1,"at":1,"quantity":"65","price":101.2}',
    ],
    [
      'with a price that is none',
      '{"kind":"filled","number":1,"at":1,"quantity":"65","price":"NaN"}',
    ],
    ['without its number', '{"kind":"rested","at":1}'],
  ])('is not read from a line that is %s', (_, line) => {
    expect(readEntry(line)).toBeNull()
  })
})
