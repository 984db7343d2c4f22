// What each follower sent in a day, and what it adds up to: orders, rejections in a row, fills. It is asked
// for before every entry and at every word of a broker, so the rows of the day are kept here, and only attempts
// that have moved since are read again; what they add up to is carried on with each of them. What is kept is
// never believed beyond that: it is read from the tables, and thrown away with the day. Only the engine keeps
// anything: whoever else looks is told nothing of what moves, and reads the whole day.
import type { AttemptState } from '../domain/attempt.ts'
import type { AccountName, AttemptId } from '../domain/ids.ts'
import { atTimeOfDay, dayOf, nextDay, type TradingDay } from '../domain/time.ts'
import type { FollowerDay, Ledger } from '../ports.ts'
import type { Derive } from './derive.ts'
import type { Recorded, Sent } from './recorded.ts'
import type { Store } from './store.ts'
import type { Words } from './words.ts'

export type Days = Pick<Ledger, 'followerDay' | 'attemptsOfDay'>

interface KeptDay {
  readonly day: TradingDay
  /** Oldest first; another list with each that is added or has moved. */
  sent: readonly Sent[]
  /** Where each attempt stands in it. */
  readonly places: Map<AttemptId, number>
  orders: number
  /** null: something has moved since. */
  sum: FollowerDay | null
  resumed: Resumed | null
}

/** The trader's last resume of a follower, as of the newest word of all. */
interface Resumed {
  readonly asOf: bigint
  readonly at: bigint
}

export function createDays(parts: {
  readonly store: Store
  readonly derive: Derive
  readonly recorded: Recorded
  readonly words: Words
}): Days {
  const { store, derive, recorded, words } = parts
  const sql = prepare(store.db)
  const kept = new Map<string, KeptDay>()

  function readDay(follower: AccountName, day: TradingDay): KeptDay {
    const [from, to] = [atTimeOfDay(day, 0), atTimeOfDay(nextDay(day), 0)]
    const sent = recorded.sentBetween(follower, from, to)
    return {
      day,
      sent,
      places: new Map(sent.map(({ open }, place) => [open.attempt.id, place])),
      orders: sent.filter(isOrder).length,
      sum: null,
      resumed: null,
    }
  }

  /** Reads again what has moved since it was last asked for. */
  function follow(): void {
    const moved = derive.takeMoved()
    if (moved === 'many') kept.clear()
    else for (const number of moved) followOne(recorded.sent(number))
  }

  function followOne(sent: Sent | null): void {
    if (sent === null) return
    const { id, at, intent } = sent.open.attempt
    const own = kept.get(intent.lane.follower)
    if (!own || dayOf(at) !== own.day) return
    const place = own.places.get(id) ?? own.sent.length
    const before = own.sent[place]
    own.places.set(id, place)
    own.sent = before === undefined ? [...own.sent, sent] : own.sent.with(place, sent)
    own.orders += Number(isOrder(sent)) - Number(before !== undefined && isOrder(before))
    own.sum = null
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
      store.read(() => keptDay(follower, day).sent.map(({ open }) => open)),
    followerDay: (follower, day) =>
      store.read(() => {
        const own = keptDay(follower, day)
        const asOf = words.newest()
        if (own.resumed?.asOf !== asOf) {
          own.resumed = { asOf, at: sql.resumedAt.get({ follower }) as bigint }
          own.sum = null
        }
        own.sum ??= addUp(own.orders, own.sent, own.resumed.at)
        return own.sum
      }),
  }
}

function addUp(orders: number, sent: readonly Sent[], resumedAt: bigint): FollowerDay {
  let fills: FollowerDay['fills'] | null = null
  return {
    orders,
    rejectionsInARow: rejectionsAtTheEnd(sent, resumedAt),
    // Every order of the day is gone through for them, and few who ask want them. Newest first.
    get fills() {
      fills ??= sent.filter(isOrder).flatMap(fillOf).reverse()
      return fills
    },
  }
}

/** Rejections before the last resume do not count: the trader's resume starts anew. */
function rejectionsAtTheEnd(sent: readonly Sent[], resumedAt: bigint): number {
  let rejections = 0
  for (let place = sent.length - 1; place >= 0; place--) {
    const { open, recordedIn } = sent[place] as Sent
    if (!ANSWERED.has(open.state.kind)) continue
    if (!isRejection(open.state) || recordedIn <= resumedAt) break
    rejections += 1
  }
  return rejections
}

const isOrder = ({ open }: Sent): boolean => !NOT_COUNTED.has(open.state.kind)

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
