import { afterEach, expect, test } from 'vitest'
import { accountName, instrumentId } from '../../src/domain/ids.ts'
import type { Command } from '../../src/domain/steering.ts'
import { dayOf } from '../../src/domain/time.ts'
import { fault } from '../../src/simulator/faults.ts'
import {
  type Copier,
  clock,
  createCopier,
  followerCode,
  MASTER_CODE,
  positionOf,
  trade,
  until,
} from './copier.ts'

let copier: Copier | undefined
afterEach(async () => {
  await copier?.close()
  copier = undefined
})

const ONE = followerCode(1)
const TWO = followerCode(2)

async function following(yaml = '', quantity = 100): Promise<Copier> {
  copier = await createCopier({ yaml })
  await copier.start()
  trade(copier, 'BUY', quantity)
  return copier
}

const steer = (of: Copier, command: Command): void => {
  of.ledger().steer(command, 'command', clock.now())
}

test('pause lets no entry through and every exit, resume lets both', async () => {
  const made = await following()
  await until(
    made,
    'both followed',
    () => positionOf(made, ONE) === '100' && positionOf(made, TWO) === '100',
  )
  steer(made, { kind: 'pause', follower: accountName('FOLLOWER_1') })
  trade(made, 'BUY', 50)
  await until(made, 'the other followed', () => positionOf(made, TWO) === '150')
  trade(made, 'SELL', 150)
  await until(
    made,
    'both are flat',
    () => positionOf(made, ONE) === '0' && positionOf(made, TWO) === '0',
  )
  steer(made, { kind: 'resume', follower: accountName('FOLLOWER_1') })
  trade(made, 'BUY', 10)
  await until(
    made,
    'both follow again',
    () => positionOf(made, ONE) === '10' && positionOf(made, TWO) === '10',
  )
  const bought = made.simulator.control
    .orders({ clientCode: ONE })
    .filter(({ side }) => side === 'BUY')
  expect(bought.map(({ quantity }) => quantity)).toEqual(['100', '10'])
})

test('in a halt nothing is sent but what is flattened; what waited is done after it', async () => {
  const made = await following()
  await until(
    made,
    'both followed',
    () => positionOf(made, ONE) === '100' && positionOf(made, TWO) === '100',
  )
  steer(made, { kind: 'halt' })
  await until(made, 'it is obeyed', () => made.ledger().openSteering().length === 0)
  trade(made, 'SELL', 100)
  steer(made, { kind: 'flatten', follower: accountName('FOLLOWER_1') })
  await until(made, 'the flattened one is flat', () => positionOf(made, ONE) === '0')
  expect(positionOf(made, TWO)).toBe('100')
  steer(made, { kind: 'resume', follower: null })
  await until(made, 'the other is flat too', () => positionOf(made, TWO) === '0')
  expect(made.simulator.control.orders({ clientCode: ONE })).toHaveLength(2)
  expect(made.simulator.control.duplicates()).toEqual([])
})

test('what the stream alone has shown, in a halt, is told before what it tells after it', async () => {
  copier = await createCopier({ yaml: 'poll: 60s\n' })
  const made = copier
  const { control } = made.simulator
  await made.start()
  await until(made, 'it watches', () => made.events.some(({ kind }) => kind === 'watching'))
  steer(made, { kind: 'halt' })
  await until(made, 'it is obeyed', () => made.ledger().openSteering().length === 0)
  // Of the first order its end alone is heard, and the book that shows it comes late.
  const of = { clientCode: MASTER_CODE }
  control.addFault({ ...of, fault: fault.delay(3000, 'after'), route: 'book' })
  control.addFault({ ...of, fault: fault.droppedFrame(), route: 'frame', times: 2 })
  const readings = (): number =>
    control.requests().filter(({ route, clientCode }) => {
      return route === 'book' && clientCode === MASTER_CODE
    }).length
  const before = readings()
  trade(made, 'BUY', 100)
  await until(made, 'it is heard', () => readings() > before)
  steer(made, { kind: 'resume', follower: null })
  await until(made, 'it is obeyed', () => made.ledger().openSteering().length === 0)
  trade(made, 'SELL', 60)
  const told = (): readonly string[] =>
    made
      .ledger()
      .signals(dayOf(clock.now()))
      .map(({ effect, side }) => `${effect} ${side}`)
  await until(made, 'all is told', () => told().length === 2)
  expect(told()).toEqual(['entry BUY', 'exit SELL'])
})

