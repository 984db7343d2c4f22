// The master as it is seen: readings that come late, twice, shuffled, with rows missing, and messages of the
// stream in between; the process dies now and then. However it is seen, every filled unit is told once.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, expect, test } from 'vitest'
import { add, NO_QUANTITY, type Quantity, units } from '../../src/domain/numbers.ts'
import { type OrderReport, type Side, signed } from '../../src/domain/order.ts'
import type { CopyOn, EngineSettings } from '../../src/domain/settings.ts'
import type { Signal } from '../../src/domain/signal.ts'
import { after } from '../../src/domain/time.ts'
import type { Context } from '../../src/engine/context.ts'
import { createWatch, type Watch } from '../../src/engine/watch.ts'
import { openLedger } from '../../src/ledger/open.ts'
import type { BrokerReader, Ledger } from '../../src/ports.ts'
import { AT, CALL, MASTER, reportOf, seededChance, still } from '../ledger/scene.ts'

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

interface Life {
  readonly side: Side
  /** Fills as they grow, in lots. */
  readonly fills: readonly number[]
  readonly end: 'complete' | 'cancelled'
  /** Whether a modification gives it another number after its first fill. */
  readonly renamed: boolean
}

type Look =
  | {
      readonly kind: 'book'
      readonly step: number
      readonly keep: readonly boolean[]
      readonly turned: boolean
      readonly twice: boolean
    }
  | { readonly kind: 'stream'; readonly order: number; readonly step: number }
  | { readonly kind: 'death' }

const anyLife: fc.Arbitrary<Life> = fc.record({
  side: fc.constantFrom<Side>('BUY', 'SELL'),
  fills: fc
    .array(fc.integer({ min: 1, max: 10 }), { minLength: 1, maxLength: 4 })
    .map((lots) => [...lots].sort((a, b) => a - b)),
  end: fc.constantFrom('complete' as const, 'cancelled' as const),
  renamed: fc.boolean(),
})
const anyLook: fc.Arbitrary<Look> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('book' as const),
      step: fc.nat(5),
      keep: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
      turned: fc.boolean(),
      twice: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('stream' as const),
      order: fc.nat(3),
      step: fc.nat(5),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'death' as const }) },
)
const anyDay = fc.record({
  lives: fc.array(anyLife, { minLength: 1, maxLength: 4 }),
  looks: fc.array(anyLook, { maxLength: 16, size: 'max' }),
})
type Day = typeof anyDay extends fc.Arbitrary<infer T> ? T : never

/** An order as it truly was after that many steps. */
function reportAt(life: Life, order: number, step: number): OrderReport {
  const lots = life.fills[Math.min(step, life.fills.length - 1)] ?? 0
  const isOver = step >= life.fills.length
  const most = life.fills.at(-1) ?? 0
  return reportOf(`${order}`, {
    side: life.side,
    quantity: units(65 * (life.end === 'complete' ? most : most + 1)),
    filled: units(65 * lots),
    status: isOver ? life.end : 'open',
    exchangeTime: after(AT, (order * 10 + Math.min(step, life.fills.length)) * 1000),
    ...(life.renamed && life.fills.length > 1 && step > 0
      ? { orderId: `renamed-${order}` as OrderReport['orderId'] }
      : {}),
  })
}

/** The real watch over a scripted book and the real ledger; nobody follows. */
class Watcher {
  #folder = mkdtempSync(join(tmpdir(), 'lockstep-readings-'))
  #ledger: Ledger
  #watch: Watch
  #book: readonly OrderReport[] = []
  #copyOn: CopyOn
  #forgets: boolean
  #now = AT
  readonly told = new Map<Side, Quantity>()
  position = NO_QUANTITY

