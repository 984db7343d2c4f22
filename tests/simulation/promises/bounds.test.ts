// Promises 5, 6, 7 and 11 can fail: limits, dry runs, secrets, and engines side by side.

import {
  AGAIN,
  asked,
  at,
  ENTRY,
  FIRST,
  KEPT,
  MASTER,
  readings,
  SECOND,
  STRANGE,
  traded,
  withRequests,
  withRow,
  withTrade,
} from './made-up.ts'
import { type Breaking, type Kept, showEach, showNone } from './shown-to-fail.ts'

const BREAKING: readonly Breaking[] = [
  [
    'ten writes in a second',
    5,
    {
      ...KEPT,
      arrivals: Array.from({ length: 10 }, (_, index) => ({
        at: at(index / 20),
        route: 'place',
        clientCode: FIRST,
      })),
    },
    'F100001 place, modify, cancel: more than 9 in 1000 ms',
  ],
  [
    'an entry in the part of a second that is kept for exits',
    5,
    withRequests(
      KEPT,
      ...Array.from({ length: 6 }, (_, index) => asked('cancel', FIRST, 'f1', 0.2 + index / 10, 1)),
    ),
    `FOLLOWER_1: entry ${ENTRY} left at 10:00:00.900 after 6 writes in 1000 ms`,
  ],
  [
    'two readings of a book in a second',
    5,
    { ...KEPT, ...readings(3, 3.999) },
    'F100001 book: more than 1 in 1000 ms',
  ],
  [
    'what the broker refused for its rate',
    5,
    { ...KEPT, violations: [{ clientCode: FIRST, group: 'writes', at: at(1), windowMs: 1000 }] },
    'F100001 writes over 1000 ms at 10:00:01.000',
  ],
  [
    'a write of a paper follower',
    6,
    {
      ...KEPT,
      followers: KEPT.followers.map((each) =>
        each.clientCode === SECOND ? { ...each, mode: 'paper' } : each,
      ),
      arrivals: [{ at: at(1), route: 'place', clientCode: SECOND }],
    },
    'FOLLOWER_2 (paper): place arrived at 10:00:01.000',
  ],
  [
    'a cancel for the master',
    6,
    withRequests(KEPT, asked('cancel', MASTER, 'm1', 1, 3)),
    'the master: cancel sent at',
  ],
  [
    'an order by API in a paper account',
    6,
    withTrade(
      {
        ...KEPT,
        followers: KEPT.followers.map((each) =>
          each.clientCode === SECOND ? { ...each, mode: 'paper' } : each,
        ),
      },
      traded(SECOND, 'p1', 'BUY', 10, 1, AGAIN),
    ),
    'FOLLOWER_2 (paper) has an order p1 by API',
  ],
  [
    'paper facts of a live follower',
    6,
    withRow(KEPT, 'lane', 0, { mode: 'paper' }),
    'FOLLOWER_1 is live, and has paper facts',
  ],
  [
    'a secret in what was written',
    7,
    { ...KEPT, written: ['{"evidence":"login of CANARYTOTPSECRET failed"}'] },
    'a secret (CANA…) is written after',
  ],
  [
    'a PIN in what was written',
    7,
    { ...KEPT, secrets: ['4711'], written: ['{"quantity":"14711000","pin":"4711"}'] },
    'a secret (4…) is written after',
  ],
  [
    'two engines side by side',
    11,
    {
      ...KEPT,
      lives: [
        ...KEPT.lives,
        { number: 2, startedAt: at(10), journal: 3, endedAt: at(20), end: { kind: 'stopped' } },
      ],
    },
    'lives 1 and 2 ran side by side',
  ],
  [
    'a life that sent when it was over',
    11,
    { ...KEPT, lives: KEPT.lives.map((life) => ({ ...life, endedAt: at(50) })) },
    'life 1 sent place',
  ],
  [
    'a rival that was let in',
    11,
    { ...KEPT, rivals: [{ at: at(5), wasRefused: false }] },
    'a second engine was let in at 10:00:05.000',
  ],
  [
    'an engine that was kept out by a dead one',
    11,
    {
      ...KEPT,
      lives: KEPT.lives.map((life) => ({
        ...life,
        end: { kind: 'failed', why: 'Refusal: lockstep.db is in use by process 1' },
      })),
    },
    'life 1 was refused with nobody there',
  ],
  [
    'orders beside those of another engine',
    11,
    withRequests(
      withTrade(KEPT, traded(FIRST, 'x1', 'BUY', 1, 2, STRANGE)),
      ...[20, 25, 30, 35, 40].map((seconds) => asked('orderBook', FIRST, '', seconds, 3)),
    ),
    `its book shows ${STRANGE} of another engine`,
  ],
]
showEach(BREAKING)

const HARMLESS: readonly Kept[] = [
  [
    'a number that only looks like a PIN',
    { ...KEPT, secrets: ['4711'], written: ['{"at":1796104711000,"quantity":"4711000"}'] },
  ],
]
showNone(HARMLESS)
