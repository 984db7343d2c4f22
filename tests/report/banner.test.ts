// The start banner, word by word.

import { describe, expect, test } from 'vitest'
import { maskCode } from '../../src/domain/account.ts'
import { NO_OVERRIDES } from '../../src/domain/calendar.ts'
import { CALENDAR_TABLE } from '../../src/domain/calendar-data.ts'
import { parseMoney, units } from '../../src/domain/numbers.ts'
import type { FollowerSettings } from '../../src/domain/settings.ts'
import { instant } from '../../src/domain/time.ts'
import {
  type AccountFacts,
  type BannerFacts,
  bannerLines,
  type FollowerFacts,
} from '../../src/report/banner.ts'
import { follower, MASTER } from '../ledger/scene.ts'

const settings: FollowerSettings = {
  name: follower(1),
  label: 'Papa',
  enabled: true,
  mode: 'live',
  rules: {
    symbols: { allow: [], block: [] },
    exchanges: [],
    products: [],
    orderTypes: [],
    sides: [],
  },
  orders: { market: 'limit', stops: 'as-executed' },
  sizing: { mode: 'fixedLots', lots: 1n },
  rounding: 'down',
  limits: {
    maxOrderQuantity: units(1800),
    maxOrderValue: null,
    maxPositionQuantity: null,
    maxOrdersPerDay: 100,
    maxDailyLoss: parseMoney('10000'),
    pauseAfterRejections: 3,
  },
  confirm: 'off',
  maxAgeMs: 60_000,
  maxSlippage: { kind: 'band' },
  entryTtlMs: 30_000,
  capital: null,
}

const account: AccountFacts = {
  name: MASTER,
  label: null,
  clientCode: 'A123456',
  funds: { net: parseMoney('1000000'), used: parseMoney('2500.5') },
  egress: { localAddress: null, isThroughProxy: false },
  stopped: null,
}

const papa: FollowerFacts = {
  ...account,
  name: follower(1),
  label: 'Papa',
  clientCode: 'P987654',
  egress: { localAddress: '10.0.0.7', isThroughProxy: false },
  settings,
  mode: 'live',
  held: [],
  resting: 0,
  owed: [],
  entriesOff: null,
}

const facts: BannerFacts = {
  version: '0.1.0',
  at: instant(Date.parse('2026-11-20T10:30:45+05:30')),
  mode: 'paper',
  calendar: { table: CALENDAR_TABLE, overrides: NO_OVERRIDES },
  exchanges: ['NSE', 'NFO'],
  clockSkewMs: -120,
  engine: {
    pollIntervalMs: 3000,
    orderFeed: 'on',
    copyOn: 'complete',
    hours: 'enforce',
    freeze: new Map(),
    masterCapital: null,
  },
  otherHosts: [],
  isDemo: false,
  master: account,
  followers: [papa],
  page: null,
  files: {
    log: 'logs/session-20261120_103045.jsonl',
    record: 'logs/copy_trading_20261120_103045.json',
  },
}

const shown = (change: Partial<BannerFacts> = {}): string[] =>
  bannerLines({ ...facts, ...change }).map(({ text }) => text)

describe('the banner', () => {
  test('of a dry run, whole', () => {
    expect(shown()).toEqual([
      'LOCKSTEP 0.1.0  DRY RUN  no order is sent to any broker',
      '2026-11-20 10:30:45 IST  NSE OPEN until 15:30, NFO OPEN until 15:40',
      "Clock: 120 ms behind the broker's",
      'Copies on complete, book every 3 s, order feed on, hours enforce',
      '',
      "MASTER  A…456  funds 1000000.00 (used 2500.50)  out from this machine's address",
      'FOLLOWER_1 Papa  P…654  funds 1000000.00 (used 2500.50)  out from 10.0.0.7',
      '    entries fixed 1 lot, rounded down',
      '    limits: order quantity 1800, orders a day 100, loss a day 10000, pause after rejections 3',
      '    not limited: order value, position',
      '    holds nothing, nothing resting',
      '',
      'Followers have no protective stop at the broker.',
      'Log     logs/session-20261120_103045.jsonl',
      'Record  logs/copy_trading_20261120_103045.json',
    ])
  })

  test('of a live run says so first, and warns of every limit that is not set', () => {
    const lines = bannerLines({ ...facts, mode: 'live' })
    expect(lines[0]).toEqual({
      tone: 'warning',
      text: 'LOCKSTEP 0.1.0  LIVE  real orders on real accounts',
    })
    expect(lines).toContainEqual({
      tone: 'warning',
      text: '    not limited: order value, position',
    })
  })

  test.each<[string, Partial<BannerFacts>, string]>([
    [
      'another host',
      { otherHosts: ['http://127.0.0.1:4000'] },
      'NOT THE REAL BROKER: http://127.0.0.1:4000',
    ],
    [
      'a clock that is off',
      { clockSkewMs: 3100 },
      "Clock: 3.1 s ahead of the broker's: set it right",
    ],
    ['a clock not compared', { clockSkewMs: null }, 'Clock: not compared with the broker yet'],
    [
      'a weekend',
      { at: instant(Date.parse('2026-11-21T10:30:45+05:30')), exchanges: ['NSE'] },
      '2026-11-21 10:30:45 IST  NSE CLOSED (weekend, opens 2026-11-23 09:15)',
    ],
    ['no follower', { followers: [] }, '  no follower: nothing will be copied'],
    [
      'a paper follower in a live run',
      { mode: 'live', followers: [{ ...papa, mode: 'paper', funds: null }] },
      'FOLLOWER_1 Papa  P…654  PAPER  funds unknown  out from 10.0.0.7',
    ],
    [
      'a login that was refused',
      { followers: [{ ...papa, stopped: 'its PIN was refused' }] },
      '    STOPPED its PIN was refused',
    ],
    [
      'what is owed',
      { followers: [{ ...papa, owed: ['65 NIFTY24NOV26C25000 INTRADAY'] }] },
      '    OWED EXIT 65 NIFTY24NOV26C25000 INTRADAY',
    ],
    [
      'what is held and resting',
      {
        followers: [
          {
            ...papa,
            held: [{ symbol: 'SBIN-EQ', product: 'DELIVERY', quantity: units(10) }],
            resting: 2,
          },
        ],
      },
      '    holds 10 SBIN-EQ DELIVERY, 2 resting',
    ],
    [
      'exits only',
      { followers: [{ ...papa, entriesOff: 'disabled in lockstep.yaml' }] },
      '    no entries, exits run: disabled in lockstep.yaml',
    ],
    [
      'a proxy, without its address',
      { followers: [{ ...papa, egress: { localAddress: null, isThroughProxy: true } }] },
      'FOLLOWER_1 Papa  P…654  funds 1000000.00 (used 2500.50)  out through its proxy',
    ],
  ])('shows %s', (_, change, line) => {
    expect(shown(change)).toContain(line)
  })

  test('never shows a client code whole', () => {
    expect(shown().join('\n')).not.toMatch(/A123456|P987654/)
    expect(['', 'AB', 'ABCD', 'ABCDE'].map(maskCode)).toEqual(['…', '…', '…', 'A…E'])
    expect(maskCode('A123456')).toBe('A…456')
  })

  test('stays within 100 columns', () => {
    const long = { ...papa, label: 'Grandfather of mine' }
    const widths = shown({ followers: [long] }).map((line) => line.length)
    expect(Math.max(...widths)).toBeLessThanOrEqual(100)
  })
})
