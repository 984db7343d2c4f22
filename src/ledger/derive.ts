// What is derived from the facts, and the only code that writes it. Each function is called in the
// transaction that adds the fact, and again, in the same order, by `rebuild`. The arithmetic of a lane is
// the domain's; here is only where it is kept.
import { assert } from '../domain/assert.ts'
import { type AttemptKind, type AttemptState, filledOf, SENDING } from '../domain/attempt.ts'
import type { AccountName } from '../domain/ids.ts'
import { closes } from '../domain/intent.ts'
import { afterDecision, afterFill, FLAT, type LanePosition, type Role } from '../domain/lane.ts'
import { add, larger, NO_QUANTITY, type Quantity, subtract } from '../domain/numbers.ts'
import type { Side } from '../domain/order.ts'
import { NOTHING, plus, type Ratio, ratioFromText, ratioToText, whole } from '../domain/ratio.ts'
import type { Effect } from '../domain/signal.ts'
import type { Instant } from '../domain/time.ts'
import type { Adjustment, StandingLane } from '../ports.ts'
import { stateColumns } from './attempt-rows.ts'
import { amount, type Row } from './columns.ts'
import type { Store } from './store.ts'

export interface Derive {
  /** How often something was changed since the ledger was opened. */
  readonly moves: Moves
  masterSeen(order: bigint, seen: MasterSeen): void
  baseline(order: bigint, filled: Quantity): void
  merge(gone: bigint, kept: bigint): void
  signalled(order: bigint, effect: Effect, quantity: Quantity): void
  questionAsked(signal: bigint, follower: string): void
  decided(decision: {
    readonly signal: bigint
    readonly follower: string
    readonly lane: bigint
    readonly covers: Quantity
    readonly entitlement: Ratio | null
    readonly allowances: readonly { readonly intent: bigint; readonly upTo: Quantity }[]
    /** Of what is held, what the trader's no to an exit takes out of it. */
    readonly kept: Quantity
  }): void
  intended(intent: {
    readonly number: bigint
    readonly lane: bigint
    readonly account: string
    readonly role: Role
    readonly quantity: Quantity
    readonly lot: Quantity
  }): void
  denied(intent: bigint): void
  /** Every fact is told once more: until then nothing of what they come to later is known. */
  replaying(replay: () => void): void
  attempted(attempt: bigint, intent: bigint, account: string): void
  moved(attempt: bigint, from: AttemptState, to: AttemptState): void
  adjusted(lane: bigint, kind: Adjustment['kind'], change: Quantity): void
  shown(position: Row, at: Instant): void
  laneState(lane: bigint): StandingLane
  /** Attempts that were made or moved since this was last asked, for who keeps what they add up to. */
  takeMoved(): readonly bigint[] | 'many'
  /** The same of the master's orders; `many` also where two of them turned out to be one. */
  takeMovedMasters(): readonly bigint[] | 'many'
}

/** A report that says something new of a master order, and the line of the journal that it came with. */
export interface MasterSeen {
  readonly report: bigint
  readonly filled: Quantity
  readonly line: bigint
}

export interface Moves {
  /** What is known of a master order. */
  ofMaster(order: bigint): number
  /** What stands in a lane, or is under way there; in any. */
  ofLane(lane: bigint): number
  ofLanes(): number
  /** What is sent or to be sent for an account; null: for any. */
  ofAccount(account: AccountName | null): number
  /** What waits for an answer, and what was told and decided meanwhile. */
  ofQuestions(): number
}

