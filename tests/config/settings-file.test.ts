import { describe, expect, it } from 'vitest'
import { marketState, NO_OVERRIDES } from '../../src/domain/calendar.ts'
import { CALENDAR_TABLE } from '../../src/domain/calendar-data.ts'
import { parseMoney, parseQuantity, units } from '../../src/domain/numbers.ts'
import { ratio } from '../../src/domain/ratio.ts'
import type { FollowerSettings } from '../../src/domain/settings.ts'
import { atTimeOfDay, HOUR, MINUTE, tradingDay } from '../../src/domain/time.ts'
import { accountsOf, load, loadValid } from './folder.ts'

const env = accountsOf(1, 2)
const settingsOf = (yaml: string, index = 0): FollowerSettings => {
  const follower = loadValid({ env, yaml }).followers[index]
  if (!follower) throw new Error('no such follower')
  return follower
}
const engineOf = (yaml: string) => loadValid({ env, yaml }).engine

describe('defaults', () => {
  it.each([
    ['no file', undefined],
    ['an empty file', ''],
    ['comments only', '# nothing yet\n'],
    ['empty sections', 'rules:\nlimits:\norders:\nfreeze:\nmaster:\nfollowers:\n  FOLLOWER_1:\n'],
  ])('hold for %s', (_, yaml) => {
    const { engine, followers } = loadValid({ env, ...(yaml === undefined ? {} : { yaml }) })
    expect(engine).toEqual({
      pollIntervalMs: 3000,
      orderFeed: 'on',
      copyOn: 'complete',
      hours: 'enforce',
      freeze: new Map(),
      masterCapital: null,
    })
    expect(followers.map(({ name }) => name)).toEqual(['FOLLOWER_1', 'FOLLOWER_2'])
    expect(followers[0]).toEqual({
      name: 'FOLLOWER_1',
      label: null,
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
      sizing: { mode: 'mirror' },
      rounding: 'down',
      limits: {
        maxOrderQuantity: null,
        maxOrderValue: null,
        maxPositionQuantity: null,
        maxOrdersPerDay: null,
        maxDailyLoss: null,
        pauseAfterRejections: 3,
      },
      confirm: 'off',
      maxAgeMs: 60_000,
      maxSlippage: { kind: 'band' },
      entryTtlMs: 30_000,
      capital: null,
    })
  })
})

