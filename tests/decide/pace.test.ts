import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { historyNeededMs, type PaceRequest, type Purpose, pace } from '../../src/decide/pace.ts'
import { HOUR, type Instant, instant, MINUTE, SECOND } from '../../src/domain/time.ts'
import type { Windows } from '../../src/domain/windows.ts'

const WINDOWS: Windows = [
  { lengthMs: SECOND, most: 9, mostForEntries: 6 },
  { lengthMs: MINUTE, most: 500, mostForEntries: 400 },
  { lengthMs: HOUR, most: 1000, mostForEntries: 800 },
]
const START = 1_800_000_000_000

const writesAt = (...offsets: number[]): Instant[] => offsets.map((ms) => instant(START + ms))
const repeated = (count: number, gapMs: number): Instant[] =>
  writesAt(...Array.from({ length: count }, (_, index) => index * gapMs))

/** `go`, or how many milliseconds from the start to wait for. */
function ask(history: readonly Instant[], nowMs: number, purpose: Purpose, cost = 1): string {
  const answer = pace({ history, windows: WINDOWS, now: instant(START + nowMs), purpose, cost })
  return answer.kind === 'go' ? 'go' : `wait for ${answer.until - START}`
}

describe('pace', () => {
  test.each([
    ['nothing sent yet', [], 0, 'entry', 1, 'go'],
    ['the sixth entry of a second', repeated(5, 0), 10, 'entry', 1, 'go'],
    ['the seventh waits for the first to leave', repeated(6, 10), 60, 'entry', 1, 'wait for 1001'],
    ['an exit still goes', repeated(6, 10), 60, 'closing', 1, 'go'],
    ['the ninth exit too', repeated(8, 10), 80, 'closing', 1, 'go'],
    ['the tenth write waits', repeated(9, 10), 90, 'closing', 1, 'wait for 1001'],
    ['a second later, both ends counted', repeated(6, 0), 1000, 'entry', 1, 'wait for 1001'],
    ['and a moment after that', repeated(6, 0), 1001, 'entry', 1, 'go'],
    ['three at once need room for three', repeated(4, 100), 300, 'entry', 3, 'wait for 1001'],
    ['two at once fit', repeated(4, 100), 300, 'entry', 2, 'go'],
    ['exits before it count for an entry', repeated(8, 10), 80, 'entry', 1, 'wait for 1021'],
    ['the minute', repeated(400, 149), 59_601, 'entry', 1, 'wait for 60001'],
    ['the minute has room for exits', repeated(400, 149), 59_601, 'closing', 1, 'go'],
    ['the hour', repeated(800, 4000), 3_200_000, 'entry', 1, 'wait for 3600001'],
    ['the hour has room for exits', repeated(800, 4000), 3_200_000, 'closing', 1, 'go'],
    [
      'the last write of the hour',
      repeated(1000, 3500),
      3_500_000,
      'closing',
      1,
      'wait for 3600001',
    ],
    [
      'a clock that was set back',
      writesAt(500, 500, 500, 500, 500, 500),
      0,
      'entry',
      1,
      'wait for 1501',
    ],
  ] as const)('%s', (_, history, nowMs, purpose, cost, expected) => {
    expect(ask(history, nowMs, purpose, cost)).toBe(expected)
  })

  test('more at once than any window has is a mistake of the caller', () => {
    expect(() => ask([], 0, 'entry', 7)).toThrow(/never fit/)
  })

  test('says how far back it looks', () => {
    expect(historyNeededMs(WINDOWS)).toBe(HOUR)
    expect(historyNeededMs([])).toBe(0)
  })
})

// Small windows, so that short runs meet every one of them.
const SMALL: Windows = [
  { lengthMs: 10, most: 3, mostForEntries: 2 },
  { lengthMs: 60, most: 9, mostForEntries: 6 },
  { lengthMs: 300, most: 20, mostForEntries: 14 },
]

