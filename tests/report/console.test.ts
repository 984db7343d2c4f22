// The exact lines of the console, as the facts of a small day come in.
import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import type { ExitDecision } from '../../src/domain/decision.ts'
import { orderId, signalId } from '../../src/domain/ids.ts'
import type { RecordedIntent } from '../../src/domain/intent.ts'
import type { Mode } from '../../src/domain/lane.ts'
import { units } from '../../src/domain/numbers.ts'
import { NOTHING, ratio } from '../../src/domain/ratio.ts'
import type { Command } from '../../src/domain/steering.ts'
import type { Tag } from '../../src/domain/tag.ts'
import { MINUTE } from '../../src/domain/time.ts'
import { type ConsoleParts, createConsole } from '../../src/report/console.ts'
import { entry, exit, follower, LOT, laneOf, MASTER, skip } from '../ledger/scene.ts'
import { createDay, type Day, intentsIn, told } from './day.ts'
import { type Fate, fates, happen } from './fates.ts'

const HALF = { mode: 'multiplier', by: ratio(1n, 2n) } as const

let day: Day
afterEach(() => day.close())

function watched(mode: Mode = 'live', change: Partial<ConsoleParts> = {}): string[] {
  const lines: string[] = []
  let console_: ReturnType<typeof createConsole> | undefined
  day = createDay((event) => {
    for (const line of console_?.linesOf(event, day.clock.now()) ?? []) lines.push(line.text)
  })
  console_ = createConsole({
    ledger: day.ledger,
    mode,
    master: { name: MASTER, label: null },
    followers: [{ ...told(1, 'Papa'), sizing: HALF }, told(2), told(3)],
    ...change,
  })
  return lines
}

/** The entry of one lot of follower 1, and the skips of the others named. */
const enterOne = (others: readonly number[] = []) =>
  day.signal('a', (signal) => [
    entry(laneOf(1), signal, LOT, [day.nextTag()]),
    ...others.map((number) => skip(laneOf(number))),
  ])

function intentOf(index: number): RecordedIntent {
  const intent = intentsIn(day.events)[index]
  if (!intent) throw new Error(`there is no intent ${index}`)
  return intent
}

const SIGNAL = '10:30:45 SIGNAL #1 BUY 130 NIFTY24NOV26C25000 INTRADAY @101.20'
const COPIED = '  FOLLOWER_1 Papa  COPY 65 (×0.5)  accepted 412 ms  filled 65 @101.45 (+0.25)'

