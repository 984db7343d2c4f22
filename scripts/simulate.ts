// `npm run simulate`: one simulated trading day after the other, each from its own seed, on all cores, until
// all are done; then what they came to. A day that breaks a promise is told with its seed, and its story stays
// in a file. `--seed N --story` tells one day; `--seed N` is that day alone. `--out FILE` keeps what they came
// to, and goes on from it when it is there; `--join FILE FILE…` adds several up.
import { spawnSync } from 'node:child_process'
import { appendFileSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import {
  describePiece,
  emptyPiece,
  joinPieces,
  keepPiece,
  type Piece,
  PieceUnusable,
  readPiece,
} from '../tests/simulation/pieces.ts'
import { runDay } from '../tests/simulation/run-day.ts'
import {
  addTally,
  describeTally,
  emptyTally,
  isGood,
  type Tally,
  tallyOf,
} from '../tests/simulation/tally.ts'
import { type Asked, createWorker } from '../tests/simulation/worker.ts'
import { above0, flag, readOptions, text, texts, whole } from './options.ts'

/** Where nobody watches: a line of progress this often. */
const TOLD_EVERY_MS = 30_000
/** A day takes seconds, on a machine that is busy with much else perhaps twenty; this one never ends. */
const DAY_ENDS_WITHIN_MS = 180_000
/** What was killed in the middle of something is never wholly given back: a megabyte a day. */
const DAYS_OF_A_PROCESS = 300

const options = readOptions(
  'simulate',
  'Simulated trading days, each from its seed, with crashes anywhere; then what they came to.',
  {
    seeds: whole('how many days', 200, 1),
    from: whole('the seed of the first', 1, 1),
    workers: whole('how many at a time', availableParallelism(), 1),
    minutes: above0('no new day is begun after so many', undefined),
    seed: whole('that day alone', undefined, 1),
    story: flag('with --seed: told line by line'),
    out: text('keeps what they came to in this file, and goes on from it when it is there'),
    join: texts('adds up what several such files hold'),
  },
)

/** A dead program's last words go nowhere: what still runs of it is none of anybody's business. */
process.on('unhandledRejection', (error) => {
  if (error instanceof Error && error.name === 'Died') return
  throw error
})

if (process.send !== undefined) serve()
else if (options.join !== undefined) refusing(() => tellJoined(options.join ?? []))
else if (options.seed !== undefined) await tellOne(options.seed)
else await runMany()

// --- one process of several ---------------------------------------------------------------------

function serve(): void {
  process.on('message', (asked: Asked) => {
    void run(asked).then((tally) => process.send?.(tally))
  })
  process.on('disconnect', () => process.exit(0))
}

/** Never rejects: a day that can't even be run is a broken one. Its story stays where it is broken. */
async function run({ seed, story }: Asked): Promise<Tally> {
  try {
    writeFileSync(story, '')
    const day = await runDay(seed, { hears: (line) => appendFileSync(story, `${line}\n`) })
    const tally = tallyOf(day)
    day.close()
    if (tally.broken.length === 0) rmSync(story)
    return tally
  } catch (error) {
    const broken = [{ seed, broken: [`the day itself failed: ${inspect(error)}`] }]
    return { ...emptyTally(), days: 1, broken }
  }
}

async function tellOne(seed: number): Promise<void> {
  const day = await runDay(seed)
  const tally = tallyOf(day)
  if (options.story) console.log(day.story.join('\n'))
  console.log(describeTally(tally).join('\n'))
  for (const { broken } of tally.broken) console.log(broken.join('\n'))
  day.close()
  process.exit(tally.broken.length === 0 ? 0 : 1)
}

// --- all of them --------------------------------------------------------------------------------

function tellJoined(files: readonly string[]): void {
  const pieces = files.map(readPiece)
  const all = joinPieces(pieces)
  console.log(describeTally(all).join('\n'))
  for (const { seed, broken } of all.broken) console.log(`seed ${seed}: ${broken.join('; ')}`)
  for (const piece of pieces) console.log(describePiece(piece))
  process.exitCode = isGood(all) ? 0 : 1
}

/** What an earlier run of these days came to; an empty one where there was none. */
function pieceSoFar(): Piece {
  const commit = commitHere()
  if (options.out === undefined || !existsSync(options.out)) return emptyPiece(commit)
  const piece = readPiece(options.out)
  if (piece.commit === commit) return piece
  const says = `${options.out} is of commit ${piece.commit}, this is ${commit}`
  throw new PieceUnusable(`${says}: name another file, and --join the two afterwards`)
}

function commitHere(): string {
  const git = (...args: string[]): string =>
    spawnSync('git', args, { cwd: import.meta.dirname, encoding: 'utf8' }).stdout?.trim() ?? ''
  const commit = git('rev-parse', '--short', 'HEAD')
  if (commit === '') return 'no commit'
  return git('status', '--porcelain') === '' ? commit : `${commit}+`
}

function refusing<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof PieceUnusable)) throw error
    console.error(error.message)
    process.exit(2)
  }
}

