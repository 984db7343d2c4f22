// How the page asks its server and tells it: typed by the routes, one token, one way in which a no comes
// back. Nothing here asks twice: whoever wants that does it, because a second click is a second command.
import type { Reads, Writes } from '../shapes/routes.ts'
import type { Refused, SettingFault } from '../shapes/said.ts'

interface More {
  readonly waitMs: number
  readonly faults: readonly SettingFault[]
  readonly cause: unknown
}

/** The server's no, or that it could not be reached. What it says is for the person. */
export class Refusal extends Error {
  readonly kind: Refused['error']['kind'] | 'unreachable'
  readonly waitMs: number
  readonly faults: readonly SettingFault[]

  constructor(kind: Refusal['kind'], text: string, more: Partial<More> = {}) {
    super(text, { cause: more.cause })
    this.name = 'Refusal'
    this.kind = kind
    this.waitMs = more.waitMs ?? 0
    this.faults = more.faults ?? []
  }
}

export interface Talk {
  read<P extends keyof Reads>(
    path: P,
    query?: Reads[P]['query'],
    names?: Readonly<Record<string, string>>,
  ): Promise<Reads[P]['answer']>
  write<P extends keyof Writes>(
    path: P,
    body: Writes[P]['body'],
    names?: Readonly<Record<string, string>>,
  ): Promise<Writes[P]['answer']>
}

/** A day of ten thousand orders takes its time on a small machine that trades besides. */
const ANSWER_MS = 45_000

export function createTalk(token: () => string | null, onSignedOut: () => void): Talk {
  async function ask(address: string, options: RequestInit): Promise<unknown> {
    const response = await fetch(address, {
      ...options,
      credentials: 'same-origin',
      cache: 'no-store',
      signal: AbortSignal.timeout(ANSWER_MS),
    }).catch((cause: unknown) => {
      throw new Refusal('unreachable', 'Lockstep can’t be reached. Does it still run?', { cause })
    })
    const body: unknown = await response.json().catch(() => null)
    if (response.ok) return body
    const { kind, text, ...more } = isRefused(body) ? body.error : UNREADABLE
    if (kind === 'signedOut') onSignedOut()
    throw new Refusal(kind, text, more)
  }

  return {
    read: (path, query = {}, names = {}) => {
      const given = Object.entries(query).filter((pair) => pair[1] !== undefined)
      const asked = new URLSearchParams(given as [string, string][]).toString()
      return ask(
        asked === '' ? filled(path, names) : `${filled(path, names)}?${asked}`,
        {},
      ) as never
    },
    write: (path, body, names = {}) => {
      const csrf = token()
      return ask(filled(path, names), {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(csrf === null ? {} : { 'x-csrf-token': csrf }),
        },
        body: JSON.stringify(body),
      }) as never
    },
  }
}

const UNREADABLE: Refused['error'] = {
  kind: 'broken',
  text: 'Lockstep answered in a way that this page does not understand.',
}

const isRefused = (body: unknown): body is Refused =>
  typeof body === 'object' &&
  body !== null &&
  'error' in body &&
  typeof (body as Refused).error?.text === 'string'

const filled = (path: string, names: Readonly<Record<string, string>>): string =>
  path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(names[name] ?? ''))

/** For people, whatever was thrown. */
export const textOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error)
