// How a running engine is: one look at its process from outside (/proc, where there is one), at what it wrote
// down of its own memory, and at its files. It only looks, so that nothing of it can be a cause.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'

/** Amounts in MB, CPU in seconds of all lives together; null where this machine cannot tell. */
export interface Sample {
  readonly atMs: number
  /** Counts the starts of the engine. */
  readonly life: number
  /** Since that start. */
  readonly ageMs: number
  readonly rss: number | null
  /** Of that, what is not the heap's: its pages are taken in peaks and kept, which says nothing. */
  readonly native: number | null
  /** After a full collection, without compiled code. */
  readonly heap: number | null
  /** What the heap has of the machine's memory, used or not. */
  readonly heapCommitted: number | null
  readonly descriptors: number | null
  readonly handles: number | null
  readonly cpu: number | null
  readonly ledger: number
  readonly wal: number
  readonly log: number
  /** In the ledger. */
  readonly rows: number
  /** At the broker, of everybody. */
  readonly orders: number
}

const MB = 1024 * 1024
/** What Linux counts a process's time in, everywhere. */
const TICKS_A_SECOND = 100

export interface ProcessVitals {
  readonly rss: number | null
  readonly native: number | null
  readonly descriptors: number | null
  readonly cpu: number | null
}

export function processVitals(pid: number): ProcessVitals {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    const rssKb = Number(status.match(/^VmRSS:\s+(\d+) kB$/m)?.[1])
    // After the name, which may hold anything but ends with the last bracket.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')
    const [userTicks, systemTicks] = [Number(fields[11]), Number(fields[12])]
    return {
      rss: rssKb / 1024,
      native: (rssKb - heapPagesKb(pid)) / 1024,
      descriptors: readdirSync(`/proc/${pid}/fd`).length,
      cpu: (userTicks + systemTicks) / TICKS_A_SECOND,
    }
  } catch {
    // Gone meanwhile, or a machine without /proc.
    return { rss: null, native: null, descriptors: null, cpu: null }
  }
}

/** A page of the heap is a mapping of its own without a name, 256 KB and a little. */
const HEAP_PAGE_AT_MOST = 300 * 1024

function heapPagesKb(pid: number): number {
  let isPage = false
  let sum = 0
  for (const line of readFileSync(`/proc/${pid}/smaps`, 'utf8').split('\n')) {
    const [, from, until, name] =
      line.match(/^([0-9a-f]+)-([0-9a-f]+) \S+ \S+ \S+ \S+ *(.*)$/) ?? []
    if (from !== undefined && until !== undefined) {
      const bytes = Number.parseInt(until, 16) - Number.parseInt(from, 16)
      isPage = name === '' && bytes <= HEAP_PAGE_AT_MOST
    }
    if (isPage && line.startsWith('Rss:')) sum += Number(line.match(/\d+/)?.[0])
  }
  return sum
}

/** What the process last wrote of itself; nothing before it did. */
export function ownVitals(
  file: string,
  pid: number,
): Pick<Sample, 'heap' | 'heapCommitted' | 'handles'> {
  const told = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : null
  if (told?.pid !== pid) return { heap: null, heapCommitted: null, handles: null }
  return {
    heap: (told.heapUsed + told.external) / MB,
    heapCommitted: (told.heapTotal + told.external) / MB,
    handles: told.handles,
  }
}

export function fileVitals(folder: string): Pick<Sample, 'ledger' | 'wal' | 'log' | 'rows'> {
  const path = join(folder, 'data/lockstep.db')
  return {
    ledger: sizeOf(path),
    wal: sizeOf(`${path}-wal`),
    log: sizeOfAll(join(folder, 'logs')),
    rows: rowsIn(path),
  }
}

const sizeOf = (path: string): number => (existsSync(path) ? statSync(path).size / MB : 0)

const sizeOfAll = (folder: string): number =>
  existsSync(folder)
    ? readdirSync(folder).reduce((sum, name) => sum + sizeOf(join(folder, name)), 0)
    : 0

function rowsIn(path: string): number {
  if (!existsSync(path)) return 0
  const db = new Database(path, { readonly: true })
  try {
    const tables = db
      .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
      .pluck()
      .all() as readonly string[]
    return tables.reduce(
      (sum, table) => sum + Number(db.prepare(`SELECT count(*) FROM "${table}"`).pluck().get()),
      0,
    )
  } finally {
    db.close()
  }
}
