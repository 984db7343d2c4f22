// The trader's word from the page, and what became of it.
import type { Mode, Site } from './said.ts'

/** The ledger is always named, so that a page left open never steers another one. */
export interface ModeBody {
  readonly mode: Mode
}

/** null is everybody. */
export interface WhomBody extends ModeBody {
  readonly follower: string | null
}

/** `typed`: the follower's name, or `everybody`, as the person typed it. */
export interface FlattenBody extends WhomBody {
  readonly typed: string
}

export interface SignalBody extends ModeBody {
  readonly signal: number
}

/** null: all that are asked. */
export interface ApproveBody extends SignalBody {
  readonly followers: readonly string[] | null
}

/** `id` as in `E7`. */
export interface DismissBody extends ModeBody {
  readonly id: string
}

/** What the person saw in the broker's own app; `order` null: it isn't there. */
export interface ResolveBody extends ModeBody {
  /** `id` as in `U7`. */
  readonly id: string
  readonly order: string | null
}

export interface Told {
  /**
   * `acted`: the engine has acted on it. `working`: it is at it. `waits`: no engine runs; obeyed when one
   * starts. `notActed`: recorded, and the engine has not acted on it in time.
   */
  readonly kind: 'acted' | 'working' | 'waits' | 'notActed'
  readonly text: string
}

export interface Preview {
  readonly site: Site
  /** A line each; empty: nothing waits. */
  readonly lines: readonly string[]
}
