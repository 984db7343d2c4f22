// Signals with what each follower does about them. All of a call is one transaction: a signal, every
// decision, every intent with its tag, or nothing. Recording the same again adds nothing and gives back
// what stands here; a decision once recorded is never changed.
import { assert } from '../domain/assert.ts'
import type { Allowance, Decision, KeepDecision } from '../domain/decision.ts'
import type { AccountName, IntentId, SignalId } from '../domain/ids.ts'
import type { Intent, RecordedIntent } from '../domain/intent.ts'
import { NO_QUANTITY, type Quantity } from '../domain/numbers.ts'
import { type AskedNow, askedNow, type Told } from '../domain/question.ts'
import { ratioFromText, ratioToText } from '../domain/ratio.ts'
import type { Reason } from '../domain/reason.ts'
import type { MasterOrderKey, RecordedSignal, Signal, SignalKey } from '../domain/signal.ts'
import { engineOf } from '../domain/tag.ts'
import type { Instant } from '../domain/time.ts'
import type { Ledger, OpenQuestion, RecordedPlan, Recording } from '../ports.ts'
import { type Announced, createAnnounced, intentsOf, sendsOf } from './announced.ts'
import type { Attempts } from './attempts.ts'
import {
  amount,
  amountOrNull,
  fromJson,
  numberOf,
  pricingColumns,
  pricingOf,
  type Row,
  toJson,
} from './columns.ts'
import type { Derive } from './derive.ts'
import type { Identity } from './identity.ts'
import { keeping } from './keeping.ts'
import type { Lanes } from './lanes.ts'
import { asRecorded, laneOf, type Recorded } from './recorded.ts'
import type { Line, Store } from './store.ts'

export interface Decided {
  readonly decision: Decision
  readonly at: Instant
}

export interface Plans
  extends Pick<Ledger, 'record' | 'recordClosing' | 'undecided' | 'signal' | 'signals'> {
  decisionOf(signal: bigint, follower: AccountName): Decided | null
  /** Of all followers in one question; `intents` are those of the signal. */
  decisionsOf(signal: bigint, intents: readonly RecordedIntent[]): ReadonlyMap<AccountName, Decided>
  sending: Announced['sending']
  /** Followers that have decided or are asked. */
  followersOf(signal: bigint): readonly AccountName[]
}

