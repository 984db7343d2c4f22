import { describe, expect, it } from 'vitest'
import { type Fault, fault } from '../../src/simulator/faults.ts'
import type { Connection } from '../../src/simulator/stream.ts'
import { createVirtualClient, type Row, type VirtualClient } from './virtual-client.ts'

const ME = 'M100000'

interface Heard {
  readonly texts: { text: string; afterMs: number }[]
  readonly closes: number[]
  readonly connection: Connection | null
  readonly status: number
}

function listen(client: VirtualClient, clientCode = ME, authorization?: string): Heard {
  const { jwt } = client.simulator.control.grantSession({ clientCode })
  const texts: { text: string; afterMs: number }[] = []
  const closes: number[] = []
  const handshake = client.simulator.streams.connect(
    authorization ?? `Bearer ${jwt}`,
    {
      send: (text, afterMs) => texts.push({ text, afterMs }),
      close: () => closes.push(1),
    },
    client.now(),
  )
  return handshake.kind === 'open'
    ? { texts, closes, connection: handshake.connection, status: 101 }
    : { texts, closes, connection: null, status: handshake.status }
}

const framesOf = (heard: Heard): Row[] => heard.texts.map(({ text }) => JSON.parse(text))
const codesOf = (heard: Heard) => framesOf(heard).map((frame) => frame['order-status'])

describe('the order-update stream', () => {
  it('greets with an empty order, then tells every change of one’s own orders', () => {
    const client = createVirtualClient()
    const mine = listen(client)
    const other = listen(client, 'F100001')
    client.place({ price: '815' })
    client.simulator.control.movePrice({ exchange: 'NSE', symbol: 'SBIN-EQ', price: '814' })
    expect(codesOf(mine)).toEqual(['AB00', 'AB09', 'AB01', 'AB05'])
    expect(codesOf(other)).toEqual(['AB00'])
    expect(framesOf(mine)[0]).toMatchObject({ orderData: { orderid: '', status: '' } })
    const [row] = client.rows('book')
    const { uniqueorderid, exchangeorderid, ...streamed } = row ?? {}
    expect(framesOf(mine).at(-1)).toEqual({
      'user-id': ME,
      'status-code': '200',
      'order-status': 'AB05',
      'error-message': '',
      orderData: streamed,
    })
  })

  it.each([
    ['a rejection', { quantity: '100000' }, ['AB09', 'AB03']],
    [
      'a stop',
      {
        ...{ variety: 'STOPLOSS', ordertype: 'STOPLOSS_LIMIT' },
        ...{ triggerprice: '830', price: '831' },
      },
      ['AB09', 'AB10'],
    ],
  ])('has a code for %s', (_what, order, codes) => {
    const client = createVirtualClient()
    const heard = listen(client)
    client.place(order)
    expect(codesOf(heard).slice(1)).toEqual(codes)
  })

  it('tells parts as they fill, and modifications and cancels', () => {
    const client = createVirtualClient({ fills: 'manual' })
    const heard = listen(client)
    client.place({ price: '815' })
    const order = { clientCode: ME, orderId: String(client.rows('book')[0]?.orderid) }
    client.simulator.control.modify({ ...order, price: '816' })
    client.simulator.control.fill({ ...order, quantity: 4 })
    client.simulator.control.cancel(order)
    expect(codesOf(heard).slice(3)).toEqual(['AB04', 'AB01', 'AB01', 'AB02'])
    const words = framesOf(heard)
      .slice(3)
      .map(({ orderData }) => orderData as Row)
      .map(({ status, filledshares }) => `${status} ${filledshares}`)
    expect(words).toEqual(['modified 0', 'open 0', 'open 4', 'cancelled 4'])
  })

  it('tells the master’s orders from the app as well', () => {
    const client = createVirtualClient()
    const heard = listen(client)
    client.simulator.control.trade({
      ...{ clientCode: ME, exchange: 'NSE', symbol: 'SBIN-EQ', side: 'BUY' },
      ...{ quantity: 5, product: 'INTRADAY' },
    })
    expect(framesOf(heard).at(-1)).toMatchObject({
      orderData: { ordertag: '', status: 'complete' },
    })
  })

  it('answers ping with pong, and nothing else', () => {
    const client = createVirtualClient()
    const heard = listen(client)
    heard.connection?.receive('ping')
    heard.connection?.receive('hello')
    expect(heard.texts.slice(1)).toEqual([{ text: 'pong', afterMs: 0 }])
  })

  it('takes three connections of a client, and the fourth when one has gone', () => {
    const client = createVirtualClient()
    const [first] = [listen(client), listen(client), listen(client)]
    expect(listen(client).status).toBe(429)
    expect(listen(client, 'F100001').status).toBe(101)
    first.connection?.left()
    expect(listen(client).status).toBe(101)
  })

  it('knows invalid sessions from expired ones', () => {
    const client = createVirtualClient()
    const { jwt } = client.simulator.control.grantSession({ clientCode: ME })
    client.simulator.control.expireSessions({ clientCode: ME })
    expect(listen(client, ME, `Bearer ${jwt}`).status).toBe(403)
    expect(listen(client, ME, 'Bearer nobody').status).toBe(401)
  })

  it.each([
    ['silent', ['AB00'], 0],
    ['closed', ['AB00'], 1],
    ['goOn', ['AB00', 'AB09', 'AB01', 'AB05'], 0],
  ] as const)('is %s once its session has ended', (streamsAfterSession, codes, closes) => {
    const client = createVirtualClient({ streamsAfterSession })
    const heard = listen(client)
    client.simulator.control.expireSessions({ clientCode: ME })
    client.login()
    client.place({})
    expect(codesOf(heard)).toEqual(codes)
    expect(heard.closes).toHaveLength(closes)
    heard.connection?.receive('ping')
    expect(heard.texts.at(-1)?.text).toBe('pong')
  })

  it('tells nobody what happened while they were away', () => {
    const client = createVirtualClient()
    const heard = listen(client)
    client.simulator.control.dropStreams({ clientCode: ME })
    client.place({})
    expect(heard.closes).toHaveLength(1)
    expect(codesOf(heard)).toEqual(['AB00'])
    expect(codesOf(listen(client))).toEqual(['AB00'])
  })
})

