// Which view is open, kept in the address after the #, so that a reload, a bookmark and the back button work
// and the server has one page only.
import { useEffect, useState } from 'preact/hooks'

export const VIEWS = ['overview', 'orders', 'accounts', 'charts'] as const
export type View = (typeof VIEWS)[number]

export interface Route {
  readonly view: View
  /** A signal's number or an account's name. */
  readonly of: string | null
  readonly query: Readonly<Record<string, string>>
}

export function parseRoute(hash: string): Route {
  const [path = '', asked = ''] = hash.replace(/^#\/?/, '').split('?')
  const [first = '', of = ''] = path.split('/')
  return {
    view: VIEWS.find((view) => view === first) ?? 'overview',
    of: of === '' ? null : decode(of),
    query: Object.fromEntries(new URLSearchParams(asked)),
  }
}

export function hrefOf({ view, of = null, query = {} }: Partial<Route> & { view: View }): string {
  const asked = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== ''))
  const path = of === null ? view : `${view}/${encodeURIComponent(of)}`
  return asked.size === 0 ? `#/${path}` : `#/${path}?${asked}`
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text // half an escape, typed by hand
  }
}

export function useRoute(): Route {
  const [hash, setHash] = useState(location.hash)
  useEffect(() => {
    const moved = (): void => setHash(location.hash)
    addEventListener('hashchange', moved)
    return () => removeEventListener('hashchange', moved)
  }, [])
  return parseRoute(hash)
}
