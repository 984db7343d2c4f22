import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { loadConfig } from '../../src/config/config.ts'
import { describeFault } from '../../src/config/fault.ts'
import { accountsOf, LOGIN, load, loadValid } from './folder.ts'

const asEnvFile = (env: Record<string, string>): string =>
  Object.entries(env)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('')

describe('accounts', () => {
  it('are none without any variable: only the demo', () => {
    const config = loadValid({})
    expect(config.accounts).toEqual({ master: null, followers: [] })
    expect(config.followers).toEqual([])
    expect(config.settingsFile).toBeNull()
  })

  it('are read from .env, gaps allowed, in the order of their numbers', () => {
    const { accounts, followers } = loadValid({ envFile: asEnvFile(accountsOf(10, 2, 7)) })
    expect(accounts.master?.clientCode).toBe('A100')
    expect(accounts.followers.map(({ name }) => name)).toEqual([
      'FOLLOWER_2',
      'FOLLOWER_7',
      'FOLLOWER_10',
    ])
    expect(followers.map(({ name }) => name)).toEqual(accounts.followers.map(({ name }) => name))
  })

  it('have what logs in as secrets, and the rest to show', () => {
    const { accounts } = loadValid({
      env: {
        ...accountsOf(1),
        TOTP_SECRET: 'jbsw y3dp ehpk 3pxp====',
        SECRET_KEY: 'sesame',
        LABEL: 'Main',
        FOLLOWER_1_LABEL: 'Papa',
        FOLLOWER_1_LOCAL_ADDRESS: '2001:db8::7',
        FOLLOWER_1_PROXY_URL: 'http://user:pass@proxy.example:3128',
      },
    })
    const [papa] = accounts.followers
    expect(accounts.master?.credentials.apiKey.reveal()).toBe('apikey')
    expect(accounts.master?.credentials.pin.reveal()).toBe('1234')
    expect(accounts.master?.credentials.totpSecret.reveal()).toBe('JBSWY3DPEHPK3PXP')
    expect(accounts.master?.credentials.secretKey?.reveal()).toBe('sesame')
    expect(accounts.master?.label).toBe('Main')
    expect(papa).toMatchObject({ name: 'FOLLOWER_1', label: 'Papa', clientCode: 'B101' })
    expect(papa?.credentials.secretKey).toBeNull()
    expect(papa?.egress.localAddress).toBe('2001:db8::7')
    expect(papa?.egress.proxyUrl?.reveal()).toBe('http://user:pass@proxy.example:3128')
  })

  it('take the variable of the process before that of .env, and say so', () => {
    const { config, warnings } = load({
      env: { API_KEY: 'real', CLIENT_ID: '', PASSWORD: '1234' },
      envFile: asEnvFile(LOGIN),
    })
    expect(config?.accounts.master?.credentials.apiKey.reveal()).toBe('real')
    expect(config?.accounts.master?.clientCode).toBe('A100')
    expect(warnings).toEqual([
      "API_KEY is set in the environment and, differently, in .env (line 1): the environment's is used",
    ])
  })

  it('are not made by names that any program may use', () => {
    const env = {
      LABEL: 'x',
      SECRET_KEY: 'x',
      PROXY_URL: 'nonsense',
      LOCAL_ADDRESS: '0',
      PATH: '/',
    }
    expect(loadValid({ env }).accounts.master).toBeNull()
  })
})

