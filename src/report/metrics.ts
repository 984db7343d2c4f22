// The state of a copier in numbers, as Prometheus reads them: out of the ledger and the pulse that the engine
// keeps there, so it may be asked in any process. Counters count the day (IST) and begin anew with the next,
// which a reader takes for a restart; they survive restarts of the program because the ledger does. It
// decides nothing and writes nothing. Its names are a promise: dashboards are built on them.
import { type AccountName, MASTER } from '../domain/ids.ts'
import type { Mode } from '../domain/lane.ts'
import {
  add,
  formatDecimal,
  magnitude,
  NO_MONEY,
  type Price,
  type Quantity,
  subtract,
  worth,
} from '../domain/numbers.ts'
import { carriedInto, profitParts } from '../domain/profit.ts'
import type { AccountPulse } from '../domain/pulse.ts'
import { dayOf, type Instant, instant, SECOND } from '../domain/time.ts'
import type { Windows } from '../domain/windows.ts'
import type { Drift, LedgerView, OpenAttempt } from '../ports.ts'
import { createDayCounts, type DayCounts, STEPS } from './day-counts.ts'
import {
  counter,
  expose,
  type Family,
  gauge,
  type Histogram,
  type Labels,
  named,
  one,
  type Sample,
  tally,
} from './exposition.ts'

export interface MetricsParts {
  readonly ledger: LedgerView
  readonly now: () => Instant
  readonly followers: readonly { readonly name: AccountName; readonly mode: Mode }[]
  /** The one that runs on this ledger; asked for each time. */
  readonly engine: () => { readonly since: Instant } | null
  readonly windows: Windows
}

/** From what a fast machine needs to what an order in doubt needs, in seconds. */
const LATENCIES = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60] as const

/** Gives the text for one scrape, each time it is called. */
export function createMetrics(parts: MetricsParts): () => string {
  const counts = createDayCounts(
    parts.ledger,
    parts.followers.map(({ name }) => name),
  )
  return () => {
    const now = parts.now()
    const look = lookOf(parts, now)
    const today = counts.read(now)
    const families = [
      ...ofEngine(look),
      ...ofCopies(look, today),
      ...ofPositions(look),
      ...ofMoney(look),
      ...ofAccounts(look),
    ]
    return expose(families.map((family) => withMode(family, parts.ledger.mode)))
  }
}

interface Look extends MetricsParts {
  readonly at: Instant
  readonly isRunning: boolean
  readonly since: Instant | null
  readonly pulse: ReturnType<LedgerView['pulse']>
  readonly lanes: ReturnType<LedgerView['lanes']>
  readonly brokerOf: (account: AccountName) => string
}

function lookOf(parts: MetricsParts, at: Instant): Look {
  const engine = parts.engine()
  const modes = new Map(parts.followers.map(({ name, mode }) => [name, mode]))
  return {
    ...parts,
    at,
    isRunning: engine !== null,
    since: engine?.since ?? null,
    pulse: parts.ledger.pulse(),
    lanes: parts.ledger.lanes(),
    // The master is only ever read, and at the real one.
    brokerOf: (account) => (modes.get(account) === 'paper' ? 'paper' : 'angelone'),
  }
}

// --- the engine and the ledger -----------------------------------------------------------------

function ofEngine({ ledger, isRunning, since, at }: Look): readonly Family[] {
  const { halted, everybodyPaused } = ledger.steering()
  const { freeBytes, reserve } = ledger.health()
  return [
    gauge('engine_up', 'Whether an engine runs on this ledger.', [one(isRunning)]),
    gauge(
      'engine_start_time_seconds',
      'When it was started.',
      since === null ? [] : [one(since / SECOND)],
    ),
    gauge('halted', 'Whether nothing is sent, exits neither.', [one(halted)]),
    gauge('everybody_paused', 'Whether nobody takes entries.', [one(everybodyPaused)]),
    gauge('questions', 'Signals that wait for the trader.', [one(ledger.undecided().length)]),
    gauge('commands_waiting', 'Commands that the engine has not obeyed yet.', [
      one(ledger.openSteering().length),
    ]),
    gauge('disk_free_bytes', 'Room on the disk of the ledger.', [one(freeBytes)]),
    gauge('reserve_held', 'Whether the room for exits on a full disk is set aside.', [
      one(reserve === 'held'),
    ]),
    gauge('scrape_time_seconds', 'When this was read.', [one(at / SECOND)]),
  ]
}

// --- what was copied today ---------------------------------------------------------------------

