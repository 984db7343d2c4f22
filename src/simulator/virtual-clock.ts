// Time that passes when it is told to: a day in a second. Whoever sleeps wakes in the order of the times
// they sleep to, and everything that follows from one waking is done before the next.
import { type Instant, instant } from '../domain/time.ts'

export interface VirtualClock {
  now(): Instant
  monotonicMs(): number
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  /** Lets that much time pass, with everything that happens in it. */
  pass(ms: number): Promise<void>
  /** That much time is gone at once, as for a machine that was suspended: whoever slept wakes at the end of it. */
  jump(ms: number): void
  /** When somebody wakes next; null while nobody sleeps. */
  nextWaking(): Instant | null
}

interface Sleeper {
  readonly at: number
  readonly number: number
  wake(): void
}

export function createVirtualClock(startsAt: Instant): VirtualClock {
  let now: number = startsAt
  let count = 0
  const sleepers = new Set<Sleeper>()

  const first = (): Sleeper | null => {
    let earliest: Sleeper | null = null
    for (const each of sleepers) {
      const isEarlier =
        earliest === null ||
        each.at < earliest.at ||
        (each.at === earliest.at && each.number < earliest.number)
      if (isEarlier) earliest = each
    }
    return earliest
  }

  return {
    now: () => instant(now),
    monotonicMs: () => now - startsAt,
    nextWaking: () => {
      const sleeper = first()
      return sleeper === null ? null : instant(sleeper.at)
    },
    sleep(ms, signal) {
      return new Promise((resolve) => {
        if (signal?.aborted || ms <= 0) {
          resolve()
          return
        }
        const sleeper: Sleeper = {
          at: now + Math.ceil(ms),
          number: count++,
          wake() {
            sleepers.delete(sleeper)
            signal?.removeEventListener('abort', sleeper.wake)
            resolve()
          },
        }
        sleepers.add(sleeper)
        signal?.addEventListener('abort', sleeper.wake, { once: true })
      })
    },
    async pass(ms) {
      const until = now + ms
      await settled()
      for (let next = first(); next !== null && next.at <= until; next = first()) {
        now = Math.max(now, next.at)
        next.wake()
        await settled()
      }
      now = until
    },
    jump(ms) {
      now += ms
    },
  }
}

/** Every promise that can go on without time has gone on. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