describe('its faults', () => {
  /** What is heard of one order that is placed and fills, with the fault on its last frame. */
  function hear(struck: Fault | null): Heard {
    const client = createVirtualClient()
    const heard = listen(client)
    if (struck) client.simulator.control.addFault({ fault: struck, route: 'frame', nth: 3 })
    client.place({})
    expect(client.simulator.control.faultsStruck()).toHaveLength(struck ? 1 : 0)
    return heard
  }

  it.each([
    ['none', null, ['AB00', 'AB09', 'AB01', 'AB05']],
    ['a frame twice', fault.duplicatedFrame(), ['AB00', 'AB09', 'AB01', 'AB05', 'AB05']],
    ['an old frame after', fault.staleFrame(), ['AB00', 'AB09', 'AB01', 'AB05', 'AB01']],
    ['a greeting with a real order', fault.greetingFrame(), ['AB00', 'AB09', 'AB01', 'AB00']],
    ['a frame that never comes', fault.droppedFrame(), ['AB00', 'AB09', 'AB01']],
  ])('%s', (_what, struck, codes) => {
    expect(codesOf(hear(struck))).toEqual(codes)
  })

  it('a greeting with a real order has the order in it', () => {
    const last = framesOf(hear(fault.greetingFrame())).at(-1)
    expect(last).toMatchObject({ orderData: { status: 'complete', ordertag: 'TAG1' } })
  })

  it('a lie about a fill', () => {
    const client = createVirtualClient()
    const heard = listen(client)
    client.simulator.control.addFault({ fault: fault.lyingFrame(), route: 'frame', nth: 2 })
    client.place({})
    expect(codesOf(heard)).toEqual(['AB00', 'AB09', 'AB05', 'AB05'])
    const { orderData: lie } = framesOf(heard)[2] as { orderData: Record<string, unknown> }
    expect(lie).toMatchObject({
      status: 'complete',
      filledshares: lie.quantity,
      unfilledshares: '0',
    })
  })

  it('a frame that cannot be read', () => {
    const { texts } = hear(fault.unreadableFrame())
    expect(() => JSON.parse(texts.at(-1)?.text ?? '{}')).toThrow(SyntaxError)
  })

  it('a frame that is late', () => {
    expect(hear(fault.lateFrame(4000)).texts.map(({ afterMs }) => afterMs)).toEqual([0, 0, 0, 4000])
  })

  it('a stream that is dead without a close', () => {
    const heard = hear(fault.deadStream())
    heard.connection?.receive('ping')
    expect(codesOf(heard)).toEqual(['AB00', 'AB09', 'AB01'])
    expect(heard.closes).toHaveLength(0)
  })

  it('a stream that is closed', () => {
    expect(hear(fault.closedStream()).closes).toHaveLength(1)
  })

  it.each([401, 403, 429] as const)('a handshake refused with %d, once', (status) => {
    const client = createVirtualClient()
    const rule = { fault: fault.refusedStream(status), route: 'stream', times: 1 } as const
    client.simulator.control.addFault(rule)
    expect(listen(client).status).toBe(status)
    expect(listen(client).status).toBe(101)
  })
})