function ofCopies(look: Look, today: DayCounts): readonly (Family | Histogram)[] {
  const { signals, attempts, decided, denied, timed } = today
  const ofAccount = (account: AccountName): Labels => labelsOf(look, account)
  return [
    counter(
      'signals_total',
      'Signals of the master today.',
      tally(signals, ({ effect }) => ({ effect })),
    ),
    counter(
      'decisions_total',
      'Decisions today, one for each signal and follower; a skip with its reason.',
      tally(decided, ({ account, decision, reason }) => ({
        ...ofAccount(account),
        decision,
        reason: reason ?? 'copied',
      })),
    ),
    counter(
      'copies_total',
      'Decisions to copy today.',
      tally(
        decided.filter(({ decision }) => decision !== 'skip'),
        ({ account, decision }) => ({ ...ofAccount(account), effect: decision }),
      ),
    ),
    counter(
      'denied_total',
      'Orders of ours that we did not send after all, today.',
      tally(denied, ({ account, reason }) => ({ ...ofAccount(account), reason })),
    ),
    counter(
      'orders_total',
      'Orders sent today by what they came to; one that is in doubt comes to something later.',
      tally(
        attempts.flatMap((open) => outcomesOf(open).map((outcome) => ({ open, outcome }))),
        ({ open, outcome }) => ({
          ...ofAccount(open.attempt.intent.lane.follower),
          role: open.attempt.intent.role,
          outcome,
        }),
      ),
    ),
    {
      name: named('copy_seconds'),
      help: 'How long each step took today, for each follower.',
      ends: LATENCIES,
      series: look.followers.flatMap(({ name }) =>
        STEPS.flatMap((step) => {
          const own = timed.filter((each) => each.account === name && each.step === step)
          const values = own.map(({ seconds }) => seconds)
          return values.length === 0 ? [] : [{ labels: { ...ofAccount(name), step }, values }]
        }),
      ),
    },
  ]
}

/** What an order came to so far; what was accepted and rejected afterwards is both. */
function outcomesOf({ state }: OpenAttempt): readonly string[] {
  switch (state.kind) {
    case 'sending':
    case 'unknown':
      return []
    case 'working':
      return ['accepted']
    case 'done':
      return state.end === 'rejected' ? ['accepted', 'rejected'] : ['accepted']
    case 'rejected':
    case 'notSent':
    case 'lapsed':
      return [state.kind]
  }
}

// --- what stands open --------------------------------------------------------------------------

function ofPositions(look: Look): readonly Family[] {
  const { ledger, lanes, followers } = look
  const open = ledger.openAttempts(null)
  const owed = ledger.owed()
  const drift = ledger.drift().filter(isShownLess)
  const steering = ledger.steering()
  const each = (count: (name: AccountName) => number | boolean): readonly Sample[] =>
    followers.map(({ name }) => ({ labels: labelsOf(look, name), value: Number(count(name)) }))
  const orders =
    (isMeant: (kind: OpenAttempt['state']['kind']) => boolean) => (name: AccountName) =>
      open.filter(
        ({ attempt, state }) => attempt.intent.lane.follower === name && isMeant(state.kind),
      ).length
  const laneSample = (
    lane: { follower: AccountName; instrument: string; product: string },
    quantity: Quantity,
  ): Sample => ({
    labels: {
      ...labelsOf(look, lane.follower),
      instrument: lane.instrument,
      product: lane.product,
    },
    value: formatDecimal(quantity),
  })
  return [
    gauge(
      'orders_unknown',
      'Orders of which nobody can say what became of them.',
      each(orders((kind) => kind === 'unknown')),
    ),
    gauge(
      'orders_open',
      'Orders on their way or resting.',
      each(orders((kind) => kind !== 'unknown')),
    ),
    gauge(
      'held_quantity',
      'What a follower holds because of Lockstep, signed.',
      lanes.filter(({ held }) => held !== 0n).map((lane) => laneSample(lane, lane.held)),
    ),
    gauge(
      'owed_quantity',
      'What should have been closed and is not, signed as the position.',
      owed.map(({ lane, owed: quantity }) => laneSample(lane, quantity)),
    ),
    gauge(
      'owed_exits',
      'Exits that should have happened and have not.',
      each((name) => owed.filter(({ lane }) => lane.follower === name).length),
    ),
    gauge(
      'drifts',
      'Positions of which the broker shows less than is held.',
      each((name) => drift.filter(({ lane }) => lane.follower === name).length),
    ),
    gauge(
      'paused',
      'Whether a follower takes no entries.',
      each((name) => steering.everybodyPaused || steering.paused.has(name)),
    ),
  ]
}

const isShownLess = ({ held, shown }: Drift): boolean =>
  shown !== null && (held > 0n ? shown < held : held < 0n && shown > held)

// --- money -------------------------------------------------------------------------------------

