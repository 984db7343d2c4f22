// What a follower won or lost in a day, and when: from its own fills alone, no charges. Open positions count
// at the last price that the engine saw, or at the last own fill where it saw none.
import type { AccountName, InstrumentId } from '../domain/ids.ts'
import type { Lane } from '../domain/lane.ts'
import {
  formatDecimal,
  type Money,
  type Price,
  type Quantity,
  subtract,
} from '../domain/numbers.ts'
import { carriedInto, profitParts } from '../domain/profit.ts'
import type { TradingDay } from '../domain/time.ts'
import type { LedgerView } from '../ports.ts'
import type { Profit } from '../web/shapes/overview.ts'

export type Prices = ReadonlyMap<InstrumentId, Price>
export interface Parts {
  readonly total: Money
  readonly open: Money
  readonly isOpenByFill: boolean
}

/** Of today: what the lanes hold now, less the fills of the day, is what they held when it began. */
export function profitToday(
  ledger: LedgerView,
  follower: AccountName,
  day: TradingDay,
  prices: Prices,
): Parts {
  const { fills } = ledger.followerDay(follower, day)
  const heldNow = (lane: Lane): Quantity => ledger.lanePosition(lane).held
  const isOpenByFill = fills.some(
    ({ lane }) => heldNow(lane) !== 0n && !prices.has(lane.instrument),
  )
  return { ...profitParts(fills, prices, carriedInto(fills, heldNow)), isOpenByFill }
}

export const sumOf = (parts: readonly Parts[]): Parts => ({
  total: parts.reduce((sum, { total }) => sum + total, 0n) as Money,
  open: parts.reduce((sum, { open }) => sum + open, 0n) as Money,
  isOpenByFill: parts.some(({ isOpenByFill }) => isOpenByFill),
})

export const profitText = ({ total, open, isOpenByFill }: Parts): Profit => ({
  realised: formatDecimal(subtract(total, open), 2),
  open: formatDecimal(open, 2),
  total: formatDecimal(total, 2),
  isOpenByFill,
})
