// The start banner: everything a trader must know before the first order, on one screen. Pure. It never
// shows a whole client code, a key or an address with a password in it.
import { maskCode } from '../domain/account.ts'
import { type Calendar, marketState } from '../domain/calendar.ts'
import type { AccountName } from '../domain/ids.ts'
import type { Exchange } from '../domain/instrument.ts'
import type { Mode } from '../domain/lane.ts'
import { formatDecimal, type Money, type Quantity } from '../domain/numbers.ts'
import type { EngineSettings, FollowerSettings, Limits } from '../domain/settings.ts'
import { unsetLimits } from '../domain/settings.ts'
import { dayOf, formatDuration, formatTime, type Instant, SECOND } from '../domain/time.ts'
import type { Funds } from '../ports.ts'
import { describeFactor, type Line, nameOf } from './lines.ts'

export interface BannerFacts {
  readonly version: string
  readonly at: Instant
  readonly mode: Mode
  /** The broker is simulated, on this machine. */
  readonly isDemo: boolean
  readonly calendar: Calendar
  /** Exchanges whose hours are shown. */
  readonly exchanges: readonly Exchange[]
  /** The machine's clock less the broker's; null while no answer told it. */
  readonly clockSkewMs: number | null
  readonly engine: EngineSettings
  /** What is reached instead of the real broker, such as `http://127.0.0.1:4000`; empty for the real one. */
  readonly otherHosts: readonly string[]
  readonly master: AccountFacts
  readonly followers: readonly FollowerFacts[]
  /** Where it is served; null while it is not, or not yet. */
  readonly page: string | null
  readonly files: { readonly log: string; readonly record: string }
}

export interface AccountFacts {
  readonly name: AccountName
  readonly label: string | null
  /** Whole: it is masked here. */
  readonly clientCode: string
  readonly funds: Funds | null
  readonly egress: {
    readonly localAddress: string | null
    readonly isThroughProxy: boolean
  }
  /** Why it can't be used (a login refused); null while all is well. */
  readonly stopped: string | null
}

export interface FollowerFacts extends AccountFacts {
  readonly settings: FollowerSettings
  readonly mode: Mode
  readonly held: readonly {
    readonly symbol: string
    readonly product: string
    readonly quantity: Quantity
  }[]
  /** Orders that may still fill at the broker. */
  readonly resting: number
  /** Exits that are owed, in words: `65 NIFTY29DEC2625000CE INTRADAY`. */
  readonly owed: readonly string[]
  /** Only its exits run: disabled, paused, or left out of this run. */
  readonly entriesOff: string | null
}

export function bannerLines(facts: BannerFacts): readonly Line[] {
  return [
    modeLine(facts),
    plain(`${dayOf(facts.at)} ${formatTime(facts.at)} IST  ${marketsOf(facts)}`),
    clockLine(facts.clockSkewMs),
    ...facts.otherHosts.map((host) => warning(`NOT THE REAL BROKER: ${host}`)),
    plain(copyingOf(facts.engine)),
    plain(''),
    ...accountLines(facts.master, null),
    ...facts.followers.flatMap((follower) => accountLines(follower, follower)),
    ...(facts.followers.length === 0 ? [warning('  no follower: nothing will be copied')] : []),
    plain(''),
    warning('Followers have no protective stop at the broker.'),
    ...(facts.page === null ? [] : [plain(`Page    ${facts.page}`)]),
    plain(`Log     ${facts.files.log}`),
    plain(`Record  ${facts.files.record}`),
  ]
}

function modeLine({ version, mode, isDemo }: BannerFacts): Line {
  if (isDemo) return good(`LOCKSTEP ${version}  DEMO  a simulated broker, nothing is real`)
  return mode === 'paper'
    ? good(`LOCKSTEP ${version}  DRY RUN  no order is sent to any broker`)
    : warning(`LOCKSTEP ${version}  LIVE  real orders on real accounts`)
}

function marketsOf({ exchanges, at, calendar }: BannerFacts): string {
  return exchanges
    .map((exchange) => {
      const state = marketState(exchange, at, calendar)
      if (state.kind === 'open')
        return `${exchange} OPEN until ${formatTime(state.until).slice(0, 5)}`
      return `${exchange} CLOSED (${state.holiday ?? state.why}${opensAgain(state.nextOpen, at)})`
    })
    .join(', ')
}

