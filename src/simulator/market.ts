// Prices. Each instrument walks its own path, one step a second, which is a function of the seed and the
// second alone; `still` keeps it where it is until somebody moves it. Never asks a clock: time is given.
import { divideRounded, larger, type Price, roundTo, smaller } from '../domain/numbers.ts'
import { dayOf, type Instant, instant, SECOND, type TradingDay } from '../domain/time.ts'
import { draw } from './chance.ts'
import type { TradingHours } from './hours.ts'
import type { Listing } from './listing.ts'

/** How prices move by themselves: at most that many ticks a second either way. */
export type Walk = { readonly kind: 'still' } | { readonly kind: 'walk'; readonly ticks: number }

export interface Board {
  readonly last: Price
  readonly open: Price
  readonly high: Price
  readonly low: Price
  readonly previousClose: Price
  readonly lowerCircuit: Price
  readonly upperCircuit: Price
}

export interface Market {
  readonly listings: readonly Listing[]
  byToken(exchange: string, token: string): Listing | null
  bySymbol(exchange: string, symbol: string): Listing | null
  board(listing: Listing): Board
  /** Puts the price there; the path goes on from it. */
  move(listing: Listing, price: Price): void
  /** Walks this instrument up to that time. */
  walkTo(listing: Listing, at: Instant): void
  /** Today's close becomes yesterday's. */
  turnDay(at: Instant): void
}

interface Place {
  board: Board
  walkedTo: Instant
}

export function createMarket(
  listings: readonly Listing[],
  settings: { seed: number; walk: Walk; hours: TradingHours; at: Instant },
): Market {
  const places = new Map(
    listings.map((listing) => [
      listing,
      { board: openingBoard(listing, listing.price), walkedTo: settings.at } as Place,
    ]),
  )
  const byToken = new Map(listings.map((each) => [`${each.exchange}:${each.token}`, each]))
  const bySymbol = new Map(listings.map((each) => [`${each.exchange}:${each.symbol}`, each]))
  const placeOf = (listing: Listing): Place => {
    const place = places.get(listing)
    if (!place) throw new Error(`bug: ${listing.symbol} is not listed`)
    return place
  }

  function step(listing: Listing, place: Place, at: Instant): void {
    if (settings.walk.kind === 'still' || !settings.hours.isOpen(listing.exchange, at)) return
    const { ticks } = settings.walk
    const chance = draw(settings.seed, listing.token, at / SECOND)
    const moved = BigInt(Math.floor(chance * (2 * ticks + 1)) - ticks)
    setLast(listing, place, (place.board.last + moved * listing.tick) as Price)
  }

  return {
    listings,
    byToken: (exchange, token) => byToken.get(`${exchange}:${token}`) ?? null,
    bySymbol: (exchange, symbol) => bySymbol.get(`${exchange}:${symbol}`) ?? null,
    board: (listing) => placeOf(listing).board,
    move: (listing, price) => setLast(listing, placeOf(listing), price),
    walkTo(listing, at) {
      const place = placeOf(listing)
      if (settings.walk.kind === 'walk') {
        for (let next = nextStep(place.walkedTo); next <= at; next = nextStep(next))
          step(listing, place, next)
      }
      if (at > place.walkedTo) place.walkedTo = at
    },
    turnDay(at) {
      for (const [listing, place] of places) {
        this.walkTo(listing, at)
        place.board = openingBoard(listing, place.board.last)
      }
    },
  }
}

/** The next whole second: prices of every run step together, however it was started. */
export const nextStep = (at: Instant): Instant => instant((Math.floor(at / SECOND) + 1) * SECOND)

/** Contracts are gone on the day after they expire. */
export const isExpired = (expiry: TradingDay | null, at: Instant): boolean =>
  expiry !== null && dayOf(at) > expiry

function setLast(listing: Listing, place: Place, wanted: Price): void {
  const { board } = place
  const floor = larger(board.lowerCircuit, listing.tick)
  const last = smaller(larger(wanted, floor), board.upperCircuit)
  place.board = {
    ...board,
    last,
    high: larger(board.high, last),
    low: smaller(board.low, last),
  }
}

function openingBoard(listing: Listing, close: Price): Board {
  const [down, up] = circuitPercent(listing)
  const share = (percent: bigint) => divideRounded(close * percent, 100n, 'nearest') as Price
  const lower = roundTo((close - share(down)) as Price, listing.tick, 'up')
  return {
    last: close,
    open: close,
    high: close,
    low: close,
    previousClose: close,
    lowerCircuit: larger(lower, listing.tick),
    upperCircuit: roundTo((close + share(up)) as Price, listing.tick, 'down'),
  }
}

/** Options may lose nearly everything and treble within a day; the rest keeps within a tenth. */
const circuitPercent = (listing: Listing): readonly [bigint, bigint] =>
  listing.optionType === '' ? [10n, 10n] : [95n, 200n]