export function createPlans(parts: {
  readonly store: Store
  readonly identity: Identity
  readonly derive: Derive
  readonly lanes: Lanes
  readonly recorded: Recorded
  readonly attempts: Attempts
}): Plans {
  const { store, identity, derive, lanes, recorded, attempts } = parts
  const sql = prepare(store.db)
  const announced = createAnnounced({ store, attempts, addDecision })

  function recordAll(plans: readonly Recording[], at: Instant, line: Line): RecordedPlan[] {
    const [plan] = plans
    if (plan !== undefined && plans.length === 1 && isAwaited(plan))
      return [announce(plan, at, line)]
    return plans.map((each) => recordPlan(each, at, line))
  }

  /** Its orders leave as soon as it is on disk. Of a signal that is known some decisions may stand already. */
  const isAwaited = ({ signal, sendNow = [] }: Recording): boolean =>
    sendNow.length > 0 && sql.byKey.get(signal.key) === undefined

  function announce(plan: Recording, at: Instant, line: Line): RecordedPlan {
    const { signal, decisions, asked = [], sendNow = [] } = plan
    for (const decision of decisions) assertGood(decision, signal)
    const whose = new Set(decisions.map(({ lane }) => lane.follower))
    assert(whose.size === decisions.length, `two decisions of one follower about ${signal.key}`)
    const number = addSignal(signal, line)
    for (const follower of asked) ask(number, follower, line)
    return announced.add({ signal, decisions, sendNow }, number, at, line)
  }

  /** Before anything of it is promised: what the tables would refuse. */
  function assertGood(decision: Decision, of: Signal): void {
    lanes.assertHere(decision.lane)
    decisionColumns(decision)
    if (decision.kind !== 'entry') return
    for (const intent of decision.intents) {
      assertOpens(intent, of, decision.lane.follower)
      assertOurs(intent)
      intentColumns(intent)
      assert(sql.intentByTag.get(intent.tag) === undefined, `${intent.tag} is the tag of another`)
    }
  }

  function recordPlan(plan: Recording, at: Instant, line: Line): RecordedPlan {
    const known = sql.byKey.get(plan.signal.key) as Row | undefined
    if (known) assertSame(signalOf(known), plan.signal)
    const signal = known ? (known.number as bigint) : addSignal(plan.signal, line)
    for (const follower of plan.asked ?? []) ask(signal, follower, line)
    const decisions = plan.decisions.map((decision) => {
      const known = findDecision(signal, decision.lane.follower)
      return known ? decisionOf(known) : addDecision(signal, plan.signal, decision, line)
    })
    const intents = intentsOf(decisions)
    const unsent = intents.filter(({ id }) => attempts.isUnsent(id))
    return {
      signal: { ...plan.signal, id: numberOf(signal) as SignalId },
      decisions,
      intents,
      attempts: sendsOf(unsent, plan.sendNow ?? []).map((send) => attempts.add(send, at, line)),
    }
  }

  function addSignal(signal: Signal, line: Line): bigint {
    const order = sql.masterOrder.get(signal.order) as Row | undefined
    assert(order, `signal ${signal.key} of an order that was never seen`)
    const told = (signal.effect === 'entry' ? order.entry : order.exit) as Quantity
    assert(told === signal.before, `signal ${signal.key} after ${told} of its order`)
    const number = sql.addSignal.run({
      ...signalColumns(signal),
      journal: line(),
      masterOrder: order.number,
    }).lastInsertRowid as bigint
    derive.signalled(order.number as bigint, signal.effect, signal.quantity)
    return number
  }

  function ask(signal: bigint, follower: AccountName, line: Line): void {
    if (findDecision(signal, follower) !== undefined) return
    if (sql.addQuestion.run(signal, follower, line()).changes > 0)
      derive.questionAsked(signal, follower)
  }

  function addDecision(signal: bigint, of: Signal, decision: Decision, line: Line): Decision {
    const lane = lanes.numberOf(decision.lane)
    const { follower } = decision.lane
    const number = sql.addDecision.run({
      ...decisionColumns(decision),
      journal: line(),
      signal,
      follower,
      lane,
    }).lastInsertRowid as bigint
    const keeps = 'keeps' in decision ? decision.keeps : null
    if (keeps !== null)
      sql.addKeeping.run(number, ratioToText(keeps.entitlement), amount(keeps.kept))
    const leaves = decision.kind === 'exit' ? decision : keeps
    const allowances = leaves?.allowances ?? []
    for (const { intent, upTo } of allowances) sql.addAllowance.run(number, intent, amount(upTo))
    derive.decided({
      signal,
      follower,
      lane,
      covers: decision.covers,
      entitlement: leaves?.entitlement ?? null,
      allowances: allowances.map(({ intent, upTo }) => ({ intent: BigInt(intent), upTo })),
      kept: keeps?.kept ?? NO_QUANTITY,
    })
    if (decision.kind !== 'entry') return decision
    const intents = decision.intents.map((intent) => {
      assertOpens(intent, of, follower)
      return addIntent(intent, lane, signal, number, line)
    })
    return { ...decision, intents }
  }

  function addIntent(
    intent: Intent,
    lane: bigint,
    signal: bigint | null,
    decision: bigint | null,
    line: Line,
  ): RecordedIntent {
    assertOurs(intent)
    const number = sql.addIntent.run({
      journal: line(),
      lane,
      signal,
      decision,
      ...intentColumns(intent),
    }).lastInsertRowid as bigint
    const account = intent.lane.follower
    const { role, quantity, lot } = intent
    derive.intended({ number, lane, account, role, quantity, lot })
    return asRecorded(intent, number, signal)
  }

  function assertOurs({ tag }: Intent): void {
    assert(engineOf(tag) === identity.engine, `${tag} is a tag of another engine`)
  }

  function addClosing(intent: Intent, line: Line): RecordedIntent {
    assert(intent.role !== 'entry', `${intent.tag} opens: it needs a decision`)
    const known = sql.intentByTag.get(intent.tag) as bigint | undefined
    if (known !== undefined) return recorded.intent(known)
    const signal = intent.signal === null ? null : (sql.byKey.get(intent.signal) as Row | undefined)
    assert(signal !== undefined, `${intent.tag} closes for a signal that is not recorded`)
    const lane = lanes.numberOf(intent.lane)
    const of = signal === null ? null : (signal.number as bigint)
    return addIntent(intent, lane, of, null, line)
  }

  const findDecision = (signal: bigint, follower: AccountName): Row | undefined =>
    sql.decision.get(signal, follower) as Row | undefined

  function decisionOf(row: Row, ofEntry?: readonly RecordedIntent[]): Decision {
    const any = { lane: laneOf(row), covers: row.covers as Quantity }
    const number = row.number as bigint
    if (row.kind === 'skip') {
      const skip = { ...any, kind: 'skip', reason: fromJson<Reason>(String(row.reason)) } as const
      const keeps = keepingOf(number)
      return keeps === null ? skip : { ...skip, keeps }
    }
    if (row.kind === 'entry') {
      const intents = ofEntry ?? recorded.intentsOfDecision(number)
      return { ...any, kind: 'entry', quantity: row.quantity as Quantity, intents }
    }
    return {
      ...any,
      kind: 'exit',
      copiedBefore: row.copied_before as Quantity,
      copiedAfter: row.copied_after as Quantity,
      entitlement: ratioFromText(String(row.entitlement)),
      allowances: allowancesOf(number),
    }
  }

  const allowancesOf = (decision: bigint): readonly Allowance[] =>
    (sql.allowances.all(decision) as Row[]).map((allowance) => ({
      intent: numberOf(allowance.intent) as IntentId,
      upTo: allowance.up_to as Quantity,
    }))

  function keepingOf(decision: bigint): KeepDecision['keeps'] | null {
    const row = sql.keeping.get(decision) as Row | undefined
    return row === undefined
      ? null
      : {
          entitlement: ratioFromText(String(row.entitlement)),
          kept: row.kept as Quantity,
          allowances: allowancesOf(decision),
        }
  }

  /** A signal never changes once it is committed. */
  const told = new Map<SignalId, RecordedSignal>()
  const keptUndecided = keeping(store, derive.moves.ofQuestions, undecided)

  function undecided(): readonly OpenQuestion[] {
    const bySignal = new Map<bigint, Map<AccountName, AskedNow>>()
    for (const row of sql.openQuestions.all() as Row[]) {
      const number = row.signal as bigint
      const now = bySignal.get(number) ?? new Map<AccountName, AskedNow>()
      bySignal.set(number, now.set(row.follower as AccountName, nowOf(number, row.follower)))
    }
    return [...bySignal].map(([number, now]) => ({
      signal: signalOf(sql.byNumber.get(number) as Row),
      followers: [...now.keys()],
      now,
    }))
  }

  function nowOf(signal: bigint, follower: unknown): AskedNow {
    const told = (sql.toldThere.all({ signal, follower }) as Row[]).map(toldOf)
    return askedNow(numberOf(signal) as SignalId, told)
  }

  return {
    record(plans, at) {
      const opens = plans.some(({ decisions }) => decisions.some(({ kind }) => kind === 'entry'))
      return store.write(
        'plans',
        at,
        (line) => recordAll(plans, at, line),
        opens ? 'mustLeaveReserve' : 'mayUseReserve',
      )
    },
    recordClosing: (intents, at) =>
      store.write('closings', at, (line) => intents.map((intent) => addClosing(intent, line))),
    undecided: () => keptUndecided(null),
    signals: (day) => store.read(() => (sql.ofDay.all(day) as Row[]).map(signalOf)),
    signal: (id) =>
      store.read(() => {
        const known = told.get(id)
        if (known !== undefined) return known
        const row = sql.byNumber.get(id) as Row | undefined
        if (row === undefined) return null
        const signal = signalOf(row)
        if (told.size >= MOST_TOLD) told.clear()
        if (!store.db.inTransaction) told.set(id, signal)
        return signal
      }),
    decisionOf(signal, follower) {
      const row = findDecision(signal, follower)
      return row ? { decision: decisionOf(row), at: numberOf(row.at) as Instant } : null
    },
    sending: announced.sending,
    decisionsOf(signal, intents) {
      const rows = sql.decisions.all(signal) as Row[]
      const entries = Map.groupBy(
        intents.filter(({ role }) => role === 'entry'),
        ({ lane }) => lane.follower as string,
      )
      return new Map(
        rows.map((row) => [
          row.follower as AccountName,
          {
            decision: decisionOf(row, entries.get(String(row.follower)) ?? []),
            at: numberOf(row.at) as Instant,
          },
        ]),
      )
    },
    followersOf: (signal) => sql.followers.all({ signal }) as AccountName[],
  }
}

