// Promise 5 over an hour of a market that never rests: real lanes on a real ledger, the real writer's words,
// and the simulated broker, which counts what arrives. Time is virtual. In the middle the program dies with
// requests on their way, and all that is known of them afterwards is in the ledger.
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Answer, Client, Route, Sending } from '../../src/broker/angelone/client.ts'
import { ROUTES } from '../../src/broker/angelone/client.ts'
import { WRITE_WINDOWS } from '../../src/broker/angelone/limits.ts'
import { createWriter } from '../../src/broker/angelone/write.ts'
import { NO_OVERRIDES } from '../../src/domain/calendar.ts'
import { CALENDAR_TABLE } from '../../src/domain/calendar-data.ts'
import type { Plan } from '../../src/domain/decision.ts'
import { orderId, uniqueOrderId } from '../../src/domain/ids.ts'
import type { Instrument } from '../../src/domain/instrument.ts'
import { type LaneKey, laneKey } from '../../src/domain/lane.ts'
import { NO_MONEY, parseMoney, type Quantity, subtract, units } from '../../src/domain/numbers.ts'
import type { Pricing } from '../../src/domain/order.ts'
import { Secret } from '../../src/domain/secret.ts'
import type { MasterOrder } from '../../src/domain/signal.ts'
import { after, dayOf, HOUR, type Instant, instant, MINUTE, SECOND } from '../../src/domain/time.ts'
import type { Context, FollowerAccess } from '../../src/engine/context.ts'
import { createLane, type FollowerDesk, type LaneRunner } from '../../src/engine/lane.ts'
import { createPulse } from '../../src/engine/pulse.ts'
import { createQuotes } from '../../src/engine/quotes.ts'
import { createShown } from '../../src/engine/shown.ts'
import { createWrites } from '../../src/engine/writes.ts'
import { openLedger } from '../../src/ledger/open.ts'
import type { Chance, Ledger } from '../../src/ports.ts'
import { defaultAccounts, followerCode } from '../../src/simulator/default-accounts.ts'
import { carryInProcess } from '../../src/simulator/in-process.ts'
import { instrumentOf } from '../../src/simulator/listing.ts'
import { createSimulator, type Simulator } from '../../src/simulator/simulator.ts'
import { createVirtualClock, type VirtualClock } from '../../src/simulator/virtual-clock.ts'
import {
  follower,
  intentOf,
  laneOf,
  ownReport,
  reportOf,
  seededChance,
  signalOf,
  tagMaker,
} from '../ledger/scene.ts'

const HALF_PAST_NINE = instant(Date.parse('2026-12-01T09:30:00+05:30'))
/** Long enough for the first writes to leave the window of an hour while others still fill it. */
const LASTS_MS = 75 * MINUTE
/** Before the hour is used up, when there would be nothing on its way for the rest of it. */
const DIES_AFTER_MS = 8 * MINUTE
const ON_THE_WAY_MS = 90
const CODE = followerCode(1)
const NOBODY_GIVES_UP = new AbortController().signal

