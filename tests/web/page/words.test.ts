// What the page says of what the server tells: outcomes, markets, sizes, the address, what wants a hand, and
// what of a form is a change.
import { describe, expect, it } from 'vitest'
import { attentionOf } from '../../../src/web/page/attention.ts'
import {
  changesOf,
  type EditForm,
  faultAt,
  formOf,
  otherFaults,
} from '../../../src/web/page/edit.ts'
import { hrefOf, parseRoute } from '../../../src/web/page/route.ts'
import { aligned, largest } from '../../../src/web/page/series.ts'
import { limitsText, marketText, sizingText, summaryOf } from '../../../src/web/page/words.ts'
import type { FollowerSettingsText } from '../../../src/web/shapes/accounts.ts'
import type { CopyOutcome, SignalRow } from '../../../src/web/shapes/orders.ts'
import type { FollowerCard, Market, Overview } from '../../../src/web/shapes/overview.ts'

const AT = '2026-12-01T10:30:00.000+05:30'
const NO_PROFIT = { realised: '0', open: '0', total: '0', isOpenByFill: false }

const health = (name: string) => ({
  name,
  label: null,
  toldAt: AT,
  isStale: false,
  session: 'open' as string | null,
  sessionWhy: null as string | null,
  stream: 'connected' as const,
  lastReadingAt: AT,
  funds: null,
})
const card = (name: string, change: Partial<FollowerCard> = {}): FollowerCard => ({
  ...health(name),
  mode: 'live',
  state: 'on',
  verifiedAt: AT,
  profit: NO_PROFIT,
  held: [],
  inFlight: 0,
  unknown: 0,
  owed: 0,
  drift: 0,
  writesLeft: [],
  placedToday: 0,
  failedToday: 0,
  skippedToday: 0,
  lastCopyAt: null,
  ...change,
})
const calm: Overview = {
  site: {
    mode: 'live',
    modes: ['live'],
    isDemo: false,
    at: AT,
    engine: { process: 1, host: 'here', since: AT, command: 'lockstep run' },
    revision: 1,
  },
  markets: [],
  standing: {
    halted: false,
    haltFile: false,
    everybodyPaused: false,
    settingsFaults: [],
    commandsWaiting: 0,
  },
  master: { ...health('MASTER'), ordersToday: 0, signalsToday: 0 },
  followers: [card('FOLLOWER_1')],
  totals: {
    profit: NO_PROFIT,
    signals: 0,
    copied: 0,
    placed: 0,
    failed: 0,
    skipped: 0,
    unknown: 0,
    owed: 0,
    successRate: null,
  },
  owed: [],
  unknown: [],
  questions: [],
  kept: [],
  drift: [],
}
const lane = { follower: 'FOLLOWER_1', label: 'Papa', symbol: 'SBIN-EQ', product: 'INTRADAY' }
const drift = (held: string, shown: string | null) => ({ ...lane, held, shown, shownAt: AT })
const kinds = (change: Partial<Overview>): readonly string[] =>
  attentionOf({ ...calm, ...change }).map(({ kind }) => kind)

