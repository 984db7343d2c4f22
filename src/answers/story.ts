// The whole story of one signal, as `lockstep why` tells it: step by step for each follower, and every order
// with its attempts.

import { storyOf } from '../cli/why.ts'
import { pricingText } from '../cli/words.ts'
import { signalId } from '../domain/ids.ts'
import { formatInstant } from '../domain/time.ts'
import type { Why } from '../ports.ts'
import { orderPart } from '../report/order-part.ts'
import type { IntentPart } from '../report/record.ts'
import { RequestRefused } from '../web/refusal.ts'
import type { OrderStory, SignalStory, StoryLine } from '../web/shapes/orders.ts'
import { BY_FACTS } from './books.ts'
import { labelsOf, OUTCOMES, rowOf } from './orders.ts'
import type { Views } from './views.ts'

export function storyOfSignal(
  views: Views,
  mode: 'live' | 'paper' | undefined,
  number: number,
): SignalStory {
  const site = views.at(mode)
  const whys = site.ledger.why(signalId(number), null)
  const part = orderPart(whys, BY_FACTS)
  if (part === null)
    throw new RequestRefused('notFound', `there is no signal #${number} in the ${site.mode} ledger`)
  const labelOf = labelsOf(site)
  const { orderId, masterBefore, masterAfter } = part
  return {
    site: views.textOf(site),
    signal: { ...rowOf(part, labelOf), orderId, masterBefore, masterAfter },
    followers: whys.map((why) => ({
      follower: why.follower,
      label: labelOf(why.follower),
      lines: storyOf(why).map(({ at, text }) =>
        lineOf(at === null ? null : formatInstant(at), text),
      ),
      orders: ordersOf(why, part.decisions.find((each) => each.follower === why.follower)?.intents),
    })),
  }
}

const lineOf = (at: string | null, text: string): StoryLine => ({ at, text, tone: toneOf(text) })

/** By the words in capitals that every line of ours begins with. */
function toneOf(text: string): StoryLine['tone'] {
  if (/^(REJECTED|UNKNOWN)/.test(text)) return 'alarm'
  if (/^(DENIED|ASKED|SKIP)/.test(text)) return 'warning'
  return /^complete/.test(text) ? 'good' : 'plain'
}

const ordersOf = (why: Why, parts: readonly IntentPart[] = []): readonly OrderStory[] =>
  why.intents.flatMap(({ intent, attempts }) => {
    const part = parts.find((each) => each.intent === intent.id)
    if (part === undefined) return []
    const { id, role, side, pricing, slice, slices } = intent
    return [
      {
        intent: id,
        role,
        side,
        slice,
        slices,
        pricing: pricingText(pricing),
        quantity: part.quantity,
        outcome: OUTCOMES[part.outcome],
        filled: part.filled,
        averagePrice: part.averagePrice,
        text: part.text,
        attempts: part.attempts.map((attempt, index) => ({
          number: attempts[index]?.number ?? index + 1,
          tag: attempt.tag,
          state: attempt.state,
          orderId: attempt.orderId,
          quantity: attempt.quantity,
          recordedAt: attempt.recordedAt,
          answeredAt: attempt.answeredAt,
          filledAt: attempt.filledAt,
        })),
      },
    ]
  })