function ofMoney(look: Look): readonly Family[] {
  const { ledger, followers, pulse, lanes, at } = look
  const prices = new Map([...pulse.prices].map(([id, { last }]) => [id, last]))
  const profits = followers.flatMap(({ name }): readonly Sample[] => {
    const { fills } = ledger.followerDay(name, dayOf(at))
    const carried = carriedInto(fills, (lane) => ledger.lanePosition(lane).held)
    const { total, open } = profitParts(fills, prices, carried)
    const result = { realised: subtract(total, open), open }
    return (['realised', 'open'] as const).map((kind) => ({
      labels: { ...labelsOf(look, name), kind },
      value: formatDecimal(result[kind], 2),
    }))
  })
  const exposures = followers.map(({ name }): Sample => {
    const own = lanes.filter(({ follower }) => follower === name)
    const total = own.reduce((sum, { instrument, held }) => {
      const last: Price | undefined = pulse.prices.get(instrument)?.last
      return last === undefined ? sum : add(sum, worth(last, magnitude(held)))
    }, NO_MONEY)
    return { labels: labelsOf(look, name), value: formatDecimal(total, 2) }
  })
  return [
    gauge(
      'profit_rupees',
      'Profit of the own fills of today, without charges: closed, and open at the last price.',
      profits,
    ),
    gauge('exposure_rupees', 'What is held, at the last prices, whatever its side.', exposures),
    gauge(
      'last_price_rupees',
      'The last price of what was priced of late.',
      [...pulse.prices].map(([instrument, { last }]) => ({
        labels: { instrument },
        value: formatDecimal(last, 2),
      })),
    ),
    gauge(
      'funds_rupees',
      'Money of an account, as last read.',
      pulse.accounts.flatMap(({ account, seenFunds }) =>
        seenFunds === null
          ? []
          : (['net', 'used'] as const).map((kind) => ({
              labels: { ...labelsOf(look, account), kind },
              value: formatDecimal(seenFunds[kind], 2),
            })),
      ),
    ),
  ]
}

// --- the accounts and their broker -------------------------------------------------------------

const SESSION_STATES = ['open', 'closed', 'unverified', 'stopped'] as const
const READINGS = ['orders', 'positions', 'quotes', 'funds'] as const

/** Of a running engine only: what it was like before says nothing. */
function ofAccounts(look: Look): readonly Family[] {
  const { ledger, windows, followers, at, isRunning } = look
  const known = new Set<AccountName>([MASTER, ...followers.map(({ name }) => name)])
  const accounts = isRunning ? look.pulse.accounts.filter(({ account }) => known.has(account)) : []
  const left = followers.flatMap(({ name }) =>
    windows.map(({ lengthMs, most }): Sample => {
      const used = ledger.writes(name, instant(at - lengthMs)).length
      return {
        labels: { ...labelsOf(look, name), window_seconds: String(lengthMs / SECOND) },
        value: Math.max(0, most - used),
      }
    }),
  )
  const readings = (value: (state: AccountPulse['orders']) => number | null): readonly Sample[] =>
    accounts.flatMap((pulse) =>
      READINGS.flatMap((what) => {
        const measured = value(pulse[what])
        const labels = { ...labelsOf(look, pulse.account), what }
        return measured === null ? [] : [{ labels, value: measured }]
      }),
    )
  return [
    gauge(
      'writes_left',
      "What is left of the broker's limits on placing, modifying and cancelling.",
      left,
    ),
    gauge(
      'session_state',
      'The state of the session of an account is the one that is 1.',
      accounts.flatMap(({ account, session }) =>
        session === null
          ? []
          : SESSION_STATES.map((state) => ({
              labels: { ...labelsOf(look, account), state },
              value: Number(session.kind === state),
            })),
      ),
    ),
    gauge(
      'stream_up',
      'Whether the order-update stream is connected; none without a stream.',
      accounts.flatMap(({ account, stream }) =>
        stream === null || stream.kind === 'none'
          ? []
          : [{ labels: labelsOf(look, account), value: Number(stream.kind === 'up') }],
      ),
    ),
    gauge(
      'reading_age_seconds',
      "How long ago something was last read well; the master's orders are read all the time.",
      readings((state) =>
        state?.goodAt == null ? null : Math.max(0, (at - state.goodAt) / SECOND),
      ),
    ),
    gauge(
      'reading_failing',
      'Whether the last reading failed.',
      readings((state) =>
        state === null || (state.goodAt === null && state.failing === null)
          ? null
          : Number(state.failing !== null),
      ),
    ),
  ]
}

// --- families ----------------------------------------------------------------------------------

const labelsOf = ({ brokerOf }: Pick<Look, 'brokerOf'>, account: AccountName): Labels => ({
  account,
  broker: brokerOf(account),
})

/** Paper and live are never added up by accident. */
function withMode(family: Family | Histogram, mode: Mode): Family | Histogram {
  const marked = <S extends { readonly labels: Labels }>(samples: readonly S[]) =>
    samples.map((sample) => ({ ...sample, labels: { mode, ...sample.labels } }))
  return 'series' in family
    ? { ...family, series: marked(family.series) }
    : { ...family, samples: marked(family.samples) }
}
