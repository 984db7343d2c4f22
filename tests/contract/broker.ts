// What every broker must do, as the engine relies on it. Run on the paper broker and on each real client
// over the wire; a change to the ports is made here first. A suite knows its broker through a `Bench` only:
// the doors of the port, a hand on the market, and a ledger's attempts.
import { expect, it, onTestFinished } from 'vitest'
import { type OrderId, orderId, uniqueOrderId } from '../../src/domain/ids.ts'
import type { Instrument } from '../../src/domain/instrument.ts'
import { NO_QUANTITY, type Price, type Quantity, sum, units } from '../../src/domain/numbers.ts'
import {
  isFinal,
  type OrderReport,
  type Pricing,
  type Product,
  type Side,
} from '../../src/domain/order.ts'
import type { Tag } from '../../src/domain/tag.ts'
import type {
  BrokerReader,
  BrokerWriter,
  FeedEvent,
  OrderStream,
  Reading,
  RecordedAttempt,
} from '../../src/ports.ts'

export interface OrderSketch {
  readonly instrument: Instrument
  readonly side: Side
  readonly quantity: Quantity
  readonly pricing: Pricing
  readonly product: Product
  /** null gives it one that no other order has. */
  readonly tag: Tag | null
}

/** One account of one broker, with the market open and plenty of money, no order and no position. */
export interface Bench {
  readonly reader: BrokerReader
  readonly writer: BrokerWriter
  readonly stream: OrderStream
  /** Traded in lots of 65 and ticks of 0.05, frozen above 1800 units. */
  readonly option: Instrument
  /** What the option trades at; ten ticks to either side are within its circuit limits. */
  readonly last: Price
  /** As the ledger would give it. */
  record(sketch: OrderSketch): RecordedAttempt
  readonly market: {
    setPrice(instrument: Instrument, price: Price): Promise<void>
    /** That much of a resting order trades at its own price, and no more until the price is set. */
    fillPart(order: OrderReport, quantity: Quantity): Promise<void>
  }
  /** Lets everything happen that is under way: at the exchange, on the wire, in the stream. */
  settle(): Promise<void>
  close(): Promise<void>
}

export type MakeBench = () => Promise<Bench>

const LOT = units(65)

const open = async (make: MakeBench): Promise<Bench> => {
  const bench = await make()
  onTestFinished(() => bench.close())
  return bench
}

const ticks = (bench: Bench, count: number): Price =>
  (bench.last + BigInt(count) * bench.option.tick) as Price

const limit = (price: Price): Pricing => ({ kind: 'limit', price })

/** Placed and, unless the test says otherwise, expected to be taken. */
async function place(bench: Bench, some: Partial<OrderSketch>) {
  const attempt = bench.record({
    instrument: bench.option,
    side: 'BUY',
    quantity: LOT,
    pricing: limit(ticks(bench, -4)),
    product: 'INTRADAY',
    tag: null,
    ...some,
  })
  const instrument = some.instrument ?? bench.option
  const outcome = await bench.writer.place({ attempt, instrument })
  await bench.settle()
  return { attempt, outcome, tag: attempt.tag }
}

function told<T>(reading: Reading<T>): T {
  if (reading.kind === 'failed') throw new Error(`${reading.why}: ${reading.evidence}`)
  expect(reading.unreadable).toEqual([])
  return reading.value
}

const bookOf = async (bench: Bench) => told(await bench.reader.orders())

async function findByTag(bench: Bench, tag: Tag): Promise<OrderReport> {
  const found = (await bookOf(bench)).filter((report) => report.tag === tag)
  expect(found).toHaveLength(1)
  return found[0] as OrderReport
}

async function positionIn(bench: Bench, product: Product): Promise<Quantity> {
  const rows = told(await bench.reader.positions()).filter(
    (row) => row.instrument === bench.option.id && row.product === product,
  )
  // Nothing is carried into the day on which it all happens.
  for (const { quantity, today } of rows) expect(today).toBe(quantity)
  return sum(rows.map(({ quantity }) => quantity))
}

const fillsOf = async (bench: Bench, id: OrderId) =>
  told(await bench.reader.fills()).filter((fill) => fill.orderId === id)

// --- orders, fills, positions ----------------------------------------------------------------------

