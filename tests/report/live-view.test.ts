// The live view: what its region shows, and that on any terminal the scrolled lines stay and the region is
// drawn over itself, seen through a small terminal that obeys the same codes.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { SECOND } from '../../src/domain/time.ts'
import type { Line } from '../../src/report/lines.ts'
import {
  createLiveView,
  fitsView,
  frameOf,
  type ViewFacts,
  type ViewFollower,
  wrap,
} from '../../src/report/live-view.ts'
import type { Counts } from '../../src/report/record.ts'
import { AT, follower, later } from '../ledger/scene.ts'

const counts = (change: Partial<Counts> = {}): Counts => ({
  signals: 4,
  copied: 3,
  placed: 3,
  failed: 0,
  skipped: 1,
  unknown: 0,
  owed: 0,
  successRate: 1,
  ...change,
})

const row = (number: number, change: Partial<ViewFollower> = {}): ViewFollower => ({
  name: follower(number),
  label: null,
  mode: 'live',
  isPaused: false,
  open: 0,
  held: [],
  owed: [],
  ...change,
})

const facts = (change: Partial<ViewFacts> = {}): ViewFacts => ({
  mode: 'live',
  isDemo: false,
  now: AT,
  summary: {
    ...counts(),
    followers: { FOLLOWER_1: counts(), FOLLOWER_2: counts({ unknown: 1 }) },
  },
  isHalted: false,
  followers: [
    row(1, { label: 'Papa', held: ['65 NIFTY24NOV26C25000 INTRADAY'], open: 1 }),
    row(2),
    row(3, { isPaused: true, mode: 'paper' }),
  ],
  ...change,
})

const LARGE = { columns: 100, rows: 40 }
const texts = (lines: readonly Line[]): string[] => lines.map(({ text }) => text)

describe('the region', () => {
  test('word by word, with whoever is in doubt first', () => {
    expect(texts(frameOf(facts(), LARGE))).toEqual([
      '─'.repeat(100),
      'LIVE 10:30:45 IST  4 signals, 3 copied  success 100%',
      'follower               placed  failed skipped unknown    open  holds',
      'FOLLOWER_2                  3       0       1       1       0  nothing',
      'FOLLOWER_3                  0       0       0       0       0  PAUSED PAPER nothing',
      'FOLLOWER_1 Papa             3       0       1       0       1  65 NIFTY24NOV26C25000 INTRADAY',
    ])
  })

  test('of a dry run says so, and a halt is loud', () => {
    const dry = frameOf(facts({ mode: 'paper', now: later(SECOND), isHalted: true }), LARGE)
    expect(dry[1]).toEqual({
      tone: 'alarm',
      text: 'DRY RUN 10:30:46 IST  4 signals, 3 copied  success 100%  HALTED: nothing is sent',
    })
  })

  test('of a demo is never called live', () => {
    expect(frameOf(facts({ isDemo: true }), LARGE)[1]?.text).toMatch(/^DEMO 10:30:45/)
  })

  test('has what is owed above the table', () => {
    const owing = row(3, { owed: ['65 NIFTY24NOV26C25000 INTRADAY'] })
    const frame = frameOf(facts({ followers: [row(1), owing] }), LARGE)
    expect(frame[2]).toEqual({
      tone: 'alarm',
      text: 'OWED EXIT FOLLOWER_3  65 NIFTY24NOV26C25000 INTRADAY',
    })
    expect(frame[4]?.text).toMatch(/^FOLLOWER_3 /)
  })

  test('fits every terminal, and hides nobody without saying so', () => {
    const anyFollower = fc
      .record({
        number: fc.integer({ min: 1, max: 99 }),
        label: fc.option(fc.string({ maxLength: 40 })),
        owed: fc.array(fc.constant('65 NIFTY24NOV26C25000 INTRADAY'), { maxLength: 3 }),
        held: fc.array(fc.constant('65 NIFTY24NOV26C25000 INTRADAY'), { maxLength: 6 }),
      })
      .map(({ number, ...change }) => row(number, change))
    const anySize = fc.record({
      columns: fc.integer({ min: 60, max: 200 }),
      rows: fc.integer({ min: 14, max: 80 }),
    })
    fc.assert(
      fc.property(fc.array(anyFollower, { maxLength: 30 }), anySize, (followers, size) => {
        const frame = frameOf(facts({ followers }), size)
        expect(Math.max(...texts(frame).map((text) => text.length))).toBeLessThanOrEqual(
          size.columns,
        )
        expect(frame.length).toBeLessThanOrEqual(Math.floor(size.rows / 2))
        const more = texts(frame).flatMap((text) => text.match(/^… and (\d+) more$/)?.[1] ?? [])
        const owed = followers.reduce((total, each) => total + each.owed.length, 0)
        const shown = frame.length - 3 - more.length
        const hidden = more.reduce((total, count) => total + Number(count), 0)
        expect(shown + hidden).toBe(followers.length + owed)
      }),
    )
  })

  test.each([
    [{ columns: 59, rows: 40 }, false],
    [{ columns: 100, rows: 13 }, false],
    [{ columns: 60, rows: 14 }, true],
  ])('in %j: %s', (size, fits) => {
    expect(fitsView(size)).toBe(fits)
  })
})

