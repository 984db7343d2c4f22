// What wants an alert and is no event: a master whose book can't be read, a login that was refused, a broker
// that shows less than is held, the end of the day. Looks at what the ledger keeps, every few seconds, and
// tells each once when it has lasted, and once more when it lasts on. Pure but for what it remembers.
import type { Alert } from '../domain/alert.ts'
import { type Calendar, marketState } from '../domain/calendar.ts'
import type { AccountName } from '../domain/ids.ts'
import type { Exchange } from '../domain/instrument.ts'
import { isShortOf } from '../domain/lane.ts'
import { formatDecimal } from '../domain/numbers.ts'
import { type Ailment, ailmentsOf } from '../domain/pulse.ts'
import {
  dayOf,
  formatDuration,
  HOUR,
  type Instant,
  MINUTE,
  SECOND,
  type TradingDay,
} from '../domain/time.ts'
import type { LedgerView } from '../ports.ts'
import { cleanText } from './free-text.ts'
import { symbolOf } from './lines.ts'

export interface AlertWatch {
  look(now: Instant): readonly Alert[]
  /** Whether the master is read, or no exchange is open. */
  isWell(now: Instant): boolean
}

interface Deps {
  readonly ledger: Pick<LedgerView, 'pulse' | 'drift' | 'signals'>
  readonly calendar: Calendar
  readonly master: AccountName
  /** What the day came to until now. */
  readonly summary: () => string
}

/** A reading of the master this old is no blip. */
const BLIND_AFTER_MS = 15 * SECOND
/** What is not seen to have begun has to last as long before it is told. */
const LASTS_MS = 15 * SECOND
/** Positions are compared twice a minute: two of those. */
const DRIFT_LASTS_MS = MINUTE
const TOLD_AGAIN_AFTER_MS = HOUR
/** Fills and details of the last minute are in by then, and it is still the same day. */
const SUMMARY_AFTER_MS = 2 * MINUTE

interface Trouble {
  readonly key: string
  readonly lastsMs: number
  readonly alert: Omit<Alert, 'at'>
}

export function createAlertWatch({ ledger, calendar, master, summary }: Deps): AlertWatch {
  const seen = new Map<string, { readonly since: Instant; toldAt: Instant | null }>()
  let watchedOn: TradingDay | null = null
  let toldOn: TradingDay | null = null
  let closedAt: Instant | null = null
  let endingSeenAt = Number.NEGATIVE_INFINITY

  function look(now: Instant): readonly Alert[] {
    const troubles = [...ailing(now), ...drifting()]
    const alerts = troubles.filter((each) => isDue(each, now)).map(({ alert }) => alert)
    const keys = new Set(troubles.map(({ key }) => key))
    for (const key of [...seen.keys()]) if (!keys.has(key)) seen.delete(key)
    return [...alerts, ...ending(now)].map((alert) => ({ ...alert, at: now }))
  }

  function isDue({ key, lastsMs }: Trouble, now: Instant): boolean {
    const known = seen.get(key) ?? { since: now, toldAt: null }
    seen.set(key, known)
    const isNew = known.toldAt === null && now - known.since >= lastsMs
    const lastsOn = known.toldAt !== null && now - known.toldAt >= TOLD_AGAIN_AFTER_MS
    if (isNew || lastsOn) known.toldAt = now
    return isNew || lastsOn
  }

  const isOpenOn = (exchange: Exchange, now: Instant): boolean =>
    marketState(exchange, now, calendar).kind === 'open'
  const isOpen = (now: Instant): boolean => isOpenOn('NSE', now) || isOpenOn('MCX', now)

  function ailing(now: Instant): readonly Trouble[] {
    return ledger.pulse().accounts.flatMap((pulse) => {
      const { account } = pulse
      const ailments = ailmentsOf(pulse, now, {
        isPolled: account === master,
        patienceMs: BLIND_AFTER_MS,
      })
      // At night sessions are gone and brokers at work on themselves: only what wants a hand is told then.
      const wanted = ailments.filter(({ kind }) => kind === 'stopped' || isOpen(now))
      return wanted.flatMap((ailment) => troubleOf(account, ailment, account === master))
    })
  }

  function drifting(): readonly Trouble[] {
    return ledger.drift().flatMap(({ lane, held, shown }) => {
      if (shown === null || !isShortOf(held, shown)) return []
      const what = `${symbolOf(lane.instrument)} ${lane.product}`
      const text = `DRIFT ${lane.follower}  ${what}: holds ${formatDecimal(held)}, the broker shows ${formatDecimal(shown)}`
      const alert = { kind: 'drift', account: lane.follower, text } as const
      return [{ key: text, lastsMs: DRIFT_LASTS_MS, alert }]
    })
  }

  /** Once a day on which the market was watched, when every exchange that was copied on has closed. */
  function ending(now: Instant): readonly Omit<Alert, 'at'>[] {
    const day = dayOf(now)
    if (isOpenOn('NSE', now)) watchedOn = day
    if (watchedOn !== day || toldOn === day || now - endingSeenAt < MINUTE) return []
    endingSeenAt = now
    const copiedOn = new Set(['NSE' as const, ...ledger.signals(day).map((each) => each.exchange)])
    if ([...copiedOn].some((exchange) => isOpenOn(exchange, now))) {
      closedAt = null
      return []
    }
    closedAt ??= now
    if (now - closedAt < SUMMARY_AFTER_MS) return []
    toldOn = day
    return [{ kind: 'summary', account: null, text: summary() }]
  }

  function isWell(now: Instant): boolean {
    if (!isOpen(now)) return true
    const pulse = ledger.pulse().accounts.find(({ account }) => account === master)
    if (pulse === undefined) return false
    const ailments = ailmentsOf(pulse, now, { isPolled: true, patienceMs: MINUTE })
    return ailments.every(({ kind }) => kind === 'streamDown')
  }

  return { look, isWell }
}

function troubleOf(account: AccountName, ailment: Ailment, isMaster: boolean): readonly Trouble[] {
  switch (ailment.kind) {
    case 'stopped': {
      const text = `LOGIN FAILED ${account}  ${cleanText(ailment.why)}: ${cleanText(ailment.remedy)}`
      return [{ key: text, lastsMs: 0, alert: { kind: 'loginFailed', account, text } }]
    }
    case 'unverified':
    case 'loggedOut': {
      const what = ailment.kind === 'unverified' ? 'NOT VERIFIED' : 'LOGGED OUT'
      const text = `${what} ${account}  ${cleanText(ailment.why)}`
      return [
        { key: `${account}/out`, lastsMs: LASTS_MS, alert: { kind: 'loginFailed', account, text } },
      ]
    }
    case 'unread': {
      const whose = isMaster ? 'NOTHING IS COPIED meanwhile' : 'its exits can be late'
      const text = `NO GOOD READING ${account}  of its ${ailment.what} for ${formatDuration(ailment.forMs)} (${ailment.why ?? 'none came'}); ${whose}`
      const key = `${account}/unread/${ailment.what}`
      return [{ key, lastsMs: 0, alert: { kind: 'blind', account, text } }]
    }
    case 'streamDown':
      // It costs seconds, never an order: the console tells it.
      return []
  }
}
