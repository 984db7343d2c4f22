// Every fault, shown to do what it says; without it, the same request is the control.
import { describe, expect, it } from 'vitest'
import { after as later } from '../../src/domain/time.ts'
import { type Fault, type FaultRule, fault } from '../../src/simulator/faults.ts'
import { createVirtualClient, LIMIT_BUY, type Row, type VirtualClient } from './virtual-client.ts'

const ME = 'M100000'

function placing(struck: Fault | null): { client: VirtualClient; answer: Row; orders: number } {
  const client = createVirtualClient()
  if (struck) client.simulator.control.addFault({ fault: struck, route: 'place' })
  const answer = client.send('place', LIMIT_BUY) as unknown as Row
  expect(client.simulator.control.faultsStruck()).toHaveLength(struck ? 1 : 0)
  return { client, answer, orders: client.simulator.control.orders({ clientCode: ME }).length }
}

it('without a fault an order is answered, and is there', () => {
  const { answer, orders } = placing(null)
  expect(answer).toMatchObject({ kind: 'reply', status: 200 })
  expect(JSON.parse(String(answer.body)).data).toHaveProperty('orderid')
  expect(orders).toBe(1)
})

describe('placing an order', () => {
  it.each([
    ['a lost request', fault.lostRequest(), { kind: 'silence' }, 0],
    ['a lost reply', fault.lostReply(), { kind: 'silence' }, 1],
    ['a reset before', fault.reset('before'), { kind: 'reset' }, 0],
    ['a reset after', fault.reset('after'), { kind: 'reset' }, 1],
    ['a server error before', fault.serverError('before', 502), { status: 502 }, 0],
    ['a server error after', fault.serverError('after', 503), { status: 503 }, 1],
    [
      'a rate limit in plain text',
      fault.rateLimitText(),
      { status: 403, contentType: 'text/plain', body: expect.stringContaining('access rate') },
      0,
    ],
    ['too many requests', fault.tooMany(), { status: 429 }, 0],
    [
      'a soft limit',
      fault.softLimit(),
      { status: 200, body: expect.stringContaining('AB1021') },
      0,
    ],
    [
      'a page of the firewall',
      fault.blockPage(),
      { status: 200, contentType: 'text/html', body: expect.stringContaining('support ID') },
      0,
    ],
    ['an empty 200 after', fault.emptyBody(200, 'after'), { status: 200, body: '' }, 1],
    ['an empty 400 before', fault.emptyBody(400, 'before'), { status: 400, body: '' }, 0],
    ['an internal error before', fault.internalError('before'), { body: withCode('AB2001') }, 0],
    ['an internal error after', fault.internalError('after'), { body: withCode('AB2001') }, 1],
    ['a token called invalid', fault.invalidToken(), { body: withGatewayCode('AG8001') }, 0],
    ['a token called expired', fault.expiredToken(), { body: withGatewayCode('AG8002') }, 0],
    ['a token called missing', fault.missingToken(), { body: withGatewayCode('AG8003') }, 0],
    ['the same by the service', fault.invalidTokenByService(), { body: withCode('AG8001') }, 0],
    ['a session expired', fault.sessionExpired(), { body: withCode('AB1010') }, 0],
    ['a client not logged in', fault.notLoggedIn(), { body: withCode('AB1011') }, 0],
    [
      'a failure as the documents show it',
      fault.textualFailure('AB1004', 'Something Went Wrong'),
      { body: expect.stringContaining('"status":"false"') },
      0,
    ],
    ['a bare 401', fault.unauthorized(), { status: 401 }, 0],
    ['a 403 that is about the session', fault.forbidden(), { status: 403 }, 0],
    ['an address refused', fault.addressRefused(), { body: withGatewayCode('AG7002') }, 0],
    ['no data in a success', fault.nullData(), { body: withoutData() }, 1],
    ['a body that ends early', fault.cutBody(20), { cutAfterBytes: 20 }, 1],
    ['a slow body', fault.slowBody(10, 50), { pace: { bytes: 10, everyMs: 50 } }, 1],
  ])('%s', (_what, struck, answer, orders) => {
    const result = placing(struck)
    expect(result.answer).toMatchObject(answer)
    expect(result.orders).toBe(orders)
  })

  it('JSON that stops in the middle', () => {
    const { answer, orders } = placing(fault.cutJson())
    expect(() => JSON.parse(String(answer.body))).toThrow(SyntaxError)
    expect(String(answer.body)).toMatch(/^\{"status":true/)
    expect(orders).toBe(1)
  })

  it.each([
    ['before', 3000],
    ['after', 0],
  ] as const)('a delay %s it takes effect', (when, effectAfterMs) => {
    const client = createVirtualClient()
    client.simulator.control.addFault({ fault: fault.delay(3000, when), route: 'place' })
    const start = client.now()
    client.place({})
    expect(client.now() - start).toBe(3000)
    const [order] = client.simulator.control.orders({ clientCode: ME })
    expect((order?.placedAt ?? 0) - start).toBe(effectAfterMs)
  })

  it('two faults together: an hour off, and late', () => {
    const client = createVirtualClient()
    const { control } = client.simulator
    control.addFault({ fault: fault.clockSkew(3_600_000) })
    control.addFault({ fault: fault.delay(500) })
    expect(client.send('place', LIMIT_BUY)).toMatchObject({ date: later(client.now(), 3_600_000) })
  })

  it('what was lost on the way is no call in the broker’s windows', () => {
    const client = createVirtualClient({ limits: 'enforce' })
    client.simulator.control.addFault({ fault: fault.lostRequest(), route: 'book', times: 1 })
    client.send('book')
    expect(client.send('book')).toMatchObject({ status: 200 })
  })
})

describe('reading the book', () => {
  function threeOrders(): VirtualClient {
    const client = createVirtualClient()
    for (const ordertag of ['A', 'B', 'C']) {
      client.place({ ordertag, price: '815' })
      client.pass(10_000)
    }
    return client
  }
  const tagsOf = (client: VirtualClient) => client.rows('book').map((row) => row.ordertag)

  it('without a fault every row is there', () => {
    expect(tagsOf(threeOrders())).toEqual(['A', 'B', 'C'])
  })

  it.each([
    ['a row missing once', fault.missingRow(), ['A', 'B']],
    ['rows in another order', fault.reorderedRows(), ['C', 'B', 'A']],
    ['the book of a while ago', fault.staleBook(15_000), ['A', 'B']],
    ['the book of before all', fault.staleBook(60_000), []],
  ])('%s', (_what, struck, tags) => {
    const client = threeOrders()
    client.simulator.control.addFault({ fault: struck, route: 'book', times: 1 })
    expect(tagsOf(client)).toEqual(tags)
    expect(tagsOf(client)).toEqual(['A', 'B', 'C'])
  })

  it('an old book shows orders as they were', () => {
    const client = threeOrders()
    client.simulator.control.movePrice({ exchange: 'NSE', symbol: 'SBIN-EQ', price: '814' })
    client.pass(1000)
    client.simulator.control.addFault({ fault: fault.staleBook(2000), route: 'book', times: 1 })
    expect(client.rows('book').map((row) => row.status)).toEqual(['open', 'open', 'open'])
    expect(client.rows('book').map((row) => row.status)).toEqual(
      Array.from({ length: 3 }, () => 'complete'),
    )
  })

  it('rows as the published sample has them', () => {
    const client = threeOrders()
    client.simulator.control.addFault({ fault: fault.sampleRows(), route: 'book' })
    expect(client.rows('book')[0]).toMatchObject({
      ...{ orderid: 261123000000001, symboltoken: null, price: '815.00' },
      ...{ triggerprice: '0', strikeprice: '-1', averageprice: '0', quantity: '10' },
    })
  })

  it('a row that cannot be read', () => {
    const client = threeOrders()
    client.simulator.control.addFault({ fault: fault.unreadableRow(), route: 'book' })
    expect(client.rows('book').map((row) => row.quantity)).toEqual(['10', '10', 'many'])
  })
})

describe('when a fault strikes', () => {
  const profile = (rule: Omit<FaultRule, 'fault'>, calls: number, gapMs = 0) => {
    const client = createVirtualClient({ seed: 5 })
    client.simulator.control.addFault({ fault: fault.tooMany(), ...rule })
    return Array.from({ length: calls }, () => {
      const answer = client.send('profile')
      client.pass(gapMs)
      return answer.kind === 'reply' && answer.status === 429 ? '!' : '.'
    }).join('')
  }
  const start = createVirtualClient().now()

  it.each([
    ['always', {}, '!!!!!!!!'],
    ['the third time', { nth: 3 }, '..!.....'],
    ['every third time', { every: 3 }, '..!..!..'],
    ['twice at most', { times: 2 }, '!!......'],
    ['on this route', { route: 'profile' as const }, '!!!!!!!!'],
    ['on one of these routes', { route: ['book', 'profile'] as const }, '!!!!!!!!'],
    ['on another route', { route: 'book' as const }, '........'],
    ['for this client', { clientCode: ME }, '!!!!!!!!'],
    ['for another client', { clientCode: 'F100001' }, '........'],
    ['for a while', { from: later(start, 2000), until: later(start, 5000) }, '..!!!...'],
  ])('%s', (_what, rule, pattern) => {
    expect(profile(rule, 8, 1000)).toBe(pattern)
  })

  it('by chance, the same with the same seed', () => {
    const pattern = profile({ probability: 0.3 }, 200)
    expect(profile({ probability: 0.3 }, 200)).toBe(pattern)
    const share = pattern.replaceAll('.', '').length / 200
    expect(share).toBeGreaterThan(0.2)
    expect(share).toBeLessThan(0.4)
  })

  it('not any more once cleared', () => {
    const client = createVirtualClient()
    client.simulator.control.addFault({ fault: fault.tooMany() })
    client.simulator.control.clearFaults()
    expect(client.send('profile')).toMatchObject({ status: 200 })
  })
})

function withCode(code: string): unknown {
  return expect.stringMatching(
    new RegExp(`^\\{"status":false,.*"errorcode":"${code}","data":null\\}$`),
  )
}

function withGatewayCode(code: string): unknown {
  return expect.stringMatching(
    new RegExp(`^\\{"success":false,.*"errorCode":"${code}","data":""\\}$`),
  )
}

function withoutData(): string {
  return '{"status":true,"message":"SUCCESS","errorcode":"","data":null}'
}
