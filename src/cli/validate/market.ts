// The checks of what the market is known to be: its hours and holidays, the table of freeze quantities, the
// list of instruments, and whether anybody's sizing comes to a whole lot. Pure but for what is handed in.
import { assertNever } from '../../domain/assert.ts'
import { type Calendar, knownFor, marketState, nextHoliday } from '../../domain/calendar.ts'
import { FREEZE_AS_OF } from '../../domain/freeze.ts'
import type { Exchange } from '../../domain/instrument.ts'
import { formatDecimal, type Quantity } from '../../domain/numbers.ts'
import {
  formatFactor,
  formatRatio,
  type Ratio,
  ratio,
  roundRatioTo,
  times,
  whole,
} from '../../domain/ratio.ts'
import type { EngineSettings, FollowerSettings } from '../../domain/settings.ts'
import { DAY, dayOf, formatInstant, type Instant, type TradingDay } from '../../domain/time.ts'
import { amber, type Finding, green, red } from './finding.ts'

// --- days and hours ----------------------------------------------------------------------------

export function checkHours(
  exchanges: readonly Exchange[],
  now: Instant,
  calendar: Calendar,
): readonly Finding[] {
  return exchanges.map((exchange) => {
    const state = marketState(exchange, now, calendar)
    const next = nextHoliday(exchange, dayOf(now), calendar)
    const holiday = next ? `next holiday ${next.day} ${next.name}` : 'no holiday known ahead'
    const found =
      state.kind === 'open'
        ? `open until ${minuteOf(state.until)}`
        : `closed (${state.holiday ?? CLOSED[state.why]}), opens ${state.nextOpen === null ? 'at no time known' : minuteOf(state.nextOpen)}`
    return green(`${exchange} hours`, `${found}; ${holiday}`)
  })
}

const CLOSED = {
  weekend: 'weekend',
  holiday: 'holiday',
  beforeOpen: 'before the open',
  betweenSessions: 'between sessions',
  afterClose: 'after the close',
} as const

/** `2026-11-23 09:15` */
const minuteOf = (at: Instant): string => formatInstant(at).slice(0, 16).replace('T', ' ')

export function checkCalendar(now: Instant, { table }: Calendar): Finding {
  const year = dayOf(now).slice(0, 4)
  const known = knownFor(dayOf(now), table)
  const remedy = 'update Lockstep, or write the days under calendar: in lockstep.yaml'
  if (known === 'published')
    return green('calendar', `the holidays of ${year} are known (table of ${table.asOf})`)
  return known === 'partly'
    ? amber('calendar', `of ${year} only the holidays of a fixed date are known`, remedy)
    : amber('calendar', `nothing is known of ${year}: entries go out on its holidays too`, remedy)
}

/** NSE computes them anew about once a month. */
const FRESH_DAYS = 45

export function checkFreeze(now: Instant, { freeze }: EngineSettings): Finding {
  const own = [...freeze].map(([name, most]) => `${name} ${formatDecimal(most)}`).join(', ')
  const age = daysBetween(FREEZE_AS_OF, dayOf(now))
  const table = `the built-in freeze quantities are of ${FREEZE_AS_OF}, ${age} days old`
  if (own === '' && age > FRESH_DAYS)
    return amber(
      'freeze table',
      table,
      "compare it with the exchange's latest circular and write what differs under freeze: in lockstep.yaml",
    )
  return green('freeze table', own === '' ? table : `${table}; your own: ${own}`)
}

const daysBetween = (from: TradingDay, to: TradingDay): number =>
  Math.round((Date.parse(to) - Date.parse(from)) / DAY)

// --- instruments and lots ----------------------------------------------------------------------

export type LotOf = (exchange: Exchange, underlying: string) => Quantity | null

export type InstrumentList =
  | {
      readonly kind: 'ready'
      readonly day: TradingDay
      readonly lotOf: LotOf
      readonly warning: string | null
    }
  | { readonly kind: 'missing'; readonly why: string }

const LIST_OLD_DAYS = 3

export function checkInstruments(list: InstrumentList, now: Instant): Finding {
  const name = 'instruments'
  const remedy = 'fetched at every start; see that this machine reaches the broker'
  if (list.kind === 'missing') return red(name, `no instrument list: ${list.why}`, remedy)
  const age = daysBetween(list.day, dayOf(now))
  if (age > LIST_OLD_DAYS)
    return red(name, `the list is of ${list.day}: too old for derivatives`, remedy)
  const warning = list.warning ?? (age > 0 ? `the list is of ${list.day}` : null)
  return warning === null ? green(name, "today's list") : amber(name, warning, remedy)
}

