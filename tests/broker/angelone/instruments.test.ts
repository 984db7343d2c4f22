import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import {
  readRows,
  toInstrument,
  UnreadableFile,
} from '../../../src/broker/angelone/instrument-file.ts'
import {
  createInstrumentList,
  openStore,
  writeStore,
} from '../../../src/broker/angelone/instrument-store.ts'
import {
  type InstrumentsLoaded,
  loadInstruments,
} from '../../../src/broker/angelone/instruments.ts'
import { instrumentId } from '../../../src/domain/ids.ts'
import type { Exchange, Instrument } from '../../../src/domain/instrument.ts'
import { parsePrice, units } from '../../../src/domain/numbers.ts'
import { atTimeOfDay, DAY, HOUR, instant, tradingDay } from '../../../src/domain/time.ts'
import { instrumentsFile } from '../../../src/simulator/instruments-file.ts'
import { defaultListings } from '../../../src/simulator/listing.ts'
import {
  createManualClock,
  type Loopback,
  NIFTY_CALL,
  type Reply,
  SBIN,
  startLoopback,
} from './kit.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

const today = tradingDay('2026-11-20')

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'lockstep-instruments-'))
  cleanups.push(() => rmSync(path, { recursive: true }))
  return path
}

const row = (some: Readonly<Record<string, unknown>> = {}) => ({
  token: '35040',
  symbol: 'NIFTY29DEC26C25000',
  name: 'NIFTY',
  expiry: '29DEC2026',
  strike: '2500000.000000',
  lotsize: '65',
  instrumenttype: 'OPTIDX',
  exch_seg: 'NFO',
  tick_size: '5.000000',
  ...some,
})
const sbin = {
  token: '3045',
  symbol: 'SBIN-EQ',
  name: 'SBIN',
  expiry: '',
  lotsize: '1',
  instrumenttype: '',
  exch_seg: 'nse_cm',
}

describe('a row of the file', () => {
  it('becomes an instrument, its tick out of paise', () => {
    expect(toInstrument(row(), today)).toEqual(NIFTY_CALL)
    expect(toInstrument(row(sbin), today)).toEqual(SBIN)
  })

  it.each([
    ['expires today', { expiry: '20NOV2026' }, true],
    ['expired yesterday', { expiry: '19NOV2026' }, false],
    ['is a contract without expiry', { expiry: '' }, false],
    ['has no lot', { lotsize: '0' }, false],
    ['has no tick', { tick_size: '' }, false],
    ['is of a kind that nobody knows', { instrumenttype: 'UNDCOM' }, false],
    ['is of a segment that nobody knows', { exch_seg: 'XYZ' }, false],
    ['is a price without orders', { instrumenttype: '', exch_seg: 'MCX' }, false],
    ['has a name with spaces', { symbol: 'Nifty 50', instrumenttype: 'AMXIDX' }, false],
    ['has numbers for texts', { token: 35040 }, false],
  ])('that %s: %o', (_what, some, isKept) => {
    expect(toInstrument(row(some), today) !== null).toBe(isKept)
  })

  it.each([
    ['25000.000000', '0.0025'],
    ['0.250000', '0.0025'],
  ])('of a currency has a tick of %s, that is %s', (tick_size, expected) => {
    const currency = row({ exch_seg: 'cde_fo', instrumenttype: 'FUTCUR', tick_size })
    expect(toInstrument(currency, today)?.tick).toBe(parsePrice(expected))
  })

  it.each([
    ['PATELENG-BE', 'NSE', 'BE'],
    ['M&M-EQ', 'NSE', 'EQ'],
    ['SBIN', 'BSE', ''],
  ])('%s of %s is of series "%s"', (symbol, exch_seg, series) => {
    expect(toInstrument(row({ ...sbin, symbol, exch_seg }), today)?.series).toBe(series)
  })
})

