// The benchmarks run, and their arithmetic is right. No test here asks how long anything took: that is what
// the benchmarks are for, and a machine under test is never idle.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { lineThrough, ratiosOf, spreadOf, tableText } from '../../scripts/bench/figures.ts'
import { hasQueue } from '../../scripts/bench/growth.ts'
import { plotOf } from '../../scripts/bench/plot.ts'
import { createCutter } from '../../scripts/bench/requests.ts'
import { growthTable } from '../../scripts/bench/tables.ts'
import { pageWith } from '../../scripts/bench/told.ts'

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1)

test('a percentile is a value that was measured, whatever their order', () => {
  expect(spreadOf(upTo(100).reverse())).toEqual({ count: 100, p50: 50, p95: 95, p99: 99, max: 100 })
  expect(spreadOf([3, 1, 2])).toMatchObject({ p50: 2, p95: 3, max: 3 })
  expect(() => spreadOf([])).toThrow('nothing')
})

test('fewer than a hundred values have no hundredth', () => {
  expect(spreadOf(upTo(99)).p99).toBeNaN()
  expect(spreadOf(upTo(101)).p99).toBe(100)
})

test('a ratio is ours over the other, percentile by percentile', () => {
  const ours = spreadOf(upTo(200).map((each) => each * 3))
  const other = spreadOf(upTo(100))
  expect(ratiosOf(ours, other)).toEqual({ count: 100, p50: 6, p95: 6, p99: 6, max: 6 })
  expect(ratiosOf(other, ours).p50).not.toBe(6)
})

test('a line goes through its points, and between those that are on none', () => {
  const straight = lineThrough([1, 2, 5].map((x) => ({ x, y: 7 + 3 * x })))
  expect([straight.slope, straight.base].map((value) => Number(value.toFixed(9)))).toEqual([3, 7])
  const wavering = lineThrough([0, 1, 2, 3].map((x) => ({ x, y: x + (x % 2 === 0 ? 1 : -1) })))
  expect(wavering.slope).toBeCloseTo(0.6)
  expect(() => lineThrough([{ x: 1, y: 1 }])).toThrow('two points')
})

test('a table is Markdown with columns of one width', () => {
  expect(
    tableText([
      ['what', 'ms'],
      ['a', '1'],
      ['bcdef', '23456'],
    ]),
  ).toBe(
    ['| what  |    ms |', '| ----- | ----: |', '| a     |     1 |', '| bcdef | 23456 |'].join('\n'),
  )
})

test('a request is whole when its last byte is there, and as old as its first', () => {
  const cutter = createCutter()
  const one = 'POST /a HTTP/1.1\r\nAuthorization: Bearer t-1\r\nContent-Length: 4\r\n\r\nabcd'
  const two = 'GET /b HTTP/1.1\r\nHost: here\r\n\r\n'
  expect(cutter.take(Buffer.from(one.slice(0, 30)), 10)).toEqual([])
  expect(cutter.take(Buffer.from(one.slice(30) + two), 20)).toEqual([
    { method: 'POST', path: '/a', token: 't-1', body: 'abcd', at: 10 },
    { method: 'GET', path: '/b', token: '', body: '', at: 20 },
  ])
  const chunked = 'POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n'
  expect(() => cutter.take(Buffer.from(chunked), 30)).toThrow('chunks')
})

test('growth is the slope through the cells of one latency, and none through a single cell', () => {
  const legs = (ms: number) => ({ first: spreadOf([ms]), last: spreadOf([ms]) })
  const cell = (followers: number, latencyMs: number) => ({
    followers,
    latencyMs,
    rounds: 1,
    copier: legs(1 + 0.5 * followers),
    floor: legs(0.5 + 0.25 * followers),
    synced: legs(0.75 + 0.25 * followers),
  })
  const [, ...rows] = growthTable([cell(1, 0), cell(20, 0), cell(5, 50)])
  expect(rows).toEqual([['0', '0.50', '1.00', '0.25', '0.50']])
})

