// `npm run bench:web`: whether open browsers slow an order. One copier with its page; blocks of fills with
// twenty browsers (each reads anew whatever changes, a quarter of them never reads on) and blocks without
// take turns, so that whatever else the machine does falls upon both. The figure is the ratio of the times; what
// the copier's own work costs its processor is told beside it: that would grow if the two shared anything but the
// machine, and the times grow also where there are fewer idle processors than programs.
import { type ClientRequest, type IncomingMessage, request } from 'node:http'
import { constants, setPriority } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import { flag, readOptions, whole } from '../options.ts'
import { ratiosOf, spreadOf, spreadText, tableText } from './figures.ts'
import { describeMachine, loadText } from './machine.ts'
import { type Receiver, startCopier, startReceiver } from './processes.ts'
import { quiet, roundOf } from './race.ts'

const options = readOptions('bench:web', 'Whether open browsers slow an order, as a ratio.', {
  quick: flag('a third of it'),
  browsers: whole('how many look at the page', 20, 1),
})
const BROWSERS = options.browsers
const FOLLOWERS = 3
const BLOCKS = options.quick ? 4 : 12
const ROUNDS_A_BLOCK = 15
const WARM_UP = 10
/** An account takes six entries a second and 400 a minute. */
const BETWEEN_MS = 180
const OPEN_WITHIN_MS = 60_000

const say = (text: string): void => void process.stdout.write(`${text}\n`)

interface Cost {
  readonly copierMs: number
  readonly pageMs: number
}

interface Page {
  readonly port: number
  readonly cookie: string
}

const receiver = await startReceiver()
const told = { without: [] as number[], with: [] as number[] }
/** Of a processor, by block: one figure a fill. */
const costs = { without: [] as Cost[], with: [] as Cost[] }
let read = 0
try {
  await receiver.latency(0)
  const copier = await startCopier(receiver, {
    followers: FOLLOWERS,
    web: true,
    args: ['--web-port', '0'],
  })
  try {
    const page = await enter(copier.out)
    // The browsers are played by this process, and are elsewhere in truth: what they take of this machine is
    // not what is asked for. The broker, which measures, and the copier are processes of their own.
    setPriority(0, constants.priority.PRIORITY_LOW)
    await rounds(WARM_UP)
    for (let block = 0; block < BLOCKS; block++) {
      const isWith = block % 2 === 1
      const browsers = isWith ? openBrowsers(page) : []
      const [copierBefore, pageBefore] = [copier.usage().cpuMs, copier.pageUsage().cpuMs]
      const arrivals = await rounds(ROUNDS_A_BLOCK)
      told[isWith ? 'with' : 'without'].push(...arrivals)
      costs[isWith ? 'with' : 'without'].push({
        copierMs: (copier.usage().cpuMs - copierBefore) / ROUNDS_A_BLOCK,
        pageMs: (copier.pageUsage().cpuMs - pageBefore) / ROUNDS_A_BLOCK,
      })
      for (const browser of browsers) browser.destroy()
      // What a browser asked for last is answered before the next block begins.
      await pause(1_000)
    }
  } finally {
    await copier.end()
  }
} finally {
  await receiver.end()
}

const spreads = { without: spreadOf(told.without), with: spreadOf(told.with) }
say(describeMachine().join('\n'))
say(`\nFrom the master's fill to the last of ${FOLLOWERS} orders, ms`)
say(
  tableText([
    ['', 'fills', 'p50 p95 p99 max'],
    ['no browser', String(told.without.length), spreadText(spreads.without)],
    [`${BROWSERS} browsers`, String(told.with.length), spreadText(spreads.with)],
    ['ratio', '', spreadText(ratiosOf(spreads.with, spreads.without))],
  ]),
)
say('\nOf a processor for each fill, ms: the middle of the blocks')
say(
  tableText([
    ['', 'copier', 'page'],
    ['no browser', middle(costs.without, 'copierMs'), middle(costs.without, 'pageMs')],
    [`${BROWSERS} browsers`, middle(costs.with, 'copierMs'), middle(costs.with, 'pageMs')],
  ]),
)
say(`the browsers read ${read} answers, ${Math.floor(BROWSERS / 4)} of them never read on`)
say(`load ${loadText()} when it ended`)

function middle(of: readonly Cost[], what: keyof Cost): string {
  const sorted = of.map((each) => each[what]).toSorted((a, b) => a - b)
  return (sorted[Math.floor(sorted.length / 2)] ?? Number.NaN).toFixed(1)
}

async function rounds(count: number): Promise<readonly number[]> {
  const arrivals: number[] = []
  for (let number = 0; number < count; number++) arrivals.push(await oneRound(receiver))
  return arrivals
}

async function oneRound(of: Receiver): Promise<number> {
  await quiet(of)
  const { arrivals, wrongs } = await of.round(roundOf('copier', FOLLOWERS))
  if (wrongs.length > 0) throw new Error(wrongs.join('; '))
  await pause(BETWEEN_MS)
  return arrivals.at(-1) as number
}

// --- browsers ----------------------------------------------------------------------------------

async function enter(out: () => string): Promise<Page> {
  const deadline = performance.now() + OPEN_WITHIN_MS
  const addressOf = () => ({
    port: /The page: http:\/\/127\.0\.0\.1:(\d+)/.exec(out())?.[1],
    code: /asks for this code, .*: ([0-9A-Z-]{14})/.exec(out())?.[1],
  })
  while (addressOf().code === undefined) {
    if (performance.now() > deadline) throw new Error(`no page\n${out().slice(-2_000)}`)
    await pause(50)
  }
  const port = Number(addressOf().port)
  const body = JSON.stringify({ code: addressOf().code, password: 'a long password' })
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const asked = request(
    {
      ...{ host: '127.0.0.1', port, path: '/api/setup', method: 'POST' },
      headers: { 'content-type': 'application/json', origin: `http://127.0.0.1:${port}` },
    },
    (response) => {
      response.resume()
      const cookie = response.headers['set-cookie']?.[0]?.split(';')[0]
      if (cookie === undefined) reject(new Error(`not signed in: ${response.statusCode}`))
      else resolve(cookie)
    },
  )
  asked.on('error', reject)
  asked.end(body)
  return { port, cookie: await promise }
}

function openBrowsers(page: Page): readonly ClientRequest[] {
  return Array.from({ length: BROWSERS }, (_, index) => {
    const isDead = index % 4 === 3
    return get(page, '/api/events', (response) => {
      if (isDead) return void response.pause()
      response.on('data', (text: Buffer) => {
        if (!text.includes('event: changed')) return
        for (const path of ['/api/overview', '/api/signals'])
          get(page, path, (answer) => {
            answer.resume().on('end', () => read++)
          })
      })
    })
  })
}

function get(
  { port, cookie }: Page,
  path: string,
  hear: (response: IncomingMessage) => void,
): ClientRequest {
  const asked = request({ host: '127.0.0.1', port, path, headers: { cookie }, agent: false }, hear)
  // Cut off by this side when its block is over.
  asked.on('error', () => undefined)
  asked.end()
  return asked
}
