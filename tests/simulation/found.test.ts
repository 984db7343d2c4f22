// What simulated days found, each as the shortest day that shows it: the seed, the promise that was broken, and
// the cause stand in its name and in the changelog.
import { expect, test } from 'vitest'
import { atTimeOfDay, HOUR, instant, MINUTE, SECOND, tradingDay } from '../../src/domain/time.ts'
import { followerCode } from '../../src/simulator/default-accounts.ts'
import type { DayPlan, Deed, TimedDeed } from './day.ts'
import { brokenIn } from './judge.ts'
import { type DayResult, runDay } from './run-day.ts'
import { CARRIED, DELIVERED, INTRADAY_SHARE, OPTION } from './trader.ts'
import { TROUBLES } from './troubles.ts'

const calm = (plan: DayPlan, settings: string): DayPlan => ({
  ...plan,
  followers: [{ number: 1, mode: 'live', tradesByHand: false, isPoor: false, confirms: false }],
  settings: [settings],
  walk: { kind: 'still' },
  liquidity: null,
  processingMs: 0,
  firstDoom: null,
  renamesOnModify: false,
})

/** What broke in a calm day of one follower, in which only this happens, so many seconds after its start. */
const dayOf = async (...of: Parameters<typeof live>): Promise<readonly string[]> =>
  brokenIn(await live(...of))

async function live(
  settings: string,
  deeds: readonly (readonly [seconds: number, deed: Deed])[],
  change: Partial<DayPlan> = {},
): Promise<DayResult> {
  const day = await runDay(1, {
    change: (plan) => ({
      ...calm(plan, settings),
      deeds: deeds.map(
        ([seconds, deed]): TimedDeed => ({
          ...deed,
          at: instant(plan.startsAt + seconds * SECOND),
        }),
      ),
      clearsAt: instant(plan.startsAt + ((deeds.at(-1)?.[0] ?? 0) + 20) * SECOND),
      ...change,
    }),
  })
  day.close()
  expect(day.truth.orders.some(({ tag }) => tag !== '')).toBe(true)
  return day
}

const what = INTRADAY_SHARE

test('seed 4, promise 10: an entry in the same reading as an exit overtook it, since the exit had no order yet', async () => {
  expect(
    await dayOf('poll: 5s\norderFeed: false\n', [
      [40, { kind: 'masterTrades', what, side: 'BUY', lots: 40 }],
      [60.0, { kind: 'masterTrades', what, side: 'SELL', lots: 10 }],
      [60.1, { kind: 'masterTrades', what, side: 'BUY', lots: 20 }],
    ]),
  ).toEqual([])
})

test('seed 17: a master that holds more than the freeze quantity leaves in parts, as its app makes them', async () => {
  expect(
    await dayOf('', [
      [40, { kind: 'masterTrades', what: OPTION, side: 'BUY', lots: 27 }],
      [50, { kind: 'masterTrades', what: OPTION, side: 'BUY', lots: 27 }],
    ]),
  ).toEqual([])
})

test('seed 264: a master whose login was refused is verified by its owner, and copied again', async () => {
  const trouble = TROUBLES.login.troubles.findIndex(({ name }) => name === 'address refused')
  const refused = { kind: 'weather', account: 0, strikes: 'login', trouble } as const
  expect(
    await dayOf('', [
      [40, { kind: 'masterTrades', what, side: 'BUY', lots: 40 }],
      [59, { ...refused, probability: 1, forMs: 3000 }],
      [60, { kind: 'stops', downMs: 1000, settings: 0 }],
      [75, { kind: 'masterTrades', what, side: 'SELL', lots: 10 }],
    ]),
  ).toEqual([])
})

