// Runs the day of a seed from its first login to its end and gives what truly happened. How it is used:
//
//   const { truth, story, close } = await runDay(seed)        // the whole day, in about a second
//   const broken = everyPromise(truth)                        // checkers are pure functions of the truth
//   close()                                                   // removes the folder with the ledger
//
// Equal seeds give equal truths, facts included. `options.change` changes the plan, for a case that is to be
// looked at more closely.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { NO_OVERRIDES } from '../../src/domain/calendar.ts'
import { CALENDAR_TABLE } from '../../src/domain/calendar-data.ts'
import { accountName } from '../../src/domain/ids.ts'
import { laneKey } from '../../src/domain/lane.ts'
import { parseMoney, parsePrice, units } from '../../src/domain/numbers.ts'
import { after, dayOf, type Instant, instant, MINUTE, SECOND } from '../../src/domain/time.ts'
import type { Ledger } from '../../src/ports.ts'
import type { AccountSetting } from '../../src/simulator/account.ts'
import { defaultAccounts, MASTER_CODE } from '../../src/simulator/default-accounts.ts'
import { defaultListings } from '../../src/simulator/listing.ts'
import { type DayPlan, type Deed, drawDay } from './day.ts'
import { clearUp, type Doing, leaveAll, perform } from './deeds.ts'
import type { Doom, Steps } from './gate.ts'
import { codeOf, masterHolds } from './holds.ts'
import { describeNight, LISTED_ON } from './nights.ts'
import { verifyStopped } from './owner.ts'
import { answerAll, steer } from './says.ts'
import { placesUnseen } from './seen.ts'
import { OLD_HOLDING, OLD_QUANTITY } from './trader.ts'
import { nameOfFault } from './troubles.ts'
import type { Truth } from './truth.ts'
import { createWorld, type World, type WorldSettings } from './world.ts'

export interface DayOptions {
  /** In memory unless told otherwise. */
  readonly storage?: WorldSettings['storage']
  readonly change?: (plan: DayPlan) => DayPlan
  readonly hears?: WorldSettings['hears']
}

export interface DayResult {
  readonly plan: DayPlan
  readonly truth: Truth
  /** What happened, a line each, in order. */
  readonly story: readonly string[]
  /** Places at which the program could die: how often it passed there, and how often it died. */
  readonly steps: Steps
  /** Faults that struck, by kind. */
  readonly faults: ReadonlyMap<string, number>
  /** From the master being flat to everybody being flat, settled and told; null: never. */
  readonly flatAfterMs: number | null
  /** Orders of which nobody can say what became of them: the trader was told. */
  readonly waiting: readonly string[]
  readonly folder: string
  close(): void
}

/** A program that ended by itself is started again, by hand or by its service. */
const STARTED_AGAIN = { afterMs: 5 * SECOND, settings: null, doom: null }
/** What is open by then stays open: nothing that heals by itself takes longer. */
const SETTLES_WITHIN_MS = 15 * MINUTE
/** Nobody gives up what may heal by itself sooner. */
const DISMISSES_AFTER_MS = 5 * MINUTE
/** An account whose logins were refused is stopped until its owner does what the program says: not at once. */
const OWNER_LOOKS_EVERY_MS = 60 * SECOND
const QUIET_FOR_MS = 20 * SECOND
/** What exits alone have not closed by then, the trader looks at. */
const FLATTENS_AFTER_MS = MINUTE
/** A master that can't leave by then (its own order is refused) makes a day that never becomes quiet. */
const LEAVES_WITHIN_MS = 3 * MINUTE

