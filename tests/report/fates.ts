// Everything that can become of a copy, played on a day's ledger as an engine would record it.
import { MINUTE } from '../../src/domain/time.ts'
import type { Counts } from '../../src/report/record.ts'
import { entry, LOT, laneOf, skip } from '../ledger/scene.ts'
import { type Day, intentsIn } from './day.ts'

/** What each counts for, beside its signal. */
export const FATES = {
  skip: { skipped: 1 },
  missed: { failed: 1 },
  denied: { skipped: 1 },
  deniedLate: { failed: 1 },
  filled: { placed: 1, copied: 1 },
  partlyFilled: { placed: 1, copied: 1 },
  cancelled: { placed: 1, copied: 1 },
  resting: { placed: 1, copied: 1 },
  rejected: { failed: 1 },
  rejectedLater: { failed: 1, copied: 1 },
  unknown: { unknown: 1 },
  lapsed: { unknown: 1 },
  unsent: {},
} as const satisfies Record<string, Partial<Counts>>
export type Fate = keyof typeof FATES

export const fates = Object.keys(FATES) as readonly Fate[]

const missed = { kind: 'missed', ageMs: 2 * MINUTE, maxAgeMs: MINUTE } as const
const outcomes = {
  unknown: { kind: 'unknown', likely: null, evidence: 'no answer' },
  lapsed: { kind: 'unknown', likely: null, evidence: 'no answer' },
  rejected: { kind: 'rejected', cause: 'funds', text: 'no funds', evidence: '' },
} as const

/** One signal, with what becomes of it at each follower. */
export function happen(day: Day, name: string, at: readonly Fate[]): void {
  const before = intentsIn(day.events).length
  day.signal(name, (signal) =>
    at.map((fate, index) => {
      const lane = laneOf(index + 1)
      if (fate === 'skip') return skip(lane)
      if (fate === 'missed') return { ...skip(lane), reason: missed }
      return entry(lane, signal, LOT, [day.nextTag()])
    }),
  )
  const decided = at.filter((fate) => fate !== 'skip' && fate !== 'missed')
  intentsIn(day.events)
    .slice(before)
    .forEach((intent, index) => {
      const fate = decided[index]
      if (fate === 'denied') day.deny(intent, { kind: 'paused' })
      if (fate === 'deniedLate') day.deny(intent, missed)
      if (fate === 'denied' || fate === 'deniedLate' || fate === 'unsent') return
      const attempt = day.send(intent)
      if (fate === 'unknown' || fate === 'rejected' || fate === 'lapsed') {
        day.hear(attempt, { kind: 'answered', outcome: outcomes[fate] })
        if (fate === 'lapsed') day.hear(attempt, { kind: 'dayEnded', evidence: 'its day is over' })
        return
      }
      day.accept(attempt)
      if (fate === 'filled') day.fill(attempt, 65, '101.45')
      if (fate === 'partlyFilled') day.fill(attempt, 40, '101.45')
      if (fate === 'cancelled') day.fill(attempt, 0, '0')
      if (fate === 'rejectedLater') day.fill(attempt, 0, '0', 'rejected')
    })
}
