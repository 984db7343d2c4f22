// The hand of a test, of the demonstration, or of the trader with the broker's own app: what the API
// cannot do, and the truth that the API does not tell. Every method takes one plain object and gives plain
// data back, so that it works the same over the wire.
import { formatDecimal, parsePrice, parseQuantity } from '../domain/numbers.ts'
import type { Side } from '../domain/order.ts'
import { type Account, averageOf, fundsOf, netQuantity } from './account.ts'
import type { Exchange } from './exchange.ts'
import type { FaultRule, Faults } from './faults.ts'
import type { LoggedRequest } from './gateway.ts'
import type { Limits, Violation } from './limits.ts'
import type { Listing } from './listing.ts'
import {
  isStop,
  type OrderWord,
  type PlacedBy,
  type ProductWord,
  type SimulatedOrder,
} from './order.ts'
import type { Sessions } from './sessions.ts'
import type { OrderStreams } from './stream.ts'

interface Whom {
  readonly clientCode: string
}
interface What {
  readonly exchange: string
  readonly symbol: string
}
interface Which extends Whom {
  readonly orderId: string
}
/** `12`, `'12'` or `'101.20'`. */
type Amount = number | string

export interface ManualOrder extends Whom, What {
  readonly side: Side
  readonly quantity: Amount
  readonly product: ProductWord
  /** MARKET unless told otherwise. */
  readonly type?: OrderWord
  readonly price?: Amount
  readonly trigger?: Amount
  /** Of another program that trades for the account; none unless told. */
  readonly tag?: string
}

/** An order as it truly is, wherever the book hides it. */
export interface TrueOrder {
  readonly clientCode: string
  readonly orderId: string
  readonly uniqueOrderId: string
  readonly tag: string
  readonly placedBy: PlacedBy
  readonly exchange: string
  readonly symbol: string
  readonly side: Side
  readonly product: ProductWord
  readonly type: OrderWord
  readonly price: string
  readonly quantity: string
  readonly filled: string
  readonly averagePrice: string
  readonly state: string
  readonly text: string
  readonly placedAt: number
}

export interface TruePosition {
  readonly exchange: string
  readonly symbol: string
  readonly product: ProductWord
  readonly quantity: string
}

export type Control = ReturnType<typeof createControl>

