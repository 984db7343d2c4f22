// A paper order as everybody else sees it: with the fields, the nulls and the words of a real broker's
// report. Its ids say that they are paper, so that no one can take them for a real order's.

import type { AccountName } from '../../domain/ids.ts'
import { type OrderId, orderId, type UniqueOrderId, uniqueOrderId } from '../../domain/ids.ts'
import { divideRounded, type Price } from '../../domain/numbers.ts'
import type { OrderReport, OrderStatus } from '../../domain/order.ts'
import { dayOf } from '../../domain/time.ts'
import type { PaperOrder, Phase } from './book.ts'
import type { Placed } from './entry.ts'

/** `PAPER-261201-000012`: the day on which it was placed, and its number of the account. */
export const orderIdOf = ({ number, at }: Pick<Placed, 'number' | 'at'>): OrderId =>
  orderId(`PAPER-${dayOf(at).slice(2).replaceAll('-', '')}-${String(number).padStart(6, '0')}`)

/** Other than the order id, of one account alone. */
export const uniqueIdOf = (
  account: AccountName,
  order: Pick<Placed, 'number' | 'at'>,
): UniqueOrderId => uniqueOrderId(`${account}-${orderIdOf(order)}`)

export function reportOf(
  account: AccountName,
  order: PaperOrder,
  source: OrderReport['source'],
): OrderReport {
  const { instrument, filled } = order
  const hasArrived = order.phase !== 'arriving'
  return {
    account,
    day: dayOf(hasArrived ? order.changedAt : order.at),
    orderId: orderIdOf(order),
    uniqueOrderId: source === 'stream' ? null : uniqueIdOf(account, order),
    tag: order.tag,
    instrument: instrument.id,
    exchange: instrument.exchange,
    symbol: instrument.symbol,
    token: instrument.token,
    side: order.side,
    product: order.product,
    variety: order.isAfterMarket && !hasArrived ? 'afterMarket' : 'regular',
    pricing: order.pricing,
    quantity: order.quantity,
    filled,
    averagePrice: filled > 0n ? (divideRounded(order.cost, filled, 'nearest') as Price) : null,
    status: STATUSES[order.phase],
    text: order.text,
    exchangeTime: hasArrived ? order.changedAt : null,
    fillTime: order.filledAt,
    source,
  }
}

const STATUSES: Readonly<Record<Phase, OrderStatus>> = {
  arriving: 'pending',
  waiting: 'pending',
  changed: 'open',
  resting: 'open',
  complete: 'complete',
  cancelled: 'cancelled',
  rejected: 'rejected',
}
