// The copier in numbers, read strictly as Prometheus would, of days written as an engine writes them.
import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { parseMoney, parsePrice, units } from '../../src/domain/numbers.ts'
import { whole } from '../../src/domain/ratio.ts'
import { after, DAY, instant, SECOND } from '../../src/domain/time.ts'
import type { LedgerView } from '../../src/ports.ts'
import { createMetrics, type MetricsParts } from '../../src/report/metrics.ts'
import { AT, CALL, entry, exit, follower, LOT, laneOf, MASTER, skip } from '../ledger/scene.ts'
import { createDay, type Day, intentsIn } from './day.ts'
import { type ReadSample, readExposition } from './exposition-reader.ts'

let day: Day
beforeEach(() => {
  day = createDay()
})
afterEach(() => day.close())

const WINDOWS = [
  { lengthMs: SECOND, most: 9, mostForEntries: 6 },
  { lengthMs: 60 * SECOND, most: 500, mostForEntries: 400 },
]
const metricsOf = (change: Partial<MetricsParts> = {}) =>
  createMetrics({
    ledger: day.ledger,
    now: day.clock.now,
    followers: [
      { name: follower(1), mode: 'live' },
      { name: follower(2), mode: 'paper' },
    ],
    engine: () => ({ since: AT }),
    windows: WINDOWS,
    ...change,
  })

/** The value of the one sample with these labels, whatever its others are. */
function valueIn(text: string, name: string, labels: Record<string, string> = {}): number | null {
  const all = readExposition(text).flatMap(({ samples }) => samples)
  const fits = (sample: ReadSample) =>
    sample.name === name &&
    Object.entries(labels).every(([key, value]) => sample.labels[key] === value)
  const found = all.filter(fits)
  if (found.length > 1) throw new Error(`${name} ${JSON.stringify(labels)}: ${found.length} fit`)
  return found[0]?.value ?? null
}

/** Others write to the same disk meanwhile. */
const withoutDisk = (text: string): string => text.replace(/^lockstep_disk_free_bytes.*$/m, '')

/** FOLLOWER_1 buys 65 at 101.45, half a second after we saw it; FOLLOWER_2 skips. */
function bought(name = 'a') {
  const signal = day.signal(name, (made) => [
    entry(laneOf(1), made, LOT, [day.nextTag()]),
    skip({ ...laneOf(2), mode: 'paper' }),
  ])
  const intent = intentsIn(day.events).at(-1)
  if (!intent) throw new Error('an intent')
  const attempt = day.send(intent)
  day.pass(500)
  day.accept(attempt)
  day.fill(attempt, 65, '101.45')
  return signal
}

test('an empty ledger is exposed too, and says that no engine runs', () => {
  const text = metricsOf({ engine: () => null })()
  expect(valueIn(text, 'lockstep_engine_up')).toBe(0)
  expect(valueIn(text, 'lockstep_engine_start_time_seconds')).toBeNull()
  expect(
    valueIn(text, 'lockstep_writes_left', { account: 'FOLLOWER_1', window_seconds: '60' }),
  ).toBe(500)
  expect(valueIn(text, 'lockstep_signals_total')).toBeNull()
  for (const { samples } of readExposition(text))
    for (const { labels } of samples) expect(labels.mode).toBe('live')
})

