import { describe, expect, it, onTestFinished } from 'vitest'
import { type Journal, JournalUnwritable } from '../../../src/broker/paper/journal.ts'
import { parseMoney, parsePrice, units } from '../../../src/domain/numbers.ts'
import type { Pricing } from '../../../src/domain/order.ts'
import { instant } from '../../../src/domain/time.ts'
import type { BrokerReader, FeedEvent, OrderName, Reading } from '../../../src/ports.ts'
import {
  type AttemptSketch,
  at,
  attemptOf,
  createScene,
  limitAt,
  NIFTY_CALL,
  SBIN,
  type Scene,
} from './kit.ts'

type Account = Omit<ReturnType<Scene['open']>, 'close'>

function set(some: Parameters<typeof createScene>[0] = {}) {
  const scene = createScene(some)
  const account = scene.open()
  onTestFinished(() => {
    account.close()
    scene.dispose()
  })
  return { ...scene, account }
}

const place = ({ writer }: Account, sketch: AttemptSketch = {}) =>
  writer.place({ attempt: attemptOf(sketch), instrument: sketch.instrument ?? NIFTY_CALL })

async function told<T>(reading: Promise<Reading<T>>): Promise<T> {
  const come = await reading
  if (come.kind === 'failed') throw new Error(come.evidence)
  return come.value
}

const bookOf = ({ reader }: { readonly reader: BrokerReader }) => told(reader.orders())
const only = async (account: Account) => {
  const book = await bookOf(account)
  expect(book).toHaveLength(1)
  return book[0] as (typeof book)[number]
}

describe('a quote that is not there', () => {
  it('leaves the order resting, and the next one fills it', async () => {
    const { account, market } = set()
    await place(account, { pricing: { kind: 'market' } })
    market.isReadable = false
    await account.turn()
    expect(await only(account)).toMatchObject({ status: 'pending', filled: 0n })
    market.isReadable = true
    market.last.delete(NIFTY_CALL.id)
    await account.turn()
    expect(await only(account)).toMatchObject({ status: 'pending', filled: 0n })
    market.last.set(NIFTY_CALL.id, parsePrice('0'))
    await account.turn()
    expect(await only(account)).toMatchObject({ status: 'pending', filled: 0n })
    market.last.set(NIFTY_CALL.id, parsePrice('100'))
    await account.turn()
    expect(await only(account)).toMatchObject({ status: 'complete', filled: units(65) })
  })

  it('is not made up by an older one: what changed on the way waits for the next', async () => {
    const { account, market } = set()
    await place(account, { pricing: limitAt('99') })
    await account.turn()
    const order = await only(account)
    market.last.set(NIFTY_CALL.id, parsePrice('98'))
    market.meanwhile = async () => {
      await account.writer.cancel(order)
    }
    await account.turn()
    expect(await only(account)).toMatchObject({ status: 'cancelled', filled: 0n })
  })

  it('is not asked for when nothing waits for it', async () => {
    const { account, market } = set()
    await account.turn()
    expect(market.asked).toBe(0)
  })
})

it('a book that was read shows what has not changed since as one and the same', async () => {
  const { account, market } = set()
  await place(account, { pricing: { kind: 'market' } })
  await account.turn()
  await place(account, { pricing: limitAt('99') })
  const [filled, resting] = await bookOf(account)
  market.last.set(NIFTY_CALL.id, parsePrice('98'))
  await account.turn()
  const [filledStill, filledNow] = await bookOf(account)
  expect(filledStill).toBe(filled)
  expect(filledNow).toMatchObject({ orderId: resting?.orderId, status: 'complete' })
})

