// A file of lines that only grows at its end, and never holds up whoever writes: lines wait in memory and
// go out in batches. Its owner alone can read it. When it is large it is set aside under a number and a new
// one begins; the oldest goes. A full disk or a folder that is gone costs lines (how many is told in the
// file once it works again), never the program.
import { chmod, mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'

export interface LogFile {
  /** One line, with its line end. */
  write(line: string): void
  /** Brings out what waits, as far as the disk lets it. Never rejects. */
  flush(): Promise<void>
  /** The last flush. What is written afterwards is lost. */
  close(): Promise<void>
}

export interface LogFileOptions {
  readonly path: string
  /** Told once per failure, and again after it worked in between. */
  readonly onTrouble: (why: string) => void
  /** The line that says how many were lost. */
  readonly lostLine: (count: number) => string
  readonly mostBytes?: number
  /** How many that are full stay beside the one in use. */
  readonly kept?: number
  readonly mostWaiting?: number
}

const MOST_BYTES = 32 * 1024 * 1024
const KEPT = 8
const MOST_WAITING = 4 * 1024 * 1024
const BATCH_EVERY_MS = 100
const TRY_AGAIN_AFTER_MS = 2000

export function createLogFile(options: LogFileOptions): LogFile {
  const { path, onTrouble, lostLine } = options
  const { mostBytes = MOST_BYTES, kept = KEPT, mostWaiting = MOST_WAITING } = options
  let waiting: string[] = []
  let waitingBytes = 0
  let lost = 0
  let length: number | null = null
  let full = 0
  let isFailing = false
  let isClosed = false
  let timer: NodeJS.Timeout | null = null
  let working: Promise<void> = Promise.resolve()

  function write(line: string): void {
    const bytes = Buffer.byteLength(line)
    if (isClosed || waitingBytes + bytes > mostWaiting) {
      lost += 1
      return
    }
    waiting.push(line)
    waitingBytes += bytes
    schedule(BATCH_EVERY_MS)
  }

  function schedule(ms: number): void {
    if (timer !== null || isClosed) return
    timer = setTimeout(() => {
      timer = null
      void flush()
    }, ms).unref()
  }

  function flush(): Promise<void> {
    working = working.then(bringOut)
    return working
  }

  async function bringOut(): Promise<void> {
    if (waiting.length === 0 && lost === 0) return
    const lines = waiting
    const lostNow = lost
    const bytes = waitingBytes
    const text = lines.join('') + (lostNow > 0 ? lostLine(lostNow) : '')
    waiting = []
    waitingBytes = 0
    lost = 0
    try {
      await append(text)
      isFailing = false
    } catch (error) {
      waiting = [...lines, ...waiting]
      waitingBytes += bytes
      lost += lostNow
      if (!isFailing) onTrouble(error instanceof Error ? error.message : String(error))
      isFailing = true
      schedule(TRY_AGAIN_AFTER_MS)
    }
  }

  async function append(text: string): Promise<void> {
    const bytes = Buffer.from(text)
    if (length !== null && length > 0 && length + bytes.length > mostBytes) await setAside()
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    const file = await open(path, 'a', 0o600)
    try {
      length = (await file.stat()).size
      if (length === 0) await chmod(path, 0o600)
      try {
        await file.appendFile(bytes)
      } catch (error) {
        // Half a line would spoil the one after it.
        await file.truncate(length)
        throw error
      }
      length += bytes.length
    } finally {
      await file.close()
    }
  }

  async function setAside(): Promise<void> {
    full += 1
    await rename(path, numbered(path, full))
    length = 0
    if (full > kept) await rm(numbered(path, full - kept), { force: true })
  }

  return {
    write,
    flush,
    async close() {
      await flush()
      isClosed = true
      if (timer !== null) clearTimeout(timer)
    },
  }
}

/** `session-20261120_103045.2.jsonl` */
const numbered = (path: string, number: number): string =>
  path.replace(/(\.[^./]+)?$/, (end) => `.${number}${end}`)
