// One cell of the comparison: so many followers, a broker that answers after so long. The copier and the
// floor take turns, fill by fill, so that whatever else the machine does falls upon both.
import { setTimeout as pause } from 'node:timers/promises'
import type { SessionRecord } from '../../src/report/record.ts'
import { STEPS, waterfallsOf } from '../../src/report/waterfall.ts'
import { spreadOf } from './figures.ts'
import type { Round, RoundTold, Sender } from './messages.ts'
import { type Receiver, type RunningCopier, startBare, startCopier } from './processes.ts'

export interface Cell {
  readonly followers: number
  readonly latencyMs: number
}

export interface Race extends Cell, Racing {
  /** The master leaves, one share at a time, some seconds apart; null where no exits were wanted. */
  readonly exits: Racing | null
  /** Of the copier's entries, by its own times: what each step took, in whole ms. */
  readonly steps: Readonly<Record<string, readonly number[]>>
  readonly cost: Cost
}

/** The three that take turns, each with as many fills. */
export interface Racing {
  readonly rounds: number
  readonly copier: Legs
  readonly floor: Legs
  /** The floor with one synced write of all orders before it sends. */
  readonly synced: Legs
}

/** Of the copier, all of it: its reports and its other readings too. */
export interface Cost {
  readonly memoryMiB: number
  /** While it has nothing to copy, and of each fill with all that it brings. */
  readonly idleCpuPercent: number
  readonly cpuMsPerFill: number
}

/** From the master's fill to the first byte of an order, in ms, one of each round. */
export interface Legs {
  readonly first: readonly number[]
  readonly last: readonly number[]
}

export interface Pace {
  readonly rounds: number
  readonly warmUp: number
  /** Exits after the entries, of which there must be as many. */
  readonly exits?: number
  /** Orders in the master's book before the first. */
  readonly rows?: number
  /** With a ledger that is to be gone on with. */
  readonly folder?: string
}

const RACERS = ['copier', 'floor', 'synced'] as const
const QUIET_MS = 40
const QUIET_WAIT_MS = 1_500
/** What an order brings with it takes a core some ms; a fill must not be measured behind the one before it. */
const QUIET_WAIT_A_FOLLOWER_MS = 10
/** A reading of positions is good for five seconds: an exit that follows no other has to wait for one. */
const BEFORE_AN_EXIT_MS = 5_200
/** Between two fills of one sender: an account takes six entries a second and 400 a minute. */
const BETWEEN_MS = 180

export async function race(receiver: Receiver, cell: Cell, wanted: Pace): Promise<Race> {
  const { followers, latencyMs } = cell
  await receiver.forget()
  await receiver.history(wanted.rows ?? 0)
  await receiver.latency(latencyMs)
  const more = wanted.folder === undefined ? {} : { folder: wanted.folder }
  const copier = await startCopier(receiver, { followers, ...more })
  const ends = [
    await startBare('floor', receiver, followers),
    await startBare('synced', receiver, followers),
  ]
  const idleCpuPercent = await idleCost(copier)
  let entries: Racing
  let exits: Racing | null = null
  let cost: Cost
  try {
    const { rounds, warmUp } = wanted
    const before = copier.usage()
    entries = await inTurns(receiver, copier, followers, { side: 'BUY', rounds, warmUp })
    const after = copier.usage()
    cost = {
      memoryMiB: after.memoryBytes / 2 ** 20,
      idleCpuPercent,
      cpuMsPerFill: (after.cpuMs - before.cpuMs) / (rounds + warmUp),
    }
    const leaving = { side: 'SELL', rounds: wanted.exits ?? 0, warmUp: 0 } as const
    if (leaving.rounds > 0) exits = await inTurns(receiver, copier, followers, leaving)
  } catch (error) {
    await copier.end()
    throw error
  } finally {
    for (const end of ends) await end()
  }
  return { ...cell, ...entries, exits, cost, steps: stepsOf(await copier.end()) }
}

interface Turns {
  readonly side: Round['side']
  readonly rounds: number
  readonly warmUp: number
}

async function inTurns(
  receiver: Receiver,
  copier: RunningCopier,
  followers: number,
  { side, rounds, warmUp }: Turns,
): Promise<Racing> {
  const told = { copier: [] as RoundTold[], floor: [] as RoundTold[], synced: [] as RoundTold[] }
  for (let number = 0; number < rounds + warmUp; number++) {
    const turn = number % RACERS.length
    for (const sender of [...RACERS.slice(turn), ...RACERS.slice(0, turn)]) {
      await quiet(receiver, followers)
      if (side === 'SELL' && sender === 'copier') await pause(BEFORE_AN_EXIT_MS)
      const answer = await receiver.round({ ...roundOf(sender, followers), side })
      if (answer.wrongs.length > 0)
        throw new Error(`${sender}: ${answer.wrongs.join('; ')}\n${copier.out().slice(-3_000)}`)
      if (number >= warmUp) told[sender].push(answer)
      await pause(BETWEEN_MS / RACERS.length)
    }
  }
  return {
    rounds,
    copier: legsOf(told.copier),
    floor: legsOf(told.floor),
    synced: legsOf(told.synced),
  }
}

const IDLE_FOR_MS = 3_000

async function idleCost(copier: RunningCopier): Promise<number> {
  const [begun, before] = [performance.now(), copier.usage()]
  await pause(IDLE_FOR_MS)
  return ((copier.usage().cpuMs - before.cpuMs) / (performance.now() - begun)) * 100
}

function stepsOf(record: SessionRecord | null): Race['steps'] {
  const entries = (record?.orders ?? []).filter(({ effect }) => effect === 'entry')
  const orders = waterfallsOf(entries)
  return Object.fromEntries(
    STEPS.map((step) => [step, orders.flatMap(({ stepsMs }) => stepsMs[step] ?? [])]),
  )
}

export const legsOf = (told: readonly RoundTold[]): Legs => ({
  first: told.map(({ arrivals }) => arrivals[0] as number),
  last: told.map(({ arrivals }) => arrivals.at(-1) as number),
})

export const spreadsOf = ({ first, last }: Legs) => ({
  first: spreadOf(first),
  last: spreadOf(last),
})

export const roundOf = (sender: Sender, followers: number, by: Round['by'] = 'frame'): Round => ({
  sender,
  by,
  orders: followers,
  side: 'BUY',
  quantity: '1',
})

/** What the last fill brought with it (answers, streams, readings) is over, or goes on for too long. */
export async function quiet(receiver: Receiver, followers = 0): Promise<void> {
  const begun = performance.now()
  const longestMs = QUIET_WAIT_MS + followers * QUIET_WAIT_A_FOLLOWER_MS
  for (;;) {
    const { quietMs } = await receiver.state()
    if (quietMs >= QUIET_MS || performance.now() - begun > longestMs) break
    await pause(QUIET_MS - quietMs)
  }
  await pause(Math.random() * 20)
}