describe('what is refused after acceptance', () => {
  const stop = (trigger: string, price: string): Pricing => ({
    kind: 'stopLimit',
    trigger: parsePrice(trigger),
    price: parsePrice(price),
  })

  it.each<{ what: string; sketch: AttemptSketch; text: RegExp; start?: string }>([
    {
      what: 'above the freeze',
      sketch: { quantity: units(1820) },
      text: /freeze quantity of 1800/,
    },
    { what: 'above the circuit', sketch: { pricing: limitAt('150.05') }, text: /circuit/ },
    {
      what: 'below the circuit',
      sketch: { side: 'SELL', pricing: limitAt('49.95') },
      text: /circuit/,
    },
    {
      what: 'a stop behind the market',
      sketch: { pricing: stop('99', '101') },
      text: /trigger is behind/,
    },
    {
      what: 'shares that are not there',
      sketch: { instrument: SBIN, side: 'SELL', product: 'DELIVERY', quantity: units(1) },
      text: /not enough holdings/,
    },
    {
      what: 'an intraday entry after the square-off',
      sketch: {},
      text: /square-off/,
      start: '15:15:00',
    },
  ])('$what', async ({ sketch, text, start }) => {
    const { account, market } = set({ start: at(start ?? '10:00:00') })
    market.circuit = { lower: parsePrice('50'), upper: parsePrice('150') }
    const isShare = sketch.instrument === SBIN
    if (isShare) market.circuit = null
    const outcome = await place(account, isShare ? { pricing: limitAt('800'), ...sketch } : sketch)
    expect(outcome.kind).toBe('accepted')
    await account.turn()
    const report = await only(account)
    expect(report).toMatchObject({ status: 'rejected', filled: 0n })
    expect(report.text).toMatch(text)
  })
})

describe('what is refused at once', () => {
  it.each<{ what: string; sketch: AttemptSketch }>([
    { what: 'part of a lot', sketch: { quantity: units(66) } },
    { what: 'nothing', sketch: { quantity: units(0) } },
    { what: 'less than nothing', sketch: { quantity: units(-65) } },
    { what: 'no price', sketch: { pricing: limitAt('0') } },
    { what: 'a price off the tick', sketch: { pricing: limitAt('99.02') } },
    {
      what: 'a trigger off the tick',
      sketch: { pricing: { kind: 'stopMarket', trigger: parsePrice('101.01') } },
    },
    { what: 'a tag of twenty letters', sketch: { tag: 'LSABCDEFGHIJKLMNOPQR' } },
    { what: 'an unknown product', sketch: { product: 'UNKNOWN' } },
    { what: 'an index', sketch: { instrument: { ...NIFTY_CALL, kind: 'index' } } },
  ])('$what', async ({ sketch }) => {
    const { account } = set()
    expect(await place(account, sketch)).toMatchObject({ kind: 'rejected', cause: 'validation' })
    expect(await bookOf(account)).toEqual([])
  })

  it('what has expired, also when it would have to wait for a day after', async () => {
    const { account } = set({ start: at('2026-12-29 15:45:00') })
    expect(await place(account)).toMatchObject({ kind: 'rejected', cause: 'validation' })
  })

  it('a live order is a bug here, and no order', async () => {
    const { account } = set()
    expect(() => place(account, { mode: 'live' })).toThrow(/live order/)
    expect(await bookOf(account)).toEqual([])
  })
})

describe('the hours of the exchange', () => {
  it('end a DAY order at the close', async () => {
    const { account, clock } = set()
    await place(account)
    await account.turn()
    clock.set(at('15:39:59'))
    await account.turn()
    expect(await only(account)).toMatchObject({ status: 'open' })
    clock.set(at('15:40:00'))
    await account.turn()
    expect(await only(account)).toMatchObject({ status: 'cancelled', filled: 0n })
  })

  it('end it though the price is reached in the very turn', async () => {
    const { account, clock, market } = set()
    await place(account)
    clock.set(at('15:39:59'))
    market.meanwhile = async () => clock.set(at('15:40:00'))
    market.last.set(NIFTY_CALL.id, parsePrice('90'))
    await account.turn()
    await account.turn()
    expect(await only(account)).toMatchObject({ status: 'cancelled', filled: 0n })
  })

  it('are not outlived by a quote that was on its way at midnight', async () => {
    const { account, clock, market } = set({ start: at('23:59:59'), hours: 'ignore' })
    await place(account, { pricing: limitAt('101') })
    market.meanwhile = async () => clock.set(at('2026-12-02 00:00:00'))
    await account.turn()
    expect(await only(account)).toMatchObject({ status: 'pending', filled: 0n })
    await account.turn()
    expect(await bookOf(account)).toEqual([])
  })

  it('make an order of the evening wait for the next opening, over the night', async () => {
    const { account, clock } = set({ start: at('18:00:00') })
    await place(account, { pricing: limitAt('101') })
    await account.turn()
    const evening = await only(account)
    expect(evening).toMatchObject({ status: 'pending', variety: 'afterMarket', filled: 0n })
    clock.set(at('2026-12-02 09:14:00'))
    await account.turn()
    expect(await only(account)).toMatchObject({ status: 'pending', orderId: evening.orderId })
    clock.set(at('2026-12-02 09:15:00'))
    await account.turn()
    expect(await only(account)).toMatchObject({
      status: 'complete',
      day: '2026-12-02',
      orderId: evening.orderId,
      tag: evening.tag,
    })
  })

  it('do not matter when they are ignored', async () => {
    const { account } = set({ start: at('2026-12-06 03:00:00'), hours: 'ignore' })
    await place(account, { pricing: limitAt('101') })
    await account.turn()
    expect(await only(account)).toMatchObject({ status: 'complete' })
  })
})

