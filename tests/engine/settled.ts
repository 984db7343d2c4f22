// Whether a session has come to rest, by the ledger of an engine in another process.
import { MASTER } from '../../src/domain/ids.ts'
import { parseQuantity } from '../../src/domain/numbers.ts'
import { dayOf, type Instant } from '../../src/domain/time.ts'
import { openDesk } from '../../src/ledger/open.ts'
import type { LedgerView } from '../../src/ports.ts'
import type { TrueOrder } from '../../src/simulator/control.ts'

/** All that the master filled is told, and nothing that came of it is open, owed or held. */
export function isAllSettled(
  ledger: LedgerView,
  masterOrders: readonly TrueOrder[],
  now: Instant,
): boolean {
  const told = new Map(
    ledger
      .masterOrders(dayOf(now))
      .map(({ report, signalled }) => [report.orderId as string, signalled]),
  )
  const isTold = masterOrders.every(({ orderId, filled }) => {
    const signalled = told.get(orderId)
    const sum = signalled ? signalled.baseline + signalled.entry + signalled.exit : 0n
    return sum === parseQuantity(filled)
  })
  return (
    isTold &&
    ledger.openAttempts(null).length === 0 &&
    ledger.unsentIntents(null).length === 0 &&
    ledger.owed().length === 0 &&
    ledger.lanes().every(({ held, copied }) => held === 0n && copied === 0n)
  )
}

/** Whether an engine has read the master's book for the first time. */
export function hasBaseline(path: string): boolean {
  try {
    const desk = openDesk({ path, mode: 'live' })
    try {
      return desk.hasBaseline(MASTER)
    } finally {
      desk.close()
    }
  } catch {
    // Not made yet.
    return false
  }
}
