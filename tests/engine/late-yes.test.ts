// What a yes copies when the master has gone on meanwhile: against the simulated broker, by the truth there.
import { afterEach, expect, test } from 'vitest'
import { accountName } from '../../src/domain/ids.ts'
import { formatDecimal } from '../../src/domain/numbers.ts'
import type { Command } from '../../src/domain/steering.ts'
import type { OpenQuestion } from '../../src/ports.ts'
import {
  type Copier,
  clock,
  createCopier,
  followerCode,
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
const FIRST = accountName('FOLLOWER_1')
const ASKS = 'followers:\n  FOLLOWER_1: { confirm: entries }\n'

async function started(yaml: string): Promise<Copier> {
  copier = await createCopier({ yaml })
  await copier.start()
  return copier
}

const steer = (of: Copier, command: Command): void => {
  of.ledger().steer(command, 'command', clock.now())
}

const reasonsOf = (of: Copier, question: OpenQuestion) =>
  of
    .ledger()
    .why(question.signal.id, FIRST)
    .map(({ decision }) => (decision?.kind === 'skip' ? decision.reason.kind : decision?.kind))

/** The master buys, and it asks. */
async function asked(of: Copier, quantity: number): Promise<OpenQuestion> {
  const before = of.ledger().undecided().length
  trade(of, 'BUY', quantity)
  await until(of, 'it asks', () => of.ledger().undecided().length > before)
  const question = of.ledger().undecided().at(-1)
  if (question === undefined) throw new Error('it asks')
  return question
}

/** The master sells, and everybody has decided on it. */
async function sold(of: Copier, quantity: number): Promise<void> {
  const told = () => of.events.filter(({ kind }) => kind === 'signal').length
  const before = told()
  trade(of, 'SELL', quantity)
  await until(of, 'the sale is told', () => told() > before)
}

async function answered(of: Copier, { signal }: OpenQuestion, kind: 'approve' | 'reject') {
  if (kind === 'approve') steer(of, { kind, signal: signal.id, followers: null })
  else steer(of, { kind, signal: signal.id })
  await until(of, 'the word is heard', () => of.ledger().openSteering().length === 0)
}

const leftOf = (of: Copier) =>
  of
    .ledger()
    .undecided()
    .map(({ now }) => formatDecimal(now.get(FIRST)?.left ?? 0n))

test('a yes copies what the master still has, over a restart and said twice', async () => {
  const made = await started(ASKS)
  const question = await asked(made, 100)
  await sold(made, 40)
  expect(leftOf(made)).toEqual(['60'])
  await made.stop()
  await made.start()
  expect(leftOf(made)).toEqual(['60'])
  steer(made, { kind: 'approve', signal: question.signal.id, followers: null })
  await answered(made, question, 'approve')
  // The second one's exit of the 40 may still be under way: it was recorded, and sent by the next run.
  await until(
    made,
    'what is left is copied, and no more is held anywhere',
    () => positionOf(made, ONE) === '60' && positionOf(made, TWO) === '60',
  )
  await sold(made, 60)
  await until(
    made,
    'both are flat',
    () => positionOf(made, ONE) === '0' && positionOf(made, TWO) === '0',
  )
  expect(made.simulator.control.orders({ clientCode: ONE })).toHaveLength(2)
})

test.each([
  ['a yes', 'approve', '10', 4],
  ['a no', 'reject', '0', 2],
] as const)(
  'what is sold counts once against what is copied: then %s',
  async (_, kind, holds, orders) => {
    const made = await started(ASKS)
    await answered(made, await asked(made, 10), 'approve')
    await until(made, 'it follows', () => positionOf(made, ONE) === '10')
    const second = await asked(made, 10)
    await sold(made, 10)
    await until(made, 'it leaves what it had', () => positionOf(made, ONE) === '0')
    expect(leftOf(made)).toEqual(['10'])
    await answered(made, second, kind)
    await until(made, 'it stands where it should', () => positionOf(made, ONE) === holds)
    await sold(made, 10)
    await until(
      made,
      'both are flat',
      () => positionOf(made, ONE) === '0' && positionOf(made, TWO) === '0',
    )
    expect(made.simulator.control.orders({ clientCode: ONE })).toHaveLength(orders)
  },
)

test('where nothing is left a yes copies nothing and says why', async () => {
  const made = await started(ASKS)
  const question = await asked(made, 10)
  await sold(made, 10)
  await until(made, 'the question is over', () => made.ledger().undecided().length === 0)
  await answered(made, question, 'approve')
  expect(reasonsOf(made, question)).toEqual(['leftBeforeYes'])
  expect(made.simulator.control.orders({ clientCode: ONE })).toEqual([])
})
