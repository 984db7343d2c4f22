// The instruments of one day in a file that is made once and then only searched: sorted lines, found by
// halving, so that a start costs one read and no parsing. First the instruments by id, then the way from
// exchange and token to them. It is replaced whole or not at all.
import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { type InstrumentId, instrumentId } from '../../domain/ids.ts'
import type { Exchange, Instrument, InstrumentKind } from '../../domain/instrument.ts'
import { formatDecimal, parsePrice, parseQuantity, type Quantity } from '../../domain/numbers.ts'
import { type TradingDay, tradingDay } from '../../domain/time.ts'

export interface InstrumentStore {
  readonly day: TradingDay
  readonly count: number
  byId(id: InstrumentId): Instrument | null
  byToken(exchange: Exchange, token: string): Instrument | null
  /** Of the contracts on an underlying that run on `day` or longer; null when there is none. */
  lotOf(exchange: Exchange, underlying: string, day: TradingDay): Quantity | null
}

interface Header {
  readonly version: 1
  readonly day: string
  readonly count: number
  readonly idBytes: number
  readonly tokenBytes: number
}

const FILE = 'instruments-angelone.txt'

/** Instruments on their way into a store, held as bytes: 155,000 texts would be four times as large. */
export interface InstrumentList {
  add(instrument: Instrument): void
  readonly count: number
  lines(): SortedLines
}

interface SortedLines {
  readonly count: number
  readonly byteLength: number
  inOrder(): Iterable<Buffer>
}

export function createInstrumentList(): InstrumentList {
  const lines = createLines()
  return {
    add: (instrument) => lines.add(toLine(instrument)),
    get count() {
      return lines.count
    },
    lines: () => lines.sorted(),
  }
}

const FIRST_BYTES = 1 << 20

function createLines() {
  let bytes = Buffer.allocUnsafe(FIRST_BYTES)
  const ends: number[] = []
  const beginOf = (line: number): number => (line === 0 ? 0 : (ends[line - 1] ?? 0))
  const endOf = (line: number): number => ends[line] ?? 0
  const compare = (one: number, other: number): number =>
    bytes.compare(bytes, beginOf(other), endOf(other), beginOf(one), endOf(one))

  /** Everything before the first tab. */
  function haveOneName(one: number | undefined, other: number | undefined): boolean {
    if (one === undefined || other === undefined) return false
    const tab = bytes.indexOf(TAB, beginOf(one))
    const length = tab + 1 - beginOf(one)
    const end = Math.min(beginOf(other) + length, endOf(other))
    return bytes.compare(bytes, beginOf(other), end, beginOf(one), tab + 1) === 0
  }

  return {
    add(line: string): void {
      const end = ends.at(-1) ?? 0
      const length = Buffer.byteLength(line) + 1
      if (end + length > bytes.length) {
        const larger = Buffer.allocUnsafe(Math.max(2 * bytes.length, end + length))
        bytes.copy(larger, 0, 0, end)
        bytes = larger
      }
      bytes.write(`${line}\n`, end)
      ends.push(end + length)
    },
    get count() {
      return ends.length
    },
    /** Each line once; and a name that stands for two instruments stands for none. */
    sorted(): SortedLines {
      const all = Uint32Array.from(ends.keys()).sort(compare)
      const once = all.filter((line, at) => at === 0 || compare(line, all[at - 1] ?? 0) !== 0)
      const kept = once.filter(
        (line, at) => !haveOneName(line, once[at - 1]) && !haveOneName(line, once[at + 1]),
      )
      return {
        count: kept.length,
        byteLength: kept.reduce((total, line) => total + endOf(line) - beginOf(line), 0),
        *inOrder() {
          for (const line of kept) yield bytes.subarray(beginOf(line), endOf(line))
        },
      }
    },
  }
}

export function writeStore(folder: string, day: TradingDay, list: InstrumentList): void {
  const ids = list.lines()
  const ways = createLines()
  for (const line of ids.inOrder()) {
    const [id = '', token = ''] = line.toString().split('\t', 2)
    ways.add(`${id.slice(0, id.indexOf(':'))}:${token}\t${id}`)
  }
  const tokens = ways.sorted()
  const header: Header = {
    version: 1,
    day,
    count: ids.count,
    idBytes: ids.byteLength,
    tokenBytes: tokens.byteLength,
  }
  replace(folder, (file) => {
    writeWhole(file, Buffer.from(`${JSON.stringify(header)}\n`))
    writeInBatches(file, ids)
    writeInBatches(file, tokens)
  })
}

