// The net under the exits: what is due and not at the broker is found when it has waited too long, whatever
// it waits for.
import { expect, test } from 'vitest'
import { type DueExit, EXIT_MAY_WAIT_MS, waitingExits } from '../../src/decide/waiting-exits.ts'
import { accountName } from '../../src/domain/ids.ts'
import { units } from '../../src/domain/numbers.ts'
import { after, type Instant } from '../../src/domain/time.ts'
import { at } from './builders.ts'
import { NIFTY_CALL } from './instruments.ts'

const NOW = at('10:00:00')
const dueOf = (follower: string, quantity = 65): DueExit => ({
  lane: {
    follower: accountName(follower),
    mode: 'live',
    instrument: NIFTY_CALL.id,
    product: 'INTRADAY',
  },
  owed: units(quantity),
})
const ONE = dueOf('FOLLOWER_1')
const TWO = dueOf('FOLLOWER_2')

/** The followers whose exit has waited too long, after looks at those moments that found those exits due. */
function told(
  looks: readonly (readonly [afterMs: number, due: readonly DueExit[]])[],
): readonly string[] {
  let since: ReturnType<typeof waitingExits>['since'] = new Map()
  let last: readonly DueExit[] = []
  for (const [afterMs, due] of looks) {
    const waiting = waitingExits(since, due, after(NOW, afterMs) as Instant)
    since = waiting.since
    last = waiting.tooLong
  }
  return last.map(({ lane }) => lane.follower)
}

const LONG = EXIT_MAY_WAIT_MS

test.each([
  [
    'nothing is due',
    [
      [0, []],
      [LONG, []],
    ],
    [],
  ],
  ['due just now', [[0, [ONE]]], []],
  [
    'not yet too long',
    [
      [0, [ONE]],
      [LONG - 1, [ONE]],
    ],
    [],
  ],
  [
    'too long',
    [
      [0, [ONE]],
      [LONG, [ONE]],
    ],
    ['FOLLOWER_1'],
  ],
  [
    'it goes on being so',
    [
      [0, [ONE]],
      [LONG, [ONE]],
      [2 * LONG, [ONE]],
    ],
    ['FOLLOWER_1'],
  ],
  [
    'another quantity of the same lane waits as long',
    [
      [0, [ONE]],
      [LONG, [dueOf('FOLLOWER_1', 130)]],
    ],
    ['FOLLOWER_1'],
  ],
  [
    'on its way meanwhile: from the beginning',
    [
      [0, [ONE]],
      [LONG / 2, []],
      [LONG, [ONE]],
    ],
    [],
  ],
  [
    'each by itself',
    [
      [0, [ONE]],
      [LONG / 2, [ONE, TWO]],
      [LONG, [ONE, TWO]],
    ],
    ['FOLLOWER_1'],
  ],
] as const)('%s', (_, looks, expected) => {
  expect(told(looks)).toEqual(expected)
})
