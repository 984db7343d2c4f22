// The accounts: what is listed, what the edits make of real files, and that a login is tried once. Every
// secret is a canary that no output may hold.
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { connect, readerOf } from '../../src/broker/angelone/index.ts'
import { addAccounts } from '../../src/cli/accounts.ts'
import type { Connect } from '../../src/cli/accounts-parts.ts'
import type { Opened } from '../../src/cli/reach.ts'
import { loadConfig } from '../../src/config/config.ts'
import type { Mode } from '../../src/domain/lane.ts'
import { instant } from '../../src/domain/time.ts'
import { findHolder } from '../../src/ledger/lock.ts'
import { openDesk, openLedger, openView } from '../../src/ledger/open.ts'
import type { Clock, Ledger } from '../../src/ports.ts'
import { defaultAccounts, environmentOf } from '../../src/simulator/default-accounts.ts'
import { startSimulator } from '../../src/simulator/server.ts'
import { realClock } from '../broker/angelone/kit.ts'
import { follower, seededChance, still } from '../ledger/scene.ts'
import { bought } from './desk.ts'
import { runOn } from './terminal.ts'

/** Early in a window of one-time codes, whenever the test runs, so that no login has to wait. */
const shiftMs = 5_000 - (Date.now() % 30_000)
const early: Clock = { ...realClock, now: () => instant(Date.now() + shiftMs) }

const SECRETS = /canary|CANARY|4711|4712|JBSWY3DP/

interface Given {
  readonly envFile?: string
  readonly yaml?: string
  readonly env?: Readonly<Record<string, string>>
  /** What is typed, in this order; null: nobody sits there. */
  readonly typed?: readonly string[]
  readonly piped?: string
}

function makeFolder({ envFile, yaml, env = {}, typed, piped = '' }: Given) {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-accounts-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  if (envFile !== undefined) writeFileSync(join(folder, '.env'), envFile, { mode: 0o600 })
  if (yaml !== undefined) writeFileSync(join(folder, 'lockstep.yaml'), yaml)
  const path = (dataDir: string, mode: Mode) =>
    join(dataDir, mode === 'live' ? 'lockstep.db' : 'lockstep-paper.db')
  const opening =
    <L>(open: (options: { path: string; mode: Mode }) => L) =>
    (dataDir: string, mode: Mode): Opened<L> =>
      existsSync(path(dataDir, mode))
        ? { kind: 'open', ledger: open({ path: path(dataDir, mode), mode }) }
        : { kind: 'none' }
  const answers = [...(typed ?? [])]
  const answer = async () => answers.shift() ?? ''
  const connectToRead: Connect = (config, account, memory, since) => {
    const url = config.endpoints.api ?? ''
    const connection = connect(
      { clock: early, memory, lastAct: () => since },
      { account, url, logins: 'one' },
    )
    return {
      reader: readerOf(connection),
      enter: (waitMs) => connection.session.enter(waitMs),
      close() {
        connection.session.close()
        connection.client.close()
      },
    }
  }
  const command = addAccounts({
    folder,
    env,
    connect: connectToRead,
    reach: {
      load: (configFile) => loadConfig({ env, cwd: folder, configFile }),
      openView: opening(openView),
      openDesk: opening(openDesk),
      findEngine: (dataDir, mode) => findHolder(path(dataDir, mode)),
      clock: early,
      person: {
        isThere: typed !== undefined,
        ask: answer,
        askUntil: answer,
        askSecret: answer,
        readInput: async () => piped,
      },
      untilInterrupted: (work) => work(AbortSignal.abort()),
      windows: [],
    },
  })
  const openEngine = (): Ledger =>
    openLedger({
      path: path(join(folder, 'data'), 'live'),
      mode: 'live',
      clock: still,
      chance: seededChance(5),
      command: 'lockstep run',
      reserveBytes: 4096,
    })
  const read = (name: string) => readFileSync(join(folder, name), 'utf8')
  return {
    folder,
    openEngine,
    read,
    async run(...args: readonly string[]) {
      const told = await runOn([command], 'accounts', ...args)
      expect(`${told.out}${told.complaints}`).not.toMatch(SECRETS)
      return told
    },
  }
}

const login = (prefix: string, code: string) =>
  `${prefix}API_KEY=canary-${code}\n${prefix}CLIENT_ID=${code}\n${prefix}PASSWORD=4711\n${prefix}TOTP_SECRET=JBSWY3DPEHPK3PXP\n`