/** Of a day with many; beyond that they are read again. */
const MOST_TOLD = 10_000

/** The same key stands for the same thing, or a plan was made from something that has moved since. */
function assertSame(known: RecordedSignal, again: Signal): void {
  const same =
    known.quantity === again.quantity && known.side === again.side && known.order === again.order
  assert(same, `signal ${again.key} is recorded with another content`)
}

function assertOpens(intent: Intent, of: Signal, follower: AccountName): void {
  assert(intent.role === 'entry' && intent.signal === of.key, `${intent.tag} is no entry of it`)
  assert(intent.lane.follower === follower, `${intent.tag} is of another follower`)
}

const intentColumns = (intent: Intent) => ({
  role: intent.role,
  side: intent.side,
  quantity: amount(intent.quantity),
  lot: amount(intent.lot),
  ...pricingColumns(intent.pricing),
  slice: intent.slice,
  slices: intent.slices,
  tag: intent.tag,
})

const signalColumns = (signal: Signal) => ({
  key: signal.key,
  orderId: signal.orderId,
  account: signal.account,
  day: signal.day,
  effect: signal.effect,
  instrument: signal.instrument,
  exchange: signal.exchange,
  symbol: signal.symbol,
  side: signal.side,
  product: signal.product,
  variety: signal.variety,
  ...pricingColumns(signal.pricing),
  quantity: amount(signal.quantity),
  before: amount(signal.before),
  price: amountOrNull(signal.price),
  filledAt: signal.filledAt,
  seenAt: signal.seenAt,
  source: signal.source,
  masterBefore: amount(signal.masterBefore),
  masterAfter: amount(signal.masterAfter),
  obstacle: signal.obstacle,
})

