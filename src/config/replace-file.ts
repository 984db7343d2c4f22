// Replaces a small file as a whole: whoever reads it sees the old text or the new one, never half, also
// after a power cut. A link is followed, so that the file it points to is the one replaced.
import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'

/** `mode` null keeps the rights that the file has. */
export function replaceFile(path: string, text: string, mode: number | null): void {
  const target = existsSync(path) ? realpathSync(path) : path
  const rights = mode ?? (existsSync(target) ? statSync(target).mode & 0o777 : 0o644)
  const unfinished = `${target}.unfinished`
  rmSync(unfinished, { force: true })
  try {
    // Never wider than it will be, not even while it is written.
    const file = openSync(unfinished, 'wx', rights)
    try {
      // All of it or an error: a plain write takes what there is room for, and says so in a number.
      writeFileSync(file, text)
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    chmodSync(unfinished, rights)
    renameSync(unfinished, target)
  } catch (error) {
    rmSync(unfinished, { force: true })
    throw error
  }
}
