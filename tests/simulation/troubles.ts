// What can go wrong with the broker and the network, by where it strikes, every kind that the simulator has.
// What lies (a book without its newest row, a clock that is off) lies for seconds only: against a broker that
// lies for half a minute nobody can prove anything.
import { type Fault, fault } from '../../src/simulator/faults.ts'
import type { RouteName } from '../../src/simulator/routes.ts'

export interface Trouble {
  readonly name: string
  readonly make: () => Fault
  /** At most. */
  readonly lastsMs: number
}

const trouble = (name: string, make: () => Fault, lastsMs = 6000): Trouble => ({
  name,
  make,
  lastsMs,
})

const SESSION_GONE: readonly Trouble[] = [
  trouble('invalid token', fault.invalidToken, 3000),
  trouble('expired token', fault.expiredToken, 3000),
  trouble('missing token', fault.missingToken, 3000),
  trouble('invalid token by the service', fault.invalidTokenByService, 3000),
  trouble('session expired', fault.sessionExpired, 3000),
  trouble('not logged in', fault.notLoggedIn, 3000),
  trouble('unauthorized', fault.unauthorized, 3000),
  trouble('forbidden', fault.forbidden, 3000),
]

const TOO_FAST: readonly Trouble[] = [
  trouble('rate limit text', fault.rateLimitText),
  trouble('too many', fault.tooMany),
  trouble('soft limit', fault.softLimit),
]

/** The answer is lost or worthless, and what was asked for has happened. */
const UNHEARD: readonly Trouble[] = [
  trouble('reset after', () => fault.reset('after')),
  trouble('lost reply', fault.lostReply),
  trouble('server error after', () => fault.serverError('after')),
  trouble('internal error after', () => fault.internalError('after')),
  trouble('empty body after', () => fault.emptyBody(200, 'after')),
  trouble('block page after', () => fault.blockPage(200, 'after')),
  trouble('cut JSON', fault.cutJson),
  trouble('cut body', () => fault.cutBody(20)),
  trouble('null data', fault.nullData),
  trouble('late answer', () => fault.delay(2500, 'after')),
  trouble('very late answer', () => fault.delay(9000, 'after')),
  trouble('slow body', () => fault.slowBody(40, 100)),
]

/** It never happened, and nobody says so. */
const UNDONE: readonly Trouble[] = [
  trouble('lost request', fault.lostRequest),
  trouble('reset before', () => fault.reset('before')),
  trouble('server error before', () => fault.serverError('before')),
  trouble('internal error before', () => fault.internalError('before')),
  trouble('empty body before', () => fault.emptyBody(200, 'before')),
  trouble('block page before', () => fault.blockPage()),
  trouble('address refused', fault.addressRefused, 3000),
  trouble('textual failure', () => fault.textualFailure('AB1004', 'Something Went Wrong')),
]

const LATE = [
  trouble('delay', () => fault.delay(1500)),
  trouble('long delay', () => fault.delay(8000)),
]

const ANY_ANSWER = [...SESSION_GONE, ...TOO_FAST, ...UNHEARD, ...UNDONE, ...LATE]

export type Strikes =
  | 'placing'
  | 'changing'
  | 'book'
  | 'reading'
  | 'login'
  | 'instruments'
  | 'stream'
  | 'dialling'

export const TROUBLES: Readonly<
  Record<
    Strikes,
    { readonly routes: readonly (RouteName | 'frame')[]; readonly troubles: readonly Trouble[] }
  >
> = {
  placing: { routes: ['place'], troubles: ANY_ANSWER },
  changing: {
    routes: ['modify', 'cancel'],
    troubles: [...ANY_ANSWER, trouble('ignored', fault.ignored)],
  },
  book: {
    routes: ['book'],
    troubles: [
      ...ANY_ANSWER,
      trouble('stale book', () => fault.staleBook(3000)),
      trouble('very stale book', () => fault.staleBook(12_000)),
      trouble('missing row', fault.missingRow, 4000),
      trouble('reordered rows', fault.reorderedRows),
      trouble('unreadable row', fault.unreadableRow),
      trouble('sample rows', fault.sampleRows),
      trouble('clock skew', () => fault.clockSkew(1500), 3000),
    ],
  },
  reading: {
    routes: ['positions', 'holdings', 'quote', 'funds', 'profile', 'trades', 'details'],
    troubles: ANY_ANSWER,
  },
  login: { routes: ['login'], troubles: [...UNHEARD, ...UNDONE, ...LATE] },
  instruments: {
    routes: ['instruments'],
    troubles: [
      trouble('server error before', () => fault.serverError('before')),
      trouble('reset before', () => fault.reset('before')),
      trouble('delay', () => fault.delay(1500)),
    ],
  },
  stream: {
    routes: ['frame'],
    troubles: [
      trouble('duplicated frame', fault.duplicatedFrame),
      trouble('stale frame', fault.staleFrame),
      trouble('greeting frame', fault.greetingFrame),
      trouble('dropped frame', fault.droppedFrame),
      trouble('unreadable frame', fault.unreadableFrame),
      trouble('late frame', () => fault.lateFrame(3000)),
      trouble('dead stream', fault.deadStream, 1000),
      trouble('closed stream', fault.closedStream, 1000),
    ],
  },
  dialling: {
    routes: ['stream'],
    troubles: [
      trouble('stream refused with 401', () => fault.refusedStream(401)),
      trouble('stream refused with 403', () => fault.refusedStream(403)),
      trouble('stream refused with 429', () => fault.refusedStream(429)),
    ],
  },
}

/** The number of a trouble, for a plan. */
export function troubleNamed(strikes: Strikes, name: string): number {
  const trouble = TROUBLES[strikes].troubles.findIndex((each) => each.name === name)
  if (trouble < 0) throw new Error(`no trouble at ${strikes} is called ${name}`)
  return trouble
}

/** What was struck, by its name. */
export const nameOfFault = (struck: Fault): string =>
  NAMES.get(JSON.stringify(struck)) ?? struck.kind

const NAMES = new Map(
  Object.values(TROUBLES).flatMap(({ troubles }) =>
    troubles.map(({ name, make }) => [JSON.stringify(make()), name] as const),
  ),
)
