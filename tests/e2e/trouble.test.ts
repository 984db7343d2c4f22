import { expect, test } from 'vitest'
import { fault } from '../../src/simulator/faults.ts'
import { createStage, followerCode, type Stage } from './stage.ts'

const LIVE = ['run', '--live', '--yes', '--poll', '1s'] as const
const SBIN = { exchange: 'NSE', symbol: 'SBIN-EQ' } as const

test('an order that was seen open is copied when it fills', async () => {
  const stage = await createStage()
  const program = await stage.startCopying(...LIVE)
  stage.trade('BUY', 100, { type: 'LIMIT', price: '800' })
  await stage.until('it is seen open', () => readingsSince(stage, 0) >= 4)
  expect(stage.positions()).toEqual(['0', '0'])
  stage.simulator.control.movePrice({ ...SBIN, price: '799' })
  await stage.until('both followed', () => stage.positions().join() === '100,100')
  expect(stage.wrongs()).toEqual([])
  await program.stop()
})

test('of an order that was cancelled half filled, the filled half is copied', async () => {
  const stage = await createStage()
  const { control } = stage.simulator
  const program = await stage.startCopying(...LIVE)
  const { orderId } = stage.trade('BUY', 100, { type: 'LIMIT', price: '800' })
  const order = { clientCode: 'M100000', orderId }
  control.fill({ ...order, quantity: 60 })
  control.cancel(order)
  control.movePrice({ ...SBIN, price: '799' })
  await stage.until('both followed', () => stage.positions().join() === '60,60')
  expect(stage.wrongs()).toEqual([])
  await program.stop()
})

test('replies of an entry and of an exit that are lost are found again by their tags', async () => {
  const stage = await createStage()
  const program = await stage.startCopying(...LIVE)
  for (const nth of [1, 2])
    stage.simulator.control.addFault({
      fault: fault.reset('after'),
      clientCode: followerCode(1),
      route: 'place',
      nth,
    })
  stage.trade('BUY', 100)
  await stage.until('both followed', () => stage.positions().join() === '100,100')
  stage.trade('SELL', 100)
  await stage.until('both left', () => stage.positions().join() === '0,0')
  await stage.until('both are told', () => program.out().match(/2\/2 filled/g)?.length === 2)
  expect(stage.simulator.control.faultsStruck()).toHaveLength(2)
  expect(stage.orders(1)).toEqual(['BUY 100', 'SELL 100'])
  expect(stage.wrongs()).toEqual([])
  await program.stop()
})

test('with every stream down the book alone is enough', async () => {
  const stage = await createStage()
  stage.simulator.control.addFault({ fault: fault.refusedStream(403), route: 'stream' })
  const program = await stage.startCopying(...LIVE)
  stage.trade('BUY', 100)
  await stage.until('both followed', () => stage.positions().join() === '100,100')
  stage.trade('SELL', 100)
  await stage.until('both left', () => stage.positions().join() === '0,0')
  expect(stage.wrongs()).toEqual([])
  await program.stop()
})

test('only the named follower takes entries, and the exits of the others still run', async () => {
  const stage = await createStage()
  const all = await stage.startCopying(...LIVE)
  stage.trade('BUY', 100)
  await stage.until('both followed', () => stage.positions().join() === '100,100')
  await stage.until('and know it', () => all.out().includes('2/2 filled'))
  await all.stop()
  const one = await stage.startCopying(...LIVE, '--only', 'FOLLOWER_2')
  stage.trade('BUY', 50)
  await stage.until('only one followed', () => stage.positions().join() === '100,150')
  stage.trade('SELL', 150)
  await stage.until('both left', () => stage.positions().join() === '0,0')
  expect(one.out()).toContain('no entries, exits run: left out by --only')
  expect(stage.wrongs()).toEqual([])
  await one.stop()
})

/** How often the master's book was read. */
function readingsSince({ simulator }: Stage, begun: number): number {
  return simulator.control
    .requests()
    .slice(begun)
    .filter(({ route, clientCode }) => route === 'book' && clientCode === 'M100000').length
}
