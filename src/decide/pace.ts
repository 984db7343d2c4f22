// Whether a broker's limits allow a write now. Arithmetic over the writes that the ledger holds, so that
// a restart forgets nothing and a test needs no clock; the lane merely sleeps.
//
// Every write counts, whatever became of it: the broker counts refused ones too. A window is taken with
// both its ends, so that two writes exactly one length apart still count as in one window. How far apart
// requests arrive is not how far apart they left: a broker's room takes its lengths a little longer for
// that than the broker's page says.
import { assert } from '../domain/assert.ts'
import { after, type Instant } from '../domain/time.ts'
import type { Window, Windows } from '../domain/windows.ts'

/** What a write is for: `closing` is every exit and every cancel, and has the whole window. */
export type Purpose = 'entry' | 'closing'

export type Pace = { readonly kind: 'go' } | { readonly kind: 'wait'; readonly until: Instant }

export interface PaceRequest {
  /** Instants of the account's writes, at least as far back as the longest window. */
  readonly history: readonly Instant[]
  readonly windows: Windows
  readonly now: Instant
  readonly purpose: Purpose
  /** Writes that go out together; 1 for an order. */
  readonly cost: number
}

/** Never `wait` until now or before: whoever waits and asks again gets further. */
export function pace({ history, windows, now, purpose, cost }: PaceRequest): Pace {
  let until = now
  for (const window of windows) {
    const most = purpose === 'entry' ? window.mostForEntries : window.most
    assert(cost <= most, `${cost} writes together never fit a window of ${most}`)
    const free = freeFrom(history, window, now, most - cost)
    if (free > until) until = free
  }
  return until > now ? { kind: 'wait', until } : { kind: 'go' }
}

/** The longest history that any window asks for. */
export const historyNeededMs = (windows: Windows): number =>
  Math.max(0, ...windows.map((window) => window.lengthMs))

// Waiting only lets writes grow out of the window, oldest first: it is free once no more than `room` are
// left in it. What stands after `now` (a clock that was set back) counts as well.
function freeFrom(
  history: readonly Instant[],
  window: Window,
  now: Instant,
  room: number,
): Instant {
  if (history.length <= room) return now
  const from = now - window.lengthMs
  // Nearly always there is room: then no list is made to know it.
  let count = 0
  for (const at of history) if (at >= from) count += 1
  if (count <= room) return now
  const inWindow = history.filter((at) => at >= from).toSorted((a, b) => a - b)
  const lastToLeave = inWindow.at(inWindow.length - room - 1)
  return lastToLeave === undefined ? now : after(lastToLeave, window.lengthMs + 1)
}
