// What a network and a slow broker do to sending: requests that are gone without a trace, a follower that
// hangs, and more orders at once than the broker takes.
import { expect, test } from 'vitest'
import type { Fault } from '../../src/simulator/faults.ts'
import { fault } from '../../src/simulator/faults.ts'
import { createStage, followerCode, type Stage } from './stage.ts'

/** Many programs side by side. */
const PATIENCE_MS = 60_000
const LIVE = ['run', '--live', '--yes', '--poll', '1s'] as const

const LOSSES: readonly (readonly [string, Fault])[] = [
  ['no answer, ever', fault.lostRequest()],
  ['the connection torn down', fault.reset('before')],
  ['a gateway without a broker', fault.serverError('before')],
  ['an empty answer', fault.emptyBody(200, 'before')],
  ['an internal error', fault.internalError('before')],
]

test('a request that is lost is proven absent, then sent again as a new attempt, once', async () => {
  const stage = await createStage({ patienceMs: PATIENCE_MS, followers: LOSSES.length })
  const { control } = stage.simulator
  const everybody = (quantity: string) => () => stage.positions().every((one) => one === quantity)
  const program = await stage.startCopying(...LIVE)
  // Absence is proven only where the book is known to show our tags.
  stage.trade('BUY', 50)
  await stage.until('all followed', everybody('50'))
  const begun = control.requests().length
  for (const [at, [, lost]] of LOSSES.entries())
    control.addFault({ fault: lost, clientCode: followerCode(at + 1), route: 'place', times: 1 })
  stage.trade('BUY', 100)
  await stage.until('all followed after all', everybody('150'), 60_000)
  const attempts = LOSSES.map(([name], at) => [name, tagsSent(stage, at + 1, begun).length])
  expect(attempts).toEqual(LOSSES.map(([name]) => [name, 2]))
  for (const [at, [name]] of LOSSES.entries()) {
    const [first, second] = tagsSent(stage, at + 1, begun)
    const arrived = control.orders({ clientCode: followerCode(at + 1) }).map(({ tag }) => tag)
    expect([name, first === second, arrived.includes(String(first))]).toEqual([name, false, false])
    expect(arrived.at(-1)).toBe(second)
    expect(stage.orders(at + 1)).toEqual(['BUY 50', 'BUY 100'])
  }
  stage.trade('SELL', 150)
  await stage.until('all are flat', everybody('0'))
  expect(stage.wrongs()).toEqual([])
  expect(await program.stop()).toEqual({ code: 0, signal: null })
  expect(program.out()).toContain('Nothing is held, nothing is open.')
}, 120_000)

test('while one follower hangs the others enter and leave, and it catches up with the master', async () => {
  const stage = await createStage({ patienceMs: PATIENCE_MS, followers: 4 })
  const { control } = stage.simulator
  const others = (quantity: string) => () =>
    stage
      .positions()
      .slice(1)
      .every((one) => one === quantity)
  const program = await stage.startCopying(...LIVE)
  stage.trade('BUY', 50)
  await stage.until('all followed', () => others('50')() && stage.positions()[0] === '50')
  control.addFault({ fault: fault.lostRequest(), clientCode: followerCode(1) })
  const sentBefore = stage.orders(1).length
  for (const quantity of [10, 20, 30]) stage.trade('BUY', quantity)
  await stage.until('the others followed', others('110'))
  stage.trade('SELL', 110)
  await stage.until('the others left', others('0'))
  // All of it happened while nothing of the first had any effect.
  expect([stage.orders(1).length, stage.positions()[0]]).toEqual([sentBefore, '50'])
  control.clearFaults()
  await stage.until('it left too', () => stage.positions()[0] === '0', 90_000)
  await stage.until('and nothing is open', stage.isSettled, 60_000)
  expect(stage.wrongs()).toEqual([])
  expect(await program.stop()).toEqual({ code: 0, signal: null })
  expect(program.out()).toContain('Nothing is held, nothing is open.')
}, 150_000)

test('forty orders at once: within every window, each copied in the end or missed and said so', async () => {
  const ORDERS = 40
  const stage = await createStage({
    patienceMs: PATIENCE_MS,
    followers: 3,
    yaml: 'maxAge: 10m\nfollowers:\n  FOLLOWER_2: { maxAge: 3s }\n',
  })
  const program = await stage.startCopying(...LIVE)
  for (let order = 0; order < ORDERS; order++) stage.trade('BUY', 1)
  const copied = (follower: number): number => stage.orders(follower).length
  const missed = (): number => program.out().match(/FOLLOWER_2 .*(tooOld|missed):/g)?.length ?? 0
  await stage.until('two copied all', () => copied(1) === ORDERS && copied(3) === ORDERS, 90_000)
  await stage.until('the other the young ones', () => copied(2) + missed() === ORDERS)
  expect(missed()).toBeGreaterThan(0)
  const [first = '', second = '', third = ''] = stage.positions()
  expect([first, third, Number(second)]).toEqual([`${ORDERS}`, `${ORDERS}`, copied(2)])
  stage.trade('SELL', ORDERS)
  await stage.until('all are flat', () => stage.positions().every((one) => one === '0'))
  expect(stage.wrongs()).toEqual([])
  expect(await program.stop()).toEqual({ code: 0, signal: null })
}, 150_000)

/** The tags under which a follower was sent anything since then, in their order. */
const tagsSent = ({ simulator }: Stage, follower: number, begun: number): readonly unknown[] =>
  simulator.control
    .requests()
    .slice(begun)
    .filter(({ route, clientCode }) => route === 'place' && clientCode === followerCode(follower))
    .map(({ request }) => JSON.parse(request.body).ordertag)
