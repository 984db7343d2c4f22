import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import { fault } from '../../src/simulator/faults.ts'
import { createStage, MASTER_CODE } from './stage.ts'

const LIVE = ['run', '--live', '--yes', '--poll', '1s'] as const

test.each(['SIGTERM', 'SIGINT'] as const)(
  '%s during the logins ends it at once, in order',
  async (signal) => {
    const stage = await createStage()
    stage.simulator.control.addFault({ fault: fault.lostReply(), route: 'login' })
    const program = stage.start(...LIVE)
    await stage.until('it logs in', () =>
      stage.simulator.control
        .requests()
        .some(({ route, clientCode }) => route === 'login' && clientCode === MASTER_CODE),
    )
    program.kill(signal)
    expect(await program.ended).toEqual({ code: 0, signal: null })
    expect(program.out()).toContain('Stopped before anything was copied.')
  },
)

test('a ledger that may not be written any more: a calm line, exit code 1, and the next start goes on', async () => {
  const stage = await createStage()
  const program = await stage.startCopying(...LIVE)
  stage.trade('BUY', 100)
  await stage.until('both followed', () => stage.positions().join() === '100,100')
  await stage.until('and know it', () => program.out().includes('2/2 filled'))
  // As the start of another engine writes it down, on a copy of the lock file or another machine's mount.
  const other = new Database(join(stage.folder, 'data/lockstep.db'))
  other.exec(
    `INSERT INTO tenure (journal, process, host, command)
     SELECT max(number), 1, 'elsewhere', 'lockstep run --live' FROM journal`,
  )
  other.close()
  stage.trade('SELL', 100)
  expect(await program.ended).toEqual({ code: 1, signal: null })
  const told = program.out()
  expect(told).toMatch(/^error: .*lockstep\.db has a newer engine\. This engine stops/m)
  expect(told).not.toMatch(/^ {4}at /m)
  expect(told).not.toContain('This is a fault of the program')
  expect(stage.positions()).toEqual(['100', '100'])

  const next = await stage.startCopying(...LIVE)
  await stage.until('both left', () => stage.positions().join() === '0,0' && stage.isSettled())
  expect(stage.wrongs()).toEqual([])
  expect(await next.stop()).toEqual({ code: 0, signal: null })
}, 60_000)
