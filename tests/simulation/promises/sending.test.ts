// Promises 1 to 3 can fail: what was sent twice, lost, or not written down is told with its numbers.

import { expect, test } from 'vitest'
import { MASTER as MASTER_NAME } from '../../../src/domain/ids.ts'
import { type TrueLife, UNIT } from '../truth.ts'
import { brokenPromises } from './all.ts'
import {
  AGAIN,
  asked,
  at,
  attempt,
  ENTRY,
  FIRST,
  intent,
  KEPT,
  MASTER,
  readings,
  sentAgain,
  state,
  traded,
  withRequests,
  withRow,
  withRows,
  withTrade,
} from './made-up.ts'
import { type Breaking, type Kept, showEach, showNone } from './shown-to-fail.ts'

const BREAKING: readonly Breaking[] = [
  [
    'two orders under one tag',
    1,
    { ...KEPT, duplicates: [{ clientCode: FIRST, tag: ENTRY, orders: 2 }] },
    `F100001 has 2 orders ${ENTRY}`,
  ],
  [
    'a request that left twice',
    1,
    withRequests(KEPT, asked('place', FIRST, ENTRY, 1, 3)),
    `${ENTRY} was sent 2 times`,
  ],
  [
    'two attempts of one intent that both traded',
    1,
    withTrade(
      sentAgain({ outcome: 'notSent', cause: 'neverConnected' }, 40),
      traded(FIRST, 'f9', 'BUY', 10, 41, AGAIN),
    ),
    'intent 1 took effect 2 times',
  ],
  [
    'an order that was taken for one that never left',
    1,
    sentAgain({ outcome: 'notSent', cause: 'neverConnected' }, 40),
    'it was at the broker, and taken for neverConnected',
  ],
  [
    'an order beyond its intent',
    1,
    {
      ...KEPT,
      orders: KEPT.orders.map((order) =>
        order.tag === ENTRY ? { ...order, filled: '30' } : order,
      ),
    },
    'intent 1 asks for 10, 30 filled',
  ],
  [
    'a further attempt of which nothing was known',
    1,
    withRows(KEPT, {
      journal: [{ number: 7, at: at(1), kind: 'fact' }],
      attempt: [attempt(3, 2, 1, AGAIN, 1, 2)],
      attempt_state: [state(3, 'notSent', 0)],
    }),
    'nothing was known of it',
  ],
  [
    'a further attempt on a doubt',
    1,
    sentAgain({ outcome: 'unknown' }, 40),
    'its answer was unknown',
  ],
  [
    'absence after one reading',
    1,
    {
      ...sentAgain({ kind: 'absenceProven' }, 40),
      ...readings(35),
    },
    'after 1 readings of the book over 0 ms',
  ],
  [
    'absence before its time',
    1,
    { ...sentAgain({ kind: 'absenceProven' }, 20), ...readings(5, 15) },
    'after 0 readings',
  ],
  [
    'a refusal for the rate, and no book since',
    1,
    sentAgain({ outcome: 'notSent', cause: 'rateLimited' }, 3),
    'refused for the rate, and no book was read since',
  ],
  [
    'a fill that nobody told',
    2,
    withTrade(KEPT, traded(MASTER, 'm3', 'BUY', 5, 70)),
    "of the master's m3, 5 filled, 0 told",
  ],
  [
    'what was filled before the first start',
    2,
    { ...KEPT, lives: KEPT.lives.map((life) => ({ ...life, startedAt: at(30) })) },
    "of the master's m1, 10 filled before the start, 10 told",
  ],
  [
    'a follower that nobody decided for',
    2,
    { ...KEPT, facts: { ...KEPT.facts, decision: (KEPT.facts.decision ?? []).slice(0, 3) } },
    'signal #2 has 0 decisions for FOLLOWER_2',
  ],
  [
    'a skip without a reason',
    2,
    withRow(KEPT, 'decision', 1, { reason: null }),
    'signal #1 is skipped for FOLLOWER_2 for no reason',
  ],
  [
    'a skip with numbers missing',
    2,
    withRow(KEPT, 'decision', 1, { reason: '{"kind":"accountStopped"}' }),
    'with numbers missing',
  ],
  [
    'a skip against its own numbers',
    2,
    withRow(KEPT, 'decision', 1, { reason: '{"kind":"missed","ageMs":2000,"maxAgeMs":60000}' }),
    'its own numbers speak against it',
  ],
  [
    'an attempt that never ended',
    2,
    withRow(KEPT, 'attempt_state', 0, { kind: 'unknown' }),
    `${ENTRY} is still unknown`,
  ],
  [
    'an intent that nobody sent or denied',
    2,
    withRows(KEPT, { intent: [intent(3, 2, 'entry', 1, 'BUY', AGAIN)] }),
    `${AGAIN} was neither sent nor denied`,
  ],
  [
    'a fill that the ledger missed',
    2,
    withRow(KEPT, 'attempt_state', 0, { filled: 4 * UNIT }),
    `${ENTRY} filled 10, 4 is known`,
  ],
  [
    'an order that the ledger calls rejected',
    2,
    withRow(KEPT, 'attempt_state', 0, { kind: 'rejected' }),
    'is rejected, and the broker has it as complete',
  ],
  [
    'an order that nobody wrote down',
    2,
    withTrade(KEPT, traded(FIRST, 'f9', 'BUY', 10, 2, AGAIN)),
    `FOLLOWER_1 has an order ${AGAIN} that nobody wrote down`,
  ],
  [
    'an engine that failed',
    2,
    {
      ...KEPT,
      lives: KEPT.lives.map((life) => ({ ...life, end: { kind: 'failed', why: 'it broke' } })),
    },
    'life 1 ended by itself: it broke',
  ],
  [
    'a ledger that does not add up',
    2,
    { ...KEPT, inconsistencies: ['lane 1 holds 5'] },
    'the ledger does not follow from its facts: lane 1 holds 5',
  ],
  [
    'an order that left before it was committed',
    3,
    withRow(KEPT, 'attempt', 0, { journal: 3 }),
    'left at 10:00:00.900 with 2 lines committed; it was written down in line 3',
  ],
  [
    'an order that was never written down',
    3,
    withRequests(KEPT, asked('place', FIRST, AGAIN, 1, 3)),
    `place ${AGAIN} left at 10:00:01.000 and was never written down`,
  ],
  [
    'a cancel that was not written down',
    3,
    withRequests(KEPT, asked('cancel', FIRST, 'f1', 1, 3)),
    'cancel f1 left at 10:00:01.000 before it was written down',
  ],
  [
    'another size than what was written down',
    3,
    withRow(KEPT, 'attempt', 0, { quantity: 4 * UNIT }),
    'is BUY 10 SBIN-EQ INTRADAY at the broker, BUY 4',
  ],
  [
    'intents apart from their decision',
    3,
    withRow(KEPT, 'intent', 0, { journal: 3 }),
    `${ENTRY} was not recorded with the decision on #1`,
  ],
  [
    'a start that sent before it looked',
    3,
    {
      ...withRow(KEPT, 'attempt_event', 0, { journal: 6 }),
      lives: [
        { ...(KEPT.lives[0] as TrueLife), endedAt: at(20) },
        { number: 2, startedAt: at(30), journal: 3, endedAt: at(300), end: { kind: 'stopped' } },
      ],
      requests: KEPT.requests.map((each) => (each.sentAt > at(30) ? { ...each, life: 2 } : each)),
    },
    'life 2 sent place',
  ],
]
showEach(BREAKING)

const HARMLESS: readonly Kept[] = [
  [
    'a proven absence, by two readings that the broker saw',
    { ...sentAgain({ kind: 'absenceProven' }, 40), ...readings(33, 36) },
  ],
]
showNone(HARMLESS)

test('an order of which nobody can say is no lost one once the trader was asked by its name', () => {
  const open = withRow(KEPT, 'attempt_state', 0, { kind: 'unknown' })
  const lostAfter = (text: string): boolean => {
    const event = { kind: 'alarm', account: MASTER_NAME, text } as const
    const truth = { ...open, told: [{ at: at(70), life: 1, event }] }
    return brokenPromises(truth).some(({ says }) => says.includes('is still unknown'))
  }
  expect(lostAfter(`nobody can say what became of order ${ENTRY} (bookHidesTags)`)).toBe(false)
  expect(lostAfter(`nobody can say what became of order ${AGAIN} (bookHidesTags)`)).toBe(true)
})
