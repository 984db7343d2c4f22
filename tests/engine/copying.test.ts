import { afterEach, expect, test } from 'vitest'
import { instant } from '../../src/domain/time.ts'
import { fault } from '../../src/simulator/faults.ts'
import {
  type Copier,
  clock,
  createCopier,
  followerCode,
  MASTER_CODE,
  positionOf,
  trade,
  until,
  WHAT,
} from './copier.ts'

let copier: Copier | undefined
afterEach(async () => {
  await copier?.close()
  copier = undefined
})

async function started(settings: Parameters<typeof createCopier>[0] = {}): Promise<Copier> {
  copier = await createCopier(settings)
  await copier.start()
  return copier
}

test('an entry and its exits in parts are copied to every follower, and all end flat', async () => {
  const made = await started({
    yaml: 'followers:\n  FOLLOWER_2: { sizing: { mode: multiplier, by: 0.5 } }\n',
  })
  trade(made, 'BUY', 100)
  await until(
    made,
    'both followed',
    () => positionOf(made, followerCode(1)) === '100' && positionOf(made, followerCode(2)) === '50',
  )
  trade(made, 'SELL', 50)
  await until(
    made,
    'both left half',
    () => positionOf(made, followerCode(1)) === '50' && positionOf(made, followerCode(2)) === '25',
  )
  trade(made, 'SELL', 50)
  await until(
    made,
    'both are flat',
    () => positionOf(made, followerCode(1)) === '0' && positionOf(made, followerCode(2)) === '0',
  )
  expect(made.simulator.control.duplicates()).toEqual([])
  expect(made.simulator.control.violations()).toEqual([])
  expect(made.ledger().owed()).toEqual([])
  expect(made.ledger().verify()).toEqual([])
})

test('once the master is said to be watched, its next order is told by the stream alone', async () => {
  const made = await createCopier({ yaml: 'poll: 60s\n' })
  copier = made
  trade(made, 'BUY', 40)
  await made.start()
  await until(made, 'it is watched', () => made.events.some(({ kind }) => kind === 'watching'))
  trade(made, 'BUY', 100)
  // A reading of the book would come long after this has given up.
  await until(made, 'both followed', () =>
    [1, 2].every((number) => positionOf(made, followerCode(number)) === '100'),
  )
  expect(made.events.filter(({ kind }) => kind === 'watching')).toEqual([
    { kind: 'watching', account: 'MASTER', holds: 1 },
  ])
})

test('a lost reply is found again by its tag, and nothing is sent twice', async () => {
  const made = await started()
  made.simulator.control.addFault({
    fault: fault.reset('after'),
    clientCode: followerCode(1),
    route: 'place',
    nth: 1,
  })
  trade(made, 'BUY', 100)
  await until(
    made,
    'both followed',
    () =>
      positionOf(made, followerCode(1)) === '100' && positionOf(made, followerCode(2)) === '100',
  )
  await until(made, 'nothing is open', () => made.ledger().openAttempts(null).length === 0)
  trade(made, 'SELL', 100)
  await until(
    made,
    'both are flat',
    () => positionOf(made, followerCode(1)) === '0' && positionOf(made, followerCode(2)) === '0',
  )
  expect(made.simulator.control.duplicates()).toEqual([])
  const placed = made.simulator.control.orders({ clientCode: followerCode(1) })
  expect(placed.map(({ side, quantity }) => `${side} ${quantity}`)).toEqual(['BUY 100', 'SELL 100'])
})

test('an engine that was stopped with a position copies its exit after the restart, once', async () => {
  const made = await started()
  trade(made, 'BUY', 100)
  await until(
    made,
    'both followed',
    () =>
      positionOf(made, followerCode(1)) === '100' && positionOf(made, followerCode(2)) === '100',
  )
  await made.stop()
  trade(made, 'SELL', 100)
  await made.start()
  await until(
    made,
    'both are flat',
    () => positionOf(made, followerCode(1)) === '0' && positionOf(made, followerCode(2)) === '0',
  )
  expect(made.simulator.control.duplicates()).toEqual([])
})

