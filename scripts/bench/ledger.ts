// How fast the ledger records, and what 100,000 old intents cost. Every figure is measured here and now,
// beside the floor of the same machine in alternating rounds: what one synced write costs at all.
//   npm run bench:ledger [-- --intents 10000]
import {
  closeSync,
  fdatasyncSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { signalId } from '../../src/domain/ids.ts'
import type { MasterOrder } from '../../src/domain/signal.ts'
import { after, DAY as DAY_MS, dayOf } from '../../src/domain/time.ts'
import { toJson } from '../../src/ledger/columns.ts'
import { openLedger } from '../../src/ledger/open.ts'
import type { Ledger, Recording } from '../../src/ports.ts'
import {
  AT,
  entry,
  follower,
  LOT,
  laneOf,
  ownReport,
  reportOf,
  seededChance,
  signalOf,
  still,
  tagMaker,
} from '../../tests/ledger/scene.ts'
import { readOptions, whole } from '../options.ts'

const FOLLOWERS = 20
const ROUNDS = 9
const SIGNALS_PER_ROUND = 50
const SIGNALS_PER_DAY = 20

const { intents: oldIntents } = readOptions(
  'bench:ledger',
  'Signals recorded per second against the floor of one synced write, and start-up with old intents.',
  { intents: whole('old intents in the ledger that is opened', 100_000, 1) },
)
// Where ledgers live, not in /tmp, which is often no disk at all.
mkdirSync('data', { recursive: true, mode: 0o700 })
const folder = mkdtempSync(join('data', 'bench-'))
try {
  benchRecording()
  benchHistory()
} finally {
  rmSync(folder, { recursive: true })
}

function benchRecording(): void {
  const ledger = open('recording')
  const plans = planMaker(ledger)
  const bytes = Buffer.alloc(Buffer.byteLength(toJson(plans())), 1)
  const append = openSync(join(folder, 'append'), 'a')
  const bare = new Database(join(folder, 'bare.db'))
  bare.pragma('journal_mode = WAL')
  bare.pragma('synchronous = FULL')
  bare.exec('CREATE TABLE line (number INTEGER PRIMARY KEY, text TEXT) STRICT')
  const insert = bare.prepare('INSERT INTO line (text) VALUES (?)')

  const contenders = {
    [`append of ${bytes.length} bytes, fdatasync`]: () => {
      writeSync(append, bytes)
      fdatasyncSync(append)
    },
    'one row in SQLite, synced': () => insert.run('a fact'),
    'signal, 20 decisions and intents': (plan: Recording) => ledger.record([plan], AT),
    'the same, first attempts in the same write': (plan: Recording) =>
      ledger.record([withSends(plan)], AT),
    'the same, first attempts in a second write': (plan: Recording) => {
      const [recorded] = ledger.record([plan], AT)
      const intents = recorded?.intents ?? []
      ledger.recordAttempts(
        intents.map((intent) => ({
          intent,
          tag: intent.tag,
          quantity: intent.quantity,
          others: null,
        })),
        AT,
      )
    },
  }
  const times = new Map(Object.keys(contenders).map((name) => [name, [] as number[]]))
  for (let round = 0; round < ROUNDS; round++)
    for (const [name, work] of Object.entries(contenders)) {
      const mine = Array.from({ length: SIGNALS_PER_ROUND }, plans)
      const started = performance.now()
      for (const plan of mine) work(plan)
      times.get(name)?.push((performance.now() - started) / SIGNALS_PER_ROUND)
    }
  closeSync(append)
  bare.close()
  ledger.close()

  const [floor = 1, row = 1] = [...times.values()].map(median)
  print(`Recording a signal for ${FOLLOWERS} followers (medians of ${ROUNDS} alternating rounds)`, [
    ['', 'ms', 'per second', 'to the append', 'to one row'],
    ...[...times].map(([name, each]) => {
      const ms = median(each)
      return [
        name,
        ms.toFixed(3),
        (1000 / ms).toFixed(0),
        (ms / floor).toFixed(2),
        (ms / row).toFixed(2),
      ]
    }),
  ])
}

function benchHistory(): void {
  open('empty').close()
  const old = open('old')
  const started = performance.now()
  liveThrough(old, oldIntents / FOLLOWERS)
  const built = ((performance.now() - started) / 1000).toFixed(0)
  old.close()

  const openings = { empty: [] as number[], old: [] as number[] }
  for (let round = 0; round < ROUNDS; round++)
    for (const name of ['empty', 'old'] as const) {
      const before = performance.now()
      const ledger = open(name)
      openings[name].push(performance.now() - before)
      ledger.close()
    }
  const [empty, full] = [median(openings.empty), median(openings.old)]
  const ledger = open('old')
  const lane = laneOf(1)
  const middle = signalId(Math.max(1, Math.floor(oldIntents / FOLLOWERS / 2)))
  const questions = {
    'why SIGNAL, all followers': () => ledger.why(middle, null),
    'why SIGNAL FOLLOWER': () => ledger.why(middle, follower(1)),
    openAttempts: () => ledger.openAttempts(null),
    unsentIntents: () => ledger.unsentIntents(null),
    lanes: () => ledger.lanes(),
    owed: () => ledger.owed(),
    drift: () => ledger.drift(),
    liveEntries: () => ledger.liveEntries(lane),
    followerDay: () => ledger.followerDay(follower(1), dayOf(AT)),
    'writes of an hour': () => ledger.writes(follower(1), after(AT, -3_600_000)),
    steering: () => ledger.steering(),
  }
  const verified = timed(() => ledger.verify())
  print(`With ${oldIntents} old intents, all settled (made in ${built} s)`, [
    ['', 'ms', 'to an empty ledger'],
    ['opening an empty ledger', empty.toFixed(1), '1.00'],
    ['opening this one, every page examined', full.toFixed(1), (full / empty).toFixed(2)],
    ...Object.entries(questions).map(([name, ask]) => [
      name,
      median(Array.from({ length: 51 }, () => timed(ask))).toFixed(3),
      '',
    ]),
    ['verify: everything derived made again', verified.toFixed(0), ''],
  ])
  ledger.close()
}

/** Signals over many days, every order of every follower filled. */
function liveThrough(ledger: Ledger, signals: number): void {
  const plans = planMaker(ledger)
  for (let signal = 0; signal < signals; signal++) {
    const daysAgo = Math.ceil((signals - signal) / SIGNALS_PER_DAY)
    const at = after(AT, -daysAgo * DAY_MS)
    const [recorded] = ledger.record([withSends(plans())], at)
    for (const attempt of recorded?.attempts ?? []) {
      const report = ownReport(attempt.tag, { account: attempt.intent.lane.follower })
      ledger.recordEvent(attempt.id, { kind: 'reported', report }, at)
    }
  }
}

function planMaker(ledger: Ledger): () => Recording {
  const tag = tagMaker(ledger.engine, seededChance(11))
  let orders = 0
  return () => {
    const [order] = ledger.seeMasterOrders([reportOf(`${++orders}`)], AT) as [MasterOrder]
    const signal = signalOf(order)
    const numbers = Array.from({ length: FOLLOWERS }, (_, index) => index + 1)
    return { signal, decisions: numbers.map((n) => entry(laneOf(n), signal, LOT, [tag()])) }
  }
}

function withSends(plan: Recording): Recording {
  const sendNow = plan.decisions.flatMap((decision) =>
    decision.kind === 'entry' ? decision.intents.map((intent) => intent.tag) : [],
  )
  return { ...plan, sendNow }
}

function open(name: string): Ledger {
  return openLedger({
    path: join(folder, `${name}.db`),
    mode: 'live',
    clock: still,
    chance: seededChance(1),
    command: 'bench',
  })
}

function timed(work: () => unknown): number {
  const started = performance.now()
  work()
  return performance.now() - started
}

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

function print(title: string, rows: readonly (readonly string[])[]): void {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  )
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ')
  process.stdout.write(`\n${title}\n${rows.map(line).join('\n')}\n`)
}
