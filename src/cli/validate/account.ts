// The checks that ask the broker, for one account: its login, who it is, what it may trade, its money, and
// whose orders are in its book. Each account is asked once and by itself, so that one that fails or hangs
// delays no other. Nothing is written to the broker here but, when the trader asked for it, a cancel of an
// order that does not exist.
import { type Account, maskCode } from '../../domain/account.ts'
import { assertNever } from '../../domain/assert.ts'
import { type AccountName, MASTER, orderId } from '../../domain/ids.ts'
import type { Lane } from '../../domain/lane.ts'
import {
  add,
  formatDecimal,
  type Money,
  magnitude,
  type Price,
  type Quantity,
  sign,
  sum,
} from '../../domain/numbers.ts'
import { PRODUCTS, type Product } from '../../domain/order.ts'
import type { Outcome } from '../../domain/outcome.ts'
import type { FollowerSettings } from '../../domain/settings.ts'
import { engineOf, isTag } from '../../domain/tag.ts'
import type { BrokerReader, BrokerWriter, LedgerView, Profile, Reading } from '../../ports.ts'
import { cleanText } from '../../report/free-text.ts'
import { amber, type Finding, green, red } from './finding.ts'

export type LoginState =
  | { readonly kind: 'open' }
  | { readonly kind: 'closed'; readonly why: string }
  /** Until the user acts. */
  | { readonly kind: 'stopped'; readonly why: string; readonly remedy: string }

/** The way to one account. */
export interface Access {
  readonly account: Account
  /** null: the master. */
  readonly settings: FollowerSettings | null
  readonly reader: BrokerReader
  /** One code is sent, and none after it. */
  logIn(): Promise<LoginState>
  /** The broker's clock less this machine's; null before the first answer. */
  skewMs(): number | null
  /** Made when it is asked for, and for nothing but the probe. */
  writer(): BrokerWriter
}

export interface Asked {
  readonly findings: readonly Finding[]
  readonly profile: Profile | null
  /** Net and used together; null while it could not be read. */
  readonly capital: Money | null
}

export async function askAccount(access: Access, ledger: LedgerView): Promise<Asked> {
  const { account, reader } = access
  const { name } = account
  const login = await access.logIn()
  if (login.kind !== 'open')
    return { findings: [tellLogin(name, login), notAsked(name)], profile: null, capital: null }
  const [profile, funds, orders] = await Promise.all([
    reader.profile(),
    reader.funds(),
    reader.orders(),
  ])
  const own = profile.kind === 'read' ? profile.value : null
  const money = funds.kind === 'read' ? funds.value : null
  return {
    profile: own,
    capital: money === null ? null : add(money.net, money.used),
    findings: [
      green(`${name} login`, 'logged in'),
      own === null ? unread(name, 'profile', profile) : checkProfile(account, own),
      money === null ? unread(name, 'funds', funds) : checkFunds(name, money),
      orders.kind === 'failed'
        ? unread(name, 'orders', orders)
        : checkTags(
            name,
            orders.value.map(({ tag }) => tag),
            orders.unreadable.length,
            ledger,
          ),
      ...(await checkHeld(access, ledger)),
    ],
  }
}

/** Whether the broker shows what the follower holds. One reading only, so it is a hint and no proof. */
async function checkHeld({ account, reader }: Access, ledger: LedgerView): Promise<Finding[]> {
  const { name } = account
  const held = ledger
    .lanes()
    .filter((lane) => lane.follower === name && lane.mode === 'live' && lane.held !== 0n)
  if (held.length === 0) return []
  const [positions, holdings] = await Promise.all([reader.positions(), reader.holdings()])
  if (positions.kind === 'failed') return [unread(name, 'positions', positions)]
  if (holdings.kind === 'failed') return [unread(name, 'positions', holdings)]
  const shownIn = ({ instrument, product }: Lane): Quantity =>
    sum([
      ...positions.value
        .filter((each) => each.instrument === instrument && each.product === product)
        .map(({ quantity }) => quantity),
      ...holdings.value
        .filter((each) => each.instrument === instrument && product === 'DELIVERY')
        .map(({ quantity }) => quantity),
    ])
  const short = held.filter((lane) => {
    const shown = shownIn(lane)
    return sign(shown) !== sign(lane.held) || magnitude(shown) < magnitude(lane.held)
  })
  if (short.length === 0) return [green(`${name} positions`, 'the broker shows what is held')]
  const list = short.map(
    (lane) =>
      `${formatDecimal(lane.held)} ${lane.instrument} ${lane.product} held, ${formatDecimal(shownIn(lane))} shown`,
  )
  return [
    amber(
      `${name} positions`,
      `the broker shows less than is held: ${list.join('; ')}`,
      'closed elsewhere? The next exit closes no more than the broker shows',
    ),
  ]
}