describe('.env', () => {
  it('is read as people write it', () => {
    const envFile = `\uFEFF# accounts\r
export API_KEY="api#key" # of the app\r
CLIENT_ID = 'A100'\r
PASSWORD: 1234\r
TOTP_SECRET=JBSWY3DPEHPK3PXP  # from the phone\r
LABEL=\r
`
    const { master } = loadValid({ envFile }).accounts
    expect(master?.credentials.apiKey.reveal()).toBe('api#key')
    expect(master?.clientCode).toBe('A100')
    expect(master?.credentials.pin.reveal()).toBe('1234')
    expect(master?.label).toBeNull()
  })

  it('open to others on the machine is a warning', () => {
    const cwd = mkdtempSync(join(tmpdir(), 'lockstep-config-'))
    writeFileSync(join(cwd, '.env'), asEnvFile(LOGIN))
    const warningsFor = (mode: number) => {
      chmodSync(join(cwd, '.env'), mode)
      return loadConfig({ env: {}, cwd, configFile: null }).warnings
    }
    expect(warningsFor(0o644)).toEqual([
      '.env can be read by others on this machine: chmod 600 .env',
    ])
    expect(warningsFor(0o640)).toHaveLength(1)
    expect(warningsFor(0o600)).toEqual([])
    rmSync(cwd, { recursive: true })
  })

  it('that is a folder is a fault', () => {
    const cwd = mkdtempSync(join(tmpdir(), 'lockstep-config-'))
    mkdirSync(join(cwd, '.env'))
    const loaded = loadConfig({ env: {}, cwd, configFile: null })
    rmSync(cwd, { recursive: true })
    expect(loaded.kind === 'faults' && loaded.faults.map(describeFault)).toEqual([
      '.env: a folder; allowed: a text file that can be read',
    ])
  })

  it('warns of names it does not know by their line only, since a secret may stand there', () => {
    const { warnings, faults } = load({ envFile: `${asEnvFile(LOGIN)}KRSXG5CTMVRXEZLU====\nTZ=x` })
    expect(faults).toEqual([])
    expect(warnings).toEqual([
      '.env, line 5, sets a name that Lockstep does not know; it is not used',
      '.env, line 6, sets a name that Lockstep does not know; it is not used',
    ])
  })
})

const NAMES = 'API_KEY, FOLLOWER_1_API_KEY and the other names of .env.example'
const TOTP =
  'the secret shown when TOTP was enabled (16 or more of A-Z and 2-7), not a six-digit code'

