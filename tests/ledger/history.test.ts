// Random histories of one lane's orders, in every order and with every contradiction that a broker can
// tell: what is derived step by step is what a rebuild makes of the facts, and is what plain addition
// says. The control is an addition that forgets what exits allow.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type AttemptEvent, filledOf } from '../../src/domain/attempt.ts'
import { type OrderId, signalId } from '../../src/domain/ids.ts'
import { type Quantity, units } from '../../src/domain/numbers.ts'
import type { Outcome } from '../../src/domain/outcome.ts'
import { ratio } from '../../src/domain/ratio.ts'
import type { MasterOrder } from '../../src/domain/signal.ts'
import { openLedger, openView } from '../../src/ledger/open.ts'
import type { Ledger, OpenAttempt } from '../../src/ports.ts'
import {
  AT,
  accepted,
  DAY,
  entry,
  exit,
  follower,
  intentOf,
  LOT,
  laneOf,
  ownReport,
  reportOf,
  seededChance,
  signalOf,
  skip,
  still,
  tagMaker,
} from './scene.ts'

let folder: string
let files = 0
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lockstep-history-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const STEPS = [
  'buy',
  'buyAndSend',
  'streamFirst',
  'sellHalf',
  'sellAll',
  'ask',
  'send',
  'accept',
  'lose',
  'refuse',
  'proveAbsent',
  'fillSome',
  'fillAll',
  'close',
  'deny',
  'reduce',
  'adopt',
  'show',
] as const

type Step = readonly [(typeof STEPS)[number], number]
const steps = fc.array(fc.tuple(fc.constantFrom(...STEPS), fc.nat(9)), { maxLength: 40 })

interface Sums {
  copied: bigint
  held: bigint
  /** In hundred-millionths; every exit of these histories leaves a half or nothing. */
  entitled: bigint
}

type Fold = 'withAllowances' | 'withoutAllowances'

test('a rebuild gives what stands, and both are what addition says', () => {
  fc.assert(
    fc.property(steps, (history) => {
      const { faults, sums, lane } = live(history, 'withAllowances')
      expect(faults).toEqual([])
      expect(lane).toEqual(sums)
    }),
    { numRuns: 60 },
  )
}, 120_000)

test('control: addition that forgets the allowances differs', () => {
  const found = fc.check(
    fc.property(steps, (history) => {
      const { sums, lane } = live(history, 'withoutAllowances')
      return lane.entitled === sums.entitled
    }),
    { numRuns: 400, endOnFailure: true },
  )
  expect(found.failed).toBe(true)
}, 120_000)

test('a day that is kept is the day that is read, after every step', () => {
  fc.assert(
    fc.property(steps, (history) => {
      const { day, shown } = live(history, 'withAllowances')
      expect(day).toEqual(shown)
    }),
    { numRuns: 40 },
  )
}, 120_000)

test('control: a day that was kept before the last steps differs', () => {
  const found = fc.check(
    fc.property(steps, (history) => {
      const { earlierDay, shown } = live(history, 'withAllowances')
      expect(earlierDay).toEqual(shown)
    }),
    { numRuns: 400, endOnFailure: true },
  )
  expect(found.failed).toBe(true)
}, 120_000)

/** Plays a history on a new ledger; a step that contradicts what stands is left out. */
function live(history: readonly Step[], fold: Fold) {
  const path = join(folder, `${++files}.db`)
  const ledger = openLedger({
    path,
    mode: 'live',
    clock: still,
    chance: seededChance(files),
    command: 'test',
    reserveBytes: 4096,
  })
  try {
    const sums: Sums = { copied: 0n, held: 0n, entitled: 0n }
    const moves = play(ledger, sums, fold)
    let earlierDay = ledger.followerDay(follower(1), DAY)
    for (const [index, [step, number]] of history.entries()) {
      moves[step](number)
      const day = ledger.followerDay(follower(1), DAY)
      if (index < history.length / 2) earlierDay = day
      expect(ledger.isIdle(laneOf(1))).toBe(ledger.liveOrders(laneOf(1)).length === 0)
    }
    const view = openView({ path, mode: 'live' })
    const shown = view.followerDay(follower(1), DAY)
    view.close()
    const day = ledger.followerDay(follower(1), DAY)
    const { copied, held, entitlement } = ledger.lanePosition(laneOf(1))
    const entitled = entitlement.over / entitlement.under
    const faults = ledger.verify()
    return { faults, sums, lane: { copied, held, entitled }, day, earlierDay, shown }
  } finally {
    ledger.close()
  }
}

