// How far from a price an order may go to be filled at once: the bands by which Angel One turns a MARKET
// order into a LIMIT order. Data, as of March 2026 (angelone.in/news/market-updates, "Market price
// protection on Angel One"). The page has no word on currencies; they get the bands of an index, the
// narrowest of their sort.
import { assertNever } from './assert.ts'
import type { Instrument } from './instrument.ts'
import { type Price, parseDecimal, parsePrice } from './numbers.ts'
import { type Ratio, ratio, ratioOf } from './ratio.ts'

/** As a share of the price: 1/200 is half a per cent. */
export function bandOf(instrument: Instrument, price: Price): Ratio {
  switch (instrument.kind) {
    case 'cash':
    case 'index':
    case 'indexFuture':
    case 'currencyFuture':
      return percent('0.5')
    case 'stockFuture':
    case 'commodityFuture':
      return percent('1')
    case 'indexOption':
    case 'commodityOption':
    case 'currencyOption':
      return percent(byPremium(price, ['20', '10', '5', '2.5']))
    case 'stockOption':
      return percent(byPremium(price, ['40', '20', '10', '5']))
    default:
      return assertNever(instrument.kind)
  }
}

type FourBands = readonly [below10: string, to20: string, to50: string, above: string]

// The page says "< 10, 10-20, 20-50, > 50": a premium of exactly 20 or 50 belongs to the wider band.
function byPremium(price: Price, [below10, to20, to50, above]: FourBands): string {
  if (price < parsePrice('10')) return below10
  if (price <= parsePrice('20')) return to20
  return price <= parsePrice('50') ? to50 : above
}

const percent = (text: string): Ratio => {
  const { over, under } = ratioOf(parseDecimal(text))
  return ratio(over, under * 100n)
}
