// Promise 2: everything of the master becomes signals, every signal one decision per follower, every copy
// comes to an end that the broker agrees with, and whatever was not done says why, with numbers that do say
// so. Judged once the day is over and everything had its time.
import { describeReason, type Reason } from '../../../src/domain/reason.ts'
import { engineOf, isTag } from '../../../src/domain/tag.ts'
import { fillsUnseen } from '../seen.ts'
import { type Day, endedWithItsDay, type Trail, tookEffect } from './day.ts'
import type { AttemptFact, IntentFact } from './facts.ts'

const FINAL: readonly string[] = ['done', 'rejected', 'notSent', 'lapsed']

export const brokenNoneLost = (day: Day): readonly string[] => [
  ...untold(day),
  ...old(day),
  ...undecided(day),
  ...unexplained(day),
  ...unfinished(day),
  ...day.trails.flatMap((trail) => misread(day, trail)),
  ...unwritten(day),
  ...failed(day),
]

/** Of the master's orders: what filled is what was told, but for what nobody can have seen. */
function untold({ truth, facts }: Day): readonly string[] {
  const unseen = new Map<string, number>()
  for (const { orderId, fills } of fillsUnseen(truth))
    unseen.set(orderId, (unseen.get(orderId) ?? 0) + fills)
  return truth.orders
    .filter(({ clientCode }) => clientCode === truth.masterCode)
    .flatMap(({ orderId, filled }) => {
      const told = facts.signals
        .filter((signal) => signal.orderId === orderId)
        .reduce((sum, { quantity }) => sum + quantity, facts.baseline.get(orderId) ?? 0)
      const atLeast = Number(filled) - (unseen.get(orderId) ?? 0)
      return told >= atLeast && told <= Number(filled)
        ? []
        : [`of the master's ${orderId}, ${filled} filled, ${told} told`]
    })
}

/** What had filled before the first start is nobody's to copy. */
function old({ truth, facts, fills }: Day): readonly string[] {
  const [first] = truth.lives
  if (first === undefined) return []
  const before = fills.filter(
    ({ clientCode, at }) => clientCode === truth.masterCode && at <= first.startedAt,
  )
  return [...Map.groupBy(before, ({ orderId }) => orderId)].flatMap(([orderId, own]) => {
    const filledBefore = own.reduce((sum, each) => sum + each.fills, 0)
    const told = facts.signals
      .filter((signal) => signal.orderId === orderId)
      .reduce((sum, { quantity }) => sum + quantity, 0)
    const filled = Number(truth.orders.find((order) => order.orderId === orderId)?.filled ?? 0)
    return told > filled - filledBefore
      ? [`of the master's ${orderId}, ${filledBefore} filled before the start, ${told} told`]
      : []
  })
}

function undecided({ facts, truth: { followers } }: Day): readonly string[] {
  const decided = Map.groupBy(facts.decisions, ({ signal }) => signal)
  return facts.signals.flatMap(({ number }) => {
    const names = (decided.get(number) ?? []).map(({ follower }) => follower)
    return followers.flatMap(({ name }) => {
      const times = names.filter((each) => each === name).length
      return times === 1 ? [] : [`signal #${number} has ${times} decisions for ${name}`]
    })
  })
}

function unexplained({ facts }: Day): readonly string[] {
  const decisions = facts.decisions.flatMap(({ signal, follower, kind, reason }) => {
    const fault = kind === 'skip' ? faultOf(reason) : null
    return fault === null ? [] : [`signal #${signal} is skipped for ${follower} ${fault}`]
  })
  const denials = facts.intents.flatMap(({ follower, tag, denied }) => {
    const fault = denied === null ? null : faultOf(denied)
    return fault === null ? [] : [`${follower} ${tag} is denied ${fault}`]
  })
  return [...decisions, ...denials]
}

/** null: it says why, and its numbers agree. */
function faultOf(reason: Reason | null): string | null {
  if (reason === null) return 'for no reason'
  const text = describeReason(reason)
  if (/undefined|null|NaN/.test(text)) return `with numbers missing: ${text}`
  return holds(reason) ? null : `although its own numbers speak against it: ${text}`
}

