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
import { formatDecimal, parsePrice, parseQuantity } from '../../domain/numbers.ts'
import { type TradingDay, tradingDay } from '../../domain/time.ts'

export interface InstrumentStore {
  readonly day: TradingDay
  readonly count: number
  byId(id: InstrumentId): Instrument | null
  byToken(exchange: Exchange, token: string): Instrument | null
}

interface Header {
  readonly version: 1
  readonly day: string
  readonly count: number
  readonly idBytes: number
  readonly tokenBytes: number
}

const FILE = 'instruments-angelone.txt'

/** A name that stands for two instruments stands for none. */
const withoutDoubles = (lines: string[]): string[] => {
  const nameOf = (line: string | undefined) => line?.slice(0, line.indexOf('\t'))
  const whole = [...new Set(lines)].sort()
  return whole.filter((line, index) => {
    const name = nameOf(line)
    return name !== nameOf(whole[index - 1]) && name !== nameOf(whole[index + 1])
  })
}

export function writeStore(
  folder: string,
  day: TradingDay,
  instruments: readonly string[],
): { readonly count: number } {
  const byId = withoutDoubles([...instruments])
  const byToken = withoutDoubles(
    byId.map((line) => {
      const [id = '', token = ''] = line.split('\t', 2)
      return `${id.slice(0, id.indexOf(':'))}:${token}\t${id}`
    }),
  )
  const ids = Buffer.from(`${byId.join('\n')}\n`)
  const tokens = Buffer.from(`${byToken.join('\n')}\n`)
  const header: Header = {
    version: 1,
    day,
    count: byId.length,
    idBytes: ids.length,
    tokenBytes: tokens.length,
  }
  replace(folder, [Buffer.from(`${JSON.stringify(header)}\n`), ids, tokens])
  return { count: byId.length }
}

function replace(folder: string, parts: readonly Buffer[]): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const path = join(folder, FILE)
  const temporary = `${path}.${randomBytes(4).toString('hex')}`
  const file = openSync(temporary, 'wx', 0o600)
  try {
    try {
      for (const part of parts) writeWhole(file, part)
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
  const byId = (id: InstrumentId): Instrument | null => {
    const line = find(ids, id)
    return line === null ? null : fromLine(line)
  }
  return {
    day: tradingDay(header.day),
    count: header.count,
    byId,
    byToken(exchange, token) {
      const line = find(tokens, `${exchange}:${token}`)
      return line === null ? null : byId(line.slice(line.indexOf('\t') + 1) as InstrumentId)
    },
  }
}

function tryRead(path: string): Buffer | null {
  try {
    return readFileSync(path)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
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

export const toLine = (one: Instrument): string =>
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
