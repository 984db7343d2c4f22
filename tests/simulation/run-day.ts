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
import { accountName } from '../../src/domain/ids.ts'
import { parseMoney } from '../../src/domain/numbers.ts'
import { after, dayOf, type Instant, MINUTE, SECOND } from '../../src/domain/time.ts'
import type { Ledger } from '../../src/ports.ts'
import { defaultAccounts } from '../../src/simulator/default-accounts.ts'
import { codeOf, type DayPlan, drawDay } from './day.ts'
import { isOpen, leaveAll, MASTER_CODE, perform } from './deeds.ts'
import type { Steps } from './gate.ts'
import type { Truth } from './truth.ts'
import { createWorld, type World, type WorldSettings } from './world.ts'

export interface DayOptions {
  /** In memory unless told otherwise. */
  readonly storage?: WorldSettings['storage']
  readonly change?: (plan: DayPlan) => DayPlan
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
  readonly folder: string
  close(): void
}

/** A program that doesn't run is started again, by hand or by its service, this long after its end. */
const STARTED_AGAIN_MS = 5 * SECOND
/** What is open by then stays open: nothing that heals by itself takes longer. */
const SETTLES_WITHIN_MS = 15 * MINUTE
const QUIET_FOR_MS = 20 * SECOND

export async function runDay(seed: number, options: DayOptions = {}): Promise<DayResult> {
  const plan = options.change?.(drawDay(seed)) ?? drawDay(seed)
  const accounts = defaultAccounts(plan.followers.length).map((each) => ({
    ...each,
    cash: parseMoney('100000000'),
  }))
  const world = createWorld({
    seed,
    startsAt: plan.startsAt,
    accounts,
    broker: { codes: 'again', latencyMs: 5 },
    storage: options.storage ?? 'memory',
  })
  const { clock } = world
  writeFileSync(join(world.folder, 'lockstep.yaml'), plan.settings)

  let restartMs = STARTED_AGAIN_MS
  let isOver = false
  world.onEnd(() => {
    const downMs = restartMs
    restartMs = STARTED_AGAIN_MS
    if (isOver) return
    void clock.sleep(downMs).then(() => {
      if (!isOver && world.life() === null) world.start()
    })
  })
  world.start()

  const doing = {
    restartAfter: (ms: number): void => {
      restartMs = ms
    },
  }
  for (const deed of plan.deeds) {
    await clock.pass(Math.max(0, deed.at - clock.now()))
    perform(deed, world, doing)
  }
  await clock.pass(Math.max(0, plan.clearsAt - clock.now()))

  const flat = await becomeQuiet(world, plan)
  isOver = true
  const view = await lastWords(world)
  const truth = truthOf(world, plan, flat.quietAt, flat.unquiet, view)
  return {
    plan,
    truth,
    story: world.story,
    steps: world.steps,
    faults: faultsOf(world),
    flatAfterMs: flat.quietAt === null ? null : flat.quietAt - flat.flatAt,
    folder: world.folder,
    close: world.close,
  }
}

/** The weather clears, the trader lets everything go on, the master leaves; then it has to settle. */
async function becomeQuiet(world: World, plan: DayPlan) {
  const { clock, say } = world
  say('the weather clears')
  world.simulator.control.clearFaults()
  while (!leaveAll(world, plan.whats)) await clock.pass(SECOND)
  const flatAt = clock.now()
  say('the master is flat')
  const until = after(flatAt, SETTLES_WITHIN_MS)
  let quietSince: Instant | null = null
  let unquiet: readonly string[] = []
  while (clock.now() < until) {
    await clock.pass(SECOND)
    unquiet = whatIsOpen(world)
    quietSince = unquiet.length > 0 ? null : (quietSince ?? clock.now())
    if (quietSince !== null && clock.now() - quietSince >= QUIET_FOR_MS) break
  }
  const isQuiet = unquiet.length === 0 && quietSince !== null
  return { flatAt, quietAt: isQuiet ? quietSince : null, unquiet }
}

/** In words: empty when everything has come to its end. */
function whatIsOpen(world: World): readonly string[] {
  const ledger = world.life()?.ledger() ?? null
  if (ledger === null) return ['the program is not up']
  if (!ledger.hasBaseline(accountName('MASTER'))) return ['the master was never read']
  return [
    ...untold(world, ledger),
    ...ledger
      .openAttempts(null)
      .map(({ attempt, state }) => `${attempt.intent.lane.follower} ${attempt.tag} ${state.kind}`),
    ...ledger.unsentIntents(null).map(({ lane, tag }) => `${lane.follower} ${tag} is unsent`),
    ...ledger.owed().map(({ lane, owed }) => `${lane.follower} owes ${owed} ${lane.instrument}`),
    ...ledger.undecided().map(({ signal }) => `signal #${signal.id} waits for an answer`),
    ...ledger.openSteering().map(({ command }) => `${command.kind} is not obeyed yet`),
    ...ledger
      .lanes()
      .filter(({ held, copied }) => held !== 0n || copied !== 0n)
      .map(
        (lane) => `${lane.follower} holds ${lane.held} ${lane.instrument}, copies ${lane.copied}`,
      ),
  ]
}

/** What the master filled and the ledger has not seen. */
function untold(world: World, ledger: Ledger): readonly string[] {
  const seen = new Map<string, bigint>()
  for (const { report, signalled } of ledger.masterOrders(today(world)))
    seen.set(report.orderId, signalled.baseline + signalled.entry + signalled.exit)
  return world.simulator.control
    .orders({ clientCode: MASTER_CODE })
    .filter(({ orderId, filled }) => (seen.get(orderId) ?? 0n) !== BigInt(filled) * 100_000_000n)
    .map(({ orderId }) => `the master's ${orderId} is not told`)
}

const today = (world: World) => dayOf(world.clock.now())

/** Stops the program if it runs, and asks its memory a last time. */
async function lastWords(world: World) {
  world.life()?.stop()
  for (let tries = 0; tries < 60 && world.life() !== null; tries++) await world.clock.pass(SECOND)
  world.life()?.kill()
  return world.atDesk((desk) => {
    const ledger = desk as Ledger
    return { inconsistencies: ledger.verify(), owed: ledger.owed() }
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
    rivals: [],
    told: world.told,
    secrets: world.simulator.settings.accounts.flatMap(({ pin, totpSecret, apiKey }) => [
      pin,
      totpSecret,
      apiKey,
    ]),
    written: world.written(),
    quietAt,
    unquiet,
  }
}

function faultsOf(world: World): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const { rule, route } of world.simulator.control.faultsStruck()) {
    const { fault } = rule
    const when = 'when' in fault ? ` ${fault.when}` : ''
    const name = `${fault.kind}${when} ${route}`
    counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  return counts
}

export { isOpen }