function tellLogin(name: AccountName, state: Exclude<LoginState, { kind: 'open' }>): Finding {
  const remedy =
    state.kind === 'stopped' ? state.remedy : 'see that this machine reaches the broker'
  return red(`${name} login`, state.why, remedy)
}

const notAsked = (name: AccountName): Finding =>
  amber(
    `${name} account`,
    'its profile, funds and orders were not read: it is not logged in',
    'put the login right first',
  )

const unread = (name: AccountName, what: string, reading: Reading<unknown>): Finding =>
  amber(
    `${name} ${what}`,
    `could not be read: ${reading.kind === 'failed' ? cleanText(reading.evidence) : ''}`,
    'run lockstep validate again in a minute',
  )

function checkProfile({ name, clientCode }: Account, profile: Profile): Finding {
  const prefix = name === MASTER ? '' : `${name}_`
  return profile.clientCode.toUpperCase() === clientCode.toUpperCase()
    ? green(`${name} profile`, `${maskCode(profile.clientCode)} ${cleanText(profile.name)}`.trim())
    : red(
        `${name} profile`,
        `the broker calls it ${maskCode(profile.clientCode)}, not ${maskCode(clientCode)}`,
        `correct ${prefix}CLIENT_ID and the keys that belong to it`,
      )
}

function checkFunds(name: AccountName, { net, used }: { net: Money; used: Money }): Finding {
  const found = `${formatDecimal(net, 2)} free, ${formatDecimal(used, 2)} used`
  return net > 0n || name === MASTER
    ? green(`${name} funds`, found)
    : amber(
        `${name} funds`,
        `${found}: entries will be rejected`,
        'add funds, or enabled: false until then',
      )
}

/** Orders of a Lockstep that this ledger does not know: they stop live sending. */
function checkTags(
  name: AccountName,
  tags: readonly string[],
  unreadable: number,
  ledger: LedgerView,
): Finding {
  const ours = tags.filter(isTag)
  if (name === MASTER)
    return ours.length === 0
      ? green(`${name} orders`, `${tags.length} today, none by Lockstep`)
      : amber(
          `${name} orders`,
          `${ours.length} of them carry a Lockstep tag, and are never copied`,
          'see that no other Lockstep has this account as a follower',
        )
  const foreign = ours.filter((tag) => engineOf(tag) !== ledger.engine)
  const lost = ours.filter((tag) => engineOf(tag) === ledger.engine && !ledger.attemptByTag(tag))
  const remedy =
    'stop the other one, or take the right ledger; then lockstep run --take-over sends all the same'
  if (foreign.length > 0)
    return red(
      `${name} orders`,
      `${foreign.length} by another Lockstep, engine ${[...new Set(foreign.map(engineOf))].join(', ')}`,
      remedy,
    )
  if (lost.length > 0)
    return red(
      `${name} orders`,
      `${lost.length} by this engine that its ledger does not know, as after an old backup`,
      remedy,
    )
  return unreadable > 0
    ? amber(
        `${name} orders`,
        `${unreadable} in its book could not be understood`,
        'look at them in the app of the broker',
      )
    : green(`${name} orders`, `${tags.length} today, none by another Lockstep`)
}

// --- what it may trade -------------------------------------------------------------------------

/** By the words of the profile: segments are also seen as `nse_cm`, products as brokers speak of them. */
const SEGMENTS: Readonly<Record<string, string>> = {
  NSE_CM: 'NSE',
  BSE_CM: 'BSE',
  NSE_FO: 'NFO',
  BSE_FO: 'BFO',
  MCX_FO: 'MCX',
  CDE_FO: 'CDS',
  NCX_FO: 'NCDEX',
}
const PRODUCT_WORDS: Readonly<Record<Product, string>> = {
  INTRADAY: 'MIS',
  DELIVERY: 'CNC',
  CARRYFORWARD: 'NRML',
  MARGIN: 'MARGIN',
  UNKNOWN: '',
}

