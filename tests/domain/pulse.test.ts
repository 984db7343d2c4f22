import { describe, expect, test } from 'vitest'
import { MASTER } from '../../src/domain/ids.ts'
import { type AccountPulse, ailmentsOf, type SessionState } from '../../src/domain/pulse.ts'
import { after, instant, SECOND } from '../../src/domain/time.ts'

const NOW = instant(Date.parse('2026-12-01T10:00:00+05:30'))
const ago = (seconds: number) => after(NOW, -seconds * SECOND)
const open: SessionState = { kind: 'open', since: ago(3600), until: after(NOW, 3600 * SECOND) }
const well: AccountPulse = {
  account: MASTER,
  session: open,
  stream: { kind: 'up', since: ago(3600) },
  orders: { goodAt: ago(2), failing: null },
  positions: { goodAt: ago(3600), failing: null },
  quotes: null,
  funds: null,
  seenFunds: null,
}
const failing = (since: number) =>
  ({ since: ago(since), at: ago(1), why: 'timeout', evidence: 'no answer in 7 s' }) as const
const unread = { kind: 'unread', what: 'orders', why: null, evidence: '' } as const
const stopped = { kind: 'stopped', why: 'two codes were refused', remedy: 'check it' } as const

describe('what wants attention', () => {
  test.each<[string, Partial<AccountPulse>, readonly unknown[]]>([
    ['all is well', {}, []],
    ['nothing is known', { session: null, stream: null, orders: null, positions: null }, []],
    ['a blip of readings', { orders: { goodAt: ago(4), failing: failing(3) } }, []],
    [
      'readings that fail for long',
      { orders: { goodAt: ago(18), failing: failing(15) } },
      [{ ...unread, forMs: 18_000, why: 'timeout', evidence: 'no answer in 7 s' }],
    ],
    [
      'readings that never worked',
      { orders: { goodAt: null, failing: failing(15) } },
      [{ ...unread, forMs: 15_000, why: 'timeout', evidence: 'no answer in 7 s' }],
    ],
    [
      'silence where readings are due',
      { orders: { goodAt: ago(11), failing: null } },
      [{ ...unread, forMs: 11_000 }],
    ],
    [
      'positions that fail',
      { positions: { goodAt: ago(60), failing: failing(40) } },
      [
        {
          kind: 'unread',
          what: 'positions',
          forMs: 60_000,
          why: 'timeout',
          evidence: 'no answer in 7 s',
        },
      ],
    ],
    ['a stopped account', { session: stopped }, [stopped]],
    [
      'one of which nobody has said yet whose it is',
      { session: { kind: 'unverified', why: 'not verified today', remedy: 'it is asked again' } },
      [{ kind: 'unverified', why: 'not verified today', remedy: 'it is asked again' }],
    ],
    [
      'an account without a session, whose stream is down with it',
      {
        session: { kind: 'closed', why: 'sessions end at midnight' },
        stream: { kind: 'down', since: ago(60), why: 'closed with 1006' },
      },
      [{ kind: 'loggedOut', why: 'sessions end at midnight' }],
    ],
    ['a blip of the stream', { stream: { kind: 'down', since: ago(9), why: 'closed' } }, []],
    [
      'a stream that stays down',
      { stream: { kind: 'down', since: ago(11), why: 'closed with 1006' } },
      [{ kind: 'streamDown', forMs: 11_000, why: 'closed with 1006' }],
    ],
    ['no stream at all', { stream: { kind: 'none' } }, []],
  ])('%s', (_, change, expected) => {
    const pulse = { ...well, ...change }
    expect(ailmentsOf(pulse, NOW, { isPolled: true, patienceMs: 10 * SECOND })).toEqual(expected)
  })

  test('a book that nobody has to read may be old', () => {
    const pulse = { ...well, orders: { goodAt: ago(3600), failing: null } }
    expect(ailmentsOf(pulse, NOW, { isPolled: false, patienceMs: 10 * SECOND })).toEqual([])
  })
})
