import { describe, expect, test } from 'vitest'
import { judgeGrowth } from './growth.ts'
import type { Sample } from './vitals.ts'

const MINUTE_MS = 60_000

/** Over an hour, a sample a minute, 700 orders: the program is started once and grows nowhere. */
function hour(change: (sample: Sample, minute: number) => Partial<Sample>): readonly Sample[] {
  return Array.from({ length: 70 }, (_, minute) => {
    const steady: Sample = {
      atMs: minute * MINUTE_MS,
      life: 1,
      ageMs: minute * MINUTE_MS,
      // A collector is never quite regular.
      rss: 150 + (minute % 5),
      native: 110 + (minute % 2),
      heap: 40 + (minute % 3) / 10,
      heapCommitted: 60 + (minute % 4),
      descriptors: 40 + (minute % 2),
      handles: 30,
      cpu: minute * 3,
      ledger: minute / 20,
      wal: 4,
      log: minute / 10,
      rows: minute * 200,
      orders: minute * 10,
    }
    return { ...steady, ...change(steady, minute) }
  })
}

const findings = (samples: readonly Sample[]): string => judgeGrowth(samples).findings.join('\n')

test('what is steady, and what grows with the day, is no finding', () => {
  expect(findings(hour(() => ({})))).toBe('')
  // Each minute goes through all the orders that there are.
  expect(findings(hour((_, minute) => ({ cpu: minute ** 2 / 10 })))).toBe('')
  // 4 KB an order: its row in a book, and what became of it.
  expect(findings(hour(({ orders }) => ({ heap: 40 + orders * 0.004 })))).toBe('')
})

test.each<[string, (sample: Sample, minute: number) => Partial<Sample>, string]>([
  [
    'a leak of memory',
    (_, minute) => ({ heap: 40 + minute / 5 + (minute % 3) / 10 }),
    'heap after collection, MB grows by 12.00 an hour, 4.40 is allowed',
  ],
  [
    'more than twice of what is kept of an order',
    ({ orders }) => ({ heap: 40 + orders * 0.01 }),
    'heap after collection, MB grows by 6.00 an hour, 4.40 is allowed',
  ],
  [
    'resident memory over a long life',
    (_, minute) => ({ rss: 150 + minute + (minute % 5) }),
    'resident memory, MB grows by',
  ],
  [
    'memory beside the heap',
    (_, minute) => ({ native: 110 + minute }),
    'of it beside the heap, MB grows by 60.00 an hour',
  ],
  [
    'a socket that stays open every five minutes',
    (_, minute) => ({ descriptors: 40 + Math.floor(minute / 5) }),
    'file descriptors grows by 12.00 an hour',
  ],
  ['timers', (_, minute) => ({ handles: 30 + minute }), 'open handles grows by 60.00 an hour'],
  ['a log that is never merged', (_, minute) => ({ wal: 4 + minute }), 'ledger, not merged, MB'],
  [
    'work that grows faster than the books do',
    (_, minute) => ({ cpu: minute ** 4 / 1e4 }),
    'CPU, s: a late minute costs',
  ],
  [
    'a ledger that grows by itself',
    (_, minute) => ({ ledger: minute ** 2 / 100 }),
    'ledger, MB: a late order costs',
  ],
])('control: %s is found', (_, change, told) => {
  expect(findings(hour(change))).toContain(told)
})

describe('is no finding', () => {
  test.each<[string, (sample: Sample, minute: number) => Partial<Sample>]>([
    ['one peak', (_, minute) => (minute === 58 ? { rss: 900, heap: 200 } : {})],
    ['memory that settles on another level', (_, minute) => ({ rss: minute < 3 ? 90 : 150 })],
    ['warming up', (_, minute) => (minute < 2 ? { heap: 10, descriptors: 5 } : {})],
    ['a machine that cannot tell', () => ({ rss: null, cpu: null, descriptors: null })],
  ])('%s', (_, change) => {
    expect(findings(hour(change))).toBe('')
  })

  test('pages that a short life takes in peaks and keeps', () => {
    const samples = hour((_, minute) => ({ rss: 150 + 30 * Math.floor(minute / 8) }))
    expect(findings(samples.slice(0, 30))).toBe('')
    expect(findings(samples)).toContain('resident memory, MB grows by')
  })

  test('what each start begins anew', () => {
    const lives = hour((_, minute) => ({
      life: 1 + Math.floor(minute / 10),
      ageMs: (minute % 10) * MINUTE_MS,
      // Of the first minutes of each life.
      heap: 40 + Math.min(minute % 10, 2) * 10,
    }))
    expect(findings(lives)).toBe('')
  })
})

test('control: what grows in each life is found in the longest', () => {
  const lives = hour((_, minute) => ({
    life: minute < 40 ? 1 + Math.floor(minute / 10) : 5,
    ageMs: (minute < 40 ? minute % 10 : minute - 40) * MINUTE_MS,
    heap: 40 + (minute < 40 ? minute % 10 : minute - 40),
  }))
  expect(findings(lives)).toContain('heap after collection, MB grows by 60.00 an hour')
})

test('a session too short for a trend is told, not judged', () => {
  const { table, findings: found } = judgeGrowth(
    hour((_, minute) => ({ heap: minute })).slice(0, 7),
  )
  expect(found).toEqual([])
  expect(table.find((line) => line.startsWith('heap'))).toMatch(/too few$/)
})
