// What each follower holds and should hold, and where that differs: from what is derived, never from
// history.
import { assert } from '../domain/assert.ts'
import type { AccountName, SignalId } from '../domain/ids.ts'
import { closes } from '../domain/intent.ts'
import {
  type ClosingCauses,
  excessOf,
  FLAT,
  type Lane,
  type LaneKey,
  laneKey,
  wantedOf,
} from '../domain/lane.ts'
import {
  larger,
  magnitude,
  NO_QUANTITY,
  negate,
  ONE,
  type Quantity,
  subtract,
} from '../domain/numbers.ts'
import type { SignalKey } from '../domain/signal.ts'
import type { Instant } from '../domain/time.ts'
import type {
  Adjustment,
  Drift,
  LaneMove,
  Ledger,
  LiveOrder,
  OwedExit,
  SeenPosition,
  StandingLane,
} from '../ports.ts'
import { amount, numberOf, type Row } from './columns.ts'
import { type Derive, laneStateOf } from './derive.ts'
import type { Identity } from './identity.ts'
import { keeping } from './keeping.ts'
import { laneOf, type Recorded } from './recorded.ts'
import type { Line, Store } from './store.ts'

export interface Lanes
  extends Pick<
    Ledger,
    | 'adjust'
    | 'recordPositions'
    | 'lanePosition'
    | 'lanes'
    | 'liveEntries'
    | 'liveClosings'
    | 'liveOrders'
    | 'isIdle'
    | 'lastMove'
    | 'adoptedAt'
    | 'closingCauses'
    | 'owed'
    | 'compared'
    | 'drift'
  > {
  /** Of the lane, made when it is new: within a transaction that is under way. */
  numberOf(lane: Lane): bigint
  addAdjustment(adjustment: Adjustment, line: Line): void
  /** Live and paper never meet. */
  assertHere(lane: Lane): void
}

