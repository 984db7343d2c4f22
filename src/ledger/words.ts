// The newest word of the trader, whichever program wrote it: they are only ever added, so what was added up of
// them stands until there is another one. It is looked for once a moment, however many followers ask.
import type { Store } from './store.ts'

export type Words = ReturnType<typeof createWords>

export function createWords(store: Store) {
  const newest = store.db.prepare('SELECT coalesce(max(number), 0) FROM steering').pluck()
  let seen: { readonly in: number; readonly number: bigint } | null = null
  return {
    /** Within a read. */
    newest(): bigint {
      const now = store.moment()
      if (seen?.in !== now) seen = { in: now, number: newest.get() as bigint }
      return seen.number
    },
  }
}