describe('the file as it arrives', () => {
  async function* inPieces(text: string, sizes: readonly number[]) {
    const bytes = Buffer.from(text)
    for (let at = 0, turn = 0; at < bytes.length; turn++) {
      const size = sizes[turn % sizes.length] ?? 1
      yield bytes.subarray(at, at + size)
      at += size
    }
  }
  const read = async (text: string, sizes: readonly number[] = [7]) => {
    const rows: unknown[] = []
    for await (const one of readRows(inPieces(text, sizes))) rows.push(one)
    return rows
  }

  it('is the same however it is cut into pieces', async () => {
    const rows = fc.array(fc.dictionary(fc.string({ maxLength: 5 }), fc.string({ maxLength: 20 })))
    const sizes = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 })
    const isAllThere = (reading: typeof read) =>
      fc.asyncProperty(rows, sizes, fc.constantFrom(undefined, 2), async (all, some, indent) => {
        const text = JSON.stringify(all, null, indent)
        expect(await reading(text, some)).toEqual(JSON.parse(text))
      })
    await fc.assert(isAllThere(read), { numRuns: 60 })

    // Control: who reads each piece by itself loses what is cut.
    const pieceByPiece: typeof read = async (text, some = [7]) => {
      const found: unknown[] = []
      for (const piece of text.match(new RegExp(`.{1,${some[0]}}`, 'gs')) ?? [])
        found.push(...(await read(piece, [piece.length]).catch(() => [])))
      return found
    }
    expect((await fc.check(isAllThere(pieceByPiece), { numRuns: 60 })).failed).toBe(true)
  })

  it.each([
    ['', 'it ends in the middle'],
    ['<html>', 'it is no list'],
    ['{"data":[]}', 'it is no list'],
    ['[{"a":"b"},{"a":', 'it ends in the middle'],
    ['[{"a":"b"},', 'it ends in the middle'],
    [`[${'x'.repeat(5000)}`, 'something in it is no row'],
    [`[{"a":"${'x'.repeat(9000)}"}]`, 'something in it is no row'],
  ])('%# is refused when it is none', async (text, why) => {
    await expect(read(text, [1000])).rejects.toThrow(new UnreadableFile(why))
  })
})

function listOf(instruments: readonly Instrument[]) {
  const list = createInstrumentList()
  for (const one of instruments) list.add(one)
  return list
}

describe('the store', () => {
  const listed: readonly Instrument[] = [...instrumentsFile(defaultListings(today), 2_000)]
    .join('')
    .split(/(?<=\}),/)
    .map((text) => toInstrument(JSON.parse(text.replace(/^\[|\]$/g, '')), today))
    .filter((one) => one !== null)

  it('finds every instrument by id and by token, and nothing else', () => {
    const path = folder()
    writeStore(path, today, listOf(listed))
    const store = openStore(path)
    expect(store?.count).toBe(listed.length)
    for (const one of listed) {
      expect(store?.byId(one.id)).toEqual(one)
      expect(store?.byToken(one.exchange, one.token)).toEqual(one)
    }
    expect(store?.byId(instrumentId('NFO', 'NIFTY'))).toBeNull()
    expect(store?.byId(instrumentId('AAA', 'A'))).toBeNull()
    expect(store?.byId(instrumentId('ZZZ', 'Z'))).toBeNull()
    expect(store?.byToken('NFO', '')).toBeNull()
  })

  it('finds nothing under a name that stands for two', () => {
    const path = folder()
    const twin = { ...NIFTY_CALL, token: '35041' }
    const reused = { ...SBIN, id: instrumentId('NSE', 'OLD-EQ'), symbol: 'OLD-EQ' }
    writeStore(path, today, listOf([NIFTY_CALL, twin, SBIN, reused, SBIN]))
    const store = openStore(path)
    expect(store?.byId(NIFTY_CALL.id)).toBeNull()
    expect(store?.byToken('NSE', '3045')).toBeNull()
    expect(store?.byId(SBIN.id)).toEqual(SBIN)
  })

  it('tells the lot of the contracts on an underlying', () => {
    const path = folder()
    writeStore(path, today, listOf(listed))
    const store = openStore(path)
    const pairs = new Set(listed.map((one) => `${one.exchange} ${one.underlying}`))
    expect(pairs).toContain('NFO NIFTY')
    for (const pair of [...pairs, 'NFO NIFT', 'NFO NIFTY2', 'AAA A', 'ZZZ Z']) {
      const [exchange = '', underlying = ''] = pair.split(' ')
      const lots = listed
        .filter((one) => one.exchange === exchange && one.underlying === underlying)
        .filter((one) => one.expiry !== null && one.expiry >= today)
        .map((one) => one.lotSize)
      const found = store?.lotOf(exchange as Exchange, underlying, today)
      expect(lots.length === 0 ? [null] : lots).toContain(found)
    }
    expect(store?.lotOf('NFO', 'NIFTY', tradingDay('2036-01-01'))).toBeNull()
  })

  it('is private, and leaves nothing else behind', () => {
    const path = folder()
    writeStore(path, today, listOf([SBIN]))
    writeStore(path, today, listOf([SBIN]))
    const files = readdirSync(path)
    expect(files).toHaveLength(1)
    expect(statSync(join(path, files[0] ?? '')).mode & 0o777).toBe(0o600)
  })

  it.each([
    ['cut', (whole: Buffer) => whole.subarray(0, whole.length - 5)],
    ['of another kind', () => Buffer.from('{"version":9}\n')],
    ['of nothing', () => Buffer.from('')],
    ['of words', () => Buffer.from('what?\n')],
  ])('%s is none', (_what, spoil) => {
    const path = folder()
    writeStore(path, today, listOf([SBIN]))
    const file = join(path, readdirSync(path)[0] ?? '')
    writeFileSync(file, spoil(readFileSync(file)))
    chmodSync(file, 0o600)
    expect(openStore(path)).toBeNull()
  })
})

