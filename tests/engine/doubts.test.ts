// Orders of which nobody heard: what proves that they never were, also after a restart, and what the trader's
// word settles where nothing does. Time is passed on, not waited for.
import { afterEach, expect, test } from 'vitest'
import { fault } from '../../src/simulator/faults.ts'
import {
  type Copier,
  clock,
  createCopier,
  followerCode,
  passTime,
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

const ONE = followerCode(1)

async function started(): Promise<Copier> {
  copier = await createCopier({ followers: 1 })
  await copier.start()
  return copier
}

/** The next order of the follower never reaches the broker, and nobody says so. */
const loseNextOrder = (of: Copier): void =>
  of.simulator.control.addFault({
    fault: fault.lostRequest(),
    clientCode: ONE,
    route: 'place',
    times: 1,
    from: clock.now(),
  })

const byHand = (of: Copier, side: 'BUY' | 'SELL', quantity: number): void => {
  const order = { ...WHAT, side, quantity, product: 'INTRADAY' } as const
  of.simulator.control.trade({ clientCode: ONE, ...order })
}

const statesOf = (of: Copier): readonly string[] =>
  of
    .ledger()
    .openAttempts(null)
    .map(({ state }) => state.kind)

const isUnknown = (of: Copier) => (): boolean => statesOf(of).join() === 'unknown'
const placedOf = (of: Copier): readonly string[] =>
  of.simulator.control
    .orders({ clientCode: ONE })
    .filter(({ tag }) => tag !== '')
    .map(({ side, quantity }) => `${side} ${quantity}`)

test('an exit beside shares of its own is proven absent after a restart, and sent', async () => {
  const made = await started()
  trade(made, 'BUY', 100)
  await until(made, 'followed', () => positionOf(made, ONE) === '100')
  byHand(made, 'BUY', 50)
  await until(made, 'nothing is open', () => statesOf(made).length === 0)
  loseNextOrder(made)
  trade(made, 'SELL', 100)
  await until(made, 'the exit was sent', () => statesOf(made).length === 1)
  await made.stop()
  await made.start()
  await until(made, 'and is in doubt', isUnknown(made))
  passTime(31_000)
  await until(made, 'its own are left', () => positionOf(made, ONE) === '50')
  await until(made, 'nothing is open', () => statesOf(made).length === 0)
  expect(placedOf(made)).toEqual(['BUY 100', 'SELL 100'])
  expect(made.simulator.control.duplicates()).toEqual([])
})