test('seed 53, promise 4: what was held of an expired contract stayed held for ever, since no list knew it any more', async () => {
  const startsAt = atTimeOfDay(tradingDay('2026-12-29'), 11 * HOUR)
  const wakesAt = atTimeOfDay(tradingDay('2026-12-30'), 9 * HOUR + 10 * MINUTE)
  const trade = { kind: 'masterTrades', what: CARRIED, side: 'BUY', lots: 4 } as const
  const end = { kind: 'stops', settings: 0, downMs: wakesAt - startsAt - 60 * SECOND } as const
  expect(
    await dayOf('', [], {
      startsAt,
      deeds: [
        { ...trade, at: instant(startsAt + 40 * SECOND) },
        { ...end, at: instant(startsAt + 60 * SECOND) },
      ],
      clearsAt: atTimeOfDay(tradingDay('2026-12-30'), 9 * HOUR + 16 * MINUTE),
    }),
  ).toEqual([])
})

test('seed 1570, promise 11: an own order of the day before, in the book once more, was taken for another Lockstep', async () => {
  const startsAt = atTimeOfDay(tradingDay('2026-12-01'), 15 * HOUR + 38 * MINUTE)
  const at = (seconds: number) => instant(startsAt + seconds * SECOND)
  const wakesAt = atTimeOfDay(tradingDay('2026-12-02'), 9 * HOUR + 14 * MINUTE)
  const text = 'RMS:Margin Exceeds'
  const again = [115, 117, 119, 121, 123].map(
    (seconds) => ({ kind: 'rejectNext', account: 1, text, at: at(seconds) }) as const,
  )
  const day = await runDay(1, {
    change: (plan) => ({
      // Nothing is sent after the close but by who ignores hours.
      ...calm(plan, 'hours: ignore\n'),
      startsAt,
      deeds: [
        { kind: 'masterTrades', what: CARRIED, side: 'BUY', lots: 4, at: at(60) } as const,
        ...again.slice(0, 1),
        { kind: 'masterLeaves', what: CARRIED, share: 1, at: at(116) } as const,
        ...again.slice(1),
        { kind: 'stops', settings: 0, downMs: wakesAt - at(180), at: at(180) } as const,
      ],
      clearsAt: instant(wakesAt + 3 * MINUTE),
    }),
  })
  day.close()
  expect(day.story.some((line) => line.includes('after market order req received'))).toBe(true)
  const alarms = day.truth.told.flatMap(({ event }) => (event.kind === 'alarm' ? [event.text] : []))
  expect(alarms.filter((alarm) => alarm.includes('another Lockstep'))).toEqual([])
})

test('control: a day whose master cannot leave, since its market has closed, ends and is told as broken', async () => {
  // Its shares; derivatives trade ten minutes longer.
  const startsAt = atTimeOfDay(tradingDay('2026-12-01'), 15 * HOUR + 28 * MINUTE)
  const clearsAt = instant(startsAt + 3 * MINUTE)
  const at = instant(startsAt + 40 * SECOND)
  const deeds = [{ kind: 'masterTrades', what: DELIVERED, side: 'BUY', lots: 1, at } as const]
  const broken = await dayOf('', [], { startsAt, clearsAt, deeds })
  expect(broken).toContain(
    "never became quiet: the master can't leave, 180 s after the weather cleared: 1 INFY-EQ DELIVERY, 500 RELIANCE-EQ DELIVERY",
  )
})

test('seed 254, promise 4: an entry that waited for a login left into a pause', async () => {
  const trouble = TROUBLES.placing.troubles.findIndex(({ name }) => name === 'unauthorized')
  const refused = { kind: 'weather', account: 1, strikes: 'placing', trouble } as const
  const trade = { kind: 'masterTrades', side: 'BUY', lots: 2 } as const
  // The first login after the start is at once, the second waits for the next code: until half a minute ends.
  const startsAt = atTimeOfDay(tradingDay('2026-12-01'), 11 * HOUR)
  const deeds = (
    [
      [40, { ...refused, probability: 1, forMs: 500 }],
      [40.1, { ...trade, what }],
      [50, { ...refused, probability: 1, forMs: 500 }],
      [50.1, { ...trade, what: CARRIED }],
      [55, { ...trade, what: OPTION }],
      [55.3, { kind: 'says', say: { kind: 'pause', follower: 1 } }],
    ] as const
  ).map(([seconds, deed]) => ({ ...deed, at: instant(startsAt + seconds * SECOND) }))
  expect(
    await dayOf('', [], { startsAt, deeds, clearsAt: instant(startsAt + 80 * SECOND) }),
  ).toEqual([])
})

