// What `lockstep validate` tells of a ledger: each state of it once, on a real file.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { instrumentId } from '../../src/domain/ids.ts'
import { units } from '../../src/domain/numbers.ts'
import type { Command } from '../../src/domain/steering.ts'
import type { Ledger } from '../../src/ports.ts'
import { followerCode } from '../../src/simulator/default-accounts.ts'
import { accountsOf } from '../config/folder.ts'
import {
  accepted,
  entry,
  follower,
  LOT,
  laneOf,
  ownReport,
  reportOf,
  seededChance,
  signalOf,
  tagMaker,
} from '../ledger/scene.ts'
import { linesOf, makePlace, type Place, startBroker } from './inspected.ts'

const look = async (place: Place) => {
  const { out, exitCode } = await place.validate({ env: accountsOf(1) }, '--offline')
  return { out, exitCode }
}

/** One entry of a lot for that follower, under way. */
function enter(ledger: Ledger, number: number, place: Place) {
  const now = place.clock.now()
  const tag = tagMaker(ledger.engine, seededChance(number))
  const [order] = ledger.seeMasterOrders([reportOf(`${number}`)], now)
  if (!order) throw new Error('the order was seen')
  const signal = signalOf(order)
  const decision = entry(laneOf(number), signal, LOT, [tag()])
  const sendNow = decision.intents.map((intent) => intent.tag)
  const [plan] = ledger.record([{ signal, decisions: [decision], sendNow }], now)
  const attempt = plan?.attempts[0]
  if (!attempt) throw new Error('the order was to be sent')
  return {
    rest: () => ledger.recordEvent(attempt.id, accepted(attempt.tag), now),
    fill: () =>
      ledger.recordEvent(attempt.id, { kind: 'reported', report: ownReport(attempt.tag) }, now),
  }
}

const CASES: readonly (readonly [string, (ledger: Ledger, place: Place) => void, string])[] = [
  [
    'live held',
    (ledger, place) => void enter(ledger, 1, place).fill(),
    'green live held FOLLOWER_1 65 NFO:NIFTY24NOV26C25000 INTRADAY',
  ],
  [
    'live held',
    (ledger, place) => void enter(ledger, 7, place).fill(),
    "red live held FOLLOWER_7 65 NFO:NIFTY24NOV26C25000 INTRADAY, and is not set up any more: its exits can't be copied\n→ set FOLLOWER_7 up again, or close the position and dismiss it",
  ],
  [
    'live owed',
    (ledger, place) => {
      enter(ledger, 1, place).fill()
      const [order] = ledger.seeMasterOrders([reportOf('out', { side: 'SELL' })], place.clock.now())
      if (!order) throw new Error('the order was seen')
      const signal = signalOf(order, { effect: 'exit' })
      const decision = {
        kind: 'exit',
        lane: laneOf(1),
        covers: units(-130),
        copiedBefore: units(130),
        copiedAfter: units(0),
        entitlement: { over: 0n, under: 1n },
        allowances: [],
      } as const
      ledger.record([{ signal, decisions: [decision] }], place.clock.now())
    },
    'red live owed an exit is owed: FOLLOWER_1 65 NFO:NIFTY24NOV26C25000 INTRADAY\n→ lockstep status shows what can be done: flatten or dismiss it',
  ],
  [
    'live resting',
    (ledger, place) => void enter(ledger, 1, place).rest(),
    'amber live resting FOLLOWER_1 BUY 65 NFO:NIFTY24NOV26C25000\n→ they are followed to their end when the engine starts',
  ],
  [
    'live unknown',
    (ledger, place) => void enter(ledger, 1, place),
    "amber live unknown FOLLOWER_1 BUY 65 NFO:NIFTY24NOV26C25000\n→ they are looked up by their tags before anything else is sent; compare with the broker's own order book",
  ],
  [
    'live steering',
    steered({ kind: 'halt' }),
    'amber live steering halted: nothing is sent, exits included\n→ lockstep resume',
  ],
  [
    'live steering',
    steered({ kind: 'pause', follower: null }),
    'amber live steering everybody is paused: no entries\n→ lockstep resume',
  ],
  [
    'live steering',
    steered({ kind: 'pause', follower: follower(1) }),
    'amber live steering paused: FOLLOWER_1\n→ lockstep resume FOLLOWER',
  ],
]

function steered(command: Command) {
  return (ledger: Ledger, place: Place) => void ledger.steer(command, 'command', place.clock.now())
}

