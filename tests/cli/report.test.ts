// Which records `lockstep report` reads, and that it tells them in three forms. The arithmetic has its own
// tests; here the records are those of a real session record, written to real files.
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { addReport } from '../../src/cli/report.ts'
import { loadConfig } from '../../src/config/config.ts'
import type { SessionRecord } from '../../src/report/record.ts'
import { accountsOf } from '../config/folder.ts'
import { AT, still } from '../ledger/scene.ts'
import { runOn } from './terminal.ts'

const recordOf = (stamp: string, mode: 'live' | 'paper' = 'paper'): SessionRecord => ({
  session: {
    id: stamp,
    mode,
    isDemo: false,
    startedAt: `${stamp.slice(0, 4)}-${stamp.slice(4, 6)}-${stamp.slice(6, 8)}T09:15:00.000+05:30`,
    endedAt: null,
    master: { name: 'MASTER', label: null },
    followers: [{ name: 'FOLLOWER_1', label: 'Papa', mode, heldBefore: [], held: [], owed: [] }],
  },
  summary: {
    signals: 0,
    copied: 0,
    placed: 0,
    failed: 0,
    skipped: 0,
    unknown: 0,
    owed: 0,
    successRate: null,
    followers: {},
  },
  orders: [],
  flattened: [],
})

function makeFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-report-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  mkdirSync(join(folder, 'logs'))
  const command = addReport({
    load: (configFile) => loadConfig({ env: accountsOf(1), cwd: folder, configFile }),
    clock: still,
  })
  return {
    folder,
    write(stamp: string, writtenAt: string, mode?: 'live' | 'paper') {
      const file = join(folder, 'logs', `copy_trading_${stamp}_091500.json`)
      writeFileSync(file, JSON.stringify(recordOf(stamp, mode)))
      utimesSync(file, new Date(writtenAt), new Date(writtenAt))
      return file
    },
    async run(...args: readonly string[]) {
      const told = await runOn([command], 'report', ...args)
      return { ...told, complaints: told.complaints.replaceAll(folder, 'here') }
    },
  }
}

it('reads the sessions of today, those over midnight too, and no older ones', async () => {
  const { run, write } = makeFolder()
  write('20261118', '2026-11-18T15:00:00+05:30')
  write('20261119', '2026-11-20T01:00:00+05:30')
  write('20261120', '2026-11-20T15:00:00+05:30')
  write('20261120', '2026-11-20T15:00:00+05:30')
  const { exitCode, out } = await run()
  expect(out).toMatch(/^DRY RUN {2}2026-11-19 {2}2 sessions, from /)
  expect(exitCode).toBe(0)
})

it('reads any record by name, in each form', async () => {
  const { run, write } = makeFolder()
  const file = write('20261118', '2026-11-18T15:00:00+05:30', 'live')
  const text = await run(file)
  expect(text).toMatchObject({ exitCode: 0, out: expect.stringMatching(/^LIVE {2}2026-11-18/) })
  expect(text.out).toContain('FOLLOWER_1 Papa')
  const [head, row] = (await run(file, '--csv')).out.split('\n')
  expect(head).toMatch(/^mode,from,to,follower/)
  expect(row).toMatch(/^live,2026-11-18T09:15:00\.000\+05:30,,FOLLOWER_1,Papa/)
  expect(JSON.parse((await run(file, '--json')).out)).toMatchObject({
    reviews: [{ mode: 'live', followers: [{ name: 'FOLLOWER_1' }] }],
  })
})

it('says what there is not', async () => {
  const { run, folder, write } = makeFolder()
  expect(await run()).toEqual({
    exitCode: 1,
    out: '',
    complaints: 'error: no session of today in here/logs; lockstep report FILE takes any record\n',
  })
  writeFileSync(join(folder, 'logs/x.json'), '{}')
  const file = write('20261120', new Date(AT).toISOString())
  for (const [args, complaint] of [
    [[join(folder, 'logs/none.json')], 'here/logs/none.json: there is no such file'],
    [
      [join(folder, 'logs/x.json')],
      'here/logs/x.json: this is no session record: it has no session',
    ],
    [[join(folder, 'logs')], "here/logs: it can't be read (EISDIR)"],
    [[file, '--csv', '--json'], '--csv and --json: one of them'],
  ] as const)
    expect(await run(...args)).toEqual({
      exitCode: 2,
      out: '',
      complaints: `error: ${complaint}\n`,
    })
})