export function createLanes(parts: {
  readonly store: Store
  readonly identity: Identity
  readonly derive: Derive
  readonly recorded: Recorded
}): Lanes {
  const { store, identity, derive, recorded } = parts
  const sql = prepare(store.db)

  /** A lane keeps its number; one that was made in what was taken back gets another. */
  const known = new Map<LaneKey, bigint>()
  let knownUntil = 0

  function find(lane: Lane): bigint | undefined {
    if (knownUntil !== store.takenBack()) known.clear()
    knownUntil = store.takenBack()
    const key = laneKey(lane)
    const before = known.get(key)
    if (before !== undefined) return before
    const { follower, mode, instrument, product } = lane
    const number = sql.find.get(follower, mode, instrument, product) as bigint | undefined
    if (number !== undefined) known.set(key, number)
    return number
  }

  function assertHere({ follower, mode }: Lane): void {
    assert(identity.mode === 'live' || mode === 'paper', `${follower} is live in a paper ledger`)
  }

  function numberOfLane(lane: Lane): bigint {
    assertHere(lane)
    const { follower, mode, instrument, product } = lane
    return (
      find(lane) ?? (sql.add.run(follower, mode, instrument, product).lastInsertRowid as bigint)
    )
  }

  function addAdjustment(adjustment: Adjustment, line: Line): void {
    const { kind, change, evidence } = adjustment
    const lane = numberOfLane(adjustment.lane)
    sql.addAdjustment.run(line(), lane, kind, amount(change), evidence)
    derive.adjusted(lane, kind, change)
  }

  const liveOf = keeping(store, derive.moves.ofLane, recorded.liveOfLane)
  const stateOf = keeping(store, derive.moves.ofLane, derive.laneState)
  const standing = keeping(store, derive.moves.ofLanes, (of: AccountName | null) => {
    const rows = of === null ? sql.standing.all() : sql.standingOf.all(of)
    return (rows as Row[]).map((row) => ({ ...laneOf(row), ...laneStateOf(row) }))
  })

  const live = (lane: Lane): readonly LiveOrder[] =>
    store.read(() => {
      const number = find(lane)
      return number === undefined ? [] : liveOf(number)
    })

  function lanePosition(lane: Lane): StandingLane {
    const number = find(lane)
    return number === undefined ? { ...FLAT, lot: null } : stateOf(number)
  }

  function lastMove(lane: Lane): LaneMove | null {
    const number = find(lane)
    const row = number === undefined ? undefined : (sql.lastMove.get(number) as Row | undefined)
    if (!row) return null
    const effect = row.kind === 'exit' ? 'exit' : 'entry'
    return {
      signal: row.key as unknown as SignalKey,
      signalId: numberOf(row.signal) as SignalId,
      effect,
    }
  }

  function adoptedAt(lane: Lane): Instant | null {
    const number = find(lane)
    const at = number === undefined ? undefined : sql.adoptedAt.get(number)
    return at === undefined ? null : (numberOf(at as bigint) as Instant)
  }

  function closingCauses(lane: Lane, since: Instant): ClosingCauses {
    const number = find(lane) ?? 0n
    const last = sql.lastMove.get(number) as Row | undefined
    const exit = sql.lastExit.get(number) as Row | undefined
    const after = { lane: number, account: lane.follower, since, journal: exit?.journal ?? 0n }
    const closed = new Map(
      (sql.closedAs.all(after) as Row[]).map(({ role, quantity }) => [role, quantity as bigint]),
    )
    const left = (quantity: bigint, role: string): Quantity =>
      larger((quantity - (closed.get(role) ?? 0n)) as Quantity, NO_QUANTITY)
    const late = exit === undefined ? 0n : ((sql.late.get(exit.number) as bigint | null) ?? 0n)
    const overshot = sql.overshot.get(after) as Row | undefined
    return {
      last: (last?.key ?? null) as SignalKey | null,
      exit: (exit?.key ?? null) as SignalKey | null,
      isFlattened: sql.isFlattened.get(number, last?.journal ?? 0n) !== undefined,
      late: left(late, 'lateFill'),
      overshoot: left((overshot?.quantity ?? 0n) as bigint, 'overshoot'),
      overshot: (overshot?.key ?? null) as SignalKey | null,
    }
  }

  function owedOf(row: Row): OwedExit {
    const state = laneStateOf(row)
    const excess = excessOf(state, lotOf(state))
    const uncovered = larger(
      subtract(magnitude(excess), (row.closing ?? 0n) as Quantity),
      NO_QUANTITY,
    )
    return {
      number: numberOf(row.number),
      lane: laneOf(row),
      held: state.held,
      wanted: wantedOf(state, lotOf(state)),
      owed: excess < 0n ? negate(uncovered) : uncovered,
    }
  }

  function driftOf(row: Row): Drift {
    const state = laneStateOf(row)
    return {
      lane: laneOf(row),
      copied: state.copied,
      wanted: wantedOf(state, lotOf(state)),
      held: state.held,
      shown: row.shown as Quantity | null,
      shownAt: row.shown_at === null ? null : (numberOf(row.shown_at) as Instant),
    }
  }

  const compared = (): readonly Drift[] => (sql.withShown.all() as Row[]).map(driftOf)

  function recordPositions(
    account: AccountName,
    mode: Lane['mode'],
    positions: Parameters<Ledger['recordPositions']>[2],
    at: Instant,
  ): void {
    store.writeTold('positions', at, (line) => {
      // A reading is complete: what it leaves out is not there.
      const now = new Map<string, SeenPosition>()
      for (const position of sql.expected.all({ account, mode }) as SeenPosition[])
        now.set(keyOf(position), { ...position, quantity: NO_QUANTITY })
      for (const position of positions) now.set(keyOf(position), position)
      for (const position of now.values()) {
        const { instrument, product, quantity } = position
        const row = { account, mode, instrument, product, quantity: amount(quantity) }
        if (sql.shownNow.get(row) === row.quantity) continue
        sql.addShown.run({ ...row, journal: line() })
        derive.shown(row, at)
      }
    })
  }

  return {
    numberOf: numberOfLane,
    assertHere,
    addAdjustment,
    adjust: (adjustment, at) =>
      store.write('adjustment', at, (line) => addAdjustment(adjustment, line)),
    recordPositions,
    lanePosition: (lane) => store.read(() => lanePosition(lane)),
    lanes: (of) => standing(of ?? null),
    liveEntries: (lane) =>
      live(lane)
        .filter(({ intent }) => !closes(intent.role))
        .map(({ intent, filled, allowance }) => ({ intent: intent.id, filled, allowance })),
    liveClosings: (lane) =>
      live(lane)
        .filter(({ intent }) => closes(intent.role))
        .map(({ intent, attempts }) => ({ intent, attempts })),
    liveOrders: live,
    isIdle: (lane) => live(lane).length === 0,
    lastMove: (lane) => store.read(() => lastMove(lane)),
    adoptedAt: (lane) => store.read(() => adoptedAt(lane)),
    closingCauses: (lane, since) => store.read(() => closingCauses(lane, since)),
    owed: () =>
      store.read(() =>
        (sql.heldWithClosings.all() as Row[]).map(owedOf).filter(({ owed }) => owed !== 0n),
      ),
    compared: () => store.read(compared),
    drift: () => store.read(() => compared().filter(isDrift)),
  }
}

const keyOf = ({ instrument, product }: SeenPosition): string => `${instrument}|${product}`

/** A lane that was only adopted has had no order that told its lot: whole units then. */
const lotOf = (state: StandingLane): Quantity => state.lot ?? (ONE as Quantity)

/** The follower's own trades are in what is shown: only less than `held`, or the other way, is a fault. */
function isDrift({ wanted, held, shown }: Drift): boolean {
  if (wanted !== held) return true
  if (shown === null || held === 0n) return false
  return held > 0n ? shown < held : shown > held
}

const STANDING = `
  SELECT lane.*, lane_state.* FROM lane_state JOIN lane ON lane.number = lane_state.lane
  WHERE (copied <> 0 OR held <> 0 OR entitlement <> '0/1')`

