// What keeps other pages out: who may be spoken to under which name, which page may write, and the headers
// that tell a browser to load nothing from anywhere else. Nobody is signed in here.
import { isIP } from 'node:net'
import { networkInterfaces } from 'node:os'
import { RequestRefused } from './refusal.ts'

/** Of every answer. The page has no inline script or style, and asks this server only. */
export const HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), microphone=(), geolocation=(), payment=()',
  'cache-control': 'no-store',
}

/**
 * By a name that somebody else owns, a page of theirs could reach this server as if it were theirs. An
 * address can't be made to point elsewhere; of the names only this machine's own, and the one it was told.
 * The port may be another one: that of a tunnel.
 */
export function refuseForeignHost(host: string | undefined, servedAs: string): void {
  const name = host === undefined ? null : nameIn(host)
  if (name === null || !isOurs(name, servedAs))
    throw new RequestRefused('forbidden', 'this server is not known by that name')
}

/** A browser says where a request comes from; a write that doesn't say it is none of the page's. */
export function refuseForeignPage(request: {
  readonly method: string
  readonly host: string | undefined
  readonly origin: string | undefined
  readonly fetchSite: string | undefined
}): void {
  const { method, host, origin, fetchSite } = request
  const isOwnOrigin = origin === `http://${host}` || origin === `https://${host}`
  const isForeign = origin !== undefined && !isOwnOrigin
  const isFromElsewhere =
    fetchSite !== undefined && fetchSite !== 'same-origin' && fetchSite !== 'none'
  if (isForeign || isFromElsewhere || (method !== 'GET' && origin === undefined))
    throw new RequestRefused('forbidden', 'only the page of this server may ask that')
}

function nameIn(host: string): string | null {
  const found = /^(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::\d{1,5})?$/i.exec(host)?.[1]
  return found === undefined ? null : plain(found)
}

const plain = (name: string): string => name.toLowerCase().replace(/^\[|\]$/g, '')

function isOurs(name: string, servedAs: string): boolean {
  if (name === 'localhost' || name === '127.0.0.1' || name === '::1') return true
  if (name === plain(servedAs)) return true
  return isIP(name) !== 0 && ownAddresses().includes(name)
}

const ownAddresses = (): readonly string[] =>
  Object.values(networkInterfaces()).flatMap((each) => (each ?? []).map(({ address }) => address))