/** What the rules let through, or, where they let everything through, what the master can do. */
export function checkEnabled(
  { name, rules }: FollowerSettings,
  own: Profile,
  master: Profile | null,
): Finding {
  const has = wordsOf(own)
  const check = `${name} segments`
  if (has.exchanges.length === 0)
    return amber(check, 'the profile names none', 'see in the app of the broker what is enabled')
  const remedy = `have them enabled by the broker, or leave them out by rules: of ${name} in lockstep.yaml`
  const named = [
    ...rules.exchanges.filter((exchange) => !has.exchanges.includes(exchange)),
    ...rules.products.filter((product) => !isEnabled(has, product)),
  ]
  if (named.length > 0)
    return red(check, `the rules name ${named.join(', ')}, which the account may not trade`, remedy)
  const masters = wordsOf(master)
  const wanting = [
    ...(rules.exchanges.length > 0 ? [] : masters.exchanges).filter(
      (exchange) => !has.exchanges.includes(exchange),
    ),
    ...(rules.products.length > 0 ? [] : PRODUCTS).filter(
      (product) => isEnabled(masters, product) && !isEnabled(has, product),
    ),
  ]
  if (wanting.length > 0)
    return amber(
      check,
      `the master may trade ${wanting.join(', ')} and this account may not: those entries will be rejected`,
      remedy,
    )
  return green(check, `${has.exchanges.join(', ')} enabled`)
}

interface Enabled {
  readonly exchanges: readonly string[]
  readonly products: readonly string[]
}

const isEnabled = ({ products }: Enabled, product: Product): boolean =>
  products.includes(product) || products.includes(PRODUCT_WORDS[product])

function wordsOf(profile: Profile | null): Enabled {
  const upper = (words: readonly string[] = []) => words.map((word) => word.trim().toUpperCase())
  return {
    exchanges: upper(profile?.exchanges).map((word) => SEGMENTS[word] ?? word),
    products: upper(profile?.products),
  }
}

// --- clocks ------------------------------------------------------------------------------------

/** Beyond this a live start is refused. */
const MOST_SKEW_MS = 2_000
/** A `Date` header is cut to the second: less can't be told from nothing. */
const CERTAIN_SKEW_MS = 1_000

export function checkClock(accesses: readonly Pick<Access, 'skewMs'>[]): Finding {
  const known = accesses.flatMap((access) => access.skewMs() ?? [])
  const remedy = 'have this machine set its clock by itself: timedatectl set-ntp true'
  const [first] = known.toSorted((a, b) => Math.abs(b) - Math.abs(a))
  if (first === undefined) return amber('clock', 'not compared: no answer told the time', remedy)
  const seconds = (Math.abs(first) / 1000).toFixed(1)
  const found = `this machine is ${seconds} s ${first > 0 ? 'behind' : 'ahead of'} the broker`
  if (Math.abs(first) > MOST_SKEW_MS) return red('clock', `${found}: no live start`, remedy)
  return Math.abs(first) > CERTAIN_SKEW_MS
    ? amber('clock', found, remedy)
    : green('clock', 'agrees with the broker to the second')
}

// --- the registered address --------------------------------------------------------------------

/** No broker numbers its orders so. */
const NO_ORDER = orderId('000000000000000')

/** A cancel of an order that does not exist: what the broker says to it tells whether it hears us at all. */
export async function probeWrites(access: Access): Promise<Finding> {
  const { name } = access.account
  const login = await access.logIn()
  if (login.kind !== 'open')
    return amber(`${name} writes`, 'not probed: it is not logged in', 'put the login right first')
  const outcome = await access.writer().cancel({
    orderId: NO_ORDER,
    variety: 'regular',
    pricing: { kind: 'limit', price: 0n as Price },
  })
  return judgeProbe(name, outcome)
}

export function judgeProbe(name: AccountName, outcome: Outcome): Finding {
  const check = `${name} writes`
  switch (outcome.kind) {
    case 'rejected':
      if (outcome.cause === 'address')
        return red(
          check,
          `the broker takes no orders from this address (${cleanText(outcome.text)})`,
          'register the address for its API key at smartapi.angelone.in; a change takes a while and is allowed once a week',
        )
      return outcome.cause === 'account'
        ? red(
            check,
            `the broker refuses the account (${cleanText(outcome.text)})`,
            'ask the broker',
          )
        : green(check, 'the broker takes orders from this address')
    case 'accepted':
      return green(check, 'the broker takes orders from this address')
    case 'notSent':
    case 'unknown':
      return amber(
        check,
        `no clear answer (${cleanText(outcome.evidence)})`,
        'run lockstep validate --probe-writes again',
      )
    default:
      return assertNever(outcome)
  }
}
