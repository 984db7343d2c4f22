// Hands beside the engine's: the trader's, who halts and flattens while orders fly and answers what is asked;
// a follower's own, whose trades are its own; the broker's, who squares off; another Lockstep's.
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { fault } from '../../src/simulator/faults.ts'
import { createStage, followerCode, MASTER_CODE, type Stage } from './stage.ts'

/** Many programs side by side. */
const PATIENCE_MS = 60_000
const LIVE = ['run', '--live', '--yes', '--poll', '1s'] as const
const SBIN = { exchange: 'NSE', symbol: 'SBIN-EQ', product: 'INTRADAY' } as const
const NOTHING = 'Nothing is held, nothing is open.'

test('a halt while orders fly: what flies is followed to its end, nothing else leaves until the resume', async () => {
  const stage = await createStage({ patienceMs: PATIENCE_MS, followers: 3 })
  const { control } = stage.simulator
  const program = await stage.startCopying(...LIVE)
  control.addFault({ fault: fault.delay(4000), clientCode: followerCode(1), route: 'place' })
  stage.trade('BUY', 100)
  await stage.until('one is on its way', () => requestsOf(stage, followerCode(1), 'place') === 1)
  expect((await stage.tell('halt')).out).toContain('The engine has acted on it.')
  const written = (): number =>
    [1, 2, 3].reduce((sum, one) => sum + requestsOf(stage, followerCode(one), 'place'), 0)
  await stage.until('what flew has landed', () => all(stage, '100'))
  const writtenBefore = written()
  stage.trade('SELL', 60)
  const readings = requestsOf(stage, MASTER_CODE, 'book')
  await stage.until('it was seen', () => requestsOf(stage, MASTER_CODE, 'book') >= readings + 3)
  expect(written()).toBe(writtenBefore)
  expect(stage.positions()).toEqual(['100', '100', '100'])
  control.clearFaults()
  const resume = await stage.tell('resume', '--yes')
  expect(resume.out).toContain("decide  the master's SELL 60 SBIN-EQ INTRADAY: an exit is copied")
  await stage.until('all left that part', () => all(stage, '40'))
  stage.trade('SELL', 40)
  await stage.until('all are flat', () => all(stage, '0') && stage.isSettled())
  expect(stage.wrongs()).toEqual([])
  expect(await program.stop()).toEqual({ code: 0, signal: null })
  expect(program.out()).toContain(NOTHING)
}, 90_000)

test('a flatten while orders fly: what arrives after it is closed too, and no entry follows', async () => {
  const stage = await createStage({ patienceMs: PATIENCE_MS, followers: 3 })
  const { control } = stage.simulator
  const program = await stage.startCopying(...LIVE)
  control.addFault({
    fault: fault.delay(3000),
    clientCode: followerCode(1),
    route: 'place',
    nth: 1,
  })
  stage.trade('BUY', 100)
  await stage.until(
    'one is on its way, the others are there',
    () =>
      requestsOf(stage, followerCode(1), 'place') === 1 &&
      stage.positions().slice(1).join() === '100,100',
  )
  expect((await stage.tell('flatten', '--yes')).code).toBe(0)
  await stage.until('it had arrived', () => stage.orders(1).length > 0)
  await stage.until('all are flat', () => all(stage, '0'))
  stage.trade('BUY', 50)
  await stage.until('it was decided', () => program.out().match(/SKIP paused/g)?.length === 3)
  stage.trade('SELL', 150)
  await stage.until('nothing is left open', stage.isSettled)
  expect([1, 2, 3].map(stage.orders)).toEqual(Array(3).fill(['BUY 100', 'SELL 100']))
  expect((await stage.tell('resume', '--yes')).code).toBe(0)
  stage.trade('BUY', 20)
  await stage.until('all follow again', () => all(stage, '20'))
  stage.trade('SELL', 20)
  await stage.until('all left', () => all(stage, '0') && stage.isSettled())
  expect(stage.wrongs()).toEqual([])
  await program.stop()
}, 90_000)

test("a follower's own trades stay its own; what it or the broker has sold is not sold again", async () => {
  const stage = await createStage({ patienceMs: PATIENCE_MS, followers: 4 })
  const { control } = stage.simulator
  const own = (follower: number, side: 'BUY' | 'SELL', quantity: number, more: object = {}) =>
    control.trade({ clientCode: followerCode(follower), ...SBIN, side, quantity, ...more })
  const program = await stage.startCopying(...LIVE)
  own(1, 'BUY', 30)
  const { orderId } = own(2, 'BUY', 10, { type: 'LIMIT', price: '780' })
  stage.trade('BUY', 100)
  await stage.until('all followed', () => stage.positions().join() === '130,100,100,100')
  await stage.until('and know it', () => program.out().includes('4/4 filled'))
  own(3, 'SELL', 40)
  control.squareOff({ clientCode: followerCode(4) })
  await stage.until('both were done', () => stage.positions().join() === '130,100,60,0')
  stage.trade('SELL', 100)
  await stage.until(
    'all left what was theirs to leave',
    () => stage.positions().join() === '30,0,0,0',
  )
  await stage.until('nothing is left open', stage.isSettled, 60_000)
  const sold = (follower: number): readonly string[] =>
    control
      .orders({ clientCode: followerCode(follower) })
      .filter(({ tag, side }) => tag !== '' && side === 'SELL')
      .map(({ filled }) => filled)
  expect([1, 2, 3, 4].map(sold)).toEqual([['100'], ['100'], ['60'], []])
  const resting = control.orders({ clientCode: followerCode(2) })
  expect(resting.find((order) => order.orderId === orderId)?.state).toBe('open')
  expect(stage.wrongs()).toEqual([])
  await program.stop()
}, 90_000)