const TWO = `# mine\n${login('', 'M1000100')}\n${login('FOLLOWER_1_', 'F1000101')}FOLLOWER_1_LABEL=Papa\nFOLLOWER_1_PROXY_URL=http://canary:canary@127.0.0.1:1\n`

describe('lockstep accounts list', () => {
  it('tells each account, without a secret', async () => {
    const { run } = makeFolder({
      envFile: TWO,
      yaml: 'followers: { FOLLOWER_1: { enabled: false } }',
    })
    expect(await run('list')).toEqual({
      exitCode: 0,
      complaints: '',
      out: `account     label  client code  state     mode  goes out by
MASTER      -      M…100        master    -     the machine's own address
FOLLOWER_1  Papa   F…101        disabled  live  a proxy
`,
    })
    expect(JSON.parse((await run('list', '--json')).out).accounts).toHaveLength(2)
  })

  it('tells what is wrong with the setup, with exit code 2', async () => {
    const { exitCode, complaints } = await makeFolder({ envFile: 'API_KEY=canary\n' }).run('list')
    expect(complaints).toContain('error: the setup is wrong\n  .env: CLIENT_ID is missing')
    expect(exitCode).toBe(2)
  })

  it('says what comes first when there is none', async () => {
    expect((await makeFolder({}).run('list')).out).toBe(
      'no account is set up: lockstep accounts add MASTER\n',
    )
  })
})

describe('lockstep accounts add', () => {
  const typed = ['F1000102', 'canary-key', '4712', 'jbsw y3dp ehpk 3pxp', 'Mama']

  it('asks, and writes a file that only its owner can read', async () => {
    const { run, read, folder } = makeFolder({ envFile: TWO, typed })
    expect(await run('add')).toEqual({
      exitCode: 0,
      complaints: '',
      out: `FOLLOWER_2: what is secret is not shown while you type.
FOLLOWER_2 (F…102) is in .env now.
Try its login: lockstep accounts verify FOLLOWER_2
From the next start on it copies with the settings of lockstep.yaml; to hold it back: lockstep accounts disable FOLLOWER_2
`,
    })
    expect(read('.env')).toBe(`${TWO}
# FOLLOWER_2
FOLLOWER_2_CLIENT_ID=F1000102
FOLLOWER_2_API_KEY=canary-key
FOLLOWER_2_PASSWORD=4712
FOLLOWER_2_TOTP_SECRET='jbsw y3dp ehpk 3pxp'
FOLLOWER_2_LABEL=Mama
`)
    expect(statSync(join(folder, '.env')).mode & 0o777).toBe(0o600)
    expect((await run('list')).out).toContain('FOLLOWER_2  Mama')
  })

  it('begins with the master where nothing is', async () => {
    const { run, read } = makeFolder({ typed })
    expect((await run('add')).out).toContain('MASTER (F…102) is in .env now.')
    expect(read('.env')).toContain('# MASTER\nCLIENT_ID=F1000102\n')
  })

  it('asks again for what can not be right, three times', async () => {
    const again = makeFolder({ envFile: TWO, typed: ['F 1', ...typed] })
    expect(await again.run('add')).toMatchObject({
      exitCode: 0,
      out: expect.stringContaining('  no: the client code, 3 to 20 letters and digits\n'),
    })
    const never = makeFolder({ envFile: TWO, typed: ['', '', ''] })
    expect(await never.run('add')).toMatchObject({ exitCode: 1 })
    expect(never.read('.env')).toBe(TWO)
  })

  it('reads lines where nobody can be asked', async () => {
    const { run, read } = makeFolder({
      envFile: TWO,
      piped: login('', 'F1000107').replace('API', 'FOLLOWER_7_API'),
    })
    expect(await run('add', 'follower_7', '--stdin')).toMatchObject({ exitCode: 0 })
    expect(read('.env')).toContain('FOLLOWER_7_CLIENT_ID=F1000107\n')
  })

  it.each([
    ['nobody there', ['add', 'FOLLOWER_2'], {}, 'no terminal); --stdin reads the keys'],
    ['no such name', ['add', 'FOLLOWER_0'], {}, '"FOLLOWER_0" is no account name'],
    ['one that is there', ['add', 'FOLLOWER_1'], {}, 'FOLLOWER_1 is in .env already'],
    [
      'one of the environment',
      ['add', 'FOLLOWER_2'],
      { env: { FOLLOWER_2_LABEL: 'x' } },
      'FOLLOWER_2 is set in the environment',
    ],
    [
      'half a login',
      ['add', 'FOLLOWER_2', '--stdin'],
      { piped: 'API_KEY=canary\n' },
      'the input lacks CLIENT_ID, PASSWORD, TOTP_SECRET',
    ],
    [
      'an unknown key',
      ['add', 'FOLLOWER_2', '--stdin'],
      { piped: 'canary=canary\n' },
      'input, line 1: not one of API_KEY',
    ],
    [
      'a taken code',
      ['add', 'FOLLOWER_2', '--stdin'],
      { piped: login('', 'f1000101') },
      'is the client code of FOLLOWER_1',
    ],
    ['a secret as an argument', ['add', 'FOLLOWER_2', '--pin', 'x'], {}, "unknown option '--pin'"],
  ])('refuses %s', async (_, args, given, complaint) => {
    const { run, read } = makeFolder({ envFile: TWO, ...given })
    const { exitCode, complaints } = await run(...args)
    expect(complaints).toContain(complaint)
    expect(exitCode).toBe(2)
    expect(read('.env')).toBe(TWO)
  })
})

