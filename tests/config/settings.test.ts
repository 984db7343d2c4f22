import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { checkDocument } from '../../src/config/check.ts'
import { readDocument } from '../../src/config/document.ts'
import { nearestName } from '../../src/config/fault.ts'
import type { Written } from '../../src/config/schema.ts'
import { DEFAULTS, followerSettings, override } from '../../src/config/settings.ts'
import { formatDuration, readDuration, readPercentage } from '../../src/config/values.ts'
import { accountName } from '../../src/domain/ids.ts'
import { formatDecimal, ONE } from '../../src/domain/numbers.ts'
import { ratio } from '../../src/domain/ratio.ts'
import { unsetLimits } from '../../src/domain/settings.ts'
import { accountsOf, load } from './folder.ts'

const some = <T extends Record<string, fc.Arbitrary<unknown>>>(parts: T) =>
  fc.record(parts, { requiredKeys: [] })
const amount = fc.integer({ min: 1, max: 1_000_000 })

/** What a trader may write at the top of the file, and for a follower. */
const copying = some({
  rules: some({
    symbols: some({
      allow: fc.subarray(['NIFTY', 'SBIN*']),
      block: fc.subarray(['BANKNIFTY']),
    }),
    sides: fc.subarray(['BUY', 'SELL']),
    products: fc.subarray(['INTRADAY', 'DELIVERY']),
  }),
  orders: some({
    market: fc.constantFrom('limit', 'as-is'),
    stops: fc.constantFrom('same', 'as-executed'),
  }),
  sizing: fc.oneof(
    fc.constantFrom({ mode: 'mirror' }, { mode: 'proportional' }),
    fc.record({ mode: fc.constant('fixed'), lots: fc.integer({ min: 1, max: 50 }) }),
    fc.record({ mode: fc.constant('multiplier'), by: fc.constantFrom(0.1, 0.5, 3) }),
  ),
  rounding: fc.constantFrom('down', 'nearest', 'up'),
  limits: some({
    maxOrderQuantity: fc.oneof(amount, fc.constant('off')),
    maxDailyLoss: fc.oneof(amount, fc.constant('off')),
    pauseAfterRejections: fc.oneof(fc.integer({ min: 1, max: 9 }), fc.constant('off')),
  }),
  confirm: fc.constantFrom('off', 'entries', 'all'),
  maxAge: fc.constantFrom('5s', '2m'),
  maxSlippage: fc.constantFrom('band', 'off', '1%'),
  entryTtl: fc.constantFrom('10s', 'off'),
})
const names = ['FOLLOWER_1', 'FOLLOWER_2', 'FOLLOWER_3'] as const
const accounts = names.map((name) => ({ name: accountName(name), label: null }))

function read(document: object): Written {
  const checked = checkDocument(readDocument(JSON.stringify(document), 'test'), 'test')
  if (checked.kind === 'faults') throw new Error(JSON.stringify(checked.faults))
  return checked.written
}

describe('overriding', () => {
  /** Twice is once. */
  const isIdempotent = (merge: typeof override) =>
    fc.check(
      fc.property(copying, copying, (general, own) => {
        const base = merge(DEFAULTS, read(general))
        const once = merge(base, read(own))
        expect(merge(once, read(own))).toEqual(once)
        expect(merge(base, {})).toEqual(base)
      }),
    )

  it('is idempotent, and nothing written changes nothing', () => {
    expect(isIdempotent(override).failed).toBe(false)
  })

  it('control: a merge that forgets what was there is found', () => {
    const forgetful: typeof override = (_, over) => override(DEFAULTS, over)
    expect(isIdempotent(forgetful).failed).toBe(true)
  })

  /** What is written for one follower is nothing to the others. */
  const keepsApart = (settle: typeof followerSettings) =>
    fc.check(
      fc.property(copying, copying, fc.constantFrom(...names), (general, own, name) => {
        const without = settle(read(general), accounts)
        const withOwn = settle(read({ ...general, followers: { [name]: own } }), accounts)
        for (const [index, settings] of withOwn.entries())
          if (settings.name !== name) expect(settings).toEqual(without[index])
      }),
    )

  it('never lets one follower’s settings reach another', () => {
    expect(keepsApart(followerSettings).failed).toBe(false)
  })

  it('control: a merge that carries over from the one before is found', () => {
    const leaking: typeof followerSettings = (written, all) => {
      let general: Written = written
      return all.flatMap((account) => {
        const settings = followerSettings(general, [account])
        general = { ...general, ...written.followers?.[account.name] }
        return settings
      })
    }
    expect(keepsApart(leaking).failed).toBe(true)
  })
})

