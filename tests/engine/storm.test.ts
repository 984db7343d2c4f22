// A short session of bad weather: nothing in it takes the half minute that a proof of absence takes, and the
// engine is left alone. `npm run storm` has the long ones.
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Side } from '../../src/domain/order.ts'
import { type Storm, storm } from './storm.ts'
import type { Truth } from './storm-promises.ts'

const SEED = 41
let session: Storm

beforeAll(async () => {
  session = await storm({
    seed: SEED,
    tradingMs: 8000,
    settlingMs: 60_000,
    hasLostRequests: false,
    hasKills: false,
  })
}, 120_000)
afterAll(() => session?.close())

test(`after bad weather (seed ${SEED}) every promise is kept`, () => {
  expect(session.broken, session.folder).toEqual([])
})

/** Of a follower, by us. */
const firstOf = ({ fills }: Truth, side: Side): number =>
  fills.findIndex((fill) => fill.tag !== '' && fill.side === side)

test.each<[string, (truth: Truth) => Truth, string]>([
  [
    'an order that took effect twice',
    (truth) => ({
      ...truth,
      duplicates: [{ clientCode: 'F100001', tag: 'LSTWICE', orders: 2 }],
    }),
    'F100001 has 2 orders LSTWICE',
  ],
  [
    'an order of the master that nobody told',
    ({ masterOrders: [first, ...others], ...truth }) => ({
      ...truth,
      masterOrders: first ? [{ ...first, orderId: '77' }, ...others] : [],
    }),
    "of the master's 77, 10 filled, 0 told",
  ],
  [
    'an order that nobody wrote down',
    ({ orders: [first, ...others], ...truth }) => ({
      ...truth,
      orders: first ? [{ ...first, tag: 'LSUNKNOWN' }, ...others] : [],
    }),
    'has an order LSUNKNOWN that nobody wrote down',
  ],
  [
    'a fill that the ledger missed',
    (truth) => ({ ...truth, fills: truth.fills.toSpliced(firstOf(truth, 'BUY'), 1) }),
    'its orders come to',
  ],
  [
    'an exit that filled twice',
    (truth) => {
      const index = firstOf(truth, 'SELL')
      return { ...truth, fills: [...truth.fills.slice(0, index + 1), ...truth.fills.slice(index)] }
    },
    'took ',
  ],
  [
    'a write too many',
    (truth) => ({
      ...truth,
      violations: truth.masterOrders.slice(0, 1).map(({ placedAt }) => ({
        clientCode: 'F100001',
        group: 'writes',
        at: placedAt as Truth['violations'][number]['at'],
        windowMs: 1000,
      })),
    }),
    'F100001 writes over 1000 ms',
  ],
  [
    'an engine that failed',
    (truth) => ({ ...truth, engineErrors: 'Error: it broke' }),
    'Error: it broke',
  ],
])('control: %s is told', (_, change, told) => {
  expect(session.brokenIf(change).join('\n')).toContain(told)
})
