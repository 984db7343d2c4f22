// What a page that is open is told by itself: that something is new, never what.
import type { Mode } from './said.ts'

/** What is sent as server-sent events, by the name of the event. */
export interface Events {
  changed: Changed
  beat: null
  ended: null
  signedOut: null
}

/**
 * `event: changed`, at most four a second: what to ask for again. `event: beat` every 15 s without data.
 * The first comes at once. `event: ended` when the server stops; `event: signedOut` when the session ends.
 */
export interface Changed {
  readonly mode: Mode
  readonly revision: number
  readonly topics: readonly Topic[]
  /** Signals whose copies changed; those beyond the first 200 are left out, and `topics` has all. */
  readonly signals: readonly number[]
}

export type Topic = 'overview' | 'signals' | 'accounts' | 'engine'
