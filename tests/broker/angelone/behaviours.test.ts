// The thirty hostile behaviours of SmartAPI that traders and developers have met in public, each with
// what the adapter makes of it. Most are played by the simulated broker; the rest by plain answers.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { readerOf, streamOf, writerOf } from '../../../src/broker/angelone/index.ts'
import { loadInstruments } from '../../../src/broker/angelone/instruments.ts'
import { WRITE_WINDOWS } from '../../../src/broker/angelone/limits.ts'
import { pace } from '../../../src/decide/pace.ts'
import { accountName } from '../../../src/domain/ids.ts'
import { parseMoney, parsePrice, units } from '../../../src/domain/numbers.ts'
import type { Tag } from '../../../src/domain/tag.ts'
import { HOUR, type Instant, instant } from '../../../src/domain/time.ts'
import type { FeedEvent, Reading } from '../../../src/ports.ts'
import { type Fault, fault } from '../../../src/simulator/faults.ts'
import type { RunningSimulator } from '../../../src/simulator/server.ts'
import {
  attemptOf,
  BOOK,
  CANCEL,
  connectTo,
  FUNDS,
  HOLDINGS,
  orderRow,
  PLACE,
  PLACED,
  POSITIONS,
  type Reply,
  refused,
  refusedAtGate,
  SBIN,
  startLoopback,
  TRADES,
  told,
} from './kit.ts'
import { hurriedClock, listed, login, startBroker } from './simulated.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function broker(settings: Parameters<typeof startBroker>[0] = {}) {
  const simulator = await startBroker(settings)
  cleanups.push(simulator.stop)
  return { simulator, control: simulator.control, ...loggedIn(simulator) }
}

function loggedIn(simulator: RunningSimulator, some: Parameters<typeof login>[1] = {}) {
  const account = login(simulator, some)
  cleanups.push(account.close)
  return account
}

/** Plain answers on loopback, and the adapter that gets them. */
async function answering(replies: Readonly<Record<string, Reply>>) {
  const server = await startLoopback()
  cleanups.push(server.stop)
  for (const [path, reply] of Object.entries(replies)) server.on(path, reply)
  const connection = connectTo(server.url, { clock: hurriedClock })
  cleanups.push(() => {
    connection.session.close()
    connection.client.close()
  })
  return { server, connection, reader: readerOf(connection), writer: writerOf(connection) }
}

const TAG = 'LSAAAAABEHAVIOURSAX' as Tag
const limit = (price: string) => ({ kind: 'limit', price: parsePrice(price) }) as const
/** Ten shares below the market: it rests. */
const order = (price = '815') => ({
  attempt: attemptOf(SBIN, { pricing: limit(price), quantity: 10, tag: TAG }),
  instrument: SBIN,
})
const read = <T>(reading: Reading<T>): T => {
  if (reading.kind === 'failed') throw new Error(`${reading.why}: ${reading.evidence}`)
  return reading.value
}
const cancelling = {
  orderId: '261120000000111' as never,
  variety: 'regular',
  pricing: limit('815'),
} as const

