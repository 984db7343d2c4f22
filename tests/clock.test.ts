import { describe, expect, test } from 'vitest'
import { corrected, holding } from '../src/clock.ts'
import { instant, MINUTE, SECOND } from '../src/domain/time.ts'

const START = Date.parse('2026-12-01T10:00:00+05:30')

/** A machine that was started at ten o'clock, and may be told another time. */
function machine() {
  const at = { monotonicMs: 0, offMs: 0, skewMs: null as number | null }
  const own = {
    now: () => instant(Math.floor(START + at.monotonicMs + at.offMs)),
    monotonicMs: () => at.monotonicMs,
    sleep: async () => undefined,
  }
  const clock = holding(corrected(own, () => at.skewMs))
  return {
    at,
    clock,
    /** Since ten o'clock. */
    shows: () => clock.now() - START,
    passes(ms: number): void {
      at.monotonicMs += ms
    },
  }
}

describe('the time that the copier goes by', () => {
  test('is the machine’s', () => {
    const { shows, passes } = machine()
    expect(shows()).toBe(0)
    passes(1500)
    expect(shows()).toBe(1500)
  })

  test('is put right by the broker’s where that is certain', () => {
    const { at, shows } = machine()
    at.skewMs = 900
    expect(shows()).toBe(0)
    at.skewMs = -5_000
    expect(shows()).toBe(-5_000)
  })

  test('follows the machine back and forth until it is held', () => {
    const { at, shows } = machine()
    at.offMs = 60 * MINUTE
    expect(shows()).toBe(60 * MINUTE)
    at.offMs = 0
    expect(shows()).toBe(0)
  })

  test('held, it goes on at half its pace where the machine’s goes back, and then follows again', () => {
    const { at, clock, shows, passes } = machine()
    clock.hold()
    passes(10 * SECOND)
    expect(shows()).toBe(10 * SECOND)
    at.offMs = -4 * SECOND
    expect(shows()).toBe(10 * SECOND)
    passes(2 * SECOND)
    expect([shows(), clock.aheadMs()]).toEqual([11 * SECOND, 3 * SECOND])
    passes(6 * SECOND)
    expect([shows(), clock.aheadMs()]).toEqual([14 * SECOND, 0])
    passes(SECOND)
    expect(shows()).toBe(15 * SECOND)
  })

  test('held, it goes ahead at once with a machine that slept', () => {
    const { at, clock, shows } = machine()
    clock.hold()
    at.offMs = 8 * 60 * MINUTE
    expect(shows()).toBe(8 * 60 * MINUTE)
  })

  test('held, it never goes back, however often it is asked and whatever the broker says', () => {
    const { at, clock, shows, passes } = machine()
    clock.hold()
    const shown: number[] = []
    for (const [offMs, skewMs] of [
      [0, null],
      [3_000, null],
      [3_000, -3_000],
      [-2_000, -3_000],
      [-2_000, 2_000],
      [0, 0],
    ] as const) {
      Object.assign(at, { offMs, skewMs })
      for (let times = 0; times < 5; times++) {
        shown.push(shows())
        passes(0.3)
      }
    }
    expect(shown).toEqual([...shown].sort((a, b) => a - b))
    expect(new Set(shown).size).toBeGreaterThan(3)
  })
})
