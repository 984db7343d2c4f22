// Every route of the page's server with who may use it, as one table: a route that is in no row does not
// exist, and one that writes is never open to a GET.
import type { Reads, Writes } from './shapes/routes.ts'

/**
 * `open`: nobody has to be signed in. `signedIn`: a session, and for a POST its token too. `token`: a
 * session, or the bearer token from the environment.
 */
type Access = 'open' | 'signedIn' | 'token'

export interface Route {
  readonly method: 'GET' | 'POST'
  readonly path: keyof Reads | keyof Writes | '/api/events' | '/metrics'
  readonly access: Access
}

const read = (path: keyof Reads, access: Access = 'signedIn'): Route => ({
  method: 'GET',
  path,
  access,
})
const write = (path: keyof Writes, access: Access = 'signedIn'): Route => ({
  method: 'POST',
  path,
  access,
})

export const ROUTES: readonly Route[] = [
  read('/api/session', 'open'),
  read('/api/overview'),
  read('/api/signals'),
  read('/api/signals/:signal'),
  read('/api/days'),
  read('/api/charts'),
  read('/api/history'),
  read('/api/accounts'),
  read('/api/steer/resume'),
  read('/api/steer/flatten'),
  { method: 'GET', path: '/api/events', access: 'signedIn' },
  { method: 'GET', path: '/metrics', access: 'token' },
  write('/api/setup', 'open'),
  write('/api/sign-in', 'open'),
  write('/api/sign-out'),
  write('/api/password'),
  write('/api/steer/pause'),
  write('/api/steer/resume'),
  write('/api/steer/halt'),
  write('/api/steer/flatten'),
  write('/api/steer/approve'),
  write('/api/steer/reject'),
  write('/api/steer/dismiss'),
  write('/api/steer/resolve'),
  write('/api/accounts'),
  write('/api/accounts/:name/remove'),
  write('/api/accounts/:name/enabled'),
  write('/api/accounts/:name/preview'),
  write('/api/accounts/:name/settings'),
  write('/api/accounts/:name/verify'),
  write('/api/accounts/:name/balance'),
]
