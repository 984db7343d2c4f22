// Orders of which nobody heard: what proves that they never were, also after a restart, and what the trader's
// word settles where nothing does. Time is passed on, not waited for.
import { afterEach, expect, test, vi } from 'vitest'
import type { OrderId } from '../../src/domain/ids.ts'
import type { Answer } from '../../src/domain/steering.ts'
import { after } from '../../src/domain/time.ts'
import { type Fault, fault } from '../../src/simulator/faults.ts'
import {
  type Copier,
  clock,
  createCopier,
  followerCode,
  passTime,
  positionOf,
  trade,
  until,
  WHAT,
} from './copier.ts'

// Several starts of an engine each, on a machine that may be busy.
vi.setConfig({ testTimeout: 90_000 })

let copier: Copier | undefined
afterEach(async () => {
  await copier?.close()
  copier = undefined
})

const ONE = followerCode(1)

async function started(): Promise<Copier> {
  copier = await createCopier({ followers: 1 })
  await copier.start()
  return copier
}

/** The next order of the follower never reaches the broker, and nobody says so. */
const loseNextOrder = (of: Copier): void =>
  of.simulator.control.addFault({
    fault: fault.lostRequest(),
    clientCode: ONE,
    route: 'place',
    times: 1,
    from: clock.now(),
  })

const byHand = (of: Copier, side: 'BUY' | 'SELL', quantity: number): void => {
  const order = { ...WHAT, side, quantity, product: 'INTRADAY' } as const
  of.simulator.control.trade({ clientCode: ONE, ...order })
}

const statesOf = (of: Copier): readonly string[] =>
  of
    .ledger()
    .openAttempts(null)
    .map(({ state }) => state.kind)

const isUnknown = (of: Copier) => (): boolean => statesOf(of).join() === 'unknown'
const placedOf = (of: Copier): readonly string[] =>
  of.simulator.control
    .orders({ clientCode: ONE })
    .filter(({ tag }) => tag !== '')
    .map(({ side, quantity }) => `${side} ${quantity}`)

test('an exit beside shares of its own is proven absent after a restart, and sent', async () => {
  const made = await started()
  trade(made, 'BUY', 100)
  await until(made, 'followed', () => positionOf(made, ONE) === '100')
  byHand(made, 'BUY', 50)
  await until(made, 'nothing is open', () => statesOf(made).length === 0)
  loseNextOrder(made)
  trade(made, 'SELL', 100)
  await until(made, 'the exit was sent', () => statesOf(made).length === 1)
  await made.stop()
  await made.start()
  await until(made, 'and is in doubt', isUnknown(made))
  passTime(31_000)
  await until(made, 'its own are left', () => positionOf(made, ONE) === '50')
  await until(made, 'nothing is open', () => statesOf(made).length === 0)
  expect(placedOf(made)).toEqual(['BUY 100', 'SELL 100'])
  expect(made.simulator.control.duplicates()).toEqual([])
})

test('an order that is taken and refused for the rate is not sent again for a page from before that', async () => {
  const made = await started()
  const { control } = made.simulator
  trade(made, 'BUY', 10)
  await until(made, 'followed', () => positionOf(made, ONE) === '10')
  await until(made, 'nothing is open', () => statesOf(made).length === 0)
  const from = clock.now()
  const place = { clientCode: ONE, route: 'place', times: 1, from } as const
  control.addFault({ ...place, fault: fault.delay(3000) })
  control.addFault({ ...place, fault: { ...fault.rateLimitText(), when: 'after' } as Fault })
  control.addFault({ fault: { kind: 'droppedFrame' }, clientCode: ONE, route: 'frame' })
  // From shortly before the refusal until well after it the book is refused as well.
  const unread = { from: after(from, 2700), until: after(from, 6000) }
  control.addFault({ ...unread, fault: fault.rateLimitText(), clientCode: ONE, route: 'book' })
  trade(made, 'BUY', 100)
  await until(made, 'it is on its way', () => statesOf(made).join() === 'sending')
  // Who connects again looks at the book: it doesn't show the order yet.
  control.dropStreams({ clientCode: ONE })
  await until(made, 'it is in doubt', isUnknown(made))
  await until(made, 'it is found', () => statesOf(made).length === 0)
  expect(placedOf(made)).toEqual(['BUY 10', 'BUY 100'])
  expect(control.duplicates()).toEqual([])
})