function opensAgain(next: Instant | null, at: Instant): string {
  if (next === null) return ''
  const day = dayOf(next) === dayOf(at) ? '' : `${dayOf(next)} `
  return `, opens ${day}${formatTime(next).slice(0, 5)}`
}

function clockLine(skewMs: number | null): Line {
  if (skewMs === null) return warning('Clock: not compared with the broker yet')
  const text = `Clock: ${formatDuration(Math.abs(skewMs))} ${skewMs < 0 ? 'behind' : 'ahead of'} the broker's`
  return Math.abs(skewMs) > 2 * SECOND ? alarm(`${text}: set it right`) : plain(text)
}

const copyingOf = (engine: EngineSettings): string =>
  [
    `Copies on ${engine.copyOn}`,
    `book every ${formatDuration(engine.pollIntervalMs)}`,
    `order feed ${engine.orderFeed}`,
    `hours ${engine.hours}`,
  ].join(', ')

function accountLines(account: AccountFacts, follower: FollowerFacts | null): readonly Line[] {
  const mode = follower?.mode === 'paper' ? '  PAPER' : ''
  const first = `${nameOf(account)}  ${maskCode(account.clientCode)}${mode}  ${fundsOf(account.funds)}  ${egressOf(account)}`
  const stopped = account.stopped === null ? [] : [alarm(`    STOPPED ${account.stopped}`)]
  return [plain(first), ...stopped, ...(follower === null ? [] : followerLines(follower))]
}

function followerLines(follower: FollowerFacts): readonly Line[] {
  const { settings, held, resting, owed, entriesOff } = follower
  const standing = [
    held.length === 0
      ? 'holds nothing'
      : `holds ${held.map((each) => `${formatDecimal(each.quantity)} ${each.symbol} ${each.product}`).join(', ')}`,
    resting === 0 ? 'nothing resting' : `${resting} resting`,
  ]
  return [
    ...owed.map((each) => alarm(`    OWED EXIT ${each}`)),
    plain(`    entries ${describeFactor(settings.sizing)}, rounded ${settings.rounding}`),
    ...limitLines(settings.limits),
    plain(`    ${standing.join(', ')}`),
    ...(entriesOff === null ? [] : [warning(`    no entries, exits run: ${entriesOff}`)]),
  ]
}

const fundsOf = (funds: Funds | null): string =>
  funds === null
    ? 'funds unknown'
    : `funds ${formatDecimal(funds.net, 2)} (used ${formatDecimal(funds.used, 2)})`

function egressOf({ egress }: AccountFacts): string {
  if (egress.isThroughProxy) return 'out through its proxy'
  return egress.localAddress === null
    ? "out from this machine's address"
    : `out from ${egress.localAddress}`
}

const limitNames: Readonly<Record<keyof Limits, string>> = {
  maxOrderQuantity: 'order quantity',
  maxOrderValue: 'order value',
  maxPositionQuantity: 'position',
  maxOrdersPerDay: 'orders a day',
  maxDailyLoss: 'loss a day',
  pauseAfterRejections: 'pause after rejections',
}

function limitLines(limits: Limits): readonly Line[] {
  const names = Object.keys(limitNames) as (keyof Limits)[]
  const set = names.flatMap((name) => {
    const limit = limits[name]
    return limit === null ? [] : [`${limitNames[name]} ${describeLimit(limit)}`]
  })
  const unset = unsetLimits(limits).map((name) => limitNames[name])
  return [
    ...(set.length === 0 ? [] : [plain(`    limits: ${set.join(', ')}`)]),
    ...(unset.length === 0 ? [] : [warning(`    not limited: ${unset.join(', ')}`)]),
  ]
}

const describeLimit = (limit: Quantity | Money | number): string =>
  typeof limit === 'number' ? String(limit) : formatDecimal(limit)

const plain = (text: string): Line => ({ tone: 'plain', text })
const good = (text: string): Line => ({ tone: 'good', text })
const warning = (text: string): Line => ({ tone: 'warning', text })
const alarm = (text: string): Line => ({ tone: 'alarm', text })
