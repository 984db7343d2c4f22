// A file that only takes up room. When the disk is full it is removed, so that exits and fills can still
// be written down. Made at the start of an engine, and again when there is room.
//
//   held ── release (disk full) ──► released ── keep (room again) ──► held
import { closeSync, existsSync, fsyncSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'

/** The room on the disk under a ledger: the disk's own unless a simulation brings one that fills up. */
export interface Room {
  freeBytes(folder: string): number
  /** Asked before a transaction commits; throws as the storage does when there is no room. */
  take(): void
}

export const DISK: Room = {
  freeBytes(folder) {
    const { bavail, bsize } = statfsSync(folder)
    return bavail * bsize
  },
  // The storage itself says no.
  take: () => undefined,
}

export interface Reserve {
  state(): 'held' | 'released'
  /** Makes room; false when there was nothing left to give. */
  release(): boolean
  /** Sets room aside again, twice over so that something stays free; says whether it is there. */
  keep(): boolean
}

/** Some hundred exits with their fills; the write-ahead log itself is reused with a note once it is 4 MB long. */
export const RESERVE_BYTES = 8 * 1024 * 1024

export function createReserve(path: string, bytes: number, room: Room = DISK): Reserve {
  const isHeld = (): boolean => existsSync(path)
  return {
    state: () => (isHeld() ? 'held' : 'released'),
    release() {
      if (!isHeld()) return false
      rmSync(path)
      return true
    },
    keep() {
      if (isHeld()) return true
      if (room.freeBytes(dirname(path)) < 2 * bytes) return false
      try {
        fill(path, bytes)
        return true
      } catch {
        // Somebody else took the room meanwhile: what was written of the file goes back.
        rmSync(path, { force: true })
        return false
      }
    },
  }
}

function fill(path: string, bytes: number): void {
  const file = openSync(path, 'wx', 0o600)
  try {
    // Not zeros, which a compressing file system would store as nothing.
    const block = Buffer.alloc(64 * 1024)
    for (let at = 0, mixed = 1; at < block.length; at++) {
      mixed = (mixed * 1_103_515_245 + 12_345) % 2_147_483_648
      block[at] = mixed >> 16
    }
    // A disk that is just full takes a part of a block and says so by the count alone.
    for (let left = bytes; left > 0; )
      left -= writeSync(file, block, 0, Math.min(left, block.length))
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}
