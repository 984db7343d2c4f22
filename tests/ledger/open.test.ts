// Opening: what is made, who may, and what is said when the file or the disk is not as it should be.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { signalId } from '../../src/domain/ids.ts'
import type { Mode } from '../../src/domain/lane.ts'
import { units } from '../../src/domain/numbers.ts'
import type { MasterOrder } from '../../src/domain/signal.ts'
import { findHolder } from '../../src/ledger/lock.ts'
import { migrate } from '../../src/ledger/migrate.ts'
import { openDesk, openLedger, openView } from '../../src/ledger/open.ts'
import { DERIVED_TABLES, MIGRATIONS, PASSING_TABLES, tablesIn } from '../../src/ledger/schema.ts'
import { LedgerUnusable, type UnusableKind } from '../../src/ledger/unusable.ts'
import type { Ledger, LedgerView } from '../../src/ports.ts'
import {
  AT,
  entry,
  follower,
  LOT,
  laneOf,
  reportOf,
  seededChance,
  signalOf,
  still,
  tagMaker,
} from './scene.ts'

let folder: string
let path: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lockstep-open-'))
  path = join(folder, 'data', 'lockstep.db')
})
afterEach(() => rmSync(folder, { recursive: true }))

function open(mode: Mode = 'live', at = path): Ledger {
  const ledger = openLedger({
    path: at,
    mode,
    clock: still,
    chance: seededChance(1),
    command: 'lockstep run',
    reserveBytes: 4096,
  })
  return closing(ledger)
}

function closing<T extends LedgerView>(ledger: T): T {
  onTestFinished(() => ledger.close())
  return ledger
}

function kindOf(work: () => unknown): UnusableKind | 'none' {
  try {
    work()
    return 'none'
  } catch (error) {
    if (error instanceof LedgerUnusable) return error.kind
    throw error
  }
}

/** Records that many signals of two followers, each with an entry. */
function fillWith(ledger: Ledger, signals: number): void {
  const tag = tagMaker(ledger.engine, seededChance(3))
  for (let number = 1; number <= signals; number++) {
    const [order] = ledger.seeMasterOrders([reportOf(`${number}`)], AT) as [MasterOrder]
    const signal = signalOf(order)
    const decisions = [1, 2].map((each) => entry(laneOf(each), signal, LOT, [tag()]))
    ledger.record([{ signal, decisions }], AT)
  }
}

describe('what opening makes', () => {
  test('a folder and files that only their owner can read', () => {
    const ledger = open()
    fillWith(ledger, 1)
    ledger.backup(join(folder, 'data', 'backup', 'day.db'))
    const rights = (name: string) => (statSync(join(folder, name)).mode & 0o777).toString(8)
    expect([rights('data'), rights('data/backup')]).toEqual(['700', '700'])
    const files = readdirSync(join(folder, 'data')).filter((name) => name !== 'backup')
    expect(files.sort()).toEqual([
      'lockstep.db',
      'lockstep.db-shm',
      'lockstep.db-wal',
      'lockstep.db.holder',
      'lockstep.db.lock',
      'lockstep.db.reserve',
    ])
    const open600 = [...files, 'backup/day.db'].map((name) => [name, rights(`data/${name}`)])
    expect(open600.filter(([, mode]) => mode !== '600')).toEqual([])
  })

  test('a file that others can read while the engine writes', () => {
    open().close()
    const db = new Database(path, { readonly: true })
    expect(db.pragma('journal_mode', { simple: true })).toBe('wal')
    db.close()
  })

  test('rights that somebody widened are narrowed again', () => {
    open().close()
    chmodSync(path, 0o644)
    open().close()
    expect(statSync(path).mode & 0o777).toBe(0o600)
  })
})