/** Obeys line ends, `up`, `return` and `erase below`; breaks lines at its width as a terminal does. */
function screenOf(written: string, columns: number): string[] {
  const rows: string[] = ['']
  let at = 0
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the codes of a terminal
  for (const [part] of written.matchAll(/\u001b\[(\d+)A|\u001b\[0J|\r|\n|[^\u001b\r\n]/g)) {
    const up = part.match(/(\d+)A$/)?.[1]
    if (up !== undefined) at = Math.max(0, at - Number(up))
    else if (part === '\u001b[0J') rows.length = at
    else if (part === '\n') at += 1
    else if (part !== '\r') {
      if ((rows[at] ?? '').length === columns) at += 1
      rows[at] = (rows[at] ?? '') + part
    }
    rows[at] ??= ''
  }
  return rows.slice(0, -1)
}

interface Played {
  readonly screen: readonly string[]
  readonly expected: readonly string[]
}

type Act = { readonly kind: 'print' | 'draw'; readonly lines: readonly string[] }

function play(acts: readonly Act[], columns: number, spoil: (text: string) => string): Played {
  let written = ''
  const printed: string[] = []
  let frame: readonly string[] = []
  const view = createLiveView({
    write: (text) => {
      written += spoil(text)
    },
    columns: () => columns,
    paint: ({ text }) => text,
  })
  for (const { kind, lines } of acts) {
    const toned = lines.map((text): Line => ({ tone: 'plain', text }))
    if (kind === 'draw') {
      frame = lines
      view.draw(toned)
    } else {
      printed.push(...lines.flatMap((text) => wrap(text, columns)))
      view.print(toned)
    }
  }
  return { screen: screenOf(written, columns), expected: [...printed, ...frame] }
}

const COLUMNS = 60
const anyText = fc.stringMatching(/^[a-z]{1,12}( [a-z]{1,12}){0,11}$/)
const anyAct: fc.Arbitrary<Act> = fc.oneof(
  fc.record({
    kind: fc.constant('print' as const),
    lines: fc.array(anyText, { minLength: 1, maxLength: 3 }),
  }),
  fc.record({
    kind: fc.constant('draw' as const),
    lines: fc.array(
      anyText.map((text) => text.slice(0, COLUMNS).trim()),
      { minLength: 1, maxLength: 5 },
    ),
  }),
)

describe('drawing', () => {
  test('keeps every line that was printed, and one region below them', () => {
    fc.assert(
      fc.property(fc.array(anyAct, { maxLength: 12 }), (acts) => {
        const { screen, expected } = play(acts, COLUMNS, (text) => text)
        expect(screen).toEqual(expected)
      }),
    )
  })

  test('(control) a region that goes up a line too few is found', () => {
    const acts: Act[] = [
      { kind: 'draw', lines: ['one', 'two', 'three'] },
      { kind: 'print', lines: ['a signal'] },
    ]
    const shorter = (text: string): string => text.replace('[3A', '[2A')
    const { screen, expected } = play(acts, COLUMNS, shorter)
    expect(screen).not.toEqual(expected)
    expect(play(acts, COLUMNS, (text) => text).screen).toEqual(expected)
  })

  test.each([
    ['short enough', 40, ['short enough']],
    ['one two three four five six seven', 24, ['one two three four five', '      six seven']],
    ['abcdefghijklmnopqrstuvwxyzabcd', 24, ['abcdefghijklmnopqrstuvwx', '      yzabcd']],
    ['on a tiny window nothing is broken', 8, ['on a tiny window nothing is broken']],
  ])('breaks %j at %d', (text, columns, lines) => {
    expect(wrap(text, columns)).toEqual(lines)
  })
})
