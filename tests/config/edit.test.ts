// Edits of `.env` and of the settings file: what is meant changes, everything else stays as it was written.
import {
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import { dropAccount, setAccount, whereSet } from '../../src/config/env-file.ts'
import { readEnvironment } from '../../src/config/environment.ts'
import type { AccountKey } from '../../src/config/names.ts'
import { replaceFile } from '../../src/config/replace-file.ts'
import {
  dropFollower,
  type FollowerChange,
  setEnabled,
  setFollower,
} from '../../src/config/settings-edit.ts'
import { accountsOf, LOGIN, loadValid } from './folder.ts'

const login = (change: Partial<Record<AccountKey, string>> = {}) =>
  new Map(Object.entries({ ...LOGIN, ...change }) as [AccountKey, string][])

const master = 'API_KEY=apikey\nCLIENT_ID=A100\nPASSWORD=1234\nTOTP_SECRET=JBSWY3DPEHPK3PXP\n'

describe('setting an account in .env', () => {
  it('fills the places that the example has, and keeps everything else', () => {
    const example = readFileSync('.env.example', 'utf8')
    const edited = setAccount(example, { account: 'MASTER', values: login() })
    expect(edited).toMatchObject({ kind: 'edited', warnings: [] })
    const text = edited.kind === 'edited' ? edited.text : ''
    const changed = text.split('\n').filter((line, at) => line !== example.split('\n')[at])
    expect(changed).toEqual(master.trimEnd().split('\n'))
  })

  it('adds what has no place at the end, under its name', () => {
    const edited = setAccount(master, {
      account: 'FOLLOWER_2',
      values: login({ CLIENT_ID: 'B102', LABEL: "Papa's own #1" }),
    })
    expect(edited).toEqual({
      kind: 'edited',
      warnings: [],
      text: `${master}
# FOLLOWER_2
FOLLOWER_2_API_KEY=apikey
FOLLOWER_2_CLIENT_ID=B102
FOLLOWER_2_PASSWORD=1234
FOLLOWER_2_TOTP_SECRET=JBSWY3DPEHPK3PXP
FOLLOWER_2_LABEL=\`Papa's own #1\`
`,
    })
  })

  it.each([
    [
      'a code that is taken',
      { CLIENT_ID: 'a100' },
      'FOLLOWER_1_CLIENT_ID is the client code of MASTER',
    ],
    ['no TOTP secret', { TOTP_SECRET: '123456' }, 'FOLLOWER_1_TOTP_SECRET is ***'],
    ['a key with a space', { API_KEY: 'two words' }, 'FOLLOWER_1_API_KEY is ***'],
    ['every kind of quote', { LABEL: `'"\`` }, 'FOLLOWER_1_LABEL holds all three kinds of quotes'],
  ] as const)('refuses %s', (_, change, why) => {
    const values = login({ CLIENT_ID: 'B101', ...change })
    const edited = setAccount(master, { account: 'FOLLOWER_1', values })
    expect(edited.kind === 'refused' && edited.why.join('\n')).toContain(why)
    expect(JSON.stringify(edited)).not.toMatch(/123456|two words/)
  })

  it('warns of a PIN that is none, without showing it', () => {
    const edited = setAccount('', { account: 'MASTER', values: login({ PASSWORD: 'canary' }) })
    expect(edited).toMatchObject({
      warnings: [expect.stringContaining('PASSWORD is not the four')],
    })
    expect(edited.kind === 'edited' && edited.warnings.join()).not.toContain('canary')
  })

  const visible = fc.string({
    unit: fc.constantFrom(...'aZ09#\'"`\\$ =:!é'),
    minLength: 1,
    maxLength: 12,
  })
  const label = visible.filter((text) => text.trim() === text && text !== '')
  const roundTrips = (write: (value: string) => string | null) =>
    fc.property(label, (value) => {
      const text = write(value)
      if (text === null) return true
      return readEnvironment({}, text).variables.get('FOLLOWER_1_LABEL')?.value === value
    })

  it('writes no value that would be read otherwise', () => {
    const write = (value: string) => {
      const values = login({ CLIENT_ID: 'B101', LABEL: value })
      const edited = setAccount(master, { account: 'FOLLOWER_1', values })
      return edited.kind === 'edited' ? edited.text : null
    }
    fc.assert(roundTrips(write), { numRuns: 300 })
    // The control: without quotes a # cuts the value.
    expect(
      fc.check(
        roundTrips((value) => `FOLLOWER_1_LABEL=${value}`),
        { numRuns: 300 },
      ).failed,
    ).toBe(true)
  })

  it('takes away what it added', () => {
    const lines = fc.array(
      fc.constantFrom(
        '# a comment',
        '',
        'LOCKSTEP_DATA_DIR=data',
        'FOLLOWER_21_LABEL=x',
        '#FOLLOWER_2_LABEL=y',
      ),
      { maxLength: 6 },
    )
    fc.assert(
      fc.property(
        fc.uniqueArray(
          lines.map((all) => [...new Set(all)]),
          { maxLength: 1 },
        ),
        ([some = []]) => {
          const before = `${[...some, '# end'].join('\n')}\n`
          const added = setAccount(before, { account: 'FOLLOWER_2', values: login() })
          const after = added.kind === 'edited' ? dropAccount(added.text, 'FOLLOWER_2') : ''
          expect(after).toBe(`${before}\n`)
        },
      ),
    )
  })

  it('knows where an account is set', () => {
    expect(whereSet('FOLLOWER_2', 'FOLLOWER_2_API_KEY=\nFOLLOWER_21_API_KEY=x\n', {})).toEqual({
      inFile: false,
      inEnvironment: false,
    })
    expect(whereSet('FOLLOWER_2', 'FOLLOWER_2_API_KEY=x\n', { FOLLOWER_2_LABEL: 'y' })).toEqual({
      inFile: true,
      inEnvironment: true,
    })
    expect(whereSet('MASTER', master, { FOLLOWER_1_API_KEY: 'x' })).toEqual({
      inFile: true,
      inEnvironment: false,
    })
  })
})

describe('switching a follower in the settings file', () => {
  it.each([
    ['no file', '', 'followers:\n  FOLLOWER_1:\n    enabled: false\n'],
    [
      'the word that is there',
      'poll: 3s       # calm\nfollowers:\n  FOLLOWER_1: {enabled:   true, mode: paper }  # Papa\n',
      'poll: 3s       # calm\nfollowers:\n  FOLLOWER_1: {enabled:   false, mode: paper }  # Papa\n',
    ],
    [
      'a follower in braces',
      '# mine\nfollowers:\n  FOLLOWER_1: { mode: paper } # Papa\n',
      '# mine\nfollowers:\n  FOLLOWER_1: { mode: paper, enabled: false } # Papa\n',
    ],
    [
      'a follower in lines',
      'followers:\n  FOLLOWER_1:\n    # half\n    sizing: { mode: multiplier, by: 0.50 }\n\npoll: 3s\n',
      'followers:\n  FOLLOWER_1:\n    # half\n    sizing: { mode: multiplier, by: 0.50 }\n    enabled: false\n\npoll: 3s\n',
    ],
    [
      'an empty section',
      'followers:\n  # FOLLOWER_1: x\n',
      /followers:[\s\S]*FOLLOWER_1:\s+enabled: false/,
    ],
    [
      'other settings only',
      'poll: 3s # calm\n',
      'poll: 3s # calm\nfollowers:\n  FOLLOWER_1:\n    enabled: false\n',
    ],
  ])('%s', (_, before, after) => {
    const edited = setEnabled(before, 'FOLLOWER_1', false) ?? ''
    if (typeof after === 'string') expect(edited).toBe(after)
    else expect(edited).toMatch(after)
    const config = loadValid({ env: accountsOf(1), yaml: edited })
    expect(config.followers[0]?.enabled).toBe(false)
    expect(setEnabled(edited, 'FOLLOWER_1', false)).toBe(edited)
  })

  it('changes nothing but the switch of the example, and gives it back', () => {
    const example = readFileSync('lockstep.example.yaml', 'utf8')
    const off = setEnabled(example, 'FOLLOWER_1', false) ?? ''
    const comments = (text: string) => text.split('\n').flatMap((line) => /#.*/.exec(line) ?? [])
    expect(comments(off)).toEqual(comments(example))
  })

  it.each([
    ['what is no YAML', 'followers: {'],
    ['a list', '- 1\n'],
    ['settings with a fault', 'pol: 3s\n'],
  ])('leaves %s alone', (_, text) => {
    expect(setEnabled(text, 'FOLLOWER_1', false)).toBeNull()
  })

  it('forgets a follower that is gone', () => {
    const text = '# mine\npoll: 3s\nfollowers:\n  FOLLOWER_1: { mode: paper }\n  FOLLOWER_2: {}\n'
    expect(dropFollower(text, 'FOLLOWER_1')).toBe(
      '# mine\npoll: 3s\nfollowers:\n  FOLLOWER_2: {}\n',
    )
    expect(dropFollower(text, 'FOLLOWER_3')).toBe(text)
    expect(dropFollower('followers: { FOLLOWER_1: {} }\n', 'FOLLOWER_1')).toBe('')
  })
})

describe('changing what a follower has of its own', () => {
  const text = `# mine
limits: { maxOrderValue: 50000 } # for all
followers:
  FOLLOWER_1: { sizing: { mode: fixed, lots: 2 }, mode: paper } # Papa
  FOLLOWER_2: { rounding: up }
`
  const change = {
    sizing: { mode: 'multiplier', by: '0.50' },
    rounding: 'nearest',
    limits: { maxOrderValue: null, maxDailyLoss: '12345.67' },
  }

  function editedBy(before: string, wanted: FollowerChange): string {
    const edited = setFollower(before, 'FOLLOWER_1', wanted)
    if (edited.kind === 'refused') throw new Error(JSON.stringify(edited.faults))
    return edited.text
  }

  it('replaces the sizing as a whole, limits one by one, and keeps everything else', () => {
    const edited = editedBy(text, change)
    for (const kept of ['# mine', '# for all', '# Papa', 'FOLLOWER_2: { rounding: up }'])
      expect(edited).toContain(kept)
    const [first, second] = loadValid({ env: accountsOf(1, 2), yaml: edited }).followers
    expect(first).toMatchObject({
      mode: 'paper',
      sizing: { mode: 'multiplier', by: { over: 1n, under: 2n } },
      rounding: 'nearest',
      limits: { maxOrderValue: null, maxDailyLoss: 1_234_567_000_000n },
    })
    expect(second).toMatchObject({ rounding: 'up', limits: { maxOrderValue: 5_000_000_000_000n } })
    expect(edited).toContain('by: 0.50')
  })

  it('begins a file that is not there yet', () => {
    const edited = editedBy('', { rounding: 'up' })
    const [first] = loadValid({ env: accountsOf(1), yaml: edited }).followers
    expect(first?.rounding).toBe('up')
  })

  it.each([
    [
      'a value that is not allowed',
      { sizing: { mode: 'multiplier', by: '0' } },
      ['sizing.by', '0', 'a number above 0, at most 100'],
    ],
    [
      'a word for an amount',
      { limits: { maxDailyLoss: 'a lot' } },
      [
        'limits.maxDailyLoss',
        '"a lot"',
        'an amount above 0, at most 10,000,000,000, without thousands separators, or off',
      ],
    ],
    [
      'parts that do not belong together',
      { sizing: { mode: 'mirror', by: '2' } },
      ['sizing.by', '2', expect.stringContaining('multiplier')],
    ],
    [
      'a limit that there is not',
      { limits: { maxFun: '1' } },
      ['limits.maxFun', 'not a key here', expect.stringContaining('maxDailyLoss')],
    ],
    [
      'words that would be YAML',
      { rounding: 'up, enabled: false' },
      ['rounding', '"up, enabled: false"', 'down | nearest | up'],
    ],
  ])(
    'refuses %s, with its key, the value and what is allowed',
    (_, wrong, [key, found, allowed]) => {
      expect(setFollower(text, 'FOLLOWER_1', wrong)).toMatchObject({
        kind: 'refused',
        faults: [{ path: `followers.FOLLOWER_1.${key}`, found, allowed }],
      })
    },
  )

  it('refuses what is no settings file, without a fault of the change', () => {
    expect(setFollower('- a list', 'FOLLOWER_1', { rounding: 'up' })).toEqual({
      kind: 'refused',
      faults: [],
    })
  })
})

describe('replacing a file', () => {
  const makeFolder = () => {
    const folder = mkdtempSync(join(tmpdir(), 'lockstep-edit-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    return folder
  }
  const rightsOf = (path: string) => (statSync(path).mode & 0o777).toString(8)

  it('gives it the rights that were asked for, and leaves nothing beside it', () => {
    const path = join(makeFolder(), '.env')
    writeFileSync(path, 'old', { mode: 0o644 })
    replaceFile(path, 'new', 0o600)
    expect([readFileSync(path, 'utf8'), rightsOf(path)]).toEqual(['new', '600'])
    writeFileSync(path, 'old')
    replaceFile(path, 'newer', null)
    expect([readFileSync(path, 'utf8'), rightsOf(path)]).toEqual(['newer', '600'])
    expect(existsSync(`${path}.unfinished`)).toBe(false)
  })

  it('follows a link', () => {
    const folder = makeFolder()
    writeFileSync(join(folder, 'real'), 'old')
    symlinkSync(join(folder, 'real'), join(folder, '.env'))
    replaceFile(join(folder, '.env'), 'new', 0o600)
    expect(readFileSync(join(folder, 'real'), 'utf8')).toBe('new')
  })
})