test('copies, decisions with their reasons, orders and how long they took', () => {
  bought()
  const text = metricsOf()()
  expect(valueIn(text, 'lockstep_signals_total', { effect: 'entry' })).toBe(1)
  const one = { account: 'FOLLOWER_1', broker: 'angelone' }
  const two = { account: 'FOLLOWER_2', broker: 'paper' }
  expect(valueIn(text, 'lockstep_decisions_total', one)).toBe(1)
  expect(valueIn(text, 'lockstep_decisions_total', { ...two, reason: 'lessThanOneLot' })).toBe(1)
  expect(valueIn(text, 'lockstep_copies_total', { ...one, effect: 'entry' })).toBe(1)
  expect(
    valueIn(text, 'lockstep_orders_total', { ...one, role: 'entry', outcome: 'accepted' }),
  ).toBe(1)
  expect(valueIn(text, 'lockstep_held_quantity', { ...one, instrument: CALL })).toBe(65)
  const took = (step: string, le: string) =>
    valueIn(text, 'lockstep_copy_seconds_bucket', { ...one, step, le })
  expect([took('seen', '0.5'), took('seen', '1')]).toEqual([0, 1])
  expect([took('accepted', '0.25'), took('accepted', '0.5')]).toEqual([0, 1])
  expect(valueIn(text, 'lockstep_copy_seconds_sum', { ...one, step: 'answered' })).toBe(0.5)
})

test('every way in which an order can end is counted, and a doubt is shown until it ends', () => {
  day.signal('a', (signal) => [
    entry(
      laneOf(1),
      signal,
      LOT,
      Array.from({ length: 5 }, () => day.nextTag()),
    ),
  ])
  const [first, second, third, fourth, fifth] = intentsIn(day.events)
  if (!first || !second || !third || !fourth || !fifth) throw new Error('five intents')
  const later = day.send(first)
  day.accept(later)
  day.fill(later, 0, '0', 'rejected')
  const answered = (outcome: object) => ({ kind: 'answered', outcome }) as never
  day.hear(day.send(second), answered({ kind: 'rejected', cause: 'funds', text: '', evidence: '' }))
  const cause = 'neverConnected'
  day.hear(day.send(third), answered({ kind: 'notSent', cause, evidence: '' }))
  const doubt = day.send(fourth)
  day.hear(doubt, answered({ kind: 'unknown', likely: null, evidence: 'no answer in 7 s' }))
  day.deny(fifth, { kind: 'paused' })
  const read = metricsOf()
  const outcomes = () =>
    Object.fromEntries(
      readExposition(read())
        .filter(({ name }) => name === 'lockstep_orders_total')
        .flatMap(({ samples }) => samples.map(({ labels, value }) => [labels.outcome, value])),
    )
  expect(outcomes()).toEqual({ accepted: 1, rejected: 2, notSent: 1 })
  expect(valueIn(read(), 'lockstep_orders_unknown', { account: 'FOLLOWER_1' })).toBe(1)
  expect(valueIn(read(), 'lockstep_denied_total', { reason: 'paused' })).toBe(1)
  day.accept(doubt)
  expect(outcomes()).toEqual({ accepted: 2, rejected: 2, notSent: 1 })
  expect(valueIn(read(), 'lockstep_orders_unknown', { account: 'FOLLOWER_1' })).toBe(0)
})

test('profit is split into what is closed and what is open at the last price', () => {
  bought()
  const signal = bought('b')
  const prices = new Map([[CALL, { last: parsePrice('103.45'), at: AT }]])
  day.ledger.keepPulse({ accounts: [], prices }, AT)
  const sold = day.send(day.closing(1, signal, 'SELL', 65))
  day.accept(sold)
  day.fill(sold, 65, '102.45')
  const text = metricsOf()()
  const one = { account: 'FOLLOWER_1' }
  expect(valueIn(text, 'lockstep_profit_rupees', { ...one, kind: 'realised' })).toBe(65)
  expect(valueIn(text, 'lockstep_profit_rupees', { ...one, kind: 'open' })).toBe(130)
  expect(valueIn(text, 'lockstep_exposure_rupees', one)).toBe(6724.25)
  expect(valueIn(text, 'lockstep_last_price_rupees', { instrument: CALL })).toBe(103.45)
})

test('an exit that is owed stands with its quantity', () => {
  bought()
  day.signal('b', () => [exit(laneOf(1), units(130), units(0), whole(0n))], {
    side: 'SELL',
    effect: 'exit',
    masterBefore: units(130),
    masterAfter: units(0),
  })
  const text = metricsOf()()
  expect(valueIn(text, 'lockstep_owed_exits', { account: 'FOLLOWER_1' })).toBe(1)
  expect(valueIn(text, 'lockstep_owed_quantity', { account: 'FOLLOWER_1' })).toBe(65)
})

