// The door of the room: what it is told reaches the console, and whatever fails behind it costs a line and
// never an order.
import { afterEach, describe, expect, test } from 'vitest'
import type { EngineEvent } from '../../src/ports.ts'
import {
  createReport,
  type Output,
  type Report,
  type ReportParts,
} from '../../src/report/report.ts'
import { follower, laneOf, MASTER, skip } from '../ledger/scene.ts'
import { createDay, type Day, told } from './day.ts'

let day: Day
afterEach(() => day.close())

interface Terminal {
  readonly out: Output
  readonly text: () => string
}

function terminal(change: Partial<Output> = {}): Terminal {
  let text = ''
  return {
    text: () => text,
    out: {
      write: (more) => {
        text += more
      },
      isTTY: false,
      columns: () => 100,
      rows: () => 40,
      color: false,
      ...change,
    },
  }
}

function reporting(out: Output, change: Partial<ReportParts> = {}): Report {
  let report: Report | undefined
  day = createDay((event) => report?.tell(event))
  report = createReport({
    clock: day.clock,
    ledger: day.ledger,
    instruments: () => null,
    out,
    logDir: `${day.folder}/logs`,
    mode: 'live',
    master: { name: MASTER, label: null },
    followers: [told(1)],
    ...change,
  })
  return report
}

const alarm = (text: string): EngineEvent => ({ kind: 'alarm', account: follower(1), text })

describe('telling', () => {
  test('happens after the engine has gone on, in order', async () => {
    const { out, text } = terminal()
    const report = reporting(out)
    day.signal('a', () => [skip(laneOf(1))])
    expect(text()).toBe('')
    await report.end()
    expect(text()).toBe(
      [
        '10:30:45 SIGNAL #1 BUY 130 NIFTY24NOV26C25000 INTRADAY @101.20',
        '  FOLLOWER_1  SKIP lessThanOneLot: 130 × 0.3 = 39 < 65',
        '  0/1 filled',
        '',
      ].join('\n'),
    )
  })

  test('puts colours on what wants the trader, and none when they are not wanted', async () => {
    const colored = terminal({ color: true })
    const report = reporting(colored.out)
    report.tell(alarm('a frame cannot be read'))
    await report.end()
    day.close()
    expect(colored.text()).toBe(
      '\u001b[1;31m10:30:45 ALARM FOLLOWER_1  a frame cannot be read\u001b[0m\n',
    )
    const plain = terminal()
    const other = reporting(plain.out)
    other.tell(alarm('a frame cannot be read'))
    await other.end()
    expect(plain.text()).not.toContain('\u001b')
  })

  test('never throws, whatever the ledger or the terminal does', async () => {
    const broken = terminal({
      write: () => {
        throw new Error('EPIPE')
      },
    })
    const report = reporting(broken.out)
    report.tell(alarm('nobody hears this'))
    report.say('nor this')
    day.ledger.close()
    report.tell({ kind: 'signal', signal: {} } as EngineEvent)
    await expect(report.end()).resolves.toBeUndefined()
  })

  test('counts what came too fast, and keeps no more than it can', async () => {
    const { out, text } = terminal()
    const report = reporting(out)
    for (let index = 0; index < 10_007; index++) report.tell(alarm(`number ${index % 3}`))
    await report.end()
    expect(text()).toContain('7 events were not told: too many at once')
  })
})