describe('an entry', () => {
  test('is told when it is final, its skips at once, and how many filled at the end', () => {
    const lines = watched()
    enterOne([2])
    const attempt = day.send(intentOf(0))
    day.pass(412)
    day.accept(attempt)
    expect(lines).toEqual([SIGNAL, '  FOLLOWER_2  SKIP lessThanOneLot: 130 × 0.3 = 39 < 65'])
    day.fill(attempt, 65, '101.45')
    expect(lines.slice(2)).toEqual([COPIED, '  1/2 filled'])
  })

  test('of a dry run says so in every line', () => {
    const lines = watched('paper')
    enterOne([2])
    const attempt = day.send(intentOf(0))
    day.pass(412)
    day.accept(attempt)
    day.fill(attempt, 65, '101.45')
    expect(lines).toEqual([
      `DRY RUN ${SIGNAL}`,
      'DRY RUN   FOLLOWER_2  SKIP lessThanOneLot: 130 × 0.3 = 39 < 65',
      `DRY RUN ${COPIED}`,
      'DRY RUN   1/2 filled',
    ])
  })

  test('of a paper follower in a live run is marked by itself', () => {
    const lines = watched('live', { followers: [told(1, null, 'paper')] })
    enterOne()
    const attempt = day.send(intentOf(0))
    day.accept(attempt)
    day.fill(attempt, 65, '101.20')
    expect(lines[1]).toBe(
      '  FOLLOWER_1  PAPER  COPY 65 (×1)  accepted 0 ms  filled 65 @101.20 (+0.00)',
    )
  })

  test.each([
    [
      'rejected at once',
      () =>
        day.hear(day.send(intentOf(0)), {
          kind: 'answered',
          outcome: {
            kind: 'rejected',
            cause: 'funds',
            text: 'Insufficient funds',
            evidence: 'AB4036',
          },
        }),
      '  FOLLOWER_1 Papa  COPY 65 (×0.5)  REJECTED Insufficient funds',
    ],
    [
      'denied before it was sent',
      () => day.deny(intentOf(0), { kind: 'tooOld', ageMs: 61_000, maxAgeMs: MINUTE }),
      "  FOLLOWER_1 Papa  COPY 65 (×0.5)  DENIED tooOld: 1 min 1 s since the master's fill > 1 min",
    ],
    [
      'cancelled with nothing filled',
      () => {
        const attempt = day.send(intentOf(0))
        day.accept(attempt)
        day.fill(attempt, 0, '0')
      },
      '  FOLLOWER_1 Papa  COPY 65 (×0.5)  accepted 0 ms  cancelled, nothing filled',
    ],
    [
      'cancelled with a part filled',
      () => {
        const attempt = day.send(intentOf(0))
        day.accept(attempt)
        day.fill(attempt, 40, '101.05')
      },
      '  FOLLOWER_1 Papa  COPY 65 (×0.5)  accepted 0 ms  filled 40 of 65 @101.05 (-0.15)',
    ],
  ])('%s', (_, happen, line) => {
    const lines = watched()
    enterOne()
    happen()
    expect(lines.slice(1)).toEqual([line, '  0/1 filled'])
  })

  test('in doubt is told when it becomes so, once, and again when it is found', () => {
    const lines = watched()
    enterOne()
    const attempt = day.send(intentOf(0))
    const outcome = { kind: 'unknown', likely: null, evidence: 'no answer in 7 s' } as const
    day.pass(7000)
    day.hear(attempt, { kind: 'answered', outcome })
    day.hear(attempt, { kind: 'answered', outcome: { ...outcome, likely: 'rateLimited' } })
    day.pass(2000)
    day.fill(attempt, 65, '101.45')
    expect(lines.slice(1)).toEqual([
      '  FOLLOWER_1 Papa  COPY 65  UNKNOWN, looked up by its tag, not sent again unless proven absent: no answer in 7 s',
      '  FOLLOWER_1 Papa  COPY 65 (×0.5)  accepted 9 s  filled 65 @101.45 (+0.25)',
      '  1/1 filled',
    ])
  })

  test('in slices is one line with the average of all', () => {
    const lines = watched()
    day.signal('a', (signal) => [
      { ...entry(laneOf(1), signal, LOT, [day.nextTag(), day.nextTag()]), quantity: units(130) },
    ])
    for (const [index, price] of [
      [0, '101.20'],
      [1, '101.40'],
    ] as const) {
      const attempt = day.send(intentOf(index))
      day.accept(attempt)
      day.fill(attempt, 65, price)
    }
    expect(lines.slice(1)).toEqual([
      '  FOLLOWER_1 Papa  COPY 130 (×0.5) in 2 orders  accepted 0 ms  filled 130 @101.30 (+0.10)',
      '  1/1 filled',
    ])
  })

  test('that ends under another signal names its own', () => {
    const lines = watched()
    enterOne()
    const attempt = day.send(intentOf(0))
    day.signal('b', () => [skip(laneOf(2))])
    day.accept(attempt)
    day.fill(attempt, 65, '101.20')
    expect(lines.slice(-2)).toEqual([
      '  FOLLOWER_1 Papa  #1 COPY 65 (×0.5)  accepted 0 ms  filled 65 @101.20 (+0.00)',
      '  #1 1/1 filled',
    ])
  })
})

describe('an exit', () => {
  const leave = (): ExitDecision => exit(laneOf(1), units(130), units(0), NOTHING)
  const held = (): void => {
    enterOne()
    const attempt = day.send(intentOf(0))
    day.accept(attempt)
    day.fill(attempt, 65, '101.20')
  }
  const left = () => day.signal('b', () => [leave()], { effect: 'exit', side: 'SELL' })

  test('is told when nothing is due in its lane any more', () => {
    const lines = watched()
    held()
    const signal = left()
    const attempt = day.send(day.closing(1, signal, 'SELL', 65))
    day.accept(attempt)
    expect(lines.slice(3)).toEqual([
      '10:30:45 SIGNAL #2 SELL 130 NIFTY24NOV26C25000 INTRADAY @101.20  exit',
    ])
    day.fill(attempt, 65, '101.10')
    expect(lines.slice(4)).toEqual([
      '  FOLLOWER_1 Papa  COPY 65 (exit)  accepted 0 ms  filled 65 @101.10 (-0.10)',
      '  1/1 filled',
    ])
  })

  test('that is rejected is told at once and stays open', () => {
    const lines = watched()
    held()
    const signal = left()
    day.hear(day.send(day.closing(1, signal, 'SELL', 65)), {
      kind: 'answered',
      outcome: { kind: 'rejected', cause: 'risk', text: 'RMS: blocked', evidence: 'AB1004' },
    })
    day.tell({ kind: 'owed', lane: laneOf(1), quantity: LOT, why: 'rejected' })
    expect(lines.slice(4)).toEqual([
      '  FOLLOWER_1 Papa  COPY 65 (exit)  REJECTED RMS: blocked',
      '10:30:45 OWED EXIT FOLLOWER_1 Papa  65 NIFTY24NOV26C25000 INTRADAY: the broker rejected the exit; it is tried again, ever more slowly',
    ])
  })

  test('of what was squared off elsewhere has nothing left to close', () => {
    const lines = watched()
    held()
    left()
    day.ledger.adjust(
      { lane: laneOf(1), kind: 'reducedElsewhere', change: units(-65), evidence: '0 twice' },
      day.clock.now(),
    )
    day.tell({ kind: 'heldLowered', lane: laneOf(1), by: LOT, shown: units(0) })
    expect(lines.slice(4)).toEqual([
      '10:30:45 FOLLOWER_1 Papa  held lowered by 65 in NIFTY24NOV26C25000 INTRADAY: the broker shows 0 (reducedElsewhere)',
      '  FOLLOWER_1 Papa  COPY 0 (exit)  nothing left to close',
      '  0/1 filled',
    ])
  })
})

