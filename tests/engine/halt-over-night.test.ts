// What the master does in a halt that outlasts its day is in no book the next morning. The ledger has seen it, and
// it is told before anything of the new day: exits are copied however old they are, entries are missed.
import { afterEach, expect, test, vi } from 'vitest'
import { accountName, instrumentId } from '../../src/domain/ids.ts'
import { formatDecimal } from '../../src/domain/numbers.ts'
import type { Product } from '../../src/domain/order.ts'
import type { RecordedSignal } from '../../src/domain/signal.ts'
import { DAY, dayOf, type TradingDay } from '../../src/domain/time.ts'
import type { EngineEvent } from '../../src/ports.ts'
import {
  type Copier,
  clock,
  createCopier,
  followerCode,
  MASTER_CODE,
  passTime,
  until,
  WHAT,
} from './copier.ts'

vi.setConfig({ testTimeout: 60_000 })

let copier: Copier | undefined
let days = 0
let onTold: (event: EngineEvent) => void = () => undefined
/** All of them take place in the same week, between weekends. */
afterEach(async () => {
  await copier?.close()
  copier = undefined
  passTime(-days * DAY)
  days = 0
})

function pass(count: number): void {
  days += count
  passTime(count * DAY)
}

const CALL = { exchange: 'NFO', symbol: 'NIFTY26JAN2725000CE' } as const
const LANE = {
  follower: accountName('FOLLOWER_1'),
  mode: 'live',
  instrument: instrumentId(CALL.exchange, CALL.symbol),
  product: 'CARRYFORWARD',
} as const

async function started(): Promise<Copier> {
  copier = await createCopier({ followers: 1, tell: (event) => onTold(event) })
  await copier.start()
  await until(copier, 'it watches', () => watched(made()) === 1)
  return copier
}
const made = (): Copier => {
  if (!copier) throw new Error('there is a copier')
  return copier
}

const watched = (of: Copier): number => of.events.filter(({ kind }) => kind === 'watching').length
const held = (of: Copier): bigint => of.ledger().lanePosition(LANE).held
const lots = (quantity: bigint): number => Number(quantity / 100_000_000n) / 65

function buys(
  of: Copier,
  count: number,
  product: Product = 'CARRYFORWARD',
  what = CALL as typeof CALL | typeof WHAT,
): void {
  const quantity = Math.abs(count) * (what === CALL ? 65 : 1)
  const side = count > 0 ? 'BUY' : 'SELL'
  if (product === 'UNKNOWN') throw new Error('the master knows what it trades')
  of.simulator.control.trade({ clientCode: MASTER_CODE, ...what, side, quantity, product })
}

async function halt(of: Copier): Promise<void> {
  of.ledger().steer({ kind: 'halt' }, 'command', clock.now())
  await until(of, 'it stands still', () => of.ledger().openSteering().length === 0)
}

const resume = (of: Copier): void =>
  void of.ledger().steer({ kind: 'resume', follower: null }, 'command', clock.now())

/** So many orders of the day with fills are in the ledger. */
const seen = (of: Copier, count: number) => (): boolean =>
  of
    .ledger()
    .masterOrders(dayOf(clock.now()))
    .filter(({ report }) => report.filled > 0n && report.status === 'complete').length === count

const show = ({ effect, side, quantity, masterBefore, masterAfter, obstacle }: RecordedSignal) =>
  `${effect} ${side} ${formatDecimal(quantity)} ${formatDecimal(masterBefore)} -> ${formatDecimal(masterAfter)}${obstacle === null ? '' : ` ${obstacle}`}`
const told = (of: Copier, day: TradingDay): readonly string[] => of.ledger().signals(day).map(show)
const reasons = (of: Copier, day: TradingDay): readonly string[] =>
  of
    .ledger()
    .signals(day)
    .flatMap(({ id }) => of.ledger().why(id, null))
    .map(({ decision }) =>
      decision?.kind === 'skip' ? decision.reason.kind : String(decision?.kind),
    )
const leftAlarms = (of: Copier): readonly string[] =>
  of.events.flatMap((event) =>
    event.kind === 'alarm' && event.text.includes('it holds') ? [event.text] : [],
  )
const ordersOf = (of: Copier) =>
  of.simulator.control
    .orders({ clientCode: followerCode(1) })
    .map(({ side, filled }) => `${side} ${filled}`)

test('an exit in a halt that outlasts its day is copied the next morning, in the order of things', async () => {
  const of = await started()
  const day = dayOf(clock.now())
  buys(of, 4)
  await until(of, 'followed', () => lots(held(of)) === 4)
  await halt(of)
  buys(of, -1)
  buys(of, -2)
  await until(of, 'read', seen(of, 3))
  pass(1)
  await until(of, 'it watches the next day', () => watched(of) === 2)
  // It doesn't say so of what it is going to tell by itself.
  expect(leftAlarms(of)).toEqual([])
  expect(told(of, day)).toHaveLength(1)
  buys(of, -1)
  await until(of, 'read too', seen(of, 1))
  expect(lots(held(of))).toBe(4)
  resume(of)
  await until(of, 'flat', () => held(of) === 0n)
  expect(told(of, day)).toEqual([
    'entry BUY 260 0 -> 260',
    'exit SELL 65 260 -> 195',
    'exit SELL 130 195 -> 65',
  ])
  expect(told(of, dayOf(clock.now()))).toEqual(['exit SELL 65 65 -> 0'])
  for (const signal of of.ledger().signals(day)) expect(dayOf(signal.filledAt)).toBe(day)
  expect(ordersOf(of).filter((each) => each.startsWith('BUY'))).toEqual(['BUY 260'])
})