describe('facts', () => {
  test('can be neither changed nor deleted, whatever the table', () => {
    const ledger = open()
    fillWith(ledger, 1)
    ledger.close()
    const db = new Database(path)
    const replaced: readonly string[] = [...DERIVED_TABLES, ...PASSING_TABLES]
    const facts = MIGRATIONS.flatMap(({ sql }) => tablesIn(sql)).filter(
      (t) => !replaced.includes(t),
    )
    expect(facts.length).toBeGreaterThan(20)
    const filled = ['journal', 'signal', 'decision', 'intent', 'report', 'master_alias', 'tenure']
    for (const table of filled) {
      expect(() => db.exec(`DELETE FROM ${table}`)).toThrow('holds facts')
      expect(() => db.exec(`UPDATE ${table} SET journal = 1`)).toThrow(/holds facts|no such column/)
    }
    const refusals = db.prepare("SELECT count(*) FROM sqlite_schema WHERE type = 'trigger'").pluck()
    expect(refusals.get()).toBe(2 * facts.length)
    db.close()
  })

  test('stand in STRICT tables, every one', () => {
    open().close()
    const db = new Database(path, { readonly: true })
    const loose = db.prepare(
      "SELECT name FROM pragma_table_list WHERE strict = 0 AND name NOT LIKE 'sqlite_%'",
    )
    expect(loose.all()).toEqual([])
    db.close()
  })
})

describe('one engine', () => {
  test('a second one is refused and told who holds it', () => {
    open()
    expect(() => open()).toThrow(
      new RegExp(`process ${process.pid} on .+ \\(lockstep run\\) since 2026-11-20T10:30:45`),
    )
    expect(kindOf(() => open())).toBe('held')
  })

  test('the next one may when the first has closed', () => {
    open().close()
    expect(existsSync(`${path}.holder`)).toBe(false)
    expect(kindOf(() => open())).toBe('none')
  })

  test('is found by those who only look, as long as it runs', () => {
    expect(findHolder(path)).toBeNull()
    const engine = open()
    const holder = { process: process.pid, host: hostname(), since: AT, command: 'lockstep run' }
    expect(findHolder(path)).toEqual(holder)
    expect(kindOf(() => engine.recordSession('{}', AT))).toBe('none')
    engine.close()
    // What a killed one leaves behind is no engine.
    writeFileSync(`${path}.holder`, JSON.stringify(holder))
    expect(findHolder(path)).toBeNull()
  })

  test('the next one takes over at once when the first was killed', async () => {
    const recorder = join(import.meta.dirname, 'recorder.ts')
    const child = spawn(process.execPath, [recorder, path], { stdio: ['ignore', 'pipe', 'ignore'] })
    const ended = once(child, 'close')
    await once(createInterface({ input: child.stdout }), 'line')
    expect(() => open()).toThrow(`process ${child.pid}`)
    child.kill('SIGKILL')
    await ended
    expect(existsSync(`${path}.holder`)).toBe(true)
    expect(findHolder(path)).toBeNull()
    expect(kindOf(() => open())).toBe('none')
  })

  test('one that is being made just now is refused in words to who only looks', () => {
    open().close()
    const db = new Database(path)
    db.exec('DROP TRIGGER identity_refuses_delete; DELETE FROM identity')
    db.close()
    expect(kindOf(() => openView({ path, mode: 'live' }))).toBe('older')
    expect(() => openView({ path, mode: 'live' })).toThrow('is being made by an engine that starts')
  })

  test('an older one that lost its lock file can no longer write', () => {
    const older = open()
    fillWith(older, 1)
    // Nobody should do this; two engines on one ledger would be worse.
    rmSync(`${path}.lock`)
    const newer = open()
    expect(kindOf(() => older.recordSession('{}', AT))).toBe('takenOver')
    expect(newer.recordSession('{}', AT)).toBe(1)
  })

  test('commands look and steer from another connection while it runs', () => {
    const engine = open()
    const desk = closing(openDesk({ path, mode: 'live' }))
    const view = closing(openView({ path, mode: 'live' }))
    desk.steer({ kind: 'pause', follower: follower(1) }, 'command', AT)
    expect([...engine.steering().paused]).toEqual([follower(1)])
    fillWith(engine, 2)
    expect(view.unsentIntents(null)).toHaveLength(4)
    expect(view.engine).toBe(engine.engine)
    expect(kindOf(() => (view as Ledger).steer({ kind: 'halt' }, 'command', AT))).toBe(
      'notWritable',
    )
  })

  test('a command in another process steers while the engine records at full speed', async () => {
    const recorder = join(import.meta.dirname, 'recorder.ts')
    const child = spawn(process.execPath, [recorder, path], { stdio: ['ignore', 'pipe', 'ignore'] })
    const ended = once(child, 'close')
    const lines = createInterface({ input: child.stdout })
    await once(lines, 'line')
    lines.on('line', Boolean)
    const desk = openDesk({ path, mode: 'live' })
    for (let word = 0; word < 50; word++) desk.steer({ kind: 'halt' }, 'command', AT)
    expect(desk.openSteering()).toHaveLength(50)
    desk.close()
    child.kill('SIGKILL')
    await ended
    expect(open().steering().halted).toBe(true)
  })
})

