import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { addValidate, type LedgerState } from '../../src/cli/validate.ts'
import { loadConfig } from '../../src/config/config.ts'
import { accountsOf, LOGIN } from '../config/folder.ts'
import { runOn } from './terminal.ts'

interface Given {
  readonly env?: Readonly<Record<string, string>>
  readonly yaml?: string
  readonly file?: string
  readonly ledger?: LedgerState
}

/** `lockstep validate …` in a folder of its own, which is shown as `here`. */
async function validate(
  { env = {}, yaml, file = 'lockstep.yaml', ledger = { kind: 'none' } }: Given,
  ...args: readonly string[]
) {
  const cwd = mkdtempSync(join(tmpdir(), 'lockstep-validate-'))
  onTestFinished(() => rmSync(cwd, { recursive: true }))
  if (yaml !== undefined) writeFileSync(join(cwd, file), yaml)
  mkdirSync(join(cwd, 'logs'))
  const command = addValidate({
    load: (configFile) => loadConfig({ env, cwd, configFile }),
    lookAtLedger: (_dataDir, mode) => (mode === 'live' ? ledger : { kind: 'none' }),
  })
  const { exitCode, out, complaints } = await runOn([command], 'validate', ...args)
  return { exitCode, out: out.replaceAll(cwd, 'here'), complaints }
}

describe('lockstep validate --offline', () => {
  it('tells a line for each check', async () => {
    const env = { ...accountsOf(1, 2), FOLLOWER_1_LABEL: 'Papa' }
    const yaml = `
limits: { maxOrderQuantity: 1, maxOrderValue: 1, maxPositionQuantity: 1, maxOrdersPerDay: 1, maxDailyLoss: 1 }
followers:
  FOLLOWER_1: { sizing: { mode: multiplier, by: 0.5 } }
  FOLLOWER_2: { enabled: false, mode: paper, sizing: { mode: fixed, lots: 2 }, limits: { maxDailyLoss: off } }
`
    expect(await validate({ env, yaml }, '--offline')).toEqual({
      exitCode: 0,
      complaints: '',
      out: [
        'ok      configuration here/lockstep.yaml',
        'ok      MASTER        A***00',
        'ok      FOLLOWER_1    Papa, B***01, ×0.5, every limit set',
        'ok      FOLLOWER_2    B***02, not enabled (exits only), paper, 2 lots each, no maxDailyLoss',
        'ok      data folder   here/data',
        'ok      log folder    here/logs',
        'ok      live ledger   none yet',
        'ok      paper ledger  none yet',
        '',
      ].join('\n'),
    })
  })

  it('tells all that is wrong at once, with exit code 2', async () => {
    const yaml = `
pol: 3s
copyOn: sometimes
sizing: { mode: multiplier, by: -1 }
followers:
  FOLLOWER_7: { enabled: true }
limits: { maxOrdersPerDay: none }
`
    const { exitCode, out } = await validate({ env: accountsOf(1), yaml }, '--offline')
    expect(exitCode).toBe(2)
    const lines = out.trimEnd().split('\n')
    expect(lines).toHaveLength(5)
    expect(
      lines.every((line) => line.startsWith('fault   configuration lockstep.yaml, line ')),
    ).toBe(true)
    for (const path of [
      'pol',
      'copyOn',
      'sizing.by',
      'followers.FOLLOWER_7',
      'limits.maxOrdersPerDay',
    ]) {
      expect(out).toContain(`${path} is `)
    }
    expect(out).toContain('did you mean poll?')
  })

  it('is not content with a setup that could copy nothing', async () => {
    expect(await validate({}, '--offline')).toMatchObject({
      exitCode: 2,
      out: expect.stringContaining('fault   accounts      no account is set up'),
    })
    expect(await validate({ env: LOGIN }, '--offline')).toMatchObject({
      exitCode: 2,
      out: expect.stringContaining('fault   followers     no follower is set up'),
    })
  })

  it('refuses a folder that can not be made', async () => {
    const env = { ...accountsOf(1), LOCKSTEP_DATA_DIR: 'lockstep.yaml/data' }
    const { exitCode, out } = await validate({ env, yaml: 'poll: 3s' }, '--offline')
    expect(out).toContain(
      'fault   data folder   here/lockstep.yaml/data: here/lockstep.yaml is not a folder',
    )
    expect(exitCode).toBe(2)
  })

  it.each<[LedgerState, string, number]>([
    [
      { kind: 'usable', lanes: 2, owed: 0, open: 1 },
      'ok      live ledger   2 positions in it, 0 exits owed, 1 orders not final',
      0,
    ],
    [
      { kind: 'usable', lanes: 2, owed: 1, open: 0 },
      'warning live ledger   2 positions in it, 1 exits owed, 0 orders not final',
      0,
    ],
    [
      { kind: 'unusable', why: 'an older schema', isLasting: false },
      'warning live ledger   an older schema',
      0,
    ],
    [{ kind: 'unusable', why: 'damaged', isLasting: true }, 'fault   live ledger   damaged', 2],
  ])('looks at the ledger: %o', async (ledger, line, expected) => {
    const { exitCode, out } = await validate({ env: accountsOf(1), ledger }, '--offline')
    expect(out).toContain(`${line}\n`)
    expect(exitCode).toBe(expected)
  })

  it('takes another settings file by name', async () => {
    const given = { env: accountsOf(1), yaml: 'poll: 5s', file: 'other.yaml' }
    const { exitCode, out } = await validate(given, '--offline', '--config', 'other.yaml')
    expect(out).toContain('ok      configuration here/other.yaml')
    expect(exitCode).toBe(0)
    expect(await validate(given, '--offline', '--config', 'nope.yaml')).toMatchObject({
      exitCode: 2,
      out: expect.stringContaining('nope.yaml: there is no such file'),
    })
  })

  it('tells the same to programs', async () => {
    const good = await validate({ env: accountsOf(1) }, '--offline', '--json')
    expect(JSON.parse(good.out)).toMatchObject({
      passed: true,
      checks: expect.arrayContaining([{ check: 'MASTER', result: 'ok', detail: 'A***00' }]),
    })
    const bad = await validate({ yaml: 'pol: 3s' }, '--offline', '--json')
    expect(JSON.parse(bad.out)).toMatchObject({
      passed: false,
      checks: [{ check: 'configuration', result: 'fault' }],
    })
    expect(bad.exitCode).toBe(2)
  })

  it('shows no secret', async () => {
    const env = Object.fromEntries(
      Object.entries({ ...accountsOf(1), SECRET_KEY: 'x' }).map(([name, value]) => [
        name,
        /API_KEY|SECRET_KEY/.test(name) ? `canary-${name}` : value,
      ]),
    )
    for (const args of [['--offline'], ['--offline', '--json']]) {
      const { out } = await validate({ env }, ...args)
      expect(out).toContain('FOLLOWER_1')
      expect(out).not.toMatch(/canary|1234|JBSWY3DPEHPK3PXP/)
    }
  })

  it('says that nothing else is there yet', async () => {
    const { exitCode, complaints } = await validate({ env: accountsOf(1) })
    expect(complaints).toContain('use validate --offline')
    expect(exitCode).toBe(2)
  })
})
