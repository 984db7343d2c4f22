// Our routes are the official client's. What it has and we do not, and the other way round, is listed
// with the reason: a new version of its table must be looked at.
import { expect, it } from 'vitest'
import { INSTRUMENTS_PATH, ROUTES, STREAM_PATH } from '../../src/simulator/routes.ts'
import { installedVersion, PINNED_VERSION, routeTable } from './official-client.ts'

/** Settings of the client that are no routes of the API. */
const NO_ROUTES = ['root', 'login', 'debug', 'timeout']

/** A copier has no use for these, so nothing here answers them. */
const NOT_SIMULATED: Readonly<Record<string, string>> = {
  create_rule: 'orders that wait at the broker (GTT) are skipped by the copier',
  modify_rule: 'GTT',
  cancel_rule: 'GTT',
  rule_details: 'GTT',
  rule_list: 'GTT',
  candle_data: 'price history',
  oi_data: 'price history',
  estimateCharges: 'charges are not computed',
  verifyDis: 'the authorisation to sell holdings is given in the broker’s app',
  generateTPIN: 'the same',
  getTranStatus: 'the same',
  optionGreek: 'analysis',
  gainersLosers: 'analysis',
  putCallRatio: 'analysis',
  nseIntraday: 'analysis',
  bseIntraday: 'analysis',
  OIBuildup: 'analysis',
}

/** What the official client has no wrapper for. */
const ONLY_OURS: Readonly<Record<string, string>> = {
  '/rest/secure/angelbroking/order/v1/getLtpData': 'documented, not wrapped',
  [INSTRUMENTS_PATH]: 'a file on another host',
  [STREAM_PATH]: 'the stream, on another host',
}

const withSlash = (path: string): string => (path.startsWith('/') ? path : `/${path}`)

it(`the installed client is ${PINNED_VERSION}, of which everything here speaks`, () => {
  expect(installedVersion()).toBe(PINNED_VERSION)
})

it('every path of its table is answered here, or has a reason not to be', () => {
  const ours = ROUTES.map(({ path }) => path)
  const table = Object.entries(routeTable()).filter(([name]) => !NO_ROUTES.includes(name))
  const missing = table
    .filter(([, path]) => !ours.includes(withSlash(String(path))))
    .map(([name]) => name)
  expect(missing.sort()).toEqual(Object.keys(NOT_SIMULATED).sort())
})

it('every path here is in its table, or has a reason not to be', () => {
  const theirs = Object.values(routeTable()).map((path) => withSlash(String(path)))
  const more = ROUTES.map(({ path }) => path).filter((path) => !theirs.includes(path))
  expect(more.sort()).toEqual(Object.keys(ONLY_OURS).sort())
})
