// The commands as a trader uses them: other processes beside a running engine, and a terminal to ask in.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { openLedger } from '../../src/ledger/open.ts'
import { followerCode } from '../../src/simulator/default-accounts.ts'
import { seededChance, still } from '../ledger/scene.ts'
import { createStage } from './stage.ts'

test('a running engine is looked at and steered from other processes', async () => {
  const stage = await createStage({ followers: 2 })
  const { positions, tell, trade, until } = stage
  const program = await stage.startCopying('run', '--live', '--yes', '--poll', '1s')
  trade('BUY', 100)
  await until('both followed', () => positions().join() === '100,100')
  await until('all is settled', () => /2\/2 filled/.test(program.out()))

  const status = await tell('status')
  expect(status.out).toMatch(/^LIVE ledger, engine running: process \d+ since /)
  expect(status.out).toMatch(/^FOLLOWER_1 +copying +1 +0 +0 +0 +0 /m)
  expect(status.code).toBe(0)

  const pause = await tell('pause', 'FOLLOWER_1')
  expect(pause.out).toContain('The engine has acted on it.')
  trade('BUY', 50)
  await until('only the other followed', () => positions().join() === '100,150')
  const [why, verify] = await Promise.all([
    tell('why', '2', 'FOLLOWER_1'),
    tell('accounts', 'verify'),
  ])
  expect(why.out).toContain('SKIP paused')
  expect(verify.out).toContain('another login may end its session')
  expect(verify.code).toBe(1)

  const flatten = await tell('flatten', '--yes')
  expect(flatten.out).toContain('close   FOLLOWER_2  150 SBIN-EQ INTRADAY')
  expect(flatten.code).toBe(0)
  await until('both are flat', () => positions().join() === '0,0')

  expect((await tell('resume', '--yes')).out).toContain('The engine has acted on it.')
  expect((await tell('halt')).out).toContain('The engine has acted on it.')
  expect((await tell('positions')).out).toMatch(/^LIVE ledger, engine running/)
  expect(stage.simulator.control.duplicates()).toEqual([])
  expect(await program.stop()).toEqual({ code: 0, signal: null })
  const [after, report] = await Promise.all([tell('status'), tell('report')])
  expect(after.out).toMatch(/^LIVE ledger, no engine is running\n[^\n]+\nHALTED/)
  expect(report.out).toMatch(/^LIVE {2}2026-12-01 {2}one session/)
}, 60_000)

test('status --follow tells what changes, until Ctrl-C', async () => {
  const stage = await createStage({ followers: 1 })
  const program = await stage.startCopying('run', '--live', '--yes', '--poll', '1s')
  const watcher = stage.beside('status', '--follow')
  await stage.until('it tells', () => /^FOLLOWER_1 +copying/m.test(watcher.out()))
  await stage.tell('pause')
  await stage.until('it tells of the pause', () => /^FOLLOWER_1 +paused/m.test(watcher.out()))
  watcher.kill('SIGINT')
  expect(await watcher.ended).toEqual({ code: 0, signal: null })
  await program.stop()
})

test('nobody reads any more: a copier goes on, what only tells ends', async () => {
  const stage = await createStage({ followers: 1 })
  const program = await stage.startCopying('run', '--live', '--yes', '--poll', '1s')
  const watcher = stage.beside('status', '--follow')
  await stage.until('it tells', () => /^FOLLOWER_1 +copying/m.test(watcher.out()))
  for (const each of [program, watcher]) each.stopReading()
  stage.trade('BUY', 100)
  await stage.until('it followed', () => stage.positions().join() === '100')
  expect(await watcher.ended).toEqual({ code: 0, signal: null })
  expect(await program.stop()).toEqual({ code: 0, signal: null })
})

test('accounts verify tries a refused PIN once, until it is another one', async () => {
  const { folder, simulator, besideWith } = await createStage()
  writeFileSync(join(folder, '.env'), '# of yesterday\n', { mode: 0o600 })
  const path = join(folder, 'data/lockstep.db')
  const chance = seededChance(5)
  openLedger({ path, mode: 'live', clock: still, chance, command: 'test' }).close()
  const verify = async (env: Readonly<Record<string, string>>) => {
    const program = besideWith(env, 'accounts', 'verify', 'FOLLOWER_1')
    const { code } = await program.ended
    return { code, out: program.out() }
  }
  const first = await verify({ FOLLOWER_1_PASSWORD: '9999' })
  expect(first.out).toContain('FAILED  the PIN was refused: correct FOLLOWER_1_PASSWORD')
  writeFileSync(join(folder, '.env'), '# of today\n', { mode: 0o600 })
  const second = await verify({ FOLLOWER_1_PASSWORD: '9999' })
  expect(second.out).toContain(
    'the PIN was refused before, and its secrets are still the same: not tried',
  )
  expect(second.code).toBe(1)
  expect(simulator.control.requests().filter(({ route }) => route === 'login')).toHaveLength(1)
  expect(await verify({})).toMatchObject({ code: 0 })
})

test('an account that was refused is tried again by the next start with other secrets', async () => {
  const stage = await createStage({ followers: 1 })
  const logins = () =>
    stage.simulator.control
      .requests()
      .filter(({ route, clientCode }) => route === 'login' && clientCode === followerCode(1)).length
  const runWith = async (env: Readonly<Record<string, string>>, says: RegExp) => {
    const program = stage.besideWith(env, 'run', '--live', '--yes')
    // A code that was refused is not shown again: that waits for the next.
    await stage.until(`${says}`, () => says.test(program.out()), 45_000)
    expect(await program.stop()).toEqual({ code: 0, signal: null })
  }
  const wrong = { FOLLOWER_1_PASSWORD: '9999' }
  const refused = /FOLLOWER_1 +NOT logged in: the PIN was refused\n.*correct FOLLOWER_1_PASSWORD/
  await runWith(wrong, refused)
  await runWith(wrong, refused)
  expect(logins()).toBe(1)
  await runWith({}, /FOLLOWER_1 +logged in/)
  expect(logins()).toBe(2)
})

test('accounts add asks in a terminal, and shows no secret', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-terminal-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const { PATH = '', NODE_OPTIONS = '', LOOPBACK_VIOLATIONS = '' } = process.env
  // script(1) gives the program a terminal of its own.
  const line = `'${process.execPath}' '${resolve('bin/lockstep')}' accounts add`
  const child = spawn('script', ['-qec', line, '/dev/null'], {
    cwd: folder,
    env: { PATH, NODE_OPTIONS, LOOPBACK_VIOLATIONS, TERM: 'xterm' },
  })
  let shown = ''
  const answers = ['M1000100', 'canary-key', '4711', 'JBSWY3DPEHPK3PXP', 'Papa']
  const questions = ['Client code: ', 'app: ', 'PIN: ', 'QR code): ', 'empty): ']
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    shown = stripVTControlCharacters(`${shown}${text}`)
    if (!shown.endsWith(questions[0] ?? '\0')) return
    questions.shift()
    child.stdin.write(`${answers.shift()}\r`)
  })
  const [code] = await once(child, 'close')
  expect(shown).toContain('MASTER (M…100) is in .env now.')
  expect(shown).toContain('Client code: M1000100')
  expect(shown).not.toMatch(/canary|4711|JBSW/)
  expect(code).toBe(0)
  const file = join(folder, '.env')
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(readFileSync(file, 'utf8')).toContain('PASSWORD=4711\n')
  expect(existsSync(`${file}.unfinished`)).toBe(false)
})