export function createControl(parts: {
  exchange: Exchange
  sessions: Sessions
  streams: OrderStreams
  faults: Faults
  limits: Limits
  requests: readonly LoggedRequest[]
}) {
  const { exchange, sessions, streams, faults, limits } = parts

  function accountOf({ clientCode }: Whom): Account {
    const account = exchange.accounts.get(clientCode)
    if (!account) throw new Error(`nobody is called ${clientCode}`)
    return account
  }

  function listingOf(what: What): Listing {
    const listing = exchange.market.bySymbol(what.exchange, what.symbol)
    if (!listing) throw new Error(`${what.exchange}:${what.symbol} is not listed`)
    return listing
  }

  function orderOf(which: Which): { account: Account; order: SimulatedOrder } {
    const account = accountOf(which)
    const order = exchange.desk.findOrder(account, which.orderId)
    if (!order) throw new Error(`${which.clientCode} has no order ${which.orderId}`)
    return { account, order }
  }

  return {
    /** An order that its owner gives in the broker's own app: no tag, no API, no limits. */
    trade(order: ManualOrder): { orderId: string; uniqueOrderId: string } {
      const type = order.type ?? 'MARKET'
      const placed = exchange.desk.place(
        accountOf(order),
        {
          listing: listingOf(order),
          side: order.side,
          variety: isStop(type) ? 'STOPLOSS' : 'NORMAL',
          type,
          product: order.product,
          duration: 'DAY',
          price: parsePrice(order.price ?? 0),
          trigger: parsePrice(order.trigger ?? 0),
          quantity: parseQuantity(order.quantity),
          tag: order.tag ?? '',
          hasConsent: true,
        },
        'app',
      )
      return { orderId: placed.orderId, uniqueOrderId: placed.uniqueOrderId }
    },

    cancel(which: Which): void {
      const { account, order } = orderOf(which)
      exchange.desk.cancel(account, order)
    },

    modify(
      which: Which & {
        readonly price?: Amount
        readonly trigger?: Amount
        readonly quantity?: Amount
      },
    ): void {
      const { account, order } = orderOf(which)
      exchange.desk.modify(account, order, {
        type: order.type,
        price: which.price === undefined ? order.price : parsePrice(which.price),
        trigger: which.trigger === undefined ? order.trigger : parsePrice(which.trigger),
        quantity: which.quantity === undefined ? order.quantity : parseQuantity(which.quantity),
      })
    },

    /** The exchange trades that much of the order, at its own price unless another is given. */
    fill(which: Which & { readonly quantity: Amount; readonly price?: Amount }): void {
      const { account, order } = orderOf(which)
      const price = which.price === undefined ? null : parsePrice(which.price)
      exchange.desk.fill(account, order, parseQuantity(which.quantity), price)
    },

    /** Risk management rejects an order that was accepted. */
    reject(which: Which & { readonly text: string }): void {
      const { account, order } = orderOf(which)
      exchange.desk.rejectOrder(account, order, which.text)
    },

    /** The account's next orders are accepted, then rejected with these texts. */
    rejectNext({ clientCode, texts }: Whom & { readonly texts: readonly string[] }): void {
      exchange.desk.rejectNext(clientCode, texts)
    },

    movePrice(to: What & { readonly price: Amount }): void {
      exchange.movePrice(listingOf(to), parsePrice(to.price))
    },

    convert(
      conversion: Whom &
        What & {
          readonly from: ProductWord
          readonly to: ProductWord
          readonly quantity: Amount
        },
    ): boolean {
      const { from, to, quantity } = conversion
      const listing = listingOf(conversion)
      return exchange.convert(accountOf(conversion), listing, from, to, parseQuantity(quantity))
    },

    /** The broker closes what is intraday, now. */
    squareOff: (whom: Whom): void => exchange.squareOff(accountOf(whom)),
    block(whom: Whom & { readonly isBlocked: boolean }): void {
      accountOf(whom).isBlocked = whom.isBlocked
    },
    expireSessions: (whom: Whom): void => sessions.expire(accountOf(whom)),
    endSessions: (whom: Whom): void => sessions.logout(accountOf(whom)),
    /** A session without a login, for tests of something else. */
    grantSession: (whom: Whom) => sessions.grant(accountOf(whom), exchange.now()),
    dropStreams: (whom: Whom): void => streams.drop(accountOf(whom)),
    streamCount: (whom: Whom): number => streams.count(accountOf(whom)),

    addFault: (rule: FaultRule): void => faults.add(rule),
    clearFaults: (): void => faults.clear(),
    faultsStruck: () => faults.struck,

    /** All orders of an account, of every day. */
    orders(whom: Whom): readonly TrueOrder[] {
      const owner = accountOf(whom)
      return exchange.desk.journal
        .filter(({ account }) => account === owner)
        .map(({ account, order }) => trueOrder(account, order))
    },

    positions: (whom: Whom): readonly TruePosition[] =>
      accountOf(whom).positions.map((position) => ({
        exchange: position.listing.exchange,
        symbol: position.listing.symbol,
        product: position.product,
        quantity: formatDecimal(netQuantity(position)),
      })),

    funds(whom: Whom): { net: string; used: string; realised: string } {
      const { net, used, realised } = fundsOf(accountOf(whom))
      return {
        net: formatDecimal(net, 2),
        used: formatDecimal(used, 2),
        realised: formatDecimal(realised, 2),
      }
    },

    lastPrice: (what: What): string =>
      formatDecimal(exchange.market.board(listingOf(what)).last, 2),

    /** Tags under which more than one order of an account took effect. There should be none, ever. */
    duplicates(): readonly { clientCode: string; tag: string; orders: number }[] {
      const counts = new Map<string, { clientCode: string; tag: string; orders: number }>()
      for (const { account, order } of exchange.desk.journal) {
        if (order.tag === '' || order.state === 'rejected') continue
        const { clientCode } = account.setting
        const key = `${clientCode} ${order.tag}`
        const known = counts.get(key) ?? { clientCode, tag: order.tag, orders: 0 }
        counts.set(key, { ...known, orders: known.orders + 1 })
      }
      return [...counts.values()].filter(({ orders }) => orders > 1)
    },

    violations: (): readonly Violation[] => limits.violations,
    requests: (): readonly LoggedRequest[] => parts.requests,
  }
}

function trueOrder(account: Account, order: SimulatedOrder): TrueOrder {
  return {
    clientCode: account.setting.clientCode,
    orderId: order.orderId,
    uniqueOrderId: order.uniqueOrderId,
    tag: order.tag,
    placedBy: order.placedBy,
    exchange: order.listing.exchange,
    symbol: order.listing.symbol,
    side: order.side,
    product: order.product,
    type: order.type,
    price: formatDecimal(order.price, 2),
    quantity: formatDecimal(order.quantity),
    filled: formatDecimal(order.filled),
    averagePrice: formatDecimal(averageOf(order.amount, order.filled), 2),
    state: order.state,
    text: order.text,
    placedAt: order.placedAt,
  }
}
