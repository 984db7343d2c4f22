// What the benchmark and its receiving broker say to each other over the pipe between them.

/** Who sends orders, each through a door of its own. */
export type Sender = 'copier' | 'floor' | 'synced' | 'oneByOne'

/** One fill of the master, and the orders that it should cause. */
export interface Round {
  readonly sender: Sender
  /** How it is to be learnt of: the stream tells, or it has to be found in the book. */
  readonly by: 'frame' | 'book'
  /** How many orders it should cause: one for each follower. */
  readonly orders: number
  readonly side: 'BUY' | 'SELL'
  readonly quantity: string
}

export type Asked =
  | ({ readonly kind: 'round' } & Round)
  | { readonly kind: 'latency'; readonly ms: number }
  | { readonly kind: 'forget' }
  /** So many orders of the master's that were filled before the copier came. */
  | { readonly kind: 'history'; readonly rows: number }
  | ({ readonly kind: 'flood' } & Flood)
  | { readonly kind: 'state' }

/** Fills of the master that follow each other whether or not the last one has been copied. */
export interface Flood {
  readonly perSecond: number
  readonly fills: number
  /** How many orders each should cause. */
  readonly orders: number
}

export interface FloodTold {
  readonly kind: 'flood'
  /** Of each fill, in their order: from it to the last of its orders, in ms; null where one never came. */
  readonly lastMs: readonly (number | null)[]
}

export interface RoundTold {
  readonly kind: 'round'
  /** Of the first byte of each order, in ms after the master's fill was told; ascending. */
  readonly arrivals: readonly number[]
  /** When the first book that shows it was handed over; null when the stream told. */
  readonly shownMs: number | null
  /** What was sent and should not have been. */
  readonly wrongs: readonly string[]
}

export interface State {
  readonly kind: 'state'
  /** The copier has read all it needs before it copies. */
  readonly watches: boolean
  readonly booksRead: number
  /** Clients whose stream is open. */
  readonly streams: number
  /** Since the copier last asked for anything. */
  readonly quietMs: number
  readonly reads: number
  readonly wrongs: readonly string[]
}

export interface Ready {
  readonly kind: 'ready'
  readonly rest: Readonly<Record<Sender, string>>
  readonly feed: string
  readonly instruments: string
}

export type Told = Ready | RoundTold | FloodTold | State | { readonly kind: 'done' }
