// What `run` and `demo` know of a copier: its accounts, its memory, and that it runs. `main` puts one
// together and hands it in, so that no command ever touches a broker, and a test can hand in another.
import type { Config } from '../config/config.ts'
import type { Account } from '../domain/account.ts'
import type { Mode } from '../domain/lane.ts'
import type { SessionState } from '../domain/pulse.ts'
import type { FollowerSettings } from '../domain/settings.ts'
import type { BrokerReader, Clock, EngineEvent, Instruments, Ledger } from '../ports.ts'

export type LoginState =
  | { readonly kind: 'open' }
  | { readonly kind: 'closed'; readonly why: string }
  /** Until the user acts. */
  | { readonly kind: 'stopped'; readonly why: string; readonly remedy: string }

export interface Member {
  readonly account: Account
  /** null: the master. */
  readonly settings: FollowerSettings | null
  readonly mode: Mode
  /** Of the real account, in a dry run too. */
  readonly reader: BrokerReader
  session(): SessionState
  /** Why it can't be used until the user acts; null while all is well. */
  stopped(): string | null
  /** Whether the account is whose it is said to be: asked of the broker once a day. */
  readonly verification: {
    turn(): Promise<void>
    /** Why not, and what to do; null when it is. */
    doubt(): { readonly why: string; readonly remedy: string } | null
  }
  /** Waits that long for a session, and tells what there is then; the account is verified with it. */
  logIn(waitMs: number): Promise<LoginState>
}

export interface Copier {
  readonly mode: Mode
  readonly config: Config
  readonly clock: Clock
  readonly ledger: Ledger
  /** The master first. */
  readonly members: readonly Member[]
  /** The broker's clock less this machine's; null before the first answer. */
  skewMs(): number | null
  /** null: not loaded yet. */
  instruments(): Instruments | null
  /** Instruments and capital of the day; says what is missing, and whether anything can be copied. */
  prepareDay(): Promise<Preparation>
  /** Until the signal aborts; then what is under way is answered first. */
  run(signal: AbortSignal, tell: (event: EngineEvent) => void): Promise<void>
  close(): void
}

export type Preparation =
  | { readonly kind: 'ready'; readonly warnings: readonly string[] }
  | { readonly kind: 'impossible'; readonly why: string }

export interface CopierChoice {
  readonly mode: Mode
  /** For whoever is refused because this one runs: `lockstep run`. */
  readonly command: string
  /** Orders of another Lockstep in a follower's book are left alone and no reason to stop. */
  readonly takeOver: boolean
}
