// The master: a person who trades by hand in the broker's own app. Enters, averages in, leaves a part, turns
// round, trades four options within a second and takes them back, rests orders and protects what is held.
// It looks at its own account before it acts and knows nothing of who follows it.
import { formatDecimal } from '../../src/domain/numbers.ts'
import type { Side } from '../../src/domain/order.ts'
import type { Control, TruePosition } from '../../src/simulator/control.ts'
import type { Listing } from '../../src/simulator/listing.ts'
import type { ProductWord } from '../../src/simulator/order.ts'
import type { Dice } from './dice.ts'

export interface Trader {
  /** Does the next thing that comes to its mind. */
  act(): void
  /** Takes back what rests and leaves what is held; true once nothing is left. */
  leaveAll(): boolean
}

interface Interest {
  readonly exchange: string
  readonly symbol: string
  readonly product: ProductWord
  readonly lot: number
  /** In lots. */
  readonly typical: number
}

export function createTrader(parts: {
  readonly clientCode: string
  readonly control: Control
  readonly listings: readonly Listing[]
  readonly dice: Dice
  readonly say: (text: string) => void
}): Trader {
  const { clientCode, control, listings, dice } = parts
  const interests = interestsIn(listings)
  const resting: string[] = []
  const say = (text: string): void => parts.say(`master ${text}`)

  const heldIn = ({ symbol, exchange, product }: Interest | TruePosition): number => {
    const position = control
      .positions({ clientCode })
      .find((at) => at.symbol === symbol && at.exchange === exchange && at.product === product)
    return Number(position?.quantity ?? 0)
  }
  const standing = (): readonly Interest[] => interests.filter((each) => heldIn(each) !== 0)

  function trade(what: Interest, side: Side, quantity: number, more: object = {}): string {
    const { exchange, symbol, product } = what
    return control.trade({ clientCode, exchange, symbol, product, side, quantity, ...more }).orderId
  }

  function act(): void {
    const held = standing()
    const isFull = held.length >= 8
    const what = held.length > 0 && (isFull || dice.chance() < 0.6) ? dice.one(held) : null
    if (what !== null) manage(what, isFull)
    else if (dice.chance() < 0.2) basket()
    else enter(dice.one(interests))
  }

  function enter(what: Interest): void {
    const side = what.product === 'DELIVERY' || dice.chance() < 0.6 ? 'BUY' : 'SELL'
    const quantity = what.lot * sizeOf(what)
    const kind = dice.upTo(6)
    if (kind === 0) rest(what, side, quantity)
    else if (kind === 1) inPieces(what, side)
    else {
      say(`${side}s ${quantity} ${what.symbol} ${what.product}`)
      trade(what, side, quantity)
    }
  }

  function manage(what: Interest, isFull: boolean): void {
    const held = heldIn(what)
    const away = held > 0 ? 'SELL' : 'BUY'
    const size = Math.abs(held)
    const lots = size / what.lot
    const name = `${held} ${what.symbol} ${what.product}`
    const kind = isFull ? 4 : dice.upTo(10)
    if (kind < 2 && lots < 25) {
      const more = what.lot * sizeOf(what)
      say(`averages into ${name} with ${more}`)
      trade(what, held > 0 ? 'BUY' : 'SELL', more)
    } else if (kind < 4 && lots >= 2) {
      const part = what.lot * (1 + dice.upTo(lots - 1))
      say(`leaves ${part} of ${name}`)
      trade(what, away, part)
    } else if (kind === 7 && what.product !== 'DELIVERY') {
      say(`turns ${name} round`)
      trade(what, away, size * 2)
    } else if (kind === 8) {
      protect(what, away, size)
    } else {
      say(`leaves all ${name}`)
      trade(what, away, size)
    }
  }

  function inPieces(what: Interest, side: Side): void {
    say(`${side}s ${what.symbol} ${what.product} in pieces`)
    for (let piece = 0; piece < 4; piece++) trade(what, side, what.lot * (1 + dice.upTo(3)))
  }

  /** Four legs within a second, or the same taken back. */
  function basket(): void {
    const underlying = dice.one(['NIFTY', 'BANKNIFTY'])
    const product = dice.one(['CARRYFORWARD', 'INTRADAY'] as const)
    const legs = interests.filter(
      (each) => each.product === product && isOptionOn(listings, each, underlying),
    )
    const open = legs.filter((each) => heldIn(each) !== 0)
    if (open.length > 1) {
      say(`takes ${open.length} legs of ${underlying} ${product} back`)
      for (const leg of open) trade(leg, heldIn(leg) > 0 ? 'SELL' : 'BUY', Math.abs(heldIn(leg)))
      return
    }
    const lots = 1 + dice.upTo(3)
    const chosen = dice.shuffled(legs).slice(0, 4)
    say(`trades four legs of ${underlying} ${product}, ${lots} lots each`)
    for (const [number, leg] of chosen.entries())
      trade(leg, number % 2 === 0 ? 'BUY' : 'SELL', leg.lot * lots)
  }

  function rest(what: Interest, side: Side, quantity: number): void {
    const price = near(what, side === 'BUY' ? -3 : 3)
    say(`rests ${side} ${quantity} ${what.symbol} ${what.product} @${price}`)
    resting.push(trade(what, side, quantity, { type: 'LIMIT', price }))
    takeBackSome()
  }

  function protect(what: Interest, side: Side, quantity: number): void {
    const trigger = near(what, side === 'SELL' ? -6 : 6)
    const price = near(what, side === 'SELL' ? -12 : 12)
    say(`protects ${what.symbol} ${what.product} by a stop at ${trigger}`)
    resting.push(trade(what, side, quantity, { type: 'STOPLOSS_LIMIT', trigger, price }))
    takeBackSome()
  }

  function takeBackSome(): void {
    while (resting.length > 3) takeBack()
  }

  function takeBack(): void {
    const orderId = resting.shift()
    if (orderId === undefined) return
    // Cancelling what is final already changes nothing.
    control.cancel({ clientCode, orderId })
  }

  /** That many ticks of 5 paise away from the last price. */
  function near({ exchange, symbol }: Interest, ticks: number): string {
    const last = Number(control.lastPrice({ exchange, symbol }))
    return Math.max(
      0.05,
      (Math.round(last * 20) + dice.upTo(Math.abs(ticks)) * Math.sign(ticks)) / 20,
    ).toFixed(2)
  }

  const sizeOf = ({ typical }: Interest): number =>
    dice.chance() < 0.08 ? typical * 6 : 1 + dice.upTo(2 * typical)

  function leaveAll(): boolean {
    while (resting.length > 0) takeBack()
    const orders = control.orders({ clientCode }).filter(({ state }) => !isFinal(state))
    if (orders.length > 0) return false
    const held = standing()
    for (const what of held) trade(what, heldIn(what) > 0 ? 'SELL' : 'BUY', Math.abs(heldIn(what)))
    return held.length === 0
  }

  return { act, leaveAll }
}