/** A command as the program writes it, and what the engine says to it. */
async function resolve(of: Copier, order: string | null): Promise<Answer | null> {
  const [open] = of.ledger().openAttempts(null)
  if (open === undefined) throw new Error('nothing is open')
  const command = {
    kind: 'resolve',
    tag: open.attempt.tag,
    order: order as OrderId | null,
  } as const
  const number = of.ledger().steer(command, 'command', clock.now())
  await until(of, 'the word is obeyed', () =>
    of
      .ledger()
      .openSteering()
      .every((each) => each.number !== number),
  )
  return of.ledger().answerTo(number)
}

test("the first order of an account's first day, lost: the trader says so, and the lane goes on", async () => {
  const made = await started()
  loseNextOrder(made)
  trade(made, 'BUY', 100)
  await until(made, 'it was sent', () => statesOf(made).length === 1)
  await made.stop()
  await made.start()
  await until(made, 'and is in doubt', isUnknown(made))
  expect(await resolve(made, null)).toMatchObject({ kind: 'refused' })
  passTime(125_000)
  await until(made, 'the trader is asked', () =>
    made.events.some(
      (event) => event.kind === 'alarm' && event.text.includes('lockstep resolve U1 --absent'),
    ),
  )
  expect(await resolve(made, null)).toMatchObject({ kind: 'done' })
  trade(made, 'BUY', 10)
  await until(made, 'the next entry goes', () => positionOf(made, ONE) === '10')
  expect(placedOf(made)).toEqual(['BUY 10'])
  const [why] = made.ledger().why(1 as never, null)
  expect(why?.intents[0]?.denied).toEqual({ kind: 'toldAbsent' })
  trade(made, 'SELL', 110)
  await until(made, 'flat with the master', () => positionOf(made, ONE) === '0')
})

test('a word that an order is not there does not stand against the book', async () => {
  const made = await started()
  made.simulator.control.addFault({
    fault: fault.reset('after'),
    clientCode: ONE,
    route: 'place',
    times: 1,
  })
  made.simulator.control.addFault({ fault: fault.nullData(), clientCode: ONE, route: 'book' })
  made.simulator.control.addFault({ fault: fault.droppedFrame(), clientCode: ONE, route: 'frame' })
  trade(made, 'BUY', 100)
  await until(made, 'it is in doubt', isUnknown(made))
  made.simulator.control.clearFaults()
  const [open] = made.ledger().openAttempts(null)
  expect(await resolve(made, null)).toMatchObject({ kind: 'refused' })
  await until(made, 'it was found', () => statesOf(made).length === 0)
  expect(made.ledger().attemptByTag(open?.attempt.tag as never)?.state.kind).toBe('done')
  expect(placedOf(made)).toEqual(['BUY 100'])
})

test('an order placed by hand in its stead is taken for it, and closed with the master', async () => {
  const made = await started()
  loseNextOrder(made)
  trade(made, 'BUY', 100)
  await until(made, 'it is in doubt', isUnknown(made))
  byHand(made, 'BUY', 100)
  const [{ orderId } = { orderId: '' }] = made.simulator.control.orders({ clientCode: ONE })
  expect(await resolve(made, '99')).toMatchObject({ kind: 'refused' })
  expect(await resolve(made, orderId)).toMatchObject({ kind: 'done' })
  trade(made, 'SELL', 100)
  await until(made, 'flat with the master', () => positionOf(made, ONE) === '0')
  expect(made.ledger().verify()).toEqual([])
})