async function runMany(): Promise<void> {
  const { from: first, workers, minutes } = options
  const last = first + options.seeds - 1
  const forMs = minutes === undefined ? null : minutes * 60_000
  const began = performance.now()
  const stories = mkdtempSync(join(tmpdir(), 'lockstep-simulate-'))
  const piece = refusing(pieceSoFar)
  const { tally: all, seconds: secondsBefore } = piece
  const lived = new Set(piece.lived)
  const seeds = Array.from({ length: last - first + 1 }, (_, index) => first + index)
  const waiting = seeds.filter((seed) => !lived.has(seed))
  const count = waiting.length
  if (count < seeds.length) console.log(`${seeds.length - count} of them lived before`)
  let done = 0
  let toldAt = began

  const isOver = (): boolean =>
    waiting.length === 0 || (forMs !== null && performance.now() - began > forMs)

  const storyOf = (seed: number): string => join(stories, `${seed}.txt`)

  function note(seed: number, tally: Tally): void {
    addTally(all, tally)
    piece.lived.push(seed)
    done += 1
    keep()
    for (const { seed, broken } of tally.broken)
      say(`seed ${seed} BROKE A PROMISE\n  ${broken.join('\n  ')}\n  its story: ${storyOf(seed)}`)
    progress()
  }

  function keep(): void {
    piece.seconds = secondsBefore + (performance.now() - began) / 1000
    if (options.out !== undefined) keepPiece(options.out, piece)
  }

  function progress(): void {
    const perDay = (performance.now() - began) / Math.max(1, done)
    const left = Math.round(((count - done) * perDay) / 1000)
    const line = `${all.days} days, ${all.signals} signals, ${all.intents} intents, ${all.kills} kills, ${all.broken.length} broken, ${left} s left`
    if (process.stdout.isTTY) process.stdout.write(`\r\x1b[K${line}`)
    else if (performance.now() - toldAt > TOLD_EVERY_MS) {
      toldAt = performance.now()
      console.log(line)
    }
  }

  await Promise.all(
    Array.from({ length: workers }, async () => {
      while (!isOver()) {
        const worker = createWorker(import.meta.filename, DAY_ENDS_WITHIN_MS)
        for (let days = 0; days < DAYS_OF_A_PROCESS && !isOver(); days++) {
          const seed = waiting.shift() as number
          note(seed, await worker.live({ seed, story: storyOf(seed) }))
        }
        worker.close()
      }
    }),
  )
  say(describeTally(all).join('\n'))
  console.log(`${describePiece(piece)} with ${workers} workers`)
  process.exitCode = isGood(all) ? 0 : 1
}

function say(text: string): void {
  if (process.stdout.isTTY) process.stdout.write('\r\x1b[K')
  console.log(text)
}