describe('the turn of the day', () => {
  const buy = (account: Account, sketch: AttemptSketch) =>
    place(account, { pricing: { kind: 'market' }, ...sketch })

  it('squares intraday off some minutes after the last entries, by an order of the broker', async () => {
    const { account, clock, market } = set()
    await buy(account, { quantity: units(130) })
    await buy(account, { product: 'CARRYFORWARD' })
    await account.turn()
    await place(account, { side: 'SELL', pricing: limitAt('105') })
    clock.set(at('15:15:00'))
    market.isReadable = false
    await account.turn()
    expect(await bookOf(account)).toHaveLength(3)
    market.isReadable = true
    market.last.set(NIFTY_CALL.id, parsePrice('97'))
    await account.turn()
    await account.turn()
    const [, , resting, closing, ...others] = await bookOf(account)
    expect(others).toEqual([])
    expect(resting).toMatchObject({ status: 'cancelled', filled: 0n })
    expect(closing).toMatchObject({
      tag: '',
      side: 'SELL',
      status: 'complete',
      filled: units(130),
      averagePrice: parsePrice('97'),
    })
    expect(await told(account.reader.positions())).toEqual([
      expect.objectContaining({ product: 'INTRADAY', quantity: 0n }),
      expect.objectContaining({ product: 'CARRYFORWARD', quantity: units(65) }),
    ])
  })

  it('carries positions, turns delivered shares into holdings, and leaves intraday behind', async () => {
    const { account, clock } = set({ hours: 'ignore' })
    await buy(account, { product: 'CARRYFORWARD', side: 'SELL' })
    await buy(account, { product: 'INTRADAY' })
    await buy(account, { instrument: SBIN, product: 'DELIVERY', quantity: units(10) })
    await account.turn()
    expect(await told(account.reader.holdings())).toEqual([])
    clock.set(at('2026-12-02 09:30:00'))
    await account.turn()
    expect(await bookOf(account)).toEqual([])
    expect(await told(account.reader.fills())).toEqual([])
    expect(await told(account.reader.positions())).toMatchObject([
      { instrument: NIFTY_CALL.id, product: 'CARRYFORWARD', quantity: units(-65) },
    ])
    expect(await told(account.reader.holdings())).toEqual([
      { instrument: SBIN.id, quantity: units(10) },
    ])
  })

  it('lets holdings be sold once', async () => {
    const { account, clock } = set({ hours: 'ignore' })
    await buy(account, { instrument: SBIN, product: 'DELIVERY', quantity: units(10) })
    await account.turn()
    clock.set(at('2026-12-02 09:30:00'))
    const sell = {
      instrument: SBIN,
      product: 'DELIVERY',
      side: 'SELL',
      quantity: units(6),
    } as const
    await buy(account, sell)
    await buy(account, sell)
    await account.turn()
    const statuses = (await bookOf(account)).map(({ status }) => status)
    expect(statuses.toSorted()).toEqual(['complete', 'rejected'])
    clock.set(at('2026-12-03 09:30:00'))
    await account.turn()
    expect(await told(account.reader.holdings())).toEqual([
      { instrument: SBIN.id, quantity: units(4) },
    ])
  })

  it('forgets contracts that have expired', async () => {
    const { account, clock } = set({ start: at('2026-12-29 10:00:00') })
    await buy(account, { product: 'CARRYFORWARD' })
    await account.turn()
    expect(await told(account.reader.positions())).toHaveLength(1)
    clock.set(at('2026-12-30 09:30:00'))
    await account.turn()
    expect(await told(account.reader.positions())).toEqual([])
  })

  it('is over before anybody reads, when the account was closed meanwhile', async () => {
    const scene = createScene()
    onTestFinished(scene.dispose)
    const before = scene.open()
    await place(before)
    before.close()
    scene.clock.set(at('16:00:00'))
    const evening = scene.open()
    expect(await only(evening)).toMatchObject({ status: 'cancelled' })
    evening.close()
    scene.clock.set(at('2026-12-02 09:00:00'))
    const morning = scene.open()
    expect(await bookOf(morning)).toEqual([])
    morning.close()
  })

  it('never gives an order a name again', async () => {
    const { account, clock } = set({ hours: 'ignore' })
    const names = new Set<string>()
    for (const day of ['2026-12-01', '2026-12-02', '2026-12-03']) {
      clock.set(at(`${day} 10:00:00`))
      const outcome = await place(account)
      if (outcome.kind === 'accepted') names.add(outcome.orderId.slice(-6))
    }
    expect([...names]).toEqual(['000001', '000002', '000003'])
  })
})

