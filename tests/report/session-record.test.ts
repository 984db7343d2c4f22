// The session record: its shape word by word, its counts against what was done, and its file.
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { parsePrice, units } from '../../src/domain/numbers.ts'
import { NOTHING } from '../../src/domain/ratio.ts'
import { DAY, MINUTE, SECOND } from '../../src/domain/time.ts'
import type { Instruments, RecordedAttempt } from '../../src/ports.ts'
import { countOrders } from '../../src/report/counts.ts'
import type { Counts, SessionRecord } from '../../src/report/record.ts'
import {
  createSessionRecorder,
  type RecorderOptions,
  type SessionRecorder,
} from '../../src/report/session-record.ts'
import { AT, entry, exit, follower, LOT, laneOf, MASTER, skip } from '../ledger/scene.ts'
import { createDay, type Day, intentsIn, told } from './day.ts'
import { FATES, type Fate, fates, happen } from './fates.ts'

let recorder: SessionRecorder | undefined
let day: Day
beforeEach(() => {
  day = createDay((event) => recorder?.note(event, day.clock.now()))
})
afterEach(() => {
  recorder = undefined
  day.close()
})

const instruments = { byId: () => ({ tick: parsePrice('0.05') }) } as unknown as Instruments
const path = () => join(day.folder, 'logs', 'copy_trading.json')
const written = (): SessionRecord => JSON.parse(readFileSync(path(), 'utf8'))

function recording(change: Partial<RecorderOptions> = {}): SessionRecorder {
  recorder = createSessionRecorder({
    path: path(),
    session: '20261120_103045',
    mode: 'live',
    isDemo: () => false,
    startedAt: AT,
    ledger: day.ledger,
    instruments: () => instruments,
    master: { name: MASTER, label: null },
    followers: [told(1, 'Papa'), told(2)],
    onTrouble: (why) => {
      throw new Error(why)
    },
    ...change,
  })
  return recorder
}

/** One entry of follower 1, a skip of follower 2. */
function enter(name = 'a'): RecordedAttempt {
  day.signal(name, (signal) => [entry(laneOf(1), signal, LOT, [day.nextTag()]), skip(laneOf(2))])
  const intent = intentsIn(day.events).at(-1)
  if (!intent) throw new Error('an entry has an intent')
  return day.send(intent)
}

test('a whole session, word by word', async () => {
  const recorder = recording()
  const attempt = enter()
  day.pass(412)
  day.accept(attempt)
  day.pass(300)
  day.fill(attempt, 65, '101.45')
  day.pass(MINUTE)
  await recorder.end(day.clock.now())
  const counts: Counts = {
    signals: 1,
    copied: 1,
    placed: 1,
    failed: 0,
    skipped: 1,
    unknown: 0,
    owed: 0,
    successRate: 1,
  }
  const held = [{ instrument: 'NFO:NIFTY24NOV26C25000', product: 'INTRADAY', quantity: '65' }]
  expect(written()).toEqual({
    session: {
      id: '20261120_103045',
      mode: 'live',
      isDemo: false,
      startedAt: '2026-11-20T10:30:45.000+05:30',
      endedAt: '2026-11-20T10:31:45.712+05:30',
      master: { name: 'MASTER', label: null },
      followers: [
        { name: 'FOLLOWER_1', label: 'Papa', mode: 'live', heldBefore: [], held, owed: [] },
        { name: 'FOLLOWER_2', label: null, mode: 'live', heldBefore: [], held: [], owed: [] },
      ],
    },
    summary: {
      ...counts,
      followers: {
        FOLLOWER_1: { ...counts, skipped: 0 },
        FOLLOWER_2: { ...counts, copied: 0, placed: 0, successRate: null },
      },
    },
    orders: [
      {
        signal: 1,
        carriedOver: false,
        effect: 'entry',
        side: 'BUY',
        quantity: '130',
        exchange: 'NFO',
        symbol: 'NIFTY24NOV26C25000',
        product: 'INTRADAY',
        price: '101.20',
        tick: '0.05',
        orderId: 'O-a',
        source: 'book',
        masterBefore: '0',
        masterAfter: '130',
        filledAt: '2026-11-20T10:30:44.200+05:30',
        seenAt: '2026-11-20T10:30:45.000+05:30',
        decisions: [
          {
            follower: 'FOLLOWER_1',
            mode: 'live',
            decision: 'entry',
            quantity: '65',
            reason: null,
            decidedAt: '2026-11-20T10:30:45.000+05:30',
            filled: '65',
            averagePrice: '101.45',
            intents: [
              {
                intent: 1,
                follower: 'FOLLOWER_1',
                mode: 'live',
                instrument: 'NFO:NIFTY24NOV26C25000',
                product: 'INTRADAY',
                role: 'entry',
                side: 'BUY',
                quantity: '65',
                slice: 1,
                slices: 1,
                pricing: { kind: 'limit', price: '104.20' },
                outcome: 'filled',
                wasAccepted: true,
                filled: '65',
                averagePrice: '101.45',
                text: '',
                denied: null,
                attempts: [
                  {
                    attempt: 1,
                    tag: attempt.tag,
                    quantity: '65',
                    orderId: `O-${attempt.tag.slice(-6)}`,
                    state: 'done',
                    recordedAt: '2026-11-20T10:30:45.000+05:30',
                    sentAt: '2026-11-20T10:30:45.000+05:30',
                    answeredAt: '2026-11-20T10:30:45.412+05:30',
                    filledAt: '2026-11-20T10:30:45.712+05:30',
                  },
                ],
              },
            ],
          },
          {
            follower: 'FOLLOWER_2',
            mode: 'live',
            decision: 'skip',
            quantity: null,
            reason: { kind: 'lessThanOneLot', text: 'lessThanOneLot: 130 × 0.3 = 39 < 65' },
            decidedAt: '2026-11-20T10:30:45.000+05:30',
            filled: '0',
            averagePrice: null,
            intents: [],
          },
        ],
      },
    ],
    flattened: [],
  })
})

