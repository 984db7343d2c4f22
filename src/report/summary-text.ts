// A review as a trader reads it in the evening, within 100 columns, and as rows for a spreadsheet. Pure.
import { countSignals, nameMode } from './lines.ts'
import type { FollowerReview, Latency, Review, Tally } from './summary.ts'
import { BAR_LEGEND, barOf, STEPS, type Step, type Waterfall } from './waterfall.ts'

const MOST_COLUMNS = 100
const NAME = 20
/** Without its label: the times of seven steps need the room. */
const SHORT_NAME = 15

export function reviewText(reviews: readonly Review[]): string {
  return reviews.map((each) => reviewLines(each).map(fit).join('\n')).join('\n\n')
}

/** The same in a few lines, for a small screen. */
export const digestOf = (reviews: readonly Review[]): string =>
  reviews
    .flatMap(({ counts, followers }) => [
      `${countSignals(counts.signals)}, ${counts.copied} copied, success ${percent(counts.successRate)}`,
      ...followers.map(({ name, label, counts: own, profit, held, owed }) =>
        [
          label === null ? name : `${name} ${label}`,
          ` placed ${own.placed}, failed ${own.failed}, skipped ${own.skipped}, P&L ${profit}`,
          ...(own.unknown > 0 ? [`, UNKNOWN ${own.unknown}`] : []),
          ...(owed.length > 0 ? [`, OWED ${owed.join(', ')}`] : []),
          ...(held.length > 0 ? [`, holds ${held.join(', ')}`] : []),
        ].join(''),
      ),
    ])
    .join('\n')

function reviewLines(review: Review): readonly string[] {
  const { mode, counts, followers, sessions, from, to } = review
  const which = sessions.length === 1 ? 'one session' : `${sessions.length} sessions`
  const until = to === null ? 'not ended' : `to ${momentOf(to)}`
  const owed = followers.flatMap((each) => each.owed.map((what) => `  ${each.name}  ${what}`))
  return [
    `${nameMode(mode, review.isDemo)}  ${from.slice(0, 10)}  ${which}, from ${momentOf(from)} ${until}`,
    `${countSignals(counts.signals)}, ${counts.copied} copied, success ${percent(counts.successRate)}`,
    ...(owed.length === 0 ? [] : ['', 'OWED EXITS', ...owed]),
    '',
    row([
      'follower',
      'placed',
      'failed',
      'skipped',
      'unknown',
      'owed',
      'success',
      'ticks',
      'slippage',
      'P&L',
    ]),
    ...followers.map((each) =>
      row([
        nameOf(each),
        ...[
          each.counts.placed,
          each.counts.failed,
          each.counts.skipped,
          each.counts.unknown,
          each.counts.owed,
        ].map(String),
        percent(each.counts.successRate),
        each.slippage.ticks ?? '-',
        each.slippage.rupees,
        each.profit,
      ]),
    ),
    'slippage in rupees and ticks a unit, above 0 is worse than the master; P&L of own fills, no charges',
    '',
    latencyRow(['p50/p95', ...STEPS.map((step) => STEP_NAMES[step])]),
    ...followers.map((each) =>
      latencyRow([each.name, ...STEPS.map((step) => spread(each.latency[step]))]),
    ),
    ...slowestLines(review.waterfalls),
    ...followers.flatMap(reasonLines),
  ]
}

const SLOWEST = 5
const BAR = 48

/** Where the time of the slowest went; --json has all of them. */
function slowestLines(waterfalls: readonly Waterfall[]): readonly string[] {
  const slowest = waterfalls.filter(({ stepsMs }) => stepsMs.inAll !== null).slice(0, SLOWEST)
  if (slowest.length === 0) return []
  return [
    '',
    `the slowest orders (${BAR_LEGEND})`,
    ...slowest.map(({ signal, follower, side, quantity, symbol, stepsMs }) => {
      const name = `#${signal} ${follower} ${side} ${quantity} ${symbol}`
      const took = short(stepsMs.inAll ?? 0).padStart(6)
      return `  ${clipped(name, SLOWEST_NAME)}${took}  ${barOf(stepsMs, BAR)}`
    }),
  ]
}

const SLOWEST_NAME = 42

const clipped = (text: string, width: number): string =>
  text.length < width ? text.padEnd(width) : `${text.slice(0, width - 2)}… `