export function describeBroker(make: MakeBench): void {
  it('begins with nothing', async () => {
    const bench = await open(make)
    expect(await bookOf(bench)).toEqual([])
    expect(told(await bench.reader.fills())).toEqual([])
    expect(await positionIn(bench, 'INTRADAY')).toBe(NO_QUANTITY)
  })

  it('takes an order, names it, and shows it under its tag as it was sent', async () => {
    const bench = await open(make)
    const { outcome, tag } = await place(bench, { side: 'SELL', pricing: limit(ticks(bench, 8)) })
    expect(outcome).toMatchObject({ kind: 'accepted' })
    const report = await findByTag(bench, tag)
    expect(report).toMatchObject({
      account: bench.writer.account,
      orderId: outcome.kind === 'accepted' ? outcome.orderId : null,
      instrument: bench.option.id,
      exchange: bench.option.exchange,
      symbol: bench.option.symbol,
      token: bench.option.token,
      side: 'SELL',
      product: 'INTRADAY',
      variety: 'regular',
      pricing: limit(ticks(bench, 8)),
      quantity: LOT,
      filled: NO_QUANTITY,
      averagePrice: null,
      status: 'open',
      source: 'book',
    })
  })

  it('asks for what the attempt asks for, where an exit was cut down below its intent', async () => {
    const bench = await open(make)
    const { option } = bench
    const pricing = limit(ticks(bench, -4))
    const sketch = { instrument: option, side: 'BUY', pricing, product: 'INTRADAY' } as const
    const whole = bench.record({ ...sketch, quantity: (LOT * 2n) as Quantity, tag: null })
    await bench.writer.place({ attempt: { ...whole, quantity: LOT }, instrument: option })
    await bench.settle()
    expect(await findByTag(bench, whole.tag)).toMatchObject({ quantity: LOT })
  })

  it('finds each of several orders by its tag, and by its lasting name', async () => {
    const bench = await open(make)
    const tags: Tag[] = []
    for (let lots = 1n; lots <= 3n; lots++)
      tags.push((await place(bench, { quantity: (LOT * lots) as Quantity })).tag)
    expect((await bookOf(bench)).map(({ tag }) => tag).toSorted()).toEqual(tags.toSorted())
    const second = await findByTag(bench, tags[1] as Tag)
    expect(second.quantity).toBe(LOT * 2n)
    if (second.uniqueOrderId === null) throw new Error('the book gives no lasting name')
    expect(told(await bench.reader.order(second.uniqueOrderId))).toMatchObject({
      tag: second.tag,
      orderId: second.orderId,
      quantity: second.quantity,
      source: 'details',
    })
  })

  it('knows no order by a name that it never gave', async () => {
    const bench = await open(make)
    const unknown = uniqueOrderId('00000000-0000-4000-8000-000000000000')
    expect(told(await bench.reader.order(unknown))).toBeNull()
  })

  it.each<{ side: Side; through: number }>([
    { side: 'BUY', through: 4 },
    { side: 'SELL', through: -4 },
  ])('fills a marketable $side at the market, within its limit', async ({ side, through }) => {
    const bench = await open(make)
    const { tag } = await place(bench, { side, pricing: limit(ticks(bench, through)) })
    const report = await findByTag(bench, tag)
    expect(report).toMatchObject({ status: 'complete', filled: LOT, averagePrice: bench.last })
    const fills = await fillsOf(bench, report.orderId)
    expect(sum(fills.map(({ quantity }) => quantity))).toBe(LOT)
    expect(await positionIn(bench, 'INTRADAY')).toBe(side === 'BUY' ? LOT : -LOT)
  })

  it('lets an order rest until the price reaches it', async () => {
    const bench = await open(make)
    const { tag } = await place(bench, { pricing: limit(ticks(bench, -4)) })
    await bench.market.setPrice(bench.option, ticks(bench, -3))
    await bench.settle()
    expect(await findByTag(bench, tag)).toMatchObject({ status: 'open', filled: NO_QUANTITY })
    await bench.market.setPrice(bench.option, ticks(bench, -4))
    await bench.settle()
    expect(await findByTag(bench, tag)).toMatchObject({
      status: 'complete',
      filled: LOT,
      averagePrice: ticks(bench, -4),
    })
  })

  it('holds a stop back until its trigger is met', async () => {
    const bench = await open(make)
    const pricing: Pricing = {
      kind: 'stopLimit',
      trigger: ticks(bench, 4),
      price: ticks(bench, 8),
    }
    const { tag } = await place(bench, { pricing })
    expect(await findByTag(bench, tag)).toMatchObject({
      pricing,
      status: 'pending',
      filled: NO_QUANTITY,
    })
    await bench.market.setPrice(bench.option, ticks(bench, 5))
    await bench.settle()
    expect(await findByTag(bench, tag)).toMatchObject({
      status: 'complete',
      averagePrice: ticks(bench, 5),
    })
  })

  it('shows a part that filled, and keeps it when the rest is cancelled', async () => {
    const bench = await open(make)
    const { tag } = await place(bench, { quantity: (LOT * 3n) as Quantity })
    await bench.market.fillPart(await findByTag(bench, tag), LOT)
    await bench.settle()
    const partly = await findByTag(bench, tag)
    expect(partly).toMatchObject({
      status: 'open',
      filled: LOT,
      quantity: LOT * 3n,
      averagePrice: ticks(bench, -4),
    })
    expect(await positionIn(bench, 'INTRADAY')).toBe(LOT)
    expect(await bench.writer.cancel(partly)).toMatchObject({ kind: 'accepted' })
    await bench.settle()
    expect(await findByTag(bench, tag)).toMatchObject({ status: 'cancelled', filled: LOT })
    expect(await positionIn(bench, 'INTRADAY')).toBe(LOT)
  })

  it('cancels what rests, for good', async () => {
    const bench = await open(make)
    const { tag } = await place(bench, {})
    expect(await bench.writer.cancel(await findByTag(bench, tag))).toMatchObject({
      kind: 'accepted',
    })
    await bench.settle()
    await bench.market.setPrice(bench.option, ticks(bench, -9))
    await bench.settle()
    expect(await findByTag(bench, tag)).toMatchObject({
      status: 'cancelled',
      filled: NO_QUANTITY,
      averagePrice: null,
    })
    expect(await positionIn(bench, 'INTRADAY')).toBe(NO_QUANTITY)
  })

  it('modifies price and quantity of what rests: still one order under the tag', async () => {
    const bench = await open(make)
    const { tag } = await place(bench, {})
    const before = await findByTag(bench, tag)
    const outcome = await bench.writer.modify({
      ...before,
      instrument: bench.option,
      quantity: (LOT * 2n) as Quantity,
      to: limit(ticks(bench, 4)),
    })
    expect(outcome).toMatchObject({ kind: 'accepted' })
    await bench.settle()
    expect(await findByTag(bench, tag)).toMatchObject({
      status: 'complete',
      pricing: limit(ticks(bench, 4)),
      quantity: LOT * 2n,
      filled: LOT * 2n,
      averagePrice: bench.last,
    })
    expect(await positionIn(bench, 'INTRADAY')).toBe(LOT * 2n)
  })

  it('refuses to cancel or modify an order that it never had', async () => {
    const bench = await open(make)
    const name = { orderId: orderId('990101000000001'), variety: 'regular' } as const
    const pricing = limit(ticks(bench, -4))
    expect(await bench.writer.cancel({ ...name, pricing })).toMatchObject({ kind: 'rejected' })
    const terms = { instrument: bench.option, side: 'BUY', product: 'INTRADAY' } as const
    expect(
      await bench.writer.modify({ ...name, ...terms, pricing, quantity: LOT, to: pricing }),
    ).toMatchObject({ kind: 'rejected' })
    expect(await bookOf(bench)).toEqual([])
  })

  it('changes nothing of an order that is final', async () => {
    const bench = await open(make)
    const { tag } = await place(bench, { pricing: limit(ticks(bench, 4)) })
    const before = await findByTag(bench, tag)
    await bench.writer.cancel(before)
    await bench.settle()
    expect(await findByTag(bench, tag)).toEqual(before)
  })

  it('rejects after acceptance: the order is in the book, with the reason and no fill', async () => {
    const bench = await open(make)
    const frozen = units(1820)
    const { outcome, tag } = await place(bench, {
      quantity: frozen,
      pricing: limit(ticks(bench, 4)),
    })
    expect(outcome).toMatchObject({ kind: 'accepted' })
    const report = await findByTag(bench, tag)
    expect(report).toMatchObject({ status: 'rejected', filled: NO_QUANTITY, averagePrice: null })
    expect(report.text).toMatch(/freeze quantity/i)
    expect(await positionIn(bench, 'INTRADAY')).toBe(NO_QUANTITY)
  })

  it.each<{ what: string; some: (bench: Bench) => Partial<OrderSketch> }>([
    { what: 'part of a lot', some: () => ({ quantity: units(64) }) },
    {
      what: 'a price between two ticks',
      some: (bench) => ({ pricing: limit((bench.last + 1_000_000n) as Price) }),
    },
    { what: 'a tag that is too long', some: () => ({ tag: 'LSABCDEFGHIJKLMNOPQR' as Tag }) },
    { what: 'a product that nobody knows', some: () => ({ product: 'UNKNOWN' }) },
  ])('refuses $what at once, and no book has it', async ({ some }) => {
    const bench = await open(make)
    const { outcome } = await place(bench, some(bench))
    expect(outcome).toMatchObject({ kind: 'rejected', cause: 'validation' })
    expect(await bookOf(bench)).toEqual([])
  })

  it('takes an order with a tag that it has seen as one more order', async () => {
    // Nothing but the ledger keeps an intent from being sent twice: a tag is for finding, not for keeping off.
    const bench = await open(make)
    const { tag } = await place(bench, {})
    const again = await place(bench, { tag })
    expect(again.outcome).toMatchObject({ kind: 'accepted' })
    const reports = (await bookOf(bench)).filter((report) => report.tag === tag)
    expect(new Set(reports.map((report) => report.orderId)).size).toBe(2)
  })

  it('nets what was bought and sold, per product', async () => {
    const bench = await open(make)
    const buy = limit(ticks(bench, 4))
    const sell = limit(ticks(bench, -4))
    await place(bench, { quantity: (LOT * 3n) as Quantity, pricing: buy })
    await place(bench, { quantity: LOT, pricing: buy, product: 'CARRYFORWARD' })
    await place(bench, { side: 'SELL', quantity: (LOT * 2n) as Quantity, pricing: sell })
    expect(await positionIn(bench, 'INTRADAY')).toBe(LOT)
    expect(await positionIn(bench, 'CARRYFORWARD')).toBe(LOT)
    await place(bench, { side: 'SELL', quantity: LOT, pricing: sell })
    expect(await positionIn(bench, 'INTRADAY')).toBe(NO_QUANTITY)
  })

  it('quotes what an instrument trades at', async () => {
    const bench = await open(make)
    await bench.market.setPrice(bench.option, ticks(bench, 2))
    const quotes = told(await bench.reader.quotes([bench.option]))
    expect(quotes.get(bench.option.id)?.last).toBe(ticks(bench, 2))
  })
}

