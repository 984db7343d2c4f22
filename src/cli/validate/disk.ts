// The checks of the disk: every order is on it before it is sent, so its room and its speed are part of
// every copy. Writes one small file in the data folder and takes it away again.
import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  openSync,
  rmSync,
  statfsSync,
  statSync,
  writeSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { formatDuration } from '../../domain/time.ts'
import { amber, type Finding, green, red } from './finding.ts'

export interface Disk {
  freeBytes(folder: string): number
  /** Milliseconds that each of some small synced writes took. */
  syncTimes(folder: string): readonly number[]
}

/** A folder that is not there yet is made on the first run, so what counts is where it would be made. */
export function checkFolder(name: string, folder: string): Finding {
  const nearest = nearestOf(folder)
  const remedy = 'name another folder, or give the user that runs Lockstep the right to write there'
  if (!statSync(nearest).isDirectory())
    return red(name, `${folder}: ${nearest} is not a folder`, remedy)
  try {
    accessSync(nearest, constants.W_OK | constants.X_OK)
    return green(name, folder)
  } catch {
    // Whatever the system's word for it, the answer is the same: nothing can be kept there.
    return red(name, `${folder} can't be written by this user`, remedy)
  }
}

const MEGABYTE = 1_000_000
const LEAST_FREE = 100 * MEGABYTE
const ENOUGH_FREE = 1_000 * MEGABYTE

export function checkRoom(freeBytes: number): Finding {
  const found = `${Math.floor(freeBytes / MEGABYTE).toLocaleString('en-US')} MB free`
  const remedy = 'make room: a full disk stops entries'
  if (freeBytes < LEAST_FREE) return red('disk room', found, remedy)
  return freeBytes < ENOUGH_FREE ? amber('disk room', found, remedy) : green('disk room', found)
}

/** Above this a copy is late by more than a broker's answer takes on a good line. */
const SLOW_MS = 50

export function checkSpeed(times: readonly number[]): Finding {
  const sorted = times.toSorted((a, b) => a - b)
  const at = (share: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]
  const [middle, late] = [at(0.5), at(0.95)]
  if (middle === undefined || late === undefined)
    return amber('disk speed', 'not measured', 'give this user the right to write the data folder')
  const found = `a synced write takes ${shown(middle)}, 1 in 20 more than ${shown(late)} (${times.length} measured)`
  return late > SLOW_MS
    ? amber('disk speed', found, 'keep the data folder on a local solid-state disk')
    : green('disk speed', found)
}

const shown = (ms: number): string => (ms < 10 ? `${ms.toFixed(1)} ms` : formatDuration(ms))

// --- the real one ------------------------------------------------------------------------------

const WRITES = 200
const LONGEST_MS = 3_000

export const localDisk: Disk = {
  freeBytes(folder) {
    const { bavail, bsize } = statfsSync(nearestOf(folder))
    return bavail * bsize
  },
  syncTimes(folder) {
    const path = join(nearestOf(folder), `.lockstep-disk-${process.pid}`)
    try {
      const file = openSync(path, 'wx', 0o600)
      try {
        return timeWrites(file)
      } finally {
        closeSync(file)
        rmSync(path, { force: true })
      }
    } catch (error) {
      if (error instanceof Error && 'code' in error) return [] // no right, no room: told as not measured
      throw error
    }
  },
}

function timeWrites(file: number): readonly number[] {
  const times: number[] = []
  const began = performance.now()
  for (let at = began; times.length < WRITES && at - began < LONGEST_MS; ) {
    writeSync(file, 'x'.repeat(512))
    fsyncSync(file)
    const now = performance.now()
    times.push(now - at)
    at = now
  }
  return times
}

function nearestOf(folder: string): string {
  let nearest = folder
  while (!existsSync(nearest) && dirname(nearest) !== nearest) nearest = dirname(nearest)
  return nearest
}