test('a plot shows every point, and the larger above the smaller', () => {
  const svg = plotOf('title', 'followers', [
    {
      name: 'ours',
      color: '#111111',
      points: [
        { x: 1, y: 1 },
        { x: 100, y: 10 },
      ],
    },
  ])
  const heights = [...svg.matchAll(/<circle cx="[\d.]+" cy="([\d.]+)"/g)].map(([, y]) => Number(y))
  expect(heights).toHaveLength(2)
  expect(heights[1]).toBeLessThan(heights[0] ?? 0)
  expect(svg).toContain('ours 10.0')
  expect(() => plotOf('title', 'followers', [])).toThrow('nothing')
})

test('the page keeps its words, and only its figures are others', () => {
  const page = 'before\n<!-- figures -->\n\nold\n\n<!-- end of figures -->\nafter\n'
  const written = pageWith(page, 'new')
  expect(written).toBe('before\n<!-- figures -->\n\nnew\n\n<!-- end of figures -->\nafter\n')
  expect(pageWith(written, 'new')).toBe(written)
  expect(() => pageWith('no place', 'new')).toThrow('no place between')
})

interface Told {
  readonly machine: readonly string[]
  readonly races: readonly {
    readonly rounds: number
    readonly copier: { readonly first: number[]; readonly last: number[] }
    readonly floor: { readonly first: number[]; readonly last: number[] }
    readonly synced: { readonly first: number[]; readonly last: number[] }
    readonly exits: { readonly copier: { readonly last: number[] } } | null
    readonly steps: Readonly<Record<string, readonly number[]>>
  }[]
  readonly readings: readonly { readonly rounds: number }[]
  readonly others: readonly { readonly rounds: number }[]
  readonly growth: {
    readonly rows: readonly { readonly before: number }[]
    readonly intents: readonly { readonly before: number }[]
    readonly rates: readonly { readonly lost: number; readonly lastMs: readonly number[] }[]
  }
}

test('npm run bench races the copier against the floor, order by order', async () => {
  const args = ['--quick', '--followers', '2', '--latencies', '0', '--rounds', '3', '--json']
  const { code, out, err } = await run('speed.ts', args)
  expect(err).not.toMatch(/Error/)
  expect(code).toBe(0)
  const told = JSON.parse(out) as Told
  expect(told.machine.join('\n')).toContain('cores')
  const [race] = told.races
  for (const side of [race?.copier, race?.floor, race?.synced]) {
    expect(side?.first).toHaveLength(3)
    // Every fill has a first and a last order, and both came after it.
    for (const [index, first] of (side?.first ?? []).entries()) {
      expect(first).toBeGreaterThan(0)
      expect(side?.last[index]).toBeGreaterThanOrEqual(first)
    }
  }
  expect(race?.exits?.copier.last).toHaveLength(3)
  // The program's own record has every entry: those of the warming up too.
  expect(race?.steps.answered).toHaveLength(2 * (3 + 3))
  expect(told.readings[0]?.rounds).toBeGreaterThan(1)
  expect(told.others[0]?.rounds).toBeGreaterThan(1)
  expect(told.growth.rows.map(({ before }) => before)).toEqual([10, 1_000])
  expect(told.growth.intents.map(({ before }) => before)).toEqual([100, 2_000])
  for (const { lost, lastMs } of told.growth.rates) expect([lost, lastMs.length]).toEqual([0, 2])
}, 240_000)

const rate = { followers: 1, perSecond: 1, cpuPercent: 1 }

test('a queue grows where the last wait far longer than the first, or never get anything', () => {
  expect(hasQueue({ ...rate, firstMs: [10, 12], lastMs: [15, 19], lost: 0 })).toBe(false)
  expect(hasQueue({ ...rate, firstMs: [10, 12], lastMs: [900, 990], lost: 0 })).toBe(true)
  expect(hasQueue({ ...rate, firstMs: [900, 990], lastMs: [1000, 1100], lost: 0 })).toBe(false)
  expect(hasQueue({ ...rate, firstMs: [10, 12], lastMs: [15, 19], lost: 1 })).toBe(true)
})

test('npm run bench says what it does not understand', async () => {
  const { code, err } = await run('speed.ts', ['--followers', 'many'])
  expect({ code, err }).toEqual({
    code: 2,
    err: 'npm run bench: --followers takes whole numbers with commas between, not "many"; -- --help tells what there is\n',
  })
})

async function run(script: string, args: readonly string[]) {
  const child = spawn(process.execPath, [resolve('scripts/bench', script), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let out = ''
  let err = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text
  })
  const [code] = await once(child, 'close')
  return { code, out, err }
}
