// The three requests that can change something at Angel One. Each is sent once, and its outcome is what
// the evidence says; an order is never sent again from here, whatever happened to it.
import { assert } from '../../domain/assert.ts'
import type { AccountName } from '../../domain/ids.ts'
import { formatDecimal } from '../../domain/numbers.ts'
import type { Pricing } from '../../domain/order.ts'
import type { Outcome } from '../../domain/outcome.ts'
import type { BrokerWriter, OrderName, Placement } from '../../ports.ts'
import { classifyChange, classifyWrite, type Evidence, evidenceOf } from './classify.ts'
import type { Client, WriteRoute } from './client.ts'
import type { Admission, Session } from './session.ts'

interface Deps {
  readonly client: Client
  readonly session: Session
}

const SESSION_WAIT_MS = 7_000

export function createWriter(deps: Deps, account: AccountName): BrokerWriter {
  const { client, session } = deps

  async function send(
    route: WriteRoute,
    body: Readonly<Record<string, string>>,
    classify: (evidence: Evidence) => Outcome,
    mayStillGo: () => boolean = () => true,
  ): Promise<Outcome> {
    // With an open session the request is on its way when this call comes back.
    const token = session.token()
    const admission: Admission =
      token === null ? await session.enter(SESSION_WAIT_MS) : { kind: 'open', token }
    if (admission.kind === 'closed') return notSent(`no session: ${admission.why}`)
    if (token === null && !mayStillGo()) return notSent('nothing may be sent any more')
    const answer = await client.send(route, { token: admission.token, body })
    const outcome = classify(evidenceOf(answer))
    if (outcome.kind === 'notSent' && outcome.cause === 'sessionLost') session.lost(admission.token)
    return outcome
  }

  return {
    account,
    async place(placement) {
      const { attempt, instrument } = placement
      assert(attempt.intent.lane.follower === account, 'an order of another account')
      assert(attempt.intent.lane.instrument === instrument.id, 'an order of another instrument')
      if (attempt.intent.lane.product === 'UNKNOWN')
        return {
          kind: 'rejected',
          cause: 'validation',
          text: 'a product that Angel One has no word for',
          evidence: 'refused before sending',
        }
      return await send('place', orderBody(placement), classifyWrite, placement.mayStillGo)
    },
    cancel: (order) =>
      send('cancel', { variety: varietyOf(order), orderid: order.orderId }, classifyChange),
    modify: (order) =>
      send(
        'modify',
        {
          variety: varietyOf(order),
          orderid: order.orderId,
          producttype: order.product,
          duration: 'DAY',
          ...pricingBody(order.to),
          quantity: formatDecimal(order.quantity),
          tradingsymbol: order.instrument.symbol,
          symboltoken: order.instrument.token,
          exchange: order.instrument.exchange,
        },
        classifyChange,
      ),
  }
}

const notSent = (evidence: string): Outcome => ({ kind: 'notSent', cause: 'sessionLost', evidence })

function orderBody({ attempt, instrument }: Placement): Readonly<Record<string, string>> {
  const { intent, tag, quantity } = attempt
  return {
    variety: isStop(intent.pricing) ? 'STOPLOSS' : 'NORMAL',
    tradingsymbol: instrument.symbol,
    symboltoken: instrument.token,
    transactiontype: intent.side,
    exchange: instrument.exchange,
    producttype: intent.lane.product,
    // IOC is barred for algorithmic orders in part of the market; DAY is good everywhere.
    duration: 'DAY',
    ...pricingBody(intent.pricing),
    // The attempt's, not the intent's: an exit may have been cut down before it was sent.
    quantity: formatDecimal(quantity),
    squareoff: '0',
    stoploss: '0',
    ordertag: tag,
  }
}

/** Numbers go as text: exact, and accepted. */
function pricingBody(pricing: Pricing) {
  return {
    ordertype: ORDER_TYPES[pricing.kind],
    price: 'price' in pricing ? formatDecimal(pricing.price) : '0',
    triggerprice: 'trigger' in pricing ? formatDecimal(pricing.trigger) : '0',
  }
}

const ORDER_TYPES: Readonly<Record<Pricing['kind'], string>> = {
  market: 'MARKET',
  limit: 'LIMIT',
  stopLimit: 'STOPLOSS_LIMIT',
  stopMarket: 'STOPLOSS_MARKET',
}

const isStop = (pricing: Pricing): boolean =>
  pricing.kind === 'stopLimit' || pricing.kind === 'stopMarket'

/** The variety under which the broker knows the order: it must match, or the order isn't found. */
function varietyOf(order: OrderName): string {
  if (order.variety === 'afterMarket') return 'AMO'
  if (order.variety === 'bracket') return 'ROBO'
  return isStop(order.pricing) ? 'STOPLOSS' : 'NORMAL'
}
