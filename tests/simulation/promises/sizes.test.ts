// The sizes of what is copied can be wrong and its guards forgotten (promises 2 and 4), and an exit can wait for
// nothing, or in silence, and the trader's word can be passed over (promise 4).

import { accountName, instrumentId } from '../../../src/domain/ids.ts'
import { units } from '../../../src/domain/numbers.ts'
import type { EngineEvent } from '../../../src/ports.ts'
import { type Row, type Truth, UNIT } from '../truth.ts'
import {
  AGAIN,
  asked,
  at,
  attempt,
  ENTRY,
  EXIT,
  event,
  FIRST,
  intent,
  KEPT,
  SBIN,
  session,
  withRequests,
  withRow,
  withRows,
} from './made-up.ts'
import { type Breaking, type Kept, showEach, showNone } from './shown-to-fail.ts'

type Sizing = Parameters<typeof session>[0]

const sized = (sizing: Sizing, rounding: 'down' | 'nearest' | 'up', quantity: number): Truth => {
  const truth = withRow(KEPT, 'session', 0, session(sizing, rounding))
  return withRow(withRow(truth, 'decision', 0, { quantity: quantity * UNIT }), 'intent', 0, {
    quantity: quantity * UNIT,
  })
}
const by = (over: number, under: number): Sizing => ({
  mode: 'multiplier',
  by: { over: String(over), under: String(under) },
})

/** The master sells four of its ten first, and the follower three of what it has, which is all ten. */
const PARTLY: Truth = withRow(
  withRow(
    withRow(KEPT, 'signal', 1, { quantity: 4 * UNIT, master_after: 6 * UNIT }),
    'decision',
    2,
    { covers: -4 * UNIT, copied_after: 6 * UNIT, entitlement: `${6 * UNIT}/1` },
  ),
  'attempt',
  1,
  { quantity: 4 * UNIT },
)

/** What the entry filled is known only once the master has left. */
const FILLED_LATE: Truth = withRow(KEPT, 'attempt_event', 0, { journal: 4 })

/** As long as it takes for an exit to be late, with nothing of it sent. */
const UNSENT: Truth = {
  ...KEPT,
  facts: {
    ...KEPT.facts,
    intent: (KEPT.facts.intent ?? []).slice(0, 1),
    attempt: (KEPT.facts.attempt ?? []).slice(0, 1),
    attempt_event: (KEPT.facts.attempt_event ?? []).slice(0, 1),
  },
  requests: KEPT.requests.slice(0, -1),
  orders: KEPT.orders.filter(({ tag }) => tag !== EXIT),
  changes: KEPT.changes.filter(({ tag }) => tag !== EXIT),
}

const OWED: EngineEvent = {
  kind: 'owed',
  lane: {
    follower: accountName('FOLLOWER_1'),
    mode: 'live',
    instrument: instrumentId('NSE', 'SBIN-EQ'),
    product: SBIN.product,
  },
  quantity: units(10),
  why: 'resume',
}

/** The same, and every view says so. */
const OWING: Truth = {
  ...withRow(UNSENT, 'lane_state', 0, { held: 10 * UNIT }),
  owed: [{ follower: accountName('FOLLOWER_1'), ...SBIN, owed: 10 }],
  told: [{ at: at(76), life: 1, event: OWED }],
}

const login = (number: number, seconds: number): Row => ({
  ...{ number, journal: 1, account: 'FOLLOWER_1', code_window: number, at: at(seconds) },
})
const came = (number: number, result: string): Row => ({ login: number, journal: 1, result })

const steered = (
  truth: Truth,
  ...kinds: readonly (readonly [kind: string, whom: string | null])[]
) =>
  withRows(truth, {
    steering: kinds.map(([kind, follower], index) => ({ journal: index + 2, kind, follower })),
  })

/** A second program that never says that the exit is owed. */
const TOLD_ONCE: Truth = {
  ...steered(OWING, ['halt', null]),
  lives: [
    ...KEPT.lives.map((life) => ({ ...life, endedAt: at(90) })),
    ...KEPT.lives.map((life) => ({ ...life, number: 2, startedAt: at(95) })),
  ],
}

