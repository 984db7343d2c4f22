// How the accounts do, as `lockstep status` tells it of a running engine: one calm line for the master, and
// a line for each thing that is out of order. It reads what the engine keeps of it, some seconds late.
import { assertNever } from '../domain/assert.ts'
import { type AccountName, MASTER } from '../domain/ids.ts'
import { formatDecimal } from '../domain/numbers.ts'
import { type AccountPulse, type Ailment, ailmentsOf, type Pulse } from '../domain/pulse.ts'
import { formatDuration, formatInstant, type Instant, SECOND } from '../domain/time.ts'
import type { LedgerView } from '../ports.ts'
import { cleanText } from '../report/free-text.ts'
import { fullName, type Site, sinceText } from './reach.ts'
import { priceText } from './words.ts'

/** Several readings and a keeping must have been missed, however seldom the book is read. */
const READINGS_MISSED = 3
const PATIENCE_MS = 8 * SECOND
const DEFAULT_POLL_MS = 3 * SECOND

export const healthOf = ({ ledger, engine, config, followers, now }: Site<LedgerView>) => {
  const pulse = ledger.pulse()
  const known = [MASTER, ...followers].flatMap((name) =>
    pulse.accounts.filter(({ account }) => account === name),
  )
  const pollMs = config?.engine.pollIntervalMs ?? DEFAULT_POLL_MS
  const patienceMs = PATIENCE_MS + READINGS_MISSED * pollMs
  // Without an engine it is how things were, and the line that says so stands above.
  const ailments = new Map<AccountName, readonly Ailment[]>(
    (engine === null ? [] : known).map((each) => [
      each.account,
      ailmentsOf(each, now, { isPolled: each.account === MASTER, patienceMs }),
    ]),
  )
  return { accounts: known, prices: pulse.prices, ailments }
}
export type Health = ReturnType<typeof healthOf>

// --- for people --------------------------------------------------------------------------------

export function describeHealth(
  { accounts, ailments }: Health,
  site: Site<LedgerView>,
): readonly string[] {
  const master = accounts.find(({ account }) => account === MASTER)
  const calm = master && site.engine ? [describeMaster(master, site.now)] : []
  const ill = [...ailments].flatMap(([account, found]) =>
    found.flatMap((each) => describeAilment(account, each, site)),
  )
  return [...calm, ...ill]
}

function describeMaster({ orders, stream, seenFunds }: AccountPulse, now: Instant): string {
  const read = orders?.goodAt ? `read ${ageText(orders.goodAt, now)} ago` : 'not read yet'
  const parts = [read, ...(stream === null ? [] : [describeStream(stream, now)])]
  if (seenFunds !== null) parts.push(`funds ${formatDecimal(seenFunds.net, 2)}`)
  return `master ${parts.join(', ')}`
}

function describeStream(stream: NonNullable<AccountPulse['stream']>, now: Instant): string {
  switch (stream.kind) {
    case 'none':
      return 'no stream (orderFeed: false)'
    case 'up':
      return `stream up since ${sinceText(stream.since, now)}`
    case 'down':
      return `stream down since ${sinceText(stream.since, now)}`
    default:
      return assertNever(stream)
  }
}

function describeAilment(account: AccountName, ill: Ailment, site: Site<LedgerView>): string[] {
  const who = account === MASTER ? 'the master' : fullName(site, account)
  switch (ill.kind) {
    case 'stopped':
      return [`STOPPED  ${who}: ${cleanText(ill.why)}`, `    ${ill.remedy}`, `    ${AFTER_THAT}`]
    case 'loggedOut':
      return [`LOGGED OUT  ${who}: ${cleanText(ill.why)}`]
    case 'unverified':
      return [`NOT VERIFIED  ${who}: ${cleanText(ill.why)}; ${ill.remedy}`]
    case 'unread': {
      const what = ill.what === 'orders' ? '' : `'s ${ill.what}`
      const why = ill.why === null ? '' : `: ${ill.why} (${cleanText(ill.evidence)})`
      return [`NO GOOD READING of ${who}${what} for ${secondsText(ill.forMs)}${why}`]
    }
    case 'streamDown': {
      const how = `for ${secondsText(ill.forMs)} (${cleanText(ill.why)}); its book is read instead`
      return [`STREAM DOWN  ${who}: ${how}`]
    }
    default:
      return assertNever(ill)
  }
}

/** A session that was stopped is not opened while the engine runs: nobody tells it that something was mended. */
const AFTER_THAT = 'Lockstep stopped meanwhile; then start it again'

const ageText = (at: Instant, now: Instant): string => secondsText(Math.max(0, now - at))
/** What is kept every few seconds is told in whole ones. */
const secondsText = (ms: number): string =>
  formatDuration(Math.max(1, Math.round(ms / SECOND)) * SECOND)

// --- for programs ------------------------------------------------------------------------------

const timeOf = (at: Instant | null): string | null => (at === null ? null : formatInstant(at))

export const healthToJson = ({ accounts, prices, ailments }: Health) => ({
  accounts: accounts.map((each) => accountToJson(each, ailments.get(each.account) ?? [])),
  prices: pricesToJson(prices),
})

function accountToJson(pulse: AccountPulse, ailments: readonly Ailment[]) {
  const { account, session, stream, orders, positions, quotes, funds, seenFunds } = pulse
  return {
    account,
    session: session && {
      ...session,
      ...('since' in session ? { since: timeOf(session.since), until: timeOf(session.until) } : {}),
    },
    stream: stream && {
      ...stream,
      ...('since' in stream ? { since: timeOf(stream.since) } : {}),
    },
    orders: readingToJson(orders),
    positions: readingToJson(positions),
    quotes: readingToJson(quotes),
    funds: {
      ...readingToJson(funds),
      net: seenFunds && formatDecimal(seenFunds.net, 2),
      used: seenFunds && formatDecimal(seenFunds.used, 2),
      at: seenFunds && timeOf(seenFunds.at),
    },
    ailments,
  }
}

const readingToJson = (state: AccountPulse['orders']) => ({
  goodAt: timeOf(state?.goodAt ?? null),
  failing: state?.failing
    ? { ...state.failing, since: timeOf(state.failing.since), at: timeOf(state.failing.at) }
    : null,
})

const pricesToJson = (prices: Pulse['prices']) =>
  [...prices].map(([instrument, { last, at }]) => ({
    instrument,
    last: priceText(last),
    at: timeOf(at),
  }))