describe('hostile behaviours', () => {
  it('1: placeOrder hangs; the order is unknown, and found by its tag', async () => {
    const { control, clientCode, writer, reader } = await broker()
    control.addFault({ fault: fault.lostReply(), route: 'place', times: 1 })
    expect(await writer.place(order())).toMatchObject({ kind: 'unknown', likely: null })
    expect(control.orders({ clientCode })).toHaveLength(1)
    expect(read(await reader.orders()).map(({ tag }) => tag)).toEqual([TAG])
  })

  it('1: placeOrder hangs and never arrived; it is as unknown, and the book lacks the tag', async () => {
    const { control, clientCode, writer, reader } = await broker()
    control.addFault({ fault: fault.lostRequest(), route: 'place', times: 1 })
    expect(await writer.place(order())).toMatchObject({ kind: 'unknown', likely: null })
    expect(control.orders({ clientCode })).toEqual([])
    expect(read(await reader.orders())).toEqual([])
  })

  it('2: success with an id, then rejected by risk management', async () => {
    const { control, clientCode, writer, reader } = await broker()
    control.rejectNext({ clientCode, texts: ['RMS:Margin Exceeds'] })
    expect(await writer.place(order())).toMatchObject({ kind: 'accepted' })
    expect(read(await reader.orders())).toMatchObject([
      { tag: TAG, status: 'rejected', filled: 0n, text: expect.stringContaining('Margin Exceeds') },
    ])
  })

  it('3: success with data:null is unknown, since it names no order', async () => {
    const { control, clientCode, writer } = await broker()
    control.addFault({ fault: fault.nullData(), route: 'place', times: 1 })
    expect(await writer.place(order())).toMatchObject({ kind: 'unknown' })
    expect(control.orders({ clientCode })).toHaveLength(1)
  })

  it.each(['before', 'after'] as const)(
    '4: an empty 400 on placing while reads work is unknown (%s it took effect)',
    async (when) => {
      const { control, clientCode, writer, reader } = await broker()
      control.addFault({ fault: fault.emptyBody(400, when), route: 'place' })
      expect(await writer.place(order())).toMatchObject({ kind: 'unknown', likely: null })
      const orders = when === 'before' ? 0 : 1
      expect(control.orders({ clientCode })).toHaveLength(orders)
      expect(read(await reader.orders())).toHaveLength(orders)
    },
  )

  it('5: a 403 of plain text on a JSON endpoint is a rate limit', async () => {
    const { control, reader } = await broker()
    control.addFault({ fault: fault.rateLimitText(), route: 'book', times: 1 })
    expect(await reader.orders()).toMatchObject({ kind: 'failed', why: 'rateLimited' })
    expect(await reader.orders()).toMatchObject({ kind: 'read' })
  })

  it('6: a 403 on the very first call is a limit all the same, and is not tried again from here', async () => {
    const { control, writer } = await broker()
    control.addFault({ fault: fault.rateLimitText(), route: 'place' })
    expect(await writer.place(order())).toMatchObject({ kind: 'unknown', likely: 'rateLimited' })
    const places = control.requests().filter(({ route }) => route === 'place')
    expect(places).toHaveLength(1)
  })

  it.each<[string, Reply, unknown]>([
    [
      '403 of the limit',
      { status: 403, body: 'Access denied because of exceeding access rate' },
      { kind: 'unknown', likely: 'rateLimited' },
    ],
    [
      '403 of the token',
      { status: 403, body: 'Invalid Token' },
      { kind: 'notSent', cause: 'sessionLost' },
    ],
    ['403 of nobody knows', { status: 403, body: 'Forbidden' }, { kind: 'unknown', likely: null }],
    ['429', { status: 429, body: '' }, { kind: 'unknown', likely: 'rateLimited' }],
    ['AB1021', refused('AB1021', 'Too many requests'), { kind: 'unknown', likely: 'rateLimited' }],
  ])('7: 403, 429 and AB1021 are told apart: %s', async (_what, reply, outcome) => {
    const { writer } = await answering({ [PLACE]: reply })
    expect(await writer.place(order())).toMatchObject(outcome as object)
  })

  it.each([200, 403])('8: a page of HTML instead of JSON (status %i)', async (status) => {
    const { control, writer, reader } = await broker()
    control.addFault({ fault: fault.blockPage(status), route: ['place', 'book'] })
    expect(await writer.place(order())).toMatchObject({ kind: 'unknown', likely: null })
    expect(await reader.orders()).toMatchObject({ kind: 'failed', why: 'unreadable' })
  })

  it.each<[string, () => Fault]>([
    ['of the gateway', fault.invalidToken],
    ['of the services', fault.invalidTokenByService],
    ['of the gateway with a 403', fault.forbidden],
  ])('9: both dialects of a refusal are understood: %s', async (_what, said) => {
    const { control, connection, reader } = await broker()
    control.addFault({ fault: said(), route: 'book', times: 1 })
    expect(await reader.orders()).toMatchObject({ kind: 'failed', why: 'sessionLost' })
    expect(connection.session.state()).toMatchObject({ kind: 'closed' })
  })

  it.each<[string, unknown]>([
    ['Invalid order variety', { kind: 'rejected', cause: 'validation' }],
    ['AMX error', { kind: 'unknown' }],
  ])('10: one code, many meanings: AB1007 %s', async (message, outcome) => {
    const { writer } = await answering({ [PLACE]: refused('AB1007', message) })
    expect(await writer.place(order())).toMatchObject(outcome as object)
  })

  it('11: data:null is an empty book', async () => {
    const { reader } = await answering({
      [BOOK]: told(null),
      [TRADES]: told(null),
      [POSITIONS]: told(null),
      [HOLDINGS]: told(null),
    })
    expect(read(await reader.orders())).toEqual([])
    expect(read(await reader.fills())).toEqual([])
    expect(read(await reader.positions())).toEqual([])
    expect(read(await reader.holdings())).toEqual([])
  })

  it('12: texts for numbers, a number for an id, "- 65" for a position', async () => {
    const row = orderRow({ orderid: 201020000000080, price: '101.20', symboltoken: null })
    const position = {
      exchange: 'NFO',
      tradingsymbol: 'NIFTY29DEC26C25000',
      producttype: 'INTRADAY',
      netqty: '- 65',
      netvalue: '- 2235.80',
    }
    const { reader } = await answering({ [BOOK]: told([row]), [POSITIONS]: told([position]) })
    expect(read(await reader.orders())).toMatchObject([
      { orderId: '201020000000080', pricing: limit('101.2') },
    ])
    expect(read(await reader.positions())).toMatchObject([{ quantity: units(-65) }])
  })

  it('13: AG7002 although the address is registered: rejected, reads go on', async () => {
    const { control, writer, reader } = await broker()
    control.addFault({ fault: fault.addressRefused(), route: 'place' })
    expect(await writer.place(order())).toMatchObject({ kind: 'rejected', cause: 'address' })
    expect((await reader.orders()).kind).toBe('read')
  })

  it.each<[string, () => Fault]>([
    ['AG8001', fault.invalidToken],
    ['AG8002', fault.expiredToken],
    ['AG8003', fault.missingToken],
    ['401', fault.unauthorized],
  ])(
    '14: a token that is suddenly invalid (%s): not sent, and a new login begins',
    async (_code, said) => {
      const { control, clientCode, connection, writer } = await broker()
      control.addFault({ fault: said(), route: 'place', times: 1 })
      expect(await writer.place(order())).toMatchObject({ kind: 'notSent', cause: 'sessionLost' })
      expect(connection.session.state()).toMatchObject({ kind: 'closed' })
      expect(control.orders({ clientCode })).toEqual([])
    },
  )

  it.each<[string, () => Fault]>([
    ['AB1010', fault.sessionExpired],
    ['AB1011', fault.notLoggedIn],
  ])('15: the back office forgets a session whose token is good: %s', async (_code, said) => {
    const { control, connection, writer } = await broker()
    control.addFault({ fault: said(), route: 'place', times: 1 })
    expect(await writer.place(order())).toMatchObject({ kind: 'notSent', cause: 'sessionLost' })
    expect(connection.session.state()).toMatchObject({ kind: 'closed' })
  })

  it('16: another login or a logout ends our session: noticed, and nothing is sent by it', async () => {
    const { control, clientCode, connection, reader, writer } = await broker()
    await reader.orders()
    control.endSessions({ clientCode })
    expect(await writer.place(order())).toMatchObject({ kind: 'notSent', cause: 'sessionLost' })
    expect(connection.session.state().kind).toBe('closed')
    expect(control.orders({ clientCode })).toEqual([])
  })

  it('17: a cancel of a dead order is acknowledged: only the book says what became of it', async () => {
    const { control, clientCode, writer, reader } = await broker({ finalOrders: 'acknowledge' })
    control.rejectNext({ clientCode, texts: ['RMS:Rule'] })
    await writer.place(order())
    const [dead] = read(await reader.orders())
    if (!dead) throw new Error('it is in the book')
    expect(await writer.cancel(dead)).toMatchObject({ kind: 'accepted' })
    expect(read(await reader.orders())).toMatchObject([{ status: 'rejected' }])
  })

  it('17: a modify that is acknowledged and not applied: only the book says what became of it', async () => {
    const { control, clientCode, writer, reader } = await broker()
    await writer.place(order())
    const [resting] = read(await reader.orders())
    if (!resting) throw new Error('it is in the book')
    control.addFault({ fault: fault.ignored(), route: 'modify', clientCode })
    const to = { kind: 'limit', price: parsePrice('816') } as const
    const asked = { ...resting, instrument: SBIN, quantity: units(5), to }
    expect(await writer.modify(asked)).toMatchObject({ kind: 'accepted' })
    expect(read(await reader.orders())).toMatchObject([
      { quantity: resting.quantity, pricing: resting.pricing },
    ])
    control.clearFaults()
    expect(await writer.modify(asked)).toMatchObject({ kind: 'accepted' })
    expect(read(await reader.orders())).toMatchObject([{ quantity: units(5), pricing: to }])
  })

  it('17: a success envelope is all that a modify gives: without a number it is unknown', async () => {
    const { writer } = await answering({ [CANCEL]: told(null) })
    expect(await writer.cancel(cancelling)).toMatchObject({ kind: 'unknown' })
  })

  it('18: a partial fill is reported as open', async () => {
    const { control, clientCode, writer, reader } = await broker()
    const outcome = await writer.place(order())
    if (outcome.kind !== 'accepted') throw new Error(outcome.evidence)
    control.fill({ clientCode, orderId: outcome.orderId, quantity: 4 })
    expect(read(await reader.orders())).toMatchObject([{ status: 'open', filled: units(4) }])
  })

  it('19: a greeting frame with a real order in it is that order', async () => {
    const { control, events, next, writer } = await listening()
    control.addFault({ fault: fault.greetingFrame(), route: 'frame' })
    const heard = next('order')
    await writer.place(order())
    await heard
    expect(events.filter(({ kind }) => kind === 'order')[0]).toMatchObject({
      report: { tag: TAG, source: 'stream' },
    })
  })

  it('20: a stream that closes opens again and says so; what it missed is in the book', async () => {
    const { control, clientCode, events, next, writer, reader } = await listening()
    control.addFault({ fault: fault.droppedFrame(), route: 'frame' })
    await writer.place(order())
    const again = next('connected')
    control.dropStreams({ clientCode })
    await again
    expect(events.map(({ kind }) => kind)).toEqual(['connected', 'disconnected', 'connected'])
    expect(read(await reader.orders())).toMatchObject([{ tag: TAG }])
  })

  it('21: an order given in the app is in the book, without a tag', async () => {
    const { control, clientCode, reader } = await broker()
    control.trade({
      clientCode,
      exchange: 'NSE',
      symbol: 'SBIN-EQ',
      side: 'BUY',
      quantity: 3,
      product: 'INTRADAY',
    })
    expect(read(await reader.orders())).toMatchObject([{ tag: '', filled: units(3) }])
  })

  it('22: the AMO variety is never asked for, and an order that became one is seen as such', async () => {
    const { server, writer, reader } = await answering({
      [PLACE]: PLACED,
      [BOOK]: told([
        orderRow({
          variety: 'AMO',
          orderstatus: 'after market order req received',
          filledshares: '0',
        }),
      ]),
    })
    expect(await writer.place(order())).toMatchObject({ kind: 'accepted' })
    expect(JSON.parse(server.asked.at(-1)?.body ?? '')).toMatchObject({ variety: 'NORMAL' })
    expect(read(await reader.orders())).toMatchObject([
      { variety: 'afterMarket', status: 'pending' },
    ])
  })

  it('23: a limit outside the price band is rejected, and sending it again would not help', async () => {
    const { writer } = await broker({ priceProtectionPercent: 1 })
    expect(await writer.place(order('860'))).toMatchObject({
      kind: 'rejected',
      cause: 'validation',
      text: expect.stringContaining('LPP'),
    })
  })

  it('24: a share under surveillance is refused without consent', async () => {
    const { simulator, writer } = await broker()
    const instrument = listed(simulator, /^GENSOL/)
    const attempt = attemptOf(instrument, { pricing: limit('33'), quantity: 1 })
    expect(await writer.place({ attempt, instrument })).toMatchObject({
      kind: 'rejected',
      cause: 'validation',
    })
  })

  it('25: a storm of modifies never exceeds the hour, and leaves room for exits', () => {
    const history: Instant[] = []
    let now = instant(0)
    while (now < HOUR) {
      const answer = pace({ history, windows: WRITE_WINDOWS, now, purpose: 'entry', cost: 1 })
      if (answer.kind === 'go') history.push(now)
      now = answer.kind === 'go' ? instant(now + 100) : answer.until
    }
    expect(history.length).toBe(800)
    const end = instant(HOUR - 1)
    expect(
      pace({ history, windows: WRITE_WINDOWS, now: end, purpose: 'closing', cost: 1 }).kind,
    ).toBe('go')
  })

  it('26: funds are the net, whatever is called available', async () => {
    const funds = { net: '5000.0000', availablecash: '90000.0000', m2mrealized: '0.00' }
    const { reader } = await answering({ [FUNDS]: told(funds) })
    expect(read(await reader.funds())).toEqual({ net: parseMoney('5000'), used: 0n })
  })

  it.each<[string, () => Fault]>([
    ['cut', () => fault.cutBody(2_000)],
    ['refused', () => fault.serverError('before')],
    ['reset', () => fault.reset('before')],
  ])(
    '27: the instrument master is large, late and %s: yesterday’s is used, with a warning',
    async (_what, said) => {
      const { simulator, control } = await broker({ instrumentRows: 3_000 })
      const folder = mkdtempSync(join(tmpdir(), 'lockstep-behaviour-'))
      cleanups.push(() => rmSync(folder, { recursive: true }))
      const load = (afterMs: number) =>
        loadInstruments(
          { clock: { ...hurriedClock, now: () => instant(hurriedClock.now() + afterMs) } },
          {
            url: simulator.urls.instruments,
            folder,
            egress: { localAddress: null, proxyUrl: null },
            tries: 1,
          },
        )
      expect(await load(0)).toMatchObject({ kind: 'ready', warning: null })
      control.addFault({ fault: said(), route: 'instruments' })
      const second = await load(24 * HOUR)
      expect(second).toMatchObject({ kind: 'ready', warning: expect.stringContaining('are used') })
      if (second.kind === 'ready') expect(second.instruments.byId(SBIN.id)).toEqual(SBIN)
    },
  )

  it('28: own trades of a follower mix into its book; ours have our tag', async () => {
    const { control, clientCode, writer, reader } = await broker()
    await writer.place(order())
    const mine = { clientCode, exchange: 'NSE', symbol: 'SBIN-EQ', product: 'INTRADAY' } as const
    control.trade({ ...mine, side: 'BUY', quantity: 3 })
    const tags = read(await reader.orders()).map(({ tag }) => tag)
    expect(tags.toSorted()).toEqual(['', TAG])
  })

  it('29: an order that fills in parts is one order in the book and several fills in the trade book', async () => {
    const { control, clientCode, writer, reader } = await broker()
    const outcome = await writer.place(order())
    if (outcome.kind !== 'accepted') throw new Error(outcome.evidence)
    for (const quantity of [4, 6]) control.fill({ clientCode, orderId: outcome.orderId, quantity })
    expect(read(await reader.orders())).toMatchObject([{ filled: units(10), status: 'complete' }])
    const fills = read(await reader.fills()).map(({ quantity }) => quantity)
    expect(fills.toSorted()).toEqual([units(4), units(6)].toSorted())
  })

  it('30: many accounts behind one machine: a 403 for one is no concern of the others', async () => {
    const { simulator, control, clientCode, writer } = await broker()
    const other = loggedIn(simulator, {
      number: 2,
      name: accountName('FOLLOWER_1'),
      egress: { localAddress: '127.0.0.2' },
    })
    control.addFault({ fault: fault.rateLimitText(), clientCode, route: 'place' })
    const [limited, taken] = await Promise.all([writer.place(order()), other.writer.place(order())])
    expect(limited).toMatchObject({ kind: 'unknown', likely: 'rateLimited' })
    expect(taken).toMatchObject({ kind: 'accepted' })
    const from = new Set(control.requests().map((one) => `${one.clientCode} ${one.request.from}`))
    expect(from).toContain(`${other.clientCode} 127.0.0.2`)
  })
})

it('9: both dialects in one table, as bytes', async () => {
  for (const reply of [
    refused('AG8001', 'Invalid Token'),
    refusedAtGate('AG8001', 'Invalid Token'),
  ]) {
    const { reader } = await answering({ [BOOK]: reply })
    expect(await reader.orders()).toMatchObject({ why: 'sessionLost' })
  }
})

/** A broker, and everything its stream says. */
async function listening() {
  const started = await broker()
  const events: FeedEvent[] = []
  let waiting: { kind: FeedEvent['kind']; found: () => void }[] = []
  const next = (kind: FeedEvent['kind']) =>
    new Promise<void>((found) => {
      waiting.push({ kind, found })
    })
  const stop = new AbortController()
  const stream = streamOf(started.connection, {
    chance: { bytes: () => [0] },
    url: started.simulator.urls.feed,
  })
  const connected = next('connected')
  const running = stream.run((event) => {
    events.push(event)
    for (const one of waiting.filter(({ kind }) => kind === event.kind)) one.found()
    waiting = waiting.filter(({ kind }) => kind !== event.kind)
  }, stop.signal)
  cleanups.push(() => {
    stop.abort()
    return running
  })
  await connected
  return { ...started, events, next }
}
