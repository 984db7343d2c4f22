// How the accounts do, as the engine last kept it: the latest state only, a row for each part of an account
// and for each price. No facts: rows are replaced, no line of the journal speaks of them, and `rebuild`
// knows nothing of them. Each part is JSON, because it is shown and never summed, and because a part that
// a later version adds is simply not there yet.
import type { AccountName, InstrumentId } from '../domain/ids.ts'
import type { Price } from '../domain/numbers.ts'
import type { AccountPulse, SeenPrice } from '../domain/pulse.ts'
import { after, DAY, type Instant } from '../domain/time.ts'
import type { Ledger } from '../ports.ts'
import { amount, fromJson, numberOf, type Row, toJson } from './columns.ts'
import type { Store } from './store.ts'

export type PulseBook = Pick<Ledger, 'pulse' | 'keepPulse'>

/** Over the longest row of holidays; what was priced before is no price any more. */
const PRICES_KEPT_MS = 10 * DAY

export function createPulseBook(store: Store): PulseBook {
  const sql = prepare(store.db)
  return {
    pulse: () =>
      store.read(() => ({
        accounts: accountsFrom(sql.parts.all() as Row[]),
        prices: new Map((sql.prices.all() as Row[]).map(priceOf)),
      })),
    keepPulse: ({ accounts, prices }, at) =>
      store.note(at, () => {
        for (const { account, ...parts } of accounts)
          for (const [part, state] of Object.entries(parts))
            sql.keepPart.run(account, part, toJson(state))
        for (const [instrument, seen] of prices)
          sql.keepPrice.run(instrument, amount(seen.last), seen.at)
        if (prices.size > 0) sql.dropPrices.run(after(at, -PRICES_KEPT_MS))
      }),
  }
}

const UNSEEN: Omit<AccountPulse, 'account'> = {
  session: null,
  stream: null,
  orders: null,
  positions: null,
  quotes: null,
  funds: null,
  seenFunds: null,
}

function accountsFrom(rows: readonly Row[]): readonly AccountPulse[] {
  const accounts = new Map<AccountName, AccountPulse>()
  for (const { account, part, state } of rows) {
    const name = account as AccountName
    const known = accounts.get(name) ?? { account: name, ...UNSEEN }
    accounts.set(name, { ...known, [String(part)]: fromJson(String(state)) })
  }
  return [...accounts.values()]
}

const priceOf = (row: Row): [InstrumentId, SeenPrice] => [
  row.instrument as InstrumentId,
  { last: row.last as Price, at: numberOf(row.at) as Instant },
]

function prepare(db: Store['db']) {
  return {
    parts: db.prepare('SELECT * FROM pulse ORDER BY account'),
    prices: db.prepare('SELECT * FROM pulse_price ORDER BY instrument'),
    keepPart: db.prepare('INSERT OR REPLACE INTO pulse (account, part, state) VALUES (?, ?, ?)'),
    keepPrice: db.prepare(
      'INSERT OR REPLACE INTO pulse_price (instrument, last, at) VALUES (?, ?, ?)',
    ),
    dropPrices: db.prepare('DELETE FROM pulse_price WHERE at < ?'),
  }
}
