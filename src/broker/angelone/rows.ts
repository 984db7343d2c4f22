// Reads a list of rows whose most part is the same as last time. The book comes whole, at most once a
// second, thousands of rows long, and one of them has changed: only that one is parsed and understood
// again. A row that was read before is recognised by its text, which is sound because the text of a
// JSON object says itself where it ends. Anything that is not plainly such a list is read the slow way.
import { type Body, parseExactly, readBody } from './wire.ts'

export type Mapped<T> =
  | { readonly kind: 'row'; readonly value: T }
  | { readonly kind: 'unreadable'; readonly why: string }

export interface RowsRead<T> {
  /** The answer without its rows: `data` is an empty list where they were. */
  readonly body: Body
  /** null where the answer holds no list: a refusal, or the `data:null` of an empty day. */
  readonly rows: readonly T[] | null
  readonly unreadable: readonly string[]
}

export interface RowReader<T> {
  read(text: string): RowsRead<T>
}

interface Known<T> {
  readonly text: string
  readonly mapped: Mapped<T>
  /** Where it stood last time: its neighbour is the first guess for the next row. Or NEW. */
  readonly at: number
}

// A row ends at the first brace at which it parses. A text full of braces is read the slow way.
const BRACES_TRIED = 32
const NEW = -1

export function createRowReader<T>(map: (raw: unknown) => Mapped<T>): RowReader<T> {
  let known: readonly Known<T>[] = []
  let byText = new Map<string, Known<T>>()

  function read(text: string): RowsRead<T> {
    const list = scan(text)
    if (!list) return readWhole(text)
    remember(list.rows)
    return { body: list.body, ...collect(list.rows.map((row) => row.mapped)) }
  }

  /** Only what is new or has moved costs anything; what is gone is forgotten now and then. */
  function remember(rows: readonly Known<T>[]): void {
    for (const row of rows) if (row !== known[row.at]) byText.set(row.text, row)
    if (byText.size > 2 * rows.length + 100) byText = new Map(rows.map((row) => [row.text, row]))
    known = rows
  }

  function scan(text: string): { rows: Known<T>[]; body: Body } | null {
    const open = /"data"\s*:\s*\[/g.exec(text)
    if (!open) return null
    const begin = open.index + open[0].length
    const rows: Known<T>[] = []
    let at = skipSpace(text, begin)
    let guess = 0
    while (text[at] === '{') {
      const row = expected(text, at, guess) ?? readRow(text, at)
      if (!row) return null
      guess = row.at < 0 ? guess + 1 : row.at + 1
      const here = rows.length
      rows.push(row.at === here ? row : { text: row.text, mapped: row.mapped, at: here })
      at = skipSpace(text, at + row.text.length)
      if (text[at] === ']') break
      if (text[at] !== ',') return null
      at = skipSpace(text, at + 1)
      if (text[at] !== '{') return null
    }
    if (text[at] !== ']') return null
    // What stands around the rows must be a whole answer with an empty list in it.
    const body = readBody(text.slice(0, begin) + text.slice(at))
    const isList = body.kind === 'envelope' && Array.isArray(body.envelope.data)
    return isList ? { rows, body } : null
  }

  /** The row that stood here before; or the one before that, when a new row came between. */
  function expected(text: string, at: number, guess: number): Known<T> | null {
    for (const row of [known[guess], known[guess - 1]])
      if (row && text.startsWith(row.text, at)) return row
    return null
  }

  /** A row that stood elsewhere, or a new one. */
  function readRow(text: string, at: number): Known<T> | null {
    let end = at
    for (let tried = 0; tried < BRACES_TRIED; tried++) {
      end = text.indexOf('}', end + 1)
      if (end < 0) return null
      const slice = text.slice(at, end + 1)
      const moved = byText.get(slice)
      if (moved) return moved
      const raw = tryParse(slice)
      // Copied, since a slice would keep the whole answer that it was cut from in memory.
      if (raw) return { text: copyOf(slice), mapped: map(raw.value), at: NEW }
    }
    return null
  }

  function readWhole(text: string): RowsRead<T> {
    known = []
    byText = new Map()
    const body = readBody(text)
    const data = body.kind === 'envelope' ? body.envelope.data : null
    if (!Array.isArray(data)) return { body, rows: null, unreadable: [] }
    return { body, ...collect(data.map(map)) }
  }

  return { read }
}

function collect<T>(mapped: readonly Mapped<T>[]): { rows: T[]; unreadable: string[] } {
  const rows: T[] = []
  const unreadable: string[] = []
  for (const one of mapped)
    if (one.kind === 'row') rows.push(one.value)
    else unreadable.push(one.why)
  return { rows, unreadable }
}

function tryParse(text: string): { readonly value: unknown } | null {
  try {
    return { value: parseExactly(text) }
  } catch {
    return null // that brace stood inside a text: try the next
  }
}

const copyOf = (text: string): string => Buffer.from(text).toString()

function skipSpace(text: string, at: number): number {
  let here = at
  while (text[here] === ' ' || text[here] === '\n' || text[here] === '\r' || text[here] === '\t')
    here++
  return here
}

/** A list that is read once: no memory of the last one. */
export function readRows<T>(data: unknown, map: (raw: unknown) => Mapped<T>) {
  return collect(Array.isArray(data) ? data.map(map) : [])
}