test('the first order of a later day is proven absent by itself, and nothing is sent in its stead', async () => {
  const made = await started()
  trade(made, 'BUY', 10)
  await until(made, 'followed', () => positionOf(made, ONE) === '10')
  trade(made, 'SELL', 10)
  await until(made, 'left', () => positionOf(made, ONE) === '0')
  await until(made, 'nothing is open', () => statesOf(made).length === 0)
  await made.stop()
  passTime(24 * 60 * 60 * 1000)
  await made.start()
  loseNextOrder(made)
  trade(made, 'BUY', 100)
  await until(made, 'it was sent', () => statesOf(made).length === 1)
  await made.stop()
  await made.start()
  await until(made, 'and is in doubt', isUnknown(made))
  passTime(125_000)
  await until(made, 'its absence is proven', () => statesOf(made).length === 0)
  trade(made, 'BUY', 20)
  await until(made, 'the lane goes on', () => positionOf(made, ONE) === '20')
  expect(placedOf(made)).toEqual(['BUY 10', 'SELL 10', 'BUY 20'])
})

test('what nobody ever said ends with its day, and the trader is told how to go on', async () => {
  const made = await started()
  loseNextOrder(made)
  trade(made, 'BUY', 100)
  await until(made, 'it was sent', () => statesOf(made).length === 1)
  await made.stop()
  passTime(24 * 60 * 60 * 1000)
  await made.start()
  await until(made, 'it is over', () => statesOf(made).length === 0)
  const told = made.events.flatMap((event) => (event.kind === 'alarm' ? [event.text] : []))
  expect(told.join('\n')).toContain('if it filled, the broker squared it off')
})

test('an exit that is tried again stays an exit in words, also after a newer entry', async () => {
  const made = await started()
  trade(made, 'BUY', 100)
  await until(made, 'followed', () => positionOf(made, ONE) === '100')
  await until(made, 'nothing is open', () => statesOf(made).length === 0)
  made.simulator.control.rejectNext({ clientCode: ONE, texts: ['RMS: margin exceeds'] })
  trade(made, 'SELL', 100)
  await until(made, 'the exit was rejected', () => placedOf(made).length === 2)
  trade(made, 'BUY', 10)
  await until(made, 'both have come', () => placedOf(made).length === 4)
  await until(made, 'and the entry stands', () => positionOf(made, ONE) === '10')
  const roles = made
    .ledger()
    .why(2 as never, null)
    .flatMap(({ intents }) => intents.map(({ intent }) => intent.role))
  expect(roles).toEqual(['exit', 'exit'])
})

test('a book that comes back empty proves nothing: an order that is there is not sent again', async () => {
  const made = await started()
  trade(made, 'BUY', 10)
  await until(made, 'followed', () => positionOf(made, ONE) === '10')
  await until(made, 'nothing is open', () => statesOf(made).length === 0)
  const { control } = made.simulator
  control.addFault({ fault: fault.droppedFrame(), clientCode: ONE, route: 'frame' })
  control.addFault({ fault: fault.reset('after'), clientCode: ONE, route: 'place', times: 1 })
  control.addFault({ fault: fault.nullData(), clientCode: ONE, route: 'book' })
  trade(made, 'BUY', 100)
  await until(made, 'it is in doubt', isUnknown(made))
  passTime(125_000)
  await until(made, 'the trader is told', () =>
    made.events.some((event) => event.kind === 'alarm' && event.text.includes('(bookNotWhole)')),
  )
  control.clearFaults()
  await until(made, 'it is found', () => statesOf(made).length === 0)
  expect(placedOf(made)).toEqual(['BUY 10', 'BUY 100'])
  const told = made.events.flatMap((event) => (event.kind === 'alarm' ? [event.text] : []))
  expect(told.join('\n')).not.toContain('turned up after all')
})
