// The two ways without a stream: the copier when it has to find the fill in the next reading of the book,
// and the loop that most copiers are, which reads every three seconds and serves one after another.
import { setTimeout as pause } from 'node:timers/promises'
import type { RoundTold, Sender } from './messages.ts'
import { type Receiver, startBare, startCopier } from './processes.ts'
import { type Cell, type Legs, legsOf, quiet, roundOf } from './race.ts'

export interface SlowWay extends Cell {
  readonly rounds: number
  readonly legs: Legs
  /** From the moment at which the book that shows the fill was handed over. */
  readonly afterShown: Legs
}

/** As many fills as fit the time, two at least; each at a moment of its own between two readings. */
export interface SlowPace {
  readonly budgetMs: number
  readonly mostRounds: number
}

export async function byBook(receiver: Receiver, cell: Cell, pace: SlowPace): Promise<SlowWay> {
  await receiver.forget()
  await receiver.latency(cell.latencyMs)
  const copier = await startCopier(receiver, { followers: cell.followers, args: ['--no-feed'] })
  try {
    return await play(receiver, cell, pace, 'copier')
  } finally {
    await copier.end()
  }
}

export async function oneByOne(receiver: Receiver, cell: Cell, pace: SlowPace): Promise<SlowWay> {
  await receiver.forget()
  await receiver.latency(cell.latencyMs)
  const end = await startBare('oneByOne', receiver, cell.followers)
  try {
    return await play(receiver, cell, pace, 'oneByOne')
  } finally {
    await end()
  }
}

const POLL_MS = 3_000

async function play(
  receiver: Receiver,
  cell: Cell,
  { budgetMs, mostRounds }: SlowPace,
  sender: Sender,
): Promise<SlowWay> {
  const told: RoundTold[] = []
  const begun = performance.now()
  while (told.length < mostRounds && (told.length < 2 || performance.now() - begun < budgetMs)) {
    if (sender === 'copier') await quiet(receiver)
    // Anywhere between two readings, so that luck is even.
    await pause(Math.random() * POLL_MS)
    const round = await receiver.round(roundOf(sender, cell.followers, 'book'))
    if (round.wrongs.length > 0) throw new Error(`${sender}: ${round.wrongs.join('; ')}`)
    told.push(round)
  }
  return { ...cell, rounds: told.length, legs: legsOf(told), afterShown: legsOf(told.map(since)) }
}

function since({ shownMs, arrivals, ...rest }: RoundTold): RoundTold {
  if (shownMs === null) throw new Error('orders came before any book showed the fill')
  return { ...rest, shownMs, arrivals: arrivals.map((at) => at - shownMs) }
}