test('what filled in a halt is told before what the stream tells after it', async () => {
  copier = await createCopier({})
  const made = copier
  await made.start()
  await until(made, 'it watches', () => made.events.some(({ kind }) => kind === 'watching'))
  steer(made, { kind: 'halt' })
  await until(made, 'it is obeyed', () => made.ledger().openSteering().length === 0)
  trade(made, 'BUY', 100)
  const day = dayOf(clock.now())
  const isRead = () =>
    made
      .ledger()
      .masterOrders(day)
      .some(({ report }) => report.filled > 0n)
  await until(made, 'the book is read', isRead)
  // The stream is faster than the next reading of the book, by far.
  made.simulator.control.addFault({
    fault: fault.delay(3000, 'after'),
    clientCode: MASTER_CODE,
    route: 'book',
  })
  const readings = (): number =>
    made.simulator.control
      .requests()
      .filter(({ route, clientCode }) => route === 'book' && clientCode === MASTER_CODE).length
  const before = readings()
  await until(made, 'a slow reading is under way', () => readings() > before)
  steer(made, { kind: 'resume', follower: null })
  await until(made, 'it is obeyed', () => made.ledger().openSteering().length === 0)
  trade(made, 'SELL', 60)
  await until(made, 'all is told', () => made.ledger().signals(day).length === 2)
  const told = made
    .ledger()
    .signals(day)
    .map(({ effect, side }) => `${effect} ${side}`)
  expect(told).toEqual(['entry BUY', 'exit SELL'])
  made.simulator.control.clearFaults()
  await until(made, 'the rest', () => positionOf(made, ONE) === '40')
  // Nobody was ever short of what the master never was short of.
  const sides = made.simulator.control.orders({ clientCode: ONE }).map(({ side }) => side)
  expect(sides).toEqual(['BUY', 'SELL'])
})

test('with confirm each entry asks first: a yes copies, a no does not, exits need neither', async () => {
  const made = await following('followers:\n  FOLLOWER_1: { confirm: entries }\n')
  await until(made, 'it asks', () => made.ledger().undecided().length === 1)
  const [question] = made.ledger().undecided()
  expect(question?.followers).toEqual(['FOLLOWER_1'])
  expect(positionOf(made, ONE)).toBe('0')
  if (question) steer(made, { kind: 'approve', signal: question.signal.id, followers: null })
  await until(
    made,
    'both followed',
    () => positionOf(made, ONE) === '100' && positionOf(made, TWO) === '100',
  )
  trade(made, 'BUY', 50)
  await until(made, 'it asks again', () => made.ledger().undecided().length === 1)
  const [second] = made.ledger().undecided()
  if (second) steer(made, { kind: 'reject', signal: second.signal.id })
  await until(made, 'it is answered', () => made.ledger().undecided().length === 0)
  trade(made, 'SELL', 150)
  await until(
    made,
    'both are flat',
    () => positionOf(made, ONE) === '0' && positionOf(made, TWO) === '0',
  )
  const [story] = second ? made.ledger().why(second.signal.id, accountName('FOLLOWER_1')) : []
  expect(story?.decision).toMatchObject({ kind: 'skip', reason: { kind: 'declined' } })
})

test('an entry that the master has left before the yes is not opened', async () => {
  const made = await following('followers:\n  FOLLOWER_1: { confirm: entries }\n')
  await until(made, 'it asks', () => made.ledger().undecided().length === 1)
  const [question] = made.ledger().undecided()
  trade(made, 'SELL', 100)
  await until(made, 'the question is over', () => made.ledger().undecided().length === 0)
  if (question) steer(made, { kind: 'approve', signal: question.signal.id, followers: null })
  await until(made, 'the yes is heard', () => made.ledger().openSteering().length === 0)
  await until(made, 'the other is flat', () => positionOf(made, TWO) === '0')
  expect(made.simulator.control.orders({ clientCode: ONE })).toEqual([])
})

test('what is on its way out is not dismissed, and who says so hears that', async () => {
  const made = await following()
  await until(made, 'followed', () => positionOf(made, ONE) === '100')
  const once = { clientCode: ONE, route: 'place', times: 1, from: clock.now() } as const
  made.simulator.control.addFault({ ...once, fault: fault.delay(2000) })
  trade(made, 'SELL', 100)
  const isOnItsWay = () =>
    made
      .ledger()
      .openAttempts(accountName('FOLLOWER_1'))
      .some(({ attempt, state }) => attempt.intent.role === 'exit' && state.kind === 'sending')
  await until(made, 'the exit is on its way', isOnItsWay)
  const lane = {
    follower: accountName('FOLLOWER_1'),
    mode: 'live',
    instrument: instrumentId('NSE', 'SBIN-EQ'),
    product: 'INTRADAY',
  } as const
  const number = made.ledger().steer({ kind: 'dismiss', lane }, 'command', clock.now())
  await until(made, 'heard', () => made.ledger().answerTo(number) !== null)
  expect(made.ledger().answerTo(number)).toMatchObject({ kind: 'refused' })
  expect(isOnItsWay()).toBe(true)
  await until(made, 'flat', () => made.ledger().lanePosition(lane).held === 0n)
  expect(positionOf(made, ONE)).toBe('0')
})
