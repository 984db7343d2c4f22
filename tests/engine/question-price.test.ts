// What a question costs now: read while something asks and only then, and what a yes is judged by.
import { afterEach, expect, test } from 'vitest'
import { accountName } from '../../src/domain/ids.ts'
import { parsePrice } from '../../src/domain/numbers.ts'
import type { OpenQuestion } from '../../src/ports.ts'
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
  WHAT,
} from './copier.ts'

let copier: Copier | undefined
afterEach(async () => {
  await copier?.close()
  copier = undefined
})

const ONE = followerCode(1)
const FIRST = accountName('FOLLOWER_1')

async function started(): Promise<Copier> {
  const yaml = 'confirm: entries\nmaxSlippage: 0.5%\norderFeed: false\n'
  copier = await createCopier({ yaml, followers: 1 })
  await copier.start()
  return copier
}

const quotesRead = (of: Copier): number =>
  of.simulator.control.requests().filter(({ route }) => route === 'quote').length

async function asked(of: Copier): Promise<OpenQuestion> {
  trade(of, 'BUY', 10)
  await until(of, 'it asks', () => of.ledger().undecided().length === 1)
  const [question] = of.ledger().undecided()
  if (question === undefined) throw new Error('it asks')
  return question
}

/** The price that was read since the question, as the commands and the page have it. */
const priceOf = (of: Copier, { signal }: OpenQuestion) =>
  of.ledger().pulse().prices.get(signal.instrument)?.last

async function approved(of: Copier, { signal }: OpenQuestion): Promise<void> {
  of.ledger().steer({ kind: 'approve', signal: signal.id, followers: null }, 'command', clock.now())
  await until(of, 'the yes is heard', () => of.ledger().undecided().length === 0)
}

const decisionOf = (of: Copier, { signal }: OpenQuestion) =>
  of.ledger().why(signal.id, FIRST)[0]?.decision

test('nothing is read before something asks; then the price is, by the master alone', async () => {
  const made = await started()
  expect(quotesRead(made)).toBe(0)
  const question = await asked(made)
  await until(made, 'it is known', () => priceOf(made, question) !== undefined)
  const readByMaster = () =>
    made.simulator.control
      .requests()
      .filter(({ route, clientCode }) => route === 'quote' && clientCode === MASTER_CODE).length
  expect(readByMaster()).toBe(quotesRead(made))
  await approved(made, question)
  await until(made, 'it is copied', () => positionOf(made, ONE) === '10')
  const read = readByMaster()
  trade(made, 'SELL', 10)
  await until(made, 'it is flat again', () => positionOf(made, ONE) === '0')
  expect(readByMaster()).toBe(read)
})

test('a yes at a price that is worse than maxSlippage allows copies nothing and says so', async () => {
  const made = await started()
  const question = await asked(made)
  const paid = question.signal.price ?? parsePrice('0')
  const rupees = Number(paid / parsePrice('1'))
  made.simulator.control.movePrice({ ...WHAT, price: String(Math.round(rupees * 1.02)) })
  await until(made, 'it has gone up', () => (priceOf(made, question) ?? paid) > paid)
  await approved(made, question)
  expect(decisionOf(made, question)).toMatchObject({ kind: 'skip', reason: { kind: 'priceWorse' } })
  expect(made.simulator.control.orders({ clientCode: ONE })).toEqual([])
})

test('a price that can not be read leaves the yes to the age and the limit', async () => {
  const made = await started()
  made.simulator.control.addFault({ route: 'quote', fault: fault.serverError('before') })
  const question = await asked(made)
  await approved(made, question)
  await until(made, 'it is copied', () => positionOf(made, ONE) === '10')
})
