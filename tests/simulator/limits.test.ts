import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { HOUR, type Instant, instant, MINUTE, SECOND } from '../../src/domain/time.ts'
import { createLimits, type Limits } from '../../src/simulator/limits.ts'
import type { RouteName } from '../../src/simulator/routes.ts'
import { createVirtualClient, LIMIT_BUY } from './virtual-client.ts'

const START = 1_800_000_000_000
const WRITE_ROUTES = ['place', 'modify', 'cancel'] as const satisfies readonly RouteName[]
const WRITE_WINDOWS = [
  { ms: SECOND, limit: 9 },
  { ms: MINUTE, limit: 500 },
  { ms: HOUR, limit: 1000 },
]

describe('a rolling second', () => {
  it.each([
    ['login', 1],
    ['generateTokens', 1],
    ['logout', 1],
    ['profile', 3],
    ['funds', 2],
    ['place', 9],
    ['modify', 9],
    ['cancel', 9],
    ['book', 1],
    ['trades', 1],
    ['positions', 1],
    ['holdings', 1],
    ['allHoldings', 1],
    ['search', 1],
    ['details', 10],
    ['lastPrice', 10],
    ['convert', 10],
    ['quote', 10],
    ['margin', 10],
  ] as const)('admits %s %d times', (route, limit) => {
    const limits = createLimits('enforce')
    const calls = (at: number) =>
      Array.from({ length: limit + 1 }, () => limits.admits('A', route, instant(at)))
    const expected = [...Array.from({ length: limit }, () => true), false]
    expect(calls(START)).toEqual(expected)
    expect(limits.admits('A', route, instant(START + 999))).toBe(false)
    expect(calls(START + 1000)).toEqual(expected)
    expect(limits.violations).toHaveLength(3)
  })

  it('is one for placing, modifying and cancelling together', () => {
    const limits = createLimits('enforce')
    const at = instant(START)
    for (const route of WRITE_ROUTES)
      for (let n = 0; n < 3; n++) expect(limits.admits('A', route, at)).toBe(true)
    for (const route of WRITE_ROUTES) expect(limits.admits('A', route, at)).toBe(false)
  })

  it.each([
    ['login', { clientcode: 'M100000', password: 'wrong', totp: '1' }],
    ['generateTokens', { refreshToken: 'REFRESH' }],
  ] as const)('counts %s by whom its body names', (route, body) => {
    const client = createVirtualClient({ limits: 'enforce' })
    const { refresh } = client.simulator.control.grantSession({ clientCode: 'M100000' })
    const sent = JSON.stringify(body).replace('REFRESH', refresh)
    const headers = { authorization: '' }
    expect(client.send(route, sent, { headers })).toMatchObject({ status: 200 })
    expect(client.send(route, sent, { headers })).toMatchObject({ status: 403 })
  })

  it('is each client’s own', () => {
    const limits = createLimits('enforce')
    expect(limits.admits('A', 'book', instant(START))).toBe(true)
    expect(limits.admits('B', 'book', instant(START))).toBe(true)
  })

  it('is refused in plain text, takes no effect, and is written down', () => {
    const client = createVirtualClient({ limits: 'enforce' })
    for (let n = 0; n < 9; n++) client.ask('place', LIMIT_BUY)
    expect(client.send('place', LIMIT_BUY)).toMatchObject({
      status: 403,
      contentType: 'text/plain',
      body: 'Access denied because of exceeding access rate',
    })
    expect(client.rows('book')).toHaveLength(9)
    expect(client.simulator.control.violations()).toEqual([
      { clientCode: 'M100000', group: 'writes', at: client.now(), windowMs: 1000 },
    ])
  })
})

/** Whether what was admitted is within every window, looked at anew. */
function isWithin(admitted: readonly number[]): boolean {
  return WRITE_WINDOWS.every(({ ms, limit }) =>
    admitted.every(
      (end) => admitted.filter((call) => call > end - ms && call <= end).length <= limit,
    ),
  )
}

function admittedOf(limits: Pick<Limits, 'admits'>, gaps: readonly number[]): readonly number[] {
  const admitted: number[] = []
  let at = START
  for (const [index, gap] of gaps.entries()) {
    at += gap
    const route = WRITE_ROUTES[index % 3] ?? 'place'
    if (limits.admits('A', route, instant(at))) admitted.push(at)
  }
  return admitted
}

const gaps = fc.array(
  fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1, max: 60_000 })),
  { minLength: 50, maxLength: 400 },
)

describe('whatever comes', () => {
  it('no window of writes is ever exceeded', () => {
    fc.assert(
      fc.property(gaps, (load) => isWithin(admittedOf(createLimits('enforce'), load))),
      { numRuns: 60 },
    )
  })

  it('a limit by the clock’s second instead of a rolling one is caught by the same check', () => {
    const byClockSecond = (): Pick<Limits, 'admits'> => {
      const counts = new Map<number, number>()
      return {
        admits(_clientCode: string, _route: RouteName, at: Instant) {
          const second = Math.floor(at / SECOND)
          counts.set(second, (counts.get(second) ?? 0) + 1)
          return (counts.get(second) ?? 0) <= 9
        },
      }
    }
    const found = fc.check(fc.property(gaps, (load) => isWithin(admittedOf(byClockSecond(), load))))
    expect(found.failed).toBe(true)
  })

  it('the minute and the hour bind too', () => {
    const limits = createLimits('enforce')
    const load = Array.from({ length: 1200 }, (_, index) => (index === 0 ? 0 : 115))
    expect(admittedOf(limits, load).filter((at) => at < START + MINUTE)).toHaveLength(500)
    expect(admittedOf(createLimits('enforce'), [...load, ...load])).toHaveLength(1000)
  })
})
