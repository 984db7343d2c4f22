// The real program as a child, on a real folder with a real ledger.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { accountsOf } from '../config/folder.ts'

function runProgram(
  cwd: string,
  env: Readonly<Record<string, string>>,
  ...args: readonly string[]
) {
  const { PATH = '', NODE_OPTIONS = '', LOOPBACK_VIOLATIONS = '' } = process.env
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [resolve('bin/lockstep'), ...args],
    {
      cwd,
      encoding: 'utf8',
      env: { PATH, NODE_OPTIONS, LOOPBACK_VIOLATIONS, ...env },
    },
  )
  return { status, stdout: stdout.replaceAll(cwd, 'here'), stderr }
}

function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-e2e-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return folder
}

it('validates a good setup, and finds the ledger that is none', () => {
  const cwd = makeFolder()
  const good = runProgram(cwd, accountsOf(1), 'validate', '--offline')
  expect(good.stdout).toMatch(/^green {2}live ledger {2,}none yet$/m)
  expect({ status: good.status, stderr: good.stderr }).toEqual({ status: 0, stderr: '' })

  mkdirSync(join(cwd, 'data'))
  writeFileSync(
    join(cwd, 'data/lockstep.db'),
    'this is no ledger at all, it is some text\n'.repeat(200),
  )
  const bad = runProgram(cwd, accountsOf(1), 'validate', '--offline')
  expect(bad.stdout).toMatch(/^red {4}live ledger {2,}here\/data\/lockstep\.db/m)
  expect({ status: bad.status, stderr: bad.stderr }).toEqual({ status: 1, stderr: '' })
})

it('is the same program under the name of its npm script', () => {
  const { PATH = '', NODE_OPTIONS = '', LOOPBACK_VIOLATIONS = '' } = process.env
  const { status, stdout } = spawnSync(
    process.execPath,
    [resolve('scripts/launch.cjs'), 'validate-setup.ts', '--about', 'why', '--offline', '--json'],
    {
      cwd: makeFolder(),
      encoding: 'utf8',
      env: { PATH, NODE_OPTIONS, LOOPBACK_VIOLATIONS, ...accountsOf(1) },
    },
  )
  expect(JSON.parse(stdout)).toMatchObject({ passed: true, checks: expect.any(Array) })
  expect(status).toBe(0)
})

it('answers a mistake with exit code 2 and no stack trace', () => {
  const { status, stdout, stderr } = runProgram(makeFolder(), {}, 'validat')
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
  expect(stderr).toBe("error: unknown command 'validat'\n(Did you mean validate?)\n")
})
