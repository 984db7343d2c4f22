// A session of the real engine against the simulated broker, seen from its console, log and record: what
// they tell is what the broker knows, and none of them tells a secret.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createReport, type Report } from '../../src/report/report.ts'
import { parseRecord, summarize } from '../../src/report/summary.ts'
import { defaultAccounts } from '../../src/simulator/default-accounts.ts'
import { fault } from '../../src/simulator/faults.ts'
import { clock, createCopier, followerCode, positionOf, trade, until } from '../engine/copier.ts'
import { follower, MASTER } from '../ledger/scene.ts'
import { told } from './day.ts'

test('a day with a skip, a lost reply, a rejection and a flat end is told as it was', async () => {
  let report: Report | undefined
  const made = await createCopier({
    followers: 3,
    yaml: 'followers:\n  FOLLOWER_3: { rules: { symbols: { block: [SBIN] } } }\n',
    tell: (event) => report?.tell(event),
  })
  const logDir = mkdtempSync(join(tmpdir(), 'lockstep-session-'))
  let console_ = ''
  try {
    await made.start()
    report = createReport({
      clock,
      ledger: made.ledger(),
      instruments: () => null,
      out: {
        write: (text) => {
          console_ += text
        },
        isTTY: false,
        columns: () => 100,
        rows: () => 40,
        color: false,
      },
      onAlert: () => undefined,
      logDir,
      mode: 'live',
      master: { name: MASTER, label: null },
      followers: [told(1, 'Papa'), told(2), told(3)],
    })
    await until(made, 'the baseline is taken', () => made.ledger().hasBaseline(MASTER))
    const settled = () =>
      made.ledger().openAttempts(null).length === 0 &&
      made.ledger().unsentIntents(null).length === 0
    const { control } = made.simulator
    control.addFault({
      fault: fault.reset('after'),
      clientCode: followerCode(1),
      route: 'place',
      nth: 1,
    })
    control.rejectNext({ clientCode: followerCode(2), texts: ['RMS: margin exceeds'] })
    trade(made, 'BUY', 100)
    await until(made, 'it was copied', () => {
      const tried = control.orders({ clientCode: followerCode(2) }).length === 1
      return positionOf(made, followerCode(1)) === '100' && tried && settled()
    })
    trade(made, 'SELL', 100)
    await until(made, 'it is flat', () => positionOf(made, followerCode(1)) === '0' && settled())
    await report.end()

    const texts = new Map(
      readdirSync(logDir).map((name) => [name, readFileSync(join(logDir, name), 'utf8')]),
    )
    const [recordName = ''] = [...texts.keys()].filter((name) => name.endsWith('.json'))
    const record = parseRecord(texts.get(recordName) ?? '')
    expect(record.summary).toMatchObject({
      signals: 2,
      copied: 2,
      placed: 2,
      failed: 1,
      unknown: 0,
      owed: 0,
      followers: {
        FOLLOWER_1: { signals: 2, copied: 2, placed: 2, failed: 0, skipped: 0 },
        FOLLOWER_2: { signals: 2, placed: 0, failed: 1 },
        FOLLOWER_3: { signals: 2, copied: 0, placed: 0, failed: 0, skipped: 2 },
      },
    })
    const recordedOrders = record.orders
      .flatMap(({ decisions }) => decisions.flatMap(({ intents }) => intents))
      .flatMap(({ attempts }) => attempts.flatMap(({ orderId }) => orderId ?? []))
    const atBroker = [1, 2, 3].flatMap((number) =>
      control.orders({ clientCode: followerCode(number) }).map(({ orderId }) => orderId),
    )
    expect(recordedOrders.toSorted()).toEqual(atBroker.toSorted())
    const [review] = summarize([record])
    const papa = review?.followers.find(({ name }) => name === follower(1))
    expect(papa?.latency.inAll?.count).toBe(2)

    // Which follower is first, whether the doubt was told before its order was found, and whether a reading
    // failed on the way, is chance.
    const lines = console_
      .trimEnd()
      .split('\n')
      .filter((line) => / SIGNAL |^ {2}/.test(line) && !line.includes('UNKNOWN'))
      .map((line) => line.replace(/accepted .*? (ms|s) /, 'accepted … ').replace(/@[\d.]+/, '@…'))
    const second = lines.findIndex((line) => line.includes('SIGNAL #2'))
    expect(lines[0]).toMatch(/^\d\d:\d\d:\d\d SIGNAL #1 BUY 100 SBIN-EQ INTRADAY @…$/)
    expect(lines.slice(1, second - 1).toSorted()).toEqual([
      '  FOLLOWER_1 Papa  COPY 100 (×1)  accepted …  filled 100 @… (+0.00)',
      '  FOLLOWER_2  COPY 100 (×1)  accepted …  REJECTED RMS: margin exceeds',
      '  FOLLOWER_3  SKIP symbolBlocked: SBIN-EQ by "SBIN"',
    ])
    expect(lines[second - 1]).toBe('  1/3 filled')
    expect(lines[second]).toMatch(/^\d\d:\d\d:\d\d SIGNAL #2 SELL 100 SBIN-EQ INTRADAY @… {2}exit$/)
    expect(lines.slice(second + 1, -1).toSorted()).toEqual([
      '  FOLLOWER_1 Papa  COPY 100 (exit)  accepted …  filled 100 @… (+0.00)',
      '  FOLLOWER_2  COPY 0 (exit)  nothing left to close',
      '  FOLLOWER_3  SKIP nothingCopied: nothing of this position was copied',
    ])
    expect(lines.at(-1)).toBe('  1/3 filled')

    const everything = [console_, ...texts.values()].join('\n')
    for (const { clientCode, apiKey, totpSecret } of defaultAccounts(3))
      for (const secret of [clientCode, apiKey, totpSecret])
        expect(everything).not.toContain(secret)
    expect(everything).not.toMatch(/eyJ[\w-]{6,}/)
  } finally {
    await made.close()
    rmSync(logDir, { recursive: true, force: true })
  }
})
