// What other settings would have made of the last day (of today where there is none before it): its signals are decided once more, by the same pure
// functions as then, once by the settings as they are and once as they would be. Both runs begin flat, fill
// whole and at once at the master's price, and share every doubt; so what differs comes of the settings.
import { editedFollower, settingsFileOf } from '../cli/accounts-edit.ts'
import { type Config, followersFrom } from '../config/config.ts'
import { type FollowerView, plan } from '../decide/plan.ts'
import { assert } from '../domain/assert.ts'
import { NO_OVERRIDES } from '../domain/calendar.ts'
import { CALENDAR_TABLE } from '../domain/calendar-data.ts'
import type { Decision } from '../domain/decision.ts'
import type { InstrumentId } from '../domain/ids.ts'
import type { Instrument } from '../domain/instrument.ts'
import {
  afterDecision,
  afterFill,
  excessOf,
  FLAT,
  type LaneKey,
  type LanePosition,
  laneKey,
} from '../domain/lane.ts'
import {
  add,
  formatDecimal,
  magnitude,
  NO_QUANTITY,
  type Price,
  parsePrice,
  type Quantity,
  units,
} from '../domain/numbers.ts'
import { opposite, sideOf } from '../domain/order.ts'
import { type OwnFill, profitAndLoss } from '../domain/profit.ts'
import { describeReason } from '../domain/reason.ts'
import type { FollowerSettings } from '../domain/settings.ts'
import type { RecordedSignal } from '../domain/signal.ts'
import type { Tag } from '../domain/tag.ts'
import { dayOf } from '../domain/time.ts'
import type { LedgerView } from '../ports.ts'
import { RequestRefused } from '../web/refusal.ts'
import type { EditBody, EditPreview } from '../web/shapes/accounts.ts'
import { changeOf, configOf } from './accounts.ts'
import type { AnswerParts } from './parts.ts'
import type { LookSite, Views } from './views.ts'

export function previewOf(
  { accounts }: AnswerParts,
  views: Views,
  name: string,
  body: EditBody,
): EditPreview {
  const config = configOf(views)
  const now = config.followers.find((each) => each.name === name)
  if (now === undefined) throw new RequestRefused('notFound', `${name} is no follower`)
  const then = settingsThen(settingsFileOf(accounts, config), config, name, body)
  const site = views.at(undefined)
  const today = dayOf(site.now)
  const days = site.ledger.daysWithSignals().map((each) => each.day)
  // A day that is over says more; on the first one there is only this.
  const day = days.find((each) => each < today) ?? days.find((each) => each === today) ?? null
  const signals = day === null ? [] : site.ledger.signals(day)
  const was = replay(site, signals, now)
  const would = replay(site, signals, then)
  return {
    day,
    isToday: day === today,
    mode: site.mode,
    signals: signals.length,
    changed: signals.flatMap((signal, index) => {
      const [before = '', after = ''] = [was.texts[index], would.texts[index]]
      if (signal.effect === 'exit' || before === after) return []
      const { id, side, symbol, product } = signal
      return [{ signal: id, side, symbol, product, was: before, would: after }]
    }),
    quantityWas: formatDecimal(was.entered),
    quantityWould: formatDecimal(would.entered),
  }
}

/** Through the file as it would be, so that what can't be saved can't be previewed either. */
function settingsThen(file: string, config: Config, name: string, body: EditBody) {
  const edited = editedFollower(file, name, changeOf(body))
  const found = followersFrom(edited, config.accounts.followers)?.find((each) => each.name === name)
  assert(found, 'what was checked can be read')
  return found
}

// --- a day once more ---------------------------------------------------------------------------

interface Replayed {
  /** One for each signal: what became of it. */
  readonly texts: readonly string[]
  readonly entered: Quantity
}