test('halted again while that is told, it is told of no order twice', async () => {
  const of = await started()
  const day = dayOf(clock.now())
  buys(of, 4)
  await until(of, 'followed', () => lots(held(of)) === 4)
  await halt(of)
  buys(of, -2)
  await until(of, 'read', seen(of, 2))
  pass(1)
  await until(of, 'it watches the next day', () => watched(of) === 2)
  onTold = (event) => {
    if (event.kind === 'signal') of.ledger().steer({ kind: 'halt' }, 'command', clock.now())
  }
  resume(of)
  await until(of, 'it is told', () => told(of, day).length === 2)
  onTold = () => undefined
  await until(of, 'halted again', () => of.ledger().openSteering().length === 0)
  expect(of.ledger().steering().halted).toBe(true)
  resume(of)
  await until(of, 'half of it is left', () => lots(held(of)) === 2)
  buys(of, -1)
  await until(of, 'a lot is left', () => lots(held(of)) === 1)
  expect([...told(of, day), ...told(of, dayOf(clock.now()))]).toEqual([
    'entry BUY 260 0 -> 260',
    'exit SELL 130 260 -> 130',
    'exit SELL 65 130 -> 65',
  ])
  expect(ordersOf(of)).toEqual(['BUY 260', 'SELL 130', 'SELL 65'])
})

test('an entry in such a halt is missed, and what is sold of it then sells nothing', async () => {
  const of = await started()
  const day = dayOf(clock.now())
  await halt(of)
  buys(of, 2)
  await until(of, 'read', seen(of, 1))
  pass(1)
  await until(of, 'it watches the next day', () => watched(of) === 2)
  buys(of, -2)
  await until(of, 'read too', seen(of, 1))
  resume(of)
  await until(of, 'all is told', () => told(of, dayOf(clock.now())).length === 1)
  expect([...told(of, day), ...told(of, dayOf(clock.now()))]).toEqual([
    'entry BUY 130 0 -> 130',
    'exit SELL 130 130 -> 0',
  ])
  expect(reasons(of, day)).toEqual(['missed'])
  expect(ordersOf(of)).toEqual([])
})

test('what the program saw in a halt and ended before it told is told by the next start', async () => {
  const of = await started()
  const day = dayOf(clock.now())
  buys(of, 2)
  await until(of, 'followed', () => lots(held(of)) === 2)
  await halt(of)
  buys(of, -1)
  await until(of, 'read', seen(of, 2))
  await of.stop()
  // While nobody looks: of this nothing is known but what is shown the next morning.
  buys(of, 3)
  pass(2)
  await of.start()
  await until(of, 'it watches again', () => watched(of) === 2)
  resume(of)
  await until(of, 'half of it is left', () => lots(held(of)) === 1)
  expect(told(of, day)).toEqual(['entry BUY 130 0 -> 130', 'exit SELL 65 325 -> 260'])
  expect(of.ledger().masterOrdersUntold(dayOf(clock.now()))).toEqual([])
})

test('intraday of a day that is over is told and moves nothing', async () => {
  const of = await started()
  const day = dayOf(clock.now())
  buys(of, 10, 'INTRADAY', WHAT)
  await until(of, 'followed', () => ordersOf(of).join() === 'BUY 10')
  await halt(of)
  // As the broker squares it off.
  buys(of, -10, 'INTRADAY', WHAT)
  await until(of, 'read', seen(of, 2))
  pass(1)
  await until(of, 'it watches the next day', () => watched(of) === 2)
  resume(of)
  await until(of, 'it is told', () => told(of, day).length === 2)
  expect(told(of, day)).toEqual(['entry BUY 10 0 -> 10', 'exit SELL 10 10 -> 0 endedWithItsDay'])
  expect(reasons(of, day)).toEqual(['entry', 'endedWithItsDay'])
  buys(of, 5, 'INTRADAY', WHAT)
  await until(of, 'what is new is copied', () => ordersOf(of).length === 2)
  expect(ordersOf(of)).toEqual(['BUY 10', 'BUY 5'])
  expect(told(of, dayOf(clock.now()))).toEqual(['entry BUY 5 0 -> 5'])
})

test('what an open order had filled when the program ended is told by the next start, without any halt', async () => {
  const of = await started()
  const day = dayOf(clock.now())
  buys(of, 4)
  await until(of, 'followed', () => lots(held(of)) === 4)
  const { control } = of.simulator
  const rests = { ...CALL, product: 'CARRYFORWARD', type: 'LIMIT', price: 110 } as const
  control.trade({ clientCode: MASTER_CODE, ...rests, side: 'SELL', quantity: 4 * 65 })
  const resting = control.orders({ clientCode: MASTER_CODE }).find(({ side }) => side === 'SELL')
  control.fill({ clientCode: MASTER_CODE, orderId: String(resting?.orderId), quantity: 65 })
  const isSeen = () =>
    of
      .ledger()
      .masterOrders(day)
      .some(({ report }) => report.side === 'SELL' && report.filled > 0n)
  await until(of, 'read', isSeen)
  await of.stop()
  pass(1)
  await of.start()
  await until(of, 'its part is left', () => lots(held(of)) === 3)
  expect(told(of, day)).toEqual(['entry BUY 260 0 -> 260', 'exit SELL 65 260 -> 195'])
})
