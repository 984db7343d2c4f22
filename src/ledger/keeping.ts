// Keeps what was read until anything of it moves, so that a lane that is looked at on every message is not
// read again while it stands still. Only the engine keeps anything: nobody else changes what is traded while
// it runs, whereas a command that looks is told nothing of what moves. What was read within a transaction, or
// before one that was taken back, is never kept.
import type { Store } from './store.ts'

interface Kept<T> {
  readonly value: T
  readonly moves: number
  readonly takenBack: number
}

/** A day has a few hundred lanes; what is not asked for any more needn't be kept for good. */
const MOST_KEPT = 1000

/** Reads by a key; `moves` counts how often what is read by it has changed. */
export function keeping<K, T>(
  store: Store,
  moves: (key: K) => number,
  read: (key: K) => T,
): (key: K) => T {
  const kept = new Map<K, Kept<T>>()
  return (key) => {
    if (!store.isKeepable()) return store.read(() => read(key))
    const now = { moves: moves(key), takenBack: store.takenBack() }
    const known = kept.get(key)
    if (known?.moves === now.moves && known.takenBack === now.takenBack) return known.value
    const value = store.read(() => read(key))
    if (kept.size > MOST_KEPT) kept.clear()
    kept.set(key, { value, ...now })
    return value
  }
}