const BREAKING: readonly Breaking[] = [
  [
    'an entry that is rounded up',
    2,
    sized(by(7, 20), 'down', 4),
    'signal #1 of 10 is copied by FOLLOWER_1 with 4, its sizing makes 3 of it',
  ],
  [
    'a tie that is rounded to more',
    2,
    sized(by(1, 4), 'nearest', 3),
    'with 3, its sizing makes 2 of it',
  ],
  ['a lot that is too little', 2, sized(by(1, 4), 'up', 2), 'with 2, its sizing makes 3 of it'],
  [
    'capital the other way round',
    2,
    sized({ mode: 'proportional' }, 'down', 20),
    'with 20, its sizing makes 5 of it',
  ],
  [
    'the quantity of the master where it is fixed',
    2,
    sized({ mode: 'fixedQuantity', quantity: 3 * UNIT }, 'down', 10),
    'with 10, its sizing makes 3 of it',
  ],
  [
    'the lots of the master where they are fixed',
    2,
    sized({ mode: 'fixedLots', lots: 2 }, 'down', 10),
    'with 10, its sizing makes 2 of it',
  ],
  [
    'orders that come to less than was decided',
    2,
    withRow(KEPT, 'intent', 0, { quantity: 5 * UNIT }),
    'with 5, its sizing makes 10 of it',
  ],
  [
    'an exit that counts less than the master sold',
    4,
    withRow(PARTLY, 'decision', 2, { covers: -3 * UNIT, copied_after: 7 * UNIT }),
    'signal #2 takes 4 of 10 copied by FOLLOWER_1, the master holds 6: 6 should be left, 7 is',
  ],
  [
    'an exit that leaves something of a flat master',
    4,
    withRow(KEPT, 'decision', 2, { covers: -9 * UNIT, copied_after: 1 * UNIT }),
    'the master holds 0: 0 should be left, 1 is',
  ],
  [
    'an exit that is measured by another position',
    4,
    withRow(PARTLY, 'decision', 2, { copied_before: 20 * UNIT }),
    'signal #2 takes 4 of 10 copied by FOLLOWER_1',
  ],
  [
    'an exit that leaves another share',
    4,
    withRow(PARTLY, 'decision', 2, { entitlement: `${5 * UNIT}/1` }),
    'signal #2 leaves 5 to FOLLOWER_1, 0 of it still to fill; 6 of 10 leaves 6 of its 10',
  ],
  [
    'an exit that lets an entry before it go on filling',
    4,
    FILLED_LATE,
    'signal #2 leaves 10 to FOLLOWER_1, 10 of it still to fill; 0 of 10 leaves 0 of its 10',
  ],
  [
    'an exit that closes more than its share',
    4,
    withRow(PARTLY, 'attempt', 1, { quantity: 5 * UNIT }),
    `exit ${EXIT} closes 5, 4 of 10 held are due`,
  ],
  [
    'a second exit beside one that may still fill',
    4,
    withRows(PARTLY, {
      intent: [intent(3, 5, 'exit', 2, 'SELL', AGAIN)],
      attempt: [attempt(3, 5, 3, AGAIN, 60.9)],
    }),
    `exit ${AGAIN} closes 10, 0 of 10 held are due`,
  ],
  [
    'an exit that never leaves',
    4,
    UNSENT,
    'FOLLOWER_1 NSE:SBIN-EQ INTRADAY: an exit of 10 was due at 10:01:00.800, and nothing left in 10000 ms',
  ],
  [
    'an exit that a pause keeps back',
    4,
    steered(UNSENT, ['pause', 'FOLLOWER_1']),
    'an exit of 10 was due at 10:01:00.800',
  ],
  [
    'an exit that a halt of long ago keeps back',
    4,
    steered(UNSENT, ['halt', null], ['resume', null]),
    'an exit of 10 was due at 10:01:00.800',
  ],
  [
    'an exit of an account that has logged in since',
    4,
    withRows(OWING, {
      login: [login(1, 30), login(2, 55)],
      login_result: [came(1, 'unserved'), came(2, 'accepted')],
    }),
    'an exit of 10 was due at 10:01:00.800, and nothing left in 10000 ms',
  ],
  [
    'an exit of an account that could have logged in long ago',
    4,
    withRows(OWING, { login: [login(1, 20)] }),
    'an exit of 10 was due at 10:01:00.800, and nothing left in 10000 ms',
  ],
  [
    'an exit that waits and is told to nobody',
    4,
    { ...steered(OWING, ['halt', null]), told: [] },
    'an exit of 10 was due from 10:01:00.800 to 10:05:00.000, and nobody was told',
  ],
  [
    'an exit that is told to nobody though the machine sleeps but for a moment',
    4,
    { ...steered(OWING, ['halt', null]), told: [], sleeps: [{ from: at(70), until: at(80) }] },
    'an exit of 10 was due from 10:01:00.800 to 10:05:00.000, and nobody was told',
  ],
  [
    'an exit of which one program tells and the next one does not',
    4,
    withRequests(TOLD_ONCE, asked('orderBook', FIRST, '', 96, 9, 2)),
    'an exit of 10 was due from 10:01:50.000 to 10:05:00.000, and nobody was told',
  ],
  [
    'a master that is taken for another',
    4,
    withRow(KEPT, 'signal', 0, { master_before: 5 * UNIT, master_after: 15 * UNIT }),
    'signal #1 takes the master for holding 15 NSE:SBIN-EQ INTRADAY, its fills come to 10',
  ],
  [
    'an entry that leaves too late',
    2,
    {
      ...KEPT,
      requests: KEPT.requests.map((each) =>
        each.names === ENTRY ? { ...each, sentAt: at(67) } : each,
      ),
    },
    `entry ${ENTRY} left at 10:01:07.000, 67000 ms after the master's fill, 60000 are allowed`,
  ],
  [
    'an entry beyond the orders of the day',
    2,
    withRequests(
      withRows(withRow(KEPT, 'session', 0, session({ mode: 'mirror' }, 'down', 2)), {
        intent: [intent(3, 5, 'entry', 1, 'BUY', AGAIN)],
        attempt: [attempt(3, 5, 3, AGAIN, 62)],
      }),
      asked('place', FIRST, AGAIN, 62, 5),
    ),
    `entry ${AGAIN} left at 10:01:02.000 after 2 orders, 2 a day are allowed`,
  ],
  [
    'an exit that leaves in a halt',
    4,
    steered(KEPT, ['halt', null]),
    `FOLLOWER_1, halted at 10:00:00.900: place ${EXIT} left at 10:01:00.900`,
  ],
  [
    'an exit that leaves while the file is there',
    4,
    { ...KEPT, haltFiles: [{ at: at(20), isThere: true }] },
    `FOLLOWER_1, halted at 10:00:20.000: place ${EXIT} left`,
  ],
  [
    'an entry that leaves for who is paused',
    4,
    withRows(KEPT, { steering: [{ journal: 0, kind: 'pause', follower: null }] }),
    `FOLLOWER_1, paused at 09:59:10.000: place ${ENTRY} left at 10:00:00.900`,
  ],
]
showEach(BREAKING)

