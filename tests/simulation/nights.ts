// Nights: a day that goes on until the next morning. It trades some minutes before a close, an hour at which
// the broker squares off, or the expiry of a contract; then the night, in which the program runs on, is down
// or sleeps with its machine; then some minutes of the next day. Drawn before anything happens, as all of it.
import {
  atTimeOfDay,
  dayOf,
  formatTime,
  HOUR,
  type Instant,
  instant,
  MINUTE,
  nextDay,
  SECOND,
  tradingDay,
} from '../../src/domain/time.ts'
import { type Draws, drawsOf } from './chance.ts'
import type { Deed } from './day.ts'
import { weatherAt } from './ends.ts'
import { CARRIED, DELIVERED, FUTURE, INTRADAY_SHARE, SAME_AGAIN, type What } from './trader.ts'

export type NightKind =
  /** It is up at midnight and for the first sessions, and suspended in between: a whole night takes too long. */
  | 'awake'
  /** Its machine is suspended, and wakes in the morning. */
  | 'suspended'
  /** It died or was stopped at the end of the day, and is started in the morning. */
  | 'down'

export interface Night {
  readonly kind: NightKind
  /** What is traded until then, and from then on. */
  readonly evening: readonly [from: Instant, until: Instant]
  readonly morning: readonly [from: Instant, until: Instant]
  /** Every contract is gone the next day. */
  readonly isExpiry: boolean
  /** The broker squares off in the evening. */
  readonly isSquaredOff: boolean
  /** Everything is halted before the evening is over, until the morning. */
  readonly isHalted: boolean
  /** It was down at the close, and is started after it, for a while. */
  readonly isUpInTheEvening: boolean
  readonly deeds: readonly (readonly [at: number, deed: Deed])[]
}

const FIRST_DAY = tradingDay('2026-12-01')
const FRIDAY = tradingDay('2026-12-04')
/** Of all contracts that are listed. */
const EXPIRY = tradingDay('2026-12-29')
/** On this day they are listed, with the last Tuesday of the month after it. */
export const LISTED_ON = tradingDay('2026-11-30')
const at = (hour: number, minute: number): number => hour * HOUR + minute * MINUTE

/** In each of them something ends: intraday entries, intraday itself, shares, derivatives. */
const EVENINGS = [
  { from: at(15, 8), most: 4 * MINUTE },
  { from: at(15, 12), most: 90 * SECOND },
  { from: at(15, 12), most: 90 * SECOND },
  { from: at(15, 26), most: 2 * MINUTE },
  { from: at(15, 36), most: 2 * MINUTE },
  { from: at(11, 0), most: 2 * HOUR },
]
const SQUARE_OFF = at(15, 15)
const TRADES_FOR_MS = 110 * SECOND
/** Seldom in time for the first sessions: whoever is up polls, and a quarter of an hour costs as much as a day. */
const UP_AGAIN = [
  at(8, 44),
  ...Array.from({ length: 3 }, () => [at(9, 11), at(9, 14) + 50 * SECOND, at(9, 17)]).flat(),
]
const SHARE_OF_DAYS = 0.06

export function drawNight(seed: number): Night | null {
  const draws = drawsOf(seed, 'night')
  if (!draws.is(SHARE_OF_DAYS)) return null
  const day = draws.is(0.3) ? EXPIRY : draws.is(0.1) ? FRIDAY : FIRST_DAY
  const opens = day === FRIDAY ? tradingDay('2026-12-07') : nextDay(day)
  const evening = draws.one(EVENINGS)
  const from = evening.from + draws.upTo(evening.most)
  const until = from + TRADES_FOR_MS + draws.upTo(MINUTE)
  const trading = at(9, 15) + draws.upTo(20 * SECOND)
  const kind = draws.is(0.06) ? 'awake' : draws.one(['suspended', 'down', 'down'] as const)
  const upAt = atTimeOfDay(opens, draws.one(UP_AGAIN) + draws.upTo(MINUTE))
  const over = atTimeOfDay(day, until)
  const halting = drawHalt(seed, over, atTimeOfDay(opens, trading))
  const startsAt = kind === 'down' ? drawEveningStart(seed, over) : null
  const morning = [
    atTimeOfDay(opens, trading),
    instant(Math.max(atTimeOfDay(opens, trading), upAt) + draws.between(40, 90) * SECOND),
  ] as const
  return {
    kind,
    evening: [atTimeOfDay(day, from), over],
    morning,
    isExpiry: day === EXPIRY,
    isSquaredOff: from < SQUARE_OFF && until > SQUARE_OFF,
    isHalted: halting.length > 0,
    isUpInTheEvening: startsAt !== null,
    deeds: [
      ...adopting(draws, morning),
      ...unfinished(draws, over),
      ...ending(draws, kind, over, { startsAt, upAt }),
      ...leaving(draws, over, morning),
      ...halting,
    ],
  }
}

/** Positions that outlive the day, and something that is in doubt or refused as it ends. */
function unfinished(draws: Draws, over: Instant): readonly (readonly [number, Deed])[] {
  const what = draws.one(OUTLIVING)
  const led: (readonly [number, Deed])[] = [
    [
      over - 70 * SECOND,
      {
        kind: 'masterTrades',
        what,
        side: draws.is(0.7) ? 'BUY' : sellOf(what),
        lots: draws.between(2, 12),
      },
    ],
  ]
  if (draws.is(0.5))
    led.push([over - 5 * SECOND, { kind: 'masterLeaves', what, share: draws.one([0.5, 1]) }])
  if (draws.is(0.3)) led.push([over - 6 * SECOND, weatherAt('placing', draws, null, 8 * SECOND)])
  if (draws.is(0.2))
    led.push([
      over - 6 * SECOND,
      { kind: 'rejectNext', account: 1, text: 'RMS:Rule: Check circuit limit' },
    ])
  return led
}

