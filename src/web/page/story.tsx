// The whole story of one signal, follower by follower: what was decided by which numbers, every order, every
// answer, every fill, and where the time went. The same as `lockstep why`.
import { useEffect, useRef } from 'preact/hooks'
import type { OrderStory, SignalStory, StoryLine } from '../shapes/orders.ts'
import type { Mode } from '../shapes/said.ts'
import { calledOf, clock, dayOf, dayText, duration, exactClock, grouped } from './format.ts'
import { useAsked, useKnown, useLive } from './live.ts'
import { Mark } from './mark.tsx'
import { partsOf } from './waterfall.tsx'
import { decisionText, OUTCOMES, type Tone } from './words.ts'

export function Story({ signal, mode, back }: { signal: number; mode: Mode; back: string }) {
  const { talk } = useLive()
  // Asked for again when this signal is among those that changed.
  const news = useKnown(({ changed }) => (changed?.signals.includes(signal) ? changed.revision : 0))
  const last = useRef(0)
  if (news > 0) last.current = news
  const { value, trouble } = useAsked(
    () => talk.read('/api/signals/:signal', { mode }, { signal: String(signal) }),
    [signal, mode, last.current],
  )
  const heading = useRef<HTMLHeadingElement>(null)
  const isThere = value !== null
  useEffect(() => {
    if (isThere) heading.current?.focus({ preventScroll: true })
  }, [isThere])
  return (
    <section class="story" aria-label={`Why, signal ${signal}`}>
      <a href={back} class="back">
        Close<span class="hidden"> the story of #{signal}</span>
      </a>
      {value === null ? (
        <p class="empty" role="status">
          {trouble ?? 'Asking for the story …'}
        </p>
      ) : (
        <>
          <h2 ref={heading} tabIndex={-1} class="story-title">
            #{signal} {value.signal.side} {grouped(value.signal.quantity)} {value.signal.symbol}{' '}
            <span class="faint">{value.signal.product}</span>
          </h2>
          <Facts story={value} />
          {value.followers.map((each) => (
            <Follower
              key={each.follower}
              story={value}
              each={each}
              isOpen={value.followers.length <= 6}
            />
          ))}
        </>
      )}
    </section>
  )
}

function Facts({ story: { signal } }: { story: SignalStory }) {
  const facts: readonly (readonly [string, string])[] = [
    ['Effect', signal.effect],
    ['Master’s price', signal.price === null ? 'not shown' : grouped(signal.price)],
    ['Filled', `${exactClock(signal.filledAt)}, ${dayText(dayOf(signal.filledAt))}`],
    ['Seen', `${exactClock(signal.seenAt)}, in the ${signal.source}`],
    ['Master’s position', `${grouped(signal.masterBefore)} → ${grouped(signal.masterAfter)}`],
    ['Master’s order', signal.orderId],
  ]
  return (
    <dl class="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}

type FollowerStory = SignalStory['followers'][number]

function Follower(props: { story: SignalStory; each: FollowerStory; isOpen: boolean }) {
  const { story, each, isOpen } = props
  const copy = story.signal.copies.find(({ follower }) => follower === each.follower)
  return (
    <details class="follower-story" open={isOpen}>
      <summary>
        <h3>{calledOf(each)}</h3>
        {copy !== undefined && (
          <>
            <span>{decisionText(copy)}</span>
            <Mark tone={OUTCOMES[copy.outcome].tone}>{OUTCOMES[copy.outcome].text}</Mark>
          </>
        )}
      </summary>
      {copy !== undefined && copy.reason !== null && <p class="why">{copy.reason.text}</p>}
      {copy !== undefined && copy.steps.inAllMs !== null && <Times steps={copy.steps} />}
      <ol class="timeline">
        {each.lines.map((line, at) => (
          <Line key={at} line={line} />
        ))}
      </ol>
      {each.orders.map((order) => (
        <OrderFacts key={order.intent} order={order} />
      ))}
    </details>
  )
}

function Times({ steps }: { steps: Parameters<typeof partsOf>[0] }) {
  const parts = partsOf(steps)
  const inAll = Math.max(1, steps.inAllMs ?? 1)
  let before = 0
  return (
    <table class="times">
      <caption>Where {duration(steps.inAllMs ?? 0)} went</caption>
      <tbody>
        {parts.map(({ name, ms }) => {
          const from = before
          before += ms
          return (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td class="number">{duration(ms)}</td>
              <td aria-hidden="true" class="track">
                <i
                  class={name}
                  style={{
                    marginLeft: `${Math.min(99, (100 * from) / inAll)}%`,
                    width: `${Math.max(1, Math.min(100, (100 * ms) / inAll))}%`,
                  }}
                />
              </td>
            </tr>
          )
        })}
      </tbody>
    </table>
  )
}

const TONES: Readonly<Record<StoryLine['tone'], Tone>> = {
  plain: 'plain',
  good: 'good',
  warning: 'warn',
  alarm: 'bad',
}

function Line({ line: { at, text, tone } }: { line: StoryLine }) {
  return (
    <li>
      <time>{at === null ? '' : exactClock(at)}</time>
      <Mark tone={TONES[tone]}>{text}</Mark>
    </li>
  )
}

function OrderFacts({ order }: { order: OrderStory }) {
  const { intent, role, side, quantity, pricing, slice, slices, outcome, filled, attempts } = order
  return (
    <div class="order-facts">
      <p>
        Order {intent}: {role}, {side} {grouped(quantity)} {pricing}
        {slices > 1 ? `, slice ${slice} of ${slices}` : ''} ·{' '}
        <Mark tone={OUTCOMES[outcome].tone}>
          {OUTCOMES[outcome].text}
          {filled === '0' ? '' : ` ${grouped(filled)}`}
          {order.averagePrice === null ? '' : ` @${grouped(order.averagePrice)}`}
        </Mark>
      </p>
      {attempts.map(({ number, tag, orderId, state, recordedAt }) => (
        <p key={number} class="faint">
          Attempt {number}, {clock(recordedAt)}: {state}, tag <code>{tag}</code>
          {orderId === null ? '' : `, order ${orderId}`}
        </p>
      ))}
    </div>
  )
}
