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
  const steps: number[] = []
  return {
    at,
    /** What was said of steps back. */
    steps,
    hold: () => clock.hold((byMs) => steps.push(byMs)),
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

  test('held, it goes on at half its pace where the machine’s goes back a little, and then follows again', () => {
    const { at, shows, passes, hold, steps } = machine()
    hold()
    passes(10 * SECOND)
    expect(shows()).toBe(10 * SECOND)
    at.offMs = -4 * SECOND
    expect(shows()).toBe(10 * SECOND)
    passes(2 * SECOND)
    expect(shows()).toBe(11 * SECOND)
    passes(6 * SECOND)
    expect(shows()).toBe(14 * SECOND)
    passes(SECOND)
    expect([shows(), ...steps]).toEqual([15 * SECOND])
  })

  test('held, it takes a large step back and says so, once', () => {
    const { at, shows, hold, steps } = machine()
    hold()
    at.offMs = 60 * MINUTE
    expect(shows()).toBe(60 * MINUTE)
    at.offMs = 0
    expect([shows(), shows()]).toEqual([0, 0])
    expect(steps).toEqual([60 * MINUTE])
  })

  test('held, it goes ahead at once with a machine that slept', () => {
    const { at, shows, hold, steps } = machine()
    hold()
    at.offMs = 8 * 60 * MINUTE
    expect([shows(), ...steps]).toEqual([8 * 60 * MINUTE])
  })

  test('held, it goes back by nothing small, however often it is asked and whatever the broker says', () => {
    const { at, shows, passes, hold, steps } = machine()
    hold()
    const shown: number[] = []
    for (const [offMs, skewMs] of [
      [0, null],
      [3_000, null],
      [3_000, -3_000],
      [-900, -1_500],
      [-900, 1_500],
      [0, 0],
    ] as const) {
      Object.assign(at, { offMs, skewMs })
      for (let times = 0; times < 5; times++) {
        shown.push(shows())
        passes(300.3)
      }
    }
    expect(shown).toEqual([...shown].sort((a, b) => a - b))
    expect(new Set(shown).size).toBeGreaterThan(20)
    expect(steps).toEqual([])
  })
})