describe('the money of the real account', () => {
  const buy = (quantity: number, pricing = limitAt('100')): AttemptSketch => ({
    quantity: units(quantity),
    pricing,
  })

  it.each<{ what: string; net: string | null; orders: AttemptSketch[]; rejected: number }>([
    { what: 'is enough to the last rupee', net: '6500', orders: [buy(65)], rejected: 0 },
    { what: 'is a paisa too little', net: '6499.99', orders: [buy(65)], rejected: 1 },
    { what: 'was spent before', net: '12999', orders: [buy(65), buy(65)], rejected: 1 },
    {
      what: 'is kept for an order that rests',
      net: '12934',
      orders: [buy(65, limitAt('99')), buy(65)],
      rejected: 1,
    },
    {
      what: 'came back when it was sold again',
      net: '6500',
      orders: [buy(65), { ...buy(65), side: 'SELL' }, buy(65)],
      rejected: 0,
    },
    {
      what: 'is not asked of what is sold',
      net: '0',
      orders: [{ ...buy(65), side: 'SELL' }],
      rejected: 0,
    },
    {
      what: 'is not asked of what is bought back',
      net: '0',
      orders: [{ ...buy(65), side: 'SELL' }, buy(65)],
      rejected: 0,
    },
    {
      what: 'is not asked of what is bought back in parts',
      net: '0',
      orders: [{ ...buy(130), side: 'SELL' }, buy(65), buy(65)],
      rejected: 0,
    },
    {
      what: 'is asked of the part that is one too many',
      net: '0',
      orders: [{ ...buy(65), side: 'SELL' }, buy(65), buy(65)],
      rejected: 1,
    },
    {
      what: 'is asked of what is bought beyond that',
      net: '0',
      orders: [{ ...buy(65), side: 'SELL' }, buy(130)],
      rejected: 1,
    },
    {
      what: 'is not known to be too little for a margin',
      net: '0',
      orders: [{ instrument: SBIN, quantity: units(1), pricing: limitAt('800') }],
      rejected: 0,
    },
    { what: 'can not be read', net: null, orders: [buy(65)], rejected: 0 },
  ])('$what', async ({ net, orders, rejected }) => {
    const { account, market } = set()
    market.net = net === null ? null : parseMoney(net)
    for (const sketch of orders) {
      await place(account, sketch)
      await account.turn()
    }
    const reports = (await bookOf(account)).filter(({ status }) => status === 'rejected')
    expect(reports).toHaveLength(rejected)
    expect(reports.every(({ text }) => /required 6500.00, available/.test(text))).toBe(true)
  })

  it('is not asked of parts that are bought back at once', async () => {
    const { account, market } = set()
    market.net = parseMoney('0')
    await place(account, { ...buy(130), side: 'SELL' })
    await account.turn()
    for (const sketch of [buy(65), buy(65), buy(65)]) await place(account, sketch)
    await account.turn()
    const ended = (await bookOf(account)).map(({ status }) => status)
    expect(ended).toEqual(['complete', 'complete', 'complete', 'rejected'])
  })
})

