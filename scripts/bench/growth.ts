// How the cost grows with what a day, a year and a busy minute bring: orders in the master's book, intents in
// the ledger, signals a second until a queue grows. One quantity is changed at a time.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeOldLedger } from './old-ledger.ts'
import { type Receiver, startCopier } from './processes.ts'
import { type Pace, quiet, type Race, race } from './race.ts'

/** A race in which something was there before. */
export interface Grown {
  readonly before: number
  readonly race: Race
}

export interface Rate {
  readonly followers: number
  readonly perSecond: number
  /** Of the first and of the last third of the fills: from each to its last order, in ms. */
  readonly firstMs: readonly number[]
  readonly lastMs: readonly number[]
  /** Fills of which an order never came. */
  readonly lost: number
  readonly cpuPercent: number
}

export interface Growth {
  readonly rows: readonly Grown[]
  readonly intents: readonly Grown[]
  readonly rates: readonly Rate[]
}

export interface GrowthWanted {
  readonly followers: number
  readonly pace: Pace
  readonly rows: readonly number[]
  readonly intents: readonly number[]
  readonly rates: readonly { readonly followers: number; readonly perSecond: number }[]
  readonly fills: number
}

export async function measureGrowth(
  receiver: Receiver,
  wanted: GrowthWanted,
  note: (line: string) => void,
): Promise<Growth> {
  const cell = { followers: wanted.followers, latencyMs: 0 }
  const rows: Grown[] = []
  for (const before of wanted.rows) {
    note(`${before} orders in the master's book …`)
    rows.push({ before, race: await race(receiver, cell, { ...wanted.pace, rows: before }) })
  }
  const intents: Grown[] = []
  for (const before of wanted.intents) {
    note(`${before} intents in the ledger …`)
    const folder = mkdtempSync(join(tmpdir(), 'lockstep-bench-'))
    try {
      makeOldLedger(folder, wanted.followers, before)
      intents.push({ before, race: await race(receiver, cell, { ...wanted.pace, folder }) })
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  }
  const rates: Rate[] = []
  for (const { followers, perSecond } of wanted.rates) {
    note(`${perSecond} signals a second for ${followers} followers …`)
    rates.push(await rateOf(receiver, followers, perSecond, wanted.fills))
  }
  return { rows, intents, rates }
}

async function rateOf(
  receiver: Receiver,
  followers: number,
  perSecond: number,
  fills: number,
): Promise<Rate> {
  await receiver.forget()
  await receiver.latency(0)
  const copier = await startCopier(receiver, { followers })
  try {
    await quiet(receiver)
    const [begun, usage] = [performance.now(), copier.usage()]
    const { lastMs } = await receiver.flood({ perSecond, fills, orders: followers })
    const cpuMs = copier.usage().cpuMs - usage.cpuMs
    const third = Math.ceil(lastMs.length / 3)
    const came = (part: readonly (number | null)[]) => part.flatMap((each) => each ?? [])
    return {
      followers,
      perSecond,
      firstMs: came(lastMs.slice(0, third)),
      lastMs: came(lastMs.slice(-third)),
      lost: lastMs.filter((each) => each === null).length,
      cpuPercent: (cpuMs / (performance.now() - begun)) * 100,
    }
  } finally {
    await copier.end()
  }
}

/** More than twice as late as at the beginning, and by more than a blink: whoever comes later waits longer. */
export function hasQueue({ firstMs, lastMs, lost }: Rate): boolean {
  if (lost > 0 || firstMs.length === 0 || lastMs.length === 0) return true
  const [first, last] = [median(firstMs), median(lastMs)]
  return last > 2 * first && last - first > A_BLINK_MS
}

const A_BLINK_MS = 100

export const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)] as number
