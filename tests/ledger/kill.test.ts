// Promise 3: whatever moment the power goes, a signal is there with everything or not at all, what was
// told as recorded is there, and what is derived is what follows from the facts. A real process, really
// killed.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import Database from 'better-sqlite3'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openLedger } from '../../src/ledger/open.ts'
import { seededChance, still } from './scene.ts'

const KILLS = 200
/** A new file every so often, so that checking it all stays quick. */
const KILLS_PER_FILE = 10
/** Side by side, each on files of its own: most of it is waiting for processes and the disk. */
const TRACKS = 4
const KILLS_PER_TRACK = KILLS / TRACKS
const recorder = join(import.meta.dirname, 'recorder.ts')

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lockstep-kill-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

test(`killed ${KILLS} times while it records, it never leaves a torn signal`, {
  timeout: 180_000,
}, async () => {
  const tracks = await Promise.all(
    Array.from({ length: TRACKS }, (_, track) => killAgainAndAgain(track)),
  )
  expect(tracks.flatMap(({ faults }) => faults)).toEqual([])
  expect(tracks.map(({ kills }) => kills)).toEqual(Array(TRACKS).fill(KILLS_PER_TRACK))
  expect(tracks.every(({ told }) => told > KILLS_PER_TRACK)).toBe(true)
})

async function killAgainAndAgain(track: number) {
  const faults: string[] = []
  let told = 0
  let kills = 0
  for (; kills < KILLS_PER_TRACK && faults.length === 0; kills++) {
    const path = join(folder, `${track}-${Math.floor(kills / KILLS_PER_FILE)}.db`)
    const signals = await recordUntilKilled(path, 'whole', 1000 * track + kills + 1)
    faults.push(...faultsIn(path, signals))
    told += signals.length
  }
  return { faults, told, kills }
}

test('control: a recorder that needs two transactions is caught', { timeout: 60_000 }, async () => {
  const path = join(folder, 'torn.db')
  let faults: readonly string[] = []
  for (let kill = 0; kill < 60 && faults.length === 0; kill++)
    faults = faultsIn(path, await recordUntilKilled(path, 'torn', kill + 1))
  expect(faults[0]).toMatch(/signal \d+ has 0 of 6 decisions/)
})

test('control: a told signal that is not there, and a wrong sum, are caught', async () => {
  const path = join(folder, 'wrong.db')
  const told = await recordUntilKilled(path, 'whole', 1)
  expect(faultsIn(path, [...told, 999_999])).toEqual(['signal 999999 was told and is not there'])
  const db = new Database(path)
  db.exec('UPDATE lane_state SET held = held + 1 WHERE lane = 1')
  db.close()
  expect(faultsIn(path, told)).toHaveLength(2)
})

/** Kills it after some signals, at whatever it is doing then; gives those it told of. */
async function recordUntilKilled(
  path: string,
  variant: 'whole' | 'torn',
  seed: number,
): Promise<readonly number[]> {
  const child = spawn(process.execPath, [recorder, path, variant, String(seed)], {
    stdio: ['ignore', 'pipe', 'ignore'],
    // Two hundred starts of the same program: compiled once, and nothing else loaded.
    env: { NODE_COMPILE_CACHE: join(folder, 'compiled') },
  })
  const ended = once(child, 'close')
  const told: number[] = []
  const chance = seededChance(seed * 7919)
  const [count = 0, wait = 0] = chance.bytes(12).slice(10)
  for await (const line of createInterface({ input: child.stdout })) {
    told.push(Number(line))
    if (told.length !== 1 + (count % 8)) continue
    // It goes on meanwhile: anywhere within its next signal or two.
    passTime((wait / 255) * 6)
    child.kill('SIGKILL')
  }
  await ended
  return told
}

/** Not a timer, which would be late by more than a signal takes. */
function passTime(ms: number): void {
  const end = performance.now() + ms
  while (performance.now() < end);
}

function faultsIn(path: string, told: readonly number[]): readonly string[] {
  // Opening examines the file, and takes over the lock of the one that was killed.
  const ledger = openLedger({
    path,
    mode: 'live',
    clock: still,
    chance: seededChance(1),
    command: 'checker',
    reserveBytes: 4096,
  })
  const derived = ledger.verify()
  ledger.close()
  const db = new Database(path, { readonly: true })
  try {
    return [...tornSignals(db), ...missing(db, told), ...derived]
  } finally {
    db.close()
  }
}

function tornSignals(db: Database.Database): readonly string[] {
  const rows = db
    .prepare(`
      SELECT signal.number,
        (SELECT count(*) FROM decision WHERE signal = signal.number) AS decisions,
        (SELECT count(DISTINCT tag) FROM intent WHERE signal = signal.number) AS intents,
        (SELECT count(*) FROM attempt JOIN intent ON intent.number = attempt.intent
         WHERE intent.signal = signal.number) AS attempts
      FROM signal`)
    .all() as { number: number; decisions: number; intents: number; attempts: number }[]
  return rows
    .filter(
      ({ decisions, intents, attempts }) => decisions !== 6 || intents !== 10 || attempts !== 5,
    )
    .map(
      ({ number, decisions, intents, attempts }) =>
        `signal ${number} has ${decisions} of 6 decisions, ${intents} of 10 intents, ${attempts} of 5 attempts`,
    )
}

function missing(db: Database.Database, told: readonly number[]): readonly string[] {
  const find = db.prepare('SELECT 1 FROM signal WHERE number = ?')
  return told
    .filter((signal) => find.get(signal) === undefined)
    .map((signal) => `signal ${signal} was told and is not there`)
}