export function createDerive({ db }: Store): Derive {
  const sql = prepare(db)
  const attempts = createMoved()
  /** Of a replay, in which the facts already hold every denial that is still to come; else null. */
  let deniedSoFar: Set<bigint> | null = null

  function laneState(lane: bigint): StandingLane {
    const row = sql.laneState.get(lane) as Row | undefined
    return row ? laneStateOf(row) : { ...FLAT, lot: null }
  }

  function keepLane(lane: bigint, state: StandingLane): void {
    laneMoved(lane)
    sql.keepLane.run({
      lane,
      copied: amount(state.copied),
      held: amount(state.held),
      entitlement: ratioToText(state.entitlement),
      lot: state.lot,
    })
  }

  function refreshStage(intent: bigint): void {
    const kinds = sql.attemptKinds.all(intent) as AttemptKind[]
    const isDenied = deniedSoFar?.has(intent) ?? sql.isDenied.get(intent) !== undefined
    setStage(stageOf(kinds, isDenied), intent)
  }

  function setStage(stage: Stage, intent: bigint): void {
    const { lane, account } = sql.setStage.get(stage, intent) as Row
    laneMoved(lane as bigint)
    accounts.note(String(account))
  }

  const masters = createCount<bigint>()
  const lanes = createCount<bigint>()
  const accounts = createCount<string>()
  const mastersSince = createMoved()
  const masterMoved = (order: bigint): void => {
    masters.note(order)
    mastersSince.note(order)
  }
  const laneMoved = lanes.note
  let questions = 0

  return {
    laneState,
    moves: {
      ofMaster: masters.of,
      ofLane: lanes.of,
      ofLanes: lanes.all,
      ofAccount: (account) => (account === null ? accounts.all() : accounts.of(account)),
      ofQuestions: () => questions,
    },
    masterSeen(order, { report, filled, line }) {
      masterMoved(order)
      const seen = { order, report, filled: amount(filled), line }
      const { changes } = sql.moveMaster.run(seen)
      if (changes === 0) sql.addMaster.run(seen)
    },
    baseline(order, filled) {
      masterMoved(order)
      sql.setBaseline.run(amount(filled), order)
    },
    merge(gone, kept) {
      masterMoved(gone)
      masterMoved(kept)
      mastersSince.noteMany()
      sql.takeOver.run({ gone, kept })
      sql.sendOn.run({ gone, kept })
    },
    signalled(order, effect, quantity) {
      masterMoved(order)
      questions += 1
      const statement = effect === 'entry' ? sql.signalEntry : sql.signalExit
      statement.run(amount(quantity), order)
    },
    questionAsked(signal, follower) {
      questions += 1
      sql.openQuestion.run(signal, follower)
    },
    decided(decision) {
      const before = laneState(decision.lane)
      const after = afterDecision(before, decision.covers, decision.entitlement)
      const held = subtract(after.held, decision.kept)
      assert(isTowardsNothing(after.held, held), `kept ${decision.kept} of ${after.held}`)
      keepLane(decision.lane, { ...after, held, lot: before.lot })
      for (const { intent, upTo } of decision.allowances) sql.cutAllowance.run(amount(upTo), intent)
      questions += 1
      sql.closeQuestion.run(decision.signal, decision.follower)
    },
    intended(intent) {
      laneMoved(intent.lane)
      accounts.note(intent.account)
      sql.addIntent.run({
        intent: intent.number,
        lane: intent.lane,
        account: intent.account,
        closes: closes(intent.role) ? 1 : 0,
        allowance: amount(intent.quantity),
      })
      const lane = laneState(intent.lane)
      if (lane.lot !== intent.lot) keepLane(intent.lane, { ...lane, lot: intent.lot })
    },
    denied(intent) {
      deniedSoFar?.add(intent)
      refreshStage(intent)
    },
    replaying(replay) {
      deniedSoFar = new Set()
      try {
        replay()
      } finally {
        deniedSoFar = null
      }
    },
    attempted(attempt, intent, account) {
      attempts.note(attempt)
      sql.addAttempt.run({ attempt, intent, account, ...stateColumns(SENDING) })
      setStage('open', intent)
    },
    moved(attempt, from, to) {
      attempts.note(attempt)
      sql.moveAttempt.run({ attempt, ...stateColumns(to) })
      const intent = sql.intentOf.get(attempt) as Row
      refreshStage(intent.number as bigint)
      const grown = subtract(filledOf(to), filledOf(from))
      assert(grown >= 0n, `fills of attempt ${attempt} fell`)
      if (grown === 0n) return
      const before = intent.filled as Quantity
      const filled = add(before, grown)
      sql.setFilled.run(amount(filled), intent.number)
      const lane = laneState(intent.lane as bigint)
      const next = afterFill(lane, {
        role: intent.role as Role,
        side: intent.side as Side,
        before,
        filled,
        allowance: intent.allowance as Quantity,
      })
      keepLane(intent.lane as bigint, { ...next, lot: lane.lot })
    },
    adjusted(lane, kind, change) {
      const before = laneState(lane)
      keepLane(lane, { ...afterAdjustment(before, kind, change), lot: before.lot })
      if (kind === 'flattened') sql.cutAllOfLane.run(lane)
    },
    shown: (position, at) => void sql.keepShown.run({ ...position, at }),
    takeMoved: attempts.take,
    takeMovedMasters: mastersSince.take,
  }
}