const STEP_NAMES: Readonly<Record<Step, string>> = {
  seen: 'seen',
  decided: 'decided',
  recorded: 'recorded',
  sent: 'sent',
  answered: 'answered',
  filled: 'filled',
  inAll: 'in all',
}

function reasonLines(follower: FollowerReview): readonly string[] {
  const lines = [
    ...follower.failures.map((each) => tallyLine('failed ', each)),
    ...follower.skips.map((each) => tallyLine('skipped', each)),
    ...(follower.held.length === 0 ? [] : [`  holds    ${follower.held.join(', ')}`]),
  ]
  return lines.length === 0 ? [] : ['', nameOf(follower), ...lines]
}

const tallyLine = (what: string, { why, count, example }: Tally): string =>
  `  ${what}  ${String(count).padStart(4)}  ${why}${example === '' ? '' : `: ${example}`}`

const WIDTHS = [7, 7, 8, 8, 5, 8, 8, 12, 13]
const row = ([name = '', ...cells]: readonly string[]): string =>
  name.padEnd(NAME) + cells.map((cell, index) => cell.padStart(WIDTHS[index] ?? 8)).join('')

const latencyRow = ([name = '', ...cells]: readonly string[]): string =>
  name.padEnd(SHORT_NAME) + cells.map((cell) => cell.padStart(12)).join('')

const spread = (latency: Latency | null): string =>
  latency === null ? '-' : `${short(latency.p50Ms)}/${short(latency.p95Ms)}`

/** At most five letters, so that two fit a column. */
function short(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)}ms`
  if (ms < 10_000) return `${(Math.floor(ms / 100) / 10).toFixed(1)}s`
  if (ms < 600_000) return `${Math.floor(ms / 1000)}s`
  return `${Math.floor(ms / 60_000)}min`
}

const percent = (share: number | null): string =>
  share === null ? '-' : `${Math.round(share * 1000) / 10}%`

const momentOf = (instant: string): string => instant.slice(11, 19)

const nameOf = ({ name, label }: Pick<FollowerReview, 'name' | 'label'>): string => {
  const full = label === null ? name : `${name} ${label}`
  return full.length < NAME ? full : `${full.slice(0, NAME - 2)}…`
}

const fit = (line: string): string =>
  line.length <= MOST_COLUMNS ? line.trimEnd() : `${line.slice(0, MOST_COLUMNS - 1)}…`

// --- rows

/** A row for each follower of each mode. */
export function reviewCsv(reviews: readonly Review[]): string {
  const latencies = STEPS.flatMap((step) => [`${step}_p50_ms`, `${step}_p95_ms`])
  const counts = ['signals', 'copied', 'placed', 'failed', 'skipped', 'unknown', 'owed'] as const
  const header = [
    'mode',
    'from',
    'to',
    'follower',
    'label',
    ...counts,
    'success_rate',
    'slippage_ticks',
    'slippage_rupees',
    'profit',
    ...latencies,
    'failures',
    'skips',
    'held',
  ]
  const rows = reviews.flatMap(({ mode, from, to, followers }) =>
    followers.map((each) => [
      mode,
      from,
      to ?? '',
      each.name,
      spoken(each.label ?? ''),
      ...counts.map((name) => String(each.counts[name])),
      each.counts.successRate === null ? '' : String(each.counts.successRate),
      each.slippage.ticks ?? '',
      each.slippage.rupees,
      each.profit,
      ...STEPS.flatMap((step) => [
        each.latency[step]?.p50Ms ?? '',
        each.latency[step]?.p95Ms ?? '',
      ]).map(String),
      spoken(each.failures.map(tallied).join('; ')),
      spoken(each.skips.map(tallied).join('; ')),
      spoken(each.held.join('; ')),
    ]),
  )
  return `${[header, ...rows].map((cells) => cells.map(quoted).join(',')).join('\r\n')}\r\n`
}

const tallied = ({ why, count, example }: Tally): string =>
  `${count} ${why}${example === '' ? '' : ` (${example})`}`

/** Words that a spreadsheet would take for a formula are made words. */
const spoken = (text: string): string => (/^[=+\-@\t\r]/.test(text) ? `'${text}` : text)

const quoted = (cell: string): string =>
  /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell
