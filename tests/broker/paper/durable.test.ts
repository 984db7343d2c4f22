// The book of a paper account, cut wherever a machine can die, and by killing the process that writes it.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import fc from 'fast-check'
import { expect, it, onTestFinished } from 'vitest'
import { type Price, parsePrice, units } from '../../../src/domain/numbers.ts'
import { type OrderReport, type Product, SIDES, signed } from '../../../src/domain/order.ts'
import { after } from '../../../src/domain/time.ts'
import type { BrokerReader, Fill, Reading } from '../../../src/ports.ts'
import { at, attemptOf, createScene, NIFTY_CALL, type Scene } from './kit.ts'

type Account = ReturnType<Scene['open']>

async function told<T>(reading: Promise<Reading<T>>): Promise<T> {
  const come = await reading
  if (come.kind === 'failed') throw new Error(come.evidence)
  return come.value
}

async function everythingOf(reader: BrokerReader) {
  return {
    orders: await told(reader.orders()),
    fills: await told(reader.fills()),
    positions: (await told(reader.positions())).map((row) => ({ ...row, lastPrice: null })),
    holdings: await told(reader.holdings()),
  }
}

type Everything = Awaited<ReturnType<typeof everythingOf>>

// --- positions are the sum of fills ------------------------------------------------------------------

type Step =
  | { kind: 'place'; side: 'BUY' | 'SELL'; lots: number; ticks: number; product: Product }
  | { kind: 'cancel' | 'modify'; which: number; ticks: number }
  | { kind: 'price'; ticks: number; depth: number | null }
  | { kind: 'restart' }

const ticks = fc.integer({ min: -6, max: 6 })
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant('place' as const),
    side: fc.constantFrom(...SIDES),
    lots: fc.integer({ min: 1, max: 4 }),
    ticks,
    product: fc.constantFrom<Product>('INTRADAY', 'CARRYFORWARD'),
  }),
  fc.record({
    kind: fc.constantFrom('cancel' as const, 'modify' as const),
    which: fc.nat(9),
    ticks,
  }),
  fc.record({
    kind: fc.constant('price' as const),
    ticks,
    depth: fc.option(fc.integer({ min: 0, max: 150 })),
  }),
  fc.constant<Step>({ kind: 'restart' }),
)

const priceAt = (count: number): Price => (parsePrice('100') + BigInt(count) * 5_000_000n) as Price

/** Plays them on a real file; every restart must find what was there before. */
async function play(steps: readonly Step[]): Promise<Everything> {
  const scene = createScene()
  let account = scene.open()
  try {
    for (const one of steps) {
      scene.clock.set(after(scene.clock.now(), 4_000))
      account = await playOne(scene, account, one)
    }
    return await everythingOf(account.reader)
  } finally {
    account.close()
    scene.dispose()
  }
}

async function playOne(scene: Scene, account: Account, one: Step): Promise<Account> {
  switch (one.kind) {
    case 'place': {
      const pricing = { kind: 'limit', price: priceAt(one.ticks) } as const
      const attempt = attemptOf({ ...one, pricing, quantity: units(one.lots * 65) })
      await account.writer.place({ attempt, instrument: NIFTY_CALL })
      break
    }
    case 'cancel':
    case 'modify': {
      const orders = await told(account.reader.orders())
      const order = orders[one.which % Math.max(1, orders.length)]
      if (!order) break
      if (one.kind === 'cancel') await account.writer.cancel(order)
      else
        await account.writer.modify({
          ...order,
          instrument: NIFTY_CALL,
          to: { kind: 'limit', price: priceAt(one.ticks) },
        })
      break
    }
    case 'price':
      scene.market.last.set(NIFTY_CALL.id, priceAt(one.ticks))
      scene.market.depth = one.depth === null ? null : units(one.depth)
      await account.turn()
      break
    case 'restart': {
      const before = await everythingOf(account.reader)
      account.close()
      const again = scene.open()
      expect(await everythingOf(again.reader)).toEqual(before)
      return again
    }
  }
  return account
}

/** Both from the fills: what each order filled, and what each product holds. */
function isSumOfFills({ orders, fills, positions }: Everything): boolean {
  const held = new Map<Product, bigint>()
  const filled = new Map<string, bigint>()
  for (const { orderId, quantity } of fills) {
    const order = orders.find((each) => each.orderId === orderId) as OrderReport
    held.set(order.product, (held.get(order.product) ?? 0n) + signed(order.side, quantity))
    filled.set(orderId, (filled.get(orderId) ?? 0n) + quantity)
  }
  return (
    orders.every((order) => order.filled === (filled.get(order.orderId) ?? 0n)) &&
    positions.every((row) => row.quantity === (held.get(row.product) ?? 0n)) &&
    [...held.keys()].every((product) => positions.some((row) => row.product === product))
  )
}

