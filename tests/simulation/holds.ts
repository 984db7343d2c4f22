// Who has what at the broker in a simulated day: positions and, of what is delivered, what came into store.
import { followerCode, MASTER_CODE } from '../../src/simulator/default-accounts.ts'
import type { Listing } from '../../src/simulator/listing.ts'
import type { What } from './trader.ts'
import { UNIT } from './truth.ts'
import type { World } from './world.ts'

export const codeOf = (account: number): string =>
  account === 0 ? MASTER_CODE : followerCode(account)

/** What the master holds there, signed, with what it held before and what was delivered overnight. */
export const masterHolds = (world: World, what: What): number => holds(world, 0, what)

export function holds(world: World, account: number, what: What): number {
  const clientCode = codeOf(account)
  const { exchange, symbol, product } = what
  const position = world.simulator.control
    .positions({ clientCode })
    .find(
      (each) => each.exchange === exchange && each.symbol === symbol && each.product === product,
    )
  const { holdings } = world.simulator.exchange.accounts.get(clientCode) ?? { holdings: [] }
  const stored = holdings.find(({ listing }) => listing === listingOf(world, what))
  const delivered = product === 'DELIVERY' && stored ? stored.settled + stored.unsettled : 0n
  return Number(position?.quantity ?? 0) + Number(delivered / BigInt(UNIT))
}

export function listingOf(world: World, { exchange, symbol }: What): Listing {
  const listing = world.simulator.exchange.market.bySymbol(exchange, symbol)
  if (!listing) throw new Error(`${symbol} is not listed`)
  return listing
}
