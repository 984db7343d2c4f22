// What the broker shows one follower to hold, as far as it can be trusted: a reading counts for an exit
// while it is young and nothing has filled there since, ours or anybody's. Positions and, of what is delivered,
// holdings together; another service answers those, and nothing that is not delivered waits for it.
// A row that is missing is not a row that shows nothing: a list may come back empty, and what is held must
// not be forgotten for that. See docs/decisions/missing-rows.md.

import type { PositionReading } from '../decide/lane-turn.ts'
import { isRowMissing } from '../decide/missing-row.ts'
import { type PositionKey, positionKey } from '../decide/order-of-signals.ts'
import type { InstrumentId, OrderId } from '../domain/ids.ts'
import { type Lane, type LaneKey, laneKey } from '../domain/lane.ts'
import { add, formatDecimal, magnitude, NO_QUANTITY, type Quantity } from '../domain/numbers.ts'
import { type OrderReport, type Product, sideOf, signed } from '../domain/order.ts'
import { after, dayOf, type Instant, SECOND, type TradingDay } from '../domain/time.ts'
import type { Drift, SeenPosition } from '../ports.ts'
import type { Context, FollowerAccess } from './context.ts'
import type { Pulse } from './pulse.ts'

/** What is held is compared with what is shown this often, also while nothing happens. */
const COMPARED_EVERY_MS = 30 * SECOND
const ASKED_AT_MOST_EVERY_MS = 1 * SECOND

export interface Shown {
  /** null: never read, or not to be believed before it is read again. */
  of(lane: Lane): PositionReading | null
  /** The last fill in this position that is known, ours or anybody's. */
  movedAt(lane: Lane): Instant | null
  noteOwnFill(lane: Lane): void
  /** Orders of others: what they filled makes every earlier reading of that position worthless. */
  noteOthers(reports: readonly OrderReport[]): void
  want(): void
  /** When it is to be read next; null: when somebody wants it. */
  dueAt(): Instant | null
  read(): Promise<void>
}

interface Page {
  readonly askedAt: Instant
  readonly answeredAt: Instant
  readonly quantities: ReadonlyMap<PositionKey, Quantity>
  /** Which of them a list of positions, or of holdings, had a row for. */
  readonly inPositions: ReadonlySet<PositionKey>
  readonly inHoldings: ReadonlySet<PositionKey>
  /** Without them a page tells nothing of what is delivered. */
  readonly hasHoldings: boolean
  /** With rows that can't be read, what is not listed may still be there. */
  readonly isWhole: boolean
}