test('seed 459, promise 2: an exit sent after the close was kept for the next opening, when nobody knew it any more', async () => {
  const startsAt = atTimeOfDay(tradingDay('2026-12-01'), 15 * HOUR + 36 * MINUTE)
  const opens = atTimeOfDay(tradingDay('2026-12-02'), 9 * HOUR + 15 * MINUTE)
  const trade = { kind: 'masterTrades', what: CARRIED, lots: 2 } as const
  const deeds = (
    [
      [40, { ...trade, side: 'BUY' }],
      [60, { kind: 'stops', downMs: 6 * MINUTE, settings: 0 }],
      [90, { ...trade, side: 'SELL' }],
      [11 * 60, { kind: 'suspended', until: opens }],
    ] as const
  ).map(([seconds, deed]) => ({ ...deed, at: instant(startsAt + seconds * SECOND) }))
  const day = await live('', [], { startsAt, deeds, clearsAt: instant(opens + 60 * SECOND) })
  expect(brokenIn(day)).toEqual([])
  const exits = day.truth.requests.filter(
    ({ route, clientCode, sentAt }) =>
      route === 'place' && clientCode === followerCode(1) && sentAt > startsAt + 80 * SECOND,
  )
  expect(exits.length).toBeGreaterThan(0)
  expect(exits.filter(({ sentAt }) => sentAt < opens)).toEqual([])
})

test('seed 4538, promise 4: the machine’s time went back between a list of positions and the fill after it, and what had filled was taken for sold by somebody else', async () => {
  // The whole day: it hangs on the millisecond.
  const day = await runDay(4538)
  expect(day.story.some((line) => line.includes('the clock of the machine jumps by -'))).toBe(true)
  expect(brokenIn(day)).toEqual([])
  day.close()
})

test.each<[string, number, number]>([
  ['goes back by an hour', 60, -HOUR],
  ['goes ahead by an hour', 60, HOUR],
  ['is an hour ahead for a moment', 2, HOUR],
  ['is a day ahead for half a minute', 30, 24 * HOUR],
  ['is some seconds behind for a moment', 5, -4 * SECOND],
])('a machine whose time %s: nobody notices', async (_, forSeconds, ms) => {
  const day = await live('', [
    [30, { kind: 'masterTrades', what, side: 'BUY', lots: 10 }],
    [40, { kind: 'clockJumps', ms }],
    [40.1, { kind: 'masterTrades', what, side: 'SELL', lots: 1 }],
    [40 + forSeconds, { kind: 'clockJumps', ms: -ms }],
    [50, { kind: 'masterTrades', what, side: 'SELL', lots: 3 }],
    [65, { kind: 'masterTrades', what, side: 'BUY', lots: 3 }],
    [120, { kind: 'masterTrades', what, side: 'SELL', lots: 9 }],
  ])
  expect(brokenIn(day)).toEqual([])
  expect(ownOrders(day)).toEqual(['BUY 10', 'SELL 1', 'SELL 3', 'BUY 3', 'SELL 9'])
  expect(alarmsOf(day)).toEqual([])
})

const ownOrders = ({ truth }: DayResult): readonly string[] =>
  truth.orders.filter(({ tag }) => tag !== '').map(({ side, quantity }) => `${side} ${quantity}`)

const alarmsOf = ({ truth }: DayResult): readonly string[] =>
  truth.told.flatMap(({ event }) => (event.kind === 'alarm' ? [event.text] : []))
