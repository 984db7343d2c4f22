// What the commands that look tell, word by word, of a ledger that was written as an engine writes it.
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseMoney, parsePrice } from '../../src/domain/numbers.ts'
import type { PulseChange } from '../../src/domain/pulse.ts'
import { SECOND } from '../../src/domain/time.ts'
import type { Ledger } from '../../src/ports.ts'
import { AT, CALL, follower, later, MASTER } from '../ledger/scene.ts'
import { asks, asksToLeave, bought, keeps, lostReply, makeDesk, owes, shows } from './desk.ts'

describe('lockstep status', () => {
  it('tells what wants a hand first, and the command that puts it right', async () => {
    const desk = makeDesk()
    desk.write('live', (ledger) => {
      owes(ledger)
      lostReply(ledger)
      asks(ledger)
      shows(ledger, 0)
    })
    expect(await desk.run('status')).toEqual({
      exitCode: 0,
      complaints: '',
      out: `LIVE ledger, no engine is running
2026-11-20 10:31:05 IST, master: 4 orders today, 4 signals
NOT COPYING: 1 positions are held, and exits are not copied until it runs
OWED E1  FOLLOWER_1 Papa  65 NIFTY24NOV26C25000 INTRADAY: holds 65, wants 0
    close it now: lockstep flatten FOLLOWER_1
    you closed it yourself: lockstep dismiss E1
UNKNOWN U2  FOLLOWER_1 Papa  BUY 65 NIFTY24NOV26C25000 INTRADAY, sent 10:30:45 (20 s ago)
    no answer in 7 s
    looked up by its tag LS…; if it stays so, look in the broker's order book:
    it isn't there: lockstep resolve U2 --absent
    it is there:    lockstep resolve U2 --order ITS_ORDER_ID
ASKED  #4 BUY 130 NIFTY24NOV26C25000 INTRADAY @101.20, price now unknown: FOLLOWER_1, FOLLOWER_2
    lockstep approve 4  or  lockstep reject 4
DRIFT  FOLLOWER_1 Papa  NIFTY24NOV26C25000 INTRADAY: holds 65, the broker shows 0 since 10:30:45
    closed elsewhere? An exit sells no more than the broker shows; nothing is bought back

follower         state    held  in flight  unknown  owed  drift  writes left  last order
FOLLOWER_1 Papa  copying     1          0        1     1      1        9/498    10:30:45
FOLLOWER_2       copying     0          0        0     0      0        9/500           -
`,
    })
  })

  it('tells an exit that nobody answers as owed, and one that got a no as kept', async () => {
    const desk = makeDesk()
    desk.write('live', (ledger) => {
      bought(ledger)
      asksToLeave(ledger, 31 * SECOND)
    })
    expect((await desk.run('status')).out).toContain(
      `OWED, ASKED  #2 SELL 130 NIFTY24NOV26C25000 INTRADAY @101.20, price now unknown: FOLLOWER_1
    the master has left; nobody has answered, so what they hold stays open
    lockstep approve 2  or  lockstep reject 2
`,
    )
    desk.write('live', keeps)
    const { out } = await desk.run('status')
    expect(out).toContain(
      `KEPT  FOLLOWER_1 Papa  65 NIFTY24NOV26C25000 INTRADAY: by your no to the exit #3; no exit closes it
    close it: lockstep flatten FOLLOWER_1
`,
    )
    expect(JSON.parse((await desk.run('status', '--json')).out)).toMatchObject({
      owed: [],
      kept: [{ follower: 'FOLLOWER_1', quantity: '65', signal: 3 }],
    })
    const asked = await desk.run('flatten', 'FOLLOWER_1', '--yes')
    expect(asked.out).toContain(
      'close   FOLLOWER_1  65 NIFTY24NOV26C25000 INTRADAY, kept by your no to #3',
    )
  })

  it('tells what a question costs now, by a price that was read since it asks', async () => {
    const desk = makeDesk()
    const ledger = desk.startEngine('live')
    asks(ledger)
    const priced = async (text: string, ms: number) => {
      const seen = { last: parsePrice(text), at: later(ms) }
      ledger.keepPulse({ accounts: [], prices: new Map([[CALL, seen]]) }, later(ms))
      return (await desk.run('status')).out
    }
    expect(await priced('90', -1)).toContain('INTRADAY @101.20, price now unknown: FOLLOWER_1')
    expect(await priced('101.45', 1)).toContain('INTRADAY @101.20, now 101.45 (+0.25): FOLLOWER_1')
    expect(await priced('101.05', 2)).toContain('now 101.05 (-0.15): FOLLOWER_1')
    expect(JSON.parse((await desk.run('status', '--json')).out).questions).toMatchObject([
      { signal: 1, masterPrice: '101.20', lastPrice: '101.05' },
    ])
  })

  it('is calm when all is well, and names the engine', async () => {
    const desk = makeDesk()
    bought(desk.startEngine('live'))
    const { exitCode, out } = await desk.run('status')
    expect(out).toBe(`LIVE ledger, engine running: process 4711 since 10:30:45 (lockstep run)
2026-11-20 10:31:05 IST, master: 1 orders today, 1 signals

follower         state    held  in flight  unknown  owed  drift  writes left  last order
FOLLOWER_1 Papa  copying     1          0        0     0      0        9/499    10:30:45
FOLLOWER_2       copying     0          0        0     0      0        9/500           -
`)
    expect(exitCode).toBe(0)
  })

  it('does not take the checks for an engine, though they have the ledger', async () => {
    const desk = makeDesk()
    desk.write('live', bought)
    desk.startChecks('live')
    const { out } = await desk.run('status')
    expect(out).toContain('LIVE ledger, no engine is running\n')
    expect(out).toContain('NOT COPYING: 1 positions are held')
  })

  it('tells when the master was last read, and what of the accounts is out of order', async () => {
    const desk = makeDesk()
    const ledger = desk.startEngine('live')
    bought(ledger)
    // The clock of the commands stands at 20 s.
    const at = (second: number) => later(second * 1000)
    const session = { kind: 'open', since: AT, until: at(3600) } as const
    const seenFunds = { net: parseMoney('512000.5'), used: parseMoney('0'), at: AT }
    const up = { kind: 'up', since: AT } as const
    const goodAt = (second: number) => ({ goodAt: at(second), failing: null })
    const keep = (accounts: PulseChange['accounts']) =>
      ledger.keepPulse(
        { accounts, prices: new Map([[CALL, { last: parsePrice('101.2'), at: AT }]]) },
        AT,
      )
    keep([{ account: MASTER, session, stream: up, orders: goodAt(19), seenFunds }])
    expect(
      (await desk.run('status')).out,
    ).toBe(`LIVE ledger, engine running: process 4711 since 10:30:45 (lockstep run)
2026-11-20 10:31:05 IST, master: 1 orders today, 1 signals
master read 1 s ago, stream up since 10:30:45, funds 512000.50

follower         state    held  in flight  unknown  owed  drift  writes left  last order
FOLLOWER_1 Papa  copying     1          0        0     0      0        9/499    10:30:45
FOLLOWER_2       copying     0          0        0     0      0        9/500           -
`)
    const evidence = 'no answer in 7 s'
    const failing = { since: at(2), at: at(17), why: 'timeout', evidence } as const
    const down = { kind: 'down', since: at(-60), why: 'closed with 1006' } as const
    const remedy = 'correct FOLLOWER_2_PASSWORD, then run: lockstep accounts verify FOLLOWER_2'
    keep([
      { account: MASTER, session, stream: down, orders: { goodAt: at(-2), failing } },
      {
        account: follower(1),
        session: { kind: 'closed', why: 'cannot reach the broker (ENETUNREACH)' },
      },
      { account: follower(2), session: { kind: 'stopped', why: 'the PIN was refused', remedy } },
    ])
    const { out } = await desk.run('status')
    expect(out.split('\n').slice(2, -5)).toEqual([
      'master read 22 s ago, stream down since 10:29:45, funds 512000.50',
      'NO GOOD READING of the master for 22 s: timeout (no answer in 7 s)',
      'STREAM DOWN  the master: for 1 min 20 s (closed with 1006); its book is read instead',
      'LOGGED OUT  FOLLOWER_1 Papa: cannot reach the broker (ENETUNREACH)',
      'STOPPED  FOLLOWER_2: the PIN was refused',
      `    ${remedy}`,
      '    Lockstep stopped meanwhile; then start it again',
    ])
    expect(out).toMatch(/FOLLOWER_2 +stopped/)
    const json = JSON.parse((await desk.run('status', '--json')).out)
    expect(json.accounts[0]).toMatchObject({
      account: 'MASTER',
      session: { kind: 'open', since: '2026-11-20T10:30:45.000+05:30' },
      stream: { kind: 'down', since: '2026-11-20T10:29:45.000+05:30' },
      orders: {
        goodAt: '2026-11-20T10:30:43.000+05:30',
        failing: { since: '2026-11-20T10:30:47.000+05:30', why: 'timeout' },
      },
      funds: { net: '512000.50', used: '0.00', at: '2026-11-20T10:30:45.000+05:30' },
      ailments: [
        { kind: 'unread', forMs: 22_000 },
        { kind: 'streamDown', forMs: 80_000 },
      ],
    })
    expect(json.prices).toEqual([
      { instrument: CALL, last: '101.20', at: '2026-11-20T10:30:45.000+05:30' },
    ])
    const why = "not verified today: its profile can't be read (timeout)"
    const again = 'it is asked again every few seconds'
    keep([{ account: follower(2), session: { kind: 'unverified', why, remedy: again } }])
    expect((await desk.run('status')).out).toContain(`NOT VERIFIED  FOLLOWER_2: ${why}; ${again}\n`)
  })

  it('says nothing of how accounts did when no engine runs', async () => {
    const desk = makeDesk()
    desk.write('live', (ledger) => {
      bought(ledger)
      const session = { kind: 'closed', why: 'sessions end at midnight' } as const
      ledger.keepPulse({ accounts: [{ account: MASTER, session }], prices: new Map() }, AT)
    })
    const { out } = await desk.run('status')
    expect(out).not.toMatch(/LOGGED OUT|master read/)
    expect(JSON.parse((await desk.run('status', '--json')).out).accounts).toMatchObject([
      { account: 'MASTER', session: { kind: 'closed' }, ailments: [] },
    ])
  })

  it.each([
    [
      ['pause'],
      'PAUSED: no entries for anybody, exits run. To go on: lockstep resume',
      /paused.*\n.*paused/,
    ],
    [['pause', 'FOLLOWER_2'], 'FOLLOWER_2', /copying.*\n.*paused/],
    [
      ['halt'],
      'HALTED: nothing is sent, exits neither. To go on: lockstep resume',
      /halted.*\n.*halted/,
    ],
  ])('after %s', async (args, line, states) => {
    const desk = makeDesk()
    desk.write('live', bought)
    await desk.run(...args)
    const { out } = await desk.run('status')
    expect(out).toContain(line)
    expect(out).toMatch(states)
    expect(out).toContain('1 commands wait for the engine to start')
  })

  it('tells of the file that halts', async () => {
    const desk = makeDesk()
    desk.write('live', bought)
    writeFileSync(join(desk.folder, 'data/HALT'), '')
    const { out } = await desk.run('status')
    expect(out).toContain('HALTED by the file HALT in the data folder. To go on: lockstep resume\n')
    expect(out).toMatch(/halted.*\n.*halted/)
  })

  it('keeps to 100 columns', async () => {
    const desk = makeDesk()
    desk.write('live', (ledger) => {
      owes(ledger)
      lostReply(ledger)
      shows(ledger, 0)
    })
    for (const command of ['status', 'positions']) {
      const { out } = await desk.run(command)
      expect(Math.max(...out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100)
    }
  })

  it('works while the settings are wrong, and says that they are', async () => {
    const desk = makeDesk({ yaml: 'pol: 3s' })
    desk.write('live', bought)
    const { exitCode, out } = await desk.run('status')
    expect(out).toContain('SETTINGS WRONG')
    expect(out).toMatch(/^FOLLOWER_1 +copying +1/m)
    expect(exitCode).toBe(0)
  })

  it('tells the same to programs, amounts as exact text', async () => {
    const desk = makeDesk()
    desk.write('live', (ledger) => {
      owes(ledger)
      asks(ledger)
    })
    expect(JSON.parse((await desk.run('status', '--json')).out)).toMatchObject({
      mode: 'live',
      at: '2026-11-20T10:31:05.000+05:30',
      engine: null,
      halted: false,
      masterOrders: 3,
      signals: 3,
      owed: [{ id: 'E1', follower: 'FOLLOWER_1', held: '65', wanted: '0', owed: '65' }],
      unknown: [],
      questions: [
        {
          signal: 3,
          followers: ['FOLLOWER_1', 'FOLLOWER_2'],
          left: { FOLLOWER_1: '130', FOLLOWER_2: '130' },
        },
      ],
      followers: [
        { name: 'FOLLOWER_1', label: 'Papa', state: 'copying', held: 1, writesLeft: [9, 499] },
        { name: 'FOLLOWER_2', label: null, state: 'copying', held: 0, lastCopyAt: null },
      ],
    })
  })
})

describe('which ledger is meant', () => {
  it('is the one that is there, and each by its name', async () => {
    const desk = makeDesk()
    desk.write('paper', (ledger) => bought(ledger, 'paper'))
    expect((await desk.run('positions')).out).toMatch(/^DRY RUN ledger, no engine is running\n/)
    const { exitCode, complaints } = await desk.run('positions', '--live')
    expect(complaints).toMatch(/^error: there is no live ledger in here\/data yet/)
    expect(exitCode).toBe(1)
    desk.write('live', bought)
    expect((await desk.run('positions')).out).toMatch(/^LIVE ledger/)
    expect((await desk.run('positions', '--paper')).out).toMatch(/^DRY RUN ledger/)
    expect(await desk.run('positions', '--paper', '--live')).toMatchObject({ exitCode: 2 })
  })

  it('is the one on which an engine runs', async () => {
    const desk = makeDesk()
    desk.write('live', bought)
    bought(desk.startEngine('paper'), 'paper')
    expect((await desk.run('positions')).out).toMatch(
      /^DRY RUN ledger, engine running: process 4711/,
    )
  })

  it('is none, before anything ran', async () => {
    expect(await makeDesk().run('status')).toEqual({
      exitCode: 1,
      out: '',
      complaints:
        'error: there is no ledger in here/data yet: it begins with the first `lockstep run`\n',
    })
  })

  it('is refused when it is damaged, in its own words', async () => {
    const desk = makeDesk()
    desk.write('live', bought)
    const path = join(desk.folder, 'data/lockstep.db')
    for (const companion of ['-wal', '-shm']) rmSync(`${path}${companion}`, { force: true })
    writeFileSync(path, 'this is no ledger at all, it is some text\n'.repeat(200))
    const { exitCode, complaints } = await desk.run('status')
    expect(complaints).toMatch(/^error: here\/data\/lockstep\.db/)
    expect(exitCode).toBe(1)
  })
})

describe('lockstep positions', () => {
  it('tells what is copied, wanted, held, shown and owed', async () => {
    const desk = makeDesk()
    desk.write('live', (ledger) => {
      owes(ledger)
      shows(ledger, 195)
    })
    expect((await desk.run('positions')).out).toBe(`LIVE ledger, no engine is running

follower         position                     copied  wanted  held  shown   owed
FOLLOWER_1 Papa  NIFTY24NOV26C25000 INTRADAY       0       0    65    195  65 E1
`)
    expect(JSON.parse((await desk.run('positions', '--json')).out).positions).toEqual([
      {
        follower: 'FOLLOWER_1',
        mode: 'live',
        instrument: 'NFO:NIFTY24NOV26C25000',
        product: 'INTRADAY',
        copied: '0',
        wanted: '0',
        held: '65',
        shown: '195',
        shownAt: '2026-11-20T10:30:45.000+05:30',
        owed: { id: 'E1', quantity: '65' },
      },
    ])
  })

  it('says so when there is nothing', async () => {
    const desk = makeDesk()
    desk.write('live', () => undefined)
    expect((await desk.run('positions')).out).toBe(
      'LIVE ledger, no engine is running\nnothing is copied and nothing is held\n',
    )
  })
})

async function statusAfter(story: (ledger: Ledger) => void) {
  const desk = makeDesk()
  desk.write('live', story)
  return desk.run('status')
}

describe('lockstep why', () => {
  const tell = async (story: (ledger: Ledger) => void, ...args: readonly string[]) => {
    const desk = makeDesk()
    desk.write('live', story)
    return desk.run('why', ...args)
  }

  it('tells the whole story of a signal', async () => {
    expect(await tell(bought, '#1')).toEqual({
      exitCode: 0,
      complaints: '',
      out: `LIVE  SIGNAL #1 BUY 130 NIFTY24NOV26C25000 INTRADAY @101.20  entry, 2026-11-20
10:30:44.200  filled at the master, order O-1, limit 101.25
10:30:45.000  seen in the order book; the master's position 0 -> 130

FOLLOWER_1 Papa
  10:30:45.010  COPY 65
                order 1: entry, BUY 65 limit 104.20
  10:30:45.010  sent: 65, tag LS…
  10:30:45.412  accepted as order O-2XPK5E
  10:30:45.900  complete, filled 65 of 65 @101.20 (book)

FOLLOWER_2
  10:30:45.010  SKIP lessThanOneLot: 130 × 0.3 = 39 < 65
`,
    })
  })

  it.each([
    [
      'of an exit that is owed',
      owes,
      '2',
      "EXIT the master's copied 130 -> 0, entitled to 0 from here on\n                no closing order",
    ],
    ['of a lost reply', lostReply, '1', '10:30:45.000  UNKNOWN: no answer in 7 s'],
    ['of a question', asks, '1', 'ASKED: not decided yet'],
  ])('%s', async (_, story, signal, line) => {
    expect((await tell(story, signal)).out).toContain(line)
  })

  it("prints the broker's words without what would steer a terminal", async () => {
    const rude = (ledger: Ledger) =>
      lostReply(ledger, 'gone\u001b[2J\nbearer abcdefghijklmnopqrstuvwxyz')
    const told = [(await tell(rude, '1')).out, (await statusAfter(rude)).out]
    for (const out of told) {
      expect(out).toContain('gone [2J bearer ***')
      expect(out).not.toContain('\u001b')
    }
  })

  it('tells of one follower, and to programs', async () => {
    const { out } = await tell(bought, '1', 'FOLLOWER_2', '--json')
    expect(JSON.parse(out)).toMatchObject({
      mode: 'live',
      signal: { id: 1, quantity: '130', filledAt: '2026-11-20T10:30:44.200+05:30' },
      stories: [
        {
          follower: 'FOLLOWER_2',
          decision: { reason: { kind: 'lessThanOneLot', factor: '0.3', exact: '39', lot: '65' } },
        },
      ],
    })
  })

  it.each([
    [['7'], 'there is no signal #7 in the live ledger'],
    [['first'], '"first" is no number of a signal'],
    [
      ['1', 'FOLOWER_2'],
      '"FOLOWER_2" is no follower (did you mean FOLLOWER_2?); followers: FOLLOWER_1, FOLLOWER_2',
    ],
    [['1', 'FOLLOWER_3'], '"FOLLOWER_3" is no follower; followers: FOLLOWER_1, FOLLOWER_2'],
  ])('refuses %j with exit code 2', async (args, complaint) => {
    const { exitCode, out, complaints } = await tell(bought, ...args)
    expect(complaints).toContain(`error: ${complaint}`)
    expect({ exitCode, out }).toEqual({ exitCode: 2, out: '' })
  })
})