function replace(folder: string, write: (file: number) => void): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const path = join(folder, FILE)
  const temporary = `${path}.${randomBytes(4).toString('hex')}`
  const file = openSync(temporary, 'wx', 0o600)
  try {
    try {
      write(file)
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    chmodSync(temporary, 0o600)
    renameSync(temporary, path)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
}

const LINES_AT_ONCE = 2_000

function writeInBatches(file: number, lines: SortedLines): void {
  let batch: Buffer[] = []
  for (const line of lines.inOrder()) {
    batch.push(line)
    if (batch.length < LINES_AT_ONCE) continue
    writeWhole(file, Buffer.concat(batch))
    batch = []
  }
  writeWhole(file, Buffer.concat(batch))
}

function writeWhole(file: number, part: Buffer): void {
  for (let done = 0; done < part.length; ) done += writeSync(file, part, done)
}

/** null when there is none, or when it is not whole: then it is made again. */
export function openStore(folder: string): InstrumentStore | null {
  const whole = tryRead(join(folder, FILE))
  const headerEnd = whole?.indexOf('\n') ?? -1
  const header = whole && headerEnd > 0 ? readHeader(whole.toString('utf8', 0, headerEnd)) : null
  if (!whole || !header) return null
  const begin = headerEnd + 1
  if (whole.length !== begin + header.idBytes + header.tokenBytes) return null
  const ids = whole.subarray(begin, begin + header.idBytes)
  const tokens = whole.subarray(begin + header.idBytes)
  // Each order asks for its instrument; of all that there are, a day trades few.
  const found = new Map<InstrumentId, Instrument>()
  const byId = (id: InstrumentId): Instrument | null => {
    const known = found.get(id)
    if (known !== undefined) return known
    const line = find(ids, id)
    if (line === null) return null
    const instrument = fromLine(line)
    found.set(id, instrument)
    return instrument
  }
  return {
    day: tradingDay(header.day),
    count: header.count,
    byId,
    byToken(exchange, token) {
      const line = find(tokens, `${exchange}:${token}`)
      return line === null ? null : byId(line.slice(line.indexOf('\t') + 1) as InstrumentId)
    },
    lotOf(exchange, underlying, day) {
      for (const line of linesFrom(ids, `${exchange}:${underlying}`)) {
        const one = fromLine(line)
        if (one.underlying === underlying && one.expiry !== null && one.expiry >= day)
          return one.lotSize
      }
      return null
    },
  }
}

function tryRead(path: string): Buffer | null {
  try {
    return readFileSync(path)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null
    if (code === 'ENOENT' || code === 'ENOTDIR') return null
    throw error
  }
}

function readHeader(text: string): Header | null {
  try {
    const header = JSON.parse(text) as Header
    return header.version === 1 ? { ...header, day: tradingDay(header.day) } : null
  } catch {
    return null // not ours, or not whole
  }
}

const NEWLINE = 10
const TAB = 9

/** The line that begins with that name and a tab. Lines are sorted as their bytes are. */
function find(lines: Buffer, name: string): string | null {
  const wanted = Buffer.from(`${name}\t`)
  let low = 0
  let high = lines.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const begin = lines.lastIndexOf(NEWLINE, middle - 1) + 1
    const end = lines.indexOf(NEWLINE, middle)
    const order = wanted.compare(lines, begin, Math.min(begin + wanted.length, end))
    if (order === 0) return lines.toString('utf8', begin, end)
    if (order < 0) high = begin
    else low = end + 1
  }
  return null
}

/** Every line that begins with those letters. */
function* linesFrom(lines: Buffer, letters: string): Generator<string> {
  const wanted = Buffer.from(letters)
  let low = 0
  let high = lines.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const begin = lines.lastIndexOf(NEWLINE, middle - 1) + 1
    if (wanted.compare(lines, begin, Math.min(begin + wanted.length, lines.length)) <= 0)
      high = begin
    else low = lines.indexOf(NEWLINE, middle) + 1
  }
  for (let at = low; at < lines.length; ) {
    const end = lines.indexOf(NEWLINE, at)
    const line = lines.toString('utf8', at, end)
    if (!line.startsWith(letters)) return
    yield line
    at = end + 1
  }
}

const toLine = (one: Instrument): string =>
  [
    one.id,
    one.token,
    one.underlying,
    one.kind,
    formatDecimal(one.lotSize),
    formatDecimal(one.tick),
    one.expiry ?? '',
    one.series,
  ].join('\t')

function fromLine(line: string): Instrument {
  const [id = '', token = '', underlying = '', kind, lot = '', tick = '', expiry, series = ''] =
    line.split('\t')
  const [exchange = '', symbol = ''] = [id.slice(0, id.indexOf(':')), id.slice(id.indexOf(':') + 1)]
  return {
    id: instrumentId(exchange, symbol),
    exchange: exchange as Exchange,
    symbol,
    token,
    underlying,
    kind: kind as InstrumentKind,
    lotSize: parseQuantity(lot),
    tick: parsePrice(tick),
    expiry: expiry ? tradingDay(expiry) : null,
    series,
  }
}
