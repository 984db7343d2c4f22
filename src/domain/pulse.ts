// How the accounts do right now: whether each is logged in, what could last be read of it, whether its
// stream is up, what money and which prices were last seen. The latest state only, told so that other
// programs can see it; nothing is decided by it, and losing it loses nothing.
import { assertNever } from './assert.ts'
import type { AccountName, InstrumentId } from './ids.ts'
import type { Money, Price } from './numbers.ts'
import type { Instant } from './time.ts'

export type SessionState =
  | { readonly kind: 'open'; readonly since: Instant; readonly until: Instant }
  | { readonly kind: 'closed'; readonly why: string }
  /** Nothing is sent until the broker has said whose account it is; it is asked again by itself. */
  | { readonly kind: 'unverified'; readonly why: string; readonly remedy: string }
  /** Until the user acts. */
  | { readonly kind: 'stopped'; readonly why: string; readonly remedy: string }

/** Why nothing may be sent; null while that is not so. */
export function whyStopped(session: SessionState): string | null {
  switch (session.kind) {
    case 'open':
    case 'closed':
      return null
    case 'unverified':
    case 'stopped':
      return session.why
    default:
      return assertNever(session)
  }
}

export type StreamState =
  /** The book alone is read. */
  | { readonly kind: 'none' }
  | { readonly kind: 'up'; readonly since: Instant }
  | { readonly kind: 'down'; readonly since: Instant; readonly why: string }

export type ReadFailure =
  | 'network'
  | 'timeout'
  | 'rateLimited'
  | 'sessionLost'
  | 'refused'
  | 'unreadable'

/** Readings of one kind: when one last came to something, and what has been wrong since. */
export interface ReadingState {
  /** null: none yet. */
  readonly goodAt: Instant | null
  /** null: the last one was good. */
  readonly failing: {
    readonly since: Instant
    readonly at: Instant
    readonly why: ReadFailure
    readonly evidence: string
  } | null
}

export interface SeenFunds {
  readonly net: Money
  readonly used: Money
  readonly at: Instant
}

export interface SeenPrice {
  readonly last: Price
  readonly at: Instant
}

/** What of an account was never seen is null. */
export interface AccountPulse {
  readonly account: AccountName
  readonly session: SessionState | null
  readonly stream: StreamState | null
  /** Its order book. */
  readonly orders: ReadingState | null
  readonly positions: ReadingState | null
  readonly quotes: ReadingState | null
  /** `seenFunds` is what the last good one showed. */
  readonly funds: ReadingState | null
  readonly seenFunds: SeenFunds | null
}

export interface Pulse {
  readonly accounts: readonly AccountPulse[]
  /** The last price of everything that was priced of late, whoever asked. */
  readonly prices: ReadonlyMap<InstrumentId, SeenPrice>
}

/** What changed since it was last kept: parts of accounts, and prices. */
export interface PulseChange {
  readonly accounts: readonly (Pick<AccountPulse, 'account'> & Partial<AccountPulse>)[]
  readonly prices: ReadonlyMap<InstrumentId, SeenPrice>
}

// --- what of it wants attention ----------------------------------------------------------------

export type Ailment =
  | { readonly kind: 'stopped'; readonly why: string; readonly remedy: string }
  | { readonly kind: 'loggedOut'; readonly why: string }
  | { readonly kind: 'unverified'; readonly why: string; readonly remedy: string }
  | {
      readonly kind: 'unread'
      readonly what: 'orders' | 'positions'
      readonly forMs: number
      /** null: no reading failed, and none came. */
      readonly why: ReadFailure | null
      readonly evidence: string
    }
  | { readonly kind: 'streamDown'; readonly forMs: number; readonly why: string }

/**
 * A blip is none: what was read, or up, within `patienceMs` is well. `isPolled`: its book is read all the
 * time, so that silence is a fault too; a book in which nothing is open is not read.
 */
export function ailmentsOf(
  pulse: AccountPulse,
  now: Instant,
  { isPolled, patienceMs }: { readonly isPolled: boolean; readonly patienceMs: number },
): readonly Ailment[] {
  const { session, stream, orders, positions } = pulse
  const found: Ailment[] = []
  if (session?.kind === 'stopped') found.push(session)
  if (session?.kind === 'unverified') found.push(session)
  if (session?.kind === 'closed') found.push({ kind: 'loggedOut', why: session.why })
  for (const [what, state] of [
    ['orders', orders],
    ['positions', positions],
  ] as const) {
    const lastAt = state?.goodAt ?? state?.failing?.since ?? null
    const isWanted = state?.failing != null || (isPolled && what === 'orders')
    if (lastAt === null || !isWanted || now - lastAt <= patienceMs) continue
    const { why = null, evidence = '' } = state?.failing ?? {}
    found.push({ kind: 'unread', what, forMs: now - lastAt, why, evidence })
  }
  // Without a session nothing can connect, and that is told already.
  if (stream?.kind === 'down' && session?.kind === 'open' && now - stream.since > patienceMs)
    found.push({ kind: 'streamDown', forMs: now - stream.since, why: stream.why })
  return found
}
