// Steering: each command is one fact in the ledger, obeyed by a running engine or kept for the next one,
// and nothing is written where the trader said no or nobody could be asked.
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { instrumentId, signalId } from '../../src/domain/ids.ts'
import { units } from '../../src/domain/numbers.ts'
import { tradingDay } from '../../src/domain/time.ts'
import type { Ledger } from '../../src/ports.ts'
import { AT, follower, laneOf, later, reportOf } from '../ledger/scene.ts'
import { asks, bought, type Desk, lostReply, makeDesk, owes, waits } from './desk.ts'

/** What was told to the engine and is not finished. */
function toldOf(desk: Desk) {
  let told: ReturnType<Ledger['openSteering']> = []
  desk.write('live', (ledger) => {
    told = ledger.openSteering()
  })
  return told.map(({ command, by }) => ({ ...command, by }))
}

function deskWith(...stories: readonly ((ledger: Ledger) => void)[]): Desk {
  const desk = makeDesk()
  desk.write('live', (ledger) => {
    for (const story of stories) story(ledger)
  })
  return desk
}

const one = follower(1)
const by = 'command'

describe('a fact for each command', () => {
  it.each([
    [['pause'], { kind: 'pause', follower: null }],
    [['pause', 'FOLLOWER_1'], { kind: 'pause', follower: one }],
    [['pause', 'papa'], { kind: 'pause', follower: one }],
    [['halt'], { kind: 'halt' }],
    [['resume', '--yes'], { kind: 'resume', follower: null }],
    [['resume', 'FOLLOWER_1', '--yes'], { kind: 'resume', follower: one }],
    [['flatten', '--yes'], { kind: 'flatten', follower: null }],
    [['flatten', 'FOLLOWER_1', '--yes'], { kind: 'flatten', follower: one }],
    [['approve', '3'], { kind: 'approve', signal: signalId(3), followers: null }],
    [['approve', '#3', 'FOLLOWER_1'], { kind: 'approve', signal: signalId(3), followers: [one] }],
    [['reject', '3'], { kind: 'reject', signal: signalId(3) }],
    [['dismiss', 'E1'], { kind: 'dismiss', lane: laneOf(1) }],
    [
      ['dismiss', 'FOLLOWER_1', 'nifty24nov26c25000', 'intraday'],
      { kind: 'dismiss', lane: laneOf(1) },
    ],
    [
      ['adopt', 'FOLLOWER_1', 'NIFTY24NOV26C25000', 'INTRADAY', '65'],
      { kind: 'adopt', lane: laneOf(1), quantity: String(units(65)) },
    ],
    [
      ['adopt', 'FOLLOWER_2', 'NSE:SBIN-EQ', 'INTRADAY', '-10'],
      {
        kind: 'adopt',
        lane: {
          follower: follower(2),
          mode: 'live',
          instrument: 'NSE:SBIN-EQ',
          product: 'INTRADAY',
        },
        quantity: String(units(-10)),
      },
    ],
  ])('%j', async (args, command) => {
    const desk = deskWith(owes, asks)
    const { exitCode, out, complaints } = await desk.run(...args)
    expect(complaints).toBe('')
    expect(out).toContain('LIVE ledger, no engine is running\n')
    expect(out).toContain('Recorded; obeyed when the engine starts.\n')
    expect(exitCode).toBe(0)
    const told = toldOf(desk).map((each) =>
      'quantity' in each ? { ...each, quantity: String(each.quantity) } : each,
    )
    expect(told).toEqual([{ ...command, by }])
  })
})

describe('a running engine', () => {
  it('is seen to obey', async () => {
    const desk = makeDesk()
    desk.startEngine('live')
    expect(await desk.run('pause')).toEqual({
      exitCode: 0,
      complaints: '',
      out: `LIVE ledger, engine running: process 4711 since 10:30:45 (lockstep run)
Everybody paused: no entries, exits go on.
The engine has acted on it.
`,
    })
  })

  it('that does not is told of, with exit code 1', async () => {
    const desk = makeDesk()
    desk.startEngine('live', () => false)
    const { exitCode, out } = await desk.run('halt')
    expect(out).toContain('RECORDED, BUT THE ENGINE HAS NOT ACTED ON IT within 2 s')
    expect(exitCode).toBe(1)
  })

  it('may take its time to flatten', async () => {
    const desk = makeDesk()
    bought(desk.startEngine('live', () => false))
    expect(await desk.run('flatten', '--yes')).toEqual({
      exitCode: 0,
      complaints: '',
      out: `  close   FOLLOWER_1  65 NIFTY24NOV26C25000 INTRADAY
LIVE ledger, engine running: process 4711 since 10:30:45 (lockstep run)
Flattening everybody; paused afterwards (lockstep resume).
Recorded; the engine is at it: lockstep status shows how far.
`,
    })
  })
})