test('a follower that sold by hand is not sold again', async () => {
  const made = await started()
  trade(made, 'BUY', 100)
  await until(
    made,
    'both followed',
    () =>
      positionOf(made, followerCode(1)) === '100' && positionOf(made, followerCode(2)) === '100',
  )
  await until(made, 'nothing is open', () => made.ledger().openAttempts(null).length === 0)
  made.simulator.control.trade({
    clientCode: followerCode(1),
    ...WHAT,
    side: 'SELL',
    quantity: 60,
    product: 'INTRADAY',
  })
  trade(made, 'SELL', 100)
  await until(
    made,
    'both are flat',
    () => positionOf(made, followerCode(1)) === '0' && positionOf(made, followerCode(2)) === '0',
  )
  await until(made, 'and know it', () =>
    made
      .ledger()
      .lanes()
      .every(({ held }) => held === 0n),
  )
})

test('entries that the master left before they could be sent are each denied', async () => {
  const made = await started()
  made.simulator.control.addFault({
    fault: fault.delay(2000, 'after'),
    clientCode: followerCode(1),
    route: 'place',
    nth: 1,
  })
  for (const quantity of [10, 20, 30, 40]) trade(made, 'BUY', quantity)
  await until(made, 'the first is on its way', () => made.ledger().openAttempts(null).length > 0)
  trade(made, 'SELL', 100)
  const told = () =>
    made.events.flatMap((event) => (event.kind === 'signal' ? [event.signal.effect] : []))
  await until(made, 'the exit is told', () => told().includes('exit'))
  await until(made, 'all is answered', () => made.ledger().openAttempts(null).length === 0)
  await until(
    made,
    'nothing waits to be sent',
    () => made.ledger().unsentIntents(null).length === 0,
  )
  await until(
    made,
    'both are flat',
    () => positionOf(made, followerCode(1)) === '0' && positionOf(made, followerCode(2)) === '0',
  )
})

test('a book that is behind at the start does not turn the master round', async () => {
  const made = await started()
  const both = (quantity: string): boolean =>
    positionOf(made, followerCode(1)) === quantity && positionOf(made, followerCode(2)) === quantity
  trade(made, 'BUY', 100)
  await until(made, 'both followed', () => both('100'))
  await made.stop()
  const now = clock.now()
  const behind = { fault: fault.staleBook(5000), clientCode: MASTER_CODE, route: 'book' } as const
  made.simulator.control.addFault({ ...behind, from: now, until: instant(now + 5000) })
  trade(made, 'SELL', 100)
  await made.start()
  await until(made, 'both left', () => both('0'))
  trade(made, 'BUY', 50)
  await until(made, 'both followed again', () => both('50'))
})

test('a price from before the order of the master holds no entry back', async () => {
  const made = await started({ followers: 1 })
  const { control } = made.simulator
  const one = followerCode(1)
  trade(made, 'BUY', 20)
  await until(made, 'followed', () => positionOf(made, one) === '20')
  // The exit reads the price at its highest.
  control.movePrice({ ...WHAT, price: '834' })
  trade(made, 'SELL', 10)
  await until(made, 'left half', () => positionOf(made, one) === '10')
  await until(made, 'nothing is open', () => made.ledger().openAttempts(null).length === 0)
  control.movePrice({ ...WHAT, price: '820' })
  const slow = { clientCode: one, route: 'place', times: 1, from: clock.now() } as const
  control.addFault({ ...slow, fault: fault.delay(1000) })
  trade(made, 'BUY', 100)
  // Behind one that is on its way the next is judged when its turn comes.
  trade(made, 'BUY', 50)
  await until(made, 'both are copied', () => positionOf(made, one) === '160')
  expect(made.events.filter(({ kind }) => kind === 'denied')).toEqual([])
})
