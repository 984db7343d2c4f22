// Prices for exits, read when a lane wants one and good for some seconds from its answer: what is slow to
// come must not be too old when it arrives. A price that can't be had is known to be so, and then the last one
// that was seen, with its age, is what there is.

import type { KnownPrice } from '../decide/price.ts'
import type { InstrumentId } from '../domain/ids.ts'
import type { Instrument } from '../domain/instrument.ts'
import type { Price } from '../domain/numbers.ts'
import { after, type Instant, SECOND } from '../domain/time.ts'
import type { Quote } from '../ports.ts'
import type { Context, FollowerAccess } from './context.ts'
import type { Pulse } from './pulse.ts'

const GOOD_FOR_MS = 5 * SECOND
const ASKED_AT_MOST_EVERY_MS = 1 * SECOND

interface Known {
  readonly askedAt: Instant
  readonly answeredAt: Instant
  readonly quote: Quote
}

export interface Quotes {
  /** null: not known, or too old. */
  of(instrument: Instrument): Quote | null
  /** The last price, where it was read after that moment: of what came later an older one says nothing. */
  lastSince(instrument: Instrument, at: Instant): Price | null
  /** Whether the last try to read it, just now, came to nothing. */
  isMissing(instrument: Instrument): boolean
  want(instrument: Instrument): void
  dueAt(): Instant | null
  /** Gives the instruments that were wanted. */
  read(): Promise<ReadonlySet<InstrumentId>>
  /** A price that was shown beside a position: not a quote, but the newest there may be. */
  noteLast(instrument: InstrumentId, last: Price, at: Instant): void
  /** Of the last price that was seen anywhere, when it was asked for; null: none was. */
  lastSeen(instrument: Instrument): KnownPrice | null
  /** The last price of everything that was ever read, however old. */
  lastPrices(): ReadonlyMap<InstrumentId, Price>
}

/** Whose prices: of an account that reads. */
export interface QuotesAccess {
  readonly settings: Pick<FollowerAccess['settings'], 'name'>
  readonly reader: Pick<FollowerAccess['reader'], 'quotes'>
}

export function createQuotes(context: Context, access: QuotesAccess, pulse: Pulse): Quotes {
  const { clock } = context
  const known = new Map<InstrumentId, Known>()
  const missingSince = new Map<InstrumentId, Instant>()
  const last = new Map<InstrumentId, KnownPrice>()
  let wanted = new Map<InstrumentId, Instrument>()
  let askedAt: Instant | null = null

  const young = (id: InstrumentId) => {
    const entry = known.get(id)
    return entry && clock.now() - entry.answeredAt <= GOOD_FOR_MS ? entry : null
  }

  return {
    of: ({ id }) => young(id)?.quote ?? null,
    lastSince({ id }, at) {
      const entry = young(id)
      // The exchange tells whole seconds: within the same one nobody can say which came first.
      return entry !== null && entry.askedAt >= after(at, SECOND) ? entry.quote.last : null
    },
    isMissing({ id }) {
      const since = missingSince.get(id)
      return since !== undefined && clock.now() - since <= GOOD_FOR_MS
    },
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
        if (quote === undefined) missingSince.set(id, clock.now())
        else {
          missingSince.delete(id)
          known.set(id, { askedAt, answeredAt: clock.now(), quote })
          last.set(id, { price: quote.last, at: askedAt })
          pulse.notePrice(id, quote.last, askedAt)
        }
      }
      return new Set(asked.keys())
    },
    noteLast: (id, price, at) => void last.set(id, { price, at }),
    lastSeen: ({ id }) => last.get(id) ?? null,
    lastPrices: () => new Map([...last].map(([id, { price }]) => [id, price])),
  }
}
