// The real program with its ledger where nothing more fits. On a file system of its own, of some megabytes: in a
// mount name space of the child, which root may make and elsewhere whoever may have a user name space; it is gone
// with the process, whatever happens. Where nobody may, the second half stands alone: a limit of file sizes, set
// while the program runs, needs no right at all and leaves no byte to write, so that no reserve helps. In either
// no order leaves that isn't written down first.
import { execFileSync, spawnSync } from 'node:child_process'
import {
  closeSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import type { Tag } from '../../src/domain/tag.ts'
import { openDesk } from '../../src/ledger/open.ts'
import type { Program } from './lockstep-process.ts'
import { createStage, followerCode, type Stage } from './stage.ts'

vi.setConfig({ testTimeout: 180_000 })

const PATIENCE_MS = 60_000
const LIVE = ['run', '--live', '--yes', '--poll', '1s'] as const

/** How a name space of one's own is had here. */
const NAME_SPACE = [
  ['unshare', '-m'],
  ['unshare', '-r', '-m'],
].find(([program = '', ...words]) => {
  const tried = spawnSync(program, [...words, 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'])
  return tried.status === 0
})
const mountRefused = NAME_SPACE === undefined

/** The data folder is a disk that is made as `options` say. */
const onDisk =
  (options: string) =>
  (folder: string): readonly string[] => {
    const data = join(folder, 'data')
    mkdirSync(data, { recursive: true, mode: 0o700 })
    const mount = `mount -t tmpfs -o ${options} tmpfs "$1" && shift && exec "$@"`
    return [...(NAME_SPACE ?? []), 'sh', '-c', mount, 'sh', data]
  }

/** Of the tags that the follower's broker shows, those that the ledger doesn't know. Nobody writes meanwhile. */
function unrecorded(stage: Stage, program: Program, data: string): readonly string[] {
  const copy = mkdtempSync(join(tmpdir(), 'lockstep-disk-'))
  onTestFinished(() => rmSync(copy, { recursive: true }))
  program.kill('SIGSTOP')
  const tags = stage.simulator.control.orders({ clientCode: followerCode(1) }).map(({ tag }) => tag)
  for (const file of ['lockstep.db', 'lockstep.db-wal']) cpSync(join(data, file), join(copy, file))
  program.kill('SIGCONT')
  expect(tags.length).toBeGreaterThan(0)
  const desk = openDesk({ path: join(copy, 'lockstep.db'), mode: 'live' })
  const unknown = tags.filter((tag) => desk.attemptByTag(tag as Tag) === null)
  desk.close()
  return unknown
}

const lines = (out: string, words: string): number =>
  out.split('\n').filter((line) => line.includes(words)).length

/** Takes every byte that is left. */
function fillUp(path: string): void {
  const file = openSync(path, 'w')
  const block = Buffer.alloc(4096, 1)
  try {
    for (;;) writeSync(file, block)
  } catch (error) {
    expect(error).toMatchObject({ code: 'ENOSPC' })
  } finally {
    closeSync(file)
  }
}

/** A day in which the disk is full for a while, or, as the control, is not; null: none can be made here. */
async function dayOn(isFull: boolean) {
  if (mountRefused) {
    console.warn('no disk of its own could be made here: shown under a limit of file sizes only')
    return null
  }
  const stage = await createStage({
    followers: 1,
    patienceMs: PATIENCE_MS,
    within: onDisk('size=48m,mode=700'),
  })
  const program = await stage.startCopying(...LIVE)
  const data = `/proc/${program.pid}/root${join(stage.folder, 'data')}`
  const reserve = join(data, 'lockstep.db.reserve')
  stage.trade('BUY', 100)
  await stage.until('followed', () => stage.positions().join() === '100')
  if (isFull) fillUp(join(data, 'ballast'))
  stage.trade('BUY', 50)
  await stage.until(
    'the entry has its answer',
    () => stage.positions().join() === '150' || program.out().includes('ledgerFull'),
  )
  stage.trade('SELL', 150)
  await stage.until('the exit is done', () => stage.positions().join() === '0')
  rmSync(join(data, 'ballast'), { force: true })
  await stage.until('there is room again', () => existsSync(reserve))
  stage.trade('BUY', 10)
  await stage.until('followed again', () => stage.positions().join() === '10')
  const strange = unrecorded(stage, program, data)
  const ending = await program.stop()
  return { stage, program, strange, ending }
}

test('a full disk: no entry, every exit, in words; and on as before once there is room', async () => {
  const day = await dayOn(true)
  if (day === null) return expect(mountRefused).toBe(true)
  const { stage, program, strange, ending } = day
  expect(stage.orders(1)).toEqual(['BUY 100', 'SELL 100', 'BUY 10'])
  expect(lines(program.out(), 'the disk is full')).toBeGreaterThan(0)
  expect(program.out()).toMatch(/FOLLOWER_1 .*SKIP ledgerFull/)
  expect(program.out()).not.toContain('unexpected')
  expect([strange, stage.wrongs()]).toEqual([[], []])
  expect(ending).toEqual({ code: 0, signal: null })
})

test('control: with room for it the same entry is followed, and nothing is said', async () => {
  const day = await dayOn(false)
  if (day === null) return expect(mountRefused).toBe(true)
  const { stage, program, strange } = day
  expect(stage.orders(1)).toEqual(['BUY 100', 'BUY 50', 'SELL 150', 'BUY 10'])
  expect(program.out()).not.toMatch(/ledgerFull|disk is full/)
  expect(strange).toEqual([])
})

test('not a byte to write: nothing is sent, it ends in words; with room the next start does what was left', async () => {
  const stage = await createStage({ followers: 1, patienceMs: PATIENCE_MS })
  const program = await stage.startCopying(...LIVE)
  stage.trade('BUY', 100)
  await stage.until('followed', () => stage.positions().join() === '100')
  await stage.until('and told', () => program.out().includes('1/1 filled'))
  // The soft limit only: whoever may not raise the hard one could never take it back.
  execFileSync('prlimit', ['--pid', String(program.pid), '--fsize=0:'])
  stage.trade('SELL', 100)
  expect(await program.ended).toEqual({ code: 1, signal: null })
  expect(program.out()).toContain('Free some space')
  // What else is written there is no reason to end.
  expect(program.out()).toContain('the log cannot be written, the copier runs on')
  expect(program.out()).not.toContain('unexpected')
  expect(stage.orders(1)).toEqual(['BUY 100'])
  const again = await stage.startCopying(...LIVE)
  await stage.until('the exit is done', () => stage.positions().join() === '0')
  await stage.until('all is told', () => stage.isSettled())
  expect([stage.orders(1), stage.wrongs()]).toEqual([['BUY 100', 'SELL 100'], []])
  expect(await again.stop()).toEqual({ code: 0, signal: null })
})

test('a folder that may only be read: it does not start, says what is wrong, and asks nobody anything', async () => {
  const stage = await createStage({ followers: 1, within: readOnly })
  const program = stage.start(...LIVE)
  expect(await program.ended).toEqual({ code: 1, signal: null })
  expect(program.out()).toContain('Give the user that runs Lockstep the right to write there')
  expect(program.out()).not.toContain('    at ')
  expect(stage.simulator.control.requests().map(({ route }) => route)).toEqual([])
})

/** Who may not mount is not root, and is kept out by the rights of the folder alone. */
function readOnly(folder: string): readonly string[] {
  if (!mountRefused) return onDisk('ro,size=48m,mode=700')(folder)
  mkdirSync(join(folder, 'data'), { mode: 0o500 })
  return []
}