describe('a disk that is full', () => {
  it('makes an order unknown, keeps it out of the book, and goes on when there is room', async () => {
    const scene = createScene()
    onTestFinished(scene.dispose)
    const lines: string[] = []
    let isFull = false
    const journal: Journal = {
      append(added) {
        if (isFull) throw new JournalUnwritable(scene.path, { cause: new Error('ENOSPC') })
        lines.push(...added)
      },
      replace: () => undefined,
      close: () => undefined,
    }
    const account = scene.openOn(journal)
    await place(account)
    isFull = true
    expect(await place(account)).toMatchObject({
      kind: 'unknown',
      likely: null,
      evidence: expect.stringContaining('ENOSPC'),
    })
    const events: FeedEvent[] = []
    const stopping = new AbortController()
    const watching = account.stream.run((event) => events.push(event), stopping.signal)
    await account.turn()
    expect(await only(account)).toMatchObject({ status: 'pending' })
    expect(events.map(({ kind }) => kind)).toEqual(['connected', 'unreadable'])
    isFull = false
    await account.turn()
    expect(await only(account)).toMatchObject({ status: 'open' })
    expect(lines).toHaveLength(2)
    stopping.abort()
    await watching
  })
})

describe('the limits', () => {
  it('refuse the tenth write of a second as too fast, and it is in no book', async () => {
    const { account, clock } = set()
    for (let count = 0; count < 9; count++)
      expect(await place(account)).toMatchObject({ kind: 'accepted' })
    expect(await place(account)).toMatchObject({ kind: 'unknown', likely: 'rateLimited' })
    expect(await bookOf(account)).toHaveLength(9)
    clock.set(at('10:00:01'))
    expect(await place(account)).toMatchObject({ kind: 'accepted' })
  })

  it('count cancels too, and go on counting after a restart', async () => {
    const scene = createScene()
    onTestFinished(scene.dispose)
    const before = scene.open()
    for (let count = 0; count < 5; count++) await place(before)
    const [first, second, third, fourth, fifth] = await bookOf(before)
    for (const order of [first, second, third, fourth])
      expect(await before.writer.cancel(order as OrderName)).toMatchObject({ kind: 'accepted' })
    before.close()
    const account = scene.open()
    onTestFinished(account.close)
    expect(await account.writer.cancel(fifth as OrderName)).toMatchObject({
      kind: 'unknown',
      likely: 'rateLimited',
    })
  })
})

describe('the running', () => {
  it('meets the market at once after a write, though the next turn is far', async () => {
    const { account } = set()
    const stopping = new AbortController()
    const filled = new Promise<FeedEvent>((found) => {
      const watching = account.stream.run((event) => {
        if (event.kind === 'order' && event.report.status === 'complete') found(event)
      }, stopping.signal)
      onTestFinished(() => watching)
    })
    const running = account.run(stopping.signal)
    await place(account, { pricing: { kind: 'market' } })
    expect(await filled).toMatchObject({ report: { filled: units(65) } })
    stopping.abort()
    await running
  })

  it('shows a last price beside what is held, and asks for it seldom', async () => {
    const { account, market, clock } = set()
    await place(account, { pricing: { kind: 'market' } })
    await account.turn()
    await account.turn()
    expect(market.asked).toBe(1)
    market.last.set(NIFTY_CALL.id, parsePrice('104'))
    clock.set(instant(at('10:00:00') + 5_000))
    await account.turn()
    expect(market.asked).toBe(2)
    expect(await told(account.reader.positions())).toMatchObject([{ lastPrice: parsePrice('104') }])
  })

  it('reads money and names from the real account', async () => {
    const { account } = set()
    expect(await told(account.reader.profile())).toMatchObject({ name: 'Papa' })
  })
})
