// Which lane is meant by a follower, a symbol and a product as people type them. A symbol alone will do
// where the ledger knows it; nothing is guessed where it could be two, or a slip.
import { nearestName } from '../config/fault.ts'
import { type InstrumentId, instrumentId, MalformedId } from '../domain/ids.ts'
import { EXCHANGES } from '../domain/instrument.ts'
import type { Lane } from '../domain/lane.ts'
import { PRODUCTS } from '../domain/order.ts'
import { dayOf } from '../domain/time.ts'
import type { LedgerView } from '../ports.ts'
import { symbolOf } from '../report/lines.ts'
import { Refusal } from './program.ts'
import { findFollower, type Site, settingsOf } from './reach.ts'

export function findLane(
  site: Site<LedgerView>,
  name: string,
  symbol: string,
  product: string,
): Lane {
  const follower = findFollower(site, name)
  const found = {
    follower,
    instrument: findInstrument(site, symbol),
    product: findProduct(product),
  }
  const known = site.ledger
    .lanes()
    .filter(
      (lane) =>
        lane.follower === follower &&
        lane.instrument === found.instrument &&
        lane.product === found.product,
    )
  const modes = new Set(known.map(({ mode }) => mode))
  const [mode] = modes
  if (mode !== undefined && modes.size === 1) return { ...found, mode }
  if (site.mode === 'paper') return { ...found, mode: 'paper' }
  const set = settingsOf(site, follower)
  if (set) return { ...found, mode: set.mode }
  throw new Refusal(
    `whether ${follower} is live or paper can't be told while the settings are wrong`,
  )
}

function findProduct(word: string): Lane['product'] {
  const found = PRODUCTS.find((product) => product === word.toUpperCase())
  if (found) return found
  const near = nearestName(word, PRODUCTS)
  const hint = near === null ? '' : ` (did you mean ${near}?)`
  throw new Refusal(`"${word}" is no product${hint}; products: ${PRODUCTS.join(', ')}`)
}

function findInstrument({ ledger, now }: Site<LedgerView>, word: string): InstrumentId {
  const plain = word.toUpperCase()
  const known = new Set([
    ...ledger.lanes().map(({ instrument }) => instrument),
    ...ledger.masterOrders(dayOf(now)).map(({ report }) => report.instrument),
  ])
  const found = [...known].filter((id) => id === plain || symbolOf(id) === plain)
  if (found.length === 1 && found[0]) return found[0]
  if (found.length > 1) throw new Refusal(`"${word}" is ${found.join(' and ')}: name the exchange`)
  const [exchange = '', symbol] = plain.split(':', 2)
  if (symbol !== undefined && EXCHANGES.some((each) => each === exchange)) {
    try {
      return instrumentId(exchange, symbol)
    } catch (error) {
      if (!(error instanceof MalformedId)) throw error
    }
  }
  const near = nearestName(plain, [...known].map(symbolOf))
  const hint = near === null ? '' : ` (did you mean ${near}?)`
  throw new Refusal(
    `"${word}" is not known${hint}; where it is right, name its exchange too: NSE:${plain.replace(/^.*:/, '')}`,
  )
}
