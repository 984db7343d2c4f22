// Exits that rest at the broker: moved with the market where they can be, told where nothing comes of it.
import { afterEach, expect, test, vi } from 'vitest'
import {
  type Copier,
  createCopier,
  followerCode,
  MASTER_CODE,
  passTime,
  positionOf,
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

/** The follower's exit is at the broker, where nothing fills by itself. */
async function resting(market: string): Promise<Copier> {
  copier = await createCopier({
    followers: 1,
    yaml: `orders: { market: ${market} }\n`,
    simulator: { fills: 'manual', marketOrders: 'convert' },
  })
  const made = copier
  const { control } = made.simulator
  const fillLast = (clientCode: string): void => {
    const last = control.orders({ clientCode }).at(-1)
    if (last !== undefined) control.fill({ ...last, price: 820 })
  }
  await made.start()
  trade(made, 'BUY', 100)
  fillLast(MASTER_CODE)
  await until(made, 'sent', () => ordersOf(made).length === 1)
  fillLast(ONE)
  await until(made, 'followed', () => positionOf(made, ONE) === '100')
  trade(made, 'SELL', 100)
  fillLast(MASTER_CODE)
  await until(made, 'the exit rests', () => ordersOf(made).length === 2)
  return made
}

const ordersOf = (of: Copier) => of.simulator.control.orders({ clientCode: ONE })
const limitOf = (of: Copier): number => Number(ordersOf(of).at(-1)?.price)

test.each(['limit', 'as-is'])(
  'an exit that nobody fills is told, orders.market: %s',
  async (market) => {
    const made = await resting(market)
    const isTold = () =>
      made.events.some((event) => event.kind === 'owed' && event.why === 'notFilled')
    await until(made, 'told', () => {
      passTime(200)
      return isTold()
    })
    expect(positionOf(made, ONE)).toBe('100')
  },
)

test('a market that falls after the first round is followed in the next', async () => {
  const made = await resting('limit')
  const first = limitOf(made)
  const asked = () =>
    made.simulator.control
      .requests()
      .filter(({ clientCode, route }) => clientCode === ONE && route === 'quote').length
  const before = asked()
  await until(made, 'it is looked at and kept', () => asked() > before)
  expect(limitOf(made)).toBe(first)
  made.simulator.control.movePrice({ ...WHAT, price: 760 })
  await until(made, 'it follows', () => limitOf(made) < 760)
  expect(ordersOf(made)).toHaveLength(2)
})