/** More than this are not worth being named. */
const MOST_NOTED = 10_000
const NONE: readonly bigint[] = []

/** What has moved since it was last taken, by name as long as there are not too many. */
function createMoved() {
  const moved = new Set<bigint>()
  let hasMany = false
  function noteMany(): void {
    moved.clear()
    hasMany = true
  }
  return {
    note(number: bigint): void {
      if (!hasMany) moved.add(number)
      if (moved.size >= MOST_NOTED) noteMany()
    },
    noteMany,
    take(): readonly bigint[] | 'many' {
      if (moved.size === 0 && !hasMany) return NONE
      const taken = hasMany ? 'many' : [...moved]
      moved.clear()
      hasMany = false
      return taken
    },
  }
}

function createCount<T>() {
  const counts = new Map<T, number>()
  let all = 0
  return {
    note(what: T): void {
      counts.set(what, (counts.get(what) ?? 0) + 1)
      all += 1
    },
    of: (what: T): number => counts.get(what) ?? 0,
    all: (): number => all,
  }
}

type Stage = 'unsent' | 'open' | 'finished'

export const laneStateOf = (row: Row): StandingLane => ({
  copied: row.copied as Quantity,
  held: row.held as Quantity,
  entitlement: ratioFromText(String(row.entitlement)),
  lot: row.lot as Quantity | null,
})

/** An intent is alive while an attempt of it may be, or while none was made that could be. */
function stageOf(kinds: readonly AttemptKind[], isDenied: boolean): Stage {
  if (kinds.some((kind) => kind === 'sending' || kind === 'unknown' || kind === 'working'))
    return 'open'
  if (isDenied || kinds.some((kind) => kind !== 'notSent')) return 'finished'
  return 'unsent'
}

function afterAdjustment(
  lane: LanePosition,
  kind: Adjustment['kind'],
  change: Quantity,
): LanePosition {
  switch (kind) {
    case 'reducedElsewhere':
    case 'dismissed': {
      const held = add(lane.held, change)
      // What somebody else took away never opens anything.
      assert(isTowardsNothing(lane.held, held), `${kind} by ${change} of ${lane.held}`)
      return { ...lane, held }
    }
    case 'adopted':
      // Where the master holds nothing that was copied, nothing more should be held: it is closed.
      return {
        ...lane,
        held: add(lane.held, change),
        entitlement: lane.copied === 0n ? lane.entitlement : plus(lane.entitlement, whole(change)),
      }
    case 'flattened':
      assert(change === 0n, `flattened by ${change}`)
      return { ...lane, entitlement: NOTHING }
    case 'expired':
      assert(add(lane.held, change) === 0n, `expired by ${change} of ${lane.held}`)
      return { copied: NO_QUANTITY, held: NO_QUANTITY, entitlement: NOTHING }
  }
}

const isTowardsNothing = (from: Quantity, to: Quantity): boolean =>
  from >= 0n ? to >= 0n && to <= from : to <= 0n && to >= larger(from, to)

