// Positions that the master converts to another product: no order tells of it. Followers are not converted;
// what must not happen is that copying stops, or that the order that leaves the converted position opens
// the opposite at a follower.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, onTestFinished, test } from 'vitest'
import { NO_QUANTITY, type Quantity, units } from '../../src/domain/numbers.ts'
import type { OrderReport, Product } from '../../src/domain/order.ts'
import type { EngineSettings } from '../../src/domain/settings.ts'
import type { Signal } from '../../src/domain/signal.ts'
import { after, DAY } from '../../src/domain/time.ts'
import type { Context } from '../../src/engine/context.ts'
import { createWatch } from '../../src/engine/watch.ts'
import { openLedger } from '../../src/ledger/open.ts'
import type { BrokerPosition, BrokerReader, EngineEvent } from '../../src/ports.ts'
import { fault } from '../../src/simulator/faults.ts'
import {
  AT,
  CALL,
  entry,
  LOT,
  laneOf,
  MASTER,
  reportOf,
  seededChance,
  still,
  tagMaker,
} from '../ledger/scene.ts'
import {
  type Copier,
  createCopier,
  followerCode,
  MASTER_CODE,
  positionOf,
  trade,
  until,
  WHAT,
} from './copier.ts'

let copier: Copier | undefined
afterEach(async () => {
  await copier?.close()
  copier = undefined
})

const alarms = (events: readonly EngineEvent[]): readonly string[] =>
  events.flatMap((event) => (event.kind === 'alarm' ? [event.text] : []))

test('a position that was converted while Lockstep was down neither delays nor misleads it', async () => {
  copier = await createCopier({ followers: 1 })
  const made = copier
  await made.start()
  trade(made, 'BUY', 100)
  const one = followerCode(1)
  await until(made, 'followed', () => positionOf(made, one) === '100')
  await until(made, 'settled', () => made.ledger().openAttempts(null).length === 0)
  await made.stop()
  const conversion = { ...WHAT, from: 'INTRADAY', to: 'DELIVERY', quantity: 100 } as const
  expect(made.simulator.control.convert({ clientCode: MASTER_CODE, ...conversion })).toBe(true)
  await made.start()
  await until(made, 'told', () => alarms(made.events).some((text) => text.includes('converted')))
  expect(alarms(made.events).filter((text) => text.includes('do not add up'))).toEqual([])

  // The master leaves what it converted; the follower never had it as DELIVERY.
  const leave = { ...WHAT, side: 'SELL', quantity: 100, product: 'DELIVERY' } as const
  made.simulator.control.trade({ clientCode: MASTER_CODE, ...leave })
  const today = () => made.simulator.control.orders({ clientCode: one })
  await until(made, 'seen', () =>
    made.events.some((event) => event.kind === 'signal' && event.signal.product === 'DELIVERY'),
  )
  const signal = made.events.findLast((event) => event.kind === 'signal')
  expect(signal).toMatchObject({ signal: { effect: 'exit', masterBefore: units(100) } })
  // And goes on trading, which is copied at once.
  trade(made, 'BUY', 7)
  await until(made, 'followed again', () => today().some(({ quantity }) => quantity === '7'))
  expect(today().map(({ side, quantity, product }) => `${side} ${quantity} ${product}`)).toEqual([
    'BUY 100 INTRADAY',
    'BUY 7 INTRADAY',
  ])
})

test('a book that is behind what is carried is waited for, and nothing opens the wrong way', async () => {
  copier = await createCopier({ followers: 1 })
  const made = copier
  const carry = { ...WHAT, product: 'DELIVERY', quantity: 50 } as const
  await made.start()
  await made.stop()
  // Bought and half of it sold while Lockstep was down, and the book tells of neither yet.
  made.simulator.control.trade({ clientCode: MASTER_CODE, ...carry, side: 'BUY' })
  made.simulator.control.trade({ clientCode: MASTER_CODE, ...carry, side: 'SELL', quantity: 20 })
  made.simulator.control.addFault({
    fault: fault.staleBook(60_000),
    clientCode: MASTER_CODE,
    route: 'book',
  })
  await made.start()
  await until(made, 'it waits', () => alarms(made.events).some((text) => text.includes('add up')))
  expect(alarms(made.events).join()).toContain('NSE:SBIN-EQ|DELIVERY 30')
  expect(made.events.filter(({ kind }) => kind === 'signal')).toEqual([])
  made.simulator.control.clearFaults()
  const one = followerCode(1)
  await until(made, 'followed', () => positionOf(made, one) === '30')
  const effects = made.events.flatMap((event) =>
    event.kind === 'signal' ? [`${event.signal.side} ${event.signal.effect}`] : [],
  )
  expect(effects).toEqual(['BUY entry', 'SELL exit'])
})

// --- while it runs: the watch alone, on a clock of its own ---------------------------------------

interface Shown {
  readonly product: Product
  readonly quantity: number
  /** All of it, unless it is said. */
  readonly today?: number
}