  constructor(copyOn: CopyOn, forgets: boolean) {
    folders.push(this.#folder)
    this.#copyOn = copyOn
    this.#forgets = forgets
    this.#ledger = this.#open()
    this.#ledger.setBaseline(MASTER, [], AT)
    this.#watch = this.#look()
  }

  hear(report: OrderReport): void {
    this.#watch.hear({ kind: 'order', report, at: this.#now })
  }

  async see(reports: readonly OrderReport[]): Promise<void> {
    this.#book = reports
    this.#now = after(this.#now, 1000)
    await this.#watch.turn()
  }

  /** Long enough for everything that is waited for. */
  async seeAtLast(reports: readonly OrderReport[]): Promise<void> {
    await this.see(reports)
    this.#now = after(this.#now, 40_000)
    await this.see(reports)
  }

  die(): void {
    this.#ledger.close()
    this.#ledger = this.#open()
    this.#watch = this.#look()
  }

  close(): void {
    expect(this.#ledger.verify()).toEqual([])
    this.#ledger.close()
  }

  #take(signal: Signal): void {
    this.told.set(signal.side, add(this.told.get(signal.side) ?? NO_QUANTITY, signal.quantity))
    this.position = add(this.position, signed(signal.side, signal.quantity))
    if (!this.#forgets) this.#ledger.record([{ signal, decisions: [] }], AT)
  }

  #look(): Watch {
    const read = <T>(value: T) =>
      Promise.resolve({ kind: 'read', value, unreadable: [], at: this.#now } as const)
    const nothing = { instrument: CALL, product: 'INTRADAY' as const, today: null, lastPrice: null }
    const reader = {
      account: MASTER,
      orders: () => read(this.#book),
      // What the broker shows is what has truly filled, told or not.
      positions: () => read([{ ...nothing, quantity: netOf(this.#book) }]),
      holdings: () => read([]),
    } as unknown as BrokerReader
    const settings = { copyOn: this.#copyOn, orderFeed: 'on' } as EngineSettings
    const context = {
      clock: { ...still, now: () => this.#now },
      ledger: this.#ledger,
      settings,
      tell: () => undefined,
    } as unknown as Context
    const master = { account: MASTER, reader, entriesUpToMs: 60_000 }
    const pulse = { noteReading: () => undefined }
    return createWatch(context, master, pulse, {
      isHalted: () => false,
      take: (signal) => this.#take(signal),
    })
  }

  #open(): Ledger {
    return openLedger({
      path: join(this.#folder, 'lockstep.db'),
      mode: 'live',
      clock: still,
      chance: seededChance(7),
      command: 'test',
      reserveBytes: 0,
    })
  }
}

const netOf = (book: readonly OrderReport[]): Quantity =>
  [...new Map(book.map((report) => [report.orderId, report])).values()].reduce(
    (total, { side, filled }) => add(total, signed(side, filled)),
    NO_QUANTITY,
  )

async function watch({ lives, looks }: Day, copyOn: CopyOn, forgets = false): Promise<boolean> {
  const watcher = new Watcher(copyOn, forgets)
  for (const look of looks) {
    if (look.kind === 'death') watcher.die()
    if (look.kind === 'stream') {
      const life = lives[look.order]
      if (life)
        watcher.hear({
          ...reportAt(life, look.order, look.step),
          uniqueOrderId: null,
          source: 'stream',
        })
    }
    if (look.kind === 'book') {
      const rows = lives.flatMap((life, order) =>
        look.keep[order] ? [reportAt(life, order, look.step)] : [],
      )
      if (look.turned) rows.reverse()
      await watcher.see(look.twice ? [...rows, ...rows] : rows)
    }
  }
  await watcher.seeAtLast(lives.map((life, order) => reportAt(life, order, 9)))
  const truth = (side: Side): bigint =>
    lives
      .filter((life) => life.side === side)
      .reduce((total, life) => total + units(65 * (life.fills.at(-1) ?? 0)), 0n)
  const net = lives.reduce(
    (total, life) => add(total, signed(life.side, units(65 * (life.fills.at(-1) ?? 0)))),
    NO_QUANTITY,
  )
  const isTold = (['BUY', 'SELL'] as const).every(
    (side) => (watcher.told.get(side) ?? 0n) === truth(side),
  )
  const isRight = isTold && (forgets || watcher.position === net)
  watcher.close()
  return isRight
}

test.each<CopyOn>(['complete', 'fill'])(
  'every filled unit is told once, however it is seen (%s)',
  async (copyOn) => {
    await fc.assert(
      fc.asyncProperty(anyDay, (day) => watch(day, copyOn)),
      { numRuns: 40 },
    )
  },
)

test('control: a watcher that forgets what it told tells it again', async () => {
  const answer = await fc.check(
    fc.asyncProperty(anyDay, (day) => watch(day, 'fill', true)),
    { numRuns: 40 },
  )
  expect(answer.failed).toBe(true)
})