const signalOf = (row: Row): RecordedSignal =>
  ({
    id: numberOf(row.number) as SignalId,
    key: row.key as SignalKey,
    order: row.order_key as MasterOrderKey,
    orderId: row.order_id,
    account: row.account,
    day: row.day,
    effect: row.effect,
    instrument: row.instrument,
    exchange: row.exchange,
    symbol: row.symbol,
    side: row.side,
    product: row.product,
    variety: row.variety,
    pricing: pricingOf(row),
    quantity: row.quantity,
    before: row.before,
    price: row.price,
    filledAt: numberOf(row.filled_at),
    seenAt: numberOf(row.seen_at),
    source: row.source,
    masterBefore: row.master_before,
    masterAfter: row.master_after,
    obstacle: row.obstacle,
  }) as unknown as RecordedSignal

const toldOf = (row: Row): Told =>
  ({
    id: numberOf(row.number),
    effect: row.effect,
    side: row.side,
    product: row.product,
    quantity: row.quantity,
    masterAfter: row.master_after,
    obstacle: row.obstacle,
    toldAt: numberOf(row.journal),
    isAsked: row.is_asked === 1n,
    decided: row.decided_at === null ? null : { at: numberOf(row.decided_at), covers: row.covers },
  }) as unknown as Told

const decisionColumns = (decision: Decision) => ({
  covers: amount(decision.covers),
  kind: decision.kind,
  quantity: decision.kind === 'entry' ? amount(decision.quantity) : null,
  copiedBefore: decision.kind === 'exit' ? amount(decision.copiedBefore) : null,
  copiedAfter: decision.kind === 'exit' ? amount(decision.copiedAfter) : null,
  entitlement: decision.kind === 'exit' ? ratioToText(decision.entitlement) : null,
  reason: decision.kind === 'skip' ? toJson(decision.reason) : null,
})

const SIGNAL = `
  SELECT signal.*, master_order.key AS order_key
  FROM signal JOIN master_order ON master_order.number = signal.master_order`