describe('what is refused', () => {
  test('the other mode', () => {
    open('paper').close()
    expect(() => open('live')).toThrow('is a paper ledger, not a live one')
    expect(kindOf(() => openView({ path, mode: 'live' }))).toBe('wrongMode')
  })

  test('a file that is no database, left as it was', () => {
    open().close()
    writeFileSync(
      path,
      'my shopping list, which is longer than a header of a database would be: '.repeat(9),
    )
    const before = readFileSync(path)
    expect(kindOf(() => open())).toBe('notALedger')
    expect(readFileSync(path)).toEqual(before)
  })

  test('a database of another program', () => {
    open().close()
    rmSync(path)
    const db = new Database(path)
    db.exec('CREATE TABLE customers (name TEXT)')
    db.close()
    expect(() => open()).toThrow('another program')
  })

  test('a newer schema, by engine and view alike', () => {
    open().close()
    const db = new Database(path)
    db.pragma('user_version = 999')
    db.close()
    expect(() => open()).toThrow('has schema 999')
    expect(kindOf(() => openView({ path, mode: 'live' }))).toBe('newer')
  })

  test('a ledger that is not there, for those who only look', () => {
    expect(kindOf(() => openView({ path, mode: 'live' }))).toBe('missing')
    expect(existsSync(dirname(path))).toBe(false)
  })

  test('a folder in which nothing can be made', () => {
    // A file in the place of the folder: refused for root as well.
    writeFileSync(join(folder, 'data'), '')
    expect(kindOf(() => open())).toBe('notWritable')
  })

  test('after a refusal the lock is free again', () => {
    open('paper').close()
    expect(kindOf(() => open('live'))).toBe('wrongMode')
    expect(kindOf(() => open('paper'))).toBe('none')
  })
})

describe('a damaged file', () => {
  test.each([
    [
      'a page in the middle overwritten',
      (size: number) => overwrite(path, Math.floor(size / 8192) * 4096, 4096),
    ],
    ['the second page overwritten', () => overwrite(path, 4096, 4096)],
    ['the end cut off', (size: number) => truncateSync(path, Math.floor(size / 8192) * 4096)],
  ])('is refused and left as it is: %s', (_, harm) => {
    const ledger = open()
    fillWith(ledger, 60)
    ledger.close()
    harm(statSync(path).size)
    const before = readFileSync(path)
    expect(kindOf(() => open())).toBe('damaged')
    expect(readFileSync(path)).toEqual(before)
  })

  test('leaves the backup, which opens with everything up to then', () => {
    const ledger = open()
    fillWith(ledger, 60)
    const backup = join(folder, 'data', 'backup', 'day.db')
    ledger.backup(backup)
    ledger.close()
    overwrite(path, 4096, 4096)
    expect(kindOf(() => open())).toBe('damaged')
    copyFileSync(backup, join(folder, 'restored.db'))
    const restored = open('live', join(folder, 'restored.db'))
    expect(restored.engine).toBe(ledger.engine)
    expect(restored.unsentIntents(null)).toHaveLength(120)
    expect(restored.verify()).toEqual([])
  })

  test('found while running stops with the same word', () => {
    const ledger = open()
    fillWith(ledger, 60)
    ledger.close()
    const view = closing(openView({ path, mode: 'live' }))
    for (let page = 1; page < statSync(path).size / 4096; page++) overwrite(path, page * 4096, 4096)
    expect(kindOf(() => view.unsentIntents(null))).toBe('damaged')
  })
})

