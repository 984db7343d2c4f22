// How everything stands now, for the page: what `lockstep status` tells, with the money. What wants a hand
// comes first there as it does here; nothing is decided and nothing is guessed.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { HALT_FILE } from '../cli/halt.ts'
import { healthOf } from '../cli/health.ts'
import { settingsOf } from '../cli/reach.ts'
import { isShownOtherwise, stateOf } from '../cli/status.ts'
import { owedName, priceSince, unknownName } from '../cli/words.ts'
import { type Calendar, marketState, NO_OVERRIDES } from '../domain/calendar.ts'
import { CALENDAR_TABLE } from '../domain/calendar-data.ts'
import { type AccountName, MASTER } from '../domain/ids.ts'
import type { Exchange } from '../domain/instrument.ts'
import { formatDecimal, type Price } from '../domain/numbers.ts'
import { ANSWER_WITHIN_MS, isUnansweredExit } from '../domain/steering.ts'
import { after, dayOf, formatInstant, type Instant, instant } from '../domain/time.ts'
import type { Windows } from '../domain/windows.ts'
import type { Drift } from '../ports.ts'
import { countOrders } from '../report/counts.ts'
import { cleanText } from '../report/free-text.ts'
import { symbolOf } from '../report/lines.ts'
import type { OrderPart } from '../report/record.ts'
import type {
  FollowerCard,
  FollowerState,
  Market,
  Overview,
  Owed,
  Question,
} from '../web/shapes/overview.ts'
import { healthText } from './health.ts'
import { labelsOf } from './orders.ts'
import { type Parts, type Prices, profitText, profitToday, sumOf } from './profit.ts'
import type { LookSite, Views } from './views.ts'

/** Derivatives keep the hours of their cash market. */
const SHOWN_EXCHANGES: readonly Exchange[] = ['NSE', 'MCX']

export function overviewOf(
  views: Views,
  site: LookSite,
  orders: readonly OrderPart[],
  windows: Windows,
): Overview {
  const { ledger, now } = site
  const day = dayOf(now)
  const health = healthOf(site)
  const prices: Prices = new Map([...health.prices].map(([id, { last }]) => [id, last]))
  const profits = new Map(
    site.followers.map((name) => [name, profitToday(ledger, name, day, prices)]),
  )
  const owed = ledger.owed()
  const owedBy = new Map<string, number>()
  for (const { lane } of owed) owedBy.set(lane.follower, (owedBy.get(lane.follower) ?? 0) + 1)
  const { followers: counts, ...all } = countOrders({
    orders,
    flattened: [],
    owed: owedBy,
    followers: site.followers,
  })
  const drift = ledger.drift().filter(isShownOtherwise)
  const lanes = ledger.lanes().filter(({ held }) => held !== 0n)
  const seen: Seen = { site, health, prices, profits, counts, windows, orders, drift, lanes }
  const { signals, copied, placed, failed, skipped, unknown, successRate } = all
  return {
    site: views.textOf(site),
    markets: marketsOf(site),
    standing: standingOf(views, site),
    master: {
      ...healthText(health, MASTER, site.config?.accounts.master?.label ?? null, isRunning(site)),
      ordersToday: ledger.masterOrders(day).length,
      signalsToday: signals,
    },
    followers: site.followers.map((name) => cardOf(seen, name)),
    totals: {
      profit: profitText(sumOf([...profits.values()])),
      ...{ signals, copied, placed, failed, skipped, unknown, successRate },
      owed: owed.length,
    },
    owed: owed.map((each) => owedRow(site, each)),
    unknown: unknownRows(site),
    questions: questionRows(site, health.prices),
    drift: driftRows(site, drift),
    kept: keptRows(site),
  }
}

const isRunning = ({ engine }: LookSite): boolean => engine !== null

function standingOf(views: Views, { ledger, dataDir }: LookSite): Overview['standing'] {
  const { halted, everybodyPaused } = ledger.steering()
  return {
    halted,
    haltFile: existsSync(join(dataDir, HALT_FILE)),
    everybodyPaused,
    settingsFaults: views.faults(),
    commandsWaiting: ledger.openSteering().length,
  }
}

function marketsOf({ config, now }: LookSite): readonly Market[] {
  const calendar: Calendar = { table: CALENDAR_TABLE, overrides: config?.calendar ?? NO_OVERRIDES }
  return SHOWN_EXCHANGES.map((exchange): Market => {
    const state = marketState(exchange, now, calendar)
    if (state.kind === 'open') {
      const until = formatInstant(state.until)
      return { exchange, isOpen: true, until, why: null, holiday: null, opensAt: null }
    }
    const { why, holiday, nextOpen } = state
    return { exchange, isOpen: false, until: null, why, holiday, opensAt: timeOf(nextOpen) }
  })
}

const timeOf = (at: Instant | null): string | null => (at === null ? null : formatInstant(at))

// --- a follower --------------------------------------------------------------------------------

interface Seen {
  readonly site: LookSite
  readonly health: ReturnType<typeof healthOf>
  readonly prices: Prices
  readonly profits: ReadonlyMap<AccountName, Parts>
  readonly counts: ReturnType<typeof countOrders>['followers']
  readonly windows: Windows
  readonly orders: readonly OrderPart[]
  readonly drift: readonly Drift[]
  readonly lanes: ReturnType<LookSite['ledger']['lanes']>
}