describe('one key', () => {
  it.each([
    ['poll: 1s', { pollIntervalMs: 1000 }],
    ['poll: 1500ms', { pollIntervalMs: 1500 }],
    ['poll: 0.5m', { pollIntervalMs: 30_000 }],
    ['orderFeed: true', { orderFeed: 'on' }],
    ['orderFeed: on', { orderFeed: 'on' }],
    ['orderFeed: confirm', { orderFeed: 'confirm' }],
    ['orderFeed: false', { orderFeed: 'off' }],
    ['orderFeed: off', { orderFeed: 'off' }],
    ['copyOn: fill', { copyOn: 'fill' }],
    ['hours: ignore', { hours: 'ignore' }],
    [
      'freeze: { NIFTY: 1800, M&M: 0.5 }',
      {
        freeze: new Map([
          ['NIFTY', units(1800)],
          ['M&M', parseQuantity('0.5')],
        ]),
      },
    ],
    ['master: { capital: 1000000.01 }', { masterCapital: parseMoney('1000000.01') }],
  ])('%s of the engine', (yaml, expected) => {
    expect(engineOf(yaml)).toMatchObject(expected)
  })

  it.each<[string, Partial<FollowerSettings>]>([
    ['confirm: true', { confirm: 'entries' }],
    ['confirm: on', { confirm: 'entries' }],
    ['confirm: entries', { confirm: 'entries' }],
    ['confirm: all', { confirm: 'all' }],
    ['confirm: off', { confirm: 'off' }],
    ['confirm: false', { confirm: 'off' }],
    ['maxAge: 2m', { maxAgeMs: 120_000 }],
    ['maxSlippage: 0.5%', { maxSlippage: { kind: 'share', of: ratio(1n, 200n) } }],
    ['maxSlippage: 0.1 %', { maxSlippage: { kind: 'share', of: ratio(1n, 1000n) } }],
    ['maxSlippage: off', { maxSlippage: { kind: 'off' } }],
    ['entryTtl: off', { entryTtlMs: null }],
    ['entryTtl: false', { entryTtlMs: null }],
    ['entryTtl: 1h', { entryTtlMs: 3_600_000 }],
    ['rounding: nearest', { rounding: 'nearest' }],
    ['sizing: { mode: mirror }', { sizing: { mode: 'mirror' } }],
    [
      'sizing: { mode: fixed, quantity: 25 }',
      { sizing: { mode: 'fixedQuantity', quantity: units(25) } },
    ],
    ['sizing: { mode: fixed, lots: 1 }', { sizing: { mode: 'fixedLots', lots: 1n } }],
    [
      'sizing: { mode: multiplier, by: 0.1 }',
      { sizing: { mode: 'multiplier', by: ratio(1n, 10n) } },
    ],
    ['sizing: { mode: proportional }', { sizing: { mode: 'proportional' } }],
    ['orders: { market: as-is }', { orders: { market: 'as-is', stops: 'as-executed' } }],
    ['orders: { stops: same }', { orders: { market: 'limit', stops: 'same' } }],
  ])('%s', (yaml, expected) => {
    expect(settingsOf(yaml)).toMatchObject(expected)
  })

  it('keeps every digit of a limit, however written', () => {
    const { limits } = settingsOf(
      'limits: { maxOrderValue: 200000.10, maxOrderQuantity: 90071992.12345678, maxDailyLoss: +0.3, maxOrdersPerDay: 010, pauseAfterRejections: off }',
    )
    expect(limits).toEqual({
      maxOrderValue: parseMoney('200000.1'),
      maxOrderQuantity: parseQuantity('90071992.12345678'),
      maxDailyLoss: parseMoney('0.3'),
      maxPositionQuantity: null,
      maxOrdersPerDay: 10,
      pauseAfterRejections: null,
    })
  })
})

describe('a follower of its own', () => {
  const yaml = `
rules: { symbols: { allow: [NIFTY], block: [BANKNIFTY] }, sides: [BUY], products: [INTRADAY] }
limits: { maxOrderQuantity: 1800, maxDailyLoss: 10000 }
orders: { market: as-is }
sizing: { mode: fixed, quantity: 25 }
entryTtl: 10s
followers:
  FOLLOWER_2:
    rules: { symbols: { allow: ["SBIN*"] }, sides: [] }
    limits: { maxOrderQuantity: 65, maxDailyLoss: off }
    orders: { stops: same }
    sizing: { mode: multiplier, by: 0.5 }
    entryTtl: off
    mode: paper
    enabled: no
    capital: 200000
`
  it('replaces rules, limits and orders key by key, and the rest as a whole', () => {
    expect(settingsOf(yaml, 1)).toMatchObject({
      rules: {
        symbols: { allow: ['SBIN*'], block: ['BANKNIFTY'] },
        sides: [],
        products: ['INTRADAY'],
      },
      limits: { maxOrderQuantity: units(65), maxDailyLoss: null, pauseAfterRejections: 3 },
      orders: { market: 'as-is', stops: 'same' },
      sizing: { mode: 'multiplier', by: ratio(1n, 2n) },
      entryTtlMs: null,
      mode: 'paper',
      enabled: false,
      capital: parseMoney(200000),
    })
  })

  it('leaves the others with the general settings', () => {
    expect(settingsOf(yaml, 0)).toEqual({
      ...settingsOf(yaml.slice(0, yaml.indexOf('followers:')), 1),
      name: 'FOLLOWER_1',
    })
  })
})

const NUMBER = 'a number above 0, at most 100'
const QUANTITY = 'a quantity above 0, at most 1,000,000,000, without thousands separators'
const AMOUNT = 'an amount above 0, at most 10,000,000,000, without thousands separators'
const POLL = 'a duration from 1s to 1m, such as 2s'

