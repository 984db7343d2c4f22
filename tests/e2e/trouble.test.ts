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

test('killed at five random moments with six followers: every copy once, none lost', async () => {
  const stage = await createStage({ followers: 6, yaml: 'maxAge: 10m\nmaxSlippage: off\n' })
  const followers = [1, 2, 3, 4, 5, 6]
  const waits: number[] = []
  let program = await stage.startCopying(...LIVE)
  // What is in doubt is sent again only where the book is known to show our tags.
  stage.trade('BUY', 50)
  await stage.until('all followed', () => stage.positions().every((one) => one === '50'))
  for (let kills = 0; kills < 5; kills++) {
    stage.trade('BUY', 50)
    // Until the last of six orders has long been answered on a quick machine.
    waits.push(Math.floor(Math.random() * 400))
    const begun = performance.now()
    await stage.until('its moment', () => performance.now() - begun >= (waits.at(-1) ?? 0))
    program.kill('SIGKILL')
    await program.ended
    program = await stage.startCopying(...LIVE)
  }
  const told = `killed after ${waits.join(', ')} ms`
  await stage.until(
    `all followed, ${told}`,
    () => stage.positions().every((one) => one === '300'),
    40_000,
  )
  stage.trade('SELL', 300)
  await stage.until(`all are flat, ${told}`, () => stage.positions().every((one) => one === '0'))
  for (const follower of followers) {
    const bought = stage.orders(follower).filter((order) => order.startsWith('BUY'))
    expect(bought, `FOLLOWER_${follower}, ${told}`).toEqual(Array(6).fill('BUY 50'))
  }
  expect(stage.wrongs()).toEqual([])
  await stage.until('all is told', () => program.out().includes('6/6 filled'))
  expect(await program.stop()).toEqual({ code: 0, signal: null })
  expect(program.out()).toContain('Nothing is held, nothing is open.')
}, 120_000)

/** How often the master's book was read. */
function readingsSince({ simulator }: Stage, begun: number): number {
  return simulator.control
    .requests()
    .slice(begun)
    .filter(({ route, clientCode }) => route === 'book' && clientCode === 'M100000').length
}
