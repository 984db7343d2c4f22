// What wants an alert and is no event: each told once when it has lasted, once more each hour, and not at
// night, when sessions are gone and brokers at work on themselves.
import { expect, it } from 'vitest'
import { type Calendar, NO_OVERRIDES } from '../../src/domain/calendar.ts'
import { CALENDAR_TABLE } from '../../src/domain/calendar-data.ts'
import { accountName, MASTER } from '../../src/domain/ids.ts'
import type { Exchange } from '../../src/domain/instrument.ts'
import { units } from '../../src/domain/numbers.ts'
import type { AccountPulse } from '../../src/domain/pulse.ts'
import type { RecordedSignal } from '../../src/domain/signal.ts'
import { after, type Instant, instant, MINUTE, SECOND } from '../../src/domain/time.ts'
import type { Drift } from '../../src/ports.ts'
import { createAlertWatch } from '../../src/report/alert-watch.ts'
import { laneOf } from '../ledger/scene.ts'
import { createDay } from './day.ts'

const FIRST = accountName('FOLLOWER_1')
const at = (time: string): Instant => instant(Date.parse(`2026-12-01T${time}+05:30`))
const MORNING = at('10:00:00')
const CALENDAR: Calendar = { table: CALENDAR_TABLE, overrides: NO_OVERRIDES }

const well = (account: AccountPulse['account'], goodAt: Instant): AccountPulse => ({
  account,
  session: { kind: 'open', since: at('08:45:00'), until: at('23:59:59') },
  stream: { kind: 'none' },
  orders: { goodAt, failing: null },
  positions: null,
  quotes: null,
  funds: null,
  seenFunds: null,
})

function stand() {
  let accounts: readonly AccountPulse[] = []
  let drifts: readonly Drift[] = []
  let signals: readonly RecordedSignal[] = []
  const watch = createAlertWatch({
    ledger: {
      pulse: () => ({ accounts, prices: new Map() }),
      drift: () => drifts,
      signals: () => signals,
    },
    calendar: CALENDAR,
    master: MASTER,
    summary: () => '3 signals, 3 copied',
  })
  return {
    watch,
    accountsAre: (...all: readonly AccountPulse[]) => {
      accounts = all
    },
    copiedOn: (exchange: Exchange) => {
      signals = [recordedOn(exchange)]
    },
    driftsAre: (...all: readonly Drift[]) => {
      drifts = all
    },
    kinds: (now: Instant) => watch.look(now).map(({ kind, account }) => `${kind} ${account}`),
  }
}

const recordedOn = (exchange: Exchange): RecordedSignal => {
  const day = createDay()
  const signal = day.signal('a', () => [])
  day.close()
  return { ...signal, exchange }
}

it('a master that was not read for 15 seconds, once, and each hour while it lasts', () => {
  const { watch, accountsAre, kinds } = stand()
  accountsAre(well(MASTER, MORNING))
  expect(kinds(after(MORNING, 15 * SECOND))).toEqual([])
  const [told] = watch.look(after(MORNING, 16 * SECOND))
  expect(told?.text).toBe(
    'NO GOOD READING MASTER  of its orders for 16 s (none came); NOTHING IS COPIED meanwhile',
  )
  expect(kinds(after(MORNING, 30 * SECOND))).toEqual([])
  expect(kinds(after(MORNING, 61 * MINUTE))).toEqual(['blind MASTER'])
  accountsAre(well(MASTER, after(MORNING, 62 * MINUTE)))
  expect(kinds(after(MORNING, 62 * MINUTE))).toEqual([])
  expect(kinds(after(MORNING, 63 * MINUTE))).toEqual(['blind MASTER'])
})

it('at night a master that is not read is no news, but a refused login is', () => {
  const { accountsAre, kinds } = stand()
  const night = at('02:00:00')
  accountsAre(
    {
      ...well(MASTER, at('00:00:00')),
      session: { kind: 'closed', why: 'sessions end at midnight' },
    },
    {
      ...well(FIRST, at('00:00:00')),
      session: { kind: 'stopped', why: 'the PIN was refused', remedy: 'correct it' },
    },
  )
  expect(kinds(night)).toEqual(['loginFailed FOLLOWER_1'])
})

it('a session that is gone for a moment is none, one that stays gone is', () => {
  const { accountsAre, kinds } = stand()
  accountsAre(well(MASTER, MORNING), {
    ...well(FIRST, MORNING),
    session: { kind: 'closed', why: 'the broker ended the session' },
  })
  expect(kinds(MORNING)).toEqual([])
  expect(kinds(after(MORNING, 15 * SECOND))).toContain('loginFailed FOLLOWER_1')
})

it('less at the broker than is held, when it lasts a minute', () => {
  const { driftsAre, kinds } = stand()
  const drift: Drift = {
    lane: laneOf(1),
    copied: units(65),
    wanted: units(65),
    held: units(65),
    shown: units(0),
    shownAt: MORNING,
  }
  driftsAre(drift, { ...drift, lane: laneOf(2), shown: units(130) })
  expect(kinds(MORNING)).toEqual([])
  expect(kinds(after(MORNING, MINUTE))).toEqual(['drift FOLLOWER_1'])
})

it('the day, once, when every exchange that was copied on has closed', () => {
  const { kinds } = stand()
  expect(kinds(at('10:00:00'))).toEqual([])
  expect(kinds(at('15:40:00'))).toEqual([])
  expect(kinds(at('15:42:00'))).toEqual(['summary null'])
  expect(kinds(at('15:50:00'))).toEqual([])
  const late = stand()
  expect([late.kinds(at('15:50:00')), late.kinds(at('16:00:00'))]).toEqual([[], []])
})

it('a day with commodities ends with them, on the same day', () => {
  const { kinds, copiedOn } = stand()
  copiedOn('MCX')
  expect(kinds(at('10:00:00'))).toEqual([])
  expect([kinds(at('15:45:00')), kinds(at('23:54:00'))]).toEqual([[], []])
  expect([kinds(at('23:55:30')), kinds(at('23:57:30'))]).toEqual([[], ['summary null']])
})

it('is well while the master is read, or nothing is open', () => {
  const { watch, accountsAre } = stand()
  expect([watch.isWell(MORNING), watch.isWell(at('02:00:00'))]).toEqual([false, true])
  accountsAre(well(MASTER, MORNING))
  expect(watch.isWell(after(MORNING, 59 * SECOND))).toBe(true)
  expect(watch.isWell(after(MORNING, 61 * SECOND))).toBe(false)
})