describe('a fault', () => {
  it.each([
    ['poll: 500ms', `line 1: poll is "500ms"; allowed: ${POLL}`],
    ['poll: 2m', `line 1: poll is "2m"; allowed: ${POLL}`],
    ['poll: 3', `line 1: poll is 3 (did you mean 3s?); allowed: ${POLL}`],
    ['poll: 3 sec', `line 1: poll is "3 sec"; allowed: ${POLL}`],
    ['poll: 1000.5ms', `line 1: poll is "1000.5ms"; allowed: ${POLL}`],
    ['poll: -3s', `line 1: poll is "-3s"; allowed: ${POLL}`],
    ['poll:', `line 1: poll is empty; allowed: ${POLL}`],
    ['poll: [3s]', `line 1: poll is a list; allowed: ${POLL}`],
    [
      'orderFeed: confrim',
      'line 1: orderFeed is "confrim" (did you mean confirm?); allowed: true | confirm | false',
    ],
    ['copyOn: filled', 'line 1: copyOn is "filled" (did you mean fill?); allowed: complete | fill'],
    ['copyOn: FILL', 'line 1: copyOn is "FILL" (did you mean fill?); allowed: complete | fill'],
    ['hours: off', 'line 1: hours is "off"; allowed: enforce | ignore'],
    [
      'confirm: entry',
      'line 1: confirm is "entry" (did you mean entries?); allowed: off | entries | all',
    ],
    [
      'maxSlippage: 0.5',
      'line 1: maxSlippage is 0.5 (did you mean 0.5%?); allowed: band | off | a percentage from 0% to 100%, such as 0.5%',
    ],
    [
      'maxSlippage: 101%',
      'line 1: maxSlippage is "101%"; allowed: band | off | a percentage from 0% to 100%, such as 0.5%',
    ],
    [
      'maxSlippage: -1%',
      'line 1: maxSlippage is "-1%"; allowed: band | off | a percentage from 0% to 100%, such as 0.5%',
    ],
    [
      'entryTtl: never',
      'line 1: entryTtl is "never"; allowed: a duration from 1s to 8h, such as 2s, or off',
    ],
    ['rounding: round', 'line 1: rounding is "round"; allowed: down | nearest | up'],
    [
      'sizing: mirror',
      'line 1: sizing is "mirror" (did you mean { mode: mirror }?); allowed: a section with mode',
    ],
    [
      'sizing: { by: 2 }',
      'line 1: sizing.mode is missing; allowed: mirror | fixed | multiplier | proportional',
    ],
    [
      'sizing: { mode: multiply, by: 2 }',
      'line 1: sizing.mode is "multiply" (did you mean multiplier?); allowed: mirror | fixed | multiplier | proportional',
    ],
    [
      'sizing: { mode: fixed }',
      'line 1: sizing is without quantity or lots; allowed: { mode: fixed, quantity: 25 } or { mode: fixed, lots: 1 }',
    ],
    [
      'sizing: { mode: fixed, quantity: 25, lots: 1 }',
      'line 1: sizing is given both quantity and lots; allowed: { mode: fixed, quantity: 25 } or { mode: fixed, lots: 1 }',
    ],
    [
      'sizing: { mode: fixed, lots: 0 }',
      'line 1: sizing.lots is 0; allowed: a whole number from 1 to 100,000',
    ],
    [
      'sizing: { mode: fixed, lots: 1.5 }',
      'line 1: sizing.lots is 1.5; allowed: a whole number from 1 to 100,000',
    ],
    [
      'sizing: { mode: multiplier }',
      'line 1: sizing is without by; allowed: { mode: multiplier, by: 0.5 }',
    ],
    ['sizing: { mode: multiplier, by: 0 }', `line 1: sizing.by is 0; allowed: ${NUMBER}`],
    ['sizing: { mode: multiplier, by: -0.5 }', `line 1: sizing.by is -0.5; allowed: ${NUMBER}`],
    [
      'sizing: { mode: multiplier, by: 0.123456789 }',
      `line 1: sizing.by is 0.123456789; allowed: ${NUMBER}`,
    ],
    ['sizing: { mode: multiplier, by: "0.5" }', `line 1: sizing.by is "0.5"; allowed: ${NUMBER}`],
    ['sizing: { mode: multiplier, by: .nan }', `line 1: sizing.by is .nan; allowed: ${NUMBER}`],
    ['sizing: { mode: multiplier, by: 1e1 }', `line 1: sizing.by is 1e1; allowed: ${NUMBER}`],
    [
      'sizing: { mode: mirror, by: 0.5 }',
      'line 1: sizing.by is 0.5; allowed: only with mode: multiplier',
    ],
    [
      'limits: { maxOrderValue: 0 }',
      `line 1: limits.maxOrderValue is 0; allowed: ${AMOUNT}, or off`,
    ],
    [
      'limits:\n  maxOrderValue: 2,00,000',
      `line 2: limits.maxOrderValue is "2,00,000"; allowed: ${AMOUNT}, or off`,
    ],
    [
      'limits: { maxOrderQuantity: 0x10 }',
      `line 1: limits.maxOrderQuantity is 0x10; allowed: ${QUANTITY}, or off`,
    ],
    [
      'limits: { maxOrdersPerDay: 2.5 }',
      'line 1: limits.maxOrdersPerDay is 2.5; allowed: a whole number from 1 to 100,000, or off',
    ],
    [
      'limits: { maxorderquantity: 5 }',
      'line 1: limits.maxorderquantity is not a key here (did you mean maxOrderQuantity?); allowed: maxOrderQuantity, maxOrderValue, maxPositionQuantity, maxOrdersPerDay, maxDailyLoss, pauseAfterRejections',
    ],
    ['rules: { sides: BUY }', 'line 1: rules.sides is "BUY"; allowed: a list, such as [BUY]'],
    [
      'rules: { sides: [buy] }',
      'line 1: rules.sides[0] is "buy" (did you mean BUY?); allowed: BUY | SELL',
    ],
    [
      'rules: { products: [INTRADAY, MIS] }',
      'line 1: rules.products[1] is "MIS"; allowed: DELIVERY | CARRYFORWARD | MARGIN | INTRADAY',
    ],
    [
      'rules: { symbols: { allow: [500] } }',
      'line 1: rules.symbols.allow[0] is 500; allowed: a name such as NIFTY, or a pattern such as SBIN*',
    ],
    [
      'rules: { symbols: [NIFTY] }',
      'line 1: rules.symbols is a list; allowed: a section with allow, block',
    ],
    [
      'freeze: { nifty: 1800 }',
      'line 1: freeze.nifty is not a name for this; allowed: an underlying in capitals, such as NIFTY',
    ],
    ['freeze: { NIFTY: off }', `line 1: freeze.NIFTY is "off"; allowed: ${QUANTITY}`],
    ['master: { capital: 10L }', `line 1: master.capital is "10L"; allowed: ${AMOUNT}`],
    [
      'followers: [FOLLOWER_1]',
      'line 1: followers is a list; allowed: a section with an account name for each key, such as FOLLOWER_1',
    ],
    [
      'followers: { FOLLOWER_3: {} }',
      'line 1: followers.FOLLOWER_3 is not an account of the environment; allowed: FOLLOWER_1, FOLLOWER_2',
    ],
    [
      'followers:\n  FOLOWER_2: {}',
      'line 2: followers.FOLOWER_2 is not an account of the environment (did you mean FOLLOWER_2?); allowed: FOLLOWER_1, FOLLOWER_2',
    ],
    [
      'followers: { FOLLOWER_1: { poll: 2s } }',
      'line 1: followers.FOLLOWER_1.poll is not a key here; allowed: rules, orders, sizing, rounding, limits, confirm, maxAge, maxSlippage, entryTtl, mode, enabled, capital',
    ],
    [
      'followers: { FOLLOWER_1: { mode: dry } }',
      'line 1: followers.FOLLOWER_1.mode is "dry"; allowed: live | paper',
    ],
    [
      'followers: { FOLLOWER_1: { enabled: 1 } }',
      'line 1: followers.FOLLOWER_1.enabled is 1; allowed: true | false',
    ],
    [
      'maxAge: 60s\nmaxAge: 90s',
      'line 2: maxAge is written again (first in line 1); allowed: each key once',
    ],
    [
      'maxAge: &age 60s\nentryTtl: *age',
      'line 2: entryTtl is an alias (*); allowed: the value written out in full',
    ],
    [
      'maxAge: !!str 60s',
      'line 1: maxAge is tagged tag:yaml.org,2002:str; allowed: a value without a tag (!)',
    ],
    [
      '__proto__: { poll: 1s }',
      'line 1: a section with a key that is no word; allowed: words as keys',
    ],
    ['? [a]\n: 1', 'line 1: a section with a key that is no word; allowed: words as keys'],
    ['%YAML 1.1\n---\nconfirm: off', 'line 1: YAML 1.1; allowed: YAML 1.2, where "off" is a word'],
  ])('of %s', (yaml, expected) => {
    expect(load({ env, yaml }).faults).toEqual([`lockstep.yaml, ${expected}`])
  })

  it.each([
    ['a list', '- poll: 3s', /^lockstep.yaml: a list; allowed: a section with poll, /],
    ['a word', 'hello', /^lockstep.yaml: "hello"; allowed: a section with poll, /],
    ['no YAML', 'poll: {', /^lockstep.yaml, line 1: no readable YAML: .+; allowed: YAML 1.2$/],
    ['two documents', 'poll: 3s\n---\npoll: 4s', /^lockstep.yaml, line 2: no readable YAML: /],
    [
      'an unknown tag',
      'poll: !secret 3s',
      /^lockstep.yaml, line 1: no readable YAML: Unresolved tag/,
    ],
    [
      'a huge file',
      `# ${'x'.repeat(300_000)}`,
      /^lockstep.yaml: 300002 characters long; allowed: at most 262144$/,
    ],
    [
      'a deep file',
      '['.repeat(100_000),
      /^lockstep.yaml: nested too deep to read; allowed: at most 12 levels$/,
    ],
    ['a long value', `poll: ${'9'.repeat(200)}`, /^lockstep.yaml, line 1: poll is 9{60}… /],
  ])('of a file that is %s', (_, yaml, expected) => {
    const { faults } = load({ env, yaml })
    expect(faults[0]).toMatch(expected)
  })

  it('of nested aliases is told without expanding them', () => {
    const bomb = ['a: &a [x, x, x, x, x, x, x, x, x]']
    for (let level = 1; level < 20; level++) {
      const [name, inner] = ['abcdefghijklmnopqrst'[level], 'abcdefghijklmnopqrst'[level - 1]]
      bomb.push(`${name}: &${name} [${Array(9).fill(`*${inner}`).join(', ')}]`)
    }
    expect(load({ env, yaml: bomb.join('\n') }).faults.length).toBeGreaterThan(100)
  })

  it('of a file that --config names and that is not there', () => {
    const { faults } = load({ env, configFile: 'other.yaml' })
    expect(faults).toEqual([
      'other.yaml: there is no such file; allowed: a text file that can be read',
    ])
  })

  it('of a file with the other ending, which would not be read', () => {
    const [yaml, yamlFile] = ['poll: 2s', 'lockstep.yml']
    expect(load({ env, yaml, yamlFile }).faults).toEqual([
      'lockstep.yml: not read; allowed: lockstep.yaml, or --config lockstep.yml',
    ])
    expect(loadValid({ env, yaml, configFile: yamlFile }).engine.pollIntervalMs).toBe(2000)
  })

  it('comes with all others, in the order of the file', () => {
    const yaml = `pol: 2s
maxAge: 60
sizing: { mode: multiplier, by: -1 }
rules:
  sides: [BUY, SEL]
followers:
  FOLOWER_2: { enabled: true }
`
    expect(load({ env, yaml }).faults).toEqual([
      'lockstep.yaml, line 1: pol is not a key here (did you mean poll?); allowed: poll, orderFeed, copyOn, hours, rules, orders, sizing, rounding, limits, confirm, maxAge, maxSlippage, entryTtl, freeze, master, calendar, alerts, followers',
      'lockstep.yaml, line 2: maxAge is 60 (did you mean 60s?); allowed: a duration from 1s to 24h, such as 2s',
      `lockstep.yaml, line 3: sizing.by is -1; allowed: ${NUMBER}`,
      'lockstep.yaml, line 5: rules.sides[1] is "SEL" (did you mean SELL?); allowed: BUY | SELL',
      'lockstep.yaml, line 7: followers.FOLOWER_2 is not an account of the environment (did you mean FOLLOWER_2?); allowed: FOLLOWER_1, FOLLOWER_2',
    ])
  })
})

