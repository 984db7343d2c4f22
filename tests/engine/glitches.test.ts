// A broker that shows less than is there. Two readings that agree are believed where they show a row; that a
// row is missing altogether is no news of the position, because a list may come back empty.
import { afterEach, expect, test } from 'vitest'
import { type Fault, fault } from '../../src/simulator/faults.ts'
import type { RouteName } from '../../src/simulator/routes.ts'
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

const ONE = followerCode(1)

async function holding(quantity: number): Promise<Copier> {
  copier = await createCopier({ followers: 1 })
  const made = copier
  await made.start()
  trade(made, 'BUY', quantity)
  await until(made, 'followed', () => positionOf(made, ONE) === String(quantity))
  await until(made, 'nothing is open', () => made.ledger().openAttempts(null).length === 0)
  return made
}

const strike = (of: Copier, what: Fault, route: RouteName): void =>
  of.simulator.control.addFault({ fault: what, clientCode: ONE, route, from: clock.now() })

const heldBy = (of: Copier): readonly bigint[] =>
  of
    .ledger()
    .lanes()
    .map(({ held }) => held)

const alarmsOf = (of: Copier): string =>
  of.events.flatMap((event) => (event.kind === 'alarm' ? [event.text] : [])).join('\n')

test('an empty list of positions, however often, takes nothing of what is held', async () => {
  const made = await holding(100)
  await made.stop()
  strike(made, fault.nullData(), 'positions')
  await made.start()
  trade(made, 'SELL', 100)
  await until(made, 'the exit is owed', () =>
    made.events.some((event) => event.kind === 'owed' && event.why === 'positionUnreadable'),
  )
  await until(made, 'it is told', () =>
    alarmsOf(made).includes('the broker lists no such position'),
  )
  expect(heldBy(made)).toEqual([100_00000000n])
  expect(made.events.some(({ kind }) => kind === 'heldLowered')).toBe(false)
  made.simulator.control.clearFaults()
  await until(made, 'flat with the master', () => positionOf(made, ONE) === '0')
  await until(made, 'and known to be', () => heldBy(made).every((held) => held === 0n))
  expect(made.simulator.control.duplicates()).toEqual([])
})

test('control: a row that shows nothing is believed the second time', async () => {
  const made = await holding(100)
  const order = { ...WHAT, side: 'SELL', quantity: 100, product: 'INTRADAY' } as const
  made.simulator.control.trade({ clientCode: ONE, ...order })
  trade(made, 'SELL', 100)
  await until(made, 'held is lowered', () => heldBy(made).every((held) => held === 0n))
  expect(positionOf(made, ONE)).toBe('0')
})

test('no row, but a sale by hand in the book: then it is gone', async () => {
  const made = await holding(100)
  await made.stop()
  strike(made, fault.nullData(), 'positions')
  await made.start()
  const order = { ...WHAT, side: 'SELL', quantity: 100, product: 'INTRADAY' } as const
  made.simulator.control.trade({ clientCode: ONE, ...order })
  trade(made, 'SELL', 100)
  await until(made, 'held is lowered', () => heldBy(made).every((held) => held === 0n))
  expect(positionOf(made, ONE)).toBe('0')
})

test('a list that was asked for before an order of ours filled lacks no row of it', async () => {
  const made = await holding(100)
  const other = { exchange: 'NSE', symbol: 'RELIANCE-EQ', product: 'INTRADAY' } as const
  const readings = (): number =>
    made.simulator.control
      .requests()
      .filter(({ route, clientCode }) => route === 'positions' && clientCode === ONE).length
  const before = readings()
  made.simulator.control.addFault({
    fault: fault.delay(3000, 'after'),
    clientCode: ONE,
    route: 'positions',
    times: 1,
  })
  trade(made, 'SELL', 50)
  await until(made, 'a slow list is under way', () => readings() > before)
  made.simulator.control.trade({ clientCode: MASTER_CODE, ...other, side: 'BUY', quantity: 10 })
  await until(made, 'the new position is held', () => heldBy(made).includes(10_00000000n))
  expect(readings()).toBe(before + 1)
  await until(made, 'the slow list came, and another was asked for', () => readings() > before + 1)
  expect(alarmsOf(made)).toBe('')
})
