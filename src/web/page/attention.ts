// What wants the person's hand, worst first: the top of the overview, and what a screen reader is told when
// something new comes up. Each item has a key that stays the same while it is the same trouble. Pure.
import type {
  FollowerCard,
  Kept,
  Overview,
  Owed,
  Question,
  UnknownOrder,
} from '../shapes/overview.ts'
import { calledOf, clock, grouped, plural, signOf } from './format.ts'

interface AnyItem {
  readonly key: string
  readonly tone: 'warn' | 'bad'
  readonly title: string
  readonly detail: string
}
export type Item = AnyItem &
  (
    | { readonly kind: 'question'; readonly question: Question }
    | { readonly kind: 'owed'; readonly owed: Owed }
    | { readonly kind: 'kept'; readonly kept: Kept }
    | { readonly kind: 'unknown'; readonly order: UnknownOrder }
    | { readonly kind: 'halted'; readonly byFile: boolean }
    | { readonly kind: 'paused'; readonly follower: string | null }
    | { readonly kind: 'said' }
  )

export function attentionOf(overview: Overview): readonly Item[] {
  return [
    ...overview.questions.map(questionItem),
    ...overview.owed.map(owedItem),
    ...overview.unknown.map(unknownItem),
    ...standingItems(overview),
    ...[overview.master, ...overview.followers].flatMap(accountItems),
    ...overview.followers.flatMap(pauseItems),
    ...overview.drift.filter(isLessThanHeld).map(driftItem),
    ...overview.kept.map(keptItem),
  ]
}

function questionItem(question: Question): Item {
  const { signal, effect, side, symbol, product, isOwed } = question
  return {
    key: `question ${signal}`,
    kind: 'question',
    tone: isOwed ? 'bad' : 'warn',
    title: `Copy #${signal} ${side} ${leftOf(question)} ${symbol} ${product}?`,
    detail: isOwed
      ? 'An exit that is owed: the master has left, and nobody has answered. A no keeps it.'
      : effect === 'exit'
        ? 'An exit. Without an answer it is owed; a no keeps what is held.'
        : 'An entry. Without a yes it is a no.',
    question,
  }
}

/** What a yes copies of the master's order by now. */
function leftOf({ quantity, left }: Question): string {
  const different = new Set(left.map((each) => each.quantity))
  if (different.size > 1)
    return `${left.map((each) => `${grouped(each.quantity)} for ${each.follower}`).join(', ')} of ${grouped(quantity)}`
  const [same = quantity] = different
  return same === quantity ? grouped(quantity) : `${grouped(same)} of ${grouped(quantity)}`
}

function owedItem(owed: Owed): Item {
  return {
    key: `owed ${owed.follower} ${owed.id}`,
    kind: 'owed',
    tone: 'bad',
    title: `${owed.id}: exit owed, ${calledOf(owed)} ${grouped(owed.owed)} ${owed.symbol} ${owed.product}`,
    detail: `Holds ${grouped(owed.held)}, should hold ${grouped(owed.wanted)}.`,
    owed,
  }
}

function keptItem(kept: Kept): Item {
  return {
    key: `kept ${kept.follower} ${kept.symbol} ${kept.product}`,
    kind: 'kept',
    tone: 'warn',
    title: `Kept: ${calledOf(kept)} ${grouped(kept.quantity)} ${kept.symbol} ${kept.product}`,
    detail: `By your no to the exit #${kept.signal}. Nobody owes it, and no exit closes it.`,
    kept,
  }
}

function unknownItem(order: UnknownOrder): Item {
  const { side, quantity, symbol, product, sentAt, evidence, tag } = order
  return {
    key: `unknown ${tag}`,
    kind: 'unknown',
    tone: 'bad',
    title: `${order.id} UNKNOWN: ${calledOf(order)} ${side} ${grouped(quantity)} ${symbol} ${product}`,
    detail: `Sent ${clock(sentAt)}, no answer (${evidence}). It is looked up by its tag ${tag} and never sent twice.`,
    order,
  }
}

function standingItems({ standing, site }: Overview): readonly Item[] {
  const items: Item[] = []
  if (standing.halted)
    items.push({
      key: 'halted',
      kind: 'halted',
      byFile: standing.haltFile,
      tone: 'bad',
      title: 'HALTED: nothing is sent, exits included',
      detail: standing.haltFile
        ? 'By the file HALT in the data folder: take it away, then resume.'
        : 'Signals seen meanwhile wait.',
    })
  if (site.engine === null)
    items.push({
      key: 'engine',
      kind: 'said',
      tone: 'bad',
      title: 'No engine runs: nothing is copied',
      detail: 'No exit of the master reaches a follower until it does. Start it with lockstep run.',
    })
  for (const fault of standing.settingsFaults)
    items.push({
      key: `settings ${fault}`,
      kind: 'said',
      tone: 'bad',
      title: 'The settings can’t be read',
      detail: fault,
    })
  if (standing.everybodyPaused)
    items.push({
      key: 'paused everybody',
      kind: 'paused',
      follower: null,
      tone: 'warn',
      title: 'Everybody is paused: no entries',
      detail: 'Exits run.',
    })
  return items
}

function accountItems(account: Overview['master'] | FollowerCard): readonly Item[] {
  if (account.session === 'unverified')
    return [
      {
        key: `unverified ${account.name}`,
        kind: 'said',
        tone: 'warn',
        title: `Not verified yet: ${calledOf(account)}`,
        detail: `${account.sessionWhy ?? 'Its profile was not read yet'}. Nothing is sent there until it is; it is asked again by itself.`,
      },
    ]
  if (account.session !== 'stopped') return []
  return [
    {
      key: `login ${account.name}`,
      kind: 'said',
      tone: 'bad',
      title: `Login failed: ${calledOf(account)}`,
      detail: `${account.sessionWhy ?? 'The broker refused it'}. Nothing is sent there until it is mended.`,
    },
  ]
}

function pauseItems({ state, name, label, failedToday }: FollowerCard): readonly Item[] {
  if (state !== 'pausedAfterRejections') return []
  return [
    {
      key: `rejections ${name}`,
      kind: 'paused',
      follower: name,
      tone: 'warn',
      title: `Paused after rejections: ${calledOf({ name, label })}`,
      detail: `${plural(failedToday, 'order')} failed today. No entries; exits run.`,
    },
  ]
}

/** More than held is the follower's own trading, and no trouble. */
const isLessThanHeld = ({ held, shown }: Overview['drift'][number]): boolean =>
  shown !== null && (signOf(held) < 0 ? Number(shown) > Number(held) : Number(shown) < Number(held))

function driftItem(row: Overview['drift'][number]): Item {
  return {
    key: `drift ${row.follower} ${row.symbol} ${row.product}`,
    kind: 'said',
    tone: 'warn',
    title: `Drift: ${calledOf(row)} ${row.symbol} ${row.product}`,
    detail: `Held ${grouped(row.held)}, the broker shows ${grouped(row.shown ?? '0')}${row.shownAt === null ? '' : ` since ${clock(row.shownAt)}`}.`,
  }
}
