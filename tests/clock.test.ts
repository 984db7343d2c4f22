import { describe, expect, test } from 'vitest'
import { corrected, holding, passing } from '../src/clock.ts'
import { HOUR, instant, MINUTE, SECOND } from '../src/domain/time.ts'

const START = Date.parse('2026-12-01T10:00:00+05:30')

/** A machine that was switched on an hour before ten o'clock, may be told another time, and may sleep. */
function machine() {
  const at = { monotonicMs: 0, sleptMs: 0, offMs: 0, skewMs: null as number | null }
  const own = {
    now: () => instant(Math.floor(START + at.monotonicMs + at.sleptMs + at.offMs)),
    monotonicMs: () => at.monotonicMs,
    sinceBootMs: () => HOUR + at.monotonicMs + at.sleptMs,
    sleep: async () => undefined,
  }
  const time = corrected(passing(own), () => at.skewMs)
  const clock = holding(time)
  return {
    at,
    time,
    clock,
    /** Since ten o'clock. */
    shows: () => clock.now() - START,
    passes(ms: number): void {
      at.monotonicMs += ms
    },
  }
}

describe('the time that the copier goes by', () => {
  test('is what the machine said once, and what has passed since', () => {
    const { shows, passes } = machine()
    expect(shows()).toBe(0)
    passes(1500)
    expect(shows()).toBe(1500)
  })

  test.each([HOUR, -HOUR, 4 * SECOND, -4 * SECOND, 24 * HOUR])(
    'sees no jump of the machine, by %i ms and back',
    (ms) => {
      const { at, shows, passes } = machine()
      for (const offMs of [ms, 0, -ms, 0]) {
        at.offMs = offMs
        const before = shows()
        passes(SECOND)
        expect(shows() - before).toBe(SECOND)
      }
    },
  )

  test('goes ahead at once with a machine that slept, as often as it sleeps, whatever its time was set to', () => {
    const { at, shows, passes } = machine()
    at.sleptMs = 17 * HOUR
    expect(shows()).toBe(17 * HOUR)
    passes(MINUTE)
    at.sleptMs += 5 * SECOND
    at.offMs = HOUR
    expect(shows()).toBe(17 * HOUR + MINUTE + 5 * SECOND)
    at.offMs = 0
    expect(shows()).toBe(17 * HOUR + MINUTE + 5 * SECOND)
  })

  test('is put right by the broker’s where that is certain', () => {
    const { at, shows } = machine()
    at.skewMs = 900
    expect(shows()).toBe(0)
    at.skewMs = -5_000
    expect(shows()).toBe(-5_000)
  })
})

describe('held, it never goes back', () => {
  test('it goes on at half its pace where the broker’s goes back, and then follows again', () => {
    const { at, clock, shows, passes } = machine()
    clock.hold()
    passes(10 * SECOND)
    expect(shows()).toBe(10 * SECOND)
    at.skewMs = -4 * SECOND
    expect(shows()).toBe(10 * SECOND)
    passes(2 * SECOND)
    expect([shows(), clock.aheadMs()]).toEqual([11 * SECOND, 3 * SECOND])
    passes(6 * SECOND)
    expect([shows(), clock.aheadMs()]).toEqual([14 * SECOND, 0])
    passes(SECOND)
    expect(shows()).toBe(15 * SECOND)
  })

  test('however often it is asked and whatever the broker says', () => {
    const { at, clock, shows, passes } = machine()
    clock.hold()
    const shown: number[] = []
    for (const skewMs of [null, 3_000, -3_000, -1_500, 0, 1_500]) {
      at.skewMs = skewMs
      for (let times = 0; times < 5; times++) {
        shown.push(shows())
        passes(300.3)
      }
    }
    expect(shown).toEqual([...shown].sort((a, b) => a - b))
    expect(new Set(shown).size).toBeGreaterThan(20)
  })
})
