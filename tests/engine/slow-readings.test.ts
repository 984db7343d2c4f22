// A broker that is slow to answer, or doesn't, where an exit needs its position and its price. The exit leaves
// once and never with more than is held, or it is owed and said to be; in silence it never waits.
import { describe, expect, test } from 'vitest'
import { type Fault, fault } from '../../src/simulator/faults.ts'
import type { RouteName } from '../../src/simulator/routes.ts'
import {
  type Copier,
  clock,
  createCopier,
  followerCode,
  positionOf,
  trade,
  until,
} from './copier.ts'

const ONE = followerCode(1)

type Ends = { readonly onTestFinished: (end: () => Promise<void>) => void }

/** Slow before the entry fills: a reading from just after it would be good for an exit at once. */
async function holding(
  { onTestFinished }: Ends,
  what: Fault,
  routes: readonly RouteName[],
): Promise<Copier> {
  const made = await createCopier({ followers: 1 })
  onTestFinished(made.close)
  await made.start()
  made.simulator.control.addFault({ fault: what, clientCode: ONE, route: routes })
  trade(made, 'BUY', 100)
  await until(made, 'followed', () => positionOf(made, ONE) === '100')
  await until(made, 'nothing is open', () => made.ledger().openAttempts(null).length === 0)
  return made
}

const sales = (of: Copier): readonly string[] =>
  of.simulator.control
    .orders({ clientCode: ONE })
    .filter(({ side }) => side === 'SELL')
    .map(({ quantity }) => quantity)

const owedFor = (of: Copier): readonly string[] =>
  of.events.flatMap((event) => (event.kind === 'owed' ? [event.why] : []))

// Each waits for a broker in real time: side by side.
describe.concurrent('a broker that is slow', { timeout: 90_000 }, () => {
  test.for<[string, readonly RouteName[], number]>([
    ['the price', ['quote'], 5_500],
    ['the position', ['positions'], 5_500],
    ['both', ['positions', 'quote'], 5_500],
    // Never answered in time: the price beside the position, or that of the master's fill, stands in for it.
    ['the price, for ever', ['quote'], 12_000],
    ['the price, for ever and longer', ['quote'], 31_000],
  ])('an exit leaves once however slow it is to read %s', async ([, routes, ms], ends) => {
    const made = await holding(ends, fault.delay(ms), routes)
    trade(made, 'SELL', 100)
    await until(
      made,
      'it leaves, or is said to wait',
      () => sales(made).length + owedFor(made).length > 0,
    )
    await until(made, 'flat with the master', () => positionOf(made, ONE) === '0')
    expect(sales(made)).toEqual(['100'])
    expect(made.simulator.control.duplicates()).toEqual([])
  })

  test.for<[string, readonly RouteName[], number]>([
    ['the position', ['positions'], 12_000],
    ['both', ['positions', 'quote'], 31_000],
  ])(
    'nothing is sent at a guess: without %s the exit is owed, until it is there',
    async ([, routes, ms], ends) => {
      const made = await holding(ends, fault.delay(ms), routes)
      trade(made, 'SELL', 100)
      await until(made, 'it is owed, and told', () => owedFor(made).includes('positionUnreadable'))
      expect(sales(made)).toEqual([])
      made.simulator.control.clearFaults()
      await until(made, 'flat with the master', () => positionOf(made, ONE) === '0')
      expect(sales(made)).toEqual(['100'])
    },
  )

  test('a slow reading from before our own fill is no bound for an exit', async ({
    onTestFinished,
  }) => {
    const made = await holding({ onTestFinished }, fault.delay(5_500, 'after'), ['positions'])
    trade(made, 'SELL', 40)
    await until(made, 'the first exit', () => positionOf(made, ONE) === '60')
    trade(made, 'SELL', 60)
    await until(made, 'flat with the master', () => positionOf(made, ONE) === '0')
    expect(sales(made)).toEqual(['40', '60'])
  })

  test('an exit that waits for anything is told, with what it waits for', async ({
    onTestFinished,
  }) => {
    const made = await holding({ onTestFinished }, fault.delay(5_500), ['positions', 'quote'])
    trade(made, 'SELL', 100)
    await until(made, 'decided', () =>
      made.events.some((event) => event.kind === 'decision' && event.decision.kind === 'exit'),
    )
    made.ledger().steer({ kind: 'halt' }, 'test', clock.now())
    await until(made, 'halted', () => made.events.some(({ kind }) => kind === 'steered'))
    expect(owedFor(made)).toEqual([])
    await until(made, 'it is told', () => owedFor(made).length > 0)
    expect(owedFor(made)).toEqual(['resume'])
    expect(sales(made)).toEqual([])
    made.simulator.control.clearFaults()
    made.ledger().steer({ kind: 'resume', follower: null }, 'test', clock.now())
    await until(made, 'flat with the master', () => positionOf(made, ONE) === '0')
    expect(sales(made)).toEqual(['100'])
  })
})