describe('a fault', () => {
  it.each([
    ['FOLLOWER_1_APIKEY', 'FOLLOWER_1_API_KEY'],
    ['FOLLWER_1_API_KEY', 'FOLLOWER_1_API_KEY'],
    ['FOLLOWER_01_API_KEY', 'FOLLOWER_1_API_KEY'],
    ['FOLLOWER1_API_KEY', 'FOLLOWER_1_API_KEY'],
    ['FOLLOWERS_12_PIN', 'FOLLOWER_12_PASSWORD'],
    ['follower_2_client_code', 'FOLLOWER_2_CLIENT_ID'],
    ['FOLLOWER_2_TOTP', 'FOLLOWER_2_TOTP_SECRET'],
    ['LOCKSTEP_DATADIR', 'LOCKSTEP_DATA_DIR'],
    ['SMARTAPI_FEEDURL', 'SMARTAPI_FEED_URL'],
  ])('of %s, wherever it is set', (name, nearest) => {
    const text = `${name} is not a name that Lockstep knows (did you mean ${nearest}?); allowed: ${NAMES}`
    expect(load({ envFile: `${name}=x` }).faults).toEqual([`.env, line 1: ${text}`])
    expect(load({ env: { [name]: 'x' } }).faults).toEqual([`environment: ${text}`])
  })

  it.each([
    ['MASTER_API_KEY', 'API_KEY'],
    ['APIKEY', 'API_KEY'],
    ['PASSWROD', 'PASSWORD'],
    ['CLIENT_CODE', 'CLIENT_ID'],
    ['api_key', 'API_KEY'],
  ])('of %s in .env, while in the environment it may be anybody else’s', (name, nearest) => {
    expect(load({ envFile: `${name}=x` }).faults).toEqual([
      `.env, line 1: ${name} is not a name that Lockstep knows (did you mean ${nearest}?); allowed: ${NAMES}`,
    ])
    expect(load({ env: { [name]: 'x' } }).faults).toEqual([])
  })

  it.each([['FOLLOWER_0_API_KEY'], ['LOCKSTEP_COLOUR_SCHEME'], ['FOLLOWER_1_HOROSCOPE']])(
    'of %s, to which nothing is near',
    (name) => {
      expect(load({ env: { [name]: 'x' } }).faults).toEqual([
        `environment: ${name} is not a name that Lockstep knows; allowed: ${NAMES}`,
      ])
    },
  )

  it.each([
    [
      'no name',
      'API_KEY abc',
      'line 1: a line that sets nothing; allowed: NAME=value, or a comment after #',
    ],
    [
      'a name set twice',
      "NO_COLOR=1\nNO_COLOR='2'",
      'line 2: NO_COLOR is set again (first in line 1); allowed: each name once',
    ],
    [
      'a value with #',
      'NO_COLOR=12#34',
      "line 1: NO_COLOR is cut short by a # or an open quote; allowed: such a value between '…'",
    ],
    [
      'an open quote',
      'NO_COLOR="12',
      "line 1: NO_COLOR is cut short by a # or an open quote; allowed: such a value between '…'",
    ],
  ])('of a line with %s', (_, envFile, expected) => {
    expect(load({ envFile }).faults).toEqual([`.env, ${expected}`])
  })

  it.each([
    [
      'half a master',
      { API_KEY: 'k', PASSWORD: '1234' },
      [
        'environment: CLIENT_ID is missing; allowed: the client code, 3 to 20 letters and digits',
        `environment: TOTP_SECRET is missing; allowed: ${TOTP}`,
      ],
    ],
    [
      'half a follower',
      { ...LOGIN, FOLLOWER_3_LABEL: 'Papa', FOLLOWER_3_API_KEY: 'k' },
      [
        'environment: FOLLOWER_3_CLIENT_ID is missing; allowed: the client code, 3 to 20 letters and digits',
        'environment: FOLLOWER_3_PASSWORD is missing; allowed: the PIN that logs in, without spaces',
        `environment: FOLLOWER_3_TOTP_SECRET is missing; allowed: ${TOTP}`,
      ],
    ],
    [
      'a client code twice',
      { ...accountsOf(1), FOLLOWER_1_CLIENT_ID: 'a100' },
      [
        'environment: FOLLOWER_1_CLIENT_ID is the client code of MASTER; allowed: each client code once, since an account can only be copied to once',
      ],
    ],
    [
      'a code instead of the TOTP secret',
      { ...LOGIN, TOTP_SECRET: '123456' },
      [`environment: TOTP_SECRET is ***; allowed: ${TOTP}`],
    ],
    [
      'no address',
      { ...accountsOf(1), FOLLOWER_1_LOCAL_ADDRESS: '10.0.0.256' },
      [
        'environment: FOLLOWER_1_LOCAL_ADDRESS is ***; allowed: an IP address of this machine, such as 203.0.113.7',
      ],
    ],
    [
      'no proxy',
      { ...accountsOf(1), FOLLOWER_1_PROXY_URL: 'socks5://u:p@host' },
      [
        'environment: FOLLOWER_1_PROXY_URL is ***; allowed: http://host:port or https://host:port, with user:password@ before the host if needed',
      ],
    ],
    [
      'plain http to elsewhere',
      { SMARTAPI_URL: 'http://example.com' },
      [
        'environment: SMARTAPI_URL is "http://example.com"; allowed: https://host, or http:// on this machine (127.0.0.1, localhost)',
      ],
    ],
    [
      'a host that only looks like loopback',
      { SMARTAPI_FEED_URL: 'ws://127.0.0.1.example.com' },
      [
        'environment: SMARTAPI_FEED_URL is "ws://127.0.0.1.example.com"; allowed: wss://host, or ws:// on this machine (127.0.0.1, localhost)',
      ],
    ],
    [
      'the wrong scheme',
      { SMARTAPI_FEED_URL: 'https://example.com' },
      [
        'environment: SMARTAPI_FEED_URL is "https://example.com"; allowed: wss://host, or ws:// on this machine (127.0.0.1, localhost)',
      ],
    ],
    [
      'a password in an address',
      { SMARTAPI_INSTRUMENTS_URL: 'https://u:p@example.com' },
      [
        'environment: SMARTAPI_INSTRUMENTS_URL is ***; allowed: https://host, or http:// on this machine (127.0.0.1, localhost)',
      ],
    ],
  ])('of %s', (_, env, expected) => {
    expect(load({ env: env as Record<string, string> }).faults).toEqual(expected)
  })

  it('of followers without a master names each key that is missing', () => {
    const { API_KEY, CLIENT_ID, PASSWORD, TOTP_SECRET, ...env } = accountsOf(1)
    const { faults } = load({ env })
    expect(faults.map((fault) => fault.split(';')[0])).toEqual([
      'environment: API_KEY is missing',
      'environment: CLIENT_ID is missing',
      'environment: PASSWORD is missing',
      'environment: TOTP_SECRET is missing',
    ])
    expect(faults[0]).toContain('because FOLLOWER_1 needs a master to follow')
  })

  it('of each source comes with those of the others', () => {
    const { faults } = load({
      env: { LOCKSTEP_DIR: 'x' },
      envFile: 'API_KEY=k\nCLIENT_ID=A100\nPASSWORD=1234\nTOTP_SECRET=123456',
      yaml: 'poll: 1\ncopyOn: some',
    })
    expect(faults.map((fault) => fault.slice(0, fault.indexOf(';')))).toEqual([
      '.env, line 4: TOTP_SECRET is ***',
      'environment: LOCKSTEP_DIR is not a name that Lockstep knows (did you mean LOCKSTEP_LOG_DIR?)',
      'lockstep.yaml, line 1: poll is 1 (did you mean 1s?)',
      'lockstep.yaml, line 2: copyOn is "some"',
    ])
  })
})