describe('the list of the day', () => {
  const PATH = '/master.json'
  const body = JSON.stringify([
    row(),
    row(sbin),
    row({ ...sbin, symbol: 'INFY-EQ', token: '1594' }),
  ])

  async function server(...replies: Reply[]): Promise<Loopback> {
    const started = await startLoopback()
    cleanups.push(started.stop)
    started.on(PATH, ...replies)
    return started
  }
  const clockOn = (days: number) =>
    createManualClock(instant(atTimeOfDay(today, 8 * HOUR) + days * DAY))
  const load = (url: string, path: string, clock = clockOn(0)) =>
    loadInstruments(
      { clock },
      { url: url + PATH, folder: path, egress: { localAddress: null, proxyUrl: null }, tries: 1 },
    )
  const instrumentsOf = (loaded: InstrumentsLoaded) => {
    if (loaded.kind === 'missing') throw new Error(loaded.why)
    return loaded.instruments
  }

  it('is fetched once a day', async () => {
    const path = folder()
    const { url, asked } = await server({ body })
    expect(await load(url, path)).toMatchObject({ kind: 'ready', warning: null })
    const again = await load(url, path)
    expect(asked).toHaveLength(1)
    expect(instrumentsOf(again).byId(SBIN.id)).toEqual(SBIN)
    expect(instrumentsOf(again).byToken('NFO', '35040')).toEqual(NIFTY_CALL)
    await load(url, path, clockOn(1))
    expect(asked).toHaveLength(2)
  })

  it.each<[string, Reply]>([
    ['is refused', { status: 503, body: 'later' }],
    ['is cut', { body: body.slice(0, -20) }],
    ['is empty', { body: '[]' }],
    ['is a page', { body: '<html>' }],
    ['breaks off', (asked) => asked.socket.destroy()],
    ['has lost most of its rows', { body: JSON.stringify([row()]) }],
  ])('is yesterday’s, with a warning, when today’s %s', async (_what, reply) => {
    const path = folder()
    const { url } = await server({ body }, reply)
    await load(url, path)
    const loaded = await load(url, path, clockOn(1))
    expect(loaded).toMatchObject({
      kind: 'ready',
      warning: expect.stringContaining('the instruments of 2026-11-20 are used'),
    })
    expect(instrumentsOf(loaded).day).toBe(today)
    expect(instrumentsOf(loaded).byId(NIFTY_CALL.id)).toEqual(NIFTY_CALL)
  })

  it('knows shares only when it is older than three days', async () => {
    const path = folder()
    const { url } = await server({ body }, { status: 503, body: '' })
    await load(url, path)
    const third = instrumentsOf(await load(url, path, clockOn(3)))
    expect(third.byId(NIFTY_CALL.id)).toEqual(NIFTY_CALL)
    const clock = clockOn(4)
    const fourth = instrumentsOf(await load(url, path, clock))
    expect(fourth.byId(NIFTY_CALL.id)).toBeNull()
    expect(fourth.byToken('NFO', '35040')).toBeNull()
    expect(fourth.byId(SBIN.id)).toEqual(SBIN)
  })

  it('is missing when there never was one', async () => {
    const { url } = await server({ status: 503, body: '' })
    expect(await load(url, folder())).toEqual({
      kind: 'missing',
      why: 'the instrument master could not be fetched: status 503',
    })
  })

  it('a token that is used again after an expiry names the new contract', async () => {
    const path = folder()
    const january = row({ symbol: 'NIFTY26JAN27C25000', expiry: '26JAN2027' })
    const both = JSON.stringify([row(), january])
    const { url } = await server({ body }, { body: both })
    const before = instrumentsOf(await load(url, path))
    expect(before.byToken('NFO', '35040')?.symbol).toBe('NIFTY29DEC26C25000')
    const later = instrumentsOf(await load(url, path, clockOn(40)))
    expect(later.byToken('NFO', '35040')?.symbol).toBe('NIFTY26JAN27C25000')
    expect(later.byId(NIFTY_CALL.id)).toBeNull()
  })

  it('has lots of today', async () => {
    const path = folder()
    const { url } = await server({ body }, { body: body.replace('"65"', '"75"') })
    await load(url, path)
    const loaded = instrumentsOf(await load(url, path, clockOn(1)))
    expect(loaded.byId(NIFTY_CALL.id)?.lotSize).toBe(units(75))
  })
})