function replay(
  site: LookSite,
  signals: readonly RecordedSignal[],
  settings: FollowerSettings,
): Replayed {
  const { ledger, config, mode } = site
  assert(config, 'the settings were read')
  const positions = new Map<LaneKey, LanePosition>()
  const prices = new Map<InstrumentId, Price>()
  let fills: readonly OwnFill[] = []
  let orders = 0
  let entered = NO_QUANTITY
  const texts = signals.map((signal) => {
    const instrument = instrumentOf(ledger, signal)
    const lane = {
      follower: settings.name,
      mode,
      instrument: signal.instrument,
      product: signal.product,
    }
    const key = laneKey(lane)
    const position = positions.get(key) ?? FLAT
    if (signal.price !== null) prices.set(signal.instrument, signal.price)
    const follower: FollowerView = {
      settings: { ...settings, enabled: true },
      lane,
      position,
      entries: [],
      lot: instrument.lotSize,
      capital: settings.capital,
      state: {
        isEnabled: true,
        accountStopped: null,
        isPaused: false,
        rejectionsInARow: 0,
        ordersToday: orders,
        profitToday: profitAndLoss(fills, prices),
      },
    }
    const { decisions } = plan(
      signal,
      [follower],
      {
        now: signal.filledAt,
        calendar: { table: CALENDAR_TABLE, overrides: NO_OVERRIDES },
        hours: 'ignore',
        instrument,
        last: null,
        circuit: null,
        freeze: config.engine.freeze,
        masterCapital: config.engine.masterCapital,
      },
      () => 'PREVIEW' as Tag,
    )
    const [decision] = decisions
    assert(decision, 'one for each follower')
    const filled = fill(position, decision, instrument.lotSize)
    positions.set(key, filled.position)
    orders += filled.fills.length
    const { price } = signal
    fills = [...filled.fills.map((each) => ({ ...each, lane, price })), ...fills]
    if (decision.kind === 'entry') entered = add(entered, decision.quantity)
    return describe(decision)
  })
  return { texts, entered }
}

type Filled = Pick<OwnFill, 'side' | 'quantity'>

/** Whole and at once: entries as decided, exits down to what the lane is entitled to. */
function fill(
  position: LanePosition,
  decision: Decision,
  lot: Quantity,
): { readonly position: LanePosition; readonly fills: readonly Filled[] } {
  const entitlement = decision.kind === 'exit' ? decision.entitlement : null
  const decided = afterDecision(position, decision.covers, entitlement)
  if (decision.kind === 'skip') return { position: decided, fills: [] }
  if (decision.kind === 'entry') {
    const fills = decision.intents.map(({ side, quantity }) => ({ side, quantity }))
    const step = { role: 'entry', before: NO_QUANTITY } as const
    const held = fills.reduce(
      (at, { side, quantity }) =>
        afterFill(at, { ...step, side, filled: quantity, allowance: quantity }),
      decided,
    )
    return { position: held, fills }
  }
  const excess = excessOf(decided, lot)
  const holding = sideOf(excess)
  if (holding === null) return { position: decided, fills: [] }
  const closing: Filled = { side: opposite(holding), quantity: magnitude(excess) }
  const held = afterFill(decided, {
    role: 'exit',
    side: closing.side,
    before: NO_QUANTITY,
    filled: closing.quantity,
    allowance: closing.quantity,
  })
  return { position: held, fills: [closing] }
}

function describe(decision: Decision): string {
  if (decision.kind === 'entry') return formatDecimal(decision.quantity)
  return decision.kind === 'skip' ? `SKIP ${describeReason(decision.reason)}` : 'EXIT'
}

/**
 * What the ledger knows of an instrument that may have expired since: its lot from the orders that were made
 * in it. A tick and a kind are wanted by the rules of pricing, which neither run's size hangs on.
 */
function instrumentOf(ledger: LedgerView, signal: RecordedSignal): Instrument {
  const lot = ledger.why(signal.id, null).flatMap(({ intents }) => intents)[0]?.intent.lot
  const known = ledger.lanes().find(({ instrument }) => instrument === signal.instrument)?.lot
  const { exchange, symbol } = signal
  const isCash = exchange === 'NSE' || exchange === 'BSE'
  return {
    id: signal.instrument,
    exchange,
    symbol,
    token: '',
    underlying: isCash ? symbol.replace(/-[A-Z]+$/, '') : (/^[A-Z&-]+/.exec(symbol)?.[0] ?? symbol),
    kind: isCash ? 'cash' : /(CE|PE)(\d|$)|\d[CP]\d+$/.test(symbol) ? 'indexOption' : 'indexFuture',
    lotSize: lot ?? known ?? units(1),
    tick: parsePrice('0.05'),
    expiry: null,
    series: isCash ? (/-([A-Z]+)$/.exec(symbol)?.[1] ?? '') : '',
  }
}
