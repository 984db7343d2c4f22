// What is sent and what came of it. An attempt is on disk before its first byte leaves, and an intent
// gets a further one only when every earlier one is proven to be at no broker: that an order is not sent
// twice is refused here too, whatever the engine thinks.
import { assert } from '../domain/assert.ts'
import { type AttemptEvent, type Transition, transition } from '../domain/attempt.ts'
import type { AttemptId, IntentId } from '../domain/ids.ts'
import { engineOf } from '../domain/tag.ts'
import type { Instant } from '../domain/time.ts'
import type { Ledger, RecordedAttempt, Send } from '../ports.ts'
import { eventColumns } from './attempt-rows.ts'
import { amount, amountOrNull, numberOf, reportColumns, toJson } from './columns.ts'
import type { Derive } from './derive.ts'
import type { Identity } from './identity.ts'
import { keeping } from './keeping.ts'
import { ADD_REPORT } from './master.ts'
import { asAttempt, type Recorded } from './recorded.ts'
import type { Line, Store } from './store.ts'

export interface Attempts
  extends Pick<
    Ledger,
    | 'recordAttempts'
    | 'recordWrite'
    | 'recordEvent'
    | 'recordDenial'
    | 'openAttempts'
    | 'unsentIntents'
    | 'attemptByTag'
    | 'writes'
  > {
  isUnsent(intent: IntentId): boolean
  /** Within a transaction that is under way. */
  add(send: Send, at: Instant, line: Line): RecordedAttempt
}

export function createAttempts(parts: {
  readonly store: Store
  readonly identity: Identity
  readonly derive: Derive
  readonly recorded: Recorded
}): Attempts {
  const { store, identity, derive, recorded } = parts
  const sql = prepare(store.db)

  const isUnsent = (intent: IntentId): boolean => sql.stage.get(intent) === 'unsent'

  function add({ intent, tag, quantity, others }: Send, at: Instant, line: Line): RecordedAttempt {
    assert(isUnsent(intent.id), `intent ${intent.id} is sent or finished`)
    assert(engineOf(tag) === identity.engine, `${tag} is a tag of another engine`)
    assert(
      quantity > 0n && quantity <= intent.quantity,
      `${quantity} is no part of intent ${intent.id}`,
    )
    const ordinal = numberOf(sql.countAttempts.get(intent.id) as bigint) + 1
    const owner = sql.intentByTag.get(tag) as bigint | undefined
    if (ordinal === 1) assert(tag === intent.tag, `the first attempt of ${intent.id} bears its tag`)
    else assert(owner === undefined, `${tag} is the tag of intent ${owner}`)
    const account = intent.lane.follower
    const number = sql.addAttempt.run({
      journal: line(),
      intent: intent.id,
      ordinal,
      account,
      tag,
      quantity: amount(quantity),
      others: amountOrNull(others),
      at,
    }).lastInsertRowid as bigint
    derive.attempted(number, BigInt(intent.id), account)
    return asAttempt({ intent, tag, quantity, others }, number, at)
  }

  function move(
    id: AttemptId,
    event: Parameters<Ledger['recordEvent']>[1],
    line: Line,
  ): Transition {
    const state = recorded.stateOf(BigInt(id))
    const next = transition(state, event)
    if (next.verdict === 'same') return next
    const report =
      event.kind === 'reported'
        ? (sql.addReport.run(reportColumns(event.report)).lastInsertRowid as bigint)
        : null
    sql.addEvent.run({
      journal: line(),
      attempt: id,
      kind: event.kind,
      verdict: next.verdict,
      ...eventColumns(event),
      report,
    })
    if (next.verdict !== 'impossible') derive.moved(BigInt(id), state, next.state)
    return next
  }

  return {
    isUnsent,
    add,
    recordAttempts: (sends, at) =>
      store.write('attempts', at, (line) => sends.map((send) => add(send, at, line))),
    recordWrite: (account, kind, attempt, at) =>
      store.write('write', at, (line) => {
        sql.addWrite.run(line(), account, kind, attempt, at)
      }),
    recordEvent(attempt, event, at) {
      const facts = (line: Line) => move(attempt, event, line)
      return isToldAgain(event)
        ? store.writeTold('event', at, facts)
        : store.write('event', at, facts)
    },
    recordDenial: (intent, reason, at) =>
      store.write('denial', at, (line) => {
        assert(isUnsent(intent), `intent ${intent} is sent or finished: too late to deny it`)
        sql.addDenial.run(line(), intent, toJson(reason))
        derive.denied(BigInt(intent))
      }),
    openAttempts: keeping(store, derive.moves.ofAccount, recorded.openAttempts),
    unsentIntents: keeping(store, derive.moves.ofAccount, recorded.unsent),
    attemptByTag: (tag) => store.read(() => recorded.attemptByTag(tag)),
    writes: (account, since) =>
      store.read(() => (sql.writes.all({ account, since }) as bigint[]).map(asInstant)),
  }
}

/**
 * An order that is at the broker is in its book, and a doubt is a doubt again after a restart: losing either
 * costs a look. That an order is not there is told by nobody twice.
 */
const isToldAgain = (event: AttemptEvent): boolean =>
  event.kind === 'reported' ||
  (event.kind === 'answered' &&
    (event.outcome.kind === 'accepted' || event.outcome.kind === 'unknown'))

const asInstant = (at: bigint): Instant => numberOf(at) as Instant

function prepare(db: Store['db']) {
  return {
    stage: db.prepare('SELECT stage FROM intent_state WHERE intent = ?').pluck(),
    countAttempts: db.prepare('SELECT count(*) FROM attempt WHERE intent = ?').pluck(),
    intentByTag: db.prepare('SELECT number FROM intent WHERE tag = ?').pluck(),
    addAttempt: db.prepare(`
      INSERT INTO attempt (journal, intent, ordinal, account, tag, quantity, others, at)
      VALUES (@journal, @intent, @ordinal, @account, @tag, @quantity, @others, @at)`),
    addReport: db.prepare(ADD_REPORT),
    addEvent: db.prepare(`
      INSERT INTO attempt_event (journal, attempt, kind, verdict, outcome, cause, text, order_id,
        unique_order_id, evidence, report)
      VALUES (@journal, @attempt, @kind, @verdict, @outcome, @cause, @text, @orderId,
        @uniqueOrderId, @evidence, @report)`),
    addWrite: db.prepare(
      'INSERT INTO broker_write (journal, account, kind, attempt, at) VALUES (?, ?, ?, ?, ?)',
    ),
    addDenial: db.prepare('INSERT INTO denial (journal, intent, reason) VALUES (?, ?, ?)'),
    writes: db
      .prepare(`
        SELECT at FROM attempt WHERE account = @account AND at >= @since
        UNION ALL
        SELECT at FROM broker_write WHERE account = @account AND at >= @since
        ORDER BY at`)
      .pluck(),
  }
}
