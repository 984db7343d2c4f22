// The holdings come from another service than the positions, and may be gone alone: what is delivered waits
// for them, and nothing else does.
import { afterEach, expect, test, vi } from 'vitest'
import { fault } from '../../src/simulator/faults.ts'
import { type Copier, createCopier, followerCode, MASTER_CODE, until, WHAT } from './copier.ts'

vi.setConfig({ testTimeout: 60_000 })

let copier: Copier | undefined
afterEach(async () => {
  await copier?.close()
  copier = undefined
})

const ONE = followerCode(1)
type Kind = 'INTRADAY' | 'DELIVERY'

const order = (of: Copier, side: 'BUY' | 'SELL', quantity: number, product: Kind): void => {
  of.simulator.control.trade({ clientCode: MASTER_CODE, ...WHAT, side, quantity, product })
}
const heldOf = (of: Copier, product: Kind): string =>
  of.simulator.control
    .positions({ clientCode: ONE })
    .find((each) => each.symbol === WHAT.symbol && each.product === product)?.quantity ?? '0'
const owed = (of: Copier): readonly string[] =>
  of.events.flatMap((event) =>
    event.kind === 'owed' ? [`${event.lane.product} ${event.why}`] : [],
  )

/** The follower holds both, and its holdings can't be read from now on. */
async function withoutHoldings(): Promise<Copier> {
  copier = await createCopier({ followers: 1 })
  const made = copier
  await made.start()
  order(made, 'BUY', 100, 'INTRADAY')
  order(made, 'BUY', 40, 'DELIVERY')
  await until(
    made,
    'followed',
    () => heldOf(made, 'INTRADAY') === '100' && heldOf(made, 'DELIVERY') === '40',
  )
  await until(made, 'nothing is open', () => made.ledger().openAttempts(null).length === 0)
  made.simulator.control.addFault({
    fault: fault.serverError('before'),
    clientCode: ONE,
    route: 'holdings',
  })
  const isMissed = () => made.events.some((event) => event.kind === 'readFailed')
  order(made, 'SELL', 40, 'DELIVERY')
  await until(made, 'they are missed', isMissed)
  return made
}

test('an intraday exit leaves while the holdings are gone', async () => {
  const made = await withoutHoldings()
  await until(made, 'what is delivered is owed', () => owed(made).length > 0)
  order(made, 'SELL', 100, 'INTRADAY')
  await until(made, 'the intraday one is closed', () => heldOf(made, 'INTRADAY') === '0')
  expect(new Set(owed(made))).toEqual(new Set(['DELIVERY positionUnreadable']))
})

test('what is delivered is sold when they are back, all of it', async () => {
  const made = await withoutHoldings()
  await until(made, 'it is owed', () => owed(made).length > 0)
  expect(heldOf(made, 'DELIVERY')).toBe('40')
  made.simulator.control.clearFaults()
  await until(made, 'it is sold', () => heldOf(made, 'DELIVERY') === '0')
  expect(made.events.filter(({ kind }) => kind === 'heldLowered')).toEqual([])
})
