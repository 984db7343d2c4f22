// Makes what is derived again, from the facts alone and in their order. That it comes out as it stood is
// the ledger's consistency check; that it can be done at all is what makes a change of the derived tables
// a harmless migration.
import { transition } from '../domain/attempt.ts'
import type { Role } from '../domain/lane.ts'
import { NO_QUANTITY, type Quantity } from '../domain/numbers.ts'
import { ratioFromText } from '../domain/ratio.ts'
import type { Effect } from '../domain/signal.ts'
import type { Instant } from '../domain/time.ts'
import type { Adjustment } from '../ports.ts'
import { eventOf, stateOf } from './attempt-rows.ts'
import { numberOf, type Row } from './columns.ts'
import type { Derive } from './derive.ts'
import { DERIVED_TABLES } from './schema.ts'
import type { Store } from './store.ts'

interface Replay {
  /** Facts of one journal line are replayed table by table in the order of the list below. */
  readonly facts: string
  readonly apply: (row: Row) => void
}

export interface Rebuild {
  rebuild(at: Instant): void
  /** Empty when what is derived is what follows from the facts. Changes nothing. */
  verify(): readonly string[]
}

export function createRebuild(store: Store, derive: Derive): Rebuild {
  const { db } = store
  const replays = listReplays(db, derive)

  function replayAll(): void {
    for (const table of EMPTYING_ORDER) db.prepare(`DELETE FROM ${table}`).run()
    const facts = replays.flatMap(({ facts, apply }, rank) =>
      (db.prepare(facts).all() as Row[]).map((row) => ({ row, rank, apply })),
    )
    // Within one table rows already stand in the order in which they were added, and sorting keeps that.
    facts.sort((a, b) => numberOf(a.row.journal) - numberOf(b.row.journal) || a.rank - b.rank)
    derive.replaying(() => {
      for (const { row, apply } of facts) apply(row)
    })
  }

  return {
    rebuild: (at) => store.write('rebuild', at, replayAll),
    verify: () =>
      store.rehearse(() => {
        const before = dump(db)
        replayAll()
        const after = dump(db)
        return [
          ...differences(before, after, 'stands but does not follow'),
          ...differences(after, before, 'follows but does not stand'),
        ]
      }),
  }
}

const EMPTYING_ORDER = [...DERIVED_TABLES].reverse()

function dump(db: Store['db']): readonly string[] {
  return DERIVED_TABLES.flatMap((table) =>
    (db.prepare(`SELECT * FROM ${table}`).all() as Row[]).map(
      (row) =>
        `${table} ${Object.entries(row)
          .map(([name, value]) => `${name}=${value}`)
          .join(' ')}`,
    ),
  )
}

function differences(a: readonly string[], b: readonly string[], what: string): readonly string[] {
  const others = new Set(b)
  return a.filter((row) => !others.has(row)).map((row) => `${row} ${what}`)
}

function listReplays(db: Store['db'], derive: Derive): readonly Replay[] {
  const allowances = db.prepare('SELECT * FROM allowance WHERE decision = ?')
  const keepings = db.prepare('SELECT * FROM keeping WHERE decision = ?')
  const intents = db.prepare(`
    SELECT intent.*, lane.follower FROM intent JOIN lane ON lane.number = intent.lane
    WHERE decision = ? ORDER BY intent.number`)
  const attemptState = db.prepare('SELECT * FROM attempt_state WHERE attempt = ?')
  const report = db.prepare('SELECT * FROM report WHERE number = ?')

  const intend = (row: Row): void =>
    derive.intended({
      number: row.number as bigint,
      lane: row.lane as bigint,
      account: String(row.follower),
      role: row.role as Role,
      quantity: row.quantity as Quantity,
      lot: row.lot as Quantity,
    })

  function decide(row: Row): void {
    const keeping = keepings.get(row.number) as Row | undefined
    const entitlement = keeping?.entitlement ?? row.entitlement
    derive.decided({
      signal: row.signal as bigint,
      follower: String(row.follower),
      lane: row.lane as bigint,
      covers: row.covers as Quantity,
      entitlement: entitlement === null ? null : ratioFromText(String(entitlement)),
      allowances: (allowances.all(row.number) as Row[]).map((allowance) => ({
        intent: allowance.intent as bigint,
        upTo: allowance.up_to as Quantity,
      })),
      kept: (keeping?.kept ?? NO_QUANTITY) as Quantity,
    })
    for (const intent of intents.all(row.number) as Row[]) intend(intent)
  }

  function move(row: Row): void {
    const before = stateOf(attemptState.get(row.attempt) as Row)
    const shown = row.report === null ? undefined : (report.get(row.report) as Row)
    const { verdict, state } = transition(before, eventOf(row, shown))
    if (verdict !== 'impossible') derive.moved(row.attempt as bigint, before, state)
  }

  return [
    {
      facts: `
        SELECT master_sighting.*, report.filled FROM master_sighting
        JOIN report ON report.number = master_sighting.report ORDER BY master_sighting.number`,
      apply: (row) =>
        derive.masterSeen(row.master_order as bigint, {
          report: row.report as bigint,
          filled: row.filled as Quantity,
          line: row.journal as bigint,
        }),
    },
    {
      facts: 'SELECT * FROM master_merge ORDER BY rowid',
      apply: (row) => derive.merge(row.gone as bigint, row.kept as bigint),
    },
    {
      facts: 'SELECT * FROM baseline_order',
      apply: (row) => derive.baseline(row.master_order as bigint, row.filled as Quantity),
    },
    {
      facts: 'SELECT * FROM signal ORDER BY number',
      apply: (row) =>
        derive.signalled(
          row.master_order as bigint,
          row.effect as Effect,
          row.quantity as Quantity,
        ),
    },
    {
      facts: 'SELECT * FROM question ORDER BY rowid',
      apply: (row) => derive.questionAsked(row.signal as bigint, String(row.follower)),
    },
    { facts: 'SELECT * FROM decision ORDER BY number', apply: decide },
    {
      facts: `
        SELECT intent.*, lane.follower FROM intent JOIN lane ON lane.number = intent.lane
        WHERE decision IS NULL ORDER BY intent.number`,
      apply: intend,
    },
    {
      facts: 'SELECT * FROM attempt ORDER BY number',
      apply: (row) =>
        derive.attempted(row.number as bigint, row.intent as bigint, String(row.account)),
    },
    {
      facts: 'SELECT *, kind AS event FROM attempt_event ORDER BY number',
      apply: move,
    },
    {
      facts: 'SELECT * FROM denial ORDER BY number',
      apply: (row) => derive.denied(row.intent as bigint),
    },
    {
      facts: 'SELECT * FROM adjustment ORDER BY number',
      apply: (row) =>
        derive.adjusted(row.lane as bigint, row.kind as Adjustment['kind'], row.change as Quantity),
    },
    {
      facts: `
        SELECT shown.*, journal.at FROM shown
        JOIN journal ON journal.number = shown.journal ORDER BY shown.number`,
      apply: (row) => derive.shown(row, numberOf(row.at) as Instant),
    },
  ]
}
