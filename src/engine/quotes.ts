// Prices for exits, read when a lane wants one and good for some seconds. A price that can't be had is
// known to be so: then the exit is owed, never sent at a guess.
import type { InstrumentId } from '../domain/ids.ts'
import type { Instrument } from '../domain/instrument.ts'
import type { Price } from '../domain/numbers.ts'
import { after, type Instant, SECOND } from '../domain/time.ts'
import type { Quote } from '../ports.ts'
import type { Context, FollowerAccess } from './context.ts'
import type { Pulse } from './pulse.ts'

const GOOD_FOR_MS = 5 * SECOND
const ASKED_AT_MOST_EVERY_MS = 1 * SECOND

export interface Quotes {
  /** null: not known, or too old. */
  of(instrument: Instrument): Quote | null
  /** The last price, where it was read after that moment: of what came later an older one says nothing. */
  lastSince(instrument: Instrument, at: Instant): Price | null
  /** Whether the last try to read it came to nothing. */
  isMissing(instrument: Instrument): boolean
  want(instrument: Instrument): void
  dueAt(): Instant | null
  /** Gives the instruments that were wanted. */
  read(): Promise<ReadonlySet<InstrumentId>>
  /** A price that was shown beside a position: no quote to send at, but what is held is worth that. */
  noteLast(instrument: InstrumentId, last: Price): void
  /** The last price of everything that was ever read, however old. */
  lastPrices(): ReadonlyMap<InstrumentId, Price>
}

export function createQuotes(context: Context, access: FollowerAccess, pulse: Pulse): Quotes {
  const { clock } = context
  const known = new Map<InstrumentId, { readonly at: Instant; readonly quote: Quote }>()
  const missing = new Set<InstrumentId>()
  const last = new Map<InstrumentId, Price>()
  let wanted = new Map<InstrumentId, Instrument>()
  let askedAt: Instant | null = null

  const young = (id: InstrumentId) => {
    const entry = known.get(id)
    return entry && clock.now() - entry.at <= GOOD_FOR_MS ? entry : null
  }

  return {
    of: ({ id }) => young(id)?.quote ?? null,
    lastSince({ id }, at) {
      const entry = young(id)
      // The exchange tells whole seconds: within the same one nobody can say which came first.
      return entry !== null && entry.at >= after(at, SECOND) ? entry.quote.last : null
    },
    isMissing: ({ id }) => missing.has(id),
    want: (instrument) => void wanted.set(instrument.id, instrument),
    dueAt() {
      if (wanted.size === 0) return null
      return askedAt === null ? clock.now() : after(askedAt, ASKED_AT_MOST_EVERY_MS)
    },
    async read() {
      const asked = wanted
      wanted = new Map()
      askedAt = clock.now()
      const account = access.settings.name
      const reading = await access.reader.quotes([...asked.values()])
      pulse.noteReading(account, 'quotes', reading)
      for (const id of asked.keys()) {
        const quote = reading.kind === 'read' ? reading.value.get(id) : undefined
        if (quote === undefined) missing.add(id)
        else {
          missing.delete(id)
          known.set(id, { at: askedAt, quote })
          last.set(id, quote.last)
          pulse.notePrice(id, quote.last, askedAt)
        }
      }
      return new Set(asked.keys())
    },
    noteLast: (id, price) => void last.set(id, price),
    lastPrices: () => last,
  }
}
