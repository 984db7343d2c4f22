// The days that the ledger remembers, a row each. A day that is over is added up once: the same facts give
// the same sums.
import { dayOf, type TradingDay } from '../domain/time.ts'
import { countOrders } from '../report/counts.ts'
import type { OrderPart } from '../report/record.ts'
import type { History } from '../web/shapes/charts.ts'
import type { DayList } from '../web/shapes/orders.ts'
import type { Mode } from '../web/shapes/said.ts'
import type { Books } from './books.ts'
import { carriedByDay, fillsOf, profitLine, slippageLine } from './charts.ts'
import { labelsOf } from './orders.ts'
import type { LookSite, Views } from './views.ts'

type DayOfHistory = History['days'][number]

const MOST_DAYS = 90

export function dayList(views: Views, mode: Mode | undefined): DayList {
  const site = views.at(mode)
  return { site: views.textOf(site), days: site.ledger.daysWithSignals() }
}

export interface Histories {
  of(mode: Mode | undefined): Promise<History>
}

export function createHistories(views: Views, books: Books): Histories {
  const over = new Map<string, DayOfHistory>()

  async function rowOf(site: LookSite, day: TradingDay): Promise<DayOfHistory> {
    const name = `${site.mode}/${day}`
    const known = over.get(name)
    if (known !== undefined) return known
    const row = summaryOf(site, day, await books.of(site.ledger, day))
    // An order of yesterday may still be found: only what is older is surely over.
    if (isLongOver(site, day)) over.set(name, row)
    return row
  }

  return {
    async of(mode) {
      const site = views.at(mode)
      const days = site.ledger.daysWithSignals().slice(0, MOST_DAYS).toReversed()
      const rows: DayOfHistory[] = []
      for (const { day } of days) rows.push(await rowOf(site, day))
      return { site: views.textOf(site), days: rows }
    },
  }
}

function isLongOver({ ledger, now }: LookSite, day: TradingDay): boolean {
  const [, previous] = ledger.daysWithSignals()
  return day !== dayOf(now) && previous !== undefined && day < previous.day
}

function summaryOf(site: LookSite, day: TradingDay, orders: readonly OrderPart[]): DayOfHistory {
  const { followers, ...all } = countOrders({
    orders,
    flattened: [],
    owed: new Map(),
    followers: [],
  })
  const { signals, copied, placed, failed, skipped, successRate } = all
  const labelOf = labelsOf(site)
  return {
    ...{ day, signals, copied, placed, failed, skipped, successRate },
    followers: Object.keys(followers).map((follower) => {
      const fills = fillsOf(orders, follower)
      return {
        follower,
        label: labelOf(follower),
        profit: profitLine(fills, carriedByDay(fills)).at(-1)?.value ?? '0.00',
        slippage: slippageLine(fills).at(-1)?.value ?? '0.00',
      }
    }),
  }
}