function holds(reason: Reason): boolean {
  switch (reason.kind) {
    case 'tooOld':
    case 'missed':
      return reason.ageMs > reason.maxAgeMs
    case 'maxOrderQuantity':
      return reason.quantity > reason.limit
    case 'maxOrderValue':
      return reason.value > reason.limit
    case 'maxPositionQuantity':
      return reason.position > reason.limit
    case 'maxOrdersPerDay':
      return reason.orders > reason.limit
    case 'maxDailyLoss':
      return reason.loss >= reason.limit
    case 'priceWorse':
      return reason.side === 'BUY' ? reason.last > reason.bound : reason.last < reason.bound
    case 'lessThanOneLot':
      return reason.exact.over < reason.lot * reason.exact.under
    case 'notWholeLots':
      return reason.quantity % reason.lot !== 0n
    case 'opposesHeld':
      return reason.held !== 0n
    case 'opposesCopied':
      return reason.copied !== 0n
    default:
      return true
  }
}

/** Each intent was denied, or its last attempt has come to an end or asks the trader. */
function unfinished({ facts, truth }: Day): readonly string[] {
  const attempts = Map.groupBy(facts.attempts, ({ intent }) => intent)
  return facts.intents.flatMap((intent) => {
    const own = attempts.get(intent.number) ?? []
    const open = own.filter((each) => !FINAL.includes(each.state) && !isAsked(each, truth))
    const told = open.map(({ tag, state }) => `${intent.follower} ${tag} is still ${state}`)
    return isLost(intent, own)
      ? [...told, `${intent.follower} ${intent.tag} was neither sent nor denied`]
      : told
  })
}

/** Nobody can say what became of it, and the trader was asked: in the trader's hands, by name. */
const isAsked = ({ tag, state }: AttemptFact, { told }: Day['truth']): boolean =>
  state === 'unknown' &&
  told.some(({ event }) => event.kind === 'alarm' && event.text.includes(`order ${tag} `))

/** It rested when it was last seen. Of an exit the position tells, and what is intraday is squared off. */
const needsNoWord = ({ intent, attempt }: Trail): boolean =>
  attempt.state === 'done' && (intent.role !== 'entry' || intent.product === 'INTRADAY')

const isAskedAtNight = ({ tag }: AttemptFact, { told }: Day['truth']): boolean =>
  told.some(
    ({ event }) =>
      event.kind === 'alarm' &&
      event.text.includes(`order ${tag}`) &&
      event.text.includes('its day is over'),
  )

const isLost = (intent: IntentFact, attempts: readonly AttemptFact[]): boolean =>
  intent.denied === null && attempts.every(({ state }) => state === 'notSent')

/** What an attempt is said to have come to is what came of it. */
function misread({ truth }: Day, trail: Trail): readonly string[] {
  const { follower, attempt, orders } = trail
  const [order] = orders
  const who = `${follower.name} ${attempt.tag}`
  if (order === undefined)
    return ['working', 'done'].includes(attempt.state)
      ? [`${who} is ${attempt.state}, and the broker has no such order`]
      : []
  const filled = Number(order.filled)
  // Its day ended before anybody heard: the trader is asked to look, and to adopt what filled.
  if (endedWithItsDay(trail) && (needsNoWord(trail) || isAskedAtNight(attempt, truth))) return []
  if (attempt.filled !== filled) return [`${who} filled ${filled}, ${attempt.filled} is known`]
  return tookEffect(order) && ['notSent', 'rejected'].includes(attempt.state)
    ? [`${who} is ${attempt.state}, and the broker has it as ${order.state}`]
    : []
}

/** An order by API that the ledger doesn't know; those of another engine are promise 11's. */
function unwritten({ truth: { orders, followers }, facts }: Day): readonly string[] {
  const known = new Set(facts.attempts.map(({ tag }) => tag))
  const names = new Map(followers.map(({ clientCode, name }) => [clientCode, name]))
  return orders
    .filter(({ placedBy, clientCode }) => placedBy === 'api' && names.has(clientCode))
    .filter(({ tag }) => !known.has(tag) && !(isTag(tag) && engineOf(tag) !== facts.engine))
    .map(
      ({ clientCode, tag }) =>
        `${names.get(clientCode)} has an order ${tag} that nobody wrote down`,
    )
}

/** An engine that ends by itself without a word for the trader, and a ledger that doesn't add up. */
const failed = ({ truth: { lives, inconsistencies } }: Day): readonly string[] => [
  ...lives.flatMap(({ number, end }) =>
    end.kind === 'failed' && !end.why.startsWith('Refusal: ')
      ? [`life ${number} ended by itself: ${end.why}`]
      : [],
  ),
  ...inconsistencies.map((line) => `the ledger does not follow from its facts: ${line}`),
]
