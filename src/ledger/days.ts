// What each follower sent in a day, and what it adds up to: orders, rejections in a row, fills. It is asked
// for before every entry and at every word of a broker, so the rows of the day are kept here, and only attempts that have moved since are read again. What is
// kept is never believed beyond that: it is read from the tables, and thrown away with the day. Only the
// engine keeps anything: whoever else looks is told nothing of what moves, and reads the whole day.
import type { AttemptState } from '../domain/attempt.ts'
import type { AccountName } from '../domain/ids.ts'
import { atTimeOfDay, dayOf, nextDay, type TradingDay } from '../domain/time.ts'
import type { FollowerDay, Ledger } from '../ports.ts'
import type { Derive } from './derive.ts'
import type { Recorded, Sent } from './recorded.ts'
import type { Store } from './store.ts'

export type Days = Pick<Ledger, 'followerDay' | 'attemptsOfDay'>

interface KeptDay {
  readonly day: TradingDay
  /** By attempt, oldest first. */
  readonly sent: Map<number, Sent>
  resumedAt: bigint
  /** null: something has moved since it was added up. */
  sum: FollowerDay | null
}

export function createDays(store: Store, derive: Derive, recorded: Recorded): Days {
  const sql = prepare(store.db)
  const kept = new Map<string, KeptDay>()

  function readDay(follower: AccountName, day: TradingDay): KeptDay {
    const [from, to] = [atTimeOfDay(day, 0), atTimeOfDay(nextDay(day), 0)]
    const sent = recorded.sentBetween(follower, from, to)
    return {
      day,
      sent: new Map(sent.map((each) => [each.open.attempt.id, each])),
      resumedAt: -1n,
      sum: null,
    }
  }

  /** Reads again what has moved since it was last asked for. */
  function follow(): void {
    const moved = derive.takeMoved()
    if (moved === 'many') kept.clear()
    else
      for (const number of moved) {
        const sent = recorded.sent(number)
        if (sent === null) continue
        const { id, at, intent } = sent.open.attempt
        const own = kept.get(intent.lane.follower)
        if (!own || dayOf(at) !== own.day) continue
        own.sent.set(id, sent)
        own.sum = null
      }
  }

  function keptDay(follower: AccountName, day: TradingDay): KeptDay {
    if (!store.isOnlyWriter()) return readDay(follower, day)
    follow()
    const known = kept.get(follower)
    if (known?.day === day) return known
    const fresh = readDay(follower, day)
    kept.set(follower, fresh)
    return fresh
  }

  return {
    attemptsOfDay: (follower, day) =>
      store.read(() => [...keptDay(follower, day).sent.values()].map(({ open }) => open)),
    followerDay: (follower, day) =>
      store.read(() => {
        const own = keptDay(follower, day)
        const resumedAt = sql.resumedAt.get({ follower }) as bigint
        if (own.sum === null || own.resumedAt !== resumedAt)
          own.sum = addUp([...own.sent.values()], resumedAt)
        own.resumedAt = resumedAt
        return own.sum
      }),
  }
}

/** Oldest first. Rejections before the last resume do not count: the trader's resume starts anew. */
function addUp(sent: readonly Sent[], resumedAt: bigint): FollowerDay {
  const counted = sent.filter(({ open }) => !NOT_COUNTED.has(open.state.kind))
  const known = sent.filter(({ open }) => ANSWERED.has(open.state.kind))
  const broken = known.findLastIndex(
    ({ open, recordedIn }) => !isRejection(open.state) || recordedIn <= resumedAt,
  )
  return {
    orders: counted.length,
    rejectionsInARow: known.length - 1 - broken,
    // Newest first.
    fills: counted.flatMap(fillOf).reverse(),
  }
}

function fillOf({ open: { attempt, state } }: Sent): FollowerDay['fills'] {
  if ((state.kind !== 'working' && state.kind !== 'done') || state.filled === 0n) return []
  const { lane, side, pricing } = attempt.intent
  // A broker that shows no average yet: the limit is the worst that it can be.
  const limit = 'price' in pricing ? pricing.price : null
  return [{ lane, side, quantity: state.filled, price: state.averagePrice ?? limit }]
}

const NOT_COUNTED: ReadonlySet<AttemptState['kind']> = new Set(['notSent', 'rejected'])
const ANSWERED: ReadonlySet<AttemptState['kind']> = new Set(['rejected', 'working', 'done'])

const isRejection = (state: AttemptState): boolean =>
  state.kind === 'rejected' || (state.kind === 'done' && state.end === 'rejected')

function prepare(db: Store['db']) {
  return {
    resumedAt: db
      .prepare(`
        SELECT coalesce(max(journal), 0) FROM steering
        WHERE kind = 'resume' AND (follower IS NULL OR follower = @follower)`)
      .pluck(),
  }
}
