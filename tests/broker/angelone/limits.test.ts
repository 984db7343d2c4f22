import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  createPacer,
  earliest,
  type PacedRoute,
  READ_WINDOWS,
  WRITE_WINDOWS,
} from '../../../src/broker/angelone/limits.ts'
import { type Purpose, pace } from '../../../src/decide/pace.ts'
import { HOUR, type Instant, instant, after as later, MINUTE } from '../../../src/domain/time.ts'
import type { Windows } from '../../../src/domain/windows.ts'
import { createLimits } from '../../../src/simulator/limits.ts'
import { createManualClock } from './kit.ts'

const routes = Object.keys(READ_WINDOWS) as PacedRoute[]

/** Whether no stretch of a window's length, as the broker counts, holds more than the broker takes. */
const keepsWithin = (times: readonly number[], lengthMs: number, most: number): boolean =>
  times.every((time, index) => (times[index + most] ?? Number.POSITIVE_INFINITY) - time >= lengthMs)

describe('readings', () => {
  it('wait for their turn and get it in order', async () => {
    const clock = createManualClock(instant(0))
    const pacer = createPacer(clock)
    const turns: string[] = []
    const asked = (route: PacedRoute, name: string, answerMs: number) =>
      void pacer.ask(route, () => {
        turns.push(`${name} ${clock.monotonicMs()}`)
        return clock.sleep(answerMs)
      })
    // Counted from the answer: a request that was long on its way arrived late.
    asked('orderBook', 'first', 300)
    asked('orderBook', 'second', 0)
    asked('orderBook', 'third', 0)
    asked('funds', 'funds', 0)
    await clock.advance(5_000)
    expect(turns).toEqual(['first 0', 'funds 0', 'second 1400', 'third 2500'])
  })

  it.each([
    [true, ['funds 0', 'orderBook 1100']],
    [false, ['orderBook 0', 'funds 0']],
  ])(
    'of a process that was started again (%s) keep to what another may have read',
    async (wasReadBefore, expected) => {
      const clock = createManualClock(instant(0))
      const pacer = createPacer(clock, wasReadBefore)
      const turns: string[] = []
      for (const route of ['orderBook', 'funds'] as const)
        void pacer.ask(route, async () => void turns.push(`${route} ${clock.monotonicMs()}`))
      await clock.advance(5_000)
      expect(turns).toEqual(expected)
    },
  )

  const gaps = fc.array(fc.integer({ min: 0, max: 2_000 }), { minLength: 2, maxLength: 60 })

  it.each(routes)('of %s never exceed a window, however they are asked for', (route) => {
    fc.assert(
      fc.property(gaps, (waits) => {
        const taken: number[] = []
        let now = 0
        for (const wait of waits) {
          now += wait
          taken.push(earliest(taken, READ_WINDOWS[route], now))
        }
        for (const { lengthMs, most } of READ_WINDOWS[route])
          expect(keepsWithin(taken, lengthMs, most)).toBe(true)
      }),
    )
  })

  it('control: sending at once is found out', () => {
    const run = fc.check(
      fc.property(gaps, (waits) => {
        let now = 0
        const taken = waits.map((wait) => {
          now += wait
          return now
        })
        return keepsWithin(taken, 1_000, 1)
      }),
    )
    expect(run.failed).toBe(true)
  })
})

it('writes: entries stop at 6, 400 and 800 of 9, 500 and 1000', () => {
  expect(WRITE_WINDOWS.map(({ most, mostForEntries }) => [mostForEntries, most])).toEqual([
    [6, 9],
    [400, 500],
    [800, 1000],
  ])
})

describe('writes of two hours', () => {
  /** Bursts and lulls, entries and exits; each arrives a little later than it left, not always in order. */
  const wishes = fc.array(
    fc.record({
      waitMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 20_000 })),
      purpose: fc.constantFrom<Purpose>('entry', 'closing'),
      burst: fc.integer({ min: 1, max: 20 }),
      onTheWayMs: fc.integer({ min: 0, max: 90 }),
    }),
    { minLength: 300, maxLength: 400 },
  )

  function violationsOf(load: readonly Wish[], windows: Windows): number {
    const broker = createLimits('enforce')
    // What a restart finds again: the ledger, and nothing else.
    const ledger: Instant[] = []
    const arrivals: Instant[] = []
    let now = instant(HOUR)
    for (const { waitMs, purpose, burst, onTheWayMs } of load) {
      now = later(now, waitMs)
      for (let write = 0; write < burst; write++) {
        const history = ledger.slice(
          -windows.reduce((most, window) => Math.max(most, window.most), 0),
        )
        const answer = pace({ history, windows, now, purpose, cost: 1 })
        if (answer.kind === 'wait' && answer.until > later(now, MINUTE)) break
        if (answer.kind === 'wait') now = answer.until
        ledger.push(now)
        arrivals.push(later(now, onTheWayMs))
      }
    }
    for (const at of arrivals.toSorted((a, b) => a - b)) broker.admits('C123', 'place', at)
    return broker.violations.length
  }

  it('never exceed a window of the broker, who counts arrivals, over any restart', () => {
    fc.assert(
      fc.property(wishes, (load) => {
        expect(violationsOf(load, WRITE_WINDOWS)).toBe(0)
      }),
      { numRuns: 20 },
    )
  })

  it('control: a window that is a little shorter than the broker’s is found out', () => {
    const bare: Windows = [{ lengthMs: 900, most: 9, mostForEntries: 9 }]
    const run = fc.check(
      fc.property(wishes, (load) => violationsOf(load, bare) === 0),
      { numRuns: 20, endOnFailure: true },
    )
    expect(run.failed).toBe(true)
  })
})

interface Wish {
  readonly waitMs: number
  readonly purpose: Purpose
  readonly burst: number
  readonly onTheWayMs: number
}