describe('an order that is unknown', () => {
  const unknown = () => deskWith(bought, lostReply)
  const tagOf = (desk: Desk) => {
    let tag = ''
    desk.write('live', (ledger) => {
      tag = ledger.openAttempts(null)[0]?.attempt.tag ?? ''
    })
    return tag
  }

  it.each([
    [['U2', '--absent'], null, 'not there'],
    [['2', '--order', '261201000000007'], '261201000000007', 'order 261201000000007'],
  ])('%j is settled by a word', async (args, order, word) => {
    const desk = unknown()
    const { exitCode, out, complaints } = await desk.run('resolve', ...args)
    expect(complaints).toBe('')
    expect(out).toBe(`LIVE ledger, no engine is running
U2 BUY 65 NIFTY24NOV26C25000 INTRADAY of FOLLOWER_1 Papa: ${word}, by your word.
Recorded; obeyed when the engine starts.
`)
    expect(exitCode).toBe(0)
    expect(toldOf(desk)).toEqual([{ kind: 'resolve', tag: tagOf(desk), order, by }])
  })

  it.each([
    [{ kind: 'done', text: 'taken as never placed' } as const, 'The engine: taken as', 0],
    [{ kind: 'refused', text: 'the book shows it' } as const, 'REFUSED: the book shows it.', 1],
  ])('the answer of the engine is told: $0.kind', async (answer, text, code) => {
    const desk = unknown()
    desk.startEngine('live', () => true, answer)
    const { exitCode, out } = await desk.run('resolve', 'U2', '--absent')
    expect(out).toContain(text)
    expect(exitCode).toBe(code)
  })

  it.each([
    [['U2'], 2, 'resolve takes --absent'],
    [['U2', '--absent', '--order', '1'], 2, 'resolve takes --absent'],
    [['U2', '--order', ' '], 2, 'is no order id'],
    [['x', '--absent'], 2, 'unknown: U2 (FOLLOWER_1 NIFTY24NOV26C25000 INTRADAY)'],
    [['U1', '--absent'], 1, 'U1 is not unknown'],
  ])('%j is refused', async (args, code, complaint) => {
    const desk = unknown()
    const { exitCode, complaints } = await desk.run('resolve', ...args)
    expect(complaints).toContain(complaint)
    expect(exitCode).toBe(code)
    expect(toldOf(desk)).toEqual([])
  })
})

describe('what is asked first', () => {
  it('resume shows what waits', async () => {
    const desk = deskWith(owes, lostReply, asks)
    desk.type('y')
    const { exitCode, out } = await desk.run('resume')
    expect(out).toBe(`Resuming everybody would do this:
  exit    FOLLOWER_1  close 65 of 65 NIFTY24NOV26C25000 INTRADAY (E1)
LIVE ledger, no engine is running
Resumed: everybody.
Recorded; obeyed when the engine starts.
`)
    expect(exitCode).toBe(0)
  })

  it('resume names the entries that would be missed, and what nobody was told yet', async () => {
    const desk = makeDesk()
    desk.write('live', (ledger) => {
      waits(ledger, later(-60_000))
      const before = { day: tradingDay('2026-11-19'), side: 'SELL' } as const
      const shares = { instrument: instrumentId('NSE', 'SBIN-EQ'), symbol: 'SBIN-EQ' }
      ledger.seeMasterOrders([reportOf('4', { ...before, ...shares })], AT)
      ledger.seeMasterOrders([reportOf('5', { ...before, product: 'CARRYFORWARD' })], AT)
      ledger.seeMasterOrders([reportOf('6', { side: 'SELL' })], AT)
    })
    expect((await desk.run('resume', '--yes')).out).toContain(`would do this:
  missed  FOLLOWER_1  BUY 65 NIFTY24NOV26C25000 INTRADAY: 1 min 20 s old, more than 1 min
  skipped the master's SELL 130 SBIN-EQ INTRADAY of 2026-11-19: ended with its day
  decide  the master's SELL 130 NIFTY24NOV26C25000 CARRYFORWARD of 2026-11-19: an exit is copied, an entry only if young
  decide  the master's SELL 130 NIFTY24NOV26C25000 INTRADAY: an exit is copied, an entry only if young
`)
    const young = deskWith(waits)
    expect((await young.run('resume', '--yes')).out).toContain(
      'entry   FOLLOWER_1  BUY 65 NIFTY24NOV26C25000 INTRADAY: 20 s old, sent if its price still holds',
    )
  })

  it.each([
    ['resume', 'n'],
    ['resume', ''],
    ['flatten', 'y'],
    ['flatten', 'everbody'],
  ])('%s answered with "%s" changes nothing', async (command, answer) => {
    const desk = deskWith(bought)
    desk.type(answer)
    const { exitCode, complaints } = await desk.run(command)
    expect({ exitCode, complaints }).toEqual({
      exitCode: 1,
      complaints: 'error: nothing was changed\n',
    })
    expect(toldOf(desk)).toEqual([])
  })

  it('flatten wants the name itself', async () => {
    const desk = deskWith(bought)
    desk.type('FOLLOWER_1')
    expect((await desk.run('flatten', 'FOLLOWER_1')).exitCode).toBe(0)
    expect(toldOf(desk)).toEqual([{ kind: 'flatten', follower: one, by }])
  })

  it.each(['resume', 'flatten'])('%s refuses where nobody can be asked', async (command) => {
    const desk = deskWith(bought)
    const { exitCode, complaints } = await desk.run(command)
    expect(complaints).toContain('--yes answers beforehand')
    expect(exitCode).toBe(2)
    expect(toldOf(desk)).toEqual([])
  })
})