interface Wish {
  readonly afterMs: number
  readonly purpose: Purpose
  readonly cost: number
  /** Before this one the process dies, and all it knows comes from the ledger. */
  readonly restart: boolean
}

const wishes = fc.array(
  fc.record({
    afterMs: fc.integer({ min: 0, max: 6 }),
    purpose: fc.constantFrom<Purpose>('entry', 'closing'),
    cost: fc.integer({ min: 1, max: 2 }),
    restart: fc.boolean(),
  }),
  { maxLength: 80 },
)

interface Write {
  readonly at: Instant
  readonly purpose: Purpose
}

type Pacer = (request: PaceRequest) => ReturnType<typeof pace>

/** A sender that waits whenever it is told to, and forgets everything but the ledger when it restarts. */
function send(wanted: readonly Wish[], pacer: Pacer, remembers = true): readonly Write[] {
  const ledger: Write[] = []
  let known: Write[] = []
  let now = START
  for (const { afterMs, purpose, cost, restart } of wanted) {
    now += afterMs
    if (restart) known = remembers ? [...ledger] : []
    for (;;) {
      const history = known.map((write) => write.at)
      const answer = pacer({ history, windows: SMALL, now: instant(now), purpose, cost })
      if (answer.kind === 'go') break
      expect(answer.until).toBeGreaterThan(now)
      now = answer.until
    }
    for (let one = 0; one < cost; one++) {
      const write = { at: instant(now), purpose }
      ledger.push(write)
      known.push(write)
    }
  }
  return ledger
}

function exceeds(writes: readonly Write[], lengthMs: number, most: number): boolean {
  return writes.some((first) => {
    const within = writes.filter((each) => each.at >= first.at && each.at <= first.at + lengthMs)
    return within.length > most
  })
}

const neverExceeds = (pacer: Pacer, remembers = true) =>
  fc.property(wishes, (wanted) => {
    const writes = send(wanted, pacer, remembers)
    for (const { lengthMs, most } of SMALL) expect(exceeds(writes, lengthMs, most)).toBe(false)
  })

// An exit that comes right after any number of entries finds its reserve untouched.
const keepsTheReserve = (pacer: Pacer) =>
  fc.property(wishes, (wanted) => {
    const entries = wanted.map((wish) => ({ ...wish, purpose: 'entry' as const }))
    const writes = send(entries, pacer)
    for (const { lengthMs, mostForEntries } of SMALL)
      expect(exceeds(writes, lengthMs, mostForEntries)).toBe(false)
    const history = writes.map((write) => write.at)
    const now = history.at(-1) ?? instant(START)
    expect(pace({ history, windows: SMALL, now, purpose: 'closing', cost: 1 }).kind).toBe('go')
  })

describe('what always holds', () => {
  test('no window is ever exceeded, restarts and writes of one moment included', () =>
    fc.assert(neverExceeds(pace)))

  test('control: who forgets at a restart exceeds them', () => {
    expect(() => fc.assert(neverExceeds(pace, false))).toThrow()
  })

  test('control: looking at the shortest window only exceeds the others', () => {
    const shortSighted: Pacer = (request) =>
      pace({ ...request, windows: request.windows.slice(0, 1) })
    expect(() => fc.assert(neverExceeds(shortSighted))).toThrow()
  })

  test('control: windows that start anew instead of rolling are exceeded at their seams', () => {
    const fixed: Pacer = (request) => {
      const start = (lengthMs: number) => request.now - ((request.now - START) % lengthMs)
      const windows = request.windows.map((window) => ({
        ...window,
        lengthMs: request.now - start(window.lengthMs),
      }))
      return pace({ ...request, windows })
    }
    expect(() => fc.assert(neverExceeds(fixed))).toThrow()
  })

  test('entries never eat the reserve of exits', () => fc.assert(keepsTheReserve(pace)))

  test('control: entries paced as exits do', () => {
    const greedy: Pacer = (request) => pace({ ...request, purpose: 'closing' })
    expect(() => fc.assert(keepsTheReserve(greedy))).toThrow()
  })
})
