// What the trader keeps by a no to an exit: out of what is held, and out of what anybody owes, for as long as it is
// not known to be gone. It is adopted again, lapses with its day where it is intraday, or the account shows less.
import type { SignalId } from '../domain/ids.ts'
import { add, magnitude, NO_QUANTITY, type Quantity, smaller, subtract } from '../domain/numbers.ts'
import { sideOf, signed } from '../domain/order.ts'
import { dayOf, type Instant, type TradingDay } from '../domain/time.ts'
import type { KeptHolding, Ledger } from '../ports.ts'
import { numberOf, type Row } from './columns.ts'
import { laneOf } from './recorded.ts'
import type { Store } from './store.ts'

export type KeptBook = Pick<Ledger, 'kept'>

export function createKept(store: Store): KeptBook {
  const sql = prepare(store.db)

  /** Of both sides it is what is left of the one: the account shows them netted as well. */
  function netOf(row: Row, day: TradingDay): Quantity {
    let kept = NO_QUANTITY
    for (const { change, how, at } of sql.changes.all({ lane: row.lane }) as Change[]) {
      if (isOver(row.product, at, day)) continue
      kept = how === 'kept' ? add(kept, change) : lessBy(kept, change)
    }
    return kept
  }

  function holdingOf(row: Row, day: TradingDay): KeptHolding | null {
    const net = netOf(row, day)
    const side = sideOf(net)
    if (side === null) return null
    const shown = sql.shownSince.get({ lane: row.lane }) as Row | undefined
    const kept = shown === undefined ? magnitude(net) : smaller(magnitude(net), beyond(shown, side))
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
          .filter(({ product, at }) => !isOver(product, at as Written, day))
          .flatMap((row) => holdingOf(row, day) ?? []),
      ),
  }
}

type Written = Parameters<typeof numberOf>[0]

interface Change {
  readonly change: Quantity
  readonly how: 'kept' | 'adopted'
  readonly at: Written
}

const isOver = (product: unknown, at: Written, day: TradingDay): boolean =>
  product === 'INTRADAY' && dayOf(numberOf(at) as Instant) !== day

/** What was taken over there is out of what is kept; anything else that was is not. */
function lessBy(kept: Quantity, taken: Quantity): Quantity {
  if (sideOf(kept) !== sideOf(taken)) return kept
  return magnitude(taken) < magnitude(kept) ? subtract(kept, taken) : NO_QUANTITY
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
    /** What was kept of the lane, and adopted again, in their order. */
    changes: db.prepare(`
      SELECT decision.journal AS journal, keeping.kept AS change, 'kept' AS how, journal.at AS at
      FROM keeping
        JOIN decision ON decision.number = keeping.decision
        JOIN journal ON journal.number = decision.journal
      WHERE decision.lane = @lane
      UNION ALL
      SELECT adjustment.journal, adjustment.change, adjustment.kind, journal.at
      FROM adjustment JOIN journal ON journal.number = adjustment.journal
      WHERE adjustment.lane = @lane AND adjustment.kind = 'adopted'
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
