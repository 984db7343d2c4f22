// The session's log: its names, its exact texts, its file, and that no secret gets into it.
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { units } from '../../src/domain/numbers.ts'
import { Secret } from '../../src/domain/secret.ts'
import type { EngineEvent } from '../../src/ports.ts'
import { createLogFile } from '../../src/report/log-file.ts'
import { createSessionLog } from '../../src/report/session-log.ts'
import { entry, follower, LOT, laneOf, MASTER, skip } from '../ledger/scene.ts'
import { createDay, type Day, intentsIn } from './day.ts'

let day: Day
let folder: string
beforeEach(() => {
  day = createDay()
  folder = mkdtempSync(join(tmpdir(), 'lockstep-log-'))
})
afterEach(() => {
  day.close()
  rmSync(folder, { recursive: true, force: true })
})

const silent = () => undefined

async function logged(events: readonly EngineEvent[]): Promise<Record<string, unknown>[]> {
  const path = join(folder, 'logs', 'session.jsonl')
  const log = createSessionLog({ path, session: 'S', mode: 'live', onTrouble: silent })
  for (const event of events) log.tell(event, day.clock.now())
  await log.close()
  expect(statSync(path).mode & 0o777).toBe(0o600)
  return readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
}

function busyDay(): void {
  day.signal('a', (signal) => [
    entry(laneOf(1), signal, LOT, [day.nextTag(), day.nextTag(), day.nextTag(), day.nextTag()]),
    skip(laneOf(2)),
  ])
  const [first, second, third, fourth] = intentsIn(day.events)
  if (!first || !second || !third || !fourth) throw new Error('four intents')
  const attempt = day.send(first)
  day.accept(attempt)
  day.fill(attempt, 65, '101.45')
  const outcome = { cause: 'funds', text: 'Insufficient funds', evidence: 'AB4036' } as const
  day.hear(day.send(second), { kind: 'answered', outcome: { kind: 'rejected', ...outcome } })
  day.hear(day.send(third), {
    kind: 'answered',
    outcome: { kind: 'unknown', likely: null, evidence: 'no answer in 7 s' },
  })
  day.deny(fourth, { kind: 'pausedAfterRejections', rejections: 3 })
  const lane = laneOf(1)
  day.tell({ kind: 'asked', attempt, what: 'cancel', outcome: 'accepted' })
  day.tell({ kind: 'owed', lane, quantity: LOT, why: 'rejected' })
  day.tell({ kind: 'heldLowered', lane, by: LOT, shown: units(0) })
  day.tell({ kind: 'alarm', account: follower(1), text: 'an order turned up' })
  day.tell({
    kind: 'readFailed',
    account: MASTER,
    what: 'orders',
    why: 'network',
    evidence: 'ECONNRESET',
  })
  day.tell({ kind: 'readAgain', account: MASTER, what: 'orders', failures: 6, afterMs: 18_000 })
  day.tell({ kind: 'watching', account: MASTER, holds: 2 })
  day.tell({ kind: 'streamUp', account: MASTER, afterMs: null })
  day.tell({ kind: 'streamDown', account: MASTER, why: 'closed with 1006', lasting: false })
}

