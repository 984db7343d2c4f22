// Who is signed in. A visit is known by a random id that only the browser has; here stands its hash. Visits
// live in memory alone: a server that ends has signed everybody out.
import { createHash, randomBytes } from 'node:crypto'
import { after, HOUR, type Instant } from '../domain/time.ts'

export interface Visit {
  /** Of the id, so that nothing kept here signs anybody in. */
  readonly key: string
  /** What every write has to bring along: a page of somebody else can't read it. */
  readonly csrf: string
  readonly expiresAt: Instant
}

export interface Visits {
  /** A new one; its id is told once, here. */
  begin(): { readonly id: string; readonly visit: Visit }
  find(id: string): Visit | null
  end(key: string): void
  endOthers(key: string): void
}

/** A trading day, evening session included. */
export const VISIT_MS = 16 * HOUR
/** The oldest is signed out by one more. */
const MOST_VISITS = 20

export function createVisits(now: () => Instant, onEnd: (key: string) => void): Visits {
  const visits = new Map<string, Visit>()

  function end(key: string): void {
    if (visits.delete(key)) onEnd(key)
  }

  return {
    begin() {
      const id = randomBytes(32).toString('base64url')
      const csrf = randomBytes(32).toString('base64url')
      const visit = { key: keyOf(id), csrf, expiresAt: after(now(), VISIT_MS) }
      visits.set(visit.key, visit)
      for (const key of [...visits.keys()].slice(0, -MOST_VISITS)) end(key)
      return { id, visit }
    },
    find(id) {
      const visit = visits.get(keyOf(id))
      if (visit === undefined) return null
      if (visit.expiresAt > now()) return visit
      end(visit.key)
      return null
    },
    end,
    endOthers(key) {
      for (const other of [...visits.keys()]) if (other !== key) end(other)
    },
  }
}

const keyOf = (id: string): string => createHash('sha256').update(id).digest('base64url')
