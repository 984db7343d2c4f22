// What a trader is told who does not sit at the terminal: a closed list of kinds, each chosen or left out for
// each way to tell it. The same words as on the console; never a secret.
import type { AccountName } from './ids.ts'
import type { Secret } from './secret.ts'
import type { Instant } from './time.ts'

export const ALERT_KINDS = [
  'copied',
  'asking',
  'rejected',
  'missed',
  'unknown',
  'owed',
  'paused',
  'drift',
  'loginFailed',
  'blind',
  'lossLimit',
  'alarm',
  'started',
  'stopped',
  'summary',
] as const
export type AlertKind = (typeof ALERT_KINDS)[number]

/** All but the good news of every signal. */
export const IMPORTANT_KINDS: readonly AlertKind[] = ALERT_KINDS.filter((kind) => kind !== 'copied')

export interface Alert {
  readonly kind: AlertKind
  /** null: of the run as a whole. */
  readonly account: AccountName | null
  readonly text: string
  readonly at: Instant
}

export const ALERT_CHANNELS = ['telegram', 'discord', 'webhook'] as const
export type AlertChannel = (typeof ALERT_CHANNELS)[number]

/** The way, with its address: whoever knows the address can speak there, so that it is a secret. */
export type AlertRoute =
  | { readonly kind: 'telegram'; readonly token: Secret; readonly chat: string }
  | { readonly kind: 'discord'; readonly url: Secret }
  | { readonly kind: 'webhook'; readonly url: Secret; readonly signedWith: Secret | null }

export interface AlertSettings {
  readonly routes: readonly { readonly route: AlertRoute; readonly kinds: readonly AlertKind[] }[]
  /** Asked for every minute while all is well: whoever misses it rings. */
  readonly ping: Secret | null
}
