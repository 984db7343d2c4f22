// Signals and their copies as rows of equal height, which of them are in sight, and how a fresh page goes
// into what is known. Pure: the list can be of any length, what is drawn is a screenful.
import type { CopyRow, SignalRow } from '../shapes/orders.ts'

export type Row =
  | {
      readonly kind: 'signal'
      readonly key: string
      readonly signal: SignalRow
      readonly isOpen: boolean
    }
  | {
      readonly kind: 'copy'
      readonly key: string
      readonly signal: SignalRow
      readonly copy: CopyRow
    }

export function rowsOf(
  signals: readonly SignalRow[],
  isOpen: (signal: SignalRow) => boolean,
): readonly Row[] {
  const rows: Row[] = []
  for (const signal of signals) {
    const open = isOpen(signal)
    rows.push({ kind: 'signal', key: `${signal.signal}`, signal, isOpen: open })
    if (!open) continue
    for (const copy of signal.copies)
      rows.push({ kind: 'copy', key: `${signal.signal} ${copy.follower}`, signal, copy })
  }
  return rows
}

export interface Sight {
  readonly scrollTop: number
  readonly height: number
  readonly rowHeight: number
  readonly count: number
}

/** Drawn beyond what is in sight, so that scrolling shows no gap and the next row can take the focus. */
const BEYOND = 6

/** The rows from `first` up to, not including, `end`. */
export function rowsInSight({ scrollTop, height, rowHeight, count }: Sight): {
  readonly first: number
  readonly end: number
} {
  const top = Math.min(Math.floor(Math.max(0, scrollTop) / rowHeight), Math.max(0, count - 1))
  const shown = Math.ceil(height / rowHeight) + 1
  return { first: Math.max(0, top - BEYOND), end: Math.min(count, top + shown + BEYOND) }
}

/**
 * `fresh` is everything from the signal `since` up to the newest: what is known of that stretch and is not
 * in it meets the filter no longer. Newest first.
 */
export const mergeSignals = (
  known: readonly SignalRow[],
  fresh: readonly SignalRow[],
  since: number,
): readonly SignalRow[] => [...fresh, ...known.filter(({ signal }) => signal < since)]
