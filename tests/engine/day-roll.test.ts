// The turn of the day: what nobody saw the end of is told, with what the trader can do about it.
import { afterEach, expect, test, vi } from 'vitest'
import { accountName, instrumentId } from '../../src/domain/ids.ts'
import { units } from '../../src/domain/numbers.ts'
import { DAY } from '../../src/domain/time.ts'
import { fault } from '../../src/simulator/faults.ts'
import {
  type Copier,
  clock,
  createCopier,
  followerCode,
  MASTER_CODE,
  passTime,
  trade,
  until,
  WHAT,
} from './copier.ts'

vi.setConfig({ testTimeout: 60_000 })

let copier: Copier | undefined
afterEach(async () => {
  await copier?.close()
  copier = undefined
})

const ONE = followerCode(1)

const alarms = (of: Copier): readonly string[] =>
  of.events.flatMap((event) => (event.kind === 'alarm' ? [event.text] : []))
const statesOf = (of: Copier): string =>
  of
    .ledger()
    .openAttempts(null)
    .map(({ state }) => state.kind)
    .join()

/** An entry that comes to rest at the follower: the price has run away while it was on its way. */
async function resting(product: 'DELIVERY' | 'INTRADAY'): Promise<Copier> {
  copier = await createCopier({ followers: 1, yaml: 'entryTtl: off\n' })
  const made = copier
  const { control } = made.simulator
  await made.start()
  const once = { clientCode: ONE, route: 'place', times: 1, from: clock.now() } as const
  control.addFault({ ...once, fault: fault.delay(1500) })
  control.trade({ clientCode: MASTER_CODE, ...WHAT, side: 'BUY', quantity: 100, product })
  await until(made, 'it is on its way', () => statesOf(made) === 'sending')
  control.movePrice({ ...WHAT, price: 860 })
  await until(made, 'it rests', () => statesOf(made) === 'working')
  return made
}

test('an entry that rested at the stop and filled that day is told the next morning', async () => {
  const made = await resting('DELIVERY')
  const { control } = made.simulator
  const [order] = control.orders({ clientCode: ONE })
  await made.stop()
  control.fill({ clientCode: ONE, orderId: String(order?.orderId), quantity: 100 })
  passTime(DAY)
  await made.start()
  await until(made, 'told', () => alarms(made).some((text) => text.includes(String(order?.tag))))
  expect(alarms(made).join()).toContain('lockstep adopt FOLLOWER_1 NSE:SBIN-EQ DELIVERY 100')
})

test('of an intraday one nothing can stand, and nothing is told', async () => {
  const made = await resting('INTRADAY')
  await made.stop()
  passTime(DAY)
  await made.start()
  await until(made, 'its day is over', () => statesOf(made) === '')
  expect(alarms(made).filter((text) => text.includes('adopt'))).toEqual([])
})

test('what is taken over stands for its own day, also where something ended with the day before', async () => {
  copier = await createCopier({ followers: 1 })
  const made = copier
  const lane = {
    follower: accountName('FOLLOWER_1'),
    mode: 'live',
    instrument: instrumentId(WHAT.exchange, WHAT.symbol),
    product: 'INTRADAY',
  } as const
  const held = (): bigint => made.ledger().lanePosition(lane).held
  const turned = (): number =>
    made.events.filter((event) => event.kind === 'streamUp' && event.account === lane.follower)
      .length
  const again = async (): Promise<void> => {
    await made.stop()
    const before = turned()
    await made.start()
    await until(made, 'it has turned', () => turned() > before)
  }
  await made.start()
  trade(made, 'BUY', 100)
  await until(made, 'followed', () => held() === units(100))
  passTime(DAY)
  await again()
  await until(made, 'its day is over', () => held() === 0n)
  // Nothing is copied there any more, so that it would be closed at once.
  made.ledger().steer({ kind: 'halt' }, 'test', clock.now())
  made.ledger().steer({ kind: 'adopt', lane, quantity: units(40) }, 'test', clock.now())
  await until(made, 'taken over', () => held() === units(40))
  await again()
  expect(held()).toBe(units(40))
  passTime(DAY)
  await again()
  await until(made, 'that day is over too', () => held() === 0n)
})

test('an intraday entry of which nobody ever heard is nothing to take over the next day', async () => {
  copier = await createCopier({ followers: 1, yaml: 'hours: ignore\n' })
  const made = copier
  await made.start()
  const once = { clientCode: ONE, route: 'place', times: 1, from: clock.now() } as const
  made.simulator.control.addFault({ ...once, fault: fault.lostRequest() })
  trade(made, 'BUY', 100)
  await until(made, 'nobody can say', () => statesOf(made) === 'unknown')
  await made.stop()
  passTime(DAY)
  await made.start()
  await until(made, 'told', () => alarms(made).some((text) => text.includes('nobody ever said')))
  const told = alarms(made).filter((text) => text.includes('nobody ever said'))
  expect(told.join()).toContain('squared it off')
  expect(told.join()).not.toContain('adopt')
})
