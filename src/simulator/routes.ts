// Where the broker answers. The paths are those of the official client's route table, but for the two
// that it has no wrapper for (last price, instrument master).

export type RouteName =
  | 'login'
  | 'generateTokens'
  | 'logout'
  | 'profile'
  | 'funds'
  | 'place'
  | 'modify'
  | 'cancel'
  | 'book'
  | 'details'
  | 'trades'
  | 'positions'
  | 'holdings'
  | 'allHoldings'
  | 'convert'
  | 'lastPrice'
  | 'quote'
  | 'margin'
  | 'search'
  | 'instruments'
  | 'stream'

export interface Route {
  readonly name: RouteName
  readonly method: 'GET' | 'POST'
  readonly path: string
}

const AUTH = '/rest/auth/angelbroking'
const SECURE = '/rest/secure/angelbroking'

export const STREAM_PATH = '/smart-order-update'
export const INSTRUMENTS_PATH = '/OpenAPI_File/files/OpenAPIScripMaster.json'

export const ROUTES: readonly Route[] = [
  { name: 'login', method: 'POST', path: `${AUTH}/user/v1/loginByPassword` },
  { name: 'generateTokens', method: 'POST', path: `${AUTH}/jwt/v1/generateTokens` },
  { name: 'logout', method: 'POST', path: `${SECURE}/user/v1/logout` },
  { name: 'profile', method: 'GET', path: `${SECURE}/user/v1/getProfile` },
  { name: 'funds', method: 'GET', path: `${SECURE}/user/v1/getRMS` },
  { name: 'place', method: 'POST', path: `${SECURE}/order/v1/placeOrder` },
  { name: 'modify', method: 'POST', path: `${SECURE}/order/v1/modifyOrder` },
  { name: 'cancel', method: 'POST', path: `${SECURE}/order/v1/cancelOrder` },
  { name: 'book', method: 'GET', path: `${SECURE}/order/v1/getOrderBook` },
  { name: 'details', method: 'GET', path: `${SECURE}/order/v1/details` },
  { name: 'trades', method: 'GET', path: `${SECURE}/order/v1/getTradeBook` },
  { name: 'positions', method: 'GET', path: `${SECURE}/order/v1/getPosition` },
  { name: 'convert', method: 'POST', path: `${SECURE}/order/v1/convertPosition` },
  { name: 'holdings', method: 'GET', path: `${SECURE}/portfolio/v1/getHolding` },
  { name: 'allHoldings', method: 'GET', path: `${SECURE}/portfolio/v1/getAllHolding` },
  { name: 'lastPrice', method: 'POST', path: `${SECURE}/order/v1/getLtpData` },
  { name: 'quote', method: 'POST', path: `${SECURE}/market/v1/quote` },
  { name: 'search', method: 'POST', path: `${SECURE}/order/v1/searchScrip` },
  { name: 'margin', method: 'POST', path: `${SECURE}/margin/v1/batch` },
  { name: 'instruments', method: 'GET', path: INSTRUMENTS_PATH },
  { name: 'stream', method: 'GET', path: STREAM_PATH },
]

/** The route, and what follows its path (the details route carries an id there). */
export function findRoute(
  method: string,
  url: string,
): { readonly route: Route; readonly rest: string } | null {
  const path = url.split('?')[0]?.replace(/\/+$/, '') ?? ''
  for (const route of ROUTES) {
    if (route.method !== method) continue
    if (path === route.path) return { route, rest: '' }
    if (route.name === 'details' && path.startsWith(`${route.path}/`))
      return { route, rest: decodeURIComponent(path.slice(route.path.length + 1)) }
  }
  return null
}

export const isWrite = (route: RouteName): boolean =>
  route === 'place' || route === 'modify' || route === 'cancel'