function cardOf(seen: Seen, name: AccountName): FollowerCard {
  const { site, health, prices, profits, counts, windows, orders, drift, lanes } = seen
  const { ledger, now, mode } = site
  const settings = settingsOf(site, name)
  const open = ledger.openAttempts(name)
  const unknown = open.filter(({ state }) => state.kind === 'unknown').length
  const parts = profits.get(name)
  return {
    ...healthText(health, name, settings?.label ?? null, isRunning(site)),
    mode: mode === 'paper' ? 'paper' : (settings?.mode ?? 'live'),
    state: STATES[stateOf(site, name, health)],
    verifiedAt: timeOf(ledger.verifiedAt(name)),
    profit: profitText(parts ?? sumOf([])),
    held: lanes
      .filter(({ follower }) => follower === name)
      .map(({ instrument, product, held }) => ({
        instrument,
        symbol: symbolOf(instrument),
        product,
        quantity: formatDecimal(held),
        lastPrice: priceText(prices, instrument),
      })),
    inFlight: open.length - unknown,
    unknown,
    owed: counts[name]?.owed ?? 0,
    drift: drift.filter(({ lane }) => lane.follower === name).length,
    writesLeft: windows.map(({ lengthMs, most }) => ({
      windowMs: lengthMs,
      most,
      left: Math.max(0, most - ledger.writes(name, instant(now - lengthMs)).length),
    })),
    placedToday: counts[name]?.placed ?? 0,
    failedToday: counts[name]?.failed ?? 0,
    skippedToday: counts[name]?.skipped ?? 0,
    lastCopyAt: lastCopyAt(orders, name),
  }
}

const STATES: Readonly<Record<ReturnType<typeof stateOf>, FollowerState>> = {
  copying: 'on',
  stopped: 'loginFailed',
  paused: 'paused',
  pausedAfterRejections: 'pausedAfterRejections',
  disabled: 'disabled',
  halted: 'halted',
}

/** When its last order that the broker took was written down: it left right after. */
function lastCopyAt(orders: readonly OrderPart[], name: string): string | null {
  let last: string | null = null
  for (const { decisions } of orders)
    for (const { follower, intents } of decisions) {
      if (follower !== name) continue
      for (const { wasAccepted, attempts } of intents) {
        const at = wasAccepted ? (attempts.at(-1)?.recordedAt ?? null) : null
        if (at !== null && (last === null || at > last)) last = at
      }
    }
  return last
}

// --- what wants a hand -------------------------------------------------------------------------

function owedRow(
  site: LookSite,
  { number, lane, held, wanted, owed }: ReturnType<LookSite['ledger']['owed']>[number],
): Owed {
  return {
    id: owedName(number),
    follower: lane.follower,
    label: labelsOf(site)(lane.follower),
    symbol: symbolOf(lane.instrument),
    product: lane.product,
    held: formatDecimal(held),
    wanted: formatDecimal(wanted),
    owed: formatDecimal(owed),
  }
}

const unknownRows = (site: LookSite): Overview['unknown'] =>
  site.ledger.openAttempts(null).flatMap(({ attempt, state }) => {
    if (state.kind !== 'unknown') return []
    const { lane, side } = attempt.intent
    return [
      {
        id: unknownName(attempt.id),
        follower: lane.follower,
        label: labelsOf(site)(lane.follower),
        symbol: symbolOf(lane.instrument),
        product: lane.product,
        side,
        quantity: formatDecimal(attempt.quantity),
        tag: attempt.tag,
        sentAt: formatInstant(attempt.at),
        evidence: cleanText(state.evidence),
      },
    ]
  })

const questionRows = (
  { ledger, now }: LookSite,
  prices: ReturnType<typeof healthOf>['prices'],
): readonly Question[] =>
  ledger.undecided().map(({ signal, followers, now: standing }) => ({
    signal: signal.id,
    side: signal.side,
    quantity: formatDecimal(signal.quantity),
    symbol: signal.symbol,
    product: signal.product,
    effect: signal.effect,
    masterPrice: signal.price === null ? null : formatDecimal(signal.price, 2),
    lastPrice: sinceText(priceSince(prices.get(signal.instrument), signal.seenAt)),
    followers,
    left: [...standing].map(([follower, { left }]) => ({
      follower,
      quantity: formatDecimal(left),
    })),
    askedAt: formatInstant(signal.seenAt),
    until: formatInstant(after(signal.seenAt, ANSWER_WITHIN_MS)),
    isOwed: isUnansweredExit(signal, now),
  }))

const keptRows = (site: LookSite): Overview['kept'] =>
  site.ledger.kept(dayOf(site.now)).map(({ lane, quantity, signal }) => ({
    follower: lane.follower,
    label: labelsOf(site)(lane.follower),
    symbol: symbolOf(lane.instrument),
    product: lane.product,
    quantity: formatDecimal(quantity),
    signal,
  }))

const driftRows = (site: LookSite, drift: readonly Drift[]): Overview['drift'] =>
  drift.map(({ lane, held, shown, shownAt }) => ({
    follower: lane.follower,
    label: labelsOf(site)(lane.follower),
    symbol: symbolOf(lane.instrument),
    product: lane.product,
    held: formatDecimal(held),
    shown: shown === null ? null : formatDecimal(shown),
    shownAt: timeOf(shownAt),
  }))

const sinceText = (price: Price | null): string | null =>
  price === null ? null : formatDecimal(price, 2)

function priceText(prices: Prices, instrument: Parameters<Prices['get']>[0]): string | null {
  const price = prices.get(instrument)
  return price === undefined ? null : formatDecimal(price, 2)
}
