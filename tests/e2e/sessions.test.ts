// A session that is gone, in every way in which the broker says so. Each is a program or a follower of its
// own, side by side, since a new login waits for the next one-time code.
import { expect, test } from 'vitest'
import type { Control } from '../../src/simulator/control.ts'
import { type Fault, fault } from '../../src/simulator/faults.ts'
import { createStage, followerCode, MASTER_CODE, type Stage } from './stage.ts'

/** Many programs side by side. */
const PATIENCE_MS = 60_000
const LIVE = ['run', '--live', '--yes', '--poll', '1s'] as const

type Lose = (control: Control, clientCode: string, route: 'place' | 'book') => void

const says =
  (what: Fault): Lose =>
  (control, clientCode, route) =>
    control.addFault({ fault: what, clientCode, route, times: 1 })

const DIALECTS: readonly (readonly [string, Lose])[] = [
  ['invalid token, by the gateway', says(fault.invalidToken())],
  ['expired token, by the gateway', says(fault.expiredToken())],
  ['no token, by the gateway', says(fault.missingToken())],
  ['invalid token, by a service', says(fault.invalidTokenByService())],
  ['session expired', says(fault.sessionExpired())],
  ['client not logged in', says(fault.notLoggedIn())],
  ['401 in plain words', says(fault.unauthorized())],
  ['really expired', (control, clientCode) => control.expireSessions({ clientCode })],
  ['really ended', (control, clientCode) => control.endSessions({ clientCode })],
]

test('of a follower, at the moment of sending: a new login, and the same order once', async () => {
  const stage = await createStage({ patienceMs: PATIENCE_MS, followers: DIALECTS.length })
  const { control } = stage.simulator
  const program = await stage.startCopying(...LIVE)
  for (const [at, [, lose]] of DIALECTS.entries()) lose(control, followerCode(at + 1), 'place')
  stage.trade('BUY', 100)
  await stage.until('all followed', () => everybody(stage, '100'), 60_000)
  stage.trade('SELL', 100)
  await stage.until('all left', () => everybody(stage, '0') && stage.isSettled(), 60_000)
  const shown = DIALECTS.map(([name], at) => [name, loginsOf(stage, followerCode(at + 1))])
  expect(shown).toEqual(DIALECTS.map(([name]) => [name, 2]))
  for (const at of DIALECTS.keys()) expect(stage.orders(at + 1)).toEqual(['BUY 100', 'SELL 100'])
  expect(stage.wrongs()).toEqual([])
  expect(await program.stop()).toEqual({ code: 0, signal: null })
}, 150_000)

test('of the master, where its book is read: a new login, and what it did meanwhile is copied', async () => {
  const ends = DIALECTS.map(async ([name, lose]) => {
    const stage = await createStage({ patienceMs: PATIENCE_MS, followers: 1 })
    const program = await stage.startCopying(...LIVE, '--no-feed')
    lose(stage.simulator.control, MASTER_CODE, 'book')
    stage.trade('BUY', 100)
    await stage.until(`${name}: followed`, () => everybody(stage, '100'), 60_000)
    stage.trade('SELL', 100)
    await stage.until(`${name}: left`, () => everybody(stage, '0') && stage.isSettled(), 60_000)
    expect([name, loginsOf(stage, MASTER_CODE)]).toEqual([name, 2])
    expect([name, stage.orders(1), stage.wrongs()]).toEqual([name, ['BUY 100', 'SELL 100'], []])
    expect(await program.stop()).toEqual({ code: 0, signal: null })
  })
  await Promise.all(ends)
}, 200_000)

test('gone for good, the login refused: the entry that waited for it is denied, the others follow', async () => {
  const stage = await createStage({ patienceMs: PATIENCE_MS, followers: 2, yaml: 'maxAge: 40s\n' })
  const { control } = stage.simulator
  const program = await stage.startCopying(...LIVE)
  const first = { clientCode: followerCode(1) }
  const blocked = fault.textualFailure('AB1006', 'Client is blocked for trading')
  control.addFault({ fault: fault.unauthorized(), ...first, route: 'place', times: 1 })
  control.addFault({ fault: blocked, ...first, route: 'login' })
  stage.trade('BUY', 100)
  await stage.until('the other followed', () => stage.positions().join() === '0,100')
  await stage.until(
    'the first has its answer',
    () => /FOLLOWER_1 .*DENIED accountStopped: the login was refused/.test(program.out()),
    60_000,
  )
  stage.trade('SELL', 100)
  await stage.until('all is flat', () => everybody(stage, '0') && stage.isSettled())
  expect([stage.orders(1), stage.wrongs()]).toEqual([[], []])
  expect(await program.stop()).toEqual({ code: 0, signal: null })
}, 120_000)

/** What a gateway says that is out of order: of a session, where one is asked for. */
const TURNED_AWAY: readonly (readonly [string, Fault])[] = [
  ['invalid token, by the gateway', fault.invalidToken()],
  ['expired token, by the gateway', fault.expiredToken()],
  ['no token, by the gateway', fault.missingToken()],
  ['invalid token, by a service', fault.invalidTokenByService()],
  ['session expired', fault.sessionExpired()],
  ['client not logged in', fault.notLoggedIn()],
  ['401 in plain words', fault.unauthorized()],
  ['403 of the gateway', fault.forbidden()],
  ['a page', fault.blockPage()],
]

test('the login is answered with words about a session: it is said once, and comes back by itself', async () => {
  const stage = await createStage({
    patienceMs: PATIENCE_MS,
    followers: TURNED_AWAY.length,
    yaml: 'maxAge: 180s\n',
  })
  const { control } = stage.simulator
  const program = await stage.startCopying(...LIVE)
  for (const [at, [, what]] of TURNED_AWAY.entries()) {
    const clientCode = followerCode(at + 1)
    control.addFault({ fault: fault.unauthorized(), clientCode, route: 'place', times: 1 })
    control.addFault({ fault: what, clientCode, route: 'login', times: 2 })
  }
  stage.trade('BUY', 100)
  await stage.until('all followed', () => everybody(stage, '100'), 120_000)
  const said = TURNED_AWAY.map(([name], at) => [name, alarmsOf(program.out(), at + 1)])
  expect(said).toEqual(TURNED_AWAY.map(([name]) => [name, 1]))
  // The first, two that were turned away, and the one that came back: each with a code of its own.
  const shown = TURNED_AWAY.map(([name], at) => [name, loginsOf(stage, followerCode(at + 1))])
  expect(shown).toEqual(TURNED_AWAY.map(([name]) => [name, 4]))
  stage.trade('SELL', 100)
  await stage.until('all left', () => everybody(stage, '0') && stage.isSettled(), 60_000)
  for (const at of TURNED_AWAY.keys()) expect(stage.orders(at + 1)).toEqual(['BUY 100', 'SELL 100'])
  expect(stage.wrongs()).toEqual([])
  expect(await program.stop()).toEqual({ code: 0, signal: null })
}, 260_000)

const alarmsOf = (out: string, follower: number): number =>
  out
    .split('\n')
    .filter(
      (line) =>
        line.includes(`FOLLOWER_${follower} `) &&
        line.includes('does not log in just now') &&
        line.includes('comes back by itself'),
    ).length

const everybody = (stage: Stage, quantity: string): boolean =>
  stage.positions().every((one) => one === quantity)

const loginsOf = ({ simulator }: Stage, clientCode: string): number =>
  simulator.control
    .requests()
    .filter((request) => request.route === 'login' && request.clientCode === clientCode).length
