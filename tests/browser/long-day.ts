// A long day in the ledger, written before the program starts: as many signals and followers as one wants, a
// rejected order for each of both. Rejected, so that nothing is held and the engine has nothing to look up.
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { NO_QUANTITY, units } from '../../src/domain/numbers.ts'
import { after, instant, tradingDay } from '../../src/domain/time.ts'
import { openLedger } from '../../src/ledger/open.ts'
import {
  entry,
  LOT,
  laneOf,
  reportOf,
  seededChance,
  signalOf,
  still,
  tagMaker,
} from '../ledger/scene.ts'

export const LONG_DAY = tradingDay('2026-11-30')
const AT = instant(Date.parse('2026-11-30T10:30:00+05:30'))

export function writeLongDay(path: string, signals: number, followers: number): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const ledger = openLedger({
    path,
    mode: 'live',
    clock: { ...still, now: () => AT },
    chance: seededChance(1),
    command: 'a long day',
  })
  const tag = tagMaker(ledger.engine, seededChance(5))
  for (let number = 1; number <= signals; number++) {
    const at = after(AT, number * 30_000)
    const times = { exchangeTime: at, fillTime: at }
    const orders = ledger.seeMasterOrders(
      [reportOf(`${number}`, { day: LONG_DAY, symbol: symbolOf(number), ...times })],
      at,
    )
    const plans = orders
      .filter(({ signalled }) => signalled.entry === NO_QUANTITY)
      .map((order) => {
        const signal = signalOf(order, { filledAt: at, seenAt: at, quantity: units(130) })
        const decisions = Array.from({ length: followers }, (_, index) =>
          entry(laneOf(index + 1), signal, LOT, [tag()]),
        )
        const sendNow = decisions.flatMap(({ intents }) => intents.map((intent) => intent.tag))
        return { signal, decisions, sendNow }
      })
    for (const { attempts } of ledger.record(plans, at))
      for (const { id } of attempts)
        ledger.recordEvent(id, { kind: 'answered', outcome: REFUSED }, after(at, 300))
  }
  ledger.close()
}

/** The rows of the list are told apart by it. */
export const symbolOf = (signal: number): string => `NIFTY-${String(signal).padStart(3, '0')}`

const REFUSED = {
  kind: 'rejected',
  cause: 'funds',
  text: 'RMS: margin exceeds, available 0.00',
  evidence: 'AB4008',
} as const
