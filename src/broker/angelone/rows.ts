// Reads a list of rows whose most part is the same as last time. The book comes whole, at most once a
// second, thousands of rows long, and one of them has changed: only that one is parsed and understood
// again. A row that was read before is recognised by its length and the SHA-256 of its text, which is sound
// because the text of a JSON object says itself where it ends; the texts themselves would be most of what a
// day's orders keep in memory. Anything that is not plainly such a list is read the slow way.
import { hash } from 'node:crypto'
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
  readonly length: number
  readonly digest: string
  readonly mapped: Mapped<T>
}

interface Found<T> {
  readonly row: Known<T>
  /** Where it stood last time: its neighbour is the first guess for the next row. null: it is new. */
  readonly place: number | null
}

// A row ends at the first brace at which it parses. A text full of braces is read the slow way.
const BRACES_TRIED = 32

export function createRowReader<T>(map: (raw: unknown) => Mapped<T>): RowReader<T> {
  let known: readonly Known<T>[] = []

  function read(text: string): RowsRead<T> {
    const list = scan(text)
    if (!list) return readWhole(text)
    known = list.rows
    return { body: list.body, ...collect(list.rows.map((row) => row.mapped)) }
  }

  function scan(text: string): { rows: Known<T>[]; body: Body } | null {
    const open = /"data"\s*:\s*\[/g.exec(text)
    if (!open) return null
    const begin = open.index + open[0].length
    const rows: Known<T>[] = []
    let at = skipSpace(text, begin)
    const placeOf = createIndex(known)
    let guess = 0
    while (text[at] === '{') {
      const found = expected(text, at, guess) ?? readRow(text, at, placeOf)
      if (!found) return null
      const { row, place } = found
      guess = (place ?? guess) + 1
      rows.push(row)
      at = skipSpace(text, at + row.length)
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
  function expected(text: string, at: number, guess: number): Found<T> | null {
    for (const place of [guess, guess - 1]) {
      const row = known[place]
      if (row && digestOf(text.slice(at, at + row.length)) === row.digest) return { row, place }
    }
    return null
  }

  /** A row that stood elsewhere, or a new one. */
  function readRow(text: string, at: number, placeOf: PlaceOf): Found<T> | null {
    let end = at
    for (let tried = 0; tried < BRACES_TRIED; tried++) {
      end = text.indexOf('}', end + 1)
      if (end < 0) return null
      const slice = text.slice(at, end + 1)
      const digest = digestOf(slice)
      const place = placeOf(digest)
      const moved = place === null ? undefined : known[place]
      if (moved) return { row: moved, place }
      const raw = tryParse(slice)
      if (raw) return { row: { length: slice.length, digest, mapped: map(raw.value) }, place: null }
    }
    return null
  }

  function readWhole(text: string): RowsRead<T> {
    known = []
    const body = readBody(text)
    const data = body.kind === 'envelope' ? body.envelope.data : null
    if (!Array.isArray(data)) return { body, rows: null, unreadable: [] }
    return { body, ...collect(data.map(map)) }
  }

  return { read }
}

type PlaceOf = (digest: string) => number | null

/** Made when a row is not where it is expected, and not kept. */
function createIndex(known: readonly Known<unknown>[]): PlaceOf {
  let places: ReadonlyMap<string, number> | null = null
  return (digest) => {
    places ??= new Map(known.map((row, place) => [row.digest, place]))
    return places.get(digest) ?? null
  }
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

// An answer is decoded from UTF-8, so that no two of its texts are the same bytes.
const digestOf = (text: string): string => hash('sha256', text, 'binary')

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
