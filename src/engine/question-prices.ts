// What costs now what the trader is asked about. Read by the master's account, which has no orders of ours and so
// none that a reading could hold up; for all followers at once; and only while something asks. A price that can't
// be had leaves the question as it is: then its age and its limit are what a yes is judged by.
import type { Price } from '../domain/numbers.ts'
import type { Signal } from '../domain/signal.ts'
import { SECOND } from '../domain/time.ts'
import type { Context, MasterAccess } from './context.ts'
import type { Pulse } from './pulse.ts'
import { createQuotes } from './quotes.ts'

/** A price is good for 5 s: there is always one, with a reading that failed in between. */
const READ_EVERY_MS = 2 * SECOND

export interface QuestionPrices {
  /** Reads what is asked about; gives how long to rest, null while nothing asks. */
  turn(): Promise<number | null>
  /** What it cost after the master's fill; null: nobody knows. */
  since(signal: Pick<Signal, 'instrument' | 'filledAt'>): Price | null
}

export function createQuestionPrices(
  context: Context,
  master: Pick<MasterAccess, 'account' | 'reader'>,
  pulse: Pulse,
): QuestionPrices {
  const { ledger, instruments } = context
  const { account: name, reader } = master
  const quotes = createQuotes(context, { settings: { name }, reader }, pulse)
  return {
    async turn() {
      const questions = ledger.undecided()
      for (const { signal } of questions) {
        const instrument = instruments().byId(signal.instrument)
        if (instrument !== null) quotes.want(instrument)
      }
      if (quotes.dueAt() !== null) await quotes.read()
      return questions.length === 0 ? null : READ_EVERY_MS
    },
    since(signal) {
      const instrument = instruments().byId(signal.instrument)
      return instrument === null ? null : quotes.lastSince(instrument, signal.filledAt)
    },
  }
}