describe('lockstep accounts enable and disable', () => {
  it('switches in the settings file, comments and all', async () => {
    const { run, read } = makeFolder({ envFile: TWO, yaml: 'poll: 4s # calm\n' })
    expect((await run('disable', 'FOLLOWER_1')).out).toBe(
      'FOLLOWER_1 disabled in lockstep.yaml: it takes no entries, exits go on from the next start on.\n',
    )
    expect(read('lockstep.yaml')).toBe(
      'poll: 4s # calm\nfollowers:\n  FOLLOWER_1:\n    enabled: false\n',
    )
    expect((await run('disable', 'FOLLOWER_1')).out).toBe(
      'FOLLOWER_1 is disabled already; nothing was changed\n',
    )
    expect(await run('enable', 'follower_1')).toMatchObject({ exitCode: 0 })
    expect(read('lockstep.yaml')).toContain('enabled: true')
  })

  it('says what holds now while an engine runs', async () => {
    const { run, openEngine } = makeFolder({ envFile: TWO })
    const engine = openEngine()
    onTestFinished(() => engine.close())
    expect((await run('disable', 'FOLLOWER_1')).out).toContain(
      'The engine that runs keeps what it started with. To hold it back now: lockstep pause FOLLOWER_1\n',
    )
  })

  it.each([
    ['FOLLOWER_2', '"FOLLOWER_2" is no account; accounts: MASTER, FOLLOWER_1'],
    ['FOLOWER_1', '"FOLOWER_1" is no account (did you mean FOLLOWER_1?)'],
    ['MASTER', 'it has no switch'],
  ])('refuses %s', async (name, complaint) => {
    const { exitCode, complaints } = await makeFolder({ envFile: TWO }).run('disable', name)
    expect(complaints).toContain(complaint)
    expect(exitCode).toBe(2)
  })
})

describe('lockstep accounts remove', () => {
  const yaml = '# mine\npoll: 4s\nfollowers: { FOLLOWER_1: { mode: live } }\n'

  it('takes its keys and its settings, and nothing else', async () => {
    const { run, read } = makeFolder({ envFile: TWO, yaml, typed: ['FOLLOWER_1'] })
    expect(await run('remove', 'FOLLOWER_1')).toMatchObject({
      exitCode: 0,
      out: 'FOLLOWER_1 is removed.\n',
    })
    expect(read('.env')).toBe(`# mine\n${login('', 'M1000100')}\n`)
    expect(read('lockstep.yaml')).toBe('# mine\npoll: 4s\n')
  })

  it('refuses while it holds anything', async () => {
    const { run, read, openEngine } = makeFolder({ envFile: TWO, yaml })
    const engine = openEngine()
    bought(engine)
    expect((await run('remove', 'FOLLOWER_1', '--yes')).complaints).toContain('stop it first')
    engine.close()
    const { exitCode, complaints } = await run('remove', 'FOLLOWER_1', '--yes')
    expect(
      complaints,
    ).toBe(`error: FOLLOWER_1 can't be removed while the live ledger has this of it:
  holds 65 NIFTY24NOV26C25000 INTRADAY
Close it first: lockstep flatten FOLLOWER_1 --live
`)
    expect(exitCode).toBe(1)
    expect([read('.env'), read('lockstep.yaml')]).toEqual([TWO, yaml])
  })

  it.each([
    ['the master of followers', ['remove', 'MASTER', '--yes'], {}, 1, 'the master has followers'],
    [
      'without the name typed',
      ['remove', 'FOLLOWER_1'],
      { typed: ['y'] },
      1,
      'nothing was changed',
    ],
    ['where nobody can be asked', ['remove', 'FOLLOWER_1'], {}, 2, '--yes answers beforehand'],
    [
      'one of the environment',
      ['remove', 'FOLLOWER_1', '--yes'],
      { env: { FOLLOWER_1_LABEL: 'x' } },
      2,
      'unset it there',
    ],
  ])('refuses %s', async (_, args, given, expected, complaint) => {
    const { run, read } = makeFolder({ envFile: TWO, yaml, ...given })
    const { exitCode, complaints } = await run(...args)
    expect(complaints).toContain(complaint)
    expect(exitCode).toBe(expected)
    expect([read('.env'), read('lockstep.yaml')]).toEqual([TWO, yaml])
  })
})