function prepare(db: Store['db']) {
  return {
    find: db
      .prepare(`
        SELECT number FROM lane
        WHERE follower = ? AND mode = ? AND instrument = ? AND product = ?`)
      .pluck(),
    add: db.prepare('INSERT INTO lane (follower, mode, instrument, product) VALUES (?, ?, ?, ?)'),
    lastMove: db.prepare(`
      SELECT decision.kind, decision.signal, decision.journal, signal.key
      FROM decision JOIN signal ON signal.number = decision.signal
      WHERE decision.lane = ? AND decision.kind <> 'skip' ORDER BY decision.number DESC LIMIT 1`),
    adoptedAt: db
      .prepare(`
        SELECT journal.at FROM adjustment JOIN journal ON journal.number = adjustment.journal
        WHERE adjustment.lane = ? AND adjustment.kind = 'adopted'
        ORDER BY adjustment.journal DESC LIMIT 1`)
      .pluck(),
    lastExit: db.prepare(`
      SELECT decision.number, decision.journal, signal.key
      FROM decision JOIN signal ON signal.number = decision.signal
      WHERE decision.lane = ? AND decision.kind <> 'skip' AND decision.kind = 'exit' ORDER BY decision.number DESC LIMIT 1`),
    isFlattened: db.prepare(
      "SELECT 1 FROM adjustment WHERE lane = ? AND kind = 'flattened' AND journal > ?",
    ),
    late: db
      .prepare(`
        SELECT sum(max(0, min(intent_state.filled, intent.quantity) - intent_state.allowance))
        FROM allowance
          JOIN intent_state ON intent_state.intent = allowance.intent
          JOIN intent ON intent.number = allowance.intent
        WHERE allowance.decision = ?`)
      .pluck(),
    overshot: db.prepare(`
      SELECT signal.key, intent_state.filled - intent.quantity AS quantity
      FROM attempt
        JOIN attempt_event ON attempt_event.attempt = attempt.number
        JOIN intent ON intent.number = attempt.intent
        JOIN intent_state ON intent_state.intent = intent.number
        JOIN signal ON signal.number = intent.signal
      WHERE attempt.account = @account AND attempt.at >= @since AND intent.lane = @lane
        AND intent.role = 'entry' AND attempt_event.verdict = 'turnedUp'
        AND attempt_event.journal > @journal AND intent_state.filled > intent.quantity
      ORDER BY attempt_event.number DESC LIMIT 1`),
    closedAs: db.prepare(`
      SELECT intent.role, sum(CASE WHEN attempt_state.kind IN ('sending', 'unknown', 'working')
        THEN attempt.quantity ELSE attempt_state.filled END) AS quantity
      FROM attempt
        JOIN attempt_state ON attempt_state.attempt = attempt.number
        JOIN intent ON intent.number = attempt.intent
      WHERE attempt.account = @account AND attempt.at >= @since AND intent.lane = @lane
        AND intent.role IN ('lateFill', 'overshoot') AND intent.journal > @journal
      GROUP BY intent.role`),
    addAdjustment: db.prepare(
      'INSERT INTO adjustment (journal, lane, kind, change, evidence) VALUES (?, ?, ?, ?, ?)',
    ),
    standing: db.prepare(`${STANDING} ORDER BY lane.number`),
    standingOf: db.prepare(`${STANDING} AND lane.follower = ? ORDER BY lane.number`),
    heldWithClosings: db.prepare(`
      SELECT lane.*, lane_state.*,
        (SELECT sum(attempt.quantity - attempt_state.filled)
         FROM intent_state
           JOIN attempt ON attempt.intent = intent_state.intent
           JOIN attempt_state ON attempt_state.attempt = attempt.number
         WHERE intent_state.lane = lane.number AND closes = 1 AND stage <> 'finished'
           AND attempt_state.kind IN ('sending', 'unknown', 'working')) AS closing
      FROM lane_state JOIN lane ON lane.number = lane_state.lane
      WHERE held <> 0 ORDER BY lane.number`),
    withShown: db.prepare(`
      SELECT lane.*, lane_state.*, shown_now.quantity AS shown, shown_now.at AS shown_at
      FROM lane_state JOIN lane ON lane.number = lane_state.lane
        LEFT JOIN shown_now ON shown_now.account = lane.follower
          AND shown_now.mode = lane.mode AND shown_now.instrument = lane.instrument
          AND shown_now.product = lane.product
      WHERE held <> 0 OR copied <> 0 ORDER BY lane.number`),
    expected: db.prepare(`
      SELECT instrument, product FROM shown_now
      WHERE account = @account AND mode = @mode AND quantity <> 0
      UNION
      SELECT instrument, product FROM lane JOIN lane_state ON lane_state.lane = lane.number
      WHERE follower = @account AND mode = @mode AND held <> 0`),
    shownNow: db
      .prepare(`
        SELECT quantity FROM shown_now
        WHERE account = @account AND mode = @mode
          AND instrument = @instrument AND product = @product`)
      .pluck(),
    addShown: db.prepare(`
      INSERT INTO shown (journal, account, mode, instrument, product, quantity)
      VALUES (@journal, @account, @mode, @instrument, @product, @quantity)`),
  }
}
