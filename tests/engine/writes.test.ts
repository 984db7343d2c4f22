// When the broker has counted our writes, as far as a run can know.
import { expect, test } from 'vitest'
import { accountName } from '../../src/domain/ids.ts'
import { after, HOUR, type Instant, instant, MINUTE, SECOND } from '../../src/domain/time.ts'
import { createWrites } from '../../src/engine/writes.ts'

const NOW = instant(Date.parse('2026-12-01T10:00:00+05:30'))

function runOver(recorded: readonly Instant[]) {
  let passedMs = 0
  const clock = {
    now: () => after(NOW, passedMs),
    monotonicMs: () => passedMs,
    sleep: async () => undefined,
  }
  const ledger = { writes: (_: unknown, since: Instant) => recorded.filter((at) => at >= since) }
  const writes = createWrites({ clock, ledger }, accountName('FOLLOWER_1'))
  return {
    writes,
    /** How long ago each of them was, in seconds. */
    ago: () => writes.history().map((at) => (writes.now() - at) / SECOND),
    passes(ms: number): void {
      passedMs += ms
    },
  }
}

test('of earlier runs as recorded, of this one as answered; what is under way counts as of now', () => {
  const { writes, ago, passes } = runOver([after(NOW, -MINUTE)])
  const answered = writes.began()
  expect(ago()).toEqual([60, 0])
  passes(2 * SECOND)
  expect(ago()).toEqual([62, 0])
  answered()
  passes(SECOND)
  expect(ago()).toEqual([63, 1])
  passes(HOUR + MINUTE)
  expect(ago()).toEqual([])
})

test('what was recorded by a clock that was ahead counts as of now, and not until that time has come', () => {
  const { ago, passes } = runOver([after(NOW, HOUR), after(NOW, 10 * MINUTE), after(NOW, -SECOND)])
  expect(ago()).toEqual([0, 0, 1])
  passes(30 * SECOND)
  expect(ago()).toEqual([30, 30, 31])
})
