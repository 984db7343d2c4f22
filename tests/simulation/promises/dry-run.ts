// Promise 6: a dry run writes nothing to any broker, nor does a paper follower of a live run, and nobody ever
// writes for the master. What such a follower did stands in the ledger as paper, and never meets live facts.
import { clockTime, type Day, isWrite } from './day.ts'

export function brokenDryRun({ truth, facts }: Day): readonly string[] {
  const { masterCode, followers, requests, arrivals, orders } = truth
  const never = new Map([
    [masterCode, 'the master'],
    ...followers
      .filter(({ mode }) => mode === 'paper')
      .map(({ clientCode, name }) => [clientCode, `${name} (paper)`] as const),
  ])
  const sent = requests
    .filter((request) => isWrite(request) && never.has(request.clientCode))
    .map(
      ({ clientCode, route, sentAt }) =>
        `${never.get(clientCode)}: ${route} sent at ${clockTime(sentAt)}`,
    )
  const arrived = arrivals
    .filter(({ route }) => route !== null && WRITES.includes(route))
    .flatMap(({ clientCode, route, at }) => {
      const who = never.get(clientCode ?? '')
      return who === undefined ? [] : [`${who}: ${route} arrived at ${clockTime(at)}`]
    })
  const placed = orders
    .filter(({ clientCode, placedBy }) => never.has(clientCode) && placedBy === 'api')
    .map(({ clientCode, orderId }) => `${never.get(clientCode)} has an order ${orderId} by API`)
  const modes = new Map(followers.map(({ name, mode }) => [name, mode]))
  const mixed = [...facts.lanes, ...facts.intents]
    .filter(({ follower, mode }) => modes.has(follower) && modes.get(follower) !== mode)
    .map(({ follower, mode }) => `${follower} is ${modes.get(follower)}, and has ${mode} facts`)
  return [...sent, ...arrived, ...placed, ...new Set(mixed)]
}

const WRITES: readonly string[] = ['place', 'modify', 'cancel', 'convert']
