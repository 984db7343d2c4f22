// When the broker has counted our writes. The ledger knows when each was recorded, which a restart needs;
// but a write that was long on its way arrived later than that. While it is unanswered it counts as of now,
// afterwards as of its answer: so nothing that delays a request brings more into a window than it holds.
//
// Those of earlier runs are read from the ledger once; each of this run comes through here as it leaves, by a
// clock that nobody can set: a machine whose time jumps ahead would take a full window for an empty one.
import type { AccountName } from '../domain/ids.ts'
import { after, HOUR, type Instant, instant, SECOND } from '../domain/time.ts'
import type { Clock, Ledger } from '../ports.ts'

/** The longest window, and what is added to it for the way. */
const HISTORY_MS = HOUR + 10 * SECOND

export interface Writes {
  /** What `history` goes by: the machine's time when the run began, and what has passed since. */
  now(): Instant
  /** Of every write of the account: when the broker has counted it at the latest. */
  history(): readonly Instant[]
  /** A write goes out now; what is returned is called at its answer. */
  began(): () => void
}

export function createWrites(
  { clock, ledger }: { readonly clock: Clock; readonly ledger: Pick<Ledger, 'writes'> },
  account: AccountName,
): Writes {
  const begunMs = clock.now() - clock.monotonicMs()
  const now = (): Instant => instant(Math.round(begunMs + clock.monotonicMs()))
  const since = (): Instant => after(now(), -HISTORY_MS)
  /**
   * Of earlier runs as they were recorded, of this one as they were answered. What was recorded later than now was so
   * by a clock that was ahead: it would fill a window until that time has come.
   */
  let counted: Instant[] = ledger.writes(account, since()).map((at) => instant(Math.min(at, now())))
  let unanswered = 0

  return {
    now,
    history() {
      const oldest = since()
      if (counted[0] !== undefined && counted[0] < oldest)
        counted = counted.filter((at) => at >= oldest)
      return unanswered === 0 ? counted : [...counted, ...Array<Instant>(unanswered).fill(now())]
    },
    began() {
      unanswered += 1
      return () => {
        unanswered -= 1
        counted.push(now())
      }
    },
  }
}
