// The door of the room: what it is told reaches the console, and whatever fails behind it costs a line and
// never an order.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, test } from 'vitest'
import { DAY } from '../../src/domain/time.ts'
import type { EngineEvent } from '../../src/ports.ts'
import {
  createReport,
  type Output,
  type Report,
  type ReportParts,
  recordWaitMs,
} from '../../src/report/report.ts'
import { parseRecord } from '../../src/report/summary.ts'
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
    onAlert: () => undefined,
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

describe('on a terminal', () => {
  test('a view stands below the lines, and nothing of it is left at the end', async () => {
    const { out, text } = terminal({ isTTY: true })
    const report = reporting(out)
    day.signal('a', () => [skip(laneOf(1))])
    const release = report.hold()
    await new Promise((resolve) => setImmediate(resolve))
    expect(text()).toBe('')
    release()
    expect(text()).toContain('LIVE 10:30:45 IST  1 signal, 0 copied')
    expect(text().indexOf('SIGNAL #1')).toBeLessThan(text().indexOf('LIVE 10:30:45'))
    await report.end()
    expect(text().endsWith('\u001b[4A\r\u001b[0J')).toBe(true)
  })

  test.each<[string, Partial<Output>]>([
    ['a pipe', { isTTY: false }],
    ['a window that is too small', { isTTY: true, rows: () => 10 }],
  ])('none stands in %s', async (_, change) => {
    const { out, text } = terminal(change)
    const report = reporting(out)
    report.hold()()
    report.tell(alarm('a frame cannot be read'))
    await report.end()
    expect(text()).toBe('10:30:45 ALARM FOLLOWER_1  a frame cannot be read\n')
  })
})

describe('the files', () => {
  const names = () => readdirSync(join(day.folder, 'logs')).sort()

  test('are named by the session, and complete at its end', async () => {
    const { out } = terminal()
    const report = reporting(out)
    day.signal('a', () => [skip(laneOf(1))])
    await report.end()
    expect(names()).toEqual(['copy_trading_20261120_103045.json', 'session-20261120_103045.jsonl'])
    const record = parseRecord(readFileSync(report.files.record, 'utf8'))
    expect(record.session.endedAt).toBe('2026-11-20T10:30:45.000+05:30')
    expect(record.summary).toMatchObject({ signals: 1, skipped: 1 })
    const events = readFileSync(report.files.log, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).event)
    expect(events).toEqual(['session.started', 'signal', 'decision', 'session.ended'])
  })

  test('of a run that lasts for days: a record for each', async () => {
    const { out } = terminal()
    const report = reporting(out)
    day.signal('a', () => [skip(laneOf(1))])
    day.pass(DAY)
    day.signal('b', () => [skip(laneOf(1))])
    await report.end()
    expect(names()).toEqual([
      'copy_trading_20261120_103045.json',
      'copy_trading_20261121_103045.json',
      'session-20261120_103045.jsonl',
    ])
    const signals = ['20261120', '20261121'].map((date) =>
      parseRecord(
        readFileSync(join(day.folder, 'logs', `copy_trading_${date}_103045.json`), 'utf8'),
      ).orders.map(({ signal }) => signal),
    )
    expect(signals).toEqual([[1], [2]])
  })

  test('that cannot be written are told once each, and the lines go on', async () => {
    const { out, text } = terminal()
    const file = fileURLToPath(import.meta.url)
    const report = reporting(out, { logDir: join(file, 'logs') })
    report.tell(alarm('a frame cannot be read'))
    await report.end()
    expect(text()).toContain('ALARM FOLLOWER_1  a frame cannot be read')
    expect(text().match(/the session record cannot be written, the copier runs on/g)).toHaveLength(
      1,
    )
    expect(text().match(/the log cannot be written, the copier runs on/g)).toHaveLength(1)
  })
})

test('the record is written a twentieth of the time, and twice a minute however long one write took', () => {
  expect([0, 49, 100, 1_400, 12_000].map(recordWaitMs)).toEqual([
    1_000, 1_000, 2_000, 28_000, 30_000,
  ])
})
