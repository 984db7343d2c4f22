// The paper broker: one account of a dry run, with orders, fills and positions of its own, matched against
// quotes of the real market. It has the same doors as a real broker, so nothing else knows the difference;
// it is given no way to a real writer, so nothing of it can ever leave.
import type { AccountName } from '../../domain/ids.ts'
import { dayOf } from '../../domain/time.ts'
import { createBook } from './book.ts'
import {
  createPaperAccount,
  type PaperAccount,
  type PaperDeps,
  type PaperSettings,
} from './client.ts'
import type { DayOpened } from './entry.ts'
import { JournalDamaged, openJournal } from './journal.ts'
import { readEntry, writeEntry } from './wire.ts'

/** The account as it was left, killed included, or an empty one. `path` is its file and nobody else's. */
export function openPaperAccount(
  deps: PaperDeps,
  config: PaperSettings & { readonly account: AccountName; readonly path: string },
): PaperAccount & { close(): void } {
  const { account, path } = config
  const { journal, entries } = openJournal(path, readEntry)
  const [first, ...rest] = entries
  if (first && (first.kind !== 'dayOpened' || first.account !== account))
    throw new JournalDamaged(path, 1)
  const opened: DayOpened = first ?? {
    kind: 'dayOpened',
    account,
    day: dayOf(deps.clock.now()),
    nextNumber: 1,
    carried: [],
  }
  if (!first) journal.append([writeEntry(opened)])
  const book = createBook(opened)
  rest.forEach((entry, index) => {
    if (entry.kind === 'dayOpened') throw new JournalDamaged(path, index + 2)
    book.apply(entry)
  })
  const paper = createPaperAccount({ ...deps, journal }, { ...config, book })
  return { ...paper, close: journal.close }
}