describe('a backup', () => {
  test('replaces an older one of that name only when it is whole', () => {
    const ledger = open()
    const backup = join(folder, 'backup.db')
    ledger.backup(backup)
    fillWith(ledger, 1)
    ledger.backup(backup)
    ledger.close()
    expect(open('live', backup).unsentIntents(null)).toHaveLength(2)
    expect(readdirSync(folder).filter((name) => name.includes('unfinished'))).toEqual([])
  })

  test('that fails leaves nothing behind and says why', () => {
    const ledger = open()
    writeFileSync(join(folder, 'file'), '')
    expect(kindOf(() => ledger.backup(join(folder, 'file', 'backup.db')))).toBe('notWritable')
  })
})

describe('migrations', () => {
  test('make a backup first, keep every fact, and go all the way or nowhere', () => {
    const ledger = open()
    fillWith(ledger, 3)
    ledger.close()
    const db = new Database(path)
    db.defaultSafeIntegers(true)
    const backups: number[] = []
    const last = MIGRATIONS.length
    const good = {
      number: last + 1,
      sql: 'CREATE TABLE later (number INTEGER PRIMARY KEY) STRICT',
    }
    const bad = { number: last + 2, sql: 'CREATE TABLE broken (number INTEGER); SELECT nonsense' }
    const noted = (version: number) => backups.push(version)
    expect(() => migrate(db, path, noted, [...MIGRATIONS, good, bad])).toThrow('nonsense')
    expect(backups).toEqual([last])
    expect(db.pragma('user_version', { simple: true })).toBe(BigInt(last + 1))
    expect(
      db.prepare("SELECT name FROM sqlite_schema WHERE name IN ('later', 'broken')").all(),
    ).toEqual([{ name: 'later' }])
    expect(db.prepare('SELECT count(*) FROM signal').pluck().get()).toBe(3n)
    db.close()
  })

  test('bring a file of the first form up to date', () => {
    mkdirSync(dirname(path), { recursive: true })
    const db = new Database(path)
    db.defaultSafeIntegers(true)
    migrate(db, path, () => undefined, MIGRATIONS.slice(0, 1))
    db.close()
    const ledger = open()
    fillWith(ledger, 3)
    expect(ledger.signal(signalId(3))).not.toBeNull()
    expect(ledger.verify()).toEqual([])
  })

  test('are numbered without gaps and make no backup of a new file', () => {
    expect(MIGRATIONS.map(({ number }) => number)).toEqual(MIGRATIONS.map((_, index) => index + 1))
    open()
    expect(existsSync(join(folder, 'data', 'backup'))).toBe(false)
  })
})

test('numbers stay exact beyond what a binary float can tell apart', () => {
  const ledger = open()
  const filled = units(90_071_992_547n)
  const large = reportOf('1', {
    quantity: filled,
    filled,
    averagePrice: 9_007_199_254_740_993n as never,
  })
  const [order] = ledger.seeMasterOrders([large], AT)
  expect(order?.report).toEqual(large)
})

function overwrite(file: string, at: number, length: number): void {
  const handle = openSync(file, 'r+')
  writeSync(handle, Buffer.alloc(length, 0xa5), 0, length, at)
  closeSync(handle)
}