const positionsAreFills = (seen: (everything: Everything) => Everything) =>
  fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) =>
    isSumOfFills(seen(await play(steps))),
  )

it('holds what its fills add up to, whatever is done and however often it restarts', async () => {
  await fc.assert(
    positionsAreFills((everything) => everything),
    { numRuns: 60 },
  )
})

it('and a fill that is lost, or told twice, is seen', async () => {
  const loses = ({ fills, ...rest }: Everything) => ({ ...rest, fills: fills.slice(1) })
  const doubles = ({ fills, ...rest }: Everything) => ({
    ...rest,
    fills: [...fills, ...(fills.slice(0, 1) as Fill[])],
  })
  for (const broken of [loses, doubles])
    expect((await fc.check(positionsAreFills(broken), { numRuns: 60 })).failed).toBe(true)
})

// --- cut anywhere ------------------------------------------------------------------------------------

it('cut before, in or behind any line, has all that was answered by then', async () => {
  const scene = createScene()
  onTestFinished(scene.dispose)
  const account = scene.open()
  /** Size of the file when each tag was answered: cut there or later, and it must be found. */
  const answered: { tag: string; size: number }[] = []
  for (let count = 0; count < 12; count++) {
    scene.clock.set(after(scene.clock.now(), 4_000))
    const pricing = { kind: 'limit', price: priceAt(count % 2 ? 2 : -2) } as const
    const attempt = attemptOf({ pricing })
    await account.writer.place({ attempt, instrument: NIFTY_CALL })
    answered.push({ tag: attempt.tag, size: statSync(scene.path).size })
    await account.turn()
  }
  account.close()
  const whole = readFileSync(scene.path)
  const ends = [...whole.entries()].flatMap(([index, byte]) => (byte === 10 ? [index] : []))
  for (const cut of ends.flatMap((end) => [end - 40, end, end + 1])) {
    writeFileSync(scene.path, whole.subarray(0, cut))
    const again = scene.open()
    const everything = await everythingOf(again.reader)
    again.close()
    const due = answered.filter(({ size }) => size <= cut).map(({ tag }) => tag)
    expect(everything.orders.map(({ tag }) => tag).slice(0, due.length)).toEqual(due)
    expect(isSumOfFills(everything)).toBe(true)
  }
})

// --- killed ------------------------------------------------------------------------------------------

const KILLS = 24
const MINUTE_MS = 60_000

/** Runs the trader until it has said `lines` things, then kills it; gives back what it said. */
async function trade(path: string, start: number, name: string, lines: number) {
  const child = spawn(
    process.execPath,
    ['tests/broker/paper/trader.ts', path, String(start), name],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  onTestFinished(() => void child.kill('SIGKILL'))
  const closed = once(child, 'close')
  const said: string[] = []
  for await (const line of createInterface(child.stdout)) {
    said.push(line)
    if (said.length === lines || line === 'done') child.kill('SIGKILL')
  }
  const [, signal] = await closed
  expect(signal).toBe('SIGKILL')
  return said
}

/** Answered as accepted and not there once, or answered as cancelled and not so. */
function lostOf(said: readonly string[], orders: readonly OrderReport[]): readonly string[] {
  return said.filter((line) => {
    const [answer, tag] = line.split(' ')
    const found = orders.filter((order) => order.tag === tag)
    if (answer === 'accepted') return found.length !== 1
    return answer === 'cancelled' && found[0]?.status !== 'cancelled'
  })
}

it('killed again and again in the middle of its work, loses nothing that it answered', async () => {
  const scene = createScene()
  onTestFinished(scene.dispose)
  const said: string[] = []
  let start: number = at('09:20:00')
  for (let kill = 0; kill < KILLS; kill++, start += 12 * MINUTE_MS) {
    said.push(...(await trade(scene.path, start, `R${kill}`, 1 + ((kill * 37) % 90))))
    scene.clock.set(after(at('09:20:00'), (kill + 1) * 12 * MINUTE_MS - 1))
    const account = scene.open()
    const everything = await everythingOf(account.reader)
    account.close()
    expect(lostOf(said, everything.orders)).toEqual([])
    expect(isSumOfFills(everything)).toBe(true)
  }
  expect(said.filter((line) => line.startsWith('accepted')).length).toBeGreaterThan(KILLS)

  // The control: a book without one of its orders is seen to have lost it.
  const lines = readFileSync(scene.path, 'utf8').split('\n')
  const gone = JSON.parse(lines[1] as string) as { number: number; tag: string }
  const rest = lines.filter((line) => !line.includes(`"number":${gone.number},`))
  writeFileSync(scene.path, rest.join('\n'))
  const account = scene.open()
  const { orders } = await everythingOf(account.reader)
  account.close()
  expect(lostOf(said, orders)).not.toEqual([])
}, 120_000)
