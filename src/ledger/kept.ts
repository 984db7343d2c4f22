// What the trader keeps by a no to an exit: out of what is held, and out of what anybody owes, for as long as it is
// not known to be gone. It is adopted again, lapses with its day where it is intraday, or the account shows less.
import { assert } from '../domain/assert.ts'
import type { SignalId } from '../domain/ids.ts'
import {
  larger,
  magnitude,
  NO_QUANTITY,
  type Quantity,
  smaller,
  subtract,
} from '../domain/numbers.ts'
import { sideOf, signed } from '../domain/order.ts'
import { dayOf, type Instant } from '../domain/time.ts'
import type { KeptHolding, Ledger } from '../ports.ts'
import { numberOf, type Row } from './columns.ts'
import { laneOf } from './recorded.ts'
import type { Store } from './store.ts'

export type KeptBook = Pick<Ledger, 'kept'>

export function createKept(store: Store): KeptBook {
  const sql = prepare(store.db)

  function holdingOf(row: Row): KeptHolding | null {
    let kept = NO_QUANTITY
    for (const { change } of sql.changes.all({ lane: row.lane }) as { change: Quantity }[])
      kept = larger((kept + change) as Quantity, NO_QUANTITY)
    const side = sideOf(row.kept as Quantity)
    assert(side !== null, 'a keeping of nothing is none')
    const shown = sql.shownSince.get({ lane: row.lane }) as Row | undefined
    if (shown !== undefined) kept = smaller(kept, beyond(shown, side))
    return kept === 0n
      ? null
      : {
          lane: laneOf(row),
          quantity: signed(side, kept),
          signal: numberOf(row.signal) as SignalId,
          at: numberOf(row.at) as Instant,
        }
  }

  return {
    kept: (day) =>
      store.read(() =>
        (sql.newest.all() as Row[])
          .filter(
            ({ product, at }) => product !== 'INTRADAY' || dayOf(numberOf(at) as Instant) === day,
          )
          .flatMap((row) => holdingOf(row) ?? []),
      ),
  }
}

/** What the account shows there besides what Lockstep holds. */
function beyond({ shown, held }: Row, side: 'BUY' | 'SELL'): Quantity {
  const rest = subtract(shown as Quantity, held as Quantity)
  return sideOf(rest) === side ? magnitude(rest) : NO_QUANTITY
}

function prepare(db: Store['db']) {
  return {
    /** The newest keeping of each lane. */
    newest: db.prepare(`
      SELECT lane.*, decision.lane, decision.signal, keeping.kept, journal.at
      FROM keeping
        JOIN decision ON decision.number = keeping.decision
        JOIN lane ON lane.number = decision.lane
        JOIN journal ON journal.number = decision.journal
      WHERE keeping.kept <> 0 AND decision.number = (
        SELECT max(other.number) FROM keeping AS kept_then
          JOIN decision AS other ON other.number = kept_then.decision
        WHERE other.lane = decision.lane AND kept_then.kept <> 0)
      ORDER BY lane.number`),
    /** Without a sign: what was kept of the lane, and adopted again, in their order. */
    changes: db.prepare(`
      SELECT decision.journal AS journal, abs(keeping.kept) AS change
      FROM keeping JOIN decision ON decision.number = keeping.decision
      WHERE decision.lane = @lane
      UNION ALL
      SELECT journal, -abs(change) AS change FROM adjustment
      WHERE lane = @lane AND kind = 'adopted'
      ORDER BY journal`),
    /** What was shown there otherwise since: null rows tell nothing. */
    shownSince: db.prepare(`
      SELECT shown_now.quantity AS shown, lane_state.held
      FROM lane
        JOIN lane_state ON lane_state.lane = lane.number
        JOIN shown_now ON shown_now.account = lane.follower AND shown_now.mode = lane.mode
          AND shown_now.instrument = lane.instrument AND shown_now.product = lane.product
      WHERE lane.number = @lane AND shown_now.at > (
        SELECT max(journal.at) FROM keeping
          JOIN decision ON decision.number = keeping.decision
          JOIN journal ON journal.number = decision.journal
        WHERE decision.lane = @lane)`),
  }
}
