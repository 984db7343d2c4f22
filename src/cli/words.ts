// The words in which every command speaks of the same thing: a quantity with its sign, a lane, the number
// of an owed exit or of an unknown order, an order of ours.

import { assertNever } from '../domain/assert.ts'
import type { Lane } from '../domain/lane.ts'
import { formatDecimal, type Price, type Quantity, subtract } from '../domain/numbers.ts'
import type { Pricing } from '../domain/order.ts'
import type { Pulse, SeenPrice } from '../domain/pulse.ts'
import { formatInstant, type Instant } from '../domain/time.ts'
import type { OpenQuestion } from '../ports.ts'
import { symbolOf } from '../report/lines.ts'

export const quantityText = (quantity: Quantity): string => formatDecimal(quantity)
export const priceText = (price: Price): string => formatDecimal(price, 2)

/** `10:30:45.123` */
export const clockText = (at: Instant): string => formatInstant(at).slice(11, 23)

/** `NIFTY24NOV26C25000 INTRADAY` */
export const laneText = ({ instrument, product }: Pick<Lane, 'instrument' | 'product'>): string =>
  `${symbolOf(instrument)} ${product}`

/** `100`; `60 of 100` where the master has left the rest meanwhile; of each follower where they differ. */
export function askedText({ signal, now }: Pick<OpenQuestion, 'signal' | 'now'>): string {
  const all = quantityText(signal.quantity)
  const lefts = [...now].map(([name, { left }]) => ({ name, text: quantityText(left) }))
  const [first] = lefts
  if (first === undefined || lefts.every(({ text }) => text === all)) return all
  if (lefts.every(({ text }) => text === first.text)) return `${first.text} of ${all}`
  return `${lefts.map(({ name, text }) => `${text} for ${name}`).join(', ')} of ${all}`
}

/** ` @101.20, now 101.45 (+0.25)`: what the master paid, and what it costs since it asks. */
export function askedPriceText(
  { price, instrument, seenAt }: OpenQuestion['signal'],
  prices: Pulse['prices'],
): string {
  const now = priceSince(prices.get(instrument), seenAt)
  const master = price === null ? '' : ` @${priceText(price)}`
  if (now === null) return `${master}, price now unknown`
  if (price === null) return `, now ${priceText(now)}`
  const difference = subtract(now, price)
  return `${master}, now ${priceText(now)} (${difference < 0n ? '' : '+'}${priceText(difference)})`
}

/** A price from before the question says nothing about it. */
export const priceSince = (seen: SeenPrice | undefined, at: Instant): Price | null =>
  seen !== undefined && seen.at >= at ? seen.last : null

export const owedName = (number: number): string => `E${number}`

export const unknownName = (attempt: number): string => `U${attempt}`

export function pricingText(pricing: Pricing): string {
  switch (pricing.kind) {
    case 'market':
      return 'at the market'
    case 'limit':
      return `limit ${priceText(pricing.price)}`
    case 'stopLimit':
      return `limit ${priceText(pricing.price)} behind ${priceText(pricing.trigger)}`
    case 'stopMarket':
      return `at the market behind ${priceText(pricing.trigger)}`
    default:
      return assertNever(pricing)
  }
}