const USUAL: readonly (readonly [Exchange, string])[] = [
  ['NFO', 'NIFTY'],
  ['NFO', 'BANKNIFTY'],
  ['NFO', 'FINNIFTY'],
  ['BFO', 'SENSEX'],
]
const WITH_LOTS: readonly Exchange[] = ['NFO', 'BFO', 'MCX', 'CDS']

interface Lot {
  readonly underlying: string
  readonly lot: Quantity
}

/**
 * What one lot of the master comes to. `share` is the factor of a proportional follower, null while a
 * capital is unknown.
 */
export function checkLots(
  settings: FollowerSettings,
  share: Ratio | null,
  list: InstrumentList,
): Finding {
  const name = `${settings.name} lots`
  if (list.kind === 'missing')
    return amber(name, 'not checked: there is no instrument list', 'see the line on instruments')
  const lots = lotsOf(settings, list.lotOf)
  const [first] = lots
  if (first === undefined)
    return amber(
      name,
      'not checked: no contract of the usual underlyings passes the rules',
      'compare the lot of what you trade with sizing: by hand',
    )
  switch (settings.sizing.mode) {
    case 'mirror':
    case 'fixedLots':
      return green(name, `whole lots, such as ${formatDecimal(first.lot)} of ${first.underlying}`)
    case 'fixedQuantity':
      return checkFixed(settings, settings.sizing.quantity, lots)
    case 'multiplier':
      return checkFactor(settings, settings.sizing.by, first)
    case 'proportional':
      return share === null
        ? amber(
            name,
            'not checked: a capital is neither written nor read',
            'write master: { capital } and the capital of the follower in lockstep.yaml',
          )
        : checkFactor(settings, share, first)
    default:
      return assertNever(settings.sizing)
  }
}

/** Of what the rules name, where they name underlyings; else of the usual ones that they let through. */
function lotsOf({ rules }: FollowerSettings, lotOf: LotOf): readonly Lot[] {
  const isPlain = (entry: string) => !/[*?]/.test(entry)
  const named = rules.symbols.allow.filter(isPlain).map((entry) => entry.toUpperCase())
  const blocked = rules.symbols.block.map((entry) => entry.toUpperCase())
  const pairs =
    named.length > 0
      ? named.flatMap((underlying) => WITH_LOTS.map((exchange) => [exchange, underlying] as const))
      : USUAL
  return pairs
    .filter(([exchange]) => rules.exchanges.length === 0 || rules.exchanges.includes(exchange))
    .filter(([, underlying]) => !blocked.includes(underlying))
    .flatMap(([exchange, underlying]) => {
      const lot = lotOf(exchange, underlying)
      return lot === null ? [] : [{ underlying, lot }]
    })
}

const MOST_LOTS = 10_000n

/** A factor says the same of every underlying: what is nothing of one lot is nothing of any. */
function checkFactor({ name, rounding }: FollowerSettings, factor: Ratio, one: Lot): Finding {
  const { underlying, lot } = one
  const sized = (lots: bigint): Quantity =>
    roundRatioTo(times(whole(lots * lot), factor), lot, rounding)
  const exact = formatRatio(times(whole(lot), factor))
  const part = `${formatFactor(factor)} of one lot of ${formatDecimal(lot)} (${underlying})`
  if (sized(1n) > 0n)
    return green(`${name} lots`, `${part} is ${exact}, copied as ${formatDecimal(sized(1n))}`)
  let fewest = 2n
  while (fewest < MOST_LOTS && sized(fewest) === 0n) fewest++
  const from = fewest < MOST_LOTS ? `copies orders of ${fewest} lots or more` : 'copies nothing'
  return amber(
    `${name} lots`,
    `${part} is nothing: ${name} will skip every one-lot order, and ${from}`,
    'raise sizing.by (or the capital), round up, or copy a fixed number of lots',
  )
}

function checkFixed(
  { name, rounding }: FollowerSettings,
  quantity: Quantity,
  lots: readonly Lot[],
) {
  const list = (some: readonly Lot[]) =>
    some.map(({ underlying, lot }) => `${underlying} (${formatDecimal(lot)})`).join(', ')
  const sized = (lot: Quantity) => roundRatioTo(ratio(quantity, 1n), lot, rounding)
  const skipped = lots.filter(({ lot }) => sized(lot) === 0n)
  const changed = lots.filter(({ lot }) => sized(lot) !== 0n && sized(lot) !== quantity)
  const remedy = 'write sizing: { mode: fixed, lots: 1 } or a multiple of the lot'
  const shown = formatDecimal(quantity)
  if (skipped.length > 0)
    return amber(
      `${name} lots`,
      `${shown} is less than one lot of ${list(skipped)}: ${name} will skip every order there`,
      remedy,
    )
  if (changed.length > 0)
    return amber(`${name} lots`, `${shown} is no multiple of the lot of ${list(changed)}`, remedy)
  return green(`${name} lots`, `${shown} is whole lots of ${list(lots)}`)
}
