import { describe, expect, test } from 'vitest'
import { type Fault, fault } from '../../src/simulator/faults.ts'
import { createStage, followerCode, MASTER_CODE } from './stage.ts'

const LIVE = ['run', '--live', '--yes', '--poll', '1s'] as const

describe('run refuses, with the exit code of a wrong setup and no stack trace', () => {
  test.each([
    [
      'a wrong setting',
      [],
      'pol: 3s',
      /lockstep\.yaml, line 1: pol is not a key here \(did you mean poll\?\)/,
    ],
    ['live without a terminal', ['--live'], '', /--live asks for a typed confirmation/],
    ['--yes without --live', ['--yes'], '', /--yes belongs to --live/],
    [
      'an unknown follower',
      ['--only', 'FOLOWER_2'],
      '',
      /no follower \(did you mean FOLLOWER_2\?\); allowed: FOLLOWER_1, FOLLOWER_2/,
    ],
    ['a poll below the limit', ['--poll', '0.2s'], '', /--poll is 0\.2s; allowed: 1s to 1m/],
  ])('%s', async (_, args, yaml, message) => {
    const stage = await createStage({ yaml })
    const program = stage.start('run', ...args)
    expect(await program.ended).toEqual({ code: 2, signal: null })
    expect(program.out()).toMatch(message)
    expect(program.out()).not.toContain('    at ')
    expect(stage.simulator.control.requests()).toEqual([])
  })

  test('live on a machine whose clock is off by more than two seconds', async () => {
    const stage = await createStage()
    stage.simulator.control.addFault({ fault: fault.clockSkew(5_000) })
    const program = stage.start(...LIVE)
    expect(await program.ended).toEqual({ code: 2, signal: null })
    expect(program.out()).toMatch(
      /this machine's clock is [45]\.?\d? s behind the broker's; at most 2 s/,
    )
  })
})

describe('keys that are those of another account', () => {
  const OTHER: Fault = {
    kind: 'answer',
    when: 'before',
    status: 200,
    contentType: 'application/json',
    body: JSON.stringify({
      status: true,
      message: 'SUCCESS',
      errorcode: '',
      data: { clientcode: 'X98765', name: 'SOMEBODY', exchanges: [], products: [] },
    }),
  }

  test('of the master: a live run does not start', async () => {
    const stage = await createStage()
    stage.simulator.control.addFault({ fault: OTHER, clientCode: MASTER_CODE, route: 'profile' })
    const program = stage.start(...LIVE)
    expect(await program.ended).toEqual({ code: 2, signal: null })
    expect(program.out()).toContain(
      "the master can't be copied: its keys are those of X…5, not of M…000",
    )
  })

  test('of a follower: nothing is sent there, and the other is copied to', async () => {
    const stage = await createStage()
    const clientCode = followerCode(1)
    stage.simulator.control.addFault({ fault: OTHER, clientCode, route: 'profile' })
    const program = await stage.startCopying(...LIVE)
    expect(program.out()).toContain('NOT VERIFIED: its keys are those of X…5, not of F…001')
    stage.trade('BUY', 100)
    await stage.until('the other followed', () => stage.positions()[1] === '100')
    await stage.until('it is told', () => /FOLLOWER_1 .*accountStopped/.test(program.out()))
    expect(stage.orders(1)).toEqual([])
  })
})

test('a dry run makes no write, copies on paper, and marks every line', async () => {
  const stage = await createStage()
  const program = await stage.startCopying('run', '--poll', '1s')
  stage.trade('BUY', 100)
  await stage.until('both copied on paper', () =>
    /filled 100 .*\n.*filled 100 /.test(program.out()),
  )
  stage.trade('SELL', 100)
  await stage.until('both left on paper', () => program.out().match(/2\/2 filled/g)?.length === 2)
  expect(await program.stop()).toEqual({ code: 0, signal: null })
  const routes = stage.simulator.control.requests().map(({ route }) => route)
  expect(routes).toContain('book')
  expect(routes.filter((route) => /place|modify|cancel/.test(route ?? ''))).toEqual([])
  expect(stage.positions()).toEqual(['0', '0'])
  const copied = program
    .out()
    .split('\n')
    .filter((line) => /SIGNAL|COPY/.test(line))
  expect(copied.length).toBeGreaterThan(3)
  expect(copied.filter((line) => !line.startsWith('DRY RUN '))).toEqual([])
})