describe('any document', () => {
  const words = fc.constantFrom(
    ...['poll', 'rules', 'symbols', 'allow', 'sides', 'sizing', 'mode', 'by', 'limits', 'freeze'],
    ...['followers', 'FOLLOWER_1', 'master', 'capital', 'confirm', '__proto__', 'constructor', ''],
  )
  const values = fc.letrec((tie) => ({
    tree: fc.oneof(
      { depthSize: 'medium' },
      fc.constantFrom(null, true, 'off', 'band', '3s', 0.1, -1, 1e300, 'fixed', 'multiplier'),
      fc.jsonValue({ maxDepth: 1 }),
      fc.array(tie('tree'), { maxLength: 3 }),
      fc.dictionary(words, tie('tree'), { maxKeys: 5 }),
    ),
  })).tree

  it('gives a configuration or faults, never an exception', () => {
    fc.assert(
      fc.property(values, (value) => {
        const { config, faults } = load({ env: accountsOf(1), yaml: JSON.stringify(value) })
        expect(config === null).toBe(faults.length > 0)
      }),
      { numRuns: 300 },
    )
  })

  it('and so does any text', () => {
    const text = fc.array(
      fc.oneof(
        words,
        fc.constantFrom(
          ': ',
          '\n',
          '  ',
          '- ',
          '{',
          '}',
          '[',
          ']',
          '"',
          '&a ',
          '*a',
          '!',
          '|',
          '%',
          '#',
          '---',
          '0.1',
          '3s',
        ),
      ),
      { maxLength: 40 },
    )
    fc.assert(
      fc.property(text, fc.string(), (parts, rest) => {
        const { config, faults } = load({ env: accountsOf(1), yaml: parts.join('') + rest })
        expect(config === null).toBe(faults.length > 0)
      }),
      { numRuns: 300 },
    )
  })
})

describe('values', () => {
  const roundTrips = (write: (ms: number) => string) =>
    fc.check(
      fc.property(
        fc.integer({ min: 0, max: 86_400_000 }),
        fc.constantFrom(1, 1000, 60_000),
        (ms, unit) => {
          const rounded = Math.floor(ms / unit) * unit
          expect(readDuration(write(rounded))).toBe(rounded)
        },
      ),
    )

  it('durations read back as they were written', () => {
    expect(roundTrips(formatDuration).failed).toBe(false)
  })

  it('control: seconds without their fraction do not', () => {
    expect(roundTrips((ms) => `${Math.floor(ms / 1000)}s`).failed).toBe(true)
  })

  const isExact = (read: (text: string) => { over: bigint; under: bigint } | null) =>
    fc.check(
      fc.property(fc.bigInt({ min: 0n, max: 100n * ONE }), (hundredth) => {
        expect(read(`${formatDecimal(hundredth)}%`)).toEqual(ratio(hundredth, ONE * 100n))
      }),
      { numRuns: 1000 },
    )

  it('percentages are exact', () => {
    expect(isExact(readPercentage).failed).toBe(false)
  })

  it('control: percentages through a binary float are not', () => {
    const viaFloat = (text: string) =>
      ratio(BigInt(Math.round((Number.parseFloat(text) / 100) * 1e9)), 1_000_000_000n)
    expect(isExact(viaFloat).failed).toBe(true)
  })

  /** From the file to the limit, no digit changes. */
  const keepsDigits = (settle: (yaml: string) => bigint | null | undefined) =>
    fc.check(
      fc.property(fc.bigInt({ min: 1n, max: 10_000_000_000n * ONE }), (amount) => {
        expect(settle(`limits: { maxOrderValue: ${formatDecimal(amount)} }`)).toBe(amount)
      }),
    )
  const maxOrderValue = (yaml: string) => {
    const checked = checkDocument(readDocument(yaml, 'test'), 'test')
    return checked.kind === 'valid' ? checked.written.limits?.maxOrderValue : undefined
  }

  it('amounts are exact to the eighth decimal', () => {
    expect(keepsDigits(maxOrderValue).failed).toBe(false)
  })

  it('control: amounts through the numbers of YAML are not', () => {
    const viaFloat = (yaml: string) => {
      const { limits } = parse(yaml) as { limits: { maxOrderValue: number } }
      return BigInt(Math.round(limits.maxOrderValue * 1e8))
    }
    expect(keepsDigits(viaFloat).failed).toBe(true)
  })

  it.each([
    ['pol', ['poll', 'hours'], 'poll'],
    ['entry', ['off', 'entries', 'all'], 'entries'],
    ['max_order_value', ['maxOrderValue', 'maxOrderQuantity'], 'maxOrderValue'],
    ['cnofirm', ['confirm'], 'confirm'],
    ['fast', ['fill', 'complete'], null],
    ['x', ['by'], null],
    ['', ['poll'], null],
    ['poll', [], null],
  ])('the name nearest to %s among %j is %s', (word, names, nearest) => {
    expect(nearestName(word, names)).toBe(nearest)
  })

  it('a limit is unset when it is null', () => {
    expect(unsetLimits(DEFAULTS.limits)).toEqual([
      'maxOrderQuantity',
      'maxOrderValue',
      'maxPositionQuantity',
      'maxOrdersPerDay',
      'maxDailyLoss',
    ])
  })
})
