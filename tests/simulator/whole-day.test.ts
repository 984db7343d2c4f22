// A trading day of four accounts, with the market moving and everything going wrong now and then, in
// virtual time. Twice: what comes out is the same, byte for byte, and adds up.
import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import { HOUR, instant, after as later, SECOND } from '../../src/domain/time.ts'
import { netQuantity } from '../../src/simulator/account.ts'
import { draw } from '../../src/simulator/chance.ts'
import { type FaultRule, fault } from '../../src/simulator/faults.ts'
import type { Answer } from '../../src/simulator/gateway.ts'
import { createSimulator, type Simulator } from '../../src/simulator/simulator.ts'
import { BY_CALENDAR, LIMIT_BUY } from './virtual-client.ts'

const OPENING = instant(Date.parse('2026-11-23T09:15:00+05:30'))
const CLOSING = later(OPENING, 6.5 * HOUR)

const RULES: readonly FaultRule[] = [
  { fault: fault.lostReply(), probability: 0.02 },
  { fault: fault.lostRequest(), probability: 0.02 },
  { fault: fault.serverError('after'), probability: 0.01 },
  { fault: fault.delay(2000), probability: 0.05 },
  { fault: fault.staleBook(3000), route: 'book', probability: 0.1 },
  { fault: fault.duplicatedFrame(), route: 'frame', probability: 0.1 },
  { fault: fault.staleFrame(), route: 'frame', probability: 0.1 },
]

interface Day {
  readonly simulator: Simulator
  /** Of everything that was answered and streamed, in order. */
  readonly digest: string
  readonly answers: number
}

function runDay(seed: number): Day {
  const simulator = createSimulator(
    { seed, hours: BY_CALENDAR, walk: { kind: 'walk', ticks: 2 }, liquidity: 7 },
    OPENING,
  )
  const { control, exchange, gateway, streams } = simulator
  const digest = createHash('sha256')
  const codes = [...exchange.accounts.keys()]
  const tokens = codes.map((clientCode) => control.grantSession({ clientCode }).jwt)
  for (const jwt of tokens) {
    const sink = { send: (text: string) => void digest.update(text), close: () => undefined }
    streams.connect(`Bearer ${jwt}`, sink, OPENING)
  }
  for (const rule of RULES) control.addFault(rule)
  let answers = 0

  function ask(account: number, path: string, body: object | null): void {
    const setting = simulator.settings.accounts[account]
    const plan = gateway.receive(
      {
        method: body ? 'POST' : 'GET',
        url: `/rest/secure/angelbroking/order/v1/${path}`,
        headers: {
          'x-usertype': 'USER',
          'x-privatekey': setting?.apiKey ?? '',
          authorization: `Bearer ${tokens[account]}`,
        },
        body: JSON.stringify(body ?? {}),
        from: '127.0.0.1',
      },
      at,
    )
    at = later(at, plan.waitMs)
    const answer: Answer = plan.run(at).answer
    digest.update(JSON.stringify(answer))
    answers++
  }

  let at = OPENING
  for (let turn = 0; at < CLOSING; turn++) {
    const chance = (what: string, below: number) => Math.floor(draw(seed, what, turn) * below)
    const account = chance('account', codes.length)
    if (chance('what', 3) > 0) {
      const offset = (chance('offset', 81) - 40) * 0.05
      ask(account, 'placeOrder', {
        ...LIMIT_BUY,
        transactiontype: chance('side', 2) === 0 ? 'BUY' : 'SELL',
        price: (820.5 + offset).toFixed(2),
        quantity: String(chance('quantity', 20) + 1),
      })
    }
    ask(account, ['getOrderBook', 'getPosition', 'getTradeBook'][chance('read', 3)] ?? '', null)
    at = later(at, chance('gap', 60) * SECOND + 100)
    exchange.advance(at)
  }
  return { simulator, digest: digest.digest('hex'), answers }
}

it('a day comes out the same twice, adds up, and ends flat', () => {
  const day = runDay(11)
  expect(day.answers).toBeGreaterThan(1000)
  expect(day.simulator.control.faultsStruck().length).toBeGreaterThan(100)
  for (const account of day.simulator.exchange.accounts.values()) {
    const bought = account.fills.reduce(
      (total, { order, quantity }) => total + (order.side === 'BUY' ? quantity : -quantity),
      0n,
    )
    expect(account.fills.length).toBeGreaterThan(50)
    // Everything was intraday, so the broker's square-off has closed it.
    expect(account.positions.map(netQuantity)).toEqual([0n])
    expect(bought).toBe(0n)
    expect(account.orders.filter(({ state }) => state === 'open')).toEqual([])
  }
  expect(runDay(11).digest).toBe(day.digest)
  expect(runDay(12).digest).not.toBe(day.digest)
})