describe('halting', () => {
  it('works without a ledger, by the file, and resume takes it away', async () => {
    const desk = makeDesk()
    const file = join(desk.folder, 'data/HALT')
    expect(await desk.run('halt')).toMatchObject({
      exitCode: 0,
      out: expect.stringContaining('HALTED by the file here/data/HALT'),
    })
    expect(existsSync(file)).toBe(true)
    expect(await desk.run('resume')).toMatchObject({ exitCode: 2 })
    expect(existsSync(file)).toBe(true)
    expect(await desk.run('resume', '--yes')).toMatchObject({ exitCode: 0 })
    expect(existsSync(file)).toBe(false)
  })

  it('works while the settings are wrong', async () => {
    const desk = makeDesk({ yaml: 'pol: 3s' })
    desk.write('live', bought)
    expect(await desk.run('halt')).toMatchObject({ exitCode: 0, complaints: '' })
    expect(toldOf(desk)).toEqual([{ kind: 'halt', by }])
  })

  it('is not lifted by the resume of one follower, the file neither', async () => {
    const desk = deskWith(bought)
    writeFileSync(join(desk.folder, 'data/HALT'), '')
    const { exitCode, complaints } = await desk.run('resume', 'FOLLOWER_1', '--yes')
    expect({ exitCode, complaints }).toEqual({
      exitCode: 1,
      complaints: 'error: everything is halted: lockstep resume\n',
    })
    expect((await desk.run('resume', '--yes')).exitCode).toBe(0)
    expect(existsSync(join(desk.folder, 'data/HALT'))).toBe(false)
  })
})

describe('what is refused, and changes nothing', () => {
  it.each([
    [['pause', 'FOLOWER_1'], 2, '"FOLOWER_1" is no follower (did you mean FOLLOWER_1?)'],
    [['approve', '9'], 2, 'there is no signal #9'],
    [['approve', '1'], 1, '#1 BUY 130 NIFTY24NOV26C25000 asks nothing (any more): lockstep why 1'],
    [['reject', '1'], 1, 'asks nothing'],
    [['dismiss', 'E7'], 1, 'E7 is not owed; owed: E1 (FOLLOWER_1 NIFTY24NOV26C25000 INTRADAY)'],
    [['dismiss', 'FOLLOWER_1'], 2, '"FOLLOWER_1" is no id of an owed exit'],
    [['dismiss', 'FOLLOWER_2', 'NIFTY24NOV26C25000', 'INTRADAY'], 1, 'FOLLOWER_2 owes nothing'],
    [['adopt', 'FOLLOWER_1', 'SBIN-EQ', 'INTRADAY', '1'], 2, 'name its exchange too: NSE:SBIN-EQ'],
    [
      ['adopt', 'FOLLOWER_1', 'NSE:SBIN-EQ', 'INTRADY', '1'],
      2,
      '"INTRADY" is no product (did you mean INTRADAY?)',
    ],
    [['adopt', 'FOLLOWER_1', 'NSE:SBIN-EQ', 'INTRADAY', '0'], 2, '"0" is no quantity'],
    [
      ['adopt', 'FOLLOWER_1', 'NIFTY24NOV26C25000', 'INTRADAY', '-65'],
      2,
      "the opposite can't be adopted",
    ],
  ])('%j', async (args, expected, complaint) => {
    const desk = deskWith(owes)
    const { exitCode, complaints } = await desk.run(...args)
    expect(complaints).toContain(complaint)
    expect(exitCode).toBe(expected)
    expect(toldOf(desk)).toEqual([])
  })
})

it('every command has an example in its help', async () => {
  const desk = makeDesk()
  const names = 'status positions why pause resume halt flatten approve reject dismiss adopt'
  for (const name of names.split(' ')) {
    const { exitCode, out } = await desk.run(name, '--help')
    expect(out).toContain(`Example: lockstep ${name}`)
    expect(exitCode).toBe(0)
  }
})
