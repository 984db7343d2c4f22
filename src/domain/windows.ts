// A broker's limits on writes (placing, modifying, cancelling together) as rolling windows. Each broker
// states its own in its room; `pace` obeys them.

export interface Window {
  readonly lengthMs: number
  /** Writes in any stretch of that length. */
  readonly most: number
  /** Where entries stop: the rest is kept for exits and cancels. */
  readonly mostForEntries: number
}

export type Windows = readonly Window[]
