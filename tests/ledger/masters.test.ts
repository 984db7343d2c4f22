// The master's orders of a day are kept and followed: after every step they are those that are read. Orders come by
// stream and book, under changed numbers, turn out to be one, are signalled, and some of it is taken back.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { orderId } from '../../src/domain/ids.ts'
import { type Quantity, units } from '../../src/domain/numbers.ts'
import type { OrderReport } from '../../src/domain/order.ts'
import { nextDay } from '../../src/domain/time.ts'
import { openLedger, openView } from '../../src/ledger/open.ts'
import type { Ledger } from '../../src/ports.ts'
import { AT, DAY, reportOf, seededChance, signalOf, still } from './scene.ts'

let folder: string
let files = 0
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lockstep-masters-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const STEPS = [
  'open',
  'fill',
  'stream',
  'renumber',
  'join',
  'tell',
  'takeBack',
  'tomorrow',
] as const
type Step = readonly [(typeof STEPS)[number], number]
const steps = fc.array(fc.tuple(fc.constantFrom(...STEPS), fc.nat(4)), {
  minLength: 1,
  maxLength: 25,
})

test('the orders that are kept are those that are read, after every step', () => {
  fc.assert(
    fc.property(steps, (history) => {
      for (const { kept, read } of live(history)) expect(kept).toEqual(read)
    }),
    { numRuns: 40 },
  )
}, 120_000)

test('control: those from before the last step differ', () => {
  const found = fc.check(
    fc.property(steps, (history) => {
      const days = live(history)
      expect(days.at(-2)?.kept ?? []).toEqual(days.at(-1)?.read)
    }),
    { numRuns: 40 },
  )
  expect(found.failed).toBe(true)
}, 120_000)

function live(history: readonly Step[]) {
  const path = join(folder, `${++files}.db`)
  const ledger = openLedger({
    path,
    mode: 'live',
    clock: still,
    chance: seededChance(files),
    command: 'test',
    reserveBytes: 4096,
  })
  const view = openView({ path, mode: 'live' })
  const moves = play(ledger)
  try {
    return history.map(([step, number]) => {
      moves[step](number)
      return { kept: ledger.masterOrders(DAY), read: view.masterOrders(DAY) }
    })
  } finally {
    view.close()
    ledger.close()
  }
}

function play(ledger: Ledger): Record<(typeof STEPS)[number], (number: number) => void> {
  const see = (number: number, change: Partial<OrderReport>) =>
    void ledger.seeMasterOrders([reportOf(`${number}`, change)], AT)
  const renumbered = (number: number) => orderId(`O-${number}b`)
  function tell(): void {
    const untold = ledger
      .masterOrders(DAY)
      .find(({ report, signalled }) => report.filled > signalled.entry)
    if (untold !== undefined) ledger.record([{ signal: signalOf(untold), decisions: [] }], AT)
  }
  return {
    open: (number) => see(number, { status: 'open', filled: units(0), averagePrice: null }),
    fill: (number) => see(number, {}),
    stream: (number) => see(number, { uniqueOrderId: null, source: 'stream' }),
    renumber: (number) => see(number, { uniqueOrderId: null, orderId: renumbered(number) }),
    join: (number) => see(number, { orderId: renumbered(number) }),
    tell,
    // The first is there when the second is refused, and goes with it.
    takeBack: (number) =>
      void expect(() => {
        const tooMuch = { quantity: (2n ** 70n) as Quantity }
        ledger.seeMasterOrders([reportOf(`${number}`), reportOf('much', tooMuch)], AT)
      }).toThrow(),
    tomorrow: (number) => see(number, { day: nextDay(DAY) }),
  }
}
