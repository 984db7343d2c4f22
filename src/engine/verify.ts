// Whether an account is whose it is said to be, as its broker's profile says it: looked at after the first
// login of each day, since keys that were mixed up would trade on somebody else's account. Written down, so
// that a restart asks no more that day. It never decides an order: who is not verified is stopped.
//
//   unknown ──(profile bears the code)──► verified until the next morning
//           ├─(it can't be read)────────► unknown, asked again with the next turn
//           └─(another code)────────────► refused, until the program is started with other keys
import { type Account, maskCode } from '../domain/account.ts'
import type { SessionState } from '../domain/pulse.ts'
import { atTimeOfDay, dayOf, HOUR, type Instant, MINUTE, nextDay } from '../domain/time.ts'
import type { BrokerReader, Clock, Ledger } from '../ports.ts'

export interface Verification {
  /** Asks the broker if it is time to. */
  turn(): Promise<void>
  /** Why nothing may be sent there; null: verified. */
  doubt(): Extract<SessionState, { kind: 'stopped' | 'unverified' }> | null
}

interface Deps {
  readonly clock: Pick<Clock, 'now'>
  readonly ledger: Pick<Ledger, 'verifiedAt' | 'recordVerified'>
  readonly reader: Pick<BrokerReader, 'profile'>
}

/** When the sessions of the day have begun. */
const MORNING_MS = 8 * HOUR + 45 * MINUTE

export function createVerification(
  { clock, ledger, reader }: Deps,
  { name, clientCode }: Pick<Account, 'name' | 'clientCode'>,
): Verification {
  let refused: string | null = null
  let unread = 'its profile was not read yet'
  let verifiedUntil = lastsUntil(ledger.verifiedAt(name))

  const isVerified = (): boolean =>
    verifiedUntil !== null && clock.now() < verifiedUntil && refused === null

  return {
    async turn() {
      if (isVerified() || refused !== null) return
      const profile = await reader.profile()
      if (profile.kind === 'failed') {
        unread = `its profile can't be read (${profile.why})`
        return
      }
      const told = profile.value.clientCode
      if (told.toUpperCase() !== clientCode.toUpperCase()) {
        refused = `its keys are those of ${maskCode(told)}, not of ${maskCode(clientCode)}`
        return
      }
      const now = clock.now()
      verifiedUntil = lastsUntil(now)
      ledger.recordVerified(name, now)
    },
    doubt() {
      if (refused !== null)
        return {
          kind: 'stopped',
          why: refused,
          remedy: `put the right keys in its place: lockstep accounts verify ${name}`,
        }
      if (isVerified()) return null
      return {
        kind: 'unverified',
        why: `not verified today: ${unread}`,
        remedy: 'it is asked again every few seconds',
      }
    },
  }
}

/** Through the night after it, until the next day's sessions have begun. */
const lastsUntil = (at: Instant | null): Instant | null =>
  at === null ? null : atTimeOfDay(nextDay(dayOf(at)), MORNING_MS)
