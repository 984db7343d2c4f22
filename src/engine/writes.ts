// When the broker has counted our writes. The ledger knows when each was recorded, which a restart needs;
// but a write that was long on its way arrived later than that. While it is unanswered it counts as of now,
// afterwards as of its answer: so nothing that delays a request brings more into a window than it holds.
import type { AccountName } from '../domain/ids.ts'
import { after, HOUR, type Instant, MINUTE, SECOND } from '../domain/time.ts'
import type { Context } from './context.ts'

/** Older than this, the difference no longer matters to the windows that are as short as a delay. */
const REMEMBERED_MS = 2 * MINUTE
/** The longest window, and what is added to it for the way. */
const HISTORY_MS = HOUR + 10 * SECOND

export interface Writes {
  /** Of every write of the account, oldest first: when the broker has counted it at the latest. */
  history(): readonly Instant[]
  /** A write that was recorded at that moment goes out now; what is returned is called at its answer. */
  began(recordedAt: Instant): () => void
}

interface Write {
  readonly recordedAt: Instant
  answeredAt: Instant | null
}

export function createWrites({ clock, ledger }: Context, account: AccountName): Writes {
  let own: Write[] = []

  return {
    history() {
      const now = clock.now()
      own = own.filter(({ answeredAt }) => answeredAt === null || now - answeredAt < REMEMBERED_MS)
      const later = new Map<Instant, Instant[]>()
      for (const { recordedAt, answeredAt } of own) {
        const counted = later.get(recordedAt) ?? []
        counted.push(answeredAt ?? now)
        later.set(recordedAt, counted)
      }
      return ledger
        .writes(account, after(now, -HISTORY_MS))
        .map((recordedAt) => later.get(recordedAt)?.pop() ?? recordedAt)
        .sort((a, b) => a - b)
    },
    began(recordedAt) {
      const write: Write = { recordedAt, answeredAt: null }
      own.push(write)
      return () => {
        write.answeredAt = clock.now()
      }
    },
  }
}
