// Promises 4, 9 and 10 can fail: positions that aren't flat or weren't ours, and steps out of their order.

import { type Truth, UNIT } from '../truth.ts'
import {
  AGAIN,
  asked,
  at,
  attempt,
  EXIT,
  event,
  FIRST,
  intent,
  KEPT,
  MASTER,
  state,
  traded,
  withRequests,
  withRow,
  withRows,
  withTrade,
} from './made-up.ts'
import { type Breaking, type Kept, showEach, showNone } from './shown-to-fail.ts'

/** The exit of the first follower was lost on its way, and nobody can say so. */
const LOST_EXIT: Truth = {
  ...withRow(withRow(KEPT, 'lane_state', 0, { held: 10 * UNIT }), 'attempt_state', 1, {
    kind: 'unknown',
    filled: 0,
  }),
  orders: KEPT.orders.filter(({ tag }) => tag !== EXIT),
  changes: KEPT.changes.filter(({ tag }) => tag !== EXIT),
}

const BREAKING: readonly Breaking[] = [
  [
    'an exit that is told through zero',
    4,
    withRow(KEPT, 'signal', 1, { master_after: -10 * UNIT }),
    'signal #2 is an exit from 10 to -10',
  ],
  [
    'an entry while the other side was held',
    10,
    withRequests(
      withRows(KEPT, {
        intent: [intent(3, 4, 'entry', 2, 'SELL', AGAIN)],
        attempt: [attempt(3, 5, 3, AGAIN, 60.5)],
        attempt_state: [state(3, 'rejected', 0)],
      }),
      asked('place', FIRST, AGAIN, 60.5, 5),
    ),
    'entry #2 SELL left at 10:01:00.500 with 10 still held',
  ],
  [
    'what is copied of a flat master',
    4,
    withRow(KEPT, 'lane_state', 0, { copied: 10 * UNIT }),
    'FOLLOWER_1 NSE:SBIN-EQ INTRADAY copies 10 of a flat master',
  ],
  [
    'what is held of a flat master and not owed',
    4,
    withRow(KEPT, 'lane_state', 0, { held: 3 * UNIT }),
    'holds 3 of a flat master, 0 owed',
  ],
  [
    'what is held beyond the exit that is in doubt',
    4,
    withRow(LOST_EXIT, 'lane_state', 0, { held: 13 * UNIT }),
    'holds 13 of a flat master, 0 owed, 10 in doubt',
  ],
  [
    'an order that rests for a flat master',
    4,
    {
      ...KEPT,
      orders: KEPT.orders.map((order) =>
        order.tag === EXIT ? { ...order, state: 'open' } : order,
      ),
    },
    `still rests ${EXIT}`,
  ],
  [
    'a ledger that counts otherwise than the broker',
    4,
    withRow(KEPT, 'lane_state', 0, { held: 10 * UNIT }),
    'is said to hold 10 NSE:SBIN-EQ INTRADAY, its orders come to 0',
  ],
  [
    'what the trader keeps and the ledger does not count',
    4,
    withRows(KEPT, { keeping: [{ decision: 3, entitlement: '0/1', kept: 3 * UNIT }] }),
    'is said to hold 0 NSE:SBIN-EQ INTRADAY, its orders come to -3',
  ],
  [
    'held that was lowered with nobody there',
    4,
    withRows(KEPT, {
      adjustment: [{ journal: 6, lane: 1, kind: 'reducedElsewhere', change: 0 }],
    }),
    'was reduced 1 times by nobody',
  ],
  [
    'an exit beyond what is there',
    4,
    {
      ...KEPT,
      changes: KEPT.changes.map((each) =>
        each.tag === EXIT && each.fills > 0 ? { ...each, fills: 15 } : each,
      ),
    },
    `exit ${EXIT} took NSE:SBIN-EQ INTRADAY from 10 to -5`,
  ],
  [
    'an exit of what its owner had sold long before',
    4,
    withTrade(KEPT, traded(FIRST, 'own', 'SELL', 10, 30)),
    `exit ${EXIT} took NSE:SBIN-EQ INTRADAY from 0 to -10`,
  ],
  [
    "a cancel of its owner's order",
    9,
    withRows(withRequests(KEPT, asked('cancel', FIRST, 'own', 3, 4)), {
      broker_write: [
        { journal: 4, account: 'FOLLOWER_1', kind: 'cancel', attempt: 1, at: at(2.9) },
      ],
    }),
    "was told to cancel own at 10:00:03.000, which is its owner's",
  ],
  [
    'an exit that sold what its owner bought',
    9,
    withTrade(
      {
        ...KEPT,
        changes: KEPT.changes.map((each) =>
          each.tag === EXIT && each.fills > 0 ? { ...each, fills: 25 } : each,
        ),
      },
      traded(FIRST, 'own', 'BUY', 100, 10),
    ),
    'took what is ours of NSE:SBIN-EQ INTRADAY from 10 to -15',
  ],
  [
    'more written off than its owner sold',
    9,
    withTrade(
      withRows(KEPT, {
        adjustment: [{ journal: 6, lane: 1, kind: 'reducedElsewhere', change: -10 * UNIT }],
      }),
      traded(FIRST, 'own', 'SELL', 4, 59),
    ),
    '10 of held written off, others traded 4 that way',
  ],
  [
    'orders of the master told the other way round',
    10,
    {
      ...withRow(withRow(KEPT, 'signal', 0, { order_id: 'm2' }), 'signal', 1, { order_id: 'm1' }),
    },
    "the master's m1 filled by 10:00:00.000, m2 from 10:01:00.000",
  ],
  [
    'what one reading showed told the other way round',
    10,
    {
      ...withRow(withRow(KEPT, 'signal', 0, { order_id: 'm2', seen_at: at(90) }), 'signal', 1, {
        order_id: 'm1',
        seen_at: at(90),
      }),
      requests: KEPT.requests.filter(({ clientCode }) => clientCode !== MASTER),
    },
    "the master's m1 filled by 10:00:00.000, m2 from 10:01:00.000",
  ],
  [
    'an entry that overtook the one before it',
    10,
    withRequests(
      withRows(KEPT, {
        intent: [intent(3, 4, 'entry', 2, 'BUY', AGAIN)],
        attempt: [attempt(3, 2, 3, AGAIN, 0.5)],
        attempt_state: [state(3, 'rejected', 0)],
      }),
      asked('place', FIRST, AGAIN, 0.5, 2),
    ),
    'entry #1 left at 10:00:00.900, after entry #2 at 10:00:00.500',
  ],
  [
    'an exit while an entry rested',
    10,
    withRequests(
      withRows(
        {
          ...KEPT,
          orders: [
            ...KEPT.orders,
            { ...traded(FIRST, 'f9', 'BUY', 10, 20, AGAIN).order, state: 'open', filled: '0' },
          ],
          changes: [
            ...KEPT.changes,
            ...traded(FIRST, 'f9', 'BUY', 10, 20, AGAIN).changes.slice(0, 1),
          ],
        },
        {
          intent: [intent(3, 2, 'entry', 1, 'BUY', AGAIN)],
          attempt: [attempt(3, 2, 3, AGAIN, 20)],
          attempt_state: [state(3, 'working', 0)],
          attempt_event: [event(3, 3, 'answered', null, { outcome: 'accepted' })],
        },
      ),
      asked('place', FIRST, AGAIN, 20, 3),
    ),
    `while ${AGAIN} rested, and nobody had cancelled it`,
  ],
]
showEach(BREAKING)

const HARMLESS: readonly Kept[] = [
  ['what is held for an exit of which only the trader can say what became of it', LOST_EXIT],
  [
    'an exit that came too late for its owner, who had just sold',
    withTrade(KEPT, traded(FIRST, 'own', 'SELL', 10, 60)),
  ],
  ['a trade of its owner beside ours', withTrade(KEPT, traded(FIRST, 'own', 'BUY', 7, 30))],
  [
    'two orders of the master that filled too close together to tell',
    {
      ...withRow(withRow(KEPT, 'signal', 0, { order_id: 'm2' }), 'signal', 1, { order_id: 'm1' }),
      requests: KEPT.requests.filter(({ clientCode }) => clientCode !== MASTER),
    },
  ],
]
showNone(HARMLESS)
