// Where the time of an order went: each step from the one before it, and a bar that shows their shares.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { AttemptPart, DecisionPart, OrderPart } from '../../src/report/record.ts'
import { barOf, STEPS, type StepTimes, stepsOf } from '../../src/report/waterfall.ts'

const at = (ms: number): string => new Date(Date.UTC(2026, 10, 20, 5, 0, 0, ms)).toISOString()
const order = { filledAt: at(0), seenAt: at(300) } as OrderPart
const decision = { decidedAt: at(302) } as DecisionPart
const attempt = {
  recordedAt: at(310),
  sentAt: at(311),
  answeredAt: at(500),
  filledAt: at(620),
} as AttemptPart

const NOTHING: StepTimes = Object.fromEntries(STEPS.map((step) => [step, 0])) as StepTimes

describe('the steps of an order', () => {
  test('count each from the one before it', () => {
    expect(stepsOf(order, decision, attempt)).toEqual({
      seen: 300,
      decided: 2,
      recorded: 8,
      sent: 1,
      answered: 189,
      filled: 120,
      inAll: 620,
    })
  })

  test.each<[string, Partial<AttemptPart>, Partial<StepTimes>]>([
    [
      'never answered',
      { answeredAt: null, filledAt: null },
      { answered: null, filled: null, inAll: null },
    ],
    ['sent by an earlier run', { sentAt: null }, { sent: null, answered: null, filled: 120 }],
    [
      'answered by a clock that was set back',
      { answeredAt: at(300) },
      { answered: 0, filled: 320 },
    ],
  ])('%s: what is not known is not counted', (_, change, expected) => {
    expect(stepsOf(order, decision, { ...attempt, ...change })).toMatchObject(expected)
  })

  test('of what was never sent there are none', () => {
    expect(stepsOf(order, decision, undefined)).toBeNull()
  })
})

describe('a bar', () => {
  test('shows the shares, and every step that took any time', () => {
    expect(barOf({ ...NOTHING, seen: 600, answered: 200, sent: 1, filled: 199 }, 20)).toBe(
      'ssssssssssstaaaaffff',
    )
  })

  test('is as wide as it was asked to be, whatever took how long', () => {
    const ms = fc.nat(100_000)
    fc.assert(
      fc.property(ms, ms, ms, ms, ms, ms, (seen, decided, recorded, sent, answered, filled) => {
        const steps = { ...NOTHING, seen, decided, recorded, sent, answered, filled }
        const isAny = seen + decided + recorded + sent + answered + filled > 0
        expect(barOf(steps, 48)).toHaveLength(isAny ? 48 : 0)
      }),
    )
  })

  test('control: shares that are only rounded are not always', () => {
    const found = fc.check(
      fc.property(fc.array(fc.integer({ min: 1, max: 100_000 }), { minLength: 6 }), (parts) => {
        const whole = parts.reduce((sum, part) => sum + part, 0)
        const lengths = parts.map((part) => Math.max(1, Math.round((part / whole) * 48)))
        expect(lengths.reduce((sum, length) => sum + length, 0)).toBe(48)
      }),
    )
    expect(found.failed).toBe(true)
  })
})