describe('lockstep validate', () => {
  it.each(CASES)('tells %s: %o', async (name, make, lines) => {
    const place = makePlace()
    const ledger = place.openLedger()
    make(ledger, place)
    ledger.close()
    const { out, exitCode } = await look(place)
    expect(linesOf(out, name)).toBe(lines)
    expect(linesOf(out, 'live ledger')).toContain('green')
    expect(exitCode).toBe(lines.startsWith('red') ? 1 : 0)
  })

  it.each([
    ['2026-12-01', 'green backup the newest in the data folder is of 2026-12-01'],
    [
      '2026-11-20',
      'amber backup the newest in the data folder is of 2026-11-20\n→ copy the data folder to another machine in the evening, with the engine stopped',
    ],
    [
      null,
      'amber backup none in the data folder\n→ copy the data folder to another machine in the evening, with the engine stopped',
    ],
  ])('tells the age of the newest backup: %s', async (day, lines) => {
    const place = makePlace()
    const ledger = place.openLedger()
    enter(ledger, 1, place).fill()
    ledger.backup(join(place.cwd, 'data/backup/lockstep-paper-20261201_153500.db'))
    ledger.backup(join(place.cwd, 'data/backup/lockstep-20261101_153500-schema-1.db'))
    if (day !== null) ledger.backup(join(place.cwd, `data/backup/lockstep-${day}.db`))
    else rmSync(join(place.cwd, 'data/backup/lockstep-20261101_153500-schema-1.db'))
    ledger.close()
    expect(linesOf((await look(place)).out, 'backup')).toBe(lines)
  })

  it('sees the file that halts', async () => {
    const place = makePlace()
    mkdirSync(join(place.cwd, 'data'), { mode: 0o700 })
    writeFileSync(join(place.cwd, 'data/HALT'), '', { mode: 0o600 })
    expect(linesOf((await look(place)).out, 'halt file')).toBe(
      'amber halt file HALT in the data folder: nothing is sent, exits included\n→ remove it when you mean to go on',
    )
  })

  it.each([
    [65, 'green FOLLOWER_1 positions the broker shows what is held'],
    [130, 'green FOLLOWER_1 positions the broker shows what is held'],
    [
      0,
      'amber FOLLOWER_1 positions the broker shows less than is held: 65 NFO:SYMBOL INTRADAY held, 0 shown\n→ closed elsewhere? The next exit closes no more than the broker shows',
    ],
  ])('compares what is held with what the broker shows: %i', async (shown, lines) => {
    const place = makePlace()
    const { env, simulator } = await startBroker(place, 1)
    const symbol =
      simulator.settings.listings.find(
        ({ name, optionType }) => name === 'NIFTY' && optionType === 'CE',
      )?.symbol ?? ''
    const ledger = place.openLedger()
    const lane = laneOf(1, instrumentId('NFO', symbol))
    const adopted = { lane, kind: 'adopted', change: LOT, evidence: 'a test' } as const
    ledger.adjust(adopted, place.clock.now())
    ledger.close()
    if (shown > 0)
      simulator.control.trade({
        clientCode: followerCode(1),
        exchange: 'NFO',
        symbol,
        side: 'BUY',
        quantity: shown,
        product: 'INTRADAY',
      })
    const { out } = await place.validate({ env })
    expect(linesOf(out, 'FOLLOWER_1 positions').replace(symbol, 'SYMBOL')).toBe(lines)
  })

  it('finds a ledger that is none', async () => {
    const place = makePlace()
    place.openLedger('paper').close()
    writeFileSync(join(place.cwd, 'data/lockstep.db'), 'some text, no ledger\n'.repeat(500))
    const { out, exitCode } = await look(place)
    expect(linesOf(out, 'live ledger')).toContain(
      'red live ledger here/data/lockstep.db: file is not',
    )
    expect(linesOf(out, 'paper ledger')).toContain('green paper ledger engine')
    expect(exitCode).toBe(1)
  })

  it('finds what does not follow from the facts', async () => {
    const place = makePlace()
    const ledger = place.openLedger()
    enter(ledger, 1, place).fill()
    ledger.close()
    const db = new Database(join(place.cwd, 'data/lockstep.db'))
    db.exec('UPDATE lane_state SET held = held * 2')
    db.close()
    const { env } = await startBroker(place, 1)
    const { out, exitCode } = await place.validate({ env })
    expect(linesOf(out, 'live ledger')).toMatch(
      /^red live ledger \d+ things in it do not follow from its facts, such as lane_state .*\n→ keep the file, put the newest one of the backup folder in its place, and compare positions$/,
    )
    expect(exitCode).toBe(1)
  })
})