export async function runDay(seed: number, options: DayOptions = {}): Promise<DayResult> {
  const plan = options.change?.(drawDay(seed)) ?? drawDay(seed)
  const world = createWorld({
    seed,
    startsAt: plan.startsAt,
    accounts: accountsOf(plan),
    broker: brokerOf(plan),
    storage: options.storage ?? plan.storage,
    ...(options.hears && { hears: options.hears }),
  })
  const { clock } = world
  const useSettings = (text: string): void =>
    writeFileSync(join(world.folder, 'lockstep.yaml'), text)
  useSettings(plan.settings[0] ?? '')
  if (plan.night !== null) world.say(describeNight(plan.night))

  let next: {
    readonly afterMs: number
    readonly settings: string | null
    readonly doom: Doom | null
  } = STARTED_AGAIN
  let isOver = false
  world.onEnd(() => {
    const { afterMs, settings, doom } = next
    next = STARTED_AGAIN
    if (isOver) return
    void clock.sleep(afterMs).then(() => {
      if (isOver || world.life() !== null) return
      if (settings !== null) useSettings(settings)
      world.start(doom)
    })
  })
  const doing: Doing = {
    restart(afterMs, settings, doom) {
      next = { afterMs, settings, doom }
    },
  }
  const deeds = [...plan.deeds]
  while (deeds[0] !== undefined && deeds[0].at <= plan.startsAt)
    perform(deeds.shift() as Deed, plan, world, doing)
  world.start(plan.firstDoom)
  for (const deed of deeds) {
    await clock.pass(Math.max(0, deed.at - clock.now()))
    perform(deed, plan, world, doing)
  }
  await clock.pass(Math.max(0, plan.clearsAt - clock.now()))

  const flat = await becomeQuiet(world, plan)
  isOver = true
  const view = await lastWords(world)
  return {
    plan,
    waiting: view?.waiting ?? [],
    truth: truthOf(world, plan, flat.quietAt, flat.unquiet, view),
    story: world.story,
    steps: world.steps,
    faults: faultsOf(world),
    flatAfterMs: flat.quietAt === null ? null : flat.quietAt - flat.flatAt,
    folder: world.folder,
    close: world.close,
  }
}

const accountsOf = ({ followers }: DayPlan): readonly AccountSetting[] =>
  defaultAccounts(followers.length).map((each, account) => ({
    ...each,
    cash: parseMoney(followers[account - 1]?.isPoor ? '20000' : '100000000'),
    holdings: account === 0 ? OLD_HOLDINGS : [],
  }))

const OLD_HOLDINGS = [
  {
    exchange: OLD_HOLDING.exchange,
    symbol: OLD_HOLDING.symbol,
    quantity: units(OLD_QUANTITY),
    price: parsePrice('1300'),
  },
]

const brokerOf = (plan: DayPlan): WorldSettings['broker'] => ({
  codes: plan.codes,
  latencyMs: 5,
  walk: plan.walk,
  liquidity: plan.liquidity,
  processingMs: plan.processingMs,
  renamesOnModify: plan.renamesOnModify,
  streamsAfterSession: plan.streamsAfterSession,
  listings: defaultListings(LISTED_ON),
  hours: { mode: 'enforce', calendar: { table: CALENDAR_TABLE, overrides: NO_OVERRIDES } },
})

/** The weather clears, the trader lets everything go on, the master leaves; then it has to settle. */
async function becomeQuiet(world: World, plan: DayPlan) {
  const { clock, say } = world
  const apart = keptApart(world, plan)
  clearUp(plan, world)
  const gaveUpAt = after(clock.now(), LEAVES_WITHIN_MS)
  while (!leaveAll(plan, world)) {
    if (clock.now() >= gaveUpAt) return stuck(world, plan)
    await clock.pass(SECOND)
  }
  const flatAt = clock.now()
  say('the master is flat')
  const unseen = placesUnseen({ ...world, masterCode: MASTER_CODE })
  const kept: string[] = []
  let isFlattened = unseen.size === 0
  const until = after(flatAt, SETTLES_WITHIN_MS)
  let quietSince: Instant | null = null
  let unquiet: readonly string[] = []
  while (clock.now() < until) {
    await clock.pass(SECOND)
    if ((clock.now() - flatAt) % OWNER_LOOKS_EVERY_MS === 0) verifyStopped(plan, world)
    answerAll(plan, world)
    if (clock.now() - flatAt > DISMISSES_AFTER_MS) dismissUnreadable(plan, world)
    if (!isFlattened && clock.now() - flatAt > FLATTENS_AFTER_MS) {
      isFlattened = true
      kept.push(...leaveUnseen(plan, world, unseen))
    }
    unquiet = whatIsOpen(world, unseen)
    quietSince = unquiet.length > 0 ? null : (quietSince ?? clock.now())
    if (quietSince !== null && clock.now() - quietSince >= QUIET_FOR_MS) break
  }
  const isQuiet = unquiet.length === 0 && quietSince !== null
  return {
    flatAt,
    quietAt: isQuiet ? quietSince : null,
    unquiet: [...unquiet, ...kept, ...apart, ...keptApart(world, plan)],
  }
}

/** What can't be closed because its account shows nothing of it, as the trader was told: the trader's from then on. */
function dismissUnreadable(plan: DayPlan, world: World): void {
  const [first] = world.life()?.ledger()?.owed() ?? []
  const isTold = world.told.some(
    ({ event }) =>
      event.kind === 'owed' &&
      event.why === 'positionUnreadable' &&
      first !== undefined &&
      laneKey(event.lane) === laneKey(first.lane),
  )
  if (isTold) steer(plan, world, { kind: 'dismiss' })
}