test('a dry run refuses to look away from live positions, unless told to', async () => {
  const stage = await createStage({ followers: 1 })
  const live = await stage.startCopying(...LIVE)
  stage.trade('BUY', 100)
  await stage.until('followed', () => stage.positions().join() === '100')
  await stage.until('known', () => live.out().includes('1/1 filled'))
  expect(await live.stop()).toEqual({ code: 0, signal: null })
  expect(live.out()).toContain(
    'FOLLOWER_1 holds 100 SBIN-EQ INTRADAY; exits will not be copied while Lockstep is stopped\n',
  )

  const refused = stage.start('run')
  expect(await refused.ended).toEqual({ code: 2, signal: null })
  expect(refused.out()).toContain('FOLLOWER_1 holds 100 SBIN-EQ INTRADAY')
  const told = await stage.startCopying('run', '--leave-live-positions')
  expect(await told.stop()).toEqual({ code: 0, signal: null })
})

test('a second engine is refused by the name of the first, and takes over at once when that is killed', async () => {
  const stage = await createStage()
  const first = await stage.startCopying(...LIVE)
  const second = stage.start(...LIVE)
  expect(await second.ended).toEqual({ code: 1, signal: null })
  expect(second.out()).toMatch(
    /lockstep\.db is in use by process \d+ on .* \(lockstep run --live\)/,
  )
  stage.trade('BUY', 100)
  await stage.until('followed', () => stage.positions().join() === '100,100')
  first.kill('SIGKILL')
  await first.ended
  const third = await stage.startCopying(...LIVE)
  stage.trade('SELL', 100)
  await stage.until('left', () => stage.positions().join() === '0,0')
  expect(stage.wrongs()).toEqual([])
  expect(await third.stop()).toEqual({ code: 0, signal: null })
})

test('a follower with a wrong PIN stops alone, and is tried once', async () => {
  const stage = await createStage({ env: { FOLLOWER_1_PASSWORD: '9999' } })
  const program = await stage.startCopying(...LIVE)
  stage.trade('BUY', 100)
  await stage.until('the other followed', () => stage.positions().join() === '0,100')
  expect(program.out()).toMatch(
    /FOLLOWER_1 +NOT logged in: the PIN was refused\n.*correct FOLLOWER_1_PASSWORD/,
  )
  const logins = stage.simulator.control
    .requests()
    .filter(({ route, request }) => route === 'login' && request.body.includes(followerCode(1)))
  expect(logins).toHaveLength(1)
  expect(program.out()).not.toContain('9999')
  expect(await program.stop()).toEqual({ code: 0, signal: null })
})

test('a master with a wrong PIN ends the start with what to do', async () => {
  const stage = await createStage({ env: { PASSWORD: '9999' } })
  const program = stage.start(...LIVE)
  expect(await program.ended).toEqual({ code: 2, signal: null })
  expect(program.out()).toContain('correct PASSWORD')
})

test('the first SIGINT finishes what is being sent, a second one ends at once', async () => {
  const stage = await createStage({ followers: 1 })
  const program = await stage.startCopying(...LIVE)
  stage.simulator.control.addFault({ fault: fault.lostReply(), route: 'place' })
  stage.trade('BUY', 100)
  await stage.until('it is sent', () => stage.orders(1).length === 1)
  program.kill('SIGINT')
  let hasEnded = false
  void program.ended.then(() => {
    hasEnded = true
  })
  const pressedAt = performance.now()
  await stage.until('a press of its own', () => performance.now() - pressedAt > 800)
  expect(hasEnded).toBe(false)
  program.kill('SIGINT')
  expect(await program.ended).toEqual({ code: 1, signal: null })

  stage.simulator.control.clearFaults()
  const next = await stage.startCopying(...LIVE)
  stage.trade('SELL', 100)
  await stage.until('found again and left', () => stage.orders(1).join() === 'BUY 100,SELL 100')
  expect(await next.stop()).toEqual({ code: 0, signal: null })
  expect(stage.wrongs()).toEqual([])
})
