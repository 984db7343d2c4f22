// A request that isn't done, and why: the one way in which the page's server says no. What it says is for
// the person at the page; it never holds a secret, a path or a stack trace.
import type { Refused } from './shapes.ts'

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

export class RequestRefused extends Error {
  readonly kind: Kind
  readonly waitMs: number | null

  constructor(kind: Kind, text: string, waitMs: number | null = null) {
    super(text)
    this.name = 'RequestRefused'
    this.kind = kind
    this.waitMs = waitMs
  }

  get status() {
    return STATUS[this.kind]
  }

  body(): Refused {
    const { kind, message: text, waitMs } = this
    return { error: waitMs === null ? { kind, text } : { kind, text, waitMs } }
  }
}
