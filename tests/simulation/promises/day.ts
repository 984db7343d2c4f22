// A day as the promises are judged by it: the truth, the ledger's facts beside it, and the trail of every
// attempt: the intent that it was for, the requests that carried it, and the order that came of it. Joined
// once from both sides by the tag.
import type { AccountName } from '../../../src/domain/ids.ts'
import type { TrueOrder } from '../../../src/simulator/control.ts'
import type { TrueChange, TrueFollower, TrueRequest, Truth } from '../truth.ts'
import { type AttemptFact, type EventFact, type Facts, factsOf, type IntentFact } from './facts.ts'

export interface Trail {
  readonly follower: TrueFollower
  readonly intent: IntentFact
  readonly attempt: AttemptFact
  readonly events: readonly EventFact[]
  /** Every time that it left: once. */
  readonly requests: readonly TrueRequest[]
  /** Every order under its tag: at most one. */
  readonly orders: readonly TrueOrder[]
}

export interface Day {
  readonly truth: Truth
  readonly facts: Facts
  /** Of all attempts of live followers, in the order in which they were recorded. */
  readonly trails: readonly Trail[]
  /** Of every account. */
  readonly fills: readonly TrueChange[]
}

export function dayOf(truth: Truth): Day {
  const facts = factsOf(truth.facts)
  const fills = truth.changes.filter((change) => change.fills > 0)
  return { truth, facts, trails: trailsOf(truth, facts), fills }
}

function trailsOf(truth: Truth, facts: Facts): readonly Trail[] {
  const intents = new Map(facts.intents.map((intent) => [intent.number, intent]))
  const events = Map.groupBy(facts.events, ({ attempt }) => attempt)
  const requests = Map.groupBy(truth.requests.filter(isPlace), ({ names }) => names)
  const orders = Map.groupBy(truth.orders, ({ tag }) => tag)
  return facts.attempts.flatMap((attempt): readonly Trail[] => {
    const intent = intents.get(attempt.intent)
    const follower = followerOf(truth, attempt.follower)
    if (intent === undefined || follower === null || intent.mode !== 'live') return []
    const isIts = ({ clientCode }: { clientCode: string }) => clientCode === follower.clientCode
    return [
      {
        follower,
        intent,
        attempt,
        events: events.get(attempt.number) ?? [],
        requests: (requests.get(attempt.tag) ?? []).filter(isIts),
        orders: (orders.get(attempt.tag) ?? []).filter(isIts),
      },
    ]
  })
}

export const followerOf = (truth: Truth, name: AccountName): TrueFollower | null =>
  truth.followers.find((each) => each.name === name) ?? null

/** Where an order trades: instrument and product, named alike by the ledger and the broker. */
export const placeOf = (order: { readonly instrument: string; readonly product: string }): string =>
  `${order.instrument} ${order.product}`

/** Whether it ever stood in the market: what was rejected, at once or later, did not. */
export const tookEffect = (order: TrueOrder): boolean =>
  order.state !== 'rejected' || Number(order.filled) > 0

export const isResting = ({ state }: TrueOrder): boolean =>
  state.startsWith('open') || state === 'trigger pending' || state.startsWith('after market')

export const isPlace = ({ route }: TrueRequest): boolean => route === 'place'
export const isChange = ({ route }: TrueRequest): boolean =>
  route === 'modify' || route === 'cancel'
export const isWrite = (request: TrueRequest): boolean => isPlace(request) || isChange(request)
/** By the client's name of it and by the broker's. */
export const isBook = ({ route }: { readonly route: string | null }): boolean =>
  route === 'orderBook' || route === 'book'

export const signedFill = ({ side, fills }: TrueChange): number => (side === 'BUY' ? fills : -fills)
export const isTurnedUp = ({ verdict }: EventFact): boolean => verdict === 'turnedUp'

/** Nobody heard how it ended: what is known of its fills is what was known when its day was over. */
export const endedWithItsDay = ({ events }: Trail): boolean =>
  events.some(({ kind }) => kind === 'dayEnded')

/** `10:30:45.123` of India, for people. */
export const clockTime = (at: number): string =>
  Number.isFinite(at) ? new Date(at + 19_800_000).toISOString().slice(11, 23) : 'no time'
