// What the benchmark and its receiving broker say to each other over the pipe between them.

/** Who sends orders, each through a door of its own. */
export type Sender = 'copier' | 'floor' | 'oneByOne'

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
  | { readonly kind: 'state' }

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

export type Told = Ready | RoundTold | State | { readonly kind: 'done' }