/**
 * What the master left on a day that is over, when nobody read its book any more, no signal will ever close: the
 * trader, who is told of it, flattens. Gives what is held there and was told to nobody; of delivered shares
 * nobody can say for some days, since a list of them may be late.
 */
function leaveUnseen(plan: DayPlan, world: World, unseen: ReadonlySet<string>): readonly string[] {
  const held = (world.life()?.ledger()?.lanes() ?? [])
    .filter((lane) => lane.held !== 0n && lane.copied !== 0n)
    .filter(({ instrument, product }) => unseen.has(`${instrument} ${product}`))
  steer(plan, world, { kind: 'flatten', follower: null })
  const wasTold = (name: string): boolean =>
    world.told.some(
      ({ event }) => event.kind === 'alarm' && event.text.startsWith(`${name}: it holds`),
    )
  return held
    .filter(({ product }) => product === 'CARRYFORWARD' || product === 'MARGIN')
    .filter(({ instrument, product }) => !wasTold(`${instrument}|${product}`))
    .map(
      (lane) =>
        `${lane.follower} holds ${lane.held} ${lane.instrument}, which the master left unseen, and nobody was told`,
    )
}

/** A day that proves nothing: it is told as broken, and not waited for. */
function stuck(world: World, plan: DayPlan) {
  const holds = plan.whats
    .filter((what) => masterHolds(world, what) !== 0)
    .map((what) => `${masterHolds(world, what)} ${what.symbol} ${what.product}`)
  world.say(`the master can't leave`)
  const why = `the master can't leave, ${LEAVES_WITHIN_MS / SECOND} s after the weather cleared: `
  return { flatAt: world.clock.now(), quietAt: null, unquiet: [`${why}${holds.join(', ')}`] }
}

/** In words: empty when everything has come to its end, or waits for the trader and says so. */
function whatIsOpen(world: World, unseen: ReadonlySet<string>): readonly string[] {
  const ledger = world.life()?.ledger() ?? null
  if (ledger === null) return ['the program is not up']
  if (!ledger.hasBaseline(accountName('MASTER'))) return ['the master was never read']
  const asked = (tag: string): boolean =>
    world.told.some(({ event }) => event.kind === 'alarm' && event.text.includes(`order ${tag} `))
  const open = ledger
    .openAttempts(null)
    .map(({ attempt: { intent, tag }, state }) => ({ ...intent, tag, state: state.kind }))
  const waiting = open.filter(({ state, tag }) => state === 'unknown' && asked(tag))
  // Until the trader acts, as the program says, nothing is sent for an account whose login was refused.
  const stopped = new Set<string>(
    [...ledger.pulse().accounts]
      .filter(({ session }) => session?.kind === 'stopped')
      .map(({ account }) => account),
  )
  const owed = ledger.owed()
  const standing = new Set(
    [...waiting, ...owed.filter(({ lane }) => stopped.has(lane.follower))].map(({ lane }) =>
      laneKey(lane),
    ),
  )
  const moving = [
    ...open.filter((each) => !waiting.includes(each)),
    ...ledger.unsentIntents(null).map((intent) => ({ ...intent, state: 'unsent' })),
  ]
  return [
    ...moving.map(({ lane, tag, state }) => `${lane.follower} ${tag} is ${state}`),
    ...owed
      .filter(({ lane }) => !standing.has(laneKey(lane)))
      .map(({ lane, owed }) => `${lane.follower} owes ${owed} ${lane.instrument}`),
    ...ledger.undecided().map(({ signal }) => `signal #${signal.id} waits for an answer`),
    ...ledger.openSteering().map(({ command }) => `${command.kind} is not obeyed yet`),
    ...ledger
      .lanes()
      .filter((lane) => {
        // Of what the master left unseen the trader has closed what was held; no signal says more of it.
        const isLeft = unseen.has(`${lane.instrument} ${lane.product}`)
        const stands = lane.held !== 0n || (lane.copied !== 0n && !isLeft)
        return stands && !standing.has(laneKey(lane))
      })
      .map(
        (lane) => `${lane.follower} holds ${lane.held} ${lane.instrument}, copies ${lane.copied}`,
      ),
    ...(moving.length === 0 ? untold(world, ledger) : []),
  ]
}