describe('what wants the trader', () => {
  test('an alarm that repeats itself is told once a minute', () => {
    const lines = watched()
    const alarm = { kind: 'alarm', account: follower(2), text: 'a frame cannot be read' } as const
    day.tell(alarm)
    day.tell(alarm)
    day.pass(MINUTE)
    day.tell(alarm)
    expect(lines).toEqual([
      '10:30:45 ALARM FOLLOWER_2  a frame cannot be read',
      '10:31:45 ALARM FOLLOWER_2  a frame cannot be read (1 more since)',
    ])
  })

  test('a reading that fails names what and why', () => {
    const lines = watched()
    day.tell({
      kind: 'readFailed',
      account: MASTER,
      what: 'orders',
      why: 'timeout',
      evidence: 'no answer in 7 s',
    })
    expect(lines).toEqual(['10:30:45 MASTER  cannot read its orders: timeout (no answer in 7 s)'])
  })

  test('a reading that works again is told if its failing was', () => {
    const lines = watched()
    const failed = {
      kind: 'readFailed',
      account: MASTER,
      what: 'orders',
      why: 'timeout',
      evidence: 'no answer in 7 s',
    } as const
    const again = { kind: 'readAgain', account: MASTER, what: 'orders' } as const
    day.tell(failed)
    day.tell({ ...again, failures: 6, afterMs: 18_000 })
    // So soon after, neither of the two is told.
    day.tell(failed)
    day.tell({ ...again, failures: 1, afterMs: 3_000 })
    expect(lines).toEqual([
      '10:30:45 MASTER  cannot read its orders: timeout (no answer in 7 s)',
      '10:30:45 MASTER  reads its orders again, after 18 s (failed 6 times)',
    ])
  })

  test.each([
    [0, 'nothing'],
    [1, '1 position'],
    [3, '3 positions'],
  ])('from when on the master is watched, who holds %d', (holds, standing) => {
    const lines = watched()
    day.tell({ kind: 'watching', account: MASTER, holds })
    expect(lines).toEqual([
      `10:30:45 MASTER  is watched: it holds ${standing}, what it trades from now on is copied`,
    ])
  })

  test('a stream is told to be down when it stays so, and then that it is up again', () => {
    const lines = watched()
    const down = { kind: 'streamDown', account: MASTER, why: 'closed with 1006' } as const
    day.tell({ kind: 'streamUp', account: MASTER, afterMs: null })
    day.tell({ ...down, lasting: false })
    day.tell({ kind: 'streamUp', account: MASTER, afterMs: 1_200 })
    expect(lines).toEqual([])
    day.tell({ ...down, lasting: false })
    day.tell({ ...down, lasting: true })
    day.tell({ kind: 'streamUp', account: MASTER, afterMs: 75_000 })
    expect(lines).toEqual([
      '10:30:45 MASTER  its stream is down (closed with 1006); the book is read instead, so fills are seen later',
      '10:30:45 MASTER  its stream is up again, after 1 min 15 s',
    ])
  })

  test.each<[Command, string]>([
    [{ kind: 'pause', follower: null }, 'PAUSED everybody: no entries, exits run'],
    [{ kind: 'resume', follower: follower(2) }, 'RESUMED FOLLOWER_2'],
    [{ kind: 'halt' }, 'HALTED: nothing is sent, exits included'],
    [
      { kind: 'flatten', follower: follower(1) },
      'FLATTEN FOLLOWER_1: own open orders are cancelled, what is held is closed',
    ],
    [{ kind: 'approve', signal: signalId(3), followers: null }, 'APPROVED #3'],
    [
      { kind: 'approve', signal: signalId(3), followers: [follower(1)] },
      'APPROVED #3 for FOLLOWER_1',
    ],
    [{ kind: 'reject', signal: signalId(3) }, 'DECLINED #3'],
    [
      { kind: 'dismiss', lane: laneOf(1) },
      'DISMISSED the owed exit of FOLLOWER_1 NIFTY24NOV26C25000 INTRADAY',
    ],
    [
      { kind: 'adopt', lane: laneOf(1), quantity: LOT },
      'ADOPTED 65 in FOLLOWER_1 NIFTY24NOV26C25000 INTRADAY',
    ],
    [{ kind: 'resolve', tag: 'LS1' as Tag, order: null }, 'RESOLVED LS1: it is not there'],
    [{ kind: 'resolve', tag: 'LS1' as Tag, order: orderId('77') }, 'RESOLVED LS1: it is order 77'],
  ])('the word of the trader: $0.kind', (command, line) => {
    const lines = watched()
    day.tell({ kind: 'steered', command, by: 'command' })
    expect(lines).toEqual([`10:30:45 ${line} (by command)`])
  })

  test('a question names the commands that answer it, and keeps its signal open', () => {
    const lines = watched()
    const signal = day.signal('a', () => [skip(laneOf(2))], {}, [follower(1)])
    expect(lines.slice(1)).toEqual([
      '  FOLLOWER_1 Papa  COPY IT? lockstep approve 1 or lockstep reject 1',
      '  FOLLOWER_2  SKIP lessThanOneLot: 130 × 0.3 = 39 < 65',
    ])
    const declined = { ...skip(laneOf(1)), reason: { kind: 'declined' } } as const
    day.ledger.record([{ signal, decisions: [declined] }], day.clock.now())
    day.tell({ kind: 'signal', signal })
    day.tell({ kind: 'decision', signal, decision: declined })
    expect(lines.slice(3)).toEqual(['  FOLLOWER_1 Papa  SKIP declined', '  0/2 filled'])
  })

  test('a missed entry is loud', () => {
    day = createDay()
    const console_ = createConsole({
      ledger: day.ledger,
      mode: 'live',
      master: { name: MASTER, label: null },
      followers: [told(1)],
    })
    day.signal('a', () => [
      { ...skip(laneOf(1)), reason: { kind: 'missed', ageMs: 2 * MINUTE, maxAgeMs: MINUTE } },
    ])
    const lines = day.events.flatMap((event) => console_.linesOf(event, day.clock.now()))
    expect(lines[1]).toMatchObject({
      tone: 'alarm',
      text: "  FOLLOWER_1  SKIP missed: 2 min since the master's fill > 1 min",
      alert: {
        kind: 'missed',
        account: 'FOLLOWER_1',
        text: "FOLLOWER_1  #1 SKIP missed: 2 min since the master's fill > 1 min",
      },
    })
  })
})