describe('what wants a hand', () => {
  it('is nothing when all is well', () => {
    expect(attentionOf(calm)).toEqual([])
  })

  it.each<[string, Partial<Overview>, string]>([
    [
      'an exit owed',
      { owed: [{ ...lane, id: 'E7', held: '65', wanted: '0', owed: '65' }] },
      'E7: exit owed, Papa 65 SBIN-EQ INTRADAY',
    ],
    [
      'an order nobody knows of',
      {
        unknown: [
          {
            ...lane,
            id: 'U1',
            side: 'SELL',
            quantity: '65',
            tag: 'L1',
            sentAt: AT,
            evidence: 'timeout',
          },
        ],
      },
      'U1 UNKNOWN: Papa SELL 65 SBIN-EQ INTRADAY',
    ],
    ['no engine', { site: { ...calm.site, engine: null } }, 'No engine runs: nothing is copied'],
    [
      'a halt',
      { standing: { ...calm.standing, halted: true } },
      'HALTED: nothing is sent, exits included',
    ],
    [
      'a login that failed',
      { followers: [card('FOLLOWER_1', { session: 'stopped', sessionWhy: 'wrong PIN' })] },
      'Login failed: FOLLOWER_1',
    ],
    [
      'an account of which nobody has said yet whose it is',
      {
        followers: [
          card('FOLLOWER_1', { session: 'unverified', sessionWhy: 'not verified today' }),
        ],
      },
      'Not verified yet: FOLLOWER_1',
    ],
    [
      'a pause that nobody asked for',
      { followers: [card('FOLLOWER_1', { state: 'pausedAfterRejections' })] },
      'Paused after rejections: FOLLOWER_1',
    ],
    ['less at the broker than held', { drift: [drift('65', '0')] }, 'Drift: Papa SBIN-EQ INTRADAY'],
    ['less short than held', { drift: [drift('-65', '-10')] }, 'Drift: Papa SBIN-EQ INTRADAY'],
  ])('is %s', (_, change, title) => {
    expect(attentionOf({ ...calm, ...change }).map((item) => item.title)).toEqual([title])
  })

  it('is not what a follower trades by itself, or what was never read', () => {
    expect(kinds({ drift: [drift('65', '165'), drift('-65', '-90'), drift('65', null)] })).toEqual(
      [],
    )
  })

  it('begins with the question that runs out', () => {
    const question = {
      signal: 12,
      side: 'BUY' as const,
      quantity: '65',
      symbol: 'SBIN-EQ',
      product: 'INTRADAY',
      effect: 'entry' as const,
      masterPrice: '10',
      lastPrice: '11',
      followers: ['FOLLOWER_1'],
      left: [{ follower: 'FOLLOWER_1', quantity: '65' }],
      askedAt: AT,
      until: AT,
      isOwed: false,
    }
    const owed = [{ ...lane, id: 'E7', held: '65', wanted: '0', owed: '65' }]
    expect(kinds({ owed, questions: [question] })).toEqual(['question', 'owed'])
  })

  it.each([
    [['65'], 'Copy #12 BUY 65 SBIN-EQ INTRADAY?'],
    [['40'], 'Copy #12 BUY 40 of 65 SBIN-EQ INTRADAY?'],
    [['40', '40'], 'Copy #12 BUY 40 of 65 SBIN-EQ INTRADAY?'],
    [['65', '40'], 'Copy #12 BUY 65 for FOLLOWER_1, 40 for FOLLOWER_2 of 65 SBIN-EQ INTRADAY?'],
  ])('asks about what the master still has: %j', (quantities, title) => {
    const followers = quantities.map((_, index) => `FOLLOWER_${index + 1}`)
    const question = {
      signal: 12,
      side: 'BUY' as const,
      quantity: '65',
      symbol: 'SBIN-EQ',
      product: 'INTRADAY',
      effect: 'entry' as const,
      masterPrice: null,
      lastPrice: null,
      followers,
      left: quantities.map((quantity, index) => ({
        follower: `FOLLOWER_${index + 1}`,
        quantity,
      })),
      askedAt: AT,
      until: AT,
      isOwed: false,
    }
    const items = attentionOf({ ...calm, questions: [question] })
    expect(items.map((item) => item.title)).toEqual([title])
  })
})

describe('words', () => {
  const row = (...outcomes: CopyOutcome[]) =>
    ({ copies: outcomes.map((outcome) => ({ outcome })) }) as unknown as SignalRow

  it.each<[CopyOutcome[], string, string]>([
    [['filled', 'filled'], '2 filled', 'good'],
    [['skipped', 'filled', 'rejected'], '1 filled, 1 rejected, 1 skipped', 'bad'],
    [['working', 'filled'], '1 filled, 1 at the broker', 'busy'],
    [['unknown'], '1 UNKNOWN', 'bad'],
    [['skipped'], '1 skipped', 'plain'],
    [[], 'no follower', 'plain'],
  ])('sum %j up as "%s", which is %s', (outcomes, text, tone) => {
    expect(summaryOf(row(...outcomes))).toEqual({ text, tone })
  })

  const market = (exchange: string, change: Partial<Market>): Market => ({
    exchange,
    isOpen: false,
    until: null,
    why: null,
    holiday: null,
    opensAt: null,
    ...change,
  })
  const open = { isOpen: true, until: '2026-12-01T15:30:00.000+05:30' }

  it.each([
    ['all alike in one', [market('NSE', open), market('NFO', open)], ['Market open until 15:30']],
    [
      'those that differ by name',
      [market('NSE', { why: 'afterClose' }), market('MCX', open)],
      ['NSE closed for today', 'MCX open until 15:30'],
    ],
    [
      'when it opens again',
      [market('NSE', { why: 'weekend', opensAt: '2026-12-03T09:15:00.000+05:30' })],
      ['Market closed for the weekend, opens Thu 3 Dec, 09:15'],
    ],
    [
      'a holiday',
      [market('NSE', { why: 'holiday', holiday: 'Diwali' })],
      ['Market closed, Diwali'],
    ],
  ])('tell of the markets %s', (_, markets, texts) => {
    expect(marketText(markets, '2026-12-01').map(({ text }) => text)).toEqual(texts)
  })

  it('name sizes and limits', () => {
    expect(sizingText({ mode: 'multiplier', by: '1/3' })).toBe('× 1/3')
    expect(sizingText({ mode: 'fixed', lots: '2' })).toBe('2 lots')
    expect(limitsText(SETTINGS.limits)).toBe('pause after 3 rejections')
  })
})

