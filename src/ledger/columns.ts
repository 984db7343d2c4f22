// How values of the domain stand in columns, both ways. Amounts are integers, fractions text, a pricing
// three columns; only what is shown and never summed (a reason, a command) is JSON.
import { formatDecimal } from '../domain/numbers.ts'
import type { OrderReport, Pricing } from '../domain/order.ts'

/** One row as the driver gives it: whole numbers are bigint, always. */
export type Row = Readonly<Record<string, bigint | string | null>>

const LARGEST = 2n ** 63n - 1n

/** A number that does not fit a column is refused, never cut. */
export class NumberTooLarge extends RangeError {
  constructor(value: bigint) {
    super(`${formatDecimal(value)} is beyond what the ledger can hold (${formatDecimal(LARGEST)})`)
    this.name = 'NumberTooLarge'
  }
}

export function amount(value: bigint): bigint {
  if (value > LARGEST || value < -LARGEST) throw new NumberTooLarge(value)
  return value
}

export const amountOrNull = (value: bigint | null): bigint | null =>
  value === null ? null : amount(value)

/** An instant, a count or a row number, which are all far below 2^53. */
export const numberOf = (value: bigint | string | null | undefined): number => Number(value)

interface PricingColumns {
  readonly pricing: Pricing['kind']
  readonly limitPrice: bigint | null
  readonly triggerPrice: bigint | null
}

export const pricingColumns = (pricing: Pricing): PricingColumns => ({
  pricing: pricing.kind,
  limitPrice: 'price' in pricing ? amount(pricing.price) : null,
  triggerPrice: 'trigger' in pricing ? amount(pricing.trigger) : null,
})

export const pricingOf = (row: Row): Pricing => {
  const price = row.limit_price === null ? {} : { price: row.limit_price }
  const trigger = row.trigger_price === null ? {} : { trigger: row.trigger_price }
  return { kind: row.pricing, ...trigger, ...price } as unknown as Pricing
}

export const reportColumns = (report: OrderReport) => ({
  account: report.account,
  day: report.day,
  orderId: report.orderId,
  uniqueOrderId: report.uniqueOrderId,
  tag: report.tag,
  instrument: report.instrument,
  exchange: report.exchange,
  symbol: report.symbol,
  token: report.token,
  side: report.side,
  product: report.product,
  variety: report.variety,
  ...pricingColumns(report.pricing),
  quantity: amount(report.quantity),
  filled: amount(report.filled),
  averagePrice: amountOrNull(report.averagePrice),
  status: report.status,
  text: report.text,
  exchangeTime: report.exchangeTime,
  fillTime: report.fillTime,
  source: report.source,
})

export const reportOf = (row: Row): OrderReport =>
  ({
    account: row.account,
    day: row.day,
    orderId: row.order_id,
    uniqueOrderId: row.unique_order_id,
    tag: row.tag,
    instrument: row.instrument,
    exchange: row.exchange,
    symbol: row.symbol,
    token: row.token,
    side: row.side,
    product: row.product,
    variety: row.variety,
    pricing: pricingOf(row),
    quantity: row.quantity,
    filled: row.filled,
    averagePrice: row.average_price,
    status: row.status,
    text: row.text,
    exchangeTime: row.exchange_time === null ? null : numberOf(row.exchange_time),
    fillTime: row.fill_time === null ? null : numberOf(row.fill_time),
    source: row.source,
  }) as unknown as OrderReport

// JSON has no bigint: `{"bigint":"123"}` stands for one, and nothing of ours has such a key.
export const toJson = (value: unknown): string =>
  JSON.stringify(value, (_, part) => (typeof part === 'bigint' ? { bigint: String(part) } : part))

export const fromJson = <T>(text: string): T =>
  JSON.parse(text, (_, part) =>
    typeof part === 'object' && part !== null && typeof part.bigint === 'string'
      ? BigInt(part.bigint)
      : part,
  ) as T
