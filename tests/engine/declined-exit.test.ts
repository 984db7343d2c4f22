// A no to an exit: the follower keeps what it holds by the trader's word, and nothing is measured against it any
// more. Against the simulated broker, by the truth there.
import { afterEach, expect, test } from 'vitest'
import { accountName } from '../../src/domain/ids.ts'
import { formatDecimal } from '../../src/domain/numbers.ts'
import { describeReason } from '../../src/domain/reason.ts'
import { ANSWER_WITHIN_MS, type Command } from '../../src/domain/steering.ts'
import { dayOf } from '../../src/domain/time.ts'
import type { OpenQuestion } from '../../src/ports.ts'
import {
  type Copier,
  clock,
  createCopier,
  followerCode,
  passTime,
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
const FIRST = accountName('FOLLOWER_1')

const steer = (of: Copier, command: Command): void => {
  of.ledger().steer(command, 'command', clock.now())
}

async function asked(of: Copier, side: 'BUY' | 'SELL', quantity: number): Promise<OpenQuestion> {
  const before = of.ledger().undecided().length
  trade(of, side, quantity)
  await until(
    of,
    `it asks about ${side} ${quantity}`,
    () => of.ledger().undecided().length > before,
  )
  const question = of.ledger().undecided().at(-1)
  if (question === undefined) throw new Error('it asks')
  return question
}

async function say(of: Copier, kind: 'approve' | 'reject', { signal }: OpenQuestion) {
  if (kind === 'approve') steer(of, { kind, signal: signal.id, followers: null })
  else steer(of, { kind, signal: signal.id })
  await until(of, 'the word is heard', () => of.ledger().openSteering().length === 0)
}

const keptBy = (of: Copier) =>
  of
    .ledger()
    .kept(dayOf(clock.now()))
    .map(({ quantity }) => formatDecimal(quantity))

/** The master has bought and sold; the yes and the no that its follower got to it. */
async function declined(bought: number, sold: number): Promise<OpenQuestion> {
  copier = await createCopier({ yaml: 'hours: ignore\nconfirm: all\n', followers: 1 })
  await copier.start()
  const made = copier
  await say(made, 'approve', await asked(made, 'BUY', bought))
  await until(made, 'it follows', () => positionOf(made, ONE) === String(bought))
  const exit = await asked(made, 'SELL', sold)
  await say(made, 'reject', exit)
  return exit
}

test('keeps what is held, says so, and is no part of what later orders are measured by', async () => {
  const exit = await declined(10, 10)
  const made = copier as Copier
  expect(keptBy(made)).toEqual(['10'])
  expect(made.ledger().owed()).toEqual([])
  const [why] = made.ledger().why(exit.signal.id, FIRST)
  const reason = why?.decision?.kind === 'skip' ? describeReason(why.decision.reason) : ''
  expect(reason).toContain('by your no 10 stay held')
  expect(reason).toContain('lockstep flatten FOLLOWER_1')

  await say(made, 'approve', await asked(made, 'BUY', 6))
  await until(made, 'the next is copied', () => positionOf(made, ONE) === '16')
  await say(made, 'approve', await asked(made, 'SELL', 3))
  await until(made, 'half of the next is left', () => positionOf(made, ONE) === '13')
  await say(made, 'approve', await asked(made, 'SELL', 3))
  await until(made, 'all of the next is left', () => positionOf(made, ONE) === '10')
  await until(made, 'its fill is heard of', () => made.ledger().drift().length === 0)
  expect(keptBy(made)).toEqual(['10'])
  expect(made.ledger().verify()).toEqual([])
})

test('is closed by a flatten, over a restart', async () => {
  await declined(10, 10)
  const made = copier as Copier
  await made.stop()
  await made.start()
  expect(keptBy(made)).toEqual(['10'])
  steer(made, { kind: 'flatten', follower: FIRST })
  await until(made, 'it is flat', () => positionOf(made, ONE) === '0')
  await until(made, 'nothing is kept', () => keptBy(made).length === 0)
  await until(made, 'its fill is heard of', () => made.ledger().owed().length === 0)
  expect(made.ledger().verify()).toEqual([])
})

test('of a part keeps that part: the rest follows the master', async () => {
  await declined(10, 4)
  const made = copier as Copier
  expect(keptBy(made)).toEqual(['4'])
  await say(made, 'approve', await asked(made, 'SELL', 6))
  await until(made, 'the rest is left', () => positionOf(made, ONE) === '4')
  await until(made, 'its fill is heard of', () => made.ledger().owed().length === 0)
})

test('an exit that nobody answers is owed with an alarm, asks on, and can still get its yes', async () => {
  copier = await createCopier({ yaml: 'hours: ignore\nconfirm: all\n', followers: 1 })
  await copier.start()
  const made = copier
  await say(made, 'approve', await asked(made, 'BUY', 10))
  await until(made, 'it follows', () => positionOf(made, ONE) === '10')
  const exit = await asked(made, 'SELL', 10)
  passTime(ANSWER_WITHIN_MS)
  const alarms = () => made.events.flatMap((event) => (event.kind === 'alarm' ? event.text : []))
  await until(made, 'an alarm', () => alarms().some((text) => text.includes('is owed')))
  expect(alarms().join()).toContain(`lockstep approve ${exit.signal.id}`)
  expect(made.ledger().undecided()).toHaveLength(1)
  expect(positionOf(made, ONE)).toBe('10')
  await say(made, 'approve', exit)
  await until(made, 'it is flat', () => positionOf(made, ONE) === '0')
})