export function createShown(
  context: Context,
  access: FollowerAccess,
  pulse: Pick<Pulse, 'noteReading' | 'notePrice'>,
  /** Only the book can tell whether what has no row was sold by somebody else. */
  wantBook: () => void,
): Shown {
  const { clock, ledger, tell } = context
  const account = access.settings.name
  const ownFills = new Map<LaneKey, Instant>()
  const filledByOthers = new Map<OrderId, Quantity>()
  const movedByOthers = new Map<PositionKey, Instant>()
  const tradedByOthers = new Map<string, TradingDay>()
  const told = new Map<LaneKey, string>()
  const rowless = new Set<LaneKey>()
  let pages: readonly Page[] = []
  let askedAt: Instant | null = null
  let failedAt: Instant | null = null
  let failures = 0
  let failuresOfHoldings = 0
  let isWanted = false

  function of(lane: Lane): PositionReading | null {
    const [last, before] = pages
    // One reading that fails is bad weather: it is asked again before anybody is alarmed.
    if (failedAt !== null && failures > 1)
      return { kind: 'unreadable', askedAt: failedAt, answeredAt: failedAt }
    if (last === undefined) return null
    const { askedAt, answeredAt } = last
    if (isBlindTo(lane, last))
      return failuresOfHoldings > 1 ? { kind: 'unreadable', askedAt, answeredAt } : null
    const key = positionKey(lane.instrument, lane.product)
    const quantity = last.quantities.get(key)
    if (quantity === undefined && !last.isWhole) return { kind: 'unreadable', askedAt, answeredAt }
    // Once is bad weather, or a list that is behind our own fill: it is read again.
    if (lacksRow(lane, last))
      return before !== undefined && lacksRowSince(lane, last) && lacksRowSince(lane, before)
        ? { kind: 'unreadable', askedAt, answeredAt }
        : null
    const agreed =
      before !== undefined &&
      !isBlindTo(lane, before) &&
      isSinceMove(lane, before) &&
      (before.quantities.get(key) ?? NO_QUANTITY) === (quantity ?? NO_QUANTITY)
    return { kind: 'shown', quantity: quantity ?? NO_QUANTITY, agreed, askedAt, answeredAt }
  }

  const isSinceMove = (lane: Lane, page: Page): boolean => {
    const moved = movedAt(lane)
    return moved === null || page.askedAt > moved
  }

  /** A page that was asked for before the last fill can't have the row of what filled: it proves nothing. */
  const lacksRowSince = (lane: Lane, page: Page): boolean =>
    isSinceMove(lane, page) && !isBlindTo(lane, page) && lacksRow(lane, page)

  /** Whether the page lacks a row that would have to be there. */
  function lacksRow(lane: Lane, page: Page): boolean {
    const { held } = ledger.lanePosition(lane)
    const closing = sideOf(held) === 'BUY' ? 'SELL' : 'BUY'
    const key = positionKey(lane.instrument, lane.product)
    return isRowMissing({
      product: lane.product,
      held,
      shown: page.quantities.get(key) ?? NO_QUANTITY,
      isInPositions: page.inPositions.has(key),
      isInHoldings: page.inHoldings.has(key),
      // Every fill of the day is gone through for it: only where something hangs on it.
      get filledToday() {
        return filledToday(lane, page.askedAt)
      },
      closedByOthers: tradedByOthers.get(`${key}|${closing}`) === dayOf(page.askedAt),
    })
  }

  const filledToday = (lane: Lane, at: Instant): Quantity =>
    ledger
      .followerDay(account, dayOf(at))
      .fills.filter((fill) => laneKey(fill.lane) === laneKey(lane))
      .reduce((total, { side, quantity }) => add(total, signed(side, quantity)), NO_QUANTITY)

  function movedAt(lane: Lane): Instant | null {
    const own = ownFills.get(laneKey(lane)) ?? null
    const others = movedByOthers.get(positionKey(lane.instrument, lane.product)) ?? null
    return own === null || (others !== null && others > own) ? others : own
  }

  function dueAt(): Instant | null {
    const now = clock.now()
    if (isWanted) return askedAt === null ? now : after(askedAt, ASKED_AT_MOST_EVERY_MS)
    const holds = ledger.lanes(account).some(({ held }) => held !== 0n)
    if (!holds) return null
    return askedAt === null ? now : after(askedAt, COMPARED_EVERY_MS)
  }

  async function read(): Promise<void> {
    askedAt = clock.now()
    isWanted = false
    const [positions, stored] = await Promise.all([
      access.reader.positions(),
      wantsHoldings() ? access.reader.holdings() : null,
    ])
    pulse.noteReading(
      account,
      'positions',
      positions.kind === 'failed' ? positions : (stored ?? positions),
    )
    failuresOfHoldings = stored?.kind === 'failed' ? failuresOfHoldings + 1 : 0
    if (positions.kind === 'failed') {
      failedAt = clock.now()
      failures += 1
      return
    }
    const holdings = stored?.kind === 'read' ? stored : NO_HOLDINGS
    const quantities = new Map<PositionKey, Quantity>()
    const grow = (key: PositionKey, quantity: Quantity): void => {
      quantities.set(key, add(quantities.get(key) ?? NO_QUANTITY, quantity))
    }
    const inPositions = new Set<PositionKey>()
    const inHoldings = new Set<PositionKey>()
    for (const { instrument, product, quantity, lastPrice } of positions.value) {
      grow(positionKey(instrument, product), quantity)
      inPositions.add(positionKey(instrument, product))
      if (lastPrice !== null) pulse.notePrice(instrument, lastPrice, askedAt)
    }
    for (const { instrument, quantity } of holdings.value) {
      grow(positionKey(instrument, 'DELIVERY'), quantity)
      inHoldings.add(positionKey(instrument, 'DELIVERY'))
    }
    const isWhole = positions.unreadable.length + holdings.unreadable.length === 0
    for (const row of [...positions.unreadable, ...holdings.unreadable])
      tell({ kind: 'alarm', account, text: `a position cannot be read: ${row}` })
    const answeredAt = clock.now()
    const hasHoldings = stored?.kind === 'read'
    const page: Page = {
      askedAt,
      answeredAt,
      quantities,
      inPositions,
      inHoldings,
      hasHoldings,
      isWhole,
    }
    const [before] = pages
    pages = [page, ...pages.slice(0, 1)]
    failedAt = null
    failures = 0
    if (isWhole && stored?.kind !== 'failed') compare(quantities)
    lookForMissingRows(page, before)
  }

  const wantsHoldings = (): boolean =>
    ledger.lanes(account).some(({ product }) => product === DELIVERED) ||
    ledger.openAttempts(account).some(({ attempt }) => attempt.intent.lane.product === DELIVERED)

  function lookForMissingRows(page: Page, before: Page | undefined): void {
    for (const lane of ledger.lanes(account)) {
      if (lane.mode !== access.mode || isBlindTo(lane, page)) continue
      if (!lacksRowSince(lane, page)) {
        rowless.delete(laneKey(lane))
        continue
      }
      wantBook()
      // Once is bad weather.
      if (before === undefined || !lacksRowSince(lane, before) || rowless.has(laneKey(lane)))
        continue
      rowless.add(laneKey(lane))
      const text = `${lane.instrument} ${lane.product}: ${formatDecimal(lane.held)} should be there, the broker lists no such position; its exit waits until it does`
      tell({ kind: 'alarm', account, text })
    }
  }

  function compare(quantities: ReadonlyMap<PositionKey, Quantity>): void {
    const positions = [...quantities].map(([key, quantity]): SeenPosition => {
      const [instrument, product] = key.split('|') as [InstrumentId, Product]
      return { instrument, product, quantity }
    })
    ledger.recordPositions(account, access.mode, positions, clock.now())
    for (const drift of ledger.drift()) tellDrift(drift)
  }

  /** Two readings agree that less is there than we hold: told once, never acted upon by itself. */
  function tellDrift({ lane, held, shown }: Drift): void {
    if (lane.follower !== account || lane.mode !== access.mode || shown === null || held === 0n)
      return
    const isLess = sideOf(shown) !== sideOf(held) || magnitude(shown) < magnitude(held)
    const reading = of(lane)
    if (!isLess || reading?.kind !== 'shown' || !reading.agreed) return
    const text = `${lane.instrument} ${lane.product}: ${formatDecimal(held)} should be there, the broker shows ${formatDecimal(shown)}`
    if (told.get(laneKey(lane)) === text) return
    told.set(laneKey(lane), text)
    tell({ kind: 'alarm', account, text: `${text}; the next exit closes no more than that` })
  }

  return {
    of,
    movedAt,
    noteOwnFill: (lane) => void ownFills.set(laneKey(lane), clock.now()),
    noteOthers(reports) {
      for (const { orderId, instrument, product, side, filled, day } of reports) {
        if (filled <= (filledByOthers.get(orderId) ?? NO_QUANTITY)) continue
        const key = positionKey(instrument, product)
        filledByOthers.set(orderId, filled)
        movedByOthers.set(key, clock.now())
        tradedByOthers.set(`${key}|${side}`, day)
      }
    },
    want() {
      isWanted = true
    },
    dueAt,
    read,
  }
}

const DELIVERED: Product = 'DELIVERY'
const NO_HOLDINGS = { value: [], unreadable: [] } as const

const isBlindTo = ({ product }: Lane, { hasHoldings }: Page): boolean =>
  product === DELIVERED && !hasHoldings
