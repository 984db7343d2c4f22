// What must hold whatever is traded, and that the checks can fail.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Money, magnitude, parseMoney } from '../../src/domain/numbers.ts'
import {
  type Account,
  fundsOf,
  netQuantity,
  type Position,
  realised,
} from '../../src/simulator/account.ts'
import type { SimulatedFill } from '../../src/simulator/order.ts'
import {
  createVirtualClient,
  masterWith,
  NIFTY_CALL,
  SBIN,
  type VirtualClient,
} from './virtual-client.ts'

interface Step {
  readonly what: 'order' | 'move' | 'wait' | 'cancel' | 'convert'
  readonly side: 'BUY' | 'SELL'
  readonly lots: number
  /** Ticks from where the price began. */
  readonly offset: number
  readonly isOption: boolean
  readonly product: 'INTRADAY' | 'DELIVERY' | 'CARRYFORWARD'
}

const steps = fc.array(
  fc.record<Step>({
    what: fc.constantFrom('order', 'order', 'order', 'move', 'wait', 'cancel', 'convert'),
    side: fc.constantFrom('BUY', 'SELL'),
    lots: fc.integer({ min: 1, max: 12 }),
    offset: fc.integer({ min: -40, max: 40 }),
    isOption: fc.boolean(),
    product: fc.constantFrom('INTRADAY', 'DELIVERY', 'CARRYFORWARD'),
  }),
  { minLength: 1, maxLength: 40 },
)

const priceOf = (start: number, offset: number) => (start + offset * 0.05).toFixed(2)

function perform(client: VirtualClient, step: Step): void {
  const { control } = client.simulator
  const instrument = step.isOption ? NIFTY_CALL : SBIN
  const start = step.isOption ? 101.2 : 820.5
  const orderid = client.rows('book').at(-1)?.orderid
  switch (step.what) {
    case 'order':
      client.place({
        ...{ exchange: instrument.exchange, tradingsymbol: instrument.symbol },
        symboltoken: instrument.token,
        transactiontype: step.side,
        producttype: step.product,
        quantity: String(step.lots * (step.isOption ? 65 : 1)),
        price: priceOf(start, step.offset),
      })
      break
    case 'move':
      control.movePrice({ ...instrument, price: priceOf(start, step.offset) })
      break
    case 'wait':
      client.pass(step.lots * 700)
      break
    case 'cancel':
      if (orderid !== undefined) client.ask('cancel', { variety: 'NORMAL', orderid })
      break
    case 'convert':
      control.convert({
        ...{ clientCode: 'M100000', ...instrument, from: step.product, to: 'CARRYFORWARD' },
        quantity: step.lots,
      })
  }
}

function run(script: readonly Step[], seed = 1): { client: VirtualClient; account: Account } {
  const client = createVirtualClient({
    ...{ seed, liquidity: 100, walk: { kind: 'walk', ticks: 3 } },
    accounts: masterWith({ cash: parseMoney('200000') }),
  })
  for (const step of script) perform(client, step)
  const account = client.simulator.exchange.accounts.get('M100000')
  if (!account) throw new Error('the master is missing')
  return { client, account }
}

/** Over products, since a conversion moves a position without a fill. */
const isSumOfFills = (positions: readonly Position[], fills: readonly SimulatedFill[]): boolean =>
  [...new Set(positions.map(({ listing }) => listing))].every((listing) => {
    const shown = positions
      .filter((position) => position.listing === listing)
      .reduce((total, position) => total + netQuantity(position), 0n)
    const filled = fills
      .filter(({ order }) => order.listing === listing)
      .reduce(
        (total, { order, quantity }) => total + (order.side === 'BUY' ? quantity : -quantity),
        0n,
      )
    return shown === filled
  })

/** Cash in, less what fills cost, is what is free, blocked by orders, and still standing in positions. */
function isMoneyKept(account: Account): boolean {
  const { net, used } = fundsOf(account)
  let paid = 0n
  for (const { order, quantity, price } of account.fills)
    paid += ((order.side === 'BUY' ? 1n : -1n) * (price * quantity)) / 100_000_000n
  const standing = account.positions.reduce((total, { cost }) => total + cost, 0n)
  const difference = net + used - (account.setting.cash - paid + standing)
  // Shares of a cost are rounded at the eighth decimal.
  return magnitude(difference as Money) < 1000n
}