/** The real watch and ledger over what a broker shows, in which FOLLOWER_1 copied all of it. */
function watching() {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-conversion-'))
  const ledger = openLedger({
    path: join(folder, 'lockstep.db'),
    mode: 'live',
    clock: still,
    chance: seededChance(7),
    command: 'test',
    reserveBytes: 0,
  })
  onTestFinished(() => {
    ledger.close()
    rmSync(folder, { recursive: true })
  })
  let now = AT
  let book: readonly OrderReport[] = []
  let shown: readonly Shown[] = []
  const signals: Signal[] = []
  const events: EngineEvent[] = []
  const read = <T>(value: T) =>
    Promise.resolve({ kind: 'read', value, unreadable: [], at: now } as const)
  const rowOf = ({ product, quantity, today = quantity }: Shown): BrokerPosition => ({
    instrument: CALL,
    product,
    quantity: units(quantity),
    today: units(today),
    lastPrice: null,
  })
  const reader = {
    account: MASTER,
    orders: () => read(book),
    positions: () => read(shown.map(rowOf)),
    holdings: () => read([]),
  } as unknown as BrokerReader
  const context = {
    clock: { ...still, now: () => now },
    ledger,
    settings: { copyOn: 'complete', orderFeed: 'off' } as EngineSettings,
    tell: (event: EngineEvent) => void events.push(event),
  } as unknown as Context
  const nextTag = tagMaker(ledger.engine, seededChance(3))
  const watch = createWatch(
    context,
    { account: MASTER, reader, entriesUpToMs: 60_000 },
    { noteReading: () => undefined },
    {
      isHalted: () => false,
      take(signal) {
        signals.push(signal)
        const isEntry = signal.effect === 'entry'
        const lane = { ...laneOf(1), product: signal.product }
        const decisions = isEntry ? [entry(lane, signal, LOT, [nextTag()])] : []
        ledger.record([{ signal, decisions }], now)
        const evidence = 'as if it had filled'
        if (isEntry) ledger.adjust({ lane, kind: 'adopted', change: LOT, evidence }, now)
      },
    },
  )
  ledger.setBaseline(MASTER, [], AT)
  return {
    signals,
    events,
    async look(afterMs: number, orders: readonly OrderReport[], positions: readonly Shown[]) {
      now = after(now, afterMs)
      book = orders
      shown = positions
      await watch.turn()
    },
  }
}

const bought = reportOf('1')
const sold = reportOf('2', { side: 'SELL', product: 'CARRYFORWARD' })
const intraday = [{ product: 'INTRADAY', quantity: 130 }] as const
const carried = [
  { product: 'INTRADAY', quantity: 0 },
  { product: 'CARRYFORWARD', quantity: 130 },
] as const

test('a conversion during the day is seen twice, told once, and what leaves it opens nothing', async () => {
  const { look, signals, events } = watching()
  await look(0, [], [])
  await look(3000, [bought], intraday)
  await look(31_000, [bought], carried)
  expect(alarms(events)).toEqual([])
  await look(31_000, [bought], carried)
  await look(31_000, [bought], carried)
  expect(alarms(events)).toEqual([
    'it converted NFO:NIFTY24NOV26C25000|CARRYFORWARD 130, NFO:NIFTY24NOV26C25000|INTRADAY -130: followers keep what they hold; convert or close it there by hand',
  ])
  await look(3000, [bought, sold], [])
  expect(signals.map(({ side, effect }) => `${side} ${effect}`)).toEqual(['BUY entry', 'SELL exit'])
  expect(signals.at(-1)?.masterAfter).toBe(NO_QUANTITY)
})

test('one look that is wrong is not believed', async () => {
  const { look, signals, events } = watching()
  await look(0, [], [])
  await look(3000, [bought], intraday)
  await look(31_000, [bought], carried)
  await look(31_000, [bought], intraday)
  await look(31_000, [bought], carried)
  expect(alarms(events)).toEqual([])
  expect(signals).toHaveLength(1)
})

test('control: unseen, what leaves a converted position looks like an opening sale', async () => {
  const { look, signals } = watching()
  await look(0, [], [])
  await look(3000, [bought], intraday)
  await look(3000, [bought, sold], [])
  const last = signals.at(-1)
  expect([last?.effect, last?.masterAfter]).toEqual(['entry', (-130n * (LOT / 65n)) as Quantity])
})

const boughtToCarry = reportOf('3', { product: 'CARRYFORWARD' })
const isCarried = { product: 'CARRYFORWARD', quantity: 130 } as const

test('what the master left on a day that nobody watched is told, since no order tells of it', async () => {
  const { look, events } = watching()
  await look(0, [], [])
  await look(3000, [boughtToCarry], [isCarried])
  expect(alarms(events)).toEqual([])
  await look(DAY, [], [])
  expect(alarms(events)).toEqual([
    'NFO:NIFTY24NOV26C25000|CARRYFORWARD: it holds 0, and 130 was copied: what it left while Lockstep was stopped is in no book any more, and followers still hold it; see lockstep positions, then lockstep flatten FOLLOWER',
  ])
})

test('what it carries into the next day is nothing to tell', async () => {
  const { look, events } = watching()
  await look(0, [], [])
  await look(3000, [boughtToCarry], [isCarried])
  await look(DAY, [], [{ ...isCarried, today: 0 }])
  expect(alarms(events)).toEqual([])
})
