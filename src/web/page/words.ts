// The page's words for what the server tells by names, each with its tone. A tone is shown by a mark and by a
// colour, never by the colour alone. Pure.
import type { LimitsText, SizingText } from '../shapes/accounts.ts'
import type { CopyOutcome, CopyRow, SignalRow } from '../shapes/orders.ts'
import type { FollowerState, Market } from '../shapes/overview.ts'
import { clock, dayText, grouped, plural, rupees } from './format.ts'

export type Tone = 'good' | 'plain' | 'busy' | 'warn' | 'bad'

interface Said {
  readonly text: string
  readonly tone: Tone
}

export const OUTCOMES: Readonly<Record<CopyOutcome, Said>> = {
  asked: { text: 'asked', tone: 'warn' },
  skipped: { text: 'skipped', tone: 'plain' },
  waiting: { text: 'waiting', tone: 'busy' },
  working: { text: 'at the broker', tone: 'busy' },
  unknown: { text: 'UNKNOWN', tone: 'bad' },
  filled: { text: 'filled', tone: 'good' },
  partlyFilled: { text: 'partly filled', tone: 'warn' },
  cancelled: { text: 'cancelled', tone: 'warn' },
  rejected: { text: 'rejected', tone: 'bad' },
  denied: { text: 'denied', tone: 'warn' },
  lapsed: { text: 'lapsed', tone: 'bad' },
  nothingDue: { text: 'nothing due', tone: 'plain' },
}

export const STATES: Readonly<Record<FollowerState, Said>> = {
  on: { text: 'on', tone: 'good' },
  paused: { text: 'paused', tone: 'warn' },
  pausedAfterRejections: { text: 'paused after rejections', tone: 'bad' },
  halted: { text: 'halted', tone: 'bad' },
  loginFailed: { text: 'login failed', tone: 'bad' },
  disabled: { text: 'disabled', tone: 'plain' },
}

/** `COPY 65`, `EXIT 65`, `SKIP`, `ASKED`. */
export function decisionText({ decision, quantity }: CopyRow): string {
  const size = quantity === null ? '' : ` ${grouped(quantity)}`
  switch (decision) {
    case 'entry':
      return `COPY${size}`
    case 'exit':
      return `EXIT${size}`
    case 'skip':
      return 'SKIP'
    default:
      return 'ASKED'
  }
}

/** What became of a signal, most telling first: `2 filled, 1 rejected`. */
export function summaryOf({ copies }: SignalRow): Said {
  const counts = new Map<CopyOutcome, number>()
  for (const { outcome } of copies) counts.set(outcome, (counts.get(outcome) ?? 0) + 1)
  const tones = [...counts.keys()].map((outcome) => OUTCOMES[outcome].tone)
  const tone = WORST_FIRST.find((each) => tones.includes(each)) ?? 'plain'
  const text = [...counts]
    .toSorted(([a], [b]) => rankOf(a) - rankOf(b))
    .map(([outcome, count]) => `${count} ${OUTCOMES[outcome].text}`)
    .join(', ')
  return { text: text || 'no follower', tone }
}

const WORST_FIRST: readonly Tone[] = ['bad', 'warn', 'busy', 'good']
/** What is well is said first, then what is not: the end of it may not be in sight. */
const SAID_FIRST: readonly Tone[] = ['good', ...WORST_FIRST, 'plain']
const rankOf = (outcome: CopyOutcome): number => SAID_FIRST.indexOf(OUTCOMES[outcome].tone)

const SHUT: Readonly<Record<string, string>> = {
  weekend: 'closed for the weekend',
  beforeOpen: 'not open yet',
  betweenSessions: 'between its sessions',
  afterClose: 'closed for today',
}

/** All exchanges in one line; those that stand alike are named together. */
export function marketText(markets: readonly Market[], today: string): readonly Said[] {
  const alike = Map.groupBy(markets, (market) => oneMarket(market, today))
  return [...alike].map(([text, group]) => ({
    text:
      alike.size === 1
        ? `Market ${text}`
        : `${group.map((each) => each.exchange).join(', ')} ${text}`,
    tone: group[0]?.isOpen ? 'good' : 'plain',
  }))
}

function oneMarket({ isOpen, until, why, holiday, opensAt }: Market, today: string): string {
  if (isOpen) return until === null ? 'open' : `open until ${clock(until).slice(0, 5)}`
  const reason = holiday === null ? (SHUT[why ?? ''] ?? 'closed') : `closed, ${holiday}`
  if (opensAt === null) return reason
  const isToday = opensAt.startsWith(today)
  const day = isToday ? '' : `${dayText(opensAt.slice(0, 10)).split(' ').slice(0, 3).join(' ')}, `
  return `${reason}, opens ${day}${clock(opensAt).slice(0, 5)}`
}

export function sizingText(sizing: SizingText): string {
  switch (sizing.mode) {
    case 'mirror':
      return 'as the master'
    case 'multiplier':
      return `× ${sizing.by}`
    case 'fixed':
      return 'lots' in sizing
        ? plural(Number(sizing.lots), 'lot')
        : `${grouped(sizing.quantity)} each time`
    default:
      return 'by capital'
  }
}

export const LIMITS: readonly {
  readonly key: keyof LimitsText
  readonly name: string
  readonly unit: 'quantity' | 'rupees' | 'count'
  readonly brief: (value: string) => string
}[] = [
  {
    key: 'maxOrderQuantity',
    name: 'Largest order, quantity',
    unit: 'quantity',
    brief: (value) => `order ≤ ${value}`,
  },
  {
    key: 'maxOrderValue',
    name: 'Largest order, value',
    unit: 'rupees',
    brief: (value) => `order ≤ ${value}`,
  },
  {
    key: 'maxPositionQuantity',
    name: 'Largest position, quantity',
    unit: 'quantity',
    brief: (value) => `position ≤ ${value}`,
  },
  {
    key: 'maxOrdersPerDay',
    name: 'Orders a day',
    unit: 'count',
    brief: (value) => `${value} orders a day`,
  },
  {
    key: 'maxDailyLoss',
    name: 'Loss a day',
    unit: 'rupees',
    brief: (value) => `loss ≤ ${value} a day`,
  },
  {
    key: 'pauseAfterRejections',
    name: 'Rejections in a row before a pause',
    unit: 'count',
    brief: (value) => `pause after ${value} rejections`,
  },
]

/** The limits that are set; none set is told as that, since it is a risk. */
export function limitsText(limits: LimitsText): string {
  const set = LIMITS.flatMap(({ key, unit, brief }) => {
    const value = limits[key]
    if (value === null) return []
    return [brief(unit === 'rupees' ? rupees(value).replace(/\.00$/, '') : grouped(value))]
  })
  return set.length === 0 ? 'none' : set.join(' · ')
}

export const windowText = (windowMs: number): string =>
  windowMs >= 3_600_000 ? 'this hour' : windowMs >= 60_000 ? 'this minute' : 'this second'
