// A request that isn't done, and why: the one way in which the page's server says no. What it says is for
// the person at the page; it never holds a secret, a path or a stack trace.
import type { Refused } from './shapes/said.ts'

type Kind = Refused['error']['kind']

const STATUS = {
  badRequest: 400,
  signedOut: 401,
  forbidden: 403,
  notFound: 404,
  refused: 409,
  tooLong: 413,
  wait: 429,
  broken: 500,
  noLedger: 503,
} as const satisfies Readonly<Record<Kind, number>>

/** What a page can do more with than show it. */
type More = Pick<Refused['error'], 'waitMs' | 'faults'>

export class RequestRefused extends Error {
  readonly kind: Kind
  readonly more: More

  constructor(kind: Kind, text: string, more: More = {}) {
    super(text)
    this.name = 'RequestRefused'
    this.kind = kind
    this.more = more
  }

  get status() {
    return STATUS[this.kind]
  }

  body(): Refused {
    return { error: { kind: this.kind, text: this.message, ...this.more } }
  }
}