describe('whatever is traded', () => {
  it('positions are the sum of the fills', () => {
    fc.assert(
      fc.property(steps, (script) => {
        const { account } = run(script)
        return isSumOfFills(account.positions, account.fills)
      }),
      { numRuns: 80 },
    )
  })

  it('money is neither made nor lost', () => {
    fc.assert(
      fc.property(steps, (script) => isMoneyKept(run(script).account)),
      { numRuns: 80 },
    )
  })

  it('no order fills beyond what it asked, nor beyond its limit', () => {
    fc.assert(
      fc.property(steps, (script) => {
        const { account } = run(script)
        return (
          account.orders.every((order) => order.filled <= order.quantity) &&
          account.fills.every(({ order, price }) =>
            order.side === 'BUY' ? price <= order.price : price >= order.price,
          )
        )
      }),
      { numRuns: 80 },
    )
  })

  it('delivery is never sold short', () => {
    fc.assert(
      fc.property(steps, (script) =>
        run(script).account.positions.every(
          (position) =>
            position.product !== 'DELIVERY' ||
            position.listing.optionType !== '' ||
            netQuantity(position) >= 0n,
        ),
      ),
      { numRuns: 80 },
    )
  })
})

describe('the same checks on a world that was tampered with', () => {
  const bought: readonly Step[] = [
    { what: 'order', side: 'BUY', lots: 5, offset: 10, isOption: false, product: 'INTRADAY' },
  ]

  it('find a fill that no position shows', () => {
    const { account } = run(bought)
    expect(isSumOfFills(account.positions, account.fills)).toBe(true)
    expect(isSumOfFills(account.positions, account.fills.concat(account.fills))).toBe(false)
  })

  it('find a rupee that came from nowhere', () => {
    const { account } = run(bought)
    expect(isMoneyKept(account)).toBe(true)
    account.cash = (account.cash + parseMoney('1')) as Money
    expect(isMoneyKept(account)).toBe(false)
  })

  it('find a gain that was not realised', () => {
    const { account } = run(bought)
    const [position] = account.positions
    if (!position) throw new Error('there is a position')
    expect(realised(position)).toBe(0n)
    position.cost = (position.cost - parseMoney('1')) as Money
    expect(realised(position)).toBe(parseMoney('-1'))
  })
})

describe('determinism', () => {
  const bytes = (client: VirtualClient): string =>
    (['book', 'trades', 'positions', 'funds'] as const)
      .map((route) => JSON.stringify(client.send(route)))
      .join('\n')

  it('the same seed and the same calls at the same times give the same bytes', () => {
    fc.assert(
      fc.property(steps, fc.nat(), (script, seed) => {
        const [first, second] = [run(script, seed), run(script, seed)]
        return bytes(first.client) === bytes(second.client)
      }),
      { numRuns: 40 },
    )
  })

  it('looking at prices in between changes none of them', () => {
    const quote = { mode: 'LTP', exchangeTokens: { NSE: ['3045'] } }
    const walking = { walk: { kind: 'walk', ticks: 3 }, seed: 9 } as const
    const looking = createVirtualClient(walking)
    const waiting = createVirtualClient(walking)
    for (let second = 0; second < 300; second++) {
      looking.ask('quote', quote)
      looking.pass(1000)
      waiting.pass(1000)
    }
    expect(looking.ask('quote', quote)).toEqual(waiting.ask('quote', quote))
  })

  it('another seed gives another world', () => {
    const script: readonly Step[] = [
      { what: 'wait', side: 'BUY', lots: 12, offset: 0, isOption: false, product: 'INTRADAY' },
      { what: 'order', side: 'BUY', lots: 5, offset: 40, isOption: false, product: 'INTRADAY' },
    ]
    expect(bytes(run(script, 1).client)).not.toBe(bytes(run(script, 2).client))
  })
})