function play(ledger: Ledger, sums: Sums, fold: Fold) {
  const tag = tagMaker(ledger.engine, seededChance(7))
  const lane = laneOf(1)
  const allowances = new Map<number, bigint>()
  const filledByIntent = new Map<number, bigint>()
  let orders = 0

  const see = (change: Parameters<typeof reportOf>[1] = {}) =>
    ledger.seeMasterOrders([reportOf(`${++orders}`, change)], AT)[0] as MasterOrder

  function buy(order: MasterOrder, sendNow: boolean): void {
    const signal = signalOf(order)
    const mine = [tag(), tag()]
    const decisions = [entry(lane, signal, LOT, mine), skip(laneOf(2))]
    ledger.record([{ signal, decisions, ...(sendNow ? { sendNow: mine } : {}) }], AT)
    sums.copied += units(130)
  }

  function sell(keepHalf: boolean): void {
    const before = sums.copied
    if (before <= 0n) return
    const after = keepHalf ? before / 2n : 0n
    const entitled = keepHalf ? sums.entitled / 2n : 0n
    const cuts = ledger.liveEntries(lane).map(({ intent, filled }) => ({ intent, upTo: filled }))
    const signal = signalOf(see({ side: 'SELL' }), { effect: 'exit' })
    const decision = exit(lane, before as Quantity, after as Quantity, ratio(entitled, 1n), cuts)
    ledger.record([{ signal, decisions: [decision] }], AT)
    sums.copied = after
    sums.entitled = entitled
    for (const { intent, upTo } of cuts) allowances.set(intent, upTo)
  }

  function pick(number: number): OpenAttempt | undefined {
    const all = ledger.attemptsOfDay(follower(1), DAY)
    return all[number % Math.max(1, all.length)]
  }

  function hear(number: number, eventOf: (open: OpenAttempt) => AttemptEvent): void {
    const open = pick(number)
    if (!open) return
    const { id, intent } = open.attempt
    const { state } = ledger.recordEvent(id, eventOf(open), AT)
    const grown = filledOf(state) - filledOf(open.state)
    const before = filledByIntent.get(intent.id) ?? 0n
    const now = before + grown
    filledByIntent.set(intent.id, now)
    sums.held += intent.side === 'BUY' ? grown : -grown
    if (intent.role !== 'entry') return
    const most =
      fold === 'withoutAllowances'
        ? intent.quantity
        : (allowances.get(intent.id) ?? intent.quantity)
    sums.entitled += (now < most ? now : most) - (before < most ? before : most)
  }

  const answer = (outcome: Outcome) => (): AttemptEvent => ({ kind: 'answered', outcome })
  const report =
    (share: (asked: bigint) => bigint, isFinal: boolean) =>
    ({ attempt }: OpenAttempt): AttemptEvent => ({
      kind: 'reported',
      report: ownReport(attempt.tag, {
        filled: share(attempt.quantity) as Quantity,
        status: isFinal ? 'complete' : 'open',
      }),
    })

  function adjust(kind: 'reducedElsewhere' | 'adopted', change: bigint): void {
    ledger.adjust({ lane, kind, change: change as Quantity, evidence: 'test' }, AT)
    sums.held += change
    if (kind === 'adopted' && sums.copied !== 0n) sums.entitled += change
  }

  function close(): void {
    const signal = ledger.signal(signalId(1))
    if (!signal || sums.held <= 0n) return
    const closing = intentOf(lane, 'exit', signal, 'SELL', sums.held as Quantity, tag())
    const [intent] = ledger.recordClosing([closing], AT)
    if (intent)
      ledger.recordAttempts(
        [{ intent, tag: intent.tag, quantity: intent.quantity, others: null }],
        AT,
      )
  }

  const unsent = (number: number) => {
    const all = ledger.unsentIntents(follower(1))
    return all[number % Math.max(1, all.length)]
  }

  const moves: Record<Step[0], (number: number) => unknown> = {
    buy: () => buy(see(), false),
    buyAndSend: () => buy(see(), true),
    streamFirst(number) {
      const name = `${++orders}`
      const orderId = `O-${name}b` as OrderId
      const unfilled = reportOf(name, { filled: units(0), status: 'open' })
      const [first] = ledger.seeMasterOrders([unfilled], AT)
      const [other] = ledger.seeMasterOrders([reportOf(name, { orderId, uniqueOrderId: null })], AT)
      if (number % 2 === 0 && other) buy(other, false)
      const [joined] = ledger.seeMasterOrders([reportOf(name, { orderId })], AT)
      expect(joined?.key).toBe(first?.key)
    },
    sellHalf: () => sell(true),
    sellAll: () => sell(false),
    ask: () =>
      ledger.record([{ signal: signalOf(see()), decisions: [], asked: [follower(2)] }], AT),
    send(number) {
      const intent = unsent(number)
      if (!intent) return
      const isFirst = ledger.attemptByTag(intent.tag) === null
      const send = {
        intent,
        tag: isFirst ? intent.tag : tag(),
        quantity: intent.quantity,
        others: null,
      }
      ledger.recordAttempts([send], AT)
    },
    accept: (number) => hear(number, ({ attempt }) => accepted(attempt.tag)),
    lose: (number) => hear(number, answer({ kind: 'unknown', likely: null, evidence: 'timeout' })),
    refuse: (number) =>
      hear(number, answer({ kind: 'rejected', cause: 'funds', text: '', evidence: '' })),
    proveAbsent: (number) =>
      hear(number, () => ({ kind: 'absenceProven', evidence: 'two readings' })),
    fillSome: (number) =>
      hear(
        number,
        report((asked) => asked / BigInt(2 + (number % 3)), number > 6),
      ),
    fillAll: (number) =>
      hear(
        number,
        report((asked) => asked, true),
      ),
    close,
    deny(number) {
      const intent = unsent(number)
      if (intent) ledger.recordDenial(intent.id, { kind: 'paused' }, AT)
    },
    reduce: () => sums.held !== 0n && adjust('reducedElsewhere', -sums.held / 2n),
    adopt: () => adjust('adopted', LOT),
    show: (number) =>
      ledger.recordPositions(
        follower(1),
        'live',
        number < 5 ? [] : [{ ...lane, quantity: units(number) }],
        AT,
      ),
  }
  return moves
}