test("another Lockstep's order in a follower's book stops the sending there until --take-over", async () => {
  const stage = await createStage({ patienceMs: PATIENCE_MS, followers: 2 })
  const first = await stage.startCopying(...LIVE)
  stage.trade('BUY', 100)
  await stage.until('both followed', () => all(stage, '100'))
  stage.trade('SELL', 100)
  await stage.until('both left', () => all(stage, '0') && stage.isSettled())
  await first.stop()
  // A ledger that is lost is another engine: it knows none of those tags.
  rmSync(join(stage.folder, 'data'), { recursive: true })

  const second = await stage.startCopying(...LIVE)
  stage.trade('BUY', 50)
  await stage.until('it says so of both', () =>
    [1, 2].every((one) =>
      new RegExp(`ALARM FOLLOWER_${one} .* another Lockstep .*: nothing is sent`).test(
        second.out(),
      ),
    ),
  )
  await stage.until('the order was seen', () => second.out().includes('SIGNAL #1'))
  stage.trade('SELL', 50)
  await stage.until('its end too', () => second.out().includes('SIGNAL #2'))
  expect([1, 2].map((follower) => stage.orders(follower).length)).toEqual([2, 2])
  expect(await second.stop()).toEqual({ code: 0, signal: null })
  // Of each follower an entry and an exit, told once however often the book shows them.
  expect(logged(stage, 'another Lockstep')).toHaveLength(4)

  const third = await stage.startCopying(...LIVE, '--take-over')
  stage.trade('BUY', 20)
  await stage.until('both follow', () => all(stage, '20'))
  stage.trade('SELL', 20)
  await stage.until('both left again', () => all(stage, '0') && stage.isSettled())
  expect(stage.wrongs()).toEqual([])
  await third.stop()
}, 90_000)

test('with --confirm a yes copies, a no, a name and silence do as they say, and exits ask nobody', async () => {
  const stage = await createStage({ patienceMs: PATIENCE_MS, followers: 2 })
  const program = await stage.startCopying(...LIVE, '--confirm')
  const asked = async (number: number): Promise<void> => {
    await stage.until(`#${number} asks`, () => isAsked(stage, number))
  }
  stage.trade('BUY', 100)
  await asked(1)
  // Left alone from here on, while the others are answered.
  stage.trade('BUY', 50)
  await asked(2)
  expect(stage.positions()).toEqual(['0', '0'])
  expect((await stage.tell('approve', '2')).code).toBe(0)
  await stage.until('both followed', () => all(stage, '50'))
  stage.trade('BUY', 30)
  await asked(3)
  expect((await stage.tell('reject', '3')).code).toBe(0)
  stage.trade('BUY', 20)
  await asked(4)
  expect((await stage.tell('approve', '4', 'FOLLOWER_2')).code).toBe(0)
  await stage.until('only the named one followed', () => stage.positions().join() === '50,70')
  const [declined, unasked] = await Promise.all([
    stage.tell('why', '3', 'FOLLOWER_1'),
    stage.tell('why', '4', 'FOLLOWER_1'),
  ])
  for (const { out } of [declined, unasked]) expect(out).toContain('SKIP declined')
  await stage.until('the first has run out', () => !isAsked(stage, 1), 60_000)
  expect((await stage.tell('why', '1', 'FOLLOWER_1')).out).toContain('SKIP unanswered')
  expect((await stage.tell('approve', '1')).code).not.toBe(0)
  stage.trade('SELL', 200)
  await stage.until('both left without a question', () => all(stage, '0') && stage.isSettled())
  expect(stage.wrongs()).toEqual([])
  expect(await program.stop()).toEqual({ code: 0, signal: null })
  expect(program.out()).toContain(NOTHING)
}, 120_000)

const all = (stage: Stage, quantity: string): boolean =>
  stage.positions().every((one) => one === quantity)

/** Lines of the latest session's log with these words in them. */
function logged({ folder }: Stage, words: string): readonly string[] {
  const logs = readdirSync(join(folder, 'logs')).filter((name) => name.endsWith('.jsonl'))
  const latest = readFileSync(join(folder, 'logs', logs.sort().at(-1) ?? ''), 'utf8')
  return latest.split('\n').filter((line) => line.includes(words))
}

const requestsOf = ({ simulator }: Stage, clientCode: string, route: string): number =>
  simulator.control
    .requests()
    .filter((request) => request.clientCode === clientCode && request.route === route).length

const isAsked = (stage: Stage, number: number): boolean => stage.asks().includes(number)