// --- counting

const COUNTED = ['copied', 'placed', 'failed', 'skipped', 'unknown'] as const

/** What the counts should be, from the fates alone. */
function expected(signals: readonly (readonly Fate[])[], at: number): Partial<Counts> {
  const own = signals.flatMap((each): readonly Partial<Counts>[] => {
    const fate = each[at]
    return fate === undefined ? [] : [FATES[fate]]
  })
  const total = (name: (typeof COUNTED)[number]) =>
    own.reduce((sum, fate) => sum + (fate[name] ?? 0), 0)
  return {
    signals: own.length,
    ...Object.fromEntries(COUNTED.map((name) => [name, total(name)])),
  }
}

const anySession = fc.array(fc.array(fc.constantFrom(...fates), { minLength: 1, maxLength: 3 }), {
  minLength: 1,
  maxLength: 6,
})

/** Plays a session on a ledger of its own and says where its counts are not what was done. */
function faultsOf(
  signals: readonly (readonly Fate[])[],
  count: (record: SessionRecord) => SessionRecord['summary'],
): readonly string[] {
  day.close()
  day = createDay((event) => recorder?.note(event, day.clock.now()))
  const own = recording({ followers: [told(1), told(2), told(3)] })
  signals.forEach((each, index) => {
    happen(day, `s${index}`, each)
  })
  const summary = count(own.record())
  const faults: string[] = []
  for (const at of [0, 1, 2]) {
    const counts = summary.followers[follower(at + 1)]
    for (const [name, value] of Object.entries(expected(signals, at)))
      if (counts?.[name as keyof Counts] !== value) faults.push(`${follower(at + 1)} ${name}`)
  }
  for (const name of ['placed', 'failed', 'skipped', 'unknown'] as const) {
    const sum = Object.values(summary.followers).reduce((total, each) => total + each[name], 0)
    if (summary[name] !== sum) faults.push(`sum of ${name}`)
  }
  if (summary.signals !== signals.length) faults.push('signals')
  if (summary.copied > summary.signals) faults.push('more copied than signals')
  const tried = summary.placed + summary.failed
  const rate = tried === 0 ? null : Math.round((summary.placed / tried) * 10_000) / 10_000
  if (summary.successRate !== rate) faults.push('successRate')
  return faults
}

