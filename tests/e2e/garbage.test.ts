// Answers that are none, from every reading route. Nothing may be believed of them, no order may follow from
// them, and when the broker speaks again everything is put right.
import { expect, test } from 'vitest'
import { type Fault, fault } from '../../src/simulator/faults.ts'
import type { RouteName } from '../../src/simulator/routes.ts'
import { createStage, followerCode, MASTER_CODE, type Stage } from './stage.ts'

/** Many programs side by side. */
const PATIENCE_MS = 60_000
const LIVE = ['run', '--live', '--yes', '--poll', '1s', '--no-feed'] as const
const READING: readonly RouteName[] = ['book', 'positions', 'holdings', 'quote']
/**
 * What a follower with a position is asked for before that is closed. Its book is read once something of it
 * is open, and holdings are for deliveries.
 */
const READ_FOR_AN_EXIT: readonly RouteName[] = ['positions', 'quote']

const text = (body: string, contentType = 'application/json', status = 200): Fault => ({
  kind: 'answer',
  when: 'before',
  status,
  contentType,
  body,
})

const RUBBISH: readonly (readonly [string, Fault])[] = [
  ['half a document', fault.cutJson()],
  ['a body that ends early', fault.cutBody(40)],
  ['nothing', fault.emptyBody(200, 'before')],
  ['nothing, as a bad request', fault.emptyBody(400, 'before')],
  ['a page of a firewall', fault.blockPage(200)],
  ['a gateway without a broker', fault.serverError('before')],
  ['an internal error', fault.internalError('before')],
  ['another document', text('[]')],
  [
    'rows of something else',
    text('{"status":true,"message":"SUCCESS","errorcode":"","data":[{"a":1},7,null]}'),
  ],
  ['a word for data', text('{"status":true,"message":"SUCCESS","errorcode":"","data":"none"}')],
  ['a failure in words', fault.textualFailure('AB9999', 'Something went wrong')],
  ['control characters', text('\u0000\u001b[2J{"status":true', 'text/plain')],
]
/** Never shown to a terminal. */
const CONTROL = ['\u0000', '\u001b']
const FOLLOWERS = 6

test.each([
  ['the first half', RUBBISH.slice(0, FOLLOWERS)],
  ['the other', RUBBISH.slice(FOLLOWERS)],
])(
  'a follower each with its own rubbish from all that is read, %s',
  async (_, kinds) => {
    const stage = await createStage({ patienceMs: PATIENCE_MS, followers: kinds.length })
    const { control } = stage.simulator
    const program = await stage.startCopying(...LIVE)
    stage.trade('BUY', 50)
    await stage.until('all followed', () => everybody(stage, '50'))
    await stage.until('and know it', () =>
      program.out().includes(`${kinds.length}/${kinds.length} filled`),
    )
    for (const [at, [, rubbish]] of kinds.entries())
      control.addFault({ fault: rubbish, clientCode: followerCode(at + 1), route: READING })
    stage.trade('SELL', 20)
    stage.trade('BUY', 5)
    const missing = (): readonly string[] =>
      kinds.flatMap(([name], at) =>
        READ_FOR_AN_EXIT.filter((route) => !hasStruck(stage, followerCode(at + 1), route)).map(
          (route) => `${name}: ${route}`,
        ),
      )
    await stage.until('each was given its rubbish', () => missing().length === 0, 40_000)
    stage.trade('SELL', 35)
    control.clearFaults()
    await stage.until(
      'all are flat with the master',
      () => everybody(stage, '0') && stage.isSettled(),
      90_000,
    )
    expect(stage.wrongs()).toEqual([])
    expect(await program.stop()).toEqual({ code: 0, signal: null })
    for (const character of CONTROL) expect(program.out()).not.toContain(character)
  },
  150_000,
)

test('the master, one rubbish after the other, at its start and while it trades', async () => {
  const ends = RUBBISH.map(async ([name, rubbish]) => {
    const stage = await createStage({ patienceMs: PATIENCE_MS, followers: 1 })
    const { control } = stage.simulator
    for (const route of READING)
      control.addFault({ fault: rubbish, clientCode: MASTER_CODE, route, times: 2 })
    const program = await stage.startCopying(...LIVE)
    await stage.until(`${name}: it struck`, () =>
      (['book', 'positions'] as const).every((route) => hasStruck(stage, MASTER_CODE, route)),
    )
    stage.trade('BUY', 100)
    await stage.until(`${name}: followed`, () => everybody(stage, '100'), 60_000)
    control.addFault({ fault: rubbish, clientCode: MASTER_CODE, route: 'book', times: 3 })
    stage.trade('SELL', 100)
    await stage.until(`${name}: left`, () => everybody(stage, '0') && stage.isSettled(), 60_000)
    expect([name, stage.orders(1), stage.wrongs()]).toEqual([name, ['BUY 100', 'SELL 100'], []])
    expect(await program.stop()).toEqual({ code: 0, signal: null })
  })
  await Promise.all(ends)
}, 200_000)

const everybody = (stage: Stage, quantity: string): boolean =>
  stage.positions().every((one) => one === quantity)

const hasStruck = ({ simulator }: Stage, clientCode: string, route: RouteName): boolean =>
  simulator.control
    .faultsStruck()
    .some((struck) => struck.clientCode === clientCode && struck.route === route)