describe('none is lost', () => {
  const OPEN: readonly Fate[] = ['resting', 'unknown', 'unsent']
  const anySession = fc.array(fc.array(fc.constantFrom(...fates), { minLength: 1, maxLength: 3 }), {
    minLength: 1,
    maxLength: 6,
  })

  /** Where the lines do not tell each signal, each final copy and each end exactly once. */
  function faultsOf(
    signals: readonly (readonly Fate[])[],
    spoil: (lines: readonly string[]) => readonly string[],
  ): readonly string[] {
    const heard = watched()
    signals.forEach((each, index) => {
      happen(day, `s${index}`, each)
    })
    day.close()
    const lines = spoil(heard)
    const count = (pattern: RegExp) => lines.filter((line) => pattern.test(line)).length
    const copies = signals.flat().filter((fate) => !OPEN.includes(fate)).length
    const ended = signals.filter((each) => each.every((fate) => !OPEN.includes(fate))).length
    const doubts = signals.flat().filter((fate) => fate === 'unknown' || fate === 'lapsed').length
    return [
      ...(count(/ SIGNAL #/) === signals.length ? [] : ['signals']),
      ...(count(/ (COPY|SKIP) (?!.*UNKNOWN)/) === copies ? [] : ['copies']),
      ...(count(/UNKNOWN/) === doubts ? [] : ['doubts']),
      ...(count(/\d\/\d filled$/) === ended ? [] : ['ends']),
    ]
  }

  test('whatever becomes of it, every signal, copy, doubt and end is told once', () => {
    day = createDay()
    fc.assert(
      fc.property(anySession, (signals) => {
        day.close()
        expect(faultsOf(signals, (lines) => lines)).toEqual([])
      }),
      { numRuns: 15 },
    )
  })

  test('(control) a line that is missing, or told twice, is found', () => {
    day = createDay()
    day.close()
    expect(faultsOf([['filled', 'skip']], (lines) => lines.slice(0, -1))).toEqual(['ends'])
    expect(faultsOf([['filled', 'skip']], (lines) => [...lines, ...lines.slice(1, 2)])).toEqual([
      'copies',
    ])
  })
})
