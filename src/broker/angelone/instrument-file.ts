// The instrument master as Angel One publishes it: one JSON array of some 155,000 flat rows, all texts,
// about 30 MB. It is read row by row as it arrives and never held whole. A file that does not end is no
// file; a row that we have no use for (an index, a kind that nobody copies, an expired contract) is only
// counted.
import { instrumentId } from '../../domain/ids.ts'
import type { Exchange, Instrument, InstrumentKind } from '../../domain/instrument.ts'
import { ONE, type Price, parseDecimal, parseQuantity } from '../../domain/numbers.ts'
import type { TradingDay } from '../../domain/time.ts'
import { expiryOf } from './map.ts'

export class UnreadableFile extends Error {
  constructor(why: string) {
    super(`the instrument master is not readable: ${why}`)
    this.name = 'UnreadableFile'
  }
}

// The longest real row has about 250 letters. What is far longer is no row.
const LONGEST_ROW = 4096

/** The rows of a JSON array of flat objects, from the pieces in which it arrives. */
export async function* readRows(pieces: AsyncIterable<Buffer>): AsyncGenerator<unknown> {
  const decoder = new TextDecoder()
  let rest = ''
  let state: 'before' | 'inside' | 'after' = 'before'
  for await (const piece of pieces) {
    rest += decoder.decode(piece, { stream: true })
    let at = 0
    if (state === 'before') {
      at = rest.search(/\S/)
      if (at < 0) continue
      if (rest[at] !== '[') throw new UnreadableFile('it is no list')
      state = 'inside'
      at++
    }
    while (state === 'inside') {
      at = skipBetween(rest, at)
      if (rest[at] === ']') state = 'after'
      if (rest[at] !== '{') break
      const row = rowAt(rest, at)
      if (!row) break
      yield row.value
      at = row.end
    }
    rest = rest.slice(at)
    if (state === 'inside' && rest.length > LONGEST_ROW)
      throw new UnreadableFile('something in it is no row')
  }
  if (state !== 'after') throw new UnreadableFile('it ends in the middle')
}

function skipBetween(text: string, from: number): number {
  let at = from
  while (at < text.length && (text[at] === ',' || (text.charCodeAt(at) || 0) <= 32)) at++
  return at
}

/** null: its end has not arrived. */
function rowAt(text: string, at: number): { value: unknown; end: number } | null {
  const limit = Math.min(text.length, at + LONGEST_ROW)
  for (let end = text.indexOf('}', at); end >= 0 && end < limit; end = text.indexOf('}', end + 1)) {
    try {
      return { value: JSON.parse(text.slice(at, end + 1)), end: end + 1 }
    } catch {
      // That brace stood inside a text: try the next.
    }
  }
  return null
}

const SEGMENTS = new Map<string, Exchange>([
  ['NSE', 'NSE'],
  ['NSE_CM', 'NSE'],
  ['BSE', 'BSE'],
  ['BSE_CM', 'BSE'],
  ['NFO', 'NFO'],
  ['NSE_FO', 'NFO'],
  ['BFO', 'BFO'],
  ['BSE_FO', 'BFO'],
  ['MCX', 'MCX'],
  ['MCX_FO', 'MCX'],
  ['CDS', 'CDS'],
  ['CDE_FO', 'CDS'],
  ['NCDEX', 'NCDEX'],
  ['NCX_FO', 'NCDEX'],
])

const KINDS = new Map<string, InstrumentKind>([
  ['', 'cash'],
  ['AMXIDX', 'index'],
  ['FUTIDX', 'indexFuture'],
  ['FUTSTK', 'stockFuture'],
  ['OPTIDX', 'indexOption'],
  ['OPTSTK', 'stockOption'],
  ['FUTCUR', 'currencyFuture'],
  ['FUTIRC', 'currencyFuture'],
  ['OPTCUR', 'currencyOption'],
  ['OPTIRC', 'currencyOption'],
  ['FUTCOM', 'commodityFuture'],
  ['OPTFUT', 'commodityOption'],
])

/** null for a row that nobody could copy a trade in. */
export function toInstrument(raw: unknown, day: TradingDay): Instrument | null {
  const row = asTexts(raw)
  const exchange = SEGMENTS.get(row('exch_seg').toUpperCase())
  const kind = KINDS.get(row('instrumenttype').toUpperCase())
  const symbol = row('symbol')
  const token = row('token')
  if (!exchange || !kind || token === '') return null
  const isCash = kind === 'cash'
  // A row without a kind is a share only where shares trade; elsewhere it is a price without orders.
  if (isCash && exchange !== 'NSE' && exchange !== 'BSE') return null
  const expiry = isCash || kind === 'index' ? null : expiryOf(row('expiry'))
  if (!isCash && kind !== 'index' && (expiry === null || expiry < day)) return null
  try {
    const lotSize = parseQuantity(row('lotsize'))
    const tick = tickOf(row('tick_size'), exchange)
    if (lotSize <= 0n || tick <= 0n) return null
    return {
      id: instrumentId(exchange, symbol),
      exchange,
      symbol,
      token,
      underlying: row('name').toUpperCase() || symbol.replace(/-[^-]*$/, ''),
      kind,
      lotSize,
      tick,
      expiry,
      series: isCash && exchange === 'NSE' ? (/-([A-Z0-9]{1,3})$/.exec(symbol)?.[1] ?? '') : '',
    }
  } catch {
    return null // a lot, tick or symbol that is none
  }
}

const CDS_SCALE = 100_000n

/**
 * In hundredths of a rupee. Currency derivatives are counted finer by another 100,000 (documented for
 * their strikes): a tick of a rupee or more there can only be such a one.
 */
function tickOf(text: string, exchange: Exchange): Price {
  const tick = parseDecimal(text) / 100n
  return (exchange === 'CDS' && tick >= ONE ? tick / CDS_SCALE : tick) as Price
}

function asTexts(raw: unknown): (field: string) => string {
  const row = typeof raw === 'object' && raw !== null ? (raw as Record<string, unknown>) : {}
  return (field) => {
    const value = row[field]
    return typeof value === 'string' ? value.trim() : ''
  }
}