/** The engine keeps what it has read: what it takes for true has to be what anybody else would read. */
function keptApart(world: World, plan: DayPlan): readonly string[] {
  const engine = world.life()?.ledger() ?? null
  if (engine === null) return []
  const names = plan.followers.map(({ number }) => accountName(`FOLLOWER_${number}`))
  const questions: Readonly<Record<string, (ledger: Ledger) => unknown>> = {
    lanes: (ledger) => ledger.lanes().map((lane) => [lane, ledger.liveOrders(lane)]),
    openAttempts: (ledger) => [null, ...names].map(ledger.openAttempts),
    unsentIntents: (ledger) => [null, ...names].map(ledger.unsentIntents),
    attemptsOfDay: (ledger) => names.map((name) => ledger.attemptsOfDay(name, today(world))),
    followerDay: (ledger) => names.map((name) => ledger.followerDay(name, today(world))),
    masterOrders: (ledger) => ledger.masterOrders(today(world)),
    undecided: (ledger) => ledger.undecided(),
  }
  return Object.entries(questions).flatMap(([name, ask]) => {
    const isSame = world.atDesk((desk) => isDeepStrictEqual(ask(engine), ask(desk as Ledger)))
    return isSame === false ? [`the engine's ${name} are not what stands in the ledger`] : []
  })
}

/** What the master filled and the ledger has not seen. */
function untold(world: World, ledger: Ledger): readonly string[] {
  const seen = new Map<string, bigint>()
  for (const { report, signalled } of ledger.masterOrders(today(world)))
    seen.set(report.orderId, signalled.baseline + signalled.entry + signalled.exit)
  return (
    world.simulator.control
      .orders({ clientCode: MASTER_CODE })
      // What was traded on a day that is over is in no book any more.
      .filter(({ placedAt }) => dayOf(instant(placedAt)) === today(world))
      .filter(({ orderId, filled }) => (seen.get(orderId) ?? 0n) !== BigInt(filled) * 100_000_000n)
      .map(({ orderId }) => `the master's ${orderId} is not told`)
  )
}

const today = (world: World) => dayOf(world.clock.now())

/** Stops the program if it runs, and asks its memory a last time. */
async function lastWords(world: World) {
  world.life()?.stop()
  for (let tries = 0; tries < 60 && world.life() !== null; tries++) await world.clock.pass(SECOND)
  world.life()?.kill()
  return world.atDesk((desk) => {
    const ledger = desk as Ledger
    const waiting = ledger.openAttempts(null).map(({ attempt }) => attempt.tag)
    return { inconsistencies: ledger.verify(), owed: ledger.owed(), waiting }
  })
}

function truthOf(
  world: World,
  plan: DayPlan,
  quietAt: Instant | null,
  unquiet: readonly string[],
  view: Awaited<ReturnType<typeof lastWords>>,
): Truth {
  const { control } = world.simulator
  const codes = [MASTER_CODE, ...plan.followers.map(({ number }) => codeOf(number))]
  return {
    seed: plan.seed,
    masterCode: MASTER_CODE,
    followers: plan.followers.map(({ number, mode, tradesByHand, isPoor }) => ({
      name: accountName(`FOLLOWER_${number}`),
      clientCode: codeOf(number),
      mode,
      tradesByHand,
      isPoor,
    })),
    orders: codes.flatMap((clientCode) => control.orders({ clientCode })),
    changes: world.changes,
    requests: world.requests,
    arrivals: world.arrivals,
    lives: world.lives,
    duplicates: control.duplicates(),
    violations: control.violations(),
    positions: codes.flatMap((clientCode) =>
      control.positions({ clientCode }).map(({ exchange, symbol, product, quantity }) => ({
        clientCode,
        instrument: `${exchange}:${symbol}`,
        product,
        quantity: Number(quantity),
      })),
    ),
    facts: world.facts(),
    inconsistencies: view?.inconsistencies ?? [],
    owed: (view?.owed ?? []).map(({ lane, owed }) => ({
      follower: lane.follower,
      instrument: lane.instrument,
      product: lane.product,
      owed: Number(owed) / 100_000_000,
    })),
    rivals: world.rivals,
    told: world.told,
    sleeps: world.sleeps,
    haltFiles: world.haltFiles,
    secrets: [...world.secrets],
    written: world.written(),
    quietAt,
    unquiet,
  }
}

function faultsOf(world: World): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const { rule } of world.simulator.control.faultsStruck()) {
    const name = nameOfFault(rule.fault)
    counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  return counts
}