function prepare(db: Store['db']) {
  return {
    addMaster: db.prepare(`
      INSERT INTO master_state
        (master_order, account, day, report, filled, baseline, entry, exit, last_heard)
      SELECT number, account, day, @report, @filled, 0, 0, 0, @line
      FROM master_order WHERE number = @order`),
    moveMaster: db.prepare(`
      UPDATE master_state SET report = @report, filled = @filled, last_heard = @line
      WHERE master_order = @order`),
    setBaseline: db.prepare('UPDATE master_state SET baseline = ? WHERE master_order = ?'),
    takeOver: db.prepare(`
      UPDATE master_state SET has_merged = 1,
        baseline = master_state.baseline + other.baseline,
        entry = master_state.entry + other.entry,
        exit = master_state.exit + other.exit
      FROM (SELECT * FROM master_state WHERE master_order = @gone) AS other
      WHERE master_state.master_order = @kept`),
    sendOn: db.prepare(
      'UPDATE master_state SET merged_into = @kept WHERE master_order = @gone OR merged_into = @gone',
    ),
    signalEntry: db.prepare('UPDATE master_state SET entry = entry + ? WHERE master_order = ?'),
    signalExit: db.prepare('UPDATE master_state SET exit = exit + ? WHERE master_order = ?'),
    openQuestion: db.prepare(
      'INSERT OR IGNORE INTO open_question (signal, follower) VALUES (?, ?)',
    ),
    closeQuestion: db.prepare('DELETE FROM open_question WHERE signal = ? AND follower = ?'),
    laneState: db.prepare('SELECT * FROM lane_state WHERE lane = ?'),
    keepLane: db.prepare(`
      INSERT INTO lane_state (lane, copied, held, entitlement, lot)
      VALUES (@lane, @copied, @held, @entitlement, @lot)
      ON CONFLICT (lane) DO UPDATE SET
        copied = @copied, held = @held, entitlement = @entitlement, lot = @lot`),
    cutAllowance: db.prepare('UPDATE intent_state SET allowance = ? WHERE intent = ?'),
    cutAllOfLane: db.prepare(`
      UPDATE intent_state SET allowance = filled
      WHERE lane = ? AND closes = 0 AND stage <> 'finished'`),
    addIntent: db.prepare(`
      INSERT INTO intent_state (intent, lane, account, closes, filled, allowance, stage)
      VALUES (@intent, @lane, @account, @closes, 0, @allowance, 'unsent')`),
    setFilled: db.prepare('UPDATE intent_state SET filled = ? WHERE intent = ?'),
    setStage: db.prepare(
      'UPDATE intent_state SET stage = ? WHERE intent = ? RETURNING lane, account',
    ),
    attemptKinds: db
      .prepare(
        'SELECT kind FROM attempt_state WHERE attempt IN (SELECT number FROM attempt WHERE intent = ?)',
      )
      .pluck(),
    isDenied: db.prepare('SELECT 1 FROM denial WHERE intent = ?').pluck(),
    addAttempt: db.prepare(`
      INSERT INTO attempt_state (attempt, intent, account, kind, cause, text, evidence,
        order_id, unique_order_id, filled, average_price, ending)
      VALUES (@attempt, @intent, @account, @kind, @cause, @text, @evidence,
        @orderId, @uniqueOrderId, @filled, @averagePrice, @ending)`),
    moveAttempt: db.prepare(`
      UPDATE attempt_state SET kind = @kind, cause = @cause, text = @text, evidence = @evidence,
        order_id = @orderId, unique_order_id = @uniqueOrderId, filled = @filled,
        average_price = @averagePrice, ending = @ending
      WHERE attempt = @attempt`),
    intentOf: db.prepare(`
      SELECT intent.number, intent.lane, intent.role, intent.side,
        intent_state.filled, intent_state.allowance
      FROM attempt JOIN intent ON intent.number = attempt.intent
        JOIN intent_state ON intent_state.intent = intent.number
      WHERE attempt.number = ?`),
    keepShown: db.prepare(`
      INSERT INTO shown_now (account, mode, instrument, product, quantity, at)
      VALUES (@account, @mode, @instrument, @product, @quantity, @at)
      ON CONFLICT (account, mode, instrument, product) DO UPDATE SET quantity = @quantity, at = @at`),
  }
}
