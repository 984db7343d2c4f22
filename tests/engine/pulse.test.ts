// How the accounts do, as another process sees it in the ledger while the real engine runs: what was read,
// what failed, whether streams are up, funds and prices.
import { afterEach, expect, test } from 'vitest'
import { accountName, type InstrumentId, MASTER } from '../../src/domain/ids.ts'
import { units } from '../../src/domain/numbers.ts'
import type { AccountPulse } from '../../src/domain/pulse.ts'
import type { EngineEvent } from '../../src/ports.ts'
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

async function started(settings: Parameters<typeof createCopier>[0] = {}): Promise<Copier> {
  copier = await createCopier(settings)
  await copier.start()
  return copier
}

const FOLLOWER_1 = accountName('FOLLOWER_1')

const pulseOf = (of: Copier, account = MASTER): AccountPulse | undefined =>
  of
    .ledger()
    .pulse()
    .accounts.find((each) => each.account === account)

const toldOf = <K extends EngineEvent['kind']>(of: Copier, kind: K) =>
  of.events.filter((event): event is Extract<EngineEvent, { kind: K }> => event.kind === kind)

test('each account is logged in, its stream up, its funds read, and the master read all the time', async () => {
  const made = await started()
  for (const account of [MASTER, FOLLOWER_1])
    await until(made, `${account} is well`, () => {
      const pulse = pulseOf(made, account)
      return pulse?.session?.kind === 'open' && pulse.stream?.kind === 'up' && !!pulse.seenFunds
    })
  const first = pulseOf(made)?.orders?.goodAt ?? 0
  expect(first).toBeGreaterThan(0)
  await until(made, 'read again', () => (pulseOf(made)?.orders?.goodAt ?? 0) > first)
  expect(pulseOf(made, FOLLOWER_1)?.seenFunds?.net).toBeGreaterThan(0n)
  expect(toldOf(made, 'streamUp').map(({ account, afterMs }) => [account, afterMs])).toContainEqual(
    [MASTER, null],
  )
  expect(toldOf(made, 'readAgain')).toEqual([])
  expect(made.ledger().verify()).toEqual([])
})

test('a reading that fails and works again is seen and told', async () => {
  const made = await started()
  await until(made, 'the master is read', () => !!pulseOf(made)?.orders?.goodAt)
  made.simulator.control.addFault({
    fault: fault.serverError('before'),
    clientCode: MASTER_CODE,
    route: 'book',
  })
  await until(made, 'it fails', () => pulseOf(made)?.orders?.failing?.why !== undefined)
  const failing = pulseOf(made)?.orders
  expect(failing?.goodAt).toBeGreaterThan(0)
  expect(failing?.failing?.evidence).toContain('502')
  made.simulator.control.clearFaults()
  await until(made, 'it works', () => pulseOf(made)?.orders?.failing === null)
  const [again, ...more] = toldOf(made, 'readAgain')
  expect(more).toEqual([])
  expect(again).toMatchObject({ account: MASTER, what: 'orders' })
  expect(again?.failures).toBe(toldOf(made, 'readFailed').length)
  expect(pulseOf(made)?.orders?.goodAt).toBeGreaterThan(failing?.goodAt ?? Number.POSITIVE_INFINITY)
})

test('a stream that is dropped is told once, and that it is up again', async () => {
  const made = await started()
  await until(made, 'up', () => pulseOf(made)?.stream?.kind === 'up')
  const since = pulseOf(made)?.stream
  made.simulator.control.dropStreams({ clientCode: MASTER_CODE })
  await until(made, 'told', () => toldOf(made, 'streamUp').some(({ afterMs }) => afterMs !== null))
  const downs = toldOf(made, 'streamDown').filter(({ account }) => account === MASTER)
  expect(downs.map(({ lasting }) => lasting)).toEqual([false])
  await until(made, 'kept', () => {
    const stream = pulseOf(made)?.stream
    return stream?.kind === 'up' && since?.kind === 'up' && stream.since > since.since
  })
})

test('what is held has a price', async () => {
  const made = await started()
  trade(made, 'BUY', 100)
  await until(made, 'followed', () => positionOf(made, followerCode(1)) === '100')
  const SBIN = 'NSE:SBIN-EQ' as InstrumentId
  await until(made, 'priced', () => made.ledger().pulse().prices.has(SBIN))
  const price = made.ledger().pulse().prices.get(SBIN)
  expect(price?.last).toBeGreaterThan(units(0))
  expect(price?.at).toBeLessThanOrEqual(clock.now())
  expect(pulseOf(made, FOLLOWER_1)?.positions?.goodAt).toBeGreaterThan(0)
})

test('after a restart the last good reading still stands, and what was up is up no more', async () => {
  const made = await started({ followers: 1 })
  await until(made, 'up', () => pulseOf(made)?.stream?.kind === 'up')
  await until(made, 'read', () => !!pulseOf(made)?.orders?.goodAt)
  const before = pulseOf(made)?.orders?.goodAt ?? Number.POSITIVE_INFINITY
  await made.stop()
  made.simulator.control.addFault({
    fault: fault.serverError('before'),
    clientCode: MASTER_CODE,
    route: ['book', 'login'],
  })
  await made.start()
  const pulse = pulseOf(made)
  expect(pulse?.orders?.goodAt).toBeGreaterThanOrEqual(before)
  expect(pulse?.stream?.kind).not.toBe('up')
})

test('an account whose login is refused is told once, with what to do, and the others go on', async () => {
  const made = await createCopier()
  copier = made
  made.simulator.control.addFault({
    fault: fault.textualFailure('AB1007', 'Invalid password'),
    clientCode: followerCode(1),
    route: 'login',
  })
  await made.start()
  await until(made, 'seen', () => pulseOf(made, FOLLOWER_1)?.session?.kind === 'stopped')
  trade(made, 'BUY', 100)
  await until(made, 'the other followed', () => positionOf(made, followerCode(2)) === '100')
  const stopped = toldOf(made, 'alarm').filter(({ text }) => text.includes('PIN'))
  expect(stopped).toEqual([
    {
      kind: 'alarm',
      account: FOLLOWER_1,
      text: 'the PIN was refused, and nothing is sent for it: correct FOLLOWER_1_PASSWORD, then run: lockstep accounts verify FOLLOWER_1; then start Lockstep again',
    },
  ])
  const skipped = made.events.find(
    (event) => event.kind === 'decision' && event.decision.lane.follower === FOLLOWER_1,
  )
  expect(skipped).toMatchObject({ decision: { kind: 'skip', reason: { kind: 'accountStopped' } } })
})