describe('the counts', () => {
  test('add up to what was done, for every follower and all together', () => {
    fc.assert(
      fc.property(anySession, (signals) => {
        expect(faultsOf(signals, ({ summary }) => summary)).toEqual([])
      }),
      { numRuns: 15 },
    )
  })

  test('(control) counting what was missed as skipped is found', () => {
    const lenient = (record: SessionRecord) =>
      countOrders({
        orders: record.orders.map((order) => ({
          ...order,
          decisions: order.decisions.map((decision) => ({
            ...decision,
            reason: decision.reason && { ...decision.reason, kind: 'tooOld' },
          })),
        })),
        flattened: record.flattened,
        owed: new Map(),
        followers: record.session.followers.map(({ name }) => name),
      })
    expect(faultsOf([['missed', 'filled']], lenient)).toEqual([
      'FOLLOWER_1 failed',
      'FOLLOWER_1 skipped',
    ])
  })

  test('of an exit that was rejected and is owed', () => {
    const own = recording()
    const attempt = enter()
    day.accept(attempt)
    day.fill(attempt, 65, '101.20')
    const signal = day.signal('b', () => [exit(laneOf(1), units(130), units(0), NOTHING)], {
      effect: 'exit',
      side: 'SELL',
    })
    day.hear(day.send(day.closing(1, signal, 'SELL', 65)), {
      kind: 'answered',
      outcome: { kind: 'rejected', cause: 'risk', text: 'blocked', evidence: '' },
    })
    const { summary, session } = own.record()
    expect(summary).toMatchObject({ signals: 2, placed: 1, failed: 1, owed: 1, successRate: 0.5 })
    expect(session.followers[0]?.owed).toEqual([
      { instrument: 'NFO:NIFTY24NOV26C25000', product: 'INTRADAY', quantity: '65' },
    ])
  })

  test('of a flatten, which no signal asked for', () => {
    const own = recording()
    const attempt = enter()
    day.accept(attempt)
    day.fill(attempt, 65, '101.20')
    const closing = day.send(day.closing(1, null, 'SELL', 65))
    day.accept(closing)
    day.fill(closing, 65, '101.30')
    const { summary, flattened } = own.record()
    expect(summary).toMatchObject({ signals: 1, placed: 2 })
    expect(flattened).toMatchObject([
      { role: 'flatten', outcome: 'filled', averagePrice: '101.30' },
    ])
  })
})

describe('the file', () => {
  test('is whole while the session runs, private, and leaves nothing beside it', async () => {
    const own = recording()
    const attempt = enter()
    await own.write()
    expect(written().session.endedAt).toBeNull()
    expect(written().orders[0]?.decisions[0]?.intents[0]?.outcome).toBe('sending')
    expect(statSync(path()).mode & 0o777).toBe(0o600)
    day.accept(attempt)
    day.fill(attempt, 65, '101.45')
    await own.write()
    expect(written().orders[0]?.decisions[0]?.intents[0]?.outcome).toBe('filled')
    expect(readdirSync(join(day.folder, 'logs'))).toEqual(['copy_trading.json'])
  })

  test('after a restart tells the end of what the first session left open, and counts it there', async () => {
    const first = recording()
    const attempt = enter()
    await first.write()
    day.pass(10 * SECOND)
    const second = recording({ startedAt: day.clock.now() })
    day.accept(attempt)
    day.fill(attempt, 65, '101.45')
    const record = second.record()
    expect(record.orders).toMatchObject([{ signal: 1, carriedOver: true }])
    expect(record.summary).toMatchObject({ signals: 1, copied: 1, placed: 1, skipped: 1 })
  })

  test('that cannot be written is said once and written when it can be', async () => {
    const troubles: string[] = []
    writeFileSync(join(day.folder, 'logs'), 'a file where the folder should be')
    const own = recording({ onTrouble: (why) => troubles.push(why) })
    enter()
    await own.write()
    await own.write()
    expect(troubles).toHaveLength(1)
    rmSync(join(day.folder, 'logs'))
    mkdirSync(join(day.folder, 'logs'))
    await own.end(day.clock.now())
    expect(existsSync(path())).toBe(true)
    expect(written().summary.signals).toBe(1)
  })

  test('begins with what stood when the session began', () => {
    recording()
    const attempt = enter()
    day.accept(attempt)
    day.fill(attempt, 65, '101.45')
    day.pass(DAY)
    const { session, orders } = recording().record()
    expect(session.followers[0]?.heldBefore).toEqual([
      { instrument: 'NFO:NIFTY24NOV26C25000', product: 'INTRADAY', quantity: '65' },
    ])
    expect(orders).toEqual([])
  })
})
