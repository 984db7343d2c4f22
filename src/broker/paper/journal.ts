// The file behind a paper account: lines, only added, each synced before anybody hears of it. A machine
// that died while writing leaves a torn last line; nobody was told of it, so it is taken off. Any other
// line that can't be read is damage, and no guess is made: the account does not start.
import {
  closeSync,
  fchmodSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeSync,
} from 'node:fs'
import { dirname } from 'node:path'

export interface Journal {
  /** All of them on disk, or an error and none of them counts. */
  append(lines: readonly string[]): void
  /** Replaces the whole file at once: after a power cut there is the old one or the new one. */
  replace(lines: readonly string[]): void
  close(): void
}

/** A book of which a line in the middle can't be read. The dry run of that account stops. */
export class JournalDamaged extends Error {
  constructor(path: string, line: number) {
    super(
      `${path}, line ${line}: not readable. Perhaps it was edited, or the disk is failing. ` +
        'Move the file away to begin with an empty paper account.',
    )
    this.name = 'JournalDamaged'
  }
}

/** The disk is full or gone. What was to be written has not happened; what is there stays. */
export class JournalUnwritable extends Error {
  constructor(path: string, options: { readonly cause: unknown }) {
    const { cause } = options
    const why = cause instanceof Error ? cause.message : String(cause)
    super(
      `the paper account's book cannot be written, so nothing is placed: ${path}: ${why}`,
      options,
    )
    this.name = 'JournalUnwritable'
  }
}

export function openJournal<Entry>(
  path: string,
  read: (line: string) => Entry | null,
): { journal: Journal; entries: readonly Entry[] } {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  let file = openFile(path)
  const { entries, length: kept } = readWhole(readFileSync(file), path, read)
  let length = kept
  ftruncateSync(file, length)
  fsyncSync(file)
  syncFolder(path)

  // A number that was closed is soon another file's: a late turn must never write into that one.
  let isClosed = false
  const assertOpen = () => {
    if (isClosed) throw new JournalUnwritable(path, { cause: new Error('it was closed') })
  }

  const journal: Journal = {
    append(lines) {
      assertOpen()
      const bytes = bytesOf(lines)
      try {
        writeAll(file, bytes, length)
        fsyncSync(file)
      } catch (error) {
        takeBack()
        throw new JournalUnwritable(path, { cause: error })
      }
      length += bytes.length
    },
    replace(lines) {
      assertOpen()
      const bytes = bytesOf(lines)
      try {
        writeFresh(`${path}.new`, bytes)
        // Closed before the renaming: Windows gives no name away while its file is open.
        closeSync(file)
        try {
          renameSync(`${path}.new`, path)
        } finally {
          file = openFile(path)
        }
      } catch (error) {
        throw new JournalUnwritable(path, { cause: error })
      }
      length = bytes.length
      syncFolder(path)
    },
    close() {
      if (!isClosed) closeSync(file)
      isClosed = true
    },
  }
  return { journal, entries }

  /** Where even this fails, the next append writes over what was left, and a restart reads it or not. */
  function takeBack(): void {
    try {
      ftruncateSync(file, length)
    } catch {
      // the error of the write itself says it better
    }
  }
}

const bytesOf = (lines: readonly string[]): Buffer =>
  Buffer.from(lines.map((line) => `${line}\n`).join(''))

function openFile(path: string): number {
  const file = openSync(path, 'a+', 0o600)
  closeSync(file)
  const both = openSync(path, 'r+')
  fchmodSync(both, 0o600)
  return both
}

function writeFresh(path: string, bytes: Buffer): void {
  const file = openSync(path, 'w', 0o600)
  try {
    writeAll(file, bytes, 0)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

function writeAll(file: number, bytes: Buffer, from: number): void {
  for (let written = 0; written < bytes.length; )
    written += writeSync(file, bytes, written, bytes.length - written, from + written)
}

function readWhole<Entry>(
  bytes: Buffer,
  path: string,
  read: (line: string) => Entry | null,
): { entries: readonly Entry[]; length: number } {
  const entries: Entry[] = []
  let length = 0
  for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, length)) {
    const entry = read(bytes.toString('utf8', length, end))
    const isLast = bytes.indexOf(10, end + 1) < 0
    if (entry === null && isLast) break
    if (entry === null) throw new JournalDamaged(path, entries.length + 1)
    entries.push(entry)
    length = end + 1
  }
  return { entries, length }
}

/** A new name is on disk only when its folder is. Windows has no such thing, and needs none. */
function syncFolder(path: string): void {
  if (process.platform === 'win32') return
  const folder = openSync(dirname(path), 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}
