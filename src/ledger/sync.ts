// Brings to the disk what was committed without waiting for it, beside the engine's work: within a moment,
// and never later than whatever is committed and waited for after it. It touches no more than the end of
// the file that commits are added to, and holds no lock of its own.
//
//   quiet ── soon ──► under way ── done ──► quiet
//                        │  ▲ soon: once more
//                        └──┘
import { closeSync, existsSync, fdatasync, fdatasyncSync, openSync } from 'node:fs'

export interface Sync {
  /** Something was committed that nobody waited for. */
  soon(): void
  /** What the last one failed with: then nothing that follows can be trusted. */
  failure(): Error | null
  /** Waits for what is not on disk yet. */
  close(): void
}

export function createSync(path: string): Sync {
  let file: number | null = null
  let isUnderWay = false
  let isWanted = false
  let isClosed = false
  let failed: Error | null = null

  function begin(): void {
    if (file === null) openIt()
    if (file === null) return
    isUnderWay = true
    // When this turn of the loop is over: what is committed and waited for in it takes this along, and
    // would stand in line behind it at the disk.
    setImmediate(syncNow)
  }

  function syncNow(): void {
    if (file === null) return
    isWanted = false
    fdatasync(file, (error) => {
      isUnderWay = false
      if (isClosed) return
      failed ??= error
      if (isWanted) begin()
    })
  }

  function openIt(): void {
    try {
      if (existsSync(path)) file = openSync(path, 'r+')
    } catch (error) {
      failed ??= error as Error
    }
  }

  return {
    soon() {
      isWanted = true
      if (!isUnderWay && !isClosed) begin()
    },
    failure: () => failed,
    close() {
      isClosed = true
      if (file === null) return
      if (isUnderWay || isWanted) fdatasyncSync(file)
      // Also under one that is still under way: at worst it finds nothing to sync any more.
      closeSync(file)
      file = null
    },
  }
}