describe('the calendar', () => {
  const at = (day: string, time: string) =>
    atTimeOfDay(tradingDay(day), Number(time.slice(0, 2)) * HOUR + Number(time.slice(3)) * MINUTE)
  const calendarOf = (yaml: string) => ({
    table: CALENDAR_TABLE,
    overrides: loadValid({ yaml }).calendar,
  })

  it('closes, opens and shifts days as the trader says', () => {
    const calendar = calendarOf(`
calendar:
  holidays:
    - { day: 2026-11-23, name: Election, exchanges: [NSE, NFO] }
  specialSessions:
    - { day: 2026-11-22, name: Muhurat, from: 18:15, until: 19:15, intradayUntil: 19:00 }
  tradingDays:
    - { day: 2026-11-24, exchanges: [NSE] }
`)
    expect(marketState('NSE', at('2026-11-23', '10:00'), calendar)).toMatchObject({
      kind: 'closed',
      why: 'holiday',
      holiday: 'Election',
    })
    expect(marketState('BSE', at('2026-11-23', '10:00'), calendar)).toMatchObject({ kind: 'open' })
    for (const exchange of ['NSE', 'MCX'] as const)
      expect(marketState(exchange, at('2026-11-22', '19:05'), calendar)).toMatchObject({
        kind: 'open',
        session: 'Muhurat',
        isIntradayOver: true,
      })
    expect(calendar.overrides.tradingDays).toEqual([{ day: '2026-11-24', exchanges: ['NSE'] }])
    expect(calendarOf('calendar:').overrides).toEqual(NO_OVERRIDES)
  })

  it.each([
    [
      'holidays: [2026-11-24]',
      'holidays[0] is "2026-11-24"; allowed: a section with day, name, exchanges, closed',
    ],
    [
      'holidays: [{ day: 2026-02-30 }]',
      'holidays[0].day is "2026-02-30"; allowed: a day as YYYY-MM-DD',
    ],
    ['holidays: [{ name: Diwali }]', 'holidays[0].day is missing; allowed: a day as YYYY-MM-DD'],
    ['tradingDays: { day: 2026-11-24 }', 'tradingDays is a section; allowed: a list of sections'],
    [
      'specialSessions: [{ day: 2026-11-22, from: 18:15, until: 6pm }]',
      'specialSessions[0].until is "6pm"; allowed: a time as HH:MM, in IST',
    ],
    [
      'specialSessions: [{ day: 2026-11-22, from: 18:15, until: 17:15 }]',
      'specialSessions[0].until is "17:15"; allowed: a time after from',
    ],
    [
      'specialSessions: [{ day: 2026-11-22, from: 18:15, until: 19:15, intradayUntil: 20:00 }]',
      'specialSessions[0].intradayUntil is "20:00"; allowed: a time between from and until',
    ],
  ])('refuses %s', (yaml, expected) => {
    expect(load({ yaml: `calendar:\n  ${yaml}` }).faults).toEqual([
      `lockstep.yaml, line 2: calendar.${expected}`,
    ])
  })
})

describe('a warning', () => {
  it.each([
    [
      'hours: ignore',
      'hours: ignore lets entries go out while the market is closed; it is for simulations',
    ],
    [
      'poll: 10s\nmaxAge: 10s',
      'FOLLOWER_1: maxAge is not longer than poll, so what only the order book shows is too old to be copied',
    ],
    [
      'sizing: { mode: fixed, quantity: 130 }\nlimits: { maxOrderQuantity: 65 }',
      'FOLLOWER_1: every entry is denied, because sizing is above limits.maxOrderQuantity',
    ],
  ])('of %s', (yaml, expected) => {
    const { warnings, faults } = load({ env: accountsOf(1), yaml })
    expect(faults).toEqual([])
    expect(warnings).toEqual([expected])
  })
})
