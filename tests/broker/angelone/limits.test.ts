import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  createPacer,
  earliest,
  type PacedRoute,
  READ_WINDOWS,
  WRITE_WINDOWS,
} from '../../../src/broker/angelone/limits.ts'
import { instant } from '../../../src/domain/time.ts'
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
    for (const name of ['first', 'second', 'third'])
      void pacer.turn('orderBook').then(() => turns.push(`${name} ${clock.monotonicMs()}`))
    void pacer.turn('funds').then(() => turns.push(`funds ${clock.monotonicMs()}`))
    await clock.advance(5_000)
    expect(turns).toEqual(['first 0', 'funds 0', 'second 1100', 'third 2200'])
  })

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
