// What the Angel One adapter costs, as ratios, because the machine is not known: a book of which one row
// changed against bare JSON.parse of the same text, the instrument master against JSON.parse of the whole,
// an order over a kept connection against a bare HTTP client. Run it alone; the numbers are medians.
import { fork } from 'node:child_process'
import {
  createReadStream,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { Agent, createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { connect, writerOf } from '../../src/broker/angelone/index.ts'
import { readRows, toInstrument } from '../../src/broker/angelone/instrument-file.ts'
import {
  createInstrumentList,
  openStore,
  writeStore,
} from '../../src/broker/angelone/instrument-store.ts'
import { mapOrder } from '../../src/broker/angelone/map.ts'
import { createRowReader } from '../../src/broker/angelone/rows.ts'
import { MASTER } from '../../src/domain/ids.ts'
import { parsePrice, units } from '../../src/domain/numbers.ts'
import { Secret } from '../../src/domain/secret.ts'
import { instant, tradingDay } from '../../src/domain/time.ts'
import type { Clock, Placement } from '../../src/ports.ts'
import { instrumentsFile } from '../../src/simulator/instruments-file.ts'
import { defaultListings, instrumentOf } from '../../src/simulator/listing.ts'

const DAY = tradingDay('2026-11-20')
const ROWS = 155_000
const say = (line: string): void => void process.stdout.write(`${line}\n`)

// --- the book --------------------------------------------------------------------------------------

function benchBook(): void {
  say('A reading of the book in which one row changed, against JSON.parse of the same text')
  say('   rows     text   JSON.parse      reading   ratio   the first reading')
  for (const count of [100, 1_000, 5_000]) {
    const rows = Array.from({ length: count }, (_, number) => bookRow(number, 0))
    const seen = { account: MASTER, source: 'book', now: instant(Date.now()) } as const
    const reader = createRowReader((raw) => mapOrder(raw, seen))
    const texts = Array.from({ length: 31 }, (_, reading) =>
      bookText(rows.with((reading * 7919) % count, bookRow((reading * 7919) % count, reading + 1))),
    )
    const bare = median(texts.map((text) => timed(() => JSON.parse(text))))
    const [first = 0, ...later] = texts.map((text) =>
      timed(() => {
        if (reader.read(text).rows?.length !== count) throw new Error('a row was lost')
      }),
    )
    const reading = median(later)
    say(
      `${String(count).padStart(7)} ${size(texts[0]?.length ?? 0)} ${ms(bare)} ${ms(reading)} ${ratio(reading, bare)} ${ms(first)}`,
    )
  }
}

const bookText = (rows: readonly object[]): string =>
  JSON.stringify({ status: true, message: 'SUCCESS', errorcode: '', data: rows })

const bookRow = (number: number, filled: number): object => ({
  variety: 'NORMAL',
  ordertype: 'LIMIT',
  producttype: 'INTRADAY',
  duration: 'DAY',
  price: 101.2,
  triggerprice: 0,
  quantity: '65',
  disclosedquantity: '0',
  squareoff: 0,
  stoploss: 0,
  trailingstoploss: 0,
  tradingsymbol: 'NIFTY29DEC26C25000',
  transactiontype: 'BUY',
  exchange: 'NFO',
  symboltoken: '35040',
  ordertag: `LSAAAAA${String(number).padStart(12, 'A')}`,
  instrumenttype: 'OPTIDX',
  strikeprice: 25000,
  optiontype: 'CE',
  expirydate: '29DEC2026',
  lotsize: '65',
  cancelsize: '0',
  averageprice: 101.25,
  filledshares: String(filled % 65),
  unfilledshares: String(65 - (filled % 65)),
  orderid: String(261_120_000_000_000 + number),
  text: '',
  status: 'open',
  orderstatus: 'open',
  updatetime: '20-Nov-2026 13:21:19',
  exchtime: '20-Nov-2026 13:21:18',
  exchorderupdatetime: '20-Nov-2026 13:21:19',
  fillid: '',
  filltime: '',
  parentorderid: '',
  uniqueorderid: `05ebf91b-bea4-4a1d-b0f2-${String(number).padStart(12, '0')}`,
  exchangeorderid: String(1_100_000_000_000_000 + number),
})

// --- the instrument master, each way in a process of its own ----------------------------------------

type Way = 'parse' | 'whole' | 'stream' | 'open'
interface Cost {
  readonly ms: number
  readonly peakBytes: number
  readonly baseBytes: number
}

async function benchInstruments(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-bench-'))
  try {
    const file = join(folder, 'master.json')
    writeFileSync(file, [...instrumentsFile(defaultListings(DAY), ROWS)].join(''))
    say(`\nThe instrument master, ${ROWS} rows, ${size(statSync(file).size).trim()}`)
    say('                                      time   memory above an idle process')
    const parsed = await costOf('parse', folder)
    const whole = await costOf('whole', folder)
    const streamed = await costOf('stream', folder)
    const opened = await costOf('open', folder)
    const memory = ({ peakBytes, baseBytes }: Cost) => peakBytes - baseBytes
    say(`JSON.parse of the whole          ${ms(parsed.ms)}   ${size(memory(parsed))}`)
    say(`parsed whole, then the store     ${ms(whole.ms)}   ${size(memory(whole))}`)
    say(
      `read as a stream into the store  ${ms(streamed.ms)}   ${size(memory(streamed))}   time ×${ratio(streamed.ms, parsed.ms).trim()}, memory ×${ratio(memory(streamed), memory(parsed)).trim()}`,
    )
    say(`opening the store, 1,000 finds   ${ms(opened.ms)}   ${size(memory(opened))}`)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function costOf(way: Way, folder: string): Promise<Cost> {
  return new Promise((resolve, reject) => {
    const child = fork(new URL(import.meta.url), [way, folder])
    child.once('message', (cost) => resolve(cost as Cost))
    child.once('error', reject)
    child.once('exit', (code) => {
      if (code !== 0) reject(new Error(`${way} ended with ${code}`))
    })
  })
}

async function pay(way: Way, folder: string): Promise<void> {
  const file = join(folder, 'master.json')
  const peak = () => process.resourceUsage().maxRSS * 1024
  const baseBytes = peak()
  const begun = performance.now()
  if (way === 'parse') {
    const rows = JSON.parse(readFileSync(file, 'utf8')) as unknown[]
    if (rows.length !== ROWS) throw new Error('rows were lost')
  } else if (way === 'stream' || way === 'whole') {
    const list = createInstrumentList()
    const rows =
      way === 'stream'
        ? readRows(createReadStream(file))
        : (JSON.parse(readFileSync(file, 'utf8')) as unknown[])
    for await (const raw of rows) {
      const instrument = toInstrument(raw, DAY)
      if (instrument) list.add(instrument)
    }
    writeStore(folder, DAY, list)
  } else {
    const store = openStore(folder)
    const some = defaultListings(DAY).map(instrumentOf)
    for (let finds = 0; finds < 1_000; finds++) {
      const one = some[finds % some.length]
      if (one && store?.byToken(one.exchange, one.token)?.id !== one.id)
        throw new Error('an instrument was lost')
    }
  }
  const cost: Cost = { ms: performance.now() - begun, peakBytes: peak(), baseBytes }
  process.send?.(cost)
  process.disconnect?.()
}

// --- an order ---------------------------------------------------------------------------------------

const ORDERS = 100
const PLACED = JSON.stringify({
  status: true,
  message: 'SUCCESS',
  errorcode: '',
  data: { script: 'SBIN-EQ', orderid: '261120000000111', uniqueorderid: 'abc-1', jwtToken: 'x' },
})

async function benchOrders(): Promise<void> {
  const server = createServer((incoming, outgoing) => {
    incoming.resume()
    incoming.on('end', () => outgoing.end(PLACED))
  })
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const agent = new Agent({ keepAlive: true })
  const { writer, close } = writing(url)
  const bare: number[] = []
  const adapted: number[] = []
  for (let order = 0; order < ORDERS * 2; order++) {
    const plain = await timedAsync(() => post(url, agent))
    const whole = await timedAsync(async () => {
      const outcome = await writer.place(PLACEMENT)
      if (outcome.kind !== 'accepted') throw new Error(outcome.evidence)
    })
    // The first hundred warm both up.
    if (order >= ORDERS) bare.push(plain)
    if (order >= ORDERS) adapted.push(whole)
  }
  close()
  agent.destroy()
  server.close()
  server.closeAllConnections()
  say(`\n${ORDERS} orders one after another over a kept connection`)
  say(`bare node:http                   ${ms(median(bare))}`)
  say(
    `the adapter                      ${ms(median(adapted))}   ×${ratio(median(adapted), median(bare)).trim()}`,
  )
}

function post(url: string, agent: Agent): Promise<void> {
  return new Promise((resolve, reject) => {
    const sent = request(`${url}/rest/secure/angelbroking/order/v1/placeOrder`, {
      method: 'POST',
      agent,
      headers: { 'content-type': 'application/json' },
    })
    sent.once('error', reject)
    sent.once('response', (reply) => {
      reply.resume()
      reply.once('end', resolve)
    })
    sent.end(JSON.stringify({ variety: 'NORMAL', tradingsymbol: 'SBIN-EQ', quantity: '10' }))
  })
}

const SBIN = defaultListings(DAY)
  .map(instrumentOf)
  .find(({ symbol }) => symbol === 'SBIN-EQ')

// Only a ledger makes a recorded attempt; nothing here reaches a broker.
const PLACEMENT = {
  instrument: SBIN,
  attempt: {
    tag: 'LSABCDEFGHIJKLMNOPQ',
    quantity: units(10),
    intent: {
      lane: { follower: MASTER, instrument: SBIN?.id, product: 'INTRADAY' },
      side: 'BUY',
      pricing: { kind: 'limit', price: parsePrice('820.50') },
    },
  },
} as unknown as Placement

function writing(url: string) {
  const clock: Clock = {
    now: () => instant(Date.now()),
    monotonicMs: () => performance.now(),
    sleep: (duration, signal) =>
      pause(duration, undefined, signal ? { signal, ref: false } : { ref: false }).catch(
        () => undefined,
      ),
  }
  const credentials = {
    apiKey: new Secret('key'),
    pin: new Secret('1234'),
    totpSecret: new Secret('BENCHBENCHBENCHBENCHBENCHB'),
    secretKey: null,
  }
  const connection = connect(
    {
      clock,
      lastAct: () => null,
      memory: { recordLogin: () => 1, recordLoginResult: () => undefined, logins: () => [] },
    },
    {
      url,
      account: {
        name: MASTER,
        label: null,
        clientCode: 'B1',
        credentials,
        egress: { localAddress: null, proxyUrl: null },
      },
    },
  )
  return {
    writer: writerOf(connection),
    close: () => {
      connection.session.close()
      connection.client.close()
    },
  }
}

// --- measuring and telling ---------------------------------------------------------------------------

function timed(work: () => unknown): number {
  const begun = performance.now()
  work()
  return performance.now() - begun
}

async function timedAsync(work: () => Promise<void>): Promise<number> {
  const begun = performance.now()
  await work()
  return performance.now() - begun
}

const median = (times: readonly number[]): number =>
  times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0
const ms = (time: number): string => `${time.toFixed(2)} ms`.padStart(12)
const size = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`.padStart(8)
const ratio = (over: number, under: number): string => (over / under).toFixed(2).padStart(7)

const [, script, way, folder] = process.argv
if (import.meta.url !== pathToFileURL(script ?? '').href)
  throw new Error('run it, do not import it')
if (folder) await pay(way as Way, folder)
else {
  benchBook()
  await benchInstruments()
  await benchOrders()
}
