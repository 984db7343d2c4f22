// A holding from before the exchange changed the lot: whole lots leave, the odd part is owed with what to do,
// and nothing is sent that would be refused forever.
import { afterEach, expect, test } from 'vitest'
import { accountName, instrumentId } from '../../src/domain/ids.ts'
import { formatDecimal, units } from '../../src/domain/numbers.ts'
import { type Copier, clock, createCopier, followerCode, until } from './copier.ts'

let copier: Copier | undefined
afterEach(async () => {
  await copier?.close()
  copier = undefined
})

const CALL = { exchange: 'NFO', symbol: 'NIFTY26JAN2725000CE' } as const
const FOLLOWER_1 = accountName('FOLLOWER_1')
const lane = {
  follower: FOLLOWER_1,
  mode: 'live',
  instrument: instrumentId(CALL.exchange, CALL.symbol),
  product: 'INTRADAY',
} as const

const held = (of: Copier): string => formatDecimal(of.ledger().lanePosition(lane).held)

test('100 in lots of 65: 65 are sold, 35 are owed and told once, and can be dismissed', async () => {
  copier = await createCopier({ followers: 1, yaml: 'hours: ignore\n' })
  const made = copier
  await made.start()
  const clientCode = followerCode(1)
  made.simulator.control.trade({
    clientCode,
    ...CALL,
    side: 'BUY',
    quantity: 130,
    product: 'INTRADAY',
  })
  made.ledger().steer({ kind: 'adopt', lane, quantity: units(100) }, 'test', clock.now())
  // The master is flat, so all of it is to go.
  await until(made, 'the whole lot is sold', () => held(made) === '35')
  await until(made, 'the rest is owed', () =>
    made.events.some((event) => event.kind === 'owed' && event.why === 'noWholeLot'),
  )
  const position = made.simulator.control.positions({ clientCode })
  expect(position.find(({ symbol }) => symbol === CALL.symbol)?.quantity).toBe('65')
  expect(
    made
      .ledger()
      .owed()
      .map(({ owed }) => formatDecimal(owed)),
  ).toEqual(['35'])

  made.ledger().steer({ kind: 'dismiss', lane }, 'test', clock.now())
  await until(made, 'it is the trader’s own', () => held(made) === '0')
  expect(made.ledger().owed()).toEqual([])
  const byLockstep = made.simulator.control
    .orders({ clientCode })
    .filter(({ placedBy }) => placedBy !== 'app')
  expect(byLockstep.map(({ side, quantity, state }) => [side, quantity, state])).toEqual([
    ['SELL', '65', 'complete'],
  ])
  const told = made.events.filter((event) => event.kind === 'owed')
  expect(told).toMatchObject([{ quantity: units(35), why: 'noWholeLot' }])
  expect(made.ledger().verify()).toEqual([])
})
