// Promise 8: followers are independent. The same day is lived twice, once without the trouble of one
// follower: for all others the same is decided and the same orders reach the broker, at the same times.
// Whoever is delayed, stopped or changed by a neighbour's trouble shows as a difference.
import type { AccountName } from '../../../src/domain/ids.ts'
import { clockTime, type Day } from './day.ts'

/** What is compared of one follower, in its order: a line each. */
type Lines = readonly string[]

export function brokenIndependent(day: Day, twin: Day, troubled: AccountName): readonly string[] {
  return day.truth.followers
    .filter(({ name }) => name !== troubled)
    .flatMap(({ name, clientCode }) => [
      ...firstDifference(`${name} decided`, decisionsOf(day, name), decisionsOf(twin, name)),
      ...firstDifference(`${name} ordered`, ordersOf(day, clientCode), ordersOf(twin, clientCode)),
    ])
}

const decisionsOf = ({ facts }: Day, name: AccountName): Lines =>
  facts.decisions
    .filter(({ follower }) => follower === name)
    .map(
      ({ signal, kind, quantity, covers, reason, at }) =>
        `${clockTime(at)} #${signal}: ${kind} ${quantity ?? ''} for ${covers} ${reason?.kind ?? ''}`,
    )

const ordersOf = ({ truth }: Day, clientCode: string): Lines =>
  truth.orders
    .filter((order) => order.clientCode === clientCode)
    .map(
      ({ placedAt, side, quantity, filled, exchange, symbol, product, price, state }) =>
        `${clockTime(placedAt)} ${side} ${filled}/${quantity} ${exchange}:${symbol} ${product} @${price} ${state}`,
    )

function firstDifference(what: string, here: Lines, there: Lines): readonly string[] {
  const length = Math.max(here.length, there.length)
  for (let index = 0; index < length; index++)
    if (here[index] !== there[index])
      return [
        `${what} "${here[index] ?? 'nothing more'}", without its neighbour's trouble "${there[index] ?? 'nothing more'}"`,
      ]
  return []
}
