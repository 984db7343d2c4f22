import { afterEach, describe, expect, it } from 'vitest'
import { writerOf } from '../../../src/broker/angelone/index.ts'
import { parsePrice, units } from '../../../src/domain/numbers.ts'
import type { Pricing } from '../../../src/domain/order.ts'
import {
  attemptOf,
  CANCEL,
  connectTo,
  LOGIN,
  MODIFY,
  NIFTY_CALL,
  PLACE,
  PLACED,
  refused,
  startLoopback,
  TOKENS,
  told,
} from './kit.ts'
import { hurriedClock } from './simulated.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function writing() {
  const server = await startLoopback()
  cleanups.push(server.stop)
  for (const path of [PLACE, MODIFY, CANCEL]) server.on(path, PLACED)
  const connection = connectTo(server.url, { clock: hurriedClock })
  cleanups.push(() => {
    connection.session.close()
    connection.client.close()
  })
  const sent = () => JSON.parse(server.asked.at(-1)?.body ?? '') as unknown
  return { server, sent, writer: writerOf(connection) }
}

const price = parsePrice('101.20')
const trigger = parsePrice('99.95')
const PRICINGS: readonly [Pricing, object][] = [
  [
    { kind: 'limit', price },
    { variety: 'NORMAL', ordertype: 'LIMIT', price: '101.2', triggerprice: '0' },
  ],
  [{ kind: 'market' }, { variety: 'NORMAL', ordertype: 'MARKET', price: '0', triggerprice: '0' }],
  [
    { kind: 'stopLimit', price, trigger },
    { variety: 'STOPLOSS', ordertype: 'STOPLOSS_LIMIT', price: '101.2', triggerprice: '99.95' },
  ],
  [
    { kind: 'stopMarket', trigger },
    { variety: 'STOPLOSS', ordertype: 'STOPLOSS_MARKET', price: '0', triggerprice: '99.95' },
  ],
]

describe('an order as it is written', () => {
  it.each(PRICINGS)('priced as %o', async (pricing, words) => {
    const { writer, sent } = await writing()
    const attempt = attemptOf(NIFTY_CALL, { pricing, quantity: 130, side: 'SELL' })
    expect(await writer.place({ attempt, instrument: NIFTY_CALL })).toMatchObject({
      kind: 'accepted',
      orderId: '261120000000111',
    })
    expect(sent()).toEqual({
      tradingsymbol: 'NIFTY29DEC26C25000',
      symboltoken: '35040',
      transactiontype: 'SELL',
      exchange: 'NFO',
      producttype: 'INTRADAY',
      duration: 'DAY',
      quantity: '130',
      squareoff: '0',
      stoploss: '0',
      ordertag: 'LSABCDEFGHIJKLMNOPQ',
      ...words,
    })
  })

  it('asks for what the attempt asks for, when that is less than the intent', async () => {
    const { writer, sent } = await writing()
    const attempt = { ...attemptOf(NIFTY_CALL, { quantity: 130 }), quantity: units(65) }
    await writer.place({ attempt, instrument: NIFTY_CALL })
    expect(sent()).toMatchObject({ quantity: '65' })
  })

  it('is cancelled under the variety that the broker knows', async () => {
    const { writer, sent } = await writing()
    const orderId = '261120000000111' as never
    const stop = { kind: 'stopLimit', price, trigger } as const
    await writer.cancel({ orderId, variety: 'regular', pricing: stop })
    expect(sent()).toEqual({ variety: 'STOPLOSS', orderid: '261120000000111' })
    await writer.cancel({ orderId, variety: 'afterMarket', pricing: { kind: 'market' } })
    expect(sent()).toEqual({ variety: 'AMO', orderid: '261120000000111' })
  })

  it('is modified whole', async () => {
    const { writer, sent } = await writing()
    await writer.modify({
      orderId: '261120000000111' as never,
      variety: 'regular',
      pricing: { kind: 'limit', price },
      to: { kind: 'limit', price: trigger },
      quantity: units(65),
      instrument: NIFTY_CALL,
      side: 'BUY',
      product: 'INTRADAY',
    })
    expect(sent()).toEqual({
      variety: 'NORMAL',
      orderid: '261120000000111',
      ordertype: 'LIMIT',
      producttype: 'INTRADAY',
      duration: 'DAY',
      price: '99.95',
      triggerprice: '0',
      quantity: '65',
      tradingsymbol: 'NIFTY29DEC26C25000',
      symboltoken: '35040',
      exchange: 'NFO',
    })
  })

  it('of a product without a word is refused before it is sent', async () => {
    const { writer, server } = await writing()
    const attempt = attemptOf(NIFTY_CALL)
    const unknown = { ...attempt.intent.lane, product: 'UNKNOWN' as const }
    const spoilt = { ...attempt, intent: { ...attempt.intent, lane: unknown } }
    expect(await writer.place({ attempt: spoilt, instrument: NIFTY_CALL })).toMatchObject({
      kind: 'rejected',
    })
    expect(server.asked).toEqual([])
  })

  it('of another instrument than the one recorded is a bug, and is not sent', async () => {
    const { writer, server } = await writing()
    const other = { ...NIFTY_CALL, id: 'NFO:OTHER' as never }
    const attempt = attemptOf(NIFTY_CALL)
    await expect(writer.place({ attempt, instrument: other })).rejects.toThrow('bug')
    expect(server.asked).toEqual([])
  })

  it.each([
    [true, [LOGIN, PLACE], 'accepted'],
    [false, [LOGIN], 'notSent'],
  ])('that waits for a login is sent after it if it still may: %s', async (may, paths, kind) => {
    const { writer, server } = await writing()
    let isHalted = false
    server.on(LOGIN, (_, response) => {
      isHalted = !may
      response.end(told(TOKENS).body)
    })
    const outcome = await writer.place({
      attempt: attemptOf(NIFTY_CALL),
      instrument: NIFTY_CALL,
      mayStillGo: () => !isHalted,
    })
    expect(outcome).toMatchObject({ kind })
    expect(server.asked.map((asked) => asked.path)).toEqual(paths)
  })

  it('without a session is not sent', async () => {
    const { writer, server } = await writing()
    server.on(LOGIN, refused('AB1006', 'Client is blocked'))
    const attempt = attemptOf(NIFTY_CALL)
    expect(await writer.place({ attempt, instrument: NIFTY_CALL })).toMatchObject({
      kind: 'notSent',
      cause: 'sessionLost',
    })
    expect(server.asked.map((asked) => asked.path)).toEqual([LOGIN])
  })
})
