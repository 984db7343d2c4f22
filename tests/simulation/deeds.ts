// Does what the plan of a day says, in the world as it is by then: the master and the owners of followers
// trade in the broker's own app, the broker and the network fail, the trader steers, the program dies.
import type { Side } from '../../src/domain/order.ts'
import { after, instant, MINUTE } from '../../src/domain/time.ts'
import type { Fault } from '../../src/simulator/faults.ts'
import type { RouteName } from '../../src/simulator/routes.ts'
import {
  CHANGING,
  LOST_REQUESTS,
  PLACING,
  READING,
  READING_BOOK,
  STREAMING,
} from '../engine/weather.ts'
import { codeOf, type Deed, type What } from './day.ts'
import type { World } from './world.ts'

export const MASTER_CODE = codeOf(0)

/** What an account holds there, by all that it did, old holdings not counted. Signed. */
export function heldBy(world: World, clientCode: string, what: What): number {
  const position = world.simulator.control
    .positions({ clientCode })
    .find(
      ({ exchange, symbol, product }) =>
        exchange === what.exchange && symbol === what.symbol && product === what.product,
    )
  return Number(position?.quantity ?? 0)
}

export function lotOf(world: World, { exchange, symbol }: What): number {
  const listing = world.simulator.exchange.market.bySymbol(exchange, symbol)
  if (!listing) throw new Error(`${symbol} is not listed`)
  return Number(listing.lotSize / 100_000_000n)
}

export interface Doing {
  /** The program is to be started again that long after its end. */
  restartAfter(ms: number): void
}

export function perform(deed: Deed, world: World, doing: Doing): void {
  const { simulator, say } = world
  const { control } = simulator
  switch (deed.kind) {
    case 'masterTrades':
      trade(world, deed.what, deed.side, deed.lots * lotOf(world, deed.what))
      return
    case 'masterLeaves': {
      const held = heldBy(world, MASTER_CODE, deed.what)
      const lot = lotOf(world, deed.what)
      const part = Math.max(lot, Math.floor((Math.abs(held) * deed.share) / lot) * lot)
      if (held === 0) return
      trade(world, deed.what, held > 0 ? 'SELL' : 'BUY', Math.min(part, Math.abs(held)))
      return
    }
    case 'masterTurns': {
      const held = heldBy(world, MASTER_CODE, deed.what)
      if (held === 0) return
      trade(world, deed.what, held > 0 ? 'SELL' : 'BUY', 2 * Math.abs(held))
      return
    }
    case 'weather': {
      const { clientCode, strikes, forMs } = deed
      const { faults, routes } = WEATHER[strikes]
      const fault = (faults[deed.fault % faults.length] as () => Fault)()
      const from = world.clock.now()
      say(
        `weather for ${clientCode}, ${strikes}, ${forMs} ms: ${JSON.stringify(fault).slice(0, 80)}`,
      )
      control.addFault({ fault, clientCode, route: routes, from, until: instant(from + forMs) })
      return
    }
    case 'dies': {
      const life = world.life()
      doing.restartAfter(deed.downMs)
      life?.doom(deed.doom)
      void world.clock.sleep(MINUTE).then(() => {
        if (world.life() === life) life?.kill()
      })
      return
    }
    case 'stops':
      say('the trader stops the program')
      doing.restartAfter(deed.downMs)
      world.life()?.stop()
  }
}

function trade(world: World, what: What, side: Side, quantity: number): void {
  world.say(`master ${side}s ${quantity} ${what.symbol} ${what.product}`)
  world.simulator.exchange.advance(world.clock.now())
  world.simulator.control.trade({ clientCode: MASTER_CODE, ...what, side, quantity })
}

const WEATHER: Readonly<
  Record<
    Extract<Deed, { kind: 'weather' }>['strikes'],
    {
      readonly faults: readonly (() => Fault)[]
      readonly routes: readonly (RouteName | 'frame')[]
    }
  >
> = {
  placing: { faults: [...PLACING, ...LOST_REQUESTS], routes: ['place'] },
  changing: { faults: CHANGING, routes: ['modify', 'cancel'] },
  book: { faults: READING_BOOK, routes: ['book'] },
  reading: { faults: READING, routes: ['positions', 'holdings', 'quote'] },
  stream: { faults: STREAMING, routes: ['frame'] },
}

/** The master has left everything, and nothing of it rests. Trades what is still to be left. */
export function leaveAll(world: World, whats: readonly What[]): boolean {
  const { control } = world.simulator
  world.simulator.exchange.advance(world.clock.now())
  for (const { orderId, state } of control.orders({ clientCode: MASTER_CODE }))
    if (isOpen(state)) control.cancel({ clientCode: MASTER_CODE, orderId })
  let isFlat = true
  for (const what of whats) {
    const held = heldBy(world, MASTER_CODE, what)
    if (held === 0) continue
    isFlat = false
    trade(world, what, held > 0 ? 'SELL' : 'BUY', Math.abs(held))
  }
  return isFlat
}

export const isOpen = (state: string): boolean =>
  state.startsWith('open') || state.startsWith('trigger') || state.startsWith('after')

export const soon = (world: World, ms: number) => after(world.clock.now(), ms)
