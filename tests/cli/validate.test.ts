import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { accountsOf, LOGIN } from '../config/folder.ts'
import { CAREFUL, type Given, linesOf, makePlace } from './inspected.ts'

const offline = (given: Given, ...args: readonly string[]) =>
  makePlace().validate(given, '--offline', ...args)

describe('lockstep validate --offline', () => {
  it('tells a line for each check, and makes nothing', async () => {
    const place = makePlace()
    const env = {
      ...accountsOf(1, 2),
      FOLLOWER_1_LABEL: 'Papa',
      FOLLOWER_1_LOCAL_ADDRESS: '192.0.2.7',
    }
    const yaml = `${CAREFUL}
followers:
  FOLLOWER_1: { sizing: { mode: fixed, lots: 1 } }
  FOLLOWER_2: { enabled: false, mode: paper, limits: { maxDailyLoss: off } }
`
    expect(await place.validate({ env, yaml }, '--offline')).toEqual({
      exitCode: 0,
      complaints: '',
      out: `green  configuration       here/lockstep.yaml
green  accounts            3, each client code once, each TOTP secret base32
green  MASTER              …
green  FOLLOWER_1          Papa, …, 1 lot each
amber  FOLLOWER_2          …, not enabled (exits only), paper, the master's size
                           → lockstep accounts enable FOLLOWER_2
green  limits              FOLLOWER_1: every one is set
amber  limits              FOLLOWER_2: no maxDailyLoss
                           → write them under limits: in lockstep.yaml
green  .env                none: the accounts come from the environment
green  data files          data is not there yet, and is made for you alone
green  log files           0 in logs, for you alone
green  data folder         here/data
green  log folder          here/logs
green  disk room           50,000 MB free
green  disk speed          a synced write takes 1.5 ms, 1 in 20 more than 1.9 ms (200 measured)
green  live ledger         none yet
green  paper ledger        none yet
green  NSE hours           open until 2026-12-01 15:30; next holiday 2026-12-25 Christmas
green  NFO hours           open until 2026-12-01 15:40; next holiday 2026-12-25 Christmas
green  calendar            the holidays of 2026 are known (table of 2026-11-21)
green  freeze table        the built-in freeze quantities are of 2026-02-01, 303 days old; your own: NIFTY 1800
green  MASTER address      goes out from the address that the system chooses
green  FOLLOWER_1 address  goes out from 192.0.2.7
green  FOLLOWER_2 address  goes out from the address that the system chooses
amber  broker              not asked (--offline)
                           → lockstep validate asks it, once
amber  instruments         no list of them was fetched yet
                           → lockstep validate fetches it
amber  FOLLOWER_1 lots     not checked: there is no instrument list
                           → see the line on instruments
amber  FOLLOWER_2 lots     not checked: there is no instrument list
                           → see the line on instruments
amber  family              no program can see whose accounts these are
                           → only your own and those of your spouse, dependent children and dependent parents, each with their consent

21 green, 7 amber, 0 red: nothing stands in the way; read what is amber
`,
    })
  })

  it('tells all that is wrong with the settings at once, with exit code 2', async () => {
    const yaml = `
pol: 3s
copyOn: sometimes
sizing: { mode: multiplier, by: -1 }
followers:
  FOLLOWER_7: { enabled: true }
limits: { maxOrdersPerDay: none }
`
    const env = { ...accountsOf(1), FOLLOWER_1_CLIENT_ID: 'A100', FOLLOWER_1_TOTP_SECRET: '123456' }
    const { exitCode, out } = await offline({ env, yaml })
    expect(exitCode).toBe(2)
    const red = out.split('\n').filter((line) => line.startsWith('red    configuration'))
    expect(red).toHaveLength(7)
    for (const found of [
      'pol is ',
      'copyOn is ',
      'sizing.by is ',
      'followers.FOLLOWER_7 is ',
      'limits.maxOrdersPerDay is ',
      'FOLLOWER_1_CLIENT_ID is ',
      'FOLLOWER_1_TOTP_SECRET is ***',
    ])
      expect(out).toContain(found)
    expect(out).toContain('did you mean poll?')
    expect(out).not.toContain('123456')
  })

  it('is not content with a setup that could copy nothing', async () => {
    expect(await offline({})).toMatchObject({
      exitCode: 2,
      out: expect.stringContaining('red    accounts  no account is set up'),
    })
    expect(await offline({ env: LOGIN })).toMatchObject({
      exitCode: 2,
      out: expect.stringContaining('red    followers  no follower is set up'),
    })
  })

  const slow = () => Array.from({ length: 200 }, (_, index) => (index < 150 ? 12.4 : 90))
  it.each<[string, Given, string]>([
    [
      'data folder',
      { env: { ...accountsOf(1), LOCKSTEP_DATA_DIR: 'lockstep.yaml/data' }, yaml: 'poll: 3s' },
      'red data folder here/lockstep.yaml/data: here/lockstep.yaml is not a folder\n→ name another folder, or give the user that runs Lockstep the right to write there',
    ],
    [
      'disk room',
      { disk: { freeBytes: () => 400_000_000 } },
      'amber disk room 400 MB free\n→ make room: a full disk stops entries',
    ],
    [
      'disk room',
      { disk: { freeBytes: () => 40_000_000 } },
      'red disk room 40 MB free\n→ make room: a full disk stops entries',
    ],
    [
      'disk speed',
      { disk: { syncTimes: slow } },
      'amber disk speed a synced write takes 12 ms, 1 in 20 more than 90 ms (200 measured)\n→ keep the data folder on a local solid-state disk',
    ],
    [
      'disk speed',
      { disk: { syncTimes: () => [] } },
      'amber disk speed not measured\n→ give this user the right to write the data folder',
    ],
    [
      'freeze table',
      {},
      "amber freeze table the built-in freeze quantities are of 2026-02-01, 303 days old\n→ compare it with the exchange's latest circular and write what differs under freeze: in lockstep.yaml",
    ],
    [
      'configuration',
      { yaml: 'hours: ignore' },
      'green configuration here/lockstep.yaml\namber configuration hours: ignore lets entries go out while the market is closed; it is for simulations\n→ write what you mean in .env or lockstep.yaml',
    ],
    [
      'MCX hours',
      { yaml: 'rules: { exchanges: [MCX] }' },
      'green MCX hours open until 2026-12-01 23:55; next holiday 2026-12-25 Christmas',
    ],
    [
      'shared address',
      { env: { ...accountsOf(1, 2) } },
      'amber shared address FOLLOWER_1, FOLLOWER_2 all send orders from the address that the system chooses\n→ an address belongs to one client; only immediate family may share one, with the consent of all and of Angel One',
    ],
    [
      'shared address',
      {
        env: {
          ...accountsOf(1, 2),
          FOLLOWER_1_PROXY_URL: 'http://me:canaryword@proxy.example:3128',
          FOLLOWER_2_PROXY_URL: 'http://you:canaryword@proxy.example:3128',
        },
      },
      'amber shared address FOLLOWER_1, FOLLOWER_2 all send orders from the proxy proxy.example:3128\n→ an address belongs to one client; only immediate family may share one, with the consent of all and of Angel One',
    ],
    [
      'FOLLOWER_1 address',
      { env: { ...accountsOf(1), FOLLOWER_1_LOCAL_ADDRESS: '192.0.2.99' } },
      'red FOLLOWER_1 address 192.0.2.99 is not an address of this machine\n→ correct FOLLOWER_1_LOCAL_ADDRESS; this machine has 127.0.0.1, 192.0.2.7',
    ],
    [
      'broker',
      { env: { ...accountsOf(1), SMARTAPI_URL: 'http://127.0.0.1:8080' } },
      'amber broker 127.0.0.1:8080 stands in for Angel One\n→ remove the SMARTAPI_… variables to reach the real one\namber broker not asked (--offline)\n→ lockstep validate asks it, once',
    ],
  ])('%s: %o', async (name, given, lines) => {
    const { out, exitCode } = await offline({ env: accountsOf(1), ...given })
    expect(linesOf(out, name)).toBe(lines)
    expect(exitCode).toBe(lines.startsWith('red') ? 1 : 0)
    expect(out).not.toContain('canary')
  })

  it.each<[string, number, string]>([
    ['the secrets', 0o644, 'red .env can be read by others on this machine\n→ chmod 600 .env'],
    ['the secrets', 0o600, 'green .env for you alone'],
  ])('looks at who may read %s: %o', async (_, mode, lines) => {
    const text = Object.entries(accountsOf(1))
      .map(([name, value]) => `${name}=${value}\n`)
      .join('')
    const { out } = await offline({ envFile: { text, mode } })
    expect(linesOf(out, '.env')).toBe(lines)
    expect(out.match(/can be read by others/g)?.length ?? 0).toBe(mode === 0o644 ? 1 : 0)
  })

  it('looks at who may read what is kept', async () => {
    const place = makePlace()
    mkdirSync(join(place.cwd, 'data'), { mode: 0o755 })
    writeFileSync(join(place.cwd, 'logs/session.jsonl'), '', { mode: 0o644 })
    const open = await place.validate({ env: accountsOf(1) }, '--offline')
    expect(linesOf(open.out, 'data files')).toBe(
      'amber data files data can be entered by others\n→ chmod 700 data',
    )
    expect(linesOf(open.out, 'log files')).toBe(
      'amber log files 1 in logs can be read by others, such as session.jsonl\n→ chmod -R go= logs',
    )
  })

  it('takes another settings file by name', async () => {
    const given = { env: accountsOf(1), yaml: 'poll: 5s', file: 'other.yaml' }
    const { out } = await offline(given, '--config', 'other.yaml')
    expect(linesOf(out, 'configuration')).toBe('green configuration here/other.yaml')
    expect(await offline(given, '--config', 'nope.yaml')).toMatchObject({
      exitCode: 2,
      out: expect.stringContaining('nope.yaml: there is no such file'),
    })
  })

  it('tells the same to programs', async () => {
    const good = await offline({ env: accountsOf(1) }, '--json')
    expect(JSON.parse(good.out)).toMatchObject({
      passed: true,
      checks: expect.arrayContaining([
        { name: 'MASTER', level: 'green', finding: '…', remedy: null },
      ]),
    })
    const bad = await offline({ yaml: 'pol: 3s' }, '--json')
    expect(JSON.parse(bad.out)).toMatchObject({
      passed: false,
      checks: [{ name: 'configuration', level: 'red' }],
    })
    expect(bad.exitCode).toBe(2)
  })

  it('colours the words where a person looks, and nothing else', async () => {
    const ask = () => Promise.resolve('')
    const { out } = await offline({ env: accountsOf(1), ask })
    expect(out).toContain('\u001b[32mgreen  \u001b[0mMASTER')
    expect(out).toContain('\u001b[33mamber  \u001b[0mfamily')
    for (const [given, args] of [
      [{ ask }, ['--json']],
      [{}, []],
      [{ ask, env: { ...accountsOf(1), NO_COLOR: '1' } }, []],
    ] as const)
      expect((await offline({ env: accountsOf(1), ...given }, ...args)).out).not.toContain('\u001b')
  })

  it('keeps to 100 columns where a person looks, breaking between words', async () => {
    const given = { env: { ...accountsOf(1, 2), NO_COLOR: '1' } }
    const { out } = await offline({ ...given, ask: () => Promise.resolve('') })
    const lines = out.split('\n')
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100)
    const told = (await offline(given)).out
    expect(Math.max(...told.split('\n').map((line) => line.length))).toBeGreaterThan(100)
    const words = (text: string) => text.split(/\s+/).join(' ')
    expect(words(out)).toBe(words(told))
  })

  it('names at the end what is red', async () => {
    const disk = { freeBytes: () => 1 }
    const env = { ...accountsOf(1), FOLLOWER_1_LOCAL_ADDRESS: '192.0.2.99' }
    const { out } = await offline({ env, disk })
    expect(out.trimEnd().split('\n').at(-1)).toMatch(
      /2 red: not ready: put right first disk room, FOLLOWER_1 address$/,
    )
  })

  it('shows no secret', async () => {
    const env = Object.fromEntries(
      Object.entries({ ...accountsOf(1), SECRET_KEY: 'x' }).map(([name, value]) => [
        name,
        /API_KEY|SECRET_KEY/.test(name) ? `canary-${name}` : value,
      ]),
    )
    for (const args of [[], ['--json']]) {
      const { out } = await offline({ env }, ...args)
      expect(out).toContain('FOLLOWER_1')
      expect(out).not.toMatch(/canary|1234|JBSWY3DPEHPK3PXP/)
    }
  })

  it.each([
    [['--offline', '--probe-writes'], 'asks the broker, and --offline does not'],
    [['--probe-writes'], 'without a terminal add --yes'],
  ])('refuses %o', async (args, complaint) => {
    const { exitCode, complaints, out } = await makePlace().validate(
      { env: accountsOf(1) },
      ...args,
    )
    expect(complaints).toContain(complaint)
    expect({ exitCode, out }).toEqual({ exitCode: 2, out: '' })
  })
})