test('sessions, streams, readings and funds of a running engine', () => {
  const session = { kind: 'stopped', why: 'the PIN was refused', remedy: 'correct it' } as const
  day.ledger.keepPulse(
    {
      accounts: [
        {
          account: MASTER,
          stream: { kind: 'up', since: AT },
          orders: { goodAt: AT, failing: null },
          seenFunds: { net: parseMoney('100000.50'), used: parseMoney('0'), at: AT },
        },
        { account: follower(1), session, stream: { kind: 'down', since: AT, why: 'closed' } },
        { account: follower(2), stream: { kind: 'none' } },
        { account: follower(9), stream: { kind: 'up', since: AT } },
      ],
      prices: new Map(),
    },
    AT,
  )
  day.pass(18_000)
  const text = metricsOf()()
  const up = (account: string) => valueIn(text, 'lockstep_stream_up', { account })
  expect(['MASTER', 'FOLLOWER_1', 'FOLLOWER_2', 'FOLLOWER_9'].map(up)).toEqual([1, 0, null, null])
  const state = (name: string) =>
    valueIn(text, 'lockstep_session_state', { account: 'FOLLOWER_1', state: name })
  expect(['open', 'closed', 'unverified', 'stopped'].map(state)).toEqual([0, 0, 0, 1])
  const orders = { account: 'MASTER', what: 'orders' }
  expect(valueIn(text, 'lockstep_reading_age_seconds', orders)).toBe(18)
  expect(valueIn(text, 'lockstep_reading_failing', orders)).toBe(0)
  expect(valueIn(text, 'lockstep_funds_rupees', { account: 'MASTER', kind: 'net' })).toBe(100000.5)
  const stopped = metricsOf({ engine: () => null })()
  expect(valueIn(stopped, 'lockstep_stream_up')).toBeNull()
  expect(valueIn(stopped, 'lockstep_reading_age_seconds')).toBeNull()
})

describe('counting', () => {
  /** Says how often a signal was read in full. */
  function counted(): { ledger: LedgerView; whys: () => number } {
    let count = 0
    const ledger = {
      ...day.ledger,
      why: (...asked: Parameters<LedgerView['why']>) => {
        count += 1
        return day.ledger.why(...asked)
      },
    }
    return {
      ledger,
      whys() {
        const now = count
        count = 0
        return now
      },
    }
  }

  test('reads what is settled once, and again only for a further order', () => {
    const signals = [bought('a'), bought('b'), bought('c')]
    const { ledger, whys } = counted()
    const read = metricsOf({ ledger })
    const first = read()
    expect(whys()).toBe(3)
    expect(withoutDisk(read())).toBe(withoutDisk(first))
    expect(whys()).toBe(0)
    const closing = day.send(day.closing(1, signals[1] ?? null, 'SELL', 65))
    read()
    expect(whys()).toBe(1)
    day.accept(closing)
    day.fill(closing, 65, '102')
    const text = read()
    expect(whys()).toBe(1)
    expect(valueIn(text, 'lockstep_orders_total', { role: 'exit', outcome: 'accepted' })).toBe(1)
    read()
    expect(whys()).toBe(0)
  })

  test('comes to the same in another process, or after a restart', () => {
    bought('a')
    const long = metricsOf()
    long()
    bought('b')
    expect(withoutDisk(long())).toBe(withoutDisk(metricsOf()()))
  })

  test('begins anew with the next day, of which nothing is left', () => {
    bought()
    const read = metricsOf()
    expect(valueIn(read(), 'lockstep_signals_total')).toBe(1)
    day.pass(DAY)
    expect(valueIn(read(), 'lockstep_signals_total')).toBeNull()
    expect(valueIn(read(), 'lockstep_held_quantity', { account: 'FOLLOWER_1' })).toBe(65)
  })
})