// --- the stream ------------------------------------------------------------------------------------

export function describeOrderStream(make: MakeBench): void {
  it('says that it is connected, then tells what becomes of each order', async () => {
    const bench = await open(make)
    const { events, stop } = await listen(bench)
    const { tag } = await place(bench, {})
    await bench.market.setPrice(bench.option, ticks(bench, -4))
    await bench.settle()
    await stop()
    expect(events[0]).toMatchObject({ kind: 'connected' })
    const reports = reportsOf(events).filter((report) => report.tag === tag)
    expect(reports.length).toBeGreaterThan(1)
    expect(isFinal((reports[0] as OrderReport).status)).toBe(false)
    expect(reports.at(-1)).toMatchObject({
      account: bench.reader.account,
      status: 'complete',
      filled: LOT,
      averagePrice: ticks(bench, -4),
      uniqueOrderId: null,
      source: 'stream',
    })
  })

  it('agrees with the book about what an order came to', async () => {
    const bench = await open(make)
    const { events, stop } = await listen(bench)
    const { tag } = await place(bench, { quantity: (LOT * 2n) as Quantity })
    await bench.market.fillPart(await findByTag(bench, tag), LOT)
    await bench.settle()
    await bench.writer.cancel(await findByTag(bench, tag))
    await bench.settle()
    await stop()
    const { orderId, status, filled, averagePrice } = await findByTag(bench, tag)
    expect(filled).toBe(LOT)
    expect(reportsOf(events).at(-1)).toMatchObject({ orderId, status, filled, averagePrice })
  })
}

async function listen(bench: Bench) {
  const events: FeedEvent[] = []
  const stopping = new AbortController()
  const running = bench.stream.run((event) => events.push(event), stopping.signal)
  await bench.settle()
  return {
    events,
    stop: () => {
      stopping.abort()
      return running
    },
  }
}

const reportsOf = (events: readonly FeedEvent[]): readonly OrderReport[] =>
  events.flatMap((event) => (event.kind === 'order' ? [event.report] : []))
