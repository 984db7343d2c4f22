// A stream that lies, in both directions. It may cost a moment or a wrong entry that an alarm tells of, and
// never a second copy.
import { expect, test } from 'vitest'
import { fault } from '../../src/simulator/faults.ts'
import { createStage, MASTER_CODE, type Stage } from './stage.ts'

/** Many programs side by side. */
const PATIENCE_MS = 60_000
const LIVE = ['run', '--live', '--yes', '--poll', '1s'] as const
const SBIN = { exchange: 'NSE', symbol: 'SBIN-EQ' } as const
const REST = { type: 'LIMIT', price: '800' } as const

test('a fill that the book does not have: an alarm, and no second copy when it comes true', async () => {
  const stage = await createStage({ patienceMs: PATIENCE_MS })
  const { control } = stage.simulator
  const program = await stage.startCopying(...LIVE)
  control.addFault({ fault: fault.lyingFrame(), clientCode: MASTER_CODE, route: 'frame', times: 1 })
  stage.trade('BUY', 100, REST)
  const sent = (): readonly string[] => [...stage.orders(1), ...stage.orders(2)]
  await stage.until('both believed it', () => sent().join() === 'BUY 100,BUY 100')
  await stage.until('the book tells the lie', () =>
    /ALARM MASTER .* was told as filled 100, the book shows 0/.test(program.out()),
  )
  control.movePrice({ ...SBIN, price: '799' })
  await stage.until('it came true', () => stage.positions().join() === '100,100')
  await stage.until('and was read', () => wasRead(stage))
  expect(sent()).toEqual(['BUY 100', 'BUY 100'])
  stage.trade('SELL', 100)
  await leave(stage, program)
}, 60_000)

test('with orderFeed: confirm the same lie moves nobody, and its coming true does', async () => {
  const stage = await createStage({ patienceMs: PATIENCE_MS, yaml: 'orderFeed: confirm\n' })
  const { control } = stage.simulator
  const program = await stage.startCopying(...LIVE)
  control.addFault({ fault: fault.lyingFrame(), clientCode: MASTER_CODE, route: 'frame' })
  stage.trade('BUY', 100, REST)
  await stage.until('it was heard and read', () => wasRead(stage))
  expect([stage.positions(), program.out().includes('SIGNAL')]).toEqual([['0', '0'], false])
  control.clearFaults()
  control.movePrice({ ...SBIN, price: '799' })
  await stage.until('both followed the truth', () => stage.positions().join() === '100,100')
  stage.trade('SELL', 100)
  await leave(stage, program)
}, 60_000)

test('fills that it keeps to itself, tells twice or takes back: the book has them, each is copied once', async () => {
  const stage = await createStage({ patienceMs: PATIENCE_MS })
  const { control } = stage.simulator
  const program = await stage.startCopying(...LIVE)
  const wholes = ['droppedFrame', 'staleFrame', 'duplicatedFrame', 'greetingFrame'] as const
  for (const [at, kind] of wholes.entries()) {
    control.addFault({ fault: fault[kind](), clientCode: MASTER_CODE, route: 'frame' })
    stage.trade('BUY', 25)
    const all = String(25 * (at + 1))
    await stage.until(`${kind}: both followed`, () => stage.positions().join() === `${all},${all}`)
    await stage.until(`${kind}: and it was read`, () => wasRead(stage))
    expect(stage.positions()).toEqual([all, all])
    control.clearFaults()
  }
  stage.trade('SELL', 100)
  await leave(stage, program)
  for (const follower of [1, 2])
    expect(stage.orders(follower)).toEqual([...Array(4).fill('BUY 25'), 'SELL 100'])
}, 90_000)

/** The book was read three times more since it was first asked, so what happened before is known. */
const marks = new WeakMap<Stage, number>()
function wasRead(stage: Stage): boolean {
  const readings = stage.simulator.control
    .requests()
    .filter(({ route, clientCode }) => route === 'book' && clientCode === MASTER_CODE).length
  const mark = marks.get(stage) ?? readings
  marks.set(stage, mark)
  if (readings < mark + 3) return false
  marks.delete(stage)
  return true
}

async function leave(
  stage: Stage,
  program: Awaited<ReturnType<Stage['startCopying']>>,
): Promise<void> {
  await stage.until('both left', () => stage.positions().join() === '0,0')
  await stage.until('and nothing is open', () => stage.simulator.control.duplicates().length === 0)
  expect(stage.wrongs()).toEqual([])
  expect(await program.stop()).toEqual({ code: 0, signal: null })
}
