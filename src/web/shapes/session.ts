// Signing in: who is there, and what has to be sent for it.
import type { Time } from './said.ts'

export type SessionState =
  /** No password is set yet: ask for one and for the code that stands in the terminal. */
  | { readonly kind: 'new'; readonly version: string; readonly waitMs: number }
  /** `waitMs` above 0: too many wrong attempts, the next one is heard after that. */
  | { readonly kind: 'signedOut'; readonly version: string; readonly waitMs: number }
  | {
      readonly kind: 'signedIn'
      readonly version: string
      /** For the header `x-csrf-token` of every POST. */
      readonly csrf: string
      readonly expiresAt: Time
    }

export interface SetupBody {
  readonly code: string
  /** At least 10 characters. */
  readonly password: string
}

export interface SignInBody {
  readonly password: string
}

export interface PasswordBody {
  readonly current: string
  readonly next: string
}