// --- the dashboard -----------------------------------------------------------------------------

interface Dashboard {
  readonly panels: readonly {
    readonly title: string
    readonly targets?: readonly { readonly expr: string }[]
  }[]
}

const dashboard = JSON.parse(readFileSync('docs/grafana-dashboard.json', 'utf8')) as Dashboard

/** What PromQL calls by name and is no metric. */
const WORDS = new Set([
  'sum',
  'by',
  'increase',
  'rate',
  'histogram_quantile',
  'max',
  'min',
  'time',
  'le',
  'without',
  'on',
  'or',
  'and',
  'clamp_min',
])

const metricsIn = (expr: string): readonly string[] =>
  expr
    .replaceAll(/"[^"]*"/g, '""')
    .replaceAll(/\{[^}]*\}/g, '')
    .replaceAll(/\[[^\]]*\]/g, '')
    .replaceAll(/\b(by|without|on)\s*\([^)]*\)/g, '')
    .match(/[a-zA-Z_:][a-zA-Z0-9_:]*/g)
    ?.filter((word) => !WORDS.has(word)) ?? []

/** Every name that can be exposed: of a day on which everything happens. */
function exposedNames(): ReadonlySet<string> {
  const signal = bought()
  day.deny(day.closing(1, signal, 'SELL', 65), { kind: 'nothingDue' })
  day.signal('z', () => [exit(laneOf(1), units(130), units(0), whole(0n))], {
    side: 'SELL',
    effect: 'exit',
    masterBefore: units(130),
    masterAfter: units(0),
  })
  const session = { kind: 'open', since: AT, until: instant(AT + DAY) } as const
  const seenFunds = { net: parseMoney('1'), used: parseMoney('0'), at: AT }
  const accounts = [
    {
      account: MASTER,
      session,
      stream: { kind: 'up', since: AT },
      orders: { goodAt: AT, failing: null },
      seenFunds,
    },
  ] as const
  const prices = new Map([[CALL, { last: parsePrice('1'), at: after(AT, 0) }]])
  day.ledger.keepPulse({ accounts, prices }, AT)
  return new Set(
    readExposition(metricsOf()()).flatMap(({ name, type }) =>
      type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
    ),
  )
}

test('the dashboard asks for metrics that there are, and leaves none out', () => {
  const names = exposedNames()
  const asked = new Set(
    dashboard.panels.flatMap(({ targets = [] }) => targets.flatMap(({ expr }) => metricsIn(expr))),
  )
  expect([...asked].filter((name) => !names.has(name))).toEqual([])
  const ofHistogram = (name: string) => name.replace(/_(bucket|sum|count)$/, '')
  const used = new Set([...asked].map(ofHistogram))
  expect([...names].map(ofHistogram).filter((name) => !used.has(name))).toEqual([])
  expect(asked.size).toBeGreaterThan(25)
})

test('control: a name that nobody exposes is found in an expression', () => {
  const expr =
    'sum by (account) (increase(lockstep_orders_total{outcome="accepted"}[1m])) / made_up'
  expect(metricsIn(expr)).toEqual(['lockstep_orders_total', 'made_up'])
})

test('the panels of the dashboard stand side by side, each with a question', () => {
  const panels = dashboard.panels as unknown as readonly {
    readonly title: string
    readonly targets: readonly unknown[]
    readonly gridPos: {
      readonly x: number
      readonly y: number
      readonly w: number
      readonly h: number
    }
  }[]
  const cells = new Set<string>()
  for (const { title, targets, gridPos } of panels) {
    expect(title).not.toBe('')
    expect(targets.length).toBeGreaterThan(0)
    for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++)
      for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
        expect(cells.has(`${x}/${y}`), title).toBe(false)
        expect(x).toBeLessThan(24)
        cells.add(`${x}/${y}`)
      }
  }
})