describe('what is written', () => {
  test('has a name for everything that happens, in order', async () => {
    busyDay()
    const lines = await logged(day.events)
    expect(lines.map(({ event }) => event)).toEqual([
      'signal',
      'decision',
      'decision',
      'intent.sent',
      'intent.accepted',
      'intent.filled',
      'intent.sent',
      'intent.rejected',
      'intent.sent',
      'intent.unknown',
      'intent.denied',
      'follower.paused',
      'intent.cancelAsked',
      'exit.owed',
      'held.lowered',
      'alarm',
      'reading.failed',
      'reading.again',
      'master.watched',
      'stream.up',
      'stream.down',
    ])
    expect(lines[5]).toEqual({
      level: 'info',
      time: '2026-11-20T10:30:45.000+05:30',
      session: 'S',
      mode: 'live',
      event: 'intent.filled',
      signal: 1,
      intent: 1,
      role: 'entry',
      side: 'BUY',
      follower: 'FOLLOWER_1',
      followerMode: 'live',
      instrument: 'NFO:NIFTY24NOV26C25000',
      product: 'INTRADAY',
      attempt: 1,
      tag: intentsIn(day.events)[0]?.tag,
      quantity: '65',
      pricing: { kind: 'limit', price: '104.20' },
      verdict: 'changed',
      orderId: lines[5]?.orderId,
      filled: '65',
      averagePrice: '101.45',
      text: '',
    })
    expect(lines[2]).toMatchObject({
      decision: 'skip',
      reason: { kind: 'lessThanOneLot', text: 'lessThanOneLot: 130 × 0.3 = 39 < 65' },
    })
  })

  test('holds no secret, wherever one was hidden in what was told', async () => {
    busyDay()
    const canary = 'JBSWY3DPEHPK3PXPCANARY'
    const account = { pin: new Secret(canary), apiKey: canary, headers: { 'X-PrivateKey': canary } }
    const tainted = day.events.map((event) => ({
      ...event,
      account_: account,
      ...hideIn(event, account),
    }))
    tainted.push({
      kind: 'alarm',
      account: follower(1),
      text: `refused: Bearer ${canary}`,
    } as never)
    const text = JSON.stringify(await logged(tainted as unknown as readonly EngineEvent[]))
    expect(text).not.toContain(canary)
    expect(text).toContain('refused: Bearer ***')
  })

  test('(control) a canary in a field that is written would be found', async () => {
    const canary = 'JBSWY3DPEHPK3PXPCANARY'
    const lines = await logged([{ kind: 'alarm', account: follower(1), text: canary }])
    expect(JSON.stringify(lines)).toContain(canary)
  })
})

/** The same account again, deeper: where an order or a signal might carry it along. */
function hideIn(event: EngineEvent, account: object): object {
  if ('signal' in event) return { signal: { ...event.signal, credentials: account } }
  if ('attempt' in event) return { attempt: { ...event.attempt, account } }
  return {}
}

describe('the file', () => {
  const lostLine = (count: number) => `lost ${count}\n`
  const path = () => join(folder, 'session.jsonl')
  const content = () => readFileSync(path(), 'utf8')

  test('is set aside when it is full, and the oldest goes', async () => {
    const file = createLogFile({
      path: path(),
      onTrouble: silent,
      lostLine,
      mostBytes: 20,
      kept: 2,
    })
    for (let index = 1; index <= 5; index++) {
      file.write(`line number ${index}\n`)
      await file.flush()
    }
    await file.close()
    expect(readdirSync(folder).sort()).toEqual([
      'session.3.jsonl',
      'session.4.jsonl',
      'session.jsonl',
    ])
    expect(content()).toBe('line number 5\n')
  })

  test('that cannot be written keeps what it can, says so once, and goes on when it can again', async () => {
    const troubles: string[] = []
    const blocked = join(folder, 'blocked')
    writeFileSync(blocked, 'a file where the folder should be')
    const file = createLogFile({
      path: join(blocked, 'session.jsonl'),
      onTrouble: (why) => troubles.push(why),
      lostLine,
      mostWaiting: 10,
    })
    file.write('first\n')
    await file.flush()
    file.write('second\n')
    await file.flush()
    rmSync(blocked)
    await file.flush()
    await file.close()
    expect(troubles).toHaveLength(1)
    expect(readFileSync(join(blocked, 'session.jsonl'), 'utf8')).toBe('first\nlost 1\n')
  })

  test('comes back when its folder was taken away', async () => {
    const file = createLogFile({
      path: join(folder, 'logs', 'session.jsonl'),
      onTrouble: silent,
      lostLine,
    })
    file.write('first\n')
    await file.flush()
    rmSync(join(folder, 'logs'), { recursive: true })
    file.write('second\n')
    await file.close()
    expect(readFileSync(join(folder, 'logs', 'session.jsonl'), 'utf8')).toBe('second\n')
  })
})
