// What the figures were measured on, in a few lines: nobody can read a time without it.

import { statfsSync } from 'node:fs'
import { cpus, loadavg, release, tmpdir, totalmem } from 'node:os'

/** As `statfs` tells them. On a disk that is memory a synced write costs nothing. */
const DISKS: Readonly<Record<number, string>> = {
  61267: 'ext4',
  1481003842: 'xfs',
  2435016766: 'btrfs',
  16914836: 'tmpfs: memory, so that nothing is ever synced',
  2035054128: 'overlay',
  26: 'apfs',
}

export function describeMachine(): readonly string[] {
  const [first] = cpus()
  const { type } = statfsSync(tmpdir())
  return [
    `machine   ${cpus().length} cores (${first?.model.trim() ?? 'unknown'}), ${Math.round(totalmem() / 2 ** 30)} GiB, ${process.platform} ${release()}`,
    `program   Node ${process.versions.node}`,
    `disk      ${DISKS[type] ?? `type ${type}`}`,
    `load      ${loadText()} when it began`,
  ]
}

/** Of the last minute, five and fifteen; how many wanted a core at once. */
export const loadText = (): string =>
  loadavg()
    .map((load) => load.toFixed(2))
    .join(' ')