const DECISION = `
  SELECT decision.*, lane.mode, lane.instrument, lane.product, journal.at
  FROM decision
    JOIN lane ON lane.number = decision.lane
    JOIN journal ON journal.number = decision.journal`

function prepare(db: Store['db']) {
  return {
    byKey: db.prepare(`${SIGNAL} WHERE signal.key = ?`),
    byNumber: db.prepare(`${SIGNAL} WHERE signal.number = ?`),
    ofDay: db.prepare(`${SIGNAL} WHERE signal.day = ? ORDER BY signal.number`),
    masterOrder: db.prepare(`
      SELECT master_order.number, entry, exit
      FROM master_order JOIN master_state ON master_state.master_order = master_order.number
      WHERE key = ? AND merged_into IS NULL`),
    addSignal: db.prepare(`
      INSERT INTO signal (journal, key, master_order, order_id, account, day, effect, instrument,
        exchange, symbol, side, product, variety, pricing, limit_price, trigger_price, quantity,
        before, price, filled_at, seen_at, source, master_before, master_after, obstacle)
      VALUES (@journal, @key, @masterOrder, @orderId, @account, @day, @effect, @instrument,
        @exchange, @symbol, @side, @product, @variety, @pricing, @limitPrice, @triggerPrice,
        @quantity, @before, @price, @filledAt, @seenAt, @source, @masterBefore, @masterAfter,
        @obstacle)`),
    addQuestion: db.prepare(
      'INSERT OR IGNORE INTO question (signal, follower, journal) VALUES (?, ?, ?)',
    ),
    openQuestions: db.prepare('SELECT signal, follower FROM open_question'),
    toldThere: db.prepare(`
      SELECT signal.number, signal.effect, signal.side, signal.product, signal.quantity,
        signal.master_after, signal.obstacle, signal.journal, decision.covers,
        question.signal IS NOT NULL AS is_asked, decision.journal AS decided_at
      FROM signal
        LEFT JOIN question ON question.signal = signal.number AND question.follower = @follower
        LEFT JOIN decision ON decision.signal = signal.number AND decision.follower = @follower
      WHERE (signal.instrument, signal.product) = (
          SELECT instrument, product FROM signal WHERE number = @signal)
        AND signal.number >= (
          SELECT min(question.signal) FROM question
            LEFT JOIN decision ON decision.signal = question.signal
              AND decision.follower = question.follower
          WHERE question.follower = @follower AND (decision.journal IS NULL OR decision.journal > (
            SELECT min(journal) FROM signal WHERE number IN (
              SELECT signal FROM open_question WHERE follower = @follower))))
      ORDER BY signal.number`),
    decision: db.prepare(`${DECISION} WHERE decision.signal = ? AND decision.follower = ?`),
    decisions: db.prepare(`${DECISION} WHERE decision.signal = ?`),
    addDecision: db.prepare(`
      INSERT INTO decision (journal, signal, follower, lane, covers, kind, quantity, copied_before,
        copied_after, entitlement, reason)
      VALUES (@journal, @signal, @follower, @lane, @covers, @kind, @quantity, @copiedBefore,
        @copiedAfter, @entitlement, @reason)`),
    addKeeping: db.prepare('INSERT INTO keeping (decision, entitlement, kept) VALUES (?, ?, ?)'),
    keeping: db.prepare('SELECT * FROM keeping WHERE decision = ?'),
    addAllowance: db.prepare('INSERT INTO allowance (decision, intent, up_to) VALUES (?, ?, ?)'),
    allowances: db.prepare(
      'SELECT intent, up_to FROM allowance WHERE decision = ? ORDER BY intent',
    ),
    addIntent: db.prepare(`
      INSERT INTO intent (journal, lane, role, signal, decision, side, quantity, lot, pricing,
        limit_price, trigger_price, slice, slices, tag)
      VALUES (@journal, @lane, @role, @signal, @decision, @side, @quantity, @lot, @pricing,
        @limitPrice, @triggerPrice, @slice, @slices, @tag)`),
    intentByTag: db.prepare('SELECT number FROM intent WHERE tag = ?').pluck(),
    followers: db
      .prepare(`
        SELECT follower FROM decision WHERE signal = @signal
        UNION SELECT follower FROM question WHERE signal = @signal ORDER BY follower`)
      .pluck(),
  }
}