const SETTINGS: FollowerSettingsText = {
  enabled: true,
  mode: 'live',
  sizing: { mode: 'fixed', lots: '2' },
  rounding: 'down',
  limits: {
    maxOrderQuantity: null,
    maxOrderValue: null,
    maxPositionQuantity: null,
    maxOrdersPerDay: null,
    maxDailyLoss: null,
    pauseAfterRejections: '3',
  },
  confirm: 'off',
  maxAge: '60s',
}

describe('the form of limits and sizing', () => {
  const edited = (change: Partial<EditForm>) =>
    changesOf(SETTINGS, { ...formOf(SETTINGS), ...change })
  const limits = formOf(SETTINGS).limits

  it.each([
    ['nothing', {}, {}],
    [
      'a multiplier',
      { sizing: 'multiplier', amount: ' 0.5 ' },
      { sizing: { mode: 'multiplier', by: '0.5' } },
    ],
    [
      'a limit',
      { limits: { ...limits, maxDailyLoss: '5000' } },
      { limits: { maxDailyLoss: '5000' } },
    ],
    [
      'a limit taken away',
      { limits: { ...limits, pauseAfterRejections: '' } },
      { limits: { pauseAfterRejections: null } },
    ],
    ['the rounding', { rounding: 'up' }, { rounding: 'up' }],
  ] as const)('sends %s, and nothing else', (_, change, body) => {
    expect(edited(change as Partial<EditForm>)).toEqual(body)
  })

  it('marks what was refused, each where it stands, until it is another', () => {
    const form: EditForm = {
      ...formOf(SETTINGS),
      amount: 'x',
      limits: { ...limits, maxDailyLoss: 'a lot', maxOrderValue: 'much' },
    }
    const fault = (key: string, found: string) => ({ key, found, allowed: 'a number' })
    const marked = {
      form,
      faults: [
        fault('sizing.lots', '"x"'),
        fault('limits.maxDailyLoss', '"a lot"'),
        fault('limits.maxFun', '1'),
      ],
    }
    expect(faultAt(marked, form, 'sizing')).toBe('sizing.lots is "x"; allowed: a number')
    expect(faultAt(marked, form, 'maxDailyLoss')).toBe(
      'limits.maxDailyLoss is "a lot"; allowed: a number',
    )
    expect(faultAt(marked, form, 'maxOrderValue')).toBe(null)
    expect(faultAt(null, form, 'sizing')).toBe(null)
    const mended = { ...form, limits: { ...form.limits, maxDailyLoss: '500' } }
    expect(faultAt(marked, mended, 'maxDailyLoss')).toBe(null)
    expect(faultAt(marked, mended, 'sizing')).not.toBe(null)
    expect(otherFaults(marked).map(({ key }) => key)).toEqual(['limits.maxFun'])
  })
})

describe('the address', () => {
  it.each([
    ['', { view: 'overview', of: null, query: {} }],
    ['#/orders/12?day=2026-12-01', { view: 'orders', of: '12', query: { day: '2026-12-01' } }],
    ['#/nonsense', { view: 'overview', of: null, query: {} }],
    ['#/orders/%E0%A4%A', { view: 'orders', of: '%E0%A4%A', query: {} }],
  ])('%s is understood', (hash, route) => {
    expect(parseRoute(hash)).toEqual(route)
  })

  it('comes back as it was written', () => {
    const route = { view: 'orders', of: 'a/b ?', query: { symbol: 'M&M-EQ' } } as const
    expect(parseRoute(hrefOf(route))).toEqual(route)
    expect(hrefOf({ view: 'orders', query: { day: '' } })).toBe('#/orders')
  })
})

describe('lines of a chart', () => {
  const at = (second: number): string => new Date(second * 1000).toISOString()
  const lines = [
    {
      name: 'Papa',
      points: [
        { at: at(1), value: '10' },
        { at: at(3), value: '-5.5' },
      ],
    },
    { name: 'Meera', points: [{ at: at(2), value: '7' }] },
  ]

  it('hold a value until the next, and have none before their first', () => {
    expect(aligned(lines)).toEqual([
      [1, 2, 3],
      [10, 10, -5.5],
      [null, 7, 7],
    ])
    expect(aligned([])).toEqual([[]])
  })

  it('are chosen by size, win or loss', () => {
    expect(largest(lines, 1)).toEqual(['Meera'])
    expect(largest(lines, 5)).toEqual(['Meera', 'Papa'])
  })
})
