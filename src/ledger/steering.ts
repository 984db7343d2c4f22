// The trader's words. Other programs write them here while the engine runs; the engine acts on each and
// marks it done, in the same transaction as what it changed in the ledger, so that none is acted on twice
// and none is forgotten over a restart.
import { assert } from '../domain/assert.ts'
import type { AccountName } from '../domain/ids.ts'
import type { Answer, Command, SteeringState } from '../domain/steering.ts'
import type { Instant } from '../domain/time.ts'
import type { Ledger, NumberedSteering } from '../ports.ts'
import { fromJson, numberOf, type Row, toJson } from './columns.ts'
import type { Lanes } from './lanes.ts'
import type { Store } from './store.ts'
import type { Words } from './words.ts'

export type SteeringBook = Pick<
  Ledger,
  'steer' | 'steering' | 'openSteering' | 'answerTo' | 'finishSteering'
>

export function createSteering(store: Store, lanes: Lanes, words: Words): SteeringBook {
  const sql = prepare(store.db)
  let stands: { readonly as: bigint; readonly state: SteeringState } | null = null
  return {
    steer: (command, by, at) =>
      store.write('steering', at, (line) => {
        const follower = 'follower' in command ? command.follower : null
        const { lastInsertRowid } = sql.add.run(line(), command.kind, follower, toJson(command), by)
        return numberOf(lastInsertRowid as bigint)
      }),
    steering: () =>
      store.read(() => {
        const newest = words.newest()
        if (stands?.as === newest) return stands.state
        const state = addUp((sql.sinceEverybodyResumed.all() as Row[]).map(numbered))
        stands = { as: newest, state }
        return state
      }),
    openSteering: () => store.read(() => (sql.open.all() as Row[]).map(numbered)),
    answerTo: (number) =>
      store.read(() => {
        const answer = sql.answer.get(number) as string | null | undefined
        return answer ? fromJson<Answer>(answer) : null
      }),
    finishSteering: (number, adjustments, answer, at) =>
      store.write('steeringDone', at, (line) => {
        assert(sql.isDone.get(number) === undefined, `command ${number} is done already`)
        sql.addDone.run(number, line(), answer === null ? null : toJson(answer))
        for (const adjustment of adjustments) lanes.addAdjustment(adjustment, line)
      }),
  }
}

/** A resume of everybody lifts all that stood before it; one of a follower only its own pause. */
function addUp(commands: readonly NumberedSteering[]): SteeringState {
  const paused = new Set<AccountName>()
  let halted = false
  let everybodyPaused = false
  const flattened = new Set<AccountName>()
  let everybodyFlattened = false
  for (const { command } of commands) {
    if (command.kind === 'halt') {
      halted = true
      flattened.clear()
      everybodyFlattened = false
    }
    if (command.kind === 'flatten') {
      if (command.follower === null) everybodyFlattened = true
      else flattened.add(command.follower)
    }
    if (command.kind === 'pause' || command.kind === 'flatten') {
      if (command.follower === null) everybodyPaused = true
      else paused.add(command.follower)
    }
    // Who was resumed after its flatten stands still with everybody else in the next halt, also by the file.
    if (command.kind === 'resume' && command.follower !== null) {
      paused.delete(command.follower)
      flattened.delete(command.follower)
    }
  }
  return { halted, everybodyPaused, paused, flattened, everybodyFlattened }
}

const numbered = (row: Row): NumberedSteering => ({
  number: numberOf(row.number),
  command: fromJson<Command>(String(row.command)),
  at: numberOf(row.at) as Instant,
  by: String(row.by),
})

function prepare(db: Store['db']) {
  const steering =
    'SELECT steering.*, journal.at FROM steering JOIN journal ON journal.number = steering.journal'
  return {
    add: db.prepare(
      'INSERT INTO steering (journal, kind, follower, command, by) VALUES (?, ?, ?, ?, ?)',
    ),
    sinceEverybodyResumed: db.prepare(`
      ${steering}
      WHERE steering.kind IN ('pause', 'halt', 'resume', 'flatten') AND steering.number > (
        SELECT coalesce(max(number), 0) FROM steering WHERE kind = 'resume' AND follower IS NULL)
      ORDER BY steering.number`),
    open: db.prepare(`
      ${steering}
      WHERE NOT EXISTS (SELECT 1 FROM steering_done WHERE steering_done.steering = steering.number)
      ORDER BY steering.number`),
    isDone: db.prepare('SELECT 1 FROM steering_done WHERE steering = ?').pluck(),
    answer: db.prepare('SELECT answer FROM steering_done WHERE steering = ?').pluck(),
    addDone: db.prepare('INSERT INTO steering_done (steering, journal, answer) VALUES (?, ?, ?)'),
  }
}
