// Entries as lines of JSON and back. Numbers go as text, so that they stay exact. What is read is checked
// as strictly as what a broker sends: a line that is not wholly understood is no entry.
import { z } from 'zod'
import { accountName, instrumentId } from '../../domain/ids.ts'
import { EXCHANGES } from '../../domain/instrument.ts'
import { formatDecimal, parsePrice, parseQuantity } from '../../domain/numbers.ts'
import { PRODUCTS, SIDES } from '../../domain/order.ts'
import { instant, tradingDay } from '../../domain/time.ts'
import type { Entry } from './entry.ts'

const price = z.string().transform((text) => parsePrice(text))
const quantity = z.string().transform((text) => parseQuantity(text))
const at = z.number().transform((ms) => instant(ms))
const day = z.string().transform((text) => tradingDay(text))
const number = z.int().positive()
const side = z.enum(SIDES)
const product = z.enum([...PRODUCTS, 'UNKNOWN'])

const pricing = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('market') }),
  z.object({ kind: z.literal('limit'), price }),
  z.object({ kind: z.literal('stopLimit'), trigger: price, price }),
  z.object({ kind: z.literal('stopMarket'), trigger: price }),
])

const instrument = z
  .object({
    exchange: z.enum(EXCHANGES),
    symbol: z.string(),
    token: z.string(),
    underlying: z.string(),
    kind: z.enum([
      'cash',
      'index',
      'indexFuture',
      'stockFuture',
      'commodityFuture',
      'currencyFuture',
      'indexOption',
      'stockOption',
      'commodityOption',
      'currencyOption',
    ]),
    lotSize: quantity,
    tick: price,
    expiry: day.nullable(),
    series: z.string(),
  })
  .transform((row) => ({ id: instrumentId(row.exchange, row.symbol), ...row }))

const move = { number, at }

const entry = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('dayOpened'),
    account: z.string().transform((text) => accountName(text)),
    day,
    nextNumber: number,
    carried: z.array(z.object({ instrument, product, quantity })),
  }),
  z.object({
    kind: z.literal('placed'),
    ...move,
    goodUntil: at,
    isAfterMarket: z.boolean(),
    tag: z.string(),
    instrument,
    side,
    product,
    pricing,
    quantity,
  }),
  z.object({ kind: z.literal('armed'), ...move }),
  z.object({ kind: z.literal('triggered'), ...move }),
  z.object({ kind: z.literal('rested'), ...move }),
  z.object({ kind: z.literal('filled'), ...move, quantity, price }),
  z.object({ kind: z.literal('modified'), ...move, quantity, pricing }),
  z.object({ kind: z.literal('cancelled'), ...move, text: z.string() }),
  z.object({ kind: z.literal('rejected'), ...move, text: z.string() }),
  z.object({ kind: z.literal('squaredOff'), ...move, instrument, side, quantity, price }),
])

export const writeEntry = (written: Entry): string =>
  JSON.stringify(written, (_, value) => (typeof value === 'bigint' ? formatDecimal(value) : value))

/** null is a line that is no entry: torn, or not ours. */
export function readEntry(line: string): Entry | null {
  try {
    return entry.parse(JSON.parse(line))
  } catch {
    return null // cut JSON, a field that is missing, a number or name that is none: all the same here
  }
}
