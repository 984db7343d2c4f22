// One login at one broker, as the environment describes it. What can be told to anybody is plain; what
// logs in is a Secret.
import type { AccountName } from './ids.ts'
import type { Secret } from './secret.ts'

export interface Credentials {
  readonly apiKey: Secret
  /** What the broker calls the password: at Angel One the four-digit PIN. */
  readonly pin: Secret
  /** Base32, upper case, without spaces or padding. */
  readonly totpSecret: Secret
  readonly secretKey: Secret | null
}

/** The way out to the broker. Where one is given no other is ever used: brokers know accounts by address. */
export interface Egress {
  /** An IP address of this machine; null lets the system choose. */
  readonly localAddress: string | null
  /** A secret, because it may carry a password. */
  readonly proxyUrl: Secret | null
}

export interface Account {
  readonly name: AccountName
  readonly label: string | null
  readonly clientCode: string
  readonly credentials: Credentials
  readonly egress: Egress
}

/** `A…789`: enough to tell two accounts apart, never all of it. */
export function maskCode(code: string): string {
  if (code.length <= 4) return '…'
  return `${code.slice(0, 1)}…${code.slice(code.length < 7 ? -1 : -3)}`
}
