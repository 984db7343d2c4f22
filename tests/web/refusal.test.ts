// How the page's server says no, and how an event is written.
import { expect, test } from 'vitest'
import { eventText } from '../../src/web/event-text.ts'
import { RequestRefused } from '../../src/web/refusal.ts'

test('a refusal has its status and its words', () => {
  const refusal = new RequestRefused('refused', 'FOLLOWER_1 owes nothing')
  expect([refusal.status, refusal.body()]).toEqual([
    409,
    { error: { kind: 'refused', text: 'FOLLOWER_1 owes nothing' } },
  ])
  expect(new RequestRefused('wait', 'too many', { waitMs: 5000 }).body().error.waitMs).toBe(5000)
})

test('a line break in the data ends no event', () => {
  const text = eventText('changed', {
    mode: 'live',
    revision: 1,
    topics: ['signals'],
    signals: [],
    text: 'a\n\nevent: ended\n\n',
  } as Parameters<typeof eventText<'changed'>>[1])
  expect(text.split('\n\n').filter((part) => part !== '')).toHaveLength(1)
})