const HARMLESS: readonly Kept[] = [
  ['what is sized up by its setting', sized(by(19, 20), 'up', 10)],
  [
    'an exit that is told before its entry is known to have filled',
    withRows(FILLED_LATE, { allowance: [{ decision: 3, intent: 1, up_to: 0 }] }),
  ],
  ['an exit in a program that could never log in there', TOLD_ONCE],
  [
    'an exit of a machine that sleeps before it can tell, and still does as the day ends',
    { ...OWING, told: [], sleeps: [{ from: at(62), until: at(299) }] },
  ],
  [
    'an exit of an account that waits for the next code to log in with',
    withRows(OWING, { login: [login(1, 55)], login_result: [came(1, 'unserved')] }),
  ],
  ['an exit that waits for the end of a halt', steered(OWING, ['halt', null])],
  [
    'an exit that waits until the file is gone',
    { ...OWING, haltFiles: [{ at: at(59), isThere: true }] },
  ],
  [
    'an exit that waits for a program that is not there',
    { ...OWING, lives: KEPT.lives.map((life) => ({ ...life, endedAt: at(70) })) },
  ],
  [
    'an exit whose position the broker does not tell',
    {
      ...OWING,
      requests: [...OWING.requests, { ...asked('positions', FIRST, '', 61, 5), answeredAt: null }],
    },
  ],
  [
    'an exit that was rejected and is tried again later',
    withRows(OWING, {
      intent: [intent(2, 5, 'exit', 2, 'SELL', EXIT)],
      attempt: [attempt(2, 5, 2, EXIT, 60.8)],
      attempt_state: [],
      attempt_event: [event(6, 2, 'answered', null, { outcome: 'rejected' })],
    }),
  ],
  ['an exit that leaves for who is paused', steered(KEPT, ['pause', null])],
  ['an exit that leaves in a halt by a flatten', steered(KEPT, ['halt', null], ['flatten', null])],
  [
    'an exit that leaves when the file is gone',
    {
      ...KEPT,
      haltFiles: [
        { at: at(20), isThere: true },
        { at: at(50), isThere: false },
      ],
    },
  ],
]
showNone(HARMLESS)