/**
 * A halt that outlasts its day, by word or by file: what the master does in it has to be told the next morning, as
 * far as anybody was up to read it. Before the last that it trades, and lifted before or after the program is up.
 */
function drawHalt(
  seed: number,
  over: Instant,
  opens: Instant,
): readonly (readonly [number, Deed])[] {
  const draws = drawsOf(seed, 'halt over night')
  if (!draws.is(SHARE_OF_HALTS)) return []
  const from = over - draws.between(72, 100) * SECOND
  const until = opens + draws.between(-60, 35) * SECOND
  if (draws.is(0.3))
    return [
      [from, { kind: 'haltFile', isThere: true }],
      [until, { kind: 'haltFile', isThere: false }],
    ]
  return [
    [from, { kind: 'says', say: { kind: 'halt' } }],
    [until, { kind: 'says', say: { kind: 'resume', follower: null } }],
  ]
}

const SHARE_OF_HALTS = 0.3

const sellOf = ({ product }: What) => (product === 'DELIVERY' ? 'BUY' : 'SELL')
const OUTLIVING = [DELIVERED, CARRIED, CARRIED, FUTURE, SAME_AGAIN, INTRADAY_SHARE]

/** Exits that are due find no market any more; what the master did meanwhile is read late, or never. */
function drawEveningStart(seed: number, over: Instant): Instant | null {
  const draws = drawsOf(seed, 'evening start')
  if (!draws.is(SHARE_OF_EVENING_STARTS)) return null
  const hour = atTimeOfDay(dayOf(over), draws.one(STARTED_IN_THE_EVENING))
  return instant(Math.max(hour, over + 3 * MINUTE) + draws.upTo(MINUTE))
}

const SHARE_OF_EVENING_STARTS = 0.4
const STARTED_IN_THE_EVENING = [at(15, 31), at(15, 39), at(15, 43), at(18, 0), at(23, 57)]
const UP_FOR_MS = 110 * SECOND

/** What filled while nobody watched is taken over, as the program asks for in the morning. */
const adopting = (
  draws: Draws,
  [opens]: readonly [Instant, Instant],
): readonly (readonly [number, Deed])[] =>
  OUTLIVING.flatMap((what) =>
    [1, 2, 3].map((follower) => {
      const say = { kind: 'adopt', follower, what } as const
      return [opens + draws.between(0, 20_000), { kind: 'says', say }] as const
    }),
  )

/** Down or asleep until the morning. What was restarted at that moment is met by the second and third try. */
function ending(
  draws: Draws,
  kind: NightKind,
  over: Instant,
  { startsAt, upAt }: { readonly startsAt: Instant | null; readonly upAt: Instant },
): readonly (readonly [number, Deed])[] {
  if (kind === 'awake') {
    const midnight = atTimeOfDay(nextDay(dayOf(over)), 0)
    const sessions = atTimeOfDay(dayOf(upAt), at(8, 43))
    return [
      ...asleep(over + 20 * SECOND, midnight - draws.between(10, 90) * SECOND),
      ...asleep(midnight + draws.between(60, 150) * SECOND, sessions),
    ]
  }
  if (kind === 'suspended') return asleep(over + draws.upTo(30_000), upAt)
  if (startsAt === null) return ended(draws, over, upAt)
  return [...ended(draws, over, startsAt), ...asleep(startsAt + UP_FOR_MS, upAt)]
}

function ended(draws: Draws, from: number, upAt: number): readonly (readonly [number, Deed])[] {
  const isKilled = draws.is(0.6)
  return [0, 40 * SECOND, 100 * SECOND].map((later) => {
    const downMs = upAt - from - later
    const how = isKilled
      ? ({ kind: 'dies', doom: { step: null, passings: 1 } } as const)
      : ({ kind: 'stops' } as const)
    return [from + later, { ...how, downMs, settings: 0 }] as const
  })
}

/** No network first, as when a lid is closed: what is on its way has arrived before time stands still. */
const asleep = (from: number, upAt: number): readonly (readonly [number, Deed])[] => [
  [from, { kind: 'cutOff', account: null, forMs: upAt - from + 4000 }],
  [from + 30 * SECOND, { kind: 'suspended', until: instant(upAt) }],
]

/** The master leaves while nobody looks: in the evening, before the program is up, or after. */
function leaving(
  draws: Draws,
  over: Instant,
  [opens]: readonly [Instant, Instant],
): readonly (readonly [number, Deed])[] {
  return [CARRIED, SAME_AGAIN, FUTURE, DELIVERED].flatMap((what) => {
    const when = draws.one([null, over + 20 * SECOND, opens + 5 * SECOND, opens + 40 * SECOND])
    return when === null
      ? []
      : ([[when, { kind: 'masterLeaves', what, share: draws.one([0.5, 1]) }]] as const)
  })
}

/** For the story. */
export const describeNight = ({
  kind,
  isExpiry,
  isHalted,
  isUpInTheEvening,
  evening: [, until],
  morning: [from],
}: Night): string =>
  `a day with a night (${kind}): traded until ${formatTime(until)} and from ${formatTime(from)} on${isExpiry ? '; all contracts expire' : ''}${isHalted ? '; halted overnight' : ''}${isUpInTheEvening ? '; started in the evening' : ''}`