const isFinal = (state: string): boolean =>
  ['complete', 'cancelled', 'rejected', 'cancelled after market order'].includes(state)

const isOptionOn = (listings: readonly Listing[], what: Interest, underlying: string): boolean =>
  listings.some(
    ({ symbol, name, optionType }) =>
      symbol === what.symbol && name === underlying && optionType !== '',
  )

/** What a trader of shares and index options looks at, by the broker's own list. */
function interestsIn(listings: readonly Listing[]): readonly Interest[] {
  return listings.flatMap((listing): readonly Interest[] => {
    const { exchange, symbol } = listing
    const lot = Number(formatDecimal(listing.lotSize))
    const as = (product: ProductWord, typical: number): Interest => ({
      exchange,
      symbol,
      product,
      lot,
      typical,
    })
    const isIndex = listing.name === 'NIFTY' || listing.name === 'BANKNIFTY'
    if (listing.instrumentType === '' && listing.isCautioned) return []
    if (symbol.endsWith('-BE')) return [as('DELIVERY', 60)]
    if (listing.instrumentType === '') return [as('INTRADAY', 40), as('DELIVERY', 25)]
    if (isIndex && listing.optionType !== '') return [as('INTRADAY', 2), as('CARRYFORWARD', 2)]
    return isIndex ? [as('CARRYFORWARD', 1)] : []
  })
}