describe('places', () => {
  it('are the broker’s own and folders beside the settings, unless set', () => {
    const config = loadValid({})
    expect(config.endpoints).toEqual({ api: null, feed: null, instruments: null })
    expect(config.dataDir).toMatch(/^\/.*\/data$/)
    expect(config.logDir).toMatch(/^\/.*\/logs$/)
    expect(config.color).toBe(true)
  })

  it.each([
    ['http://127.0.0.1:8080', 'ws://localhost:8080/feed', 'http://[::1]:8080/list.json'],
    ['https://api.example.com', 'wss://feed.example.com', 'https://example.com/list.json'],
  ])('may be %s', (api, feed, instruments) => {
    const env = {
      SMARTAPI_URL: api,
      SMARTAPI_FEED_URL: feed,
      SMARTAPI_INSTRUMENTS_URL: instruments,
      LOCKSTEP_DATA_DIR: '/var/lib/lockstep',
      NO_COLOR: '1',
    }
    const config = loadValid({ env })
    expect(config.endpoints).toEqual({ api, feed, instruments })
    expect(config.dataDir).toBe('/var/lib/lockstep')
    expect(config.color).toBe(false)
  })
})

describe('what is frozen', () => {
  it('is everything, maps included', () => {
    const config = loadValid({ env: accountsOf(1), yaml: 'freeze: { NIFTY: 1800 }' })
    const thawed = (value: unknown, path: string): string[] => {
      if (typeof value !== 'object' || value === null) return []
      const inner = value instanceof Map ? [...value] : Object.entries(value)
      return [
        ...(Object.isFrozen(value) ? [] : [path]),
        ...inner.flatMap(([name, each]) => thawed(each, `${path}.${name}`)),
      ]
    }
    expect(thawed(config, 'config')).toEqual([])
    expect(thawed({ a: Object.freeze({ b: {} }) }, 'control')).toEqual(['control', 'control.a.b'])
    const freeze = config.engine.freeze as unknown as Map<string, bigint>
    for (const change of [
      () => freeze.set('X', 1n),
      () => freeze.delete('X'),
      () => freeze.clear(),
    ])
      expect(change).toThrow(TypeError)
  })
})

// A text that is no part of any of our own words, so that finding it can only mean a leak.
const CANARY = 'zq7CANARYxw'
const SECRETS = ['API_KEY', 'PASSWORD', 'TOTP_SECRET', 'SECRET_KEY', 'PROXY_URL']

describe('no secret is told', () => {
  const names = fc.oneof(
    fc.constantFrom(
      ...SECRETS,
      ...SECRETS.flatMap((key) => [`FOLLOWER_1_${key}`, `FOLLOWER_02_${key}`]),
    ),
    fc.constantFrom('APIKEY', 'FOLLWER_1_PASSWORD', 'FOLLOWER_1_PIN', 'LOCKSTEP_KEY', 'MY_KEY'),
  )
  const values = fc.constantFrom(
    CANARY,
    `${CANARY} ${CANARY}`,
    `http://user:${CANARY}@host`,
    `${CANARY}#x`,
    `"${CANARY}`,
    `'${CANARY}'`,
  )
  const lines = fc.array(
    fc.tuple(names, values, fc.constantFrom('=', ': ', ' ', ' = ')).map((parts) => parts),
    { maxLength: 12 },
  )
  const told = (given: readonly (readonly [string, string, string])[], inFile: boolean): string => {
    const envFile = given.map(([name, value, between]) => `${name}${between}${value}`).join('\n')
    const env = Object.fromEntries(given.map(([name, value]) => [name, value]))
    const { config, faults, warnings } = load(inFile ? { envFile } : { env })
    return [...faults, ...warnings, inspect(config, { depth: null, showHidden: true })].join('\n')
  }

  it('by any fault, warning or print of the configuration', () => {
    fc.assert(
      fc.property(lines, fc.boolean(), (given, inFile) => {
        expect(told(given, inFile)).not.toContain('CANARY')
      }),
      { numRuns: 300 },
    )
  })

  it('control: what is not secret is told', () => {
    expect(told([['SMARTAPI_URL', CANARY, '=']], true)).toContain('CANARY')
  })
})