describe('lockstep accounts verify and balance', () => {
  async function startBroker(change: (env: Record<string, string>) => void = () => undefined) {
    const settings = defaultAccounts(2)
    const simulator = await startSimulator({ clock: early, accounts: settings, limits: 'ignore' })
    onTestFinished(() => simulator.stop())
    const env = { ...environmentOf(settings, simulator.urls) }
    change(env)
    return makeFolder({ env })
  }
  const sorted = (text: string) => text.trimEnd().split('\n').toSorted()

  it('logs in to each once, and tells whose keys they are', async () => {
    const { run } = await startBroker()
    const { exitCode, out } = await run('verify')
    expect(sorted(out)).toEqual([
      'FOLLOWER_1    ok      is F…001; exchanges NSE, BSE, NFO, BFO, MCX',
      'FOLLOWER_2    ok      is F…002; exchanges NSE, BSE, NFO, BFO, MCX',
      'Logging in once to MASTER, FOLLOWER_1, FOLLOWER_2',
      'MASTER        ok      is M…000; exchanges NSE, BSE, NFO, BFO, MCX',
    ])
    expect(exitCode).toBe(0)
  })

  it('tells a wrong PIN after one attempt, remembers it, and goes on with the others', async () => {
    const { run, openEngine } = await startBroker((env) => {
      env.FOLLOWER_1_PASSWORD = '9999'
    })
    openEngine().close()
    const { exitCode, out } = await run('verify')
    expect(out).toContain(
      'FOLLOWER_1    FAILED  the PIN was refused: correct FOLLOWER_1_PASSWORD\n',
    )
    expect(out).toContain('FOLLOWER_2    ok ')
    expect(out).not.toContain('9999')
    expect(exitCode).toBe(1)
    const engine = openEngine()
    onTestFinished(() => engine.close())
    expect(engine.logins(follower(1), instant(0)).map(({ result }) => result)).toEqual([
      'pinRefused',
    ])
  })

  it('tells a wrong TOTP secret after one attempt', async () => {
    const { run, openEngine } = await startBroker((env) => {
      env.FOLLOWER_2_TOTP_SECRET = 'JBSWY3DPEHPK3PXP'
    })
    openEngine().close()
    const { out } = await run('verify', 'FOLLOWER_2')
    expect(out).toContain(
      'FAILED  the code was refused: check FOLLOWER_2_TOTP_SECRET and the clock',
    )
    const engine = openEngine()
    onTestFinished(() => engine.close())
    expect(engine.logins(follower(2), instant(0))).toHaveLength(1)
  })

  it('tells the funds', async () => {
    const { run } = await startBroker()
    const { out } = await run('balance', 'FOLLOWER_1')
    expect(out).toBe(
      'Logging in once to FOLLOWER_1\nFOLLOWER_1    ok      net 1000000.00, used 0.00\n',
    )
    expect(JSON.parse((await run('balance', 'MASTER', '--json')).out)).toEqual({
      accounts: [
        {
          account: 'MASTER',
          isGood: true,
          finding: 'net 1000000.00, used 0.00',
          net: '1000000.00',
          used: '0.00',
        },
      ],
    })
  })

  it('stays away from a running engine, unless told otherwise', async () => {
    const { run, openEngine } = await startBroker()
    const engine = openEngine()
    onTestFinished(() => engine.close())
    const { exitCode, out, complaints } = await run('verify', 'FOLLOWER_1')
    expect(complaints).toContain('another login may end its session; --anyway logs in all the same')
    expect({ exitCode, out }).toEqual({ exitCode: 1, out: '' })
    expect(await run('verify', 'FOLLOWER_1', '--anyway')).toMatchObject({ exitCode: 0 })
  })
})

it('every command has an example in its help', async () => {
  const { run } = makeFolder({})
  for (const name of ['list', 'add', 'remove', 'enable', 'disable', 'verify', 'balance'])
    expect((await run(name, '--help')).out).toContain(`Example: lockstep accounts ${name}`)
})
