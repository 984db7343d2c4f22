// The short form of `npm run soak`: a third of a minute of trading, kills, misfortunes and steering, with the
// real program. How it grows shows only in the long form; that the rule for it can fail, in tests/soak.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { followerCode } from '../../src/simulator/default-accounts.ts'
import type { Truth } from '../engine/storm-promises.ts'
import { type Soak, soak } from '../soak/soak.ts'

const SEED = 7
let session: Soak

beforeAll(async () => {
  session = await soak({
    seed: SEED,
    tradingMs: 20_000,
    settlingMs: 60_000,
    pace: 'hurried',
    say: () => undefined,
  })
}, 120_000)
afterAll(() => session?.close())

test(`the real program keeps every promise (seed ${SEED})`, () => {
  expect(session.broken, session.folder).toEqual([])
  expect(session.report).toMatch(/^LIVE {2}2026-12-01 {2}\d sessions/)
})

test('and it was no fine day', () => {
  for (const what of ['faults that struck', 'kills that struck', 'pauses', 'halts', 'fills'])
    expect([what, (session.counts[what] ?? 0) > 0]).toEqual([what, true])
  expect(session.samples.length).toBeGreaterThan(3)
  expect(session.samples.at(-1)?.rows).toBeGreaterThan(session.samples[0]?.rows ?? 0)
})

test.each<[string, (truth: Truth) => Truth, string]>([
  [
    'an order of who trades on paper',
    ({ orders: [first, ...others], ...truth }) => ({
      ...truth,
      orders: first ? [{ ...first, clientCode: followerCode(6) }, ...others] : [],
    }),
    'who trades on paper has an order',
  ],
  [
    'a reading too many',
    (truth) => ({
      ...truth,
      violations: truth.masterOrders.slice(0, 1).map(({ placedAt }) => ({
        clientCode: 'F100001',
        group: 'book',
        at: placedAt as Truth['violations'][number]['at'],
        windowMs: 1000,
      })),
    }),
    'F100001 book over 1000 ms',
  ],
  [
    'a program that ended by itself',
    (truth) => ({ ...truth, engineErrors: 'the program ended by itself with 1' }),
    'the program ended by itself with 1',
  ],
  [
    'an order that took effect twice',
    (truth) => ({ ...truth, duplicates: [{ clientCode: 'F100001', tag: 'LSTWICE', orders: 2 }] }),
    'F100001 has 2 orders LSTWICE',
  ],
])('control: %s is told', (_, change, told) => {
  expect(session.brokenIf(change).join('\n')).toContain(told)
})