let folder: string
let files = 0
beforeAll(() => {
  // In memory where there is such a place: thousands of synced writes, and no power to lose here.
  const place = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()
  folder = mkdtempSync(join(place, 'lockstep-windows-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

interface Seen {
  /** As the broker counted them. */
  readonly violations: number
  readonly writes: readonly Instant[]
  readonly cancels: number
  /** Requests whose answers nobody was there to hear. */
  readonly cutOff: number
}

type Remembering = (ledger: Ledger, diedAt: Instant | null) => Ledger

const faithful: Remembering = (ledger) => ledger

test.each([1])(
  'seed %i: no window of the broker is exceeded in over an hour of random load, a death in the middle included',
  { timeout: 120_000 },
  async (seed) => {
    const seen = await tradeForAnHour(seed, faithful)
    expect(seen.violations).toBe(0)
    // The load was one that asks for more than there is, of entries and of cancels.
    expect(mostWithin(seen.writes, HOUR)).toBeGreaterThan(800)
    expect(mostWithin(seen.writes, SECOND)).toBeGreaterThanOrEqual(6)
    expect(seen.cancels).toBeGreaterThan(100)
    expect(seen.cutOff).toBeGreaterThan(0)
  },
)

test('control: a ledger that forgets at the death what was sent before it exceeds them', {
  timeout: 120_000,
}, async () => {
  const forgetful: Remembering = (ledger, diedAt) =>
    diedAt === null
      ? ledger
      : {
          ...ledger,
          writes: (account, since) => ledger.writes(account, instant(Math.max(since, diedAt))),
        }
  expect((await tradeForAnHour(1, forgetful)).violations).toBeGreaterThan(0)
})

test('nor by a machine whose clock jumps ahead between two bursts', {
  timeout: 120_000,
}, async () => {
  const clock = createVirtualClock(HALF_PAST_NINE)
  const simulator = createSimulator({ limits: 'enforce', accounts: wealthy() }, clock.now())
  const chance = seededChance(11)
  const broker = createBroker(simulator, clock, chance)
  let aheadMs = 0
  const machine = { ...clock, now: () => instant(clock.now() + aheadMs) }
  const path = join(folder, `${++files}.db`)
  const program = startProgram({
    ...{ path, clock: machine, chance, broker, simulator, seed: 1 },
    ...{ remembering: faithful, diedAt: null },
  })
  for (let burst = 0; burst < 10; burst++) {
    program.signals(6)
    await clock.pass(400)
    aheadMs += 1750
    program.signals(6)
    await clock.pass(3 * SECOND)
    aheadMs -= 1750
    await clock.pass(20 * SECOND)
  }
  program.die()
  expect(broker.seen().writes.length).toBeGreaterThan(60)
  expect(simulator.control.violations()).toEqual([])
})

async function tradeForAnHour(seed: number, remembering: Remembering): Promise<Seen> {
  const chance = seededChance(seed * 7919)
  const clock = createVirtualClock(HALF_PAST_NINE)
  const simulator = createSimulator({ limits: 'enforce', accounts: wealthy() }, clock.now())
  const path = join(folder, `${++files}.db`)
  const broker = createBroker(simulator, clock, chance)
  const start = (diedAt: Instant | null): Program =>
    startProgram({ path, clock, chance, broker, simulator, seed, remembering, diedAt })

  let program = start(null)
  let cutOff = 0
  const { violations } = simulator.control
  for (let died = false; clock.monotonicMs() < LASTS_MS && violations().length === 0; ) {
    program.signals(1 + below(chance, 6))
    await clock.pass(below(chance, 40) * SECOND + below(chance, 1000))
    if (died || clock.monotonicMs() < DIES_AFTER_MS) continue
    died = true
    // In the middle of a burst: some are sent, some are on their way, some wait for their turn.
    program.signals(6)
    for (let ms = 0; ms < HOUR && broker.onTheirWay() === 0; ms += 10) await clock.pass(10)
    cutOff = broker.onTheirWay()
    program.die()
    // No process starts in the moment in which another dies, while what that one sent is still on its way.
    await clock.pass(10)
    program = start(clock.now())
  }
  program.die()
  return { ...broker.seen(), violations: violations().length, cutOff }
}

/** What arrives at the broker, some time after it was sent and not always in that order. */
function createBroker(simulator: Simulator, clock: VirtualClock, chance: Chance) {
  const writes: Instant[] = []
  let cancels = 0
  let onTheirWay = 0
  const { jwt } = simulator.control.grantSession({ clientCode: CODE })
  const apiKey = simulator.settings.accounts.find(({ clientCode }) => clientCode === CODE)?.apiKey

  async function send(route: Route, { token, body }: Sending): Promise<Answer> {
    const { method, path } = ROUTES[route]
    const sentAt = clock.now()
    onTheirWay += 1
    await clock.sleep(below(chance, ON_THE_WAY_MS))
    writes.push(clock.now())
    if (route === 'cancel') cancels += 1
    const headers = {
      'x-usertype': 'USER',
      'x-privatekey': apiKey ?? '',
      authorization: `Bearer ${token?.reveal()}`,
    }
    const carried = await carryInProcess(
      simulator.gateway,
      clock,
      { method, url: path, headers, body: JSON.stringify(body), from: '127.0.0.1' },
      NOBODY_GIVES_UP,
    )
    onTheirWay -= 1
    if (carried.kind !== 'reply')
      throw new Error(`no fault was asked for, and ${carried.kind} came`)
    const { status, text } = carried
    return { kind: 'answered', request: `${method} ${path}`, status, text, sentAt }
  }
  const client: Client = { send, skewMs: () => 0, close: () => undefined }
  const token = new Secret(jwt)
  const session = {
    enter: async () => ({ kind: 'open', token }) as const,
    token: () => token,
    lost: () => undefined,
    isReplaced: () => false,
    state: () =>
      ({ kind: 'open', since: HALF_PAST_NINE, until: after(HALF_PAST_NINE, 8 * HOUR) }) as const,
    turn: async () => undefined,
    run: async () => undefined,
    close: () => undefined,
  }
  return {
    writer: createWriter({ client, session }, follower(1)),
    onTheirWay: () => onTheirWay,
    seen: () => ({ writes, cancels }),
  }
}

interface Program {
  /** Copies that many signals, each in up to four slices. */
  signals(count: number): void
  /** At once, as by kill -9: whatever is on its way arrives, and its answer is heard by nobody. */
  die(): void
}

function startProgram(world: {
  readonly path: string
  readonly clock: VirtualClock
  readonly chance: Chance
  readonly broker: ReturnType<typeof createBroker>
  readonly simulator: Simulator
  readonly seed: number
  readonly remembering: Remembering
  readonly diedAt: Instant | null
}): Program {
  const { clock, chance, broker, simulator } = world
  const ledger = world.remembering(
    openLedger({
      path: world.path,
      mode: 'live',
      clock,
      chance,
      command: 'test',
      reserveBytes: 4096,
    }),
    world.diedAt,
  )
  const instruments = simulator.settings.listings.map(instrumentOf)
  const makeTag = tagMaker(ledger.engine, chance)
  const runners = new Map<LaneKey, LaneRunner>()
  const due = new Map<LaneKey, Instant>()
  let isAlive = true

  const context: Context = {
    clock,
    chance,
    ledger,
    instruments: () => ({
      day: dayOf(clock.now()),
      byId: (id) => instruments.find((one) => one.id === id) ?? null,
      byToken: () => null,
    }),
    calendar: { table: CALENDAR_TABLE, overrides: NO_OVERRIDES },
    settings: {
      pollIntervalMs: 3000,
      orderFeed: 'off',
      copyOn: 'complete',
      hours: 'ignore',
      freeze: new Map(),
      masterCapital: null,
    },
    masterCapital: () => null,
    isHaltedByFile: () => false,
    takeOver: false,
    tell: () => undefined,
  }

  const access = accessTo(broker)
  const pulse = createPulse(context, [])
  const desk: FollowerDesk = {
    access,
    shown: createShown(context, access, pulse, () => undefined),
    quotes: createQuotes(context, access, pulse),
    writes: createWrites(context, access.settings.name),
    mayAct: () => isAlive,
    hindrance: () => null,
    state: () => ({
      isEnabled: true,
      accountStopped: null,
      isPaused: false,
      rejectionsInARow: 0,
      ordersToday: 0,
      profitToday: NO_MONEY,
    }),
    quantityOf: ({ quantity }) => quantity,
    track: (work) =>
      void work.catch((error: unknown) => {
        // Who is dead hears no answers: its ledger is closed.
        if (isAlive) throw error
      }),
    expectNews: readBook,
    onNews: () => undefined,
  }

  function wake(instrument: Instrument): void {
    if (!isAlive) return
    const lane = laneOf(1, instrument.id)
    const key = laneKey(lane)
    const runner = runners.get(key) ?? createLane(context, desk, lane, () => wake(instrument))
    runners.set(key, runner)
    const until = runner.turn()
    if (until === null || due.get(key) === until) return
    due.set(key, until)
    void clock.sleep(until - clock.now()).then(() => {
      if (due.get(key) !== until) return
      due.delete(key)
      wake(instrument)
    })
  }

  /** The truth about every order of ours that is open, as the follower's book would tell it. */
  function readBook(): void {
    if (!isAlive) return
    const open = ledger.openAttempts(follower(1))
    if (open.length === 0) return
    const truth = new Map(
      simulator.control.orders({ clientCode: CODE }).map((order) => [order.tag, order]),
    )
    for (const { attempt } of open) {
      const order = truth.get(attempt.tag)
      if (order === undefined) continue
      const report = ownReport(attempt.tag, {
        orderId: orderId(order.orderId),
        uniqueOrderId: uniqueOrderId(order.uniqueOrderId),
        instrument: attempt.intent.lane.instrument,
        quantity: attempt.quantity,
        filled: units(0),
        averagePrice: null,
        status: order.state === 'cancelled' ? 'cancelled' : 'open',
      })
      ledger.recordEvent(attempt.id, { kind: 'reported', report }, clock.now())
    }
  }

  function signals(count: number): void {
    const chosen = Array.from({ length: count }, () => {
      const one = instruments[below(chance, instruments.length)]
      if (one === undefined) throw new Error('something is listed')
      return one
    })
    const now = clock.now()
    const reports = chosen.map(({ id, exchange, symbol }, index) =>
      reportOf(`${now}-${index}`, { instrument: id, exchange, symbol, day: dayOf(now) }),
    )
    const orders = ledger.seeMasterOrders(reports, now)
    ledger.record(
      chosen.map((instrument, index) => planOf(instrument, orders[index])),
      now,
    )
    for (const instrument of chosen) wake(instrument)
  }

  function planOf(instrument: Instrument, order: MasterOrder | undefined): Plan {
    if (order === undefined) throw new Error('what was seen comes back')
    const signal = signalOf(order, { filledAt: clock.now(), seenAt: clock.now() })
    const slices = 1 + below(chance, 4)
    const lane = laneOf(1, instrument.id)
    const lot = instrument.lotSize
    const intents = Array.from({ length: slices }, (_, slice) => ({
      ...intentOf(lane, 'entry', signal, 'BUY', lot, makeTag()),
      lot,
      pricing: resting(simulator, instrument),
      slice: slice + 1,
      slices,
    }))
    const quantity = (lot * BigInt(slices)) as Quantity
    const covers = signal.quantity
    return { signal, decisions: [{ kind: 'entry', lane, covers, quantity, intents }] }
  }

  // What was on its way at the death has arrived by now, or will have by the next look.
  if (world.diedAt !== null)
    void clock.sleep(SECOND).then(() => {
      readBook()
      for (const instrument of instruments) wake(instrument)
    })
  return {
    signals,
    die() {
      isAlive = false
      ledger.close()
    },
  }
}

const accessTo = (broker: ReturnType<typeof createBroker>): FollowerAccess => ({
  settings: {
    name: follower(1),
    label: null,
    enabled: true,
    mode: 'live',
    rules: {
      symbols: { allow: [], block: [] },
      exchanges: [],
      products: [],
      orderTypes: [],
      sides: [],
    },
    orders: { market: 'limit', stops: 'as-executed' },
    sizing: { mode: 'mirror' },
    rounding: 'down',
    limits: {
      maxOrderQuantity: null,
      maxOrderValue: null,
      maxPositionQuantity: null,
      maxOrdersPerDay: null,
      maxDailyLoss: null,
      pauseAfterRejections: null,
    },
    confirm: 'off',
    maxAgeMs: 5 * MINUTE,
    maxSlippage: { kind: 'off' },
    entryTtlMs: 30 * SECOND,
    capital: null,
  },
  mode: 'live',
  get reader(): never {
    throw new Error('a lane reads nothing itself')
  },
  writer: broker.writer,
  stream: null,
  windows: WRITE_WINDOWS,
  capital: () => null,
  session: () => ({ kind: 'closed', why: 'nobody logs in here' }),
})

/** Rich enough that nothing is refused for want of money. */
const wealthy = () => defaultAccounts(1).map((each) => ({ ...each, cash: parseMoney('900000000') }))

/** Below the market, so that it rests until its time is over and it is cancelled: another write. */
function resting(simulator: Simulator, { id }: Instrument): Pricing {
  const listing = simulator.settings.listings.find((one) => instrumentOf(one).id === id)
  if (listing === undefined) throw new Error(`${id} is not listed`)
  return { kind: 'limit', price: subtract(listing.price, listing.tick) }
}

/** Evenly from nothing to just below `count`. */
function below(chance: Chance, count: number): number {
  const [high = 0, low = 0] = chance.bytes(2)
  return (high * 256 + low) % count
}

/** The most that arrived within any window of that length. */
function mostWithin(times: readonly Instant[], lengthMs: number): number {
  const sorted = times.toSorted((a, b) => a - b)
  let first = 0
  return sorted.reduce((most, at, index) => {
    while ((sorted[first] ?? at) <= at - lengthMs) first += 1
    return Math.max(most, index - first + 1)
  }, 0)
}
