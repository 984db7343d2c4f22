// Why an exit that should have happened has not: what the broker or its market did to it, or what it waits for.
// A closed list, in the words that the trader is told.

/** `noWholeLot`: the exchange takes no order for it, since it changed the lot; only the broker can close it. */
export type OwedBecause =
  | 'positionUnreadable'
  | 'priceUnknown'
  | 'rejected'
  | 'notFilled'
  | 'noWholeLot'
  | 'marketClosed'
  | ExitAwaits

/** What an exit may wait for that has not been refused by anybody. */
export type ExitAwaits =
  | 'position'
  | 'price'
  | 'answers'
  | 'limits'
  | 'listing'
  | 'book'
  | 'account'
  | 'takeOver'
  | 'resume'
  | 'nothing'

export function describeOwed(why: OwedBecause): string {
  return WORDS[why]
}

const WORDS: Readonly<Record<OwedBecause, string>> = {
  positionUnreadable: 'its position cannot be read, so nothing is guessed',
  priceUnknown: 'the broker shows no price for it, and none was seen in the last minute',
  rejected: 'the broker rejected the exit; it is tried again, ever more slowly',
  notFilled: 'the exit was repriced five times and is not filled',
  noWholeLot:
    'it is no whole lot any more, so the exchange takes no order for it; close it with your broker, then dismiss it (lockstep status names it)',
  marketClosed: 'its market is closed: it leaves when that opens',
  position: 'it waits for a reading of its position, which the broker is slow to give',
  price: 'it waits for a price, which the broker is slow to give',
  answers: 'it waits for the broker to answer for the orders before it',
  limits: "it waits for the broker's limits: all that a minute or an hour allows is used up",
  listing: 'its instrument is not in the list of the day, so no order can name it',
  book: 'it waits for a first reading of the order book since the start',
  account: 'its account is stopped or logged out; lockstep status says what to do',
  takeOver: 'the book shows an order of another Lockstep: nothing is sent until --take-over',
  resume: 'it waits for lockstep resume',
  nothing: 'it waits, and nothing is known that would hold it up',
}
